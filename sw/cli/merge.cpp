// roundhouse merge: joins what shards and test programs leave: reports, JUnit XML, coverage.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>
#include <set>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "regress/merge.hpp"
#include "regress/report.hpp"
#include "tensor/output_file.hpp"

namespace rh::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string json, junit, lcov, coverage;  // outputs
};

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) refuse(path, "cannot be opened", "a file that can be read");
  if (std::filesystem::is_directory(path))
    refuse(path, "is a directory", "a file that can be read");
  std::ostringstream all;
  if (in.peek() != std::ifstream::traits_type::eof()) all << in.rdbuf();
  if (in.bad() || !all) refuse(path, "cannot be read", "a file that can be read");
  std::string text = all.str();
  return text;
}

// The option whose output a file goes to, by how it begins.
std::string option_of(const std::string& path, const std::string& text) {
  const std::size_t at = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  const std::string_view begin = std::string_view(text).substr(std::min(at, text.size()));
  if (begin.starts_with('{')) return "--json";
  if (begin.starts_with('<')) return "--junit";
  if (begin.starts_with("# SystemC::Coverage")) return "--coverage";
  if (begin.starts_with("TN:") || begin.starts_with("SF:")) return "--lcov";
  refuse(path, begin.empty() ? "is empty" : "begins with '" + printable(begin.substr(0, 20)) + "'",
         "a report of regress, JUnit XML, an lcov tracefile or Verilator's coverage");
}

int merge(const Options& options, bool quiet) {
  std::vector<regress::InputText> reports, junit, lcov, coverage;
  const auto kind = [&](const std::string& option)
      -> std::pair<const std::string&, std::vector<regress::InputText>&> {
    if (option == "--json") return {options.json, reports};
    if (option == "--junit") return {options.junit, junit};
    if (option == "--lcov") return {options.lcov, lcov};
    return {options.coverage, coverage};
  };
  Common outputs;
  outputs.json = options.json;
  check_outputs(outputs, {options.junit, options.lcov, options.coverage});
  std::set<std::filesystem::path> seen;
  for (const std::string& path : options.files) {
    if (!seen.insert(output_target(path)).second)
      refuse(path, "is given twice", "each file is merged once");
    std::string text = read_file(path);
    const std::string option = option_of(path, text);
    const auto [output, inputs] = kind(option);
    if (output.empty()) refuse(path, "is for " + option, "no " + option + " is given");
    inputs.push_back({path, std::move(text)});
  }
  for (const std::string option : {"--json", "--junit", "--lcov", "--coverage"})
    if (const auto [output, inputs] = kind(option); !output.empty() && inputs.empty())
      refuse(option, "is given, but none of the files is for it", "one or more are merged");

  std::vector<OutputFile> files;
  const auto stage = [&](const std::string& path, const std::string& text) {
    files.emplace_back(path);
    files.back().write(text);
  };
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> failures;
  bool failed = false;
  if (!reports.empty()) {
    std::vector<std::string> names;
    std::vector<regress::ReportFile> parts;
    for (const regress::InputText& input : reports) {
      names.push_back(input.file);
      parts.push_back(regress::read_report(input.file, input.text));
    }
    const regress::ReportFile merged = regress::merge_reports(names, parts);
    stage(options.json, merged.json({}));
    const regress::Totals totals = merged.totals();
    failed = failed || totals.mismatches > 0;
    rows.push_back({"seeds", merged.seeds.text()});
    rows.push_back({"compared", std::to_string(totals.compared) + " values in " +
                                    std::to_string(totals.cases) + " cases"});
    rows.push_back({"tiles", std::to_string(totals.tiles)});
    rows.push_back({"vectors of cells", std::to_string(totals.vectors)});
    rows.push_back({"mismatches", std::to_string(totals.mismatches) + " in " +
                                      std::to_string(totals.failed) + " cases"});
    for (const regress::CaseResult& result : merged.cases)
      if (result.mismatches > 0)
        failures.push_back("mismatch: seed " + std::to_string(result.seed) + ", " +
                           result.configuration + "\n  again  " +
                           regress::again(merged.identity, result.seed));
  }
  const auto join = [&](const char* label, const char* what, const std::string& path,
                        const std::vector<regress::InputText>& inputs, auto function) {
    if (inputs.empty()) return;
    const regress::Merged merged = function(inputs);
    stage(path, merged.text);
    failed = failed || merged.failed > 0;
    rows.push_back(
        {label, std::to_string(merged.count) + what +
                    (merged.failed > 0 ? ", " + std::to_string(merged.failed) + " failed" : "")});
  };
  join("tests", " test cases", options.junit, junit, regress::merge_junit);
  join("lcov", " lines, branches and functions", options.lcov, lcov, regress::merge_lcov);
  join("coverage", " points", options.coverage, coverage, regress::merge_coverage);
  for (OutputFile& file : files) file.commit();
  constexpr std::size_t kShown = 20;
  for (std::size_t i = 0; i < std::min(failures.size(), kShown); ++i)
    std::cout << failures[i] << "\n";
  if (failures.size() > kShown)
    std::cout << "... and " << failures.size() - kShown << " more cases\n";
  if (!quiet) print_table(std::cout, rows);
  return failed ? 1 : 0;
}

}  // namespace

void add_merge(CLI::App& app, Common& common) {
  CLI::App* sub = app.add_subcommand("merge", "Join reports of regress, JUnit XML and coverage");
  const auto options = std::make_shared<Options>();
  sub->add_option("FILES", options->files, "what is joined; its kind is seen from its content")
      ->required()
      ->type_name(" ");
  const auto output = [&](const char* name, std::string& to, const char* what) {
    sub->add_option(name, to, what)->type_name("FILE")->allow_extra_args(false);
  };
  output("--json", options->json, "write one report of reports of regress");
  output("--junit", options->junit, "write one file of JUnit XML files");
  output("--lcov", options->lcov, "write one tracefile of lcov tracefiles (.info)");
  output("--coverage", options->coverage, "write one coverage.dat of Verilator's");
  sub->add_flag("--quiet", common.quiet, "print only mismatches and errors");
  sub->footer(
      "The result does not depend on the order of the files. Reports must have every seed between\n"
      "their first and last once. Exits 1 when a case or test that was merged has failed.\n"
      "Examples:\n"
      "  roundhouse merge --json all.json s1.json s2.json s3.json\n"
      "  roundhouse merge --junit all.xml build/junit/mac.xml build/junit/array.xml\n"
      "  roundhouse merge --coverage all.dat --lcov all.info run1.dat run2.dat a.info b.info");
  sub->callback([&common, options] {
    common.run = [&common, options] { return merge(*options, common.quiet); };
  });
}

}  // namespace rh::cli
