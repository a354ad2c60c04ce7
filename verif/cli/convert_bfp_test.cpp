// TEST RATIONALE. `convert` to block formats against the golden definition called in process: the
// program adds reading, the walk along an axis, padding of short groups, the file types and the
// statistics. The walk is checked over odd shapes, every axis and formats of each kind of code,
// against an index computation of this file's own, and files are compared whole, header included;
// statistics on inputs whose answers are known; options against the same fields in the format's
// text. [rtl] cases run the verilated converter. Mutants this kills: padding that keeps the lanes
// of the group before, groups not put back along the axis, the seed not given, a flag lost, groups
// that run over the end of a line.
#include <bit>
#include <cmath>
#include <set>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "cli/program.hpp"
#include "convert/convert_bfp.hpp"
#include "number/format_text.hpp"

namespace rh {
namespace {

using bench::field;
using bench::Program;
using bench::Ran;

template <class T>
std::string file(DType dtype, const Shape& shape, const std::vector<T>& data) {
  return npy_header(dtype, shape) + bench::bytes_of(data);
}

// The four files that convert must write, by index arithmetic.
struct Files {
  std::string values, codes, exponents, flags;
};
Files expected(const std::vector<float>& x, const Shape& shape, int axis, const Format& format,
               std::uint64_t seed) {
  // Elements by line (their index without the axis, in C order), in the order along the axis.
  Shape others = shape;
  std::int64_t length = axis == -1 ? element_count(shape) : shape[static_cast<std::size_t>(axis)];
  for (std::size_t d = 0; d < shape.size(); ++d)
    if (axis == -1 || static_cast<int>(d) == axis) others[d] = 1;
  const auto lines = static_cast<std::size_t>(element_count(others));
  std::vector<std::vector<std::size_t>> places(lines);
  for (std::size_t i = 0; i < x.size(); ++i) {
    std::size_t rest = i, line = 0, step = 1;
    for (std::size_t d = shape.size(); d-- > 0;) {
      const auto size = static_cast<std::size_t>(shape[d]);
      line += (others[d] == 1 ? 0 : rest % size) * step;
      step *= static_cast<std::size_t>(others[d]);
      rest /= size;
    }
    places[line].push_back(i);
  }
  std::vector<float> values;
  for (const auto& line : places)
    for (const std::size_t i : line) values.push_back(x[i]);
  const BfpLines q = convert_bfp(values, static_cast<std::int64_t>(lines), length, format,
                                 {.base = {}, .noise = noise_seed(seed)});
  const std::vector<float> y = dequantize_bfp(format, q);

  std::vector<float> y_out(x.size());
  std::vector<std::int16_t> codes(x.size());
  std::size_t at = 0;
  for (const auto& line : places)
    for (const std::size_t i : line) {
      y_out[i] = y[at];
      codes[i] = q.codes[at++];
    }
  // Group n of line (o, i) is at (o, n, i).
  const auto groups = static_cast<std::size_t>(q.groups_per_line());
  std::size_t inner = 1;
  for (std::size_t d = shape.size(); axis != -1 && d-- > static_cast<std::size_t>(axis) + 1;)
    inner *= static_cast<std::size_t>(shape[d]);
  std::vector<std::uint8_t> exponents(lines * groups), flags(lines * groups);
  for (std::size_t line = 0; line < lines; ++line)
    for (std::size_t n = 0; n < groups; ++n) {
      const std::size_t to = (line / inner * groups + n) * inner + line % inner;
      exponents[to] = q.exponents[line * groups + n];
      flags[to] = q.flags[line * groups + n];
    }
  Shape grouped = shape;
  if (axis == -1)
    grouped = {static_cast<std::int64_t>(groups)};
  else
    grouped[static_cast<std::size_t>(axis)] = static_cast<std::int64_t>(groups);

  Files out{file(DType::Float32, shape, y_out), "", file(DType::Uint8, grouped, exponents),
            file(DType::Uint8, grouped, flags)};
  if (format.is_minifloat())
    out.codes = file(DType::Uint8, shape, std::vector<std::uint8_t>(codes.begin(), codes.end()));
  else if (format.magnitude_bits <= 7)
    out.codes = file(DType::Int8, shape, std::vector<std::int8_t>(codes.begin(), codes.end()));
  else
    out.codes = file(DType::Int16, shape, codes);
  return out;
}

void check_convert(const std::string& engine, const std::vector<std::string>& formats) {
  Program program;
  bench::Checker checker;
  for (const Shape& shape : {Shape{1, 1}, Shape{3, 5, 7}, Shape{17}, Shape{33, 19}}) {
    const std::vector<float> values = program.floats("X.npy", shape);
    for (int axis = -1; axis < static_cast<int>(shape.size()); ++axis)
      for (const std::string& text : formats) {
        const Ran ran =
            program("convert X.npy --format '" + text + "' --seed 5 --axis " +
                    (axis == -1 ? "none" : std::to_string(axis)) +
                    " -o Y.npy --codes Q.npy --exponents E.npy --flags F.npy --engine " + engine);
        INFO(ran.err);
        REQUIRE(ran.code == 0);
        const Files want = expected(values, shape, axis, parse_format(text), 5);
        const auto same = [&](const std::string& bytes, const char* name) {
          checker.equal(true, bytes == bench::contents(program / name), [&](std::ostream& os) {
            os << name << " of " << to_string(shape) << " axis " << axis << " to " << text;
          });
        };
        same(want.values, "Y.npy");
        same(want.codes, "Q.npy");
        same(want.exponents, "E.npy");
        same(want.flags, "F.npy");
      }
  }
  checker.finish(100);
}

TEST_CASE("cli: convert gives the golden codes, exponents, flags and values along every axis",
          "[cli][random]") {
  check_convert("golden", {"fast4-sr", "msfp12", "bfp(m=9,g=3,e=3,overflow=bump)", "mxfp4(g=7)",
                           "bfp(m=7,negmin=1,round=truncate)"});
}

TEST_CASE("cli: convert to blocks on the RTL gives the golden codes, exponents and flags",
          "[cli][rtl]") {
  check_convert("rtl", {"fast4-sr", "fast2", "mxfp4", "hbfp5(overflow=bump,e=3)",
                        "bfp(m=7,negmin=1,round=stochastic-unbiased)"});
}

TEST_CASE("cli: convert's report of a block format on inputs with known answers", "[cli][edge]") {
  Program program;
  // g = 4, m = 2, e = 2, base -2: exponents -2..1 and units 2^(exponent - 1). Groups: one that
  // saturates (3.9 rounds to 4 units of 1), one below the window (2^-4 < 2^-2: 0.0625 is half a
  // unit of 2^-3 and goes to 0), one of NaN, zeros, and a short one that is exact.
  const float nan = std::nanf("");
  write_npy<float>(program / "X.npy", Shape{18},
                   std::vector<float>{3.9F, 1, -2, 0, 0.0625F, 0, 0, 0, nan, 1, 2, 3, 0, -0.0F, 0,
                                      0, 0.25F, -0.375F});
  const Ran ran = program(
      "convert X.npy --format 'bfp(m=2,g=4,e=2)' --base -2 -o Y.npy --codes Q.npy --exponents "
      "E.npy "
      "--flags F.npy --json r.json");
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK(ran.err.empty());
  CHECK(field(ran.out, "format") == "bfp(m=2,g=4,e=2,base=-2)");
  CHECK(field(ran.out, "axis") == "0");
  CHECK(field(ran.out, "base") == "-2");
  CHECK(field(ran.out, "groups") == "5");
  CHECK(field(ran.out, "saturated groups") == "1");
  CHECK(field(ran.out, "underflowed groups") == "1");
  CHECK(field(ran.out, "bumped groups") == "0");
  CHECK(field(ran.out, "nan groups") == "1");
  CHECK(field(ran.out, "zero codes") == "13");
  CHECK(field(ran.out, "logical bits") == "3.5 a value");
  CHECK(field(ran.out, "stored bits") == "3.5 a value");
  CHECK(field(ran.out, "stored bytes") == "10");  // 5 x 2 bits, then 20 x 3 bits
  CHECK(field(ran.out, "output") == "Y.npy");
  CHECK(read_npy(program / "Q.npy").codes() ==
        std::vector<std::int8_t>{3, 1, -2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, -3});
  CHECK(bench::contents(program / "E.npy") ==
        file(DType::Uint8, Shape{5}, std::vector<std::uint8_t>{3, 0, 3, 0, 0}));
  CHECK(bench::contents(program / "F.npy") ==
        file(DType::Uint8, Shape{5},
             std::vector<std::uint8_t>{kSaturatedGroup, kUnderflowGroup, kNanGroup, 0, 0}));
  const std::vector<float> y = read_npy(program / "Y.npy").values();
  CHECK(std::vector<float>(y.begin(), y.begin() + 8) ==
        std::vector<float>{3, 1, -2, 0, 0, 0, 0, 0});
  for (std::size_t i = 8; i < 12; ++i) CHECK(std::bit_cast<std::uint32_t>(y[i]) == kFp32Nan);
  CHECK(std::bit_cast<std::uint32_t>(y[13]) == 0);  // -0 became +0
  CHECK(y[16] == 0.25F);
  CHECK(y[17] == -0.375F);
  const auto json = program.json("r.json");
  const double x = 3.9F, error = x - 3,
               signal = x * x + 1 + 4 + 0.0625 * 0.0625 + 0.0625 + 0.375 * 0.375;
  CHECK(std::abs(json["sqnr_db"].get<double>() -
                 10 * std::log10(signal / (error * error + 0.0625 * 0.0625))) < 1e-9);
  CHECK(json["largest_error_index"] == std::vector<int>{0});
  CHECK(json["nan_groups"] == 1);
  CHECK(json["stored_bytes"] == 10);
  CHECK(json["engine"]["engine"] == "golden");
  CHECK(json["engine"]["elements"] == 18);
  CHECK(json["engine"]["cycles"] == 0);
}

TEST_CASE("cli: convert of an overflow bumps when told, and underflow is no error", "[cli][edge]") {
  Program program;
  write_npy<float>(program / "X.npy", Shape{2, 2}, std::vector<float>{3.9F, 1, 1e-30F, 0});
  const Ran ran = program("convert X.npy --format 'bfp(m=2,g=2,e=8,overflow=bump)' -o Y.npy");
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "bumped groups") == "1");
  CHECK(read_npy(program / "Y.npy").values()[0] == 4);
  const Ran below = program("convert X.npy --format 'bfp(m=2,g=2,e=2)' -o Y.npy");
  CHECK(below.code == 0);
  CHECK(below.err.empty());
  CHECK(field(below.out, "underflowed groups") == "1");
}

