// roundhouse convert: quantise a tensor, dequantise it, say how much was lost.
#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>

#include "chunk/chunk.hpp"
#include "cli/commands.hpp"
#include "cli/engines.hpp"
#include "cli/lines.hpp"
#include "cli/report.hpp"
#include "convert/convert.hpp"
#include "convert/convert_bfp_fast.hpp"
#include "number/format_text.hpp"

namespace rh::cli {
namespace {

struct Options {
  std::string input;
  std::string patterns;
  FormatChoice format;
  std::string axis = "-1";
  std::string output;
  std::string codes;
  std::string scales;     // int8
  std::string exponents;  // block formats
  std::string flags;      // block formats
  EngineChoice choice;
};

// Over the elements whose line or group has no NaN and no infinity. docs/cli.md (2)
struct Quality {
  double signal = 0;
  double noise = 0;
  double largest_error = 0;
  std::size_t largest_at = 0;

  double sqnr_db() const {
    if (signal == 0) return std::numeric_limits<double>::quiet_NaN();
    return 10 * std::log10(signal / noise);
  }
};

Quality measure(const std::vector<float>& x, const std::vector<float>& y) {
  Quality quality;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(y[i])) continue;
    const double value = x[i];
    const double error = std::abs(value - static_cast<double>(y[i]));
    quality.signal += value * value;
    quality.noise += error * error;
    if (error > quality.largest_error) {
      quality.largest_error = error;
      quality.largest_at = i;
    }
  }
  return quality;
}

std::vector<float> dequantised(const Int8Lines& lines) {
  std::vector<float> values(lines.codes.size());
  const auto length = static_cast<std::size_t>(lines.length);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = std::bit_cast<float>(int8_value(lines.codes[i], lines.scales[i / length]));
  return values;
}

// The index of element number `at` in C order.
Shape index_of(std::size_t at, const Shape& shape) {
  Shape index(shape.size());
  auto rest = static_cast<std::int64_t>(at);
  for (std::size_t d = shape.size(); d-- > 0;) {
    index[d] = rest % shape[d];
    rest /= shape[d];
  }
  return index;
}

// The shape of the scales: 1 along the axis, so that codes * scales broadcasts.
Shape scales_shape(const Shape& shape, const Axis& axis) {
  if (!axis.index) return Shape(shape.size(), 1);
  Shape scales = shape;
  scales[static_cast<std::size_t>(*axis.index)] = 1;
  return scales;
}

// The shape of exponents and flags: a group for each started g along the axis. Without an axis the
// tensor is one line, and so are they.
Shape groups_shape(const Shape& shape, const Axis& axis, int group_size) {
  const std::int64_t groups = (axis.length + group_size - 1) / group_size;
  if (!axis.index) return {groups};
  Shape out = shape;
  out[static_cast<std::size_t>(*axis.index)] = groups;
  return out;
}

// Line-major groups in the order of that shape.
std::vector<std::uint8_t> groups_from_lines(const std::vector<std::uint8_t>& groups, Axis axis,
                                            int group_size) {
  axis.length = (axis.length + group_size - 1) / group_size;
  return from_lines(groups, axis);
}

// Codes as the narrowest type that holds them: |i1, <i2, and |u1 for the bits of a minifloat.
OutputFile stage_codes(const std::string& path, const Shape& shape, const Format& format,
                       const std::vector<std::int16_t>& codes) {
  const auto staged = [&]<class T>(T) {
    return stage_npy<T>(path, shape, std::vector<T>(codes.begin(), codes.end()));
  };
  if (format.is_minifloat()) return staged(std::uint8_t{});
  if (format.magnitude_bits <= 7) return staged(std::int8_t{});
  return staged(std::int16_t{});
}

// Bytes of whole groups in memory, the last of a line padded: exponents, then 2-bit chunks with
// their signs, or codes that are not cut.                               docs/chunk.md (4) to (6)
std::size_t stored_bytes(const Format& format, std::size_t groups) {
  ChunkLayout layout{groups, static_cast<std::size_t>(format.group_size), format.exponent_bits,
                     format.magnitude_bits, 2};
  if (format.is_minifloat() || format.encoding == Encoding::TwosComplement)
    layout.chunk_bits = format.magnitude_bits;  // one plane
  return layout.total_bytes();
}

