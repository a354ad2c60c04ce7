// Golden model of rtl/float: FP32 arithmetic on bit patterns, integer-exact, one rounding each.
// Written from docs/float.md, not from the RTL. Every NaN that comes out is kFp32Nan.
#pragma once
#include <bit>
#include <cassert>
#include <cstdint>

#include "number/number.hpp"
#include "round/round.hpp"

namespace rh::fp32 {

inline constexpr std::uint32_t kSign = 0x8000'0000;
inline constexpr int kMinExponent = -149;  // of the lowest bit of a subnormal

constexpr bool negative(std::uint32_t x) {
  return (x & kSign) != 0;
}
constexpr std::uint32_t magnitude(std::uint32_t x) {
  return x & ~kSign;
}
constexpr bool is_nan(std::uint32_t x) {
  return magnitude(x) > kFp32Infinity;
}
constexpr bool is_infinite(std::uint32_t x) {
  return magnitude(x) == kFp32Infinity;
}
constexpr bool is_zero(std::uint32_t x) {
  return magnitude(x) == 0;
}
constexpr std::uint32_t with_sign(bool minus, std::uint32_t x) {
  return x | (minus ? kSign : 0);
}

// A finite number taken apart: |x| = significand * 2^exponent.                  docs/float.md (1)
struct Unpacked {
  std::uint64_t significand;
  int exponent;
  bool operator==(const Unpacked&) const = default;
};

constexpr Unpacked unpack(std::uint32_t x) {
  const int field = static_cast<int>(magnitude(x) >> 23);
  const std::uint64_t fraction = x & 0x7F'FFFF;
  if (field == 0) return {fraction, kMinExponent};
  return {fraction | 0x80'0000, kMinExponent + field - 1};
}

// The same number with bit 23 of the significand set; x is not zero.
constexpr Unpacked unpack_normalized(std::uint32_t x) {
  const Unpacked u = unpack(x);
  const int shift = 24 - static_cast<int>(std::bit_width(u.significand));
  return {u.significand << shift, u.exponent - shift};
}

// fl(+-significand * 2^exponent): nearest, ties to even, subnormals kept, overflow to infinity.
// `sticky`: the number meant lies strictly between significand and significand + 1; then the
// significand needs at least 25 bits, so that the half is known.                docs/float.md (2)
constexpr std::uint32_t pack(bool minus, std::uint64_t significand, int exponent,
                             bool sticky = false) {
  const int width = static_cast<int>(std::bit_width(significand));
  assert(!sticky || width >= 25);
  if (significand == 0) return with_sign(minus, 0);

  // The exponent of the result's lowest bit, and how many bits lie below it.
  int lowest = exponent + width - 24;
  if (lowest < kMinExponent) lowest = kMinExponent;
  const int drop = lowest - exponent;

  std::uint64_t rounded = 0;
  if (drop <= 0) {
    rounded = significand << -drop;
  } else {  // two bits below the cut are enough: the half, and whether anything lies under it
    const int cut = drop - 2;
    std::uint64_t kept = 0;
    bool rest = sticky;
    if (cut < 0) {
      kept = significand << 1;
    } else if (cut < 64) {
      kept = significand >> cut;
      rest = rest || (kept << cut) != significand;
    } else {
      rest = true;
    }
    rounded = round(RoundMode::NearestEven, kept | (rest ? 1 : 0), 2, 25).out;
  }
  // The hidden bit adds one to the exponent field, a carry out of the rounding another one.
  const std::int64_t field = lowest - kMinExponent;
  const std::int64_t bits = (field << 23) + static_cast<std::int64_t>(rounded);
  return with_sign(minus, bits < kFp32Infinity ? static_cast<std::uint32_t>(bits) : kFp32Infinity);
}

// fl(a * b)                                                                     docs/float.md (3)
constexpr std::uint32_t multiply(std::uint32_t a, std::uint32_t b) {
  const bool minus = negative(a) != negative(b);
  if (is_nan(a) || is_nan(b)) return kFp32Nan;
  if (is_infinite(a) || is_infinite(b))
    return is_zero(a) || is_zero(b) ? kFp32Nan : with_sign(minus, kFp32Infinity);
  const Unpacked x = unpack(a);
  const Unpacked y = unpack(b);
  return pack(minus, x.significand * y.significand, x.exponent + y.exponent);
}

// fl(a / b)                                                                     docs/float.md (4)
constexpr std::uint32_t divide(std::uint32_t a, std::uint32_t b) {
  const bool minus = negative(a) != negative(b);
  if (is_nan(a) || is_nan(b)) return kFp32Nan;
  if (is_infinite(a)) return is_infinite(b) ? kFp32Nan : with_sign(minus, kFp32Infinity);
  if (is_infinite(b)) return with_sign(minus, 0);
  if (is_zero(b)) return is_zero(a) ? kFp32Nan : with_sign(minus, kFp32Infinity);
  if (is_zero(a)) return with_sign(minus, 0);
  const Unpacked x = unpack_normalized(a);
  const Unpacked y = unpack_normalized(b);
  const std::uint64_t dividend = x.significand << 32;  // a quotient of 32 or 33 bits
  return pack(minus, dividend / y.significand, x.exponent - 32 - y.exponent,
              dividend % y.significand != 0);
}

// fl(a + b)                                                                     docs/float.md (8)
constexpr std::uint32_t add(std::uint32_t a, std::uint32_t b) {
  if (is_nan(a) || is_nan(b)) return kFp32Nan;
  if (is_infinite(a)) return is_infinite(b) && negative(a) != negative(b) ? kFp32Nan : a;
  if (is_infinite(b)) return b;
  const Unpacked x = unpack(a);
  const Unpacked y = unpack(b);
  if (x.exponent < y.exponent) return add(b, a);
  const int shift = x.exponent - y.exponent;
  if (shift > 36) return a;  // a is normal, and |b| < 2^-12 of its lowest bit
  const auto term = [](std::uint32_t v, std::uint64_t significand) {
    return negative(v) ? -static_cast<std::int64_t>(significand)
                       : static_cast<std::int64_t>(significand);
  };
  const std::int64_t sum = term(a, x.significand << shift) + term(b, y.significand);
  if (sum == 0) return with_sign(negative(a) && negative(b), 0);
  return pack(sum < 0, static_cast<std::uint64_t>(sum < 0 ? -sum : sum), y.exponent);
}

// fl(n)                                                                         docs/float.md (5)
constexpr std::uint32_t from_int(std::int64_t n) {
  const std::uint64_t bits = static_cast<std::uint64_t>(n);
  return pack(n < 0, n < 0 ? 0 - bits : bits, 0);
}

struct Code {
  int code;
  bool clamped;  // the clamp changed it
  bool operator==(const Code&) const = default;
};

// x rounded to an integer, ties to even, clamped to +-(2^magnitude_bits - 1); NaN gives 0.
//   1 <= magnitude_bits <= 15                                                   docs/float.md (6)
constexpr Code to_code(std::uint32_t x, int magnitude_bits) {
  assert(magnitude_bits >= 1 && magnitude_bits <= 15);
  const int max = (1 << magnitude_bits) - 1;
  if (is_nan(x)) return {0, false};
  const auto sign = [&](int code) { return negative(x) ? -code : code; };
  if (magnitude(x) >= from_int(std::int64_t{1} << magnitude_bits)) return {sign(max), true};
  const Unpacked u = unpack(x);  // |x| < 2^15: the lowest bit of a normal x is worth at most 2^-9
  const int drop = -u.exponent;
  if (drop > 47) return {0, false};  // |x| < 2^24 * 2^-47
  const Rounded r = round(RoundMode::NearestEven, u.significand, drop, magnitude_bits);
  return {sign(static_cast<int>(r.out)), r.saturated};
}

}  // namespace rh::fp32
