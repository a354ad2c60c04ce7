// TEST RATIONALE. State space: a group is Lanes words of 16 or 32 bits, Lanes noise words and 45
// bits of configuration; groups stream with stalls on both ports. The rules act on the distance of
// each value to the group's exponent and on that exponent's place in the window: groups are drawn
// there, the largest value below, at the ends of, in and above the window, at the bottom of the
// source's range (subnormals) and at the top; the other values 0 to 30 binades below it, equal to
// it, zero, or one huge; significands at powers of two, all ones, ties and their neighbours.
// Configurations are drawn from every field: m, minifloats, all five modes, all four rules,
// overflow, most negative code, exponent width, base; every preset is run by name. Parameters: the
// three sources, run-time and fixed configuration, 1 to 32 lanes, 1 to 11 noise bits, with and
// without output register, bump, most negative code. Of FP16, all 65,536 words. Stalls 0, 25, 50,
// 90 % on both ports; noise must be taken once a group, in order; latency and gaps by cycle.
// Mutants this kills: the limit of -2^m for positive values, sticky lost in the shifter, bump not
// lowering a value of the room above, over without a top bit, the binade of a zero, the small
// lane's hidden bit, far without deep, NaN not forcing codes to 0, a stage that does not stall, a
// group taken while another waits, the exponent of a zero group, bump beyond the last exponent, the
// threshold of ceil, noise taken with another stage, leading zeros one place short, a tree that
// merges keys, counters not cleared, the seed of a second tensor, a bit below the noise.
#include "convert/convert_bfp.hpp"

#include <array>
#include <cmath>
#include <cstring>

#include "bench/bins.hpp"
#include "bench/cases.hpp"
#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"
#include "bench/stream.hpp"
#include "bfp_all/bfp_all.h"
#include "bfp_bf16/bfp_bf16.h"
#include "bfp_fast/bfp_fast.h"
#include "bfp_fp16/bfp_fp16.h"
#include "bfp_gates/bfp_gates.h"
#include "bfp_integer/bfp_integer.h"
#include "bfp_one/bfp_one.h"
#include "fixed_away/fixed_away.h"
#include "fixed_bump/fixed_bump.h"
#include "fixed_ceil/fixed_ceil.h"
#include "fixed_e5m2/fixed_e5m2.h"
#include "fixed_even/fixed_even.h"
#include "fixed_fast/fixed_fast.h"
#include "fixed_fp16/fixed_fp16.h"
#include "fixed_fp16_e5/fixed_fp16_e5.h"
#include "fixed_fp16_e6/fixed_fp16_e6.h"
#include "fixed_fp16_e8/fixed_fp16_e8.h"
#include "fixed_narrow/fixed_narrow.h"
#include "fixed_nearest/fixed_nearest.h"
#include "fixed_rceil/fixed_rceil.h"
#include "fixed_stream/fixed_stream.h"
#include "tensor_all/tensor_all.h"
#include "tensor_stochastic/tensor_stochastic.h"

namespace rh {
namespace {

enum class SourceType { Fp32, Bf16, Fp16 };

// What a model is built with; verif/convert/models.mk.
struct Build {
  int lanes;
  SourceType source;
  int magnitude_bits;
  int noise_bits;
  bool minifloat, bump, most_negative;
  int latency;  // cycles from a group taken to its result seen
  bool backpressure = true, underflow = true;

