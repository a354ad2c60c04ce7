#include "regress/case.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <regex>
#include <sstream>

#include "engine/converter.hpp"
#include "engine/engine.hpp"
#include "gemm/gemm.hpp"
#include "number/format_text.hpp"
#include "tensor/npy_header.hpp"

namespace rh::regress {
namespace {

const std::vector<std::string> kBuild = {
    "rtl_16x16x1",
    "convert_rtl_16x8",
    "convert_rtl_32x8",
    "multiply_rtl_16x16x16_c2_exact64",
    "multiply_rtl_16x16x16_c4_exact64",
    "multiply_rtl_16x16x16_c2_fp32",
    "multiply_rtl_16x16x32_c2_fp32",
    "cell_rtl",
};
// What regress.mk builds beside them: small ones, of odd sizes.
const std::vector<std::string> kSmall = {
    "rtl_1x1x1",
    "rtl_2x5x3",
    "convert_rtl_1x1",
    "convert_rtl_5x3",
    "multiply_rtl_1x1x1_c1_exact64",
    "multiply_rtl_2x3x5_c8_exact96",
    "multiply_rtl_3x2x4_c3_exact64",
    "multiply_rtl_2x2x8_c4_fp32",
};

constexpr std::int64_t kMostWork = 12'000;  // steps of the array, all tiles and passes of a product

// ---- engines ------------------------------------------------------------------------------------

int number_of(const std::string& text) {
  return std::stoi(text);
}

bool takes(const EngineName& engine, const Format& format) {
  if (!format.is_block()) return false;
  if (engine.kind == Kind::Convert)
    return converter_shape(format) == ConverterShape{engine.group_size, engine.noise_bits} &&
           format.magnitude_bits <= kMaxRtlMagnitudeBits;
  const MultiplierShape& shape = engine.shape;
  return integer_bits(format) <= kMaxRtlMagnitudeBits &&
         format.exponent_bits <= max_exponent_bits(shape) && !format.most_negative &&
         (shape.accumulation == Accumulation::Exact || format.group_size <= shape.array.lanes);
}

// ---- what is chosen -----------------------------------------------------------------------------

// Any format that the engine takes; of a product with groups of `group` values.
Format draw_format(Draw& draw, const EngineName& engine, int group) {
  while (true) {
    Format format = bfp_format(draw.between(1, kMaxRtlMagnitudeBits));
    if (draw.percent(30)) {
      format = kPresets[draw.below(kPresets.size())].format;
      if (!format.is_minifloat()) continue;
    }
    format.group_size = group;
    format.exponent_bits = draw.between(1, 8);
    format.rounding = static_cast<RoundMode>(draw.below(5));
    format.noise_bits = engine.kind == Kind::Convert ? engine.noise_bits : draw.between(1, 14);
    format.rule = static_cast<ExponentRule>(draw.below(4));
    format.overflow = static_cast<Overflow>(draw.below(2));
    if (draw.percent(30)) format.base = draw.between(kMinBase, kMaxBase);
    if (engine.kind == Kind::Convert && !format.is_minifloat() && draw.percent(20)) {
      format.most_negative = true;
      format.encoding = Encoding::TwosComplement;
    }
    if (takes(engine, format)) {
      validate(format);
      return format;
    }
  }
}

// Any preset of the group size, or any format.
Format draw_partner(Draw& draw, const EngineName& engine, int group) {
  std::vector<const Format*> fitting;
  for (const Preset& preset : kPresets)
    if (preset.format.group_size == group && takes(engine, preset.format))
      fitting.push_back(&preset.format);
  if (fitting.empty() || draw.percent(50)) return draw_format(draw, engine, group);
  return *fitting[draw.below(fitting.size())];
}

// None, one, fewer than `unit`, about it, a multiple of it, any.
std::int64_t draw_size(Draw& draw, int unit, int most) {
  std::int64_t size = 0;
  switch (draw.below(16)) {
    case 0: size = draw.percent(40) ? 0 : 1; break;
    case 1: size = 1; break;
    case 2:
    case 3: size = draw.between(1, unit); break;
    case 4:
    case 5: size = unit + draw.between(-1, 1); break;
    case 6:
    case 7: size = std::int64_t{unit} * draw.between(1, 5); break;
    case 8: size = std::int64_t{unit} * draw.between(2, 8) + draw.between(-1, 1); break;
    default: size = draw.between(2, most); break;
  }
  return std::min<std::int64_t>(size, most);
}

int draw_percent(Draw& draw) {
  constexpr int kPercent[] = {0, 0, 0, 25, 50, 75, 90};
  return kPercent[draw.below(std::size(kPercent))];
}

void draw_product_sizes(Draw& draw, Case& test, int passes) {
  const ArrayShape& array = test.configuration.engine.shape.array;
  const int group = std::max(test.a.group_size, 1);
  const auto most = [](int cells) { return std::clamp(16 * cells, 12, 256); };
  test.m = draw_size(draw, array.rows, most(array.rows));
  test.n = draw_size(draw, array.cols, most(array.cols));
  test.k = draw_size(draw, draw.percent(50) ? group : array.lanes, 150);
  // Stalls of 90 % take some ten times as long: those products are smaller.
  const int worst = std::max(test.stalls.input_percent, test.stalls.output_percent);
  const std::int64_t work = kMostWork / (worst == 90 ? 8 : worst == 75 ? 4 : 1);
  const auto tiles = [&] { return array.tile_rows(test.m) * array.tile_cols(test.n); };
  const auto steps = [&] { return array.steps(test.k, group) * passes; };
  while (tiles() * std::max<std::int64_t>(steps(), 1) > work) {
    if (test.k > 1 && draw.percent(50))
      test.k /= 2;
    else
      (test.m > test.n ? test.m : test.n) /= 2;
  }
}

CellVectors draw_vectors(const Case& test) {
  Draw draw(test.seed, 3);
  const CellShape& shape = *test.configuration.cell;
  const auto lanes = static_cast<std::size_t>(shape.lanes);
  CellVectors out;
  out.a.resize(test.vectors * lanes);
  out.b.resize(test.vectors * lanes);
  out.exponent_a.resize(test.vectors);
  out.exponent_b.resize(test.vectors);
  out.restart.resize(test.vectors);
  const unsigned all = (1u << shape.width()) - 1;
  const unsigned largest = shape.blocks() ? all >> 1 : 0x80;
  // Codes: any, the largest, mostly zeros, few bits.
  const auto fill = [&](std::vector<std::uint16_t>& to, std::size_t at) {
    const std::uint64_t kind = draw.below(4);
    std::uint64_t bits = 0;
    for (std::size_t k = 0; k < lanes; ++k, bits >>= 16) {
      if (k % 4 == 0) bits = draw.bits();
      unsigned code = static_cast<unsigned>(bits) & all;
      if (kind == 1) code = (code & (all ^ (all >> 1))) | (largest & (all >> 1));
      if (kind == 1 && !shape.blocks()) code = (bits & 1) != 0 ? 0x80 : 0x7F;
      if (kind == 2 && (bits >> 12 & 7) != 0) code = 0;
      if (kind == 3) code &= static_cast<unsigned>(bits >> 8);
      to[at + k] = static_cast<std::uint16_t>(code);
    }
  };
  // Exponents of FP32 sum to a window that moves every 64 vectors.
  int first = 0, width = 1;
  for (std::size_t i = 0; i < test.vectors; ++i) {
    const bool restart = i == 0 || draw.percent(test.restart_percent);
    out.restart[i] = restart ? 1 : 0;
    if (i % 64 == 0) {
      constexpr int kFirst[] = {-1024, -180, -150, -60, 0, 90, 500};
      constexpr int kWidth[] = {1, 12, 60, 700};
      first = kFirst[draw.below(std::size(kFirst))];
      width = kWidth[draw.below(std::size(kWidth))];
    }
    if (!restart && draw.percent(test.bubble_percent)) continue;  // zeros
    fill(out.a, i * lanes);
    fill(out.b, i * lanes);
    if (shape.fp32) {
      const int b = draw.between(0, (1 << shape.exponent_b) - 1);
      const int half = 1 << (shape.exponent_a - 1);
      out.exponent_b[i] = static_cast<std::int16_t>(b);
      out.exponent_a[i] = static_cast<std::int16_t>(std::clamp(
          first + static_cast<int>(draw.below(static_cast<unsigned>(width))) - b, -half, half - 1));
    } else if (shape.blocks()) {
      const int a = draw.between(0, std::min((1 << shape.exponent_a) - 1, shape.max_shift));
      out.exponent_a[i] = static_cast<std::int16_t>(a);
      out.exponent_b[i] = static_cast<std::int16_t>(
          draw.between(0, std::min((1 << shape.exponent_b) - 1, shape.max_shift - a)));
    }
  }
  return out;
}

// ---- what comes out -----------------------------------------------------------------------------

// Everything that must be equal, with names for its parts.
class Outcome {
 public:
  template <class T>
  void add(const std::string& part, const std::vector<T>& values) {
    parts_.push_back({part, values_.size()});
    for (const T value : values) values_.push_back(bits_of(value));
  }
  template <class T>
  void add(const std::string& part, T value) {
    add(part, std::vector<T>{value});
  }
  void add(const std::string& which, const Int8Lines& lines) {
    add("code " + which, lines.codes);
    add("scale " + which, lines.scales);
    add("clamped count " + which, lines.clamped);
  }
  void add(const std::string& which, const BfpLines& lines) {
    add("base " + which, lines.base);
    add("code " + which, lines.codes);
    add("exponent " + which, lines.exponents);
    add("flags " + which, lines.flags);
  }

