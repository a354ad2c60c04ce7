// bf16 operands worth trying, some of them chosen against the accumulator they will meet.
#pragma once
#include <array>
#include <cstdint>
#include <random>
#include <vector>

namespace rh::baseline_cases {

// Both signs x exponent fields x fractions at the ends of every range.
inline std::vector<std::uint16_t> edges() {
  constexpr unsigned kFields[] = {0, 1, 2, 7, 63, 64, 119, 126, 127, 128, 134, 191, 253, 254, 255};
  constexpr unsigned kFractions[] = {0x00, 0x01, 0x3F, 0x40, 0x7F};
  std::vector<std::uint16_t> all;
  for (const unsigned sign : {0u, 0x8000u})
    for (const unsigned field : kFields)
      for (const unsigned fraction : kFractions)
        all.push_back(static_cast<std::uint16_t>(sign | field << 7 | fraction));
  return all;
}

inline std::uint16_t bf16(bool minus, int field, unsigned fraction) {
  return static_cast<std::uint16_t>((minus ? 0x8000u : 0u) | static_cast<unsigned>(field) << 7 |
                                    (fraction & 0x7F));
}

// How the operands of a run are spread.
enum class Kind { Uniform, NearOne, LowEnd, HighEnd, Subnormal };
inline constexpr std::array kKinds = {Kind::Uniform, Kind::NearOne, Kind::LowEnd, Kind::HighEnd,
                                      Kind::Subnormal};

// LowEnd and HighEnd: products around the smallest and the largest FP32 numbers. Subnormal: a
// tiny operand now and then meets a huge one.
inline std::uint16_t operand(std::mt19937_64& rng, Kind kind) {
  const std::uint64_t bits = rng();
  const bool minus = (bits & 1) != 0;
  const unsigned fraction = (bits >> 1 & 3) == 0 ? 0 : static_cast<unsigned>(bits >> 8);
  const int step = static_cast<int>(bits >> 16 & 15);
  switch (kind) {
    case Kind::Uniform: return static_cast<std::uint16_t>(bits >> 32);
    case Kind::NearOne: return bf16(minus, 120 + step, fraction);
    case Kind::LowEnd: return bf16(minus, 48 + step, fraction);
    case Kind::HighEnd: return bf16(minus, 183 + step, fraction);
    default: return bf16(minus, (bits >> 24 & 1) != 0 ? 0 : 239 + step, fraction);
  }
}

// A pair whose product nearly cancels the accumulator, or lies at half its lowest bit, or just
// below its reach: where rounding and normalisation are decided.
struct Pair {
  std::uint16_t a;
  std::uint16_t b;
};
inline Pair against(std::mt19937_64& rng, std::uint32_t value) {
  const std::uint64_t bits = rng();
  const bool minus = value >> 31 != 0;
  const int field = static_cast<int>(value >> 23 & 255);
  const std::uint16_t one = bf16(false, 127, 0);
  const auto near = static_cast<int>(bits >> 8 & 3) - 1;
  switch (bits & 3) {
    case 0: return {static_cast<std::uint16_t>((value >> 16 ^ 0x8000u)), one};
    case 1: {  // its leading eight bits, one off
      const std::uint32_t other = (value ^ 0x8000'0000u) + (static_cast<std::uint32_t>(near) << 16);
      return {static_cast<std::uint16_t>(other >> 16), one};
    }
    case 2: {  // 2^-24 to 2^-26 of it, by a power of two or a little more
      int half = field - 24 + near;
      if (half < 0) half = 0;
      const bool sign = (bits >> 16 & 1) != 0 ? minus : !minus;
      return {bf16(sign, half, (bits >> 17 & 1) != 0 ? 0 : static_cast<unsigned>(bits >> 20)), one};
    }
    default: {  // half of the smallest subnormal, and neighbours
      const int half = 127 - 75 + near;
      return {bf16((bits >> 16 & 1) != 0, half, (bits >> 17 & 1) != 0 ? 0x40 : 0),
              bf16(false, 127 - 75, 0)};
    }
  }
}

}  // namespace rh::baseline_cases
