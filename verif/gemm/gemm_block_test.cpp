// TEST RATIONALE. The lanes, accumulators, cells and normalizers have their own exhaustive tests;
// what is left for rh_gemm_bfp is passes, flow and what is kept a tile: chunks that leave too early
// or too late, an offset of the neighbour pass, NaN lines and exponents of the neighbour tile,
// tiles of different precision back to back, stalls, resets. So instances of every chunk width (1,
// 2, 3, 4, 8), exact and FP32, several lanes, odd shapes, one normalizer a column and one in all,
// both descriptions, run random tiles - random numbers of steps, any mix of magnitude bits, any
// exponents, bases at random, NaN groups - with 0/25/50/90 % stalls on every port at once, and
// every result is compared bit for bit with gemm_bfp. Without stalls the number of cycles must
// equal the formula, for every mix of tiles, steps and passes in the sweep. Under exact
// accumulation the steps of a tile come in shuffled order and give the same bits (the order of
// passes is the sequencer's; gemm_bfp_law.cpp shuffles them); the longest contraction of an
// accumulator is exact at its bound, and a longer one is not, so (35) of the contract is tight. The
// gates that synthesis made of a 2 x 2 array run the same tests (without assertions: gates have
// none).
// Mutants this kills: a chunk of A or of B taken too early or one too few; a pass index left out of
// the offset or never reset; commands not held for their tile; NaN lines of the tile before, of row
// 0, or before the last pass; e = 255 taken for a number; the exponent of a later tile, or none
// with FP32; `last` a cycle early; a tile that does not wait for room, begins too close behind the
// one before, or waits longer than it must; slots, rows and words of the buffers counted wrong.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"
#include "bench/stream.hpp"
#include "gemm/gemm.hpp"
#include "gemm/gemm_bfp.hpp"
#include "gemm_block_1x1x2/gemm_block_1x1x2.h"
#include "gemm_block_2x2x4/gemm_block_2x2x4.h"
#include "gemm_block_2x3x16_fp32/gemm_block_2x3x16_fp32.h"
#include "gemm_block_3x2x5_fp32/gemm_block_3x2x5_fp32.h"
#include "gemm_block_3x5x4/gemm_block_3x5x4.h"
#include "gemm_block_4x2x16/gemm_block_4x2x16.h"
#include "multiply_netlist_2x2x16_c2_exact64/multiply_netlist_2x2x16_c2_exact64.h"

namespace rh {
namespace {

template <class M, int kRowsV, int kColsV, int kLanesV, int kChunkV, int kMagnitudeV,
          int kExponentV, int kAccV, int kNormalizeV>
struct Config {  // kAccV = 32: FP32
  using Model = M;
  static constexpr int kRows = kRowsV, kCols = kColsV, kLanes = kLanesV, kChunk = kChunkV;
  static constexpr int kMagnitude = kMagnitudeV, kExponent = kExponentV, kAcc = kAccV;
  static constexpr int kNormalize = kNormalizeV;
  static constexpr bool kFp32 = kAcc == 32;
  static constexpr GemmTiming kTiming{{kRows, kCols, kLanes},
                                      kNormalize,
                                      block_cycles(kFp32),
                                      kFp32 ? 0 : GemmTiming::kNormalizeCycles};
};

// What a port takes, lowest bit first.
using Words = std::vector<std::uint32_t>;

class Field {
 public:
  explicit Field(int bits) : words_(static_cast<std::size_t>(bits / 32 + 2)) {}
  void push(unsigned field, int width) {
    for (int i = 0; i < width; ++i, ++at_) words_[at_ / 32] |= (field >> i & 1u) << at_ % 32;
  }
  const Words& words() const { return words_; }

 private:
  Words words_;
  std::size_t at_ = 0;
};

struct Tile {
  int steps;
  int bits_a;  // magnitude bits
  int bits_b;
};

template <class C>
class GemmBlockBench {
 public:
  struct Command {
    int steps, chunks_a, chunks_b, exponent;
  };
  struct Beat {
    Words codes, exponents, nans;
  };
  struct ResultBeat {
    std::array<std::uint32_t, C::kNormalize> values;
    bool last;
    bool operator==(const ResultBeat&) const = default;
  };

  // Stalls of the inputs, and of the results when they are others.
  GemmBlockBench(std::uint64_t salt, int stall_percent, std::optional<int> out_percent = {})
      : rng_(bench::rng(salt)),
        stall_(stall_percent),
        out_stall_(out_percent.value_or(stall_percent)),
        top_(bench::wave_file()) {
    idle();
    top_.reset();
  }

