// roundhouse cycles: the cycle model of the array for layers of a network. Docs: docs/cycles.md.
#include <algorithm>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "chunk/chunk.hpp"
#include "cli/commands.hpp"
#include "cli/engines.hpp"
#include "cli/layers.hpp"
#include "cli/report.hpp"
#include "gemm/gemm.hpp"
#include "number/format_text.hpp"

namespace rh::cli {
namespace {

constexpr double kMinClock = 0.001, kMaxClock = 1e6;
constexpr int kResultBytes = 4;  // FP32

struct Options {
  std::string layers;
  std::vector<std::string> formats, formats_a, formats_b;
  EngineChoice choice;
  std::optional<double> clock_ns;
};

// A way to store the operands of a layer, in bytes.
struct Layout {
  std::string name;
  std::int64_t a = 0, b = 0;              // stored once
  std::int64_t a_moved = 0, b_moved = 0;  // read by the array
};

// What the array makes of a layer in two formats, of all its occurrences.
struct Cost {
  std::int64_t macs = 0;
  std::int64_t tiles = 0;
  std::int64_t steps = 0;  // of a tile, each in `passes` passes
  std::int64_t cycles = 0;
  std::int64_t c = 0;           // bytes written
  std::vector<Layout> layouts;  // the first is what the array reads

  void add(const Cost& other) {
    macs = sum({macs, other.macs});
    tiles = sum({tiles, other.tiles});
    cycles = sum({cycles, other.cycles});
    c = sum({c, other.c});
    if (layouts.empty())
      for (const Layout& layout : other.layouts) layouts.push_back({layout.name});
    for (std::size_t i = 0; i < layouts.size(); ++i) {
      layouts[i].a = sum({layouts[i].a, other.layouts[i].a});
      layouts[i].b = sum({layouts[i].b, other.layouts[i].b});
      layouts[i].a_moved = sum({layouts[i].a_moved, other.layouts[i].a_moved});
      layouts[i].b_moved = sum({layouts[i].b_moved, other.layouts[i].b_moved});
    }
  }
};

// Two formats and the array that multiplies them.
struct Machine {
  Formats formats;
  MultiplierShape shape;
  int passes = 1;
  GemmTiming timing;

  Machine(const EngineChoice& choice, const Formats& pair) : formats(pair) {
    EngineChoice own = choice;
    own.names = {"rtl"};
    shape = engine_setups(own, formats)[0].shape;
    if (formats.blocks()) {
      passes = rh::passes(integer_bits(formats.a), integer_bits(*formats.b), shape.chunk_bits);
      timing = block_timing(shape.array, shape.accumulation == Accumulation::Fp32);
    } else {
      timing.shape = shape.array;
      while (shape.array.cols % timing.result_lanes != 0) --timing.result_lanes;
    }
  }

  std::string format_name() const {
    const std::string a = format_text(formats.a), b = format_text(*formats.b);
    return a == b ? a : a + " x " + b;
  }
  std::string array_name() const {
    return formats.blocks() ? shape_name(shape) : shape_name(shape.array);
  }
  Json array() const { return formats.blocks() ? array_json(shape) : array_json(shape.array); }

  double utilization(const Cost& cost) const {
    return static_cast<double>(cost.macs) * passes /
           (static_cast<double>(shape.array.cells()) * shape.array.lanes *
            static_cast<double>(cost.cycles));
  }

