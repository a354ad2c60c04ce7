// Golden model of rtl/round/rh_round.sv, written from docs/round.md, not from the RTL.
#pragma once
#include <cassert>
#include <cstdint>

#include "number/number.hpp"

namespace rh {

struct Rounded {
  std::uint64_t out;
  bool saturated;
  bool operator==(const Rounded&) const = default;
};

// Divides the magnitude `in` by 2^drop, rounds to an integer by `mode`, saturates to `out_bits`.
//   in < 2^48; 1 <= drop <= 47; 1 <= out_bits <= 63; 0 <= noise < 2^noise_bits <= 2^14.
// `noise` is read by the two stochastic modes alone; equal noise gives equal results.
// Every rule is a comparison of exact fractions: f = fraction / one.      docs/round.md (1) to (5)
constexpr Rounded round(RoundMode mode, std::uint64_t in, int drop, int out_bits,
                        std::uint64_t noise = 0, int noise_bits = 1) {
  assert(in < (std::uint64_t{1} << 48) && drop >= 1 && drop <= 47 && out_bits >= 1);
  assert(out_bits <= 63 && noise_bits >= 1 && noise_bits <= 14 && noise < (1u << noise_bits));
  const std::uint64_t one = std::uint64_t{1} << drop;
  const std::uint64_t noises = std::uint64_t{1} << noise_bits;
  const std::uint64_t below = in / one;
  const std::uint64_t fraction = in % one;

  bool up = false;
  switch (mode) {
    case RoundMode::Truncate: break;
    case RoundMode::NearestEven:
      up = 2 * fraction > one || (2 * fraction == one && below % 2 == 1);
      break;
    case RoundMode::NearestAway: up = 2 * fraction >= one; break;
    case RoundMode::Stochastic: up = noises * fraction / one + noise >= noises; break;
    case RoundMode::StochasticUnbiased:  // twice the rule, so that 1/2 is an integer
      up = 2 * noises * fraction + (2 * noise + 1) * one >= 2 * noises * one;
      break;
  }
  const std::uint64_t max = (std::uint64_t{1} << out_bits) - 1;
  const std::uint64_t exact = below + (up ? 1 : 0);
  return exact > max ? Rounded{max, true} : Rounded{exact, false};
}

}  // namespace rh
