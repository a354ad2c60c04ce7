// TEST RATIONALE. State space: absmax is a bit pattern without sign (2^31), an element one of 2^32,
// and lines of any length stream through three ports. Covered: absmax over the edge table, a run
// of every bit pattern around the two limits where the quantizer overflows, and at random; lines of
// 1 to 40 beats of every kind (plain, mixed magnitudes, zero, subnormal, NaN, infinite, at the
// neighbours of the int8 ties, and with an absmax smaller than the elements, so that the clamp
// acts). Parameters: 1, 3 and 8 lanes; stalls of 0, 25, 50, 90 % on each of the three ports, all 64
// combinations; resets at random times. Latency and the absence of bubbles are checked by cycle.
// Mutants this kills: wrong constant 127, swapped division, zero and NaN lines, scale of the wrong
// line, a beat lost or doubled at a stall, prefetch too early, any wrong rounding.
#include "convert/convert.hpp"

#include <cmath>

#include "bench/cases.hpp"
#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"
#include "bench/stream.hpp"
#include "convert_int8_1/convert_int8_1.h"
#include "convert_int8_3/convert_int8_3.h"
#include "convert_int8_8/convert_int8_8.h"
#include "convert_scale/convert_scale.h"

namespace rh {
namespace {

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

class ScaleBench {
 public:
  explicit ScaleBench(const std::string& wave = bench::wave_file()) : rtl_(wave) {}

  void run(const std::vector<std::uint32_t>& absmaxes, int in_stall, int out_stall,
           std::uint64_t seed, std::uint64_t cycles = kNoLimit) {
    bench::Source<std::uint32_t> source(absmaxes, in_stall, seed);
    bench::Sink<std::uint64_t> sink(out_stall, seed + 1);
    rtl_->in_valid_i = 0;
    rtl_.reset();
    const std::uint64_t limit = 10'000 + absmaxes.size() * 2'000;
    for (std::uint64_t cycle = 0; sink.items().size() < absmaxes.size() && cycle < cycles;
         ++cycle) {
      if (cycle == limit) FAIL("no result within " << limit << " cycles");
      const std::uint32_t* const item = source.offer();
      rtl_->in_valid_i = item != nullptr;
      rtl_->in_absmax_i = item != nullptr ? *item : 0;
      rtl_->out_ready_i = sink.ready();
      rtl_.settle();
      source.see(rtl_->in_ready_o != 0);
      const std::uint64_t both = std::uint64_t{rtl_->out_quantizer_o} << 32 | rtl_->out_scale_o;
      sink.see(rtl_->out_valid_o != 0 ? std::optional<std::uint64_t>(both) : std::nullopt);
      rtl_.edge();
    }
    rtl_.check();
    for (std::size_t i = 0; i < sink.items().size(); ++i) {
      const Int8Scale want = int8_scale(absmaxes[i]);
      const auto describe = [&](std::ostream& os) {
        os << "absmax 0x" << std::hex << absmaxes[i] << std::dec << " number " << i;
      };
      checker_.equal(want.quantizer, static_cast<std::uint32_t>(sink.items()[i] >> 32), describe);
      checker_.equal(want.scale, static_cast<std::uint32_t>(sink.items()[i]), describe);
    }
  }
  bench::Checker& checker() { return checker_; }
  bench::Clocked<convert_scale>& rtl() { return rtl_; }

