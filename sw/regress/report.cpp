#include "regress/report.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tensor/npy_header.hpp"

namespace rh::regress {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kReport = 1;  // of the fields: grows when one changes its meaning

std::optional<std::uint64_t> whole(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

// "A:B" or "I/N".
std::optional<std::pair<std::uint64_t, std::uint64_t>> pair_of(const std::string& text,
                                                               char between) {
  const std::size_t at = text.find(between);
  if (at == std::string::npos) return {};
  const auto first = whole(text.substr(0, at)), second = whole(text.substr(at + 1));
  if (!first || !second) return {};
  return std::pair{*first, *second};
}

std::string hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}
std::uint64_t of_hex(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size() || text.size() != 16)
    throw std::invalid_argument("digest");
  return value;
}

Json case_json(const CaseResult& result) {
  return {{"seed", result.seed},
          {"configuration", result.configuration},
          {"case", result.text},
          {"golden", hex(result.golden)},
          {"engines", {{result.engine, result.got ? Json(hex(*result.got)) : Json(nullptr)}}},
          {"compared", result.compared},
          {"mismatches", result.mismatches},
          {"cycles", result.cycles},
          {"tiles", result.tiles},
          {"vectors", result.vectors}};
}

CaseResult case_of(const Json& json) {
  CaseResult result;
  result.seed = json.at("seed");
  result.configuration = json.at("configuration");
  result.text = json.at("case");
  result.golden = of_hex(json.at("golden"));
  const Json& engines = json.at("engines");
  if (engines.size() != 1) throw std::invalid_argument("engines");
  result.engine = engines.begin().key();
  if (!engines.begin()->is_null()) result.got = of_hex(*engines.begin());
  result.compared = json.at("compared");
  result.mismatches = json.at("mismatches");
  result.cycles = json.at("cycles");
  result.tiles = json.at("tiles");
  result.vectors = json.at("vectors");
  return result;
}

std::string digest_of(const std::vector<CaseResult>& cases) {
  Digest digest;
  for (const CaseResult& result : cases) digest.add(case_line(result));
  return hex(digest.value());
}

