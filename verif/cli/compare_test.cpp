// TEST RATIONALE. `compare` is what users trust: it must find every kind of difference, and say
// where, exactly. An engine that is wrong on purpose (plugin/faulty_engine.cpp) gives one fault of
// each kind at a known place: the report is compared line by line. Equal engines, the RTL among
// them [rtl], must be found equal with every element counted.
#include <cmath>

#include "bench/catch.hpp"
#include "cli/program.hpp"
#include "noise/noise.hpp"

namespace rh {
namespace {

using bench::field;
using bench::Program;
using bench::Ran;

// The lines of the first mismatch, or of mismatch number `number`.
std::string mismatch(const std::string& out, int number = 0) {
  std::size_t at = out.find("mismatch: ");
  for (; number > 0 && at != std::string::npos; --number) at = out.find("mismatch: ", at + 1);
  if (at == std::string::npos) return "(none)";
  const std::size_t end = out.find("\n", out.find("\n  again", at) + 1);
  return out.substr(at, end - at + 1);
}

std::size_t count(const std::string& out, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = out.find(what); at != std::string::npos; at = out.find(what, at + 1)) ++n;
  return n;
}

struct Operands {
  explicit Operands(Program& program) {
    // Rows of A are [127, i]: scale 1. Columns of B are [127, j]. So the sum is 16129 + i * j.
    std::vector<float> a, b;
    for (int i = 0; i < 20; ++i) a.insert(a.end(), {127.0F, static_cast<float>(i)});
    for (int j = 0; j < 18; ++j) b.push_back(127);
    for (int j = 0; j < 18; ++j) b.push_back(static_cast<float>(j));
    write_npy<float>(program / "A.npy", Shape{20, 2}, a);
    write_npy<float>(program / "B.npy", Shape{2, 18}, b);
  }
};

TEST_CASE("cli: compare finds equal engines equal and counts every element", "[cli][edge]") {
  Program program;
  program.floats("A.npy", {20, 33});
  program.floats("B.npy", {33, 18});
  Ran ran =
      program("compare A.npy B.npy --format int8 --engines golden,golden,golden --json r.json");
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "compared") == "2508 codes, 76 scales, 720 results");
  CHECK(field(ran.out, "mismatches") == "0");
  CHECK(field(ran.out, "identical") == "true");
  const auto json = program.json("r.json");
  CHECK(json["compared"]["codes"] == 2508);
  CHECK(json["compared"]["scales"] == 76);
  CHECK(json["compared"]["results"] == 720);
  CHECK(json["mismatches"] == 0);
  CHECK(json["engines"].size() == 3);
  CHECK(json["engines"][1]["macs"] == 20 * 33 * 18);
  program.codes("Qa.npy", {20, 33});
  program.codes("Qb.npy", {33, 18});
  ran = program("compare Qa.npy Qb.npy --format int8 --engines golden,golden");
  CHECK(field(ran.out, "compared") == "0 codes, 0 scales, 360 results");
  ran = program("compare A.npy --format int8 --engines golden,golden");
  CHECK(field(ran.out, "compared") == "660 codes, 20 scales, 0 results");
  ran = program("compare A.npy B.npy --format int8 --engines golden,golden --tile 1,1");
  CHECK(field(ran.out, "compared") == "1254 codes, 38 scales, 8 results");
}

