// A regression case: everything that is chosen for a seed, and what engines make of it.
//
// A case is a pure function of its seed and of the list of engines. Seed s has configuration
// s mod C of the C that the engines allow, so C n seeds that follow each other are n of each.
// Docs: docs/regress.md.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/cell.hpp"
#include "engine/multiplier.hpp"
#include "engine/stalls.hpp"
#include "number/number.hpp"
#include "regress/values.hpp"

namespace rh::regress {

enum class Kind : std::uint8_t { Int8Product, Int8Codes, Int8Convert, Convert, Product, Cell };

// A shared object by the name of its file: "rtl_16x16x1", "convert_rtl_16x8",
// "multiply_rtl_16x16x16_c2_exact64", "cell_rtl"; netlist likewise.
struct EngineName {
  std::string text;
  std::string engine;                  // rtl or netlist
  Kind kind = Kind::Int8Product;       // what it does: Int8Product, Convert, Product or Cell
  MultiplierShape shape;               // of int8 the array alone
  int group_size = 0, noise_bits = 0;  // of a converter
};
// Throws InputError.
EngineName parse_engine(const std::string& text);

// "build": what `make build` builds; "regress": that, and the small ones of `make regress`; else
// names with commas between them. Throws InputError.
std::vector<EngineName> parse_engines(const std::string& text);

// Throws EngineError, as every command does, for one that is not built.
void check_built(const EngineName& engine);

// One thing to be tested: an engine with a format, or with formats that are drawn.
struct Configuration {
  std::string name;
  EngineName engine;
  Kind kind = Kind::Int8Product;
  std::optional<Format> format = {};  // of A; empty: int8, or every field drawn
  const CellShape* cell = nullptr;
};
std::vector<Configuration> configurations(const std::vector<EngineName>& engines);

// What is chosen for a seed.
struct Case {
  std::uint64_t seed = 0;
  Configuration configuration;
  Format a = kInt8, b = kInt8;
  std::int64_t m = 0, k = 0, n = 0;  // of a conversion m lines of k values
  Values values_a = Values::Normal, values_b = Values::Normal;
  Stalls stalls;
  std::size_t vectors = 0;  // of a cell
  int restart_percent = 0, bubble_percent = 0;

  std::string text() const;  // "A fast4 17 x 33 ties, B fast2 33 x 5 normal, stalls 25 50"
};
Case make_case(std::uint64_t seed, const std::vector<Configuration>& all);

struct CaseResult {
  std::uint64_t seed = 0;
  std::string configuration;
  std::string text;
  std::uint64_t golden = 0;  // digests
  std::string engine;
  std::optional<std::uint64_t> got = {};  // empty: the engine failed
  std::uint64_t compared = 0;
  std::uint64_t mismatches = 0;
  std::uint64_t cycles = 0;
  std::uint64_t tiles = 0;
  std::uint64_t vectors = 0;
  double seconds = 0;          // not part of the result
  std::string first_mismatch;  // likewise: place, want and got, or how the engine failed
};
CaseResult run_case(const Case& test);

// Vectors of a case of cells, and cases of a configuration of which `make regress` has a hundred.
inline constexpr std::size_t kCellVectors = 20'000;

}  // namespace rh::regress
