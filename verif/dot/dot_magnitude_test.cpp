// TEST RATIONALE. Sign-magnitude lanes; state space: Lanes (2 + BitsA + BitsB) bits. Exhausted:
// every pair of fields, negative zeros included, of one lane (2 x 2, 4 x 4, 4 x 2 and 8 x 8
// magnitude bits), of two lanes of 2 bits in all three descriptions, and of three lanes of 1 and of
// 2 bits. 16 lanes (1 x 1, 2 x 2, 4 x 4, 2 x 4, 8 x 8; tree, products, packed words) and 64 packed
// lanes get the worst cases: all magnitudes at the maximum under signs that agree, alternate, or
// cancel, one lane at every edge against all others at every edge, and random fields, some of them
// sparse, as uniform ones hardly meet a zero. Alternating signs also bring the fields below the
// result of packed words to their ends, against a result of the other sign. The descriptions meet
// the same stimuli and the same golden model, so they equal each other; the bound (6) is reached
// with both signs and compared with 16, 144, 576, 720, 3,600, 1,040,400.
// Mutants this kills: the remaining bits of a lane inverted for the wrong sign, the constant of all
// lanes, the count of signs added where it is subtracted or with a digit left out, the sign of a
// alone, products with the signs exchanged; packed: no half below the result, neither or both sides
// reversed, signs ignored, fields of one bit less, the last word left out, the result read a bit
// too low.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "dot/dot.hpp"
#include "dot_m1l16_fast/dot_m1l16_fast.h"
#include "dot_m1l3_fast/dot_m1l3_fast.h"
#include "dot_m1l3_tree/dot_m1l3_tree.h"
#include "dot_m2l16/dot_m2l16.h"
#include "dot_m2l16_fast/dot_m2l16_fast.h"
#include "dot_m2l16_tree/dot_m2l16_tree.h"
#include "dot_m2l1_tree/dot_m2l1_tree.h"
#include "dot_m2l2/dot_m2l2.h"
#include "dot_m2l2_fast/dot_m2l2_fast.h"
#include "dot_m2l2_tree/dot_m2l2_tree.h"
#include "dot_m2l3_fast/dot_m2l3_fast.h"
#include "dot_m2l3_tree/dot_m2l3_tree.h"
#include "dot_m2l64_fast/dot_m2l64_fast.h"
#include "dot_m2x4l16/dot_m2x4l16.h"
#include "dot_m2x4l16_fast/dot_m2x4l16_fast.h"
#include "dot_m2x4l16_tree/dot_m2x4l16_tree.h"
#include "dot_m4l1/dot_m4l1.h"
#include "dot_m4l16/dot_m4l16.h"
#include "dot_m4l16_fast/dot_m4l16_fast.h"
#include "dot_m4l16_tree/dot_m4l16_tree.h"
#include "dot_m4l1_tree/dot_m4l1_tree.h"
#include "dot_m4x2l1_fast/dot_m4x2l1_fast.h"
#include "dot_m4x2l1_tree/dot_m4x2l1_tree.h"
#include "dot_m8l16/dot_m8l16.h"
#include "dot_m8l16_fast/dot_m8l16_fast.h"
#include "dot_m8l16_tree/dot_m8l16_tree.h"
#include "dot_m8l1_fast/dot_m8l1_fast.h"
#include "dot_m8l1_tree/dot_m8l1_tree.h"
#include "number/number.hpp"

namespace rh {
namespace {

template <class Model, int kBitsA, int kBitsB, int kLanes>
class MagnitudeBench {
 public:
  using Fields = std::array<unsigned, kLanes>;  // sign over magnitude

  std::int64_t check(const Fields& a, const Fields& b) {
    drive<kBitsA>(rtl_->a_i, a);
    drive<kBitsB>(rtl_->b_i, b);
    rtl_->eval();
    const std::int64_t want = dot_magnitude(codes<kBitsA>(a), kBitsA, codes<kBitsB>(b), kBitsB);
    constexpr std::int64_t kOne = std::int64_t{1} << kOutW;
    std::int64_t got = rtl_->rows_o;
    if (got >= kOne / 2) got -= kOne;
    checker_.equal(want, got, [&](std::ostream& os) {
      os << kBitsA << " x " << kBitsB << " bits, fields" << std::hex;
      for (std::size_t k = 0; k < kLanes; ++k) os << " " << a[k] << "*" << b[k];
    });
    return got;
  }

