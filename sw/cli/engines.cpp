#include "cli/engines.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "number/format_text.hpp"
#include "tensor/npy_header.hpp"
#include "tensor/output_file.hpp"

namespace rh::cli {
namespace {

const std::vector<std::string> kEngines = {"golden", "rtl", "netlist"};

constexpr int kMaxArraySize = 4096;  // rows and columns

TileIndex tile_of(const std::string& text) {
  const auto number = [&](std::size_t first, std::size_t last) {
    std::int64_t value = -1;
    const auto [end, error] = std::from_chars(text.data() + first, text.data() + last, value);
    const bool whole = error == std::errc{} && end == text.data() + last;
    return whole && value <= INT32_MAX ? value : -1;
  };
  const std::size_t comma = std::min(text.find(','), text.size());
  const TileIndex tile{number(0, comma), number(std::min(comma + 1, text.size()), text.size())};
  if (tile.row < 0 || tile.col < 0)
    refuse("--tile", "is '" + printable(text) + "'", "it is R,C, two numbers from 0");
  return tile;
}

// An engine that gives less or more than it was asked for is wrong inside.
void check_count(const std::string& engine, const char* what, std::size_t got, std::size_t want) {
  if (got != want)
    throw std::logic_error("engine " + engine + " gave " + std::to_string(got) + " " + what +
                           " for " + std::to_string(want));
}

// Options that do not go with the formats.
void check_choice(const EngineChoice& choice, const Formats& formats) {
  const auto none = [](const char* option, bool given, const std::string& what,
                       const std::string& limit) {
    if (given) refuse(option, "is given for " + what, limit);
  };
  if (!formats.b) {
    none("--tile", !choice.tile.empty(), "one tensor",
         "a product has tiles, a conversion has none");
    if (formats.blocks()) {
      const std::string limit = "its converter has a lane for each value of a group and no array";
      none("--rows", choice.rows.has_value(), "conversion to a block format", limit);
      none("--cols", choice.cols.has_value(), "conversion to a block format", limit);
      none("--lanes", choice.lanes.has_value(), "conversion to a block format", limit);
    }
  }
  if (formats.b && formats.blocks()) return;
  const std::string what = formats.b ? "int8" : "one tensor";
  none("--chunk", choice.chunk_bits.has_value(), what, "products of block formats take it");
  none("--accumulate", !choice.accumulation.empty(), what, "products of block formats take it");
}

// The shape of an engine: its default with what was chosen.
MultiplierShape shape_of(const std::string& name, const EngineChoice& choice,
                         const Formats& formats) {
  MultiplierShape shape;
  if (formats.blocks() && formats.b) {
    std::optional<Accumulation> accumulation;
    if (!choice.accumulation.empty())
      accumulation = choice.accumulation == "exact" ? Accumulation::Exact : Accumulation::Fp32;
    shape = default_multiplier_shape(name, formats.a, *formats.b, accumulation);
  } else {
    shape.array = default_shape(name);
  }
  shape.array.rows = choice.rows.value_or(shape.array.rows);
  shape.array.cols = choice.cols.value_or(shape.array.cols);
  shape.array.lanes = choice.lanes.value_or(shape.array.lanes);
  shape.chunk_bits = choice.chunk_bits.value_or(shape.chunk_bits);
  return shape;
}

// What make has to build for it, in the order in which it is needed.
std::vector<std::string> targets_of(const std::string& name, const MultiplierShape& shape,
                                    const Formats& formats) {
  std::vector<std::string> targets;
  const auto add = [&](const std::string& target) {
    const bool known = std::find(targets.begin(), targets.end(), target) != targets.end();
    if (!target.empty() && !known) targets.push_back(target);
  };
  if (formats.blocks()) {
    add(converter_target(name, formats.a));
    if (formats.b) add(converter_target(name, *formats.b));
    if (formats.b) add(multiplier_target(name, shape));
  } else if (name == "netlist") {
    add("netlist");
  } else if (name == "rtl" && shape.array != default_shape(name)) {
    const auto [rows, cols, lanes] = shape.array;
    add("model ROWS=" + std::to_string(rows) + " COLS=" + std::to_string(cols) +
        " LANES=" + std::to_string(lanes));
  }
  return targets;
}

}  // namespace

void add_engine(CLI::App& sub, EngineChoice& choice) {
  sub.add_option("--engine", choice.names, "golden, rtl or netlist")
      ->check(CLI::IsMember(kEngines))
      ->expected(1)
      ->allow_extra_args(false)
      ->type_name("NAME")
      ->default_str("golden");
}

void add_engines(CLI::App& sub, EngineChoice& choice) {
  choice.names = {"golden", "rtl"};
  sub.add_option("--engines", choice.names,
                 "two or more of golden, rtl, netlist; the first is what the others must equal")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember(kEngines))
      ->type_name("NAME,NAME")
      ->default_str("golden,rtl");
}

