// TEST RATIONALE. The golden block product against arithmetic that shares no code with it. Exact
// results: products of codes become long doubles, which hold them, their sum is kept in signed
// digits of base 2^32, and a result is right if the sum lies between the two midpoints around it,
// at a midpoint only if its significand is even. fp32 results: a sequence of the machine's float
// additions of chunk dot products, with chunks taken by division. State space: codes x exponents x
// bases x formats x K x chunk widths. Covered:
//   - exhausted: all pairs of lines of two codes of up to 3 bits with every exponent of 1 bit, in
//     one group and in two, where FP32 is normal, subnormal and about to overflow;
//   - at random: both operands of 1 to 15 bits, 1, 3, 4, 5 and 8 exponent bits, groups of 1 to 32,
//     K of 0 to 80 with short last groups, bases up to both ends, exponents uniform, equal or at
//     their ends, codes sparse, extreme or in cancelling pairs, NaN groups;
//   - laws: the result of exact is the same for every chunk width, order of passes, groups and
//     lanes, and for any part of the matrix; fp32 does depend on order and chunk width, literally;
//   - widths: the largest sums by closed form, one term more and one bit fewer than the limit;
//   - long sums: a tie decided by one bit, at every distance; sums of up to 128 bits round as
//     normalize() does, edges and at random;
//   - minifloats: every code of E2M1, E2M3, E3M2 against the number that OCP's text gives it and
//     against the decoder of the conversion at all 255 scales; products of any two of them, and
//     with integers, against the same two oracles.
//
// Mutants this kills: a chunk's or an operand's exponent taken for the other's, a unit off by one,
// lines of A read for B, a short group read as full or strided as padded; 255 as an exponent, all
// ones as NaN below 8 bits, another flag as NaN, NaN only if in both or forgotten by the next
// group; fp32 from the most significant chunk, by chunks of B first, by groups downwards, from -0,
// without the unit; a sticky bit that misses an end, a carry or borrow that stops or is taken at
// equality, a sign lost, 576 bits; widths and limits off by one, E_a or m_a for both, 2^m for 2^m
// - 1; integers of minifloats of one bit more, of the binade above, without sign, without their
// element_exponent in the unit or in the base, in a format of fewer bits.
#include "gemm/gemm_bfp.hpp"

#include <cmath>
#include <numeric>
#include <string>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "gemm/bfp_cases.hpp"
#include "normalize/cases.hpp"
#include "normalize/normalize.hpp"

