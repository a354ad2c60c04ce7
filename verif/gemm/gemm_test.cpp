// TEST RATIONALE. Every unit below has its own exhaustive or crossed test; what is left for the
// joined path is flow: nine streams that may stall independently, tiles that overlap, a converter
// that runs beside, resets. So each instance (1 x 1, non-square, several lanes, carry-save) runs
// random tiles - random length, kind of output, scales from the FP32 edge table - with 0/25/50/90 %
// stalls on every port at once, and every result is compared bit for bit. Without stalls the number
// of cycles must equal the formula, for every mix of tiles and steps in the sweep. The gates that
// synthesis made of a 4 x 4 array run the same tests (without assertions: gates have none).
// Mutants this kills: a tile released too early or late, scales of the neighbour tile, a row read
// before its last column, a queue that loses or repeats a word, state that survives reset.
#include "gemm/gemm.hpp"

#include <bit>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "bench/cases.hpp"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"
#include "bench/stream.hpp"
#include "convert/convert.hpp"
#include "gemm_1x1x1/gemm_1x1x1.h"
#include "gemm_2x2x1_cs/gemm_2x2x1_cs.h"
#include "gemm_3x5x1/gemm_3x5x1.h"
#include "gemm_5x4x4/gemm_5x4x4.h"
#include "netlist_4x4x1/netlist_4x4x1.h"

namespace rh {
namespace {

template <class M, int kRowsV, int kColsV, int kLanesV, int kConvertV, int kRequantizeV,
          int kCarrySaveV = 0>
struct Config {
  using Model = M;
  static constexpr int kRows = kRowsV, kCols = kColsV, kLanes = kLanesV;
  static constexpr int kConvert = kConvertV, kRequantize = kRequantizeV;
  static constexpr GemmTiming kTiming{{kRows, kCols, kLanes}, kRequantize, kCarrySaveV};
};

struct Tile {
  int steps;
  Output output;
};

template <class C>
class GemmBench {
 public:
  using ABeat = std::array<std::int8_t, C::kRows * C::kLanes>;
  using BBeat = std::array<std::int8_t, C::kCols * C::kLanes>;
  struct ColScales {
    std::array<std::uint32_t, C::kCols> scales;
    Output output;
  };
  struct LineBeat {
    std::array<float, C::kConvert> values;
    bool last;
  };
  struct CodeBeat {
    std::array<std::int8_t, C::kConvert> codes;
    std::uint32_t scale;
    std::uint32_t clamped;
    bool last;
    bool operator==(const CodeBeat&) const = default;
  };
  struct ResultBeat {
    std::array<std::uint32_t, C::kRequantize> values;
    bool last;
    bool operator==(const ResultBeat&) const = default;
  };

  // Stalls of the inputs, and of the outputs when they are others.
  GemmBench(std::uint64_t salt, int stall_percent, std::optional<int> out_percent = {})
      : rng_(bench::rng(salt)),
        stall_(stall_percent),
        out_stall_(out_percent.value_or(stall_percent)),
        top_(bench::wave_file()) {
    idle();
    top_.reset();
  }

  // Random operands for these tiles, and what must come out.
  void add(const Tile& tile) {
    tiles_.push_back(tile.steps);
    std::vector<std::int32_t> acc(C::kRows * C::kCols);
    for (int step = 0; step < tile.steps; ++step) {
      ABeat a;
      BBeat b;
      for (auto& x : a) x = static_cast<std::int8_t>(rng_());
      for (auto& x : b) x = static_cast<std::int8_t>(rng_());
      for (int r = 0; r < C::kRows; ++r)
        for (int c = 0; c < C::kCols; ++c)
          acc[static_cast<std::size_t>(r * C::kCols + c)] += static_cast<std::int32_t>(
              dot(std::span<const std::int8_t>(a).subspan(static_cast<std::size_t>(r * C::kLanes),
                                                          C::kLanes),
                  std::span<const std::int8_t>(b).subspan(static_cast<std::size_t>(c * C::kLanes),
                                                          C::kLanes)));
      a_.push_back(a);
      b_.push_back(b);
    }
    ColScales cols{{}, tile.output};
    for (auto& scale : cols.scales) scale = bench::random_fp32(rng_);
    col_scales_.push_back(cols);
    for (int r = 0; r < C::kRows; ++r) {
      const std::uint32_t row_scale = bench::random_fp32(rng_);
      row_scales_.push_back(row_scale);
      for (int c = 0; c < C::kCols; c += C::kRequantize) {
        ResultBeat beat{{}, r + 1 == C::kRows && c + C::kRequantize == C::kCols};
        for (int l = 0; l < C::kRequantize; ++l)
          beat.values[static_cast<std::size_t>(l)] =
              requantize(tile.output, acc[static_cast<std::size_t>(r * C::kCols + c + l)],
                         row_scale, cols.scales[static_cast<std::size_t>(c + l)]);
        want_results_.push_back(beat);
      }
    }
  }

