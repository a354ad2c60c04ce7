// TEST RATIONALE. State space: beside what rh_convert_tensor and rh_precision have, whether the
// tensor is watched, whether its last group was taken, and the groups in flight: which group is the
// last, and who waits for whom. Tensors of 1 to 40 groups follow each other without a pause,
// watched and not, with a decision that waits while the next tensor starts, streams and ends;
// stalls of 0, 25, 50, 90 % at the start, both streams and the decision; resets in every cycle. All
// codes, exponents and flags are the golden converter's, all decisions and sums those of
// precision_of on them, at the thresholds where they turn. Builds: run time with bump and -2^m, as
// the engines have it; fixed, with the converter's skid instead of its register, and a window that
// follows; without a unit. After the last group, groups are offered that must not be taken.
// Mutants this kills: the last group told one early or late, at the input, or when the one before
// leaves in the cycle that takes it; a group that only one of both takes; the threshold of the
// start before; a watch kept for the next tensor, or a group of an unwatched one summed; a group
// taken behind the last; the sign or the next lane's bits in a code; flags kept over a reset.
#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"
#include "bench/stream.hpp"
#include "convert_far/convert_far.h"
#include "convert_unwatched/convert_unwatched.h"
#include "convert_watched/convert_watched.h"
#include "precision/cases.hpp"

namespace rh {
namespace {

using namespace precision_cases;

// What a model is built with; verif/precision/models.mk.
struct Build {
  PrecisionUnit unit;
  int code_bits;  // of out_o, magnitude and, if it is built, the bit of -2^m
  bool watch, run_time;
};
const Build kWatched{
    {.exponent_bits = 5, .window = 31, .groups_bits = 2}, 9, true, true};
const Build kFar{{3, 4, 2, 8, 3, 2, 4, 5}, 4, true, false};
const Build kUnwatched{{.lanes = 2}, 8, false, true};

constexpr std::int64_t kCounts = 16;  // CounterW = 4

// What leaves with a group: of each lane its sign above the code.
struct Leaving {
  std::vector<std::uint32_t> lanes;
  int exponent = 0;
  std::uint8_t flags = 0;
  bool operator==(const Leaving&) const = default;
};

// A tensor of whole groups, and what becomes of it.
struct Case {
  Format format;
  NoiseState noise;
  std::vector<float> values;
  bool watch;
  std::uint32_t threshold;
  BfpLines lines;
  Result decision;
};

Format random_format(const Build& build, bool watch, std::mt19937_64& rng) {
  Format format = bfp_format(4);
  format.group_size = build.unit.lanes;
  format.rounding = RoundMode::Stochastic;
  if (!build.run_time) return format;
  if (!watch && below(rng, 2) == 0) {  // what cannot be watched
    constexpr const char* kFormats[] = {"mxfp4",      "mxfp6-e3m2", "mxfp8-e4m3",
                                        "mxfp8-e5m2", "msfp16",     "mxint8"};
    format = *find_preset(kFormats[rng() % std::size(kFormats)]);
    if (below(rng, 4) == 0) format = bfp_format(below(rng, 2) == 0 ? 1 : 8);
    if (build.code_bits == 9 && !format.is_minifloat() && below(rng, 2) == 0) {
      format.most_negative = true;
      format.encoding = Encoding::TwosComplement;
    }
    format.group_size = build.unit.lanes;
    return format;
  }
  format.magnitude_bits = 2 + below(rng, 3);
  format.exponent_bits = 1 + below(rng, 5);
  format.rounding = static_cast<RoundMode>(below(rng, 5));
  format.rule = static_cast<ExponentRule>(below(rng, 3));
  if (build.code_bits == 9 && below(rng, 3) == 0) format.overflow = Overflow::Bump;
  return format;
}

Case random_case(const Build& build, int most, bool watch, std::mt19937_64& rng) {
  Case c{random_format(build, watch, rng), noise_seed(rng()), {}, watch, 0, {}, {}};
  const int groups = 1 + below(rng, most);
  const bool far = below(rng, 6) == 0;  // over all binades that FP32 has
  const bool full = below(rng, 6) == 0;  // the largest code in every lane
  const bool tiny = below(rng, 8) == 0;  // about the smallest number
  const int spread = tiny ? 24 : full ? 1 : far ? 270 : 1 + below(rng, 24);
  const int top = tiny ? -126 : far ? 127 : 0;
  const int nans = below(rng, 8);  // none, in few lanes or in many
  std::normal_distribution<float> normal;
  for (int group = 0; group < groups; ++group) {
    const int lower = below(rng, spread);
    const int kind = below(rng, 6);
    for (int lane = 0; lane < build.unit.lanes; ++lane) {
      const float large = below(rng, 2) == 0 ? 1.999f : -1.999f;
      float x = std::ldexp(full ? large : std::clamp(normal(rng), -1.99f, 1.99f), top - lower);
      if (!full && (kind == 0 || (kind == 1 && below(rng, 4) != 0))) x = 0;
      if (nans > 5 && below(rng, nans == 7 ? 2 : 40) == 0)
        x = std::numeric_limits<float>::infinity();
      c.values.push_back(x);
    }
  }
  const int base = conversion_base(c.format, c.values);
  const bool fixed = !build.run_time || c.format.exponent_bits == 8;
  // Otherwise groups may lie below and above the window.
  c.format.base = fixed ? base : std::clamp(base + below(rng, 3) - 1, kMinBase, kMaxBase);
  c.lines = convert_bfp(c.values, 1, static_cast<std::int64_t>(c.values.size()), c.format,
                        {.noise = c.noise});
  if (!watch) return c;
  const Precision precision = precision_of(build.unit, c.lines);
  const auto turns = thresholds(build.unit, precision.sums(), rng);
  c.threshold = turns[rng() % turns.size()];
  c.decision = {precision.fine(c.threshold), precision.sums()};
  return c;
}

std::vector<Case> random_cases(const Build& build, int count, int most, std::mt19937_64& rng) {
  std::vector<Case> cases;
  for (int i = 0; i < count; ++i)
    cases.push_back(random_case(build, most, build.watch && below(rng, 4) != 0, rng));
  return cases;
}

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

struct Stalls {
  int start = 0, in = 0, out = 0, decision = 0;
};

template <class Model>
class WatchBench {
 public:
  explicit WatchBench(const Build& build) : build_(build), rtl_(bench::wave_file()) {}