  // Random operands for this tile, and what must come out.
  void add(const Tile& tile) {
    const Format format_a = format(tile.bits_a), format_b = format(tile.bits_b);
    const bool nans = rng_() % 4 == 0, extreme = rng_() % 4 == 0;
    const BfpLines a = random_lines(format_a, C::kRows, tile.steps, nans, extreme);
    const BfpLines b = random_lines(format_b, C::kCols, tile.steps, nans, extreme);
    std::vector<int> order(static_cast<std::size_t>(tile.steps));
    std::iota(order.begin(), order.end(), 0);
    if (!C::kFp32) std::shuffle(order.begin(), order.end(), rng_);
    add_operands({format_a, a}, {format_b, b}, order);
    const BfpProduct how{C::kFp32 ? Accumulation::Fp32 : Accumulation::Exact, C::kChunk, {}};
    expect(gemm_bfp({format_a, a}, {format_b, b}, how));
  }

  // Most codes and exponents at their maximum.
  void add_large(int steps) {
    const Format f = format(C::kMagnitude);
    const auto lines = [&](int n) {
      BfpLines x = random_lines(f, n, steps, false, false);
      for (auto& code : x.codes)
        code = rng_() % 8 == 0 ? static_cast<std::int16_t>(std::abs(code))
                               : static_cast<std::int16_t>((1 << C::kMagnitude) - 1);
      for (auto& e : x.exponents)
        if (rng_() % 8 != 0) e = static_cast<std::uint8_t>((1 << C::kExponent) - 1);
      return x;
    };
    const BfpLines a = lines(C::kRows), b = lines(C::kCols);
    std::vector<int> order(static_cast<std::size_t>(steps));
    std::iota(order.begin(), order.end(), 0);
    add_operands({f, a}, {f, b}, order);
    expect(gemm_bfp({f, a}, {f, b}, {Accumulation::Exact, C::kChunk, {}}));
  }

  // Every code and exponent at its maximum.
  void add_largest(std::int64_t terms, std::uint32_t result) {
    const Format f = format(C::kMagnitude);
    const auto lines = [&](int n) {
      const std::int64_t groups = (terms + C::kLanes - 1) / C::kLanes;
      BfpLines x{n, terms, C::kLanes, 0, {}, {}, {}};
      x.codes.assign(static_cast<std::size_t>(n * terms),
                     static_cast<std::int16_t>((1 << C::kMagnitude) - 1));
      x.exponents.assign(static_cast<std::size_t>(n * groups),
                         static_cast<std::uint8_t>((1 << C::kExponent) - 1));
      x.flags.assign(static_cast<std::size_t>(n * groups), 0);
      return x;
    };
    const BfpLines a = lines(C::kRows), b = lines(C::kCols);
    std::vector<int> order(static_cast<std::size_t>(a.groups_per_line()));
    std::iota(order.begin(), order.end(), 0);
    add_operands({f, a}, {f, b}, order);
    expect(std::vector<std::uint32_t>(C::kRows * C::kCols, result));
  }

  // A tile of any number of steps, of which a reset comes before its operands.
  void abandon_tile() {
    top_->tile_valid_i = 1;
    bench::set(top_->tile_steps_i, 1 + rng_() % ((1 << 24) - 1));  // StepsW = 24
    top_.settle();
    checker_.equal(1, int{top_->tile_ready_o}, [](auto& os) { os << "tile_ready_o"; });
    top_.edge();
    idle();
    top_.reset();
  }

