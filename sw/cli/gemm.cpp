// roundhouse gemm: (M, K) times (K, N) on one engine.
#include <bit>
#include <memory>

#include "cli/commands.hpp"
#include "cli/product.hpp"

namespace rh::cli {
namespace {

struct Options {
  ProductChoice product;
  std::string output;
};

template <class T>
OutputFile stage_results(const std::string& path, const Product& product,
                         const std::vector<std::uint32_t>& bits) {
  std::vector<T> values(bits.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::bit_cast<T>(bits[i]);
  return stage_npy<T>(path, std::vector{product.m(), product.n()}, values);
}

int gemm(const Options& options, const Common& common) {
  const Formats formats = chosen_formats(options.product);
  check_outputs(common, {options.output});
  const EngineSetup setup = engine_setups(options.product.engines, formats)[0];
  const Product product = load_product(options.product, formats, common.seed);
  check_engine(setup, product);
  const Region region = region_of(product, setup);
  const Outcome outcome = run_product(setup, product, region, common.quiet);

  std::vector<OutputFile> outputs;
  outputs.push_back(product.codes
                        ? stage_results<std::int32_t>(options.output, product, outcome.results)
                        : stage_results<float>(options.output, product, outcome.results));
  Report report("gemm", common);
  report_product(report, product, region, setup);
  report_counts(report, product, outcome);
  report.add("engine", outcome.work, setup.name + ", " + outcome.work_text);
  report.add("output", options.output);
  report.finish(std::move(outputs));
  return 0;
}

}  // namespace

void add_gemm(CLI::App& app, Common& common) {
  CLI::App* sub = app.add_subcommand("gemm", "Multiply two matrices");
  const auto options = std::make_shared<Options>();
  sub->add_option("A.npy", options->product.a,
                  "(M, K): floats, quantised per row, or |i1 codes for int8")
      ->required()
      ->type_name(" ");
  sub->add_option("B.npy", options->product.b,
                  "(K, N): floats, quantised per column, or |i1 codes for int8")
      ->required()
      ->check(not_empty)
      ->type_name(" ");
  sub->add_option("-o,--output", options->output, "(M, N): <f4 from floats, <i4 from codes")
      ->required()
      ->type_name("C.npy");
  add_engine(*sub, options->product.engines);
  add_product(*sub, options->product);
  add_common(*sub, common);
  sub->footer(
      "Examples:\n"
      "  roundhouse gemm A.npy B.npy --format int8 -o C.npy\n"
      "  roundhouse gemm A.npy B.npy --format int8 -o C.npy --engine rtl --json gemm.json\n"
      "  roundhouse gemm Qa.npy Qb.npy --format int8 -o sums.npy --engine netlist --tile 0,0\n"
      "  roundhouse gemm A.npy B.npy --format fast4-sr --seed 7 -o C.npy\n"
      "  roundhouse gemm A.npy B.npy --format-a fast2 --format-b 'bfp(m=6,g=16,e=4)' -o C.npy\n"
      "  roundhouse gemm X.npy dO.npy --format fast4 --transpose-a -o dW.npy\n"
      "  roundhouse gemm A.npy B.npy --format mxint8 --accumulate fp32 --chunk 4 -o C.npy");
  sub->callback(
      [&common, options] { common.run = [&common, options] { return gemm(*options, common); }; });
}

}  // namespace rh::cli
