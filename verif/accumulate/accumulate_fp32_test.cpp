// TEST RATIONALE. State space: 32 bits of value x restart x input x exponent. The operand stage,
// fl(in * 2^exponent), is a function of its own once every cycle restarts: every input at every
// exponent of 11 bits, for inputs of 2, 3 and 9 bits, and of 13 bits at exponents from where all
// is rounded away to where all is infinite. The addition: each power of two meets each other one,
// each number of 24 ones is rounded up, half a bit meets each bit below it; each number of the edge
// table is brought in by its parts and meets inputs at every place from 30 below its lowest bit to
// 30 above its highest one (ties, carries, cancellation to zero and to one bit, what is shifted
// out), sums below 2^-126, around 2^-149 and around 2^128, infinities of both signs, and what a NaN
// does until a restart. Then long random sequences in windows of exponents of several widths.
// Golden is fp32::pack and fp32::add, which float_law.cpp compares with the machine's own addition;
// the same sums are compared with the machine's here, in sequence.
// Mutants this kills: ties up, ties down, a tail that forgets, equal numbers exchanged, numbers
// exchanged by place alone, no overflow by rounding up, infinity at a place too high (in term and
// sum), a restart that keeps an infinity, a complement without its one, ties of a term up, no end
// to a term's shift, infinity + infinity = NaN, a NaN that does not stay, no fixed shift, zero with
// a place (in term and sum), subnormals one place off, the carry of the round and that of the sum
// dropped, the power of two that rounding makes forgotten, -0.
#include <bit>
#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include "accumulate_fp32_13/accumulate_fp32_13.h"
#include "accumulate_fp32_2/accumulate_fp32_2.h"
#include "accumulate_fp32_21/accumulate_fp32_21.h"
#include "accumulate_fp32_25/accumulate_fp32_25.h"
#include "accumulate_fp32_3/accumulate_fp32_3.h"
#include "accumulate_fp32_9/accumulate_fp32_9.h"
#include "accumulate_fp32_gates/accumulate_fp32_gates.h"
#include "accumulate_fp32_gates_21/accumulate_fp32_gates_21.h"
#include "bench/cases.hpp"
#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"
#include "float/float.hpp"

namespace rh {
namespace {

constexpr std::uint32_t kMinusInfinity = kFp32Infinity | fp32::kSign;

struct Operand {
  bool restart;
  std::int64_t in;
  int exponent;

  std::uint32_t fp32() const {
    return fp32::pack(in < 0, static_cast<std::uint64_t>(in < 0 ? -in : in), exponent);
  }
};

template <class Model, int kInW, int kExpW = 11>
class Fp32Bench {
 public:
  static constexpr std::int64_t kHalf = std::int64_t{1} << (kInW - 1);
  static constexpr int kMinExponent = -(1 << (kExpW - 1)), kMaxExponent = -kMinExponent - 1;

  Fp32Bench() : rtl_(bench::wave_file()) { rtl_.settle(); }

  void step(bool restart, std::int64_t in, int exponent) {
    rtl_->restart_i = restart;
    bench::set(rtl_->in_i, static_cast<std::uint64_t>(in) & (2 * kHalf - 1));
    bench::set(rtl_->exponent_i, static_cast<std::uint64_t>(exponent) & ((1u << kExpW) - 1));
    rtl_.edge();
    if (started_) {  // what the last step gave is in value_o now
      const std::uint32_t before = value_;
      value_ = fp32::add(last_.restart ? 0 : value_, last_.fp32());
      checker_.equal(value_, rtl_->value_o, [&](std::ostream& os) {
        os << "InW " << kInW << std::hex << ": 0x" << before << std::dec
           << (last_.restart ? " restart " : " add ") << last_.in << " * 2^" << last_.exponent
           << " cycle " << rtl_.cycles();
      });
    }
    last_ = {restart, in, exponent};
    started_ = true;
  }

