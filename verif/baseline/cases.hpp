// Operands worth trying, bf16 (std::uint16_t) or FP32 (std::uint32_t), some of them chosen against
// the accumulator they will meet.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <random>
#include <vector>

#include "float/float.hpp"

namespace rh::baseline_cases {

template <class Operand>
inline constexpr int kBits = 8 * sizeof(Operand);
template <class Operand>
inline constexpr int kFraction = kBits<Operand> - 9;  // bits of the fraction field

template <class Operand>
Operand number(bool minus, int field, unsigned fraction) {
  const unsigned below = (1u << kFraction<Operand>)-1;
  return static_cast<Operand>((minus ? 1u << (kBits<Operand> - 1) : 0u) |
                              static_cast<unsigned>(field) << kFraction<Operand> |
                              (fraction & below));
}
inline std::uint16_t bf16(bool minus, int field, unsigned fraction) {
  return number<std::uint16_t>(minus, field, fraction);
}

// Both signs x exponent fields x fractions at the ends of every range.
template <class Operand>
std::vector<Operand> edges() {
  constexpr int kFields[] = {0, 1, 2, 7, 63, 64, 119, 126, 127, 128, 134, 191, 253, 254, 255};
  constexpr unsigned kTop = 1u << kFraction<Operand>;
  std::vector<Operand> all;
  for (const bool minus : {false, true})
    for (const int field : kFields)
      for (const unsigned fraction : {0u, 1u, kTop / 2 - 1, kTop / 2, kTop - 1})
        all.push_back(number<Operand>(minus, field, fraction));
  return all;
}

// How the operands of a run are spread.
enum class Kind { Uniform, NearOne, LowEnd, HighEnd, Subnormal };
inline constexpr std::array kKinds = {Kind::Uniform, Kind::NearOne, Kind::LowEnd, Kind::HighEnd,
                                      Kind::Subnormal};

// A fraction of few bits makes ties: none for a quarter, and for FP32 any number of them.
template <class Operand>
unsigned fraction(std::mt19937_64& rng, std::uint64_t bits) {
  if ((bits >> 1 & 3) == 0) return 0;
  if constexpr (kFraction<Operand> == 7) return static_cast<unsigned>(bits >> 8);
  const auto all = static_cast<unsigned>(rng());
  return (bits >> 3 & 1) != 0 ? all : all & ~0u << (bits >> 8) % 23;
}

// LowEnd and HighEnd: products around the smallest and the largest FP32 numbers. Subnormal: a
// tiny operand now and then meets a huge one.
template <class Operand>
Operand operand(std::mt19937_64& rng, Kind kind) {
  const std::uint64_t bits = rng();
  const bool minus = (bits & 1) != 0;
  const unsigned low = fraction<Operand>(rng, bits);
  const int step = static_cast<int>(bits >> 16 & 15);
  switch (kind) {
    case Kind::Uniform: return static_cast<Operand>(bits >> 32);
    case Kind::NearOne: return number<Operand>(minus, 120 + step, low);
    case Kind::LowEnd: return number<Operand>(minus, 48 + step, low);
    case Kind::HighEnd: return number<Operand>(minus, 183 + step, low);
    default: return number<Operand>(minus, (bits >> 24 & 1) != 0 ? 0 : 239 + step, low);
  }
}

// A pair whose product nearly cancels the accumulator, or lies at half its lowest bit, or just
// below its reach: where rounding and normalisation are decided.
template <class Operand>
struct Pair {
  Operand a;
  Operand b;
};

// b such that a * b is minus the value but for its rounding, or but for one bit more: of the 48
// bits of a product any number cancels.
inline Pair<std::uint32_t> cancelling(std::mt19937_64& rng, std::uint32_t value) {
  const std::uint64_t bits = rng();
  const auto a = number<std::uint32_t>((bits & 1) != 0, 122 + static_cast<int>(bits >> 1 & 7),
                                       fraction<std::uint32_t>(rng, bits));
  std::uint32_t b = fp32::divide(value ^ 0x8000'0000u, a);
  if ((bits >> 4 & 1) != 0) b ^= 1u << (bits >> 5) % 23;
  return {a, b};
}

// Far above the value a product of 25 bits, a tie, or of 26: two factors of 13 bits, both odd.
inline Pair<std::uint32_t> tie_above(std::mt19937_64& rng, std::uint32_t value) {
  const std::uint64_t bits = rng();
  const int field = static_cast<int>(value >> 23 & 255) + 20 + static_cast<int>(bits & 63);
  const auto odd = [](std::uint64_t from) { return (static_cast<unsigned>(from) | 1) << 11; };
  return {number<std::uint32_t>((bits >> 6 & 1) != 0, std::min(field, 254), odd(bits >> 7)),
          number<std::uint32_t>(false, 127, odd(bits >> 24))};
}

// A product of few bits but for its last one of 48, added to a value somewhat larger: b is the
// inverse of a modulo 2^24, or minus it.
inline Pair<std::uint32_t> hair(std::mt19937_64& rng, std::uint32_t value) {
  const std::uint64_t bits = rng();
  const unsigned a = 0x80'0001u | (static_cast<unsigned>(bits) & 0x7F'FFFEu);
  unsigned inverse = a;  // modulo 2^3, and twice the bits each time
  for (int i = 0; i < 3; ++i) inverse *= 2 - a * inverse;
  inverse &= 0xFF'FFFFu;
  if (inverse < 0x80'0000u) inverse = 0x100'0000u - inverse;
  const int field = static_cast<int>(value >> 23 & 255) - static_cast<int>(bits >> 32 & 3);
  const bool minus = (value >> 31 != 0) != ((bits >> 34 & 3) == 0);
  return {number<std::uint32_t>(minus, std::max(field, 0), a),
          number<std::uint32_t>(false, 127 - static_cast<int>(bits >> 36 & 1), inverse)};
}

template <class Operand>
Pair<Operand> against(std::mt19937_64& rng, std::uint32_t value) {
  constexpr int kCut = 32 - kBits<Operand>;
  const std::uint64_t bits = rng();
  if constexpr (kCut == 0) {
    if ((bits >> 60) < 6) return cancelling(rng, value);
    if ((bits >> 60) < 8) return tie_above(rng, value);
    if ((bits >> 60) < 10) return hair(rng, value);
  }
  const bool minus = value >> 31 != 0;
  const int field = static_cast<int>(value >> 23 & 255);
  const auto one = number<Operand>(false, 127, 0);
  const auto near = static_cast<int>(bits >> 8 & 3) - 1;
  const bool sign = (bits >> 16 & 1) != 0;
  const bool plain = (bits >> 17 & 1) != 0;
  switch (bits & 3) {
    case 0: return {static_cast<Operand>((value ^ 0x8000'0000u) >> kCut), one};
    case 1: {  // its leading bits, one off
      const std::uint32_t other =
          (value ^ 0x8000'0000u) + (static_cast<std::uint32_t>(near) << kCut);
      return {static_cast<Operand>(other >> kCut), one};
    }
    case 2: {  // 2^-24 to 2^-26 of it, by a power of two or a little more
      int half = field - 24 + near;
      if (half < 0) half = 0;
      return {number<Operand>(sign ? minus : !minus, half,
                              plain ? 0 : static_cast<unsigned>(bits >> 20)),
              one};
    }
    default: {  // half of the smallest subnormal, and neighbours
      const int half = 127 - 75 + near;
      return {number<Operand>(sign, half, plain ? 1u << (kFraction<Operand> - 1) : 0),
              number<Operand>(false, 127 - 75, 0)};
    }
  }
}

}  // namespace rh::baseline_cases
