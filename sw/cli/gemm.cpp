// roundhouse gemm: (M, K) times (K, N) on one engine.
#include <bit>
#include <memory>

#include "cli/commands.hpp"
#include "cli/product.hpp"

namespace rh::cli {
namespace {

struct Options {
  std::string a;
  std::string b;
  FormatChoice format;
  std::string patterns;
  std::string output;
  EngineChoice choice;
};

template <class T>
OutputFile stage_results(const std::string& path, const Product& product,
                         const std::vector<std::uint32_t>& bits) {
  std::vector<T> values(bits.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::bit_cast<T>(bits[i]);
  return stage_npy<T>(path, std::vector{product.m(), product.n()}, values);
}

int gemm(const Options& options, const Common& common) {
  check_product_format(chosen_format(options.format));
  check_outputs(common, {options.output});
  const EngineOptions engine_opts = engine_options(options.choice)[0];
  const Product product = load_product(options.a, options.b, chosen_patterns(options.patterns));
  EngineRun run(options.choice.names[0], engine_opts, common.quiet);
  const Region region = region_of(product, engine_opts.shape, engine_opts.tile);
  const Outcome outcome = run_product(run, product);

  std::vector<OutputFile> outputs;
  outputs.push_back(product.codes
                        ? stage_results<std::int32_t>(options.output, product, outcome.results)
                        : stage_results<float>(options.output, product, outcome.results));
  Report report("gemm", common);
  add_product(report, product, region);
  add_counts(report, outcome);
  const Work work{static_cast<std::uint64_t>(region.elements() * product.k()), run.seconds()};
  report.add("engine", work_json(run.engine(), work),
             run.engine().name() + ", " + work_text(run.engine(), work));
  report.add("output", options.output);
  report.finish(std::move(outputs));
  return 0;
}

}  // namespace

void add_gemm(CLI::App& app, Common& common) {
  CLI::App* sub = app.add_subcommand("gemm", "Multiply two matrices");
  const auto options = std::make_shared<Options>();
  sub->add_option("A.npy", options->a, "(M, K): floats, quantised per row, or |i1 codes")
      ->required()
      ->type_name(" ");
  sub->add_option("B.npy", options->b, "(K, N): floats, quantised per column, or |i1 codes")
      ->required()
      ->type_name(" ");
  add_format(*sub, options->format);
  sub->add_option("-o,--output", options->output, "(M, N): <f4 from floats, <i4 from codes")
      ->required()
      ->type_name("C.npy");
  add_patterns(*sub, options->patterns);
  add_engine(*sub, options->choice);
  add_array(*sub, options->choice);
  add_tile(*sub, options->choice);
  add_common(*sub, common);
  sub->footer(
      "Examples:\n"
      "  roundhouse gemm A.npy B.npy --format int8 -o C.npy\n"
      "  roundhouse gemm A.npy B.npy --format int8 -o C.npy --engine rtl --json gemm.json\n"
      "  roundhouse gemm Qa.npy Qb.npy --format int8 -o sums.npy --engine netlist --tile 0,0");
  sub->callback(
      [&common, options] { common.run = [&common, options] { return gemm(*options, common); }; });
}

}  // namespace rh::cli
