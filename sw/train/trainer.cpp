#include "train/trainer.hpp"

#include <algorithm>
#include <stdexcept>

#include "train/optimize.hpp"

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

// The state of AdamW for every tensor of a network; weights decay, biases and embeddings do not.
class Optimizer {
 public:
  Optimizer(Network& network, Network& gradient, double decay)
      : weights_(network.tensors()),
        gradients_(gradient.tensors()),
        decay_(static_cast<float>(decay)) {
    for (const auto& tensor : weights_) {
      first_.emplace_back(tensor.size());
      second_.emplace_back(tensor.size());
    }
  }
  void step(float rate) {
    power1_ *= adam_.beta1;
    power2_ *= adam_.beta2;
    for (std::size_t t = 0; t < weights_.size(); ++t) {
      const bool is_weights = t % 2 == 1;  // the order of Network::tensors()
      adamw(adam_, {rate, is_weights ? decay_ : 0, power1_, power2_}, weights_[t], gradients_[t],
            first_[t], second_[t]);
    }
  }

 private:
  const AdamW adam_;
  std::vector<std::span<float>> weights_;
  std::vector<std::span<float>> gradients_;
  std::vector<std::vector<float>> first_;
  std::vector<std::vector<float>> second_;
  float decay_;
  float power1_ = 1;
  float power2_ = 1;
};

}  // namespace

Trained train(std::span<const Text> texts, const TrainOptions& options,
              const TrainProgress& progress) {
  if (options.steps < 1 || options.batch < 1 || !(options.dropout >= 0 && options.dropout < 1))
    throw std::invalid_argument("training needs steps >= 1, batch >= 1 and 0 <= dropout < 1");
  Rng rng(options.seed);
  Trained trained{make_network(options.shape, rng), {}};
  Network gradient = trained.network;
  Optimizer optimizer(trained.network, gradient, options.weight_decay);
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
    optimizer.step(rate_at(step, options.steps, options.learning_rate));
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
