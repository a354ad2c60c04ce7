// The host of a verilated rh_gemm_bfp: one source for every multiplier of RTL or of gates.
//
// The host is memory and bookkeeping. It lays the codes of both operands out as the beats that the
// sequencer reads, chunk by chunk, pads them with zeros, gives each tile the number of its steps,
// its chunks and the exponent of a product's lowest bit, streams the tiles and puts the results
// where they belong. It never adds and never rounds.
// Compiled once a multiplier with RH_TOP (the verilated class), its RH_HEADER and its parameters.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <sstream>

#include "bench/clocked.hpp"
#include "bench/port.hpp"
#include "chunk/chunk.hpp"
#include "engine/multiplier.hpp"
#include "gemm/gemm.hpp"
#include RH_HEADER

namespace rh {
namespace {

constexpr MultiplierShape kShape{{RH_ROWS, RH_COLS, RH_LANES},
                                 RH_CHUNK,
                                 RH_FP32 ? Accumulation::Fp32 : Accumulation::Exact,
                                 RH_FP32 ? MultiplierShape{}.accumulator_bits : RH_ACCUMULATOR};
constexpr GemmTiming kTiming = block_timing(kShape.array, RH_FP32);
constexpr std::uint64_t kProgressCycles = 1u << 14;

// One operand as beats. A strip is Rows lines of A or Cols lines of B; for every step of it there
// are `chunks` beats, the least significant chunk first; beat n of strip s is number
// (s * steps + step) * chunks + chunk. Lines, groups and lanes that are not there are zero.
class Beats {
 public:
  Beats(const BfpOperand& x, int lines_per_strip)
      : chunks_(chunk_count(x.format.magnitude_bits, kShape.chunk_bits)),
        code_words_(words(lines_per_strip * kShape.array.lanes * kField)),
        exponent_words_(words(lines_per_strip * RH_EXPONENT)),
        nan_words_(words(lines_per_strip)) {
    const std::int64_t groups = x.lines.groups_per_line();
    steps_ = kShape.array.steps(x.lines.length, x.lines.group_size);
    const std::int64_t strips = (x.lines.lines + lines_per_strip - 1) / lines_per_strip;
    const auto beats = static_cast<std::size_t>(strips * steps_ * chunks_);
    codes_.resize(beats * code_words_);
    exponents_.resize(beats * exponent_words_);
    nans_.resize(beats * nan_words_);
    for (std::int64_t line = 0; line < x.lines.lines; ++line) {
      std::int64_t beat = line / lines_per_strip * steps_ * chunks_;
      for (std::int64_t group = 0; group < groups; ++group)
        beat = lay_out(x, line, group, static_cast<int>(line % lines_per_strip), beat);
    }
  }

  std::int64_t steps() const { return steps_; }  // of a tile
  int chunks() const { return chunks_; }

  template <class Codes, class Exponents, class Nans>
  void drive(std::int64_t beat, Codes& codes, Exponents& exponents, Nans& nans) const {
    const auto put = [beat](auto& port, const std::vector<std::uint32_t>& from, std::size_t size) {
      std::memcpy(&port, from.data() + static_cast<std::size_t>(beat) * size, sizeof(port));
    };
    put(codes, codes_, code_words_);
    put(exponents, exponents_, exponent_words_);
    put(nans, nans_, nan_words_);
  }

 private:
  static constexpr int kField = 1 + kShape.chunk_bits;

  // As many words as the widest port of so many bits copies: 64 bits where it is a quad word.
  static std::size_t words(int bits) {
    return std::max<std::size_t>((static_cast<std::size_t>(bits) + 31) / 32, bits > 32 ? 2 : 1);
  }