TEST_CASE("cli: compare finds the RTL equal to the golden model", "[cli][rtl]") {
  Program program;
  const auto size = GENERATE(Shape{1, 1, 1}, Shape{3, 5, 7}, Shape{20, 33, 18}, Shape{33, 1, 2},
                             Shape{2, 3, 0}, Shape{2, 0, 3});
  program.floats("A.npy", {size[0], size[1]});
  program.floats("B.npy", {size[1], size[2]});
  const Ran ran = program("compare A.npy B.npy --format int8 --json r.json");
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "mismatches") == "0");
  const auto json = program.json("r.json");
  CHECK(json["compared"]["codes"] == size[1] * (size[0] + size[2]));
  CHECK(json["compared"]["results"] == size[0] * size[2]);
  CHECK(json["engines"][1]["engine"] == "rtl");
  if (size[0] * size[1] * size[2] > 0) {
    CHECK(json["engines"][1]["multiply_cycles"] > 0);
    CHECK(json["engines"][1]["convert_cycles"] > 0);
    CHECK(json["engines"][1]["utilization"] > 0);
    CHECK(json["engines"][1]["utilization"] <= 1);
    CHECK(json["engines"][1]["macs_per_second"] > 0);
    CHECK(field(ran.out, "rtl").find("utilisation") != std::string::npos);
  }
}

TEST_CASE("cli: compare finds the RTL equal on codes, on NaN and on one tensor", "[cli][rtl]") {
  Program program;
  program.codes("Qa.npy", {20, 33});
  program.codes("Qb.npy", {33, 18});
  CHECK(program("compare Qa.npy Qb.npy --format int8").code == 0);
  program.floats("X.npy", {3, 5, 7});
  CHECK(program("compare X.npy --format int8").code == 0);
  std::vector<float> values = program.floats("A.npy", {20, 20});
  values[5] = std::nanf("");
  values[46] = INFINITY;
  for (std::size_t i = 60; i < 80; ++i) values[i] = 0;
  for (std::size_t i = 80; i < 100; ++i) values[i] *= 1e-41F;
  write_npy<float>(program / "A.npy", Shape{20, 20}, values);
  const Ran ran = program("compare A.npy A.npy --format int8");
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "lines with nan") == "4");
  CHECK(field(ran.out, "lines with zero scale") == "2");
}

TEST_CASE("cli: compare says where a result differs and how to see it", "[cli][edge]") {
  Program program(true);
  const Operands operands(program);
  const Ran ran = program("compare A.npy B.npy --format int8 --seed 5 --json r.json",
                          "result 323");  // row 17, column 17
  CHECK(ran.code == 1);
  CHECK(field(ran.out, "mismatches") == "1");
  CHECK(field(ran.out, "identical") == "false");
  CHECK(mismatch(ran.out) ==
        "mismatch: result, tile 1,1, row 17, column 17\n"
        "  A row              codes 127 17, scale 1 (0x3F800000)\n"
        "  B column           codes 127 17, scale 1 (0x3F800000)\n"
        "  exact dot product  16418\n"
        "  want               16418 (0x46804400) from golden\n"
        "  got                -16418 (0xC6804400) from rtl\n"
        "  seed               5\n"
        "  again              make build TRACE=1 && build/trace/roundhouse compare A.npy B.npy "
        "--format int8 --seed 5 --tile 1,1 --trace tile_1_1.fst\n");
  const auto first = program.json("r.json")["first_mismatches"][0];
  CHECK(first["kind"] == "result");
  CHECK(first["tile"] == std::vector<int>{1, 1});
  CHECK(first["row"] == 17);
  CHECK(first["column"] == 17);
  CHECK(first["got_engine"] == "rtl");
}

