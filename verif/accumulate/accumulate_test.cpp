// TEST RATIONALE. State space: the accumulator's registers x restart x the input rows. Registers
// cannot be set from outside, so the small instances are walked: in every state that is met the
// next input not yet tried there is given, and the walk ends when every state has seen every input
// and a restart. Inputs are all codes (one row) or all rows whose sum stays below 2^InW, which is
// what rh_dot promises (several rows). That covers both descriptions, 1 to 3 rows, plain and
// carry-save, and both wraps, at AccW 6 or 8. The instances of int8 (16 and 32 bits) run up through
// 2^31 - 1 and down through -2^31, and at random with restarts at 0 to 100 %. The counter of the
// top part is exhausted by itself at 16 bits.
// The resolving adder: all pairs of 8 bits (stages of 3, 3, 2), one stage alone, 32 bits at random
// with long carries, bubbles at every stall percentage, resets at random; the cycle is exact.
// Mutants this kills: a restart that keeps one of low, carry, over or top; the constant one of the
// last column; `|in` from one row only; a step of the top part of the wrong sign or size; a broken
// chain in it; a stage that drops its carry or valid, one register more or less.
#include "accumulate/accumulate.hpp"

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <unordered_map>
#include <vector>

#include "accumulate_16_32/accumulate_16_32.h"
#include "accumulate_16_32_cs/accumulate_16_32_cs.h"
#include "accumulate_16_32_tree/accumulate_16_32_tree.h"
#include "accumulate_3_6_cs/accumulate_3_6_cs.h"
#include "accumulate_3_6_tree_r3/accumulate_3_6_tree_r3.h"
#include "accumulate_4_8/accumulate_4_8.h"
#include "accumulate_4_8_fast/accumulate_4_8_fast.h"
#include "accumulate_4_8_r2/accumulate_4_8_r2.h"
#include "accumulate_4_8_tree/accumulate_4_8_tree.h"
#include "accumulate_resolve_32_4/accumulate_resolve_32_4.h"
#include "accumulate_resolve_7_7/accumulate_resolve_7_7.h"
#include "accumulate_resolve_8_3/accumulate_resolve_8_3.h"
#include "accumulate_top_16/accumulate_top_16.h"
#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"
#include "bench/stream.hpp"

namespace rh {
namespace {

// What stands at in_i and what it means: one signed row, or unsigned rows 2^(InW-1) too large.
struct Input {
  std::uint64_t rows;
  std::int64_t value;
};

template <class Model, int kInW, int kRows, int kAccW, bool kCarrySave = false>
class AccumulateBench {
 public:
  static constexpr std::int64_t kInHalf = std::int64_t{1} << (kInW - 1);

  AccumulateBench() : rtl_(bench::wave_file()) { rtl_.settle(); }

  // Every input in every state that can be reached, as far as sum_o and carry_o show it.
  void walk() {
    std::vector<Input> inputs = every_input();
    std::shuffle(inputs.begin(), inputs.end(), rng_);
    constexpr std::uint64_t kLimit = 50'000'000;
    std::unordered_map<std::uint64_t, std::size_t> turn;  // of a state: which input comes next
    std::size_t open = 0;                                 // states with inputs left
    step(true, inputs[0]);
    do {
      const auto [state, is_new] = turn.try_emplace(key(), 0);
      if (is_new) ++open;
      std::size_t& next = state->second;
      if (next % (inputs.size() + 1) < inputs.size()) {
        step(false, inputs[next % (inputs.size() + 1)]);
      } else {
        step(true, inputs[rng_() % inputs.size()]);
      }
      if (++next == inputs.size() + 1) --open;
    } while (open != 0 && checker_.compared() < kLimit);
    checker_.equal(std::size_t{0}, open, [&](std::ostream& os) { os << "states left"; });
    INFO(turn.size() << " states");
    REQUIRE(turn.size() >= std::size_t{1} << kAccW);
    checker_.finish(turn.size() * (inputs.size() + 1));
  }

