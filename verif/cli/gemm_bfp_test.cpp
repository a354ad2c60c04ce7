// TEST RATIONALE. `gemm` and `compare` of block formats. The program adds reading along either axis
// of a file, one format or two, the options that set fields, the seeds of A and B, the choice of
// array and accumulation, tiles and the report. So files are compared whole with the definition
// (convert_bfp, gemm_bfp) called in process, over odd shapes, formats, mixes and seeds; every
// option against the same fields spelled in the format, transposes against transposed files; every
// refusal by its whole text. `compare` is tested with an engine that is wrong on purpose
// (plugin/faulty_engine.cpp), one fault of each kind at a known place. Mutants this kills: B with
// the noise of A, a transpose ignored, --format-b ignored, a tile of other rows, results compared
// but for their lowest bit, K not checked, B or flags not compared.
#include <bit>
#include <cmath>

#include "bench/catch.hpp"
#include "cli/program.hpp"
#include "engine/multiplier.hpp"
#include "gemm/gemm_bfp.hpp"
#include "number/format_text.hpp"

namespace rh {
namespace {

using bench::field;
using bench::Program;
using bench::Ran;

std::vector<float> transposed(const std::vector<float>& matrix, std::int64_t rows,
                              std::int64_t cols) {
  std::vector<float> out;
  for (std::int64_t j = 0; j < cols; ++j)
    for (std::int64_t i = 0; i < rows; ++i)
      out.push_back(matrix[static_cast<std::size_t>(i * cols + j)]);
  return out;
}

// (M, K) times (K, N), written as A.npy and B.npy, and as their transposes At.npy and Bt.npy.
struct Matrices {
  std::int64_t m, k, n;
  std::vector<float> a, b;

  Matrices(Program& program, std::int64_t rows, std::int64_t terms, std::int64_t cols)
      : m(rows), k(terms), n(cols) {
    a = program.floats("A.npy", {m, k});
    b = program.floats("B.npy", {k, n});
    write(program);
  }
  void write(const Program& program) const {
    write_npy<float>(program / "A.npy", Shape{m, k}, a);
    write_npy<float>(program / "B.npy", Shape{k, n}, b);
    write_npy<float>(program / "At.npy", Shape{k, m}, transposed(a, m, k));
    write_npy<float>(program / "Bt.npy", Shape{n, k}, transposed(b, k, n));
  }

