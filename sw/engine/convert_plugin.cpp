// The host of a verilated rh_precision_convert, or of a rh_convert_tensor without a unit at its
// output: one source for every converter of RTL or of gates.
//
// The host is memory and bookkeeping. It starts a tensor with its seed and configuration, streams
// its groups, the last of a line padded with +0, and puts codes, exponents and flags where they
// belong. The base is conversion_base()'s; nothing is rounded, summed or compared here.
// Compiled once a converter with its parameters and the verilated classes: RH_ALL, which takes
// every format, and RH_INTEGER, if there is one, which has neither minifloats nor bump nor the most
// negative code and runs at nearly twice the speed.
#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "bench/clocked.hpp"
#include "bench/port.hpp"
#include "engine/converter.hpp"
#include RH_ALL_HEADER
#ifdef RH_INTEGER
#include RH_INTEGER_HEADER
#endif

namespace rh {
namespace {

constexpr std::size_t kLanes = RH_GROUP;
constexpr std::uint64_t kProgressGroups = 1u << 14;

// Has this top a unit at its output?
template <class Top>
constexpr bool kWatches = requires(Top& top) {
  top.start_watch_i;
};

// What the unit is told and what it says.
struct Watch {
  std::uint32_t threshold;
  PrecisionSums sums;
  bool fine = true;
};

// OutBits: of a magnitude.
template <class Top, int OutBits>
class RtlConverter final : public Converter {
 public:
  explicit RtlConverter(const ConverterOptions& options) : options_(options), top_(options.trace) {
#ifndef RH_TRACE
    if (!options.trace.empty())
      throw EngineError("waves need an engine built with them; type: make build TRACE=1");
#endif
    top_.reset();
  }

  std::string name() const override {
    return RH_NAME;
  }
  const ConverterStats& stats() const override {
    return stats_;
  }

  BfpLines convert(std::span<const float> values, std::int64_t lines, std::int64_t length,
                   const Format& format, const BfpOptions& options) override {
    return run(values, lines, length, format, options, nullptr);
  }

  Watched convert_watched(std::span<const float> values, std::int64_t lines, std::int64_t length,
                          const Format& format, const BfpOptions& options,
                          std::uint32_t threshold) override {
    if constexpr (!kWatches<Top>) {
      return Converter::convert_watched(values, lines, length, format, options, threshold);
    } else {
      require_watchable(format);
      if (values.empty() || format.magnitude_bits > watching_unit(RH_GROUP).magnitude_bits)
        throw std::invalid_argument("a watched tensor has values, and codes of at most 4 bits");
      Watch watch{threshold, {}};
      BfpLines out = run(values, lines, length, format, options, &watch);
      return {std::move(out), watch.sums, watch.fine};
    }
  }

 private:
  // `watch`: null where nobody asks for a decision.
  BfpLines run(std::span<const float> values, std::int64_t lines, std::int64_t length,
               const Format& format, const BfpOptions& options, Watch* watch) {
    const auto start = std::chrono::steady_clock::now();
    if (format.group_size != RH_GROUP ||
        (is_stochastic(format.rounding) && format.noise_bits != RH_NOISE))
      throw EngineError("the engine was built for other groups or noise bits");
    BfpLines out{lines,
                 length,
                 format.group_size,
                 conversion_base(format, values, options),
                 std::vector<std::int16_t>(values.size()),
                 {},
                 {}};
    const auto groups = static_cast<std::size_t>(lines * out.groups_per_line());
    out.exponents.resize(groups);
    out.flags.resize(groups);
    if (groups > 0) {
      begin(BlockConfig(format, out.base), options.noise, watch);
      stream(values, format, out);
      if (watch != nullptr) take_decision(*watch);
      top_.check();
    }
    stats_.elements += values.size();
    stats_.seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return out;
  }

  void begin(const BlockConfig& config, NoiseState noise, const Watch* watch);
  void stream(std::span<const float> values, const Format& format, BfpLines& out);
  void take(const Format& format, std::int16_t* codes, std::size_t count);
  std::uint8_t flags();
  void take_decision(Watch& watch);
  void tick(std::uint64_t& waited);

