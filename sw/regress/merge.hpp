// Joins JUnit XML files, and coverage data, of several runs. Docs: docs/regress.md.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace rh::regress {

struct InputText {
  std::string file;  // for messages
  std::string text;
};

struct Merged {
  std::string text;
  std::uint64_t count = 0;   // test cases, or points
  std::uint64_t failed = 0;  // test cases with a failure or an error
};

// Every <testsuite> of every file under one <testsuites>, by name. Throws InputError for a file
// that is no well-formed XML to its end, and for a suite that is in two files.
Merged merge_junit(const std::vector<InputText>& inputs);

// lcov tracefiles (.info): counts of lines, functions and branches added. Throws InputError for a
// file that is cut off or has a line that is none of lcov's.
Merged merge_lcov(const std::vector<InputText>& inputs);

// Verilator's coverage.dat: lines C 'key' count, counts of equal keys added. Throws InputError
// likewise.
Merged merge_coverage(const std::vector<InputText>& inputs);

}  // namespace rh::regress