  std::uint64_t digest() const {
    Digest digest;
    for (const Part& part : parts_) {
      digest.add(part.name);
      digest.add(part.first);
    }
    for (const std::uint64_t value : values_) digest.add(value);
    return digest.value();
  }
  std::size_t size() const { return values_.size(); }

  // Counts what differs, and describes the first. Parts of another size differ in every element.
  void compare(const Outcome& got, CaseResult& result) const {
    result.compared = values_.size();
    std::size_t first = values_.size();
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (i < got.values_.size() && values_[i] == got.values_[i]) continue;
      first = std::min(first, i);
      ++result.mismatches;
    }
    if (parts_ != got.parts_ || values_.size() != got.values_.size()) {
      result.mismatches = std::max<std::uint64_t>(result.mismatches, 1);
      result.first_mismatch =
          std::to_string(got.values_.size()) + " elements for " + std::to_string(values_.size());
      return;
    }
    if (first == values_.size()) return;
    const auto part =
        std::prev(std::upper_bound(parts_.begin(), parts_.end(), first,
                                   [](std::size_t at, const Part& of) { return at < of.first; }));
    std::ostringstream text;
    text << part->name << " " << first - part->first << ": want 0x" << std::hex << std::uppercase
         << values_[first] << ", got 0x" << got.values_[first];
    result.first_mismatch = text.str();
  }

