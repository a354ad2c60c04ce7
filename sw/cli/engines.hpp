// Engines as the command line asks for them.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/progress.hpp"
#include "engine/converter.hpp"
#include "engine/engine.hpp"
#include "number/number.hpp"
#include "tensor/npy.hpp"

namespace rh::cli {

// The options that choose and configure engines; each subcommand adds those it has.
struct EngineChoice {
  std::vector<std::string> names = {"golden"};
  std::string array;  // empty: the default of each engine
  std::string tile;
  std::string trace;
};
void add_engine(CLI::App& sub, EngineChoice& choice);   // --engine
void add_engines(CLI::App& sub, EngineChoice& choice);  // --engines, golden,rtl
void add_array(CLI::App& sub, EngineChoice& choice);    // --array, --trace
void add_tile(CLI::App& sub, EngineChoice& choice);     // --tile

// --format, and the options that set its fields after it.
struct FormatChoice {
  std::string text;
  std::string rounding;  // empty: the format's own; likewise the others
  std::optional<int> noise_bits;
  std::optional<int> base;
};
void add_format(CLI::App& sub, FormatChoice& choice);
void add_format_fields(CLI::App& sub, FormatChoice& choice);  // --round, --noise-bits, --base
Format chosen_format(const FormatChoice& choice);             // throws FormatError
void check_product_format(const Format& format);              // refuses block formats

// --input: what the bit patterns of <u2 files are.
void add_patterns(CLI::App& sub, std::string& patterns);
Patterns chosen_patterns(const std::string& patterns);

// What each of `choice.names` is to be made with, checked: --tile and --array are numbers, --trace
// has one engine that can write it, a tile has one size. The golden engine has no array: its tiles
// are those of the engine it is compared with.
std::vector<EngineOptions> engine_options(const EngineChoice& choice);

// The same for converters, which have neither array nor tile.
std::vector<ConverterOptions> converter_options(const EngineChoice& choice);

// An engine that shows its progress under its name and the step it is at.
class EngineRun {
 public:
  EngineRun(const std::string& name, EngineOptions options, bool quiet);
  Engine& engine() { return *engine_; }

  Int8Lines convert(const std::string& what, const std::vector<float>& values, std::int64_t lines,
                    std::int64_t length);
  std::vector<std::int32_t> multiply_int32(const Int8Lines& a, const Int8Lines& b);
  std::vector<float> multiply_fp32(const Int8Lines& a, const Int8Lines& b);

  double seconds() const { return seconds_; }  // in the engine

 private:
  template <class Call>
  auto timed(const std::string& step, Call call);

  ProgressBar bar_;
  std::unique_ptr<Engine> engine_;
  double seconds_ = 0;
};

// A converter, likewise.
class ConverterRun {
 public:
  ConverterRun(const std::string& name, const Format& format, ConverterOptions options, bool quiet);
  const Converter& converter() const { return *converter_; }

  BfpLines convert(const std::string& what, const std::vector<float>& values, std::int64_t lines,
                   std::int64_t length, const BfpOptions& options);

 private:
  ProgressBar bar_;
  Format format_;
  std::unique_ptr<Converter> converter_;
};

}  // namespace rh::cli
