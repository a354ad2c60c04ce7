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
  for (const std::string sub :
       {"", "convert", "gemm", "compare", "formats", "arrays", "study", "train"}) {
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
  program.codes("Q.npy", {4, 4});
  bench::put(program / "u2.npy", bench::npy(bench::dictionary("<u2", "(1,)"), "\x80\x3F"));
  const auto files = program.files();
  const std::string gemm = "gemm A.npy B.npy --format int8 -o C.npy ";
  const std::string convert = "convert X.npy --format int8 -o Y.npy ";
  const std::string compare = "compare A.npy B.npy --format int8 ";
  const std::string block = "convert X.npy --format fast4-sr -o Y.npy ";
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
      {"gemm A.npy '' --format int8 -o C.npy", "B.npy: the name is empty; give the path of a"},
      {"compare A.npy '' --format int8", "B.npy: the name is empty; give the path of a"},
      {"convert '' --format int8 -o Y.npy", "roundhouse: : file cannot be found; give the path"},
      {"convert X.npy --format int8 -o ''", "roundhouse: : output is a directory; an output is a"},
      {gemm + "--engine verilog", "--engine: verilog not in {golden,rtl,netlist}"},
      {compare + "--engines golden,verilog", "--engines: verilog not in {golden,rtl,netlist}"},
      {gemm + "--seed -1", "--seed: -1 is not a whole number in 0..18446744073709551615"},
      {gemm + "--seed 18446744073709551616", "is not a whole number in 0..18446744073709551615"},
      {gemm + "--json", "--json: 1 required FILE missing"},
      {convert + "--tile 0,0", "not expected: 0,0 --tile"},
      {"convert X.npy --format int4 -o Y.npy", "roundhouse: format 'int4' is unknown; there are "},
      {"convert X.npy --format bfp16 -o Y.npy",
       "roundhouse: format: m is '16'; it lies in 1..15\n"},
      {"convert X.npy --format 'bfp(m=4,g=0)' -o Y.npy",
       "roundhouse: format: g is 0; it lies in 1..65535\n"},
      {"convert X.npy --format 'int8(m=4)' -o Y.npy", "roundhouse: format: int8 takes no fields"},
      {convert + "--round truncate", "roundhouse: format: int8 takes no fields"},
      {convert + "--base 0", "roundhouse: format: int8 takes no fields"},
      {convert + "--exponents E.npy",
       "roundhouse: --exponents: is given for int8; int8 has scales: --scales\n"},
      {convert + "--flags F.npy",
       "roundhouse: --flags: is given for int8; int8 has scales and no groups\n"},
      {block + "--scales S.npy",
       "roundhouse: --scales: is given for fast4-sr; a block format has exponents: --exponents\n"},
      {block + "--round up", "--round: up not in {truncate,nearest-even,nearest-away,"},
      {block + "--noise-bits 15", "roundhouse: format: noise is 15; it lies in 1..14\n"},
      {block + "--noise-bits x", "--noise-bits = x"},
      {block + "--base -129", "roundhouse: format: base is -129; it lies in -128..127\n"},
      {block + "--base 128", "roundhouse: format: base is 128; it lies in -128..127\n"},
      {block + "--axis 3",
       "roundhouse: --axis: is 3 for X.npy (3, 5, 7); an axis is none or lies in -3..2\n"},
      {block + "--rows 16",
       "roundhouse: --rows: is given for conversion to a block format; its converter has a lane "
       "for "
       "each value of a group and no array\n"},
      {block + "--trace t.fst",
       "roundhouse: --trace: has 0 engines with waves; exactly one must be rtl or netlist\n"},
      {block + "--exponents Y.npy",
       "roundhouse: Y.npy: is the name of two outputs; each output is a file of its own\n"},
      {block + "--flags no/F.npy",
       "roundhouse: no/F.npy: output's directory does not exist; make it first\n"},
      {"convert X.npy --format bfp9 -o Y.npy --engine rtl",
       "roundhouse: engine rtl converts to at most 8 magnitude bits; bfp9 has 9\n"},
      {"convert X.npy --format 'fast4(g=47)' -o Y.npy --engine rtl",
       "roundhouse: engine rtl is not built for groups of 47 and 8 noise bits"},
      {"convert X.npy --format 'fast4(g=47)' -o Y.npy --engine rtl",
       "; type: make model GROUP=47 NOISE=8\n"},
      {"convert X.npy --format 'fast4-sr(g=47,noise=3)' -o Y.npy --engine rtl",
       "; type: make model GROUP=47 NOISE=3\n"},
      {"convert X.npy --format 'fast4(g=47)' -o Y.npy --engine netlist",
       "; type: make netlist (which builds that of 16 and 8)\n"},
      {"convert u2.npy --format fast4 -o Y.npy",
       "roundhouse: u2.npy: descr is '<u2', bit patterns of 16-bit floats; --input bf16 or --input "
       "fp16 says of which\n"},
      {block + "--input bf16",
       "roundhouse: X.npy: descr is '<f4'; --input is for the bit patterns of a <u2 file, other "
       "dtypes speak for themselves\n"},
      {block + "--input bf17", "--input: bf17 not in {bf16,fp16}"},
      {"compare X.npy --format fast4 --engines golden",
       "roundhouse: --engines: names 1 engine; two or more compare\n"},
      {"compare X.npy --format fast4 --tile 0,0",
       "roundhouse: --tile: is given for one tensor; a product has tiles, a conversion has none\n"},
      {"compare X.npy --format fast4 --lanes 1",
       "roundhouse: --lanes: is given for conversion to a block format; "},
      {compare + "--axis 0",
       "roundhouse: --axis: is given for a product; it takes the rows of A and the columns of B\n"},
      {"compare u2.npy --format fast4", "roundhouse: u2.npy: descr is '<u2'"},
      {"formats 'fast4(g=3'", "roundhouse: format 'fast4(g=3' has no closing bracket at its end\n"},
      {"formats 'bfp(g=3)'", "roundhouse: format 'bfp(g=3)' needs its m, as in bfp5 or bfp(m=5)\n"},
      {"compare Q.npy --format int8",
       "roundhouse: Q.npy: holds int8 codes already; conversion takes floats\n"},
      {"formats fast5", "roundhouse: format 'fast5' is unknown; there are "},
      {"formats fast4 fast2", "not expected: fast2"},
      {convert + "--axis 3",
       "roundhouse: --axis: is 3 for X.npy (3, 5, 7); an axis is none or lies in -3..2\n"},
      {convert + "--axis -4",
       "roundhouse: --axis: is -4 for X.npy (3, 5, 7); an axis is none or lies in -3..2\n"},
      {convert + "--axis 1x",
       "roundhouse: --axis: is 1x for X.npy (3, 5, 7); an axis is none or lies in -3..2\n"},
      {convert + "--rows x", "--rows"},
      {gemm + "--rows 0", "--rows: Value 0 not in range"},
      {gemm + "--cols 4097", "--cols: Value 4097 not in range"},
      {gemm + "--lanes -1", "--lanes: Value -1 not in range"},
      {gemm + "--chunk 2",
       "roundhouse: --chunk: is given for int8; products of block formats take it\n"},
      {gemm + "--accumulate exact",
       "roundhouse: --accumulate: is given for int8; products of block formats take it\n"},
      {gemm + "--tile 1", "roundhouse: --tile: is '1'; it is R,C, two numbers from 0\n"},
      {gemm + "--tile 1,-1", "roundhouse: --tile: is '1,-1'; it is R,C, two numbers from 0\n"},
      {gemm + "--tile 2,0", "roundhouse: --tile: is 2,0; the product has 2 x 2 tiles of 16 x 16\n"},
      {gemm + "--rows 7 --cols 30 --tile 2,1",
       "roundhouse: --tile: is 2,1; the product has 3 x 1 tiles of 7 x 30\n"},
      {compare + "--engines rtl,netlist --tile 0,0",
       "roundhouse: --tile: is given for arrays of different sizes; give --rows and --cols, too\n"},
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
      {gemm + "--engine rtl --rows 3 --cols 5 --lanes 2",
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
  const auto words = [&](const std::string& label) {  // of its line, single spaces between
    std::istringstream in(field(ran.out, label));
    std::string text;
    for (std::string word; in >> word;) text += (text.empty() ? "" : " ") + word;
    return text;
  };
  CHECK(words("format") ==
        "g element m E base rule rounding R overflow encoding zero codes logical stored planes");
  CHECK(words("int8") ==
        "line integer 7 fp32 - - nearest-even - saturate two's complement +0 -127..127 8 8 -");
  CHECK(
      words("fast4-sr") ==
      "16 integer 4 4 tensor floor stochastic 8 saturate sign-magnitude +0 -15..15 5.25 6.25 5.25");
  CHECK(words("msfp12") ==
        "16 integer 3 8 -127 floor nearest-even - saturate sign-magnitude +0 -7..7 4.5 6.5 4.5");
  CHECK(
      words("mxfp4") ==
      "32 e2m1 3 8 -127 floor nearest-even - saturate sign-magnitude +0 -0 +-0..7 4.25 4.25 4.25");
  CHECK(words("hbfp<m>") ==
        "16 integer 1..15 8 -127 ceil nearest-even - saturate sign-magnitude +0 +-(2^m - 1) "
        "m + 1 + 0.5 3 ceil(m/2) + 0.5 m + 1 + 0.5");
  const auto json = program.json("f.json");
  const auto formats = json["formats"];
  REQUIRE(formats.size() == kPresets.size());
  for (std::size_t i = 0; i < kPresets.size(); ++i) {
    const Format& format = kPresets[i].format;
    CHECK(field(ran.out, std::string(kPresets[i].name)).find("(no line") == std::string::npos);
    CHECK(formats[i]["name"] == std::string(kPresets[i].name));
    CHECK(formats[i]["magnitude_bits"] == format.magnitude_bits);
    CHECK(formats[i]["group_size"] == format.group_size);
    CHECK(formats[i]["max_code"] == format.max_code());
    CHECK(formats[i]["logical_bits"] == format.logical_bits());
    CHECK(formats[i]["stored_bits"] == format.stored_bits());
    if (format.is_block())
      CHECK(formats[i]["plane_bits"] ==
            1 + format.magnitude_bits + format.exponent_bits / double(format.group_size));
    else
      CHECK(formats[i]["plane_bits"].is_null());
  }
  REQUIRE(json["families"].size() == 2);
  CHECK(json["families"][0]["name"] == "bfp<m>");
  CHECK(json["families"][1]["members"].size() == 15);
  CHECK(json["families"][1]["members"][4]["exponent_rule"] == "ceil");
  CHECK(program("formats --quiet").out.empty());
}

TEST_CASE("cli: formats explains one", "[cli][edge]") {
  Program program;
  Ran ran = program("formats 'bfp(m=5,g=64,e=4,round=stochastic,noise=4,negmin=1)' --json f.json");
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "element") == "integer, sign and 5 bits, two's complement");
  CHECK(field(ran.out, "codes") == "-32..31");
  CHECK(field(ran.out, "group") == "64 values share an exponent e of 4 bits, 0..15");
  CHECK(field(ran.out, "base") == "of the tensor: its largest value takes the largest e");
  CHECK(field(ran.out, "value") == "code 2^(base + e - 4)");
  CHECK(field(ran.out, "rounding") == "stochastic, 4 noise bits");
  CHECK(field(ran.out, "logical bits") == "6.0625 a value");
  CHECK(field(ran.out, "plane bits") == "6.0625 a value");
  CHECK(field(ran.out, "engines") == "golden, rtl (make model GROUP=64 NOISE=4)");
  CHECK(program.json("f.json")["formats"][0]["noise_bits"] == 4);
  ran = program("formats fast4");
  CHECK(field(ran.out, "stored bits") == "6.25 a value");
  CHECK(field(ran.out, "plane bits") == "5.25 a value");
  ran = program("formats mxfp4");
  CHECK(field(ran.out, "codes") == "+-0..7, the largest value is 6");
  CHECK(field(ran.out, "base") == "-127");
  CHECK(field(ran.out, "engines") == "golden, rtl");
  CHECK(field(program("formats mxfp8-e5m2").out, "codes") ==
        "+-0..123, the largest value is 57344");
  CHECK(field(program("formats bfp9").out, "engines") == "golden");
  ran = program("formats int8");
  CHECK(field(ran.out, "group") == "the line, with an FP32 scale");
  CHECK(field(ran.out, "plane bits").find("(no line") != std::string::npos);
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
