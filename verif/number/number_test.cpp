// TEST RATIONALE. The package and its C++ mirror are two texts that must say the same: every field
// of every preset, the code of every enum value, the constants, the packing of a configuration, and
// dot_width over all widths and terms in use. Small enough to compare completely. Laws: preset
// names are unique and found, and the bounds on the length of an int8 contraction are the largest
// that int32 holds.
#include "number/number.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <set>
#include <span>
#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/port.hpp"
#include "number/format_text.hpp"
#include "number_probe/number_probe.h"

namespace rh {
namespace {

class Probe {
 public:
  Probe() { rtl_.eval(); }
  number_probe* operator->() { return &rtl_; }

 private:
  VerilatedContext context_;
  number_probe rtl_{&context_};
};

template <class Enum>
std::uint32_t code(Enum value) {
  return static_cast<std::uint32_t>(value);
}

// The bits of a flat port from `from` on, at most 64 of them.
template <class Port>
std::uint64_t bits_of(const Port& port, int from, int width) {
  std::array<std::uint32_t, sizeof(Port) / 4> words;
  bench::get(port, std::span<std::uint32_t>(words));
  std::uint64_t bits = 0;
  for (int i = width; i-- > 0;)
    bits = bits << 1 | (words[static_cast<std::size_t>((from + i) / 32)] >> (from + i) % 32 & 1u);
  return bits;
}

// Takes fields off a packed struct, the last one first.
class Fields {
 public:
  explicit Fields(std::uint64_t bits) : bits_(bits) {}
  int take(int width) {
    const auto field = static_cast<int>(bits_ & ((1u << width) - 1));
    bits_ >>= width;
    return field;
  }

