// A training: a model, its optimizer, its products and its data, a step at a time.
//                                                                                  docs/learn.md
// A run is a function of its options and texts. It does not depend on the number of threads, and a
// step depends on its number, the parameters and the optimizer's state alone, so that a run can go
// on from them. FP32 products depend on the kernel that OpenBLAS chose for the CPU.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "learn/models.hpp"
#include "learn/optimizer.hpp"
#include "learn/products.hpp"
#include "train/text.hpp"

namespace rh::learn {

// A training that cannot go on; names the step, the layer and what went wrong.
class TrainingError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct TrainingOptions {
  ModelShape model = TransformerShape{};
  Recipe recipe{};  // the policy's steps and layers are set by the training
  OptimizerOptions optimizer{};
  std::string engine = "golden";
  std::optional<MultiplierShape> array{};  // of block formats; else the engine's own
  std::uint64_t seed = 0;                  // of parameters, batches and noise
  std::int64_t steps = 1000;
  int batch = 16;  // samples of a step
  int threads = 1;
};

// The batch of a step: `size` samples, drawn by the seed and the step alone. For the MLP a position
// of a text and the bytes before it; for the transformer a place in a text and the sequence there,
// each byte's target being the next; for the convolution a class and its bar. `texts` are read by
// the first two: std::invalid_argument when none is longer than the context.
Batch draw_batch(const ModelShape& model, std::span<const train::Text> texts, int size,
                 std::uint64_t seed, std::int64_t step);

class Training {
 public:
  // `texts` have to live on. Throws std::invalid_argument or EngineError for options that are none.
  Training(const TrainingOptions& options, std::span<const train::Text> texts);

  // Does the next step; its mean loss in nats. Throws TrainingError when a product or the loss is
  // not finite: values and optimizer are then as they were before the step. Throws
  // std::out_of_range after the last one.
  double step();
  // The mean loss of a batch with the parameters as they are.
  double evaluate(const Batch& batch);

  // Goes on after `done` steps: for parameters and state that were taken then.
  // Throws std::invalid_argument for more steps than there are.
  void resume(std::int64_t done);

  std::int64_t steps_done() const { return done_; }
  const TrainingOptions& options() const { return options_; }
  Model<float>& model() { return *model_; }
  Optimizer& optimizer() { return *optimizer_; }
  std::span<const ProductRecord> records() const {
    return product_->records();
  }  // of the last step

 private:
  void check_finite(double loss) const;

  TrainingOptions options_;
  std::span<const train::Text> texts_;
  Threads threads_;
  std::unique_ptr<Model<float>> model_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Product<float>> product_;
  std::int64_t done_ = 0;
};

// The share of rows whose largest logit is the target's.
double accuracy(std::span<const float> logits, std::span<const std::uint8_t> targets);

}  // namespace rh::learn
