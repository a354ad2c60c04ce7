// A product A * B as gemm and compare read it: two tensors, checked, as lines along K.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/engines.hpp"
#include "cli/report.hpp"
#include "convert/convert.hpp"
#include "tensor/npy.hpp"

namespace rh::cli {

inline constexpr std::int64_t kMaxResults = std::int64_t{1} << 30;  // elements of a product

// One operand: the rows of A or the columns of B.
struct Operand {
  std::string path;
  std::string description;  // for people, and for the report
  Json json;
  std::int64_t lines = 0;
  std::int64_t length = 0;
  bool is_codes = false;
  std::vector<float> values;       // line-major, when it is to be quantised
  std::vector<std::int8_t> codes;  // line-major, when is_codes
};

struct Product {
  Operand a;
  Operand b;
  bool multiply = true;  // false: only the conversion of `a` is asked for, `b` is empty
  bool codes = false;    // both are |i1: the result is int32

  std::int64_t m() const { return a.lines; }
  std::int64_t k() const { return a.length; }
  std::int64_t n() const { return b.lines; }
};

// Reads and checks both files: matrices, equal K, K within the accumulator's bound, not one of
// codes and one of floats.
Product load_product(const std::string& a, const std::string& b, Patterns patterns);

// Any float tensor as lines along an axis, to be converted and not multiplied.
Product load_lines(const std::string& x, const std::string& axis, Patterns patterns);

// The rows and columns of the result that are asked for: all of it, or one tile.
struct Region {
  std::int64_t row = 0, rows = 0;
  std::int64_t col = 0, cols = 0;
  std::int64_t elements() const { return rows * cols; }
};
// Refuses a tile that the product does not have.
Region region_of(const Product& product, const ArrayShape& shape,
                 const std::optional<TileIndex>& tile);

// What an engine makes of a product: codes and scales (as it made them), results as bits.
struct Outcome {
  Int8Lines a;
  Int8Lines b;
  std::vector<std::uint32_t> results;  // FP32 or int32, row-major M x N
};
Outcome run_product(EngineRun& run, const Product& product);

// What gemm and compare both report.
void add_product(Report& report, const Product& product, const Region& region);
void add_counts(Report& report, const Outcome& outcome);

}  // namespace rh::cli
