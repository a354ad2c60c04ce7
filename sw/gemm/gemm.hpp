// Golden model of rtl/gemm: the whole integer product, its scales, and its cycles. The definition:
// plain loops over exact integers. Written from docs/gemm.md, not from the RTL.
#pragma once
#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "array/array.hpp"
#include "dot/dot.hpp"
#include "number/number.hpp"
#include "requantize/requantize.hpp"

namespace rh {

// The longest contraction that is exact in int32 for these codes.          docs/contract.md (12)
constexpr std::int64_t int8_max_terms(std::span<const std::int8_t> a,
                                      std::span<const std::int8_t> b) {
  const auto has_most_negative = [](std::span<const std::int8_t> codes) {
    return std::find(codes.begin(), codes.end(), std::int8_t{-128}) != codes.end();
  };
  return has_most_negative(a) || has_most_negative(b) ? kInt8MaxTermsMostNegative : kInt8MaxTerms;
}

// C[i][j] = sum over k of a[i][k] * b[j][k]: a is m lines of k codes, b is n lines of k codes (the
// columns of B); row-major m x n. k <= int8_max_terms(a, b).                     docs/gemm.md (1)
inline std::vector<std::int32_t> gemm_int32(std::span<const std::int8_t> a,
                                            std::span<const std::int8_t> b, std::int64_t m,
                                            std::int64_t n, std::int64_t k) {
  assert(a.size() == static_cast<std::size_t>(m * k));
  assert(b.size() == static_cast<std::size_t>(n * k));
  const auto line = [k](std::span<const std::int8_t> codes, std::int64_t i) {
    return codes.subspan(static_cast<std::size_t>(i * k), static_cast<std::size_t>(k));
  };
  std::vector<std::int32_t> c;
  c.reserve(static_cast<std::size_t>(m * n));
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      const std::int64_t sum = dot(line(a, i), line(b, j));
      assert(sum == static_cast<std::int32_t>(sum));
      c.push_back(static_cast<std::int32_t>(sum));
    }
  return c;
}

// What the sequencer of rh_gemm or rh_gemm_bfp is built with, as far as its cycles depend on it. A
// step that takes several passes counts as that many steps.
struct GemmTiming {
  static constexpr int kRequantizeCycles = 6;
  static constexpr int kNormalizeCycles = 2;

  ArrayShape shape;
  int result_lanes = 4;              // results a cycle, of one row
  int late = 0;                      // carry_save_cycles() or block_cycles() of such an array
  int epilogue = kRequantizeCycles;  // cycles from a sum to its result

  // The cycles in which the results of a tile leave.
  constexpr std::int64_t drain() const {
    return std::int64_t{shape.rows} * (shape.cols / result_lanes);
  }
  // From the last step of a tile to the first cycle in which its place is free again.
  constexpr std::int64_t tail() const { return array_result_cycle(0, shape.cols, late) + drain(); }

  // From the cycle that takes the first tile to the one that gives the last result, both counted,
  // when nobody stalls. Two tiles have a place; tiles of `steps` steps follow each other after
  // step = max(steps, drain), and the one after the next not before tail:        docs/gemm.md (3)
  //   steps + floor((tiles - 1) / 2) max(2 step, tail) + ((tiles - 1) mod 2) step + tail + epilogue
  constexpr std::int64_t cycles(std::int64_t tiles, std::int64_t steps) const {
    assert(tiles >= 0 && steps >= 1);
    if (tiles == 0) return 0;
    const std::int64_t step = std::max(steps, drain());
    return steps + (tiles - 1) / 2 * std::max(2 * step, tail()) + (tiles - 1) % 2 * step + tail() +
           epilogue;
  }
};

// The timing of an array for block formats with a normalizer for each column.
constexpr GemmTiming block_timing(const ArrayShape& shape, bool fp32) {
  return {shape, shape.cols, block_cycles(fp32), fp32 ? 0 : GemmTiming::kNormalizeCycles};
}

}  // namespace rh