Json totals_json(const Totals& totals) {
  return {{"cases", totals.cases},       {"failed_cases", totals.failed},
          {"compared", totals.compared}, {"mismatches", totals.mismatches},
          {"cycles", totals.cycles},     {"tiles", totals.tiles},
          {"vectors", totals.vectors}};
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : one_line(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6f", seconds);
  return text;
}

std::string count_of(std::uint64_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

std::string Seeds::text() const {
  return std::to_string(first) + ":" + std::to_string(last);
}

std::string Shard::text() const {
  return std::to_string(index) + "/" + std::to_string(count);
}

std::vector<std::uint64_t> seeds_of(const Seeds& seeds, const Shard& shard) {
  std::vector<std::uint64_t> list;
  const std::uint64_t span = seeds.last - seeds.first;
  for (std::uint64_t n = shard.index - 1; n <= span; n += shard.count) {
    list.push_back(seeds.first + n);
    if (span - n < shard.count) break;
  }
  return list;
}

Seeds parse_seeds(const std::string& option, const std::string& text) {
  constexpr std::uint64_t kMost = 1'000'000'000;
  const auto pair = pair_of(text, ':');
  if (!pair || pair->first > pair->second)
    refuse(option, "is '" + printable(text) + "'",
           "it is A:B, the first seed and the last, A <= B");
  if (pair->second - pair->first >= kMost)
    refuse(option, "is '" + printable(text) + "'",
           "one run has at most " + std::to_string(kMost) + " seeds");
  return {pair->first, pair->second};
}

Shard parse_shard(const std::string& option, const std::string& text) {
  const auto pair = pair_of(text, '/');
  if (!pair || pair->first < 1 || pair->first > pair->second)
    refuse(option, "is '" + printable(text) + "'", "it is I/N, part I of N, 1 <= I <= N");
  return {pair->first, pair->second};
}

void Totals::add(const CaseResult& result) {
  ++cases;
  failed += result.mismatches > 0 ? 1 : 0;
  compared += result.compared;
  mismatches += result.mismatches;
  cycles += result.cycles;
  tiles += result.tiles;
  vectors += result.vectors;
}

Totals ReportFile::totals() const {
  Totals sum;
  for (const CaseResult& result : cases) sum.add(result);
  return sum;
}

std::string case_line(const CaseResult& result) {
  return case_json(result).dump();
}

std::optional<CaseResult> read_case_line(const std::string& line) {
  try {
    return case_of(Json::parse(line));
  } catch (const std::exception&) {
    return {};
  }
}

std::string ReportFile::json(std::optional<double> seconds) const {
  const Json head = {{"program", "roundhouse"},         {"version", identity.version},
                     {"contract", identity.contract},   {"report", kReport},
                     {"subcommand", "regress"},         {"engines", identity.engines},
                     {"seeds", seeds.text()},           {"shard", shard.text()},
                     {"totals", totals_json(totals())}, {"digest", digest_of(cases)}};
  std::string text = head.dump(2);
  text.resize(text.size() - 2);  // the newline and bracket at the end
  text += ",\n  \"cases\": [";
  const char* before = "\n    ";
  for (const CaseResult& result : cases) {
    text += before + case_line(result);
    before = ",\n    ";
  }
  text += cases.empty() ? "]" : "\n  ]";
  if (seconds) text += ",\n  \"timing\": {\"seconds\": " + seconds_text(*seconds) + "}";
  return text + "\n}\n";
}

std::string ReportFile::junit(double seconds) const {
  const Totals sum = totals();
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"";
  text += "regress " + seeds.text() + " " + shard.text() + "\" tests=\"" +
          std::to_string(sum.cases) + "\" failures=\"" + std::to_string(sum.failed) +
          "\" errors=\"0\" time=\"" + seconds_text(seconds) + "\">\n";
  for (const CaseResult& result : cases) {
    text += "<testcase classname=\"" + escaped(result.configuration) + "\" name=\"seed " +
            std::to_string(result.seed) + ": " + escaped(result.text) + "\" time=\"" +
            seconds_text(result.seconds) + "\"";
    if (result.mismatches == 0) {
      text += "/>\n";
      continue;
    }
    text += "><failure message=\"" + count_of(result.mismatches, "mismatch") + " of " +
            std::to_string(result.compared) + "; " + escaped(result.first_mismatch) + "\">" +
            escaped(again(identity, result.seed)) + "</failure></testcase>\n";
  }
  return text + "</testsuite>\n</testsuites>\n";
}

ReportFile read_report(const std::string& file, const std::string& text) {
  ReportFile report;
  std::string digest;
  Json totals;
  try {
    const Json json = Json::parse(text);
    if (json.at("program") != "roundhouse" || json.at("subcommand") != "regress")
      refuse(file, "is another report", "regressions are merged");
    if (json.at("report") != kReport)
      refuse(file, "has report version " + json.at("report").dump(),
             "this program merges " + std::to_string(kReport));
    report.identity = {json.at("version"), json.at("contract"), json.at("engines")};
    report.seeds = parse_seeds(file + ": seeds", json.at("seeds"));
    report.shard = parse_shard(file + ": shard", json.at("shard"));
    for (const Json& entry : json.at("cases")) report.cases.push_back(case_of(entry));
    digest = json.at("digest");
    totals = json.at("totals");
  } catch (const InputError&) {
    throw;
  } catch (const std::exception& error) {
    refuse(file, std::string("is not a whole report of a regression: ") + one_line(error.what()),
           "run its shard again");
  }
  // Exactly the seeds of the shard, in order.
  const auto broken = [&](std::uint64_t seed, const std::string& what) {
    refuse(file, "seed " + std::to_string(seed) + " " + what,
           "shard " + report.shard.text() + " of " + report.seeds.text() + " has to run again");
  };
  const std::vector<std::uint64_t> seeds = seeds_of(report.seeds, report.shard);
  for (std::size_t i = 0; i < std::max(seeds.size(), report.cases.size()); ++i) {
    if (i < report.cases.size() && (i == seeds.size() || report.cases[i].seed < seeds[i]))
      broken(report.cases[i].seed, "is not of its shard, or is there twice");
    if (i == report.cases.size() || report.cases[i].seed > seeds[i]) broken(seeds[i], "is missing");
  }
  if (digest != digest_of(report.cases) || totals != totals_json(report.totals()))
    refuse(file, "its digest or totals do not belong to its cases", "run its shard again");
  return report;
}

ReportFile merge_reports(const std::vector<std::string>& files,
                         const std::vector<ReportFile>& reports) {
  struct Place {
    const CaseResult* result;
    std::size_t file;
  };
  std::vector<Place> places;
  ReportFile merged;
  merged.identity = reports.at(0).identity;
  merged.seeds = reports[0].seeds;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const Identity& identity = reports[i].identity;
    const auto differs = [&](const char* what, const std::string& here, const std::string& first) {
      if (here != first)
        refuse(files[i], std::string(what) + " " + here,
               files[0] + " has " + first + ", and reports of one kind are merged");
    };
    differs("is of version", identity.version, merged.identity.version);
    differs("is of contract", identity.contract, merged.identity.contract);
    differs("has the engines", identity.engines, merged.identity.engines);
    merged.seeds.first = std::min(merged.seeds.first, reports[i].seeds.first);
    merged.seeds.last = std::max(merged.seeds.last, reports[i].seeds.last);
    for (const CaseResult& result : reports[i].cases) places.push_back({&result, i});
  }
  std::stable_sort(places.begin(), places.end(),
                   [](const Place& a, const Place& b) { return a.result->seed < b.result->seed; });
  const auto missing = [&](std::uint64_t seed) {
    for (std::size_t i = 0; i < reports.size(); ++i) {
      const ReportFile& report = reports[i];
      if (seed < report.seeds.first || seed > report.seeds.last) continue;
      const Shard shard{(seed - report.seeds.first) % report.shard.count + 1, report.shard.count};
      refuse(files[i],
             "seed " + std::to_string(seed) + " of its " + report.seeds.text() + " is in no file",
             "shard " + shard.text() + " is missing");
    }
    refuse(files[0], "seed " + std::to_string(seed) + " is in no file",
           "seeds that follow each other are merged");
  };
  std::uint64_t next = merged.seeds.first;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::uint64_t seed = places[i].result->seed;
    if (i > 0 && seed == places[i - 1].result->seed)
      refuse(files[places[i].file],
             "seed " + std::to_string(seed) + " is in " + files[places[i - 1].file] + ", too",
             "each seed is merged once");
    if (seed != next) missing(next);
    merged.cases.push_back(*places[i].result);
    ++next;
  }
  if (merged.cases.size() != merged.seeds.last - merged.seeds.first + 1) missing(next);
  return merged;
}

std::string again(const Identity& identity, std::uint64_t seed) {
  const std::string number = std::to_string(seed);
  std::string line = "roundhouse regress --seeds " + number + ":" + number;
  for (const char* known : {"build", "regress"}) {
    std::string names;
    for (const EngineName& engine : parse_engines(known))
      names += (names.empty() ? "" : ",") + engine.text;
    if (names != identity.engines) continue;
    return std::string(known) == "build" ? line : line + " --engines " + known;
  }
  return line + " --engines " + identity.engines;
}

}  // namespace rh::regress
