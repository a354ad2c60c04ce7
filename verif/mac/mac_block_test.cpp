// TEST RATIONALE. Cells of block formats. Dot and accumulators are proven by their own tests; what
// the cell adds is which exponents meet which product, how far a sum is shifted, and when all that
// arrives: the value after exactly 2 cycles (3 with Fp32), operands at the neighbours after one.
// So every kind of cell (1 to 16 lanes, chunks of 1, 2, 4 and 8 bits, accumulators of 8 to 88 bits
// and of FP32; products, tree, packed words, and the gates of one) is compared in every cycle of
// random runs with restarts at 0 to 100 % and bubbles; FP32 in windows of exponents from where all
// is rounded away to where all is infinite, and every exponent once by itself. The smallest cell is
// walked: every operand in every state of its accumulator. Then the longest contractions that fit
// by docs/contract.md (35), with the largest codes and exponents, end exactly at the bound (34), at
// either end, and one product more wraps; codes of 4 and 8 bits reach it in passes over their
// chunks. Sums cancel to zero and to one at every shift. Packed words are made here from
// docs/dot.md (9).
// Mutants this kills: a product, a restart or an exponent that is not delayed with the others, the
// exponent of a alone, read one bit too low or not passed on, a's unsigned or b's signed with FP32,
// a's operand passed on for b's.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <optional>
#include <random>
#include <type_traits>
#include <unordered_map>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "chunk/chunk.hpp"
#include "mac/mac.hpp"
#include "mac_m1l2/mac_m1l2.h"
#include "mac_m1l2_fast/mac_m1l2_fast.h"
#include "mac_m1l2_tree/mac_m1l2_tree.h"
#include "mac_m2l16/mac_m2l16.h"
#include "mac_m2l16_88/mac_m2l16_88.h"
#include "mac_m2l16_fast/mac_m2l16_fast.h"
#include "mac_m2l16_fp32_fast/mac_m2l16_fp32_fast.h"
#include "mac_m2l16_fp32_tree/mac_m2l16_fp32_tree.h"
#include "mac_m2l16_gates/mac_m2l16_gates.h"
#include "mac_m2l16_passes/mac_m2l16_passes.h"
#include "mac_m2l16_tree/mac_m2l16_tree.h"
#include "mac_m4l16_fast/mac_m4l16_fast.h"
#include "mac_m4l16_tree/mac_m4l16_tree.h"
#include "mac_m8l1/mac_m8l1.h"
#include "mac_m8l1_fast/mac_m8l1_fast.h"
#include "mac_m8l1_fp32/mac_m8l1_fp32.h"
#include "number/number.hpp"

namespace rh {
namespace {

struct Cell {
  int lanes;
  int bits;                    // of a magnitude
  int acc;                     // bits of the value
  int exponent_a, exponent_b;  // bits
  int max_shift;
  bool packed = false;
  bool fp32 = false;

  constexpr Cell fast() const {
    Cell cell = *this;
    cell.packed = true;
    return cell;
  }
};
constexpr Cell kM1L2{2, 1, 8, 1, 1, 2};
constexpr Cell kM2L16{16, 2, 40, 3, 3, 14};
constexpr Cell kM2L16Wide{16, 2, 88, 5, 5, 62};
constexpr Cell kM2L16Passes{16, 2, 40, 5, 3, 26, true};
constexpr Cell kM4L16{16, 4, 48, 4, 3, 22};
constexpr Cell kM8L1{1, 8, 40, 3, 3, 14};
constexpr Cell kM2L16Fp32{16, 2, 32, 11, 8, 0, false, true};
constexpr Cell kM8L1Fp32{1, 8, 32, 11, 8, 0, false, true};

__extension__ typedef unsigned __int128 Uint128;

template <class Model, Cell kCell>
class BlockBench {
 public:
  static constexpr int kLatency = kCell.fp32 ? 3 : 2;
  static constexpr unsigned kMax = (1u << kCell.bits) - 1;
  using Codes = std::array<std::int16_t, kCell.lanes>;
  struct Operand {
    Codes codes{};
    unsigned negative_zeros = 0;  // lanes that are a zero with a sign
    int exponent = 0;
  };

  explicit BlockBench(std::uint64_t salt = 0) : rng_(bench::rng(salt)), rtl_(bench::wave_file()) {
    rtl_.settle();
    pipe_.assign(kLatency, std::nullopt);
  }

