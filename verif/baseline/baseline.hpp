// Golden model of the baselines, written from docs/baseline.md, not from the RTL: integers only.
// FP32 and bf16 travel as bits, bf16 as 16 of them; every NaN that comes out is kFp32Nan.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <utility>

#include "float/float.hpp"

namespace rh::baseline {

__extension__ typedef __int128 Int128;

// A number outside FP32's formats: (minus ? -1 : 1) * significand * 2^exponent, or a special.
struct Term {
  bool minus;
  std::uint64_t significand;  // below 2^48
  int exponent;
  bool nan = false;
  bool infinite = false;
};

// An operand: bf16 is the upper half of the FP32 number that it equals.
constexpr std::uint32_t to_fp32(std::uint16_t x) {
  return std::uint32_t{x} << 16;
}
constexpr std::uint32_t to_fp32(std::uint32_t x) {
  return x;
}

// a * b, exactly. The exponent is the one that the fields say, a subnormal's is that of field 1.
//   Operand: std::uint16_t (bf16) or std::uint32_t (FP32)                   docs/baseline.md (1)
template <class Operand>
constexpr Term product(Operand a, Operand b) {
  constexpr int kZeros = 32 - 8 * static_cast<int>(sizeof(Operand));  // at the bottom, as FP32
  const std::uint32_t x = to_fp32(a);
  const std::uint32_t y = to_fp32(b);
  const bool minus = fp32::negative(x) != fp32::negative(y);
  if (fp32::is_nan(x) || fp32::is_nan(y)) return {minus, 0, 0, true};
  if (fp32::is_infinite(x) || fp32::is_infinite(y)) {
    const bool nan = fp32::is_zero(x) || fp32::is_zero(y);
    return {minus, 0, 0, nan, !nan};
  }
  const fp32::Unpacked u = fp32::unpack(x);
  const fp32::Unpacked v = fp32::unpack(y);
  return {minus, (u.significand >> kZeros) * (v.significand >> kZeros),
          u.exponent + v.exponent + 2 * kZeros};
}

// fl(value + term): the exact sum, rounded once.                             docs/baseline.md (2)
constexpr std::uint32_t add(std::uint32_t value, const Term& term) {
  const bool minus = fp32::negative(value);
  if (fp32::is_nan(value) || term.nan) return kFp32Nan;
  if (fp32::is_infinite(value))
    return term.infinite && term.minus != minus ? kFp32Nan : value;
  if (term.infinite) return fp32::with_sign(term.minus, kFp32Infinity);
  const fp32::Unpacked u = fp32::unpack(value);
  if (term.significand == 0) {
    if (u.significand == 0) return fp32::with_sign(minus && term.minus, 0);
    return value;
  }
  if (u.significand == 0) return fp32::pack(term.minus, term.significand, term.exponent);

  // Both in units of 2^unit, which is 2^-60 of the lowest bit of the one with the higher exponent.
  // If the other one has bits below that, it is less than 2^-12 of that lowest bit: whatever it is,
  // it moves the sum off a tie or a number, and the sign is enough.
  struct Part {
    bool minus;
    std::uint64_t significand;
    int exponent;
  };
  Part high{minus, u.significand, u.exponent};
  Part low{term.minus, term.significand, term.exponent};
  if (high.exponent < low.exponent) std::swap(high, low);
  const int unit = high.exponent - 60;
  const auto scaled = [](const Part& part, int left) {
    const Int128 magnitude = left < 0 ? Int128{1} : Int128{part.significand} << left;
    return part.minus ? -magnitude : magnitude;
  };
  const Int128 sum = scaled(high, 60) + scaled(low, low.exponent - unit);
  if (sum == 0) return 0;

  // 64 bits of up to 109, and whether there was anything in the others.
  Int128 magnitude = sum < 0 ? -sum : sum;
  int exponent = unit;
  bool rest = false;
  for (; magnitude >> 64 != 0; magnitude >>= 1, ++exponent) rest = rest || magnitude % 2 != 0;
  return fp32::pack(sum < 0, static_cast<std::uint64_t>(magnitude), exponent, rest);
}

// B1, B3                                                                     docs/baseline.md (2)
template <class Operand>
constexpr std::uint32_t fma(std::uint32_t value, bool restart, Operand a, Operand b) {
  return add(restart ? 0 : value, product(a, b));
}

inline constexpr int kBelow = 22;  // binades kept below the largest product exponent
inline constexpr int kCut = 24;    // bits kept of a sum

// The sum of products of B2, truncated as its hardware does.              docs/baseline.md (3)-(5)
inline Term sum_of_products(std::span<const std::uint16_t> a, std::span<const std::uint16_t> b) {
  bool nan = false;
  bool plus_infinity = false;
  bool minus_infinity = false;
  int largest = -1'000;  // E: weight of two hidden bits
  for (std::size_t k = 0; k < a.size(); ++k) {
    const Term p = product(a[k], b[k]);
    nan = nan || p.nan;
    plus_infinity = plus_infinity || (p.infinite && !p.minus);
    minus_infinity = minus_infinity || (p.infinite && p.minus);
    if (p.significand != 0) largest = std::max(largest, p.exponent + 14);
  }
  if (nan || (plus_infinity && minus_infinity)) return {false, 0, 0, true};
  if (plus_infinity || minus_infinity) return {minus_infinity, 0, 0, false, true};

  std::int64_t sum = 0;  // in units of 2^(E - 22)
  for (std::size_t k = 0; k < a.size(); ++k) {
    const Term p = product(a[k], b[k]);
    if (p.significand == 0) continue;
    const int drop = largest - kBelow - p.exponent;  // -8 or more
    const std::uint64_t kept = drop > 24 ? 0 : (p.significand << 8) >> (drop + 8);
    sum += p.minus ? -static_cast<std::int64_t>(kept) : static_cast<std::int64_t>(kept);
  }
  std::uint64_t magnitude = static_cast<std::uint64_t>(sum < 0 ? -sum : sum);
  int exponent = largest - kBelow;
  for (; std::bit_width(magnitude) > kCut; magnitude >>= 1) ++exponent;
  return {sum < 0, magnitude, exponent};
}

// B2                                                                         docs/baseline.md (3)
inline std::uint32_t dot(std::uint32_t value, bool restart, std::span<const std::uint16_t> a,
                         std::span<const std::uint16_t> b) {
  return add(restart ? 0 : value, sum_of_products(a, b));
}

}  // namespace rh::baseline
