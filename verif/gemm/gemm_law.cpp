// TEST RATIONALE. The golden int8 product against sums of 128 bits taken backwards, and its timing
// against a sequencer that gives tile after tile the first cycle it may begin in. State space: any
// matrices, any shape, tiles and steps. Covered: sizes of 0 to 9 with random codes, 1 to 12 tiles
// of 1 to 40 steps on arrays of up to 5 x 6 cells, plain and late.
// Mutants this kills: rows for columns, a product without its last term, the code -128 overlooked
// in one operand, a drain or a tail of one cycle more, tiles that wait for a place too long.
#include "gemm/gemm.hpp"

#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"

namespace rh {
namespace {

__extension__ using Int128 = __int128;

TEST_CASE("gemm: an int8 product of any size is its sums, taken backwards", "[gemm][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (std::int64_t m = 0; m < 10; ++m)
    for (std::int64_t n = 0; n < 10; ++n)
      for (std::int64_t k = 0; k < 10; ++k) {
        std::vector<std::int8_t> a(static_cast<std::size_t>(m * k));
        std::vector<std::int8_t> b(static_cast<std::size_t>(n * k));
        for (auto& x : a) x = static_cast<std::int8_t>(rng());
        for (auto& x : b) x = static_cast<std::int8_t>(rng());
        std::vector<std::int32_t> want(static_cast<std::size_t>(m * n));
        for (std::int64_t i = m; i-- > 0;)
          for (std::int64_t j = n; j-- > 0;) {
            Int128 sum = 0;
            for (std::int64_t t = k; t-- > 0;)
              sum += Int128{a[static_cast<std::size_t>(i * k + t)]} *
                     b[static_cast<std::size_t>(j * k + t)];
            want[static_cast<std::size_t>(i * n + j)] = static_cast<std::int32_t>(sum);
          }
        checker.equal(true, gemm_int32(a, b, m, n, k) == want,
                      [&](std::ostream& os) { os << m << " x " << n << " x " << k; });
      }
  checker.finish(1'000);
}

// docs/contract.md (12): 2^31 - 1 over the square of the largest magnitude there is.
TEST_CASE("gemm: the longest contraction depends on -128 in either operand", "[gemm][law]") {
  const std::vector<std::int8_t> none, plain = {-127, 127, 0}, first = {-128, 0}, last = {1, -128};
  constexpr std::int64_t kMost = 2'147'483'647;
  for (const auto* a : {&none, &plain, &first, &last})
    for (const auto* b : {&none, &plain, &first, &last}) {
      const bool lowest = a == &first || a == &last || b == &first || b == &last;
      const std::int64_t square = lowest ? 128 * 128 : 127 * 127;
      CHECK(int8_max_terms(*a, *b) * square <= kMost);
      CHECK((int8_max_terms(*a, *b) + 1) * square > kMost);
    }
}

// docs/gemm.md (3) by its rules: a tile begins when the one before has had max(steps, drain) cycles
// and the one before that has left, which it has tail cycles after its last step.
TEST_CASE("gemm: the cycles of tiles are those of a sequencer", "[gemm][law][exhaustive]") {
  bench::Checker checker;
  for (int rows = 1; rows <= 5; ++rows)
    for (int cols = 1; cols <= 6; ++cols)
      for (int lanes = 1; lanes <= cols; ++lanes) {
        if (cols % lanes != 0) continue;
        for (const int late : {0, 1, 9})
          for (const int epilogue : {0, 6}) {
            const GemmTiming timing{ArrayShape{rows, cols, 1}, lanes, late, epilogue};
            std::int64_t drain = 0;  // row by row, `lanes` results a cycle
            for (int i = 0; i < rows; ++i)
              for (int j = 0; j < cols; j += lanes) ++drain;
            const std::int64_t tail = array_result_cycle(0, cols, late) + drain;
            const auto describe = [&](std::ostream& os) {
              os << rows << " x " << cols << ", " << lanes << " lanes, late " << late;
            };
            checker.equal(drain, timing.drain(), describe);
            checker.equal(tail, timing.tail(), describe);
            for (std::int64_t steps = 1; steps <= 40; ++steps) {
              checker.equal(std::int64_t{0}, timing.cycles(0, steps), describe);
              std::vector<std::int64_t> begin;
              for (std::int64_t tiles = 1; tiles <= 12; ++tiles) {
                std::int64_t first = 0;
                if (tiles >= 2) first = begin.back() + (steps < drain ? drain : steps);
                if (tiles >= 3) {
                  const std::int64_t free = begin[begin.size() - 2] + tail;
                  if (first < free) first = free;
                }
                begin.push_back(first);
                checker.equal(first + steps + tail + epilogue, timing.cycles(tiles, steps),
                              describe);
              }
            }
          }
      }
  checker.finish(5 * 14 * 6 * 40 * 13);
}

// docs/gemm.md: the latencies that the two sequencers are built with.
TEST_CASE("gemm: the timings of both arrays", "[gemm][law]") {
  const GemmTiming plain{ArrayShape{4, 8, 1}};
  CHECK(plain.result_lanes == 4);
  CHECK(plain.late == 0);
  CHECK(plain.epilogue == 6);
  const GemmTiming exact = block_timing(ArrayShape{4, 8, 16}, false);
  CHECK(exact.shape == ArrayShape{4, 8, 16});
  CHECK(exact.result_lanes == 8);
  CHECK(exact.late == 1);
  CHECK(exact.epilogue == 2);
  const GemmTiming fp32 = block_timing(ArrayShape{4, 8, 16}, true);
  CHECK(fp32.result_lanes == 8);
  CHECK(fp32.late == 2);
  CHECK(fp32.epilogue == 0);
}

}  // namespace
}  // namespace rh
