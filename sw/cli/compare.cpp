// roundhouse compare: engines on the same input, bit for bit.
#include <iostream>
#include <memory>
#include <optional>

#include "cli/commands.hpp"
#include "cli/mismatch.hpp"
#include "cli/product.hpp"
#include "number/format_text.hpp"

namespace rh::cli {
namespace {

struct Options {
  std::string a;
  std::string b;  // empty: conversion of `a` alone
  std::string patterns;
  FormatChoice format;
  std::string axis = "-1";
  EngineChoice choice;
};

// An engine at a time: the first is what the others must equal.
int compare_blocks(const Options& options, const Common& common, const Format& format) {
  const std::vector<std::string>& names = options.choice.names;
  const std::vector<ConverterOptions> converter_opts = converter_options(options.choice);
  const Product x = load_lines(options.a, options.axis, chosen_patterns(options.patterns));
  const NoiseState noise = noise_seed(common.seed);

  Report report("compare", common);
  report.add("x", x.a.json, x.a.description);
  report.add("format", format_text(format));
  std::string simulated = names[0];
  for (const std::string& name : names)
    if (name != "golden") simulated = name;
  Comparison comparison({{options.a},
                         format_text(format),
                         options.patterns,
                         options.axis,
                         "",
                         simulated == "netlist" ? "" : converter_target(simulated, format),
                         common.seed},
                        names[0], {});
  std::optional<BfpLines> want;
  report["engines"] = Json::array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    ConverterRun run(names[i], format, converter_opts[i], common.quiet);
    BfpLines got =
        run.convert("X", x.a.values, x.a.lines, x.a.length, {.base = {}, .noise = noise});
    report["engines"].push_back(work_json(run.converter()));
    report.line(names[i], work_text(run.converter()));
    if (!want) {
      want = std::move(got);
      add_block_counts(report, format, *want);
      continue;
    }
    comparison.begin(names[i], {});
    comparison.blocks({x.a.values, format, noise}, *want, got);
  }
  comparison.add(report);
  report.add("identical", comparison.mismatches() == 0);
  comparison.print(std::cout);
  report.finish();
  return comparison.mismatches() == 0 ? 0 : 1;
}

int compare(const Options& options, const Common& common) {
  const std::vector<std::string>& names = options.choice.names;
  const bool multiply = !options.b.empty();
  const Format format = chosen_format(options.format);
  if (multiply) check_product_format(format);
  check_outputs(common, {});
  if (names.size() < 2)
    refuse("--engines", "names " + std::to_string(names.size()) + " engine", "two or more compare");
  if (!multiply && !options.choice.tile.empty())
    refuse("--tile", "is given for one tensor", "a product has tiles, a conversion has none");
  if (multiply && options.axis != "-1")
    refuse("--axis", "is given for a product", "it takes the rows of A and the columns of B");
  if (format.is_block()) return compare_blocks(options, common, format);
  const std::vector<EngineOptions> engine_opts = engine_options(options.choice);
  const Patterns patterns = chosen_patterns(options.patterns);
  const Product product = multiply ? load_product(options.a, options.b, patterns)
                                   : load_lines(options.a, options.axis, patterns);
  const Region region = region_of(product, engine_opts[0].shape, engine_opts[0].tile);

  Report report("compare", common);
  add_product(report, product, region);
  Comparison comparison({{options.a, options.b},
                         format_text(format),
                         options.patterns,
                         options.axis,
                         options.choice.array,
                         "",
                         common.seed},
                        names[0], engine_opts[0].shape);
  std::optional<Outcome> want;
  report["engines"] = Json::array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    EngineRun run(names[i], engine_opts[i], common.quiet);
    Outcome got = run_product(run, product);
    const Work work{static_cast<std::uint64_t>(region.elements() * product.k()), run.seconds()};
    report["engines"].push_back(work_json(run.engine(), work));
    report.line(names[i], work_text(run.engine(), work));
    if (!want) {
      want = std::move(got);
      add_counts(report, *want);
      continue;
    }
    comparison.begin(names[i], engine_opts[i].shape);
    if (!product.codes) comparison.lines(multiply ? "A" : "X", product.a.values, want->a, got.a);
    if (!product.codes && multiply) comparison.lines("B", product.b.values, want->b, got.b);
    comparison.results(product, region, *want, got);
  }
  comparison.add(report);
  report.add("identical", comparison.mismatches() == 0);
  comparison.print(std::cout);
  report.finish();
  return comparison.mismatches() == 0 ? 0 : 1;
}

}  // namespace

void add_compare(CLI::App& app, Common& common) {
  CLI::App* sub = app.add_subcommand("compare", "Run engines on the same input, bit for bit");
  const auto options = std::make_shared<Options>();
  sub->add_option("A.npy", options->a, "left operand, as for gemm; alone, a tensor to convert")
      ->required()
      ->type_name(" ");
  sub->add_option("B.npy", options->b, "right operand")->type_name(" ");
  add_format(*sub, options->format);
  add_format_fields(*sub, options->format);
  add_patterns(*sub, options->patterns);
  sub->add_option("--axis", options->axis, "of one tensor: the contraction axis, as for convert")
      ->type_name("N|none")
      ->capture_default_str();
  add_engines(*sub, options->choice);
  add_array(*sub, options->choice);
  add_tile(*sub, options->choice);
  add_common(*sub, common);
  sub->footer(
      "Exits 0 when every code, scale, exponent, flag and result is equal, 1 at a difference.\n"
      "Examples:\n"
      "  roundhouse compare A.npy B.npy --format int8\n"
      "  roundhouse compare A.npy B.npy --format int8 --engines golden,rtl,netlist --json c.json\n"
      "  roundhouse compare X.npy --format int8\n"
      "  roundhouse compare X.npy --format fast4-sr --seed 7 --axis 0\n"
      "  make build TRACE=1 && build/trace/roundhouse compare A.npy B.npy --format int8 \\\n"
      "    --tile 1,0 --trace tile_1_0.fst");
  sub->callback([&common, options] {
    common.run = [&common, options] { return compare(*options, common); };
  });
}

}  // namespace rh::cli