  // Every input at every exponent, each the only operand of its sum.
  void operands(int from = kMinExponent, int to = kMaxExponent) {
    for (int exponent = from; exponent <= to; ++exponent)
      for (std::int64_t in = -kHalf; in < kHalf; ++in) step(true, in, exponent);
  }

  // A restart with a number that is not NaN, part by part; an infinity as an overflow.
  void load(std::uint32_t bits) {
    const std::int64_t sign = fp32::negative(bits) ? -1 : 1;
    if (fp32::is_infinite(bits)) return step(true, sign, 200);
    const fp32::Unpacked u = fp32::unpack(bits);
    constexpr int kPart = kInW - 1;
    bool restart = true;
    for (int low = 0; low < 24; low += kPart) {
      const auto part = static_cast<std::int64_t>(u.significand >> low) & (kHalf - 1);
      if (part == 0 && !(restart && low + kPart >= 24)) continue;
      step(restart, sign * part, u.exponent + low);
      restart = false;
    }
  }

  // Numbers of the edge table, with inputs all along their bits and at the ends of the range.
  void edges(int numbers) {
    std::vector<std::int64_t> inputs = {1, -1, kHalf - 1, -kHalf, 0};
    if (kInW > 2) inputs.insert(inputs.end(), {kHalf / 2 + 1, -kHalf / 2 - 1, 1 - kHalf});
    const std::vector<std::uint32_t> table = bench::fp32_edges();
    for (int n = 0; n < numbers; ++n) {
      const std::uint32_t bits = static_cast<std::size_t>(n) < table.size()
                                     ? table[static_cast<std::size_t>(n)]
                                     : bench::random_fp32(rng_);
      if (fp32::is_nan(bits)) continue;
      const int lowest = fp32::unpack(bits).exponent;
      const auto meet = [&](int exponent) {
        if (exponent < kMinExponent || exponent > kMaxExponent) return;
        for (const std::int64_t in : inputs) {
          load(bits);
          step(false, in, exponent);
          step(false, -1, exponent);
        }
      };
      for (int place = -30 - kInW; place <= 54; ++place) meet(lowest + place);
      for (const int exponent : {kMinExponent, -200, -149, -126, 0, 103, 128, kMaxExponent})
        meet(exponent);
    }
  }

  // Powers of two meet powers of two at every distance, and every number of 24 ones is rounded up
  // to the next power.
  void powers(int stride) {
    for (int power = -149; power <= 127; power += stride)
      for (int other = -149; other <= 127; ++other) {
        load(fp32::pack(false, 1, power));
        step(false, 1, other);
        step(false, -1, other - 1);
      }
    for (std::uint32_t field = 0; field < 255; ++field)
      for (const std::int64_t sign : {1, -1}) {
        const std::uint32_t ones = field << 23 | 0x7F'FFFF;
        load(sign > 0 ? ones : ones | fp32::kSign);
        step(false, sign, fp32::unpack(ones).exponent - 1);
        step(false, 0, 0);
      }
  }

  // The smaller number lies so many places lower; half of the sum's lowest bit is set, and of all
  // below it one bit or none.
  void ties() {
    for (int distance = 1; distance <= 24; ++distance)
      for (int below = -1; below < distance - 1; ++below)
        for (const std::int64_t larger : {2, 3, -2, -3}) {
          if (kInW == 2 && larger != -2) continue;
          const std::uint64_t rest = below < 0 ? 0 : std::uint64_t{1} << below;
          load(fp32::pack(false, 1u << 23 | 1u << (distance - 1) | rest, -40));
          step(false, larger, -40 + 22 + distance);
          step(false, 0, 0);
        }
  }

  // x - x, and x minus its neighbours: the parts of one number against those of another.
  void cancellations(int numbers) {
    for (int n = 0; n < numbers; ++n) {
      const std::uint32_t bits = bench::random_finite_fp32(rng_);
      for (const int off : {0, 1, -1, 2, -64}) {
        const std::uint32_t other = bits + static_cast<std::uint32_t>(off);
        load(bits);
        const fp32::Unpacked u = fp32::unpack(other);
        for (int low = 0; low < 24; low += kInW - 1) {
          const auto part = static_cast<std::int64_t>(u.significand >> low) & (kHalf - 1);
          step(false, fp32::negative(bits) ? part : -part, u.exponent + low);
        }
        step(false, 0, 0);
      }
    }
  }

