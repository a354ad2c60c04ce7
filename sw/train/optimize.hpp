// One update of a tensor of parameters, and the rate it takes: of every training in this kit.
// Native floats in a fixed order, one parameter at a time: equal inputs give equal bits.
#pragma once
#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>

namespace rh::train {

// AdamW, Loshchilov and Hutter, arXiv 1711.05101, algorithm 2.                  docs/learn.md (15)
struct AdamW {
  float beta1 = 0.9F;
  float beta2 = 0.99F;
  float epsilon = 1e-8F;
};

// What an update of AdamW reads beside the tensors: power<i> is beta<i>^t at step t = 1, 2, ...
struct AdamWStep {
  float rate;
  float decay;  // of this tensor: 0 for biases, gains and embeddings
  float power1;
  float power2;
};

// m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2,
// w = (1 - rate decay) w - rate m' / (sqrt(v') + eps),  m' = m / (1 - b1^t),  v' = v / (1 - b2^t)
inline void adamw(const AdamW& adam, const AdamWStep& step, std::span<float> weights,
                  std::span<const float> gradient, std::span<float> first,
                  std::span<float> second) {
  assert(gradient.size() == weights.size());
  assert(first.size() == weights.size() && second.size() == weights.size());
  const AdamW constant = adam;
  const float scale1 = 1 / (1 - step.power1);
  const float scale2 = 1 / (1 - step.power2);
  const float keep = 1 - step.rate * step.decay;
  const float scaled_rate = step.rate * scale1;
  float* const w = weights.data();
  const float* const g = gradient.data();
  float* const m = first.data();
  float* const v = second.data();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    m[i] = constant.beta1 * m[i] + (1 - constant.beta1) * g[i];
    v[i] = constant.beta2 * v[i] + (1 - constant.beta2) * g[i] * g[i];
    w[i] = keep * w[i] - scaled_rate * m[i] / (std::sqrt(scale2 * v[i]) + constant.epsilon);
  }
}

// SGD with momentum: v = momentum v + g + decay w,  w = w - rate v.             docs/learn.md (14)
inline void sgd(float rate, float momentum, float decay, std::span<float> weights,
                std::span<const float> gradient, std::span<float> velocity) {
  assert(gradient.size() == weights.size() && velocity.size() == weights.size());
  float* const w = weights.data();
  const float* const g = gradient.data();
  float* const v = velocity.data();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    v[i] = momentum * v[i] + g[i] + decay * w[i];
    w[i] -= rate * v[i];
  }
}

// The rate of step 0 .. steps - 1: up to `rate` in min(100, steps / 10 + 1) steps, then along a
// cosine to zero.                                                                docs/learn.md (16)
inline float rate_at(int step, int steps, double rate) {
  const int warm_up = std::min(100, steps / 10 + 1);
  double part = static_cast<double>(step + 1) / warm_up;
  if (step >= warm_up)
    part = 0.5 + 0.5 * std::cos(std::numbers::pi * (step - warm_up) / (steps - warm_up));
  return static_cast<float>(rate * part);
}

}  // namespace rh::train