  // The file that the product must be, by the definition.
  std::string product(const std::string& format_a, const std::string& format_b,
                      const BfpProduct& how = {}, std::uint64_t seed = 0) const {
    const Format fa = parse_format(format_a);
    const Format fb = parse_format(format_b);
    const BfpLines x = convert_bfp(a, m, k, fa, {.base = {}, .noise = noise_seed(seed, 0)});
    const BfpLines y =
        convert_bfp(transposed(b, k, n), n, k, fb, {.base = {}, .noise = noise_seed(seed, 1)});
    return npy_header(DType::Float32, Shape{m, n}) +
           bench::bytes_of(gemm_bfp({fa, x}, {fb, y}, how));
  }
};

// What gemm wrote for these arguments.
std::string gemm(const Program& program, const std::string& arguments) {
  const Ran ran = program("gemm " + arguments + " -o C.npy");
  INFO(arguments << "\n" << ran.err);
  CHECK(ran.code == 0);
  return ran.code == 0 ? bench::contents(program / "C.npy") : ran.err;
}

TEST_CASE("cli: gemm of block formats is the golden product", "[cli][random]") {
  Program program;
  struct Case {
    std::string options, a, b;
    BfpProduct how = {};
  };
  constexpr Accumulation kFp32 = Accumulation::Fp32;
  const std::vector<Case> cases = {
      {"--format fast4", "fast4", "fast4"},
      {"--format fast2-sr --seed 9", "fast2-sr", "fast2-sr"},
      {"--format-a fast2 --format-b fast4-sr --seed 9", "fast2", "fast4-sr"},
      {"--format fast4 --format-b 'bfp(m=7,g=16,e=5,base=-20)'", "fast4",
       "bfp(m=7,g=16,e=5,base=-20)"},
      {"--format fast4-sr --format-a 'bfp(m=8,e=3,round=stochastic,noise=3)' --seed 9",
       "bfp(m=8,e=3,round=stochastic,noise=3)", "fast4-sr"},
      {"--format msfp12", "msfp12", "msfp12", {kFp32}},
      {"--format mxfp4 --accumulate exact", "mxfp4", "mxfp4"},
      {"--format-a mxfp6-e3m2 --format-b mxint4", "mxfp6-e3m2", "mxint4", {kFp32}},
      {"--format mxint8 --chunk 4", "mxint8", "mxint8", {kFp32, 4}},
      {"--format fast4 --accumulate fp32 --chunk 1", "fast4", "fast4", {kFp32, 1}},
      {"--format hbfp6 --accumulate exact --chunk 3", "hbfp6", "hbfp6"},
      {"--format 'bfp(m=12,g=3,e=2)'", "bfp(m=12,g=3,e=2)", "bfp(m=12,g=3,e=2)"},
  };
  for (const auto& [m, k, n] :
       {std::tuple{1, 1, 1}, std::tuple{3, 5, 7}, std::tuple{20, 33, 18}, std::tuple{17, 64, 1}}) {
    const Matrices matrices(program, m, k, n);
    for (const Case& c : cases) {
      INFO(m << " x " << k << " x " << n << " " << c.options);
      CHECK((gemm(program, "A.npy B.npy " + c.options) ==
             matrices.product(c.a, c.b, c.how, c.options.ends_with("9") ? 9 : 0)));
    }
  }
}

TEST_CASE("cli: gemm of a transposed file is that of the transpose", "[cli][random]") {
  Program program;
  const Matrices matrices(program, 20, 33, 18);
  for (const std::string options :
       {"--format int8", "--format fast4-sr --seed 3", "--format-a fast2-sr --format-b fast4",
        "--format mxint4 --accumulate fp32"}) {
    INFO(options);
    const std::string want = gemm(program, "A.npy B.npy " + options);
    CHECK((gemm(program, "At.npy B.npy --transpose-a " + options) == want));
    CHECK((gemm(program, "A.npy Bt.npy --transpose-b " + options) == want));
    CHECK((gemm(program, "At.npy Bt.npy --transpose-a --transpose-b " + options) == want));
  }
  const std::vector<std::int8_t> a = program.codes("Qa.npy", {3, 5});
  std::vector<std::int8_t> at;
  for (std::size_t j = 0; j < 5; ++j)
    for (std::size_t i = 0; i < 3; ++i) at.push_back(a[i * 5 + j]);
  write_npy<std::int8_t>(program / "Qat.npy", Shape{5, 3}, at);
  program.codes("Qb.npy", {5, 4});
  CHECK((gemm(program, "Qat.npy Qb.npy --format int8 --transpose-a") ==
         gemm(program, "Qa.npy Qb.npy --format int8")));
  CHECK((gemm(program, "Qa.npy Qat.npy --format int8 --tile 0,0") ==
         gemm(program, "Qat.npy Qat.npy --format int8 --transpose-a")));
  // What shapes mean is said of the file as it is.
  const Ran ran = program("gemm At.npy B.npy --format fast4 --transpose-b -o D.npy");
  CHECK(ran.err ==
        "roundhouse: At.npy: K is 20 in At.npy: <f4 (33, 20); it must equal K in B.npy: <f4 "
        "(33, 18) transposed, 18\n");
}

TEST_CASE("cli: options of gemm set the fields of both formats", "[cli][edge]") {
  Program program;
  const Matrices matrices(program, 9, 40, 6);
  const std::string set = "(round=stochastic-unbiased,noise=5,base=-9)";
  CHECK((gemm(program,
              "A.npy B.npy --format-a fast2 --format-b fast4 --round stochastic-unbiased "
              "--noise-bits 5 --base -9 --seed 18446744073709551615") ==
         matrices.product("fast2" + set, "fast4" + set, {}, 18446744073709551615u)));
  // The seed decides, and decides alone.
  const std::string seven = gemm(program, "A.npy B.npy --format fast4-sr --seed 7");
  CHECK((gemm(program,
              "A.npy B.npy --format fast4-sr --seed 7 --rows 3 --cols 5 --lanes 4 "
              "--chunk 3") == seven));
  CHECK((gemm(program, "A.npy B.npy --format fast4-sr --seed 8") != seven));
  CHECK((gemm(program, "A.npy B.npy --format fast4 --seed 7") ==
         gemm(program, "A.npy B.npy --format fast4 --seed 8")));
  // A file of half precision and one of singles go together.
  const std::string halves =
      bench::bytes_of(std::vector<std::uint16_t>{0x3C00, 0xC100, 0x3555, 0x0001});
  bench::put(program / "H.npy", bench::npy(bench::dictionary("<f2", "(4, 1)"), halves));
  write_npy<float>(program / "F.npy", Shape{1, 2}, std::vector<float>{3, -0.75F});
  write_npy<float>(program / "G.npy", Shape{4, 1},
                   std::vector<float>{1, -2.5F, 0x1.554p-2F, 0x1p-24F});
  CHECK(
      (gemm(program, "H.npy F.npy --format fast4") == gemm(program, "G.npy F.npy --format fast4")));
}

TEST_CASE("cli: gemm of block formats with an empty dimension gives zeros", "[cli][edge]") {
  Program program;
  for (const auto& [m, k, n] :
       {std::tuple{3, 0, 2}, std::tuple{0, 4, 2}, std::tuple{3, 4, 0}, std::tuple{0, 0, 0}}) {
    const Matrices matrices(program, m, k, n);
    for (const std::string accumulation : {"exact", "fp32"}) {
      const std::string file =
          gemm(program, "A.npy B.npy --format fast4-sr --accumulate " + accumulation);
      CHECK((file == npy_header(DType::Float32, Shape{m, n}) +
                         std::string(static_cast<std::size_t>(4 * m * n), '\0')));
    }
  }
}

TEST_CASE("cli: gemm makes every product of a line with a NaN group NaN, and no other",
          "[cli][edge]") {
  Program program;
  Matrices matrices(program, 3, 40, 3);
  matrices.a[40 + 35] = std::nanf("");  // row 1
  matrices.b[20 * 3 + 2] = -INFINITY;   // column 2
  matrices.write(program);
  for (const std::string options : {"", " --accumulate fp32"}) {
    const Ran ran = program("gemm A.npy B.npy --format fast4 -o C.npy --json r.json" + options);
    CHECK(ran.code == 0);
    const Tensor c = read_npy(program / "C.npy");
    for (std::size_t i = 0; i < 9; ++i) {
      const bool nan = i / 3 == 1 || i % 3 == 2;
      CHECK((std::bit_cast<std::uint32_t>(c.values()[i]) == kFp32Nan) == nan);
      CHECK(std::isfinite(c.values()[i]) == !nan);
    }
    CHECK(program.json("r.json")["converted_a"]["nan_groups"] == 1);
    CHECK(program.json("r.json")["converted_b"]["nan_groups"] == 1);
  }
}

TEST_CASE("cli: gemm of block formats reports formats, counts, passes and the limit of K",
          "[cli][edge]") {
  Program program;
  Matrices matrices(program, 20, 33, 18);
  for (float& x : matrices.a) x = std::ldexp(x, -30);  // below the window of base -9
  matrices.write(program);
  Ran ran = program(
      "gemm A.npy Bt.npy --transpose-b --format fast4 --format-b 'bfp(m=5,e=3)' --base -9 "
      "-o C.npy --json r.json");
  INFO(ran.err);
  CHECK(ran.code == 0);  // underflow is part of the format
  CHECK(field(ran.out, "a") == "A.npy: <f4 (20, 33)");
  CHECK(field(ran.out, "b") == "Bt.npy: <f4 (18, 33) transposed");
  CHECK(field(ran.out, "format a") == "bfp(m=4,e=4,base=-9)");
  CHECK(field(ran.out, "format b") == "bfp(m=5,e=3,base=-9)");
  CHECK(field(ran.out, "result") == "<f4 (20, 18), K = 33");
  CHECK(field(ran.out, "chunk bits") == "2");
  CHECK(field(ran.out, "passes") == "6");
  CHECK(field(ran.out, "accumulation") ==
        "exact, K = 33 takes 37 bits, an array's 64 bits hold K = 4729082270");
  CHECK(field(ran.out, "converted a")
            .starts_with("base -9, groups 60, saturated groups 0, underflowed groups 60, bumped "
                         "groups 0, nan groups 0, zero codes "));
  CHECK(field(ran.out, "engine").starts_with("golden, "));
  CHECK(field(ran.out, "engine").find("MAC/s") != std::string::npos);
  const auto json = program.json("r.json");
  CHECK(json["format_a"] == "bfp(m=4,e=4,base=-9)");
  CHECK(json["a"]["transposed"] == false);
  CHECK(json["b"]["transposed"] == true);
  CHECK(json["result"] == nlohmann::json({{"dtype", "<f4"}, {"m", 20}, {"k", 33}, {"n", 18}}));
  CHECK(json["passes"] == 6);
  CHECK(json["accumulation"] == "exact");
  CHECK(json["accumulator_bits"] == 64);
  CHECK(json["accumulator_bits_needed"] == 37);
  CHECK(json["max_k"] == 4729082270);
  CHECK(json["converted_a"]["underflowed_groups"] == 60);
  CHECK(json["converted_a"]["base"] == -9);
  CHECK(json["converted_b"]["groups"] == 54);
  CHECK(json["engine"]["engine"] == "golden");
  CHECK(json["engine"]["array"] == nlohmann::json({{"rows", 16},
                                                   {"cols", 16},
                                                   {"lanes", 16},
                                                   {"chunk_bits", 2},
                                                   {"accumulator", "exact64"}}));
  CHECK(json["engine"]["macs"] == 20 * 33 * 18);
  CHECK(json["engine"]["utilization"].is_null());
  CHECK(json["engine"]["convert_seconds"] > 0);
  CHECK(json["engine"]["macs_per_second"] > 0);

  ran = program("gemm A.npy B.npy --format mxint8 -o C.npy --json r.json");
  CHECK(field(ran.out, "accumulation") == "fp32");
  CHECK(field(ran.out, "passes") == "16");
  CHECK(program.json("r.json")["engine"]["array"]["lanes"] == 32);
  CHECK_FALSE(program.json("r.json").contains("max_k"));
  ran = program("gemm A.npy B.npy --format msfp12 --accumulate exact --chunk 8 -o C.npy");
  CHECK(field(ran.out, "accumulation") == "exact, K = 33 takes 522 bits");
  CHECK(field(ran.out, "passes") == "1");
  ran = program("gemm A.npy B.npy --format mxfp6-e3m2 --format-b mxfp4 -o C.npy");
  CHECK(field(ran.out, "passes") == "10");  // integers of 9 and 4 bits
  ran = program("gemm A.npy B.npy --format 'bfp(m=8,e=5)' -o C.npy --quiet --json r.json");
  CHECK(ran.out.empty());
  CHECK(program.json("r.json")["accumulator_bits"] == 96);
}

TEST_CASE("cli: gemm --tile of block formats multiplies that tile alone", "[cli][edge]") {
  Program program;
  const Matrices matrices(program, 20, 33, 35);
  const std::string options = " --format fast4-sr --seed 4 --rows 6 --cols 16";
  gemm(program, "A.npy B.npy" + options);
  const Tensor whole = read_npy(program / "C.npy");
  const Ran ran = program("gemm A.npy B.npy -o C.npy --json r.json --tile 3,2" + options);
  REQUIRE(ran.code == 0);
  CHECK(field(ran.out, "tile") == "rows 18..19, columns 32..34; the rest of the result is zero");
  CHECK(program.json("r.json")["engine"]["macs"] == 2 * 3 * 33);
  const Tensor tile = read_npy(program / "C.npy");
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < 20; ++i)
    for (std::size_t j = 0; j < 35; ++j)
      wrong +=
          tile.values()[i * 35 + j] != (i >= 18 && j >= 32 ? whole.values()[i * 35 + j] : 0.0F);
  CHECK(wrong == 0);
}

TEST_CASE("cli: a product of block formats that cannot be is refused, and nothing is written",
          "[cli][edge]") {
  Program program(true);
  const Matrices matrices(program, 20, 33, 18);
  program.codes("Q.npy", {20, 33});
  program.floats("X.npy", {3, 5, 7});
  const auto files = program.files();
  const std::string gemm = "gemm A.npy B.npy -o C.npy --json r.json ";
  const std::string compare = "compare A.npy B.npy --json r.json ";
  struct Case {
    std::string arguments;
    std::string text;  // the line's beginning
  };
  const std::vector<Case> cases = {
      {gemm, "--format: is not given; it is of both operands, --format-a of one\n"},
      {gemm + "--format-a fast4",
       "--format: is not given; it is of both operands, --format-b of one\n"},
      {gemm + "--format-a fast4 --format-b fast5", "format 'fast5' is unknown; there are "},
      {gemm + "--format fast4 --format-b int8",
       "--format-b: makes a product of fast4 and int8; int8 multiplies with int8 alone\n"},
      {gemm + "--format fast4 --format-a int8",
       "--format-a: makes a product of int8 and fast4; int8 multiplies with int8 alone\n"},
      {gemm + "--format int8 --base 3", "format: int8 takes no fields"},
      {gemm + "--format fast4 --base 128", "format: base is 128; it lies in -128..127\n"},
      {gemm + "--format fast4 --format-b msfp12 --noise-bits 15", "format: noise is 15; "},
      {"gemm Q.npy B.npy --format fast4 -o C.npy",
       "Q.npy: holds int8 codes; a product of block formats takes floats\n"},
      {"gemm At.npy Q.npy --format fast4 -o C.npy",
       "Q.npy: holds int8 codes; a product of block formats takes floats\n"},
      {"gemm A.npy X.npy --format fast4 -o C.npy",
       "X.npy: shape is (3, 5, 7); a product takes matrices: 2 dimensions\n"},
      {"gemm A.npy A.npy --format fast4 -o C.npy",
       "A.npy: K is 33 in A.npy: <f4 (20, 33); it must equal K in A.npy: <f4 (20, 33), 20\n"},
      {gemm + "--format fast4 --format-b mxint8",
       "block product: groups of A have 16 values, groups of B 32\n"},
      {gemm + "--format mxfp8-e4m3",
       "block product: A has elements that are integers of 18 bits; products take up to 15\n"},
      {gemm + "--format mxfp6-e3m2 --engine rtl",
       "block product: the array 16x16x32_c2_fp32 takes at most 8 integer bits; A has 9\n"},
      {gemm + "--format bfp15 --chunk 8 --accumulate fp32 --format-a 'bfp(m=15,g=512)' "
              "--format-b 'bfp(m=15,g=512)'",
       "block product: fp32 accumulation takes sums below 2^24 = 16777216, but 512 products of "
       "chunks of 8 bits reach 33292800\n"},
      {gemm + "--format 'fast4(negmin=1)' --base -20", "block product: code -16 of "},
      {gemm + "--format fast4 --tile 2,0",
       "--tile: is 2,0; the product has 2 x 2 tiles of 16 x 16\n"},
      {gemm + "--format fast4 --engine netlist --tile 10,0",
       "--tile: is 10,0; the product has 10 x 9 tiles of 2 x 2\n"},
      {gemm + "--format fast4 --trace t.fst",
       "--trace: has 0 engines with waves; exactly one must be rtl or netlist\n"},
      {gemm + "--format fast4 --engine rtl --rows 8",
       "engine rtl is not built for block formats on 8x16x16_c2_exact64 ("},
      {gemm + "--format fast4 --engine rtl --chunk 4 --format-b 'bfp(m=4,e=5)'",
       "engine rtl is not built for block formats on 16x16x16_c4_exact96 ("},
      {gemm + "--format msfp12 --engine rtl --accumulate exact",
       "block product: the array 16x16x16_c2_exact96 takes at most 5 exponent bits; A has 8\n"},
      {gemm + "--format fast4 --format-b 'bfp(m=9,e=4)' --engine rtl",
       "block product: the array 16x16x16_c2_exact64 takes at most 8 integer bits; B has 9\n"},
      {gemm + "--format mxint8 --engine rtl --lanes 16",
       "block product: fp32 accumulation needs a lane for each value of a group; groups have 32 "
       "values, the array 16x16x16_c2_fp32 has 16 lanes\n"},
      {compare + "--format fast4 --engines golden",
       "--engines: names 1 engine; two or more compare\n"},
      {compare + "--format fast4 --axis 0",
       "--axis: is given for a product; it takes the rows of A and the columns of B\n"},
      {compare + "--format fast4 --engines rtl,netlist --tile 0,0",
       "--tile: is given for arrays of different sizes; give --rows and --cols, too\n"},
      {compare + "--format msfp12 --accumulate exact",
       "block product: the array 16x16x16_c2_exact96 takes at most 5 exponent bits; A has 8\n"},
      {"compare X.npy --format fast4 --format-a fast2",
       "--format-a: is given for one tensor; a product has A and B\n"},
      {"compare X.npy --format-b fast2",
       "--format-b: is given for one tensor; a product has A and B\n"},
      {"compare X.npy --format int8 --transpose-a",
       "--transpose-a: is given for one tensor; a product has A and B\n"},
      {"compare X.npy --format int8 --transpose-b",
       "--transpose-b: is given for one tensor; a product has A and B\n"},
      {"compare X.npy --format fast4 --chunk 2",
       "--chunk: is given for one tensor; products of block formats take it\n"},
      {"compare X.npy --format int8 --accumulate fp32",
       "--accumulate: is given for one tensor; products of block formats take it\n"},
  };
  for (const Case& c : cases) {
    INFO(c.arguments);
    const Ran ran = program(c.arguments);
    CHECK(ran.code == 2);
    CHECK(ran.out.empty());
    INFO(ran.err);
    CHECK(ran.err.starts_with("roundhouse: " + c.text));
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    CHECK(program.files() == files);
  }
  CHECK(program(gemm + "--format fast4 --chunk 9").err.find("--chunk: Value 9 not in range") !=
        std::string::npos);
  CHECK(program(gemm + "--format fast4 --accumulate fp64").err.find("fp64 not in {exact,fp32}") !=
        std::string::npos);
}

TEST_CASE("cli: an array that is not built names its file, what is built and what builds it",
          "[cli][edge]") {
  Program program(true);
  const Matrices matrices(program, 2, 3, 2);
  const std::string gemm = "gemm A.npy B.npy -o C.npy ";
  std::string error = program(gemm + "--format mxint8 --engine rtl --rows 8").err;
  CHECK(error.find("engine/multiply_rtl_8x16x32_c2_fp32.so); built: 8x4x16_c4_exact96, "
                   "16x16x16_c2_exact64, 16x16x16_c2_fp32; type: make model ROWS=8 COLS=16 "
                   "LANES=32 CHUNK=2 ACCUMULATE=fp32\n") != std::string::npos);
  error = program(gemm + "--format mxint8 --engine rtl").err;
  CHECK(error.ends_with("; type: make build\n"));
  error = program(gemm + "--format fast4 --engine netlist --lanes 8").err;
  CHECK(error.find("on 2x2x8_c2_exact64 (") != std::string::npos);
  CHECK(
      error.ends_with("; built: 2x2x16_c2_exact64; type: make netlist (which builds "
                      "2x2x16_c2_exact64)\n"));
  error = program(gemm + "--format int8 --engine rtl --lanes 3").err;
  CHECK(error.ends_with("; built: 8x4x2, 16x16x1; type: make model ROWS=16 COLS=16 LANES=3\n"));
  CHECK(program.files() == std::vector<std::string>{"A.npy", "At.npy", "B.npy", "Bt.npy"});
}

TEST_CASE("cli: K is refused beyond what the accumulator of the engine holds", "[cli][edge]") {
  Program program(true);
  // (2^33 - 1) / 255^2 of 64 bits with exponents of 4, and of 96 with exponents of 5.
  for (const std::string format : {"'bfp(m=8,e=4)'", "'bfp(m=8,e=5)' --rows 8 --cols 4 --chunk 4"})
    for (const std::int64_t k : {132102, 132103}) {
      write_npy<float>(program / "A.npy", Shape{1, k},
                       std::vector<float>(static_cast<std::size_t>(k), 1));
      for (const std::string engine : {"golden", "rtl"}) {
        const Ran ran = program("gemm A.npy A.npy --transpose-b -o C.npy --format " + format +
                                " --engine " + engine);
        INFO(ran.err);
        CHECK(ran.code == (engine == "rtl" && k == 132103 ? 2 : 0));
        if (ran.code == 2) {
          const bool wide = format.find("e=5") != std::string::npos;
          CHECK(ran.err == std::string("roundhouse: block product: K = 132103 with 8 x 8 integer "
                                       "bits and ") +
                               (wide ? "5 + 5" : "4 + 4") +
                               " exponent bits needs an accumulator of " + (wide ? "97" : "65") +
                               " bits; " + (wide ? "96" : "64") + " bits hold K = 132102\n");
        }
      }
    }
}

// The lines of the first mismatch, or of mismatch number `number`.
std::string mismatch(const std::string& out, int number = 0) {
  std::size_t at = out.find("mismatch: ");
  for (; number > 0 && at != std::string::npos; --number) at = out.find("mismatch: ", at + 1);
  if (at == std::string::npos) return "(none)";
  const std::size_t end = out.find("\n", out.find("\n  again", at) + 1);
  return out.substr(at, end - at + 1);
}

// Rows of A are 1, then row / 4 in the second of two groups; columns of B likewise with -column.
void write_steps(const Program& program) {
  std::vector<float> a(20 * 17, 0), b(17 * 18, 0);
  for (std::size_t i = 0; i < 20; ++i) {
    a[i * 17] = 1;
    a[i * 17 + 16] = static_cast<float>(i % 16) / 4;
  }
  for (std::size_t j = 0; j < 18; ++j) {
    b[j] = 1;
    b[16 * 18 + j] = -static_cast<float>(j % 16) / 4;
  }
  write_npy<float>(program / "A.npy", Shape{20, 17}, a);
  write_npy<float>(program / "B.npy", Shape{17, 18}, b);
}

TEST_CASE("cli: compare of block products finds equal engines equal and counts all",
          "[cli][edge]") {
  Program program(true);
  const Matrices matrices(program, 20, 33, 18);
  Ran ran = program(
      "compare A.npy B.npy --format-a fast2-sr --format-b fast4 --seed 3 --engines "
      "golden,rtl,golden --json r.json");
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "compared") == "2508 codes, 228 exponents, 228 flags, 720 results");
  CHECK(field(ran.out, "mismatches") == "0");
  CHECK(field(ran.out, "identical") == "true");
  CHECK(field(ran.out, "passes") == "2");
  const auto json = program.json("r.json");
  CHECK(json["compared"] ==
        nlohmann::json({{"codes", 2508}, {"exponents", 228}, {"flags", 228}, {"results", 720}}));
  CHECK(json["engines"].size() == 3);
  CHECK(json["engines"][1]["engine"] == "rtl");
  CHECK(json["engines"][1]["macs"] == 20 * 33 * 18);
  CHECK(json["converted_b"]["groups"] == 54);
  ran = program("compare At.npy Bt.npy --transpose-a --transpose-b --format msfp12 --tile 1,1");
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "compared") == "1254 codes, 114 exponents, 114 flags, 8 results");
  ran = program("compare A.npy B.npy --format fast4 --engines golden,netlist --tile 9,8");
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "tile") == "rows 18..19, columns 16..17; the rest of the result is zero");
}