  // Streams all that was added; returns the cycles from the first tile taken to the last result.
  // With `stop_after`, stops there and resets instead, as if nothing had been added.
  std::uint64_t run(std::optional<std::uint64_t> stop_after = {}) {
    bench::Source<Command> tiles(tiles_, stall_, rng_());
    bench::Source<Beat> a(a_, stall_, rng_());
    bench::Source<Beat> b(b_, stall_, rng_());
    bench::Sink<ResultBeat> results(out_stall_, rng_());

    std::optional<std::uint64_t> first;
    std::uint64_t last = 0;
    const std::uint64_t start = top_.cycles();
    const std::uint64_t limit = 100 * (passes_ + 100 * tiles_.size() + 1000);
    while (results.items().size() < want_.size()) {
      if (stop_after && top_.cycles() - start >= *stop_after) break;
      if (top_.cycles() - start > limit) FAIL("no answer within " << limit << " cycles");

      const Command* tile = tiles.offer();
      top_->tile_valid_i = tile != nullptr;
      if (tile != nullptr) {
        bench::set(top_->tile_steps_i, static_cast<std::uint64_t>(tile->steps));
        bench::set(top_->tile_chunks_a_i, static_cast<std::uint64_t>(tile->chunks_a));
        bench::set(top_->tile_chunks_b_i, static_cast<std::uint64_t>(tile->chunks_b));
        bench::set(top_->tile_exponent_i, static_cast<std::uint64_t>(tile->exponent) & 0x3FF);
      }
      const Beat* beat = a.offer();
      top_->a_valid_i = beat != nullptr;
      if (beat != nullptr) drive(*beat, top_->a_i, top_->a_exponent_i, top_->a_nan_i);
      beat = b.offer();
      top_->b_valid_i = beat != nullptr;
      if (beat != nullptr) drive(*beat, top_->b_i, top_->b_exponent_i, top_->b_nan_i);
      top_->result_ready_i = results.ready();
      top_.settle();

      if (top_->tile_valid_i != 0 && top_->tile_ready_o != 0 && !first) first = top_.cycles();
      tiles.see(top_->tile_ready_o != 0);
      a.see(top_->a_ready_o != 0);
      b.see(top_->b_ready_o != 0);
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
      compare(results.items());
    }
    tiles_.clear();
    a_.clear();
    b_.clear();
    want_.clear();
    passes_ = 0;
    return first ? last - *first + 1 : 0;
  }

  std::mt19937_64& rng() { return rng_; }
  bench::Checker& checker() { return checker_; }

  Tile random_tile() {
    const auto below = [&](int n) { return static_cast<int>(rng_() % static_cast<unsigned>(n)); };
    return {1 + below(12), 1 + below(C::kMagnitude), 1 + below(C::kMagnitude)};
  }

 private:
  static Format format(int magnitude_bits) {
    Format f = bfp_format(magnitude_bits);
    f.exponent_bits = C::kExponent;
    f.group_size = C::kLanes;
    return f;
  }

  BfpLines random_lines(const Format& f, int lines, int groups, bool nans, bool extreme) {
    BfpLines x{lines, std::int64_t{groups} * C::kLanes, C::kLanes, 0, {}, {}, {}};
    x.base = static_cast<int>(rng_() % 256) - 128;
    if (rng_() % 2 == 0) x.base /= 8;  // results that are not all beyond FP32
    const int largest = (1 << f.magnitude_bits) - 1;
    for (std::int64_t i = 0; i < lines * x.length; ++i) {
      const int code = extreme && rng_() % 4 != 0
                           ? largest
                           : static_cast<int>(rng_() % static_cast<unsigned>(largest + 1));
      x.codes.push_back(static_cast<std::int16_t>(rng_() % 2 == 0 ? code : -code));
    }
    for (int i = 0; i < lines * groups; ++i) {
      // With 8 bits near the middle, as sums are else infinite or 0; 255 is NaN, too.
      int exponent = static_cast<int>(rng_()) & ((1 << C::kExponent) - 1);
      if (C::kExponent == 8) exponent = 96 + exponent % 16;
      if (extreme) exponent = rng_() % 2 == 0 ? f.max_exponent() : 0;
      if (nans && C::kExponent == 8 && rng_() % 32 == 0) exponent = 255;
      x.exponents.push_back(static_cast<std::uint8_t>(exponent));
      x.flags.push_back(nans && rng_() % 32 == 0 ? kNanGroup : std::uint8_t{0});
    }
    return x;
  }

  void add_operands(const BfpOperand& a, const BfpOperand& b, const std::vector<int>& order) {
    const int chunks_a = chunk_count(a.format.magnitude_bits, C::kChunk);
    const int chunks_b = chunk_count(b.format.magnitude_bits, C::kChunk);
    tiles_.push_back({static_cast<int>(order.size()), chunks_a, chunks_b,
                      a.lines.base + b.lines.base - (a.format.magnitude_bits - 1) -
                          (b.format.magnitude_bits - 1)});
    passes_ += order.size() * static_cast<std::size_t>(chunks_a * chunks_b);
    for (const int group : order) {
      for (int i = 0; i < chunks_a; ++i) a_.push_back(beat(a, group, i));
      for (int j = 0; j < chunks_b; ++j) b_.push_back(beat(b, group, j));
    }
  }