namespace rh {
namespace {

using namespace bfp_cases;

// ---- exact real arithmetic ----------------------------------------------------------------------

// A sum of long doubles of exponents within +-1,000, exact.
class Real {
 public:
  void add(long double x) {
    if (x == 0) return;
    int exponent = 0;
    const long double fraction = std::frexp(std::fabs(x), &exponent);  // 1/2 <= fraction < 1
    const auto significand = static_cast<std::uint64_t>(std::ldexp(fraction, 64));
    const int position = exponent - 64 + 32 * kBelow;
    const int shift = position % 32;
    const auto at = static_cast<std::size_t>(position / 32);
    const std::uint64_t low = significand & 0xFFFF'FFFF;
    const std::uint64_t high = significand >> 32;
    const auto digit = [&](std::size_t i, std::uint64_t part) {
      digits_.at(i) += x < 0 ? -static_cast<std::int64_t>(part) : static_cast<std::int64_t>(part);
    };
    digit(at, (low << shift) & 0xFFFF'FFFF);
    digit(at + 1, (low << shift) >> 32);
    digit(at + 1, (high << shift) & 0xFFFF'FFFF);
    digit(at + 2, (high << shift) >> 32);
  }
  int sign() const {
    std::int64_t carry = 0;
    bool any = false;
    for (const std::int64_t digit : digits_) {
      const std::int64_t sum = digit + carry;
      carry = sum >> 32;  // the floor
      any = any || sum != carry * (std::int64_t{1} << 32);
    }
    return carry < 0 ? -1 : any ? 1 : 0;
  }
  int compared_with(long double x) const {
    Real difference = *this;
    difference.add(-x);
    return difference.sign();
  }

 private:
  static constexpr int kBelow = 32;
  std::array<std::int64_t, 64> digits_{};
};

// The number of that bit pattern; infinity is where the next number would be.
long double number(std::uint32_t magnitude) {
  if (magnitude == kFp32Infinity) return std::ldexp(1.0L, 128);
  return std::bit_cast<float>(magnitude);
}

// Is `bits` the FP32 number nearest to the sum, ties to even?
bool is_nearest(const Real& sum, std::uint32_t bits) {
  const std::uint32_t magnitude = fp32::magnitude(bits);
  if (magnitude > kFp32Infinity) return false;
  if (sum.sign() == 0) return bits == 0;
  const int sign = sum.sign();
  if (fp32::negative(bits) != (sign < 0)) return false;
  const auto beyond = [&](long double x) { return sum.compared_with(sign * x) * sign; };
  const bool even = magnitude % 2 == 0;
  if (magnitude > 0) {
    const int side = beyond((number(magnitude - 1) + number(magnitude)) / 2);
    if (side < 0 || (side == 0 && !even)) return false;
  }
  if (magnitude < kFp32Infinity) {
    const int side = beyond((number(magnitude) + number(magnitude + 1)) / 2);
    if (side > 0 || (side == 0 && !even)) return false;
  }
  return true;
}

// ---- the two oracles ----------------------------------------------------------------------------

// An element as docs/contract.md (37) would have it, by hand: bits of its integer, and the exponent
// of the integer's unit.
struct Element {
  int bits, unit;
};
constexpr std::array kMinifloats = {"mxfp4", "mxfp6-e2m3", "mxfp6-e3m2"};
Element element_of(const Format& format) {
  const int exponent_bits = format.element_exponent_bits;
  if (exponent_bits == 0) return {format.magnitude_bits, 1 - format.magnitude_bits};
  if (exponent_bits == 3) return {9, -4};              // E3M2
  return format.magnitude_bits == 3 ? Element{4, -1}   // E2M1
                                    : Element{6, -3};  // E2M3
}

// The number of a code of a minifloat, as OCP Microscaling formats 1.0 define it; a code itself if
// it is an integer.
double element_value(const Format& format, int code) {
  if (format.element_exponent_bits == 0) return code;
  const int mantissa_bits = format.magnitude_bits - format.element_exponent_bits;
  const int bias = (1 << (format.element_exponent_bits - 1)) - 1;
  const int field = code >> mantissa_bits & ((1 << format.element_exponent_bits) - 1);
  const int mantissa = code & ((1 << mantissa_bits) - 1);
  const double fraction = std::ldexp(mantissa, -mantissa_bits);
  const double magnitude =
      field == 0 ? std::ldexp(fraction, 1 - bias) : std::ldexp(1 + fraction, field - bias);
  return code >> format.magnitude_bits != 0 ? -magnitude : magnitude;
}
int integer(const Format& format, int code) {
  if (format.element_exponent_bits == 0) return code;
  return static_cast<int>(std::ldexp(element_value(format, code), -element_of(format).unit));
}

struct Line {
  const Side& a;
  const Side& b;
  std::int64_t m, n;

  bool nan() const {
    for (std::int64_t k = 0; k < a.lines.length; ++k)
      if (a.nan(a.group(m, k)) || b.nan(b.group(n, k))) return true;
    return false;
  }
  // Exponent of the unit of a product of codes of term k.
  int unit(std::int64_t k) const {
    return a.lines.base + a.lines.exponents[a.group(m, k)] + element_of(a.format).unit +
           b.lines.base + b.lines.exponents[b.group(n, k)] + element_of(b.format).unit;
  }
  int code_a(std::int64_t k) const { return integer(a.format, a.lines.codes[a.element(m, k)]); }
  int code_b(std::int64_t k) const { return integer(b.format, b.lines.codes[b.element(n, k)]); }

  Real sum() const {
    Real real;
    for (std::int64_t k = 0; k < a.lines.length; ++k)
      real.add(std::ldexp(static_cast<long double>(code_a(k) * code_b(k)), unit(k)));
    return real;
  }

  // Float additions of chunk dot products, which take the lowest digits of base 2^c first.
  std::uint32_t machine(int c) const {
    const int base = 1 << c;
    const int bits_a = element_of(a.format).bits, bits_b = element_of(b.format).bits;
    float sum = 0;
    for (std::int64_t first = 0; first < a.lines.length; first += a.lines.group_size) {
      const std::int64_t end = std::min(first + a.lines.group_size, a.lines.length);
      for (int weight_a = 1, i = 0; weight_a < 1 << bits_a; weight_a *= base, ++i)
        for (int weight_b = 1, j = 0; weight_b < 1 << bits_b; weight_b *= base, ++j) {
          double dot = 0;
          for (std::int64_t k = first; k < end; ++k)
            dot += code_a(k) / weight_a % base * (code_b(k) / weight_b % base);
          sum += static_cast<float>(
              std::ldexp(static_cast<long double>(dot), unit(first) + c * (i + j)));
        }
    }
    return std::isnan(sum) ? kFp32Nan : std::bit_cast<std::uint32_t>(sum);
  }

  void describe(std::ostream& os) const {
    os << "m " << element_of(a.format).bits << " x " << element_of(b.format).bits << ", E "
       << a.format.exponent_bits << " + " << b.format.exponent_bits << ", base " << a.lines.base
       << " + " << b.lines.base << ", g " << a.lines.group_size << ", K " << a.lines.length
       << ", line " << m << " x " << n;
  }
};

// Compares a whole product in exact, at one chunk width, and in fp32 at all of `widths`.
void check(bench::Checker& checker, const Side& a, const Side& b, const std::vector<int>& widths) {
  const std::vector<std::uint32_t> exact = gemm_bfp(a.operand(), b.operand());
  std::vector<std::vector<std::uint32_t>> fp32;
  for (const int c : widths)
    fp32.push_back(gemm_bfp(a.operand(), b.operand(), {Accumulation::Fp32, c}));
  std::size_t at = 0;
  for (std::int64_t m = 0; m < a.lines.lines; ++m)
    for (std::int64_t n = 0; n < b.lines.lines; ++n, ++at) {
      const Line line{a, b, m, n};
      if (line.nan()) {
        checker.equal(kFp32Nan, exact[at], [&](std::ostream& os) { line.describe(os); });
        for (const auto& results : fp32)
          checker.equal(kFp32Nan, results[at], [&](std::ostream& os) { line.describe(os); });
        continue;
      }
      checker.equal(true, is_nearest(line.sum(), exact[at]), [&](std::ostream& os) {
        line.describe(os);
        os << ", exact gives 0x" << std::hex << exact[at] << std::dec;
      });
      for (std::size_t i = 0; i < widths.size(); ++i)
        checker.equal(line.machine(widths[i]), fp32[i][at], [&](std::ostream& os) {
          line.describe(os);
          os << ", fp32 at chunks of " << widths[i];
        });
    }
}

// ---- cases --------------------------------------------------------------------------------------

TEST_CASE("gemm: a block product of two codes equals real arithmetic",
          "[gemm][bfp][law][exhaustive]") {
  bench::Checker checker;
  // Every line of two codes of m bits with every exponent of 1 bit: one group, or a group a code.
  const auto all_lines = [](int m, int group_size, int base) {
    const int codes = (2 << m) - 1;
    const int exponents = group_size == 1 ? 4 : 2;
    Side side = side_of(m, 1, std::int64_t{codes} * codes * exponents, 2, group_size, base);
    const int largest = (1 << m) - 1;
    for (std::int64_t line = 0; line < side.lines.lines; ++line) {
      const int i = static_cast<int>(line);
      const std::size_t first = static_cast<std::size_t>(2 * line);
      side.lines.codes[first] = static_cast<std::int16_t>(i % codes - largest);
      side.lines.codes[first + 1] = static_cast<std::int16_t>(i / codes % codes - largest);
      const int e = i / codes / codes;
      side.lines.exponents[side.group(line, 0)] = static_cast<std::uint8_t>(e % 2);
      if (group_size == 1)
        side.lines.exponents[side.group(line, 1)] = static_cast<std::uint8_t>(e / 2);
    }
    return side;
  };
  struct Place {
    int a, b;  // bases
  };
  for (const Place place : {Place{0, 0}, {-74, -74}, {-75, -74}, {-80, -70}, {62, 62}, {60, 63}})
    for (const int group_size : {1, 2}) {
      check(checker, all_lines(1, group_size, place.a), all_lines(1, group_size, place.b), {1});
      check(checker, all_lines(2, group_size, place.a), all_lines(1, group_size, place.b), {1, 2});
      check(checker, all_lines(2, group_size, place.a), all_lines(2, group_size, place.b), {1, 2});
    }
  check(checker, all_lines(3, 2, -74), all_lines(3, 2, -73), {2});
  checker.finish(900'000);
}

// Two formats, a size and bases at random; the first results of a sweep over all m x m x E x E.
struct Mix {
  Side a, b;
};
Mix mix(std::mt19937_64& rng, const Format& format_a, const Format& format_b, bool nans) {
  const int group_size = std::array{1, 2, 3, 8, 16, 32}[rng() % 6];
  const auto length = static_cast<std::int64_t>(rng() % 8 == 0 ? rng() % 3 : rng() % 81);
  const auto base = [&](int exponent_bits) {
    const std::array bases = {
        0, -127, -128, 127, -(1 << exponent_bits) / 2, static_cast<int>(rng() % 256) - 128};
    return std::clamp(bases[rng() % bases.size()], -128, 127);
  };
  Mix out{side_of(format_a, 1 + static_cast<std::int64_t>(rng() % 3), length, group_size,
                  base(format_a.exponent_bits)),
          side_of(format_b, 1 + static_cast<std::int64_t>(rng() % 3), length, group_size,
                  base(format_b.exponent_bits))};
  // Often in the middle of FP32's range, or at an end of it.
  if (rng() % 2 == 0) {
    const int wanted = std::array{0, -149, -126, 127}[rng() % 4] - static_cast<int>(rng() % 20);
    out.b.lines.base = std::clamp(wanted - out.a.lines.base, -128, 127);
  }
  randomize(out.a, rng, nans);
  randomize(out.b, rng, nans);
  return out;
}
Mix mix(std::mt19937_64& rng, int m_a, int m_b, int e_a, int e_b, bool nans) {
  return mix(rng, format_of(m_a, e_a), format_of(m_b, e_b), nans);
}

TEST_CASE("gemm: block products of any two formats equal real arithmetic",
          "[gemm][bfp][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  constexpr int kExponentBits[] = {1, 3, 4, 5, 8};
  for (int m_a = 1; m_a <= 8; ++m_a)
    for (int m_b = 1; m_b <= 8; ++m_b)
      for (const int e_a : kExponentBits)
        for (const int e_b : kExponentBits)
          for (const bool nans : {false, true}) {
            const Mix x = mix(rng, m_a, m_b, e_a, e_b, nans);
            check(checker, x.a, x.b, {2, 4, 8});
          }
  for (int i = 0; i < 1000; ++i) {
    const int m_a = 1 + static_cast<int>(rng() % 15), m_b = 1 + static_cast<int>(rng() % 15);
    const Mix x = mix(rng, m_a, m_b, kExponentBits[rng() % 5], kExponentBits[rng() % 5], false);
    check(checker, x.a, x.b, {1, 3, 7});
  }
  checker.finish(40'000);
}

TEST_CASE("gemm: an element of a minifloat is its integer times a power of two",
          "[gemm][bfp][law][exhaustive]") {
  bench::Checker checker;
  for (const char* preset : kMinifloats) {
    const Format& format = *find_preset(preset);
    const Element element = element_of(format);
    const auto describe = [&](std::ostream& os) { os << preset; };
    checker.equal(element.bits, integer_bits(format), describe);
    checker.equal(element.unit, integer_unit(format), describe);
    int largest = 0;
    for (int code = 0; code < 2 << format.magnitude_bits; ++code) {
      const auto describe_code = [&](std::ostream& os) { os << preset << " code " << code; };
      const int got = integer_of(format, code);
      largest = std::max(largest, got);
      checker.equal(integer(format, code), got, describe_code);
      checker.equal(true, std::ldexp(got, element.unit) == element_value(format, code),
                    describe_code);
      // The decoder of the conversion, at every scale: what it gives is fl() of the same number.
      for (int e = 0; e <= 254; ++e) {
        const auto value =
            std::bit_cast<float>(block_value(format, -127, static_cast<std::uint8_t>(e), 0, code));
        checker.equal(true, value == static_cast<float>(std::ldexp(got, e - 127 + element.unit)),
                      describe_code);
      }
    }
    checker.equal(element.bits, static_cast<int>(std::bit_width(static_cast<unsigned>(largest))),
                  describe);
  }
  checker.finish((16 + 64 + 64) * 257);
  CHECK(integer_bits(bfp_format(5)) == 5);
  CHECK(integer_unit(bfp_format(5)) == -4);
  CHECK(integer_of(bfp_format(5), -31) == -31);
  CHECK(integer_bits(*find_preset("mxfp8-e4m3")) == 18);
  CHECK(integer_bits(*find_preset("mxfp8-e5m2")) == 32);
}

TEST_CASE("gemm: block products of minifloats equal real arithmetic", "[gemm][bfp][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  std::vector<Format> formats = {bfp_format(2), bfp_format(4), bfp_format(7)};
  for (const char* preset : kMinifloats) formats.push_back(*find_preset(preset));
  for (Format format_a : formats)
    for (Format format_b : formats)
      for (int i = 0; i < 40; ++i) {
        format_a.exponent_bits = std::array{1, 3, 5, 8}[rng() % 4];
        format_b.exponent_bits = std::array{1, 3, 5, 8}[rng() % 4];
        const Mix x = mix(rng, format_a, format_b, i % 2 == 1);
        check(checker, x.a, x.b, {2, 3, 9});

        // The integers have the same product, and those of integers are the operand itself.
        const auto describe = [&](std::ostream& os) { Line{x.a, x.b, 0, 0}.describe(os); };
        const IntegerOperand a(x.a.operand()), b(x.b.operand());
        checker.equal(x.a.format.is_minifloat(), &a.operand().lines != &x.a.lines, describe);
        checker.equal(false, a.operand().format.is_minifloat(), describe);
        for (const BfpProduct& how : {BfpProduct{}, BfpProduct{Accumulation::Fp32}})
          checker.equal(true,
                        gemm_bfp(x.a.operand(), x.b.operand(), how) ==
                            gemm_bfp(a.operand(), b.operand(), how),
                        describe);
        const auto bits = [&](const BfpOperand& p, const BfpOperand& q) {
          return accumulator_bits(p.format, q.format, x.a.lines.length);
        };
        checker.equal(bits(a.operand(), b.operand()), bits(x.a.operand(), x.b.operand()), describe);
      }
  checker.finish(6 * 6 * 40 * 5);
}

TEST_CASE("gemm: exact block products are the same in any number of passes, in any order",
          "[gemm][bfp][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int m_a = 1; m_a <= 8; ++m_a)
    for (int m_b = 1; m_b <= 8; ++m_b)
      for (const int e : {1, 3, 4, 5, 8}) {
        const Mix x = mix(rng, m_a, m_b, e, e, false);
        const auto describe = [&](std::ostream& os) { Line{x.a, x.b, 0, 0}.describe(os); };
        // One pass for the whole code.
        const auto want = gemm_bfp(x.a.operand(), x.b.operand(), {Accumulation::Exact, 15});
        for (const int c : {2, 4, 8}) {
          const bool same =
              want == gemm_bfp(x.a.operand(), x.b.operand(), {Accumulation::Exact, c});
          checker.equal(true, same, describe);

          // Line 0 of both: every pass of every group is one step, the steps are shuffled.
          struct Step {
            std::int64_t group;
            int i, j;
          };
          std::vector<Step> steps;
          const int chunks_b = chunk_count(m_b, c);
          for (std::int64_t group = 0; group < x.a.lines.groups_per_line(); ++group)
            for (int pass = 0; pass < passes(m_a, m_b, c); ++pass)
              steps.push_back({group, pass / chunks_b, pass % chunks_b});
          std::shuffle(steps.begin(), steps.end(), rng);
          ExactSum sum;
          const std::int64_t g = x.a.lines.group_size;
          for (const Step& step : steps) {
            const auto group = static_cast<std::size_t>(step.group);
            sum.add(
                chunk_dot(&x.a.lines.codes[group * static_cast<std::size_t>(g)],
                          &x.b.lines.codes[group * static_cast<std::size_t>(g)],
                          std::min(g, x.a.lines.length - step.group * g), step.i, step.j, c),
                x.a.lines.exponents[group] + x.b.lines.exponents[group] + c * (step.i + step.j));
          }
          const int unit = x.a.lines.base + x.b.lines.base - (m_a - 1) - (m_b - 1);
          checker.equal(want[0], sum.to_fp32(unit), describe);
          const int bits = accumulator_bits(x.a.format, x.b.format, x.a.lines.length);
          checker.equal(true, sum.bits() <= bits, describe);
        }
      }
  checker.finish(8 * 8 * 5 * 3 * 3);
}

TEST_CASE("gemm: exact block products do not depend on the order of groups and lanes, nor on tiles",
          "[gemm][bfp][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int i = 0; i < 400; ++i) {
    const int g = std::array{1, 4, 16}[rng() % 3];
    const auto groups = static_cast<std::int64_t>(rng() % 9);
    Side a = side_of(1 + static_cast<int>(rng() % 8), 5, 5, groups * g, g, -20);
    Side b = side_of(1 + static_cast<int>(rng() % 8), 8, 4, groups * g, g, -140 + 20);
    randomize(a, rng, true);
    randomize(b, rng, true);
    const auto want = gemm_bfp(a.operand(), b.operand());

    // The same order of groups, and of lanes in all groups, for both.
    std::vector<std::size_t> group_order(static_cast<std::size_t>(groups));
    std::vector<std::size_t> lane_order(static_cast<std::size_t>(g));
    std::iota(group_order.begin(), group_order.end(), 0);
    std::iota(lane_order.begin(), lane_order.end(), 0);
    std::shuffle(group_order.begin(), group_order.end(), rng);
    std::shuffle(lane_order.begin(), lane_order.end(), rng);
    const auto reorder = [&](const Side& from) {
      Side to = from;
      for (std::size_t line = 0; line < static_cast<std::size_t>(from.lines.lines); ++line)
        for (std::size_t j = 0; j < group_order.size(); ++j) {
          const std::size_t at = line * group_order.size() + j;
          const std::size_t source = line * group_order.size() + group_order[j];
          to.lines.exponents[at] = from.lines.exponents[source];
          to.lines.flags[at] = from.lines.flags[source];
          for (std::size_t k = 0; k < lane_order.size(); ++k)
            to.lines.codes[at * lane_order.size() + k] =
                from.lines.codes[source * lane_order.size() + lane_order[k]];
        }
      return to;
    };
    const auto describe = [&](std::ostream& os) { Line{a, b, 0, 0}.describe(os); };
    const Side shuffled_a = reorder(a), shuffled_b = reorder(b);
    checker.equal(true, want == gemm_bfp(shuffled_a.operand(), shuffled_b.operand()), describe);

    // One line of each at a time, and the product the other way round.
    const auto line_of = [](const Side& from, std::int64_t line) {
      Side to = side_of(from.format.magnitude_bits, from.format.exponent_bits, 1, from.lines.length,
                        from.lines.group_size, from.lines.base);
      for (std::int64_t k = 0; k < from.lines.length; ++k) {
        to.lines.codes[to.element(0, k)] = from.lines.codes[from.element(line, k)];
        to.lines.exponents[to.group(0, k)] = from.lines.exponents[from.group(line, k)];
        to.lines.flags[to.group(0, k)] = from.lines.flags[from.group(line, k)];
      }
      return to;
    };
    const auto transposed = gemm_bfp(b.operand(), a.operand());
    for (std::int64_t m = 0; m < a.lines.lines; ++m)
      for (std::int64_t n = 0; n < b.lines.lines; ++n) {
        const std::uint32_t wanted = want[static_cast<std::size_t>(m * b.lines.lines + n)];
        const Side row = line_of(a, m), column = line_of(b, n);
        checker.equal(wanted, gemm_bfp(row.operand(), column.operand())[0], describe);
        checker.equal(wanted, transposed[static_cast<std::size_t>(n * a.lines.lines + m)],
                      describe);
      }
  }
  checker.finish(400 * 41);
}

// One line a side, given as groups: an exponent and codes.
struct Group {
  int exponent;
  std::vector<int> codes;
};
Side line_side(int m, int exponent_bits, int base, int group_size,
               const std::vector<Group>& groups) {
  std::int64_t length = 0;
  for (const Group& group : groups) length += static_cast<std::int64_t>(group.codes.size());
  Side side = side_of(m, exponent_bits, 1, length, group_size, base);
  side.lines.codes.clear();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    side.lines.exponents[i] = static_cast<std::uint8_t>(groups[i].exponent);
    for (const int code : groups[i].codes)
      side.lines.codes.push_back(static_cast<std::int16_t>(code));
  }
  return side;
}
std::uint32_t product(const Side& a, const Side& b, const BfpProduct& how = {}) {
  return gemm_bfp(a.operand(), b.operand(), how).at(0);
}

TEST_CASE("gemm: worked examples of block products", "[gemm][bfp][edge]") {
  // docs/contract.md, worked example: units are 2^-6, groups of 2.
  const Side a = line_side(4, 4, 0, 2, {{3, {13, -6}}, {0, {1}}});
  const Side b = line_side(4, 4, 0, 2, {{2, {7, 5}}, {1, {-15}}});
  CHECK(product(a, b) == std::bit_cast<std::uint32_t>(30.03125f));
  for (const int c : {2, 4})
    CHECK(product(a, b, {Accumulation::Fp32, c}) == std::bit_cast<std::uint32_t>(30.03125f));

  // The same page, minifloats: 3 and -4 in E2M1.
  Side three = side_of(*find_preset("mxfp4"), 1, 1, 1, 0);
  Side minus_four = three;
  three.lines.codes = {5};
  minus_four.lines.codes = {14};
  for (const Accumulation accumulation : {Accumulation::Exact, Accumulation::Fp32})
    CHECK(product(three, minus_four, {accumulation}) == std::bit_cast<std::uint32_t>(-12.0f));

  // 2^24 + 1 + 1: exact keeps both ones, fp32 loses them one by one, and keeps them when they come
  // first.
  const auto of = [](std::vector<Group> groups) { return line_side(1, 5, 0, 1, groups); };
  const Side large_first = of({{24, {1}}, {0, {1}}, {0, {1}}});
  const Side large_last = of({{0, {1}}, {0, {1}}, {24, {1}}});
  const Side ones = of({{0, {1}}, {0, {1}}, {0, {1}}});
  CHECK(product(large_first, ones) == 0x4B800001);
  CHECK(product(large_last, ones) == 0x4B800001);
  CHECK(product(large_first, ones, {Accumulation::Fp32}) == 0x4B800000);
  CHECK(product(large_last, ones, {Accumulation::Fp32}) == 0x4B800001);

  // 2^30 + 5 * 16, whose ulp is 128: chunks of 2 bits add 16 and 64, both lost; 80 is more than
  // half.
  const Side first = line_side(4, 5, 3, 1, {{24, {8}}, {4, {5}}});
  const Side second = line_side(4, 5, 3, 1, {{0, {8}}, {0, {1}}});
  CHECK(product(first, second) == 0x4E800001);
  CHECK(product(first, second, {Accumulation::Fp32, 4}) == 0x4E800001);
  CHECK(product(first, second, {Accumulation::Fp32, 2}) == 0x4E800000);

  // Signs of zero: a sum of 0 is +0 in both; what underflows keeps its sign in exact, and is added
  // to +0 in fp32.
  const Side plus = line_side(2, 1, -128, 2, {{0, {1, 1}}});
  const Side minus = line_side(2, 1, -128, 2, {{0, {-1, 0}}});
  const Side cancels = line_side(2, 1, -128, 2, {{0, {-1, 1}}});
  for (const Accumulation accumulation : {Accumulation::Exact, Accumulation::Fp32}) {
    CHECK(product(plus, plus, {accumulation}) == 0);
    CHECK(product(plus, cancels, {accumulation}) == 0);
  }
  CHECK(product(plus, minus) == 0x80000000);
  CHECK(product(plus, minus, {Accumulation::Fp32}) == 0);

  // 2^128 - 2^128 + 1: exact gives 1; fp32 meets infinity, and infinity - infinity.
  const Side huge = line_side(1, 8, 0, 1, {{128, {1}}, {128, {-1}}, {0, {1}}});
  const Side one = line_side(1, 8, 0, 1, {{0, {1}}, {0, {1}}, {0, {1}}});
  CHECK(product(huge, one) == 0x3F800000);
  CHECK(product(huge, one, {Accumulation::Fp32}) == kFp32Nan);

  // K = 0.
  const Side empty = side_of(4, 4, 2, 0, 16, 5);
  CHECK(gemm_bfp(empty.operand(), empty.operand()) == std::vector<std::uint32_t>(4));
  CHECK(gemm_bfp(empty.operand(), empty.operand(), {Accumulation::Fp32}) ==
        std::vector<std::uint32_t>(4));
  const Side none = side_of(4, 4, 0, 3, 16, 5);
  CHECK(gemm_bfp(none.operand(), none.operand()).empty());
}

TEST_CASE("gemm: a NaN group makes its results NaN and nothing else does", "[gemm][bfp][edge]") {
  for (const Accumulation accumulation : {Accumulation::Exact, Accumulation::Fp32})
    for (const int exponent_bits : {1, 3, 5, 8}) {
      const int ones = (1 << exponent_bits) - 1;
      const Side zeros = line_side(4, exponent_bits, 0, 2, {{0, {0, 0}}, {0, {0}}});
      Side x = line_side(4, exponent_bits, 0, 2, {{0, {0, 0}}, {ones, {0}}});
      const BfpProduct how{accumulation};
      // All ones is an ordinary exponent below 8 bits, and NaN without a flag at 8.
      const std::uint32_t unflagged = exponent_bits == 8 ? kFp32Nan : 0;
      CHECK(product(x, zeros, how) == unflagged);
      CHECK(product(zeros, x, how) == unflagged);
      for (const std::size_t group : {std::size_t{0}, std::size_t{1}}) {
        x.lines.exponents[1] = 0;
        x.lines.flags = {0, 0};
        x.lines.flags[group] = kSaturatedGroup | kUnderflowGroup | kBumpedGroup;
        CHECK(product(x, zeros, how) == 0);
        x.lines.flags[group] = kNanGroup;
        CHECK(product(x, zeros, how) == kFp32Nan);
        CHECK(product(zeros, x, how) == kFp32Nan);
        CHECK(product(x, x, how) == kFp32Nan);
      }
    }
}

// One bit, however far below, decides a tie; and a carry or a borrow runs through the whole sum.
TEST_CASE("gemm: a long sum rounds by its last bit", "[gemm][bfp][law][exhaustive]") {
  bench::Checker checker;
  for (int n = 25; n < 576; n += n < 140 ? 1 : 29)
    for (int j = 0; j < n - 24; ++j)
      for (const int sign : {1, -1}) {
        const auto describe = [&](std::ostream& os) {
          os << sign << " (2^" << n << " + 2^" << n - 24 << " +- 2^" << j << ")";
        };
        ExactSum sum;  // 1 + 2^-24 times 2^n is a tie, whose even side is 1
        sum.add(sign, n);
        sum.add(sign, n - 24);
        const std::uint32_t one = sign < 0 ? 0xBF800000 : 0x3F800000;
        const ExactSum tie = sum;
        checker.equal(one, sum.to_fp32(-n), describe);
        sum.add(sign, j);
        checker.equal(one + 1, sum.to_fp32(-n), describe);
        sum.add(-2 * sign, j);
        checker.equal(one, sum.to_fp32(-n), describe);
        sum.add(sign, j);
        checker.equal(true, sum == tie, describe);
        sum.add(-sign, n);
        sum.add(-sign, n - 24);
        checker.equal(true, sum == ExactSum{}, describe);
        sum.add(-sign, j);
        checker.equal(1 + (sign < 0 ? j + 1 : j), sum.bits(), describe);
      }
  checker.finish(100'000);
}

// rh_normalize rounds what rh_accumulate_exact sums, so its definition and that of the product have
// to be one function.
TEST_CASE("gemm: the sum of a block product rounds as normalize() does",
          "[gemm][bfp][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  const auto compare = [&](Int128 sum, int exponent) {
    ExactSum exact;  // in parts of 32 bits, the highest one signed
    for (int i = 0; i < 3; ++i)
      exact.add(static_cast<std::int64_t>(static_cast<Uint128>(sum) >> 32 * i & 0xFFFF'FFFF),
                32 * i);
    exact.add(static_cast<std::int64_t>(sum >> 96), 96);
    checker.equal(normalize(sum, exponent), exact.to_fp32(exponent), [&](std::ostream& os) {
      os << "sum 0x" << std::hex << normalize_cases::high_word(sum) << " "
         << normalize_cases::low_word(sum) << std::dec << " exponent " << exponent;
    });
  };
  for (const int width : {40, 64, 96, 128}) {
    const std::vector<int> exponents = normalize_cases::exponents(width);
    for (const Int128 sum : normalize_cases::sums(width))
      for (int i = 0; i < 4; ++i) compare(sum, exponents[rng() % exponents.size()]);
  }
  for (int i = 0; i < 200'000; ++i) {
    const Int128 sum =
        normalize_cases::random_sum(rng, std::array{33, 40, 56, 64, 65, 96, 128}[rng() % 7]);
    compare(sum, normalize_cases::random_exponent(rng, sum));
  }
  checker.finish(250'000);
}

TEST_CASE("gemm: accumulators of block products are just wide enough", "[gemm][bfp][law][edge]") {
  bench::Checker checker;
  // The largest sum of K terms, with either sign, term by term where that is quick.
  const auto worst = [](const Format& a, const Format& b, std::int64_t terms, bool minus) {
    const std::int64_t largest = std::int64_t{(1 << a.magnitude_bits) - 1} *
                                 ((1 << b.magnitude_bits) - 1) * (minus ? -1 : 1);
    const int shift = (1 << a.exponent_bits) - 1 + (1 << b.exponent_bits) - 1;
    ExactSum sum;
    if (terms <= 100)
      for (std::int64_t k = 0; k < terms; ++k) sum.add(largest, shift);
    else
      sum.add(largest * terms, shift);
    return sum;
  };
  for (int m_a = 1; m_a <= 8; ++m_a)
    for (int m_b = 1; m_b <= 8; ++m_b)
      for (const int e_a : {1, 3, 4, 5, 8})
        for (const int e_b : {1, 3, 4, 5, 8}) {
          const Format a = format_of(m_a, e_a), b = format_of(m_b, e_b);
          const auto describe = [&](std::ostream& os) {
            os << "m " << m_a << " x " << m_b << ", E " << e_a << " + " << e_b;
          };
          for (const std::int64_t terms : {1, 2, 3, 16, 17, 64, 4096, 16'384, 133'144}) {
            const int bits = accumulator_bits(a, b, terms);
            checker.equal(bits, worst(a, b, terms, false).bits(), describe);
            checker.equal(true, worst(a, b, terms, true).bits() <= bits, describe);
            checker.equal(true, max_terms(bits, a, b) >= terms, describe);
            checker.equal(true, max_terms(bits - 1, a, b) < terms, describe);
          }
          const int shift = (1 << e_a) - 1 + (1 << e_b) - 1;
          for (int width = 1; width <= shift + 60; width += width < shift ? 7 : 1) {
            const std::int64_t most = max_terms(width, a, b);
            if (most > 0) checker.equal(true, worst(a, b, most, false).bits() <= width, describe);
            checker.equal(true, worst(a, b, most + 1, false).bits() > width, describe);
          }
        }
  checker.finish(100'000);

  // Figures by hand. A sum that is not a power of two has the same bits with either sign.
  const Format m4e3 = format_of(4, 3), m4e4 = format_of(4, 4), m8e8 = format_of(8, 8);
  STATIC_REQUIRE(accumulator_bits(bfp_format(4), bfp_format(4), 0) == 1);
  CHECK(accumulator_bits(m4e3, m4e3, 16'384) == 37);
  CHECK(accumulator_bits(m4e4, m4e4, 16'384) == 53);
  CHECK(accumulator_bits(m8e8, m8e8, 16'384) == 541);
  CHECK(max_terms(37, m4e3, m4e3) == 18'641);  // floor((2^22 - 1) / 225)
  CHECK(max_terms(40, m4e3, m4e3) == 149'130);
  CHECK(worst(m8e8, m8e8, 16'384, true).bits() == 541);
  CHECK(max_terms(700, m8e8, m8e8) == std::numeric_limits<std::int64_t>::max());
  const Format m15e8 = format_of(15, 8);
  CHECK(accumulator_bits(m15e8, m15e8, std::numeric_limits<std::int64_t>::max()) == 604);
  CHECK(passes(2, 2, 2) == 1);
  CHECK(passes(2, 4, 2) == 2);
  CHECK(passes(4, 4, 2) == 4);
  CHECK(passes(7, 3, 2) == 8);
  CHECK(passes(7, 3, 4) == 2);
}

TEST_CASE("gemm: the largest, cancelling and alternating sums are exact",
          "[gemm][bfp][law][edge]") {
  bench::Checker checker;
  for (const int m : {1, 2, 4, 8})
    for (const int exponent_bits : {1, 3, 5, 8}) {
      const int most = exponent_bits == 8 ? 254 : (1 << exponent_bits) - 1;
      const int largest = (1 << m) - 1;
      const int base = -(most + 1) / 2;  // results near 1
      for (const int length : {16, 1000, 16'384})
        for (const int pattern : {0, 1, 2, 3}) {
          std::vector<Group> groups;
          for (int first = 0; first < length; first += 16) {
            Group group{most, {}};
            for (int k = first; k < std::min(first + 16, length); ++k)
              group.codes.push_back(pattern == 1 && k % 2 == 1 ? -largest : largest);
            // Cancellation across the window: large, small, -large.
            if (pattern >= 2 && first > 0) group.exponent = 0;
            if (pattern >= 2 && first + 16 >= length && length > 16) {
              group.exponent = most;
              group.codes.assign(group.codes.size(), 0);
              const std::size_t full = group.codes.size();
              std::fill_n(group.codes.begin(), std::min<std::size_t>(full, 16), -largest);
            }
            if (pattern == 3 && first == 16) group.codes.assign(group.codes.size(), -1);
            groups.push_back(group);
          }
          const Side a = line_side(m, exponent_bits, base, 16, groups);
          for (Group& group : groups) group.codes.assign(group.codes.size(), largest);
          const Side b = line_side(m, exponent_bits, base, 16, groups);
          check(checker, a, b, {2, 4, 8});
        }
    }
  checker.finish(4 * 4 * 3 * 4 * 4);
}

std::string refusal(const Side& a, const Side& b, const BfpProduct& how = {}) {
  try {
    static_cast<void>(gemm_bfp(a.operand(), b.operand(), how));
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("gemm: what has no block product is refused with a sentence", "[gemm][bfp][edge]") {
  const Side good = side_of(4, 3, 1, 32, 16, 0);
  CHECK(refusal(good, good).empty());

  Side bad = good;
  bad.format = *find_preset("mxfp8-e4m3");
  CHECK(refusal(good, bad) ==
        "block product: B has elements that are integers of 18 bits; products take up to 15");
  bad.format = *find_preset("mxfp8-e5m2");
  CHECK(refusal(bad, good) ==
        "block product: A has elements that are integers of 32 bits; products take up to 15");
  // A minifloat has a sign bit; all patterns of the presets are numbers.
  bad.format = *find_preset("mxfp4");
  bad.lines.codes[3] = 15;
  CHECK(refusal(good, bad).empty());
  for (const int code : {-1, 16}) {
    bad.lines.codes[3] = static_cast<std::int16_t>(code);
    CHECK(refusal(good, bad) == "block product: code " + std::to_string(code) +
                                    " of B does not fit in a sign and 3 bits");
  }
  bad.format = *find_preset("mxfp6-e2m3");
  bad.format.specials = Specials::Nan;
  for (const int code : {30, 62}) {
    bad.lines.codes[3] = static_cast<std::int16_t>(code);
    CHECK(refusal(good, bad).empty());
    bad.lines.codes[3] = static_cast<std::int16_t>(code + 1);
    CHECK(refusal(good, bad) ==
          "block product: code " + std::to_string(code + 1) + " of B is not a number");
  }
  bad = good;
  bad.format = kInt8;
  CHECK(refusal(bad, good) ==
        "block product: A has a scale per line, not blocks that share an exponent");
  for (const int code : {-16, 16}) {
    bad = good;
    bad.lines.codes[3] = static_cast<std::int16_t>(code);
    CHECK(refusal(good, bad) == "block product: code " + std::to_string(code) +
                                    " of B does not fit in a sign and 4 bits");
    bad.lines.codes[3] = static_cast<std::int16_t>(code > 0 ? 15 : -15);
    CHECK(refusal(good, bad).empty());
  }
  bad = good;
  bad.lines.exponents[1] = 8;
  CHECK(refusal(bad, good) == "block product: exponent 8 of A does not fit in 3 bits");
  CHECK(refusal(good, side_of(4, 3, 1, 48, 16, 0)) ==
        "block product: lines of A have 32 values, lines of B 48");
  CHECK(refusal(good, side_of(4, 3, 1, 32, 8, 0)) ==
        "block product: groups of A have 16 values, groups of B 8");
  for (const int c : {0, 16})
    CHECK(refusal(good, good, {Accumulation::Exact, c}) ==
          "block product: chunks of " + std::to_string(c) + " bits, wanted 1 to 15");

  // 9,320 terms of 225 are just below 2^21; 14 bits of shift and a sign make 36.
  const Side longest = side_of(4, 3, 1, 9320, 16, 0), longer = side_of(4, 3, 1, 9321, 16, 0);
  CHECK(refusal(longest, longest, {Accumulation::Exact, 2, 36}).empty());
  CHECK(refusal(longer, longer, {Accumulation::Exact, 2, 36}) ==
        "block product: K = 9321 with 4 x 4 integer bits and 3 + 3 exponent bits needs an "
        "accumulator of 37 bits; 36 bits hold K = 9320");
  const Side e2m1 = side_of(*find_preset("mxfp4"), 1, 1, 16, 0);
  CHECK(refusal(e2m1, e2m1, {Accumulation::Exact, 2, 518}) ==
        "block product: K = 1 with 4 x 4 integer bits and 8 + 8 exponent bits needs an accumulator "
        "of 519 bits; 518 bits hold K = 0");
  CHECK(refusal(longer, longer, {Accumulation::Exact, 2, 37}).empty());
  CHECK(refusal(longer, longer, {Accumulation::Fp32, 2, 36}).empty());  // has no such width

  // 258 * 255^2 is below 2^24, 259 * 255^2 is not; with chunks of 4 bits it is far below.
  const Side fits = side_of(8, 8, 1, 300, 258, 0), exceeds = side_of(8, 8, 1, 300, 259, 0);
  CHECK(refusal(fits, fits, {Accumulation::Fp32, 8}).empty());
  CHECK(refusal(exceeds, exceeds, {Accumulation::Fp32, 8}) ==
        "block product: fp32 accumulation takes sums below 2^24 = 16777216, but 259 products of "
        "chunks of 8 bits reach 16841475");
  CHECK(refusal(exceeds, exceeds, {Accumulation::Fp32, 4}).empty());
  // 64 * 511^2 is below 2^24, 65 * 511^2 is not.
  const Format e3m2 = *find_preset("mxfp6-e3m2");
  const Side of_64 = side_of(e3m2, 1, 70, 64, 0), of_65 = side_of(e3m2, 1, 70, 65, 0);
  CHECK(refusal(of_64, of_64, {Accumulation::Fp32, 9}).empty());
  CHECK(refusal(of_65, of_65, {Accumulation::Fp32, 9}) ==
        "block product: fp32 accumulation takes sums below 2^24 = 16777216, but 65 products of "
        "chunks of 9 bits reach 16972865");
  CHECK(refusal(exceeds, exceeds, {Accumulation::Exact, 8}).empty());
}

}  // namespace
}  // namespace rh
