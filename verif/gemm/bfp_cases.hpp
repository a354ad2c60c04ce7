// Operands of block products for the laws of gemm: formats, lines, codes and exponents at random.
#pragma once
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "gemm/gemm_bfp.hpp"

namespace rh::bfp_cases {

inline Format format_of(int m, int exponent_bits) {
  Format f = bfp_format(m);
  f.exponent_bits = exponent_bits;
  return f;
}

struct Side {
  Format format;
  BfpLines lines;
  BfpOperand operand() const { return {format, lines}; }
  std::size_t group(std::int64_t line, std::int64_t k) const {
    return static_cast<std::size_t>(line * lines.groups_per_line() + k / lines.group_size);
  }
  std::size_t element(std::int64_t line, std::int64_t k) const {
    return static_cast<std::size_t>(line * lines.length + k);
  }
  bool nan(std::size_t group) const {
    return (lines.flags[group] & kNanGroup) != 0 ||
           (format.exponent_bits == 8 && lines.exponents[group] == 255);
  }
  int largest_exponent() const {
    return format.exponent_bits == 8 ? 254 : (1 << format.exponent_bits) - 1;
  }
};

inline Side side_of(const Format& format, std::int64_t lines, std::int64_t length, int group_size,
                    int base) {
  Side side{format, {lines, length, group_size, base, {}, {}, {}}};
  side.lines.codes.resize(static_cast<std::size_t>(lines * length));
  side.lines.exponents.resize(static_cast<std::size_t>(lines * side.lines.groups_per_line()));
  side.lines.flags.resize(side.lines.exponents.size());
  return side;
}
inline Side side_of(int m, int exponent_bits, std::int64_t lines, std::int64_t length,
                    int group_size, int base) {
  return side_of(format_of(m, exponent_bits), lines, length, group_size, base);
}

// Codes anywhere, sparse, extreme or in cancelling pairs; exponents anywhere, equal or at both
// ends.
inline void randomize(Side& side, std::mt19937_64& rng, bool nans) {
  const int largest = (1 << side.format.magnitude_bits) - 1;
  const int sign = side.format.is_minifloat() ? largest + 1 : 0;
  const int most = side.largest_exponent();
  const std::uint64_t kind = rng() % 4;
  const auto code_of = [&](int x) {
    return static_cast<std::int16_t>(sign != 0 && x < 0 ? sign - x : x);
  };
  int last = 0;
  for (std::int16_t& code : side.lines.codes) {
    const int any = static_cast<int>(rng() % static_cast<std::uint64_t>(2 * largest + 1)) - largest;
    if (kind == 0) last = any;
    if (kind == 1) last = rng() % 4 == 0 ? any : 0;
    if (kind == 2) last = rng() % 2 == 0 ? largest : -largest;
    if (kind == 3) last = rng() % 4 == 0 ? any : -last;
    code = code_of(last);
    if (last == 0 && rng() % 2 == 0) code = static_cast<std::int16_t>(sign);  // -0 of a minifloat
  }
  const std::uint64_t exponents = rng() % 3;
  const auto common = rng();
  for (std::uint8_t& e : side.lines.exponents) {
    const std::uint64_t r = exponents == 0 ? rng() : common;
    e = static_cast<std::uint8_t>(r % static_cast<std::uint64_t>(most + 1));
    if (exponents == 2) e = static_cast<std::uint8_t>(rng() % 2 == 0 ? 0 : most);
  }
  if (!nans) return;
  for (std::size_t i = 0; i < side.lines.flags.size(); ++i)
    if (rng() % 64 == 0) {
      side.lines.exponents[i] = static_cast<std::uint8_t>((1 << side.format.exponent_bits) - 1);
      if (side.format.exponent_bits < 8 || rng() % 2 == 0) side.lines.flags[i] = kNanGroup;
    } else {
      side.lines.flags[i] = static_cast<std::uint8_t>(rng() % 8 << 1);  // what is no NaN
    }
}

}  // namespace rh::bfp_cases
