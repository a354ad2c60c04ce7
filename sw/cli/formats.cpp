// roundhouse formats: what the number package knows.
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>

#include "chunk/chunk.hpp"
#include "cli/commands.hpp"
#include "cli/engines.hpp"
#include "cli/report.hpp"
#include "convert/convert_bfp.hpp"
#include "number/format_text.hpp"
#include "number/number.hpp"

namespace rh::cli {
namespace {

struct Options {
  FormatChoice format;  // empty: all of them
};

// integer, or the minifloat's fields: e2m1.
std::string element_text(const Format& f) {
  if (!f.is_minifloat()) return "integer";
  return "e" + std::to_string(f.element_exponent_bits) + "m" +
         std::to_string(f.significand_bits() - 1);
}

std::string base_text(const Format& f) {
  if (!f.is_block()) return "-";
  if (f.base) return std::to_string(*f.base);
  return f.exponent_bits == 8 ? std::to_string(default_base(f, 0)) : "tensor";
}

std::string codes_text(const Format& f) {
  if (f.is_minifloat()) return "+-0.." + std::to_string(f.max_code());
  return std::to_string(-f.max_code() - (f.most_negative ? 1 : 0)) + ".." +
         std::to_string(f.max_code());
}

std::string noise_text(const Format& f) {
  return is_stochastic(f.rounding) ? std::to_string(f.noise_bits) : "-";
}

// Bits of a value of a block format in bit-planes, with its share of the exponent.
//                                                                               docs/chunk.md (9)
double plane_bits(const Format& f) {
  const PlaneLayout layout{1, static_cast<std::size_t>(f.group_size), f.exponent_bits,
                           f.magnitude_bits};
  return layout.value_bits();
}

Json format_json(const std::string& label, const Format& f) {
  return {{"name", label},
          {"element", element_text(f)},
          {"element_bits", f.element_bits()},
          {"magnitude_bits", f.magnitude_bits},
          {"exponent_bits", f.exponent_bits},
          {"group_size", f.group_size},
          {"base", f.is_block() && base_text(f) != "tensor" ? Json(std::stoi(base_text(f)))
                                                            : Json(nullptr)},
          {"exponent_rule", f.is_block() ? Json(name(f.rule)) : Json(nullptr)},
          {"encoding", name(f.encoding)},
          {"rounding", name(f.rounding)},
          {"noise_bits", is_stochastic(f.rounding) ? Json(f.noise_bits) : Json(nullptr)},
          {"overflow", name(f.overflow)},
          {"most_negative", f.most_negative},
          {"signed_zero", f.signed_zero()},
          {"max_code", f.max_code()},
          {"logical_bits", f.logical_bits()},
          {"stored_bits", f.stored_bits()},
          {"plane_bits", f.is_block() ? Json(plane_bits(f)) : Json(nullptr)}};
}

// Columns of the table of all.
using Cells = std::vector<std::string>;
const Cells kHead = {"format", "g",        "element", "m",        "E",        "base",
                     "rule",   "rounding", "R",       "overflow", "encoding", "zero",
                     "codes",  "logical",  "stored",  "planes"};

Cells cells_of(const std::string& label, const Format& f) {
  return {label,
          f.is_block() ? std::to_string(f.group_size) : "line",
          element_text(f),
          std::to_string(f.magnitude_bits),
          f.is_block() ? std::to_string(f.exponent_bits) : "fp32",
          base_text(f),
          f.is_block() ? std::string(name(f.rule)) : "-",
          std::string(name(f.rounding)),
          noise_text(f),
          std::string(name(f.overflow)),
          std::string(name(f.encoding)),
          f.signed_zero() ? "+0 -0" : "+0",
          codes_text(f),
          number(f.logical_bits()),
          number(f.stored_bits()),
          f.is_block() ? number(plane_bits(f)) : "-"};
}

// A family in the same columns: what depends on m is said with m.
Cells family_cells(const std::string& family, const Format& f) {
  Cells cells = cells_of(family + "<m>", f);
  const std::string share = number(static_cast<double>(f.exponent_bits) / f.group_size);
  cells[3] = "1.." + std::to_string(kMaxMagnitudeBits);
  cells[12] = "+-(2^m - 1)";
  cells[13] = "m + 1 + " + share;
  cells[14] = "3 ceil(m/2) + " + share;
  cells[15] = cells[13];
  return cells;
}

constexpr const char* kLegend = R"(
g values share an exponent of E bits that counts from the base (tensor: the largest value of the
tensor sets it). m: bits of a code beside its sign. R: noise bits of a stochastic mode. logical,
stored and planes: bits of a value with its share of the exponent, as such, in sign-carrying 2-bit
chunks and in bit-planes.
Subnormal input is exact. A NaN or an infinity makes its group (int8: its line) NaN.
Any field can be set: bfp(m=5,g=32,e=4,round=stochastic,noise=8,overflow=bump,base=-20,rule=ceil,
negmin=1), fast4(g=32). `roundhouse formats 'bfp(m=5,g=32)'` explains one.
)";

int list_all(const Common& common) {
  Report report("formats", common);
  std::vector<Cells> rows = {kHead};
  Json list = Json::array();
  for (const Preset& preset : kPresets) {
    list.push_back(format_json(std::string(preset.name), preset.format));
    rows.push_back(cells_of(std::string(preset.name), preset.format));
  }
  Json families = Json::array();
  const auto family = [&](const std::string& label, Format (*make)(int)) {
    Json members = Json::array();
    for (int m = 1; m <= kMaxMagnitudeBits; ++m)
      members.push_back(format_json(label + std::to_string(m), make(m)));
    families.push_back({{"name", label + "<m>"}, {"members", members}});
    rows.push_back(family_cells(label, make(8)));
  };
  family("bfp", bfp_format);
  family("hbfp", hbfp_format);
  report["formats"] = list;
  report["families"] = families;
  report.write();
  if (common.quiet) return 0;
  print_table(std::cout, rows);
  std::cout << kLegend;
  return 0;
}

std::string rule_text(ExponentRule rule) {
  switch (rule) {
    case ExponentRule::Floor: return "floor: floor(log2 of the largest magnitude)";
    case ExponentRule::Ceil:
      return "ceil: of the smallest power of two that the largest magnitude does not exceed";
    case ExponentRule::Even: return "even: floor, after rounding the magnitude to the element";
    case ExponentRule::Rceil: return "rceil: floor, or one more when the largest code is exceeded";
  }
  return "?";
}

int explain(const Format& f, const Common& common) {
  Report report("formats", common);
  const std::string label = format_text(f);
  report["formats"] = Json::array({format_json(label, f)});
  report.line("format", label);
  report.line("element", element_text(f) + ", sign and " + std::to_string(f.magnitude_bits) +
                             " bits, " + std::string(name(f.encoding)));
  std::string codes = codes_text(f);
  if (f.is_minifloat())
    codes += ", the largest value is " +
             number(std::bit_cast<float>(block_value(f, 0, 0, 0, f.max_code())));
  report.line("codes", codes);
  report.line("zero", f.signed_zero() ? "+0 and -0" : "+0 alone, -0 becomes +0");
  report.line("subnormals", "exact");
  if (f.is_block()) {
    report.line("group", std::to_string(f.group_size) + " values share an exponent e of " +
                             std::to_string(f.exponent_bits) + " bits, 0.." +
                             std::to_string(f.max_exponent()));
    report.line("base", f.base || f.exponent_bits == 8
                            ? base_text(f)
                            : "of the tensor: its largest value takes the largest e");
    report.line("value", f.is_minifloat()
                             ? "element 2^(base + e)"
                             : "code 2^(base + e - " + std::to_string(f.magnitude_bits - 1) + ")");
    report.line("rule", rule_text(f.rule));
    report.line("nan", "a NaN or an infinity makes its group NaN: e = " +
                           std::to_string((1 << f.exponent_bits) - 1) + ", codes 0, flag 1");
  } else {
    report.line("group", "the line, with an FP32 scale");
    report.line("nan", "a NaN or an infinity makes its line NaN: scale NaN, codes 0");
  }
  report.line(
      "rounding",
      std::string(name(f.rounding)) +
          (is_stochastic(f.rounding) ? ", " + std::to_string(f.noise_bits) + " noise bits" : ""));
  report.line("overflow", f.overflow == Overflow::Saturate
                              ? "saturate: to the largest code"
                              : "bump: the group takes the next exponent");
  report.line("logical bits", number(f.logical_bits()) + " a value");
  report.line("stored bits", number(f.stored_bits()) + " a value");
  if (f.is_block()) report.line("plane bits", number(plane_bits(f)) + " a value");
  if (f.is_block()) {
    const std::string target = converter_target("rtl", f);
    report.line("engines", f.magnitude_bits > kMaxRtlMagnitudeBits
                               ? "golden"
                               : "golden, rtl" + (target.empty() ? "" : " (make " + target + ")"));
  }
  report.finish();
  return 0;
}

int formats(const Options& options, const Common& common) {
  check_outputs(common, {});
  return options.format.text.empty() ? list_all(common)
                                     : explain(chosen_format(options.format), common);
}

}  // namespace

void add_formats(CLI::App& app, Common& common) {
  CLI::App* sub = app.add_subcommand("formats", "List the formats that --format takes");
  const auto options = std::make_shared<Options>();
  sub->add_option("NAME", options->format.text, "explain this one")->type_name(" ");
  add_common(*sub, common);
  sub->footer(
      "Examples:\n"
      "  roundhouse formats\n"
      "  roundhouse formats fast4-sr\n"
      "  roundhouse formats 'bfp(m=5,g=32,e=4,overflow=bump)'\n"
      "  roundhouse formats --quiet --json formats.json");
  sub->callback([&common, options] {
    common.run = [&common, options] { return formats(*options, common); };
  });
}

}  // namespace rh::cli
