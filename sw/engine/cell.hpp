// What can run a single cell: the golden model (sw/mac/mac.hpp) or a verilated rh_mac.
//
// An array shows a sum once a tile; here the value of a cell is seen after every vector, so ten
// million vectors take seconds. cell_rtl.so beside the program has every shape below, in the
// structure that is synthesised (Compressor = 1); the arrays of the other engines have FastSim.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.hpp"

namespace rh {

struct CellShape {
  std::string_view name;
  int lanes;
  int magnitude_bits;  // of a code; 0: int8 in two's complement
  int bits;            // of the value
  int exponent_a = 0, exponent_b = 0;
  int max_shift = 0;  // of exact
  bool fp32 = false;
  bool carry_save = false;

  constexpr bool blocks() const { return magnitude_bits > 0; }
  constexpr int width() const { return blocks() ? 1 + magnitude_bits : 8; }
  constexpr int latency() const { return fp32 ? 3 : blocks() || carry_save ? 2 : 1; }
};

// The cells of docs/mac.md, "What it costs".
inline constexpr CellShape kCells[] = {
    {.name = "int8", .lanes = 1, .magnitude_bits = 0, .bits = 32},
    {.name = "int8_cs", .lanes = 1, .magnitude_bits = 0, .bits = 32, .carry_save = true},
    {.name = "int8_16", .lanes = 16, .magnitude_bits = 0, .bits = 32},
    {.name = "m2",
     .lanes = 16,
     .magnitude_bits = 2,
     .bits = 40,
     .exponent_a = 3,
     .exponent_b = 3,
     .max_shift = 14},
    {.name = "m4",
     .lanes = 16,
     .magnitude_bits = 4,
     .bits = 40,
     .exponent_a = 3,
     .exponent_b = 3,
     .max_shift = 14},
    {.name = "m2_fp32",
     .lanes = 16,
     .magnitude_bits = 2,
     .bits = 32,
     .exponent_a = 11,
     .exponent_b = 8,
     .fp32 = true},
};
// The shape of that name, or null.
const CellShape* find_cell(std::string_view name);

// A vector is what a cell gets in one clock: a code of each lane, an exponent of each side,
// restart. The first one of a run restarts.
struct CellVectors {
  std::vector<std::uint16_t> a, b;  // fields, lane after lane: two's complement, or sign over
                                    // magnitude
  std::vector<std::int16_t> exponent_a, exponent_b;  // of blocks; e_a of fp32 is signed
  std::vector<std::uint8_t> restart;

  std::size_t size() const { return restart.size(); }
};

struct CellValues {
  std::vector<std::uint64_t> values;  // after each vector: an integer, sign-extended; FP32 bits
  std::uint64_t not_passed_on = 0;    // operands that the neighbour would not see a clock later
};

class Cell {
 public:
  virtual ~Cell() = default;
  virtual CellValues run(const CellVectors& vectors) = 0;
  virtual std::uint64_t cycles() const = 0;  // 0 in the golden model
};

// `name`: golden or rtl. Throws EngineError naming the make command when the engine is not built.
std::unique_ptr<Cell> make_cell(const std::string& name, const CellShape& shape);

// The file of engine rtl.
inline constexpr const char* kCellFile = "cell_rtl.so";

// The entry point of the shared object.
using MakeCell = Cell* (*)(const CellShape& shape);
inline constexpr const char* kMakeCellSymbol = "rh_make_cell";

}  // namespace rh
