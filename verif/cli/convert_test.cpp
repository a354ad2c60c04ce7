// TEST RATIONALE. `convert` against the golden definition called in process: the program adds
// reading, the walk along an axis, writing and statistics. The walk is checked over odd shapes,
// every axis, against an index computation of this file's own; statistics on inputs whose answers
// are known. [rtl] cases run the verilated engine.
#include <bit>
#include <cmath>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "cli/program.hpp"
#include "convert/convert.hpp"

namespace rh {
namespace {

using bench::field;
using bench::Program;
using bench::Ran;

// What convert must write for `values` of `shape` along `axis` (-1: none), by index arithmetic.
struct Converted {
  std::vector<float> values;
  std::vector<std::int8_t> codes;
  std::vector<float> scales;
  Shape scales_shape;
};
Converted expected(const std::vector<float>& values, const Shape& shape, int axis) {
  Converted out;
  out.values.resize(values.size());
  out.codes.resize(values.size());
  out.scales_shape = shape;
  for (std::size_t d = 0; d < shape.size(); ++d)
    if (axis == -1 || static_cast<int>(d) == axis) out.scales_shape[d] = 1;
  // The line of an element: its index with 0 along the axis, in the scales' own C order.
  std::vector<std::size_t> line_of(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::size_t rest = i, line = 0, step = 1;
    for (std::size_t d = shape.size(); d-- > 0;) {
      const auto size = static_cast<std::size_t>(shape[d]);
      const std::size_t index = rest % size;
      rest /= size;
      const auto kept = static_cast<std::size_t>(out.scales_shape[d]);
      line += (kept == 1 ? 0 : index) * step;
      step *= kept;
    }
    line_of[i] = line;
  }
  out.scales.resize(static_cast<std::size_t>(element_count(out.scales_shape)));
  for (std::size_t line = 0; line < out.scales.size(); ++line) {
    std::vector<float> along;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (line_of[i] == line) along.push_back(values[i]);
    const Int8Lines quantised = convert_int8(along, 1, static_cast<std::int64_t>(along.size()));
    out.scales[line] = std::bit_cast<float>(quantised.scales[0]);
    std::size_t at = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (line_of[i] == line) {
        out.codes[i] = quantised.codes[at++];
        out.values[i] = std::bit_cast<float>(int8_value(out.codes[i], quantised.scales[0]));
      }
  }
  return out;
}

std::string text(int axis) {
  return axis == -1 ? "none" : std::to_string(axis);
}

void check_convert(const std::string& engine) {
  Program program;
  bench::Checker checker;
  for (const Shape& shape : {Shape{1, 1}, Shape{3, 5, 7}, Shape{17}, Shape{1, 19}, Shape{19, 1},
                             Shape{2, 1, 3, 4}, Shape{33, 9}}) {
    const std::vector<float> values = program.floats("X.npy", shape);
    for (int axis = -1; axis < static_cast<int>(shape.size()); ++axis) {
      const Ran ran = program("convert X.npy --format int8 --axis " + text(axis) +
                              " -o Y.npy --codes Q.npy --scales S.npy --engine " + engine);
      REQUIRE(ran.code == 0);
      const Converted want = expected(values, shape, axis);
      const auto describe = [&](std::ostream& os) { os << to_string(shape) << " axis " << axis; };
      const Tensor y = read_npy(program / "Y.npy");
      const Tensor s = read_npy(program / "S.npy");
      checker.equal(true, y.shape == shape && y.dtype == DType::Float32, describe);
      checker.equal(true, s.shape == want.scales_shape && s.dtype == DType::Float32, describe);
      checker.equal(bench::bytes_of(want.values), bench::bytes_of(y.values()), describe);
      checker.equal(true, want.codes == read_npy(program / "Q.npy").codes(), describe);
      checker.equal(bench::bytes_of(want.scales), bench::bytes_of(s.values()), describe);
      checker.equal(std::to_string(values.size()), field(ran.out, "elements"), describe);
      checker.equal(std::to_string(want.scales.size()), field(ran.out, "lines"), describe);
    }
  }
  checker.finish(100);
}

TEST_CASE("cli: convert gives the golden codes, scales and values along every axis",
          "[cli][random]") {
  check_convert("golden");
}
TEST_CASE("cli: convert on the RTL gives the golden codes, scales and values", "[cli][rtl]") {
  check_convert("rtl");
}

TEST_CASE("cli: convert runs along the last axis unless told", "[cli][edge]") {
  Program program;
  program.floats("X.npy", {3, 4});
  for (const std::string axis : {"", "--axis 1", "--axis -1"}) {
    CHECK(field(program("convert X.npy --format int8 -o Y.npy " + axis).out, "axis") == "1");
  }
  CHECK(field(program("convert X.npy --format int8 -o Y.npy --axis -2").out, "axis") == "0");
}

TEST_CASE("cli: convert's statistics on inputs with known answers", "[cli][edge]") {
  Program program;
  // Scale 1: 126.5 and 124.5 are ties and go down, 0.25 becomes 0. The first largest error counts.
  write_npy<float>(program / "X.npy", Shape{1, 4}, std::vector<float>{127, 126.5, 124.5, 0.25});
  const Ran ran = program("convert X.npy --format int8 -o Y.npy --json r.json");
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "input") == "X.npy: <f4 (1, 4)");
  CHECK(field(ran.out, "largest error") == "0.5 at (0, 1)");
  CHECK(field(ran.out, "clamped") == "0");
  CHECK(field(ran.out, "zero codes") == "1");
  CHECK(field(ran.out, "lines with zero scale") == "0");
  CHECK(field(ran.out, "lines with nan") == "0");
  CHECK(field(ran.out, "output") == "Y.npy");
  const auto json = program.json("r.json");
  const double signal = 127.0 * 127 + 126.5 * 126.5 + 124.5 * 124.5 + 0.0625;
  CHECK(std::abs(json["sqnr_db"].get<double>() - 10 * std::log10(signal / 0.5625)) < 1e-9);
  CHECK(json["largest_error"] == 0.5);
  CHECK(json["largest_error_index"] == std::vector<int>{0, 1});
  CHECK(json["input"]["shape"] == std::vector<int>{1, 4});
  CHECK(json["engine"]["engine"] == "golden");
}