TEST_CASE("cli: compare finds the RTL product of blocks equal to the golden one", "[cli][rtl]") {
  Program program;
  const auto [m, k, n] = GENERATE(std::tuple{1, 1, 1}, std::tuple{3, 5, 7}, std::tuple{20, 70, 18},
                                  std::tuple{17, 0, 2}, std::tuple{0, 3, 2});
  Matrices matrices(program, m, k, n);
  for (std::size_t i = 0; i < matrices.a.size(); ++i)  // what data does not have
    if (i % 50 == 7) matrices.a[i] = std::ldexp(1.0F, static_cast<int>(i % 30) - 20);
  if (matrices.a.size() > 1000) matrices.a[1000] = -INFINITY;
  matrices.write(program);
  for (const std::string formats : {"--format fast4-sr", "--format-a fast2-sr --format-b fast4",
                                    "--format 'bfp(m=8,e=4)' --format-b fast2",
                                    "--format-a 'bfp(m=5,e=3)' --format-b 'bfp(m=7,e=4)'"}) {
    INFO(formats);
    const Ran ran = program(
        "compare At.npy Bt.npy --transpose-a --transpose-b --seed 11 --json "
        "r.json " +
        formats);
    INFO(ran.out << ran.err);
    CHECK(ran.code == 0);
    const auto json = program.json("r.json");
    CHECK(json["mismatches"] == 0);
    CHECK(json["compared"]["codes"] == k * (m + n));
    CHECK(json["compared"]["results"] == m * n);
    CHECK(json["engines"][1]["engine"] == "rtl");
    CHECK((json["engines"][1]["multiply_cycles"] > 0) == (m * k * n > 0));
    CHECK((json["engines"][1]["utilization"] > 0) == (m * k * n > 0));
  }
}

