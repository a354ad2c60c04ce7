#include "train/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace rh::train {
namespace {

struct Position {
  std::uint32_t text;
  std::uint32_t at;
};

// Draws positions without replacement, and shuffles again when all were drawn.
class Sampler {
 public:
  Sampler(std::span<const Text> texts, Rng& rng) : rng_(rng) {
    for (std::size_t t = 0; t < texts.size(); ++t)
      for (std::size_t at = 0; at < texts[t].bytes.size(); ++at)
        positions_.push_back({static_cast<std::uint32_t>(t), static_cast<std::uint32_t>(at)});
    if (positions_.empty()) throw std::invalid_argument("nothing to train on");
    next_ = positions_.size();
  }
  Position operator()() {
    if (next_ == positions_.size()) {
      for (std::size_t i = positions_.size(); i > 1; --i)  // Fisher and Yates
        std::swap(positions_[i - 1], positions_[rng_() % i]);
      next_ = 0;
    }
    return positions_[next_++];
  }

 private:
  Rng& rng_;
  std::vector<Position> positions_;
  std::size_t next_ = 0;
};

// m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2,
// w -= rate (m' / (sqrt(v') + eps) + decay w), with m' = m / (1 - b1^t), v' = v / (1 - b2^t).
class AdamW {
 public:
  AdamW(Network& network, Network& gradient, double decay)
      : weights_(network.tensors()),
        gradients_(gradient.tensors()),
        decay_(static_cast<float>(decay)) {
    for (const auto& tensor : weights_) {
      first_.emplace_back(tensor.size());
      second_.emplace_back(tensor.size());
    }
  }
  void step(float rate) {
    power1_ *= kBeta1;
    power2_ *= kBeta2;
    const float scale1 = 1 / (1 - power1_);
    const float scale2 = 1 / (1 - power2_);
    for (std::size_t t = 0; t < weights_.size(); ++t) {
      const bool is_weights = t % 2 == 1;  // the order of Network::tensors()
      const float keep = is_weights ? 1 - rate * decay_ : 1;
      float* const w = weights_[t].data();
      const float* const g = gradients_[t].data();
      float* const m = first_[t].data();
      float* const v = second_[t].data();
      for (std::size_t i = 0; i < weights_[t].size(); ++i) {
        m[i] = kBeta1 * m[i] + (1 - kBeta1) * g[i];
        v[i] = kBeta2 * v[i] + (1 - kBeta2) * g[i] * g[i];
        w[i] = keep * w[i] - rate * scale1 * m[i] / (std::sqrt(scale2 * v[i]) + kEpsilon);
      }
    }
  }

 private:
  static constexpr float kBeta1 = 0.9F;
  static constexpr float kBeta2 = 0.99F;
  static constexpr float kEpsilon = 1e-8F;
  std::vector<std::span<float>> weights_;
  std::vector<std::span<float>> gradients_;
  std::vector<std::vector<float>> first_;
  std::vector<std::vector<float>> second_;
  float decay_;
  float power1_ = 1;
  float power2_ = 1;
};

float rate_at(int step, const TrainOptions& options) {
  const int warm_up = std::min(100, options.steps / 10 + 1);
  double part = static_cast<double>(step + 1) / warm_up;
  if (step >= warm_up)
    part = 0.5 + 0.5 * std::cos(std::numbers::pi * (step - warm_up) / (options.steps - warm_up));
  return static_cast<float>(options.learning_rate * part);
}

}  // namespace

Trained train(std::span<const Text> texts, const TrainOptions& options,
              const TrainProgress& progress) {
  if (options.steps < 1 || options.batch < 1 || !(options.dropout >= 0 && options.dropout < 1))
    throw std::invalid_argument("training needs steps >= 1, batch >= 1 and 0 <= dropout < 1");
  Rng rng(options.seed);
  Trained trained{make_network(options.shape, rng), {}};
  Network gradient = trained.network;
  AdamW adam(trained.network, gradient, options.weight_decay);
  Sampler sample(texts, rng);

  const auto context = static_cast<std::size_t>(options.shape.context);
  const auto batch = static_cast<std::size_t>(options.batch);
  std::vector<std::uint8_t> contexts(batch * context);
  std::vector<std::uint8_t> targets(batch);
  const int points = std::min(options.steps, 60);
  double sum = 0;
  int summed = 0;
  for (int step = 0; step < options.steps; ++step) {
    for (std::size_t i = 0; i < batch; ++i) {
      const Position position = sample();
      const std::string& bytes = texts[position.text].bytes;
      context_at(bytes, position.at, std::span(contexts).subspan(i * context, context));
      targets[i] = static_cast<std::uint8_t>(bytes[position.at]);
    }
    const double loss = loss_and_gradient(trained.network, contexts, targets,
                                          static_cast<float>(options.dropout), rng, gradient);
    adam.step(rate_at(step, options));
    sum += loss;
    ++summed;
    if (static_cast<std::int64_t>(step + 1) * points / options.steps !=
        static_cast<std::int64_t>(step) * points / options.steps) {
      trained.curve.push_back({step + 1, sum / summed});
      sum = 0;
      summed = 0;
    }
    if (progress) progress(step + 1, options.steps, loss);
  }
  return trained;
}

}  // namespace rh::train
