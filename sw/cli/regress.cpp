// roundhouse regress: random cases by seed, golden against the engines, in shards.
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>

#include "cli/commands.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "engine/library.hpp"
#include "regress/draw.hpp"
#include "regress/report.hpp"
#include "tensor/output_file.hpp"

namespace rh::cli {
namespace {

constexpr std::size_t kShown = 20;  // failed cases

struct Options {
  std::string seeds;
  std::string shard = "1/1";
  std::string engines = "build";
  std::string json;
  std::string junit;
  bool resume = false;
  bool list = false;
};

// What has been done of a shard that was stopped: a line that says which shard, then its cases as
// they end. A line that was cut off is dropped.
class Journal {
 public:
  Journal(const std::string& path, const std::string& head) : path_(path) {
    if (path.empty()) return;
    std::ifstream in(path);
    std::string text = head + "\n";
    if (std::string line; std::getline(in, line)) {
      if (line != head)
        refuse(path, "is of another run: " + printable(line), "remove it, or resume that one");
      while (std::getline(in, line)) {
        const auto result = regress::read_case_line(line);
        if (!result || in.eof()) break;
        done_[result->seed] = *result;
        text += line + "\n";
      }
    }
    OutputFile whole(path);  // without a line that was cut off
    whole.write(text);
    whole.commit();
    out_.open(path, std::ios::app);
  }

  const regress::CaseResult* find(std::uint64_t seed) const {
    const auto at = done_.find(seed);
    return at == done_.end() ? nullptr : &at->second;
  }
  std::size_t size() const { return done_.size(); }
  void add(const regress::CaseResult& result) {
    if (path_.empty()) return;
    if (!(out_ << regress::case_line(result) << "\n" << std::flush))
      refuse(path_, "cannot be written", "the journal of --resume");
  }
  void remove() const {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

 private:
  std::string path_;
  std::map<std::uint64_t, regress::CaseResult> done_;
  std::ofstream out_;
};

// The program and the engines as they were built: a journal of others is not gone on from.
std::string stamp(const std::vector<regress::EngineName>& engines) {
  std::vector<std::filesystem::path> files = {"/proc/self/exe"};
  for (const regress::EngineName& engine : engines)
    files.push_back(engine_path(engine.text + ".so"));
  regress::Digest digest;
  for (const std::filesystem::path& file : files) {
    const std::filesystem::path real = std::filesystem::canonical(file);
    digest.add(std::filesystem::file_size(real));
    digest.add(static_cast<std::uint64_t>(
        std::filesystem::last_write_time(real).time_since_epoch().count()));
  }
  return std::to_string(digest.value());
}

std::string joined(const std::vector<regress::EngineName>& engines) {
  std::string text;
  for (const regress::EngineName& engine : engines) text += (text.empty() ? "" : ",") + engine.text;
  return text;
}

void print_mismatch(const regress::Identity& identity, const regress::CaseResult& result) {
  std::cout << "mismatch: seed " << result.seed << ", " << result.configuration << ": "
            << result.mismatches << " of " << result.compared << "\n"
            << "  case   " << result.text << "\n";
  if (!result.first_mismatch.empty())
    std::cout << "  first  " << one_line(result.first_mismatch) << "\n";
  std::cout << "  again  " << regress::again(identity, result.seed) << std::endl;
}

void print_totals(const regress::ReportFile& report) {
  const regress::Totals totals = report.totals();
  print_table(std::cout, {{"seeds", report.seeds.text() + ", shard " + report.shard.text()},
                          {"cases", std::to_string(totals.cases)},
                          {"compared", std::to_string(totals.compared) + " values"},
                          {"tiles", std::to_string(totals.tiles)},
                          {"vectors of cells", std::to_string(totals.vectors)},
                          {"cycles", std::to_string(totals.cycles)},
                          {"mismatches", std::to_string(totals.mismatches) + " in " +
                                             std::to_string(totals.failed) + " cases"}});
}

int list(const std::vector<regress::Configuration>& all) {
  for (std::size_t i = 0; i < all.size(); ++i) std::cout << i << "  " << all[i].name << "\n";
  return 0;
}

int regress(const Options& options, bool quiet) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  const std::vector<regress::EngineName> engines = regress::parse_engines(options.engines);
  const std::vector<regress::Configuration> all = regress::configurations(engines);
  if (options.list) return list(all);
  if (options.seeds.empty()) refuse("--seeds", "is not given", "A:B, the first seed and the last");
  regress::ReportFile report{{kVersion, kContractVersion, joined(engines)},
                             regress::parse_seeds("--seeds", options.seeds),
                             regress::parse_shard("--shard", options.shard),
                             {}};
  if (options.resume && options.json.empty())
    refuse("--resume", "is given without --json", "the journal stands beside that file");
  Common outputs;
  outputs.json = options.json;
  check_outputs(outputs, {options.junit});
  for (const regress::EngineName& engine : engines) regress::check_built(engine);

