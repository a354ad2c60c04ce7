// TEST RATIONALE. The golden model against laws that need no model: counts over all noises.
// State space: 10 dropped bits, all fractions, both parities of the integer part, all 2^R noises,
// R below and above the number of dropped bits. No statistics: every law is an equality.
#include "round/round.hpp"

#include "bench/catch.hpp"
#include "bench/checker.hpp"

namespace rh {
namespace {

constexpr int kDrop = 10;
constexpr std::uint64_t kOne = 1u << kDrop;

std::uint64_t count_up(RoundMode mode, std::uint64_t in, int noise_bits) {
  std::uint64_t up = 0;
  for (std::uint64_t noise = 0; noise < (1u << noise_bits); ++noise)
    up += round(mode, in, kDrop, 20, noise, noise_bits).out - in / kOne;
  return up;
}

TEST_CASE("round: a fraction f rounds up for exactly floor(2^R f) of the 2^R noises",
          "[round][law][exhaustive]") {
  bench::Checker checker;
  for (const int noise_bits : {1, 3, 8, 12})
    for (std::uint64_t in = 5 * kOne; in < 7 * kOne; ++in) {
      const std::uint64_t fraction = in % kOne;
      checker.equal((fraction << noise_bits) / kOne,
                    count_up(RoundMode::Stochastic, in, noise_bits),
                    [&](std::ostream& os) { os << "in " << in << " R " << noise_bits; });
    }
  checker.finish(8 * kOne);
}

// Up iff r >= 2^R (1 - f) - 1/2: the count is 2^R f rounded to the nearest integer, ties up. So the
// mean error over all fractions is zero as soon as every tie of a pair (f, 1 - f) cancels.
TEST_CASE("round: unbiased rounds up for exactly floor(2^R f + 1/2) noises",
          "[round][law][exhaustive]") {
  bench::Checker checker;
  for (const int noise_bits : {1, 3, 8, 12})
    for (std::uint64_t in = 5 * kOne; in < 7 * kOne; ++in) {
      const std::uint64_t fraction = in % kOne;
      checker.equal(((fraction << noise_bits) + kOne / 2) / kOne,
                    count_up(RoundMode::StochasticUnbiased, in, noise_bits),
                    [&](std::ostream& os) { os << "in " << in << " R " << noise_bits; });
    }
  checker.finish(8 * kOne);
}

TEST_CASE("round: exact values never move, whatever the mode and the noise", "[round][law]") {
  bench::Checker checker;
  for (int mode = 0; mode <= 4; ++mode)
    for (std::uint64_t value = 0; value < 64; ++value)
      for (std::uint64_t noise = 0; noise < 256; ++noise)
        checker.equal(value,
                      round(static_cast<RoundMode>(mode), value * kOne, kDrop, 20, noise, 8).out,
                      [&](std::ostream& os) { os << "mode " << mode << " noise " << noise; });
  checker.finish(5 * 64 * 256);
}

TEST_CASE("round: the result is within one unit and nearest is within a half", "[round][law]") {
  bench::Checker checker;
  for (std::uint64_t in = 0; in < 8 * kOne; ++in) {
    const auto near = [&](RoundMode mode) {
      const std::uint64_t out = round(mode, in, kDrop, 20).out * kOne;
      return out > in ? out - in : in - out;
    };
    const auto describe = [&](std::ostream& os) { os << "in " << in; };
    checker.equal(true, near(RoundMode::NearestEven) <= kOne / 2, describe);
    checker.equal(true, near(RoundMode::NearestAway) <= kOne / 2, describe);
    checker.equal(in / kOne, round(RoundMode::Truncate, in, kDrop, 20).out, describe);
    if (in % kOne == kOne / 2) {
      checker.equal(std::uint64_t{0}, round(RoundMode::NearestEven, in, kDrop, 20).out % 2,
                    describe);
      checker.equal(in / kOne + 1, round(RoundMode::NearestAway, in, kDrop, 20).out, describe);
    }
  }
  checker.finish(24 * kOne);
}

// Without noise the two stochastic modes take the only one of 1 bit that is 0: never up, and up
// from 1 - 1/4 on.
TEST_CASE("round: noise that is not given is a bit that is 0", "[round][law]") {
  bench::Checker checker;
  for (std::uint64_t in = 0; in < 4 * kOne; ++in) {
    const auto describe = [&](std::ostream& os) { os << "in " << in; };
    checker.equal(in / kOne, round(RoundMode::Stochastic, in, kDrop, 20).out, describe);
    checker.equal((in + kOne / 4) / kOne, round(RoundMode::StochasticUnbiased, in, kDrop, 20).out,
                  describe);
  }
  checker.finish(8 * kOne);
}

TEST_CASE("round: saturation stops at 2^out_bits - 1 and says so", "[round][edge]") {
  STATIC_REQUIRE(round(RoundMode::NearestEven, 0xFF8, 4, 8) == Rounded{0xFF, true});
  STATIC_REQUIRE(round(RoundMode::NearestEven, 0xFF7, 4, 8) == Rounded{0xFF, false});
  STATIC_REQUIRE(round(RoundMode::Truncate, 0xFFF, 4, 8) == Rounded{0xFF, false});
}

}  // namespace
}  // namespace rh