 private:
  struct Part {
    std::string name;
    std::size_t first;
    bool operator==(const Part&) const = default;
  };
  template <class T>
  static std::uint64_t bits_of(T value) {
    if constexpr (std::is_same_v<T, float>)
      return std::bit_cast<std::uint32_t>(value);
    else
      return static_cast<std::make_unsigned_t<T>>(value);
  }
  std::vector<Part> parts_;
  std::vector<std::uint64_t> values_;
};

// ---- what engines do ----------------------------------------------------------------------------

std::vector<std::int8_t> draw_codes(Draw& draw, std::int64_t count) {
  constexpr std::int8_t kEdges[] = {-128, -127, -1, 0, 1, 127};
  const std::uint64_t kind = draw.below(4);
  std::vector<std::int8_t> codes(static_cast<std::size_t>(count));
  for (std::int8_t& code : codes) {
    code = static_cast<std::int8_t>(draw.bits());
    if (kind == 0) code = kEdges[draw.below(std::size(kEdges))];
    if (kind == 1 && draw.percent(90)) code = 0;
    if (kind == 2) code = static_cast<std::int8_t>(code < -127 ? -127 : code);
  }
  return codes;
}

// The inputs of a case, the same for every engine.
struct Input {
  std::vector<float> a, b;
  Int8Lines codes_a, codes_b;
  BfpLines blocks_a, blocks_b;
  CellVectors vectors;
};

Input make_input(const Case& test) {
  Input in;
  Draw draw_a(test.seed, 1), draw_b(test.seed, 2);
  const Kind kind = test.configuration.kind;
  if (kind == Kind::Cell) {
    in.vectors = draw_vectors(test);
  } else if (kind == Kind::Int8Codes) {
    in.codes_a = {test.m, test.k, draw_codes(draw_a, test.m * test.k), {}, 0, 0, 0};
    in.codes_b = {test.n, test.k, draw_codes(draw_b, test.n * test.k), {}, 0, 0, 0};
  } else {
    in.a = draw_values(draw_a, test.values_a, test.m, test.k);
    if (kind == Kind::Int8Product || kind == Kind::Product)
      in.b = draw_values(draw_b, test.values_b, test.n, test.k);
  }
  if (kind == Kind::Product) {
    const auto golden = make_converter("golden", test.a);
    in.blocks_a = golden->convert(in.a, test.m, test.k, test.a,
                                  {.base = {}, .noise = noise_seed(test.seed, 0)});
    in.blocks_b = golden->convert(in.b, test.n, test.k, test.b,
                                  {.base = {}, .noise = noise_seed(test.seed, 1)});
  }
  return in;
}

Outcome run_engine(const Case& test, const Input& in, const std::string& name, CaseResult& result) {
  Outcome out;
  const EngineName& engine = test.configuration.engine;
  switch (test.configuration.kind) {
    case Kind::Int8Product:
    case Kind::Int8Codes:
    case Kind::Int8Convert: {
      const auto made = make_engine(name, {engine.shape.array, "", {}, {}, test.stalls});
      if (test.configuration.kind == Kind::Int8Codes) {
        out.add("result", made->gemm_int32(in.codes_a, in.codes_b));
      } else {
        const Int8Lines a = made->convert_int8(in.a, test.m, test.k);
        out.add("A", a);
        if (test.configuration.kind == Kind::Int8Product) {
          const Int8Lines b = made->convert_int8(in.b, test.n, test.k);
          out.add("B", b);
          out.add("result", made->gemm_fp32(a, b));
        }
      }
      result.cycles = made->stats().convert_cycles + made->stats().multiply_cycles;
      result.tiles = made->stats().tiles;
      break;
    }
    case Kind::Convert: {
      const auto made = make_converter(name, test.a, {"", {}, test.stalls});
      out.add("X", made->convert(in.a, test.m, test.k, test.a,
                                 {.base = {}, .noise = noise_seed(test.seed, 0)}));
      result.cycles = made->stats().cycles;
      break;
    }
    case Kind::Product: {
      const auto made = make_multiplier(name, engine.shape, {"", {}, {}, test.stalls});
      out.add("result", made->multiply({test.a, in.blocks_a}, {test.b, in.blocks_b}));
      result.cycles = made->stats().cycles;
      result.tiles = made->stats().tiles;
      break;
    }
    case Kind::Cell: {
      const auto made = make_cell(name, *test.configuration.cell);
      const CellValues values = made->run(in.vectors);
      out.add("value", values.values);
      out.add("operands not passed on", values.not_passed_on);
      result.cycles = made->cycles();
      break;
    }
  }
  return out;
}

}  // namespace

