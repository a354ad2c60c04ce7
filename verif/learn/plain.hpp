// What the laws of the training engine share: slopes of a loss, beside plain_product.hpp.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "learn/plain_product.hpp"

namespace rh::learn {

// Compares `gradient` with the slopes of loss() along `values`, by differences at four points,
//   (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12 h,   h = 1e-4,
// which err by h^4 = 1e-16 of a fifth derivative, and by 1e-12 of the loss for its rounding. An
// error of 1e-8, relative to the largest slope, is far above both and far below any wrong term.
template <class Loss>
void check_slopes(const std::string& of, std::span<double> values, std::span<const double> gradient,
                  const Loss& loss) {
  REQUIRE(values.size() == gradient.size());
  REQUIRE(!values.empty());
  constexpr double kStep = 1e-4;
  double worst = 0, largest = 0;
  std::size_t where = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = values[i];
    const auto moved = [&](double by) {
      values[i] = value + by;
      const double f = loss();
      values[i] = value;
      return f;
    };
    const double slope =
        (8 * (moved(kStep) - moved(-kStep)) - (moved(2 * kStep) - moved(-2 * kStep))) /
        (12 * kStep);
    largest = std::max(largest, std::abs(slope));
    if (std::abs(slope - gradient[i]) >= worst) {
      worst = std::abs(slope - gradient[i]);
      where = i;
    }
  }
  INFO(of << ": off by " << worst << " at " << where << ", gradient " << gradient[where]
          << ", largest slope " << largest);
  CHECK(worst <= 1e-8 * std::max(largest, 1e-3));
}

}  // namespace rh::learn