  // Tensors, each as soon as the groups of the one before are taken; ends after `cycles`.
  void run(const std::vector<Case>& cases, const Stalls& stalls = {}, std::uint64_t seed = 1,
           std::uint64_t cycles = kNoLimit) {
    std::size_t groups = 0, watched = 0;
    for (const Case& c : cases) {
      groups += c.lines.exponents.size();
      watched += c.watch ? 1 : 0;
    }
    bench::Pause start_pause(stalls.start, seed), in_pause(stalls.in, seed + 1);
    bench::Sink<Leaving> sink(stalls.out, seed + 2);
    bench::Sink<Result> decisions(stalls.decision, seed + 3);
    drive_start(cases[0], true);
    drive_group(cases[0], 0);
    rtl_->in_valid_i = 1;
    rtl_.reset();
    std::size_t tensor = 0, group = 0;  // what is offered: a start, or a group once it was taken
    bool started = false, held = false;
    const std::uint64_t limit = 10'000 + 200 * groups + 2'000 * cases.size();
    for (std::uint64_t cycle = 0; cycle < cycles; ++cycle) {
      const bool all = tensor == cases.size();
      if (all && sink.items().size() == groups && decisions.items().size() == watched) break;
      if (cycle == limit) FAIL("no result within " << limit << " cycles");
      // Behind a watched tensor, and before the first, groups are offered and must not be taken.
      const bool behind = !started && (tensor == 0 || cases[tensor - 1].watch);
      held = held || !(started ? in_pause() : start_pause());
      if (all) held = false;
      drive_start(cases[all ? 0 : tensor], !started && held);
      drive_group(cases[all ? 0 : tensor], started ? group : 0);
      rtl_->in_valid_i = started ? held : behind;
      rtl_->out_ready_i = sink.ready();
      rtl_->decision_ready_i = decisions.ready();
      rtl_.settle();
      if (behind) checker_.equal(0, int{rtl_->in_ready_o}, [](auto& os) { os << "in_ready_o"; });
      sink.see(rtl_->out_valid_o != 0 ? std::optional(leaving()) : std::nullopt);
      decisions.see(rtl_->decision_valid_o != 0 ? std::optional(decision()) : std::nullopt);
      if (held && started && rtl_->in_ready_o != 0) {
        held = false;
        if (++group == cases[tensor].lines.exponents.size()) {
          started = false;
          group = 0;
          ++tensor;
        }
      } else if (held && !started && rtl_->start_ready_o != 0) {
        if (tensor > 0) compare_counters(cases[tensor - 1]);
        held = false;
        started = true;
      }
      rtl_.edge();
    }
    rtl_->in_valid_i = 0;
    rtl_->start_valid_i = 0;
    rtl_.check();
    if (cycles == kNoLimit) compare_counters(cases.back());
    compare(cases, sink.items(), decisions.items());
  }

