// FP32 training has no exact law: how near is near enough, relative to the larger.
#pragma once
#include <algorithm>
#include <cmath>

namespace rh::train {

inline bool close(double a, double b, double relative = 1e-6) {
  return std::abs(a - b) <= relative * std::max(std::abs(a), std::abs(b));
}

}  // namespace rh::train