  static Beat beat(const BfpOperand& x, int group, int chunk_index) {
    const std::int64_t lines = x.lines.lines;
    Field codes(static_cast<int>(lines) * C::kLanes * (1 + C::kChunk));
    Field exponents(static_cast<int>(lines) * C::kExponent);
    Field nans(static_cast<int>(lines));
    for (std::int64_t line = 0; line < lines; ++line) {
      for (std::int64_t k = group * C::kLanes; k < (group + 1) * C::kLanes; ++k)
        codes.push(
            k < x.lines.length
                ? chunk_field(x.lines.codes[static_cast<std::size_t>(line * x.lines.length + k)],
                              chunk_index, C::kChunk)
                : 0,
            1 + C::kChunk);
      const auto at = static_cast<std::size_t>(line * x.lines.groups_per_line() + group);
      exponents.push(x.lines.exponents[at], C::kExponent);
      nans.push(x.lines.flags[at] & kNanGroup, 1);
    }
    return {codes.words(), exponents.words(), nans.words()};
  }
  static_assert(kNanGroup == 1);

  void expect(const std::vector<std::uint32_t>& results) {
    for (int r = 0; r < C::kRows; ++r)
      for (int c = 0; c < C::kCols; c += C::kNormalize) {
        ResultBeat beat{{}, r + 1 == C::kRows && c + C::kNormalize == C::kCols};
        std::copy_n(results.begin() + r * C::kCols + c, C::kNormalize, beat.values.begin());
        want_.push_back(beat);
      }
  }

  void idle() {
    top_->tile_valid_i = 0;
    top_->a_valid_i = 0;
    top_->b_valid_i = 0;
  }

  template <class Codes, class Exponents, class Nans>
  static void drive(const Beat& beat, Codes& codes, Exponents& exponents, Nans& nans) {
    std::memcpy(&codes, beat.codes.data(), sizeof(codes));
    std::memcpy(&exponents, beat.exponents.data(), sizeof(exponents));
    std::memcpy(&nans, beat.nans.data(), sizeof(nans));
  }

  std::optional<ResultBeat> result_beat() {
    if (top_->result_valid_o == 0) return {};
    ResultBeat beat{{}, top_->result_last_o != 0};
    bench::get(top_->result_o, std::span<std::uint32_t>(beat.values));
    return beat;
  }

  void compare(const std::vector<ResultBeat>& got) {
    const auto where = [&](std::size_t i) {
      return [=](std::ostream& os) {
        os << C::kRows << "x" << C::kCols << "x" << C::kLanes << " chunk " << C::kChunk
           << " result beat " << i;
      };
    };
    checker_.equal(want_.size(), got.size(), where(0));
    for (std::size_t i = 0; i < std::min(want_.size(), got.size()); ++i) {
      for (std::size_t l = 0; l < want_[i].values.size(); ++l)
        checker_.equal(want_[i].values[l], got[i].values[l], where(i));
      checker_.equal(want_[i].last, got[i].last, where(i));
    }
  }