  // A random line for the converter, and its codes.
  void add_line(int length) {
    std::vector<float> values;
    for (int i = 0; i < length; ++i)
      values.push_back(rng_() % 16 == 0 ? std::bit_cast<float>(bench::random_fp32(rng_))
                                        : static_cast<float>(static_cast<int>(rng_())) * 1e-9f);
    std::uint32_t largest = absmax(values);
    if (rng_() % 8 == 0 && largest < kFp32Infinity) largest = largest / 2 + 0x2000'0000;  // clamps
    const Int8Scale scale = int8_scale(largest);
    absmaxes_.push_back(largest);
    for (int i = 0; i < length; i += C::kConvert) {
      LineBeat in{{}, i + C::kConvert >= length};
      CodeBeat out{{}, scale.scale, 0, in.last};
      for (int l = 0; l < C::kConvert && i + l < length; ++l) {
        const float x = values[static_cast<std::size_t>(i + l)];
        const fp32::Code code = int8_code(std::bit_cast<std::uint32_t>(x), scale.quantizer);
        in.values[static_cast<std::size_t>(l)] = x;
        out.codes[static_cast<std::size_t>(l)] = static_cast<std::int8_t>(code.code);
        out.clamped |= (code.clamped ? 1u : 0u) << l;
      }
      lines_.push_back(in);
      want_codes_.push_back(out);
    }
  }

  // Streams all that was added; returns the cycles from the first tile taken to the last result.
  // With `stop_after`, stops there and resets instead, as if nothing had been added.
  std::uint64_t run(std::optional<std::uint64_t> stop_after = {}) {
    bench::Source<std::uint32_t> absmaxes(absmaxes_, stall_, rng_());
    bench::Source<LineBeat> lines(lines_, stall_, rng_());
    bench::Source<int> tiles(tiles_, stall_, rng_());
    bench::Source<ABeat> a(a_, stall_, rng_());
    bench::Source<BBeat> b(b_, stall_, rng_());
    bench::Source<std::uint32_t> row_scales(row_scales_, stall_, rng_());
    bench::Source<ColScales> col_scales(col_scales_, stall_, rng_());
    bench::Sink<CodeBeat> codes(out_stall_, rng_());
    bench::Sink<ResultBeat> results(out_stall_, rng_());

    std::optional<std::uint64_t> first;
    std::uint64_t last = 0;
    const std::uint64_t start = top_.cycles();
    const std::uint64_t limit = 100 * (a_.size() + lines_.size() + 100 * tiles_.size() + 1000);
    while (results.items().size() < want_results_.size() ||
           codes.items().size() < want_codes_.size()) {
      if (stop_after && top_.cycles() - start >= *stop_after) break;
      if (top_.cycles() - start > limit) FAIL("no answer within " << limit << " cycles");

      const auto offer = [](auto& source, auto& valid, auto drive) {
        const auto* item = source.offer();
        bench::set(valid, item != nullptr);
        if (item != nullptr) drive(*item);
      };
      offer(absmaxes, top_->absmax_valid_i, [&](std::uint32_t x) { top_->absmax_i = x; });
      offer(lines, top_->line_valid_i, [&](const LineBeat& beat) {
        bench::put(top_->line_i, std::span<const float>(beat.values));
        top_->line_last_i = beat.last;
      });
      offer(tiles, top_->tile_valid_i,
            [&](int steps) { bench::set(top_->tile_steps_i, static_cast<std::uint64_t>(steps)); });
      offer(a, top_->a_valid_i,
            [&](const ABeat& beat) { bench::put(top_->a_i, std::span<const std::int8_t>(beat)); });
      offer(b, top_->b_valid_i,
            [&](const BBeat& beat) { bench::put(top_->b_i, std::span<const std::int8_t>(beat)); });
      offer(row_scales, top_->row_scale_valid_i, [&](std::uint32_t x) { top_->row_scale_i = x; });
      offer(col_scales, top_->col_scales_valid_i, [&](const ColScales& cols) {
        bench::put(top_->col_scales_i, std::span<const std::uint32_t>(cols.scales));
        bench::set(top_->col_scales_output_i, static_cast<std::uint64_t>(cols.output));
      });
      top_->code_ready_i = codes.ready();
      top_->result_ready_i = results.ready();
      top_.settle();

      if (top_->tile_valid_i != 0 && top_->tile_ready_o != 0 && !first) first = top_.cycles();
      absmaxes.see(top_->absmax_ready_o != 0);
      lines.see(top_->line_ready_o != 0);
      tiles.see(top_->tile_ready_o != 0);
      a.see(top_->a_ready_o != 0);
      b.see(top_->b_ready_o != 0);
      row_scales.see(top_->row_scale_ready_o != 0);
      col_scales.see(top_->col_scales_ready_o != 0);
      codes.see(code_beat());
      const std::size_t before = results.items().size();
      results.see(result_beat());
      if (results.items().size() != before) last = top_.cycles();
      top_.edge();
    }
    top_.check();
    if (stop_after) {
      top_.reset();
      idle();
    } else {
      compare("result", want_results_, results.items());
      compare("code", want_codes_, codes.items());
    }
    tiles_.clear();
    a_.clear();
    b_.clear();
    row_scales_.clear();
    col_scales_.clear();
    want_results_.clear();
    absmaxes_.clear();
    lines_.clear();
    want_codes_.clear();
    return first ? last - *first + 1 : 0;
  }

