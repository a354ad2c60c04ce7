// TEST RATIONALE. The golden model against the machine's own FP32 arithmetic, which shares nothing
// with it. State space: pairs of bit patterns, 2^64. Covered: the edge table crossed with itself
// (490,000 pairs), millions of seeded random pairs weighted towards the ends of the exponent range,
// and exhaustively: every number of 16 bits (sign, 8-bit exponent, 7-bit fraction) rounded to a
// code, every integer of +-2^20 and its neighbourhood of every power of two converted. Sums: every
// exponent beside every exponent up to 60 away, crossed fractions. pack by itself: significands of
// 1 to 64 bits at both ends of every range.
#include "float/float.hpp"

#include <cmath>
#include <limits>

#include "bench/cases.hpp"
#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"

namespace rh {
namespace {

float number(std::uint32_t bits) {
  return std::bit_cast<float>(bits);
}

// The machine's result as the kit writes it: one NaN.
std::uint32_t bits_of(float x) {
  return std::isnan(x) ? kFp32Nan : std::bit_cast<std::uint32_t>(x);
}

class Laws {
 public:
  void check(std::uint32_t a, std::uint32_t b) {
    const auto describe = [&](const char* operation) {
      return [=](std::ostream& os) {
        os << operation << std::hex << " a 0x" << a << " b 0x" << b << std::dec;
      };
    };
    checker_.equal(bits_of(number(a) * number(b)), fp32::multiply(a, b), describe("multiply"));
    checker_.equal(bits_of(number(a) / number(b)), fp32::divide(a, b), describe("divide"));
    add(a, b);
  }
  void add(std::uint32_t a, std::uint32_t b) {
    checker_.equal(bits_of(number(a) + number(b)), fp32::add(a, b), [=](std::ostream& os) {
      os << std::hex << "add a 0x" << a << " b 0x" << b << std::dec;
    });
  }
  void finish(std::uint64_t at_least) { checker_.finish(at_least); }