 private:
  bench::Clocked<convert_scale> rtl_;
  bench::Checker checker_;
};

TEST_CASE("convert: quantizer and scale, at edges and at random", "[convert][edge][random]") {
  std::vector<std::uint32_t> absmaxes;
  for (const std::uint32_t x : bench::fp32_edges())
    if (!fp32::negative(x)) absmaxes.push_back(x);
  // 127 / 2^128 is the largest absmax whose quantizer overflows, up to rounding.
  for (std::uint32_t x = 0x027D'FF00; x < 0x027E'0100; ++x) absmaxes.push_back(x);
  for (std::uint32_t x = 0x007F'FF80; x < 0x0080'0080; ++x) absmaxes.push_back(x);
  auto rng = bench::rng();
  for (int i = 0; i < 5'000; ++i) absmaxes.push_back(fp32::magnitude(bench::random_fp32(rng)));
  ScaleBench bench;
  bench.run(absmaxes, 0, 0, 1);
  bench.checker().finish(2 * absmaxes.size());
}

TEST_CASE("convert: scales keep their order with stalls at both ends and resets",
          "[convert][stall][random]") {
  ScaleBench bench;
  auto rng = bench::rng();
  const auto absmaxes = [&](std::size_t count) {
    std::vector<std::uint32_t> out(count);
    for (std::uint32_t& x : out) x = fp32::magnitude(bench::random_fp32(rng));
    return out;
  };
  for (const int in_stall : bench::kStalls)
    for (const int out_stall : bench::kStalls) {
      bench.run(absmaxes(20), in_stall, out_stall, rng());
      bench.run(absmaxes(20), in_stall, out_stall, rng(), rng() % 200);  // cut by a reset
      bench.run(absmaxes(3), in_stall, out_stall, rng());
    }
  bench.checker().finish(16 * 46);
}

TEST_CASE("convert: a scale takes 27 cycles, or 1 without a division", "[convert]") {
  ScaleBench bench;
  auto& rtl = bench.rtl();
  rtl->in_valid_i = 0;
  rtl->out_ready_i = 1;
  rtl.reset();
  const auto latency = [&](std::uint32_t absmax) {
    rtl->in_valid_i = 1;
    rtl->in_absmax_i = absmax;
    rtl.settle();
    REQUIRE(rtl->in_ready_o == 1);
    rtl.edge();
    rtl->in_valid_i = 0;
    int cycles = 1;
    for (; rtl->out_valid_o == 0 && cycles < 100; ++cycles) rtl.edge();
    CHECK(rtl->in_ready_o == 0);
    rtl.edge();
    return cycles;
  };
  CHECK(latency(0x41CC0000) == 27);
  CHECK(latency(0) == 1);
  CHECK(latency(0x007FFFFF) == 1);
  CHECK(latency(0x00800000) == 27);
  CHECK(latency(0x7F800000) == 1);
  CHECK(latency(0x7FC00000) == 1);
}

// One line: what the host sends for it. Beats hold `lanes` elements each, all of them real.
struct Line {
  std::uint32_t absmax;
  std::vector<std::uint32_t> elements;
};

template <int Lanes>
struct InBeat {
  std::array<std::uint32_t, Lanes> elements;
  bool last;
};

template <int Lanes>
struct OutBeat {
  std::array<std::int8_t, Lanes> codes;
  std::uint32_t scale;
  std::uint32_t clamped;
  bool last;
  bool operator==(const OutBeat&) const = default;
};

Line random_line(int lanes, int max_beats, std::mt19937_64& rng) {
  const std::size_t length =
      static_cast<std::size_t>(lanes) * (1 + rng() % static_cast<unsigned>(max_beats));
  Line line{0, std::vector<std::uint32_t>(length)};
  const std::uint64_t kind = rng() % 9;
  const float amax = std::ldexp(1.0f + static_cast<float>(rng() % 0x80'0000) / 0x80'0000,
                                static_cast<int>(rng() % 100) - 50);
  for (std::uint32_t& x : line.elements) {
    switch (kind) {
      case 0: x = bench::random_finite_fp32(rng); break;
      case 1: x = static_cast<std::uint32_t>(rng() % 2) << 31; break;  // zeros of both signs
      case 2: x = static_cast<std::uint32_t>(rng() & 0x807F'FFFF); break;
      case 3: {  // around a tie; the last element below sets the line's absmax
        const float tie = amax * (static_cast<float>(rng() % 127) + 0.5f) / 127.0f;
        x = std::bit_cast<std::uint32_t>(bench::neighbour(tie, static_cast<int>(rng() % 5) - 2)) |
            static_cast<std::uint32_t>(rng() % 2) << 31;
        break;
      }
      case 7:  // so small that 127 / absmax overflows, or nearly
        x = static_cast<std::uint32_t>(rng() & 0x8000'0000) +
            static_cast<std::uint32_t>(0x0080'0000 + rng() % 0x0200'0000);
        break;
      default: x = std::bit_cast<std::uint32_t>(bench::random_value(rng, 3.0f)); break;
    }
  }
  if (kind == 3) line.elements.back() = std::bit_cast<std::uint32_t>(amax);
  if (kind == 4) line.elements[rng() % length] = 0x7F80'0001u + static_cast<unsigned>(rng() % 9);
  if (kind == 5) line.elements[rng() % length] = 0xFF80'0000;
  for (const std::uint32_t x : line.elements)
    line.absmax = std::max(line.absmax, fp32::magnitude(x));
  if (line.absmax >= kFp32Infinity && rng() % 2 == 0) line.absmax = kFp32Nan;
  if (kind == 6) line.absmax = line.absmax / 2 + 0x2000'0000;  // about its root: codes clamp
  return line;
}

template <class Model, int Lanes>
class LineBench {
 public:
  explicit LineBench(const std::string& wave = bench::wave_file()) : rtl_(wave) {}

  void run(const std::vector<Line>& lines, int absmax_stall, int in_stall, int out_stall,
           std::uint64_t seed, std::uint64_t cycles = kNoLimit) {
    std::vector<std::uint32_t> absmaxes;
    std::vector<InBeat<Lanes>> beats;
    std::vector<OutBeat<Lanes>> want;
    for (const Line& line : lines) {
      absmaxes.push_back(line.absmax);
      const Int8Scale scale = int8_scale(line.absmax);
      for (std::size_t i = 0; i < line.elements.size(); i += Lanes) {
        InBeat<Lanes> in{{}, i + Lanes == line.elements.size()};
        OutBeat<Lanes> out{{}, scale.scale, 0, in.last};
        for (std::size_t lane = 0; lane < Lanes; ++lane) {
          in.elements[lane] = line.elements[i + lane];
          const fp32::Code code = int8_code(in.elements[lane], scale.quantizer);
          out.codes[lane] = static_cast<std::int8_t>(code.code);
          out.clamped |= (code.clamped ? 1u : 0u) << lane;
        }
        clamps_ += out.clamped != 0 ? 1 : 0;
        beats.push_back(in);
        want.push_back(out);
      }
    }

    bench::Source<std::uint32_t> absmax_source(absmaxes, absmax_stall, seed);
    bench::Source<InBeat<Lanes>> source(beats, in_stall, seed + 1);
    bench::Sink<OutBeat<Lanes>> sink(out_stall, seed + 2);
    idle();
    rtl_.reset();
    const std::uint64_t limit = 10'000 + (lines.size() * 40 + beats.size()) * 50;
    for (std::uint64_t cycle = 0; sink.items().size() < want.size() && cycle < cycles; ++cycle) {
      if (cycle == limit) FAIL("no result within " << limit << " cycles");
      const std::uint32_t* const absmax = absmax_source.offer();
      rtl_->absmax_valid_i = absmax != nullptr;
      rtl_->absmax_i = absmax != nullptr ? *absmax : 0;
      const InBeat<Lanes>* const beat = source.offer();
      rtl_->in_valid_i = beat != nullptr;
      if (beat != nullptr) {
        bench::put(rtl_->in_i, std::span<const std::uint32_t>(beat->elements));
        rtl_->in_last_i = beat->last;
      }
      rtl_->out_ready_i = sink.ready();
      rtl_.settle();
      absmax_source.see(rtl_->absmax_ready_o != 0);
      source.see(rtl_->in_ready_o != 0);
      std::optional<OutBeat<Lanes>> out;
      if (rtl_->out_valid_o != 0) {
        out.emplace();
        bench::get(rtl_->out_o, std::span<std::int8_t>(out->codes));
        out->scale = rtl_->out_scale_o;
        out->clamped = rtl_->out_clamped_o;
        out->last = rtl_->out_last_o != 0;
      }
      sink.see(out);
      rtl_.edge();
    }
    rtl_.check();
    for (std::size_t i = 0; i < sink.items().size(); ++i) compare(beats[i], want[i], sink, i);
  }

  void idle() {
    rtl_->absmax_valid_i = 0;
    rtl_->in_valid_i = 0;
  }
  bench::Checker& checker() { return checker_; }
  bench::Clocked<Model>& rtl() { return rtl_; }
  std::uint64_t clamps() const { return clamps_; }

 private:
  void compare(const InBeat<Lanes>& in, const OutBeat<Lanes>& want,
               const bench::Sink<OutBeat<Lanes>>& sink, std::size_t i) {
    const OutBeat<Lanes>& got = sink.items()[i];
    const auto describe = [&](const char* what, std::size_t lane) {
      return [&, what, lane](std::ostream& os) {
        os << what << " of beat " << i << " lane " << lane << " element 0x" << std::hex
           << in.elements[lane] << " scale 0x" << want.scale << std::dec;
      };
    };
    for (std::size_t lane = 0; lane < Lanes; ++lane)
      checker_.equal(want.codes[lane], got.codes[lane], describe("code", lane));
    checker_.equal(want.scale, got.scale, describe("scale", 0));
    checker_.equal(want.clamped, got.clamped, describe("clamped", 0));
    checker_.equal(want.last, got.last, describe("last", 0));
  }

  bench::Clocked<Model> rtl_;
  bench::Checker checker_;
  std::uint64_t clamps_ = 0;
};

std::vector<Line> random_lines(std::size_t count, int lanes, int max_beats, std::mt19937_64& rng) {
  std::vector<Line> lines;
  for (std::size_t i = 0; i < count; ++i) lines.push_back(random_line(lanes, max_beats, rng));
  return lines;
}

template <class Model, int Lanes>
void check_lines() {
  LineBench<Model, Lanes> bench;
  auto rng = bench::rng(Lanes);
  bench.run(random_lines(400, Lanes, 40, rng), 0, 0, 0, rng());
  for (const int absmax_stall : bench::kStalls)
    for (const int in_stall : bench::kStalls)
      for (const int out_stall : bench::kStalls) {
        bench.run(random_lines(12, Lanes, 5, rng), absmax_stall, in_stall, out_stall, rng());
        bench.run(random_lines(12, Lanes, 20, rng), absmax_stall, in_stall, out_stall, rng(),
                  rng() % 400);  // cut by a reset
        bench.run(random_lines(2, Lanes, 40, rng), absmax_stall, in_stall, out_stall, rng());
      }
  CHECK(bench.clamps() > 100);
  bench.checker().finish(400 * 20);
}

TEST_CASE("convert: lines of every kind, with stalls on every port and resets",
          "[convert][stall][random][edge]") {
  check_lines<convert_int8_1, 1>();
  check_lines<convert_int8_3, 3>();
  check_lines<convert_int8_8, 8>();
}

TEST_CASE("convert: lines of 28 beats follow each other without a bubble, 3 cycles deep",
          "[convert]") {
  constexpr int kLines = 6, kBeats = 28;
  LineBench<convert_int8_8, 8> bench;
  auto& rtl = bench.rtl();
  bench.idle();
  rtl->out_ready_i = 1;
  rtl.reset();
  rtl->absmax_valid_i = 1;
  rtl->absmax_i = 0x41CC0000;
  rtl->in_valid_i = 1;
  std::vector<int> taken, delivered;
  for (int cycle = 0; static_cast<int>(delivered.size()) < kLines * kBeats && cycle < 1'000;
       ++cycle) {
    rtl->in_last_i = taken.size() % kBeats == kBeats - 1;
    rtl->in_valid_i = taken.size() < kLines * kBeats;
    rtl.settle();
    if (rtl->in_valid_i != 0 && rtl->in_ready_o != 0) taken.push_back(cycle);
    if (rtl->out_valid_o != 0) delivered.push_back(cycle);
    rtl.edge();
  }
  REQUIRE(delivered.size() == kLines * kBeats);
  CHECK(taken.front() == 28);  // 27 of division, 1 into the line's register
  CHECK(taken.back() - taken.front() == kLines * kBeats - 1);
  for (std::size_t i = 0; i < taken.size(); ++i) CHECK(delivered[i] == taken[i] + 3);
}

TEST_CASE("convert: ready does not wait for valid", "[convert]") {
  LineBench<convert_int8_8, 8> bench;
  auto& rtl = bench.rtl();
  bench.idle();
  rtl->out_ready_i = 0;
  rtl.reset();
  CHECK(rtl->absmax_ready_o == 1);
  rtl->absmax_valid_i = 1;
  rtl->absmax_i = 0;
  rtl.edge();
  rtl->absmax_valid_i = 0;
  for (int i = 0; i < 3; ++i) rtl.edge();
  CHECK(rtl->in_ready_o == 1);
}

}  // namespace
}  // namespace rh