TEST_CASE("cli: convert of NaN, Inf, zeros and values too small has documented answers",
          "[cli][edge]") {
  Program program;
  const float nan = std::nanf(""), infinity = INFINITY;
  // A NaN line, an Inf line, a line of zeros, one whose quantizer overflows, one that is exact.
  write_npy<float>(program / "X.npy", Shape{5, 2},
                   std::vector<float>{nan, 1, 2, -infinity, 0, -0.0F, 1e-40F, 0, 127, -1});
  const Ran ran =
      program("convert X.npy --format int8 -o Y.npy --codes Q.npy --scales S.npy --json r.json");
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "lines with nan") == "2");
  CHECK(field(ran.out, "lines with zero scale") == "2");
  CHECK(field(ran.out, "zero codes") == "8");
  const Tensor y = read_npy(program / "Y.npy");
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(std::bit_cast<std::uint32_t>(y.values()[i]) == kFp32Nan);
  for (std::size_t i = 4; i < 8; ++i) CHECK(std::bit_cast<std::uint32_t>(y.values()[i]) == 0);
  CHECK(read_npy(program / "Q.npy").codes() ==
        std::vector<std::int8_t>{0, 0, 0, 0, 0, 0, 0, 0, 127, -1});
  const Tensor s = read_npy(program / "S.npy");
  CHECK(s.shape == Shape{5, 1});
  CHECK(std::bit_cast<std::uint32_t>(s.values()[0]) == kFp32Nan);
  CHECK(s.values()[2] == 0);
  // Quality is that of the other lines: 1e-40 became 0.
  CHECK(program.json("r.json")["sqnr_db"].get<double>() > 800);
  CHECK(program.json("r.json")["largest_error"].get<double>() == double{1e-40F});
}

TEST_CASE("cli: convert of empty tensors and of one element", "[cli][edge]") {
  const std::string engine = GENERATE(as<std::string>{}, "golden", "rtl");
  Program program;
  const std::string rest =
      ".npy --format int8 -o Y.npy --scales S.npy --json r.json --engine " + engine;
  write_npy<float>(program / "empty.npy", Shape{3, 0}, {});
  Ran ran = program("convert empty" + rest);
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "elements") == "0");
  CHECK(field(ran.out, "lines") == "3");
  CHECK(field(ran.out, "lines with zero scale") == "3");
  CHECK(field(ran.out, "sqnr db") == "nan");
  CHECK(program.json("r.json")["sqnr_db"].is_null());
  CHECK(read_npy(program / "Y.npy").shape == Shape{3, 0});
  CHECK(read_npy(program / "S.npy").values() == std::vector<float>(3, 0.0F));
  ran = program("convert empty" + rest + " --axis 0");
  CHECK(ran.code == 0);
  CHECK(read_npy(program / "S.npy").shape == Shape{1, 0});

  write_npy<float>(program / "scalar.npy", Shape{}, std::vector<float>{3});
  ran = program("convert scalar" + rest);
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "axis") == "none");
  CHECK(field(ran.out, "sqnr db") == "inf");
  CHECK(program.json("r.json")["sqnr_db"].is_null());
  CHECK(program("convert scalar" + rest + " --axis 0").err ==
        "roundhouse: --axis: is 0 for scalar.npy (); its one element has the axis none\n");
}

TEST_CASE("cli: convert reads every float dtype and refuses codes", "[cli][edge]") {
  Program program;
  write_npy<std::int16_t>(program / "i2.npy", Shape{3}, std::vector<std::int16_t>{-127, 1, 64});
  CHECK(program("convert i2.npy --format int8 -o Y.npy").code == 0);
  CHECK(read_npy(program / "Y.npy").values() == std::vector<float>{-127, 1, 64});
  bench::put(program / "bf16.npy",
             bench::npy(bench::dictionary("<V2", "(2,)"), "\xFE\x42\x80\x3F"));
  CHECK(program("convert bf16.npy --format int8 -o Y.npy").code == 0);
  CHECK(read_npy(program / "Y.npy").values() == std::vector<float>{127, 1});
  program.codes("q.npy", {4});
  CHECK(program("convert q.npy --format int8 -o Y.npy").err ==
        "roundhouse: q.npy: holds int8 codes already; convert takes floats\n");
}

}  // namespace
}  // namespace rh