  // A tile of any number of steps, of which a reset comes before its operands.
  void abandon_tile() {
    top_->tile_valid_i = 1;
    bench::set(top_->tile_steps_i, 1 + rng_() % ((1 << 18) - 1));  // StepsW = 18
    top_.settle();
    checker_.equal(1, int{top_->tile_ready_o}, [](auto& os) { os << "tile_ready_o"; });
    top_.edge();
    idle();
    top_.reset();
  }

  std::mt19937_64& rng() { return rng_; }
  const bench::Checker& checker() const { return checker_; }

 private:
  void idle() {
    for (auto* valid :
         {&top_->absmax_valid_i, &top_->line_valid_i, &top_->tile_valid_i, &top_->a_valid_i,
          &top_->b_valid_i, &top_->row_scale_valid_i, &top_->col_scales_valid_i})
      *valid = 0;
  }

  std::optional<CodeBeat> code_beat() {
    if (top_->code_valid_o == 0) return {};
    CodeBeat beat{{}, top_->code_scale_o, top_->code_clamped_o, top_->code_last_o != 0};
    bench::get(top_->code_o, std::span<std::int8_t>(beat.codes));
    return beat;
  }
  std::optional<ResultBeat> result_beat() {
    if (top_->result_valid_o == 0) return {};
    ResultBeat beat{{}, top_->result_last_o != 0};
    bench::get(top_->result_o, std::span<std::uint32_t>(beat.values));
    return beat;
  }

  template <class Beat>
  void compare(const char* what, const std::vector<Beat>& want, const std::vector<Beat>& got) {
    const auto where = [&](std::size_t i) {
      return [=](std::ostream& os) {
        os << C::kRows << "x" << C::kCols << "x" << C::kLanes << " " << what << " beat " << i;
      };
    };
    checker_.equal(want.size(), got.size(), where(0));
    for (std::size_t i = 0; i < std::min(want.size(), got.size()); ++i) {
      if constexpr (std::is_same_v<Beat, ResultBeat>) {
        for (std::size_t l = 0; l < want[i].values.size(); ++l)
          checker_.equal(want[i].values[l], got[i].values[l], where(i));
      } else {
        for (std::size_t l = 0; l < want[i].codes.size(); ++l)
          checker_.equal(want[i].codes[l], got[i].codes[l], where(i));
        checker_.equal(want[i].scale, got[i].scale, where(i));
        checker_.equal(want[i].clamped, got[i].clamped, where(i));
      }
      checker_.equal(want[i].last, got[i].last, where(i));
    }
  }

