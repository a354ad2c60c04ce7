// TEST RATIONALE. Arrays of block cells. Cells are proven by their own test; what the array adds is
// that exponents travel with their codes, that packed words are made at the edge for the right
// side, and that results leave one cycle later (two with Fp32). So every instance (1 x 1 to 4 x 2,
// exact and FP32, codes as they are and packed, 2 to 16 lanes) gets random tiles back to back, with
// bubbles at 0/25/50/90 % and resets at random times; each tile draws its own precision, 1 to 8
// magnitude bits of either side, whose chunks enter in passes with their offsets in A's exponent.
// Every result is compared with the cycle that docs/array.md (3) names and with a sum: exact, of
// the dot products of whole codes, which knows of no chunks; FP32, in the order of
// docs/contract.md (32). What stands on the ports of a bubble is random.
// Mutants this kills: results taken without the cell's latency, or with Fp32 one cycle early; b's
// words packed like a's, packed exponents of row 0 for all or of no column; B without its skew; a
// bubble that enters or holds the last beat; no restart out of reset.
#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "array/array.hpp"
#include "array_1x1_m1l2/array_1x1_m1l2.h"
#include "array_2x1_m4l5_fast/array_2x1_m4l5_fast.h"
#include "array_2x3_m2l16_fp32/array_2x3_m2l16_fp32.h"
#include "array_2x5_m2l16_fast/array_2x5_m2l16_fast.h"
#include "array_3x2_m2l16/array_3x2_m2l16.h"
#include "array_4x2_m4l3_fp32_fast/array_4x2_m4l3_fp32_fast.h"
#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"
#include "bench/stream.hpp"
#include "chunk/chunk.hpp"
#include "mac/mac.hpp"

namespace rh {
namespace {

struct Shape {
  int rows, cols, lanes;
  int chunk_bits;
  int acc;                     // bits of a result
  int exponent_a, exponent_b;  // bits of an operand's exponent
  int group_exponent;          // bits of a group's; the rest is for the offsets of chunks
  bool fp32 = false;
};

struct Stimulus {
  int tiles;
  int max_groups = 6;
  int bubble_percent = 0;
  int reset_percent = 0;  // chance of a reset before a beat
  int bits = 0;           // magnitude bits of codes, 0: drawn for each tile
  bool largest = false;   // codes and exponents
};

template <class Model, Shape kShape>
class BlockArrayBench {
 public:
  explicit BlockArrayBench(std::uint64_t salt) : rng_(bench::rng(salt)), top_(bench::wave_file()) {
    top_->in_valid_i = 0;
    top_.reset();
  }

  void run(const Stimulus& stimulus) {
    for (int tile = 0; tile < stimulus.tiles; ++tile) send_tile(stimulus);
    for (int i = 0; i < kShape.rows + kShape.cols + 6; ++i) cycle();
    checker_.equal(std::size_t{0}, expected_.size(),
                   [](std::ostream& os) { os << "results that never came"; });
    top_.check();
  }
  const bench::Checker& checker() const { return checker_; }

 private:
  using Codes = std::array<std::int16_t, kShape.lanes>;
  struct Group {
    Codes codes;
    int exponent;
  };
  static constexpr int kCodeW = 1 + kShape.chunk_bits;
  static constexpr int kCodesW = kShape.lanes * kCodeW;

  bool chance(int percent) { return static_cast<int>(rng_() % 100) < percent; }
  int below(int n) { return static_cast<int>(rng_() % static_cast<unsigned>(n)); }

  Group random_group(int bits, bool largest) {
    Group group;
    const int max = (1 << bits) - 1;
    const bool sparse = rng_() % 4 == 0;
    for (std::int16_t& code : group.codes) {
      const int magnitude = largest ? max : sparse && rng_() % 4 != 0 ? 0 : below(max + 1);
      code = static_cast<std::int16_t>(rng_() % 2 != 0 ? -magnitude : magnitude);
    }
    const int exponents = 1 << kShape.group_exponent;
    const bool near = exponents > 64 && rng_() % 2 != 0;  // sums to which several groups add
    group.exponent = largest ? exponents - 1 : near ? 64 + below(32) : below(exponents);
    return group;
  }

  static Codes chunk_of(const Codes& codes, int i) {
    Codes part;
    for (std::size_t k = 0; k < kShape.lanes; ++k)
      part[k] = static_cast<std::int16_t>(chunk(codes[k], i, kShape.chunk_bits));
    return part;
  }