TEST_CASE("cli: compare says where an integer result differs", "[cli][edge]") {
  Program program(true);
  write_npy<std::int8_t>(program / "A b.npy", Shape{1, 10},
                         std::vector<std::int8_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  write_npy<std::int8_t>(program / "B.npy", Shape{10, 1}, std::vector<std::int8_t>(10, -1));
  const Ran ran = program("compare 'A b.npy' B.npy --format int8", "result 0");
  CHECK(ran.code == 1);
  CHECK(mismatch(ran.out) ==
        "mismatch: result, tile 0,0, row 0, column 0\n"
        "  A row              codes 1 2 3 4 5 6 7 8 ... (10)\n"
        "  B column           codes -1 -1 -1 -1 -1 -1 -1 -1 ... (10)\n"
        "  exact dot product  -55\n"
        "  want               -55 from golden\n"
        "  got                -54 from rtl\n"
        "  seed               0\n"
        "  again              make build TRACE=1 && build/trace/roundhouse compare 'A b.npy' B.npy "
        "--format int8 --tile 0,0 --trace tile_0_0.fst\n");
}

TEST_CASE("cli: compare says where a code differs", "[cli][edge]") {
  Program program(true);
  const Operands operands(program);
  const Ran ran = program("compare A.npy B.npy --format int8", "code 35");
  CHECK(ran.code == 1);  // code 35 is k = 1 of row 17 of A, and of column 17 of B: both conversions
  CHECK(mismatch(ran.out) ==
        "mismatch: code A, tile 1,0, row 17, k 1\n"
        "  x                  17 (0x41880000)\n"
        "  scale              1 (0x3F800000)\n"
        "  want               17 from golden\n"
        "  got                16 from rtl\n"
        "  seed               0\n"
        "  again              make build TRACE=1 && build/trace/roundhouse compare A.npy B.npy "
        "--format int8 --tile 1,0 --trace tile_1_0.fst\n");
  CHECK(mismatch(ran.out, 1).starts_with("mismatch: code B, tile 0,1, column 17, k 1\n"));
  CHECK(ran.out.find("mismatch: result, tile 0,1, row 1, column 17\n") != std::string::npos);
}

TEST_CASE("cli: compare says where a scale differs", "[cli][edge]") {
  Program program(true);
  const Operands operands(program);
  const Ran ran = program("compare A.npy --format int8", "scale 3");
  CHECK(ran.code == 1);
  CHECK(mismatch(ran.out) ==
        "mismatch: scale X, line 3\n"
        "  absmax             127 (0x42FE0000)\n"
        "  want               1 (0x3F800000) from golden\n"
        "  got                1.00000012 (0x3F800001) from rtl\n"
        "  seed               0\n"
        "  again              make build TRACE=1 && build/trace/roundhouse compare A.npy --format "
        "int8 --trace convert.fst\n");
}

TEST_CASE("cli: compare sees a clamped count that differs", "[cli][edge]") {
  Program program(true);
  const Operands operands(program);
  const Ran ran = program("compare A.npy --format int8", "clamped");
  CHECK(ran.code == 1);
  CHECK(mismatch(ran.out).starts_with(
      "mismatch: clamped count X\n  want               0 from golden\n"
      "  got                1 from rtl\n"));
}

TEST_CASE("cli: compare shows the first 20 mismatches and counts all", "[cli][edge]") {
  Program program(true);
  const Operands operands(program);
  const Ran ran = program("compare A.npy B.npy --format int8 --json r.json", "results");
  CHECK(ran.code == 1);
  CHECK(count(ran.out, "mismatch: result") == 20);
  CHECK(ran.out.find("... and 340 more mismatches\n") != std::string::npos);
  CHECK(field(ran.out, "mismatches") == "360");
  CHECK(program.json("r.json")["mismatches"] == 360);
  CHECK(program.json("r.json")["first_mismatches"].size() == 20);
}

TEST_CASE("cli: compare --quiet prints mismatches and nothing else", "[cli][edge]") {
  Program program(true);
  const Operands operands(program);
  CHECK(program("compare A.npy B.npy --format int8 --quiet").out.empty());
  const Ran ran = program("compare A.npy B.npy --format int8 --quiet", "result 0");
  CHECK(ran.code == 1);
  CHECK(ran.out == mismatch(ran.out));
}

TEST_CASE("cli: the reference may be the faulty one, and the waves are still those of the RTL",
          "[cli][edge]") {
  Program program(true);
  const Operands operands(program);
  const Ran ran =
      program("compare A.npy B.npy --format int8 --engines rtl,golden --rows 8 --cols 4 --lanes 2",
              "result 0");
  CHECK(ran.code == 1);
  CHECK(mismatch(ran.out).find("from rtl\n  got                16129 (0x467C0400) from golden\n") !=
        std::string::npos);
  CHECK(mismatch(ran.out).find("make build model ROWS=8 COLS=4 LANES=2 TRACE=1 && "
                               "build/trace/roundhouse compare A.npy B.npy --format int8 --rows 8 "
                               "--cols 4 --lanes 2 --tile 0,0 --trace tile_0_0.fst\n") !=
        std::string::npos);
}

TEST_CASE("cli: tiles are those of the engine that has an array, and its waves are asked for",
          "[cli][edge]") {
  Program program(true);
  const Operands operands(program);
  const std::string compare = "compare A.npy B.npy --format int8 --engines golden,netlist ";
  Ran ran = program(compare + "--tile 4,4");
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "tile") == "rows 16..19, columns 16..17; the rest of the result is zero");
  CHECK(field(ran.out, "compared") == "76 codes, 38 scales, 8 results");
  ran = program("compare A.npy B.npy --format int8 --rows 8 --cols 4 --lanes 2", "result 323");
  CHECK(mismatch(ran.out).starts_with("mismatch: result, tile 2,4, row 17, column 17\n"));
  ran = program("compare A.npy B.npy --format int8 --rows 8 --cols 4 --lanes 2", "code 35");
  CHECK(mismatch(ran.out).starts_with("mismatch: code A, tile 2,0, row 17, k 1\n"));
  CHECK(mismatch(ran.out, 1).starts_with("mismatch: code B, tile 0,4, column 17, k 1\n"));
  ran = program(compare, "result 323");
  CHECK(mismatch(ran.out).starts_with("mismatch: result, tile 4,4, row 17, column 17\n"));
  CHECK(mismatch(ran.out).find("make build netlist TRACE=1 && build/trace/roundhouse compare A.npy "
                               "B.npy --format int8 --engines golden,netlist --tile 4,4 --trace "
                               "tile_4_4.fst\n") != std::string::npos);
}

