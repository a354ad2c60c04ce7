// What a format is and what a rounding mode is: the mirror of rtl/number/rh_pkg.sv, as data.
//
// A format IS its descriptor. Adding a preset adds one row to kPresets here and one constant to the
// package there; everything else derives from the fields. Docs: docs/number.md.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
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

constexpr bool is_stochastic(RoundMode mode) {
  return mode == RoundMode::Stochastic || mode == RoundMode::StochasticUnbiased;
}

enum class Encoding : std::uint8_t { TwosComplement = 0, SignMagnitude = 1 };
enum class Overflow : std::uint8_t { Saturate = 0, Bump = 1 };

// What leaves the requantizer. Formulas: docs/requantize.md (1) to (3).
enum class Output : std::uint8_t { Int32 = 0, Fp32 = 1, Int8 = 2 };

// The exponent of a group from its largest magnitude. Formulas: docs/contract.md (17) to (20).
enum class ExponentRule : std::uint8_t { Floor = 0, Ceil = 1, Even = 2, Rceil = 3 };

// Codes that a minifloat element keeps for what is not a number.
enum class Specials : std::uint8_t { None = 0, Nan = 1, InfinityNan = 2 };

// A number is sign, code and a scale: a group's exponent, or an FP32 number per line (int8). A code
// is an integer, or a minifloat: exponent field and mantissa. Subnormal input is exact; a NaN or an
// infinity makes its whole group NaN.                                 docs/number.md (4) to (9)
struct Format {
  int magnitude_bits;             // m: of a code, its sign not counted
  int element_exponent_bits = 0;  // 0: an integer; else a minifloat's exponent field
  Specials specials = Specials::None;
  int exponent_bits;             // that a group shares; 0: an FP32 scale per line
  std::optional<int> base = {};  // of the group exponents; empty: default_base()
  int group_size;                // values that share it; 0: the whole line
  Encoding encoding = Encoding::SignMagnitude;
  RoundMode rounding = RoundMode::NearestEven;
  int noise_bits = 8;  // R, of the two stochastic modes
  ExponentRule rule = ExponentRule::Floor;
  Overflow overflow = Overflow::Saturate;  // what a carry out of the top bit does
  bool most_negative = false;              // does conversion produce the code -2^m?

  constexpr bool is_block() const { return exponent_bits > 0; }
  constexpr bool is_minifloat() const { return element_exponent_bits > 0; }
  // -0 becomes +0 in integer codes; minifloats keep it.
  constexpr bool signed_zero() const { return is_minifloat(); }
  constexpr int element_bits() const { return 1 + magnitude_bits; }

  // p: significand bits of an element, the leading one included.                 docs/number.md (4)
  constexpr int significand_bits() const {
    return is_minifloat() ? magnitude_bits - element_exponent_bits + 1 : magnitude_bits;
  }
  // L: binades above the one that subnormal elements share; 0 for integers.      docs/number.md (5)
  constexpr int binades() const {
    return is_minifloat() ? (1 << element_exponent_bits) - 2 - reserved_exponents() : 0;
  }
  // The largest code of a number, without its sign.                              docs/number.md (6)
  constexpr int max_code() const {
    const int all = (1 << magnitude_bits) - 1;
    switch (specials) {
      case Specials::None: return all;
      case Specials::Nan: return all - 1;
      case Specials::InfinityNan: return all - (1 << (significand_bits() - 1));
    }
    return all;
  }
  // Exponent of the largest binade of an element; 0 for integers.                docs/number.md (7)
  constexpr int element_exponent() const {
    if (!is_minifloat()) return 0;
    const int bias = (1 << (element_exponent_bits - 1)) - 1;
    return (1 << element_exponent_bits) - 1 - reserved_exponents() - bias;
  }
  // The largest exponent of a group; 8 bits keep 255 for NaN, as E8M0 does.
  constexpr int max_exponent() const { return exponent_bits == 8 ? 254 : (1 << exponent_bits) - 1; }