  // Restarts and bubbles by chance; exponents of FP32 sum to first .. first + width - 1.
  void run(std::uint64_t restart_percent, std::uint64_t bubble_percent, int beats, int first = 0,
           int width = 1) {
    for (int i = 0; i < beats; ++i) {
      Operand a = random_codes();
      Operand b = random_codes();
      if constexpr (kCell.fp32) {
        const int sum = first + below(width);
        b.exponent = below(1 << kCell.exponent_b);
        a.exponent = std::clamp(sum - b.exponent, -(1 << (kCell.exponent_a - 1)),
                                (1 << (kCell.exponent_a - 1)) - 1);
      } else {
        const int most_a = std::min(1 << kCell.exponent_a, kCell.max_shift + 1);
        a.exponent = rng_() % 8 == 0 ? most_a - 1 : below(most_a);
        const int most_b = std::min(1 << kCell.exponent_b, kCell.max_shift + 1 - a.exponent);
        b.exponent = rng_() % 8 == 0 ? most_b - 1 : below(most_b);
      }
      const bool restart = i == 0 || rng_() % 100 < restart_percent;
      if (!restart && rng_() % 100 < bubble_percent) a = {};
      step(restart, a, b);
    }
  }

  // Every operand in every state of the accumulator.
  void walk() {
    constexpr int kSide = kCell.lanes * (1 + kCell.bits) + kCell.exponent_a;
    static_assert(kCell.acc <= 8 && kCell.exponent_a == kCell.exponent_b);
    constexpr std::uint64_t kOperands = std::uint64_t{1} << 2 * kSide;
    std::unordered_map<std::int64_t, std::uint64_t> turn;
    std::size_t open = 0;
    step(true, {}, {});
    do {
      const auto [state, is_new] = turn.try_emplace(*value_, 0);
      if (is_new) ++open;
      const std::uint64_t next = state->second++;
      if (next == kOperands) --open;
      const std::uint64_t which = next < kOperands ? next : rng_() % kOperands;
      step(next == kOperands, unpack(which), unpack(which >> kSide));
    } while (open != 0 && checker_.compared() < 100'000'000);
    REQUIRE(open == 0);
    REQUIRE(turn.size() == std::size_t{1} << kCell.acc);
  }

  // The value after `terms` products of codes of `bits` bits, the largest ones, a's with the sign
  // `sign`, at the largest exponents of the formats, pass after pass over their chunks.
  std::int64_t contract(std::int64_t terms, int bits, int sign, int exponent) {
    const int count = chunk_count(bits, kCell.bits);
    const int code = (1 << bits) - 1;
    for (std::int64_t done = 0; done < terms; done += kCell.lanes)
      for (int i = 0; i < count; ++i)
        for (int j = 0; j < count; ++j) {
          Operand a, b;
          for (int k = 0; k < kCell.lanes; ++k) {
            const bool there = done + k < terms;
            const auto at = static_cast<std::size_t>(k);
            a.codes[at] = static_cast<std::int16_t>(chunk(there ? sign * code : 0, i, kCell.bits));
            b.codes[at] = static_cast<std::int16_t>(chunk(code, j, kCell.bits));
          }
          a.exponent = exponent + kCell.bits * (i + j);
          b.exponent = exponent;
          step(done == 0 && i == 0 && j == 0, a, b);
        }
    drain();
    return wrap(static_cast<std::int64_t>(number(rtl_->sum_o)), kCell.acc);
  }

  // To zero, to one on either side of it, and within a beat, at every pair of exponents.
  void cancel() {
    for (int e_a = 0; e_a < 1 << kCell.exponent_a; ++e_a)
      for (int e_b = 0; e_b < 1 << kCell.exponent_b; ++e_b) {
        if (e_a + e_b > kCell.max_shift) continue;
        const Operand all = filled(kMax, e_a);
        Operand minus = filled(-static_cast<int>(kMax), e_a);
        const Operand other = filled(kMax, e_b);
        Operand one, unit;
        one.codes[0] = 1;
        unit.codes[kCell.lanes - 1] = 1;
        step(true, all, other);
        step(false, minus, other);
        step(false, one, filled(1, 0));
        for (const bool up : {false, true, true, false})
          step(false, up ? all : minus, filled(1, 0));
        for (std::size_t k = 0; k < kCell.lanes; k += 2) minus.codes[k] = kMax;
        step(false, minus, other);
        step(false, unit, filled(-1, 0));
      }
    drain();
  }

