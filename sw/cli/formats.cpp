// roundhouse formats: what the number package knows.
#include <iomanip>
#include <iostream>
#include <memory>

#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "number/number.hpp"

namespace rh::cli {
namespace {

int formats(const Common& common) {
  check_outputs(common, {});
  Report report("formats", common);
  Json list = Json::array();
  for (const Format& f : kFormats) {
    list.push_back({{"name", f.name},
                    {"element_bits", f.element_bits()},
                    {"magnitude_bits", f.magnitude_bits},
                    {"exponent_bits", f.exponent_bits},
                    {"group_size", f.group_size},
                    {"encoding", name(f.encoding)},
                    {"rounding", name(f.rounding)},
                    {"overflow", name(f.overflow)},
                    {"most_negative", f.most_negative},
                    {"max_code", f.max_code()}});
    std::ostringstream text;
    text << f.element_bits() << " bits, codes "
         << (f.most_negative ? -f.max_code() - 1 : -f.max_code()) << ".." << f.max_code() << ", "
         << name(f.encoding) << ", ";
    if (f.exponent_bits == 0)
      text << "an FP32 scale";
    else
      text << "a " << f.exponent_bits << "-bit exponent";
    text << " a " << (f.group_size == 0 ? "line" : "group of " + std::to_string(f.group_size))
         << ", " << name(f.rounding) << ", " << name(f.overflow);
    report.add(std::string(f.name), list.back(), text.str());
  }
  report["formats"] = list;
  report.finish();
  return 0;
}

}  // namespace

void add_formats(CLI::App& app, Common& common) {
  CLI::App* sub = app.add_subcommand("formats", "List the formats that --format takes");
  add_common(*sub, common);
  sub->footer(
      "Examples:\n"
      "  roundhouse formats\n"
      "  roundhouse formats --quiet --json formats.json");
  sub->callback([&common] { common.run = [&common] { return formats(common); }; });
}

}  // namespace rh::cli