  void drive_start(const Case& c, bool valid) {
    const std::uint64_t seed[] = {c.noise.low, c.noise.high};
    bench::put(rtl_->start_seed_i, std::span<const std::uint64_t>(seed));
    // What is built in, and what only a unit reads, may be anything.
    rtl_->start_config_i =
        build_.run_time ? BlockConfig(c.format, c.lines.base).bits() : anything_() >> 19;
    rtl_->start_valid_i = valid;
    rtl_->start_watch_i = valid ? c.watch : anything_() % 2;
    const std::uint64_t unread = anything_() >> (64 - build_.unit.threshold_bits);
    bench::set(rtl_->start_threshold_i, c.watch ? c.threshold : unread);
  }

  void drive_group(const Case& c, std::size_t group) {
    const auto lanes = static_cast<std::size_t>(build_.unit.lanes);
    bench::put(rtl_->in_i, std::span(c.values).subspan(group * lanes, lanes));
    // What an unwatched tensor says is not looked at.
    rtl_->in_last_i = c.watch ? group + 1 == c.lines.exponents.size() : group % 2 == 0;
  }

  bench::Checker& checker() { return checker_; }
  bench::Clocked<Model>& rtl() { return rtl_; }

 private:
  void compare(const std::vector<Case>& cases, const std::vector<Leaving>& groups,
               const std::vector<Result>& decisions) {
    std::size_t at = 0, decided = 0;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const Case& c = cases[i];
      const auto shown = [&](std::ostream& os) {
        os << "tensor " << i << " of " << c.lines.exponents.size() << " groups, m "
           << c.format.magnitude_bits << " E " << c.format.exponent_bits << " "
           << name(c.format.rounding) << " threshold " << c.threshold;
      };
      for (std::size_t g = 0; g < c.lines.exponents.size() && at < groups.size(); ++g, ++at) {
        const Leaving want = leaving_of(c, g);
        checker_.equal(true, want == groups[at], [&](std::ostream& os) {
          shown(os);
          os << ": group " << g;
        });
      }
      if (c.watch && decided < decisions.size())
        checker_.equal(c.decision, decisions[decided++], shown);
    }
    checker_.equal(decided, decisions.size(), [](std::ostream& os) { os << "decisions"; });
  }

  // Of a tensor whose groups have left, before the next one starts.
  void compare_counters(const Case& c) {
    const std::array<std::pair<std::int64_t, std::uint32_t>, 5> counters{
        {{static_cast<std::int64_t>(c.lines.exponents.size()), rtl_->groups_o},
         {c.lines.count(kNanGroup), rtl_->nan_groups_o},
         {c.lines.count(kSaturatedGroup), rtl_->saturated_groups_o},
         {c.lines.count(kUnderflowGroup), rtl_->underflow_groups_o},
         {c.lines.count(kBumpedGroup), rtl_->bumped_groups_o}}};
    for (std::size_t i = 0; i < counters.size(); ++i)
      checker_.equal(counters[i].first % kCounts, std::int64_t{counters[i].second},
                     [&](std::ostream& os) {
                       os << "counter " << i << " of " << c.lines.exponents.size() << " groups";
                     });
  }

