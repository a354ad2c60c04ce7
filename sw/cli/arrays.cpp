// roundhouse arrays: the arrays that are built beside the program.
#include <iostream>
#include <memory>

#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "engine/library.hpp"
#include "engine/multiplier.hpp"

namespace rh::cli {
namespace {

constexpr const char* kMakeInt8 = "make model ROWS=8 COLS=8 LANES=4";
constexpr const char* kMakeBlocks = "make model ROWS=8 COLS=8 LANES=16 CHUNK=4 ACCUMULATE=exact64";
constexpr const char* kMakeNetlist = "make netlist";

int arrays(const Common& common) {
  check_outputs(common, {});
  std::vector<std::vector<std::string>> rows = {
      {"engine", "formats", "rows", "cols", "lanes", "chunk", "accumulator", "file"}};
  Json list = Json::array();
  const auto add = [&](const std::string& engine, const std::string& formats,
                       const MultiplierShape& shape, const Json& array, const std::string& chunk,
                       const std::string& accumulator, const std::string& file) {
    const std::string path = engine_path(file);
    Json entry = {{"engine", engine}, {"formats", formats}};
    entry.update(array);
    entry["file"] = path;
    list.push_back(entry);
    rows.push_back({engine, formats, std::to_string(shape.array.rows),
                    std::to_string(shape.array.cols), std::to_string(shape.array.lanes), chunk,
                    accumulator, path});
  };
  for (const std::string engine : {"rtl", "netlist"}) {
    for (const ArrayShape& shape : built_arrays(engine))
      add(engine, "int8", {shape}, array_json(shape), "-", "int32",
          engine + "_" + shape_name(shape) + ".so");
    for (const MultiplierShape& shape : built_multipliers(engine))
      add(engine, "blocks", shape, array_json(shape), std::to_string(shape.chunk_bits),
          accumulator_name(shape), "multiply_" + engine + "_" + shape_name(shape) + ".so");
  }
  Report report("arrays", common);
  report["arrays"] = list;
  report["make"] = {{"int8", kMakeInt8}, {"blocks", kMakeBlocks}, {"netlist", kMakeNetlist}};
  report.write();
  if (common.quiet) return 0;
  if (list.empty())
    std::cout << "none is built; type: make build\n";
  else
    print_table(std::cout, rows);
  std::cout << "\nAnother one:\n  " << kMakeInt8 << "\n  " << kMakeBlocks
            << "   (exact64, exact96 or fp32)\n  " << kMakeNetlist << "\n";
  return 0;
}

}  // namespace

void add_arrays(CLI::App& app, Common& common) {
  CLI::App* sub = app.add_subcommand("arrays", "List the arrays that are built");
  add_common(*sub, common);
  sub->footer(
      "Of int8, and of block formats: those take one chunk size and one way to accumulate each.\n"
      "Examples:\n"
      "  roundhouse arrays\n"
      "  roundhouse arrays --quiet --json arrays.json");
  sub->callback([&common] { common.run = [&common] { return arrays(common); }; });
}

}  // namespace rh::cli
