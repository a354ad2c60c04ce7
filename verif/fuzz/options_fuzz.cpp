// Input: a byte that chooses an option, for --axis the dimensions of a tensor, then the option's
// text: --axis, --tile or --seed.
//
// What is accepted, and as which number, is what digit by digit arithmetic says.
#include <optional>

#include "cli/engines.hpp"
#include "cli/lines.hpp"
#include "fuzz/fuzz.hpp"

namespace rh::cli {
std::string whole_number(const std::string& text);  // main.cpp: of --seed
}

namespace rh {
namespace {

using cli::find_axis;

// Digits, for `sign` with a minus before them, up to a limit.
std::optional<__int128> plain_number(std::string_view text, bool sign, unsigned __int128 limit) {
  const bool negative = sign && text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  unsigned __int128 value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > limit) return std::nullopt;
  }
  const auto number = static_cast<__int128>(value);
  return negative ? -number : number;
}

void axis(fuzz::Input input) {
  Shape shape(input.byte() % 5);
  for (std::int64_t& d : shape) d = input.byte() % 8;
  const std::string text(input.rest());
  const auto dimensions = static_cast<std::int64_t>(shape.size());
  const std::optional<__int128> number = plain_number(text, true, INT64_MAX);
  const bool none = text == "none" || (text == "-1" && shape.empty());
  const bool right = none || (number && *number >= -dimensions && *number < dimensions);
  try {
    const cli::Axis axis = find_axis(text, "x.npy", shape);
    fuzz::require(right, "--axis takes '" + text + "'");
    fuzz::require(none != axis.index.has_value(), "an axis where none is asked for");
    fuzz::require(axis.outer * axis.length * axis.inner == element_count(shape), "elements");
    if (!axis.index) return;
    const auto want = static_cast<std::int64_t>(*number + (*number < 0 ? dimensions : 0));
    fuzz::require(*axis.index == want, "another axis");
    fuzz::require(axis.length == shape[static_cast<std::size_t>(want)], "another length");
    const cli::Axis again = find_axis(std::to_string(*axis.index), "x.npy", shape);
    fuzz::require(again.index == axis.index && again.lines() == axis.lines(), "read back");
    std::vector<int> tensor(static_cast<std::size_t>(element_count(shape)));
    for (std::size_t i = 0; i < tensor.size(); ++i) tensor[i] = static_cast<int>(i);
    fuzz::require(from_lines(to_lines(tensor, axis), axis) == tensor, "lines and back");
  } catch (const InputError& error) {
    fuzz::require(!right, "--axis refuses '" + text + "': " + error.what());
    fuzz::check_refusal(error.what(), "--axis: ");
  }
}

void tile(fuzz::Input input) {
  const std::string text(input.rest());
  const std::size_t comma = std::min(text.find(','), text.size());
  const std::string second = text.substr(std::min(comma + 1, text.size()));
  const auto row = plain_number(text.substr(0, comma), true, INT32_MAX);
  const auto col = plain_number(second, true, INT32_MAX);
  const bool right = row && col && *row >= 0 && *col >= 0;
  cli::EngineChoice choice;
  choice.tile = text;
  try {
    const cli::EngineSetup setup = cli::engine_setups(choice, {kInt8, kInt8}).at(0);
    if (text.empty()) return fuzz::require(!setup.tile, "a tile where none is asked for");
    fuzz::require(right, "--tile takes '" + text + "'");
    fuzz::require(setup.tile && setup.tile->row == *row && setup.tile->col == *col, "another tile");
  } catch (const InputError& error) {
    fuzz::require(!right, "--tile refuses '" + text + "': " + error.what());
    fuzz::check_refusal(error.what(), "--tile: ");
  }
}

void seed(fuzz::Input input) {
  const std::string text(input.rest());
  const bool right = plain_number(text, false, UINT64_MAX).has_value();
  fuzz::require(cli::whole_number(text).empty() == right, "--seed and '" + text + "'");
}

}  // namespace
}  // namespace rh

RH_FUZZ(const std::uint8_t* data, std::size_t size) {
  rh::fuzz::Input input(data, size);
  switch (input.byte() % 3) {
    case 0: rh::axis(input); break;
    case 1: rh::tile(input); break;
    case 2: rh::seed(input); break;
  }
  return 0;
}
