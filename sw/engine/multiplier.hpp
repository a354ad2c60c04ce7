// What can multiply matrices of block formats: one interface, three engines behind it.
//
//   golden   the golden model (sw/gemm/gemm_bfp.hpp), the law
//   rtl      the verilated rh_gemm_bfp
//   netlist  the same, from its synthesised gate netlist
//
// rtl and netlist are shared objects beside the program, one a shape: the same host code
// (multiply_plugin.cpp) around another verilated top. The host lays chunks of codes out as beats,
// streams them tile by tile and collects results; it never adds and never rounds.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "array/array.hpp"
#include "engine/engine.hpp"
#include "gemm/gemm_bfp.hpp"
#include "number/number.hpp"

namespace rh {

// What an array for block formats is built for.
struct MultiplierShape {
  ArrayShape array{16, 16, 16};
  int chunk_bits = 2;
  Accumulation accumulation = Accumulation::Exact;
  int accumulator_bits = 64;  // of exact; 64 takes exponents of up to 4 bits, 96 of up to 5
  bool operator==(const MultiplierShape&) const = default;
};

// "exact64", "exact96" or "fp32".
std::string accumulator_name(const MultiplierShape& shape);

// As file names have them: "16x16x1", "16x16x16_c2_exact64".
std::string shape_name(const ArrayShape& shape);
std::string shape_name(const MultiplierShape& shape);

// The shape that `engine` has for a product of these formats unless asked for another: `exact`
// where both exponents have at most 5 bits and `fp32` otherwise, unless `accumulation` says; 16
// lanes, and for fp32, which needs a lane for each value of a group, 32 for groups of 17 to 32 and
// g beyond. 16 x 16 cells, netlist 2 x 2.
MultiplierShape default_multiplier_shape(const std::string& engine, const Format& a,
                                         const Format& b, std::optional<Accumulation> accumulation);

// Cycles of an m x k by k x n product in groups of `group_size` values, `passes` passes a step,
// when nobody stalls: first tile in to last result out.                       docs/gemm.md (3) to
// (6)
std::uint64_t product_cycles(const MultiplierShape& shape, std::int64_t m, std::int64_t n,
                             std::int64_t k, int group_size, int passes);

// The target of make that builds the engine, for instance
// "model ROWS=8 COLS=8 LANES=16 CHUNK=4 ACCUMULATE=exact64"; empty where `make build` does.
std::string multiplier_target(const std::string& engine, const MultiplierShape& shape);

// Work done since the multiplier was made. Cycles and tiles stay 0 in the golden model.
struct MultiplierStats {
  std::uint64_t macs = 0;    // asked for: M * K * N, or a tile's part; padding not counted
  std::uint64_t passes = 0;  // of the last product                           docs/contract.md (30)
  std::uint64_t tiles = 0;
  std::uint64_t cycles = 0;  // first tile in to last result out
  double seconds = 0;

  // macs * passes / (cells * lanes * cycles), 0 when no cycle ran.
  double utilization(const ArrayShape& array) const;
};

struct MultiplierOptions {
  std::string trace;              // FST file; needs an engine built with TRACE=1
  std::optional<TileIndex> tile;  // multiply only this tile; the rest of the result is zero
  Progress progress;              // in steps of the array
  Stalls stalls{};
};

class Multiplier {
 public:
  virtual ~Multiplier() = default;
  virtual std::string name() const = 0;
  virtual const MultiplierShape& shape() const = 0;

  // FP32 bits of C[m][n] = line m of a times line n of b, row-major. The definition is gemm_bfp().
  // Throws EngineError for operands that have no product in this shape.
  virtual std::vector<std::uint32_t> multiply(const BfpOperand& a, const BfpOperand& b) = 0;

  virtual const MultiplierStats& stats() const = 0;
};

// `name`: golden, rtl or netlist. Throws EngineError naming the missing file and the make command
// that builds it.
std::unique_ptr<Multiplier> make_multiplier(const std::string& name, const MultiplierShape& shape,
                                            const MultiplierOptions& options = {});

// The exponent bits that the accumulator of `shape` has a window for: 4 of 64 bits, 5 of 96; fp32
// takes any.
int max_exponent_bits(const MultiplierShape& shape);

// What no array goes beyond: lanes of a cell, and steps of a tile.             docs/gemm.md
inline constexpr int kMaxLanes = 64;
inline constexpr std::int64_t kMaxSteps = (1 << 24) - 1;

// Throws EngineError unless `shape` can hold the product: the checks of check_product(), E within
// the accumulator's window, at most 8 integer bits, and for fp32 a lane for each value of a
// group. Operands without lines are checked for what their formats, K and groups say.
void check_shape(const MultiplierShape& shape, const BfpOperand& a, const BfpOperand& b);
// The same for the golden model, whose accumulator is as wide as a product takes.
void check_golden(const MultiplierShape& shape, const BfpOperand& a, const BfpOperand& b);

// Stands for lines of `length` values before there are any: what check_shape() asks of them.
BfpLines no_lines(const Format& format, std::int64_t length);

// `count` lines from `first` on.
BfpLines part_of(const BfpLines& lines, std::int64_t first, std::int64_t count);

// Shapes that are built beside the program, of one engine, sorted; read from the file names
// engine/multiply_<engine>_<rows>x<cols>x<lanes>_c<chunk>_<accumulator>.so.
std::vector<MultiplierShape> built_multipliers(const std::string& engine);
std::vector<ArrayShape> built_arrays(const std::string& engine);  // of int8

// The entry point of a multiplier's shared object.
using MakeMultiplier = Multiplier* (*)(const MultiplierShape& shape,
                                       const MultiplierOptions& options);
inline constexpr const char* kMakeMultiplierSymbol = "rh_make_multiplier";

}  // namespace rh