EngineName parse_engine(const std::string& text) {
  static const std::regex array("(rtl|netlist)_([0-9]{1,4})x([0-9]{1,4})x([0-9]{1,2})");
  static const std::regex converter("convert_(rtl|netlist)_([0-9]{1,5})x([0-9]{1,2})");
  static const std::regex multiplier(
      "multiply_(rtl|netlist)_([0-9]{1,4})x([0-9]{1,4})x([0-9]{1,2})_c([1-8])_"
      "(fp32|exact64|exact96)");
  std::smatch match;
  EngineName engine;
  engine.text = text;
  const auto size = [&](int at) {
    const int value = number_of(match[static_cast<std::size_t>(at)]);
    if (value < 1) refuse("--engines", "has '" + printable(text) + "'", "sizes are from 1 on");
    return value;
  };
  if (text == "cell_rtl") {
    engine.engine = "rtl";
    engine.kind = Kind::Cell;
  } else if (std::regex_match(text, match, array)) {
    engine.engine = match[1];
    engine.shape.array = {size(2), size(3), size(4)};
  } else if (std::regex_match(text, match, converter)) {
    engine.engine = match[1];
    engine.kind = Kind::Convert;
    engine.group_size = size(2);
    engine.noise_bits = size(3);
    if (engine.group_size > kMaxGroupSize || engine.noise_bits > kMaxNoiseBits)
      refuse("--engines", "has '" + printable(text) + "'", "no format has such groups or noise");
  } else if (std::regex_match(text, match, multiplier)) {
    engine.engine = match[1];
    engine.kind = Kind::Product;
    engine.shape.array = {size(2), size(3), size(4)};
    engine.shape.chunk_bits = number_of(match[5]);
    if (match[6] == "fp32")
      engine.shape.accumulation = Accumulation::Fp32;
    else
      engine.shape.accumulator_bits = match[6] == "exact96" ? 96 : 64;
  } else {
    refuse("--engines", "has '" + printable(text) + "'",
           "it is build, regress or names of files in engine/ without .so, as rtl_16x16x1");
  }
  return engine;
}