  // Writes one group of one line; returns the beat behind it.
  std::int64_t lay_out(const BfpOperand& x, std::int64_t line, std::int64_t group, int place,
                       std::int64_t beat) {
    const std::int64_t first = group * x.lines.group_size;
    const std::int64_t end = std::min(first + x.lines.group_size, x.lines.length);
    const auto at = static_cast<std::size_t>(line * x.lines.groups_per_line() + group);
    const unsigned exponent = x.lines.exponents[at];
    const bool nan = (x.lines.flags[at] & kNanGroup) != 0;
    for (std::int64_t k = first; k < end; k += kShape.array.lanes)
      for (int a = 0; a < chunks_; ++a, ++beat) {
        const auto word = static_cast<std::size_t>(beat);
        set(&exponents_[word * exponent_words_], place * RH_EXPONENT, RH_EXPONENT, exponent);
        set(&nans_[word * nan_words_], place, 1, nan ? 1 : 0);
        for (std::int64_t l = 0; l < kShape.array.lanes && k + l < end; ++l) {
          const int code = x.lines.codes[static_cast<std::size_t>(line * x.lines.length + k + l)];
          set(&codes_[word * code_words_],
              (place * kShape.array.lanes + static_cast<int>(l)) * kField, kField,
              chunk_field(code, a, kShape.chunk_bits));
        }
      }
    return beat;
  }

  static void set(std::uint32_t* words, int bit, int width, unsigned field) {
    const std::uint64_t shifted = std::uint64_t{field} << bit % 32;
    words[bit / 32] |= static_cast<std::uint32_t>(shifted);
    if (bit % 32 + width > 32) words[bit / 32 + 1] |= static_cast<std::uint32_t>(shifted >> 32);
  }

  int chunks_;
  std::int64_t steps_ = 0;
  std::size_t code_words_, exponent_words_, nan_words_;  // of a beat
  std::vector<std::uint32_t> codes_, exponents_, nans_;
};

class RtlMultiplier final : public Multiplier {
 public:
  explicit RtlMultiplier(const MultiplierOptions& options)
      : options_(options), top_(options.trace) {
#ifndef RH_TRACE
    if (!options.trace.empty())
      throw EngineError("waves need an engine built with them; type: make build TRACE=1");
#endif
    top_.reset();
  }

  std::string name() const override {
    return RH_NAME;
  }
  const MultiplierShape& shape() const override {
    return kShape;
  }
  const MultiplierStats& stats() const override {
    return stats_;
  }

  std::vector<std::uint32_t> multiply(const BfpOperand& a, const BfpOperand& b) override {
    check_shape(kShape, a, b);
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::uint32_t> c(static_cast<std::size_t>(a.lines.lines * b.lines.lines));
    const IntegerOperand integers_a(a), integers_b(b);
    if (!c.empty() && a.lines.length > 0)  // an empty sum is +0
      stream(integers_a.operand(), integers_b.operand(), c);
    stats_.macs +=
        macs_asked_for(kShape.array, options_.tile, a.lines.lines, b.lines.lines, a.lines.length);
    stats_.passes = static_cast<std::uint64_t>(
        passes(integer_bits(a.format), integer_bits(b.format), kShape.chunk_bits));
    stats_.seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return c;
  }

 private:
  void stream(const BfpOperand& a, const BfpOperand& b, std::vector<std::uint32_t>& c);