  void specials() {
    for (const int sign : {1, -1}) {
      const auto at = [&](int code, int exponent, bool restart = false) {
        Operand a = filled(code, exponent);
        if (code == 0) a.negative_zeros = ~0u;
        step(restart, a, filled(1, 0));
      };
      at(sign, 127, true);
      at(sign, 200);  // infinity
      at(0, 0);       // stays,
      at(-sign, 100);
      at(-sign, 1000);  // until its opposite makes a NaN,
      at(sign, -20);    // which stays
      at(sign, 0, true);
      at(-sign, 0);  // +0
      at(0, 1023);
      at(sign, -149);
      at(-sign, -1024);
      at(-sign, -150);
    }
    drain();
  }

  // One sum at every exponent, of a alone and with every exponent of b.
  void every_exponent() {
    const int end = 1 << (kCell.exponent_a - 1);
    for (int e = -end; e < end; ++e) step(true, filled(1, e), filled(1, 0));
    for (int e_b = 0; e_b < 1 << kCell.exponent_b; ++e_b)
      for (const int e_a : {-end, -end / 2, -170, -150, 0, 110, end / 2, end - 1})
        step(true, filled(-1, e_a), filled(1, e_b));
    drain();
  }

  void drain() {
    for (int i = 0; i < kLatency; ++i) step(false, {}, {});
  }
  bench::Checker& checker() { return checker_; }
  void finish(std::uint64_t at_least) {
    rtl_.check();
    checker_.finish(at_least);
  }

 private:
  using Value = std::conditional_t<kCell.fp32, std::uint32_t,
                                   std::conditional_t<(kCell.acc < 64), std::int64_t, Uint128>>;
  static constexpr int kCodeW = 1 + kCell.bits;
  static constexpr int kFieldW = dot_width_magnitude(kCell.bits, kCell.bits, kCell.lanes);
  static constexpr int kPerWord = 64 / kFieldW;
  static constexpr int kWords = (kCell.lanes + kPerWord - 1) / kPerWord;
  using Image = std::array<std::uint64_t, kWords + 1>;  // of a port

  int below(int n) { return static_cast<int>(rng_() % static_cast<unsigned>(n)); }

  static Operand filled(int code, int exponent) {
    Operand operand;
    operand.codes.fill(static_cast<std::int16_t>(code));
    operand.exponent = exponent;
    return operand;
  }

  // Uniform, the largest, few that are not zero.
  Operand random_codes() {
    Operand operand;
    const std::uint64_t kind = rng_() % 4;
    for (std::size_t k = 0; k < kCell.lanes; ++k) {
      const std::uint64_t bits = rng_();
      int code = static_cast<int>(bits & kMax);
      if (kind == 0) code = kMax;
      if (kind == 1 && bits >> 8 & 7) code = 0;
      const bool negative = bits >> 16 & 1;
      operand.codes[k] = static_cast<std::int16_t>(negative ? -code : code);
      if (negative && code == 0) operand.negative_zeros |= 1u << k;
    }
    return operand;
  }

  static Operand unpack(std::uint64_t bits) {
    Operand operand;
    for (std::size_t k = 0; k < kCell.lanes; ++k, bits >>= kCodeW) {
      const int code = static_cast<int>(bits & kMax);
      const bool negative = bits >> kCell.bits & 1;
      operand.codes[k] = static_cast<std::int16_t>(negative ? -code : code);
      if (negative && code == 0) operand.negative_zeros |= 1u << k;
    }
    operand.exponent = static_cast<int>(bits & ((1u << kCell.exponent_a) - 1));
    return operand;
  }

  static void put(Image& image, int at, int width, std::uint64_t value) {
    for (int i = 0; i < width; ++i)
      image[static_cast<std::size_t>((at + i) / 64)] |= (value >> i & 1) << (at + i) % 64;
  }

  // Codes as they are, or as words by docs/dot.md (9); the exponent above them.
  static Image image_of(const Operand& operand, int exponent_bits, bool reverse) {
    Image image{};
    int top = kCell.lanes * kCodeW;
    if constexpr (kCell.packed) {
      for (int k = 0; k < kCell.lanes; ++k) {
        const int place = reverse ? kPerWord - 1 - k % kPerWord : k % kPerWord;
        image[static_cast<std::size_t>(k / kPerWord)] +=
            static_cast<std::uint64_t>(std::int64_t{operand.codes[static_cast<std::size_t>(k)]})
            << kFieldW * place;
      }
      top = 64 * kWords;
    } else {
      for (int k = 0; k < kCell.lanes; ++k) {
        const int code = operand.codes[static_cast<std::size_t>(k)];
        const bool negative = code < 0 || (operand.negative_zeros >> k & 1) != 0;
        put(image, k * kCodeW, kCodeW,
            static_cast<unsigned>(std::abs(code)) | (negative ? kMax + 1 : 0));
      }
    }
    put(image, top, exponent_bits, static_cast<std::uint64_t>(std::int64_t{operand.exponent}));
    return image;
  }