  const std::string head =
      regress::ReportFile{report.identity, report.seeds, report.shard, {}}.json({});
  std::string head_line;
  for (const char c : head) head_line += c == '\n' ? ' ' : c;
  head_line += stamp(engines);
  Journal journal(options.resume ? options.json + ".part" : "", head_line);

  const std::vector<std::uint64_t> seeds = regress::seeds_of(report.seeds, report.shard);
  std::size_t failed = 0;
  ProgressBar bar(quiet);
  bar.begin("regress " + report.seeds.text() + " " + report.shard.text());
  for (const std::uint64_t seed : seeds) {
    bar.update(report.cases.size(), seeds.size());
    if (const regress::CaseResult* done = journal.find(seed)) {
      report.cases.push_back(*done);
    } else {
      report.cases.push_back(regress::run_case(regress::make_case(seed, all)));
      journal.add(report.cases.back());
    }
    if (report.cases.back().mismatches == 0) continue;
    bar.clear();
    if (++failed <= kShown) print_mismatch(report.identity, report.cases.back());
  }
  bar.clear();
  if (failed > kShown) std::cout << "... and " << failed - kShown << " more cases\n";

  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::vector<OutputFile> files;
  const auto stage = [&](const std::string& path, const std::string& text) {
    if (path.empty()) return;
    files.emplace_back(path);
    files.back().write(text);
  };
  stage(options.json, report.json(seconds));
  stage(options.junit, report.junit(seconds));
  for (OutputFile& file : files) file.commit();
  journal.remove();
  if (!quiet) print_totals(report);
  return report.totals().mismatches == 0 ? 0 : 1;
}

}  // namespace

void add_regress(CLI::App& app, Common& common) {
  CLI::App* sub = app.add_subcommand("regress", "Run random cases by seed, golden against RTL");
  const auto options = std::make_shared<Options>();
  sub->add_option("--seeds", options->seeds, "seeds A to B, both among them")->type_name("A:B");
  sub->add_option("--shard", options->shard, "only part I of N of the seeds, 1 <= I <= N")
      ->type_name("I/N")
      ->capture_default_str();
  sub->add_option("--engines", options->engines,
                  "build: what make build builds; regress: the small ones of make regress, too; or "
                  "files in engine/ without .so")
      ->type_name("build|regress|NAME,...")
      ->capture_default_str();
  sub->add_option("--json", options->json, "write the report; roundhouse merge joins shards")
      ->type_name("FILE");
  sub->add_option("--junit", options->junit, "write a JUnit XML file, a test case a seed")
      ->type_name("FILE");
  sub->add_flag("--resume", options->resume,
                "keep a journal, FILE.part beside --json, and go on from it");
  sub->add_flag("--list", options->list, "print the configurations; seed s has number s mod C");
  sub->add_flag("--quiet", common.quiet, "print only mismatches and errors");
  sub->footer(
      "A case is a function of its seed and of --engines. Exits 0 when all bits agree, 1 at a\n"
      "mismatch, which prints the command that runs its seed alone.\n"
      "Examples:\n"
      "  roundhouse regress --seeds 0:99\n"
      "  roundhouse regress --seeds 0:99 --shard 3/7 --json s3.json\n"
      "  roundhouse regress --seeds 42:42\n"
      "  roundhouse merge --json all.json s*.json");
  sub->callback([&common, options] {
    common.run = [&common, options] { return regress(*options, common.quiet); };
  });
}

}  // namespace rh::cli
