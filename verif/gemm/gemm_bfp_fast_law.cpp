// TEST RATIONALE. Every kernel of gemm_bfp_fast that this CPU has, against the definition, in all
// bits and in the words of its refusals. A kernel is panels of lines, words of codes, a buffer of
// steps, and one of three accumulators or two scales chosen tile by tile from the exponents that
// occur; what can go wrong lies at the edges of each. Covered:
//   - at random: every pair of 1 to 15 bits, and minifloats on either side; E of 1 to 8, g of 1 to
//     64 with short and single groups, K from 0, lines from 0 to beyond two panels of both sides,
//     chunks of 1 to 8 bits and of all of a code, NaN groups, -0, codes and exponents as in the
//     laws of the definition;
//   - accumulators: sums at their bound, of either sign, with exponents whose range makes them need
//     62 to 66 bits and 126 to 130, with K that sets more than one bit; cancellation from there;
//   - scales: one small product whose results walk through all of FP32's range, from below the
//     smallest subnormal number to infinity and infinity - infinity;
//   - pieces: groups of up to 65,535 values of the largest codes of 7, 8, 11 and 15 bits, and fp32
//     just below 2^24;
//   - NaN groups and groups of zeros with exponents far from all others.
//
// Mutants this kills: an accumulator or a scale taken one bit or one binade beyond what it holds,
// and all of FP32 by products of floats; 8 bits taken for 7 on either side, pieces of 2^32 or none,
// offsets of b with the wrong sign or of another row, an unsigned low code; padding that is not
// skipped, least exponents not taken off, missing or not 0 without groups, a panel's NaN forgotten
// on either side or by a sum of infinities, 255 as an exponent, any flag as NaN; chunk pairs in the
// other order, of the other plane, not shifted or not counted in the largest scale, one plane taken
// for the code, steps accumulated backwards; the last steps dropped, a buffer not emptied, bits
// below 64 lost; a second rounding or none.
#include "gemm/gemm_bfp_fast.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "gemm/bfp_cases.hpp"

namespace rh {
namespace {

using namespace bfp_cases;

void describe(std::ostream& os, const Side& a, const Side& b, const BfpProduct& how) {
  os << name(how.accumulation) << ", chunks of " << how.chunk_bits << ", m "
     << a.format.magnitude_bits << " x " << b.format.magnitude_bits << ", E "
     << a.format.exponent_bits << " + " << b.format.exponent_bits << ", base " << a.lines.base
     << " + " << b.lines.base << ", g " << a.lines.group_size << ", M x K x N " << a.lines.lines
     << " x " << a.lines.length << " x " << b.lines.lines;
}

class Laws {
 public:
  void check(const Side& a, const Side& b, const BfpProduct& how = {}) {
    const auto want = gemm_bfp(a.operand(), b.operand(), how);
    for (const BfpProductKernel& kernel : bfp_product_kernels()) {
      if (!kernel.supported()) continue;
      const auto got = kernel.multiply(a.operand(), b.operand(), how);
      checker_.equal(want.size(), got.size(), [&](std::ostream& os) { describe(os, a, b, how); });
      if (want.size() != got.size()) continue;
      for (std::size_t i = 0; i < want.size(); ++i)
        checker_.equal(want[i], got[i], [&](std::ostream& os) {
          os << kernel.name << ", result " << i << ", ";
          describe(os, a, b, how);
        });
    }
  }
  void finish(std::uint64_t at_least) { checker_.finish(at_least); }

