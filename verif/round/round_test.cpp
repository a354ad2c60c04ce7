// TEST RATIONALE. State space: mode x magnitude x noise. Two instances are small enough to exhaust
// (12 bits with more dropped bits than noise; 8 bits with fewer, so that the noise hangs over);
// both saturate in reach or cannot, by their OutW. The instance used by FP32 (48 -> 24 bits) is
// crossed over edge patterns and seeded random ones. Mutants this kills: the tie rule, `>=` for `>`
// in either stochastic rule, the sticky bits, the noise alignment, the saturation bound.
#include "round/round.hpp"

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"
#include "round_12_6_5_4/round_12_6_5_4.h"
#include "round_12_6_5_4_chains/round_12_6_5_4_chains.h"
#include "round_48_24_24_8/round_48_24_24_8.h"
#include "round_8_2_7_5/round_8_2_7_5.h"
#include "round_8_2_7_5_chains/round_8_2_7_5_chains.h"

namespace rh {
namespace {

// The first again at the end, so that every bit of the mode falls, too.
constexpr RoundMode kModes[] = {RoundMode::Truncate,           RoundMode::NearestEven,
                                RoundMode::NearestAway,        RoundMode::Stochastic,
                                RoundMode::StochasticUnbiased, RoundMode::Truncate};

template <class Model>
class RoundModel {
 public:
  Rounded operator()(RoundMode mode, std::uint64_t in, std::uint64_t noise) {
    bench::set(model_.mode_i, static_cast<std::uint64_t>(mode));
    bench::set(model_.in_i, in);
    bench::set(model_.noise_i, noise);
    model_.eval();
    return {model_.out_o, model_.saturated_o != 0};
  }

 private:
  Model model_;
};

template <class Model>
void exhaust(int in_bits, int drop, int out_bits, int noise_bits) {
  RoundModel<Model> rtl;
  bench::Checker checker;
  for (const RoundMode mode : kModes)
    for (std::uint64_t in = 0; in < (1u << in_bits); ++in)
      for (std::uint64_t noise = 0; noise < (1u << noise_bits); ++noise) {
        const Rounded want = round(mode, in, drop, out_bits, noise, noise_bits);
        const Rounded got = rtl(mode, in, noise);
        const auto describe = [&](std::ostream& os) {
          os << name(mode) << " in " << in << " noise " << noise;
        };
        checker.equal(want.out, got.out, describe);
        checker.equal(want.saturated, got.saturated, describe);
      }
  checker.finish(std::uint64_t{2} * std::size(kModes) << (in_bits + noise_bits));
}

TEST_CASE("round: every input, mode and noise of two small instances", "[round][exhaustive]") {
  exhaust<round_12_6_5_4>(12, 6, 5, 4);
  exhaust<round_8_2_7_5>(8, 2, 7, 5);
}

TEST_CASE("round: the same with carries as chains", "[round][exhaustive]") {
  exhaust<round_12_6_5_4_chains>(12, 6, 5, 4);
  exhaust<round_8_2_7_5_chains>(8, 2, 7, 5);
}

TEST_CASE("round: the instance of FP32 at edges and at random", "[round][edge][random]") {
  RoundModel<round_48_24_24_8> rtl;
  bench::Checker checker;
  auto rng = bench::rng();
  constexpr std::uint64_t kMask = (std::uint64_t{1} << 48) - 1;
  const auto compare = [&](std::uint64_t in, std::uint64_t noise) {
    for (const RoundMode mode : kModes) {
      const Rounded want = round(mode, in, 24, 24, noise, 8);
      const Rounded got = rtl(mode, in, noise);
      checker.equal(want.out, got.out, [&](std::ostream& os) {
        os << name(mode) << " in 0x" << std::hex << in << " noise " << std::dec << noise;
      });
    }
  };
  for (int i = 0; i < 48; ++i)
    for (int j = 0; j < 48; ++j)
      for (int delta = -1; delta <= 1; ++delta) {
        const std::uint64_t in = (std::uint64_t{1} << i) + (std::uint64_t{1} << j);
        compare((in + static_cast<std::uint64_t>(delta)) & kMask, rng() % 256);
      }
  for (int i = 0; i < 20'000; ++i) compare(rng() & kMask, rng() % 256);
  checker.finish();
}

}  // namespace
}  // namespace rh
