// TEST RATIONALE. The golden cell against arithmetic that shares nothing with it: sums of 128 bits
// kept exactly and cut to the width by their bits, and the machine's FPU for FP32 sums. State
// space: any value, 0 to 20 lanes, codes of int8 and of 1 to 8 magnitude bits, restarts, sums of
// exponents over the window, widths of 8 to 63 bits. Covered: seeded random walks of 60 steps, the
// numbers of docs/mac.md.
// Mutants this kills: a width of one bit more or less, a restart that keeps or that adds, the sign
// of the product lost or given to a zero, an exponent that does not enter.
#include "mac/mac.hpp"

#include <bit>
#include <cmath>
#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "number/number.hpp"

namespace rh {
namespace {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

// The low bits of an exact sum, as a number in two's complement.
std::int64_t low_bits(Int128 sum, int bits) {
  const Uint128 low = static_cast<Uint128>(sum) & ((Uint128{1} << bits) - 1);
  const bool minus = (low >> (bits - 1) & 1) != 0;
  return static_cast<std::int64_t>(static_cast<Int128>(low) - (minus ? Int128{1} << bits : 0));
}

std::vector<std::int16_t> codes(std::mt19937_64& rng, std::size_t lanes, int bits) {
  std::vector<std::int16_t> list(lanes);
  for (std::int16_t& x : list) {
    const int magnitude = static_cast<int>(rng() % (1u << bits));
    x = static_cast<std::int16_t>(rng() % 2 != 0 ? -magnitude : magnitude);
  }
  return list;
}

Int128 exact_dot(const std::vector<std::int16_t>& a, const std::vector<std::int16_t>& b) {
  Int128 sum = 0;
  for (std::size_t k = a.size(); k > 0; --k) sum += Int128{a[k - 1]} * b[k - 1];
  return sum;
}

TEST_CASE("mac: a walk of int8 products is the exact sum cut to the width", "[mac][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int run = 0; run < 500; ++run) {
    const int bits = run % 2 == 0 ? 32 : 8 + static_cast<int>(rng() % 56);
    Int128 exact = static_cast<std::int32_t>(rng());
    std::int64_t value = low_bits(exact, bits);
    for (int step = 0; step < 60; ++step) {
      std::vector<std::int8_t> a(rng() % 20), b(a.size());
      for (auto& x : a) x = static_cast<std::int8_t>(rng());
      for (auto& x : b) x = static_cast<std::int8_t>(rng());
      Int128 sum = 0;
      for (std::size_t k = a.size(); k > 0; --k) sum += Int128{a[k - 1]} * b[k - 1];
      const bool restart = rng() % 16 == 0;
      exact = restart ? sum : exact + sum;
      value = bits == 32 ? mac(value, restart, a, b) : mac(value, restart, a, b, bits);
      checker.equal(low_bits(exact, bits), value, [&](std::ostream& os) {
        os << bits << " bits, run " << run << " step " << step;
      });
    }
  }
  checker.finish(30'000);
}

TEST_CASE("mac: a walk of products under exponents is the exact sum cut to the width",
          "[mac][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int run = 0; run < 500; ++run) {
    const int bits = 24 + static_cast<int>(rng() % 40);
    const int magnitude_bits = 1 + static_cast<int>(rng() % 8);
    Int128 exact = 0;
    std::int64_t value = 0;
    for (int step = 0; step < 60; ++step) {
      const auto a = codes(rng, rng() % 20, magnitude_bits);
      const auto b = codes(rng, a.size(), magnitude_bits);
      const int exponent = static_cast<int>(rng() % static_cast<unsigned>(bits - 1));
      const bool restart = rng() % 16 == 0;
      const Int128 product = exact_dot(a, b) * (Int128{1} << exponent);
      exact = restart ? product : exact + product;
      value = mac_exact(value, restart, a, b, magnitude_bits, exponent, bits);
      checker.equal(low_bits(exact, bits), value, [&](std::ostream& os) {
        os << bits << " bits, run " << run << " step " << step << " exponent " << exponent;
      });
    }
  }
  checker.finish(30'000);
}

// A product has 22 bits at most, so a double scales it exactly and float rounds it once.
TEST_CASE("mac: a walk of FP32 sums is the machine's", "[mac][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int run = 0; run < 500; ++run) {
    const int magnitude_bits = 1 + static_cast<int>(rng() % 8);
    const int centre = static_cast<int>(rng() % 240) - 130;
    float sum = 0;
    std::uint32_t value = 0;
    for (int step = 0; step < 60; ++step) {
      const auto a = codes(rng, rng() % 20, magnitude_bits);
      const auto b = codes(rng, a.size(), magnitude_bits);
      const int exponent = centre - 12 + static_cast<int>(rng() % 24);
      const bool restart = rng() % 16 == 0;
      const auto product = static_cast<float>(
          std::ldexp(static_cast<double>(static_cast<std::int64_t>(exact_dot(a, b))), exponent));
      sum = (restart ? 0.0f : sum) + product;
      value = mac_fp32(value, restart, a, b, magnitude_bits, exponent);
      const std::uint32_t want = std::isnan(sum) ? kFp32Nan : std::bit_cast<std::uint32_t>(sum);
      checker.equal(want, value, [&](std::ostream& os) {
        os << "run " << run << " step " << step << " exponent " << exponent;
      });
    }
  }
  checker.finish(30'000);
}

TEST_CASE("mac: a product of zero is +0, whatever was there", "[mac][law][edge]") {
  const std::int16_t zero[] = {0}, minus[] = {-1};
  CHECK(mac_fp32(0x8000'0000, false, zero, minus, 2, 0) == 0);            // -0 + 0
  CHECK(mac_fp32(0x8000'0000, true, zero, minus, 2, 0) == 0);             // 0 + 0
  CHECK(mac_fp32(0x8000'0000, false, zero, minus, 2, -200) == 0);         // as without exponent
  CHECK(mac_fp32(0x3F80'0000, true, minus, minus, 2, 0) == 0x3F80'0000);  // 1 alone
}

// docs/mac.md, worked examples.
TEST_CASE("mac: numbers worked by hand", "[mac][law]") {
  const std::int8_t a0[] = {3, -128}, b0[] = {-5, -128}, a1[] = {127, 0}, b1[] = {127, 7};
  CHECK(mac(77, true, a0, b0) == 16'369);
  CHECK(mac(16'369, false, a1, b1) == 32'498);
  const std::int8_t lowest[] = {-128}, highest[] = {127};
  CHECK(mac(2'147'467'264, false, lowest, lowest) == -2'147'483'648);
  CHECK(mac(2'147'479'576, false, highest, highest) == -2'147'471'591);
  const std::vector<std::int16_t> three(16, 3), minus(16, -3);
  CHECK(mac_exact(1, true, three, minus, 2, 14, 40) == -2'359'296);
  const std::int16_t five[] = {1, 2}, ones[] = {1, 2};
  CHECK(mac_exact(-2'359'296, false, five, ones, 2, 1, 40) == -2'359'286);
  CHECK(mac_fp32(1, true, three, minus, 2, 14) == 0xCA10'0000);
  const std::int16_t one[] = {1};
  CHECK(mac_fp32(0xCA10'0000, false, one, one, 2, -4) == 0xCA10'0000);
}

}  // namespace
}  // namespace rh
