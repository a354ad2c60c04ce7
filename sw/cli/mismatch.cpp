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

template <class T>
std::span<const T> line_of(const std::vector<T>& values, std::int64_t line, std::int64_t length) {
  return std::span(values).subspan(static_cast<std::size_t>(line * length),
                                   static_cast<std::size_t>(length));
}

// One operand of a result: its first codes and its scale, or its first exponents and its base.
std::string line_text(const Int8Lines& lines, std::int64_t line) {
  std::string text = "codes " + first_numbers(line_of(lines.codes, line, lines.length));
  if (!lines.scales.empty())
    text += ", scale " + fp32_text(lines.scales[static_cast<std::size_t>(line)]);
  return text;
}
std::string line_text(const BfpLines& lines, std::int64_t line) {
  const BfpLines one = part_of(lines, line, 1);
  return "codes " + first_numbers<std::int16_t>(one.codes) + ", exponents " +
         first_numbers<std::uint8_t>(one.exponents) + ", base " + std::to_string(one.base) +
         (one.count(kNanGroup) > 0 ? ", with a NaN group" : "");
}

// The dot product of a row and a column, without any rounding or with one.
std::string exact_text(const Product&, const Int8Lines& a, const Int8Lines& b, std::int64_t row,
                       std::int64_t col) {
  const auto codes_a = line_of(a.codes, row, a.length);
  const auto codes_b = line_of(b.codes, col, b.length);
  std::int64_t sum = 0;
  for (std::size_t k = 0; k < codes_a.size(); ++k) sum += std::int64_t{codes_a[k]} * codes_b[k];
  return std::to_string(sum);
}
std::string exact_text(const Product& product, const BfpLines& a, const BfpLines& b,
                       std::int64_t row, std::int64_t col) {
  const BfpLines one_a = part_of(a, row, 1);
  const BfpLines one_b = part_of(b, col, 1);
  return fp32_text(gemm_bfp({product.a.format, one_a}, {product.b.format, one_b})[0]);
}

template <class OneKind>
Json result_operands(const Product& product, const Outcome& outcome, std::int64_t row,
                     std::int64_t col) {
  const auto& a = std::get<OneKind>(outcome.a);
  const auto& b = std::get<OneKind>(outcome.b);
  return {{"A row", line_text(a, row)},
          {"B column", line_text(b, col)},
          {"exact dot product", exact_text(product, a, b, row, col)}};
}

}  // namespace

Comparison::Comparison(Rerun rerun, const Product& product, const Region& region, EngineSetup want)
    : rerun_(std::move(rerun)), product_(product), region_(region), want_(std::move(want)) {}

void Comparison::compare(const EngineSetup& setup, const Outcome& want, const Outcome& got) {
  got_ = setup.name;
  simulated_ = setup.name == "golden" ? want_ : setup;
  if (!product_.codes) operand(product_.a, want.a, got.a);
  if (!product_.codes && product_.multiply) operand(product_.b, want.b, got.b);
  if (product_.multiply) results(want, got);
}

void Comparison::operand(const Operand& x, const Lines& want, const Lines& got) {
  if (product_.blocks())
    blocks(x, std::get<BfpLines>(want), std::get<BfpLines>(got));
  else
    lines(x, std::get<Int8Lines>(want), std::get<Int8Lines>(got));
}

template <class Describe>
void Comparison::found(Describe describe) {
  if (++mismatches_ <= kShown) describe();
}

Comparison::Place Comparison::place_of(const std::string& kind, const Operand& x,
                                       std::size_t at) const {
  const auto line = static_cast<std::int64_t>(at);
  const ArrayShape& shape = simulated_.shape.array;
  const std::string of = kind + " " + x.name;
  if (x.name == "A") return {of, TileIndex{line / shape.rows, 0}, {{"row", line}}};
  if (x.name == "B") return {of, TileIndex{0, line / shape.cols}, {{"column", line}}};
  return {of, std::nullopt, {{"line", line}}};
}

void Comparison::lines(const Operand& x, const Int8Lines& want, const Int8Lines& got) {
  check_size(got_, "codes", want.codes.size(), got.codes.size());
  check_size(got_, "scales", want.scales.size(), got.scales.size());
  codes_ += want.codes.size();
  scales_ += want.scales.size();
  const auto length = static_cast<std::size_t>(want.length);
  for (std::size_t i = 0; i < want.scales.size(); ++i)
    if (want.scales[i] != got.scales[i])
      found([&] {
        const std::uint32_t largest = absmax(std::span(x.values).subspan(i * length, length));
        keep(place_of("scale", x, i), {{"absmax", fp32_text(largest)}}, fp32_text(want.scales[i]),
             fp32_text(got.scales[i]));
      });
  for (std::size_t i = 0; i < want.codes.size(); ++i)
    if (want.codes[i] != got.codes[i])
      found([&] {
        Place place = place_of("code", x, i / length);
        place.index["k"] = i % length;
        keep(place,
             {{"x", fp32_text(std::bit_cast<std::uint32_t>(x.values[i]))},
              {"scale", fp32_text(want.scales[i / length])}},
             std::to_string(want.codes[i]), std::to_string(got.codes[i]));
      });
  if (want.clamped != got.clamped)
    found([&] {
      keep({"clamped count " + x.name, std::nullopt, Json::object()}, Json::object(),
           std::to_string(want.clamped), std::to_string(got.clamped));
    });
}

