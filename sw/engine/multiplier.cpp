#include "engine/multiplier.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <regex>
#include <tuple>

#include "engine/library.hpp"
#include "gemm/gemm.hpp"
#include "gemm/gemm_bfp_fast.hpp"

namespace rh {
namespace {

// What `make build` and `make netlist` build.
constexpr MultiplierShape kBuilt[] = {
    {{16, 16, 16}, 2, Accumulation::Exact, 64},
    {{16, 16, 16}, 2, Accumulation::Fp32, 64},
    {{16, 16, 32}, 2, Accumulation::Fp32, 64},
    {{16, 16, 16}, 4, Accumulation::Exact, 64},
};
constexpr MultiplierShape kNetlist = {{2, 2, 16}, 2, Accumulation::Exact, 64};

// What `run` refuses, in the words of check_product(), as this layer's error.
auto in_words_of_engines(const auto& run) {
  try {
    return run();
  } catch (const std::invalid_argument& error) {
    throw EngineError(error.what());
  }
}
void checked_product(const BfpOperand& a, const BfpOperand& b, const BfpProduct& how) {
  in_words_of_engines([&] { check_product(a, b, how); });
}

void check_lanes(const MultiplierShape& shape) {
  if (shape.array.lanes > kMaxLanes)
    throw EngineError("block product: a cell has at most " + std::to_string(kMaxLanes) +
                      " lanes, this product asks for " + std::to_string(shape.array.lanes));
}

// By the fast kernels: equal to the definition bit for bit, as verif/gemm proves. Its accumulator
// is as wide as a product takes.
class GoldenMultiplier final : public Multiplier {
 public:
  GoldenMultiplier(const MultiplierShape& shape, const MultiplierOptions& options)
      : shape_(shape), options_(options) {}

  std::string name() const override { return "golden"; }
  const MultiplierShape& shape() const override { return shape_; }
  const MultiplierStats& stats() const override { return stats_; }

  std::vector<std::uint32_t> multiply(const BfpOperand& a, const BfpOperand& b) override {
    // A whole product is checked by gemm_bfp_fast(), once; a tile's operands are parts.
    if (options_.tile) check_golden(shape_, a, b);
    const BfpProduct how{shape_.accumulation, shape_.chunk_bits, {}};
    const auto start = std::chrono::steady_clock::now();
    const std::int64_t m = a.lines.lines;
    const std::int64_t n = b.lines.lines;
    std::vector<std::uint32_t> results;
    if (!options_.tile) {
      results = in_words_of_engines([&] { return gemm_bfp_fast(a, b, how); });
    } else {
      results.resize(static_cast<std::size_t>(m * n));
      const auto [row, rows] = range(options_.tile->row, shape_.array.rows, m);
      const auto [col, cols] = range(options_.tile->col, shape_.array.cols, n);
      const BfpLines part_a = part_of(a.lines, row, rows);
      const BfpLines part_b = part_of(b.lines, col, cols);
      const std::vector<std::uint32_t> tile =
          gemm_bfp_fast({a.format, part_a}, {b.format, part_b}, how);
      for (std::int64_t i = 0; i < rows; ++i)
        std::copy_n(tile.begin() + i * cols, cols, results.begin() + (row + i) * n + col);
    }
    stats_.macs += macs_asked_for(shape_.array, options_.tile, m, n, a.lines.length);
    stats_.passes = static_cast<std::uint64_t>(
        passes(integer_bits(a.format), integer_bits(b.format), shape_.chunk_bits));
    stats_.seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return results;
  }

 private:
  // First line and number of lines of a tile, none where the product does not reach.
  static std::pair<std::int64_t, std::int64_t> range(std::int64_t tile, int size,
                                                     std::int64_t lines) {
    const std::int64_t first = std::min(tile * size, lines);
    return {first, std::min<std::int64_t>(size, lines - first)};
  }

