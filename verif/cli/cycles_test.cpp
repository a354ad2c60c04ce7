// TEST RATIONALE. `cycles` is counting, so it is compared with counting: small layers of every
// shape, on small arrays, are walked place by place, term by term, cycle by cycle and bit by bit,
// without a formula of the model. What a formula could hide by being the same on both sides is
// pinned by figures worked out by hand, and where an engine is built the verilated array says how
// many cycles it took. The two networks that ship have totals from an independent script. Then the
// table: what it may leave out, and every way in which it can be wrong, message by message.
// Mutants this kills: count multiplied into the tiles before the cycles; steps of the line instead
// of its groups; the timing of exact for fp32; one result a cycle where 4 do not divide the
// columns; A read once a tile row; planes without exponents, or packed as one; int8 without scales;
// padding on one side; K and batch of a convolution without its groups; out without its + 1; a
// comment or a carriage return read as a layer.
#include <random>
#include <set>
#include <sstream>
#include <tuple>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "chunk/chunk.hpp"
#include "cli/program.hpp"

namespace rh {
namespace {

using bench::Program;
using bench::Ran;
using nlohmann::json;

std::string network(const std::string& name) {
  std::filesystem::path at = bench::build_directory();
  while (!std::filesystem::exists(at / "sw/cli/layers") && at.has_relative_path())
    at = at.parent_path();
  return at / ("sw/cli/layers/" + name + ".csv");
}

json run(const Program& program, const std::string& arguments) {
  INFO(arguments);
  const Ran ran = program("cycles " + arguments + " --quiet --json r.json");
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(ran.out.empty());
  return program.json("r.json");
}

// ---- counting -----------------------------------------------------------------------------------

struct Row {
  bool conv;
  std::int64_t count, batch;
  std::int64_t m, k, n;  // of gemm; the others of conv
  std::int64_t in, out, kernel, stride, padding, height, width, groups;
};
std::ostream& operator<<(std::ostream& os, const Row& r) {
  if (r.conv)
    return os << "conv,x," << r.count << "," << r.batch << ",,,," << r.in << "," << r.out << ","
              << r.kernel << "," << r.stride << "," << r.padding << "," << r.height << ","
              << r.width << "," << r.groups;
  return os << "gemm,x," << r.count << "," << r.batch << "," << r.m << "," << r.k << "," << r.n
            << ",,,,,,,,";
}
constexpr const char* kHeader =
    "kind,name,count,batch,m,k,n,in_channels,out_channels,kernel,stride,padding,height,width,"
    "groups\n";

struct Array {
  int rows, cols, lanes;
};
struct Blocks {
  std::string name_a, name_b;
  int g, exponent_bits, m_a, m_b, chunk;
  bool fp32;
};

std::int64_t places(std::int64_t size, const Row& r) {
  std::int64_t n = 0;
  for (std::int64_t at = -r.padding; at + r.kernel <= size + r.padding; at += r.stride) ++n;
  return n;
}

// The matrices of a row, and how many independent products they are.
Row lowered(Row r) {
  if (!r.conv) return r;
  r.m = 0;
  for (std::int64_t image = 0; image < r.batch; ++image)
    r.m += places(r.height, r) * places(r.width, r);
  r.k = 0;
  for (std::int64_t channel = 0; channel < r.in; ++channel)
    if (channel * r.groups / r.in == 0) r.k += r.kernel * r.kernel;
  r.n = r.out / r.groups;
  r.batch = r.groups;
  return r;
}

std::int64_t tiles_of(const Row& r, const Array& array) {
  std::set<std::tuple<std::int64_t, std::int64_t, std::int64_t>> tiles;
  for (std::int64_t b = 0; b < r.batch; ++b)
    for (std::int64_t i = 0; i < r.m; ++i)
      for (std::int64_t j = 0; j < r.n; ++j) tiles.emplace(b, i / array.rows, j / array.cols);
  return static_cast<std::int64_t>(tiles.size());
}

std::int64_t steps_of(std::int64_t k, std::int64_t g, int lanes) {
  std::set<std::pair<std::int64_t, std::int64_t>> steps;
  for (std::int64_t i = 0; i < k; ++i) steps.emplace(i / g, i % g / lanes);
  return static_cast<std::int64_t>(steps.size());
}

// Cycle by cycle: a pass a cycle, but the last of a tile comes Rows cycles after that of the tile
// before, and when the one before that has left: its rows `arrival` cycles later, one a cycle, and
// `beats` cycles each on their way out.
std::int64_t cycles_of(std::int64_t tiles, std::int64_t passes, int rows, std::int64_t arrival,
                       std::int64_t beats, std::int64_t epilogue) {
  std::int64_t cycle = 0, last = -rows, out = 0;
  std::int64_t free[2] = {0, 0};
  for (std::int64_t tile = 0; tile < tiles; ++tile)
    for (std::int64_t pass = 0; pass < passes; ++pass, ++cycle) {
      if (pass != passes - 1) continue;
      while (cycle < free[tile % 2] || cycle < last + rows) ++cycle;
      last = cycle;
      for (int row = 0; row < rows; ++row) out = std::max(out, cycle + arrival + row) + beats;
      free[tile % 2] = out;
    }
  return out + epilogue + 1;
}

// Bytes of lines in chunks of c bits, as they are written.
std::int64_t chunk_bytes(std::int64_t lines, std::int64_t k, int g, int exponent_bits, int m,
                         int c) {
  std::vector<std::uint8_t> exponents;
  std::vector<std::int16_t> codes;
  for (std::int64_t line = 0; line < lines; ++line)
    for (std::int64_t at = 0; at < k; at += g) {
      exponents.push_back(0);
      codes.insert(codes.end(), static_cast<std::size_t>(g), 0);
    }
  const ChunkLayout layout{exponents.size(), static_cast<std::size_t>(g), exponent_bits, m, c};
  return static_cast<std::int64_t>(pack_chunks(layout, codes, exponents).size());
}

// Bytes of the exponents, then of a plane for the signs and one for every bit.
std::int64_t plane_bytes(std::int64_t lines, std::int64_t k, int g, int exponent_bits, int m) {
  std::int64_t exponent = 0, values = 0;  // bits, and values with padding
  for (std::int64_t line = 0; line < lines; ++line)
    for (std::int64_t at = 0; at < k; at += g) {
      exponent += exponent_bits;
      values += g;
    }
  std::int64_t bytes = (exponent + 7) / 8;
  for (int plane = 0; plane <= m; ++plane) bytes += (values + 7) / 8;
  return bytes;
}

using bench::Checker;

void check_bytes(Checker& checker, const json& got, const std::string& layout, std::int64_t a,
                 std::int64_t b, const Row& r, const Array& array, const std::string& where) {
  std::int64_t cols = 0, rows = 0;  // strips of B that A meets, and of A that B meets
  for (std::int64_t j = 0; j < r.n; j += array.cols) ++cols;
  for (std::int64_t i = 0; i < r.m; i += array.rows) ++rows;
  const json& bytes = got["operand_bytes"][layout];
  const auto equal = [&](const char* key, std::int64_t want) {
    checker.equal(want * r.count, bytes[key].get<std::int64_t>(),
                  [&](std::ostream& os) { os << where << " " << layout << " " << key; });
  };
  equal("a_stored", a);
  equal("b_stored", b);
  equal("a_moved", a * cols);
  equal("b_moved", b * rows);
}

std::string write_rows(const Program& program, const std::vector<Row>& rows) {
  std::ostringstream text;
  text << kHeader;
  for (const Row& row : rows) text << row << "\n";
  bench::put(program / "layers.csv", text.str());
  return "layers.csv";
}

std::vector<Row> random_rows(std::mt19937_64& rng, int rows) {
  const auto in = [&](int least, int most) {
    return least + static_cast<std::int64_t>(rng() % static_cast<unsigned>(most - least + 1));
  };
  std::vector<Row> out;
  for (int i = 0; i < rows; ++i) {
    Row r{};
    r.conv = in(0, 1) == 1;
    r.count = in(1, 3);
    r.batch = in(1, 4);
    if (r.conv) {
      r.groups = in(1, 3);
      r.in = r.groups * in(1, 4);
      r.out = r.groups * in(1, 9);
      r.kernel = in(1, 4);
      r.stride = in(1, 3);
      r.padding = in(0, 2);
      r.height = r.kernel + in(0, 5);
      r.width = r.kernel + in(0, 5);
    } else {
      r.m = in(1, 20);
      r.k = in(1, 70);
      r.n = in(1, 20);
    }
    out.push_back(r);
  }
  return out;
}

void check_rows(Checker& checker, const json& report, const std::vector<Row>& rows,
                const Array& array, const std::string& options, const Blocks* f) {
  const json& product = report["products"][0];
  std::int64_t total_cycles = 0, total_tiles = 0, total_macs = 0, total_c = 0, total_moved = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row r = lowered(rows[i]);
    const json& got = product["layers"][i];
    std::ostringstream text;
    text << options << ": " << rows[i];
    const std::string where = text.str();
    const auto equal = [&](const char* key, std::int64_t want, const json& from) {
      checker.equal(want, from[key].get<std::int64_t>(),
                    [&](std::ostream& os) { os << where << " " << key; });
    };
    equal("m", r.m, report["layers"][i]);
    equal("k", r.k, report["layers"][i]);
    equal("n", r.n, report["layers"][i]);
    equal("batch", r.batch, report["layers"][i]);
    const std::int64_t tiles = tiles_of(r, array);
    const std::int64_t steps = steps_of(r.k, f ? f->g : r.k, array.lanes);
    std::int64_t passes = 1, arrival = 3, epilogue = 6, lanes = 4;
    if (f) {
      passes = 0;
      for (int a = 0; a < f->m_a; a += f->chunk)
        for (int b = 0; b < f->m_b; b += f->chunk) ++passes;
      arrival = f->fp32 ? 5 : 4;
      epilogue = f->fp32 ? 0 : 2;
      lanes = array.cols;
    }
    while (array.cols % lanes != 0) --lanes;
    arrival += array.cols;
    std::int64_t cycles = 0, macs = 0, c = 0;
    for (std::int64_t time = 0; time < r.count; ++time) {
      cycles += cycles_of(tiles, steps * passes, array.rows, arrival, array.cols / lanes, epilogue);
      macs += r.batch * r.m * r.k * r.n;
      c += r.batch * r.m * r.n * 4;
    }
    equal("tiles", tiles * r.count, got);
    equal("steps", steps, got);
    equal("macs", macs, got);
    equal("cycles", cycles, got);
    equal("c_bytes", c, got);
    checker.equal(static_cast<double>(macs * passes) /
                      static_cast<double>(array.rows * array.cols * array.lanes * cycles),
                  got["utilization"].get<double>(),
                  [&](std::ostream& os) { os << where << " utilization"; });
    const std::int64_t a = r.batch * r.m, b = r.batch * r.n;  // lines
    check_bytes(checker, got, "fp32", a * r.k * 4, b * r.k * 4, r, array, where);
    check_bytes(checker, got, "int8", a * r.k + a * 4, b * r.k + b * 4, r, array, where);
    if (f) {
      const int g = f->g, e = f->exponent_bits;
      check_bytes(checker, got, "chunks", chunk_bytes(a, r.k, g, e, f->m_a, f->chunk),
                  chunk_bytes(b, r.k, g, e, f->m_b, f->chunk), r, array, where);
      check_bytes(checker, got, "planes", plane_bytes(a, r.k, g, e, f->m_a),
                  plane_bytes(b, r.k, g, e, f->m_b), r, array, where);
    }
    CHECK(got["operand_bytes"].size() == (f ? 4 : 2));
    total_cycles += cycles;
    total_tiles += tiles * r.count;
    total_macs += macs;
    total_c += c;
    total_moved += got["operand_bytes"]["fp32"]["a_moved"].get<std::int64_t>();
  }
  const json& total = product["total"];
  CHECK(total["cycles"] == total_cycles);
  CHECK(total["tiles"] == total_tiles);
  CHECK(total["macs"] == total_macs);
  CHECK(total["c_bytes"] == total_c);
  CHECK(total["operand_bytes"]["fp32"]["a_moved"] == total_moved);
}

TEST_CASE("cli: the cycle model is what counting gives", "[cli][random][law]") {
  const Program program;
  std::mt19937_64 rng(bench::seed());
  Checker checker;
  const std::vector<Blocks> formats = {
      {"fast2", "fast2", 16, 4, 2, 2, 2, false},
      {"fast4", "fast4", 16, 4, 4, 4, 2, false},
      {"fast4", "fast4", 16, 4, 4, 4, 4, false},
      {"fast2", "fast4", 16, 4, 2, 4, 2, false},
      {"bfp(m=5,g=7,e=3)", "bfp(m=8,g=7,e=3)", 7, 3, 5, 8, 3, false},
      {"fast4(g=40)", "fast4(g=40)", 40, 4, 4, 4, 1, false},
      {"msfp12", "msfp12", 16, 8, 3, 3, 2, true},
      {"msfp12(g=4)", "msfp16(g=4)", 4, 8, 3, 7, 4, true},
  };
  for (const Array& array :
       {Array{1, 1, 16}, Array{3, 5, 16}, Array{4, 2, 24}, Array{2, 8, 32}, Array{16, 16, 16}})
    for (const Blocks& f : formats) {
      const std::vector<Row> rows = random_rows(rng, 12);
      std::ostringstream options;
      options << write_rows(program, rows) << " --format-a '" << f.name_a << "' --format-b '"
              << f.name_b << "' --rows " << array.rows << " --cols " << array.cols << " --lanes "
              << array.lanes << " --chunk " << f.chunk;
      check_rows(checker, run(program, options.str()), rows, array, options.str(), &f);
    }
  for (const Array& array : {Array{1, 1, 1}, Array{3, 5, 2}, Array{4, 6, 16}, Array{5, 8, 64}}) {
    const std::vector<Row> rows = random_rows(rng, 12);
    std::ostringstream options;
    options << write_rows(program, rows) << " --format int8 --rows " << array.rows << " --cols "
            << array.cols << " --lanes " << array.lanes;
    check_rows(checker, run(program, options.str()), rows, array, options.str(), nullptr);
  }
  checker.finish(6'000);
}

// ---- by hand ------------------------------------------------------------------------------------

TEST_CASE("cli: the worked example of the cycle model", "[cli][edge]") {
  const Program program;
  bench::put(program / "l.csv",
             "kind,name,batch,in_channels,out_channels,kernel,stride,padding,height,width\n"
             "conv,conv1,16,3,64,7,2,3,224,224\n");
  const json fast4 = run(program, "l.csv --format fast4 --clock-ns 5");
  const json& layer = fast4["products"][0]["layers"][0];
  CHECK(fast4["layers"][0]["m"] == 16 * 112 * 112);
  CHECK(fast4["layers"][0]["k"] == 147);
  CHECK(fast4["products"][0]["passes"] == 4);
  CHECK(layer["steps"] == 10);
  CHECK(layer["tiles"] == 12'544 * 4);
  CHECK(layer["cycles"] == 40 + 50'175 * 40 + 36 + 2);
  CHECK(layer["milliseconds"].get<double>() == Approx(2'007'078 * 5e-6));
  CHECK(layer["c_bytes"] == 200'704 * 64 * 4);
  // 10 groups of 16 a line: 4 bits of exponent each, two planes of 3 bits a value.
  CHECK(layer["operand_bytes"]["chunks"]["a_stored"] == 200'704 * (5 + 2 * 60));
  CHECK(layer["operand_bytes"]["chunks"]["a_moved"] == 4 * 200'704 * (5 + 2 * 60));
  CHECK(layer["operand_bytes"]["chunks"]["b_moved"] == 12'544 * 64 * (5 + 2 * 60));
  CHECK(layer["operand_bytes"]["planes"]["a_stored"] == 200'704 * (5 + 5 * 20));
  CHECK(layer["operand_bytes"]["int8"]["a_stored"] == 200'704 * (147 + 4));

  // Short contractions wait for results: a pair of tiles takes 3 + 1 + 16 + 16 cycles, in int8,
  // where 4 results leave in a cycle, a tile 64.
  bench::put(program / "l.csv", "kind,name,m,k,n\ngemm,heads,32,64,32\n");
  CHECK(run(program, "l.csv --format fast2")["products"][0]["total"]["cycles"] ==
        4 + 36 + 16 + 36 + 2);
  CHECK(run(program, "l.csv --format int8")["products"][0]["total"]["cycles"] ==
        64 + 3 * 64 + 83 + 6);
}

// 512 x 512 x 512 and K = 64 of docs/gemm.md, and the target of 512 x 4096 x 512.
TEST_CASE("cli: utilisation of large products", "[cli][edge]") {
  const Program program;
  bench::put(program / "l.csv", "kind,name,m,k,n\ngemm,a,512,512,512\ngemm,b,512,4096,512\n");
  CHECK(run(program, "l.csv --format int8")["products"][0]["layers"][0]["cycles"] == 524'377);
  const json fast2 = run(program, "l.csv --format fast2")["products"][0]["layers"][1];
  CHECK(fast2["cycles"] == 256 * 1024 + 38);
  CHECK(fast2["utilization"].get<double>() > 0.9998);
}

// Totals of an independent script; the MACs of ResNet-18 are 16 times the published 1.814 G.
TEST_CASE("cli: the networks that ship", "[cli][edge]") {
  struct Case {
    std::string options;
    std::int64_t resnet, bert;
  };
  const Program program;
  for (const Case& c : {
           Case{"--format int8", 113'381'709, 15'729'352},
           Case{"--format int8 --lanes 16", 12'047'751, 1'966'620},
           Case{"--format fast2", 7'651'476, 1'155'360},
           Case{"--format-a fast2 --format-b fast4", 14'323'790, 2'089'252},
           Case{"--format fast4", 28'521'370, 3'957'036},
           Case{"--format fast4 --chunk 4", 7'651'476, 1'155'360},
       }) {
    INFO(c.options);
    const json resnet = run(program, network("resnet18") + " " + c.options);
    CHECK(resnet["products"][0]["total"]["macs"] == std::int64_t{16} * 1'814'073'344);
    CHECK(resnet["products"][0]["total"]["cycles"] == c.resnet);
    std::int64_t convolutions = 0;
    for (const json& layer : resnet["layers"])
      if (layer["kind"] == "conv") convolutions += layer["count"].get<std::int64_t>();
    CHECK(convolutions == 20);
    const json bert = run(program, network("bert_base") + " " + c.options);
    CHECK(bert["products"][0]["total"]["macs"] == 4'026'531'840);
    CHECK(bert["products"][0]["total"]["cycles"] == c.bert);
  }
}

TEST_CASE("cli: the cycle model says what the engine counts", "[cli][rtl]") {
  Program program;
  for (const auto& [m, k, n] : {std::tuple{40, 70, 50}, std::tuple{16, 700, 16}}) {
    program.floats("A.npy", {m, k});
    program.floats("B.npy", {k, n});
    std::ostringstream text;
    text << "kind,name,m,k,n\ngemm,x," << m << "," << k << "," << n << "\n";
    bench::put(program / "l.csv", text.str());
    for (const std::string format :
         {"--format int8", "--format fast2", "--format fast4", "--format-a fast2 --format-b fast4",
          "--format 'fast4(g=32)'", "--format fast4 --chunk 4", "--format msfp12",
          "--format 'bfp8(e=3)'"}) {
      INFO(format);
      const Ran ran =
          program("gemm A.npy B.npy -o C.npy --quiet --engine rtl --json g.json " + format);
      INFO(ran.err);
      REQUIRE(ran.code == 0);
      const json engine = program.json("g.json")["engine"];
      const json total = run(program, "l.csv " + format)["products"][0]["total"];
      CHECK(total["cycles"] == engine["multiply_cycles"]);
      CHECK(total["tiles"] == engine["tiles"]);
      CHECK(total["utilization"] == engine["utilization"]);
    }
  }
}

// ---- what is printed ----------------------------------------------------------------------------

TEST_CASE("cli: cycles prints a table a format and one that compares them", "[cli][edge]") {
  const Program program;
  bench::put(program / "l.csv", "kind,name,m,k,n\ngemm,heads,32,64,32\n");
  const Ran ran = program("cycles l.csv --format int8 --format fast4 --chunk 4 --clock-ns 10");
  CHECK(ran.code == 0);
  CHECK(ran.err.empty());
  CHECK(ran.out == R"(l.csv: 1 rows, 65536 MACs

int8 on 16x16x1
layer  M   K   N   batch  count  tiles  steps  passes  cycles  utilisation  ms
heads  32  64  32  1      1      4      64     1       345     0.7420       0.0034
total                            4                     345     0.7420       0.0034

MB     C      int8 A  int8 B  moved  fp32 A+B  moved
heads  0.004  0.002   0.002   0.009  0.016     0.033
total  0.004  0.002   0.002   0.009  0.016     0.033

fast4 on 16x16x16_c4_exact64
layer  M   K   N   batch  count  tiles  steps  passes  cycles  utilisation  ms
heads  32  64  32  1      1      4      4      1       94      0.1702       0.0009
total                            4                     94      0.1702       0.0009

MB     C      chunks A  chunks B  moved  planes A+B  moved  int8 A+B  moved  fp32 A+B  moved
heads  0.004  0.001     0.001     0.005  0.003       0.005  0.004     0.009  0.016     0.033
total  0.004  0.001     0.001     0.005  0.003       0.005  0.004     0.009  0.016     0.033

format  array                passes  cycles  utilisation  A + B MB  moved MB  C MB   ms
int8    16x16x1              1       345     0.7420       0.004     0.009     0.004  0.0034
fast4   16x16x16_c4_exact64  1       94      0.1702       0.003     0.005     0.004  0.0009
)");
  const json report = run(program, "l.csv --format-a fast2 --format-b fast4 --format mxfp4");
  REQUIRE(report["products"].size() == 2);
  const json& mxfp4 = report["products"][0];
  CHECK(mxfp4["format_a"] == "mxfp4");
  CHECK(mxfp4["passes"] == 4);  // integers of 4 bits
  CHECK(mxfp4["array"]["accumulator"] == "fp32");
  CHECK(mxfp4["array"]["lanes"] == 32);
  const json& bytes = mxfp4["layers"][0]["operand_bytes"];
  CHECK(bytes["chunks"]["a_stored"] == 64 + 2 * 768);  // 64 groups, 2,048 values
  CHECK(bytes["planes"]["a_stored"] == 64 + 4 * 256);  // its codes have 4 bits
  CHECK(report["products"][1]["format_a"] == "fast2");
  CHECK(report["products"][1]["format_b"] == "fast4");
  CHECK(report["products"][1]["passes"] == 2);
  CHECK(report["subcommand"] == "cycles");
  CHECK(report["file"] == "l.csv");
  CHECK(!report.contains("clock_ns"));
  const Ran help = program("cycles --help");
  CHECK(help.code == 0);
  CHECK(help.out.find("Examples:\n  roundhouse cycles ") != std::string::npos);
}

// ---- the table ----------------------------------------------------------------------------------

TEST_CASE("cli: a table of layers is read as it is meant", "[cli][edge]") {
  const Program program;
  const std::string plain = "kind,name,m,k,n\ngemm,a,3,5,7\n";
  bench::put(program / "plain.csv", plain);
  const json want = run(program, "plain.csv --format fast4")["products"];
  for (const std::string& text : {
           std::string("# first\n\n  # second\nkind,name,m,k,n\n#gemm,b,1,1,1\ngemm,a,3,5,7"),
           std::string("kind,name,m,k,n\r\ngemm,a,3,5,7\r\n\r\n"),
           std::string(" name , n,k\t,m, kind \n\t a ,7 , 5,3,gemm\n"),
           std::string("kind,name,m,k,n,count,batch,stride\ngemm,a,3,5,7,,,\n"),
       }) {
    INFO(text);
    bench::put(program / "l.csv", text);
    CHECK(run(program, "l.csv --format fast4")["products"] == want);
  }
  // stride 1, padding 0, groups 1, and a kernel as large as the image.
  bench::put(program / "l.csv",
             "kind,name,in_channels,out_channels,kernel,height,width\nconv,a,2,7,3,3,5\n");
  const json layer = run(program, "l.csv --format fast4")["layers"][0];
  CHECK(layer["m"] == 3);
  CHECK(layer["k"] == 18);
  CHECK(layer["n"] == 7);
}

TEST_CASE("cli: a table that is wrong is refused with line, column, value and limit",
          "[cli][edge]") {
  const Program program;
  struct Case {
    std::string table, text;
  };
  const std::string gemm = "kind,name,m,k,n,count\n";
  const std::string conv =
      "kind,name,batch,in_channels,out_channels,kernel,stride,padding,height,width,groups\n";
  const std::string columns =
      "; it names the columns: kind, name, count and batch, of gemm m, k, n, of conv in_channels, "
      "out_channels, kernel, stride, padding, height, width, groups\n";
  const std::vector<Case> cases = {
      {"", "has no header line" + columns},
      {"# a comment\n\n", "has no header line" + columns},
      {gemm, "has no layers; each line below the header is one\n"},
      {"name,m,k,n\n", "line 1: column 'kind' is missing" + columns},
      {"\nkind,m,k,n\n", "line 2: column 'name' is missing" + columns},
      {"kind,name,m,k,n,o\n", "line 1: column 'o' is unknown" + columns},
      {"kind,name,,m\n", "line 1: column '' is unknown" + columns},
      {"kind,name,M,k,n\n", "line 1: column 'M' is unknown" + columns},
      {"kind,name,m,k,n,m\n", "line 1: column 'm' is there twice; a column has one name\n"},
      {gemm + "gemm,a,1,1,1\n", "line 2: has 5 fields; the header names 6 columns\n"},
      {gemm + "gemm,a,1,1,1,1,1\n", "line 2: has 7 fields; the header names 6 columns\n"},
      {gemm + "\"gemm\",a,1,1,1,1\n",
       "line 2: has a quote; fields are plain, without commas and quotes\n"},
      {gemm + "pool,a,1,1,1,1\n", "line 2, column kind: is 'pool'; it is gemm or conv\n"},
      {gemm + ",a,1,1,1,1\n", "line 2, column kind: is ''; it is gemm or conv\n"},
      {gemm + "gemm,,1,1,1,1\n",
       "line 2, column name: is ''; it is 1 to 40 printable ASCII characters\n"},
      {gemm + "gemm,a\x01,1,1,1,1\n", "line 2, column name: is 'a\\x01'; it is 1 to 40 "},
      {gemm + "gemm," + std::string(41, 'a') + ",1,1,1,1\n", "a'; it is 1 to 40 printable "},
      {gemm + "gemm,a,,1,1,1\n", "line 2, column m: is empty; a gemm has one\n"},
      {"kind,name,m,k\ngemm,a,1,1\n", "line 2, column n: is empty; a gemm has one\n"},
      {gemm + "gemm,a,0,1,1,1\n",
       "line 2, column m: is '0'; it is a whole number in 1..2147483647\n"},
      {gemm + "gemm,a,1,-1,1,1\n", "line 2, column k: is '-1'; it is a whole number in 1.."},
      {gemm + "gemm,a,1,1,2147483648,1\n",
       "line 2, column n: is '2147483648'; it is a whole number in 1..2147483647\n"},
      {gemm + "gemm,a,1,1,1,1.5\n", "line 2, column count: is '1.5'; it is a whole number in "},
      {gemm + "gemm,a,1,1,1,0x1\n", "line 2, column count: is '0x1'; it is a whole number in "},
      {gemm + "gemm,a,1,1,1,+1\n", "line 2, column count: is '+1'; it is a whole number in "},
      {gemm + "gemm,a,99999999999999999999,1,1,1\n", "line 2, column m: is '99999999999999999999'"},
      {gemm + "gemm,ok,1,1,1,1\n# no\ngemm,a,1,1,1 1,1\n",
       "line 4, column n: is '1 1'; it is a whole number in 1..2147483647\n"},
      {gemm + "conv,a,1,1,1,1\n", "line 2, column m: is '1' for a conv; it is of a gemm\n"},
      {"kind,name,m,k,n,kernel\ngemm,a,1,1,1,3\n",
       "line 2, column kernel: is '3' for a gemm; it is of a conv\n"},
      {conv + "conv,a,1,1,1,,1,1,1,1,1\n", "line 2, column kernel: is empty; a conv has one\n"},
      {conv + "conv,a,1,1,1,1,1,-1,1,1,1\n",
       "line 2, column padding: is '-1'; it is a whole number in 0..2147483647\n"},
      {conv + "conv,a,1,1,1,1,0,1,1,1,1\n", "line 2, column stride: is '0'; it is a whole number "},
      {conv + "conv,a,1,1,1,6,1,1,3,4,1\n",
       "line 2, column kernel: is 6; height with its padding is 5\n"},
      {conv + "conv,a,1,1,1,6,1,1,4,3,1\n",
       "line 2, column kernel: is 6; width with its padding is 5\n"},
      {conv + "conv,a,1,3,4,1,1,0,1,1,2\n",
       "line 2, column groups: is 2; it divides in_channels, 3\n"},
      {conv + "conv,a,1,4,3,1,1,0,1,1,2\n",
       "line 2, column groups: is 2; it divides out_channels, 3\n"},
      {gemm + "gemm,a,2147483647,2147483647,2,1\n",
       "line 2, layer 'a': has more than 2^62 MACs; counts go to 2^62\n"},
      {conv + "conv,a,1,2147483647,1,2000000,1,2000000,1,1,1\n",
       "line 2, layer 'a': has more than 2^62 MACs; counts go to 2^62\n"},
      {gemm + "gemm,a,2147483647,1,2147483647,1\n",
       "line 2, layer 'a': fast4 takes more than 2^62 cycles or bytes up to here; counts go to "
       "2^62\n"},
      {gemm + "gemm,a,1,1073741824,1073741824,1\n",
       "line 2, layer 'a': fast4 cannot multiply it; block product: K = 1073741824 with 4 x 4 "},
  };
  for (const Case& c : cases) {
    INFO(c.table);
    bench::put(program / "l.csv", c.table);
    const Ran ran = program("cycles l.csv --format fast4 --json r.json");
    INFO(ran.err);
    CHECK(ran.code == 2);
    CHECK(ran.out.empty());
    CHECK(ran.err.starts_with("roundhouse: l.csv: "));
    CHECK(ran.err.find(c.text) != std::string::npos);
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    CHECK(program.files() == std::vector<std::string>{"l.csv"});
  }
}

TEST_CASE("cli: cycles refuses what it cannot evaluate", "[cli][edge]") {
  const Program program;
  bench::put(program / "l.csv", "kind,name,m,k,n\ngemm,a,1,133144,1\ngemm,b,1,133145,1\n");
  bench::put(program / "long.csv", "kind,name,m,k,n\ngemm,a,1,268435440,1\ngemm,b,1,268435441,1\n");
  bench::put(program / "wraps.csv", "kind,name,m,k,n\ngemm,a,2147483647,16777200,8\n");
  bench::put(program / "large.csv", std::string((1 << 20) + 1, '#'));
  std::filesystem::create_directory(program / "folder.csv");
  const auto files = program.files();
  struct Case {
    std::string arguments, text;
  };
  const std::vector<Case> cases = {
      {"", "layers.csv is required"},
      {"l.csv", "roundhouse: --format: is not given; roundhouse formats lists them\n"},
      {"l.csv l.csv --format int8", "not expected: l.csv"},
      {"no.csv --format int8",
       "roundhouse: no.csv: file cannot be found; give the path of a .csv file\n"},
      {"folder.csv --format int8",
       "roundhouse: folder.csv: is not a regular file; a table is a .csv file\n"},
      {"large.csv --format int8",
       "roundhouse: large.csv: has 1048577 bytes; a table of layers has at most 1048576\n"},
      {"l.csv --format int8",
       "roundhouse: l.csv: line 3, layer 'b': int8 cannot multiply it; K = 133145 may overflow "
       "int32; int8 takes K up to 133144\n"},
      {"long.csv --format msfp12",
       "roundhouse: long.csv: line 3, layer 'b': msfp12 cannot multiply it; K = 268435441 takes "
       "16777216 steps; the array counts 16777215\n"},
      {"wraps.csv --format 'bfp8(e=3)' --rows 1 --cols 1 --lanes 1 --chunk 1",  // nearly 2^64
       "roundhouse: wraps.csv: line 2, layer 'a': bfp(m=8,e=3) takes more than 2^62 cycles or "
       "bytes "
       "up "
       "to here; counts go to 2^62\n"},
      {"l.csv --format int4", "roundhouse: format 'int4' is unknown; there are "},
      {"l.csv --format fast4 --format int9", "roundhouse: format 'int9' is unknown; there are "},
      {"l.csv --format-a fast4",
       "roundhouse: --format-b: is given 0 times, the other 1; they make pairs; --format is of "
       "both operands\n"},
      {"l.csv --format-a fast4 --format-b fast4 --format-b fast2",
       "roundhouse: --format-a: is given 1 times, the other 2; they make pairs"},
      {"l.csv --format-a fast4 --format-b int8",
       "roundhouse: --format-b: makes a product of fast4 and int8; int8 multiplies with int8 "
       "alone\n"},
      {"l.csv --format-a fast4 --format-b mxint8 --accumulate fp32",
       "roundhouse: fast4 x mxint8: block product: groups of A have 16 values, groups of B 32\n"},
      {"l.csv --format bfp9",
       "roundhouse: bfp9: block product: the array 16x16x16_c2_fp32 takes at most 8 integer bits; "
       "A has "
       "9\n"},
      {"l.csv --format mxfp8-e4m3",
       "roundhouse: mxfp8-e4m3: block product: the array 16x16x32_c2_fp32 takes at most 8 integer "
       "bits; A has "
       "18\n"},
      {"l.csv --format msfp12 --accumulate exact",
       "roundhouse: msfp12: block product: the array 16x16x16_c2_exact96 takes at most 5 exponent "
       "bits; A "
       "has 8\n"},
      {"l.csv --format msfp12 --lanes 8",
       "roundhouse: msfp12: block product: fp32 accumulation needs a lane for each value of a "
       "group"},
      {"l.csv --format fast4 --lanes 65", "--lanes: Value 65 not in range 1 to 64"},
      {"l.csv --format 'bfp4(g=128)'",
       "roundhouse: bfp(m=4,g=128): block product: a cell has at most 64 lanes, this product asks "
       "for "
       "128\n"},
      {"l.csv --format int8 --chunk 2", "roundhouse: --chunk: is given for int8; "},
      {"l.csv --format int8 --accumulate fp32", "roundhouse: --accumulate: is given for int8; "},
      {"l.csv --format fast4 --rows 0", "--rows: Value 0 not in range"},
      {"l.csv --format fast4 --chunk 9", "--chunk: Value 9 not in range"},
      {"l.csv --format fast4 --clock-ns 0",
       "roundhouse: --clock-ns: is 0; it lies in 0.001..1000000\n"},
      {"l.csv --format fast4 --clock-ns nan",
       "roundhouse: --clock-ns: is nan; it lies in 0.001..1000000\n"},
      {"l.csv --format fast4 --clock-ns 1000001",
       "roundhouse: --clock-ns: is 1000001; it lies in 0.001..1000000\n"},
      {"l.csv --format fast4 --clock-ns x", "--clock-ns = x"},
      {"l.csv --format fast4 --json no/r.json",
       "roundhouse: no/r.json: output's directory does not exist; make it first\n"},
  };
  for (const Case& c : cases) {
    INFO(c.arguments);
    const Ran ran = program("cycles " + c.arguments);
    INFO(ran.err);
    CHECK(ran.code == 2);
    CHECK(ran.out.empty());
    CHECK(ran.err.find(c.text) != std::string::npos);
    CHECK(program.files() == files);
  }
}

}  // namespace
}  // namespace rh