  int code_bits() const { return magnitude_bits + (most_negative ? 1 : 0); }
  int word_bits() const { return source == SourceType::Fp32 ? 32 : 16; }
};

constexpr Build kAll{4, SourceType::Fp32, 8, 8, true, true, true, 4};
constexpr Build kGates{2, SourceType::Fp32, 8, 8, true, true, true, 4};
constexpr Build kBf16{3, SourceType::Bf16, 8, 5, true, true, false, 3};
constexpr Build kFp16{2, SourceType::Fp16, 8, 11, true, false, true, 2};
constexpr Build kInteger{5, SourceType::Fp32, 4, 8, false, false, false, 3};
constexpr Build kOne{1, SourceType::Fp32, 3, 1, false, true, false, 4};
constexpr Build kFixedRceil{2, SourceType::Fp32, 7, 8, true, false, false, 3};
constexpr Build kFixedFloat{2, SourceType::Fp32, 7, 8, true, false, false, 2};
constexpr Build kFixedNearest{32, SourceType::Bf16, 4, 8, false, false, false, 2};
constexpr Build kFixedEven{3, SourceType::Fp32, 4, 8, false, false, false, 1};
constexpr Build kFixedAway{3, SourceType::Bf16, 8, 8, false, false, false, 2};
constexpr Build kFixedFp16{2, SourceType::Fp16, 4, 8, false, false, false, 1};
constexpr Build kFixedStream{3, SourceType::Fp32, 4, 3, false, false, false, 2, false, false};
constexpr Build kFixedBump{2, SourceType::Fp32, 4, 8, false, true, false, 3};
constexpr Build kFixedNarrow{2, SourceType::Fp32, 4, 8, false, false, false, 3};
constexpr Build kFixedCeil{2, SourceType::Fp32, 4, 8, false, false, true, 3};
constexpr Build kTensorAll{16, SourceType::Fp32, 8, 8, true, true, false, 4};
constexpr Build kTensorStochastic{16, SourceType::Fp32, 4, 8, false, false, false, 1};

// ---- words -------------------------------------------------------------------------------------
// The FP32 number that a word of the source is.
std::uint32_t widen(SourceType source, std::uint32_t word) {
  if (source == SourceType::Fp32) return word;
  return source == SourceType::Bf16 ? bench::fp32_from_bf16(word) : bench::fp32_from_fp16(word);
}

// Words of a source: exponent field and fraction width.
int fraction_bits(SourceType s) {
  return s == SourceType::Fp32 ? 23 : s == SourceType::Bf16 ? 7 : 10;
}
int field_max(SourceType s) {
  return s == SourceType::Fp16 ? 30 : 254;
}
int bias(SourceType s) {
  return s == SourceType::Fp16 ? 15 : 127;
}

std::uint32_t random_fraction(SourceType source, std::mt19937_64& rng) {
  const int width = fraction_bits(source);
  const std::uint32_t all = (1u << width) - 1;
  const std::uint32_t any = static_cast<std::uint32_t>(rng()) & all;
  const int cut = static_cast<int>(rng() % static_cast<unsigned>(width + 1));
  switch (rng() % 8) {
    case 0: return 0;
    case 1: return all;
    case 2: return all & ~((1u << cut) - 1);  // leading ones
    case 3: return (all & ~((1u << cut) - 1)) - 1 + static_cast<std::uint32_t>(rng() % 3);
    case 4: return any & ~((1u << cut) - 1);  // few bits: ties
    case 5: return ((any & ~((1u << cut) - 1)) + static_cast<std::uint32_t>(rng() % 3) - 1) & all;
    default: return any;
  }
}

// A word whose value is about 2^exponent, as far as the source reaches.
std::uint32_t word_near(SourceType source, int exponent, std::mt19937_64& rng) {
  const int width = fraction_bits(source);
  const std::uint32_t mask = (1u << width) - 1;
  const std::uint32_t fraction = random_fraction(source, rng) & mask;
  const std::uint32_t sign = static_cast<std::uint32_t>(rng() % 2)
                             << (source == SourceType::Fp32 ? 31 : 15);
  const int field = exponent + bias(source);
  if (field >= 1)
    return sign | static_cast<std::uint32_t>(std::min(field, field_max(source))) << width |
           fraction;
  return sign | (((1u << width) | fraction) >> std::min(1 - field, width + 1) & mask);
}

std::vector<std::uint32_t> random_group(const Build& build, const Format& format, int base,
                                        std::mt19937_64& rng) {
  const SourceType source = build.source;
  const int low = base + format.element_exponent();
  const int lowest = 1 - bias(source) - fraction_bits(source);
  int top = 0;
  switch (rng() % 8) {
    case 0: top = low + static_cast<int>(rng() % 6) - 3; break;
    case 1: top = low + format.max_exponent() + static_cast<int>(rng() % 6) - 3; break;
    case 2:
      top = lowest + static_cast<int>(rng() % static_cast<unsigned>(8 + 1 - bias(source) - lowest));
      break;
    case 3: top = field_max(source) - bias(source) - static_cast<int>(rng() % 3); break;
    case 4: top = low - static_cast<int>(rng() % 30); break;
    default: top = low + static_cast<int>(rng() % static_cast<unsigned>(format.max_exponent() + 1));
  }
  const std::uint64_t kind = rng() % 16;
  const unsigned spread = rng() % 3 == 0 ? 40 : static_cast<unsigned>(format.binades()) + 14;
  std::vector<std::uint32_t> words(static_cast<std::size_t>(build.lanes));
  for (std::uint32_t& word : words) {
    switch (kind) {
      case 0: word = static_cast<std::uint32_t>(rng() % 2) << (build.word_bits() - 1); break;
      case 1: word = word_near(source, top, rng); break;
      case 2: word = static_cast<std::uint32_t>(rng() >> 32) >> (32 - build.word_bits()); break;
      default: word = word_near(source, top - static_cast<int>(rng() % spread), rng);
    }
    if (kind > 2 && rng() % 16 == 0)
      word = static_cast<std::uint32_t>(rng() % 2) << (build.word_bits() - 1);
  }
  std::uint32_t& one = words[rng() % words.size()];
  if (kind > 2) one = word_near(source, kind == 3 ? 200 : top, rng);
  const std::uint32_t infinity = source == SourceType::Fp16   ? 0x7C00u
                                 : source == SourceType::Bf16 ? 0x7F80u
                                                              : kFp32Infinity;
  if (kind == 4 && rng() % 2 == 0)
    one = infinity | static_cast<std::uint32_t>(rng() % 2) << (build.word_bits() - 1) |
          (rng() % 2 == 0 ? 0 : 1u << rng() % static_cast<unsigned>(fraction_bits(source)));
  return words;
}

Format random_format(const Build& build, std::mt19937_64& rng) {
  Format f{
      .magnitude_bits = 1 + static_cast<int>(rng() % static_cast<unsigned>(build.magnitude_bits)),
      .exponent_bits = 1 + static_cast<int>(rng() % 8),
      .group_size = build.lanes,
      .rounding = static_cast<RoundMode>(rng() % 5),
      .noise_bits = build.noise_bits,
      .rule = static_cast<ExponentRule>(rng() % 4)};
  if (rng() % 2 == 0) f.exponent_bits = 8;
  if (build.minifloat && rng() % 2 == 0) {
    const Preset& preset = kPresets[kPresets.size() - 1 - rng() % 5];
    f.magnitude_bits = preset.format.magnitude_bits;
    f.element_exponent_bits = preset.format.element_exponent_bits;
    f.specials = preset.format.specials;
  } else if (build.most_negative && rng() % 2 == 0) {
    f.most_negative = true;
    f.encoding = Encoding::TwosComplement;
  }
  if (build.bump && rng() % 2 == 0) f.overflow = Overflow::Bump;
  return f;
}

int random_base(const Format& format, const Build& build, std::mt19937_64& rng) {
  if (rng() % 3 == 0) return format.exponent_bits == 8 ? -127 : -128;
  if (build.source == SourceType::Fp16 && rng() % 8 != 0) return static_cast<int>(rng() % 60) - 40;
  return static_cast<int>(rng() % 256) - 128;
}

// ---- ports -------------------------------------------------------------------------------------
// Fields of any width, packed one after the other.
template <class Port>
void put_fields(Port& port, std::span<const std::uint32_t> fields, int width) {
  std::vector<std::uint8_t> bytes(sizeof(Port));
  std::size_t bit = 0;
  for (const std::uint32_t field : fields)
    for (int i = 0; i < width; ++i, ++bit)
      bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | (field >> i & 1) << bit % 8);
  std::memcpy(&port, bytes.data(), sizeof(Port));
}
template <class Port>
std::vector<std::uint32_t> get_fields(const Port& port, std::size_t count, int width) {
  std::vector<std::uint8_t> bytes(sizeof(Port));
  std::memcpy(bytes.data(), &port, sizeof(Port));
  std::vector<std::uint32_t> fields(count);
  std::size_t bit = 0;
  for (std::uint32_t& field : fields)
    for (int i = 0; i < width; ++i, ++bit) field |= (bytes[bit / 8] >> bit % 8 & 1u) << i;
  return fields;
}

struct Result {
  std::vector<std::uint32_t> codes;  // sign above the magnitude
  int exponent;
  int flags;
  bool operator==(const Result&) const = default;
};

std::ostream& operator<<(std::ostream& os, const Result& r) {
  os << "exponent " << r.exponent << " flags " << r.flags << " codes" << std::hex;
  for (const std::uint32_t code : r.codes) os << " " << code;
  return os << std::dec;
}

Result result_of(const Build& build, const Format& format, const BfpGroup& group) {
  Result result{{}, group.exponent, group.flags};
  for (const std::int16_t code : group.codes) {
    const auto bits = static_cast<std::uint32_t>(code < 0 ? -code : code);
    const std::uint32_t sign =
        format.is_minifloat() ? bits >> format.magnitude_bits & 1 : (code < 0 ? 1u : 0u);
    const std::uint32_t magnitude =
        format.is_minifloat() ? bits & ((1u << format.magnitude_bits) - 1) : bits;
    result.codes.push_back(sign << build.code_bits() | magnitude);
  }
  return result;
}

template <class Model>
Result result_at(Model& rtl, const Build& build) {
  Result r{get_fields(rtl.out_o, static_cast<std::size_t>(build.lanes), 1 + build.code_bits()),
           rtl.out_exponent_o, 0};
  r.flags =
      (rtl.out_nan_o != 0 ? kNanGroup : 0) | (rtl.out_saturated_o != 0 ? kSaturatedGroup : 0) |
      (rtl.out_underflow_o != 0 ? kUnderflowGroup : 0) | (rtl.out_bumped_o != 0 ? kBumpedGroup : 0);
  return r;
}

struct Group {
  std::vector<std::uint32_t> words;
  std::vector<std::uint32_t> noise;
};

std::string described(const Format& f, int base) {
  std::ostringstream os;
  os << "m " << f.magnitude_bits << " element exponent bits " << f.element_exponent_bits
     << " exponent bits " << f.exponent_bits << " mode " << name(f.rounding) << " rule "
     << static_cast<int>(f.rule) << " overflow " << name(f.overflow) << " most negative "
     << f.most_negative << " base " << base;
  return os.str();
}

Result golden(const Build& build, const Format& format, int base, const Group& group) {
  std::vector<std::uint32_t> x;
  for (const std::uint32_t word : group.words) x.push_back(widen(build.source, word));
  return result_of(build, format, convert_group(format, base, x, group.noise));
}

// ---- rh_convert_bfp ----------------------------------------------------------------------------
template <class Model>
class BfpBench {
 public:
  // `fixed`: the model has its configuration built in, so config_i may be anything.
  explicit BfpBench(const Build& build, bool fixed = false) : build_(build), fixed_(fixed) {
    rtl_->in_valid_i = 0;
    rtl_->out_ready_i = 1;
    rtl_.reset();
  }

