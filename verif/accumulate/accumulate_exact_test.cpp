// TEST RATIONALE. State space: the accumulator's register x restart x input x shift. The register
// is an output, so the small instances are walked: in every state that is met the next (input,
// shift) not yet tried there is given, until every state has seen all of them; 8 bits with a window
// of two places, and 7 bits without one. The instances of FAST (40 bits for E = 3 and m = 2; 56
// bits for E = 4 and m = 4) run up through the largest sum and down through the smallest with the
// largest addend, cancel to zero from both sides, cross every power of two by one in both
// directions (a carry or a borrow that any one bit stops), and run at random with restarts at 0 to
// 100 %.
// Golden is one multiplication and one wrap. Mutants this kills: the sign of an addend not carried
// into the top part, a carry dropped there, a restart that keeps the top or the low part, a shift
// that drops its highest bit, an addend shifted before its sign is extended.
#include <bit>
#include <cstdlib>
#include <random>
#include <unordered_map>
#include <vector>

#include "accumulate/accumulate.hpp"
#include "accumulate_exact_40/accumulate_exact_40.h"
#include "accumulate_exact_56/accumulate_exact_56.h"
#include "accumulate_exact_56_fast/accumulate_exact_56_fast.h"
#include "accumulate_exact_7/accumulate_exact_7.h"
#include "accumulate_exact_8/accumulate_exact_8.h"
#include "accumulate_exact_8_fast/accumulate_exact_8_fast.h"
#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"

namespace rh {
namespace {

template <class Model, int kInW, int kMaxShift, int kAccW>
class ExactBench {
 public:
  static constexpr std::int64_t kHalf = std::int64_t{1} << (kInW - 1);

  ExactBench() : rtl_(bench::wave_file()) { rtl_.settle(); }

  // Every input at every shift in every state.
  void walk() {
    constexpr std::size_t kCases = (std::size_t{1} << kInW) * (kMaxShift + 1);
    constexpr std::uint64_t kLimit = 10'000'000;
    std::unordered_map<std::int64_t, std::size_t> turn;
    std::size_t open = 0;
    step(true, 0, 0);
    do {
      const auto [state, is_new] = turn.try_emplace(value_, 0);
      if (is_new) ++open;
      const std::size_t next = state->second++;
      if (next == kCases) --open;
      const std::size_t which = next < kCases ? next : rng_() % kCases;
      step(next == kCases, static_cast<std::int64_t>(which / (kMaxShift + 1)) - kHalf,
           static_cast<int>(which % (kMaxShift + 1)));
    } while (open != 0 && checker_.compared() < kLimit);
    REQUIRE(open == 0);
    REQUIRE(turn.size() == std::size_t{1} << kAccW);
    checker_.finish(kCases << kAccW);
  }

  void run() {
    constexpr int kRounds = 3'000;
    for (const std::int64_t extreme : {kHalf - 1, -kHalf}) {
      step(true, extreme, kMaxShift);
      for (int i = 0; i < kRounds; ++i) step(false, extreme, kMaxShift);
    }
    for (int shift = 0; shift <= kMaxShift; ++shift) {  // cancel to zero, and one more
      step(true, kHalf - 1, shift);
      step(false, 1 - kHalf, shift);
      step(false, -1, 0);
      step(false, 1, 0);
      step(false, 1, shift);
      step(false, -1, shift);
    }
    for (const std::int64_t sign : {1, -1}) {
      step(true, 0, 0);
      while (std::abs(value_) < std::int64_t{1} << (kAccW - 2)) {
        step(false, sign * kHalf / 2, kMaxShift);
        if (!std::has_single_bit(static_cast<std::uint64_t>(std::abs(value_)))) continue;
        for (const std::int64_t one : {-1, 1, 1, -1}) step(false, one, 0);
      }
    }
    for (const std::uint64_t restart_percent : {0u, 2u, 50u, 100u})
      for (int i = 0; i < 20'000; ++i)
        step(rng_() % 100 < restart_percent,
             static_cast<std::int64_t>(rng_() % (2 * static_cast<std::uint64_t>(kHalf))) - kHalf,
             static_cast<int>(rng_() % (kMaxShift + 1)));
    rtl_.check();
    checker_.finish(2 * kRounds + 80'000);
  }

 private:
  void step(bool restart, std::int64_t in, int shift) {
    rtl_->restart_i = restart;
    bench::set(rtl_->in_i, static_cast<std::uint64_t>(in) & (2 * kHalf - 1));
    bench::set(rtl_->shift_i, static_cast<std::uint64_t>(shift));
    rtl_.edge();
    const std::int64_t before = value_;
    value_ = accumulate_exact(value_, restart, in, shift, kAccW);
    checker_.equal(value_, wrap(static_cast<std::int64_t>(rtl_->value_o), kAccW),
                   [&](std::ostream& os) {
                     os << "InW " << kInW << " AccW " << kAccW << ": " << before
                        << (restart ? " restart " : " add ") << in << " * 2^" << shift << " cycle "
                        << rtl_.cycles();
                   });
  }

  std::mt19937_64 rng_ = bench::rng(kAccW);
  bench::Clocked<Model> rtl_;
  bench::Checker checker_;
  std::int64_t value_ = 0;
};

TEST_CASE("accumulate: exact, every input at every shift in every state",
          "[accumulate][exhaustive]") {
  ExactBench<accumulate_exact_8, 3, 2, 8>().walk();
  ExactBench<accumulate_exact_8_fast, 3, 2, 8>().walk();
  ExactBench<accumulate_exact_7, 4, 0, 7>().walk();
}

TEST_CASE("accumulate: exact, 40 and 56 bits through both ends and at random",
          "[accumulate][edge][random]") {
  ExactBench<accumulate_exact_40, 9, 14, 40>().run();
  ExactBench<accumulate_exact_56, 13, 30, 56>().run();
  ExactBench<accumulate_exact_56_fast, 13, 30, 56>().run();
}

}  // namespace
}  // namespace rh
