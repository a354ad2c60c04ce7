// The program's subcommands: each file adds one to the application.
//
// A subcommand declares its options in add_<name>() and sets `common.run` in its callback; main
// runs it after parsing. run() returns 0 (fine) or 1 (mismatch) and throws for everything else:
// InputError, EngineError -> 2, any other exception -> 3.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace rh::cli {

inline constexpr const char* kVersion = "0.1.0";      // of the program
inline constexpr const char* kContractVersion = "1";  // of docs/contract.md

// What every subcommand has.
struct Common {
  std::vector<std::string> command;  // as typed
  std::string json;                  // --json: the report's file, or empty
  std::uint64_t seed = 0;            // --seed: of every random choice; recorded in each report
  bool quiet = false;                // --quiet: no report on stdout, no progress on stderr
  std::function<int()> run;
};

// Adds --json, --seed and --quiet to a subcommand.
void add_common(CLI::App& sub, Common& common);

void add_convert(CLI::App& app, Common& common);
void add_gemm(CLI::App& app, Common& common);
void add_compare(CLI::App& app, Common& common);
void add_formats(CLI::App& app, Common& common);
void add_arrays(CLI::App& app, Common& common);
void add_cycles(CLI::App& app, Common& common);
void add_study(CLI::App& app, Common& common);
void add_train(CLI::App& app, Common& common);
void add_regress(CLI::App& app, Common& common);
void add_merge(CLI::App& app, Common& common);

}  // namespace rh::cli