  void specials() {
    for (const std::int64_t sign : {1, -1}) {
      for (const int finite : {kMinExponent, -149, 0, 103, kMaxExponent}) {
        step(true, sign, 128);    // infinity
        step(false, 0, finite);   // stays
        step(false, -sign, 127);  // the largest power of two does not change it
        step(false, sign, finite);
        step(false, sign, kMaxExponent);  // nor another of its sign
        step(false, -sign, 500);          // NaN
        step(false, sign, finite);        // stays, with numbers,
        step(false, -sign, finite);
        step(false, 0, 0);
        step(false, sign, 128);  // and infinities
        step(false, -sign, 128);
        step(true, sign, 0);  // until a restart
        step(false, sign, 0);
        step(true, -sign, 128);
        step(true, 0, kMaxExponent);  // zero, whatever the exponent
        step(true, sign, kMinExponent);
        step(false, -sign, kMinExponent);
        step(true, 0, 0);
        step(false, 0, 0);
      }
      load(sign > 0 ? 0x7F7F'FFFF : 0xFF7F'FFFF);
      step(false, sign, 102);  // less than half of its lowest bit
      step(false, sign, 103);  // half: the tie goes to the even infinity
      step(false, sign, 103);
      step(false, -sign, 127);
      load(sign > 0 ? 0x7F7F'FFFE : 0xFF7F'FFFE);
      step(false, sign, 103);  // the tie goes back
      step(false, sign, 104);
      step(true, sign, 127);  // overflow by a carry, without rounding
      step(false, sign, 127);
    }
    step(true, 1, 128);
    REQUIRE(value_after() == kFp32Infinity);
    step(false, -1, 128);
    REQUIRE(value_after() == kFp32Nan);
    step(true, -1, 128);
    REQUIRE(value_after() == kMinusInfinity);
  }

  // Exponents from first .. first + width - 1.
  void random(int first, int width, unsigned restart_percent, int steps) {
    step(true, 0, 0);
    for (int i = 0; i < steps; ++i) {
      const std::uint64_t bits = rng_();
      std::int64_t in = static_cast<std::int64_t>(bits % (2 * static_cast<std::uint64_t>(kHalf)));
      if (bits >> 60 == 0) in &= 3;
      step(rng_() % 100 < restart_percent, in - (bits >> 60 == 0 ? 2 : kHalf),
           first + static_cast<int>(rng_() % static_cast<unsigned>(width)));
    }
  }

  void random_sequences(int steps) {
    for (const int first : {kMinExponent, -260, -180, -150, -140, -60, -10, 60, 90, 104})
      for (const int width : {1, 4, 16, 40, 90}) {
        random(first, width, 0, steps);
        random(first, width, 3, steps);
        random(first, width, 40, steps);
      }
    random(kMinExponent, kMaxExponent - kMinExponent + 1, 30, steps);
    random(-200, 400, 100, steps);
  }

  void finish(std::uint64_t at_least) {
    step(true, 0, 0);
    rtl_.check();
    checker_.finish(at_least);
  }

 private:
  std::uint32_t value_after() {  // of the last operand, which is not in value_o yet
    return fp32::add(last_.restart ? 0 : value_, last_.fp32());
  }

