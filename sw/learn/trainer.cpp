#include "learn/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "learn/images.hpp"

namespace rh::learn {
namespace {

// Of batches: not the noise of any tensor.
Rng batch_rng(std::uint64_t seed, std::int64_t step) {
  return Rng(noise_seed(~seed, static_cast<std::uint64_t>(step)).low);
}

// A text and a place in it, every place that leaves `after` bytes from it on equally likely.
struct Place {
  const std::string& bytes;
  std::size_t at;
};

Place draw_place(std::span<const train::Text> texts, std::size_t after, Rng& rng) {
  const auto places = [after](const train::Text& text) {
    return text.bytes.size() >= after ? text.bytes.size() - after + 1 : 0;
  };
  std::size_t all = 0;
  for (const train::Text& text : texts) all += places(text);
  if (all == 0)
    throw std::invalid_argument("training: no text has the " + std::to_string(after) +
                                " bytes that a sample takes");
  std::size_t place = rng() % all;
  std::size_t i = 0;
  while (place >= places(texts[i])) place -= places(texts[i++]);
  return {texts[i].bytes, place};
}

void draw_sample(const MlpShape& shape, std::span<const train::Text> texts, Rng& rng,
                 Batch& batch) {
  const auto context = static_cast<std::size_t>(shape.context);
  const Place place = draw_place(texts, 1, rng);
  batch.bytes.resize(batch.bytes.size() + context);
  train::context_at(place.bytes, place.at, std::span(batch.bytes).last(context));
  batch.targets.push_back(static_cast<std::uint8_t>(place.bytes[place.at]));
}
void draw_sample(const TransformerShape& shape, std::span<const train::Text> texts, Rng& rng,
                 Batch& batch) {
  const auto context = static_cast<std::size_t>(shape.context);
  const Place place = draw_place(texts, context + 1, rng);
  for (std::size_t i = 0; i < context; ++i) {
    batch.bytes.push_back(static_cast<std::uint8_t>(place.bytes[place.at + i]));
    batch.targets.push_back(static_cast<std::uint8_t>(place.bytes[place.at + i + 1]));
  }
}
void draw_sample(const ConvolutionShape& shape, std::span<const train::Text>, Rng& rng,
                 Batch& batch) {
  const auto pixels = static_cast<std::size_t>(shape.side * shape.side);
  const int c = static_cast<int>(rng() % kClasses);
  batch.images.resize(batch.images.size() + pixels);
  draw_bar(c, shape.side, rng, std::span(batch.images).last(pixels));
  batch.targets.push_back(static_cast<std::uint8_t>(c));
}

void check(const TrainingOptions& options) {
  const auto least = [](const char* field, std::int64_t value) {
    if (value < 1)
      throw std::invalid_argument("training: " + std::string(field) + " = " +
                                  std::to_string(value) + ", wanted 1 or more");
  };
  least("steps", options.steps);
  least("batch", options.batch);
  if (options.steps > std::numeric_limits<int>::max())
    throw std::invalid_argument("training: steps = " + std::to_string(options.steps) +
                                ", wanted at most " +
                                std::to_string(std::numeric_limits<int>::max()));
}

const TrainingOptions& checked(const TrainingOptions& options) {
  check(options);
  return options;
}

}  // namespace

Batch draw_batch(const ModelShape& model, std::span<const train::Text> texts, int size,
                 std::uint64_t seed, std::int64_t step) {
  Rng rng = batch_rng(seed, step);
  Batch batch;
  for (int i = 0; i < size; ++i)
    std::visit([&](const auto& shape) { draw_sample(shape, texts, rng, batch); }, model);
  return batch;
}

Training::Training(const TrainingOptions& options, std::span<const train::Text> texts)
    : options_(checked(options)),
      texts_(texts),
      threads_(options.threads),
      model_(make_model<float>(options.model, options.seed)),
      optimizer_(std::make_unique<Optimizer>(model_->parameters(), options.optimizer)) {
  const auto layers = static_cast<int>(model_->layers().size());
  options_.recipe.policy.steps = options.steps;
  options_.recipe.policy.layers = layers;
  product_ = make_product(options_.recipe, {options.engine, options.array, options.seed, layers},
                          threads_);
}

void Training::resume(std::int64_t done) {
  if (done < 0 || done > options_.steps)
    throw std::invalid_argument("training: " + std::to_string(done) + " steps done of " +
                                std::to_string(options_.steps));
  done_ = done;
}

double Training::step() {
  if (done_ == options_.steps)
    throw std::out_of_range("training: all " + std::to_string(done_) + " steps are done");
  product_->clear_records();
  const Step<float> step{done_, *product_, threads_};
  const Batch batch = draw_batch(options_.model, texts_, options_.batch, options_.seed, done_);
  const double loss = model_->forward(step, batch);
  check_finite(loss);
  model_->backward(step);
  check_finite(loss);
  optimizer_->update(threads_, done_, options_.steps);
  ++done_;
  return loss;
}

double Training::evaluate(const Batch& batch) {
  product_->clear_records();
  return model_->forward({done_, *product_, threads_}, batch);
}

void Training::check_finite(double loss) const {
  for (const ProductRecord& record : product_->records())
    if (!record.finite)
      throw TrainingError("step " + std::to_string(record.site.step) + ", layer " +
                          model_->layers()[static_cast<std::size_t>(record.site.layer)] + ": the " +
                          std::string(name(record.site.role)) +
                          " product has a result that is not finite");
  if (!std::isfinite(loss))
    throw TrainingError("step " + std::to_string(done_) +
                        ": the loss is not finite, though every product is");
}

double accuracy(std::span<const float> logits, std::span<const std::uint8_t> targets) {
  const std::size_t classes = logits.size() / targets.size();
  std::size_t right = 0;
  for (std::size_t row = 0; row < targets.size(); ++row) {
    const auto own = logits.subspan(row * classes, classes);
    right += std::max_element(own.begin(), own.end()) - own.begin() == targets[row] ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(targets.size());
}

}  // namespace rh::learn
