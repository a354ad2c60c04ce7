#include "learn/optimizer.hpp"

#include <cmath>
#include <sstream>
#include <stdexcept>

#include "train/optimize.hpp"

namespace rh::learn {
namespace {

void check(const char* field, double value, double least, double limit) {
  if (value >= least && value < limit) return;
  std::ostringstream text;
  text << "optimizer: " << field << " = " << value << ", wanted " << least << " <= " << field
       << " < " << limit;
  throw std::invalid_argument(text.str());
}

}  // namespace

Optimizer::Optimizer(std::vector<Parameter<float>*> parameters, const OptimizerOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  check("learning_rate", options.learning_rate, 0, 1e3);
  check("weight_decay", options.weight_decay, 0, 1e3);
  check("momentum", options.momentum, 0, 1);
  check("beta1", options.beta1, 0, 1);
  check("beta2", options.beta2, 0, 1);
  check("epsilon", options.epsilon, 0, 1);
  for (const Parameter<float>* parameter : parameters_) {
    const std::size_t size = parameter->value.size();
    moments_.push_back({std::vector<float>(size),
                        std::vector<float>(options.kind == OptimizerKind::AdamW ? size : 0)});
  }
}

void Optimizer::update(Threads& threads, std::int64_t step, std::int64_t steps) {
  const float rate =
      train::rate_at(static_cast<int>(step), static_cast<int>(steps), options_.learning_rate);
  const train::AdamW adam{static_cast<float>(options_.beta1), static_cast<float>(options_.beta2),
                          static_cast<float>(options_.epsilon)};
  const auto t = static_cast<double>(step + 1);
  const auto power1 = static_cast<float>(std::pow(options_.beta1, t));
  const auto power2 = static_cast<float>(std::pow(options_.beta2, t));
  threads.run(static_cast<std::int64_t>(parameters_.size()), [&](std::int64_t task, int) {
    const auto i = static_cast<std::size_t>(task);
    Parameter<float>& parameter = *parameters_[i];
    const float decay = parameter.decays ? static_cast<float>(options_.weight_decay) : 0;
    if (options_.kind == OptimizerKind::AdamW)
      train::adamw(adam, {rate, decay, power1, power2}, parameter.value, parameter.gradient,
                   moments_[i].first, moments_[i].second);
    else
      train::sgd(rate, static_cast<float>(options_.momentum), decay, parameter.value,
                 parameter.gradient, moments_[i].first);
  });
}

std::vector<Optimizer::State> Optimizer::state() {
  std::vector<State> all;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const bool adam = options_.kind == OptimizerKind::AdamW;
    all.push_back({parameters_[i]->name + (adam ? ".first" : ".velocity"), moments_[i].first});
    if (adam) all.push_back({parameters_[i]->name + ".second", moments_[i].second});
  }
  return all;
}

}  // namespace rh::learn