void add_array(CLI::App& sub, EngineChoice& choice) {
  const CLI::Range size(1, kMaxArraySize);
  sub.add_option("--rows", choice.rows,
                 "rows of the array: rtl has 16, netlist 4, of block formats 2, unless told")
      ->check(size)
      ->type_name("N");
  sub.add_option("--cols", choice.cols, "its columns, likewise")->check(size)->type_name("N");
  sub.add_option("--lanes", choice.lanes,
                 "products a cell adds in a cycle: int8 has 1, block formats 16 or as many as a "
                 "group needs, unless told")
      ->check(CLI::Range(1, kMaxLanes))
      ->type_name("N");
}

void add_multiplier(CLI::App& sub, EngineChoice& choice) {
  sub.add_option("--chunk", choice.chunk_bits,
                 "bits of a code that a cell of a block format multiplies at once, 1..8; 2 unless "
                 "told")
      ->check(CLI::Range(1, 8))
      ->type_name("N");
  sub.add_option("--accumulate", choice.accumulation,
                 "of block formats: exact, the default to 5 exponent bits, or fp32")
      ->check(CLI::IsMember({"exact", "fp32"}))
      ->type_name("exact|fp32");
}

void add_tile(CLI::App& sub, EngineChoice& choice) {
  sub.add_option("--tile", choice.tile,
                 "multiply only the tile in tile row R, tile column C; the rest is zero")
      ->type_name("R,C");
}

void add_trace(CLI::App& sub, EngineChoice& choice) {
  sub.add_option("--trace", choice.trace,
                 "write the waves of the engine rtl or netlist (needs build/trace/roundhouse)")
      ->type_name("FILE.fst");
}

std::vector<std::string> array_words(const EngineChoice& choice) {
  std::vector<std::string> words;
  const auto add = [&](const char* option, const std::optional<int>& value) {
    if (value) words.insert(words.end(), {option, std::to_string(*value)});
  };
  add("--rows", choice.rows);
  add("--cols", choice.cols);
  add("--lanes", choice.lanes);
  add("--chunk", choice.chunk_bits);
  if (!choice.accumulation.empty())
    words.insert(words.end(), {"--accumulate", choice.accumulation});
  return words;
}

CLI::Option* add_format(CLI::App& sub, FormatChoice& choice) {
  return sub.add_option("--format", choice.text, "a format of `roundhouse formats`")
      ->required()
      ->type_name("NAME");
}

void add_format_fields(CLI::App& sub, FormatChoice& choice) {
  std::vector<std::string> modes;
  for (int mode = 0; mode <= static_cast<int>(RoundMode::StochasticUnbiased); ++mode)
    modes.emplace_back(name(static_cast<RoundMode>(mode)));
  sub.add_option("--round", choice.rounding,
                 "of a block format: truncate, nearest-even, nearest-away, stochastic or "
                 "stochastic-unbiased")
      ->check(CLI::IsMember(modes))
      ->type_name("MODE");
  sub.add_option("--noise-bits", choice.noise_bits,
                 "random bits of an element, 1..14; read by the stochastic modes")
      ->type_name("R");
  sub.add_option("--base", choice.base,
                 "what the group exponents count from, -128..127; else the largest value says")
      ->type_name("N");
}

Format chosen_format(const FormatChoice& choice) {
  Format format = parse_format(choice.text);
  if (!choice.rounding.empty()) format.rounding = parse_round_mode(choice.rounding);
  if (choice.noise_bits) format.noise_bits = *choice.noise_bits;
  if (choice.base) format.base = choice.base;
  validate(format);
  return format;
}

void add_patterns(CLI::App& sub, std::string& patterns) {
  sub.add_option("--input", patterns, "a <u2 file holds the bit patterns of bf16 or fp16")
      ->check(CLI::IsMember({"bf16", "fp16"}))
      ->type_name("bf16|fp16");
}

Patterns chosen_patterns(const std::string& patterns) {
  if (patterns.empty()) return Patterns::None;
  return patterns == "bf16" ? Patterns::Bf16 : Patterns::Fp16;
}