  std::vector<Group> random_groups(const Format& format, int base, int count,
                                   std::mt19937_64& rng) const {
    std::vector<Group> groups(static_cast<std::size_t>(count));
    for (Group& group : groups) {
      group.words = random_group(build_, format, base, rng);
      for (int i = 0; i < build_.lanes; ++i)
        group.noise.push_back(static_cast<std::uint32_t>(
            rng() % 8 == 0 ? (rng() % 2 == 0 ? 0 : (1u << build_.noise_bits) - 1)
                           : rng() % (1u << build_.noise_bits)));
    }
    return groups;
  }

  void run(const Format& format, int base, const std::vector<Group>& groups, int in_stall,
           int out_stall, std::uint64_t seed) {
    bench::Source<Group> source(groups, in_stall, seed);
    bench::Sink<Result> sink(out_stall, seed + 1);
    configure(format, base);
    rtl_->in_valid_i = 0;
    rtl_.edge();
    std::size_t taken = 0;  // noise words of this many groups
    for (std::uint64_t cycle = 0; sink.items().size() < groups.size(); ++cycle) {
      if (cycle == 1'000 + groups.size() * 200) FAIL("no result");
      if (fixed_) configure(format, base);
      const Group* const group = source.offer();
      rtl_->in_valid_i = group != nullptr;
      if (group != nullptr) put_fields(rtl_->in_i, group->words, build_.word_bits());
      if (taken < groups.size()) put_fields(rtl_->noise_i, groups[taken].noise, build_.noise_bits);
      rtl_->out_ready_i = sink.ready();
      rtl_.settle();
      source.see(rtl_->in_ready_o != 0);
      sink.see(rtl_->out_valid_o != 0 ? std::optional(result_at(*rtl_, build_)) : std::nullopt);
      taken += rtl_->noise_take_o != 0 ? 1 : 0;
      rtl_.edge();
    }
    rtl_->in_valid_i = 0;
    rtl_.check();
    REQUIRE(taken == groups.size());
    for (std::size_t i = 0; i < groups.size(); ++i) {
      Result want = golden(build_, format, base, groups[i]);
      if (!build_.underflow) want.flags &= ~kUnderflowGroup;
      for (int bit = 0; bit < 4; ++bit) flags_[bit] += want.flags >> bit & 1;
      checker_.equal(want, sink.items()[i], [&](std::ostream& os) {
        os << described(format, base) << " words" << std::hex;
        for (const std::uint32_t word : groups[i].words) os << " " << word;
        os << " noise";
        for (const std::uint32_t noise : groups[i].noise) os << " " << noise;
        os << std::dec;
      });
    }
  }

  void run_random(int formats, int groups, std::mt19937_64& rng) {
    for (int i = 0; i < formats; ++i) {
      const Format format = random_format(build_, rng);
      const int base = random_base(format, build_, rng);
      run(format, base, random_groups(format, base, groups, rng), 0, 0, rng());
    }
  }
  void run_stalls(const Format& format, int base, int groups, std::mt19937_64& rng) {
    for (const int in_stall : bench::kStalls)
      for (const int out_stall : bench::kStalls)
        if (build_.backpressure || out_stall == 0)
          run(format, base, random_groups(format, base, groups, rng), in_stall, out_stall, rng());
  }

  // A group alone, then ten without a gap.
  void run_latency(const Format& format) {
    std::vector<int> taken, seen;
    configure(format, format.base.value_or(-127));
    rtl_.edge();
    rtl_->out_ready_i = 1;
    for (int cycle = 0; cycle < 40; ++cycle) {
      rtl_->in_valid_i = cycle == 0 || (cycle >= 10 && cycle < 20);
      rtl_.settle();
      CHECK(rtl_->in_ready_o == 1);
      if (rtl_->in_valid_i != 0) taken.push_back(cycle);
      if (rtl_->out_valid_o != 0) seen.push_back(cycle);
      rtl_.edge();
    }
    REQUIRE(seen.size() == taken.size());
    for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] - taken[i] == build_.latency);
  }