  std::mt19937_64 rng_;
  int stall_, out_stall_;
  bench::Clocked<typename C::Model> top_;
  bench::Checker checker_;
  std::vector<int> tiles_;
  std::vector<ABeat> a_;
  std::vector<BBeat> b_;
  std::vector<std::uint32_t> row_scales_, absmaxes_;
  std::vector<ColScales> col_scales_;
  std::vector<LineBeat> lines_;
  std::vector<CodeBeat> want_codes_;
  std::vector<ResultBeat> want_results_;
};

using Gemm1x1x1 = Config<gemm_1x1x1, 1, 1, 1, 1, 1>;
using Gemm3x5x1 = Config<gemm_3x5x1, 3, 5, 1, 3, 5>;
using Gemm5x4x4 = Config<gemm_5x4x4, 5, 4, 4, 2, 2>;
using Netlist4x4x1 = Config<netlist_4x4x1, 4, 4, 1, 1, 1>;  // gates, not RTL
using Gemm2x2x1Cs = Config<gemm_2x2x1_cs, 2, 2, 1, 2, 1, carry_save_cycles()>;

template <class C>
void random_work(GemmBench<C>& bench, int tiles, int lines) {
  auto& rng = bench.rng();
  for (int i = 0; i < tiles; ++i)
    bench.add({1 + static_cast<int>(rng() % 40), static_cast<Output>(rng() % 3)});
  for (int i = 0; i < lines; ++i) bench.add_line(1 + static_cast<int>(rng() % 70));
}

TEMPLATE_TEST_CASE("gemm: results and codes are exact, whatever stalls", "[gemm][random][stall]",
                   Gemm1x1x1, Gemm3x5x1, Gemm5x4x4, Gemm2x2x1Cs, Netlist4x4x1) {
  for (const int percent : bench::kStalls) {
    GemmBench<TestType> bench(static_cast<std::uint64_t>(percent), percent);
    for (int round = 0; round < 3; ++round) {
      random_work(bench, 20, 12);
      bench.run();
    }
    bench.checker().finish(1000);
  }
}

TEMPLATE_TEST_CASE("gemm: results that nobody takes fill their store, and none is lost",
                   "[gemm][stall]", Gemm1x1x1, Gemm3x5x1, Gemm5x4x4, Gemm2x2x1Cs, Netlist4x4x1) {
  GemmBench<TestType> bench(2500, 0, 90);
  for (int i = 0; i < 60; ++i) bench.add({1 + i % 2, static_cast<Output>(i % 3)});
  bench.run();
  bench.checker().finish(60);
}

TEMPLATE_TEST_CASE("gemm: cycles equal the formula for every number of tiles and steps",
                   "[gemm][exhaustive]", Gemm1x1x1, Gemm3x5x1, Gemm5x4x4, Gemm2x2x1Cs,
                   Netlist4x4x1) {
  GemmBench<TestType> bench(2000, 0);
  bench::Checker cycles;
  for (int tiles = 1; tiles <= 5; ++tiles)
    for (const int steps : {1, 2, 3, 5, 8, 13, 18, 19, 20, 21, 22, 23, 24, 25, 34, 55, 89}) {
      for (int i = 0; i < tiles; ++i) bench.add({steps, Output::Fp32});
      const std::uint64_t got = bench.run();
      cycles.equal(static_cast<std::uint64_t>(TestType::kTiming.cycles(tiles, steps)), got,
                   [&](std::ostream& os) { os << tiles << " tiles of " << steps << " steps"; });
    }
  cycles.finish(5 * 17);
  bench.checker().finish();
}

TEMPLATE_TEST_CASE("gemm: a reset at any time leaves nothing behind", "[gemm][random]", Gemm1x1x1,
                   Gemm3x5x1, Gemm5x4x4, Gemm2x2x1Cs, Netlist4x4x1) {
  GemmBench<TestType> bench(3000, 25);
  for (int round = 0; round < 40; ++round) {
    random_work(bench, 4, 4);
    bench.run(bench.rng()() % 300);
    bench.abandon_tile();
    random_work(bench, 2, 2);
    bench.run();
  }
  bench.checker().finish(1000);
}

}  // namespace
}  // namespace rh