  // Up through the largest value, down through the smallest, and anywhere.
  void run() {
    constexpr int kRounds = (1 << (kAccW - kInW + 1)) + 1'000;
    step(true, split(0));
    for (int i = 0; i < kRounds; ++i) step(false, split(kInHalf - 1));
    step(true, split(-1));
    for (int i = 0; i < kRounds; ++i) step(false, split(-kInHalf));
    for (const std::uint64_t restart_percent : {0u, 2u, 50u, 100u})
      for (int i = 0; i < 20'000; ++i) {
        const std::int64_t value =
            static_cast<std::int64_t>(rng_() % (2 * static_cast<std::uint64_t>(kInHalf))) - kInHalf;
        step(rng_() % 100 < restart_percent, split(value));
      }
    checker_.finish(2 * kRounds + 80'000);
  }

 private:
  void step(bool restart, const Input& in) {
    rtl_->restart_i = restart;
    bench::set(rtl_->in_i, in.rows);
    rtl_.edge();
    const std::int64_t before = value_;
    value_ = accumulate(value_, restart, in.value, kAccW);
    const auto describe = [&](std::ostream& os) {
      os << "InW " << kInW << " rows " << kRows << " AccW " << kAccW << " carry-save " << kCarrySave
         << ": " << before << (restart ? " restart " : " add ") << in.value << " as 0x" << std::hex
         << in.rows << std::dec << " cycle " << rtl_.cycles();
    };
    const std::int64_t sum = static_cast<std::int64_t>(rtl_->sum_o);
    const std::int64_t carry = static_cast<std::int64_t>(rtl_->carry_o);
    checker_.equal(value_, wrap(sum + carry, kAccW), describe);
    if constexpr (!kCarrySave) checker_.equal(std::int64_t{0}, carry, describe);
  }

  std::uint64_t key() {
    return static_cast<std::uint64_t>(rtl_->sum_o) << 32 |
           static_cast<std::uint64_t>(rtl_->carry_o);
  }

  static Input meaning(std::uint64_t rows) {
    std::int64_t sum = 0;
    for (int r = 0; r < kRows; ++r)
      sum += static_cast<std::int64_t>(rows >> r * kInW) & (2 * kInHalf - 1);
    return {rows, kRows == 1 ? wrap(sum, kInW) : sum - kInHalf};
  }

  static std::vector<Input> every_input() {
    std::vector<Input> inputs;
    for (std::uint64_t rows = 0; rows < std::uint64_t{1} << kRows * kInW; ++rows)
      if (meaning(rows).value < kInHalf) inputs.push_back(meaning(rows));
    return inputs;
  }

  // `value` as an input, its rows at random.
  Input split(std::int64_t value) {
    if constexpr (kRows == 1) return meaning(static_cast<std::uint64_t>(value) & (2 * kInHalf - 1));
    std::uint64_t left = static_cast<std::uint64_t>(value + kInHalf);
    std::uint64_t rows = 0;
    for (int r = 0; r < kRows - 1; ++r) {
      const std::uint64_t row = rng_() % (left + 1);
      rows |= row << r * kInW;
      left -= row;
    }
    return meaning(rows | left << (kRows - 1) * kInW);
  }

  std::mt19937_64 rng_ = bench::rng(kInW);
  bench::Clocked<Model> rtl_;
  bench::Checker checker_;
  std::int64_t value_ = 0;
};

TEST_CASE("accumulate: every input in every state, one row", "[accumulate][exhaustive]") {
  AccumulateBench<accumulate_4_8, 4, 1, 8>().walk();
  AccumulateBench<accumulate_4_8_fast, 4, 1, 8>().walk();
}

TEST_CASE("accumulate: every input in every state, several rows", "[accumulate][exhaustive]") {
  AccumulateBench<accumulate_4_8_r2, 4, 2, 8>().walk();
  AccumulateBench<accumulate_4_8_tree, 4, 2, 8>().walk();
  AccumulateBench<accumulate_3_6_tree_r3, 3, 3, 6>().walk();
}

TEST_CASE("accumulate: every input in every state, carry-save", "[accumulate][exhaustive]") {
  AccumulateBench<accumulate_3_6_cs, 3, 2, 6, true>().walk();
}

TEST_CASE("accumulate: 32 bits through both ends and at random", "[accumulate][edge][random]") {
  AccumulateBench<accumulate_16_32, 16, 1, 32>().run();
  AccumulateBench<accumulate_16_32_tree, 16, 2, 32>().run();
  AccumulateBench<accumulate_16_32_cs, 16, 2, 32, true>().run();
}

TEST_CASE("accumulate: the top part moves by -1, 0, 1, 2 from every value",
          "[accumulate][exhaustive]") {
  const auto context = std::make_unique<VerilatedContext>();
  accumulate_top_16 rtl(context.get());
  bench::Checker checker;
  for (int step = 0; step < 1 << 16; ++step)
    for (int over = 0; over < 4; ++over) {
      const int value = step * 0x2E37 & 0xFFFF;  // every one, up and down
      bench::set(rtl.value_i, static_cast<std::uint64_t>(value));
      bench::set(rtl.over_i, static_cast<std::uint64_t>(over));
      rtl.eval();
      checker.equal(wrap(value + over - 1, 16), wrap(rtl.value_o, 16),
                    [&](std::ostream& os) { os << "value " << value << " over " << over; });
    }
  checker.finish(4 << 16);
}

template <class Model, int kAccW, int kStageW>
class ResolveBench {
 public:
  static constexpr std::size_t kLatency = (kAccW + kStageW - 1) / kStageW;
  static constexpr std::uint64_t kMask = (std::uint64_t{1} << kAccW) - 1;