  // Bits a value takes: code and its share of the exponent.                      docs/number.md (8)
  constexpr double logical_bits() const { return element_bits() + exponent_share(); }
  // The same in chunks of 2 bits that each carry the sign, for sign-magnitude integers.
  constexpr double stored_bits() const {  //                                      docs/number.md (9)
    const bool chunks = is_block() && !is_minifloat() && encoding == Encoding::SignMagnitude;
    return (chunks ? 3 * ((magnitude_bits + 1) / 2) : element_bits()) + exponent_share();
  }
  bool operator==(const Format&) const = default;

 private:
  constexpr int reserved_exponents() const { return specials == Specials::InfinityNan ? 1 : 0; }
  constexpr double exponent_share() const {
    return is_block() ? static_cast<double>(exponent_bits) / group_size : 0;
  }
};

struct Preset {
  std::string_view name;
  Format format;
};

inline constexpr std::array kPresets = {
    Preset{"int8",
           {.magnitude_bits = 7,
            .exponent_bits = 0,
            .group_size = 0,
            .encoding = Encoding::TwosComplement}},
    // FAST, arXiv 2110.15456.
    Preset{"fast2", {.magnitude_bits = 2, .exponent_bits = 4, .group_size = 16}},
    Preset{"fast4", {.magnitude_bits = 4, .exponent_bits = 4, .group_size = 16}},
    Preset{"fast2-sr",
           {.magnitude_bits = 2,
            .exponent_bits = 4,
            .group_size = 16,
            .rounding = RoundMode::Stochastic}},
    Preset{"fast4-sr",
           {.magnitude_bits = 4,
            .exponent_bits = 4,
            .group_size = 16,
            .rounding = RoundMode::Stochastic}},
    // Microsoft floating point, NeurIPS 2020.
    Preset{"msfp12", {.magnitude_bits = 3, .exponent_bits = 8, .group_size = 16}},
    Preset{"msfp16", {.magnitude_bits = 7, .exponent_bits = 8, .group_size = 16}},
    // OCP Microscaling formats, version 1.0.
    Preset{"mxint8", {.magnitude_bits = 7, .exponent_bits = 8, .group_size = 32}},
    Preset{"mxint4", {.magnitude_bits = 3, .exponent_bits = 8, .group_size = 32}},
    Preset{"mxint8-away",
           {.magnitude_bits = 7,
            .exponent_bits = 8,
            .group_size = 32,
            .rounding = RoundMode::NearestAway}},
    Preset{"mxint4-away",
           {.magnitude_bits = 3,
            .exponent_bits = 8,
            .group_size = 32,
            .rounding = RoundMode::NearestAway}},
    Preset{"mxfp4",
           {.magnitude_bits = 3, .element_exponent_bits = 2, .exponent_bits = 8, .group_size = 32}},
    Preset{"mxfp6-e2m3",
           {.magnitude_bits = 5, .element_exponent_bits = 2, .exponent_bits = 8, .group_size = 32}},
    Preset{"mxfp6-e3m2",
           {.magnitude_bits = 5, .element_exponent_bits = 3, .exponent_bits = 8, .group_size = 32}},
    Preset{"mxfp8-e4m3",
           {.magnitude_bits = 7,
            .element_exponent_bits = 4,
            .specials = Specials::Nan,
            .exponent_bits = 8,
            .group_size = 32}},
    Preset{"mxfp8-e5m2",
           {.magnitude_bits = 7,
            .element_exponent_bits = 5,
            .specials = Specials::InfinityNan,
            .exponent_bits = 8,
            .group_size = 32}},
};

inline constexpr const Format& kInt8 = kPresets[0].format;

// The preset of that name, or null. The families bfp<m> and hbfp<m> are read by parse_format().
constexpr const Format* find_preset(std::string_view name) {
  for (const Preset& preset : kPresets)
    if (preset.name == name) return &preset.format;
  return nullptr;
}