// What an engine made of the tensor: the values, the files, and its lines of the report.
struct Converted {
  std::vector<float> y;
  std::vector<OutputFile> outputs;
  std::function<void(Report&)> counts;
  Json work;
  std::string work_text;
};

Converted convert_lines(const Options& options, const Common& common, const EngineSetup& setup,
                        const Tensor& x, const Axis& axis) {
  EngineRun run(setup, common.quiet);
  const auto lines = std::make_shared<const Int8Lines>(
      run.convert(options.input, to_lines(x.values(), axis), axis.lines(), axis.length));
  Converted out;
  out.y = from_lines(dequantised(*lines), axis);
  if (!options.codes.empty())
    out.outputs.push_back(
        stage_npy<std::int8_t>(options.codes, x.shape, from_lines(lines->codes, axis)));
  if (!options.scales.empty()) {
    std::vector<float> scales(lines->scales.size());
    for (std::size_t i = 0; i < scales.size(); ++i)
      scales[i] = std::bit_cast<float>(lines->scales[i]);
    out.outputs.push_back(stage_npy<float>(options.scales, scales_shape(x.shape, axis), scales));
  }
  out.counts = [lines](Report& report) {
    report.add("clamped", lines->clamped);
    report.add("zero_codes", std::count(lines->codes.begin(), lines->codes.end(), std::int8_t{0}));
    report.add("lines_with_zero_scale", lines->zero_scale_lines);
    report.add("lines_with_nan", lines->nan_lines);
  };
  const Work work = run.work(0);
  out.work = work_json(work);
  out.work_text = work.engine + ", " + work_text(work);
  return out;
}

Converted convert_groups(const Options& options, const Common& common, const EngineSetup& setup,
                         const Tensor& x, const Axis& axis, const Format& format) {
  ConverterRun run(setup.name, format, setup.trace, common.quiet);
  const auto lines = std::make_shared<const BfpLines>(
      run.convert(options.input, to_lines(x.values(), axis), axis.lines(), axis.length,
                  noise_seed(common.seed)));
  Converted out;
  std::vector<float> values(lines->codes.size());
  dequantize_bfp_fast(format, *lines, values);
  out.y = from_lines(values, axis);
  if (!options.codes.empty())
    out.outputs.push_back(
        stage_codes(options.codes, x.shape, format, from_lines(lines->codes, axis)));
  const auto stage_groups = [&](const std::string& path, const std::vector<std::uint8_t>& groups) {
    if (!path.empty())
      out.outputs.push_back(
          stage_npy<std::uint8_t>(path, groups_shape(x.shape, axis, format.group_size),
                                  groups_from_lines(groups, axis, format.group_size)));
  };
  stage_groups(options.exponents, lines->exponents);
  stage_groups(options.flags, lines->flags);
  out.counts = [lines, format](Report& report) {
    add_block_counts(report, format, *lines);
    report.add("logical_bits", format.logical_bits(), number(format.logical_bits()) + " a value");
    report.add("stored_bits", format.stored_bits(), number(format.stored_bits()) + " a value");
    report.add("stored_bytes", stored_bytes(format, lines->flags.size()));
  };
  out.work = work_json(setup.name, run.stats());
  out.work_text = setup.name + ", " + work_text(run.stats());
  return out;
}

// Outputs that a format does not have.
void check_kind(const Options& options, const Format& format) {
  const auto none = [&](const char* option, const std::string& path, const char* limit) {
    if (!path.empty()) refuse(option, "is given for " + format_text(format), limit);
  };
  if (format.is_block()) {
    none("--scales", options.scales, "a block format has exponents: --exponents");
  } else {
    none("--exponents", options.exponents, "int8 has scales: --scales");
    none("--flags", options.flags, "int8 has scales and no groups");
  }
}

