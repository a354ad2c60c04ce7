// TEST RATIONALE. Every kernel of convert_bfp_fast that this CPU has, against the definition, all
// fields, and its dequantised values bit by bit. The kernels differ from exact integers where
// somebody forgot a case, so the cases are crossed:
//   formats  all presets, bfp<m> and hbfp<m>, all rules, modes, overflow rules, with and without
//            -2^m, noise of 1, 3, 8 and 14 bits, exponents of 3, 4, 5 and 8 bits, bases
//   groups   1, 3, 16, 32, 48 and one too long for a block, whole and short last ones, lines that
//            share a block and lines that do not
//   values   each kind of group at each place of a block (below); codes at the last binade; the
//            FP32 neighbours of ties; random bit patterns
// A vectorised loop has a tail: the values of small tensors end at a forbidden page.
//
// Mutants this kills: each rule's carry off by one or doubled, the ceil rule without its -1; noise
// not doubled, without its +1, not skipped at padding; limits of codes off by one, missing for
// -2^m; zero groups with an exponent or an underflow; subnormal, infinite, too small and too large
// scales left to the loops; bumps without flag, limit or halved scale; bytes for groups longer than
// the noise stream gives at once; lanes of amax swapped; a tensor's first or last codes past the
// caches misplaced; dequantised overflow, subnormal scales and codes that are no numbers.
#include "convert/convert_bfp_fast.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "bench/guarded.hpp"

