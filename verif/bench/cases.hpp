// FP32 numbers worth trying: a table of edges to cross, and generators that find the rest.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace rh::bench {

// Bit patterns: both signs x exponent fields x fractions at the ends of every range: zeros,
// subnormals, the smallest and largest normals, halves, one, the int8 range, 2^24, the fields at
// which a product or quotient leaves the range, infinities and NaNs.
inline std::vector<std::uint32_t> fp32_edges() {
  constexpr std::uint32_t kFields[] = {0,   1,   2,   3,   22,  24,  25,  62,  63,  64,  102, 103,
                                       119, 120, 125, 126, 127, 128, 132, 133, 134, 135, 150, 151,
                                       158, 190, 191, 192, 230, 231, 232, 252, 253, 254, 255};
  constexpr std::uint32_t kFractions[] = {0,        1,        2,        0x2AAAAA, 0x3FFFFF,
                                          0x400000, 0x400001, 0x7E0000, 0x7FFFFE, 0x7FFFFF};
  std::vector<std::uint32_t> edges;
  for (const std::uint32_t sign : {0u, 0x8000'0000u})
    for (const std::uint32_t field : kFields)
      for (const std::uint32_t fraction : kFractions)
        edges.push_back(sign | field << 23 | fraction);
  return edges;
}

// Any bit pattern, with each kind of number often enough: a quarter uniform, a quarter near 1,
// a quarter near an end of the exponent range, a quarter with a sparse fraction.
inline std::uint32_t random_fp32(std::mt19937_64& rng) {
  const std::uint32_t bits = static_cast<std::uint32_t>(rng());
  const auto with_field = [&](std::uint64_t field) {
    return (bits & 0x807F'FFFF) | static_cast<std::uint32_t>(field) << 23;
  };
  switch (rng() % 4) {
    case 0: return bits;
    case 1: return with_field(117 + rng() % 20);
    case 2: return with_field(rng() % 2 == 0 ? rng() % 28 : 255 - rng() % 28);
    default: return with_field(rng() % 256) & ~((1u << rng() % 24) - 1);
  }
}

inline std::uint32_t random_finite_fp32(std::mt19937_64& rng) {
  while (true) {
    const std::uint32_t bits = random_fp32(rng);
    if ((bits & 0x7F80'0000) != 0x7F80'0000) return bits;
  }
}

// The FP32 number that 16 bits of BF16 or FP16 are, exactly.
inline std::uint32_t fp32_from_bf16(std::uint32_t bits) {
  return bits << 16;
}
inline std::uint32_t fp32_from_fp16(std::uint32_t bits) {
  const std::uint32_t sign = (bits & 0x8000) << 16, field = bits >> 10 & 31;
  const std::uint32_t fraction = bits & 0x3FF;
  if (field == 31) return sign | 0x7F80'0000 | fraction << 13;
  if (field != 0) return sign | (field + 112) << 23 | fraction << 13;
  return sign | std::bit_cast<std::uint32_t>(std::ldexp(static_cast<float>(fraction), -24));
}

// As a tensor's values are: a normal distribution of the given deviation, no NaN, no infinity.
inline float random_value(std::mt19937_64& rng, float deviation = 1.0f) {
  return std::normal_distribution<float>(0.0f, deviation)(rng);
}

// The n-th number after x in the order of magnitudes (before it, for n < 0), same sign.
inline float neighbour(float x, int n) {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) + static_cast<std::uint32_t>(n));
}

}  // namespace rh::bench