  ConverterOptions options_;
  bench::Clocked<Top, bench::Falling::Unwatched> top_;
  ConverterStats stats_;
};

// Ends a cycle; the design must not be silent for long.
template <class Top, int OutBits>
void RtlConverter<Top, OutBits>::tick(std::uint64_t& waited) {
  const std::uint64_t longest = patience(options_.stalls, 100);
  top_.edge();
  ++stats_.cycles;
  if (++waited <= longest) return;
  std::ostringstream text;
  text << "the " << RH_NAME << " converter gave no answer within " << longest << " cycles";
  throw std::logic_error(text.str());
}

template <class Top, int OutBits>
void RtlConverter<Top, OutBits>::begin(const BlockConfig& config, NoiseState noise,
                                       [[maybe_unused]] const Watch* watch) {
  if constexpr (kWatches<Top>) {
    top_->start_watch_i = watch != nullptr;
    bench::set(top_->start_threshold_i, watch != nullptr ? watch->threshold : 0);
    top_->decision_ready_i = 0;
  }
  const std::uint64_t seed[] = {noise.low, noise.high};
  std::memcpy(&top_->start_seed_i, seed, sizeof seed);
  bench::set(top_->start_config_i, config.bits());
  top_->in_valid_i = 0;
  top_->out_ready_i = 1;
  top_->start_valid_i = 1;
  top_.settle();
  std::uint64_t waited = 0;
  while (!top_->start_ready_o) tick(waited);
  tick(waited);
  top_->start_valid_i = 0;
  top_.settle();
}

// The unit's word of the tensor whose last group has left.
template <class Top, int OutBits>
void RtlConverter<Top, OutBits>::take_decision([[maybe_unused]] Watch& watch) {
  if constexpr (kWatches<Top>) {
    top_->decision_ready_i = 1;
    std::uint64_t waited = 0;
    while (!top_->decision_valid_o) tick(waited);
    watch.fine = top_->decision_fine_o != 0;
    static_assert(sizeof(top_->decision_numerator_o) <= sizeof(Uint128));
    std::memcpy(&watch.sums.numerator, &top_->decision_numerator_o,
                sizeof(top_->decision_numerator_o));
    std::memcpy(&watch.sums.denominator, &top_->decision_denominator_o,
                sizeof(top_->decision_denominator_o));
    watch.sums.exponent = top_->decision_exponent_o;
    watch.sums.nan = top_->decision_nan_o != 0;
    watch.sums.overflow = top_->decision_overflow_o != 0;
    watch.sums.inexact = top_->decision_inexact_o != 0;
    tick(waited);
    top_->decision_ready_i = 0;
  }
}

template <class Top, int OutBits>
std::uint8_t RtlConverter<Top, OutBits>::flags() {
  return static_cast<std::uint8_t>(
      (top_->out_nan_o ? kNanGroup : 0) | (top_->out_saturated_o ? kSaturatedGroup : 0) |
      (top_->out_underflow_o ? kUnderflowGroup : 0) | (top_->out_bumped_o ? kBumpedGroup : 0));
}

// The first `count` codes of the group that is leaving.
template <class Top, int OutBits>
void RtlConverter<Top, OutBits>::take(const Format& format, std::int16_t* codes,
                                      std::size_t count) {
  std::array<unsigned char, sizeof(top_->out_o) + sizeof(std::uint32_t)> bytes{};
  std::memcpy(bytes.data(), &top_->out_o, sizeof(top_->out_o));
  const int sign_bit = format.is_minifloat() ? format.magnitude_bits : 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t bit = i * (1 + OutBits);  // the sign is above the magnitude
    std::uint32_t window;
    std::memcpy(&window, bytes.data() + bit / 8, sizeof window);
    const auto magnitude = static_cast<int>(window >> bit % 8 & ((1u << OutBits) - 1));
    const auto negative = static_cast<int>(window >> (bit % 8 + OutBits) & 1);
    codes[i] = static_cast<std::int16_t>(sign_bit > 0 ? magnitude | negative << sign_bit
                                                      : (magnitude ^ -negative) + negative);
  }
}

template <class Top, int OutBits>
void RtlConverter<Top, OutBits>::stream(std::span<const float> values, const Format& format,
                                        BfpLines& out) {
  const auto length = static_cast<std::size_t>(out.length);
  const std::size_t total = out.exponents.size();
  // Where a group of the tensor is: its first value, and the values left on its line.
  struct Place {
    std::size_t at = 0;
    std::size_t left;
    std::size_t count() const { return std::min(kLanes, left); }
  };
  const auto next = [&](Place& place) {
    const std::size_t taken = place.count();
    place.at += taken;
    place.left -= taken;
    if (place.left == 0) place.left = length;
  };
  Place in{0, length}, to{0, length};
  std::size_t given = 0, taken = 0;
  std::uint64_t waited = 0;
  Offer offer(options_.stalls, 0);
  Accept accept(options_.stalls);
  while (taken < total) {
    top_->in_valid_i = offer(given < total);
    top_->out_ready_i = accept();
    if (given < total) {
      static_assert(sizeof(top_->in_i) == kLanes * sizeof(float));
      const std::size_t count = in.count();
      auto* const lanes = reinterpret_cast<unsigned char*>(&top_->in_i);
      std::memcpy(lanes, values.data() + in.at, count * sizeof(float));
      std::memset(lanes + count * sizeof(float), 0, (kLanes - count) * sizeof(float));
      if constexpr (kWatches<Top>) top_->in_last_i = given + 1 == total;
    }
    // Without stalls both come from registers, or from inputs that do not change here.
    if (options_.stalls.any()) top_.settle();
    const bool accepted = top_->in_valid_i && top_->in_ready_o;
    if (top_->out_valid_o && top_->out_ready_i) {
      take(format, out.codes.data() + to.at, to.count());
      out.exponents[taken] = static_cast<std::uint8_t>(top_->out_exponent_o);
      out.flags[taken] = flags();
      next(to);
      ++taken;
      waited = 0;
      if (taken % kProgressGroups == 0 && options_.progress) options_.progress(taken, total);
    }
    tick(waited);
    if (accepted) {
      offer.taken();
      next(in);
      ++given;
    }
  }
  top_->in_valid_i = 0;
}

// What RH_INTEGER has been built without.
[[maybe_unused]] bool needs_all(const Format& format) {
  return format.is_minifloat() || format.overflow == Overflow::Bump || format.most_negative;
}

}  // namespace
}  // namespace rh

extern "C" __attribute__((visibility("default"))) rh::Converter* rh_make_converter(
    const rh::Format& format, const rh::ConverterOptions& options) {
#ifdef RH_INTEGER
  if (!rh::needs_all(format)) return new rh::RtlConverter<RH_INTEGER, 8>(options);
#endif
  (void)format;
  return new rh::RtlConverter<RH_ALL, 9>(options);
}
