// Golden model of the baselines, written from docs/baseline.md, not from the RTL: integers only.
// FP32 and bf16 travel as bits; every NaN that comes out is kFp32Nan.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>

#include "float/float.hpp"

namespace rh::baseline {

// A number outside FP32's formats: (minus ? -1 : 1) * significand * 2^exponent, or a special.
struct Term {
  bool minus;
  std::uint64_t significand;  // below 2^24
  int exponent;
  bool nan = false;
  bool infinite = false;
};

// a * b, exactly. The exponent is the one that the fields say, a subnormal's is that of field 1.
//                                                                            docs/baseline.md (1)
constexpr Term product(std::uint16_t a, std::uint16_t b) {
  const std::uint32_t x = std::uint32_t{a} << 16;
  const std::uint32_t y = std::uint32_t{b} << 16;
  const bool minus = fp32::negative(x) != fp32::negative(y);
  if (fp32::is_nan(x) || fp32::is_nan(y)) return {minus, 0, 0, true};
  if (fp32::is_infinite(x) || fp32::is_infinite(y)) {
    const bool nan = fp32::is_zero(x) || fp32::is_zero(y);
    return {minus, 0, 0, nan, !nan};
  }
  const fp32::Unpacked u = fp32::unpack(x);  // 16 zeros at the bottom
  const fp32::Unpacked v = fp32::unpack(y);
  return {minus, (u.significand >> 16) * (v.significand >> 16), u.exponent + v.exponent + 32};
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

  // The one with the higher leading bit, and the other one in units of its lowest bit / 2^36. What
  // is smaller than that moves the sum off a tie or a number, whatever it is: the sign is enough.
  struct Part {
    bool minus;
    std::uint64_t significand;
    int exponent;
    constexpr int top() const {
      return exponent + static_cast<int>(std::bit_width(significand));
    }
  };
  Part high{minus, u.significand, u.exponent};
  Part low{term.minus, term.significand, term.exponent};
  if (high.top() < low.top()) std::swap(high, low);
  const int unit = high.exponent - 36;
  const int left = low.exponent - unit;
  const auto scaled = [](const Part& part, std::uint64_t magnitude) {
    const auto n = static_cast<std::int64_t>(magnitude);
    return part.minus ? -n : n;
  };
  std::uint64_t small = 1;
  bool exact = true;
  if (left >= 0) {
    small = low.significand << left;
  } else {
    small = left > -64 ? low.significand >> -left : 0;
    exact = left > -64 && (small << -left) == low.significand;
  }
  // One more bit at the bottom says that something lies below.
  const std::int64_t sum = 2 * (scaled(high, high.significand << 36) + scaled(low, small)) +
                           scaled(low, exact ? 0 : 1);
  if (sum == 0) return 0;
  return fp32::pack(sum < 0, static_cast<std::uint64_t>(sum < 0 ? -sum : sum), unit - 1);
}

// B1                                                                         docs/baseline.md (2)
constexpr std::uint32_t fma(std::uint32_t value, bool restart, std::uint16_t a, std::uint16_t b) {
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