  ResolveBench() : rtl_(bench::wave_file()) {
    rtl_.settle();
    reset();
  }

  void exhaust() {
    for (std::uint64_t sum = 0; sum <= kMask; ++sum)
      for (std::uint64_t carry = 0; carry <= kMask; ++carry) step(true, sum, carry);
    flush();
    checker_.finish(kMask * kMask);
  }

  // Random pairs, half of them with long carry chains, among bubbles and resets.
  void run() {
    for (const int percent : bench::kStalls) {
      bench::Pause bubble(percent, rng_());
      for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t sum = rng_() & kMask;
        const std::uint64_t near = (kMask - sum + rng_() % 3) ^ std::uint64_t{1} << rng_() % kAccW;
        step(!bubble(), sum, (rng_() % 2 == 0 ? rng_() : near) & kMask);
        if (percent != 0 && rng_() % 50 == 0) reset();
      }
      flush();
    }
    checker_.finish(80'000);
  }

 private:
  void reset() {
    rtl_->in_valid_i = 1;  // must not get in
    rtl_->rst_ni = 0;
    rtl_.edge();
    rtl_->rst_ni = 1;
    pipe_.assign(kLatency, std::nullopt);
    compare();
  }

  void step(bool valid, std::uint64_t sum, std::uint64_t carry) {
    rtl_->in_valid_i = valid;
    bench::set(rtl_->in_sum_i, sum);
    bench::set(rtl_->in_carry_i, carry);
    rtl_.edge();
    pipe_.pop_front();
    pipe_.push_back(valid ? std::optional<std::uint64_t>((sum + carry) & kMask) : std::nullopt);
    compare();
  }

  void flush() {
    for (std::size_t i = 0; i < kLatency; ++i) step(false, 0, 0);
  }

  void compare() {
    const auto describe = [&](std::ostream& os) {
      os << "AccW " << kAccW << " StageW " << kStageW << " cycle " << rtl_.cycles();
    };
    const std::optional<std::uint64_t>& want = pipe_.front();
    checker_.equal(want.has_value(), rtl_->out_valid_o != 0, describe);
    if (want) checker_.equal(*want, static_cast<std::uint64_t>(rtl_->out_o), describe);
  }

  std::mt19937_64 rng_ = bench::rng(kAccW);
  bench::Clocked<Model> rtl_;
  bench::Checker checker_;
  std::deque<std::optional<std::uint64_t>> pipe_;  // what leaves next is at the front
};

TEST_CASE("accumulate: the resolving adder is exact for every pair of 8 bits",
          "[accumulate][exhaustive]") {
  ResolveBench<accumulate_resolve_8_3, 8, 3>().exhaust();
  ResolveBench<accumulate_resolve_7_7, 7, 7>().exhaust();
}

TEST_CASE("accumulate: the resolving adder takes Latency cycles among bubbles and resets",
          "[accumulate][random][stall]") {
  ResolveBench<accumulate_resolve_8_3, 8, 3>().run();
  ResolveBench<accumulate_resolve_7_7, 7, 7>().run();
  ResolveBench<accumulate_resolve_32_4, 32, 4>().run();
}

}  // namespace
}  // namespace rh