  Leaving leaving_of(const Case& c, std::size_t group) const {
    Leaving leaving{{}, c.lines.exponents[group], c.lines.flags[group]};
    const auto lanes = static_cast<std::size_t>(build_.unit.lanes);
    for (std::size_t i = group * lanes; i < (group + 1) * lanes; ++i) {
      const int code = c.lines.codes[i], all = (1 << c.format.magnitude_bits) - 1;
      const bool minus =
          c.format.is_minifloat() ? (code >> c.format.magnitude_bits & 1) != 0 : code < 0;
      const int magnitude = c.format.is_minifloat() ? code & all : std::abs(code);
      leaving.lanes.push_back(static_cast<std::uint32_t>(magnitude) |
                              (minus ? 1u << build_.code_bits : 0));
    }
    return leaving;
  }
  Leaving leaving() const {
    auto& rtl = const_cast<bench::Clocked<Model>&>(rtl_);
    Leaving leaving{{},
                    rtl->out_exponent_o,
                    static_cast<std::uint8_t>((rtl->out_nan_o != 0 ? kNanGroup : 0) |
                                              (rtl->out_saturated_o != 0 ? kSaturatedGroup : 0) |
                                              (rtl->out_underflow_o != 0 ? kUnderflowGroup : 0) |
                                              (rtl->out_bumped_o != 0 ? kBumpedGroup : 0))};
    std::array<std::uint8_t, sizeof(rtl->out_o) + 4> bytes{};
    std::memcpy(bytes.data(), &rtl->out_o, sizeof(rtl->out_o));
    for (int lane = 0; lane < build_.unit.lanes; ++lane) {
      const int at = lane * (1 + build_.code_bits);
      std::uint32_t word = 0;
      std::memcpy(&word, bytes.data() + at / 8, sizeof word);
      leaving.lanes.push_back(word >> at % 8 & ((2u << build_.code_bits) - 1));
    }
    return leaving;
  }
  Result decision() const {
    auto& rtl = const_cast<bench::Clocked<Model>&>(rtl_);
    return {rtl->decision_fine_o != 0,
            {number(rtl->decision_numerator_o), number(rtl->decision_denominator_o),
             static_cast<int>(rtl->decision_exponent_o), rtl->decision_nan_o != 0,
             rtl->decision_overflow_o != 0, rtl->decision_inexact_o != 0}};
  }

