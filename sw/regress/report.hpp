// The report of a regression: which seeds a shard has, its JSON and JUnit files, and how reports
// are joined. Docs: docs/regress.md.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "regress/case.hpp"

namespace rh::regress {

// Seeds first .. last, both among them.
struct Seeds {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool operator==(const Seeds&) const = default;

  std::string text() const;  // "0:99"
};
Seeds parse_seeds(const std::string& option, const std::string& text);  // throws InputError

// Part `index` of `count`, from 1 on.
struct Shard {
  std::uint64_t index = 1;
  std::uint64_t count = 1;
  bool operator==(const Shard&) const = default;

  std::string text() const;  // "3/7"
};
Shard parse_shard(const std::string& option, const std::string& text);  // throws InputError

// The seeds of a shard, ascending: seed number n of the range, from 0 on, is in shard n mod N + 1.
std::vector<std::uint64_t> seeds_of(const Seeds& seeds, const Shard& shard);

// The part of a report that says what was run. Equal parts have equal cases for equal seeds.
struct Identity {
  std::string version;   // of the program
  std::string contract;  // of docs/contract.md
  std::string engines;   // names with commas between them
  bool operator==(const Identity&) const = default;
};

struct Totals {
  std::uint64_t cases = 0, failed = 0, compared = 0, mismatches = 0;
  std::uint64_t cycles = 0, tiles = 0, vectors = 0;
  void add(const CaseResult& result);
};

struct ReportFile {
  Identity identity;
  Seeds seeds;
  Shard shard;
  std::vector<CaseResult> cases;  // by ascending seed

  Totals totals() const;
  // The JSON file. `seconds`: of a shard; a merged report has none, and two equal runs are equal
  // byte for byte.
  std::string json(std::optional<double> seconds) const;
  std::string junit(double seconds) const;
};

// One case as a line of JSON, and back; nothing if the line is none.
std::string case_line(const CaseResult& result);
std::optional<CaseResult> read_case_line(const std::string& line);

// Reads a JSON report and checks it: whole, its digest right, exactly the seeds of its shard.
// Throws InputError naming the file and the seed.
ReportFile read_report(const std::string& file, const std::string& text);

// Joins reports into that of all their seeds, in any order: each seed between the first and the
// last once, one identity. Throws InputError naming file and seed.
ReportFile merge_reports(const std::vector<std::string>& files,
                         const std::vector<ReportFile>& reports);

// The one line that runs a case again.
std::string again(const Identity& identity, std::uint64_t seed);

}  // namespace rh::regress