std::vector<EngineName> parse_engines(const std::string& text) {
  std::vector<std::string> names;
  if (text == "build" || text == "regress") {
    names = kBuild;
    if (text == "regress") names.insert(names.end(), kSmall.begin(), kSmall.end());
  } else {
    std::string name;
    std::istringstream list(text + (text.ends_with(',') ? "," : ""));
    while (std::getline(list, name, ',')) names.push_back(name);
  }
  std::vector<EngineName> engines;
  for (const std::string& name : names) {
    for (const EngineName& other : engines)
      if (other.text == name)
        refuse("--engines", "has '" + name + "' twice", "each engine is named once");
    engines.push_back(parse_engine(name));
  }
  if (engines.empty()) refuse("--engines", "names no engine", "one or more are tested");
  return engines;
}

void check_built(const EngineName& engine) {
  switch (engine.kind) {
    case Kind::Convert: {
      Format format = bfp_format(4);
      format.group_size = engine.group_size;
      format.rounding = RoundMode::Stochastic;
      format.noise_bits = engine.noise_bits;
      make_converter(engine.engine, format);
      break;
    }
    case Kind::Product: make_multiplier(engine.engine, engine.shape); break;
    case Kind::Cell: make_cell(engine.engine, kCells[0]); break;
    default: make_engine(engine.engine, {engine.shape.array, "", {}, {}}); break;
  }
}

std::vector<Configuration> configurations(const std::vector<EngineName>& engines) {
  std::vector<Configuration> all;
  for (const EngineName& engine : engines) {
    const auto add = [&](const std::string& what, Kind kind, std::optional<Format> format = {},
                         const CellShape* cell = nullptr) {
      all.push_back({engine.text + " " + what, engine, kind, format, cell});
    };
    switch (engine.kind) {
      case Kind::Cell:
        for (const CellShape& cell : kCells) add(std::string(cell.name), Kind::Cell, {}, &cell);
        break;
      case Kind::Convert:
      case Kind::Product:
        for (const Preset& preset : kPresets)
          if (takes(engine, preset.format))
            add(std::string(preset.name), engine.kind, preset.format);
        add("any format", engine.kind);
        break;
      default:
        add("int8", Kind::Int8Product);
        add("codes", Kind::Int8Codes);
        add("convert int8", Kind::Int8Convert);
        break;
    }
  }
  return all;
}

