// TEST RATIONALE. The formulas of when, against counting: steps and tiles are taken off one by one,
// and the cycle of a result is that of a beat which moves one cell a cycle. Every shape and length
// up to a few lanes, rows and groups, so every remainder occurs.
// Mutants this kills: a quotient rounded down, a part step that is forgotten or counted twice,
// groups that do not begin a step, a latency of one cycle more or less.
#include "array/array.hpp"

#include "bench/catch.hpp"
#include "bench/checker.hpp"

namespace rh {
namespace {

// How often `part` has to be taken off until nothing is left.
std::int64_t times(std::int64_t whole, std::int64_t part) {
  std::int64_t count = 0;
  for (; whole > 0; whole -= part) ++count;
  return count;
}

TEST_CASE("array: steps and tiles are as many as it takes", "[array][law][exhaustive]") {
  bench::Checker checker;
  for (int size = 1; size <= 20; ++size)
    for (std::int64_t length = 0; length <= 100; ++length) {
      const auto describe = [&](std::ostream& os) { os << length << " by " << size; };
      checker.equal(times(length, size), ArrayShape{1, 1, size}.steps(length), describe);
      checker.equal(times(length, size), ArrayShape{size, 1, 1}.tile_rows(length), describe);
      checker.equal(times(length, size), ArrayShape{1, size, 1}.tile_cols(length), describe);
      for (std::int64_t group = 1; group <= 20; ++group) {
        std::int64_t steps = 0;
        for (std::int64_t left = length; left > 0; left -= group)
          steps += times(left < group ? left : group, size);
        checker.equal(steps, ArrayShape{1, 1, size}.steps(length, group), describe);
      }
    }
  checker.finish(20 * 101 * 23);
}

TEST_CASE("array: cells are those of all rows", "[array][law][exhaustive]") {
  for (int rows = 0; rows <= 9; ++rows) {
    int cells = 0;
    for (int cols = 0; cols <= 9; ++cols, cells += rows)
      CHECK(ArrayShape{rows, cols, 3}.cells() == cells);
  }
  CHECK(ArrayShape{} == ArrayShape{16, 16, 1});
}

// docs/array.md (3): Latency = 3, of block cells 4, of FP32 cells 5, with carry-save 4 + a cycle
// for each 4 bits of the accumulator that are begun.
TEST_CASE("array: results leave after the latency, and a cycle later for each row and column",
          "[array][law][exhaustive]") {
  bench::Checker checker;
  const auto describe = [](std::ostream& os) { os << "a latency"; };
  checker.equal(std::int64_t{4}, array_result_cycle(0, 0, block_cycles(false)), describe);
  checker.equal(std::int64_t{5}, array_result_cycle(0, 0, block_cycles(true)), describe);
  checker.equal(std::int64_t{4 + 8}, array_result_cycle(0, 0, carry_save_cycles()), describe);
  for (int bits = 1; bits <= 100; ++bits) {
    checker.equal(4 + times(bits, 4), array_result_cycle(0, 0, carry_save_cycles(bits)), describe);
    if (bits == 32) checker.equal(carry_save_cycles(bits), carry_save_cycles(), describe);
    for (int stage = 1; stage <= 20; ++stage)
      checker.equal(1 + times(bits, stage), std::int64_t{carry_save_cycles(bits, stage)}, describe);
  }
  for (int late = 0; late < 12; ++late) {
    std::int64_t row_cycle = 3;
    for (int i = 0; i < late; ++i) ++row_cycle;
    for (int r = 0; r < 8; ++r, ++row_cycle) {
      std::int64_t cycle = row_cycle;
      for (int c = 0; c < 8; ++c, ++cycle) {
        checker.equal(cycle, array_result_cycle(r, c, late), describe);
        if (late == 0) checker.equal(cycle, array_result_cycle(r, c), describe);
      }
    }
  }
  checker.finish(3 + 100 + 2'000 + 13 * 64);
}

}  // namespace
}  // namespace rh
