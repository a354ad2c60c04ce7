// TEST RATIONALE. The golden model against exact integers: the wrapped value is the only one in
// range that differs by a multiple of 2^bits (all values near a few multiples, all widths to 12,
// edges up to 63 bits), and many wrapped steps equal one wrapped sum (seeded random), so an order
// of steps does not matter and a wrap on the way does no harm to a sum that fits.
// Mutants this kills: a range shifted by one, a wrong sign of the remainder, a restart that adds.
#include "accumulate/accumulate.hpp"

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"

namespace rh {
namespace {

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
  for (int bits = 2; bits <= 62; ++bits) {
    const std::int64_t half = std::int64_t{1} << (bits - 1);
    const auto describe = [&](std::ostream& os) { os << bits << " bits"; };
    checker.equal(half - 1, wrap(half - 1, bits), describe);
    checker.equal(-half, accumulate(half - 1, false, 1, bits), describe);
    checker.equal(half - 1, accumulate(-half, false, -1, bits), describe);
    checker.equal(std::int64_t{-1}, accumulate(half - 1, true, -1, bits), describe);
  }
  checker.finish(4 * 61);
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

}  // namespace
}  // namespace rh
