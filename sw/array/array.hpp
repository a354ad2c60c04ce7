// Golden model of rtl/array/rh_array.sv: what it computes is sw/mac, cell by cell; this is when.
// Written from docs/array.md, not from the RTL.
#pragma once
#include <cassert>
#include <cstdint>

namespace rh {

struct ArrayShape {
  int rows = 16;
  int cols = 16;
  int lanes = 1;  // products a cell adds in one cycle
  bool operator==(const ArrayShape&) const = default;

  constexpr int cells() const { return rows * cols; }
  // Steps of a contraction of k terms: a step takes `lanes` of them, the last one padded.
  constexpr std::int64_t steps(std::int64_t k) const { return (k + lanes - 1) / lanes; }
  // Tiles of an m x n result, the last row and column of them padded.
  constexpr std::int64_t tile_rows(std::int64_t m) const { return (m + rows - 1) / rows; }
  constexpr std::int64_t tile_cols(std::int64_t n) const { return (n + cols - 1) / cols; }
};

// What carry-save accumulators of `bits` bits add to the latency: a register in the cell, and an
// adder at the foot of a column that resolves `stage_bits` bits a cycle.         docs/array.md (3)
constexpr int carry_save_cycles(int bits = 32, int stage_bits = 4) {
  return 1 + (bits + stage_bits - 1) / stage_bits;
}

// The cycle in which row r of column c leaves, counted from the one in which the last step of its
// tile enters: 3 + carry_save + r + c; carry_save is 0 for plain accumulators.   docs/array.md (3)
constexpr std::int64_t array_result_cycle(int r, int c, int carry_save = 0) {
  assert(r >= 0 && c >= 0 && carry_save >= 0);
  return 3 + carry_save + r + c;
}

}  // namespace rh
