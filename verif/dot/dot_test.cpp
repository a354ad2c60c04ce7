// TEST RATIONALE. State space: 2 Lanes Width bits. Exhausted: one lane of int8 (65,536 pairs) with
// one row and with two, and small instances of every kind: both descriptions, 1 to 3 rows, several
// lanes, lanes that are no power of two (3, where the sum does not fill its range), the narrowest
// width. Wider sums of int8 (2, 4 and 16 lanes, both descriptions) get the edge codes crossed: one
// lane holds every pair of edges while all others hold every pair of edges; then random codes.
// Rows must add up to the sum plus the offset as integers, not only modulo 2^OutW: a carry lost in
// the tree is a fault even where it would cancel. Both descriptions meet the same stimuli and the
// same golden model, so they equal each other.
// Mutants this kills: an inverted or plain partial product too many, a wrong constant or offset, a
// full adder's sum or carry, a bit dropped between two levels, a carry chain that starts with 1,
// lanes exchanged, an unsigned operand.
#include "dot/dot.hpp"

#include <array>
#include <cstring>
#include <memory>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "dot_w2l1_tree/dot_w2l1_tree.h"
#include "dot_w3l3/dot_w3l3.h"
#include "dot_w3l3_fast/dot_w3l3_fast.h"
#include "dot_w3l3_tree_r2/dot_w3l3_tree_r2.h"
#include "dot_w4l2_r2/dot_w4l2_r2.h"
#include "dot_w4l2_tree/dot_w4l2_tree.h"
#include "dot_w8l1/dot_w8l1.h"
#include "dot_w8l1_fast/dot_w8l1_fast.h"
#include "dot_w8l16/dot_w8l16.h"
#include "dot_w8l16_tree_r2/dot_w8l16_tree_r2.h"
#include "dot_w8l1_tree/dot_w8l1_tree.h"
#include "dot_w8l1_tree_r2/dot_w8l1_tree_r2.h"
#include "dot_w8l2/dot_w8l2.h"
#include "dot_w8l2_tree/dot_w8l2_tree.h"
#include "dot_w8l4/dot_w8l4.h"
#include "dot_w8l4_tree_r3/dot_w8l4_tree_r3.h"
#include "number/number.hpp"

namespace rh {
namespace {

template <class Model, int kWidth, int kLanes, int kRows = 1>
class DotBench {
 public:
  using Codes = std::array<std::int8_t, kLanes>;

  void check(const Codes& a, const Codes& b) {
    drive(rtl_->a_i, a);
    drive(rtl_->b_i, b);
    rtl_->eval();
    checker_.equal(dot(a, b), sum_of(rtl_->rows_o), [&](std::ostream& os) {
      os << "width " << kWidth << " rows " << kRows << " lanes";
      for (std::size_t k = 0; k < kLanes; ++k) os << " " << +a[k] << "*" << +b[k];
    });
  }

  // Every pair of operands.
  void exhaust() {
    constexpr int kBits = kWidth * kLanes;
    for (std::uint64_t pair = 0; pair < std::uint64_t{1} << 2 * kBits; ++pair)
      check(unpack(pair), unpack(pair >> kBits));
    check(unpack(0), unpack(0));  // every bit falls again
    checker_.finish(std::uint64_t{1} << 2 * kBits);
  }

  // One lane against all others, all pairs of edges in either, and random codes.
  void sample() {
    constexpr std::int8_t kEdges[] = {-128, -127, -1, 0, 1, 127};
    Codes a;
    Codes b;
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      for (const std::int8_t others_a : kEdges)
        for (const std::int8_t others_b : kEdges)
          for (const std::int8_t one_a : kEdges)
            for (const std::int8_t one_b : kEdges) {
              a.fill(others_a);
              b.fill(others_b);
              a[lane] = one_a;
              b[lane] = one_b;
              check(a, b);
            }
    auto rng = bench::rng(kLanes);
    for (int i = 0; i < 20'000; ++i) {
      for (auto& x : a) x = static_cast<std::int8_t>(rng());
      for (auto& x : b) x = static_cast<std::int8_t>(rng());
      check(a, b);
    }
    checker_.finish(kLanes * 6 * 6 * 6 * 6 + 20'000);
  }

 private:
  static constexpr int kOutW = dot_width(kWidth, kLanes);

  static Codes unpack(std::uint64_t packed) {
    Codes codes;
    constexpr int kHalf = 1 << (kWidth - 1);
    for (int k = 0; k < kLanes; ++k) {
      const int field = static_cast<int>(packed >> k * kWidth) & (2 * kHalf - 1);
      codes[static_cast<std::size_t>(k)] =
          static_cast<std::int8_t>(field < kHalf ? field : field - 2 * kHalf);
    }
    return codes;
  }

  template <class Port>
  static void drive(Port& port, const Codes& codes) {
    std::array<std::uint64_t, 2> words{};
    for (int k = 0; k < kLanes; ++k) {
      const std::uint64_t field =
          static_cast<std::uint64_t>(codes[static_cast<std::size_t>(k)]) & ((1u << kWidth) - 1);
      words[static_cast<std::size_t>(k * kWidth / 64)] |= field << k * kWidth % 64;
    }
    static_assert(sizeof(port) <= sizeof(words));
    std::memcpy(&port, words.data(), sizeof(port));
  }

  static std::int64_t sum_of(std::uint64_t rows) {
    constexpr std::int64_t kOne = std::int64_t{1} << kOutW;
    std::int64_t sum = 0;
    for (int r = 0; r < kRows; ++r)
      sum += static_cast<std::int64_t>(rows >> r * kOutW) & (kOne - 1);
    if constexpr (kRows > 1) return sum - kOne / 2;
    return sum < kOne / 2 ? sum : sum - kOne;
  }

  std::unique_ptr<VerilatedContext> context_ = std::make_unique<VerilatedContext>();
  std::unique_ptr<Model> rtl_ = std::make_unique<Model>(context_.get());
  bench::Checker checker_;
};

TEST_CASE("dot: every pair of int8 codes", "[dot][exhaustive]") {
  DotBench<dot_w8l1, 8, 1>().exhaust();
  DotBench<dot_w8l1_fast, 8, 1>().exhaust();
  DotBench<dot_w8l1_tree, 8, 1>().exhaust();
  DotBench<dot_w8l1_tree_r2, 8, 1, 2>().exhaust();
}

TEST_CASE("dot: every operand of small instances, 1 to 3 lanes", "[dot][exhaustive]") {
  DotBench<dot_w4l2_r2, 4, 2, 2>().exhaust();
  DotBench<dot_w4l2_tree, 4, 2>().exhaust();
  DotBench<dot_w3l3, 3, 3>().exhaust();
  DotBench<dot_w3l3_fast, 3, 3>().exhaust();
  DotBench<dot_w3l3_tree_r2, 3, 3, 2>().exhaust();
  DotBench<dot_w2l1_tree, 2, 1>().exhaust();
}

TEST_CASE("dot: sums of int8 products, edges crossed and at random", "[dot][edge][random]") {
  DotBench<dot_w8l2, 8, 2>().sample();
  DotBench<dot_w8l2_tree, 8, 2>().sample();
  DotBench<dot_w8l4, 8, 4>().sample();
  DotBench<dot_w8l4_tree_r3, 8, 4, 3>().sample();
  DotBench<dot_w8l16, 8, 16>().sample();
  DotBench<dot_w8l16_tree_r2, 8, 16, 2>().sample();
}

}  // namespace
}  // namespace rh
