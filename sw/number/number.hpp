// What a format is and what a rounding mode is: the mirror of rtl/number/rh_pkg.sv, as data.
//
// A format IS its descriptor. Adding a preset adds one row to kFormats here and one constant to the
// package there; everything else derives from the fields. Docs: docs/number.md.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace rh {

// How the bits below the cut decide. Formulas: docs/round.md (1) to (5).
enum class RoundMode : std::uint8_t {
  Truncate = 0,
  NearestEven = 1,
  NearestAway = 2,
  Stochastic = 3,
  StochasticUnbiased = 4,
};

enum class Encoding : std::uint8_t { TwosComplement = 0, SignMagnitude = 1 };
enum class Overflow : std::uint8_t { Saturate = 0, Bump = 1 };

// What leaves the requantizer. Formulas: docs/requantize.md (1) to (3).
enum class Output : std::uint8_t { Int32 = 0, Fp32 = 1, Int8 = 2 };

struct Format {
  std::string_view name;
  int magnitude_bits;  // m: codes lie within +-(2^m - 1)
  int exponent_bits;   // of the exponent a group shares; 0: an FP32 scale per line
  int group_size;      // values that share an exponent or scale; 0: the whole line
  Encoding encoding;
  RoundMode rounding;
  Overflow overflow;   // what a carry out of the top bit does
  bool most_negative;  // does conversion produce the code -2^m?

  constexpr int element_bits() const { return 1 + magnitude_bits; }
  constexpr int max_code() const { return (1 << magnitude_bits) - 1; }
  bool operator==(const Format&) const = default;
};

inline constexpr std::array kFormats = {
    Format{"int8", 7, 0, 0, Encoding::TwosComplement, RoundMode::NearestEven, Overflow::Saturate,
           false},
};

inline constexpr const Format& kInt8 = kFormats[0];

// The preset of that name, or null.
constexpr const Format* find_format(std::string_view name) {
  for (const Format& f : kFormats)
    if (f.name == name) return &f;
  return nullptr;
}

// Names as the command line spells them.
constexpr std::string_view name(RoundMode mode) {
  switch (mode) {
    case RoundMode::Truncate: return "truncate";
    case RoundMode::NearestEven: return "nearest-even";
    case RoundMode::NearestAway: return "nearest-away";
    case RoundMode::Stochastic: return "stochastic";
    case RoundMode::StochasticUnbiased: return "stochastic-unbiased";
  }
  return "?";
}
constexpr std::string_view name(Encoding encoding) {
  return encoding == Encoding::TwosComplement ? "two's complement" : "sign-magnitude";
}
constexpr std::string_view name(Overflow overflow) {
  return overflow == Overflow::Saturate ? "saturate" : "bump";
}

// Bits of the exact sum of `terms` products of two signed `width`-bit codes (-2^(width-1)
// included).
constexpr int dot_width(int width, int terms) {
  int log2 = 0;
  while ((1 << log2) < terms) ++log2;
  return 2 * width + log2;
}

// The longest contraction whose int32 sum is exact: codes within +-127, or -128 among them.
inline constexpr std::int64_t kInt8MaxTerms = 133'144;              // floor((2^31 - 1) / 127^2)
inline constexpr std::int64_t kInt8MaxTermsMostNegative = 131'071;  // floor((2^31 - 1) / 128^2)

inline constexpr std::uint32_t kFp32Nan = 0x7FC00000;  // the one NaN this kit writes
inline constexpr std::uint32_t kFp32Infinity = 0x7F800000;

}  // namespace rh