  template <class Port>
  static void put_bits(Port& port, int at, int width, std::uint64_t value) {
    auto* bytes = reinterpret_cast<unsigned char*>(&port);
    for (int i = 0; i < width; ++i) {
      const unsigned bit = 1u << (at + i) % 8;
      unsigned char& byte = bytes[(at + i) / 8];
      byte = static_cast<unsigned char>((byte & ~bit) | ((value >> i & 1) != 0 ? bit : 0));
    }
  }

  // Chunk `part` of every group at the port of its side, exponents above the codes.
  template <class Port, std::size_t kLines>
  static void drive(Port& port, const std::array<Group, kLines>& groups, int part, int add,
                    int exponent_bits) {
    for (std::size_t line = 0; line < kLines; ++line) {
      const int at = static_cast<int>(line) * (kCodesW + exponent_bits);
      for (int k = 0; k < kShape.lanes; ++k)
        put_bits(
            port, at + k * kCodeW, kCodeW,
            chunk_field(groups[line].codes[static_cast<std::size_t>(k)], part, kShape.chunk_bits));
      put_bits(port, at + kCodesW, exponent_bits,
               static_cast<std::uint64_t>(std::int64_t{groups[line].exponent + add}));
    }
  }

  void send_tile(const Stimulus& stimulus) {
    // FP32 exponents have a unit, as in docs/contract.md (32), sometimes out of all range.
    constexpr int kUnits[] = {-14, -14, -140, -160, 100, 120, -500, 600};
    const int unit = kShape.fp32 ? kUnits[rng_() % 8] : 0;
    const int bits_a = stimulus.bits != 0 ? stimulus.bits : 1 + below(8);
    const int bits_b = stimulus.bits != 0 ? stimulus.bits : 1 + below(8);
    const int chunks_a = chunk_count(bits_a, kShape.chunk_bits);
    const int chunks_b = chunk_count(bits_b, kShape.chunk_bits);
    const int groups = 1 + below(stimulus.max_groups);
    std::vector<std::int64_t> value(kShape.rows * kShape.cols);  // row-major
    for (int group = 0; group < groups; ++group) {
      std::array<Group, kShape.rows> a;
      std::array<Group, kShape.cols> b;
      for (Group& x : a) x = random_group(bits_a, stimulus.largest);
      for (Group& x : b) x = random_group(bits_b, stimulus.largest);
      for (std::size_t r = 0; r < kShape.rows; ++r)
        for (std::size_t c = 0; c < kShape.cols; ++c) {
          std::int64_t& sum = value[r * kShape.cols + c];
          sum = kShape.fp32 ? add_fp32(sum, a[r], b[c], chunks_a, chunks_b, unit)
                            : mac_exact(sum, false, a[r].codes, b[c].codes, 8,
                                        a[r].exponent + b[c].exponent, kShape.acc);
        }
      for (int i = 0; i < chunks_a; ++i)
        for (int j = 0; j < chunks_b; ++j) {
          while (chance(stimulus.bubble_percent)) bubble();
          if (chance(stimulus.reset_percent)) return reset();
          const bool last = group == groups - 1 && i == chunks_a - 1 && j == chunks_b - 1;
          while (last && top_.cycles() - last_end_ < kShape.rows) bubble();
          drive(top_->in_a_i, a, i, unit + kShape.chunk_bits * (i + j), kShape.exponent_a);
          drive(top_->in_b_i, b, j, 0, kShape.exponent_b);
          top_->in_valid_i = 1;
          top_->in_last_i = last;
          if (last) expect(value);
          cycle();
          top_->in_valid_i = 0;
        }
    }
  }

  static std::int64_t add_fp32(std::int64_t sum, const Group& a, const Group& b, int chunks_a,
                               int chunks_b, int unit) {
    auto bits = static_cast<std::uint32_t>(sum);
    for (int i = 0; i < chunks_a; ++i)
      for (int j = 0; j < chunks_b; ++j)
        bits = mac_fp32(bits, false, chunk_of(a.codes, i), chunk_of(b.codes, j), kShape.chunk_bits,
                        unit + a.exponent + b.exponent + kShape.chunk_bits * (i + j));
    return bits;
  }

  void expect(const std::vector<std::int64_t>& value) {
    constexpr std::uint64_t kMask = ~std::uint64_t{0} >> (64 - kShape.acc);
    for (int r = 0; r < kShape.rows; ++r)
      for (int c = 0; c < kShape.cols; ++c) {
        const auto wait =
            static_cast<std::uint64_t>(array_result_cycle(r, c, block_cycles(kShape.fp32)));
        const std::int64_t sum = value[static_cast<std::size_t>(r * kShape.cols + c)];
        expected_[{top_.cycles() + wait, c}] = static_cast<std::uint64_t>(sum) & kMask;
      }
    last_end_ = top_.cycles();
  }

