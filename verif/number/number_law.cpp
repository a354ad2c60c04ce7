// TEST RATIONALE. What derives from the fields of a format, against counting: every code of every
// element is decoded bit by bit into its value, and the largest number, the binades and the widths
// are read off the list. State space: 1 to 15 magnitude bits x 0 to 8 exponent bits of an element x
// what is kept for special values; 1 to 8 shared bits, groups of 1 to 64. All of it.
// Mutants this kills: one reserved code or binade more or less, a bias of 2^(E-1), the sign left
// out of a width, 255 as an exponent of 8 bits, a width that is one too small or too large.
#include "number/number.hpp"

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"

namespace rh {
namespace {

constexpr RoundMode kModes[] = {RoundMode::Truncate, RoundMode::NearestEven, RoundMode::NearestAway,
                                RoundMode::Stochastic, RoundMode::StochasticUnbiased};

Format element(int m, int exponent_bits, Specials specials) {
  Format format = bfp_format(m);
  format.element_exponent_bits = exponent_bits;
  format.specials = specials;
  return format;
}

// The value of a code without its sign, as OCP MX 1.0 has it; empty for what is no number.
std::optional<double> value(const Format& f, int code) {
  const int mantissa_bits = f.magnitude_bits - f.element_exponent_bits;
  const int field = code >> mantissa_bits;
  const int fraction = code - (field << mantissa_bits);
  const int top = (1 << f.element_exponent_bits) - 1;
  if (f.specials == Specials::InfinityNan && field == top) return {};
  if (f.specials == Specials::Nan && code == (1 << f.magnitude_bits) - 1) return {};
  const int bias = (1 << (f.element_exponent_bits - 1)) - 1;
  const double unit = std::ldexp(1.0, (field == 0 ? 1 : field) - bias - mantissa_bits);
  return ((field == 0 ? 0 : 1 << mantissa_bits) + fraction) * unit;
}

TEST_CASE("number: what derives from the fields of a minifloat is read off its values",
          "[number][law][exhaustive]") {
  bench::Checker checker;
  for (int m = 3; m <= 15; ++m)
    for (int e = 1; e <= 8 && e < m; ++e)
      for (const Specials specials : {Specials::None, Specials::Nan, Specials::InfinityNan}) {
        if (e == 1 && specials != Specials::None) continue;  // no normal number would be left
        const Format f = element(m, e, specials);
        double largest = 0, smallest = 0;
        int code_of_largest = 0;
        for (int code = (1 << m) - 1; code >= 0; --code)
          if (const auto v = value(f, code)) {
            if (*v > largest) largest = *v, code_of_largest = code;
            if (*v > 0) smallest = *v;
          }
        const auto describe = [&](std::ostream& os) {
          os << "m " << m << " e " << e << " specials " << static_cast<int>(specials);
        };
        checker.equal(code_of_largest, f.max_code(), describe);
        checker.equal(std::ilogb(largest), f.element_exponent(), describe);
        checker.equal(m - e + 1, f.significand_bits(), describe);
        // The smallest number is the lowest bit of the lowest binade.
        const int lowest_binade = std::ilogb(smallest) + f.significand_bits() - 1;
        checker.equal(std::ilogb(largest) - lowest_binade, f.binades(), describe);
        checker.equal(true, f.is_minifloat(), describe);
        checker.equal(true, f.signed_zero(), describe);
        checker.equal(1 + m, f.element_bits(), describe);
      }
  checker.finish(7 * 3 * 50);
}

TEST_CASE("number: what derives from the fields of an integer", "[number][law][exhaustive]") {
  bench::Checker checker;
  for (int m = 1; m <= 15; ++m) {
    const Format f = bfp_format(m);
    const auto describe = [&](std::ostream& os) { os << "m " << m; };
    int largest = 0;
    for (int i = 0; i < m; ++i) largest = 2 * largest + 1;
    checker.equal(largest, f.max_code(), describe);
    checker.equal(0, f.element_exponent(), describe);
    checker.equal(m, f.significand_bits(), describe);
    checker.equal(0, f.binades(), describe);
    checker.equal(false, f.is_minifloat(), describe);
    checker.equal(false, f.signed_zero(), describe);
    checker.equal(1 + m, f.element_bits(), describe);
  }
  checker.finish(7 * 15);
}

// A group is written down bit by bit: signs, magnitudes, one exponent; in chunks of 2 bits a sign
// with each of them.
TEST_CASE("number: bits of a value are those of a group, shared", "[number][law][exhaustive]") {
  bench::Checker checker;
  for (int m = 1; m <= 15; ++m)
    for (int exponent_bits = 0; exponent_bits <= 8; ++exponent_bits)
      for (const int g : {1, 2, 16, 32, 64}) {
        Format f = bfp_format(m);
        f.exponent_bits = exponent_bits;
        f.group_size = g;
        const auto describe = [&](std::ostream& os) {
          os << "m " << m << " E " << exponent_bits << " g " << g;
        };
        checker.equal(exponent_bits != 0, f.is_block(), describe);
        int bits = exponent_bits, chunk_bits = exponent_bits;
        for (int i = 0; i < g; ++i) {
          bits += 1 + m;
          for (int left = m; left > 0; left -= 2) chunk_bits += 3;
        }
        checker.equal(static_cast<double>(bits) / g, f.logical_bits(), describe);
        checker.equal(static_cast<double>(exponent_bits == 0 ? bits : chunk_bits) / g,
                      f.stored_bits(), describe);
        f.encoding = Encoding::TwosComplement;
        checker.equal(f.logical_bits(), f.stored_bits(), describe);
        f.encoding = Encoding::SignMagnitude;
        if (m > 2) {
          f.element_exponent_bits = 2;
          checker.equal(f.logical_bits(), f.stored_bits(), describe);
        }
        int most = 0;
        for (int i = 0; i < exponent_bits; ++i) most = 2 * most + 1;
        if (exponent_bits > 0) checker.equal(most == 255 ? 254 : most, f.max_exponent(), describe);
      }
  checker.equal(8.0, kInt8.logical_bits(), [](std::ostream& os) { os << "int8"; });
  checker.finish(15 * 9 * 5 * 4);
}

TEST_CASE("number: a converter's configuration is its fields in order", "[number][law][random]") {
  auto rng = bench::rng();
  for (int run = 0; run < 500; ++run) {
    BlockConfig config(kInt8, static_cast<int>(rng() % 256) - 128);
    config.rounding = kModes[rng() % 5];
    config.rule = static_cast<ExponentRule>(rng() % 4);
    config.overflow = static_cast<Overflow>(rng() % 2);
    config.most_negative = rng() % 2 != 0;
    config.signed_zero = rng() % 2 != 0;
    config.significand_bits = static_cast<int>(rng() % 16);
    config.binades = static_cast<int>(rng() % 32);
    config.max_code = static_cast<int>(rng() % 256);
    config.element_exponent = static_cast<int>(rng() % 16);
    config.max_exponent = static_cast<int>(rng() % 256);
    std::string text;
    const auto write = [&](int number, int width) {
      for (int weight = 1 << (width - 1); weight > 0; weight /= 2)
        text += (number & weight) != 0 ? '1' : '0';
    };
    write(static_cast<int>(config.rounding), 3);
    write(static_cast<int>(config.rule), 2);
    write(static_cast<int>(config.overflow), 1);
    write(config.most_negative ? 1 : 0, 1);
    write(config.signed_zero ? 1 : 0, 1);
    write(config.significand_bits, 4);
    write(config.binades, 5);
    write(config.max_code, 8);
    write(config.element_exponent, 4);
    write(config.max_exponent, 8);
    write(config.base, 8);
    CHECK(text.size() == static_cast<std::size_t>(kBlockConfigBits));
    CHECK(std::stoull(text, nullptr, 2) == config.bits());
  }
}

TEST_CASE("number: a configuration is what its format says", "[number][law]") {
  for (const Preset& preset : kPresets) {
    const Format& f = preset.format;
    const BlockConfig config(f, -7);
    INFO(preset.name);
    CHECK(find_preset(preset.name) == &f);
    CHECK(config.rounding == f.rounding);
    CHECK(config.rule == f.rule);
    CHECK(config.overflow == f.overflow);
    CHECK(config.most_negative == f.most_negative);
    CHECK(config.signed_zero == (f.element_exponent_bits != 0));
    CHECK(config.significand_bits == f.significand_bits());
    CHECK(config.binades == f.binades());
    CHECK(config.max_code == f.max_code());
    CHECK(config.element_exponent == f.element_exponent());
    CHECK(config.max_exponent == f.max_exponent());
    CHECK(config.base == -7);
  }
  CHECK(find_preset("int9") == nullptr);
  CHECK(bfp_format(5) == Format{.magnitude_bits = 5, .exponent_bits = 8, .group_size = 16});
  CHECK(hbfp_format(5) == Format{.magnitude_bits = 5,
                                 .exponent_bits = 8,
                                 .group_size = 16,
                                 .rule = ExponentRule::Ceil});
}

TEST_CASE("number: names and kinds of every choice", "[number][law][exhaustive]") {
  const char* modes[] = {"truncate", "nearest-even", "nearest-away", "stochastic",
                         "stochastic-unbiased"};
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(name(kModes[i]) == modes[i]);
    CHECK(is_stochastic(kModes[i]) == (std::string(modes[i]).find("stochastic") == 0));
  }
  CHECK(name(Encoding::TwosComplement) == "two's complement");
  CHECK(name(Encoding::SignMagnitude) == "sign-magnitude");
  CHECK(name(Overflow::Saturate) == "saturate");
  CHECK(name(Overflow::Bump) == "bump");
  CHECK(name(ExponentRule::Floor) == "floor");
  CHECK(name(ExponentRule::Ceil) == "ceil");
  CHECK(name(ExponentRule::Even) == "even");
  CHECK(name(ExponentRule::Rceil) == "rceil");
}

// Two signed codes have 2 width bits in their product; each doubling of the terms takes one more.
TEST_CASE("number: widths of sums are those that doubling gives", "[number][law][exhaustive]") {
  bench::Checker checker;
  for (int width = 2; width <= 16; ++width)
    for (int terms = 1; terms <= 2'100; ++terms) {
      int bits = 2 * width;
      for (int held = 1; held < terms; held += held) ++bits;
      checker.equal(bits, dot_width(width, terms),
                    [&](std::ostream& os) { os << width << " bits, " << terms << " terms"; });
    }
  for (int a = 1; a <= 15; ++a)
    for (int b = 1; b <= 15; ++b)
      for (int terms = 0; terms <= 1'100; terms += terms < 40 ? 1 : 53) {
        std::int64_t largest = 0;  // of the sum, term by term
        for (int i = 0; i < terms; ++i) largest += std::int64_t{(1 << a) - 1} * ((1 << b) - 1);
        int bits = 1;  // the sign
        for (; largest > 0; largest /= 2) ++bits;
        checker.equal(bits, dot_width_magnitude(a, b, terms), [&](std::ostream& os) {
          os << a << " x " << b << " bits, " << terms << " terms";
        });
      }
  checker.finish(15 * 2'100 + 225 * 50);
}

}  // namespace
}  // namespace rh
