// TEST RATIONALE. The golden block conversion against exact real arithmetic (convert_exact.hpp: no
// code in common with the model), on the spaces that are small enough to exhaust:
//   - every pair of reduced floats (sign, 6 binades, 3 fraction bits, +-0) for 1 to 4 magnitude
//     bits, every exponent rule, overflow rule, most negative code and mode, in windows of 2, 3 and
//     4 exponent bits that the values lie below, in and above; once across FP32's subnormals, once
//     at its upper end;
//   - all 65,536 bf16 and fp16 values through every element, each alone and beside a larger lane;
//   - all 2^R noises for every fraction: how often a number rounds up is an equality, no statistic;
//   - every code at every exponent of every preset, back to itself.
// Beyond them: random formats and groups of FP32 edges, laws (scaling, sign, order of lanes,
// monotonicity), literal OCP tables and worked edges.
//
// Mutants this kills: ties to odd or late, noise half a word lower or one later, unbiased without
// its half, bits below the noise lost to nearest; floor as ceil, ceil without its -1, even and
// rceil off at equality; no lower clamp, 255 as an exponent, bump past the window, bump that halves
// codes or takes other noise or keeps the saturated flag; exponents of subnormals from the field, a
// minifloat's subnormal binade one lower, its NaN code as a number, -0 lost; the most negative code
// for positive values, counted as saturated or lost for -2^(e + 1); underflow at equality, NaN with
// another flag, an infinity as a number; base without room for bump, padding without noise.
#include "convert/convert_bfp.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "bench/cases.hpp"
#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "convert/convert_exact.hpp"

