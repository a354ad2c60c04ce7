// The host of a verilated rh_gemm: one source for every engine of RTL or of gates.
//
// The host is memory and bookkeeping. It finds the absmax of a line, streams FP32 through the RTL
// converter and keeps the codes, cuts codes into tiles and pads them with zeros, streams the tiles
// and the scales, and puts the results where they belong. It never quantises and never adds.
// Compiled once an engine with RH_TOP (the verilated class), its RH_HEADER and its parameters.
#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <sstream>

#include "bench/clocked.hpp"
#include "bench/port.hpp"
#include "convert/convert.hpp"
#include "engine/engine.hpp"
#include "gemm/gemm.hpp"
#include RH_HEADER

namespace rh {
namespace {

constexpr ArrayShape kShape{RH_ROWS, RH_COLS, RH_LANES};
constexpr int kConvertLanes = RH_CONVERT_LANES;
constexpr int kRequantizeLanes = RH_REQUANTIZE_LANES;
constexpr GemmTiming kTiming{kShape, kRequantizeLanes, RH_CARRY_SAVE ? carry_save_cycles() : 0};
constexpr std::uint64_t kProgressCycles = 1u << 16;

// A view of tiles in the order the array takes them: beat k of strip s is `beat` bytes at
// (s * steps + k) * beat, lane l of line r of the strip at r * lanes + l. Padding is zero.
std::vector<std::int8_t> cut_into_strips(const Int8Lines& x, int lines_per_strip) {
  const std::int64_t strips = (x.lines + lines_per_strip - 1) / lines_per_strip;
  const std::int64_t steps = kShape.steps(x.length);
  const std::int64_t beat = std::int64_t{lines_per_strip} * kShape.lanes;
  std::vector<std::int8_t> out(static_cast<std::size_t>(strips * steps * beat));
  for (std::int64_t line = 0; line < x.lines; ++line) {
    const std::int8_t* codes = x.codes.data() + line * x.length;
    std::int8_t* to =
        out.data() + line / lines_per_strip * steps * beat + line % lines_per_strip * kShape.lanes;
    for (std::int64_t k = 0; k < x.length; ++k)
      to[k / kShape.lanes * beat + k % kShape.lanes] = codes[k];
  }
  return out;
}

class RtlEngine final : public Engine {
 public:
  explicit RtlEngine(const EngineOptions& options) : options_(options), top_(options.trace) {
    if (!(options.shape == kShape)) throw EngineError("the engine was built for another array");
#ifndef RH_TRACE
    if (!options.trace.empty())
      throw EngineError("waves need an engine built with them; type: make build TRACE=1");
#endif
    top_.reset();
  }

  std::string name() const override {
    return RH_NAME;
  }
  ArrayShape shape() const override {
    return kShape;
  }
  const EngineStats& stats() const override {
    return stats_;
  }

  Int8Lines convert_int8(std::span<const float> values, std::int64_t lines,
                         std::int64_t length) override;
  std::vector<std::int32_t> gemm_int32(const Int8Lines& a, const Int8Lines& b) override {
    return gemm<std::int32_t>(a, b, Output::Int32);
  }
  std::vector<float> gemm_fp32(const Int8Lines& a, const Int8Lines& b) override {
    return gemm<float>(a, b, Output::Fp32);
  }

 private:
  template <class T>
  std::vector<T> gemm(const Int8Lines& a, const Int8Lines& b, Output output);
  template <class T>
  void multiply(const Int8Lines& a, const Int8Lines& b, Output output, std::vector<T>& c);
  void count(std::uint64_t limit, std::uint64_t done, std::uint64_t total);

