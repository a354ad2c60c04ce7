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
  // The same where a group of `group` terms, and what is left behind the last, begins a step.
  constexpr std::int64_t steps(std::int64_t k, std::int64_t group) const {
    return k / group * steps(group) + steps(k % group);
  }
  // Tiles of an m x n result, the last row and column of them padded.
  constexpr std::int64_t tile_rows(std::int64_t m) const { return (m + rows - 1) / rows; }
  constexpr std::int64_t tile_cols(std::int64_t n) const { return (n + cols - 1) / cols; }
};

// By how many cycles a result is later than that of the plain int8 cell.       docs/array.md (3)
// Carry-save accumulators of `bits` bits: a register in the cell, and an adder at the foot of a
// column that resolves `stage_bits` bits a cycle.
constexpr int carry_save_cycles(int bits = 32, int stage_bits = 4) {
  return 1 + (bits + stage_bits - 1) / stage_bits;
}
// Cells of block formats: a register behind the dot product, and a second one in front of an FP32
// accumulator.
constexpr int block_cycles(bool fp32) { return fp32 ? 2 : 1; }

// The cycle in which row r of column c leaves, counted from the one in which the last step of its
// tile enters: 3 + late + r + c; late is 0 for plain accumulators.              docs/array.md (3)
constexpr std::int64_t array_result_cycle(int r, int c, int late = 0) {
  assert(r >= 0 && c >= 0 && late >= 0);
  return 3 + late + r + c;
}

}  // namespace rh