 private:
  std::uint64_t bits_;
};

TEST_CASE("number: the package's presets are the descriptors", "[number][exhaustive]") {
  constexpr int kPresetBits = 41;
  Probe probe;
  STATIC_REQUIRE(kPresets.size() == 16);  // the probe has that many
  for (std::size_t i = 0; i < kPresets.size(); ++i) {
    const Format& f = kPresets[i].format;
    INFO(kPresets[i].name);
    Fields fields(bits_of(probe->presets_o, static_cast<int>(i) * kPresetBits, kPresetBits));
    CHECK(fields.take(1) == (f.most_negative ? 1 : 0));
    CHECK(fields.take(1) == static_cast<int>(f.overflow));
    CHECK(fields.take(2) == static_cast<int>(f.rule));
    CHECK(fields.take(4) == f.noise_bits);
    CHECK(fields.take(3) == static_cast<int>(f.rounding));
    CHECK(fields.take(1) == static_cast<int>(f.encoding));
    CHECK(fields.take(16) == f.group_size);
    CHECK(fields.take(4) == f.exponent_bits);
    CHECK(fields.take(2) == static_cast<int>(f.specials));
    CHECK(fields.take(3) == f.element_exponent_bits);
    CHECK(fields.take(4) == f.magnitude_bits);
  }
}

TEST_CASE("number: a converter's configuration is packed as the struct is",
          "[number][exhaustive]") {
  Probe probe;
  BlockConfig config(kInt8, -11);
  config.rounding = RoundMode::NearestEven;
  config.rule = ExponentRule::Even;
  config.overflow = Overflow::Bump;
  config.most_negative = false;
  config.signed_zero = true;
  config.significand_bits = 6;
  config.binades = 7;
  config.max_code = 8;
  config.element_exponent = 9;
  config.max_exponent = 10;
  CHECK(bits_of(probe->config_o, 0, kBlockConfigBits) == config.bits());
  CHECK(probe->config_bits_o == kBlockConfigBits);
  config.most_negative = true;
  CHECK(bits_of(probe->config_o, 0, kBlockConfigBits) != config.bits());
}

// The configurations that the proofs, the planted faults and scripts/synth.py have as numbers.
TEST_CASE("number: configurations as numbers", "[number][edge]") {
  const auto bits = [](const char* text, int base) {
    return BlockConfig(parse_format(text), base).bits();
  };
  CHECK(bits("bfp(m=2,round=truncate)", -127) == 17'183'080'065);
  CHECK(bits("bfp(m=2,e=4)", -10) == 4'415'229'530'102);
  CHECK(bits("bfp(m=2,e=4,overflow=bump)", -10) == 4'964'985'343'990);
  CHECK(bits("bfp(m=4,round=stochastic)", -127) == 0xC0800F0FE81);
  CHECK(bits("bfp4", -127) == 0x40800F0FE81);
  CHECK(bits("bfp(m=8,round=stochastic)", -127) == 0xC100FF0FE81);
  CHECK(bits("fast2-sr", -13) == 0xC0400300FF3);
  CHECK(bits("fast4-sr", -13) == 0xC0800F00FF3);
  CHECK(bits("msfp12", -127) == 0x4060070FE81);
  CHECK(bits("msfp16", -127) == 0x40E07F0FE81);
  CHECK(bits("mxint8", -127) == 0x40E07F0FE81);
  CHECK(bits("mxfp4", -127) == 0x4242072FE81);
}

TEST_CASE("number: enums have the same codes on both sides", "[number][exhaustive]") {
  Probe probe;
  constexpr RoundMode kModes[] = {RoundMode::Truncate, RoundMode::NearestEven,
                                  RoundMode::NearestAway, RoundMode::Stochastic,
                                  RoundMode::StochasticUnbiased};
  for (std::uint32_t i = 0; i < std::size(kModes); ++i)
    CHECK((probe->round_modes_o >> 3 * i & 7u) == code(kModes[i]));
  CHECK((probe->encodings_o & 1u) == code(Encoding::TwosComplement));
  CHECK((probe->encodings_o >> 1 & 1u) == code(Encoding::SignMagnitude));
  CHECK((probe->overflows_o & 1u) == code(Overflow::Saturate));
  CHECK((probe->overflows_o >> 1 & 1u) == code(Overflow::Bump));
  CHECK((probe->outputs_o & 3u) == code(Output::Int32));
  CHECK((probe->outputs_o >> 2 & 3u) == code(Output::Fp32));
  CHECK((probe->outputs_o >> 4 & 3u) == code(Output::Int8));
  for (std::uint32_t i = 0; i < 4; ++i)
    CHECK((probe->rules_o >> 2 * i & 3u) == i);  // Floor, Ceil, Even, Rceil
  CHECK(code(ExponentRule::Floor) == 0);
  CHECK(code(ExponentRule::Ceil) == 1);
  CHECK(code(ExponentRule::Even) == 2);
  CHECK(code(ExponentRule::Rceil) == 3);
  for (std::uint32_t i = 0; i < 3; ++i) {
    CHECK((probe->specials_o >> 2 * i & 3u) == i);  // None, Nan, InfinityNan
    CHECK((probe->sources_o >> 2 * i & 3u) == i);   // fp32, bf16, fp16
  }
  CHECK(code(Specials::None) == 0);
  CHECK(code(Specials::Nan) == 1);
  CHECK(code(Specials::InfinityNan) == 2);
}

TEST_CASE("number: constants are the same on both sides", "[number][exhaustive]") {
  Probe probe;
  CHECK(probe->nan_o == kFp32Nan);
  CHECK(probe->infinity_o == kFp32Infinity);
}

TEST_CASE("number: dot_width is the same on both sides and just wide enough",
          "[number][exhaustive]") {
  Probe probe;
  bench::Checker checker;
  for (int width = 2; width <= 16; ++width)
    for (int terms = 1; terms <= 1'024; ++terms) {
      probe->width_i = static_cast<std::uint8_t>(width);
      probe->terms_i = static_cast<std::uint16_t>(terms);
      probe->eval();
      const int bits = dot_width(width, terms);
      const auto describe = [&](std::ostream& os) {
        os << width << " bits, " << terms << " terms";
      };
      checker.equal(bits, static_cast<int>(probe->dot_width_o), describe);
      // The largest sum is terms * (-2^(width-1))^2, a positive number of `bits` signed bits ...
      const std::int64_t largest = std::int64_t{terms} << (2 * width - 2);
      checker.equal(true, largest < std::int64_t{1} << (bits - 1), describe);
      // ... and one bit less would not hold it when the terms are a power of two.
      if ((terms & (terms - 1)) == 0)
        checker.equal(true, largest >= std::int64_t{1} << (bits - 2), describe);
    }
  checker.finish(2 * 15 * 1'024);
}

TEST_CASE("number: dot_width_magnitude is the same on both sides and as narrow as can be",
          "[number][exhaustive]") {
  Probe probe;
  bench::Checker checker;
  for (int a = 1; a <= 8; ++a)
    for (int b = 1; b <= 8; ++b)
      for (int terms = 1; terms <= 1'024; ++terms) {
        probe->bits_a_i = static_cast<std::uint8_t>(a);
        probe->bits_b_i = static_cast<std::uint8_t>(b);
        probe->terms_i = static_cast<std::uint16_t>(terms);
        probe->eval();
        const int bits = dot_width_magnitude(a, b, terms);
        const auto describe = [&](std::ostream& os) {
          os << a << " x " << b << " bits, " << terms << " terms";
        };
        checker.equal(bits, static_cast<int>(probe->dot_width_magnitude_o), describe);
        const std::int64_t largest = std::int64_t{terms} * ((1 << a) - 1) * ((1 << b) - 1);
        checker.equal(true, largest < std::int64_t{1} << (bits - 1), describe);
        checker.equal(true, largest >= std::int64_t{1} << (bits - 2), describe);
      }
  checker.finish(3 * 64 * 1'024);
}

TEST_CASE("number: presets are found by their name, and by no other", "[number][edge]") {
  for (const Preset& preset : kPresets) CHECK(find_preset(preset.name) == &preset.format);
  CHECK(find_preset("int9") == nullptr);
  CHECK(find_preset("") == nullptr);
  CHECK(find_preset("int8") == &kInt8);
  CHECK(kInt8.max_code() == 127);
  CHECK(kInt8.element_bits() == 8);
}

TEST_CASE("number: names are those of the command line", "[number][edge]") {
  CHECK(name(RoundMode::Truncate) == "truncate");
  CHECK(name(RoundMode::NearestEven) == "nearest-even");
  CHECK(name(RoundMode::NearestAway) == "nearest-away");
  CHECK(name(RoundMode::Stochastic) == "stochastic");
  CHECK(name(RoundMode::StochasticUnbiased) == "stochastic-unbiased");
  CHECK(name(Encoding::TwosComplement) == "two's complement");
  CHECK(name(Overflow::Saturate) == "saturate");
  CHECK(name(Overflow::Bump) == "bump");
  CHECK(name(ExponentRule::Floor) == "floor");
  CHECK(name(ExponentRule::Ceil) == "ceil");
  CHECK(name(ExponentRule::Even) == "even");
  CHECK(name(ExponentRule::Rceil) == "rceil");
}

// The formats as OCP MX 1.0 states them: largest number, exponent of its binade, mantissa bits.
TEST_CASE("number: what derives from a minifloat's fields is what OCP MX states",
          "[number][edge]") {
  struct Case {
    std::string_view name;
    int mantissa_bits, binades, max_code, element_exponent;
  };
  constexpr Case kCases[] = {{"mxfp4", 1, 2, 0x7, 2},
                             {"mxfp6-e2m3", 3, 2, 0x1F, 2},
                             {"mxfp6-e3m2", 2, 6, 0x1F, 4},
                             {"mxfp8-e4m3", 3, 14, 0x7E, 8},
                             {"mxfp8-e5m2", 2, 29, 0x7B, 15}};
  for (const Case& c : kCases) {
    INFO(c.name);
    const Format& f = *find_preset(c.name);
    CHECK(f.is_minifloat());
    CHECK(f.significand_bits() == c.mantissa_bits + 1);
    CHECK(f.binades() == c.binades);
    CHECK(f.max_code() == c.max_code);
    CHECK(f.element_exponent() == c.element_exponent);
    CHECK(f.logical_bits() == f.element_bits() + 0.25);
    CHECK(f.stored_bits() == f.logical_bits());
  }
}

// FAST: 48 bits and the exponent for 16 values of 2 bits, 96 for 4 bits (arXiv 2110.15456).
TEST_CASE("number: bits per value, logical and in chunks that carry the sign", "[number][edge]") {
  CHECK(find_preset("fast2")->logical_bits() == 3.25);
  CHECK(find_preset("fast2")->stored_bits() == (48 + 4) / 16.0);
  CHECK(find_preset("fast4")->logical_bits() == 5.25);
  CHECK(find_preset("fast4")->stored_bits() == (96 + 4) / 16.0);
  CHECK(find_preset("msfp12")->logical_bits() == 4.5);
  CHECK(find_preset("msfp12")->stored_bits() == (96 + 8) / 16.0);  // 3 bits take two chunks
  CHECK(kInt8.logical_bits() == 8);
  CHECK(kInt8.stored_bits() == 8);
  CHECK(find_preset("mxint8")->max_exponent() == 254);
  CHECK(find_preset("fast4")->max_exponent() == 15);
}

TEST_CASE("number: the longest int8 contraction is the longest that int32 holds", "[number][law]") {
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
  STATIC_REQUIRE(kInt8MaxTerms * 127 * 127 <= kMax);
  STATIC_REQUIRE((kInt8MaxTerms + 1) * 127 * 127 > kMax);
  STATIC_REQUIRE(kInt8MaxTermsMostNegative * 128 * 128 <= kMax);
  STATIC_REQUIRE((kInt8MaxTermsMostNegative + 1) * 128 * 128 > kMax);
}

// What a format can say to a converter of so many bits, without its base.
std::set<std::uint64_t> legal_configs(int magnitude_bits, bool minifloat, bool bump, bool negative) {
  std::vector<Format> elements;
  for (int m = 1; m <= magnitude_bits; ++m) elements.push_back(bfp_format(m));
  for (const Preset& preset : kPresets)
    if (minifloat && preset.format.is_minifloat() &&
        preset.format.magnitude_bits <= magnitude_bits)
      elements.push_back(preset.format);
  std::set<std::uint64_t> configs;
  for (Format f : elements)
    for (unsigned choice = 0; choice < 5 * 4 * 2 * 2 * 8; ++choice) {
      f.rounding = static_cast<RoundMode>(choice % 5);
      f.rule = static_cast<ExponentRule>(choice / 5 % 4);
      f.overflow = static_cast<Overflow>(choice / 20 % 2);
      f.most_negative = choice / 40 % 2 != 0;
      f.exponent_bits = 1 + static_cast<int>(choice / 80);
      if ((f.overflow == Overflow::Bump && !bump) ||
          (f.most_negative && (!negative || f.is_minifloat())))
        continue;
      configs.insert(BlockConfig(f, 0).bits() >> 8);
    }
  return configs;
}

// The proofs of mutants and of coverage hold for what contracts.v makes: a configuration too few
// would prove what is not so.
TEST_CASE("number: proofs know every configuration that a format can have, and no other",
          "[number][exhaustive]") {
  Probe probe;
  bench::Checker checker;
  std::set<std::uint64_t> legal, narrow, integer;
  const int fields[][2] = {{40, 5}, {37, 3}, {33, 3}, {16, 3}, {8, 3}};  // what is read: from, width
  std::uint64_t other = 1;
  for (std::uint64_t n = 0; n < 1u << 17; ++n) {
    other = other * 6'364'136'223'846'793'005 + 1;
    std::uint64_t any = other >> 19, rest = n;
    for (const auto& [from, width] : fields) {
      const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
      any = (any & ~(mask << from)) | (rest & mask) << from;
      rest >>= width;
    }
    probe->any_i = any;
    probe->eval();
    legal.insert(probe->legal_o >> 8);
    narrow.insert(probe->narrow_o >> 8);
    integer.insert(probe->integer_o >> 8);
    checker.equal(any & 0xFF, probe->legal_o & 0xFF, [&](std::ostream& os) { os << any; });
  }
  CHECK(legal == legal_configs(8, true, true, true));
  CHECK(narrow == legal_configs(4, true, false, false));
  CHECK(integer == legal_configs(3, false, true, true));
  checker.finish(1u << 17);
}

}  // namespace
}  // namespace rh