TEST_CASE("cli: compare says where a block product differs in one bit and how to see it",
          "[cli][edge]") {
  Program program(true);
  write_steps(program);
  Ran ran = program("compare A.npy B.npy --format fast4 --json r.json",
                    "result 323");  // row 17, column 17: 1 - 1/4 * 1/4
  CHECK(ran.code == 1);
  CHECK(field(ran.out, "mismatches") == "1");
  CHECK(field(ran.out, "identical") == "false");
  CHECK(mismatch(ran.out) ==
        "mismatch: result, tile 1,1, row 17, column 17\n"
        "  A row              codes 8 0 0 0 0 0 0 0 ... (17), exponents 14 12, base -14\n"
        "  B column           codes 8 0 0 0 0 0 0 0 ... (17), exponents 14 12, base -14\n"
        "  exact dot product  0.9375 (0x3F700000)\n"
        "  want               0.9375 (0x3F700000) from golden\n"
        "  got                0.93750006 (0x3F700001) from rtl\n"
        "  seed               0\n"
        "  again              make build TRACE=1 && build/trace/roundhouse compare A.npy B.npy "
        "--format fast4 --tile 1,1 --trace tile_1_1.fst\n");
  const auto first = program.json("r.json")["first_mismatches"][0];
  CHECK(first["kind"] == "result");
  CHECK(first["tile"] == std::vector<int>{1, 1});
  CHECK(first["row"] == 17);
  CHECK(first["column"] == 17);

  // Every option that the product needs is in the command, and make is run for each target.
  ran = program(
      "compare A.npy B.npy --format fast4 --format-b 'bfp(m=4,e=5)' --rows 8 --cols 4 --chunk 4 "
      "--round nearest-away --seed 5",
      "result 323");
  CHECK(mismatch(ran.out).starts_with("mismatch: result, tile 2,4, row 17, column 17\n"));
  CHECK(mismatch(ran.out).find(
            "make build model ROWS=8 COLS=4 LANES=16 CHUNK=4 ACCUMULATE=exact96 TRACE=1 && "
            "build/trace/roundhouse compare A.npy B.npy --format-a "
            "'bfp(m=4,e=4,round=nearest-away)' --format-b 'bfp(m=4,e=5,round=nearest-away)' "
            "--rows 8 --cols 4 --chunk 4 --seed 5 --tile 2,4 --trace tile_2_4.fst\n") !=
        std::string::npos);
  ran = program(
      "compare A.npy B.npy --format 'fast4-sr(g=3,noise=5)' --accumulate exact --rows 8 --cols 4 "
      "--chunk 4 --format-b 'bfp(m=2,g=3,e=5,round=stochastic,noise=5)'",
      "result 0");
  CHECK(mismatch(ran.out).find("make build model GROUP=3 NOISE=5 TRACE=1 && make model ROWS=8 "
                               "COLS=4 LANES=16 CHUNK=4 ACCUMULATE=exact96 TRACE=1 && build/") !=
        std::string::npos);
  ran = program("compare A.npy B.npy --format fast4 --engines golden,netlist", "result 323");
  CHECK(mismatch(ran.out).starts_with("mismatch: result, tile 8,8, row 17, column 17\n"));
  CHECK(mismatch(ran.out).find("make build netlist TRACE=1 && build/trace/roundhouse compare A.npy "
                               "B.npy --format fast4 --engines golden,netlist --tile 8,8 --trace "
                               "tile_8_8.fst\n") != std::string::npos);
  ran = program("compare A.npy B.npy --format msfp12 --quiet", "results");
  CHECK(ran.code == 1);
  CHECK(ran.out.ends_with("... and 340 more mismatches\n"));
}