  void step(bool restart, const Operand& a, const Operand& b) {
    const Image a_image = image_of(a, kCell.exponent_a, false);
    const Image b_image = image_of(b, kCell.exponent_b, true);
    static_assert(sizeof(rtl_->a_i) <= sizeof(Image) && sizeof(rtl_->b_i) <= sizeof(Image));
    std::memcpy(&rtl_->a_i, &a_image, sizeof(rtl_->a_i));
    std::memcpy(&rtl_->b_i, &b_image, sizeof(rtl_->b_i));
    rtl_->restart_i = restart;
    rtl_.edge();

    const auto describe = [&](std::ostream& os) {
      os << kCell.lanes << " lanes of " << kCell.bits << " bits, cycle " << rtl_.cycles() << " a "
         << a.codes[0] << " * 2^" << a.exponent << " b " << b.codes[0] << " * 2^" << b.exponent
         << (restart ? " restart" : "") << (kCell.packed ? " packed" : "");
    };
    checker_.equal(0, std::memcmp(&rtl_->a_o, &a_image, sizeof(rtl_->a_o)), describe);
    checker_.equal(0, std::memcmp(&rtl_->b_o, &b_image, sizeof(rtl_->b_o)), describe);

    if (restart || value_) value_ = next(value_.value_or(0), restart, a, b);
    pipe_.pop_front();
    pipe_.push_back(value_);
    if (!pipe_.front()) return;
    constexpr Uint128 kMask = (Uint128{1} << kCell.acc) - 1;
    const Uint128 want = static_cast<Uint128>(*pipe_.front()) & kMask;
    const Uint128 got = number(rtl_->sum_o);
    checker_.equal(true, want == got && number(rtl_->carry_o) == 0, [&](std::ostream& os) {
      describe(os);
      os << std::hex << " value 0x" << static_cast<std::uint64_t>(want >> 64) << ":"
         << static_cast<std::uint64_t>(want) << ", got 0x" << static_cast<std::uint64_t>(got >> 64)
         << ":" << static_cast<std::uint64_t>(got) << std::dec;
    });
  }

  static Value next(Value value, bool restart, const Operand& a, const Operand& b) {
    const int exponent = a.exponent + b.exponent;
    if constexpr (kCell.fp32) {
      return mac_fp32(value, restart, a.codes, b.codes, kCell.bits, exponent);
    } else if constexpr (kCell.acc < 64) {
      return mac_exact(value, restart, a.codes, b.codes, kCell.bits, exponent, kCell.acc);
    } else {
      const std::int64_t in = dot_magnitude(a.codes, kCell.bits, b.codes, kCell.bits);
      return (restart ? 0 : value) + (static_cast<Uint128>(in) << exponent);
    }
  }

  template <class Port>
  static Uint128 number(const Port& port) {
    Uint128 value = 0;
    static_assert(sizeof(port) <= sizeof(value));
    std::memcpy(&value, &port, sizeof(port));
    return value;
  }

