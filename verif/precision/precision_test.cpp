// TEST RATIONALE. State space: a tensor is a sequence of groups (codes, exponent, NaN) and one
// threshold; what is kept between groups is two sums, the exponent of their unit, the lowest
// exponent that counted, and flags. Exhaustive with one lane of 2 bits: every tensor of up to 3
// groups with every threshold, once with the whole window of exponents and once with a window that
// follows the largest. Then 1 to 16 lanes, codes of 4 and 8 bits cut by 2 and 4, exponents of 1 to
// 8 bits, sums of 4 to 57 bits, thresholds of 1 to 24 bits, the numerator lifted by none to all of
// them: seeded random tensors, each with the thresholds at which its decision turns and their
// neighbours; every pair of sums of 4 bits with every threshold; full sums that shrink by every
// amount; sums that overflow; thresholds that change with every group, as only the last counts.
// Stalls of 0, 25, 50, 90 % at both ends, all 16 combinations; resets at random times and in every
// cycle of short tensors, a group offered meanwhile. Tensors that leave a NaN, an overflow or lost
// bits behind, each followed by each, 0 to 3 cycles apart; groups on both edges of the window, in
// every order, at even and odd exponents. Latency and rate are checked by cycle.
// Mutants this kills: the sign bit in a sum, low and high bits exchanged, a NaN group that adds or
// moves the window, a NaN or an overflow that does not make fine or is kept for the next tensor,
// sums that keep the last tensor, <= for <, a comparison one bit short or shifted, a rise that
// loses or keeps a bit, a group of zeros that moves the window, an exponent compared without the
// window, inexact at the edge, an exponent compared without its lowest bit, a group taken while a
// result waits or in a reset, a NaN that is kept after a cycle without a group.
#include "precision/precision.hpp"

#include <array>
#include <cstring>
#include <optional>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"
#include "bench/stream.hpp"
#include "precision/cases.hpp"
#include "precision_e3/precision_e3.h"
#include "precision_e4/precision_e4.h"
#include "precision_e5/precision_e5.h"
#include "precision_e8/precision_e8.h"
#include "precision_far/precision_far.h"
#include "precision_follow/precision_follow.h"
#include "precision_half/precision_half.h"
#include "precision_tiny/precision_tiny.h"
#include "precision_wide/precision_wide.h"

namespace rh {
namespace {

using namespace precision_cases;

// What the models are built with; verif/precision/models.mk.
constexpr PrecisionUnit kTiny{1, 2, 1, 1, 1, 2, 3, 2};
constexpr PrecisionUnit kFollow{1, 2, 1, 3, 2, 2, 2, 1};
constexpr PrecisionUnit kE3{.exponent_bits = 3, .window = 7, .groups_bits = 12};
constexpr PrecisionUnit kE4{.groups_bits = 4};
constexpr PrecisionUnit kE5{.exponent_bits = 5, .window = 31, .groups_bits = 3};
constexpr PrecisionUnit kE8{.lanes = 5, .exponent_bits = 8, .window = 31, .groups_bits = 3};
constexpr PrecisionUnit kWide{.lanes = 3,
                              .magnitude_bits = 8,
                              .groups_bits = 4,
                              .threshold_bits = 24,
                              .fraction_bits = 26};
constexpr PrecisionUnit kFar{3, 4, 2, 8, 3, 2, 4, 5};
constexpr PrecisionUnit kHalf{2, 8, 4, 2, 3, 1, 1, 4};

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

// One beat of the input.
struct Beat {
  Group group;
  bool last;
  std::uint32_t threshold;
};

template <class Model>
class PrecisionBench {
 public:
  explicit PrecisionBench(const PrecisionUnit& unit)
      : unit_(unit), rtl_(bench::wave_file("_e" + std::to_string(unit.exponent_bits))) {}