// Block floating point as FAST and MSFP have it: sign and m bits, one 8-bit exponent per 16 values.
constexpr Format bfp_format(int m) {
  return {.magnitude_bits = m, .exponent_bits = 8, .group_size = 16};
}
// HBFP, arXiv 1804.01526: the same with the exponent of the smallest power of two >= amax.
constexpr Format hbfp_format(int m) {
  return {.magnitude_bits = m, .exponent_bits = 8, .group_size = 16, .rule = ExponentRule::Ceil};
}

// What a block converter in RTL is told of a format and a tensor's base: the mirror of
// rh_pkg::block_config_t, derived from the descriptor and the base.  docs/contract.md (15), (16)
struct BlockConfig {
  RoundMode rounding;
  ExponentRule rule;
  Overflow overflow;
  bool most_negative;
  bool signed_zero;
  int significand_bits;
  int binades;
  int max_code;
  int element_exponent;
  int max_exponent;
  int base;

  constexpr BlockConfig(const Format& f, int tensor_base)
      : rounding(f.rounding),
        rule(f.rule),
        overflow(f.overflow),
        most_negative(f.most_negative),
        signed_zero(f.signed_zero()),
        significand_bits(f.significand_bits()),
        binades(f.binades()),
        max_code(f.max_code()),
        element_exponent(f.element_exponent()),
        max_exponent(f.max_exponent()),
        base(tensor_base) {}

  // As the packed struct has them, the first field highest.
  constexpr std::uint64_t bits() const {
    std::uint64_t packed = 0;
    const auto field = [&](int width, auto value) {
      packed = packed << width | (static_cast<std::uint64_t>(value) & ((1u << width) - 1));
    };
    field(3, rounding);
    field(2, rule);
    field(1, overflow);
    field(1, most_negative);
    field(1, signed_zero);
    field(4, significand_bits);
    field(5, binades);
    field(8, max_code);
    field(4, element_exponent);
    field(8, max_exponent);
    field(8, base);
    return packed;
  }
};
inline constexpr int kBlockConfigBits = 45;

// Limits of a descriptor, for parse_format() and for checks.
inline constexpr int kMaxMagnitudeBits = 15;    // of the golden conversion
inline constexpr int kMaxRtlMagnitudeBits = 8;  // of rh_convert_bfp
inline constexpr int kMaxNoiseBits = 14;        // of a noise word
inline constexpr int kMaxGroupSize = 65'535;
inline constexpr int kMinBase = -128, kMaxBase = 127;

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

constexpr std::string_view name(ExponentRule rule) {
  switch (rule) {
    case ExponentRule::Floor: return "floor";
    case ExponentRule::Ceil: return "ceil";
    case ExponentRule::Even: return "even";
    case ExponentRule::Rceil: return "rceil";
  }
  return "?";
}

// Bits of the exact sum of `terms` products of two signed `width`-bit codes, -2^(width-1) among
// them.
constexpr int dot_width(int width, int terms) {
  int log2 = 0;
  while ((1 << log2) < terms) ++log2;
  return 2 * width + log2;
}

// Bits of the exact signed sum of `terms` products of sign-magnitude codes with bits_a and bits_b
// magnitude bits.
constexpr int dot_width_magnitude(int bits_a, int bits_b, int terms) {
  const std::int64_t largest =
      terms * ((std::int64_t{1} << bits_a) - 1) * ((std::int64_t{1} << bits_b) - 1);
  int bits = 0;
  while (std::int64_t{1} << bits <= largest) ++bits;
  return bits + 1;
}

// The longest contraction whose int32 sum is exact: codes within +-127, or -128 among them.
inline constexpr std::int64_t kInt8MaxTerms = 133'144;              // floor((2^31 - 1) / 127^2)
inline constexpr std::int64_t kInt8MaxTermsMostNegative = 131'071;  // floor((2^31 - 1) / 128^2)

inline constexpr std::uint32_t kFp32Nan = 0x7FC00000;  // the one NaN this kit writes
inline constexpr std::uint32_t kFp32Infinity = 0x7F800000;

}  // namespace rh