TEST_CASE("cli: compare says where a code, an exponent, a flag or the base of A or B differs",
          "[cli][edge]") {
  Program program(true);
  write_steps(program);
  // Code 33 is k 16 of row 1 of A, and of column 1 of B.
  Ran ran = program("compare A.npy B.npy --format fast4-sr --seed 6", "code 33");
  CHECK(ran.code == 1);
  const auto noise = [](int tensor) {  // lines have two groups of 16: line 1 begins at word 32
    return std::to_string(noise_word(noise_seed(6, static_cast<std::uint64_t>(tensor)), 48, 8));
  };
  CHECK(
      mismatch(ran.out).starts_with("mismatch: code A, tile 0,0, row 1, group 1, k 16\n"
                                    "  x                  0.25 (0x3E800000)\n"
                                    "  exponent           12, base -14\n"
                                    "  noise              " +
                                    noise(0) +
                                    " of 0..255, word 48\n"
                                    "  want               8 from golden\n"
                                    "  got                9 from rtl\n"));
  CHECK(mismatch(ran.out, 1)
            .starts_with("mismatch: code B, tile 0,0, column 1, group 1, k 16\n"
                         "  x                  -0.25 (0xBE800000)\n"
                         "  exponent           12, base -14\n"
                         "  noise              " +
                         noise(1) + " of 0..255, word 48\n"));
  CHECK(ran.out.find("mismatch: result, tile 0,0, row 1, column 0\n") == std::string::npos);
  CHECK(ran.out.find("mismatch: result, tile 0,0, row 1, column 1\n") != std::string::npos);

  ran = program("compare A.npy B.npy --format fast4", "exponent 35");  // line 17, group 1
  CHECK(
      mismatch(ran.out).starts_with("mismatch: exponent A, tile 1,0, row 17, group 1\n"
                                    "  largest            0.25 (0x3E800000), base -14\n"
                                    "  want               12 from golden\n"
                                    "  got                13 from rtl\n"));
  CHECK(mismatch(ran.out, 1).starts_with("mismatch: exponent B, tile 0,1, column 17, group 1\n"));
  ran = program("compare A.npy B.npy --format fast4", "flags 2");
  CHECK(ran.code == 1);
  CHECK(field(ran.out, "mismatches") == "2");
  CHECK(mismatch(ran.out).starts_with("mismatch: flags A, tile 0,0, row 1, group 0\n"));
  CHECK(mismatch(ran.out, 1).starts_with("mismatch: flags B, tile 0,0, column 1, group 0\n"));
  ran = program("compare A.npy B.npy --format fast4", "base");
  CHECK(mismatch(ran.out).starts_with("mismatch: base A\n  want               -14 from golden\n"));
  CHECK(mismatch(ran.out, 1).starts_with("mismatch: base B\n"));
  CHECK(ran.out.find("--format fast4 --trace product.fst\n") != std::string::npos);
}