 private:
  bench::Checker checker_;
};

TEST_CASE("float: multiply, divide and add equal the machine's, edges crossed",
          "[float][law][edge]") {
  Laws laws;
  const std::vector<std::uint32_t> edges = bench::fp32_edges();
  for (const std::uint32_t a : edges)
    for (const std::uint32_t b : edges) laws.check(a, b);
  laws.finish(3 * edges.size() * edges.size());
}

TEST_CASE("float: multiply, divide and add equal the machine's at random", "[float][law][random]") {
  constexpr int kPairs = 2'000'000;
  Laws laws;
  auto rng = bench::rng();
  for (int i = 0; i < kPairs; ++i) laws.check(bench::random_fp32(rng), bench::random_fp32(rng));
  laws.finish(3 * kPairs);
}

// Numbers whose bits overlap or just miss each other: cancellation, ties, carries and sticky bits.
TEST_CASE("float: add equals the machine's at every distance of exponents",
          "[float][law][exhaustive][random]") {
  constexpr std::uint32_t kFractions[] = {0,        1,        2,        0x3FFFFF,
                                          0x400000, 0x400001, 0x7FFFFE, 0x7FFFFF};
  Laws laws;
  auto rng = bench::rng();
  for (std::uint32_t field = 0; field < 255; ++field)
    for (int distance = -60; distance <= 60; ++distance) {
      const int other = static_cast<int>(field) + distance;
      if (other < 0 || other > 254) continue;
      const auto number_of = [](std::uint64_t sign, int f, std::uint64_t fraction) {
        return static_cast<std::uint32_t>(sign << 31 | static_cast<std::uint64_t>(f) << 23 |
                                          (fraction & 0x7FFFFF));
      };
      for (const std::uint32_t fraction : kFractions)
        for (const std::uint32_t second : kFractions)
          for (const std::uint32_t sign : {0u, 1u})
            laws.add(number_of(0, static_cast<int>(field), fraction),
                     number_of(sign, other, second));
      for (int i = 0; i < 16; ++i)
        laws.add(number_of(rng() % 2, static_cast<int>(field), rng()),
                 number_of(rng() % 2, other, rng()));
    }
  laws.finish(3'000'000);
}

TEST_CASE("float: from_int equals the machine's conversion", "[float][law][exhaustive][edge]") {
  bench::Checker checker;
  const auto check = [&](std::int64_t n) {
    checker.equal(bits_of(static_cast<float>(n)), fp32::from_int(n),
                  [&](std::ostream& os) { os << n; });
  };
  for (std::int64_t n = -(1 << 20); n <= 1 << 20; ++n) check(n);
  for (int i = 20; i <= 62; ++i)
    for (int j = 0; j < i; ++j)
      for (int delta = -2; delta <= 2; ++delta) {
        const std::int64_t n = (std::int64_t{1} << i) + (std::int64_t{1} << j) + delta;
        check(n);
        check(-n);
      }
  check(std::numeric_limits<std::int64_t>::max());
  check(std::numeric_limits<std::int64_t>::min());
  auto rng = bench::rng();
  for (int i = 0; i < 500'000; ++i) check(static_cast<std::int64_t>(rng()) >> rng() % 64);
  checker.finish(2'500'000);
}

// std::nearbyint rounds to nearest, ties to even, in the default environment.
fp32::Code code_by_machine(std::uint32_t bits, int magnitude_bits) {
  if (std::isnan(number(bits))) return {0, false};
  const float max = static_cast<float>((1 << magnitude_bits) - 1);
  const float nearest = std::nearbyint(number(bits));
  const float clamped = std::min(std::max(nearest, -max), max);
  return {static_cast<int>(clamped), clamped != nearest};
}

TEST_CASE("float: to_code equals the machine's nearbyint and a clamp",
          "[float][law][exhaustive][random]") {
  bench::Checker checker;
  const auto check = [&](std::uint32_t bits) {
    for (const int magnitude_bits : {1, 4, 7, 8, 15}) {
      const fp32::Code want = code_by_machine(bits, magnitude_bits);
      const fp32::Code got = fp32::to_code(bits, magnitude_bits);
      const auto describe = [&](std::ostream& os) {
        os << "0x" << std::hex << bits << std::dec << " to " << magnitude_bits << " bits";
      };
      checker.equal(want.code, got.code, describe);
      checker.equal(want.clamped, got.clamped, describe);
    }
  };
  for (std::uint32_t high = 0; high < 0x1'0000; ++high)
    for (const std::uint32_t low : {0u, 1u, 0xFFFFu}) check(high << 16 | low);
  auto rng = bench::rng();
  for (int i = 0; i < 200'000; ++i) check(bench::random_fp32(rng));
  checker.finish(3 * 65'536 * 10);
}

// A long double holds 64 bits and any of these exponents, so one conversion rounds once.
TEST_CASE("float: pack equals the machine's conversion of any 64 bits",
          "[float][law][edge][random]") {
  static_assert(std::numeric_limits<long double>::digits >= 64);
  bench::Checker checker;
  auto rng = bench::rng();
  const auto check = [&](std::uint64_t significand, int exponent) {
    const long double exact = std::ldexp(static_cast<long double>(significand), exponent);
    for (const bool minus : {false, true})
      checker.equal(bits_of(static_cast<float>(minus ? -exact : exact)),
                    fp32::pack(minus, significand, exponent), [&](std::ostream& os) {
                      os << (minus ? "-" : "+") << significand << " * 2^" << exponent;
                    });
  };
  for (int width = 1; width <= 64; ++width) {
    const std::uint64_t top = std::uint64_t{1} << (width - 1), ones = top | (top - 1);
    const std::uint64_t half = top >> 24, last = top >> 23;  // of a normal result
    for (const std::uint64_t significand :
         {top, top | 1, ones, ones - 1, top | half, top | half | 1, (top | half) - 1,
          top | last | half, (top | last | half) - 1, ones - half, (ones - half) | 1,
          top | (rng() & (top - 1)), top | (rng() & (top - 1)), top | (rng() & (top - 1))}) {
      for (int exponent = -149 - 70; exponent <= -140; ++exponent) check(significand, exponent);
      for (int exponent = -4; exponent <= 4; ++exponent) {
        check(significand, exponent);
        check(significand, exponent - 126 - width);
        check(significand, exponent + 128 - width);
      }
      for (const int exponent : {-1'000, -400, 70, 200, 1'000}) check(significand, exponent);
    }
  }
  check(0, 0);
  check(0, 500);
  checker.finish(2 * 64 * 14 * 100);
}

TEST_CASE("float: a number taken apart is its significand times its power",
          "[float][law][exhaustive]") {
  bench::Checker checker;
  for (std::uint32_t high = 0; high < 0xFF00; ++high) {
    if ((high & 0x7F80) == 0x7F80) continue;  // not finite
    for (const std::uint32_t low : {0u, 1u, 0x8000u, 0xFFFFu}) {
      const std::uint32_t bits = high << 16 | low;
      const double want = std::abs(static_cast<double>(number(bits)));
      const auto describe = [&](std::ostream& os) { os << "0x" << std::hex << bits << std::dec; };
      const auto value = [](fp32::Unpacked u) {
        return std::ldexp(static_cast<double>(u.significand), u.exponent);
      };
      const fp32::Unpacked plain = fp32::unpack(bits);
      checker.equal(want, value(plain), describe);
      // The exponent is that of the lowest bit the format has there.
      checker.equal(true, plain.exponent == (std::max(std::ilogb(want), -126) - 23) || want == 0,
                    describe);
      checker.equal(high >= 0x8000, fp32::negative(bits), describe);
      checker.equal(bits, fp32::with_sign(false, bits), describe);
      checker.equal(bits_of(-static_cast<float>(want)), fp32::with_sign(true, bits), describe);
      if (want == 0) continue;
      const fp32::Unpacked normalized = fp32::unpack_normalized(bits);
      checker.equal(want, value(normalized), describe);
      checker.equal(std::uint64_t{1}, normalized.significand >> 23, describe);
    }
  }
  checker.finish(4 * 4 * 64'000);
}

TEST_CASE("float: numbers are what the machine takes them for", "[float][law][exhaustive]") {
  bench::Checker checker;
  for (std::uint32_t high = 0; high < 0x1'0000; ++high)
    for (const std::uint32_t low : {0u, 1u, 0xFFFFu}) {
      const std::uint32_t bits = high << 16 | low;
      const float x = number(bits);
      const auto describe = [&](std::ostream& os) { os << "0x" << std::hex << bits << std::dec; };
      checker.equal(std::isnan(x), fp32::is_nan(bits), describe);
      checker.equal(std::isinf(x), fp32::is_infinite(bits), describe);
      checker.equal(x == 0, fp32::is_zero(bits), describe);
      checker.equal(std::bit_cast<std::uint32_t>(std::abs(x)), fp32::magnitude(bits), describe);
    }
  checker.finish(12 * 0x1'0000);
}

// pack is the one rounding everything ends in: a sticky bit means the same as a longer number.
TEST_CASE("float: pack with a sticky bit equals pack of a longer significand",
          "[float][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int i = 0; i < 500'000; ++i) {
    const std::uint64_t high = (rng() >> (39 + rng() % 2)) | std::uint64_t{1} << 23;
    const std::uint64_t significand = high << 3 | rng() % 8;  // 27 or 28 bits
    const int exponent = static_cast<int>(rng() % 340) - 190;
    const std::uint64_t low = 1 + rng() % 0xFFFF;
    checker.equal(fp32::pack(false, significand << 16 | low, exponent - 16),
                  fp32::pack(false, significand, exponent, true), [&](std::ostream& os) {
                    os << significand << " low " << low << " exponent " << exponent;
                  });
  }
  checker.finish(500'000);
}

TEST_CASE("float: worked examples of the documentation", "[float][edge]") {
  STATIC_REQUIRE(fp32::pack(false, 3, -1) == 0x3FC00000);                 // 1.5
  STATIC_REQUIRE(fp32::pack(false, 0x1000001, 0) == 0x4B800000);          // 2^24 + 1: a tie, down
  STATIC_REQUIRE(fp32::pack(false, 0x1000003, 0) == 0x4B800002);          // 2^24 + 3: a tie, up
  STATIC_REQUIRE(fp32::pack(true, 1, -150) == 0x80000000);                // half the smallest: -0
  STATIC_REQUIRE(fp32::pack(false, 3, -150) == 2);                        // 1 1/2 of it: to even
  STATIC_REQUIRE(fp32::pack(false, 0xFFFFFF, 104) == 0x7F7FFFFF);         // the largest number
  STATIC_REQUIRE(fp32::pack(false, 0x1FFFFFF, 103) == 0x7F800000);        // rounds to infinity
  STATIC_REQUIRE(fp32::divide(0x42FE0000, 0x41CC0000) == 0x409F5F5F);     // 127 / 25.5
  STATIC_REQUIRE(fp32::multiply(0x414C0000, 0x409F5F5F) == 0x427DFFFF);   // 12.75 times that
  STATIC_REQUIRE(fp32::add(0x4B800000, 0x3F800000) == 0x4B800000);        // 2^24 + 1: a tie, down
  STATIC_REQUIRE(fp32::add(0x3F800000, 0xBF800000) == 0);                 // 1 - 1: +0
  STATIC_REQUIRE(fp32::add(0x7F7FFFFF, 0x73000000) == 0x7F800000);        // a tie with infinity
  STATIC_REQUIRE(fp32::to_code(0x427DFFFF, 7) == fp32::Code{63, false});  // just under 63.5
  STATIC_REQUIRE(fp32::to_code(0x427E0000, 7) == fp32::Code{64, false});  // 63.5, a tie
}

}  // namespace
}  // namespace rh
