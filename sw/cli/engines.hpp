// Engines as the command line asks for them.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "engine/converter.hpp"
#include "engine/engine.hpp"
#include "engine/multiplier.hpp"
#include "number/number.hpp"
#include "tensor/npy.hpp"

namespace rh::cli {

// The options that choose and configure engines; each subcommand adds those it has.
struct EngineChoice {
  std::vector<std::string> names = {"golden"};
  std::optional<int> rows, cols, lanes;  // empty: the default of each engine
  std::optional<int> chunk_bits;         // of products of block formats; likewise
  std::string accumulation;
  std::string tile;
  std::string trace;
};
void add_engine(CLI::App& sub, EngineChoice& choice);      // --engine
void add_engines(CLI::App& sub, EngineChoice& choice);     // --engines, golden,rtl
void add_array(CLI::App& sub, EngineChoice& choice);       // --rows, --cols, --lanes
void add_multiplier(CLI::App& sub, EngineChoice& choice);  // --chunk, --accumulate
void add_tile(CLI::App& sub, EngineChoice& choice);        // --tile
void add_trace(CLI::App& sub, EngineChoice& choice);       // --trace

// The options of the array that were given, as typed: "--rows", "8", ...
std::vector<std::string> array_words(const EngineChoice& choice);

// --format, and the options that set its fields after it.
struct FormatChoice {
  std::string text;
  std::string rounding;  // empty: the format's own; likewise the others
  std::optional<int> noise_bits;
  std::optional<int> base;
};
CLI::Option* add_format(CLI::App& sub, FormatChoice& choice);  // required
void add_format_fields(CLI::App& sub, FormatChoice& choice);   // --round, --noise-bits, --base
Format chosen_format(const FormatChoice& choice);              // throws FormatError

// --input: what the bit patterns of <u2 files are.
void add_patterns(CLI::App& sub, std::string& patterns);
Patterns chosen_patterns(const std::string& patterns);

// What one engine is to be made with.
struct EngineSetup {
  std::string name;
  MultiplierShape shape;  // of int8 the array alone
  std::optional<TileIndex> tile;
  std::string trace;
  std::vector<std::string> targets;  // of make, beside build: what it needs
};

// A product of lines of these formats, or conversion to `a` alone.
struct Formats {
  Format a = kInt8;
  std::optional<Format> b = {};  // empty: no product

  bool blocks() const { return a.is_block(); }
};

// What each of `choice.names` is to be made with, checked: the options go with the formats, --tile
// is numbers, --trace has one engine that can write it, a tile has one size. The golden engine has
// no array: its tiles are those of the engine it is compared with.
std::vector<EngineSetup> engine_setups(const EngineChoice& choice, const Formats& formats);

// The engine of int8 that it asks for.
EngineOptions engine_options(const EngineSetup& setup);

// An engine that shows its progress under its name and the step it is at.
class EngineRun {
 public:
  EngineRun(const EngineSetup& setup, bool quiet);
  const Engine& engine() const { return *engine_; }

  Int8Lines convert(const std::string& what, const std::vector<float>& values, std::int64_t lines,
                    std::int64_t length);
  std::vector<std::int32_t> multiply_int32(const Int8Lines& a, const Int8Lines& b);
  std::vector<float> multiply_fp32(const Int8Lines& a, const Int8Lines& b);

  Work work(std::uint64_t macs) const;  // for `macs` multiplications asked for

 private:
  template <class Call>
  auto timed(const std::string& step, Call call);

  ProgressBar bar_;
  std::unique_ptr<Engine> engine_;
  double seconds_ = 0;  // in the engine
};

// A converter, likewise.
class ConverterRun {
 public:
  ConverterRun(const std::string& name, const Format& format, const std::string& trace, bool quiet);
  const ConverterStats& stats() const { return converter_->stats(); }

  BfpLines convert(const std::string& what, const std::vector<float>& values, std::int64_t lines,
                   std::int64_t length, NoiseState noise);

 private:
  ProgressBar bar_;
  Format format_;
  std::unique_ptr<Converter> converter_;
};

// A multiplier of block formats, likewise.
class MultiplierRun {
 public:
  MultiplierRun(const EngineSetup& setup, bool quiet);
  const MultiplierStats& stats() const { return multiplier_->stats(); }

  std::vector<std::uint32_t> multiply(const BfpOperand& a, const BfpOperand& b);

 private:
  ProgressBar bar_;
  std::unique_ptr<Multiplier> multiplier_;
};

}  // namespace rh::cli