  std::mt19937_64 rng_;
  int stall_, out_stall_;
  bench::Clocked<typename C::Model> top_;
  bench::Checker checker_;
  std::vector<Command> tiles_;
  std::vector<Beat> a_, b_;
  std::vector<ResultBeat> want_;
  std::size_t passes_ = 0;
};

using Block1x1x2 = Config<gemm_block_1x1x2, 1, 1, 2, 1, 2, 2, 24, 1>;
using Block3x5x4 = Config<gemm_block_3x5x4, 3, 5, 4, 2, 8, 4, 64, 5>;
using Block4x2x16 = Config<gemm_block_4x2x16, 4, 2, 16, 4, 8, 3, 56, 1>;
using Block2x2x4 = Config<gemm_block_2x2x4, 2, 2, 4, 8, 8, 5, 96, 2>;
using Block2x3x16Fp32 = Config<gemm_block_2x3x16_fp32, 2, 3, 16, 2, 8, 8, 32, 3>;
using Block3x2x5Fp32 = Config<gemm_block_3x2x5_fp32, 3, 2, 5, 3, 7, 6, 32, 1>;
using BlockNetlist =  // gates, not RTL
    Config<multiply_netlist_2x2x16_c2_exact64, 2, 2, 16, 2, 8, 4, 64, 2>;

#define RH_BLOCKS \
  Block1x1x2, Block3x5x4, Block4x2x16, Block2x2x4, Block2x3x16Fp32, Block3x2x5Fp32, BlockNetlist

TEMPLATE_TEST_CASE("gemm: block products are the contract's, whatever stalls and precision",
                   "[gemm][random][stall]", RH_BLOCKS) {
  for (const int percent : bench::kStalls) {
    GemmBlockBench<TestType> bench(static_cast<std::uint64_t>(4000 + percent), percent);
    for (int round = 0; round < 4; ++round) {
      for (int i = 0; i < 20; ++i) bench.add(bench.random_tile());
      bench.run();
    }
    bench.checker().finish(80);
  }
}

TEMPLATE_TEST_CASE("gemm: block results that nobody takes fill their store, and none is lost",
                   "[gemm][stall]", RH_BLOCKS) {
  GemmBlockBench<TestType> bench(4500, 0, 90);
  for (int i = 0; i < 60; ++i) bench.add({1 + i % 2, TestType::kChunk, TestType::kChunk});
  bench.run();
  bench.checker().finish(60);
}

// Sums so large that results have all their bits.
TEST_CASE("gemm: long block products of the smallest engine", "[gemm][random]") {
  using C = Block1x1x2;
  GemmBlockBench<C> bench(4600, 0);
  for (int i = 0; i < 24; ++i) bench.add_large(6'000 + i * 50);
  bench.run();
  bench.checker().finish(24);
}

TEMPLATE_TEST_CASE("gemm: cycles of block products equal the formula for tiles, steps and passes",
                   "[gemm][exhaustive]", RH_BLOCKS) {
  GemmBlockBench<TestType> bench(5000, 0);
  bench::Checker cycles;
  std::uint64_t runs = 0;
  for (int tiles = 1; tiles <= 5; ++tiles)
    for (const int steps : {1, 2, 3, 5, 8, 19, 40})
      for (int a = TestType::kChunk; a <= TestType::kMagnitude; a += TestType::kChunk)
        for (int b = TestType::kChunk; b <= TestType::kMagnitude; b += TestType::kChunk) {
          for (int i = 0; i < tiles; ++i) bench.add({steps, a, b});
          const std::uint64_t got = bench.run();
          const std::int64_t all = steps * std::int64_t{passes(a, b, TestType::kChunk)};
          cycles.equal(static_cast<std::uint64_t>(TestType::kTiming.cycles(tiles, all)), got,
                       [&](std::ostream& os) {
                         os << tiles << " tiles of " << steps << " steps, " << a << " x " << b
                            << " bits";
                       });
          ++runs;
        }
  cycles.finish(runs);
  bench.checker().finish();
}

TEMPLATE_TEST_CASE("gemm: a reset at any time leaves nothing of a block product behind",
                   "[gemm][random]", RH_BLOCKS) {
  GemmBlockBench<TestType> bench(6000, 25);
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 4; ++i) bench.add(bench.random_tile());
    bench.run(bench.rng()() % 200);
    bench.abandon_tile();
    for (int i = 0; i < 2; ++i) bench.add(bench.random_tile());
    bench.run();
  }
  bench.checker().finish(80);
}

TEST_CASE("gemm: the longest contraction of an accumulator is exact, and no longer one is",
          "[gemm][edge]") {
  using C = Block1x1x2;
  Format f = bfp_format(C::kMagnitude);
  f.exponent_bits = C::kExponent;
  const std::int64_t most = max_terms(C::kAcc, f, f);
  REQUIRE(most == 14'563);  // (2^17 - 1) / 9
  GemmBlockBench<C> bench(7000, 0);
  // 9 * 2^6 a term, over (2^(m - 1))^2 = 4: 144 each. Both are exact in FP32.
  bench.add_largest(most, fp32::pack(false, static_cast<std::uint64_t>(144 * most), 0));
  // One term more passes 2^23, and the sum that is left is 2^24 / 4 below the true one.
  bench.add_largest(most + 1,
                    fp32::pack(true, static_cast<std::uint64_t>((1 << 22) - 144 * (most + 1)), 0));
  bench.run();
  bench.checker().finish(4);
}

// An engine that died before an older one left the thread a context that was gone.
TEST_CASE("gemm: models that live together may die in any order", "[gemm][edge]") {
  for (const bool older_first : {true, false}) {
    auto older = std::make_unique<bench::Clocked<gemm_block_1x1x2>>();
    auto newer = std::make_unique<bench::Clocked<gemm_block_1x1x2>>();
    (older_first ? older : newer).reset();
    auto& left = older_first ? newer : older;
    left->reset();
    CHECK((*left)->result_valid_o == 0);
  }
}

}  // namespace
}  // namespace rh
