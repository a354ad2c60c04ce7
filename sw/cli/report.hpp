// What a subcommand says: one call adds a line for people and a field for the --json file.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "engine/converter.hpp"
#include "engine/engine.hpp"
#include "engine/multiplier.hpp"
#include "tensor/npy.hpp"

namespace rh::cli {

using Json = nlohmann::ordered_json;

class Report {
 public:
  Report(const std::string& subcommand, const Common& common);

  // Field `key` (snake_case) and the line "key  text"; without a text the value as it prints.
  void add(const std::string& key, const Json& value, const std::string& text = "");
  // Line alone, field alone.
  void line(const std::string& label, const std::string& text) { lines_.emplace_back(label, text); }
  Json& operator[](const std::string& key) { return json_[key]; }

  // Writes --json and the given outputs, all or none, then prints the lines unless --quiet.
  void finish(std::vector<OutputFile> outputs = {});
  void write(std::vector<OutputFile> outputs = {});  // the files alone

 private:
  const Common& common_;
  Json json_;
  std::vector<std::pair<std::string, std::string>> lines_;
};

// Refuses outputs that could not be written or that name one file twice; empty names are unused.
void check_outputs(const Common& common, const std::vector<std::string>& paths);

// What an engine did for a product, or for conversions alone. Cycles are 0 where none ran.
struct Work {
  std::string engine;
  Json array;
  std::string array_name;
  std::uint64_t convert_cycles = 0;
  std::uint64_t multiply_cycles = 0;
  double utilization = 0;  // of the array, while it multiplies
  std::uint64_t tiles = 0;
  std::uint64_t macs = 0;  // asked for
  double convert_seconds = 0;
  double multiply_seconds = 0;
  double seconds = 0;
};
Json work_json(const Work& work);
std::string work_text(const Work& work);
Json array_json(const ArrayShape& shape);
Json array_json(const MultiplierShape& shape);

// Cycles and speed of a converter.
Json work_json(const std::string& engine, const ConverterStats& stats);
std::string work_text(const ConverterStats& stats);

// How a block format went: base, groups by flag, zero codes. One object, or a line for each.
Json block_counts(const Format& format, const BfpLines& lines);
void add_block_counts(Report& report, const Format& format, const BfpLines& lines);

// Columns, padded; the first row is the head.
void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows);

std::string label(std::string key);  // of the line for people: snake_case with spaces

std::string describe(const std::string& path, const Tensor& tensor);  // X.npy: <f4 (3, 5)
Json tensor_json(const std::string& path, const Tensor& tensor);
std::string number(double value, int digits = 6);                               // 1.25, nan, inf
std::string per_second(double count, double seconds, const std::string& unit);  // 330 M MAC/s
std::string fp32_text(std::uint32_t bits);                                      // 1.5 (0x3FC00000)
std::string flags_text(std::uint8_t flags);  // saturated bumped, none
Json finite(double value);                   // null where JSON has no number

}  // namespace rh::cli