Case make_case(std::uint64_t seed, const std::vector<Configuration>& all) {
  Case test;
  test.seed = seed;
  test.configuration = all[seed % all.size()];
  const EngineName& engine = test.configuration.engine;
  Draw draw(seed);
  test.stalls = {draw_percent(draw), draw_percent(draw), draw.bits()};
  test.values_a = static_cast<Values>(draw.below(kValueKinds));
  test.values_b = static_cast<Values>(draw.below(kValueKinds));
  switch (test.configuration.kind) {
    case Kind::Cell: {
      constexpr int kRestarts[] = {0, 1, 3, 10, 50, 100};
      constexpr int kBubbles[] = {0, 0, 10, 50};
      test.stalls = {};
      test.vectors = kCellVectors;
      test.restart_percent = kRestarts[draw.below(std::size(kRestarts))];
      test.bubble_percent = kBubbles[draw.below(std::size(kBubbles))];
      break;
    }
    case Kind::Convert:
      test.a = test.configuration.format.value_or(draw_format(draw, engine, engine.group_size));
      if (test.configuration.format && draw.percent(20))
        test.a.base = draw.between(kMinBase, kMaxBase);
      test.m = draw_size(draw, 8, 60);
      test.k = draw_size(draw, engine.group_size, 8 * engine.group_size);
      break;
    case Kind::Product: {
      const bool fp32 = engine.shape.accumulation == Accumulation::Fp32;
      const int most = fp32 ? engine.shape.array.lanes : 48;
      const int group =
          test.configuration.format ? test.configuration.format->group_size : draw.between(1, most);
      test.a = test.configuration.format.value_or(draw_format(draw, engine, group));
      test.b = draw_partner(draw, engine, group);
      if (draw.percent(50)) std::swap(test.a, test.b);
      draw_product_sizes(
          draw, test, passes(integer_bits(test.a), integer_bits(test.b), engine.shape.chunk_bits));
      break;
    }
    case Kind::Int8Convert:
      test.m = draw_size(draw, 8, 60);
      test.k = draw_size(draw, 8, 120);
      break;
    default: draw_product_sizes(draw, test, 1); break;
  }
  return test;
}

std::string Case::text() const {
  std::ostringstream text;
  const auto operand = [&](const char* which, const Format& format, std::int64_t lines,
                           std::int64_t length, Values values) {
    text << which << " " << format_text(format) << " " << lines << " x " << length << " "
         << name(values);
  };
  switch (configuration.kind) {
    case Kind::Cell:
      text << vectors << " vectors, restarts " << restart_percent << " %, bubbles "
           << bubble_percent << " %";
      return text.str();
    case Kind::Int8Codes: text << "codes " << m << " x " << k << " x " << n; break;
    case Kind::Convert:
    case Kind::Int8Convert: operand("X", a, m, k, values_a); break;
    default:
      operand("A", a, m, k, values_a);
      operand(", B", b, n, k, values_b);
      break;
  }
  text << ", stalls " << stalls.input_percent << " " << stalls.output_percent;
  return text.str();
}

CaseResult run_case(const Case& test) {
  const auto start = std::chrono::steady_clock::now();
  CaseResult result;
  result.seed = test.seed;
  result.configuration = test.configuration.name;
  result.text = test.text();
  result.engine = test.configuration.engine.text;
  result.vectors = test.vectors;
  const Input in = make_input(test);
  CaseResult unused;
  const Outcome want = run_engine(test, in, "golden", unused);
  result.golden = want.digest();
  try {
    const Outcome got = run_engine(test, in, test.configuration.engine.engine, result);
    result.got = got.digest();
    want.compare(got, result);
  } catch (const std::exception& error) {  // no answer, an assertion of the RTL, a refusal
    result.compared = want.size();
    result.mismatches = std::max<std::uint64_t>(want.size(), 1);
    result.first_mismatch = error.what();
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace rh::regress