namespace rh {
namespace {

using Rng = std::mt19937_64;

float from_bits(std::uint64_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
}
std::uint32_t bits_of(float x) {
  return std::bit_cast<std::uint32_t>(x);
}

// Compares every field; a format is shown by its fields.
struct Shown {
  const Format& f;
  std::string_view kernel;
  const char* field;
  void operator()(std::ostream& os) const {
    os << kernel << " " << field << " of m " << f.magnitude_bits << " elements "
       << f.element_exponent_bits << " E " << f.exponent_bits << " g " << f.group_size << " "
       << name(f.rounding) << " R " << f.noise_bits << " " << name(f.rule) << " "
       << name(f.overflow) << (f.most_negative ? " most-negative" : "");
  }
};

void check(bench::Checker& checker, std::span<const float> values, std::int64_t lines,
           std::int64_t length, const Format& format, const BfpOptions& options = {}) {
  const BfpLines want = convert_bfp(values, lines, length, format, options);
  const std::vector<float> want_values = dequantize_bfp(format, want);
  for (const BfpKernel& kernel : bfp_kernels()) {
    if (!kernel.supported()) continue;
    BfpLines got{7, 7, 7, 7, {1}, {2}, {3}};  // what an earlier conversion left
    kernel.convert(values, lines, length, format, options, got);
    const auto shown = [&](const char* field) { return Shown{format, kernel.name, field}; };
    checker.equal(want.base, got.base, shown("base"));
    checker.equal(want.base, kernel.base(format, values, options), shown("base alone"));
    checker.equal(true, want.exponents == got.exponents, shown("exponents"));
    checker.equal(true, want.flags == got.flags, shown("flags"));
    checker.equal(true, want == got, shown("some field"));
    for (std::size_t i = 0; i < std::min(want.codes.size(), got.codes.size()); ++i)
      checker.equal(want.codes[i], got.codes[i], [&](std::ostream& os) {
        shown("code")(os);
        os << " at " << i << " value 0x" << std::hex << bits_of(values[i]) << std::dec;
      });
    bench::Guarded<float> back(want.codes.size());
    kernel.dequantize(format, want, back.span());
    for (std::size_t i = 0; i < want_values.size(); ++i)
      checker.equal(bits_of(want_values[i]), bits_of(back[i]), [&](std::ostream& os) {
        shown("value")(os);
        os << " at " << i << " code " << want.codes[i];
      });
  }
}

constexpr RoundMode kModes[] = {RoundMode::Truncate, RoundMode::NearestEven, RoundMode::NearestAway,
                                RoundMode::Stochastic, RoundMode::StochasticUnbiased};
constexpr ExponentRule kRules[] = {ExponentRule::Floor, ExponentRule::Ceil, ExponentRule::Even,
                                   ExponentRule::Rceil};
constexpr int kNoiseBits[] = {1, 3, 8, 14};
constexpr int kExponentBits[] = {3, 4, 5, 8};

std::vector<Format> elements() {
  std::vector<Format> formats;
  for (const Preset& preset : kPresets)
    if (preset.format.is_block()) formats.push_back(preset.format);
  for (int m = 1; m <= 8; ++m) formats.push_back(bfp_format(m));
  for (const int m : {1, 4, 8, 15}) formats.push_back(hbfp_format(m));
  for (const int m : {11, 14, 15}) formats.push_back(bfp_format(m));
  return formats;
}

// A group of some kind; most kinds are rare in data.
void fill_group(Rng& rng, std::span<float> group) {
  std::normal_distribution<float> normal;
  const int exponent = static_cast<int>(rng() % 30) - 15;
  const auto any = [&] { return std::ldexp(normal(rng), exponent); };
  switch (rng() % 14) {
    case 0:
      for (float& x : group) x = from_bits(bits_of(any()) & 0xFFFF'0000);  // a bf16 number
      break;
    case 1:  // powers of two
      for (float& x : group) x = std::ldexp(rng() % 2 ? 1.0f : -1.0f, exponent - int(rng() % 9));
      break;
    case 2:  // one ulp below them
      for (float& x : group)
        x = from_bits(bits_of(std::ldexp(1.0f, exponent - int(rng() % 9))) - 1 + (rng() << 31));
      break;
    case 3:
      for (float& x : group) x = from_bits(rng() & 0x80FF'FFFF);  // at the smallest normal number
      break;
    case 4:
      for (float& x : group) x = rng() % 2 ? 0.0f : -0.0f;
      break;
    case 5:
      for (float& x : group) x = any();
      group[rng() % group.size()] = from_bits(0x7F80'0000 | rng() << 31 | rng() % 3);  // Inf, NaN
      break;
    case 6:
      for (float& x : group) x = any();
      group[rng() % group.size()] = std::ldexp(any(), 20);  // one huge lane
      break;
    case 7:
      for (float& x : group) x = from_bits(rng() % 3 ? rng() : 0x7F7F'FFFF | rng() << 31);
      break;
    case 8:
      for (float& x : group) x = from_bits((rng() & 0x87FF'FFFF) + (rng() % 60 << 23));  // small
      break;
    case 9:  // around ties: the binade of a code, half a unit, neighbours
      for (float& x : group) {
        const float tie = static_cast<float>(rng() % 512) + 0.5f;
        x = std::ldexp(from_bits(bits_of(tie) + rng() % 3 - 1 + (rng() << 31)), exponent);
      }
      break;
    case 10:  // multiples of a code's half
      for (float& x : group) x = std::ldexp(static_cast<float>(rng() % 1'025) - 512, exponent);
      break;
    case 11:
      for (float& x : group) x = from_bits((rng() & 0x80FF'FFFF) + (0x7E00'0000));  // large
      break;
    default:
      for (float& x : group) x = any();
  }
}

void fill(Rng& rng, std::span<float> values, std::int64_t length, std::int64_t g) {
  const auto size = static_cast<std::int64_t>(values.size());
  for (std::int64_t line = 0; line < size; line += length)
    for (std::int64_t i = 0; i < length; i += g)
      fill_group(rng, values.subspan(static_cast<std::size_t>(line + i),
                                     static_cast<std::size_t>(std::min(g, length - i))));
}

TEST_CASE("convert: bfp fast equals the definition for every format and mode",
          "[convert][random]") {
  bench::Checker checker;
  Rng rng = bench::rng();
  for (const Format& element : elements())
    for (const RoundMode mode : kModes)
      for (int variant = 0; variant < 6; ++variant) {
        Format f = element;
        f.rounding = mode;
        if (variant > 0) {
          f.noise_bits = kNoiseBits[rng() % 4];
          f.rule = kRules[rng() % 4];
          f.exponent_bits = kExponentBits[rng() % 4];
          f.overflow = rng() % 2 ? Overflow::Bump : Overflow::Saturate;
          f.most_negative = !f.is_minifloat() && rng() % 2;
          constexpr int kSizes[] = {1, 3, 16, 32, 48};
          f.group_size = kSizes[rng() % 5];
        }
        BfpOptions options;
        options.noise = noise_seed(rng());
        if (rng() % 3 == 0)
          options.base = rng() % 3 ? kMinBase + static_cast<int>(rng() % 256) : kMinBase;
        if (rng() % 3 == 0) f.base = -static_cast<int>(rng() % 20);
        const std::int64_t lines = 1 + static_cast<std::int64_t>(rng() % 3);
        const std::int64_t groups = 1 + static_cast<std::int64_t>(rng() % 40);
        const std::int64_t short_by =
            rng() % 2 ? 0 : static_cast<std::int64_t>(rng()) % f.group_size;
        const std::int64_t length = f.group_size * groups - std::abs(short_by);
        bench::Guarded<float> values(static_cast<std::size_t>(lines * length));
        fill(rng, values.span(), length, f.group_size);
        check(checker, values.span(), lines, length, f, options);
      }
  checker.finish(500'000);
}

TEST_CASE("convert: bfp fast equals the definition for tensors of every shape",
          "[convert][exhaustive]") {
  bench::Checker checker;
  Rng rng = bench::rng();
  for (const int g : {1, 3, 16, 32, 48})
    for (std::int64_t lines = 0; lines <= 3; ++lines)
      for (std::int64_t length = 0; length <= 100; ++length) {
        Format f = bfp_format(4);
        f.group_size = g;
        f.rounding = length % 2 ? RoundMode::Stochastic : RoundMode::NearestEven;
        bench::Guarded<float> values(static_cast<std::size_t>(lines * length),
                                     length % 4 < 2 ? bench::Guard::Behind : bench::Guard::Before);
        fill(rng, values.span(), length, g);
        check(checker, values.span(), lines, length, f);
      }
  checker.finish(100'000);
}

TEST_CASE("convert: bfp fast equals the definition for groups longer than a block",
          "[convert][edge]") {
  bench::Checker checker;
  Rng rng = bench::rng();
  for (const int g : {1'024, 1'040, 4'096, 4'097, 9'000})
    for (const RoundMode mode : kModes) {
      Format f = bfp_format(3);
      f.group_size = g;
      f.rounding = mode;
      f.overflow = Overflow::Bump;
      f.exponent_bits = 4;  // a base that the whole tensor decides
      std::vector<float> values(static_cast<std::size_t>(2 * g + 17) * 2);
      fill(rng, values, 2 * g + 17, g);
      check(checker, values, 2, 2 * g + 17, f);
    }
  checker.finish(100'000);
}

TEST_CASE("convert: bfp fast finds the largest value of a tensor at any place of it",
          "[convert][edge]") {
  bench::Checker checker;
  Rng rng = bench::rng();
  std::normal_distribution<float> normal;
  const Format& f = *find_preset("fast4");
  for (const std::size_t length : {16'383u, 16'384u, 16'385u, 40'000u}) {
    std::vector<float> values(length);
    for (float& x : values) x = normal(rng);
    for (const std::size_t place : {std::size_t{0}, length / 3, length / 2, length - 1}) {
      const float kept = std::exchange(values[place], -1e9f);
      check(checker, values, 1, static_cast<std::int64_t>(length), f);
      values[place] = kept;
    }
  }
  checker.finish(100'000);
}

// Tensors beyond the caches are written around them, in a way of their own: by whole cache lines.
TEST_CASE("convert: bfp fast equals the definition for tensors beyond the caches",
          "[convert][edge]") {
  Rng rng = bench::rng();
  std::normal_distribution<float> normal;
  struct Shape {
    int g;
    std::int64_t lines, length;
  };
  for (const auto [g, lines, length] :
       {Shape{16, 1, (1 << 22) + 5}, Shape{2'048, 2, 1 << 21}, Shape{48, 4'099, 1'031}}) {
    std::vector<float> values(static_cast<std::size_t>(lines * length));
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = i < 100'000 ? normal(rng) : values[i - 99'991];
    Format f = bfp_format(4);
    f.group_size = g;
    f.rounding = RoundMode::Stochastic;
    const BfpLines want = convert_bfp(values, lines, length, f);
    for (const BfpKernel& kernel : bfp_kernels()) {
      if (!kernel.supported()) continue;
      BfpLines got;
      kernel.convert(values, lines, length, f, {}, got);
      INFO(kernel.name << ", groups of " << g);
      CHECK(want == got);
    }
  }
}

// Each code of an element, and codes that conversion never makes, at both ends of the exponents.
TEST_CASE("convert: bfp values of every code equal the definition", "[convert][exhaustive]") {
  bench::Checker checker;
  for (const Format& f : elements())
    for (const int base : {kMinBase, -127, 0, kMaxBase}) {
      BfpLines lines{0, 1 << 12, f.group_size, base, {}, {}, {}};
      const int bits = std::min(f.element_bits(), 12);
      for (const int e : {0, 1, 2, 14, 25, 100, 126, 127, 128, 240, 254, 255}) {
        ++lines.lines;
        for (std::int64_t i = 0; i < lines.length; ++i) {
          const int code = static_cast<int>(i) % (1 << bits);
          const int sign = 1 << (bits - 1);
          lines.codes.push_back(static_cast<std::int16_t>(
              f.is_minifloat() ? code : ((code ^ sign) - sign) * (1 << (f.element_bits() - bits))));
        }
        for (std::int64_t j = 0; j < lines.groups_per_line(); ++j) {
          lines.exponents.push_back(static_cast<std::uint8_t>(e));
          lines.flags.push_back(j % 7 == 6 ? kNanGroup : j % 2 == 0 ? 0 : kSaturatedGroup);
        }
      }
      const std::vector<float> want = dequantize_bfp(f, lines);
      for (const BfpKernel& kernel : bfp_kernels()) {
        if (!kernel.supported()) continue;
        std::vector<float> got(want.size());
        kernel.dequantize(f, lines, got);
        for (std::size_t i = 0; i < want.size(); ++i)
          checker.equal(bits_of(want[i]), bits_of(got[i]), [&](std::ostream& os) {
            Shown{f, kernel.name, "value"}(os);
            os << " base " << base << " at " << i << " code " << lines.codes[i];
          });
      }
    }
  checker.finish(1'000'000);
}

}  // namespace
}  // namespace rh