  std::mt19937_64 rng_ = bench::rng(kInW);
  bench::Clocked<Model> rtl_;
  bench::Checker checker_;
  Operand last_{};
  bool started_ = false;
  std::uint32_t value_ = 0;
};

TEST_CASE("accumulate: fp32, every input at every exponent", "[accumulate][exhaustive]") {
  const auto run = [](auto bench, int from, int to, std::uint64_t inputs) {
    bench->operands(from, to);
    bench->finish(inputs * static_cast<std::uint64_t>(to - from + 1));
  };
  run(std::make_unique<Fp32Bench<accumulate_fp32_2, 2>>(), -1024, 1023, 4);
  run(std::make_unique<Fp32Bench<accumulate_fp32_3, 3>>(), -1024, 1023, 8);
  run(std::make_unique<Fp32Bench<accumulate_fp32_9, 9>>(), -1024, 1023, 512);
  run(std::make_unique<Fp32Bench<accumulate_fp32_gates, 9>>(), -160, 130, 512);
  run(std::make_unique<Fp32Bench<accumulate_fp32_13, 13>>(), -165, -130, 8192);
  run(std::make_unique<Fp32Bench<accumulate_fp32_13, 13>>(), 110, 130, 8192);
}

template <class Model, int kInW, int kExpW = 11>
void edges(int numbers, int cancellations) {
  Fp32Bench<Model, kInW, kExpW> bench;
  bench.specials();
  bench.powers(numbers < 100 ? 19 : 1);
  bench.ties();
  bench.edges(numbers);
  bench.cancellations(cancellations);
  bench.finish(1000 * static_cast<std::uint64_t>(numbers));
}

TEST_CASE("accumulate: fp32, numbers of the edge table meet inputs at every place",
          "[accumulate][edge]") {
  edges<accumulate_fp32_2, 2>(100, 500);
  edges<accumulate_fp32_3, 3>(300, 500);
  edges<accumulate_fp32_9, 9>(900, 5'000);
  edges<accumulate_fp32_13, 13>(900, 5'000);
  edges<accumulate_fp32_21, 21, 10>(900, 5'000);
  edges<accumulate_fp32_25, 25>(900, 5'000);
  edges<accumulate_fp32_gates, 9>(50, 300);
  edges<accumulate_fp32_gates_21, 21, 10>(50, 300);
}

template <class Model, int kInW, int kExpW = 11>
void random(int steps) {
  Fp32Bench<Model, kInW, kExpW> bench;
  bench.random_sequences(steps);
  bench.finish(150 * static_cast<std::uint64_t>(steps));
}

TEST_CASE("accumulate: fp32, long sums at random", "[accumulate][random]") {
  random<accumulate_fp32_2, 2>(1'000);
  random<accumulate_fp32_3, 3>(2'000);
  random<accumulate_fp32_9, 9>(8'000);
  random<accumulate_fp32_13, 13>(4'000);
  random<accumulate_fp32_21, 21, 10>(4'000);
  random<accumulate_fp32_25, 25>(4'000);
  random<accumulate_fp32_gates, 9>(300);
  random<accumulate_fp32_gates_21, 21, 10>(300);
}

// The golden against the machine, along sums: float_law.cpp has single additions.
TEST_CASE("accumulate: fp32, sums of the golden equal the machine's", "[accumulate][law][random]") {
  constexpr int kSums = 2'000, kTerms = 500;
  bench::Checker checker;
  auto rng = bench::rng();
  for (int sum = 0; sum < kSums; ++sum) {
    const int first = static_cast<int>(rng() % 320) - 190;
    const unsigned width = 1 + static_cast<unsigned>(rng() % 60);
    std::uint32_t golden = 0;
    float machine = 0;
    for (int i = 0; i < kTerms; ++i) {
      const int in = static_cast<int>(rng() % 8192) - 4096;
      const int exponent = first + static_cast<int>(rng() % width);
      const std::uint32_t term = Operand{false, in, exponent}.fp32();
      golden = fp32::add(golden, term);
      // A double holds in * 2^exponent, so the conversion is the only rounding.
      const auto rounded = static_cast<float>(std::ldexp(static_cast<double>(in), exponent));
      machine += rounded;
      const std::uint32_t want =
          std::isnan(machine) ? kFp32Nan : std::bit_cast<std::uint32_t>(machine);
      checker.equal(want, golden, [&](std::ostream& os) {
        os << "term " << i << " " << in << " * 2^" << exponent;
      });
    }
  }
  checker.finish(kSums * kTerms);
}

}  // namespace
}  // namespace rh