  // Throws EngineError for operands of `length` terms that the array cannot hold,
  // std::overflow_error for what cannot be counted.
  void check(std::int64_t length) const;
  Cost cost(const Layer& layer) const;  //                                 docs/cycles.md (4) - (8)
};

std::int64_t steps_of(const Machine& machine, std::int64_t k) {
  const ArrayShape& array = machine.shape.array;
  return machine.formats.blocks() ? array.steps(k, machine.formats.a.group_size) : array.steps(k);
}

void Machine::check(std::int64_t length) const {
  if (!formats.blocks()) {
    if (length > kInt8MaxTerms)
      throw EngineError("K = " + std::to_string(length) +
                        " may overflow int32; int8 takes K up to " + std::to_string(kInt8MaxTerms));
    return;
  }
  const BfpLines a = no_lines(formats.a, length), b = no_lines(*formats.b, length);
  check_shape(shape, {formats.a, a}, {*formats.b, b});
}

// Bytes of `lines` lines of `length` values.                              docs/cycles.md (6), (7)
std::int64_t fp32_bytes(std::int64_t lines, std::int64_t length) {
  return product({lines, length, 4});
}
std::int64_t int8_bytes(std::int64_t lines, std::int64_t length) {
  return sum({product({lines, length}), product({lines, 4})});
}
ChunkLayout chunk_layout(const Format& format, int chunk_bits, std::int64_t lines,
                         std::int64_t length) {
  const std::int64_t g = format.group_size;
  const std::int64_t groups = product({lines, (length + g - 1) / g});
  product({groups, g, 64});  // bits of a value, with its share of the exponent
  return {static_cast<std::size_t>(groups), static_cast<std::size_t>(g), format.exponent_bits,
          integer_bits(format), chunk_bits};
}
std::int64_t chunk_bytes(const Format& format, int chunk_bits, std::int64_t lines,
                         std::int64_t length) {
  return static_cast<std::int64_t>(chunk_layout(format, chunk_bits, lines, length).total_bytes());
}
std::int64_t plane_bytes(const Format& format, std::int64_t lines, std::int64_t length) {
  const ChunkLayout chunks = chunk_layout(format, 1, lines, length);
  const PlaneLayout planes{chunks.groups, chunks.group_size, format.exponent_bits,
                           format.magnitude_bits};
  return static_cast<std::int64_t>(planes.total_bytes());
}

Cost Machine::cost(const Layer& layer) const {
  const std::int64_t tile_rows = shape.array.tile_rows(layer.m);
  const std::int64_t tile_cols = shape.array.tile_cols(layer.n);
  const std::int64_t tiles = product({tile_rows, tile_cols, layer.batch});
  const std::int64_t a_lines = product({layer.batch, layer.m});
  const std::int64_t b_lines = product({layer.batch, layer.n});
  Cost cost;
  cost.macs = product({layer.m, layer.k, layer.n, layer.batch, layer.count});
  cost.tiles = product({tiles, layer.count});
  cost.steps = steps_of(*this, layer.k);
  const std::int64_t steps = product({cost.steps, passes});
  product({tiles, std::max(steps, timing.tail())});  // throws where cycles() would wrap
  cost.cycles = product({timing.cycles(tiles, steps), layer.count});
  cost.c = product({a_lines, layer.n, kResultBytes, layer.count});
  const auto add = [&](const std::string& name, auto bytes) {
    const std::int64_t a = product({bytes(formats.a, a_lines), layer.count});
    const std::int64_t b = product({bytes(*formats.b, b_lines), layer.count});
    cost.layouts.push_back({name, a, b, product({a, tile_cols}), product({b, tile_rows})});
  };
  const std::int64_t k = layer.k;
  if (formats.blocks()) {
    const int c = shape.chunk_bits;
    add("chunks", [=](const Format& f, std::int64_t lines) { return chunk_bytes(f, c, lines, k); });
    add("planes", [=](const Format& f, std::int64_t lines) { return plane_bytes(f, lines, k); });
  }
  add("int8", [=](const Format&, std::int64_t lines) { return int8_bytes(lines, k); });
  add("fp32", [=](const Format&, std::int64_t lines) { return fp32_bytes(lines, k); });
  return cost;
}

std::vector<Machine> chosen_machines(const Options& options) {
  std::vector<Formats> pairs;
  for (const std::string& text : options.formats) {
    const Format format = parse_format(text);
    pairs.push_back({format, format});
  }
  const std::size_t of_a = options.formats_a.size(), of_b = options.formats_b.size();
  if (of_a != of_b)
    refuse(of_a < of_b ? "--format-a" : "--format-b",
           "is given " + std::to_string(std::min(of_a, of_b)) + " times, the other " +
               std::to_string(std::max(of_a, of_b)),
           "they make pairs; --format is of both operands");
  for (std::size_t i = 0; i < of_a; ++i) {
    const Format a = parse_format(options.formats_a[i]);
    const Format b = parse_format(options.formats_b[i]);
    if (a.is_block() != b.is_block())
      refuse("--format-b", "makes a product of " + format_text(a) + " and " + format_text(b),
             "int8 multiplies with int8 alone");
    pairs.push_back({a, b});
  }
  if (pairs.empty()) refuse("--format", "is not given", "roundhouse formats lists them");
  const bool any_blocks =
      std::any_of(pairs.begin(), pairs.end(), [](const Formats& pair) { return pair.blocks(); });
  std::vector<Machine> machines;
  for (const Formats& pair : pairs) {
    EngineChoice choice = options.choice;
    if (!pair.blocks() && any_blocks) {  // they are of the others
      choice.chunk_bits.reset();
      choice.accumulation.clear();
    }
    const Machine& machine = machines.emplace_back(choice, pair);
    try {
      machine.check(0);
    } catch (const EngineError& error) {
      throw EngineError(machine.format_name() + ": " + error.what());
    }
  }
  return machines;
}

// Of every layer; the total comes last.
std::vector<Cost> costs_of(const Options& options, const Machine& machine,
                           const std::vector<Layer>& layers) {
  std::vector<Cost> costs;
  Cost total;
  for (const Layer& layer : layers) {
    try {
      machine.check(layer.k);
      costs.push_back(machine.cost(layer));
      total.add(costs.back());
    } catch (const EngineError& error) {
      refuse_layer(options.layers, layer, machine.format_name() + " cannot multiply it",
                   error.what());
    } catch (const std::overflow_error&) {
      refuse_layer(options.layers, layer,
                   machine.format_name() + " takes more than 2^62 cycles or bytes up to here",
                   "counts go to 2^62");
    }
  }
  costs.push_back(total);
  return costs;
}

double milliseconds(const Options& options, std::int64_t cycles) {
  return static_cast<double>(cycles) * *options.clock_ns * 1e-6;
}

Json layer_json(const Layer& layer) {
  return {{"name", layer.name},
          {"kind", layer.convolution ? "conv" : "gemm"},
          {"m", layer.m},
          {"k", layer.k},
          {"n", layer.n},
          {"batch", layer.batch},
          {"count", layer.count},
          {"macs", product({layer.m, layer.k, layer.n, layer.batch, layer.count})}};
}

Json cost_json(const Options& options, const Machine& machine, const Cost& cost) {
  Json json = {{"macs", cost.macs},
               {"tiles", cost.tiles},
               {"cycles", cost.cycles},
               {"utilization", machine.utilization(cost)}};
  if (options.clock_ns) json["milliseconds"] = milliseconds(options, cost.cycles);
  json["c_bytes"] = cost.c;
  for (const Layout& layout : cost.layouts)
    json["operand_bytes"][layout.name] = {{"a_stored", layout.a},
                                          {"b_stored", layout.b},
                                          {"a_moved", layout.a_moved},
                                          {"b_moved", layout.b_moved}};
  return json;
}

Json machine_json(const Options& options, const Machine& machine, const std::vector<Layer>& layers,
                  const std::vector<Cost>& costs) {
  Json list = Json::array();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    Json json = {{"name", layers[i].name}, {"steps", costs[i].steps}};
    json.update(cost_json(options, machine, costs[i]));
    list.push_back(json);
  }
  return {{"format_a", format_text(machine.formats.a)},
          {"format_b", format_text(*machine.formats.b)},
          {"array", machine.array()},
          {"passes", machine.passes},
          {"layers", list},
          {"total", cost_json(options, machine, costs.back())}};
}

using Cells = std::vector<std::string>;

std::string fixed(double value, int digits) {
  std::ostringstream text;
  text.setf(std::ios::fixed);
  text.precision(digits);
  text << value;
  return text.str();
}
std::string megabytes(std::int64_t bytes) {
  return fixed(static_cast<double>(bytes) * 1e-6, 3);
}

void print_machine(const Options& options, const Machine& machine, const std::vector<Layer>& layers,
                   const std::vector<Cost>& costs) {
  std::cout << "\n" << machine.format_name() << " on " << machine.array_name() << "\n";
  std::vector<Cells> rows = {{"layer", "M", "K", "N", "batch", "count", "tiles", "steps", "passes",
                              "cycles", "utilisation"}};
  if (options.clock_ns) rows[0].push_back("ms");
  const auto add = [&](Cells cells, const Cost& cost) {
    cells.push_back(std::to_string(cost.cycles));
    cells.push_back(fixed(machine.utilization(cost), 4));
    if (options.clock_ns) cells.push_back(fixed(milliseconds(options, cost.cycles), 4));
    rows.push_back(std::move(cells));
  };
  const auto text = [](std::int64_t value) { return std::to_string(value); };
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Layer& layer = layers[i];
    add({layer.name, text(layer.m), text(layer.k), text(layer.n), text(layer.batch),
         text(layer.count), text(costs[i].tiles), text(costs[i].steps), text(machine.passes)},
        costs[i]);
  }
  add({"total", "", "", "", "", "", text(costs.back().tiles), "", ""}, costs.back());
  print_table(std::cout, rows);

