// TEST RATIONALE. What can go wrong in the array is when, not what: a product that lands in the
// neighbour's tile, a result taken a cycle early, a bubble that counts. So every instance (1 x 1,
// tall, wide, several lanes, both descriptions, carry-save) gets random tiles of random length with
// bubbles at 0/25/50/90 %, tiles that follow each other at the shortest legal distance, and resets
// of one cycle or two at random times, with beats offered meanwhile; every result is compared with
// exact integers AND with the cycle that the formula names. Codes are uniform over all 256, and a
// directed case puts -128 everywhere.
// Mutants this kills: a delay more or less in either skew or in the restart, a restart that keeps
// the old sum, a bubble that holds the last beat, `take` during the restart out of reset, a beat
// of the last cycle of a reset that counts.
#include "array/array.hpp"

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "array_1x1x1/array_1x1x1.h"
#include "array_2x3x16/array_2x3x16.h"
#include "array_3x5x1/array_3x5x1.h"
#include "array_4x4x1_cs/array_4x4x1_cs.h"
#include "array_5x2x4/array_5x2x4.h"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"
#include "bench/stream.hpp"
#include "mac/mac.hpp"

namespace rh {
namespace {

struct Stimulus {
  int tiles = 20;
  int max_steps = 12;
  int bubble_percent = 0;
  int reset_percent = 0;       // chance of a reset before a tile is complete
  bool most_negative = false;  // every code is -128
};

template <class Model, int kRows, int kCols, int kLanes, int kCarrySave = 0>
class ArrayBench {
 public:
  explicit ArrayBench(std::uint64_t salt) : rng_(bench::rng(salt)), top_(bench::wave_file(kName)) {
    top_->in_valid_i = 0;
    top_.reset();
  }

  void run(const Stimulus& stimulus) {
    for (int tile = 0; tile < stimulus.tiles; ++tile) send_tile(stimulus);
    for (int i = 0; i < kRows + kCols + kCarrySave + 4; ++i) cycle();
    checker_.equal(std::size_t{0}, expected_.size(),
                   [](std::ostream& os) { os << "results that never came"; });
    top_.check();
  }
  const bench::Checker& checker() const { return checker_; }

 private:
  using Cell = std::pair<int, int>;
  inline static const std::string kName =
      std::to_string(kRows) + "x" + std::to_string(kCols) + "x" + std::to_string(kLanes);

  bool chance(int percent) { return static_cast<int>(rng_() % 100) < percent; }

  void send_tile(const Stimulus& stimulus) {
    const int steps = 1 + static_cast<int>(rng_() % static_cast<unsigned>(stimulus.max_steps));
    std::map<Cell, std::int64_t> value;
    for (int step = 0; step < steps; ++step) {
      while (chance(stimulus.bubble_percent)) bubble();
      if (chance(stimulus.reset_percent)) return reset();
      const bool last = step == steps - 1;
      while (last && top_.cycles() - last_end_ < kRows) bubble();

      std::array<std::int8_t, kRows * kLanes> a;
      std::array<std::int8_t, kCols * kLanes> b;
      const auto code = [&] { return static_cast<std::int8_t>(rng_()); };
      for (auto& x : a) x = stimulus.most_negative ? std::int8_t{-128} : code();
      for (auto& x : b) x = stimulus.most_negative ? std::int8_t{-128} : code();
      for (int r = 0; r < kRows; ++r)
        for (int c = 0; c < kCols; ++c)
          value[{r, c}] = mac(value[{r, c}], step == 0,
                              std::span(a).subspan(static_cast<std::size_t>(r * kLanes), kLanes),
                              std::span(b).subspan(static_cast<std::size_t>(c * kLanes), kLanes));
      bench::put(top_->in_a_i, std::span<const std::int8_t>(a));
      bench::put(top_->in_b_i, std::span<const std::int8_t>(b));
      top_->in_valid_i = 1;
      top_->in_last_i = last;
      if (last) {
        for (const auto& [cell, sum] : value)
          expected_[{top_.cycles() + static_cast<std::uint64_t>(
                                         array_result_cycle(cell.first, cell.second, kCarrySave)),
                     cell.second}] = static_cast<std::int32_t>(sum);
        last_end_ = top_.cycles();
      }
      cycle();
      top_->in_valid_i = 0;
    }
  }

