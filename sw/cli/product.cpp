#include "cli/product.hpp"

#include <algorithm>
#include <bit>

#include "cli/lines.hpp"
#include "gemm/gemm.hpp"

namespace rh::cli {
namespace {

Operand as_operand(const std::string& path, const Tensor& tensor, const Axis& along) {
  Operand operand{path,
                  describe(path, tensor),
                  tensor_json(path, tensor),
                  along.lines(),
                  along.length,
                  tensor.is_codes(),
                  {},
                  {}};
  if (operand.is_codes)
    operand.codes = to_lines(tensor.codes(), along);
  else
    operand.values = to_lines(tensor.values(), along);
  return operand;
}

Operand load_matrix(const std::string& path, std::int64_t axis, Patterns patterns) {
  const Tensor tensor = read_npy(path, patterns);
  if (tensor.shape.size() != 2)
    refuse(path, "shape is " + to_string(tensor.shape), "a product takes matrices: 2 dimensions");
  return as_operand(path, tensor, axis_at(axis, tensor.shape));
}

// An operand that is codes already.
Int8Lines given(const Operand& operand) {
  Int8Lines lines;
  lines.lines = operand.lines;
  lines.length = operand.length;
  lines.codes = operand.codes;
  return lines;
}

template <class T>
std::vector<std::uint32_t> bits_of(const std::vector<T>& values) {
  std::vector<std::uint32_t> bits(values.size());
  std::transform(values.begin(), values.end(), bits.begin(),
                 [](T value) { return std::bit_cast<std::uint32_t>(value); });
  return bits;
}

}  // namespace

Product load_product(const std::string& a, const std::string& b, Patterns patterns) {
  Product product{load_matrix(a, 1, patterns), load_matrix(b, 0, patterns)};
  const Operand& x = product.a;
  const Operand& y = product.b;
  if (x.is_codes != y.is_codes)
    refuse(x.is_codes ? a : b, "holds int8 codes and the other operand floats",
           "both are codes or both are floats");
  product.codes = x.is_codes;
  if (x.length != y.length)
    refuse(a, "K is " + std::to_string(x.length) + " in " + x.description,
           "it must equal K in " + y.description + ", " + std::to_string(y.length));
  const std::int64_t limit = int8_max_terms(x.codes, y.codes);
  if (product.k() > limit)
    refuse(a, "K is " + std::to_string(product.k()),
           "int32 accumulation is exact to " + std::to_string(limit) + " terms" +
               (limit == kInt8MaxTerms ? "" : " when a code is -128"));
  if (product.n() > 0 && product.m() > kMaxResults / product.n())
    refuse(a, "the result is " + to_string(std::vector{product.m(), product.n()}),
           "at most " + std::to_string(kMaxResults) + " elements");
  return product;
}

Product load_lines(const std::string& x, const std::string& axis, Patterns patterns) {
  const Tensor tensor = read_npy(x, patterns);
  if (tensor.is_codes()) refuse(x, "holds int8 codes already", "conversion takes floats");
  Product product{as_operand(x, tensor, find_axis(axis, x, tensor.shape)), {}};
  product.multiply = false;
  return product;
}

Region region_of(const Product& product, const ArrayShape& shape,
                 const std::optional<TileIndex>& tile) {
  if (!tile) return {0, product.m(), 0, product.n()};
  const std::int64_t rows = shape.tile_rows(product.m());
  const std::int64_t cols = shape.tile_cols(product.n());
  if (tile->row >= rows || tile->col >= cols)
    refuse("--tile", "is " + std::to_string(tile->row) + "," + std::to_string(tile->col),
           "the product has " + std::to_string(rows) + " x " + std::to_string(cols) + " tiles of " +
               std::to_string(shape.rows) + " x " + std::to_string(shape.cols));
  const std::int64_t row = tile->row * shape.rows;
  const std::int64_t col = tile->col * shape.cols;
  return {row, std::min<std::int64_t>(shape.rows, product.m() - row), col,
          std::min<std::int64_t>(shape.cols, product.n() - col)};
}

Outcome run_product(EngineRun& run, const Product& product) {
  if (product.codes) {
    Outcome outcome{given(product.a), given(product.b), {}};
    outcome.results = bits_of(run.multiply_int32(outcome.a, outcome.b));
    return outcome;
  }
  const auto convert = [&](const char* what, const Operand& x) {
    return run.convert(what, x.values, x.lines, x.length);
  };
  Outcome outcome{convert(product.multiply ? "A" : "X", product.a), {}, {}};
  if (!product.multiply) return outcome;
  outcome.b = convert("B", product.b);
  outcome.results = bits_of(run.multiply_fp32(outcome.a, outcome.b));
  return outcome;
}

void add_product(Report& report, const Product& product, const Region& region) {
  report.add("format", "int8");
  if (!product.multiply) return report.add("x", product.a.json, product.a.description);
  report.add("a", product.a.json, product.a.description);
  report.add("b", product.b.json, product.b.description);
  const std::string dtype = product.codes ? "<i4" : "<f4";
  report.add("result",
             {{"dtype", dtype}, {"m", product.m()}, {"k", product.k()}, {"n", product.n()}},
             dtype + " " + to_string(std::vector{product.m(), product.n()}) +
                 ", K = " + std::to_string(product.k()));
  if (region.elements() == product.m() * product.n()) return;
  const auto range = [](std::int64_t first, std::int64_t count) {
    return std::to_string(first) + ".." + std::to_string(first + count - 1);
  };
  report.add("tile",
             {{"row", region.row},
              {"rows", region.rows},
              {"column", region.col},
              {"columns", region.cols}},
             "rows " + range(region.row, region.rows) + ", columns " +
                 range(region.col, region.cols) + "; the rest of the result is zero");
}

void add_counts(Report& report, const Outcome& outcome) {
  report.add("clamped", outcome.a.clamped + outcome.b.clamped);
  report.add("lines_with_zero_scale", outcome.a.zero_scale_lines + outcome.b.zero_scale_lines);
  report.add("lines_with_nan", outcome.a.nan_lines + outcome.b.nan_lines);
}

}  // namespace rh::cli