  std::cout << "\n";
  rows = {{"MB", "C"}};
  const std::string& own = costs.back().layouts[0].name;
  for (const Layout& layout : costs.back().layouts) {
    const bool read = layout.name == own;
    for (const char* what : read ? std::vector{" A", " B"} : std::vector{" A+B"})
      rows[0].push_back(layout.name + what);
    rows[0].push_back("moved");
  }
  for (std::size_t i = 0; i < costs.size(); ++i) {
    rows.push_back({i < layers.size() ? layers[i].name : "total", megabytes(costs[i].c)});
    const auto add_bytes = [&](std::int64_t bytes) { rows.back().push_back(megabytes(bytes)); };
    for (const Layout& layout : costs[i].layouts) {
      if (layout.name == own) {
        add_bytes(layout.a);
        add_bytes(layout.b);
      } else {
        add_bytes(sum({layout.a, layout.b}));
      }
      add_bytes(sum({layout.a_moved, layout.b_moved}));
    }
  }
  print_table(std::cout, rows);
}

void print_comparison(const Options& options, const std::vector<Machine>& machines,
                      const std::vector<std::vector<Cost>>& costs) {
  std::vector<Cells> rows = {
      {"format", "array", "passes", "cycles", "utilisation", "A + B MB", "moved MB", "C MB"}};
  if (options.clock_ns) rows[0].push_back("ms");
  for (std::size_t i = 0; i < machines.size(); ++i) {
    const Cost& total = costs[i].back();
    const Layout& layout = total.layouts[0];
    rows.push_back({machines[i].format_name(), machines[i].array_name(),
                    std::to_string(machines[i].passes), std::to_string(total.cycles),
                    fixed(machines[i].utilization(total), 4), megabytes(sum({layout.a, layout.b})),
                    megabytes(sum({layout.a_moved, layout.b_moved})), megabytes(total.c)});
    if (options.clock_ns) rows.back().push_back(fixed(milliseconds(options, total.cycles), 4));
  }
  std::cout << "\n";
  print_table(std::cout, rows);
}

