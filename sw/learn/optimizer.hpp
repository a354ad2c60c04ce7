// SGD with momentum, or AdamW, over all parameters of a model.       docs/learn.md (14) to (16)
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "learn/layers.hpp"
#include "learn/threads.hpp"

namespace rh::learn {

enum class OptimizerKind : std::uint8_t { Sgd = 0, AdamW = 1 };

constexpr std::string_view name(OptimizerKind kind) {
  return kind == OptimizerKind::Sgd ? "sgd" : "adamw";
}

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::AdamW;
  double learning_rate = 2e-3;
  double weight_decay = 0.1;  // of the parameters that decay
  double momentum = 0.9;      // of Sgd
  double beta1 = 0.9;         // these three of AdamW
  double beta2 = 0.99;
  double epsilon = 1e-8;
  bool operator==(const OptimizerOptions&) const = default;
};

class Optimizer {
 public:
  // The parameters have to live on. Throws std::invalid_argument for a value out of its range.
  Optimizer(std::vector<Parameter<float>*> parameters, const OptimizerOptions& options);

  // One update by the gradients, as step number `step` of `steps`.
  void update(Threads& threads, std::int64_t step, std::int64_t steps);

  // What an update changes beside the parameters: a velocity of each, or both moments.
  struct State {
    std::string name;
    std::span<float> values;
  };
  std::vector<State> state();

 private:
  struct Moments {
    std::vector<float> first, second;
  };
  std::vector<Parameter<float>*> parameters_;
  OptimizerOptions options_;
  std::vector<Moments> moments_;
};

}  // namespace rh::learn