  // Every flag that can be was seen often.
  void finish(std::uint64_t at_least, unsigned never = 0) {
    if (!build_.underflow) never |= kUnderflowGroup;
    if (!build_.bump) never |= kBumpedGroup;
    for (unsigned bit = 0; bit < 4; ++bit) CHECK((flags_[bit] > 10) == ((never >> bit & 1) == 0));
    checker_.finish(at_least);
  }
  // A reset while groups are everywhere in the pipeline and the last one waits for out_ready_i:
  // none of them comes out.
  void reset_in_flight(const Format& format, int base, std::mt19937_64& rng) {
    configure(format, base);
    rtl_.edge();
    const std::vector<Group> groups = random_groups(format, base, 8, rng);
    rtl_->in_valid_i = 1;
    rtl_->out_ready_i = build_.backpressure ? 0 : 1;
    for (const Group& group : groups) {
      put_fields(rtl_->in_i, group.words, build_.word_bits());
      put_fields(rtl_->noise_i, group.noise, build_.noise_bits);
      rtl_.edge();
    }
    CHECK(rtl_->busy_o == 1);
    rtl_.reset();
    rtl_->in_valid_i = 0;
    rtl_->out_ready_i = 1;
    for (int cycle = 0; cycle < 2 * build_.latency; ++cycle) {
      rtl_.settle();
      CHECK(rtl_->out_valid_o == 0);
      CHECK(rtl_->in_ready_o == 1);
      CHECK(rtl_->busy_o == 0);
      rtl_.edge();
    }
    rtl_.check();
  }
  bench::Checker& checker() { return checker_; }