TEST_CASE("cli: a multiplier that refuses exits 2, one that fails or falls short 3",
          "[cli][edge]") {
  Program program(true);
  const Matrices matrices(program, 4, 5, 3);
  const auto files = program.files();
  struct Case {
    std::string fault;
    int code;
    std::string text;
  };
  for (const Case& c :
       {Case{"refuse", 2, "roundhouse: this engine refuses\n"},
        Case{"refuse-product", 2, "roundhouse: this engine refuses\n"},
        Case{"fail-product", 3, "roundhouse: internal error: this engine fails\n"},
        Case{"short", 3, "roundhouse: internal error: engine rtl gave 19 codes for 20\n"},
        Case{"short-product", 3,
             "roundhouse: internal error: engine rtl gave 11 results for 12\n"}})
    for (const std::string arguments :
         {"gemm A.npy B.npy --format fast4 -o C.npy --json r.json --engine rtl",
          "compare A.npy B.npy --format fast4 --json r.json"}) {
      const Ran ran = program(arguments, c.fault);
      CHECK(ran.code == c.code);
      CHECK(ran.err == c.text);
      CHECK(ran.out.empty());
      CHECK(program.files() == files);
    }
}

TEST_CASE("cli: arrays lists what is built and what builds another", "[cli][edge]") {
  const Program program(true);
  const Ran ran = program("arrays --json a.json");
  CHECK(ran.code == 0);
  const auto json = program.json("a.json");
  CHECK(json["subcommand"] == "arrays");
  REQUIRE(json["arrays"].size() == 7);
  const auto shown = [&](std::size_t i) {
    const auto& array = json["arrays"][i];
    std::string text =
        array["engine"].get<std::string>() + " " + array["formats"].get<std::string>();
    for (const char* const key : {"rows", "cols", "lanes", "chunk_bits"})
      text += " " + (array.contains(key) ? array[key].dump() : "-");
    if (array.contains("accumulator")) text += " " + array["accumulator"].get<std::string>();
    const std::string file = array["file"];
    return text + " " + file.substr(file.rfind('/') + 1);
  };
  CHECK(shown(0) == "rtl int8 8 4 2 - rtl_8x4x2.so");
  CHECK(shown(1) == "rtl int8 16 16 1 - rtl_16x16x1.so");
  CHECK(shown(2) == "rtl blocks 8 4 16 4 exact96 multiply_rtl_8x4x16_c4_exact96.so");
  CHECK(shown(3) == "rtl blocks 16 16 16 2 exact64 multiply_rtl_16x16x16_c2_exact64.so");
  CHECK(shown(4) == "rtl blocks 16 16 16 2 fp32 multiply_rtl_16x16x16_c2_fp32.so");
  CHECK(shown(5) == "netlist int8 4 4 1 - netlist_4x4x1.so");
  CHECK(shown(6) == "netlist blocks 2 2 16 2 exact64 multiply_netlist_2x2x16_c2_exact64.so");
  CHECK(json["make"]["blocks"] == "make model ROWS=8 COLS=8 LANES=16 CHUNK=4 ACCUMULATE=exact64");
  CHECK(ran.out.starts_with("engine   formats  rows  cols  lanes  chunk  accumulator  file\n"));
  CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 13);
  for (const char* const key : {"int8", "blocks", "netlist"})
    CHECK(ran.out.find("\n  " + json["make"][key].get<std::string>()) != std::string::npos);
  CHECK(program("arrays --quiet").out.empty());
  CHECK(program("arrays --json no/a.json").code == 2);
}