  EngineOptions options_;
  bench::Clocked<RH_TOP, bench::Falling::Unwatched> top_;
  EngineStats stats_;
  std::uint64_t run_cycles_ = 0;  // of the current phase
};

// Ends a cycle; `limit` guards against a design that never answers.
void RtlEngine::count(std::uint64_t limit, std::uint64_t done, std::uint64_t total) {
  top_.edge();
  if (++run_cycles_ > limit) {
    std::ostringstream text;
    text << "the " << RH_NAME << " engine gave no answer within " << limit << " cycles";
    throw std::logic_error(text.str());
  }
  if (run_cycles_ % kProgressCycles == 0 && options_.progress) options_.progress(done, total);
}

Int8Lines RtlEngine::convert_int8(std::span<const float> values, std::int64_t lines,
                                  std::int64_t length) {
  const auto start = std::chrono::steady_clock::now();
  Int8Lines out{lines, length, {}, {}, 0, 0, 0};
  out.codes.resize(values.size());
  out.scales.resize(static_cast<std::size_t>(lines));
  run_cycles_ = 0;

  const std::int64_t beats = (length + kConvertLanes - 1) / kConvertLanes;
  // A line needs its beats and a division.
  const std::uint64_t limit =
      patience(options_.stalls, static_cast<std::uint64_t>((lines + 2) * (beats + 64)));
  const auto total = static_cast<std::uint64_t>(lines * beats);

  std::int64_t absmax_line = 0;             // the next absmax to give
  std::int64_t in_line = 0, in_beat = 0;    // the next beat to give
  std::int64_t out_line = 0, out_beat = 0;  // the next beat to get
  const auto line_of = [&](std::int64_t line) {
    return values.subspan(static_cast<std::size_t>(line * length),
                          static_cast<std::size_t>(length));
  };
  const auto beat_of = [&](std::int64_t beat) {  // first element and count of a beat
    const std::int64_t first = beat * kConvertLanes;
    return std::pair{
        static_cast<std::size_t>(first),
        static_cast<std::size_t>(std::min<std::int64_t>(kConvertLanes, length - first))};
  };

  if (beats == 0) lines = 0;  // an empty line has scale 0 and nothing to convert
  Offer absmax_offer(options_.stalls, 0), line_offer(options_.stalls, 1);
  Accept accept(options_.stalls);
  bool absmax_new = true, beat_new = true;
  while (out_line < lines) {
    top_->absmax_valid_i = absmax_offer(absmax_line < lines);
    if (absmax_new && absmax_line < lines) top_->absmax_i = absmax(line_of(absmax_line));
    top_->line_valid_i = line_offer(in_line < lines);
    if (beat_new && in_line < lines) {
      const auto [first, n] = beat_of(in_beat);
      std::array<float, kConvertLanes> lanes{};
      std::copy_n(line_of(in_line).begin() + static_cast<std::ptrdiff_t>(first), n, lanes.begin());
      bench::put(top_->line_i, std::span<const float>(lanes));
      top_->line_last_i = in_beat + 1 == beats;
    }
    top_->code_ready_i = accept();
    // Without stalls every ready comes from registers, or from inputs that do not change here.
    if (options_.stalls.any()) top_.settle();
    absmax_new = top_->absmax_valid_i && top_->absmax_ready_o;
    beat_new = top_->line_valid_i && top_->line_ready_o;
    if (absmax_new) {
      absmax_offer.taken();
      ++absmax_line;
    }
    if (beat_new) line_offer.taken();
    if (beat_new && ++in_beat == beats) {
      in_beat = 0;
      ++in_line;
    }
    if (top_->code_valid_o && top_->code_ready_i) {
      const auto [first, n] = beat_of(out_beat);
      std::array<std::int8_t, kConvertLanes> codes;
      bench::get(top_->code_o, std::span<std::int8_t>(codes));
      std::copy_n(codes.begin(), n,
                  out.codes.begin() + static_cast<std::ptrdiff_t>(out_line * length) +
                      static_cast<std::ptrdiff_t>(first));
      const unsigned mask = (1u << n) - 1;
      out.clamped += static_cast<std::uint64_t>(std::popcount(top_->code_clamped_o & mask));
      out.scales[static_cast<std::size_t>(out_line)] = top_->code_scale_o;
      if (++out_beat == beats) {
        out_beat = 0;
        ++out_line;
      }
    }
    count(limit, static_cast<std::uint64_t>(out_line * beats + out_beat), total);
  }
  top_->absmax_valid_i = 0;
  top_->line_valid_i = 0;
  top_.check();

  for (const std::uint32_t scale : out.scales) {
    out.zero_scale_lines += scale == 0 ? 1 : 0;
    out.nan_lines += scale == kFp32Nan ? 1 : 0;
  }
  stats_.elements_converted += values.size();
  stats_.convert_cycles += run_cycles_;
  stats_.convert_seconds +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return out;
}

template <class T>
std::vector<T> RtlEngine::gemm(const Int8Lines& a, const Int8Lines& b, Output output) {
  check_product(a, b);
  const auto start = std::chrono::steady_clock::now();
  std::vector<T> c(static_cast<std::size_t>(a.lines * b.lines));
  run_cycles_ = 0;
  if (!c.empty() && a.length > 0) multiply(a, b, output, c);  // an empty sum is 0
  stats_.macs += macs_asked_for(options_.shape, options_.tile, a.lines, b.lines, a.length);
  stats_.multiply_cycles += run_cycles_;
  stats_.multiply_seconds +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return c;
}

template <class T>
void RtlEngine::multiply(const Int8Lines& a, const Int8Lines& b, Output output, std::vector<T>& c) {
  const std::int64_t steps = kShape.steps(a.length);
  const std::int64_t tile_cols = kShape.tile_cols(b.lines);
  const std::vector<std::int8_t> a_strips = cut_into_strips(a, kShape.rows);
  const std::vector<std::int8_t> b_strips = cut_into_strips(b, kShape.cols);
  constexpr std::int64_t kABeat = std::int64_t{kShape.rows} * kShape.lanes;
  constexpr std::int64_t kBBeat = std::int64_t{kShape.cols} * kShape.lanes;

  // Tiles are taken row by row: tile t is row t / tile_cols, column t % tile_cols.
  std::int64_t first = 0, tiles = kShape.tile_rows(a.lines) * tile_cols;
  if (options_.tile) {
    first = options_.tile->row * tile_cols + options_.tile->col;
    if (options_.tile->row >= kShape.tile_rows(a.lines) || options_.tile->col >= tile_cols)
      throw EngineError("the product has no such tile");
    tiles = 1;
  }
  const std::int64_t end = first + tiles;
  const std::uint64_t limit = patience(
      options_.stalls, static_cast<std::uint64_t>(2 * kTiming.cycles(tiles, steps) + 100));
  const auto total = static_cast<std::uint64_t>(tiles * steps);

  // A stream of operand beats: `steps` beats of a strip for each tile.
  struct Beats {
    std::int64_t tile;
    std::int64_t step = 0;
  };
  const auto next = [&](Beats& at) {
    if (++at.step == steps) {
      at.step = 0;
      ++at.tile;
    }
  };
  const auto scale_or_zero = [](const std::vector<std::uint32_t>& scales, std::int64_t i) {
    return i < static_cast<std::int64_t>(scales.size()) ? scales[static_cast<std::size_t>(i)] : 0u;
  };

  std::int64_t tile_in = first;
  Beats a_at{first}, b_at{first};
  std::int64_t row_tile = first, row = 0;  // of the row scales
  std::int64_t col_tile = first;           // of the column scales
  std::int64_t out_tile = first, out_row = 0, out_col = 0;
  std::array<std::uint32_t, RH_COLS> col_scales;

  const auto drive_row_scale = [&] {
    top_->row_scale_i = scale_or_zero(a.scales, row_tile / tile_cols * kShape.rows + row);
  };
  const auto drive_col_scales = [&] {
    top_->col_scales_output_i = static_cast<std::uint8_t>(output);
    for (std::int64_t j = 0; j < kShape.cols; ++j)
      col_scales[static_cast<std::size_t>(j)] =
          scale_or_zero(b.scales, col_tile % tile_cols * kShape.cols + j);
    bench::put(top_->col_scales_i, std::span<const std::uint32_t>(col_scales));
  };

  Offer tile_offer(options_.stalls, 2), a_offer(options_.stalls, 3), b_offer(options_.stalls, 4);
  Offer row_offer(options_.stalls, 5), col_offer(options_.stalls, 6);
  Accept accept(options_.stalls);
  drive_row_scale();
  drive_col_scales();
  top_->row_scale_valid_i = row_offer(true);
  top_->col_scales_valid_i = col_offer(true);
  top_->result_ready_i = accept();
  top_.settle();
  while (out_tile < end) {
    top_->tile_valid_i = tile_offer(tile_in < end);
    bench::set(top_->tile_steps_i, static_cast<std::uint64_t>(steps));
    top_->a_valid_i = a_offer(a_at.tile < end);
    top_->b_valid_i = b_offer(b_at.tile < end);
    if (a_at.tile < end)
      std::memcpy(&top_->a_i,
                  a_strips.data() + (a_at.tile / tile_cols * steps + a_at.step) * kABeat, kABeat);
    if (b_at.tile < end)
      std::memcpy(&top_->b_i,
                  b_strips.data() + (b_at.tile % tile_cols * steps + b_at.step) * kBBeat, kBBeat);

    // Without stalls every ready comes from registers, or from the valid of scales, which were
    // driven before.
    if (options_.stalls.any()) top_.settle();
    const bool tile_taken = top_->tile_valid_i && top_->tile_ready_o;
    const bool a_taken = top_->a_valid_i && top_->a_ready_o;
    const bool b_taken = top_->b_valid_i && top_->b_ready_o;
    const bool row_taken = top_->row_scale_valid_i && top_->row_scale_ready_o;
    const bool cols_taken = top_->col_scales_valid_i && top_->col_scales_ready_o;
    if (top_->result_valid_o && top_->result_ready_i) {
      std::array<T, kRequantizeLanes> lanes;
      bench::get(top_->result_o, std::span<T>(lanes));
      const std::int64_t i = out_tile / tile_cols * kShape.rows + out_row;
      const std::int64_t j = out_tile % tile_cols * kShape.cols + out_col;
      if (i < a.lines && j < b.lines)
        std::copy_n(lanes.begin(), std::min<std::int64_t>(kRequantizeLanes, b.lines - j),
                    c.begin() + static_cast<std::ptrdiff_t>(i * b.lines + j));
      out_col += kRequantizeLanes;
      if (out_col == kShape.cols) {
        out_col = 0;
        ++out_row;
      }
      if (out_row == kShape.rows) {
        out_row = 0;
        ++out_tile;
      }
    }
    count(limit, static_cast<std::uint64_t>((a_at.tile - first) * steps + a_at.step), total);

    if (tile_taken) {
      tile_offer.taken();
      ++tile_in;
    }
    if (a_taken) {
      a_offer.taken();
      next(a_at);
    }
    if (b_taken) {
      b_offer.taken();
      next(b_at);
    }
    if (cols_taken) {
      col_offer.taken();
      ++col_tile;
      drive_col_scales();
    }
    if (row_taken) {
      row_offer.taken();
      if (++row == kShape.rows) {
        row = 0;
        ++row_tile;
      }
      drive_row_scale();
    }
    top_->row_scale_valid_i = row_offer(row_tile < end);
    top_->col_scales_valid_i = col_offer(col_tile < end);
    top_->result_ready_i = accept();
  }
  top_->tile_valid_i = 0;
  top_->a_valid_i = 0;
  top_->b_valid_i = 0;
  top_.check();
  stats_.tiles += static_cast<std::uint64_t>(tiles);
}

}  // namespace
}  // namespace rh

extern "C" __attribute__((visibility("default"))) rh::Engine* rh_make_engine(
    const rh::EngineOptions& options) {
  return new rh::RtlEngine(options);
}