TEST_CASE("cli: an engine with the wrong number of results is an internal error", "[cli][edge]") {
  Program program(true);
  const Operands operands(program);
  const Ran ran = program("compare A.npy B.npy --format int8", "short");
  CHECK(ran.code == 3);
  CHECK(ran.err == "roundhouse: internal error: engine rtl gave 359 results for 360\n");
}

TEST_CASE("cli: compare of block formats finds equal engines equal and counts all", "[cli][edge]") {
  Program program;
  program.floats("X.npy", {4, 5, 40});
  Ran ran = program(
      "compare X.npy --format fast4-sr --seed 3 --engines golden,golden,golden --json r.json");
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "x") == "X.npy: <f4 (4, 5, 40)");
  CHECK(field(ran.out, "format") == "fast4-sr");
  CHECK(field(ran.out, "compared") == "1600 codes, 120 exponents, 120 flags");
  CHECK(field(ran.out, "mismatches") == "0");
  CHECK(field(ran.out, "identical") == "true");
  const auto json = program.json("r.json");
  CHECK(json["compared"] == nlohmann::json({{"codes", 1600}, {"exponents", 120}, {"flags", 120}}));
  CHECK(json["engines"].size() == 3);
  CHECK(json["engines"][1]["elements"] == 800);
  CHECK(json["groups"] == 60);
  ran = program("compare X.npy --format fast4 --axis 0 --engines golden,golden");
  CHECK(field(ran.out, "compared") == "800 codes, 200 exponents, 200 flags");
  ran = program("compare X.npy --format fast4 --axis none --engines golden,golden");
  CHECK(field(ran.out, "compared") == "800 codes, 50 exponents, 50 flags");
  ran = program("compare X.npy --format int8 --axis 0 --engines golden,golden");
  CHECK(field(ran.out, "compared") == "800 codes, 200 scales, 0 results");
}