TEST_CASE("multiplier: the default shape and its target follow the formats", "[cli][edge]") {
  const auto shape = [](const char* engine, const char* a, const char* b,
                        std::optional<Accumulation> accumulation = {}) {
    return shape_name(
        default_multiplier_shape(engine, parse_format(a), parse_format(b), accumulation));
  };
  constexpr Accumulation kExact = Accumulation::Exact;
  constexpr Accumulation kFp32 = Accumulation::Fp32;
  CHECK(shape("rtl", "fast2", "fast4") == "16x16x16_c2_exact64");
  CHECK(shape("golden", "fast2", "bfp(m=4,e=5)") == "16x16x16_c2_exact96");
  CHECK(shape("rtl", "fast4", "msfp12") == "16x16x16_c2_fp32");
  CHECK(shape("rtl", "mxint8", "mxint4") == "16x16x32_c2_fp32");
  CHECK(shape("rtl", "bfp(m=4,g=17)", "bfp(m=4,g=17)") == "16x16x32_c2_fp32");
  CHECK(shape("rtl", "bfp(m=4,g=33)", "bfp(m=4,g=33)") == "16x16x33_c2_fp32");
  CHECK(shape("rtl", "fast4(g=64)", "fast4(g=64)") == "16x16x16_c2_exact64");
  CHECK(shape("rtl", "fast4", "fast4", kFp32) == "16x16x16_c2_fp32");
  CHECK(shape("rtl", "msfp12", "msfp12", kExact) == "16x16x16_c2_exact96");
  CHECK(shape("netlist", "fast4", "fast4") == "2x2x16_c2_exact64");

  MultiplierShape built;
  CHECK(multiplier_target("rtl", built).empty());
  built.chunk_bits = 4;
  CHECK(multiplier_target("rtl", built).empty());
  CHECK(multiplier_target("netlist", built) == "netlist");
  CHECK(multiplier_target("golden", built).empty());
  built.array.rows = 3;
  CHECK(multiplier_target("rtl", built) ==
        "model ROWS=3 COLS=16 LANES=16 CHUNK=4 ACCUMULATE=exact64");
  CHECK_THROWS_AS(make_multiplier("verilog", built), EngineError);

  MultiplierStats stats;
  CHECK(stats.utilization(built.array) == 0);
  stats.macs = 3 * 16 * 16 * 10;
  stats.passes = 4;
  stats.cycles = 80;
  CHECK(stats.utilization(built.array) == 0.5);
}

}  // namespace
}  // namespace rh