std::vector<EngineSetup> engine_setups(const EngineChoice& choice, const Formats& formats) {
  check_choice(choice, formats);
  std::vector<EngineSetup> setups;
  std::vector<MultiplierShape> shapes;  // of the engines that have an array
  for (const std::string& name : choice.names) {
    EngineSetup& setup = setups.emplace_back();
    setup.name = name;
    setup.shape = shape_of(name, choice, formats);
    setup.targets = targets_of(name, setup.shape, formats);
    if (!choice.tile.empty()) setup.tile = tile_of(choice.tile);
    if (name == "golden") continue;
    setup.trace = choice.trace;
    shapes.push_back(setup.shape);
  }
  if (!choice.trace.empty()) {
    if (shapes.size() != 1)
      refuse("--trace", "has " + std::to_string(shapes.size()) + " engines with waves",
             "exactly one must be rtl or netlist");
    check_writable(choice.trace);
  }
  for (EngineSetup& setup : setups)
    if (setup.name == "golden" && !shapes.empty()) setup.shape = shapes[0];
  for (const EngineSetup& setup : setups)
    if (setup.tile && (setup.shape.array.rows != setups[0].shape.array.rows ||
                       setup.shape.array.cols != setups[0].shape.array.cols))
      refuse("--tile", "is given for arrays of different sizes", "give --rows and --cols, too");
  return setups;
}

EngineOptions engine_options(const EngineSetup& setup) {
  return {setup.shape.array, setup.trace, setup.tile, {}};
}

EngineRun::EngineRun(const EngineSetup& setup, bool quiet) : bar_(quiet) {
  EngineOptions options = engine_options(setup);
  options.progress = [this](std::uint64_t done, std::uint64_t total) { bar_.update(done, total); };
  engine_ = make_engine(setup.name, options);
}

template <class Call>
auto EngineRun::timed(const std::string& step, Call call) {
  using Clock = std::chrono::steady_clock;
  bar_.begin(engine_->name() + ": " + step);
  const Clock::time_point start = Clock::now();
  auto result = call();
  seconds_ += std::chrono::duration<double>(Clock::now() - start).count();
  bar_.clear();
  return result;
}

Int8Lines EngineRun::convert(const std::string& what, const std::vector<float>& values,
                             std::int64_t lines, std::int64_t length) {
  return timed("convert " + what, [&] { return engine_->convert_int8(values, lines, length); });
}

std::vector<std::int32_t> EngineRun::multiply_int32(const Int8Lines& a, const Int8Lines& b) {
  return timed("multiply", [&] { return engine_->gemm_int32(a, b); });
}

std::vector<float> EngineRun::multiply_fp32(const Int8Lines& a, const Int8Lines& b) {
  return timed("multiply", [&] { return engine_->gemm_fp32(a, b); });
}

Work EngineRun::work(std::uint64_t macs) const {
  EngineStats stats = engine_->stats();
  stats.macs = macs;  // with a tile, an engine counts those of the whole product
  Work work{engine_->name(), array_json(engine_->shape()), shape_name(engine_->shape())};
  work.convert_cycles = stats.convert_cycles;
  work.multiply_cycles = stats.multiply_cycles;
  work.utilization = stats.utilization(engine_->shape());
  work.tiles = stats.tiles;
  work.macs = macs;
  work.convert_seconds = stats.convert_seconds;
  work.multiply_seconds = stats.multiply_seconds;
  work.seconds = seconds_;
  return work;
}

ConverterRun::ConverterRun(const std::string& name, const Format& format, const std::string& trace,
                           bool quiet)
    : bar_(quiet), format_(format) {
  converter_ = make_converter(
      name, format,
      {trace, [this](std::uint64_t done, std::uint64_t total) { bar_.update(done, total); }});
}

BfpLines ConverterRun::convert(const std::string& what, const std::vector<float>& values,
                               std::int64_t lines, std::int64_t length, NoiseState noise) {
  bar_.begin(converter_->name() + ": convert " + what);
  BfpLines out = converter_->convert(values, lines, length, format_, {.base = {}, .noise = noise});
  bar_.clear();
  const std::int64_t groups = lines * ((length + format_.group_size - 1) / format_.group_size);
  check_count(converter_->name(), "codes", out.codes.size(), values.size());
  check_count(converter_->name(), "exponents", out.exponents.size(),
              static_cast<std::size_t>(groups));
  check_count(converter_->name(), "flags", out.flags.size(), static_cast<std::size_t>(groups));
  return out;
}

MultiplierRun::MultiplierRun(const EngineSetup& setup, bool quiet) : bar_(quiet) {
  multiplier_ = make_multiplier(
      setup.name, setup.shape,
      {setup.trace, setup.tile,
       [this](std::uint64_t done, std::uint64_t total) { bar_.update(done, total); }});
}

std::vector<std::uint32_t> MultiplierRun::multiply(const BfpOperand& a, const BfpOperand& b) {
  bar_.begin(multiplier_->name() + ": multiply");
  std::vector<std::uint32_t> results = multiplier_->multiply(a, b);
  bar_.clear();
  check_count(multiplier_->name(), "results", results.size(),
              static_cast<std::size_t>(a.lines.lines * b.lines.lines));
  return results;
}

}  // namespace rh::cli