namespace rh {
namespace {

constexpr RoundMode kModes[] = {RoundMode::Truncate, RoundMode::NearestEven, RoundMode::NearestAway,
                                RoundMode::Stochastic, RoundMode::StochasticUnbiased};
constexpr ExponentRule kRules[] = {ExponentRule::Floor, ExponentRule::Ceil, ExponentRule::Even,
                                   ExponentRule::Rceil};
constexpr Overflow kOverflows[] = {Overflow::Saturate, Overflow::Bump};
constexpr std::uint32_t kMinus = 0x8000'0000;

std::uint32_t fp32_of(double x) {  // x is an FP32 number
  return bits_of(static_cast<float>(x));
}

Format integer_format(int m, int exponent_bits = 8) {
  Format f = bfp_format(m);
  f.exponent_bits = exponent_bits;
  return f;
}

struct NamedFormat {
  std::string name;
  Format format;
};

// The presets that are blocks, bfp1 .. bfp8 and hbfp1 .. hbfp8.
std::vector<NamedFormat> block_formats() {
  std::vector<NamedFormat> formats;
  for (const Preset& preset : kPresets)
    if (preset.format.is_block()) formats.push_back({std::string(preset.name), preset.format});
  for (int m = 1; m <= 8; ++m) {
    formats.push_back({"bfp" + std::to_string(m), bfp_format(m)});
    formats.push_back({"hbfp" + std::to_string(m), hbfp_format(m)});
  }
  return formats;
}

// The elements alone: integers of 1 to 8 bits and the minifloats, each with an 8-bit exponent.
std::vector<NamedFormat> elements() {
  std::vector<NamedFormat> formats;
  for (int m = 1; m <= 8; ++m) formats.push_back({"bfp" + std::to_string(m), bfp_format(m)});
  for (const char* name : {"mxfp4", "mxfp6-e2m3", "mxfp6-e3m2", "mxfp8-e4m3", "mxfp8-e5m2"})
    formats.push_back({name, *find_preset(name)});
  return formats;
}

// ---- every pair of reduced floats ---------------------------------------------------------------

// +-0 and +-(1 + f / 8) 2^q for q = lowest .. lowest + 5.
std::vector<std::uint32_t> reduced_floats(int lowest) {
  std::vector<std::uint32_t> values{0, kMinus};
  for (int q = lowest; q < lowest + 6; ++q)
    for (int f = 0; f < 8; ++f) {
      values.push_back(fp32_of((8 + f) * power(q - 3)));
      values.push_back(values.back() | kMinus);
    }
  return values;
}

struct Seen {
  std::uint64_t saturated = 0, underflowed = 0, bumped = 0, plain = 0;
  void add(std::uint8_t flags) {
    saturated += (flags & kSaturatedGroup) != 0 ? 1 : 0;
    underflowed += (flags & kUnderflowGroup) != 0 ? 1 : 0;
    bumped += (flags & kBumpedGroup) != 0 ? 1 : 0;
    plain += flags == 0 ? 1 : 0;
  }
};

template <class Visit>
void each_integer_format(int exponent_bits, Visit visit) {
  for (int m = 1; m <= 4; ++m)
    for (const ExponentRule rule : kRules)
      for (const Overflow overflow : kOverflows)
        for (const bool most_negative : {false, true}) {
          Format f = integer_format(m, exponent_bits);
          f.rule = rule;
          f.overflow = overflow;
          f.most_negative = most_negative;
          visit(f);
        }
}

struct Window {
  int exponent_bits;
  int lowest;  // binade of the values, which reach 5 higher
  int base;
};

TEST_CASE("convert: every pair of reduced floats, every rule, modes without noise",
          "[convert][bfp][law][exhaustive]") {
  bench::Checker checker;
  // Below and above the window of 4 exponents; across the subnormals, below the window of 8; at the
  // end of FP32, above it; the two ends of a window of 16.
  for (const Window& w : {Window{2, 0, 1}, Window{3, -131, -128}, Window{3, 122, 117},
                          Window{4, -2, 1}, Window{4, 40, 28}}) {
    Seen seen;
    const std::vector<std::uint32_t> values = reduced_floats(w.lowest);
    each_integer_format(w.exponent_bits, [&](Format f) {
      for (const RoundMode mode : {kModes[0], kModes[1], kModes[2]}) {
        f.rounding = mode;
        const ExactConverter exactly(f);
        for (std::size_t i = 0; i < values.size(); ++i)
          for (std::size_t j = 0; j <= i; ++j) {  // either order, in turns
            std::array<std::uint32_t, 2> x{values[i], values[j]};
            if ((i + j) % 2 == 1) std::swap(x[0], x[1]);
            seen.add(check_group(checker, exactly, f, w.base, x).flags);
          }
      }
    });
    const bool above = w.lowest + 5 > w.base + (1 << w.exponent_bits) - 1;
    CHECK((w.base > w.lowest) == (seen.underflowed > 1000));
    CHECK((!above || seen.saturated > 100'000));
    CHECK(seen.bumped > 1000);
    CHECK(seen.plain > 1000);
  }
  checker.finish(5 * 64 * 3 * 98 * 99 / 2);
}

TEST_CASE("convert: every pair of reduced floats with every noise of both lanes",
          "[convert][bfp][law][exhaustive]") {
  bench::Checker checker;
  const std::vector<std::uint32_t> values = reduced_floats(0);
  Seen seen;
  each_integer_format(2, [&](Format f) {
    for (const RoundMode mode : {RoundMode::Stochastic, RoundMode::StochasticUnbiased}) {
      f.rounding = mode;
      f.noise_bits = f.rule == ExponentRule::Floor ? 2 : 1;
      const ExactConverter exactly(f);
      const std::uint32_t noises = 1u << f.noise_bits;
      for (std::size_t i = 0; i < values.size(); ++i)
        for (std::size_t j = 0; j <= i; ++j)
          for (std::uint32_t r = 0; r < noises * noises; ++r)
            seen.add(check_group(checker, exactly, f, 1, std::array{values[i], values[j]},
                                 std::array{r % noises, r / noises})
                         .flags);
    }
  });
  CHECK(seen.bumped > 100'000);
  CHECK(seen.saturated > 100'000);
  checker.finish(64 * 2 * 4 * 98 * 99 / 2);
}

TEST_CASE("convert: every single reduced float with every noise of up to 5 bits",
          "[convert][bfp][law][exhaustive]") {
  bench::Checker checker;
  for (const int lowest : {0, -131, 122})
    for (int noise_bits = 1; noise_bits <= 5; ++noise_bits)
      each_integer_format(2, [&](Format f) {
        for (const RoundMode mode : {RoundMode::Stochastic, RoundMode::StochasticUnbiased}) {
          f.rounding = mode;
          f.noise_bits = noise_bits;
          const ExactConverter exactly(f);
          for (const std::uint32_t x : reduced_floats(lowest))
            for (std::uint32_t r = 0; r < 1u << noise_bits; ++r)
              check_group(checker, exactly, f, std::clamp(lowest + 1, kMinBase, 124), std::array{x},
                          std::array{r});
        }
      });
  checker.finish(3 * 64 * 2 * 98 * 62);
}

// ---- all values of two formats of 16 bits -------------------------------------------------------

TEST_CASE("convert: all bf16 and fp16 values through every element in every mode",
          "[convert][bfp][law][exhaustive]") {
  bench::Checker checker;
  for (const auto& from : {bench::fp32_from_bf16, bench::fp32_from_fp16}) {
    std::vector<std::uint32_t> values(1 << 16);
    for (std::uint32_t i = 0; i < values.size(); ++i) values[i] = from(i);
    const auto noise_of = [](std::size_t i) {
      return static_cast<std::uint32_t>(i * 0x9E37u >> 4);
    };
    for (const auto& [name, element] : elements())
      for (const RoundMode mode : kModes) {
        Format f = element;
        f.rounding = mode;
        const ExactConverter exactly(f);
        for (std::size_t i = 0; i < values.size(); ++i)  // alone
          check_group(checker, exactly, f, -127, std::span(values).subspan(i, 1),
                      std::array{noise_of(i) & 255});
        // 32 neighbours of one exponent, beside a lane that is larger by every distance at which a
        // code is left, and some more.
        for (int distance = 1; distance <= f.binades() + f.significand_bits() + 2; ++distance)
          for (std::size_t first = 0; first < values.size(); first += 32) {
            std::array<std::uint32_t, 33> x;
            std::array<std::uint32_t, 33> noise;
            std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(first), 32, x.begin());
            for (std::size_t i = 0; i < 33; ++i) noise[i] = noise_of(first + i) & 255;
            const double beside = std::abs(exact(x[31])) * power(distance);
            x[32] = fp32_of(std::isfinite(beside) && beside < power(127) ? beside : 1.0);
            check_group(checker, exactly, f, -127, x, noise);
          }
      }
  }
  checker.finish(2 * 13 * 5 * (65'536 + 2'048));
}

TEST_CASE("convert: all bf16 and fp16 values in one group of each preset",
          "[convert][bfp][law][exhaustive]") {
  bench::Checker checker;
  for (const auto& from : {bench::fp32_from_bf16, bench::fp32_from_fp16}) {
    std::vector<std::uint32_t> values;
    for (std::uint32_t i = 0; i < 1 << 16; ++i)
      if ((from(i) & kFp32Infinity) != kFp32Infinity) values.push_back(from(i));
    const std::vector<std::uint32_t> noise(values.size(), 77);
    for (const auto& [name, preset] : block_formats()) {
      const int base = default_base(
          preset,
          *std::max_element(values.begin(), values.end(), [](std::uint32_t a, std::uint32_t b) {
            return (a & ~kMinus) < (b & ~kMinus);
          }) & ~kMinus);
      check_group(checker, ExactConverter(preset), preset, base, values, noise);
    }
  }
  checker.finish(2 * 31);
}

// ---- counts over all noises ---------------------------------------------------------------------

// The group {x repeated 2^R times with the noises 0 .. 2^R - 1, companion}; how many codes are
// `below` + 1, all others being `below`.
std::uint64_t count_up(bench::Checker& checker, const Format& f, std::uint32_t x,
                       std::uint32_t companion, int below) {
  const std::size_t noises = std::size_t{1} << f.noise_bits;
  std::vector<std::uint32_t> values(noises, x), noise(noises);
  std::iota(noise.begin(), noise.end(), 0u);
  values.push_back(companion);
  noise.push_back(0);
  const BfpGroup group = convert_group(f, -127, values, noise);
  std::uint64_t up = 0, other = 0;
  for (std::size_t i = 0; i < noises; ++i) {
    up += group.codes[i] == below + 1 ? 1 : 0;
    other += group.codes[i] != below && group.codes[i] != below + 1 ? 1 : 0;
  }
  checker.equal(std::uint64_t{0}, other, [&](std::ostream& os) { os << "below " << below; });
  return up;
}

void check_counts(bench::Checker& checker, Format f, std::uint32_t x, std::uint32_t companion,
                  int below, std::uint64_t fraction, int fraction_bits) {
  const auto describe = [&](std::ostream& os) {
    describe_format(os, f, -127);
    os << " code " << below << " fraction " << fraction << " / 2^" << fraction_bits;
  };
  f.rounding = RoundMode::Stochastic;
  checker.equal((fraction << f.noise_bits) >> fraction_bits,
                count_up(checker, f, x, companion, below), describe);
  f.rounding = RoundMode::StochasticUnbiased;
  checker.equal(((fraction << (f.noise_bits + 1)) + (std::uint64_t{1} << fraction_bits)) >>
                    (fraction_bits + 1),
                count_up(checker, f, x, companion, below), describe);
}

TEST_CASE("convert: a fraction f rounds up for floor(2^R f) noises, unbiased floor(2^R f + 1/2)",
          "[convert][bfp][law][exhaustive]") {
  bench::Checker checker;
  // Every fraction that FP32 has under 8 magnitude bits in the largest binade.
  Format f = bfp_format(8);
  for (std::uint64_t fraction = 0; fraction < 1 << 16; ++fraction)
    check_counts(checker, f, fp32_of(static_cast<double>(0xA5'0000 + fraction) * power(-23)),
                 fp32_of(1.0), 0xA5, fraction, 16);
  // Every width of integers and of noise, fractions of 6 bits and their neighbours of 13 bits.
  for (int m = 1; m <= 8; ++m)
    for (const int noise_bits : {1, 2, 3, 5, 7, 10, 14}) {
      f = bfp_format(m);
      f.noise_bits = noise_bits;
      const int below = (1 << (m - 1)) - 1;
      for (int k = 0; k < (noise_bits < 10 ? 64 : 8); ++k)
        for (const int by : {-1, 0, 1}) {
          const int fraction = (k << (noise_bits < 10 ? 7 : 10)) + by;
          if (fraction < 0) continue;
          check_counts(checker, f, fp32_of((below + fraction * power(-13)) * power(1 - m)),
                       fp32_of(1.0), below, static_cast<std::uint64_t>(fraction), 13);
        }
    }
  // Minifloats: every code as the integer part, the subnormal ones, too.
  for (const auto& [name, element] : elements()) {
    if (!element.is_minifloat()) continue;
    f = element;
    f.noise_bits = 4;
    const ExactConverter exactly(f);
    for (int code = 0; code < exactly.max_code(); ++code)
      for (std::uint64_t fraction = 0; fraction < 64;
           fraction += element.magnitude_bits < 6 ? 1 : 5) {
        const double gap = exactly.worth(code + 1) - exactly.worth(code);
        check_counts(checker, f,
                     fp32_of(exactly.worth(code) + static_cast<double>(fraction) / 64 * gap),
                     fp32_of(exactly.worth(exactly.max_code())), code, fraction, 6);
      }
  }
  checker.finish(2 * 65'536);
}

// ---- codes that come back -----------------------------------------------------------------------

TEST_CASE("convert: every code at every exponent converts to itself in every mode",
          "[convert][bfp][law][exhaustive]") {
  bench::Checker checker;
  for (const NamedFormat& named : block_formats()) {
    const Format& preset = named.format;
    // A lone code 1 is a power of two: by the rule ceil its exponent is one lower and it saturates.
    if (preset.rule == ExponentRule::Ceil && preset.magnitude_bits == 1) continue;
    const ExactConverter exactly(preset);
    const int base = preset.base.value_or(preset.exponent_bits == 8 ? -127 : -9);
    std::vector<std::int16_t> codes;
    for (int code = 0; code <= exactly.max_code(); ++code) {
      codes.push_back(static_cast<std::int16_t>(code));
      if (preset.is_minifloat())
        codes.push_back(static_cast<std::int16_t>(code | 1 << preset.magnitude_bits));
      else if (code > 0)
        codes.push_back(static_cast<std::int16_t>(-code));
    }
    int beyond_fp32 = 0;
    for (int e = 0; e <= exactly.max_exponent(); ++e) {
      std::vector<std::uint32_t> x;
      for (const std::int16_t code : codes)
        x.push_back(block_value(preset, base, static_cast<std::uint8_t>(e), 0, code));
      // A code is worth what the list says.
      for (std::size_t i = 0; i < codes.size(); ++i) {
        const int magnitude = preset.is_minifloat() ? codes[i] & ((1 << preset.magnitude_bits) - 1)
                                                    : std::abs(codes[i]);
        const bool minus = preset.is_minifloat() ? codes[i] != magnitude : codes[i] < 0;
        const double worth = exactly.worth(magnitude) * power(base + e);
        checker.equal(
            bits_of(static_cast<float>(minus ? -worth : worth)), x[i],
            [&](std::ostream& os) { os << named.name << " e " << e << " code " << codes[i]; });
      }
      if (!std::isfinite(exact(x[x.size() - 1]))) {  // 2^128 and more: FP32 has no such number
        ++beyond_fp32;
        continue;
      }
      for (const RoundMode mode : kModes) {
        Format f = preset;
        f.rounding = mode;
        const std::vector<std::uint32_t> noise(x.size(), (1u << f.noise_bits) - 1);
        const BfpGroup got = convert_group(f, base, x, noise);
        const BfpGroup want{codes, static_cast<std::uint8_t>(e), 0};
        if (!(got == want))
          checker.equal(text(want), text(got), [&](std::ostream& os) { os << named.name; });
        checker.equal(true, true, [](std::ostream&) {});
      }
    }
    // 448 and 57344 times a scale of 2^(128 - 8) and 2^(128 - 15), and so on up to 2^127.
    CHECK(beyond_fp32 == (preset.is_minifloat() ? exactly.element_exponent() : 0));
  }
  checker.finish(17 * 255);
}

TEST_CASE("convert: minifloat codes are worth what the OCP tables say", "[convert][bfp][law]") {
  struct Table {
    const char* name;
    int max_code;
    double max, smallest_normal, smallest;
    int bias, mantissa;
  };
  for (const Table& t :
       {Table{"mxfp4", 7, 6, 1, 0.5, 1, 1}, Table{"mxfp6-e2m3", 31, 7.5, 1, 0.125, 1, 3},
        Table{"mxfp6-e3m2", 31, 28, 0.25, 0.0625, 3, 2},
        Table{"mxfp8-e4m3", 126, 448, 1 / 64.0, 1 / 512.0, 7, 3},
        Table{"mxfp8-e5m2", 123, 57344, 1 / 16384.0, 1 / 65536.0, 15, 2}}) {
    INFO(t.name);
    const Format& f = *find_preset(t.name);
    const auto worth = [&](int code) { return exact(block_value(f, -127, 127, 0, code)); };
    CHECK(f.max_code() == t.max_code);
    CHECK(worth(t.max_code) == t.max);
    CHECK(worth(1) == t.smallest);
    CHECK(worth(1 << t.mantissa) == t.smallest_normal);
    CHECK(worth(1 << f.magnitude_bits | t.max_code) == -t.max);
    CHECK(block_value(f, -127, 127, 0, 1 << f.magnitude_bits) == kMinus);  // -0
    for (int code = 0; code < 1 << f.magnitude_bits; ++code) {
      const int field = code >> t.mantissa, fraction = code % (1 << t.mantissa);
      const double want = field == 0 ? fraction * power(1 - t.bias - t.mantissa)
                                     : (1 + fraction * power(-t.mantissa)) * power(field - t.bias);
      if (code <= t.max_code)
        CHECK(worth(code) == want);
      else
        CHECK(block_value(f, -127, 127, 0, code) == kFp32Nan);
    }
    CHECK(block_value(f, -127, 255, kNanGroup, 0) == kFp32Nan);
  }
  const double e2m1[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  for (int code = 0; code < 8; ++code)
    CHECK(exact(block_value(*find_preset("mxfp4"), -127, 127, 0, code)) == e2m1[code]);
}

// ---- random formats, laws -----------------------------------------------------------------------

Format random_format(std::mt19937_64& rng) {
  Format f = integer_format(1 + static_cast<int>(rng() % 15), 1 + static_cast<int>(rng() % 8));
  if (rng() % 3 == 0) {
    const auto minifloats = elements();
    const Format& element = minifloats[8 + rng() % 5].format;
    f.magnitude_bits = element.magnitude_bits;
    f.element_exponent_bits = element.element_exponent_bits;
    f.specials = element.specials;
  } else {
    f.most_negative = rng() % 2 == 0;
  }
  f.rounding = kModes[rng() % 5];
  f.noise_bits = 1 + static_cast<int>(rng() % 14);
  f.rule = kRules[rng() % 4];
  f.overflow = kOverflows[rng() % 2];
  return f;
}

// A group of one kind: near each other, powers of two, just below them, one huge lane, all zero,
// subnormals, bf16 values, any finite numbers, with a NaN or an infinity.
std::vector<std::uint32_t> random_group(std::mt19937_64& rng) {
  std::vector<std::uint32_t> x(1 + rng() % 33);
  const std::uint64_t kind = rng() % 10;
  const std::uint64_t centre = rng() % 255;
  for (std::uint32_t& v : x) {
    const std::uint32_t random = static_cast<std::uint32_t>(rng());
    const std::uint64_t field = std::min<std::uint64_t>(254, centre + rng() % 12);
    v = (random & 0x807F'FFFF) | static_cast<std::uint32_t>(field) << 23;
    if (kind == 1) v &= 0xFF80'0000;
    if (kind == 2) v |= 0x007F'FFFF >> rng() % 2;
    if (kind == 3) v = random & (kMinus | 0x7F'FFFF) & ~((1u << rng() % 24) - 1);
    if (kind == 4) v &= kMinus;
    if (kind == 5) v &= 0xFFFF'0000;
    if (kind >= 8) v = bench::random_finite_fp32(rng);
  }
  std::uint32_t& lane = x[rng() % x.size()];
  if (kind == 6) lane = (lane & kMinus) | (rng() % 2 == 0 ? 0x7F7F'FFFF : 0x7EFF'FFFF);
  if (kind == 7) lane = (lane & ~kMinus) | kFp32Infinity | (rng() % 2 != 0 ? kMinus : 0);
  return x;
}

std::vector<std::uint32_t> random_noise(std::mt19937_64& rng, const Format& f, std::size_t n) {
  std::vector<std::uint32_t> noise(n);
  for (auto& word : noise) word = static_cast<std::uint32_t>(rng()) & ((1u << f.noise_bits) - 1);
  return noise;
}

// A base that puts the group near its window more often than not.
int random_base(std::mt19937_64& rng, const Format& f, const std::vector<std::uint32_t>& x) {
  int base = static_cast<int>(rng() % 256) - 128;
  const double first = exact(x[0]);
  if (rng() % 8 != 0)
    base = std::ilogb(std::isfinite(first) && first != 0 ? first : 1.0) -
           static_cast<int>(rng() % static_cast<unsigned>(f.max_exponent() + 20)) + 4;
  return std::clamp(base, kMinBase, kMaxBase);
}

TEST_CASE("convert: random formats and groups equal exact arithmetic",
          "[convert][bfp][law][random][edge]") {
  bench::Checker checker;
  auto rng = bench::rng();
  Seen seen;
  std::uint64_t nan = 0;
  for (int i = 0; i < 60'000; ++i) {
    const Format f = random_format(rng);
    const std::vector<std::uint32_t> x = random_group(rng);
    const BfpGroup got = check_group(checker, ExactConverter(f), f, random_base(rng, f, x), x,
                                     random_noise(rng, f, x.size()));
    seen.add(got.flags);
    nan += got.flags == kNanGroup ? 1 : 0;
    checker.equal((got.flags & kNanGroup) != 0, got.flags == kNanGroup,
                  [](std::ostream& os) { os << "NaN excludes the other flags"; });
  }
  CHECK(nan > 2000);
  CHECK(seen.saturated > 2000);
  CHECK(seen.underflowed > 2000);
  CHECK(seen.bumped > 500);
  CHECK(seen.plain > 2000);
  checker.finish(120'000);
}

TEST_CASE("convert: FP32 edges beside each other equal exact arithmetic",
          "[convert][bfp][law][edge]") {
  bench::Checker checker;
  const std::vector<std::uint32_t> edges = bench::fp32_edges();
  auto rng = bench::rng(1);
  for (const auto& [name, preset] : block_formats()) {
    const ExactConverter exactly(preset);
    for (std::size_t i = 0; i < edges.size(); ++i)
      for (std::size_t j = i % 7; j < edges.size(); j += 7) {
        const std::array<std::uint32_t, 3> x{edges[i], edges[j], edges[rng() % edges.size()]};
        check_group(checker, exactly, preset, preset.exponent_bits == 8 ? -127 : -7,
                    std::span(x).first(2 + (i + j) % 2), std::array{0u, 255u, 128u});
      }
  }
  checker.finish(31 * 700 * 100);
}

TEST_CASE("convert: laws of scaling, sign, lanes and order", "[convert][bfp][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng(2);
  for (int i = 0; i < 20'000; ++i) {
    Format f = random_format(rng);
    f.exponent_bits = 8;
    f.most_negative = false;
    std::vector<std::uint32_t> x(2 + rng() % 15);
    for (auto& v : x) {
      const std::uint64_t field = 100 + rng() % 20;
      v = (static_cast<std::uint32_t>(rng()) & 0x807F'FFFF) | static_cast<std::uint32_t>(field)
                                                                  << 23;
    }
    const std::vector<std::uint32_t> noise = random_noise(rng, f, x.size());
    const BfpGroup group = convert_group(f, -127, x, noise);
    const auto describe = [&](const char* law) {
      return [&, law](std::ostream& os) { describe_format(os << law << " ", f, -127); };
    };
    // x 2^k has the same codes and an exponent larger by k.
    const int k = static_cast<int>(rng() % 160) - 30;
    std::vector<std::uint32_t> other = x;
    for (auto& v : other) v += static_cast<std::uint32_t>(k) << 23;
    const BfpGroup scaled = convert_group(f, -127, other, noise);
    BfpGroup want = group;
    if (group.exponent + k >= 1) {
      want.exponent = static_cast<std::uint8_t>(group.exponent + k);
      if ((group.flags & kUnderflowGroup) == 0)
        checker.equal(text(want), text(scaled), describe("scaling"));
    }
    // -x has the codes of x with the other sign; an integer zero has none.
    other = x;
    for (auto& v : other) v ^= kMinus;
    want = group;
    for (auto& code : want.codes)
      code = static_cast<std::int16_t>(f.is_minifloat() ? code ^ 1 << f.magnitude_bits : -code);
    checker.equal(text(want), text(convert_group(f, -127, other, noise)), describe("sign"));
    // Lanes do not know their place.
    std::vector<std::uint32_t> turned = x, turned_noise = noise;
    want = group;
    const auto by = static_cast<std::ptrdiff_t>(1 + rng() % (x.size() - 1));
    std::rotate(turned.begin(), turned.begin() + by, turned.end());
    std::rotate(turned_noise.begin(), turned_noise.begin() + by, turned_noise.end());
    std::rotate(want.codes.begin(), want.codes.begin() + by, want.codes.end());
    checker.equal(text(want), text(convert_group(f, -127, turned, turned_noise)),
                  describe("lanes"));
    // With equal noise a larger magnitude never has a smaller code.
    std::sort(turned.begin(), turned.end(),
              [](std::uint32_t a, std::uint32_t b) { return (a & ~kMinus) < (b & ~kMinus); });
    for (auto& v : turned) v &= ~kMinus;
    const BfpGroup sorted =
        convert_group(f, -127, turned, std::vector<std::uint32_t>(x.size(), noise[0]));
    checker.equal(true, std::is_sorted(sorted.codes.begin(), sorted.codes.end()),
                  describe("order"));
  }
  checker.finish(60'000);
}

// ---- worked edges -------------------------------------------------------------------------------

BfpGroup group_of(const Format& f, int base, std::vector<double> values,
                  std::vector<std::uint32_t> noise = {}) {
  std::vector<std::uint32_t> x;
  for (const double v : values) x.push_back(fp32_of(v));
  return convert_group(f, base, x, noise);
}

TEST_CASE("convert: below the window codes shrink, at it they do not", "[convert][bfp][edge]") {
  const Format f = integer_format(4, 2);                // exponents 0 .. 3 over base
  CHECK(group_of(f, 0, {1.0}) == BfpGroup{{8}, 0, 0});  // e = 0 is no underflow by itself
  CHECK(group_of(f, 0, {0.875, -0.5}) == BfpGroup{{7, -4}, 0, kUnderflowGroup});
  CHECK(group_of(f, 0, {0.125}) == BfpGroup{{1}, 0, kUnderflowGroup});
  CHECK(group_of(f, 0, {0.0625}) == BfpGroup{{0}, 0, kUnderflowGroup});  // a tie, to even
  CHECK(group_of(f, 0, {0.1875}) == BfpGroup{{2}, 0, kUnderflowGroup});
  CHECK(group_of(f, 0, {power(-149)}) == BfpGroup{{0}, 0, kUnderflowGroup});
  CHECK(group_of(f, 0, {0.0, -0.0}) == BfpGroup{{0, 0}, 0, 0});  // zero has no exponent to lose
  // FP32's own subnormals keep their exact exponent: the largest 8-bit window starts at -127.
  CHECK(group_of(bfp_format(4), -127, {power(-127)}) == BfpGroup{{8}, 0, 0});
  CHECK(group_of(bfp_format(4), -127, {power(-128)}) == BfpGroup{{4}, 0, kUnderflowGroup});
  CHECK(group_of(bfp_format(4), -127, {power(-126)}) == BfpGroup{{8}, 1, 0});
  CHECK(group_of(bfp_format(4), -128, {power(-128)}) == BfpGroup{{8}, 0, 0});
  // Minifloats: 2^-127 E2M1 reaches 6 x 2^-127 and 0.5 x 2^-127.
  const Format& fp4 = *find_preset("mxfp4");
  CHECK(group_of(fp4, -127, {power(-125)}) == BfpGroup{{6}, 0, 0});
  CHECK(group_of(fp4, -127, {power(-126)}) == BfpGroup{{4}, 0, kUnderflowGroup});
  CHECK(group_of(fp4, -127, {power(-128), -power(-149)}) == BfpGroup{{1, 8}, 0, kUnderflowGroup});
}

TEST_CASE("convert: above the window codes saturate", "[convert][bfp][edge]") {
  Format f = integer_format(4, 2);
  CHECK(group_of(f, 0, {15.0}) == BfpGroup{{15}, 3, 0});
  CHECK(group_of(f, 0, {15.5, 1.0}) == BfpGroup{{15, 1}, 3, kSaturatedGroup});  // rounds to 16
  CHECK(group_of(f, 0, {15.25}) == BfpGroup{{15}, 3, 0});  // rounded, not saturated
  CHECK(group_of(f, 0, {16.0, -1.0}) == BfpGroup{{15, -1}, 3, kSaturatedGroup});
  CHECK(group_of(f, 0, {power(127), -power(127)}) == BfpGroup{{15, -15}, 3, kSaturatedGroup});
  f.most_negative = true;
  CHECK(group_of(f, 0, {-16.0}) == BfpGroup{{-16}, 3, 0});
  CHECK(group_of(f, 0, {-15.5}) == BfpGroup{{-16}, 3, 0});
  CHECK(group_of(f, 0, {-16.25}) == BfpGroup{{-16}, 3, 0});
  CHECK(group_of(f, 0, {-17.0}) == BfpGroup{{-16}, 3, kSaturatedGroup});
  CHECK(group_of(f, 0, {-power(127)}) == BfpGroup{{-16}, 3, kSaturatedGroup});
  CHECK(group_of(f, 0, {16.0}) == BfpGroup{{15}, 3, kSaturatedGroup});
  f.overflow = Overflow::Bump;  // nowhere to go
  CHECK(group_of(f, 0, {16.0, 1.0}) == BfpGroup{{15, 1}, 3, kSaturatedGroup});
  f.exponent_bits = 8;  // 254 is the last, 255 means NaN
  CHECK(group_of(f, -127, {power(127)}) == BfpGroup{{8}, 254, 0});
  CHECK(group_of(f, -127, {15.9375 * power(124)}) == BfpGroup{{15}, 254, kSaturatedGroup});
}

TEST_CASE("convert: bump is one step, rounds again and with the same noise",
          "[convert][bfp][edge]") {
  Format f = integer_format(3, 4);
  f.overflow = Overflow::Bump;
  // Units of 1/4 at e = 7: 1.9375 is 7.75, rounds to 8. In units of 1/2: 3.875, 4; 0.625 is 2.5,
  // a tie to 2, then 1.25, 1 - not half of 2.5 rounded twice; 0.875 is 3.5, to 4, then 1.75, 2.
  CHECK(group_of(f, -7, {1.9375, 0.625, 0.875}) == BfpGroup{{4, 1, 2}, 8, kBumpedGroup});
  CHECK(group_of(f, -7, {1.875 - power(-20)}) == BfpGroup{{7}, 7, 0});
  // 1.375 units go to 1, 1.3125 halves of them are 0.6875, to 1: rounding 1 again would give 0.
  CHECK(group_of(f, -7, {1.9375, 0.34375}) == BfpGroup{{4, 1}, 8, kBumpedGroup});
  // A window that ends at 2 has no exponent to bump to.
  CHECK(group_of(f, -15, {31.0}) == BfpGroup{{7}, 15, kSaturatedGroup});
  // HBFP's ceil asks for one less at a power of two, bump gives it back, once.
  f.rule = ExponentRule::Ceil;
  CHECK(group_of(f, -7, {2.0, 0.75}) == BfpGroup{{4, 2}, 8, kBumpedGroup});
  // The noise of a lane is its word in both roundings: 7.5 units and noise 2 of 4 carry; then 1.75
  // units of the second lane become 0.875: with its word 0 down, with 1 up.
  f.rule = ExponentRule::Floor;
  f.rounding = RoundMode::Stochastic;
  f.noise_bits = 2;
  CHECK(group_of(f, -7, {1.875, 0.4375}, {2, 0}) == BfpGroup{{4, 0}, 8, kBumpedGroup});
  CHECK(group_of(f, -7, {1.875, 0.4375}, {2, 1}) == BfpGroup{{4, 1}, 8, kBumpedGroup});
  CHECK(group_of(f, -7, {1.875, 0.4375}, {1, 1}) == BfpGroup{{7, 2}, 7, 0});
  // -8 is a code here, 8 is none.
  f.rounding = RoundMode::NearestEven;
  f.most_negative = true;
  CHECK(group_of(f, -7, {-1.9375, 0.625}) == BfpGroup{{-8, 2}, 7, 0});
  CHECK(group_of(f, -7, {1.9375, -1.9375}) == BfpGroup{{4, -4}, 8, kBumpedGroup});
}

TEST_CASE("convert: the worked example of the contract", "[convert][bfp][edge]") {
  Format f = *find_preset("fast4");
  const auto floats = [&](std::vector<float> values, int base, std::uint32_t noise = 0) {
    std::vector<std::uint32_t> x;
    for (const float v : values) x.push_back(bits_of(v));
    return convert_group(f, base, x, std::vector<std::uint32_t>(x.size(), noise));
  };
  CHECK(floats({7.4f, -5.3f}, -13) == BfpGroup{{15, -11}, 15, 0});
  CHECK(block_value(f, -13, 15, 0, -11) == bits_of(-5.5f));
  CHECK(floats({7.9f}, -13) == BfpGroup{{15}, 15, kSaturatedGroup});
  f.rounding = RoundMode::Stochastic;
  CHECK(floats({7.4f, -5.3f}, -13, 102).codes[1] == -10);
  CHECK(floats({7.4f, -5.3f}, -13, 103).codes[1] == -11);  // 103 .. 255 are 153
  f.rounding = RoundMode::NearestEven;
  f.overflow = Overflow::Bump;
  CHECK(default_base(f, bits_of(7.4f)) == -12);
  CHECK(floats({7.9f}, -12) == BfpGroup{{8}, 15, kBumpedGroup});
}

TEST_CASE("convert: NaN, infinity and zero", "[convert][bfp][edge]") {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double x : {infinity, -infinity, std::nan("")}) {
    CHECK(group_of(bfp_format(4), -127, {1.0, x, power(-149)}) == BfpGroup{{0, 0, 0}, 255, 1});
    CHECK(group_of(*find_preset("mxfp8-e5m2"), -127, {-0.0, x}) == BfpGroup{{0, 0}, 255, 1});
    CHECK(group_of(integer_format(4, 4), 3, {x, power(127)}) == BfpGroup{{0, 0}, 15, 1});
  }
  CHECK(convert_group(bfp_format(4), -127, std::array{0x7F80'0001u}, {}).flags == kNanGroup);
  CHECK(convert_group(bfp_format(4), -127, std::array{0x7F7F'FFFFu}, {}) ==
        BfpGroup{{15}, 254, kSaturatedGroup});
  CHECK(group_of(bfp_format(4), -127, {-0.0, 0.0}) == BfpGroup{{0, 0}, 0, 0});
  CHECK(group_of(*find_preset("mxfp4"), -127, {-0.0, 0.0}) == BfpGroup{{8, 0}, 0, 0});
  CHECK(group_of(*find_preset("mxfp4"), -127, {6.0, -0.125}) == BfpGroup{{7, 8}, 127, 0});
  CHECK(convert_group(bfp_format(4), -127, {}, {}) == BfpGroup{{}, 0, 0});
}

TEST_CASE("convert: the base of a tensor", "[convert][bfp][edge]") {
  const std::uint32_t largest = 0x7F7F'FFFF;
  Format f = integer_format(4, 4);
  CHECK(default_base(bfp_format(4), largest) == -127);
  CHECK(default_base(bfp_format(4), 0) == -127);
  CHECK(default_base(f, 0) == 0);
  CHECK(default_base(f, fp32_of(1.0)) == -15);
  CHECK(default_base(f, fp32_of(1.999)) == -15);
  CHECK(default_base(f, fp32_of(2.0)) == -14);
  CHECK(default_base(f, largest) == 112);
  CHECK(default_base(f, 1) == -128);  // 2^-149 would ask for -164
  CHECK(default_base(f, fp32_of(power(-113))) == -128);
  CHECK(default_base(f, fp32_of(power(-112))) == -127);
  f.overflow = Overflow::Bump;
  CHECK(default_base(f, fp32_of(1.0)) == -14);
  CHECK(default_base(f, largest) == 113);
  f.exponent_bits = 1;
  f.rule = ExponentRule::Even;
  CHECK(default_base(f, largest) == 127);  // 128 + 1 - 1 = 128 is more than a base can be
  f = *find_preset("mxfp4");
  f.exponent_bits = 4;
  CHECK(default_base(f, fp32_of(6.0)) == -15);
  f.rule = ExponentRule::Ceil;
  CHECK(default_base(f, fp32_of(6.0)) == -14);
  // The largest value of a tensor never is beyond its default window, and bump has room.
  bench::Checker checker;
  auto rng = bench::rng(3);
  for (int i = 0; i < 20'000; ++i) {
    Format r = random_format(rng);
    const std::uint32_t x = bench::random_finite_fp32(rng) & ~kMinus;
    const int base = default_base(r, x);
    const ExactConverter exactly(r);
    if (x == 0) continue;
    const int want = r.exponent_bits == 8
                         ? -127
                         : exactly.wanted(exact(x)) + (r.overflow == Overflow::Bump ? 1 : 0) -
                               exactly.max_exponent();
    checker.equal(std::clamp(want, -128, 127), base, [&](std::ostream& os) {
      describe_format(os, r, base);
      os << " x " << std::hex << x << std::dec;
    });
    if (want < -128 || want > 127 || r.exponent_bits == 8) continue;
    const std::vector<std::uint32_t> one = {x}, noise = {0};
    const BfpGroup group = convert_group(r, base, one, noise);
    const bool bump = r.overflow == Overflow::Bump;
    checker.equal(true,
                  bump ? (group.flags & kSaturatedGroup) == 0
                       : group.exponent == r.max_exponent() && (group.flags & kUnderflowGroup) == 0,
                  [&](std::ostream& os) {
                    describe_format(os, r, base);
                    os << " x " << std::hex << x << std::dec;
                  });
  }
  checker.finish(25'000);
}

// ---- tensors ------------------------------------------------------------------------------------

// Element k of line l takes noise word l g ceil(length / g) + k, padding takes words, too; a short
// group is one padded with zeros.
TEST_CASE("convert: lines, short groups and noise of a tensor", "[convert][bfp][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng(4);
  for (int i = 0; i < 400; ++i) {
    Format f = random_format(rng);
    f.rounding = i % 2 == 0 ? RoundMode::Stochastic : f.rounding;
    f.group_size = 1 + static_cast<int>(rng() % 20);
    const std::int64_t lines = static_cast<std::int64_t>(rng() % 4);
    const std::int64_t length = static_cast<std::int64_t>(rng() % 50);
    std::vector<float> values;
    for (std::int64_t n = 0; n < lines * length; ++n)
      values.push_back(std::bit_cast<float>(i % 8 == 0 ? bench::random_fp32(rng)
                                                       : bits_of(bench::random_value(rng, 5.0f))));
    BfpOptions options{{}, noise_seed(rng())};
    if (i % 3 == 0) options.base = static_cast<int>(rng() % 40) - 20;
    if (i % 5 == 0) f.base = static_cast<int>(rng() % 40) - 20;
    const BfpLines got = convert_bfp(values, lines, length, f, options);

    double amax = 0;
    for (const float x : values)
      if (std::isfinite(x)) amax = std::max(amax, std::abs(static_cast<double>(x)));
    const ExactConverter exactly(f);
    int base = 0;
    if (options.base)
      base = *options.base;
    else if (f.base)
      base = *f.base;
    else if (f.exponent_bits == 8)
      base = -127;
    else if (amax > 0)
      base = std::clamp(
          exactly.wanted(amax) + (f.overflow == Overflow::Bump ? 1 : 0) - exactly.max_exponent(),
          -128, 127);
    const auto describe = [&](std::ostream& os) {
      describe_format(os, f, base);
      os << " g " << f.group_size << " lines " << lines << " length " << length;
    };
    checker.equal(base, got.base, describe);
    checker.equal(true,
                  got.lines == lines && got.length == length && got.group_size == f.group_size,
                  describe);
    const std::int64_t g = f.group_size, groups = (length + g - 1) / g;
    checker.equal(static_cast<std::size_t>(lines * length), got.codes.size(), describe);
    checker.equal(static_cast<std::size_t>(lines * groups), got.exponents.size(), describe);
    checker.equal(got.exponents.size(), got.flags.size(), describe);
    const std::vector<float> back = dequantize_bfp(f, got);
    std::int64_t saturated = 0;
    for (std::int64_t line = 0; line < lines; ++line)
      for (std::int64_t n = 0; n < groups; ++n) {
        std::vector<std::uint32_t> x, noise;
        for (std::int64_t k = n * g; k < (n + 1) * g; ++k) {
          x.push_back(k < length ? bits_of(values[static_cast<std::size_t>(line * length + k)])
                                 : 0);
          noise.push_back(noise_word(
              options.noise, static_cast<std::uint64_t>(line * g * groups + k), f.noise_bits));
        }
        const BfpGroup want = exactly.convert(base, x, noise);
        const auto at = static_cast<std::size_t>(line * groups + n);
        checker.equal(want.exponent, got.exponents[at], describe);
        checker.equal(want.flags, got.flags[at], describe);
        saturated += (want.flags & kSaturatedGroup) != 0 ? 1 : 0;
        for (std::int64_t k = n * g; k < std::min(length, (n + 1) * g); ++k) {
          const auto element = static_cast<std::size_t>(line * length + k);
          checker.equal(want.codes[static_cast<std::size_t>(k - n * g)], got.codes[element],
                        describe);
          const int code = got.codes[element];
          const bool minus = f.is_minifloat() ? code >> f.magnitude_bits != 0 : code < 0;
          const int magnitude =
              f.is_minifloat() ? code & ((1 << f.magnitude_bits) - 1) : std::abs(code);
          const double worth = exactly.worth(magnitude) * power(base + want.exponent);
          checker.equal(want.flags == kNanGroup
                            ? kFp32Nan
                            : bits_of(static_cast<float>(minus ? -worth : worth)),
                        bits_of(back[element]), describe);
        }
      }
    checker.equal(saturated, got.count(kSaturatedGroup), describe);
  }
  checker.finish(20'000);
}

// docs/contract.md (22), (23) by themselves, below every window that a format can have, too: |x|
// over the unit of its binade, rounded by the machine, and twice as much as is beyond from
// 2^(top + 2) on.
TEST_CASE("convert: a code is the machine's rounding at any exponent", "[convert][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (const Preset& preset : kPresets) {
    if (!preset.format.is_block()) continue;
    Format format = preset.format;
    format.rounding = RoundMode::NearestEven;
    const int p = format.significand_bits();
    for (int top = -190; top <= 130; ++top) {
      const auto check = [&](std::uint32_t bits) {
        const double x = static_cast<double>(std::bit_cast<float>(bits));
        int want = 0;
        if (x >= std::ldexp(1.0, top + 2)) {
          want = 2 * (format.max_code() + 1);
        } else if (x > 0) {
          const int binade = std::min(std::max(top - std::ilogb(x), 0), format.binades());
          const double units = std::nearbyint(std::ldexp(x, p - 1 - top + binade));
          want = (format.binades() - binade) * (1 << (p - 1)) + static_cast<int>(units);
        }
        checker.equal(want, block_code(format, top, bits, 0), [&](std::ostream& os) {
          os << preset.name << " top " << top << " x 0x" << std::hex << bits << std::dec;
        });
      };
      check(0);
      for (int power = top - 40; power <= top + 4; ++power) {
        if (power < -149 || power > 127) continue;
        const std::uint32_t bits =
            std::bit_cast<std::uint32_t>(static_cast<float>(std::ldexp(1.0, power)));
        const std::uint32_t any = bits | static_cast<std::uint32_t>(rng() & 0x7F'FFFF);
        for (const std::uint32_t x : {bits, bits - 1, bits + 1, any})
          if (x < kFp32Infinity) check(x);
      }
    }
  }
  checker.finish(15 * 20'000);
}

TEST_CASE("convert: exponents above the largest are NaN groups without their flag",
          "[convert][law][exhaustive]") {
  for (const Preset& preset : kPresets) {
    const Format& format = preset.format;
    if (!format.is_block()) continue;
    INFO(preset.name);
    const int most = format.exponent_bits == 8 ? 254 : (1 << format.exponent_bits) - 1;
    for (int e = 0; e <= 255; ++e)
      CHECK((block_value(format, -127, static_cast<std::uint8_t>(e), 0, 1) == kFp32Nan) ==
            (e > most));
  }
}

TEST_CASE("convert: the base of a tensor is that of its largest finite value",
          "[convert][law][edge]") {
  const float infinity = std::numeric_limits<float>::infinity();
  const float largest = std::numeric_limits<float>::max();
  Format format = *find_preset("fast4");
  const auto base = [&](std::vector<float> values) { return conversion_base(format, values); };
  CHECK(base({1.0f, infinity, -infinity}) == base({1.0f}));
  CHECK(base({1.0f, std::numeric_limits<float>::quiet_NaN()}) == base({1.0f}));
  CHECK(base({infinity}) == base({0.0f}));
  CHECK(base({1.0f, largest}) == 127 - 15);
  CHECK(base({-largest}) == 127 - 15);
  CHECK(base({1.0f}) == 0 - 15);
}

TEST_CASE("convert: blocks that nobody filled are empty, options are those of seed 0",
          "[convert][law]") {
  const BfpLines lines;
  CHECK(lines == BfpLines{0, 0, 1, 0, {}, {}, {}});
  CHECK(BfpGroup{} == BfpGroup{{}, 0, 0});
  CHECK(BfpOptions{}.noise == noise_seed(0));
  CHECK_FALSE(BfpOptions{}.base.has_value());
}

TEST_CASE("convert: block tensors without elements", "[convert][bfp][edge]") {
  const BfpLines none = convert_bfp({}, 0, 5, bfp_format(4));
  CHECK((none.codes.empty() && none.exponents.empty() && none.groups_per_line() == 1));
  const BfpLines short_lines = convert_bfp({}, 3, 0, integer_format(4, 4));
  CHECK((short_lines.exponents.empty() && short_lines.base == 0));
  CHECK(dequantize_bfp(bfp_format(4), none).empty());
}

}  // namespace
}  // namespace rh