TEST_CASE("cli: options of convert override the fields of the format", "[cli][edge]") {
  Program program;
  program.floats("X.npy", {3, 40});
  struct Case {
    std::string options, format;
  };
  for (const Case& c :
       {Case{"--format fast4 --round stochastic", "fast4-sr"},
        Case{"--format fast4-sr --round nearest-even", "fast4"},
        Case{"--format fast4-sr --noise-bits 3", "bfp(m=4,e=4,round=stochastic,noise=3)"},
        Case{"--format 'fast4-sr(noise=4)' --noise-bits 8", "fast4-sr"},
        Case{"--format 'msfp12(base=7)' --base -20", "bfp(m=3,base=-20)"},
        Case{"--format mxfp4 --round truncate", "mxfp4(round=truncate)"},
        Case{"--format int8 --round nearest-even", "int8"}, Case{"--format bfp5", "bfp5"},
        Case{"--format 'hbfp( m = 8 )'", "hbfp8"}}) {
    INFO(c.options);
    const Ran ran = program("convert X.npy -o Y.npy " + c.options);
    CHECK(ran.err.empty());
    CHECK(field(ran.out, "format") == c.format);
    REQUIRE(program("convert X.npy -o Z.npy --format '" + c.format + "'").code == 0);
    CHECK(bench::contents(program / "Y.npy") == bench::contents(program / "Z.npy"));
  }
}