  std::mt19937_64 rng_;
  bench::Clocked<Model> rtl_;
  bench::Checker checker_;
  std::deque<std::optional<Value>> pipe_;  // values to come, the next one at the front
  std::optional<Value> value_;             // after the last operands; nobody's before a restart
};

template <class F>
void on_every_exact_cell(F f) {
  f(BlockBench<mac_m1l2, kM1L2>());
  f(BlockBench<mac_m1l2_tree, kM1L2>());
  f(BlockBench<mac_m1l2_fast, kM1L2.fast()>());
  f(BlockBench<mac_m2l16, kM2L16>());
  f(BlockBench<mac_m2l16_tree, kM2L16>());
  f(BlockBench<mac_m2l16_fast, kM2L16.fast()>());
  f(BlockBench<mac_m2l16_gates, kM2L16>());
  f(BlockBench<mac_m2l16_88, kM2L16Wide>());
  f(BlockBench<mac_m2l16_passes, kM2L16Passes>());
  f(BlockBench<mac_m4l16_tree, kM4L16>());
  f(BlockBench<mac_m4l16_fast, kM4L16.fast()>());
  f(BlockBench<mac_m8l1, kM8L1>());
  f(BlockBench<mac_m8l1_fast, kM8L1.fast()>());
}

template <class F>
void on_every_fp32_cell(F f) {
  f(BlockBench<mac_m2l16_fp32_tree, kM2L16Fp32>());
  f(BlockBench<mac_m2l16_fp32_fast, kM2L16Fp32.fast()>());
  f(BlockBench<mac_m8l1_fp32, kM8L1Fp32>());
}

TEST_CASE("mac: block cells, exact sums hold their products after two cycles", "[mac][random]") {
  on_every_exact_cell([](auto&& cell) {
    for (const std::uint64_t restart_percent : {0u, 3u, 50u, 100u})
      for (const std::uint64_t bubble_percent : {0u, 50u})
        cell.run(restart_percent, bubble_percent, 4'000);
    cell.cancel();
    cell.finish(3 * 32'000);
  });
}

TEST_CASE("mac: block cells, every operand in every state of the smallest", "[mac][exhaustive]") {
  const auto walk = [](auto&& cell) {
    cell.walk();
    cell.finish(3u << 18);
  };
  walk(BlockBench<mac_m1l2, kM1L2>());
  walk(BlockBench<mac_m1l2_tree, kM1L2>());
  walk(BlockBench<mac_m1l2_fast, kM1L2.fast()>());
}

// `terms` and the sum they end at, from docs/contract.md (35) and (34), by hand.
template <class Model, Cell kCell>
void longest(int bits, int exponent, std::int64_t terms, std::int64_t sum) {
  BlockBench<Model, kCell> cell;
  const std::int64_t product = std::int64_t{(1 << bits) - 1} * ((1 << bits) - 1) << 2 * exponent;
  const std::int64_t half = std::int64_t{1} << (kCell.acc - 1);
  REQUIRE((half - 1) / product == terms);
  REQUIRE(terms * product == sum);
  const auto expect = [&](std::int64_t want, std::int64_t count, int sign) {
    cell.checker().equal(want, cell.contract(count, bits, sign, exponent),
                         [&](std::ostream& os) { os << count << " terms, sign " << sign; });
  };
  expect(sum, terms, 1);
  expect(sum + product - 2 * half, terms + 1, 1);
  expect(-sum, terms, -1);
  expect(wrap(-sum - product, kCell.acc), terms + 1, -1);
  cell.finish(4);
}

TEST_CASE("mac: block cells, the longest contractions are exact and one product more wraps",
          "[mac][edge]") {
  longest<mac_m1l2, kM1L2>(1, 1, 31, 124);
  longest<mac_m1l2_tree, kM1L2>(1, 1, 31, 124);
  longest<mac_m1l2_fast, kM1L2.fast()>(1, 1, 31, 124);
  longest<mac_m2l16, kM2L16>(2, 7, 3'728'270, 549'755'781'120);
  longest<mac_m2l16_tree, kM2L16>(2, 7, 3'728'270, 549'755'781'120);
  longest<mac_m2l16_fast, kM2L16.fast()>(2, 7, 3'728'270, 549'755'781'120);
  longest<mac_m2l16_gates, kM2L16>(2, 7, 3'728'270, 549'755'781'120);
  longest<mac_m2l16_passes, kM2L16Passes>(8, 7, 516, 549'730'713'600);  // 16 passes
  longest<mac_m4l16_tree, kM4L16>(8, 7, 132'102, 140'737'454'899'200);  // 4 passes
  longest<mac_m4l16_fast, kM4L16.fast()>(8, 7, 132'102, 140'737'454'899'200);
  longest<mac_m8l1, kM8L1>(8, 7, 516, 549'730'713'600);
  longest<mac_m8l1_fast, kM8L1.fast()>(8, 7, 516, 549'730'713'600);
}

TEST_CASE("mac: block cells, FP32 sums hold their products after three cycles", "[mac][random]") {
  on_every_fp32_cell([](auto&& cell) {
    for (const int first : {-1024, -180, -150, -60, 0, 90, 500})
      for (const int width : {1, 12, 60, 700})
        for (const std::uint64_t restart_percent : {0u, 3u, 50u, 100u})
          cell.run(restart_percent, restart_percent == 3 ? 50 : 0, 400, first, width);
    cell.specials();
    cell.every_exponent();
    cell.finish(3 * 44'800);
  });
}

}  // namespace
}  // namespace rh