TEST_CASE("cli: compare finds the RTL converter equal to the golden model", "[cli][rtl]") {
  Program program;
  const auto shape = GENERATE(Shape{1, 1}, Shape{3, 5, 7}, Shape{20, 33}, Shape{2, 0}, Shape{257});
  std::vector<float> values = program.floats("X.npy", shape);
  for (std::size_t i = 0; i < values.size(); ++i) {  // what data does not have
    if (i % 50 == 7) values[i] = std::ldexp(1.0F, static_cast<int>(i % 250) - 140);
    if (i % 90 == 40) values[i] = -INFINITY;
    if (i % 300 < 40) values[i] = i % 2 == 0 ? 0.0F : -0.0F;
  }
  write_npy<float>(program / "X.npy", shape, values);
  for (const std::string format :
       {"fast2-sr", "fast4-sr", "fast4", "msfp12", "msfp16", "mxint8", "mxint4-away", "mxfp4",
        "mxfp6-e3m2(rule=even)", "mxfp8-e4m3(overflow=bump)", "mxfp8-e5m2(rule=rceil)", "bfp8",
        "'bfp(m=8,negmin=1,overflow=bump)'", "'hbfp6(round=stochastic-unbiased,base=-3,e=3)'"}) {
    INFO(format);
    const Ran ran =
        program("compare X.npy --format " + (format[0] == '\'' ? format : "'" + format + "'") +
                " --seed 11 --json r.json");
    INFO(ran.out << ran.err);
    CHECK(ran.code == 0);
    const auto json = program.json("r.json");
    CHECK(json["mismatches"] == 0);
    CHECK(json["compared"]["codes"] == values.size());
    CHECK(json["engines"][1]["engine"] == "rtl");
    CHECK((json["engines"][1]["cycles"] > 0) == !values.empty());
  }
}

TEST_CASE("cli: compare says where a block code, exponent or flag differs", "[cli][edge]") {
  Program program(true);
  // Two lines of three groups; the last of a line has 2 values. Element 55 is line 1, k 21.
  std::vector<float> values(68, 1.0F);
  values[55] = -1.25F;
  write_npy<float>(program / "X 1.npy", Shape{2, 34}, values);
  const std::string again =
      "  again              make build TRACE=1 && build/trace/roundhouse compare 'X 1.npy' "
      "--format ";
  Ran ran = program("compare 'X 1.npy' --format fast4 --json r.json", "code 55");
  CHECK(ran.code == 1);
  CHECK(field(ran.out, "mismatches") == "1");
  CHECK(field(ran.out, "identical") == "false");
  CHECK(mismatch(ran.out) ==
        "mismatch: code X, line 1, group 1, k 21\n"
        "  x                  -1.25 (0xBFA00000)\n"
        "  exponent           15, base -15\n"
        "  want               -10 from golden\n"
        "  got                -9 from rtl\n"
        "  seed               0\n" +
            again + "fast4 --trace convert.fst\n");
  const auto first = program.json("r.json")["first_mismatches"][0];
  CHECK(first["kind"] == "code X");
  CHECK(first["line"] == 1);
  CHECK(first["group"] == 1);
  CHECK(first["k"] == 21);
  CHECK(first["got_engine"] == "rtl");

  ran = program("compare 'X 1.npy' --format fast4-sr --seed 5 --axis -2", "code 2");
  CHECK(mismatch(ran.out).starts_with("mismatch: code X, line 1, group 0, k 0\n"));
  // Lines along axis 0 have 2 of 16 values: line 1 begins at word 16.
  const std::string noise = std::to_string(noise_word(noise_seed(5), 16, 8));
  CHECK(mismatch(ran.out).find("  noise              " + noise + " of 0..255, word 16\n") !=
        std::string::npos);
  CHECK(mismatch(ran.out).find(again + "fast4-sr --axis -2 --seed 5 --trace convert.fst\n") !=
        std::string::npos);

  ran = program("compare 'X 1.npy' --format 'bfp(m=4,g=16,e=4,base=-10)'", "exponent 4");
  CHECK(ran.code == 1);
  CHECK(mismatch(ran.out) ==
        "mismatch: exponent X, line 1, group 1\n"
        "  largest            1.25 (0x3FA00000), base -10\n"
        "  want               10 from golden\n"
        "  got                11 from rtl\n"
        "  seed               0\n" +
            again + "'bfp(m=4,e=4,base=-10)' --trace convert.fst\n");

  ran = program("compare 'X 1.npy' --format fast4", "flags 5");
  CHECK(ran.code == 1);
  CHECK(
      mismatch(ran.out).starts_with("mismatch: flags X, line 1, group 2\n"
                                    "  largest            1 (0x3F800000), base -15\n"
                                    "  want               none from golden\n"
                                    "  got                saturated from rtl\n"));
  ran = program("compare 'X 1.npy' --format fast4", "base");
  CHECK(ran.code == 1);
  CHECK(
      mismatch(ran.out).starts_with("mismatch: base X\n  want               -15 from golden\n"
                                    "  got                -14 from rtl\n"));
}

