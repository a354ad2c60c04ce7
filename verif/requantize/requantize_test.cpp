// TEST RATIONALE. State space: per lane an int32 and two bit patterns, per beat an output kind;
// beats of different kinds follow each other in one pipeline of 6. Covered: edges of accumulator
// and scales crossed, seeded random beats of mixed kinds, ties of the int8 output of both signs,
// NaN, infinite, zero and subnormal scales. Parameters: 1, 2 and 5 lanes; stalls of 0, 25, 50, 90 %
// at both ends, all 16 combinations; resets at random times. Latency and rate are checked by cycle.
// Mutants this kills: the scales swapped or of another beat or lane, a rounding left out, the int32
// touched by the scales, sign extension, a beat lost or doubled at a stall, the clamp.
#include "requantize/requantize.hpp"

#include <array>
#include <limits>
#include <vector>

#include "bench/cases.hpp"
#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"
#include "bench/stream.hpp"
#include "requantize_1/requantize_1.h"
#include "requantize_2/requantize_2.h"
#include "requantize_5/requantize_5.h"

namespace rh {
namespace {

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};
constexpr int kLatency = 6;

template <int Lanes>
struct InBeat {
  std::array<std::int32_t, Lanes> acc;
  std::uint32_t row_scale;
  std::array<std::uint32_t, Lanes> col_scales;
  Output output;
  bool last;
};

template <int Lanes>
struct OutBeat {
  std::array<std::uint32_t, Lanes> values;
  bool last;
  bool operator==(const OutBeat&) const = default;
};

template <class Model, int Lanes>
class RequantizeBench {
 public:
  explicit RequantizeBench(const std::string& wave = bench::wave_file()) : rtl_(wave) {}

  void run(const std::vector<InBeat<Lanes>>& beats, int in_stall, int out_stall, std::uint64_t seed,
           std::uint64_t cycles = kNoLimit) {
    bench::Source<InBeat<Lanes>> source(beats, in_stall, seed);
    bench::Sink<OutBeat<Lanes>> sink(out_stall, seed + 1);
    rtl_->in_valid_i = 0;
    rtl_.reset();
    const std::uint64_t limit = 10'000 + beats.size() * 50;
    for (std::uint64_t cycle = 0; sink.items().size() < beats.size() && cycle < cycles; ++cycle) {
      if (cycle == limit) FAIL("no result within " << limit << " cycles");
      const InBeat<Lanes>* const beat = source.offer();
      rtl_->in_valid_i = beat != nullptr;
      if (beat != nullptr) drive(*beat);
      rtl_->out_ready_i = sink.ready();
      rtl_.settle();
      source.see(rtl_->in_ready_o != 0);
      std::optional<OutBeat<Lanes>> out;
      if (rtl_->out_valid_o != 0) {
        out.emplace();
        bench::get(rtl_->out_o, std::span<std::uint32_t>(out->values));
        out->last = rtl_->out_last_o != 0;
      }
      sink.see(out);
      rtl_.edge();
    }
    rtl_.check();
    for (std::size_t i = 0; i < sink.items().size(); ++i) compare(beats[i], sink.items()[i], i);
  }

  void drive(const InBeat<Lanes>& beat) {
    bench::put(rtl_->in_i, std::span<const std::int32_t>(beat.acc));
    rtl_->in_row_scale_i = beat.row_scale;
    bench::put(rtl_->in_col_scales_i, std::span<const std::uint32_t>(beat.col_scales));
    bench::set(rtl_->in_output_i, static_cast<std::uint64_t>(beat.output));
    rtl_->in_last_i = beat.last;
  }
  bench::Checker& checker() { return checker_; }
  bench::Clocked<Model>& rtl() { return rtl_; }

 private:
  void compare(const InBeat<Lanes>& in, const OutBeat<Lanes>& got, std::size_t i) {
    for (std::size_t lane = 0; lane < Lanes; ++lane) {
      const auto describe = [&](std::ostream& os) {
        os << "beat " << i << " lane " << lane << " output " << static_cast<int>(in.output)
           << " acc " << in.acc[lane] << std::hex << " scales 0x" << in.row_scale << " 0x"
           << in.col_scales[lane] << std::dec;
      };
      checker_.equal(requantize(in.output, in.acc[lane], in.row_scale, in.col_scales[lane]),
                     got.values[lane], describe);
    }
    checker_.equal(in.last, got.last, [&](std::ostream& os) { os << "last of beat " << i; });
  }