  // gap: cycles without a group each time the input has opened.
  void run(const std::vector<Tensor>& tensors, int in_stall = 0, int out_stall = 0,
           std::uint64_t seed = 1, std::uint64_t cycles = kNoLimit, int gap = 0) {
    const std::vector<Beat> beats = beats_of(tensors, seed);
    bench::Source<Beat> source(beats, in_stall, seed);
    bench::Sink<Result> sink(out_stall, seed + 1);
    rtl_->in_valid_i = seed % 2 != 0;  // what is offered in a reset is not taken
    drive({tensors.back().groups.back(), seed % 4 == 1, 0});
    rtl_.reset();
    const std::uint64_t limit = 10'000 + 20 * beats.size() + 400 * tensors.size();
    int open = 0;  // for so many cycles
    for (std::uint64_t cycle = 0; sink.items().size() < tensors.size() && cycle < cycles; ++cycle) {
      if (cycle == limit) FAIL("no result within " << limit << " cycles");
      const Beat* const beat = open < gap ? nullptr : source.offer();
      rtl_->in_valid_i = beat != nullptr;
      if (beat != nullptr) drive(*beat);
      rtl_->out_ready_i = sink.ready();
      rtl_.settle();
      source.see(beat != nullptr && rtl_->in_ready_o != 0);
      open = rtl_->in_ready_o != 0 ? open + 1 : 0;
      std::optional<Result> out;
      if (rtl_->out_valid_o != 0) out = result();
      sink.see(out);
      rtl_.edge();
    }
    rtl_.check();
    for (std::size_t i = 0; i < sink.items().size(); ++i) {
      const Precision want = golden(unit_, tensors[i]);
      checker_.equal(
          Result{want.fine(tensors[i].threshold), want.sums()}, sink.items()[i],
          [&](std::ostream& os) { print(os << "tensor " << i << " ", unit_, tensors[i]); });
    }
  }

  // A NaN group comes with any codes and any exponent: they do not count.
  void drive(const Beat& beat) {
    constexpr std::size_t kBytes = sizeof(rtl_->in_i);
    std::array<std::uint8_t, kBytes> bytes{};
    const int width = 1 + unit_.magnitude_bits;
    const auto set = [&](int at) {
      bytes[static_cast<std::size_t>(at / 8)] |= static_cast<std::uint8_t>(1 << at % 8);
    };
    for (std::size_t i = 0; i < beat.group.codes.size(); ++i) {
      const int code = beat.group.codes[i];
      const int at = static_cast<int>(i) * width;
      for (int bit = 0; bit < unit_.magnitude_bits; ++bit)
        if (((code < 0 ? -code : code) >> bit & 1) != 0) set(at + bit);
      if (code < 0 || (code == 0 && beat.threshold % 2 != 0)) set(at + unit_.magnitude_bits);
    }
    bench::put(rtl_->in_i, std::span<const std::uint8_t>(bytes));
    bench::set(rtl_->in_exponent_i, static_cast<std::uint64_t>(beat.group.exponent));
    rtl_->in_nan_i = beat.group.nan;
    rtl_->in_last_i = beat.last;
    bench::set(rtl_->in_threshold_i, beat.threshold);
  }

  bench::Checker& checker() { return checker_; }
  bench::Clocked<Model>& rtl() { return rtl_; }
  const PrecisionUnit& unit() const { return unit_; }

 private:
  // Only the threshold beside the last group counts: others come with the groups before it.
  static std::vector<Beat> beats_of(const std::vector<Tensor>& tensors, std::uint64_t seed) {
    std::vector<Beat> beats;
    for (const Tensor& tensor : tensors)
      for (const Group& group : tensor.groups) {
        const bool last = &group == &tensor.groups.back();
        beats.push_back(
            {group, last, last ? tensor.threshold : static_cast<std::uint32_t>(++seed)});
      }
    return beats;
  }

  Result result() const {
    auto& rtl = const_cast<bench::Clocked<Model>&>(rtl_);
    return {rtl->out_fine_o != 0,
            {number(rtl->out_numerator_o), number(rtl->out_denominator_o), rtl->out_exponent_o,
             rtl->out_nan_o != 0, rtl->out_overflow_o != 0, rtl->out_inexact_o != 0}};
  }

