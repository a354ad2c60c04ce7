#include "cli/engines.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

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

void add_format(CLI::App& sub, std::string& format) {
  sub.add_option("--format", format, "a format of `roundhouse formats`")
      ->required()
      ->type_name("NAME");
}

void check_format(const std::string& format) {
  if (find_format(format) != nullptr) return;
  std::string known;
  for (const Format& f : kFormats) known += (known.empty() ? "" : ", ") + std::string(f.name);
  refuse("--format", "is '" + printable(format) + "'", "known are " + known);
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

}  // namespace rh::cli
