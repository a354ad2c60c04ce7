// TEST RATIONALE. The command line's own contract, whatever the subcommand: help with examples,
// exit codes, one line for each refusal, all outputs or none. Every option has a bad value here;
// the texts are compared whole, because a user reads nothing else.
#include "bench/catch.hpp"
#include "cli/program.hpp"
#include "number/number.hpp"

namespace rh {
namespace {

using bench::field;
using bench::Program;
using bench::Ran;

TEST_CASE("cli: help has examples everywhere and exits 0", "[cli][edge]") {
  const Program program;
  for (const std::string sub : {"", "convert", "gemm", "compare", "formats", "study"}) {
    INFO(sub);
    const Ran ran = program(sub + " --help");
    CHECK(ran.code == 0);
    CHECK(ran.err.empty());
    CHECK(ran.out.find("Usage: roundhouse") != std::string::npos);
    CHECK(ran.out.find("Examples:\n  roundhouse " + sub) != std::string::npos);
  }
  CHECK(program("--version").out == "roundhouse 0.1.0, contract 1\n");
}

TEST_CASE("cli: bad usage exits 2, says why on stderr and writes nothing", "[cli][edge]") {
  Program program;
  program.floats("X.npy", {3, 5, 7});
  program.floats("A.npy", {20, 3});
  program.floats("B.npy", {3, 20});
  const auto files = program.files();
  const std::string gemm = "gemm A.npy B.npy --format int8 -o C.npy ";
  const std::string convert = "convert X.npy --format int8 -o Y.npy ";
  const std::string compare = "compare A.npy B.npy --format int8 ";
  struct Case {
    std::string arguments;
    std::string text;
  };
  const std::vector<Case> cases = {
      {"", "roundhouse: a subcommand is required; roundhouse --help lists them\n"},
      {"shunt", "The following argument was not expected: shunt"},
      {"convert", "X.npy is required"},
      {"convert X.npy -o Y.npy", "--format is required"},
      {"convert X.npy --format int8", "--output is required"},
      {"gemm A.npy --format int8 -o C.npy", "B.npy is required"},
      {compare + "more.npy", "not expected: more.npy"},
      {gemm + "--engine verilog", "--engine: verilog not in {golden,rtl,netlist}"},
      {compare + "--engines golden,verilog", "--engines: verilog not in {golden,rtl,netlist}"},
      {gemm + "--seed -1", "--seed: -1 is not a whole number in 0..18446744073709551615"},
      {gemm + "--seed 18446744073709551616", "is not a whole number in 0..18446744073709551615"},
      {gemm + "--json", "--json: 1 required FILE missing"},
      {convert + "--tile 0,0", "not expected: 0,0 --tile"},
      {"convert X.npy --format int4 -o Y.npy", "roundhouse: --format: is 'int4'; known are int8\n"},
      {convert + "--axis 3",
       "roundhouse: --axis: is 3 for X.npy (3, 5, 7); an axis is none or lies in -3..2\n"},
      {convert + "--axis -4",
       "roundhouse: --axis: is -4 for X.npy (3, 5, 7); an axis is none or lies in -3..2\n"},
      {convert + "--axis 1x",
       "roundhouse: --axis: is 1x for X.npy (3, 5, 7); an axis is none or lies in -3..2\n"},
      {convert + "--array 16x16",
       "roundhouse: --array: is '16x16'; it is ROWSxCOLSxLANES, three numbers of at least 1\n"},
      {gemm + "--array 0x16x1",
       "roundhouse: --array: is '0x16x1'; it is ROWSxCOLSxLANES, three numbers of at least 1\n"},
      {gemm + "--array 16x16x1x",
       "roundhouse: --array: is '16x16x1x'; it is ROWSxCOLSxLANES, three "
       "numbers of at least 1\n"},
      {gemm + "--tile 1", "roundhouse: --tile: is '1'; it is R,C, two numbers from 0\n"},
      {gemm + "--tile 1,-1", "roundhouse: --tile: is '1,-1'; it is R,C, two numbers from 0\n"},
      {gemm + "--tile 2,0", "roundhouse: --tile: is 2,0; the product has 2 x 2 tiles of 16 x 16\n"},
      {gemm + "--array 7x30x1 --tile 2,1",
       "roundhouse: --tile: is 2,1; the product has 3 x 1 tiles of 7 x 30\n"},
      {compare + "--engines rtl,netlist --tile 0,0",
       "roundhouse: --tile: is given for arrays of different sizes; give --array, too\n"},
      {gemm + "--trace t.fst",
       "roundhouse: --trace: has 0 engines with waves; exactly one must be rtl or netlist\n"},
      {compare + "--engines rtl,netlist --trace t.fst",
       "roundhouse: --trace: has 2 engines with waves; exactly one must be rtl or netlist\n"},
      {compare + "--engines golden",
       "roundhouse: --engines: names 1 engine; two or more compare\n"},
      {"compare X.npy --format int8 --tile 0,0",
       "roundhouse: --tile: is given for one tensor; a product has tiles, a conversion has none\n"},
      {"convert no.npy --format int8 -o Y.npy",
       "roundhouse: no.npy: file cannot be found; give the path of a .npy file\n"},
      {gemm + "--json no/report.json",
       "roundhouse: no/report.json: output's directory does not exist; make it first\n"},
      {"gemm A.npy B.npy --format int8 -o no/C.npy",
       "roundhouse: no/C.npy: output's directory does not exist; make it first\n"},
      {"gemm A.npy B.npy --format int8 -o .",
       "roundhouse: .: output is a directory; an output is a file\n"},
      {convert + "--codes Y.npy",
       "roundhouse: Y.npy: is the name of two outputs; each output is a file of its own\n"},
      {convert + "--codes Q.npy --json ./Q.npy",
       "roundhouse: ./Q.npy: is the name of two outputs; each output is a file of its own\n"},
      {gemm + "--engine rtl --array 3x5x2",
       "roundhouse: engine rtl is not built for an array of 3 x 5 cells of 2 lanes"},
  };
  for (const Case& c : cases) {
    INFO(c.arguments);
    const Ran ran = program(c.arguments);
    CHECK(ran.code == 2);
    CHECK(ran.out.empty());
    INFO(ran.err);
    CHECK(ran.err.find(c.text) != std::string::npos);
    CHECK(program.files() == files);
  }
}

TEST_CASE("cli: input that is no tensor exits 2 with one line and leaves no file", "[cli][edge]") {
  Program program;
  program.floats("good.npy", {4, 4});
  const std::string good = bench::contents(program / "good.npy");
  bench::put(program / "empty.npy", "");
  bench::put(program / "short.npy", good.substr(0, good.size() - 1));
  bench::put(program / "long.npy", good + "x");
  bench::put(program / "object.npy", bench::npy(bench::dictionary("|O", "(1,)"), "x"));
  bench::put(program / "text.npy", "1 2 3\n");
  const auto files = program.files();
  for (const std::string name : {"empty", "short", "long", "object", "text"})
    for (const std::string& arguments :
         {"convert " + name + ".npy --format int8 -o Y.npy --codes Q.npy --json r.json",
          "gemm good.npy " + name + ".npy --format int8 -o C.npy",
          "compare " + name + ".npy good.npy --format int8 --engines golden,golden"}) {
      INFO(arguments);
      const Ran ran = program(arguments);
      CHECK(ran.code == 2);
      CHECK(ran.out.empty());
      CHECK(ran.err.starts_with("roundhouse: " + name + ".npy: "));
      CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
      CHECK(program.files() == files);
    }
  CHECK(program("convert short.npy --format int8 -o Y.npy").err ==
        "roundhouse: short.npy: data is truncated: 63 bytes; shape (4, 4) of <f4 takes 64\n");
}

TEST_CASE("cli: an engine that refuses exits 2, one that fails 3, and no output is left",
          "[cli][edge]") {
  Program program(true);
  program.floats("A.npy", {4, 4});
  const auto files = program.files();
  const std::string gemm = "gemm A.npy A.npy --format int8 -o C.npy --json r.json --engine rtl";
  struct Case {
    std::string fault;
    int code;
    std::string text;
  };
  for (const Case& c :
       {Case{"refuse", 2, "roundhouse: this engine refuses\n"},
        Case{"fail", 3, "roundhouse: internal error: this engine fails\n"},
        Case{"short", 3,
             "roundhouse: internal error: stage_npy: 15 elements for shape (4, 4)\n"}}) {
    const Ran ran = program(gemm, c.fault);
    CHECK(ran.code == c.code);
    CHECK(ran.err == c.text);
    CHECK(ran.out.empty());
    CHECK(program.files() == files);
  }
}

TEST_CASE("cli: outputs replace what was there, or leave it as it was", "[cli][edge]") {
  Program program;
  program.floats("X.npy", {2, 3});
  bench::put(program / "Y.npy", "before");
  CHECK(program("convert no.npy --format int8 -o Y.npy").code == 2);
  CHECK(bench::contents(program / "Y.npy") == "before");
  CHECK(program("convert X.npy --format int8 -o Y.npy").code == 0);
  CHECK(read_npy(program / "Y.npy").shape == Shape{2, 3});
  CHECK(program("convert X.npy --format int8 -o X.npy").code == 0);  // the input itself
  CHECK(program.files() == std::vector<std::string>{"X.npy", "Y.npy"});
}

TEST_CASE("cli: --quiet prints nothing and the report still has everything", "[cli][edge]") {
  Program program;
  program.floats("X.npy", {2, 3});
  const Ran ran = program(
      "convert X.npy --format int8 -o Y.npy --quiet --json r.json --seed 18446744073709551615");
  CHECK(ran.code == 0);
  CHECK(ran.out.empty());
  CHECK(ran.err.empty());
  const auto json = program.json("r.json");
  CHECK(json["program"] == "roundhouse");
  CHECK(json["version"] == "0.1.0");
  CHECK(json["contract"] == "1");
  CHECK(json["report"] == 1);
  CHECK(json["subcommand"] == "convert");
  CHECK(json["command"][1] == "convert");
  CHECK(json["seed"] == 18446744073709551615u);
  CHECK(field(program("convert X.npy --format int8 -o Y.npy --seed 7").out, "seed") == "7");
}

TEST_CASE("cli: formats lists what the number package knows", "[cli][edge]") {
  Program program;
  const Ran ran = program("formats --json f.json");
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "int8") ==
        "8 bits, codes -127..127, two's complement, an FP32 scale a line, nearest-even, saturate");
  const auto formats = program.json("f.json")["formats"];
  REQUIRE(formats.size() == kFormats.size());
  for (std::size_t i = 0; i < kFormats.size(); ++i) {
    CHECK(formats[i]["name"] == std::string(kFormats[i].name));
    CHECK(formats[i]["magnitude_bits"] == kFormats[i].magnitude_bits);
    CHECK(formats[i]["max_code"] == kFormats[i].max_code());
  }
}

// `script` would be another package: the terminal is made here.
TEST_CASE("cli: work of over two seconds shows a bar on a terminal, and only there",
          "[cli][edge]") {
  Program program(true);
  program.floats("X.npy", {2, 3});
  const std::string line = "convert X.npy --format int8 -o Y.npy --engine rtl";
  const Ran piped = program(line, "slow");
  CHECK(piped.code == 0);
  CHECK(piped.err.empty());

  const std::string shown = program.on_terminal(line, "slow");
  CHECK(shown.find("rtl: convert X.npy [") != std::string::npos);
  CHECK(shown.find("] 100 %") != std::string::npos);
  CHECK(shown.find("input ") != std::string::npos);
}

}  // namespace
}  // namespace rh