int cycles(const Options& options, const Common& common) {
  check_outputs(common, {});
  if (options.clock_ns && !(*options.clock_ns >= kMinClock && *options.clock_ns <= kMaxClock))
    refuse("--clock-ns", "is " + number(*options.clock_ns, 10), "it lies in 0.001..1000000");
  const std::vector<Machine> machines = chosen_machines(options);
  const std::vector<Layer> layers = read_layers(options.layers);

  Report report("cycles", common);
  report["file"] = options.layers;
  if (options.clock_ns) report["clock_ns"] = *options.clock_ns;
  report["layers"] = Json::array();
  for (const Layer& layer : layers) report["layers"].push_back(layer_json(layer));
  report["products"] = Json::array();
  std::vector<std::vector<Cost>> costs;
  for (const Machine& machine : machines) {
    costs.push_back(costs_of(options, machine, layers));
    report["products"].push_back(machine_json(options, machine, layers, costs.back()));
  }
  report.write();
  if (common.quiet) return 0;

  std::cout << one_line(options.layers) << ": " << layers.size() << " rows, "
            << costs[0].back().macs << " MACs\n";
  for (std::size_t i = 0; i < machines.size(); ++i)
    print_machine(options, machines[i], layers, costs[i]);
  if (machines.size() > 1) print_comparison(options, machines, costs);
  return 0;
}

}  // namespace

void add_cycles(CLI::App& app, Common& common) {
  CLI::App* sub = app.add_subcommand("cycles", "Evaluate the cycle model for a network's layers");
  const auto options = std::make_shared<Options>();
  const auto names = [&](const std::string& option, std::vector<std::string>& into,
                         const std::string& text) {
    sub->add_option(option, into, text)->type_name("NAME")->allow_extra_args(false);
  };
  sub->add_option("layers.csv", options->layers, "a layer a line: gemm or conv")
      ->required()
      ->type_name(" ");
  names("--format", options->formats, "of both operands; each one given makes a table");
  names("--format-a", options->formats_a, "of A, with the --format-b in its place; likewise");
  names("--format-b", options->formats_b, "of B; the group sizes must agree");
  add_array(*sub, options->choice);
  add_multiplier(*sub, options->choice);
  sub->add_option("--clock-ns", options->clock_ns, "period of the clock; adds milliseconds")
      ->type_name("NS");
  add_common(*sub, common);
  sub->footer(
      "The table: '#' begins a comment line; the header names its columns, in any order, of\n"
      "  kind,name,count,batch,m,k,n,in_channels,out_channels,kernel,stride,padding,height,width,\n"
      "  groups\n"
      "kind is gemm (batch products of m x k by k x n) or conv (batch images). What is empty or "
      "not\n"
      "named is 1, padding 0; m, k, n and the sizes of a conv have to be there.\n"
      "  kind,name,m,k,n\n"
      "  gemm,fc,16,512,1000\n"
      "Cycles, tiles, utilisation and bytes are of all `count` occurrences. A and B are stored "
      "once;\n"
      "moved: A is read once a tile column, B once a tile row.\n"
      "Examples:\n"
      "  roundhouse cycles sw/cli/layers/resnet18.csv --format fast4\n"
      "  roundhouse cycles sw/cli/layers/bert_base.csv --format int8 --format fast2 --format fast4 "
      "\\\n"
      "    --chunk 4 --clock-ns 5.4\n"
      "  roundhouse cycles layers.csv --format-a fast2 --format-b fast4 --rows 8 --cols 32 \\\n"
      "    --json cycles.json");
  sub->callback(
      [&common, options] { common.run = [&common, options] { return cycles(*options, common); }; });
}

}  // namespace rh::cli