TEST_CASE("cli: equal seeds give equal codes, other seeds others, and only where noise is drawn",
          "[cli][edge]") {
  const std::string engine = GENERATE(as<std::string>{}, "golden", "rtl");
  Program program;
  program.floats("X.npy", {8, 40});
  const auto codes = [&](const std::string& format, const std::string& seed) {
    REQUIRE(program("convert X.npy --format " + format + " --seed " + seed +
                    " -o Y.npy --codes Q.npy --engine " + engine)
                .code == 0);
    return bench::contents(program / "Q.npy");
  };
  const std::string first = codes("fast4-sr", "1");
  CHECK(codes("fast4-sr", "1") == first);
  std::set<std::string> all = {first};
  for (const std::string seed : {"0", "2", "18446744073709551615"})
    all.insert(codes("fast4-sr", seed));
  CHECK(all.size() == 4);
  CHECK(codes("fast4", "1") == codes("fast4", "2"));
}

TEST_CASE("cli: convert to blocks of empty tensors and of one element", "[cli][edge]") {
  const std::string engine = GENERATE(as<std::string>{}, "golden", "rtl");
  Program program;
  const std::string rest =
      ".npy --format fast4-sr -o Y.npy --exponents E.npy --flags F.npy --json r.json --engine " +
      engine;
  write_npy<float>(program / "empty.npy", Shape{3, 0}, {});
  Ran ran = program("convert empty" + rest);
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "groups") == "0");
  CHECK(field(ran.out, "base") == "0");
  CHECK(field(ran.out, "sqnr db") == "nan");
  CHECK(bench::contents(program / "E.npy") == npy_header(DType::Uint8, Shape{3, 0}));
  ran = program("convert empty" + rest + " --axis 0");
  CHECK(ran.code == 0);
  CHECK(bench::contents(program / "F.npy") == npy_header(DType::Uint8, Shape{1, 0}));

  write_npy<float>(program / "scalar.npy", Shape{}, std::vector<float>{-3});
  ran = program("convert scalar" + rest);
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "axis") == "none");
  CHECK(field(ran.out, "sqnr db") == "inf");
  CHECK(read_npy(program / "Y.npy").values() == std::vector<float>{-3});
  CHECK(bench::contents(program / "E.npy").substr(0, 128) == npy_header(DType::Uint8, Shape{1}));
}