void Comparison::blocks(const Operand& x, const BfpLines& want, const BfpLines& got) {
  codes_ += want.codes.size();
  exponents_ += want.exponents.size();
  flags_ += want.flags.size();
  const auto length = static_cast<std::size_t>(want.length);
  const auto g = static_cast<std::size_t>(want.group_size);
  const auto groups = static_cast<std::size_t>(want.groups_per_line());
  const std::string base = ", base " + std::to_string(want.base);
  if (want.base != got.base)
    found([&] {
      keep({"base " + x.name, std::nullopt, Json::object()}, Json::object(),
           std::to_string(want.base), std::to_string(got.base));
    });
  for (std::size_t i = 0; i < want.exponents.size(); ++i) {
    if (want.exponents[i] == got.exponents[i] && want.flags[i] == got.flags[i]) continue;
    const auto place = [&](const char* kind) {
      Place of = place_of(kind, x, i / groups);
      of.index["group"] = i % groups;
      return of;
    };
    const std::size_t first = i % groups * g;
    const std::uint32_t largest = absmax(
        std::span(x.values).subspan(i / groups * length + first, std::min(g, length - first)));
    const Json operands = {{"largest", fp32_text(largest) + base}};
    if (want.exponents[i] != got.exponents[i])
      found([&] {
        keep(place("exponent"), operands, std::to_string(want.exponents[i]),
             std::to_string(got.exponents[i]));
      });
    if (want.flags[i] != got.flags[i])
      found([&] {
        keep(place("flags"), operands, flags_text(want.flags[i]), flags_text(got.flags[i]));
      });
  }
  for (std::size_t i = 0; i < want.codes.size(); ++i) {
    if (want.codes[i] == got.codes[i]) continue;
    found([&] {
      const std::size_t line = i / length, k = i % length;
      Place place = place_of("code", x, line);
      place.index["group"] = k / g;
      place.index["k"] = k;
      Json operands = {{"x", fp32_text(std::bit_cast<std::uint32_t>(x.values[i]))},
                       {"exponent", std::to_string(want.exponents[line * groups + k / g]) + base}};
      if (is_stochastic(x.format.rounding)) {  // docs/contract.md (27)
        const std::size_t element = line * groups * g + k;
        operands["noise"] = std::to_string(noise_word(x.noise, element, x.format.noise_bits)) +
                            " of 0.." + std::to_string((1 << x.format.noise_bits) - 1) + ", word " +
                            std::to_string(element);
      }
      keep(place, operands, std::to_string(want.codes[i]), std::to_string(got.codes[i]));
    });
  }
}

void Comparison::results(const Outcome& want, const Outcome& got) {
  check_size(got_, "results", want.results.size(), got.results.size());
  results_ += static_cast<std::uint64_t>(region_.elements());
  const auto text = [&](std::uint32_t bits) {
    return product_.codes ? std::to_string(std::bit_cast<std::int32_t>(bits)) : fp32_text(bits);
  };
  const ArrayShape& shape = simulated_.shape.array;
  for (std::int64_t row = region_.row; row < region_.row + region_.rows; ++row)
    for (std::int64_t col = region_.col; col < region_.col + region_.cols; ++col) {
      const auto i = static_cast<std::size_t>(row * product_.n() + col);
      if (want.results[i] == got.results[i]) continue;
      found([&] {
        const Place place{"result",
                          TileIndex{row / shape.rows, col / shape.cols},
                          {{"row", row}, {"column", col}}};
        keep(place,
             product_.blocks() ? result_operands<BfpLines>(product_, want, row, col)
                               : result_operands<Int8Lines>(product_, want, row, col),
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
  entry["want_engine"] = want_.name;
  entry["got"] = got;
  entry["got_engine"] = got_;
  entry["seed"] = rerun_.seed;
  entry["again"] = again(place.tile);
  entries_.push_back(entry);
}

// The simulated engine against golden, which has no waves. One run of make builds for one target.
std::string Comparison::again(const std::optional<TileIndex>& tile) const {
  std::string command = "make build";
  for (const std::string& target : simulated_.targets)
    command += (&target == simulated_.targets.data() ? " " : " TRACE=1 && make ") + target;
  command += " TRACE=1 && build/trace/roundhouse compare";
  for (const std::string& word : rerun_.words) command += " " + quoted(word);
  if (simulated_.name != "rtl") command += " --engines golden," + simulated_.name;
  if (rerun_.seed != 0) command += " --seed " + std::to_string(rerun_.seed);
  if (!tile) return command + " --trace " + (product_.multiply ? "product.fst" : "convert.fst");
  return command + " --tile " + std::to_string(tile->row) + "," + std::to_string(tile->col) +
         " --trace tile_" + std::to_string(tile->row) + "_" + std::to_string(tile->col) + ".fst";
}

void Comparison::add(Report& report) const {
  Json compared = {{"codes", codes_}};
  if (product_.blocks()) {
    compared["exponents"] = exponents_;
    compared["flags"] = flags_;
  } else {
    compared["scales"] = scales_;
  }
  if (product_.multiply || !product_.blocks()) compared["results"] = results_;
  std::string text;
  for (const auto& [what, count] : compared.items())
    text += (text.empty() ? "" : ", ") + count.dump() + " " + what;
  report.add("compared", compared, text);
  report.add("mismatches", mismatches_);
  report["first_mismatches"] = entries_;
}

void Comparison::print(std::ostream& out) const {
  for (const Json& entry : entries_) {
    out << "mismatch: " << entry["kind"].get<std::string>();
    if (entry.contains("tile")) out << ", tile " << entry["tile"][0] << "," << entry["tile"][1];
    for (const char* const key : {"line", "row", "column", "group", "k"})
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