  // What stands on the ports of a bubble must not matter.
  void bubble() {
    draw_ports();
    cycle();
  }

  void draw_ports() {
    std::array<std::uint32_t, sizeof(top_->in_a_i) / 4 + 1> noise;
    for (std::uint32_t& word : noise) word = static_cast<std::uint32_t>(rng_());
    const int used = kShape.rows * (kCodesW + kShape.exponent_a);
    for (int bit = 0; bit < used; ++bit)
      put_bits(top_->in_a_i, bit, 1, noise[static_cast<std::size_t>(bit / 32)] >> bit % 32);
    top_->in_last_i = rng_() % 2;
  }

  // One cycle or two; a beat offered meanwhile counts for nothing.
  void reset() {
    top_->rst_ni = 0;
    for (auto left = 1 + rng_() % 2; left > 0; --left) {
      draw_ports();
      top_->in_valid_i = rng_() % 2;
      top_.edge();
    }
    top_->rst_ni = 1;
    top_->in_valid_i = 0;
    top_.settle();
    expected_.clear();
    last_end_ = top_.cycles() - kShape.rows;
  }

  // Element c of a flat port.
  template <class Port>
  static std::uint64_t element(const Port& port, int c) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(&port);
    std::uint64_t value = 0;
    for (int i = 0; i < kShape.acc; ++i) {
      const int bit = c * kShape.acc + i;
      value |= static_cast<std::uint64_t>(bytes[bit / 8] >> bit % 8 & 1) << i;
    }
    return value;
  }

  void cycle() {
    top_.settle();
    for (int c = 0; c < kShape.cols; ++c) {
      const auto want = expected_.find({top_.cycles(), c});
      const bool valid = (top_->result_valid_o >> c & 1) != 0;
      const auto describe = [&](std::ostream& os) {
        os << kShape.rows << "x" << kShape.cols << "x" << kShape.lanes << " chunks of "
           << kShape.chunk_bits << (kShape.fp32 ? " fp32" : " exact") << " column " << c
           << " cycle " << top_.cycles();
      };
      if (!checker_.equal(want != expected_.end(), valid, describe) || !valid) continue;
      checker_.equal(want->second, element(top_->result_o, c), describe);
      expected_.erase(want);
    }
    top_.edge();
  }

  std::mt19937_64 rng_;
  bench::Clocked<Model> top_;
  bench::Checker checker_;
  std::map<std::pair<std::uint64_t, int>, std::uint64_t> expected_;  // by cycle and column
  std::uint64_t last_end_ = 0;  // the cycle of the last in_last_i; reset takes some
};

// Runs `stimulus` on every instance.
void on_every_array(const Stimulus& stimulus, std::uint64_t salt) {
  const auto run = [&](auto&& array) {
    array.run(stimulus);
    array.checker().finish(static_cast<std::uint64_t>(stimulus.tiles));
  };
  run(BlockArrayBench<array_1x1_m1l2, Shape{1, 1, 2, 1, 24, 4, 1, 1}>(salt));
  run(BlockArrayBench<array_3x2_m2l16, Shape{3, 2, 16, 2, 40, 5, 3, 3}>(salt));
  run(BlockArrayBench<array_2x5_m2l16_fast, Shape{2, 5, 16, 2, 40, 5, 3, 3}>(salt));
  run(BlockArrayBench<array_2x1_m4l5_fast, Shape{2, 1, 5, 4, 56, 5, 4, 4}>(salt));
  run(BlockArrayBench<array_2x3_m2l16_fp32, Shape{2, 3, 16, 2, 32, 11, 8, 8, true}>(salt));
  run(BlockArrayBench<array_4x2_m4l3_fp32_fast, Shape{4, 2, 3, 4, 32, 11, 8, 8, true}>(salt));
}

TEST_CASE("array: block tiles of any precision come out in the cycle the formula names",
          "[array][random][stall]") {
  for (const int percent : bench::kStalls)
    on_every_array({.tiles = 60, .bubble_percent = percent}, static_cast<std::uint64_t>(percent));
}

TEST_CASE("array: block tiles of one beat follow each other without a gap", "[array][random]") {
  on_every_array({.tiles = 200, .max_groups = 1, .bits = 1}, 1000);
}

TEST_CASE("array: block tiles of the largest codes and exponents", "[array][edge]") {
  for (const int bits : {1, 4, 8})
    on_every_array({.tiles = 10, .max_groups = 20, .bits = bits, .largest = true}, 1001);
}

TEST_CASE("array: a reset at any time leaves nothing of a block tile behind", "[array][random]") {
  on_every_array({.tiles = 100, .bubble_percent = 10, .reset_percent = 3}, 1002);
}

}  // namespace
}  // namespace rh
