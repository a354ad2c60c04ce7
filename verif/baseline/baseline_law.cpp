// TEST RATIONALE. The golden of the baselines is integers and one page; here it meets arithmetic
// that is not ours. B1 and B3 are IEEE 754's fusedMultiplyAdd, which the C library has as std::fma
// for float: bit for bit over all pairs of edges (both signs, every range of exponents, NaN,
// infinity) with five accumulators, and over random runs in which the accumulator is what came
// before, some operands chosen to cancel it, to lie at its ties, or at the ties of the subnormals.
// A std::fma that rounds twice would agree nearly always: the triples of three cases, which tell
// such a one, are asked of it first. B2 is its
// definition, evaluated again in double, where every step is exact: a product has 16 bits, an
// aligned sum 28, and the last addition is std::fma again. Where nothing is cut off, B2 must be the
// exact sum of products, rounded once.
#include <array>
#include <cmath>
#include <cstdint>
#include <random>

#include "baseline/baseline.hpp"
#include "baseline/cases.hpp"
#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"

namespace rh {
namespace {

using namespace baseline_cases;
using Lanes = std::array<std::uint16_t, 16>;

template <class Operand>
float to_float(Operand x) {
  return std::bit_cast<float>(baseline::to_fp32(x));
}
float from_bf16(std::uint16_t x) {
  return to_float(x);
}
std::uint32_t bits_of(float x) {
  return std::isnan(x) ? kFp32Nan : std::bit_cast<std::uint32_t>(x);
}

template <class Operand>
std::uint32_t host_fma(std::uint32_t value, Operand a, Operand b) {
  return bits_of(std::fma(to_float(a), to_float(b), std::bit_cast<float>(value)));
}

template <class Operand>
void compare_edges() {
  bench::Checker checker;
  const auto table = edges<Operand>();
  for (const std::uint32_t value : {0u, 0x8000'0000u, 0x0000'0001u, 0x3F80'0001u, 0xFF7F'FFFFu})
    for (const Operand a : table)
      for (const Operand b : table)
        checker.equal(host_fma(value, a, b), baseline::fma(value, false, a, b),
                      [&](std::ostream& os) {
                        os << std::hex << "value " << value << " a " << a << " b " << b;
                      });
  checker.finish(100'000);
}

template <class Operand>
void compare_runs(std::uint64_t salt) {
  auto rng = bench::rng(salt);
  bench::Checker checker;
  for (const Kind kind : kKinds) {
    std::uint32_t value = 0;
    for (int i = 0; i < 400'000; ++i) {
      const bool restart = rng() % 16 == 0;
      const auto p = rng() % 3 == 0
                         ? against<Operand>(rng, value)
                         : Pair<Operand>{operand<Operand>(rng, kind), operand<Operand>(rng, kind)};
      const std::uint32_t before = restart ? 0 : value;
      const std::uint32_t got = baseline::fma(value, restart, p.a, p.b);
      checker.equal(host_fma(before, p.a, p.b), got, [&](std::ostream& os) {
        os << std::hex << "value " << before << " a " << p.a << " b " << p.b;
      });
      value = got;
    }
  }
  checker.finish(2'000'000);
}

TEST_CASE("baseline: the host's fused multiply-add rounds once", "[baseline][law][edge]") {
  using U = std::uint32_t;
  // (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24: a tie, which 2^-60 breaks, far below the bits of a double.
  REQUIRE(host_fma<U>(0x2180'0000, 0x3F80'0800, 0x3F80'0800) == 0x3F80'1001);
  REQUIRE(host_fma<U>(0xA180'0000, 0x3F80'0800, 0x3F80'0800) == 0x3F80'1000);
  // (1 + 2^-23)(1 - 2^-23) - 1 = -2^-46: nothing left of a product that was rounded.
  REQUIRE(host_fma<U>(0xBF80'0000, 0x3F80'0001, 0x3F7F'FFFE) == 0xA880'0000);
  // 2^-75 * 2^-75 is half the smallest subnormal: with nothing and with 1.
  REQUIRE(host_fma<U>(0, 0x1A00'0000, 0x1A00'0000) == 0);
  REQUIRE(host_fma<U>(0x0000'0001, 0x1A00'0000, 0x1A00'0000) == 2);
}

TEST_CASE("baseline: fma of bf16 is the host's fused multiply-add", "[baseline][law][edge]") {
  compare_edges<std::uint16_t>();
}

TEST_CASE("baseline: fma of FP32 is the host's fused multiply-add", "[baseline][law][edge]") {
  compare_edges<std::uint32_t>();
}

TEST_CASE("baseline: fma of bf16 is the host's fused multiply-add in random runs",
          "[baseline][law][random]") {
  compare_runs<std::uint16_t>(1);
}

TEST_CASE("baseline: fma of FP32 is the host's fused multiply-add in random runs",
          "[baseline][law][random]") {
  compare_runs<std::uint32_t>(7);
}

// (3) to (5) of docs/baseline.md in double; operands finite.
float dot_in_double(float value, const Lanes& a, const Lanes& b) {
  const auto field = [](std::uint16_t x) {
    return std::max(1, x >> 7 & 255);
  };
  int largest = -1'000;
  for (std::size_t k = 0; k < 16; ++k)
    if ((a[k] & 0x7FFF) != 0 && (b[k] & 0x7FFF) != 0)
      largest = std::max(largest, field(a[k]) + field(b[k]) - 254);
  double sum = 0;
  for (std::size_t k = 0; k < 16 && largest > -1'000; ++k)
    sum += std::trunc(
        std::ldexp(double{from_bf16(a[k])} * double{from_bf16(b[k])}, 22 - largest));
  if (sum == 0) return value + 0.0f;
  int width = 0;
  std::frexp(sum, &width);
  const int cut = std::max(0, width - 24);
  const double kept = std::trunc(std::ldexp(sum, -cut));
  const int exponent = largest - 22 + cut;  // s = kept * 2^exponent, both factors FP32 numbers
  const int low = exponent < -149 ? -149 : 0;
  return std::fma(static_cast<float>(std::ldexp(kept, low)),
                  static_cast<float>(std::ldexp(1.0, exponent - low)), value);
}

TEST_CASE("baseline: dot is its definition in exact arithmetic", "[baseline][law][random]") {
  auto rng = bench::rng(2);
  bench::Checker checker;
  for (const Kind kind : kKinds) {
    std::uint32_t value = 0;
    for (int i = 0; i < 60'000; ++i) {
      const bool restart = rng() % 16 == 0;
      Lanes a;
      Lanes b;
      const auto finite = [&](Kind from) {
        std::uint16_t x = 0;
        do {
          x = operand<std::uint16_t>(rng, from);
        } while ((x & 0x7F80) == 0x7F80);
        return x;
      };
      const std::uint64_t zeros = rng() % 4 == 0 ? rng() : 0;
      for (std::size_t k = 0; k < 16; ++k) {
        a[k] = (zeros >> k & 1) != 0 ? 0 : finite(kind);
        b[k] = finite(kind);
        if (k % 2 == 1 && rng() % 4 == 0) {  // cancels its neighbour, or nearly so
          a[k] = static_cast<std::uint16_t>(a[k - 1] ^ 0x8000u ^ (rng() % 2));
          b[k] = b[k - 1];
        }
        if ((a[k] & 0x7F80) == 0x7F80) a[k] = 0;
      }
      if (fp32::is_nan(value) || fp32::is_infinite(value)) value = 0;
      const std::uint32_t got = baseline::dot(value, restart, a, b);
      checker.equal(bits_of(dot_in_double(std::bit_cast<float>(restart ? 0 : value), a, b)), got,
                    [&](std::ostream& os) {
                      os << "kind " << static_cast<int>(kind) << " beat " << i << std::hex
                         << " value " << value << " a0 " << a[0] << " b0 " << b[0];
                    });
      value = got;
    }
  }
  checker.finish(300'000);
}

TEST_CASE("baseline: dot is exact where nothing is cut off", "[baseline][law][random]") {
  auto rng = bench::rng(3);
  bench::Checker checker;
  for (int i = 0; i < 50'000; ++i) {
    Lanes a;
    Lanes b;
    double exact = 0;
    for (std::size_t k = 0; k < 16; ++k) {  // 4 bits each: products of 8 bits within 8 binades
      a[k] = bf16(rng() % 2 == 0, 127 + static_cast<int>(rng() % 5), rng() % 8 << 4 & 0x7F);
      b[k] = bf16(rng() % 2 == 0, 127 + static_cast<int>(rng() % 5), rng() % 8 << 4 & 0x7F);
      exact += double{from_bf16(a[k])} * double{from_bf16(b[k])};
    }
    checker.equal(bits_of(static_cast<float>(exact)), baseline::dot(0, true, a, b),
                  [&](std::ostream& os) { os << "beat " << i; });
  }
  checker.finish(50'000);
}

TEST_CASE("baseline: specials and the worked examples", "[baseline][edge]") {
  Lanes a{};
  Lanes b{};
  const std::uint16_t infinity = 0x7F80, nan = 0x7FC1, one = 0x3F80, minus_one = 0xBF80;
  a[3] = infinity;
  b[3] = one;
  REQUIRE(baseline::dot(0, true, a, b) == kFp32Infinity);
  REQUIRE(baseline::dot(0xFF80'0000, false, a, b) == kFp32Nan);
  b[3] = minus_one;
  REQUIRE(baseline::dot(0x3F80'0000, false, a, b) == 0xFF80'0000);
  a[9] = infinity;
  b[9] = one;
  REQUIRE(baseline::dot(0, true, a, b) == kFp32Nan);
  b[9] = 0;  // 0 times infinity
  b[3] = one;
  REQUIRE(baseline::dot(0, true, a, b) == kFp32Nan);
  a[9] = nan;
  REQUIRE(baseline::dot(0, true, a, b) == kFp32Nan);

  // 1 + 2^-22 is kept, 2^-23 is not; B1 rounds 1 + 2^-24 to even.
  Lanes x{};
  Lanes y{};
  x[0] = y[0] = y[1] = one;
  x[1] = bf16(false, 127 - 22, 0);
  REQUIRE(baseline::dot(0, true, x, y) == 0x3F80'0002);
  x[1] = bf16(false, 127 - 23, 0x7F);
  REQUIRE(baseline::dot(0, true, x, y) == 0x3F80'0000);
  REQUIRE(baseline::fma(0x3F80'0000, false, bf16(false, 127 - 24, 0), one) == 0x3F80'0000);
  REQUIRE(baseline::fma(0x3F80'0001, false, bf16(false, 127 - 24, 0), one) == 0x3F80'0002);
  // A zero product has no exponent: 0 * 2^127 does not push 2^-126 out.
  x = {};
  y = {};
  y[0] = bf16(false, 254, 0);
  x[1] = bf16(false, 64, 0);
  y[1] = bf16(false, 64, 0);
  REQUIRE(baseline::dot(0, true, x, y) == 0x0080'0000);
}

}  // namespace
}  // namespace rh
