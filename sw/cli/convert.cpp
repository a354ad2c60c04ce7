// roundhouse convert: quantise a tensor, dequantise it, say how much was lost.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>

#include "cli/commands.hpp"
#include "cli/engines.hpp"
#include "cli/lines.hpp"
#include "cli/report.hpp"
#include "convert/convert.hpp"

namespace rh::cli {
namespace {

struct Options {
  std::string input;
  std::string format;
  std::string axis = "-1";
  std::string output;
  std::string codes;
  std::string scales;
  EngineChoice choice;
};

// Over the elements whose line has no NaN and no infinity.                        docs/cli.md (2)
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

int convert(const Options& options, const Common& common) {
  check_format(options.format);
  check_outputs(common, {options.output, options.codes, options.scales});
  const EngineOptions engine_opts = engine_options(options.choice)[0];
  const Tensor x = read_npy(options.input);
  if (x.is_codes()) refuse(options.input, "holds int8 codes already", "convert takes floats");
  const Axis axis = find_axis(options.axis, options.input, x.shape);

  EngineRun run(options.choice.names[0], engine_opts, common.quiet);
  const Int8Lines lines =
      run.convert(options.input, to_lines(x.values(), axis), axis.lines(), axis.length);
  const std::vector<float> y = from_lines(dequantised(lines), axis);
  const Quality quality = measure(x.values(), y);
  const auto zeros = std::count(lines.codes.begin(), lines.codes.end(), std::int8_t{0});

  std::vector<OutputFile> outputs;
  outputs.push_back(stage_npy<float>(options.output, x.shape, y));
  if (!options.codes.empty())
    outputs.push_back(
        stage_npy<std::int8_t>(options.codes, x.shape, from_lines(lines.codes, axis)));
  if (!options.scales.empty()) {
    std::vector<float> scales(lines.scales.size());
    for (std::size_t i = 0; i < scales.size(); ++i)
      scales[i] = std::bit_cast<float>(lines.scales[i]);
    outputs.push_back(stage_npy<float>(options.scales, scales_shape(x.shape, axis), scales));
  }

  Report report("convert", common);
  report.add("input", tensor_json(options.input, x), describe(options.input, x));
  report.add("format", options.format);
  report.add("axis", axis.index ? Json(*axis.index) : Json("none"));
  report.add("elements", x.values().size());
  report.add("lines", lines.lines);
  report.add("sqnr_db", finite(quality.sqnr_db()), number(quality.sqnr_db()));
  std::string where;
  if (quality.largest_error > 0) {
    const Shape index = index_of(quality.largest_at, x.shape);
    report["largest_error_index"] = index;
    where = " at " + to_string(index);
  }
  report.add("largest_error", quality.largest_error, number(quality.largest_error) + where);
  report.add("clamped", lines.clamped);
  report.add("zero_codes", zeros);
  report.add("lines_with_zero_scale", lines.zero_scale_lines);
  report.add("lines_with_nan", lines.nan_lines);
  const Work work{0, run.seconds()};
  report.add("engine", work_json(run.engine(), work),
             run.engine().name() + ", " + work_text(run.engine(), work));
  report.add("output", options.output);
  report.finish(std::move(outputs));
  return 0;
}

}  // namespace

void add_convert(CLI::App& app, Common& common) {
  CLI::App* sub = app.add_subcommand("convert", "Quantise and dequantise a tensor");
  const auto options = std::make_shared<Options>();
  sub->add_option("X.npy", options->input, "float tensor of any shape")->required()->type_name(" ");
  add_format(*sub, options->format);
  sub->add_option(
         "--axis", options->axis,
         "contraction axis: one scale runs along it; negative counts from the end, none is "
         "one scale for the tensor")
      ->type_name("N|none")
      ->capture_default_str();
  sub->add_option("-o,--output", options->output, "dequantised values, <f4, shape of X")
      ->required()
      ->type_name("Y.npy");
  sub->add_option("--codes", options->codes, "codes, |i1, shape of X")->type_name("Q.npy");
  sub->add_option("--scales", options->scales, "scales, <f4, shape of X with 1 along the axis")
      ->type_name("S.npy");
  add_engine(*sub, options->choice);
  add_array(*sub, options->choice);
  add_common(*sub, common);
  sub->footer(
      "Examples:\n"
      "  roundhouse convert X.npy --format int8 -o Y.npy\n"
      "  roundhouse convert W.npy --format int8 --axis 0 -o Y.npy --codes Q.npy --scales S.npy\n"
      "  roundhouse convert X.npy --format int8 --axis none -o Y.npy --engine rtl --json r.json");
  sub->callback([&common, options] {
    common.run = [&common, options] { return convert(*options, common); };
  });
}

}  // namespace rh::cli