  MultiplierOptions options_;
  bench::Clocked<RH_TOP, bench::Falling::Unwatched> top_;
  MultiplierStats stats_;
};

void RtlMultiplier::stream(const BfpOperand& a, const BfpOperand& b,
                           std::vector<std::uint32_t>& c) {
  const Beats a_beats(a, kShape.array.rows);
  const Beats b_beats(b, kShape.array.cols);
  const std::int64_t steps = a_beats.steps();
  const std::int64_t passes = std::int64_t{a_beats.chunks()} * b_beats.chunks();
  const std::int64_t tile_cols = kShape.array.tile_cols(b.lines.lines);
  const std::int64_t m = a.lines.lines, n = b.lines.lines;
  const int exponent =  // of the lowest bit of a product of two integers
      a.lines.base + b.lines.base + integer_unit(a.format) + integer_unit(b.format);

  // Tiles are taken row by row: tile t is row t / tile_cols, column t % tile_cols.
  std::int64_t first = 0, tiles = kShape.array.tile_rows(m) * tile_cols;
  if (options_.tile) {
    first = options_.tile->row * tile_cols + options_.tile->col;
    if (options_.tile->row >= kShape.array.tile_rows(m) || options_.tile->col >= tile_cols)
      throw EngineError("the product has no such tile");
    tiles = 1;
  }
  const std::int64_t end = first + tiles;
  const std::uint64_t limit =
      patience(options_.stalls,
               static_cast<std::uint64_t>(2 * kTiming.cycles(tiles, steps * passes) + 100));
  const auto total = static_cast<std::uint64_t>(tiles * steps);

  // A stream of operand beats: all those of a strip for each tile.
  struct Position {
    std::int64_t tile;
    std::int64_t beat = 0;  // of the strip
  };
  Position a_at{first}, b_at{first};
  const auto next = [&](Position& at, const Beats& beats) {
    if (++at.beat == steps * beats.chunks()) at = {at.tile + 1};
  };

  Offer tile_offer(options_.stalls, 0), a_offer(options_.stalls, 1), b_offer(options_.stalls, 2);
  Accept accept(options_.stalls);
  bench::set(top_->tile_steps_i, static_cast<std::uint64_t>(steps));
  bench::set(top_->tile_chunks_a_i, static_cast<std::uint64_t>(a_beats.chunks()));
  bench::set(top_->tile_chunks_b_i, static_cast<std::uint64_t>(b_beats.chunks()));
  bench::set(top_->tile_exponent_i, static_cast<std::uint64_t>(exponent) & 0x3FF);

  std::int64_t tile_in = first;
  std::int64_t out_tile = first, out_row = 0;
  std::uint64_t cycles = 0;
  std::array<std::uint32_t, RH_COLS> row;
  while (out_tile < end) {
    top_->tile_valid_i = tile_offer(tile_in < end);
    top_->a_valid_i = a_offer(a_at.tile < end);
    top_->b_valid_i = b_offer(b_at.tile < end);
    top_->result_ready_i = accept();
    if (a_at.tile < end)
      a_beats.drive(a_at.tile / tile_cols * steps * a_beats.chunks() + a_at.beat, top_->a_i,
                    top_->a_exponent_i, top_->a_nan_i);
    if (b_at.tile < end)
      b_beats.drive(b_at.tile % tile_cols * steps * b_beats.chunks() + b_at.beat, top_->b_i,
                    top_->b_exponent_i, top_->b_nan_i);

    // Without stalls every ready and every result comes from registers.
    if (options_.stalls.any()) top_.settle();
    const bool tile_taken = top_->tile_valid_i && top_->tile_ready_o;
    const bool a_taken = top_->a_valid_i && top_->a_ready_o;
    const bool b_taken = top_->b_valid_i && top_->b_ready_o;
    if (top_->result_valid_o && top_->result_ready_i) {
      bench::get(top_->result_o, std::span<std::uint32_t>(row));
      const std::int64_t i = out_tile / tile_cols * kShape.array.rows + out_row;
      const std::int64_t j = out_tile % tile_cols * kShape.array.cols;
      if (i < m)
        std::copy_n(row.begin(), std::min<std::int64_t>(kShape.array.cols, n - j),
                    c.begin() + static_cast<std::ptrdiff_t>(i * n + j));
      if (++out_row == kShape.array.rows) {
        out_row = 0;
        ++out_tile;
      }
    }
    top_.edge();
    if (++cycles > limit) {
      std::ostringstream text;
      text << "the " << RH_NAME << " engine gave no answer within " << limit << " cycles";
      throw std::logic_error(text.str());
    }
    if (cycles % kProgressCycles == 0 && options_.progress)
      options_.progress(
          static_cast<std::uint64_t>((a_at.tile - first) * steps + a_at.beat / a_beats.chunks()),
          total);
    if (tile_taken) {
      tile_offer.taken();
      ++tile_in;
    }
    if (a_taken) {
      a_offer.taken();
      next(a_at, a_beats);
    }
    if (b_taken) {
      b_offer.taken();
      next(b_at, b_beats);
    }
  }
  top_->tile_valid_i = 0;
  top_->a_valid_i = 0;
  top_->b_valid_i = 0;
  top_.check();
  stats_.tiles += static_cast<std::uint64_t>(tiles);
  stats_.cycles += cycles;
}

}  // namespace
}  // namespace rh

extern "C" __attribute__((visibility("default"))) rh::Multiplier* rh_make_multiplier(
    const rh::MultiplierShape& shape, const rh::MultiplierOptions& options) {
  if (!(shape == rh::kShape)) throw rh::EngineError("the engine was built for another array");
  return new rh::RtlMultiplier(options);
}
