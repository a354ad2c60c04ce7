#include "number/format_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <sstream>
#include <vector>

namespace rh {
namespace {

constexpr std::array kModes = {RoundMode::Truncate, RoundMode::NearestEven, RoundMode::NearestAway,
                               RoundMode::Stochastic, RoundMode::StochasticUnbiased};
constexpr std::array kRules = {ExponentRule::Floor, ExponentRule::Ceil, ExponentRule::Even,
                               ExponentRule::Rceil};
constexpr std::array kOverflows = {Overflow::Saturate, Overflow::Bump};
constexpr std::string_view kKeys = "m, g, e, round, noise, rule, overflow, base and negmin";

constexpr std::string_view kInt8TakesNone =
    "format: int8 takes no fields; its rounding and its scale are fixed";

// What came from a user, fit for one line of a message.
std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::string out;
  for (const char c : text.substr(0, kLongest)) out += c >= ' ' && c <= '~' ? c : '?';
  return "'" + out + (text.size() > kLongest ? "...'" : "'");
}

[[noreturn]] void refuse(const std::string& what) {
  throw FormatError(what);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// A whole decimal number, or nothing.
std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int number_of(std::string_view key, std::string_view value) {
  const std::optional<int> n = number(value);
  if (!n) refuse("format: " + std::string(key) + " is " + shown(value) + ", not a whole number");
  return *n;
}

template <class List>
auto named(std::string_view field, std::string_view value, const List& list) {
  for (const auto item : list)
    if (name(item) == value) return item;
  std::string known;
  for (const auto item : list) known += (known.empty() ? "" : ", ") + std::string(name(item));
  refuse("format: " + std::string(field) + " is " + shown(value) + "; it is one of " + known);
}

void check_range(std::string_view field, int value, int least, int largest) {
  if (value >= least && value <= largest) return;
  std::ostringstream text;
  text << "format: " << field << " is " << value << "; it lies in " << least << ".." << largest;
  refuse(text.str());
}

// The preset that has the minifloat of `format`, or null.
const Preset* element_preset(const Format& format) {
  for (const Preset& preset : kPresets)
    if (preset.format.is_minifloat() &&
        preset.format.element_exponent_bits == format.element_exponent_bits &&
        preset.format.magnitude_bits == format.magnitude_bits &&
        preset.format.specials == format.specials)
      return &preset;
  return nullptr;
}

// Formats that differ in m alone.
struct Family {
  std::string_view name;
  Format (*make)(int m);
};
constexpr Family kFamilies[] = {{"bfp", bfp_format}, {"hbfp", hbfp_format}};

// bfp5 and hbfp5; bfp and hbfp alone leave m at 0, to be given.
std::optional<Format> family_member(std::string_view text) {
  for (const Family& family : kFamilies) {
    if (!text.starts_with(family.name)) continue;
    const std::string_view digits = text.substr(family.name.size());
    if (digits.empty()) return family.make(0);
    if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    const std::optional<int> m = number(digits);
    if (!m || *m < 1 || *m > kMaxMagnitudeBits)
      refuse("format: m is " + shown(digits) + "; it lies in 1.." +
             std::to_string(kMaxMagnitudeBits));
    return family.make(*m);
  }
  return std::nullopt;
}

Format named_format(std::string_view text) {
  if (const Format* preset = find_preset(text)) return *preset;
  if (const std::optional<Format> format = family_member(text)) return *format;
  std::string known;
  for (const Preset& preset : kPresets) known += std::string(preset.name) + ", ";
  refuse("format " + shown(text) + " is unknown; there are " + known +
         "bfp<m>, hbfp<m> and bfp(m=5,g=32,...)");
}

void set_field(Format& format, std::string_view key, std::string_view value) {
  if (key == "m") {
    if (format.is_minifloat()) refuse("format: m is the element's own in a format of minifloats");
    format.magnitude_bits = number_of(key, value);
  } else if (key == "g") {
    format.group_size = number_of(key, value);
  } else if (key == "e") {
    format.exponent_bits = number_of(key, value);
  } else if (key == "round") {
    format.rounding = named("round", value, kModes);
  } else if (key == "noise") {
    format.noise_bits = number_of(key, value);
  } else if (key == "rule") {
    format.rule = named("rule", value, kRules);
  } else if (key == "overflow") {
    format.overflow = named("overflow", value, kOverflows);
  } else if (key == "base") {
    format.base = number_of(key, value);
  } else if (key == "negmin") {
    const int allowed = number_of(key, value);
    check_range(key, allowed, 0, 1);
    format.most_negative = allowed == 1;
    format.encoding = allowed == 1 ? Encoding::TwosComplement : Encoding::SignMagnitude;
  } else {
    refuse("format: field " + shown(key) + " is unknown; there are " + std::string(kKeys));
  }
}

}  // namespace

RoundMode parse_round_mode(std::string_view text) {
  return named("round", text, kModes);
}

void validate(const Format& format) {
  if (format == kInt8) return;
  if (format.exponent_bits == 0 && format.group_size == 0) refuse(std::string(kInt8TakesNone));
  check_range("m", format.magnitude_bits, 1, kMaxMagnitudeBits);
  check_range("g", format.group_size, 1, kMaxGroupSize);
  check_range("e", format.exponent_bits, 1, 8);
  check_range("noise", format.noise_bits, 1, kMaxNoiseBits);
  if (format.base) check_range("base", *format.base, kMinBase, kMaxBase);
  if ((format.encoding == Encoding::TwosComplement) != format.most_negative)
    refuse("format: a block format is sign-magnitude, and two's complement with negmin=1 alone");
  if (format.is_minifloat() && !element_preset(format))
    refuse("format: the minifloat is none of the presets'");
  if (format.most_negative && format.is_minifloat())
    refuse("format: negmin is 1, but a minifloat has no most negative code");
}

Format parse_format(std::string_view text) {
  text = trimmed(text);
  const std::size_t open = text.find('(');
  if (open != std::string_view::npos && text.back() != ')')
    refuse("format " + shown(text) + " has no closing bracket at its end");
  Format format = named_format(trimmed(text.substr(0, open)));
  bool has_m = format.magnitude_bits > 0;
  if (open != std::string_view::npos) {
    if (!format.is_block()) refuse(std::string(kInt8TakesNone));
    std::string_view fields = trimmed(text.substr(open + 1, text.size() - open - 2));
    std::set<std::string_view> seen;
    while (!fields.empty()) {
      const std::size_t comma = fields.find(',');
      const std::string_view field = trimmed(fields.substr(0, comma));
      const std::size_t equals = field.find('=');
      if (equals == std::string_view::npos)
        refuse("format: " + shown(field) + " is not of the form field=value");
      const std::string_view key = trimmed(field.substr(0, equals));
      if (!seen.insert(key).second) refuse("format: field " + shown(key) + " is given twice");
      has_m = has_m || key == "m";
      set_field(format, key, trimmed(field.substr(equals + 1)));
      if (comma == std::string_view::npos) break;
      fields = trimmed(fields.substr(comma + 1));
      if (fields.empty()) refuse("format: a comma stands at the end of the fields");
    }
  }
  if (!has_m) refuse("format " + shown(text) + " needs its m, as in bfp5 or bfp(m=5)");
  validate(format);
  return format;
}

std::string format_text(const Format& format) {
  for (const Preset& preset : kPresets)
    if (preset.format == format) return std::string(preset.name);

  // The preset or family it is closest to, and what differs from that.
  std::string base_name = "bfp";
  Format base = bfp_format(format.magnitude_bits);
  if (const Preset* preset = element_preset(format)) {
    base_name = preset->name;
    base = preset->format;
  } else if (format == hbfp_format(format.magnitude_bits)) {
    return "hbfp" + std::to_string(format.magnitude_bits);
  }
  std::vector<std::string> fields;
  const auto field = [&](std::string_view key, const auto& value) {
    std::ostringstream text;
    text << key << "=" << value;
    fields.push_back(text.str());
  };
  if (format.group_size != base.group_size) field("g", format.group_size);
  if (format.exponent_bits != base.exponent_bits) field("e", format.exponent_bits);
  if (format.base) field("base", *format.base);
  if (format.rounding != base.rounding) field("round", name(format.rounding));
  if (format.noise_bits != base.noise_bits) field("noise", format.noise_bits);
  if (format.rule != base.rule) field("rule", name(format.rule));
  if (format.overflow != base.overflow) field("overflow", name(format.overflow));
  if (format.most_negative) field("negmin", 1);
  if (!format.is_minifloat()) {
    const std::string m = std::to_string(format.magnitude_bits);
    if (fields.empty()) return base_name + m;
    fields.insert(fields.begin(), "m=" + m);
  }
  std::string text = base_name + "(";
  for (std::size_t i = 0; i < fields.size(); ++i) text += (i == 0 ? "" : ",") + fields[i];
  return text + ")";
}

}  // namespace rh