  // What stands on the ports of a bubble must not matter.
  void bubble() {
    draw_ports();
    cycle();
  }

  void draw_ports() {
    std::array<std::int8_t, kRows * kLanes> a;
    for (auto& x : a) x = static_cast<std::int8_t>(rng_());
    bench::put(top_->in_a_i, std::span<const std::int8_t>(a));
    top_->in_last_i = rng_() % 2;
  }

  // One cycle or two; a beat offered meanwhile counts for nothing.
  void reset() {
    top_->rst_ni = 0;
    for (auto left = 1 + rng_() % 2; left > 0; --left) {
      draw_ports();
      top_->in_valid_i = rng_() % 2;
      top_.edge();
    }
    top_->rst_ni = 1;
    top_->in_valid_i = 0;
    top_.settle();
    expected_.clear();
    last_end_ = top_.cycles() - kRows;
  }

  void cycle() {
    top_.settle();
    std::array<std::int32_t, kCols> got;
    bench::get(top_->result_o, std::span<std::int32_t>(got));
    for (int c = 0; c < kCols; ++c) {
      const auto want = expected_.find({top_.cycles(), c});
      const bool valid = (top_->result_valid_o >> c & 1) != 0;
      const auto describe = [&](std::ostream& os) {
        os << kRows << "x" << kCols << "x" << kLanes << " column " << c << " cycle "
           << top_.cycles();
      };
      if (!checker_.equal(want != expected_.end(), valid, describe) || !valid) continue;
      checker_.equal(want->second, got[static_cast<std::size_t>(c)], describe);
      expected_.erase(want);
    }
    top_.edge();
  }

  std::mt19937_64 rng_;
  bench::Clocked<Model> top_;
  bench::Checker checker_;
  std::map<std::pair<std::uint64_t, int>, std::int32_t> expected_;  // by cycle and column
  std::uint64_t last_end_ = 0;  // the cycle of the last in_last_i; reset takes some
};

// Runs `stimulus` on every instance.
void on_every_array(const Stimulus& stimulus, std::uint64_t salt) {
  const auto run = [&](auto&& array) {
    array.run(stimulus);
    array.checker().finish(static_cast<std::uint64_t>(stimulus.tiles));
  };
  run(ArrayBench<array_1x1x1, 1, 1, 1>(salt));
  run(ArrayBench<array_3x5x1, 3, 5, 1>(salt));
  run(ArrayBench<array_5x2x4, 5, 2, 4>(salt));
  run(ArrayBench<array_2x3x16, 2, 3, 16>(salt));
  run(ArrayBench<array_4x4x1_cs, 4, 4, 1, carry_save_cycles()>(salt));
}

TEST_CASE("array: tiles come out exact, in the cycle the formula names, whatever the bubbles",
          "[array][random][stall]") {
  for (const int percent : bench::kStalls)
    on_every_array({.tiles = 60, .bubble_percent = percent}, static_cast<std::uint64_t>(percent));
}

TEST_CASE("array: tiles of the shortest length follow each other without a gap",
          "[array][random]") {
  on_every_array({.tiles = 200, .max_steps = 1}, 1000);
}

TEST_CASE("array: -128 times -128 everywhere", "[array][edge]") {
  on_every_array({.tiles = 10, .max_steps = 40, .most_negative = true}, 1001);
}

TEST_CASE("array: a reset at any time leaves nothing behind", "[array][random]") {
  on_every_array({.tiles = 100, .bubble_percent = 10, .reset_percent = 5}, 1002);
}

}  // namespace
}  // namespace rh
