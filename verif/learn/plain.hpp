// What the laws of the training engine share: products by their definition, random matrices, and
// slopes of a loss.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "learn/product.hpp"

namespace rh::learn {

// An operand's element (i, j) of op() of matrix `matrix`; op() has `columns` columns.
template <class Real>
Real element(const Operand<Real>& x, std::int64_t matrix, std::int64_t rows, std::int64_t columns,
             std::int64_t i, std::int64_t j) {
  const std::int64_t at = x.transposed ? j * rows + i : i * columns + j;
  return x.values[static_cast<std::size_t>(matrix * rows * columns + at)];
}

// c = op(a) op(b), term by term.
template <class Real>
class PlainProduct final : public Product<Real> {
  void compute(ProductRecord& record, const Operand<Real>& a, const Operand<Real>& b,
               std::span<Real> c) override {
    const ProductShape s = record.shape;
    for (std::int64_t matrix = 0; matrix < s.batch; ++matrix)
      for (std::int64_t i = 0; i < s.m; ++i)
        for (std::int64_t j = 0; j < s.n; ++j) {
          Real sum = 0;
          for (std::int64_t k = 0; k < s.k; ++k)
            sum += element(a, matrix, s.m, s.k, i, k) * element(b, matrix, s.k, s.n, k, j);
          c[static_cast<std::size_t>((matrix * s.m + i) * s.n + j)] = sum;
        }
  }
};

template <class Real>
std::vector<Real> random_values(std::size_t count, std::mt19937_64& rng, double scale = 1) {
  std::normal_distribution<double> normal(0, scale);
  std::vector<Real> values(count);
  for (Real& value : values) value = static_cast<Real>(normal(rng));
  return values;
}

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
