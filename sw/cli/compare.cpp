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

// What `compare` is typed with to get this product again, but for engines, seed and tile.
std::vector<std::string> words_of(const ProductChoice& choice, const Formats& formats) {
  std::vector<std::string> words = {choice.a};
  const auto add = [&](const char* option, const std::string& value) {
    words.insert(words.end(), {option, value});
  };
  if (formats.b) words.push_back(choice.b);
  if (!formats.b || formats.a == *formats.b) {
    add("--format", format_text(formats.a));
  } else {
    add("--format-a", format_text(formats.a));
    add("--format-b", format_text(*formats.b));
  }
  if (!choice.patterns.empty()) add("--input", choice.patterns);
  if (choice.axis != "-1") add("--axis", choice.axis);
  if (choice.transpose_a) words.push_back("--transpose-a");
  if (choice.transpose_b) words.push_back("--transpose-b");
  for (const std::string& word : array_words(choice.engines)) words.push_back(word);
  return words;
}

// An engine at a time: the first is what the others must equal.
int compare(const ProductChoice& choice, const Common& common) {
  const Formats formats = chosen_formats(choice);
  check_outputs(common, {});
  const std::vector<std::string>& names = choice.engines.names;
  if (names.size() < 2)
    refuse("--engines", "names " + std::to_string(names.size()) + " engine", "two or more compare");
  const std::vector<EngineSetup> setups = engine_setups(choice.engines, formats);
  const Product product = load_product(choice, formats, common.seed);
  for (const EngineSetup& setup : setups) check_engine(setup, product);
  const Region region = region_of(product, setups[0]);

  Report report("compare", common);
  report_product(report, product, region, setups[0]);
  Comparison comparison({words_of(choice, formats), common.seed}, product, region, setups[0]);
  std::optional<Outcome> want;
  report["engines"] = Json::array();
  for (const EngineSetup& setup : setups) {
    Outcome got = run_product(setup, product, region, common.quiet);
    report["engines"].push_back(got.work);
    report.line(setup.name, got.work_text);
    if (!want) {
      want = std::move(got);
      report_counts(report, product, *want);
      continue;
    }
    comparison.compare(setup, *want, got);
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
  const auto options = std::make_shared<ProductChoice>();
  sub->add_option("A.npy", options->a, "left operand, as for gemm; alone, a tensor to convert")
      ->required()
      ->type_name(" ");
  sub->add_option("B.npy", options->b, "right operand")->check(not_empty)->type_name(" ");
  add_engines(*sub, options->engines);
  add_product(*sub, *options);
  sub->add_option("--axis", options->axis, "of one tensor: the contraction axis, as for convert")
      ->type_name("N|none")
      ->capture_default_str();
  add_common(*sub, common);
  sub->footer(
      "Exits 0 when every code, scale, exponent, flag and result is equal, 1 at a difference.\n"
      "Examples:\n"
      "  roundhouse compare A.npy B.npy --format int8\n"
      "  roundhouse compare A.npy B.npy --format int8 --engines golden,rtl,netlist --json c.json\n"
      "  roundhouse compare A.npy B.npy --format fast4-sr --seed 7\n"
      "  roundhouse compare A.npy B.npy --format-a fast2 --format-b fast4 --rows 8 --cols 8\n"
      "  roundhouse compare X.npy --format int8\n"
      "  roundhouse compare X.npy --format fast4-sr --seed 7 --axis 0\n"
      "  make build TRACE=1 && build/trace/roundhouse compare A.npy B.npy --format int8 \\\n"
      "    --tile 1,0 --trace tile_1_0.fst");
  sub->callback([&common, options] {
    common.run = [&common, options] { return compare(*options, common); };
  });
}

}  // namespace rh::cli
