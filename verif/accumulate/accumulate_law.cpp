// TEST RATIONALE. The golden model against exact integers: the wrapped value is the only one in
// range that differs by a multiple of 2^bits (all values near a few multiples, all widths to 12,
// edges up to 63 bits), and many wrapped steps equal one wrapped sum (seeded random), so an order
// of steps does not matter and a wrap on the way does no harm to a sum that fits. Products under
// exponents against sums of 128 bits, at every width to 63, where the place of a product may lie
// beyond the width.
// Mutants this kills: a range shifted by one, a wrong sign of the remainder, a restart that adds,
// 2^63 or a product under its exponent as a signed number of 64 bits.
#include "accumulate/accumulate.hpp"

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"

namespace rh {
namespace {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

TEST_CASE("accumulate: wrapping gives the only number in range of the same remainder",
          "[accumulate][law][exhaustive]") {
  bench::Checker checker;
  for (int bits = 1; bits <= 12; ++bits) {
    const std::int64_t one = std::int64_t{1} << bits;
    for (std::int64_t value = -3 * one; value <= 3 * one; ++value) {
      const std::int64_t wrapped = wrap(value, bits);
      const auto describe = [&](std::ostream& os) { os << value << " to " << bits << " bits"; };
      checker.equal(true, 2 * wrapped >= -one && 2 * wrapped < one, describe);
      checker.equal(std::int64_t{0}, (value - wrapped) % one, describe);
    }
  }
  checker.finish(2 * 6 * 8190);
}

TEST_CASE("accumulate: one beyond either end of a width is the other end", "[accumulate][edge]") {
  bench::Checker checker;
  for (int bits = 2; bits <= 63; ++bits) {
    const std::int64_t half = std::int64_t{1} << (bits - 1);
    const auto describe = [&](std::ostream& os) { os << bits << " bits"; };
    checker.equal(half - 1, wrap(half - 1, bits), describe);
    checker.equal(-half, accumulate(half - 1, false, 1, bits), describe);
    checker.equal(half - 1, accumulate(-half, false, -1, bits), describe);
    checker.equal(std::int64_t{-1}, accumulate(half - 1, true, -1, bits), describe);
  }
  checker.finish(4 * 62);
  STATIC_REQUIRE(accumulate(0x7FFF'FFFF, false, 1) == -0x8000'0000LL);  // 32 bits unless told
  STATIC_REQUIRE(accumulate(-0x8000'0000LL, false, -1) == 0x7FFF'FFFF);
  STATIC_REQUIRE(wrap(std::int64_t{1} << 31, 32) == -(std::int64_t{1} << 31));
}

TEST_CASE("accumulate: wrapped steps equal the wrapped sum", "[accumulate][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int run = 0; run < 2'000; ++run) {
    const int bits = 2 + static_cast<int>(rng() % 40);
    std::int64_t value = 0;
    std::int64_t exact = 0;
    for (int i = 0; i < 50; ++i) {
      const std::int64_t in = static_cast<std::int64_t>(rng() % 65'536) - 32'768;
      const bool restart = rng() % 20 == 0;
      exact = restart ? in : exact + in;
      value = accumulate(value, restart, in, bits);
      checker.equal(wrap(exact, bits), value, [&](std::ostream& os) {
        os << "bits " << bits << " run " << run << " step " << i;
      });
    }
  }
  checker.finish(100'000);
}

// docs/accumulate.md (6): the sum of in 2^shift, all its bits kept, cut to the width.
TEST_CASE("accumulate: exact steps equal a sum of 128 bits, at every width and shift",
          "[accumulate][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int bits = 1; bits <= 63; ++bits)
    for (int shift = 0; shift < bits; ++shift) {
      std::int64_t value = 0;
      Uint128 exact = 0;  // modulo 2^128
      for (int i = 0; i < 20; ++i) {
        const std::int64_t in = static_cast<std::int64_t>(rng()) >> rng() % 64;
        const bool restart = rng() % 8 == 0;
        exact = (restart ? 0 : exact) + (static_cast<Uint128>(Int128{in}) << shift);
        value = accumulate_exact(value, restart, in, shift, bits);
        const Uint128 low = exact & ((Uint128{1} << bits) - 1);
        const bool minus = (low >> (bits - 1) & 1) != 0;
        checker.equal(
            static_cast<std::int64_t>(static_cast<Int128>(low) - (minus ? Int128{1} << bits : 0)),
            value, [&](std::ostream& os) {
              os << bits << " bits, " << in << " * 2^" << shift << ", step " << i;
            });
      }
    }
  checker.finish(20 * 32 * 63);
}

}  // namespace
}  // namespace rh