  Build build_;
  std::mt19937_64 anything_{1};
  bench::Clocked<Model> rtl_;
  bench::Checker checker_;
};

template <class Model>
void check_streams(const Build& build, int rounds) {
  WatchBench<Model> bench(build);
  auto rng = bench::rng(static_cast<std::uint64_t>(build.unit.lanes));
  for (int round = 0; round < rounds; ++round)
    for (const int in : bench::kStalls)
      for (const int out : bench::kStalls) {
        const Stalls stalls{bench::kStalls[rng() % 4], in, out, bench::kStalls[rng() % 4]};
        bench.run(random_cases(build, 6, 12, rng), stalls, rng());
      }
  bench.run(random_cases(build, 120, 40, rng), {}, rng());
  bench.checker().finish(static_cast<std::uint64_t>(rounds) * 16 * 12);
}

TEST_CASE("precision: a watched converter gives the codes and the decision of golden",
          "[precision][random][stall]") {
  check_streams<convert_watched>(kWatched, 6);
  check_streams<convert_far>(kFar, 12);
}

TEST_CASE("precision: without a unit a watched converter is a converter",
          "[precision][random][stall]") {
  check_streams<convert_unwatched>(kUnwatched, 4);
}

// Short tensors: the last group is taken while the one before is anywhere in the pipeline.
template <class Model>
void check_short(const Build& build) {
  WatchBench<Model> bench(build);
  auto rng = bench::rng(static_cast<std::uint64_t>(build.unit.lanes));
  for (int groups = 1; groups <= 8; ++groups)
    for (const int out : bench::kStalls)
      for (int repeat = 0; repeat < 6; ++repeat) {
        std::vector<Case> cases;
        while (cases.size() < 4) {
          Case c = random_case(build, groups, true, rng);
          if (std::cmp_equal(c.lines.exponents.size(), groups)) cases.push_back(std::move(c));
        }
        bench.run(cases, {0, bench::kStalls[rng() % 4], out, 0}, rng());
      }
  bench.checker().finish(8 * 4 * 6 * 8);
}

TEST_CASE("precision: the last group of a short tensor is told", "[precision][random][stall]") {
  check_short<convert_watched>(kWatched);
  check_short<convert_far>(kFar);
}

template <class Model>
void check_resets(const Build& build) {
  WatchBench<Model> bench(build);
  auto rng = bench::rng(static_cast<std::uint64_t>(build.unit.lanes));
  for (int repeat = 0; repeat < 3; ++repeat)
    for (std::uint64_t cycle = 0; cycle < 100; ++cycle) {
      bench.run(random_cases(build, 3, 4, rng), {0, 25, 25, 0}, rng(), cycle);
      bench.run(random_cases(build, 2, 4, rng), {}, rng());
    }
  bench.checker().finish(3 * 100 * 4);
}

TEST_CASE("precision: a reset of a watched converter leaves nothing behind",
          "[precision][random][stall]") {
  check_resets<convert_watched>(kWatched);
  check_resets<convert_far>(kFar);
}

// A group a cycle; the decision comes w + T + 2 cycles after the last group has left, and waits.
// Meanwhile a tensor that is not watched passes, and one that is stops at its first group.
TEST_CASE("precision: a decision waits, and only watched tensors wait for it",
          "[precision][stall]") {
  WatchBench<convert_watched> bench(kWatched);
  auto& rtl = bench.rtl();
  auto rng = bench::rng();
  const auto tensor = [&](bool watch) {
    Case c = random_case(kWatched, 40, watch, rng);
    while (c.lines.exponents.size() < 8) c = random_case(kWatched, 40, watch, rng);
    return c;
  };
  rtl->in_valid_i = 0;
  rtl->out_ready_i = 1;
  rtl->decision_ready_i = 0;
  rtl.reset();
  // Starts `c`, gives all its groups and waits for `cycles` more; how many groups have left, and
  // the cycles between the first and the last of them.
  const auto pass = [&](const Case& c, int cycles) {
    bench.drive_start(c, true);
    rtl.settle();
    for (int waited = 0; rtl->start_ready_o == 0; ++waited) {
      REQUIRE(waited < 100);
      rtl.edge();
    }
    rtl.edge();
    rtl->start_valid_i = 0;
    std::size_t given = 0;
    int left = 0, first = 0, last = 0;
    for (int cycle = 0; cycle < cycles; ++cycle) {
      rtl->in_valid_i = given < c.lines.exponents.size();
      if (rtl->in_valid_i != 0) bench.drive_group(c, given);
      rtl.settle();
      if (rtl->in_valid_i != 0 && rtl->in_ready_o != 0) ++given;
      if (rtl->out_valid_o != 0) {
        if (left++ == 0) first = cycle;
        last = cycle;
      }
      rtl.edge();
    }
    rtl->in_valid_i = 0;
    return std::tuple(left, last - first + 1, cycles - 1 - last);
  };
  const Case one = tensor(true), between = tensor(false), two = tensor(true);
  const auto count = [](const Case& c) { return static_cast<int>(c.lines.exponents.size()); };
  const auto [left, took, rest] = pass(one, count(one) + 6);
  CHECK(left == count(one));
  CHECK(took == count(one));
  const int latency = kWatched.unit.acc_bits() + kWatched.unit.threshold_bits + 2;
  for (int cycle = rest + 1; cycle <= latency + 3; ++cycle) {
    rtl.settle();
    CHECK(rtl->decision_valid_o == (cycle >= latency ? 1 : 0));
    rtl.edge();
  }
  CHECK(std::get<0>(pass(between, count(between) + 8)) == count(between));
  CHECK(std::get<0>(pass(two, 20)) == 0);
  rtl->decision_ready_i = 1;
  rtl.settle();
  CHECK(rtl->decision_valid_o == 1);
  CHECK((rtl->decision_fine_o != 0) == one.decision.fine);
  rtl.check();
}

}  // namespace
}  // namespace rh