 private:
  void configure(const Format& format, int base) {
    rtl_->config_i = fixed_ ? anything_() >> 19 : BlockConfig(format, base).bits();
  }

  const Build build_;
  const bool fixed_;
  std::mt19937_64 anything_ = bench::rng(45);
  bench::Clocked<Model> rtl_{bench::wave_file()};
  bench::Checker checker_;
  std::int64_t flags_[4] = {};
};

template <class Model>
void check_run_time(const Build& build, int formats, int groups) {
  BfpBench<Model> bench(build);
  auto rng = bench::rng(static_cast<std::uint64_t>(build.lanes));
  bench.run_latency(bfp_format(1));
  bench.reset_in_flight(bfp_format(1), -127, rng);
  bench.run_random(formats, groups, rng);
  for (int i = 0; i < 3; ++i) {
    const Format format = random_format(build, rng);
    bench.run_stalls(format, random_base(format, build, rng), 30, rng);
  }
  bench.finish(static_cast<std::uint64_t>(formats) * static_cast<std::uint64_t>(groups));
}

TEST_CASE("convert: block configurations at run time, FP32", "[convert][random][edge][stall]") {
  check_run_time<bfp_all>(kAll, 3'000, 60);
  check_run_time<bfp_fast>(kAll, 1'000, 60);
  check_run_time<bfp_integer>(kInteger, 1'000, 60);
  check_run_time<bfp_one>(kOne, 500, 60);
}

// Yosys and Verilator once read a comparison of a negated cast differently: only here it shows.
TEST_CASE("convert: block configurations at run time, the gates",
          "[convert][random][edge][stall]") {
  check_run_time<bfp_gates>(kGates, 1'000, 60);
}

TEST_CASE("convert: block configurations at run time, BF16 and FP16",
          "[convert][random][edge][stall]") {
  check_run_time<bfp_bf16>(kBf16, 1'500, 60);
  check_run_time<bfp_fp16>(kFp16, 2'500, 60);
}

TEST_CASE("convert: every preset", "[convert][random][edge]") {
  BfpBench<bfp_all> bench(kAll);
  auto rng = bench::rng();
  int presets = 0;
  for (const Preset& preset : kPresets) {
    if (!preset.format.is_block()) continue;
    Format format = preset.format;
    format.group_size = kAll.lanes;
    const int base = format.exponent_bits == 8 ? -127 : -20;
    bench.run(format, base, bench.random_groups(format, base, 300, rng), 0, 0, rng());
    ++presets;
  }
  CHECK(presets >= 15);
  bench.checker().finish(15 * 300);
}

// ---- bins --------------------------------------------------------------------------------------
enum Kind : std::size_t { kZero, kExact, kTie, kInexact, kMax, kOverflow, kUnderflow, kSpecial };
const std::vector<std::string> kKindNames = {"zero", "exact", "tie",       "inexact",
                                             "max",  "over",  "underflow", "special"};

// What a value of a group is, from the values of the codes at and above it, in exact arithmetic.
std::vector<Kind> kinds_of(const Format& format, int base, const Group& group, std::size_t lane) {
  const std::uint32_t word = group.words[lane];
  if ((word & kFp32Infinity) == kFp32Infinity) return {kSpecial};
  if (fp32::is_zero(word)) return {kZero};
  Format down = format;
  down.rounding = RoundMode::Truncate;
  const BfpGroup cut = convert_group(down, base, group.words, group.noise);
  const BfpGroup rounded = convert_group(format, base, group.words, group.noise);
  if ((cut.flags & kNanGroup) != 0) return {};
  const auto magnitude = [&](int code) {
    const std::uint32_t bits = block_value(format, base, cut.exponent, 0, code);
    return std::fabs(static_cast<double>(std::bit_cast<float>(bits)));
  };
  const double x = std::fabs(static_cast<double>(std::bit_cast<float>(word)));
  const int mask = format.is_minifloat() ? (1 << format.magnitude_bits) - 1 : -1;
  const auto code = [&](const BfpGroup& of) {
    return format.is_minifloat() ? of.codes[lane] & mask : std::abs(int{of.codes[lane]});
  };
  std::vector<Kind> kinds;
  if ((cut.flags & kUnderflowGroup) != 0) kinds.push_back(kUnderflow);
  const double below = magnitude(code(cut));
  if (code(cut) == format.max_code()) {
    kinds.push_back(x == below ? kExact : kInexact);
    if ((rounded.flags & kSaturatedGroup) != 0 && x > below) kinds.push_back(kOverflow);
  } else {
    const double half = (below + magnitude(code(cut) + 1)) / 2;
    kinds.push_back(x == below ? kExact : x == half ? kTie : kInexact);
  }
  if (code(rounded) == format.max_code() && (rounded.flags & kSaturatedGroup) == 0)
    kinds.push_back(kMax);
  return kinds;
}

// RATIONALE. Every format of the table, in every rounding mode, with either sign, each kind of
// value, each side stalling, after a quiet reset and after one in flight. The kinds are found by
// another way than the model's: exact values of neighbouring codes.
TEST_CASE("convert: every bin of format, mode, sign, kind, stall and reset",
          "[convert][bins][random][stall]") {
  std::vector<std::string> formats, modes;
  for (const Preset& preset : kPresets)
    if (preset.format.is_block()) formats.emplace_back(preset.name);
  for (std::size_t mode = 0; mode < 5; ++mode)
    modes.emplace_back(name(static_cast<RoundMode>(mode)));
  bench::Bins bins("convert: values of blocks", {{"format", formats},
                                                 {"rounding", modes},
                                                 {"sign", {"+", "-"}},
                                                 {"kind", kKindNames},
                                                 {"stall", {"none", "in", "out", "both"}},
                                                 {"reset", {"quiet", "in flight"}}});
  const auto format_of = [&](std::size_t i) {
    Format format = *find_preset(formats[i]);
    format.group_size = kAll.lanes;
    return format;
  };
  constexpr int kGroups = 2'000;
  auto rng = bench::rng();
  std::uint64_t groups_run = 0;
  for (std::size_t f = 0; f < formats.size(); ++f)
    for (std::size_t mode = 0; mode < modes.size(); ++mode)
      for (std::size_t stall = 0; stall < 4; ++stall)
        for (std::size_t reset = 0; reset < 2; ++reset) {
          Format format = format_of(f);
          format.rounding = static_cast<RoundMode>(mode);
          const int base = format.exponent_bits == 8 ? -127 : -20;
          BfpBench<bfp_all> bench(kAll);
          if (reset == 1) bench.reset_in_flight(format, base, rng);
          const std::vector<Group> groups = bench.random_groups(format, base, kGroups, rng);
          bench.run(format, base, groups, stall % 2 == 1 ? 30 : 0, stall >= 2 ? 30 : 0, rng());
          bench.checker().finish(groups.size());
          groups_run += groups.size();
          for (const Group& group : groups)
            for (std::size_t lane = 0; lane < group.words.size(); ++lane)
              for (const Kind kind : kinds_of(format, base, group, lane))
                bins.hit(std::array{f, mode, std::size_t{group.words[lane] >> 31},
                                    std::size_t{kind}, stall, reset});
        }
  CHECK(groups_run == formats.size() * modes.size() * 8 * kGroups);
  bins.finish([&](std::span<const std::size_t> bin) -> std::string {
    const Format format = format_of(bin[0]);
    const int binade = 1 << (format.significand_bits() - 1);
    if (bin[3] == kOverflow && static_cast<RoundMode>(bin[1]) == RoundMode::Truncate &&
        format.exponent_bits == 8 && (format.max_code() + 1) % binade == 0)
      return "cut, no value of the largest binade is beyond a largest code of all ones";
    return "";
  });
}

TEST_CASE("convert: every FP16 word beside another", "[convert][exhaustive]") {
  BfpBench<bfp_fp16> bench(kFp16);
  auto rng = bench::rng();
  for (const auto& [m, exponent_bits, rule, second] :
       {std::tuple{4, 8, ExponentRule::Floor, 0x0000u},
        {2, 4, ExponentRule::Ceil, 0x8013u},
        {8, 3, ExponentRule::Rceil, 0xB7FFu}}) {
    const Format format{.magnitude_bits = m,
                        .exponent_bits = exponent_bits,
                        .group_size = 2,
                        .rounding = static_cast<RoundMode>(rng() % 5),
                        .noise_bits = 11,
                        .rule = rule};
    std::vector<Group> groups;
    for (std::uint32_t word = 0; word < 0x1'0000; ++word)
      groups.push_back({{word, second}, {static_cast<std::uint32_t>(rng() % 2'048), 0}});
    bench.run(format, exponent_bits == 8 ? -127 : -12, groups, 0, 0, rng());
  }
  bench.checker().finish(3 * 65'536);
}

template <class Model>
void check_fixed(const Build& build, const Format& format, int groups, std::uint64_t salt,
                 unsigned never = 0) {
  BfpBench<Model> bench(build, true);
  auto rng = bench::rng(salt);
  bench.run_latency(format);
  const int base = format.base.value_or(-127);
  bench.reset_in_flight(format, base, rng);
  bench.run(format, base, bench.random_groups(format, base, groups, rng), 0, 0, rng());
  bench.run_stalls(format, base, 20, rng);
  bench.finish(static_cast<std::uint64_t>(groups), never);
}

TEST_CASE("convert: fixed configurations", "[convert][random][edge][stall]") {
  Format e4m3 = *find_preset("mxfp8-e4m3");
  e4m3.rule = ExponentRule::Rceil;
  check_fixed<fixed_rceil>(kFixedRceil, e4m3, 20'000, 1, kSaturatedGroup);
  check_fixed<fixed_e5m2>(kFixedFloat, *find_preset("mxfp8-e5m2"), 20'000, 2);
  check_fixed<fixed_nearest>(kFixedNearest, bfp_format(4), 20'000, 3);
  check_fixed<fixed_even>(kFixedEven, bfp_format(4), 20'000, 4);
  check_fixed<fixed_fast>(kFixedEven, bfp_format(4), 20'000, 4);
  const auto bfp = [](int m, RoundMode rounding, int noise_bits) {
    Format format = bfp_format(m);
    format.rounding = rounding;
    format.noise_bits = noise_bits;
    return format;
  };
  check_fixed<fixed_away>(kFixedAway, bfp(8, RoundMode::NearestAway, 8), 20'000, 5,
                          kSaturatedGroup);
  check_fixed<fixed_fp16>(kFixedFp16, bfp(4, RoundMode::Stochastic, 8), 20'000, 6, kUnderflowGroup);
  // Where the exponent of a NaN group is not the field of the source's NaN.
  Format fp16 = bfp(4, RoundMode::Stochastic, 8);
  fp16.base = -15;
  check_fixed<fixed_fp16_e8>(kFixedFp16, fp16, 5'000, 11);
  fp16.exponent_bits = 6;
  check_fixed<fixed_fp16_e6>(kFixedFp16, fp16, 5'000, 12);
  fp16.exponent_bits = 5;
  fp16.base = -16;
  check_fixed<fixed_fp16_e5>(kFixedFp16, fp16, 5'000, 13);
  check_fixed<fixed_stream>(kFixedStream, bfp(4, RoundMode::StochasticUnbiased, 3), 20'000, 7);
  Format bump = bfp_format(4);
  bump.overflow = Overflow::Bump;
  check_fixed<fixed_bump>(kFixedBump, bump, 20'000, 8);
  Format narrow = bfp_format(4);
  narrow.exponent_bits = 4;
  check_fixed<fixed_narrow>(kFixedNarrow, narrow, 20'000, 10);
  Format ceil = hbfp_format(4);
  ceil.most_negative = true;
  ceil.rounding = RoundMode::Truncate;
  check_fixed<fixed_ceil>(kFixedCeil, ceil, 20'000, 9);
}

// ---- rh_convert_tensor -------------------------------------------------------------------------
template <class Model>
class TensorBench {
 public:
  // `fixed`: the model has its configuration built in, so start_config_i may be anything.
  explicit TensorBench(const Build& build, bool fixed = false) : build_(build), fixed_(fixed) {
    rtl_->start_valid_i = 0;
    rtl_->out_ready_i = 1;
    reset();
  }

  // A tensor that a reset ends after so many cycles: nothing of it comes out.
  void reset_in_flight(const Format& format, int base, int cycles, std::mt19937_64& rng) {
    configure(format, base, rng);
    rtl_->start_valid_i = 1;
    rtl_->in_valid_i = 1;
    rtl_->out_ready_i = static_cast<std::uint8_t>(rng() % 2);
    for (int cycle = 0; cycle < cycles; ++cycle) {
      put_fields(rtl_->in_i, random_group(build_, format, base, rng), build_.word_bits());
      rtl_.settle();
      const bool started = rtl_->start_ready_o != 0;
      rtl_.edge();
      if (started) rtl_->start_valid_i = 0;
    }
    rtl_->start_valid_i = 0;
    reset();
  }

  // One tensor of one line. Its groups are offered together with the start and wait for it.
  void run(const Format& format, int base, int groups, int in_stall, int out_stall,
           std::mt19937_64& rng) {
    const std::uint64_t seed = rng();
    std::vector<std::vector<std::uint32_t>> words;
    std::vector<float> values;
    for (int i = 0; i < groups; ++i) {
      words.push_back(random_group(build_, format, base, rng));
      for (const std::uint32_t word : words.back()) values.push_back(std::bit_cast<float>(word));
    }
    bench::Source<std::vector<std::uint32_t>> source(words, in_stall, seed);
    bench::Sink<Result> sink(out_stall, seed + 1);
    const NoiseState state = noise_seed(seed);
    const std::uint32_t seed_words[] = {
        static_cast<std::uint32_t>(state.low), static_cast<std::uint32_t>(state.low >> 32),
        static_cast<std::uint32_t>(state.high), static_cast<std::uint32_t>(state.high >> 32)};
    bool started = false;
    for (int cycle = 0; sink.items().size() < words.size(); ++cycle) {
      if (cycle == 1'000 + groups * 200) FAIL("no result");
      rtl_->start_valid_i = !started;
      bench::put(rtl_->start_seed_i, std::span<const std::uint32_t>(seed_words));
      configure(format, base, rng);
      const std::vector<std::uint32_t>* const group = source.offer();
      rtl_->in_valid_i = group != nullptr;
      if (group != nullptr) put_fields(rtl_->in_i, *group, build_.word_bits());
      rtl_->out_ready_i = sink.ready();
      rtl_.settle();
      if (!started) CHECK(rtl_->in_ready_o == 0);
      source.see(rtl_->in_ready_o != 0);
      started = started || rtl_->start_ready_o != 0;
      sink.see(rtl_->out_valid_o != 0 ? std::optional(result_at(*rtl_, build_)) : std::nullopt);
      rtl_.edge();
    }
    rtl_->in_valid_i = 0;
    rtl_.check();

    const auto n = static_cast<std::int64_t>(values.size());
    const BfpLines want = convert_bfp(values, 1, n, format, {.base = base, .noise = state});
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto first = static_cast<std::ptrdiff_t>(i) * build_.lanes;
      const BfpGroup group{{want.codes.begin() + first, want.codes.begin() + first + build_.lanes},
                           want.exponents[i],
                           want.flags[i]};
      checker_.equal(result_of(build_, format, group), sink.items()[i], [&](std::ostream& os) {
        os << described(format, base) << " group " << i << " seed " << seed;
      });
    }
    const auto count = [&](std::int64_t expected, std::uint32_t got, const char* what) {
      checker_.equal(expected % kCounts, std::int64_t{got},
                     [&](std::ostream& os) { os << what << " of " << described(format, base); });
    };
    count(groups, rtl_->groups_o, "groups");
    count(want.count(kNanGroup), rtl_->nan_groups_o, "nan groups");
    count(want.count(kSaturatedGroup), rtl_->saturated_groups_o, "saturated groups");
    count(want.count(kUnderflowGroup), rtl_->underflow_groups_o, "underflow groups");
    count(want.count(kBumpedGroup), rtl_->bumped_groups_o, "bumped groups");
  }
  bench::Checker& checker() { return checker_; }

 private:
  static constexpr std::int64_t kCounts = 32;  // CounterW = 5

  void configure(const Format& format, int base, std::mt19937_64& rng) {
    rtl_->start_config_i = fixed_ ? rng() >> 19 : BlockConfig(format, base).bits();
  }
  // What is offered behind it must wait for a start.
  void reset() {
    rtl_->in_valid_i = 1;
    rtl_.reset();
    for (int i = 0; i < 4; ++i) {
      CHECK(rtl_->in_ready_o == 0);
      CHECK(rtl_->out_valid_o == 0);
      rtl_.edge();
    }
    rtl_->in_valid_i = 0;
    rtl_.check();
  }

  const Build build_;
  const bool fixed_;
  bench::Clocked<Model> rtl_{bench::wave_file()};
  bench::Checker checker_;
};

// Groups of the i-th tensor: a few, or so many that every counter begins again.
int random_length(int i, std::mt19937_64& rng) {
  return i % 4 == 0 ? 400 : 1 + static_cast<int>(rng() % 40);
}

TEST_CASE("convert: tensors with their noise and their counters", "[convert][random][stall]") {
  TensorBench<tensor_all> bench(kTensorAll);
  auto rng = bench::rng();
  for (int i = 0; i < 60; ++i) {
    const Format format = random_format(kTensorAll, rng);
    bench.reset_in_flight(format, -127, static_cast<int>(rng() % 12), rng);
    bench.run(format, random_base(format, kTensorAll, rng), random_length(i, rng),
              bench::kStalls[rng() % 4], bench::kStalls[rng() % 4], rng);
  }
  bench.checker().finish(60 * 6);
}

TEST_CASE("convert: tensors of a fixed configuration", "[convert][random][stall]") {
  TensorBench<tensor_stochastic> bench(kTensorStochastic, true);
  auto rng = bench::rng();
  Format format = bfp_format(4);
  format.rounding = RoundMode::Stochastic;
  for (int i = 0; i < 60; ++i) {
    bench.reset_in_flight(format, -127, static_cast<int>(rng() % 12), rng);
    bench.run(format, -127, random_length(i, rng), bench::kStalls[rng() % 4],
              bench::kStalls[rng() % 4], rng);
  }
  bench.run(format, -127, 3'000, 0, 0, rng);
  bench.checker().finish(60 * 6 + 3'000);
}

}  // namespace
}  // namespace rh