  bench::Clocked<Model> rtl_;
  bench::Checker checker_;
};

template <int Lanes>
InBeat<Lanes> random_beat(std::mt19937_64& rng) {
  InBeat<Lanes> beat{};
  beat.output = static_cast<Output>(rng() % 3);
  beat.last = rng() % 4 == 0;
  const std::uint64_t kind = rng() % 4;
  const auto scale = [&]() -> std::uint32_t {
    if (kind == 0) return bench::random_fp32(rng);
    if (kind == 1)
      return static_cast<std::uint32_t>(120 + rng() % 12) << 23;  // powers of two: ties
    return std::bit_cast<std::uint32_t>(std::abs(bench::random_value(rng, 0.02f)));
  };
  beat.row_scale = scale();
  for (std::size_t lane = 0; lane < Lanes; ++lane) {
    beat.acc[lane] = static_cast<std::int32_t>(static_cast<std::uint32_t>(rng())) >>
                     (kind == 1 ? 20 + rng() % 8 : rng() % 32);
    if (rng() % 64 == 0) beat.acc[lane] = std::numeric_limits<std::int32_t>::min();
    beat.col_scales[lane] = scale();
  }
  return beat;
}

template <int Lanes>
std::vector<InBeat<Lanes>> random_beats(std::size_t count, std::mt19937_64& rng) {
  std::vector<InBeat<Lanes>> beats;
  for (std::size_t i = 0; i < count; ++i) beats.push_back(random_beat<Lanes>(rng));
  return beats;
}

template <class Model, int Lanes>
void check_streams() {
  RequantizeBench<Model, Lanes> bench;
  auto rng = bench::rng(Lanes);
  bench.run(random_beats<Lanes>(20'000, rng), 0, 0, rng());
  for (const int in_stall : bench::kStalls)
    for (const int out_stall : bench::kStalls) {
      bench.run(random_beats<Lanes>(200, rng), in_stall, out_stall, rng());
      bench.run(random_beats<Lanes>(200, rng), in_stall, out_stall, rng(), rng() % 200);  // reset
      bench.run(random_beats<Lanes>(20, rng), in_stall, out_stall, rng());
    }
  bench.checker().finish(20'000 * (Lanes + 1));
}

TEST_CASE("requantize: beats of mixed kinds, with stalls at both ends and resets",
          "[requantize][stall][random]") {
  check_streams<requantize_1, 1>();
  check_streams<requantize_2, 2>();
  check_streams<requantize_5, 5>();
}

TEST_CASE("requantize: edges of accumulator and scales crossed", "[requantize][edge]") {
  RequantizeBench<requantize_2, 2> bench;
  auto rng = bench::rng();
  const std::vector<std::uint32_t> scales = bench::fp32_edges();
  std::vector<InBeat<2>> beats;
  for (const std::int32_t acc :
       {0, 1, -1, 127, 0xFFFFFF, 0x1000001, -0x1000003, std::numeric_limits<std::int32_t>::max(),
        std::numeric_limits<std::int32_t>::min()})
    for (const std::uint32_t row : scales)
      for (std::size_t i = rng() % 20; i < scales.size(); i += 20)
        beats.push_back({{acc, -(acc / 3)},
                         row,
                         {scales[i], scales[scales.size() - 1 - i]},
                         static_cast<Output>(1 + beats.size() % 2),
                         false});
  bench.run(beats, 0, 0, 1);
  bench.checker().finish(3 * 200'000);
}

TEST_CASE("requantize: ties of the int8 output", "[requantize][edge]") {
  RequantizeBench<requantize_1, 1> bench;
  std::vector<InBeat<1>> beats;
  for (std::int32_t half = -300; half <= 300; ++half)
    for (const std::uint32_t row : {0x3F000000u, 0x3EFFFFFFu, 0x3F000001u})
      beats.push_back({{half}, row, {0x3F800000}, Output::Int8, half % 2 == 0});
  bench.run(beats, 0, 0, 1);
  bench.checker().finish(2 * 1'803);
}

TEST_CASE("requantize: one beat a cycle, 6 cycles deep", "[requantize]") {
  constexpr int kBeats = 50;
  RequantizeBench<requantize_2, 2> bench;
  auto& rtl = bench.rtl();
  auto rng = bench::rng();
  rtl->in_valid_i = 0;
  rtl->out_ready_i = 1;
  rtl.reset();
  for (int cycle = 0; cycle < kBeats + kLatency; ++cycle) {
    rtl->in_valid_i = cycle < kBeats;
    bench.drive(random_beat<2>(rng));
    rtl.settle();
    CHECK(rtl->in_ready_o == 1);
    CHECK(rtl->out_valid_o == (cycle >= kLatency ? 1 : 0));
    rtl.edge();
  }
  rtl->in_valid_i = 0;
  rtl.settle();
  CHECK(rtl->out_valid_o == 0);
}

TEST_CASE("requantize: valid does not wait for ready, and 6 beats fit", "[requantize][stall]") {
  RequantizeBench<requantize_2, 2> bench;
  auto& rtl = bench.rtl();
  auto rng = bench::rng();
  rtl->in_valid_i = 0;
  rtl->out_ready_i = 0;
  rtl.reset();
  rtl->in_valid_i = 1;
  bench.drive(random_beat<2>(rng));
  for (int cycle = 0; cycle < 2 * kLatency; ++cycle) {
    rtl.settle();
    CHECK(rtl->in_ready_o == (cycle < kLatency ? 1 : 0));
    CHECK(rtl->out_valid_o == (cycle < kLatency ? 0 : 1));
    rtl.edge();
  }
}

}  // namespace
}  // namespace rh
