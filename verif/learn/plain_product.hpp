// Products by their definition, and random matrices: of the laws and of the oracle.
#pragma once
#include <cstdint>
#include <random>
#include <span>
#include <vector>

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

}  // namespace rh::learn