TEST_CASE("cli: bit patterns of bf16 and fp16 are read when --input says so", "[cli][edge]") {
  Program program;
  const std::vector<std::uint16_t> bf16 = {0x3F80, 0xC000, 0x4048, 0x0000};  // 1, -2, 3.125, 0
  bench::put(program / "b.npy",
             bench::npy(bench::dictionary("<u2", "(4,)"), bench::bytes_of(bf16)));
  const std::vector<std::uint16_t> fp16 = {0x3C00, 0xC000, 0x4240, 0x0001};  // ..., 2^-24
  bench::put(program / "h.npy",
             bench::npy(bench::dictionary("<u2", "(4,)"), bench::bytes_of(fp16)));
  Ran ran = program("convert b.npy --input bf16 --format bfp8 -o Y.npy");
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "input") == "b.npy: <u2 (4,)");
  CHECK(read_npy(program / "Y.npy").values() == std::vector<float>{1, -2, 3.125F, 0});
  CHECK(program("convert h.npy --input fp16 --format 'bfp(m=8,g=1)' -o Y.npy").code == 0);
  CHECK(read_npy(program / "Y.npy").values() == std::vector<float>{1, -2, 3.125F, 0x1p-24F});
  CHECK(program("convert b.npy --input bf16 --format int8 -o Y.npy").code == 0);
  ran = program("compare b.npy --input bf16 --format bfp8 --engines golden,golden");
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "compared") == "4 codes, 1 exponents, 1 flags");

  bench::put(program / "A.npy",
             bench::npy(bench::dictionary("<u2", "(2, 2)"), bench::bytes_of(bf16)));
  CHECK(program("gemm A.npy A.npy --input bf16 --format int8 -o C.npy").code == 0);
  CHECK(program("compare A.npy A.npy --input bf16 --format int8 --engines golden,golden").code ==
        0);
}

}  // namespace
}  // namespace rh