int convert(const Options& options, const Common& common) {
  const Format format = chosen_format(options.format);
  check_kind(options, format);
  check_outputs(common,
                {options.output, options.codes, options.scales, options.exponents, options.flags});
  const EngineSetup setup = engine_setups(options.choice, {format, {}})[0];
  const Tensor x = read_npy(options.input, chosen_patterns(options.patterns));
  if (x.is_codes()) refuse(options.input, "holds int8 codes already", "convert takes floats");
  const Axis axis = find_axis(options.axis, options.input, x.shape);

  Converted converted = format.is_block() ? convert_groups(options, common, setup, x, axis, format)
                                          : convert_lines(options, common, setup, x, axis);
  const Quality quality = measure(x.values(), converted.y);
  converted.outputs.push_back(stage_npy<float>(options.output, x.shape, converted.y));

  Report report("convert", common);
  report.add("input", tensor_json(options.input, x), describe(options.input, x));
  report.add("format", format_text(format));
  report.add("axis", axis.index ? Json(*axis.index) : Json("none"));
  report.add("elements", x.values().size());
  report.add("lines", axis.lines());
  report.add("sqnr_db", finite(quality.sqnr_db()), number(quality.sqnr_db()));
  std::string where;
  if (quality.largest_error > 0) {
    const Shape index = index_of(quality.largest_at, x.shape);
    report["largest_error_index"] = index;
    where = " at " + to_string(index);
  }
  report.add("largest_error", finite(quality.largest_error), number(quality.largest_error) + where);
  converted.counts(report);
  report.add("engine", converted.work, converted.work_text);
  report.add("output", options.output);
  report.finish(std::move(converted.outputs));
  return 0;
}

}  // namespace

void add_convert(CLI::App& app, Common& common) {
  CLI::App* sub = app.add_subcommand("convert", "Quantise and dequantise a tensor");
  const auto options = std::make_shared<Options>();
  sub->add_option("X.npy", options->input, "float tensor of any shape")->required()->type_name(" ");
  add_format(*sub, options->format);
  add_format_fields(*sub, options->format);
  add_patterns(*sub, options->patterns);
  sub->add_option(
         "--axis", options->axis,
         "contraction axis: scale or groups run along it; negative counts from the end, none is "
         "one line for the tensor")
      ->type_name("N|none")
      ->capture_default_str();
  sub->add_option("-o,--output", options->output, "dequantised values, <f4, shape of X")
      ->required()
      ->type_name("Y.npy");
  sub->add_option("--codes", options->codes,
                  "codes, shape of X: |i1, <i2 from 8 magnitude bits on, |u1 for minifloats")
      ->type_name("Q.npy");
  sub->add_option("--scales", options->scales,
                  "of int8: scales, <f4, shape of X with 1 along the axis")
      ->type_name("S.npy");
  sub->add_option("--exponents", options->exponents,
                  "of block formats: |u1, shape of X with the number of groups along the axis")
      ->type_name("E.npy");
  sub->add_option("--flags", options->flags,
                  "of block formats: the same with 1 NaN, 2 saturated, 4 underflowed, 8 bumped")
      ->type_name("F.npy");
  add_engine(*sub, options->choice);
  add_array(*sub, options->choice);
  add_trace(*sub, options->choice);
  add_common(*sub, common);
  sub->footer(
      "Examples:\n"
      "  roundhouse convert X.npy --format int8 -o Y.npy\n"
      "  roundhouse convert W.npy --format int8 --axis 0 -o Y.npy --codes Q.npy --scales S.npy\n"
      "  roundhouse convert X.npy --format int8 --axis none -o Y.npy --engine rtl --json r.json\n"
      "  roundhouse convert X.npy --format fast4-sr --seed 7 -o Y.npy --engine rtl\n"
      "  roundhouse convert X.npy --format 'bfp(m=5,g=32,e=4)' --round stochastic -o Y.npy \\\n"
      "    --codes Q.npy --exponents E.npy --flags F.npy\n"
      "  roundhouse convert H.npy --input bf16 --format mxfp4 -o Y.npy");
  sub->callback([&common, options] {
    common.run = [&common, options] { return convert(*options, common); };
  });
}

}  // namespace rh::cli
