// Golden model of rtl/normalize/rh_normalize.sv, written from docs/normalize.md, not from the RTL:
// the nearest FP32 number by comparison of exact values.
#pragma once
#include <bit>
#include <cassert>
#include <cstdint>

#include "float/float.hpp"
#include "number/number.hpp"

namespace rh {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 Uint128;

constexpr int bit_width(Uint128 x) {
  const std::uint64_t high = static_cast<std::uint64_t>(x >> 64);
  return static_cast<int>(high != 0 ? 64 + std::bit_width(high)
                                    : std::bit_width(static_cast<std::uint64_t>(x)));
}

// x * 2^exponent, exact.
struct Scaled {
  Uint128 x;
  int exponent;
};

// Is a < b, a = b or a > b: -1, 0 or 1.
constexpr int compare(Scaled a, Scaled b) {
  if (a.x == 0 || b.x == 0) return (a.x != 0 ? 1 : 0) - (b.x != 0 ? 1 : 0);
  const int a_top = a.exponent + bit_width(a.x);
  const int b_top = b.exponent + bit_width(b.x);
  if (a_top != b_top) return a_top < b_top ? -1 : 1;
  // Equal top bits: at one common exponent both fit.
  if (a.exponent > b.exponent) a.x <<= a.exponent - b.exponent;
  if (b.exponent > a.exponent) b.x <<= b.exponent - a.exponent;
  return a.x == b.x ? 0 : a.x < b.x ? -1 : 1;
}

// The value of a bit pattern of a magnitude; infinity stands for 2^128, the number that would
// follow the largest one.                                                   docs/normalize.md (2)
constexpr Scaled fp32_value(std::uint32_t pattern) {
  const fp32::Unpacked u = fp32::unpack(pattern);
  return {u.significand, u.exponent};
}

// fl(sum * 2^exponent): the nearest FP32 number, of two equally near ones the one whose pattern is
// even; a sum of 0 gives +0, nan gives kFp32Nan whatever the sum.    docs/normalize.md (1) to (3)
constexpr std::uint32_t normalize(Int128 sum, int exponent, bool nan = false) {
  if (nan) return kFp32Nan;
  const Uint128 bits = static_cast<Uint128>(sum);
  const Scaled magnitude{sum < 0 ? 0 - bits : bits, exponent};

  // Patterns are in the order of their values: the last one that is not above the magnitude.
  std::uint32_t below = 0;
  for (std::uint32_t step = 1u << 30; step != 0; step >>= 1)
    if (below + step <= kFp32Infinity && compare(fp32_value(below + step), magnitude) <= 0)
      below += step;

  std::uint32_t nearest = below;
  if (below < kFp32Infinity) {
    const Scaled low = fp32_value(below);  // the next one is higher by 2^exponent
    const int side = compare(magnitude, {2 * low.x + 1, low.exponent - 1});
    if (side > 0 || (side == 0 && below % 2 == 1)) nearest = below + 1;
  }
  return fp32::with_sign(sum < 0, nearest);
}

}  // namespace rh