  MultiplierShape shape_;
  MultiplierOptions options_;
  MultiplierStats stats_;
};

// Calls found(match) for every file beside the program whose whole name matches. Numbers in it may
// have zeros before them: the name that make_engine() opens has none.
template <class Found>
void for_each_engine_file(const std::string& pattern, Found found) {
  const std::regex regex(pattern);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(engine_path(""), error)) {
    const std::string file = entry.path().filename();
    if (std::smatch match; std::regex_match(file, match, regex)) found(match);
  }
}

constexpr const char* kArrayPattern = "_([0-9]{1,5})x([0-9]{1,5})x([0-9]{1,5})";

ArrayShape array_of(const std::smatch& match) {
  return {std::stoi(match[1]), std::stoi(match[2]), std::stoi(match[3])};
}

auto key(const ArrayShape& shape) {
  return std::make_tuple(shape.rows, shape.cols, shape.lanes);
}
auto key(const MultiplierShape& shape) {
  return std::make_tuple(key(shape.array), shape.chunk_bits, shape.accumulation,
                         shape.accumulator_bits);
}
template <class Shape>
std::vector<Shape> sorted(std::vector<Shape> shapes) {
  std::sort(shapes.begin(), shapes.end(),
            [](const Shape& a, const Shape& b) { return key(a) < key(b); });
  return shapes;
}

}  // namespace

std::string accumulator_name(const MultiplierShape& shape) {
  return std::string(name(shape.accumulation)) +
         (shape.accumulation == Accumulation::Exact ? std::to_string(shape.accumulator_bits) : "");
}

std::string shape_name(const ArrayShape& shape) {
  return std::to_string(shape.rows) + "x" + std::to_string(shape.cols) + "x" +
         std::to_string(shape.lanes);
}

std::string shape_name(const MultiplierShape& shape) {
  return shape_name(shape.array) + "_c" + std::to_string(shape.chunk_bits) + "_" +
         accumulator_name(shape);
}

MultiplierShape default_multiplier_shape(const std::string& engine, const Format& a,
                                         const Format& b,
                                         std::optional<Accumulation> accumulation) {
  const int exponent_bits = std::max(a.exponent_bits, b.exponent_bits);
  const int group = std::max(a.group_size, b.group_size);
  MultiplierShape shape;
  if (engine == "netlist") shape.array = kNetlist.array;
  shape.accumulation =
      accumulation.value_or(exponent_bits <= 5 ? Accumulation::Exact : Accumulation::Fp32);
  if (shape.accumulation == Accumulation::Fp32)
    shape.array.lanes = group <= 16 ? 16 : std::max(group, 32);
  else
    shape.accumulator_bits = exponent_bits <= 4 ? 64 : 96;
  return shape;
}

std::uint64_t product_cycles(const MultiplierShape& shape, std::int64_t m, std::int64_t n,
                             std::int64_t k, int group_size, int passes) {
  const GemmTiming timing = block_timing(shape.array, shape.accumulation == Accumulation::Fp32);
  return static_cast<std::uint64_t>(
      timing.cycles(shape.array.tile_rows(m) * shape.array.tile_cols(n),
                    shape.array.steps(k, group_size) * passes));
}

std::string multiplier_target(const std::string& engine, const MultiplierShape& shape) {
  if (engine == "golden") return "";
  if (engine == "netlist") return "netlist";
  if (std::find(std::begin(kBuilt), std::end(kBuilt), shape) != std::end(kBuilt)) return "";
  return "model ROWS=" + std::to_string(shape.array.rows) +
         " COLS=" + std::to_string(shape.array.cols) +
         " LANES=" + std::to_string(shape.array.lanes) +
         " CHUNK=" + std::to_string(shape.chunk_bits) + " ACCUMULATE=" + accumulator_name(shape);
}

double MultiplierStats::utilization(const ArrayShape& array) const {
  if (cycles == 0) return 0;
  return static_cast<double>(macs) * static_cast<double>(passes) /
         (static_cast<double>(array.cells() * array.lanes) * static_cast<double>(cycles));
}

int max_exponent_bits(const MultiplierShape& shape) {
  if (shape.accumulation == Accumulation::Fp32) return 8;
  return shape.accumulator_bits < 96 ? 4 : 5;
}