 private:
  bench::Checker checker_;
};

// A small number, often 0, often around an edge of panels, words or steps.
std::int64_t size(std::mt19937_64& rng, std::int64_t most) {
  const std::array<std::int64_t, 12> edges = {0, 1, 2, 3, 7, 8, 9, 31, 32, 33, 64, 65};
  const auto any = static_cast<std::int64_t>(rng() % static_cast<std::uint64_t>(most + 1));
  return rng() % 2 == 0 ? any : std::min(edges[rng() % edges.size()], most);
}

int group_size(std::mt19937_64& rng) {
  const std::array groups = {1, 2, 3, 4, 8, 15, 16, 17, 32, 64};
  return rng() % 3 == 0 ? 1 + static_cast<int>(rng() % 64) : groups[rng() % groups.size()];
}

// Two operands that have a product, most often in the middle of FP32's range.
void random_product(Laws& laws, std::mt19937_64& rng, const Format& format_a,
                    const Format& format_b) {
  const int g = group_size(rng);
  const std::int64_t length = size(rng, 100);
  Side a = side_of(format_a, size(rng, 20), length, g, 0);
  Side b = side_of(format_b, size(rng, 70), length, g, 0);
  const auto middle = [](const Side& side) { return -side.largest_exponent() / 2; };
  a.lines.base = rng() % 4 == 0 ? static_cast<int>(rng() % 256) - 128 : middle(a);
  b.lines.base = rng() % 4 == 0 ? static_cast<int>(rng() % 256) - 128 : middle(b);
  randomize(a, rng, rng() % 4 == 0);
  randomize(b, rng, rng() % 4 == 0);
  // Exponents as tensors have them: within a few binades.
  for (Side* side : {&a, &b})
    if (rng() % 2 == 0)
      for (std::uint8_t& e : side->lines.exponents)
        if (e <= side->largest_exponent())
          e = static_cast<std::uint8_t>(std::max(side->largest_exponent() / 2 - e % 8, 0));
  laws.check(a, b);

  // fp32, with fewer lines where there are many passes.
  const int c = rng() % 4 == 0 ? 15 : 1 + static_cast<int>(rng() % 8);
  const auto most = [&](const Format& f) { return (1 << std::min(integer_bits(f), c)) - 1; };
  if (std::int64_t{g} * most(format_a) * most(format_b) >= 1 << 24) return;
  const int count = passes(integer_bits(format_a), integer_bits(format_b), c);
  const auto shorten = [&](Side& side) {
    const std::int64_t keep = std::min(side.lines.lines, std::max<std::int64_t>(70 / count, 3));
    const BfpLines all = side.lines;
    side = side_of(side.format, keep, all.length, all.group_size, all.base);
    std::copy_n(all.codes.begin(), side.lines.codes.size(), side.lines.codes.begin());
    std::copy_n(all.exponents.begin(), side.lines.exponents.size(), side.lines.exponents.begin());
    std::copy_n(all.flags.begin(), side.lines.flags.size(), side.lines.flags.begin());
  };
  shorten(a);
  shorten(b);
  laws.check(a, b, {Accumulation::Fp32, c});
}

TEST_CASE("gemm: fast block products of any two formats equal the definition",
          "[gemm][bfp][law][random]") {
  Laws laws;
  auto rng = bench::rng();
  const auto exponent_bits = [&] { return 1 + static_cast<int>(rng() % 8); };
  for (int round = 0; round < 3; ++round)
    for (int m_a = 1; m_a <= 15; ++m_a)
      for (int m_b = 1; m_b <= 15; ++m_b)
        random_product(laws, rng, format_of(m_a, exponent_bits()), format_of(m_b, exponent_bits()));
  for (int i = 0; i < 200; ++i) {
    Format formats[2];
    for (Format& format : formats) {
      constexpr const char* kMinifloats[] = {"mxfp4", "mxfp6-e2m3", "mxfp6-e3m2"};
      format = rng() % 4 == 0 ? bfp_format(1 + static_cast<int>(rng() % 8))
                              : *find_preset(kMinifloats[rng() % 3]);
      format.exponent_bits = exponent_bits();
    }
    random_product(laws, rng, formats[0], formats[1]);
  }
  laws.finish(1'000'000);
}

// Line 0 of both sides is all largest codes with the largest exponents that are taken, line 1 the
// negative of it in A, line 2 ones with the least exponent, line 3 of A the first without its last
// group, which has the least exponent and the code 1.
TEST_CASE("gemm: fast block products hold every sum that an accumulator just holds",
          "[gemm][bfp][law][edge]") {
  Laws laws;
  for (const int m_a : {1, 4, 7, 8, 15})
    for (const int m_b : {1, 3, 7, 9, 15})
      for (const std::int64_t length : {1, 16, 33, 48})
        for (const int boundary : {64, 128})
          for (int more = -2; more <= 2; ++more) {
            const Format a8 = format_of(m_a, 8), b8 = format_of(m_b, 8);
            const int range = boundary + more - (accumulator_bits(a8, b8, length) - 510);
            for (const int range_a : {0, range / 3, range}) {
              const auto side = [&](const Format& format, int of_range) {
                Side out = side_of(format, 4, length, 16, -127 - (range > 100 ? 40 : 0) + 39);
                const auto largest = static_cast<std::int16_t>((1 << format.magnitude_bits) - 1);
                for (std::int64_t k = 0; k < length; ++k)
                  for (std::int64_t line = 0; line < 4; ++line) {
                    const bool end = k / 16 == (length - 1) / 16;
                    const bool low = line == 2 || (line == 3 && end);
                    out.lines.codes[out.element(line, k)] =
                        low ? std::int16_t{1}
                            : static_cast<std::int16_t>(line == 1 ? -largest : largest);
                    out.lines.exponents[out.group(line, k)] =
                        static_cast<std::uint8_t>(20 + (low ? 0 : of_range));
                  }
                return out;
              };
              const Side a = side(a8, range_a), b = side(b8, range - range_a);
              laws.check(a, b);
            }
          }
  laws.finish(5 * 5 * 4 * 10 * 16);
}

TEST_CASE("gemm: fast block products are right at every scale of a result",
          "[gemm][bfp][law][exhaustive]") {
  Laws laws;
  auto rng = bench::rng();
  for (const int m : {1, 3, 4, 8, 15})
    for (int bases = -256; bases <= 254; ++bases) {
      const int base_a = std::clamp(bases / 2, -128, 127);
      // A few exponents, or as many as 64 bits just hold: 2 m + 2 are of the sum.
      const int range = rng() % 2 == 0 ? static_cast<int>(rng() % 4) : 62 - 2 * m;
      const auto side = [&](std::int64_t lines, int base, int of_range) {
        Side out = side_of(m, 8, lines, 4, 2, base);
        randomize(out, rng, false);
        for (std::uint8_t& e : out.lines.exponents)
          e = static_cast<std::uint8_t>((rng() % 2 == 0 ? of_range : 0) + 3);
        return out;
      };
      const Side a = side(3, base_a, range / 2), b = side(5, bases - base_a, range - range / 2);
      laws.check(a, b);
      laws.check(a, b, {Accumulation::Fp32, 4});
      laws.check(a, b, {Accumulation::Fp32, 11});
    }
  laws.finish(100'000);
}

TEST_CASE("gemm: fast block products of long groups equal the definition",
          "[gemm][bfp][law][edge]") {
  Laws laws;
  struct Long {
    int m, g;
    std::int64_t length;
    int c;  // of fp32; 0: not that
  };
  for (const Long x : {Long{7, 1000, 2500, 7},
                       {7, 65'535, 70'000, 0},
                       {8, 258, 600, 8},
                       {8, 33'026, 33'030, 0},
                       {11, 513, 1026, 0},
                       {11, 65'535, 300, 4},
                       {15, 1, 3, 0},
                       {15, 3, 7, 8},
                       {15, 258, 516, 8},
                       {15, 1000, 1001, 0}})
    for (const int pattern : {0, 1, 2}) {
      const auto side = [&](bool of_a) {
        Side out = side_of(x.m, 3, 2, x.length, x.g, -5);
        const auto largest = static_cast<std::int16_t>((1 << x.m) - 1);
        for (std::size_t k = 0; k < out.lines.codes.size(); ++k) {
          const bool minus = of_a && (pattern == 1 || (pattern == 2 && k % 3 == 1));
          out.lines.codes[k] = static_cast<std::int16_t>(minus ? -largest : largest);
        }
        for (std::size_t j = 0; j < out.lines.exponents.size(); ++j)
          out.lines.exponents[j] = static_cast<std::uint8_t>(7 - j % 8);
        return out;
      };
      const Side a = side(true), b = side(false);
      laws.check(a, b);
      if (x.c != 0) laws.check(a, b, {Accumulation::Fp32, x.c});
    }
  laws.finish(16 * 3 * 4);
}

// Groups that do not count must not move the window of those that do.
TEST_CASE("gemm: fast block products ignore the exponents of zeros and of NaN groups",
          "[gemm][bfp][law][edge]") {
  Laws laws;
  auto rng = bench::rng();
  for (int i = 0; i < 300; ++i) {
    Side a = side_of(4, 8, 11, 50, 16, -127), b = side_of(3, 8, 35, 50, 16, -127);
    for (Side* side : {&a, &b}) {
      randomize(*side, rng, false);
      for (std::int64_t line = 0; line < side->lines.lines; ++line)
        for (std::int64_t k = 0; k < side->lines.length; k += 16) {
          const std::size_t group = side->group(line, k);
          side->lines.exponents[group] = static_cast<std::uint8_t>(120 + rng() % 12);
          if (rng() % 4 != 0) continue;
          side->lines.exponents[group] = static_cast<std::uint8_t>(rng() % 255);
          if (rng() % 8 == 0) {
            side->lines.flags[group] = kNanGroup;
          } else {
            const std::int64_t end = std::min<std::int64_t>(k + 16, side->lines.length);
            for (std::int64_t at = k; at < end; ++at)
              side->lines.codes[side->element(line, at)] = 0;
          }
        }
    }
    laws.check(a, b);
    if (i % 4 == 0) laws.check(a, b, {Accumulation::Fp32, 2 + i % 3});
  }
  laws.finish(100'000);
}

std::string refusal(const Side& a, const Side& b, const BfpProduct& how,
                    std::vector<std::uint32_t> (*multiply)(const BfpOperand&, const BfpOperand&,
                                                           const BfpProduct&)) {
  try {
    static_cast<void>(multiply(a.operand(), b.operand(), how));
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("gemm: fast block products refuse what the definition refuses, in its words",
          "[gemm][bfp][edge]") {
  const auto same = [](const Side& a, const Side& b, const BfpProduct& how = {}) {
    const std::string want = refusal(a, b, how, gemm_bfp);
    CHECK(!want.empty());
    CHECK(refusal(a, b, how, gemm_bfp_fast) == want);
  };
  const Side good = side_of(4, 3, 1, 32, 16, 0);
  Side bad = good;
  bad.format = *find_preset("mxfp8-e4m3");
  same(good, bad);
  bad.format = kInt8;
  same(bad, good);
  bad = good;
  bad.lines.codes[31] = 16;
  same(good, bad);
  bad = good;
  bad.lines.exponents[1] = 8;
  same(bad, good);
  same(good, side_of(4, 3, 1, 48, 16, 0));
  same(good, side_of(4, 3, 1, 32, 8, 0));
  same(good, good, {Accumulation::Exact, 0});
  same(good, good, {Accumulation::Exact, 2, 20});
  const Side wide = side_of(15, 8, 1, 32, 16, 0);
  same(wide, wide, {Accumulation::Fp32, 15});
}

TEST_CASE("gemm: a fast block product takes any base", "[gemm][bfp][edge]") {
  Laws laws;
  auto rng = bench::rng();
  for (const int base : {-2000, -129, 128, 2000}) {
    Side a = side_of(4, 4, 3, 20, 16, base), b = side_of(4, 4, 3, 20, 16, -base);
    randomize(a, rng, false);
    randomize(b, rng, false);
    for (const Accumulation accumulation : {Accumulation::Exact, Accumulation::Fp32}) {
      laws.check(a, b, {accumulation});
      laws.check(a, a, {accumulation});
    }
  }
  laws.finish(4 * 4 * 9);
}

}  // namespace
}  // namespace rh
