// TEST RATIONALE. The golden model against the machine's own conversion, which shares nothing with
// it: a sum that a double or an 80-bit long double holds exactly is scaled exactly by ldexp and
// rounded once, by the conversion to float. Longer sums are first shortened to 62 bits with the
// last one set if any bit fell out (round to odd), which no rounding to 24 bits can tell from the
// sum. State space: sums of up to 128 bits x exponents of 10 bits. Covered: every sum of 12 bits
// with every exponent of the port, the edge table of 40, 56, 96 and 128 bits crossed with the
// exponents at the ends of the ranges, 2,000,000 seeded random pairs.
// Mutants this kills: a tie to the odd pattern, a tie upwards, the middle at 2 s + 2, no rounding
// to infinity, a compare of top bits alone or without one of its shifts, a search that ends one
// step early, the sign of a zero, the width of a number above 64 bits.
#include <array>
#include <cmath>
#include <limits>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "normalize/cases.hpp"

namespace rh {
namespace {

using namespace normalize_cases;

// The number type that holds 63 bits; the FPU of x86 has it.
static_assert(std::numeric_limits<long double>::digits >= 64);

std::uint32_t by_machine(Int128 sum, int exponent) {
  Uint128 bits = magnitude(sum);
  const int excess = bit_width(bits) - 62;
  if (excess > 0) {
    const bool lost = (bits & (power(excess) - 1)) != 0;
    bits = bits >> excess | (lost ? 1 : 0);
    exponent += excess;
  }
  const auto exact = static_cast<long double>(static_cast<std::uint64_t>(bits));
  const auto value = static_cast<float>(std::ldexp(sum < 0 ? -exact : exact, exponent));
  return std::bit_cast<std::uint32_t>(value);
}

class Laws {
 public:
  void check(Int128 sum, int exponent) { compare_with(by_machine(sum, exponent), sum, exponent); }
  void compare_with(std::uint32_t want, Int128 sum, int exponent) {
    checker_.equal(want, normalize(sum, exponent), [&](std::ostream& os) {
      os << "sum 0x" << std::hex << high_word(sum) << " " << low_word(sum) << std::dec
         << " exponent " << exponent;
    });
  }
  void finish(std::uint64_t at_least) { checker_.finish(at_least); }

 private:
  bench::Checker checker_;
};

TEST_CASE("normalize: every sum of 12 bits equals the machine's double rounded to float",
          "[normalize][law][exhaustive]") {
  Laws laws;
  for (int exponent = kMinExponent; exponent <= kMaxExponent; ++exponent)
    for (int sum = -2048; sum <= 2047; ++sum) {
      const auto value = static_cast<float>(std::ldexp(static_cast<double>(sum), exponent));
      laws.compare_with(std::bit_cast<std::uint32_t>(value), sum, exponent);
    }
  laws.finish(4096 * 1024);
}

TEST_CASE("normalize: edges equal the machine's conversion", "[normalize][law][edge]") {
  Laws laws;
  for (const int width : {40, 56, 96, 128})
    for (const Int128 sum : sums(width))
      for (const int exponent : exponents(width)) laws.check(sum, exponent);
  laws.finish(1'000'000);
}

void check_random_sums(int sums) {
  Laws laws;
  auto rng = bench::rng();
  for (int i = 0; i < sums; ++i) {
    const Int128 sum = random_sum(rng, std::array{33, 40, 56, 96, 128}[rng() % 5]);
    laws.check(sum, random_exponent(rng, sum));
  }
  laws.finish(static_cast<std::uint64_t>(sums));
}

TEST_CASE("normalize: random sums equal the machine's conversion", "[normalize][law][random]") {
  check_random_sums(2'000'000);
}

// The first part of them alone: nearly every fault shows here, and at once.
TEST_CASE("normalize: a few random sums equal the machine's conversion",
          "[normalize][law][random]") {
  check_random_sums(20'000);
}

// What normalize() rests on, by itself: numbers that a long double holds exactly.
TEST_CASE("normalize: exact values are compared as the machine compares them",
          "[normalize][law][exhaustive]") {
  bench::Checker checker;
  const auto check = [&](Scaled a, Scaled b) {
    const auto value = [](Scaled s) {
      return std::ldexp(static_cast<long double>(low_word(static_cast<Int128>(s.x))), s.exponent);
    };
    const int want = value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0;
    checker.equal(want, compare(a, b), [&](std::ostream& os) {
      os << low_word(static_cast<Int128>(a.x)) << " * 2^" << a.exponent << " and "
         << low_word(static_cast<Int128>(b.x)) << " * 2^" << b.exponent;
    });
  };
  for (unsigned a = 0; a < 20; ++a)
    for (unsigned b = 0; b < 20; ++b)
      for (int i = -6; i <= 6; ++i)
        for (int j = -6; j <= 6; ++j) check({a, i}, {b, j});
  // Numbers whose tops are far apart, or equal with exponents far apart.
  for (const unsigned a : {0u, 1u, 3u, 0xFFFF'FFFFu})
    for (const unsigned b : {0u, 1u, 3u, 0xFFFF'FFFFu})
      for (const int i : {-4'000, -200, 0, 200, 4'000})
        for (const int j : {-4'000, -200, 0, 200, 4'000}) check({a, i}, {b, j});
  for (int shift = 0; shift < 64; ++shift)
    for (int delta = -1; delta <= 1; ++delta) {
      const Scaled one{1, shift}, other{power(shift) + static_cast<Uint128>(Int128{delta}), 0};
      check(one, other);
      check(other, one);
    }
  for (int width = 0; width < 128; ++width) {
    const auto describe = [&](std::ostream& os) { os << "2^" << width; };
    checker.equal(width + 1, bit_width(power(width)), describe);
    checker.equal(width, bit_width(power(width) - 1), describe);
    checker.equal(1, compare({power(width), 0}, {power(width) - 1, 0}), describe);
    checker.equal(-1, compare({power(width) - 1, 7}, {power(width), 7}), describe);
    checker.equal(0, compare({power(width), -width}, {1, 0}), describe);
  }
  checker.equal(128, bit_width(~Uint128{0}), [](std::ostream& os) { os << "all ones"; });
  checker.finish(20 * 20 * 13 * 13);
}

// docs/normalize.md, worked example and rules.
TEST_CASE("normalize: numbers worked by hand", "[normalize][law]") {
  STATIC_REQUIRE(normalize(0x1000001, -10) == 0x4680'0000);   // 2^24 + 1: a tie, down to even
  STATIC_REQUIRE(normalize(0x1000003, -10) == 0x4680'0002);   // 2^24 + 3: a tie, up to even
  STATIC_REQUIRE(normalize(-0x1000003, -10) == 0xC680'0002);  // as its magnitude
  STATIC_REQUIRE(normalize(0, 511) == 0);
  STATIC_REQUIRE(normalize(-1, -150) == 0x8000'0000);  // half the smallest subnormal
  STATIC_REQUIRE(normalize(-3, -151) == 0x8000'0001);
  STATIC_REQUIRE(normalize(0xFFFFFF, -150) == 0x0080'0000);  // carries into the normal range
  STATIC_REQUIRE(normalize(0x1FFFFFF, 103) == 0x7F80'0000);  // the middle before 2^128
  STATIC_REQUIRE(normalize(0x1FFFFFE, 103) == 0x7F7F'FFFF);
  STATIC_REQUIRE(normalize(-1, 128) == 0xFF80'0000);
  STATIC_REQUIRE(normalize(-1, 0, true) == kFp32Nan);
}

}  // namespace
}  // namespace rh