TEST_CASE("cli: compare of blocks names the converter to build, shows 20 and counts all",
          "[cli][edge]") {
  Program program(true);
  program.floats("X.npy", {40});
  Ran ran = program("compare X.npy --format 'fast4-sr(g=3,noise=5)' --json r.json", "codes");
  CHECK(ran.code == 1);
  CHECK(count(ran.out, "mismatch: code") == 20);
  CHECK(ran.out.find("... and 20 more mismatches\n") != std::string::npos);
  CHECK(program.json("r.json")["mismatches"] == 40);
  CHECK(mismatch(ran.out).find("make build model GROUP=3 NOISE=5 TRACE=1 && build/trace/roundhouse "
                               "compare X.npy --format 'bfp(m=4,g=3,e=4,round=stochastic,noise=5)' "
                               "--trace convert.fst\n") != std::string::npos);
  ran = program("compare X.npy --format fast4 --engines golden,netlist --quiet", "code 0");
  CHECK(ran.code == 1);
  CHECK(ran.out == mismatch(ran.out));
  CHECK(ran.out.find("make build netlist TRACE=1 && build/trace/roundhouse compare X.npy --format "
                     "fast4 --engines golden,netlist --trace convert.fst\n") != std::string::npos);
}

TEST_CASE("cli: a converter that refuses exits 2, one that fails or falls short 3", "[cli][edge]") {
  Program program(true);
  program.floats("X.npy", {40});
  struct Case {
    std::string fault;
    int code;
    std::string text;
  };
  for (const Case& c :
       {Case{"refuse", 2, "roundhouse: this engine refuses\n"},
        Case{"fail", 3, "roundhouse: internal error: this engine fails\n"},
        Case{"short", 3, "roundhouse: internal error: engine rtl gave 39 codes for 40\n"}})
    for (const std::string arguments :
         {"convert X.npy --format fast4 -o Y.npy --codes Q.npy --json r.json --engine rtl",
          "compare X.npy --format fast4 --json r.json"}) {
      const Ran ran = program(arguments, c.fault);
      CHECK(ran.code == c.code);
      CHECK(ran.err == c.text);
      CHECK(ran.out.empty());
      CHECK(program.files() == std::vector<std::string>{"X.npy"});
    }
}

TEST_CASE("cli: waves from an engine built without them are refused", "[cli][rtl]") {
#ifndef RH_TRACE
  Program program;
  program.floats("A.npy", {2, 2});
  const Ran ran = program("compare A.npy A.npy --format int8 --trace t.fst");
  CHECK(ran.code == 2);
  CHECK(ran.err == "roundhouse: waves need an engine built with them; type: make build TRACE=1\n");
  CHECK(program.files() == std::vector<std::string>{"A.npy"});
#else
  Program program;
  program.floats("A.npy", {2, 2});
  CHECK(program("compare A.npy A.npy --format int8 --trace t.fst").code == 0);
  CHECK(std::filesystem::file_size(program / "t.fst") > 0);
#endif
}

}  // namespace
}  // namespace rh
