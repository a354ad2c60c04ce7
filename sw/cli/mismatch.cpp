#include "cli/mismatch.hpp"

#include <algorithm>
#include <bit>
#include <cctype>
#include <iomanip>
#include <ostream>
#include <stdexcept>

#include "cli/lines.hpp"

namespace rh::cli {
namespace {

// As a shell reads it.
std::string quoted(const std::string& word) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_./-=+,:@%").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

void check_size(const std::string& engine, const char* what, std::size_t want, std::size_t got) {
  if (want != got)
    throw std::runtime_error("engine " + engine + " gave " + std::to_string(got) + " " + what +
                             " for " + std::to_string(want));
}

std::span<const std::int8_t> line_codes(const Int8Lines& lines, std::int64_t line) {
  return std::span(lines.codes)
      .subspan(static_cast<std::size_t>(line * lines.length),
               static_cast<std::size_t>(lines.length));
}

// One operand of a result: its first codes and its scale.
std::string line_text(const Int8Lines& lines, std::int64_t line) {
  std::string text = "codes " + first_codes(line_codes(lines, line));
  if (!lines.scales.empty())
    text += ", scale " + fp32_text(lines.scales[static_cast<std::size_t>(line)]);
  return text;
}

std::int64_t exact_dot(const Outcome& outcome, std::int64_t row, std::int64_t col) {
  const auto a = line_codes(outcome.a, row);
  const auto b = line_codes(outcome.b, col);
  std::int64_t sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += std::int64_t{a[k]} * b[k];
  return sum;
}

}  // namespace

Comparison::Comparison(Rerun rerun, std::string want, ArrayShape shape)
    : rerun_(std::move(rerun)), want_(std::move(want)), want_shape_(shape), shape_(shape) {}

void Comparison::begin(const std::string& got, ArrayShape shape) {
  got_ = got;
  simulated_ = got == "golden" ? want_ : got;
  shape_ = got == "golden" ? want_shape_ : shape;
}

template <class Describe>
void Comparison::found(Describe describe) {
  if (++mismatches_ <= kShown) describe();
}

Comparison::Place Comparison::place_of(const std::string& kind, const std::string& operand,
                                       std::int64_t line) const {
  if (operand == "A") return {kind + " A", TileIndex{line / shape_.rows, 0}, {{"row", line}}};
  if (operand == "B") return {kind + " B", TileIndex{0, line / shape_.cols}, {{"column", line}}};
  return {kind + " " + operand, std::nullopt, {{"line", line}}};
}

void Comparison::lines(const std::string& operand, const std::vector<float>& values,
                       const Int8Lines& want, const Int8Lines& got) {
  check_size(got_, "codes", want.codes.size(), got.codes.size());
  check_size(got_, "scales", want.scales.size(), got.scales.size());
  codes_ += want.codes.size();
  scales_ += want.scales.size();
  const auto length = static_cast<std::size_t>(want.length);
  for (std::size_t i = 0; i < want.scales.size(); ++i)
    if (want.scales[i] != got.scales[i])
      found([&] {
        const std::uint32_t largest = absmax(std::span(values).subspan(i * length, length));
        keep(place_of("scale", operand, static_cast<std::int64_t>(i)),
             {{"absmax", fp32_text(largest)}}, fp32_text(want.scales[i]), fp32_text(got.scales[i]));
      });
  for (std::size_t i = 0; i < want.codes.size(); ++i)
    if (want.codes[i] != got.codes[i])
      found([&] {
        Place place = place_of("code", operand, static_cast<std::int64_t>(i / length));
        place.index["k"] = i % length;
        keep(place,
             {{"x", fp32_text(std::bit_cast<std::uint32_t>(values[i]))},
              {"scale", fp32_text(want.scales[i / length])}},
             std::to_string(want.codes[i]), std::to_string(got.codes[i]));
      });
  if (want.clamped != got.clamped)
    found([&] {
      keep({"clamped count " + operand, std::nullopt, Json::object()}, Json::object(),
           std::to_string(want.clamped), std::to_string(got.clamped));
    });
}

void Comparison::blocks(const Blocks& x, const BfpLines& want, const BfpLines& got) {
  of_blocks_ = true;
  codes_ += want.codes.size();
  exponents_ += want.exponents.size();
  flags_ += want.flags.size();
  const auto length = static_cast<std::size_t>(want.length);
  const auto g = static_cast<std::size_t>(want.group_size);
  const auto groups = static_cast<std::size_t>(want.groups_per_line());
  const std::string base = ", base " + std::to_string(want.base);
  if (want.base != got.base)
    found([&] {
      keep({"base X", std::nullopt, Json::object()}, Json::object(), std::to_string(want.base),
           std::to_string(got.base));
    });
  for (std::size_t i = 0; i < want.exponents.size(); ++i) {
    if (want.exponents[i] == got.exponents[i] && want.flags[i] == got.flags[i]) continue;
    const std::size_t first = i % groups * g;
    const std::uint32_t largest = absmax(
        std::span(x.values).subspan(i / groups * length + first, std::min(g, length - first)));
    const Json index = {{"line", i / groups}, {"group", i % groups}};
    const Json operands = {{"largest", fp32_text(largest) + base}};
    if (want.exponents[i] != got.exponents[i])
      found([&] {
        keep({"exponent X", std::nullopt, index}, operands, std::to_string(want.exponents[i]),
             std::to_string(got.exponents[i]));
      });
    if (want.flags[i] != got.flags[i])
      found([&] {
        keep({"flags X", std::nullopt, index}, operands, flags_text(want.flags[i]),
             flags_text(got.flags[i]));
      });
  }
  for (std::size_t i = 0; i < want.codes.size(); ++i) {
    if (want.codes[i] == got.codes[i]) continue;
    found([&] {
      const std::size_t line = i / length, k = i % length;
      Json operands = {{"x", fp32_text(std::bit_cast<std::uint32_t>(x.values[i]))},
                       {"exponent", std::to_string(want.exponents[line * groups + k / g]) + base}};
      if (is_stochastic(x.format.rounding)) {  // docs/contract.md (27)
        const std::size_t element = line * groups * g + k;
        operands["noise"] = std::to_string(noise_word(x.noise, element, x.format.noise_bits)) +
                            " of 0.." + std::to_string((1 << x.format.noise_bits) - 1) + ", word " +
                            std::to_string(element);
      }
      keep({"code X", std::nullopt, {{"line", line}, {"group", k / g}, {"k", k}}}, operands,
           std::to_string(want.codes[i]), std::to_string(got.codes[i]));
    });
  }
}

void Comparison::results(const Product& product, const Region& region, const Outcome& want,
                         const Outcome& got) {
  check_size(got_, "results", want.results.size(), got.results.size());
  results_ += static_cast<std::uint64_t>(region.elements());
  const auto text = [&](std::uint32_t bits) {
    return product.codes ? std::to_string(std::bit_cast<std::int32_t>(bits)) : fp32_text(bits);
  };
  for (std::int64_t row = region.row; row < region.row + region.rows; ++row)
    for (std::int64_t col = region.col; col < region.col + region.cols; ++col) {
      const auto i = static_cast<std::size_t>(row * product.n() + col);
      if (want.results[i] == got.results[i]) continue;
      found([&] {
        const Place place{"result",
                          TileIndex{row / shape_.rows, col / shape_.cols},
                          {{"row", row}, {"column", col}}};
        keep(place,
             {{"A row", line_text(want.a, row)},
              {"B column", line_text(want.b, col)},
              {"exact dot product", std::to_string(exact_dot(want, row, col))}},
             text(want.results[i]), text(got.results[i]));
      });
    }
}

void Comparison::keep(const Place& place, const Json& operands, const std::string& want,
                      const std::string& got) {
  Json entry = {{"kind", place.kind}};
  if (place.tile) entry["tile"] = {place.tile->row, place.tile->col};
  entry.update(place.index);
  entry["operands"] = operands;
  entry["want"] = want;
  entry["want_engine"] = want_;
  entry["got"] = got;
  entry["got_engine"] = got_;
  entry["seed"] = rerun_.seed;
  entry["again"] = again(place.tile);
  entries_.push_back(entry);
}

// The simulated engine against golden, which has no waves.
std::string Comparison::again(const std::optional<TileIndex>& tile) const {
  std::string command = "make build";
  if (simulated_ == "netlist") command += " netlist";
  if (simulated_ == "rtl" && !rerun_.array.empty())
    command += " model ROWS=" + std::to_string(shape_.rows) +
               " COLS=" + std::to_string(shape_.cols) + " LANES=" + std::to_string(shape_.lanes);
  if (!rerun_.target.empty()) command += " " + rerun_.target;
  command += " TRACE=1 && build/trace/roundhouse compare";
  for (const std::string& input : rerun_.inputs)
    if (!input.empty()) command += " " + quoted(input);
  command += " --format " + quoted(rerun_.format);
  if (!rerun_.patterns.empty()) command += " --input " + rerun_.patterns;
  if (rerun_.axis != "-1") command += " --axis " + quoted(rerun_.axis);
  if (simulated_ != "rtl") command += " --engines golden," + simulated_;
  if (!rerun_.array.empty()) command += " --array " + rerun_.array;
  if (rerun_.seed != 0) command += " --seed " + std::to_string(rerun_.seed);
  if (!tile) return command + " --trace convert.fst";
  return command + " --tile " + std::to_string(tile->row) + "," + std::to_string(tile->col) +
         " --trace tile_" + std::to_string(tile->row) + "_" + std::to_string(tile->col) + ".fst";
}

void Comparison::add(Report& report) const {
  if (of_blocks_)
    report.add("compared", {{"codes", codes_}, {"exponents", exponents_}, {"flags", flags_}},
               std::to_string(codes_) + " codes, " + std::to_string(exponents_) + " exponents, " +
                   std::to_string(flags_) + " flags");
  else
    report.add("compared", {{"codes", codes_}, {"scales", scales_}, {"results", results_}},
               std::to_string(codes_) + " codes, " + std::to_string(scales_) + " scales, " +
                   std::to_string(results_) + " results");
  report.add("mismatches", mismatches_);
  report["first_mismatches"] = entries_;
}

void Comparison::print(std::ostream& out) const {
  for (const Json& entry : entries_) {
    out << "mismatch: " << entry["kind"].get<std::string>();
    if (entry.contains("tile")) out << ", tile " << entry["tile"][0] << "," << entry["tile"][1];
    for (const char* const key : {"line", "group", "row", "column", "k"})
      if (entry.contains(key)) out << ", " << key << " " << entry[key];
    out << "\n";
    const auto line = [&](const std::string& key, const std::string& text) {
      out << "  " << std::left << std::setw(19) << key << text << "\n";
    };
    for (const auto& [key, text] : entry["operands"].items()) line(key, text.get<std::string>());
    const auto field = [&](const char* key) { return entry[key].get<std::string>(); };
    line("want", field("want") + " from " + field("want_engine"));
    line("got", field("got") + " from " + field("got_engine"));
    line("seed", entry["seed"].dump());
    line("again", field("again"));
  }
  if (mismatches_ > entries_.size())
    out << "... and " << mismatches_ - entries_.size() << " more mismatches\n";
}

}  // namespace rh::cli
