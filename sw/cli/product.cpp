#include "cli/product.hpp"

#include <algorithm>
#include <bit>

#include "cli/lines.hpp"
#include "gemm/gemm.hpp"
#include "number/format_text.hpp"

namespace rh::cli {
namespace {

// A tensor as lines along an axis.
Operand as_operand(const std::string& name, const std::string& path, const Tensor& tensor,
                   const Axis& along) {
  Operand operand;
  operand.name = name;
  operand.path = path;
  operand.description = describe(path, tensor);
  operand.json = tensor_json(path, tensor);
  operand.lines = along.lines();
  operand.length = along.length;
  operand.is_codes = tensor.is_codes();
  if (operand.is_codes)
    operand.codes = to_lines(tensor.codes(), along);
  else
    operand.values = to_lines(tensor.values(), along);
  return operand;
}

// A matrix whose lines run along `axis`, or along the other one of a transposed file.
Operand load_matrix(const std::string& name, const std::string& path, std::int64_t axis,
                    bool transposed, Patterns patterns) {
  const Tensor tensor = read_npy(path, patterns);
  if (tensor.shape.size() != 2)
    refuse(path, "shape is " + to_string(tensor.shape), "a product takes matrices: 2 dimensions");
  Operand operand =
      as_operand(name, path, tensor, axis_at(transposed ? 1 - axis : axis, tensor.shape));
  operand.json["transposed"] = transposed;
  if (transposed) operand.description += " transposed";
  return operand;
}

Operand load_tensor(const std::string& path, const std::string& axis, Patterns patterns) {
  const Tensor tensor = read_npy(path, patterns);
  if (tensor.is_codes()) refuse(path, "holds int8 codes already", "conversion takes floats");
  return as_operand("X", path, tensor, find_axis(axis, path, tensor.shape));
}

// Refuses operands that have no product, whatever the engine.
void check_operands(const Operand& a, const Operand& b, const Formats& formats) {
  for (const Operand* operand : {&a, &b})
    if (formats.blocks() && operand->is_codes)
      refuse(operand->path, "holds int8 codes", "a product of block formats takes floats");
  if (a.is_codes != b.is_codes)
    refuse(a.is_codes ? a.path : b.path, "holds int8 codes and the other operand floats",
           "both are codes or both are floats");
  if (a.length != b.length)
    refuse(a.path, "K is " + std::to_string(a.length) + " in " + a.description,
           "it must equal K in " + b.description + ", " + std::to_string(b.length));
  const std::int64_t limit = int8_max_terms(a.codes, b.codes);
  if (!formats.blocks() && a.length > limit)
    refuse(a.path, "K is " + std::to_string(a.length),
           "int32 accumulation is exact to " + std::to_string(limit) + " terms" +
               (limit == kInt8MaxTerms ? "" : " when a code is -128"));
  if (b.lines > 0 && a.lines > kMaxResults / b.lines)
    refuse(a.path, "the result is " + to_string(std::vector{a.lines, b.lines}),
           "at most " + std::to_string(kMaxResults) + " elements");
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

Outcome run_int8(const EngineSetup& setup, const Product& product, std::uint64_t macs, bool quiet) {
  EngineRun run(setup, quiet);
  const auto lines = [&](const Operand& x) {
    return product.codes ? given(x) : run.convert(x.name, x.values, x.lines, x.length);
  };
  Int8Lines a = lines(product.a);
  Int8Lines b;
  std::vector<std::uint32_t> results;
  if (product.multiply) {
    b = lines(product.b);
    results = product.codes ? bits_of(run.multiply_int32(a, b)) : bits_of(run.multiply_fp32(a, b));
  }
  const Work work = run.work(macs);
  return {std::move(a), std::move(b), std::move(results), work_json(work), work_text(work)};
}

Outcome run_blocks(const EngineSetup& setup, const Product& product, std::uint64_t macs,
                   bool quiet) {
  std::optional<MultiplierRun> run;  // before any work: a missing one is soon said
  if (product.multiply) run.emplace(setup, quiet);
  Work work{setup.name, array_json(setup.shape), shape_name(setup.shape)};
  ConverterStats alone;
  const auto convert = [&](const Operand& x) {
    ConverterRun converter(setup.name, x.format, product.multiply ? "" : setup.trace, quiet);
    BfpLines lines = converter.convert(x.name, x.values, x.lines, x.length, x.noise);
    alone = converter.stats();
    work.convert_cycles += alone.cycles;
    work.convert_seconds += alone.seconds;
    return lines;
  };
  BfpLines a = convert(product.a);
  if (!run) return {std::move(a), BfpLines{}, {}, work_json(setup.name, alone), work_text(alone)};
  BfpLines b = convert(product.b);
  std::vector<std::uint32_t> results = run->multiply({product.a.format, a}, {product.b.format, b});
  const MultiplierStats& stats = run->stats();
  work.multiply_cycles = stats.cycles;
  work.multiply_seconds = stats.seconds;
  work.seconds = work.convert_seconds + work.multiply_seconds;
  work.utilization = stats.utilization(setup.shape.array);
  work.tiles = stats.tiles;
  work.macs = macs;
  return {std::move(a), std::move(b), std::move(results), work_json(work), work_text(work)};
}

// How the product of block formats is accumulated.
void report_accumulation(Report& report, const Product& product, const MultiplierShape& shape) {
  const Format& a = product.a.format;
  const Format& b = product.b.format;
  report.add("chunk_bits", shape.chunk_bits);
  report.add("passes", passes(integer_bits(a), integer_bits(b), shape.chunk_bits));
  report["accumulation"] = name(shape.accumulation);
  std::string text(name(shape.accumulation));
  if (shape.accumulation == Accumulation::Exact) {
    const int needed = accumulator_bits(a, b, product.k());
    report["accumulator_bits_needed"] = needed;
    text += ", K = " + std::to_string(product.k()) + " takes " + std::to_string(needed) + " bits";
    if (std::max(a.exponent_bits, b.exponent_bits) <= max_exponent_bits(shape)) {
      const std::int64_t most = max_terms(shape.accumulator_bits, a, b);
      report["accumulator_bits"] = shape.accumulator_bits;
      report["max_k"] = most;
      text += ", an array's " + std::to_string(shape.accumulator_bits) +
              " bits hold K = " + std::to_string(most);
    }
  }
  report.line("accumulation", text);
}

}  // namespace

void add_product(CLI::App& sub, ProductChoice& choice) {
  add_format(sub, choice.format)->required(false);
  sub.add_option("--format-a", choice.format_a, "of A, over --format")->type_name("NAME");
  sub.add_option("--format-b", choice.format_b, "of B, over --format; the group sizes must agree")
      ->type_name("NAME");
  add_format_fields(sub, choice.format);
  add_patterns(sub, choice.patterns);
  sub.add_flag("--transpose-a", choice.transpose_a, "the file of A holds its transpose, (K, M)");
  sub.add_flag("--transpose-b", choice.transpose_b, "the file of B holds its transpose, (N, K)");
  add_array(sub, choice.engines);
  add_multiplier(sub, choice.engines);
  add_tile(sub, choice.engines);
  add_trace(sub, choice.engines);
}

std::string not_empty(const std::string& path) {
  return path.empty() ? "the name is empty; give the path of a .npy file" : "";
}

Formats chosen_formats(const ProductChoice& choice) {
  const auto chosen = [&](const char* option, const std::string& text) {
    FormatChoice side = choice.format;
    if (!text.empty()) side.text = text;
    if (side.text.empty())
      refuse("--format", "is not given",
             std::string("it is of both operands, ") + option + " of one");
    return chosen_format(side);
  };
  if (!choice.multiply()) {
    const auto none = [](const char* option, bool given) {
      if (given) refuse(option, "is given for one tensor", "a product has A and B");
    };
    none("--format-a", !choice.format_a.empty());
    none("--format-b", !choice.format_b.empty());
    none("--transpose-a", choice.transpose_a);
    none("--transpose-b", choice.transpose_b);
    return {chosen("--format", ""), {}};
  }
  if (choice.axis != "-1")
    refuse("--axis", "is given for a product", "it takes the rows of A and the columns of B");
  const Formats formats{chosen("--format-a", choice.format_a),
                        chosen("--format-b", choice.format_b)};
  if (formats.a.is_block() != formats.b->is_block())
    refuse(choice.format_b.empty() ? "--format-a" : "--format-b",
           "makes a product of " + format_text(formats.a) + " and " + format_text(*formats.b),
           "int8 multiplies with int8 alone");
  return formats;
}

Product load_product(const ProductChoice& choice, const Formats& formats, std::uint64_t seed) {
  const Patterns patterns = chosen_patterns(choice.patterns);
  Product product;
  product.multiply = choice.multiply();
  if (product.multiply) {
    product.a = load_matrix("A", choice.a, 1, choice.transpose_a, patterns);
    product.b = load_matrix("B", choice.b, 0, choice.transpose_b, patterns);
    check_operands(product.a, product.b, formats);
    product.codes = product.a.is_codes;
    product.b.format = *formats.b;
    product.b.noise = noise_seed(seed, 1);
  } else {
    product.a = load_tensor(choice.a, choice.axis, patterns);
  }
  product.a.format = formats.a;
  product.a.noise = noise_seed(seed, 0);
  return product;
}

void check_engine(const EngineSetup& setup, const Product& product) {
  if (!product.multiply || !product.blocks()) return;
  const BfpLines a = no_lines(product.a.format, product.a.length);
  const BfpLines b = no_lines(product.b.format, product.b.length);
  const BfpOperand of_a{product.a.format, a};
  const BfpOperand of_b{product.b.format, b};
  if (setup.name == "golden")
    check_golden(setup.shape, of_a, of_b);
  else
    check_shape(setup.shape, of_a, of_b);
}

Region region_of(const Product& product, const EngineSetup& setup) {
  if (!setup.tile) return {0, product.m(), 0, product.n()};
  const ArrayShape& shape = setup.shape.array;
  const std::int64_t rows = shape.tile_rows(product.m());
  const std::int64_t cols = shape.tile_cols(product.n());
  if (setup.tile->row >= rows || setup.tile->col >= cols)
    refuse("--tile",
           "is " + std::to_string(setup.tile->row) + "," + std::to_string(setup.tile->col),
           "the product has " + std::to_string(rows) + " x " + std::to_string(cols) + " tiles of " +
               std::to_string(shape.rows) + " x " + std::to_string(shape.cols));
  const std::int64_t row = setup.tile->row * shape.rows;
  const std::int64_t col = setup.tile->col * shape.cols;
  return {row, std::min<std::int64_t>(shape.rows, product.m() - row), col,
          std::min<std::int64_t>(shape.cols, product.n() - col)};
}

Outcome run_product(const EngineSetup& setup, const Product& product, const Region& region,
                    bool quiet) {
  const auto macs = static_cast<std::uint64_t>(region.elements() * product.k());
  return product.blocks() ? run_blocks(setup, product, macs, quiet)
                          : run_int8(setup, product, macs, quiet);
}

void report_product(Report& report, const Product& product, const Region& region,
                    const EngineSetup& setup) {
  if (!product.multiply) {
    report.add("x", product.a.json, product.a.description);
    return report.add("format", format_text(product.a.format));
  }
  report.add("a", product.a.json, product.a.description);
  report.add("b", product.b.json, product.b.description);
  if (product.blocks()) {
    report.add("format_a", format_text(product.a.format));
    report.add("format_b", format_text(product.b.format));
  } else {
    report.add("format", "int8");
  }
  const std::string dtype = product.codes ? "<i4" : "<f4";
  report.add("result",
             {{"dtype", dtype}, {"m", product.m()}, {"k", product.k()}, {"n", product.n()}},
             dtype + " " + to_string(std::vector{product.m(), product.n()}) +
                 ", K = " + std::to_string(product.k()));
  if (product.blocks()) report_accumulation(report, product, setup.shape);
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

void report_counts(Report& report, const Product& product, const Outcome& outcome) {
  if (!product.blocks()) {
    const auto& a = std::get<Int8Lines>(outcome.a);
    const auto& b = std::get<Int8Lines>(outcome.b);
    report.add("clamped", a.clamped + b.clamped);
    report.add("lines_with_zero_scale", a.zero_scale_lines + b.zero_scale_lines);
    report.add("lines_with_nan", a.nan_lines + b.nan_lines);
    return;
  }
  if (!product.multiply)
    return add_block_counts(report, product.a.format, std::get<BfpLines>(outcome.a));
  const auto add = [&](const char* key, const Operand& x, const Lines& lines) {
    const Json counts = block_counts(x.format, std::get<BfpLines>(lines));
    std::string text;
    for (const auto& [name, count] : counts.items())
      text += (text.empty() ? "" : ", ") + label(name) + " " + count.dump();
    report.add(key, counts, text);
  };
  add("converted_a", product.a, outcome.a);
  add("converted_b", product.b, outcome.b);
}

}  // namespace rh::cli
