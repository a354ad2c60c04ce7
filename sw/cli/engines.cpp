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

// Whole numbers >= `least` with `separator` between them.
std::vector<std::int64_t> numbers(const std::string& option, const std::string& text,
                                  char separator, std::size_t count, std::int64_t least,
                                  const std::string& limit) {
  std::vector<std::int64_t> values;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (values.size() < count) {
    std::int64_t value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc{} || value < least || value > INT32_MAX) break;
    values.push_back(value);
    at = next;
    if (values.size() == count || at == end || *at != separator) break;
    ++at;
  }
  if (values.size() != count || at != end) refuse(option, "is '" + printable(text) + "'", limit);
  return values;
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
  sub.add_option("--array", choice.array,
                 "size of the array: rtl has 16x16x1 unless told, netlist 4x4x1")
      ->type_name("ROWSxCOLSxLANES");
  sub.add_option("--trace", choice.trace,
                 "write the waves of the engine rtl or netlist (needs build/trace/roundhouse)")
      ->type_name("FILE.fst");
}

void add_tile(CLI::App& sub, EngineChoice& choice) {
  sub.add_option("--tile", choice.tile,
                 "multiply only the tile in tile row R, tile column C; the rest is zero")
      ->type_name("R,C");
}

void add_format(CLI::App& sub, FormatChoice& choice) {
  sub.add_option("--format", choice.text, "a format of `roundhouse formats`")
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

void check_product_format(const Format& format) {
  if (format.is_block())
    refuse("--format", "is " + format_text(format) + " for a product",
           "products take int8, block formats are for convert, and for compare of one tensor");
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

std::vector<EngineOptions> engine_options(const EngineChoice& choice) {
  EngineOptions common;
  if (!choice.array.empty()) {
    const auto array = numbers("--array", choice.array, 'x', 3, 1,
                               "it is ROWSxCOLSxLANES, three numbers of at least 1");
    common.shape = {static_cast<int>(array[0]), static_cast<int>(array[1]),
                    static_cast<int>(array[2])};
  }
  if (!choice.tile.empty()) {
    const auto tile = numbers("--tile", choice.tile, ',', 2, 0, "it is R,C, two numbers from 0");
    common.tile = TileIndex{tile[0], tile[1]};
  }
  std::vector<EngineOptions> options;
  std::vector<ArrayShape> shapes;  // of the engines that have an array
  for (const std::string& name : choice.names) {
    options.push_back(common);
    if (name == "golden") continue;
    if (choice.array.empty()) options.back().shape = default_shape(name);
    options.back().trace = choice.trace;
    shapes.push_back(options.back().shape);
  }
  if (!choice.trace.empty()) {
    if (shapes.size() != 1)
      refuse("--trace", "has " + std::to_string(shapes.size()) + " engines with waves",
             "exactly one must be rtl or netlist");
    check_writable(choice.trace);
  }
  for (std::size_t i = 0; i < choice.names.size(); ++i)
    if (choice.names[i] == "golden" && !shapes.empty()) options[i].shape = shapes[0];
  for (const ArrayShape& shape : shapes)
    if (common.tile && !(shape == shapes[0]))
      refuse("--tile", "is given for arrays of different sizes", "give --array, too");
  return options;
}

std::vector<ConverterOptions> converter_options(const EngineChoice& choice) {
  if (!choice.array.empty())
    refuse("--array", "is given for a block format",
           "its converter has a lane for each value of a "
           "group and no array");
  std::vector<ConverterOptions> options;
  for (const EngineOptions& engine : engine_options(choice)) options.push_back({engine.trace, {}});
  return options;
}

EngineRun::EngineRun(const std::string& name, EngineOptions options, bool quiet) : bar_(quiet) {
  options.progress = [this](std::uint64_t done, std::uint64_t total) { bar_.update(done, total); };
  engine_ = make_engine(name, options);
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

ConverterRun::ConverterRun(const std::string& name, const Format& format, ConverterOptions options,
                           bool quiet)
    : bar_(quiet), format_(format) {
  options.progress = [this](std::uint64_t done, std::uint64_t total) { bar_.update(done, total); };
  converter_ = make_converter(name, format, options);
}

BfpLines ConverterRun::convert(const std::string& what, const std::vector<float>& values,
                               std::int64_t lines, std::int64_t length, const BfpOptions& options) {
  bar_.begin(converter_->name() + ": convert " + what);
  BfpLines out = converter_->convert(values, lines, length, format_, options);
  bar_.clear();
  const std::int64_t groups = lines * ((length + format_.group_size - 1) / format_.group_size);
  const auto check = [&](const char* part, std::size_t got, std::size_t want) {
    if (got != want)
      throw std::logic_error("engine " + converter_->name() + " gave " + std::to_string(got) + " " +
                             part + " for " + std::to_string(want));
  };
  check("codes", out.codes.size(), values.size());
  check("exponents", out.exponents.size(), static_cast<std::size_t>(groups));
  check("flags", out.flags.size(), static_cast<std::size_t>(groups));
  return out;
}

}  // namespace rh::cli