  PrecisionUnit unit_;
  bench::Clocked<Model> rtl_;
  bench::Checker checker_;
};

// Every tensor of up to `most` groups of one lane, with every threshold.
template <class Model>
void check_every(const PrecisionUnit& unit, int most, std::uint64_t at_least) {
  PrecisionBench<Model> bench(unit);
  const std::vector<Group> groups = every_group(unit);
  std::vector<Tensor> tensors;
  for (const Group& a : groups) {
    tensors.push_back({{a}, 0});
    for (const Group& b : groups) {
      tensors.push_back({{a, b}, 0});
      if (most < 3) continue;
      for (const Group& c : groups) tensors.push_back({{a, b, c}, 0});
    }
  }
  for (std::uint32_t t = 0; t < 1u << unit.threshold_bits; ++t) {
    for (Tensor& tensor : tensors) tensor.threshold = t;
    bench.run(tensors);
  }
  bench.checker().finish(at_least);
}

TEST_CASE("precision: every tensor of 3 groups of one lane, with every threshold",
          "[precision][exhaustive]") {
  check_every<precision_tiny>(kTiny, 3, (9 + 9 * 9 + 9 * 9 * 9) * 8);
}

TEST_CASE("precision: every tensor of 3 groups of one lane, in a window that follows",
          "[precision][exhaustive]") {
  check_every<precision_follow>(kFollow, 3, (33 + 33 * 33 + 33 * 33 * 33) * 4);
}

std::vector<Tensor> random_tensors(const PrecisionUnit& unit, int count, int most,
                                   std::mt19937_64& rng) {
  std::vector<Tensor> tensors;
  for (int i = 0; i < count; ++i) {
    Tensor tensor = random_tensor(unit, most, rng);
    const auto turns = thresholds(unit, golden(unit, tensor).sums(), rng);
    tensor.threshold = turns[rng() % turns.size()];
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

// Tensors at all thresholds that matter to them.
template <class Model>
void check_random(const PrecisionUnit& unit, int count, int most) {
  PrecisionBench<Model> bench(unit);
  auto rng = bench::rng(static_cast<std::uint64_t>(unit.acc_bits()));
  std::vector<Tensor> tensors;
  for (int i = 0; i < count; ++i) {
    const Tensor tensor = random_tensor(unit, most, rng);
    for (const std::uint32_t t : thresholds(unit, golden(unit, tensor).sums(), rng)) {
      tensors.push_back(tensor);
      tensors.back().threshold = t;
    }
  }
  bench.run(tensors);
  bench.checker().finish(static_cast<std::uint64_t>(3 * count));
}

TEST_CASE("precision: random tensors at the thresholds where their decision turns",
          "[precision][random]") {
  check_random<precision_tiny>(kTiny, 500, 10);
  check_random<precision_follow>(kFollow, 2'000, 12);
  check_random<precision_far>(kFar, 2'000, 12);
  check_random<precision_half>(kHalf, 1'000, 12);
}

TEST_CASE("precision: random tensors of wide units at the thresholds where their decision turns",
          "[precision][random]") {
  check_random<precision_e3>(kE3, 700, 30);
  check_random<precision_e4>(kE4, 1'000, 30);
  check_random<precision_e5>(kE5, 700, 30);
  check_random<precision_e8>(kE8, 1'000, 30);
  check_random<precision_wide>(kWide, 700, 30);
}

// As full as sums get, they shrink to every larger exponent.
template <class Model>
void check_rises(const PrecisionUnit& unit, int step) {
  PrecisionBench<Model> bench(unit);
  const int end = 1 << unit.exponent_bits;
  const auto group = [&](int magnitude, int exponent) {
    const std::vector codes(static_cast<std::size_t>(unit.lanes),
                            static_cast<std::int16_t>(magnitude));
    return Group{codes, exponent, false};
  };
  const int all = (1 << unit.magnitude_bits) - 1;
  std::vector<Tensor> tensors;
  for (int from = 0; from < end; from += step)
    for (int to = from + 1; to < end; ++to)
      for (const int groups : {1, (2 << unit.groups_bits) - 2, (2 << unit.groups_bits) - 1})
        for (const int last : {1, all}) {
          tensors.push_back({std::vector(static_cast<std::size_t>(groups), group(all, from)), 3});
          tensors.back().groups.push_back(group(last, to));
        }
  bench.run(tensors);
  bench.checker().finish(tensors.size());
}

TEST_CASE("precision: full sums shrink by every amount", "[precision][exhaustive]") {
  check_rises<precision_follow>(kFollow, 1);
  check_rises<precision_far>(kFar, 15);
}

template <class Model>
void check_stalls(const PrecisionUnit& unit) {
  PrecisionBench<Model> bench(unit);
  auto rng = bench::rng(static_cast<std::uint64_t>(unit.acc_bits()));
  for (const int in_stall : bench::kStalls)
    for (const int out_stall : bench::kStalls) {
      bench.run(random_tensors(unit, 20, 8, rng), in_stall, out_stall, rng());
      for (int i = 0; i < 4; ++i)  // reset
        bench.run(random_tensors(unit, 6, 8, rng), in_stall, out_stall, rng(), rng() % 160);
      bench.run(random_tensors(unit, 4, 8, rng), in_stall, out_stall, rng());
    }
  bench.checker().finish(16 * 24);
}

TEST_CASE("precision: tensor after tensor, with stalls at both ends and resets",
          "[precision][stall][random]") {
  check_stalls<precision_tiny>(kTiny);
  check_stalls<precision_follow>(kFollow);
  check_stalls<precision_e3>(kE3);
  check_stalls<precision_e4>(kE4);
  check_stalls<precision_e5>(kE5);
  check_stalls<precision_e8>(kE8);
  check_stalls<precision_far>(kFar);
  check_stalls<precision_wide>(kWide);
  check_stalls<precision_half>(kHalf);
}

// What one tensor leaves behind, a NaN, an overflow, lost bits, does not reach the next, which
// comes at once or some cycles after the input has opened.
template <class Model>
void check_gaps(const PrecisionUnit& unit) {
  PrecisionBench<Model> bench(unit);
  const auto lanes = static_cast<std::size_t>(unit.lanes);
  const int top = (1 << unit.exponent_bits) - 1;
  const std::vector one(lanes, std::int16_t{1});
  const std::vector all(lanes, static_cast<std::int16_t>((1 << unit.magnitude_bits) - 1));
  const std::vector<std::vector<Group>> kinds = {
      {{one, 0, false}},
      {{one, 1, true}},
      {{one, top, false}, {one, 0, false}},
      std::vector<Group>(std::size_t{4} << unit.groups_bits, {all, top, false})};
  std::vector<Tensor> tensors;
  for (const auto& before : kinds)
    for (const auto& after : kinds) {
      tensors.push_back({before, 1});
      tensors.push_back({after, 1});
    }
  for (int gap = 0; gap < 4; ++gap) bench.run(tensors, 0, 0, 1, kNoLimit, gap);
  bench.checker().finish(4 * 2 * 16);
}

TEST_CASE("precision: a tensor leaves nothing to the next, whenever that comes",
          "[precision][edge][stall]") {
  check_gaps<precision_tiny>(kTiny);
  check_gaps<precision_follow>(kFollow);
  check_gaps<precision_far>(kFar);
  check_gaps<precision_half>(kHalf);
}

// Three groups of exponents around a place and a window above it, in every order.
template <class Model>
void check_edges(const PrecisionUnit& unit) {
  PrecisionBench<Model> bench(unit);
  const int top = (1 << unit.exponent_bits) - 1;
  std::vector<Tensor> tensors;
  for (int place = 0; place < top; place += place < 20 || place > top - 20 ? 1 : 7) {
    std::vector<int> exponents;
    for (const int at : {place, place + unit.window})
      for (const int off : {-1, 0, 1})
        if (at + off >= 0 && at + off <= top) exponents.push_back(at + off);
    const std::vector one(static_cast<std::size_t>(unit.lanes), std::int16_t{1});
    for (const int a : exponents)
      for (const int b : exponents)
        for (const int c : exponents)
          tensors.push_back({{{one, a, false}, {one, b, false}, {one, c, false}}, 1});
  }
  bench.run(tensors);
  bench.checker().finish(tensors.size());
}

TEST_CASE("precision: groups at the edges of a window that follows, in every order",
          "[precision][edge]") {
  check_edges<precision_follow>(kFollow);
  check_edges<precision_far>(kFar);
  check_edges<precision_e8>(kE8);
}

// Reset in every cycle of some tensors, a group at the input meanwhile: the next come out as ever.
template <class Model>
void check_resets(const PrecisionUnit& unit) {
  PrecisionBench<Model> bench(unit);
  auto rng = bench::rng(static_cast<std::uint64_t>(unit.acc_bits()));
  for (int repeat = 0; repeat < 8; ++repeat)
    for (std::uint64_t cycle = 0; cycle < 50; ++cycle) {
      bench.run(random_tensors(unit, 2, 4, rng), 0, 0, rng(), cycle);
      bench.run(random_tensors(unit, 2, 4, rng), 0, 0, rng());
    }
  bench.checker().finish(8 * 50 * 2);
}

TEST_CASE("precision: a reset in any cycle leaves nothing behind", "[precision][stall][random]") {
  check_resets<precision_tiny>(kTiny);
  check_resets<precision_follow>(kFollow);
  check_resets<precision_far>(kFar);
}

// Groups that make any two sums of 4 bits, compared with every threshold.
TEST_CASE("precision: every pair of sums of 4 bits with every threshold",
          "[precision][exhaustive]") {
  PrecisionBench<precision_tiny> bench(kTiny);
  std::vector<Tensor> tensors;
  for (int numerator = 0; numerator < 16; ++numerator)
    for (int denominator = 0; denominator < 16; ++denominator)
      for (std::uint32_t t = 0; t < 8; ++t) {
        Tensor tensor{{}, t};
        const auto add = [&](std::int16_t code, int exponent, int times) {
          for (; times > 0; --times) tensor.groups.push_back({{code}, exponent, false});
        };
        add(1, 1, numerator / 2);
        add(1, 0, numerator % 2);
        add(2, 1, denominator / 2);
        add(2, 0, denominator % 2);
        if (tensor.groups.empty()) add(0, 0, 1);
        const PrecisionSums sums = golden(kTiny, tensor).sums();
        REQUIRE((sums.numerator == static_cast<Uint128>(numerator) &&
                 sums.denominator == static_cast<Uint128>(denominator)));
        tensors.push_back(std::move(tensor));
      }
  bench.run(tensors);
  bench.checker().finish(16 * 16 * 8);
}

// Both sums up to the last number of groups that fits, and beyond.
template <class Model>
void check_overflow(const PrecisionUnit& unit) {
  PrecisionBench<Model> bench(unit);
  const auto all = static_cast<std::int16_t>((1 << unit.magnitude_bits) - 1);
  const auto low = static_cast<std::int16_t>((1 << unit.drop) - 1);
  const int top = (1 << unit.exponent_bits) - 1;
  std::vector<Tensor> tensors;
  for (const std::int16_t code : {all, low, static_cast<std::int16_t>(all - low)})
    for (int groups = 1; groups < 4 << unit.groups_bits; ++groups)
      for (std::uint32_t t = 0; t < 1u << std::min(unit.threshold_bits, 3); ++t) {
        const Group group{std::vector(static_cast<std::size_t>(unit.lanes), code), top, false};
        tensors.push_back({std::vector(static_cast<std::size_t>(groups), group), t});
      }
  // The sum of the low bits alone: many groups where they are few.
  const std::uint64_t group = static_cast<std::uint64_t>(unit.lanes * low) << unit.window;
  const auto most = static_cast<std::size_t>((std::uint64_t{1} << unit.acc_bits()) / group);
  if (unit.window == top)
    for (const std::size_t groups : {most, most + 1})
      tensors.push_back({std::vector(
          groups, Group{std::vector(static_cast<std::size_t>(unit.lanes), low), top, false}), 1});
  tensors.push_back(tensors.front());  // which knows nothing of it
  bench.run(tensors);
  bench.checker().finish(tensors.size());
}

TEST_CASE("precision: sums up to the bits they have, and beyond", "[precision][edge]") {
  check_overflow<precision_tiny>(kTiny);
  check_overflow<precision_follow>(kFollow);
  check_overflow<precision_far>(kFar);
  check_overflow<precision_half>(kHalf);
  check_overflow<precision_e4>(kE4);
  check_overflow<precision_e5>(kE5);
  check_overflow<precision_e8>(kE8);
  check_overflow<precision_wide>(kWide);
}

// Long tensors: the top bits of wide sums.
TEST_CASE("precision: 2^12 groups of the largest codes fit, and more are told",
          "[precision][edge]") {
  PrecisionBench<precision_e3> bench(kE3);
  const Group group{std::vector<std::int16_t>(16, 15), 7, false};
  std::vector<Tensor> tensors;
  for (const int groups : {4096, 5461, 5462, 5500}) {  // 48 2^7 times 5461 is below 2^25
    tensors.push_back({std::vector(static_cast<std::size_t>(groups), group), 1024});
    tensors.push_back({std::vector(static_cast<std::size_t>(groups), group), 1025});
  }
  REQUIRE_FALSE(golden(kE3, tensors[2]).sums().overflow);
  REQUIRE(golden(kE3, tensors[4]).sums().overflow);
  bench.run(tensors);
  bench.checker().finish(tensors.size());
}

template <class Model>
void check_latency(const PrecisionUnit& unit, int beyond_bits) {
  constexpr int kGroups = 5;
  const int latency = unit.acc_bits() + unit.threshold_bits + beyond_bits;
  PrecisionBench<Model> bench(unit);
  auto& rtl = bench.rtl();
  rtl->in_valid_i = 0;
  rtl->out_ready_i = 0;
  rtl.reset();
  const Group group{std::vector<std::int16_t>(static_cast<std::size_t>(unit.lanes), 1), 1, false};
  for (int tensor = 0; tensor < 2; ++tensor) {
    for (int i = 0; i < kGroups; ++i) {  // one a cycle
      rtl->in_valid_i = 1;
      bench.drive({group, i == kGroups - 1, 1});
      rtl.settle();
      CHECK(rtl->in_ready_o == 1);
      CHECK(rtl->out_valid_o == 0);
      rtl.edge();
    }
    for (int cycle = 1; cycle <= latency + 3; ++cycle) {  // a group waits at the input
      rtl->out_ready_i = cycle == latency + 3;
      rtl.settle();
      CHECK(rtl->in_ready_o == 0);
      CHECK(rtl->out_valid_o == (cycle >= latency ? 1 : 0));
      rtl.edge();
    }
    rtl->out_ready_i = 0;
  }
  rtl.check();
}

TEST_CASE("precision: one group a cycle, the result w + T + 2 cycles after the last, or + 3",
          "[precision][stall]") {
  check_latency<precision_tiny>(kTiny, 2);
  check_latency<precision_e4>(kE4, 2);
  check_latency<precision_wide>(kWide, 2);
  check_latency<precision_half>(kHalf, 2);
  check_latency<precision_follow>(kFollow, 3);
  check_latency<precision_far>(kFar, 3);
  check_latency<precision_e8>(kE8, 3);
}

}  // namespace
}  // namespace rh