void check_shape(const MultiplierShape& shape, const BfpOperand& a, const BfpOperand& b) {
  const auto check_operand = [&](const std::string& which, const Format& format) {
    const auto refuse = [&](const std::string& what, int most, int has) {
      throw EngineError("block product: the array " + shape_name(shape) + " takes at most " +
                        std::to_string(most) + " " + what + "; " + which + " has " +
                        std::to_string(has));
    };
    if (integer_bits(format) > kMaxRtlMagnitudeBits)
      refuse("integer bits", kMaxRtlMagnitudeBits, integer_bits(format));
    if (format.exponent_bits > max_exponent_bits(shape))
      refuse("exponent bits", max_exponent_bits(shape), format.exponent_bits);
  };
  check_lanes(shape);
  check_operand("A", a.format);
  check_operand("B", b.format);
  std::optional<int> accumulator_bits;
  if (shape.accumulation == Accumulation::Exact) accumulator_bits = shape.accumulator_bits;
  checked_product(a, b, {shape.accumulation, shape.chunk_bits, accumulator_bits});
  if (shape.accumulation == Accumulation::Fp32 && a.lines.group_size > shape.array.lanes)
    throw EngineError(
        "block product: fp32 accumulation needs a lane for each value of a group; "
        "groups have " +
        std::to_string(a.lines.group_size) + " values, the array " + shape_name(shape) + " has " +
        std::to_string(shape.array.lanes) + " lanes");
  if (const std::int64_t steps = shape.array.steps(a.lines.length, a.lines.group_size);
      steps > kMaxSteps)
    throw EngineError("K = " + std::to_string(a.lines.length) + " takes " + std::to_string(steps) +
                      " steps; the array counts " + std::to_string(kMaxSteps));
}

void check_golden(const MultiplierShape& shape, const BfpOperand& a, const BfpOperand& b) {
  checked_product(a, b, {shape.accumulation, shape.chunk_bits, {}});
}

BfpLines no_lines(const Format& format, std::int64_t length) {
  return {0, length, format.group_size, 0, {}, {}, {}};
}

BfpLines part_of(const BfpLines& lines, std::int64_t first, std::int64_t count) {
  const auto slice = [&]<class T>(const std::vector<T>& values, std::int64_t per_line) {
    return std::vector<T>(values.begin() + first * per_line,
                          values.begin() + (first + count) * per_line);
  };
  return {count,
          lines.length,
          lines.group_size,
          lines.base,
          slice(lines.codes, lines.length),
          slice(lines.exponents, lines.groups_per_line()),
          slice(lines.flags, lines.groups_per_line())};
}

std::vector<MultiplierShape> built_multipliers(const std::string& engine) {
  std::vector<MultiplierShape> shapes;
  for_each_engine_file(
      "multiply_" + engine + kArrayPattern + "_c([1-9])_(?:fp32|exact([0-9]{1,3}))\\.so",
      [&](const std::smatch& match) {
        MultiplierShape shape{array_of(match), std::stoi(match[4]), Accumulation::Fp32};
        if (match[5].matched) {
          shape.accumulation = Accumulation::Exact;
          shape.accumulator_bits = std::stoi(match[5]);
        }
        if (match.str() == "multiply_" + engine + "_" + shape_name(shape) + ".so")
          shapes.push_back(shape);
      });
  return sorted(std::move(shapes));
}

std::vector<ArrayShape> built_arrays(const std::string& engine) {
  std::vector<ArrayShape> shapes;
  for_each_engine_file(engine + kArrayPattern + "\\.so", [&](const std::smatch& match) {
    const ArrayShape shape = array_of(match);
    if (match.str() == engine + "_" + shape_name(shape) + ".so") shapes.push_back(shape);
  });
  return sorted(std::move(shapes));
}

std::unique_ptr<Multiplier> make_multiplier(const std::string& name, const MultiplierShape& shape,
                                            const MultiplierOptions& options) {
  if (name == "golden") return std::make_unique<GoldenMultiplier>(shape, options);
  if (name != "rtl" && name != "netlist")
    throw EngineError("engine '" + name + "' is unknown; there are golden, rtl and netlist");
  check_lanes(shape);
  const std::filesystem::path path =
      engine_path("multiply_" + name + "_" + shape_name(shape) + ".so");
  if (!std::filesystem::exists(path)) {
    std::string built;
    for (const MultiplierShape& other : built_multipliers(name))
      built += (built.empty() ? "" : ", ") + shape_name(other);
    const std::string target = multiplier_target(name, shape);
    throw EngineError("engine " + name + " is not built for block formats on " + shape_name(shape) +
                      " (" + path.string() + "); built: " + (built.empty() ? "none" : built) +
                      "; type: make " + (target.empty() ? "build" : target) +
                      (name == "netlist" ? " (which builds " + shape_name(kNetlist) + ")" : ""));
  }
  return std::unique_ptr<Multiplier>(
      reinterpret_cast<MakeMultiplier>(engine_symbol(path, kMakeMultiplierSymbol))(shape, options));
}

}  // namespace rh