  // Every pair of operands.
  void exhaust() {
    constexpr int kBits = (kBitsA + 1) * kLanes;
    constexpr int kAll = kBits + (kBitsB + 1) * kLanes;
    for (std::uint64_t pair = 0; pair < std::uint64_t{1} << kAll; ++pair)
      check(unpack<kBitsA>(pair), unpack<kBitsB>(pair >> kBits));
    check(unpack<kBitsA>(0), unpack<kBitsB>(0));  // every bit falls again
    checker_.finish(std::uint64_t{1} << kAll);
  }

  void sample(std::int64_t bound) {
    // All magnitudes at the maximum; the signs of lane k are bit k mod 16 of two patterns.
    constexpr unsigned kSigns[] = {0x0000, 0xFFFF, 0x5555, 0xAAAA, 0x00FF, 0x7FFF, 0x0001, 0x8000};
    std::int64_t highest = 0;
    std::int64_t lowest = 0;
    Fields a;
    Fields b;
    for (const unsigned signs_a : kSigns)
      for (const unsigned signs_b : kSigns) {
        for (std::size_t k = 0; k < kLanes; ++k) {
          a[k] = (signs_a >> k % 16 & 1) << kBitsA | kMaxA;
          b[k] = (signs_b >> k % 16 & 1) << kBitsB | kMaxB;
        }
        const std::int64_t got = check(a, b);
        highest = std::max(highest, got);
        lowest = std::min(lowest, got);
      }
    CHECK(highest == bound);
    CHECK(lowest == -bound);
    constexpr unsigned kEdgesA[] = {0, 1, kMaxA - 1, kMaxA, kMaxA + 1, kMaxA + 2, 2 * kMaxA + 1};
    constexpr unsigned kEdgesB[] = {0, 1, kMaxB, kMaxB + 1, 2 * kMaxB, 2 * kMaxB + 1};
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      for (const unsigned others_a : kEdgesA)
        for (const unsigned others_b : kEdgesB)
          for (const unsigned one_a : kEdgesA)
            for (const unsigned one_b : kEdgesB) {
              a.fill(others_a);
              b.fill(others_b);
              a[lane] = one_a;
              b[lane] = one_b;
              check(a, b);
            }
    auto rng = bench::rng(kBitsA * 10 + kBitsB);
    for (int i = 0; i < 20'000; ++i) {
      const std::uint64_t kept = i % 2 == 0 ? rng() : ~std::uint64_t{0};
      for (std::size_t k = 0; k < kLanes; ++k) {
        a[k] = (kept >> k & 1) != 0 ? static_cast<unsigned>(rng()) & (2 * kMaxA + 1) : 0;
        b[k] = static_cast<unsigned>(rng()) & (2 * kMaxB + 1);
      }
      check(a, b);
      // The same products with the opposite sign, and half of them against the other half: 0.
      for (std::size_t k = 0; k < kLanes; ++k) a[k] ^= kMaxA + 1;
      check(a, b);
      for (std::size_t k = kLanes / 2; k < kLanes; ++k) {
        a[k] = a[k - kLanes / 2] ^ (kMaxA + 1);
        b[k] = b[k - kLanes / 2];
      }
      checker_.equal(0, static_cast<int>(check(a, b)), [&](std::ostream& os) { os << "zero"; });
    }
    checker_.finish(64 + kLanes * 7 * 6 * 7 * 6 + 4 * 20'000);
  }

 private:
  static constexpr int kOutW = dot_width_magnitude(kBitsA, kBitsB, kLanes);
  static constexpr unsigned kMaxA = (1u << kBitsA) - 1;
  static constexpr unsigned kMaxB = (1u << kBitsB) - 1;

  template <int kBits>
  static Fields unpack(std::uint64_t packed) {
    Fields fields;
    for (std::size_t k = 0; k < kLanes; ++k)
      fields[k] = static_cast<unsigned>(packed >> k * (kBits + 1)) & ((2u << kBits) - 1);
    return fields;
  }

  template <int kBits>
  static std::array<std::int16_t, kLanes> codes(const Fields& fields) {
    std::array<std::int16_t, kLanes> values;
    for (std::size_t k = 0; k < kLanes; ++k) {
      const int magnitude = static_cast<int>(fields[k] & ((1u << kBits) - 1));
      values[k] = static_cast<std::int16_t>(fields[k] >> kBits != 0 ? -magnitude : magnitude);
    }
    return values;
  }

  template <int kBits, class Port>
  static void drive(Port& port, const Fields& fields) {
    std::array<std::uint32_t, 6> words{};
    for (std::size_t k = 0; k < kLanes; ++k)
      for (std::size_t i = 0; i <= kBits; ++i) {
        const std::size_t at = k * (kBits + 1) + i;
        words[at / 32] |= (fields[k] >> i & 1u) << at % 32;
      }
    static_assert(sizeof(port) <= sizeof(words));
    std::memcpy(&port, words.data(), sizeof(port));
  }

  std::unique_ptr<VerilatedContext> context_ = std::make_unique<VerilatedContext>();
  std::unique_ptr<Model> rtl_ = std::make_unique<Model>(context_.get());
  bench::Checker checker_;
};

TEST_CASE("dot: every pair of sign-magnitude fields, one lane", "[dot][exhaustive]") {
  MagnitudeBench<dot_m2l1_tree, 2, 2, 1>().exhaust();
  MagnitudeBench<dot_m4l1, 4, 4, 1>().exhaust();
  MagnitudeBench<dot_m4l1_tree, 4, 4, 1>().exhaust();
  MagnitudeBench<dot_m4x2l1_tree, 4, 2, 1>().exhaust();
  MagnitudeBench<dot_m4x2l1_fast, 4, 2, 1>().exhaust();
  MagnitudeBench<dot_m8l1_tree, 8, 8, 1>().exhaust();
  MagnitudeBench<dot_m8l1_fast, 8, 8, 1>().exhaust();
}

TEST_CASE("dot: every operand of two and three sign-magnitude lanes", "[dot][exhaustive]") {
  MagnitudeBench<dot_m2l2, 2, 2, 2>().exhaust();
  MagnitudeBench<dot_m2l2_fast, 2, 2, 2>().exhaust();
  MagnitudeBench<dot_m2l2_tree, 2, 2, 2>().exhaust();
  MagnitudeBench<dot_m2l3_tree, 2, 2, 3>().exhaust();
  MagnitudeBench<dot_m2l3_fast, 2, 2, 3>().exhaust();
  MagnitudeBench<dot_m1l3_tree, 1, 1, 3>().exhaust();
  MagnitudeBench<dot_m1l3_fast, 1, 1, 3>().exhaust();
}

TEST_CASE("dot: 16 and 64 sign-magnitude lanes at their worst and at random",
          "[dot][edge][random]") {
  MagnitudeBench<dot_m1l16_fast, 1, 1, 16>().sample(16);
  MagnitudeBench<dot_m2l16, 2, 2, 16>().sample(144);
  MagnitudeBench<dot_m2l16_fast, 2, 2, 16>().sample(144);
  MagnitudeBench<dot_m2l16_tree, 2, 2, 16>().sample(144);
  MagnitudeBench<dot_m2l64_fast, 2, 2, 64>().sample(576);
  MagnitudeBench<dot_m2x4l16, 2, 4, 16>().sample(720);
  MagnitudeBench<dot_m2x4l16_tree, 2, 4, 16>().sample(720);
  MagnitudeBench<dot_m2x4l16_fast, 2, 4, 16>().sample(720);
  MagnitudeBench<dot_m4l16, 4, 4, 16>().sample(3'600);
  MagnitudeBench<dot_m4l16_tree, 4, 4, 16>().sample(3'600);
  MagnitudeBench<dot_m4l16_fast, 4, 4, 16>().sample(3'600);
  MagnitudeBench<dot_m8l16, 8, 8, 16>().sample(1'040'400);
  MagnitudeBench<dot_m8l16_tree, 8, 8, 16>().sample(1'040'400);
  MagnitudeBench<dot_m8l16_fast, 8, 8, 16>().sample(1'040'400);
}

}  // namespace
}  // namespace rh
