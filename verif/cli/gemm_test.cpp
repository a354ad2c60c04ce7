// TEST RATIONALE. `gemm` against the golden definitions called in process, over odd shapes and with
// the bounds of the accumulator met exactly: the longest K that is accepted and the first that is
// not, with and without the code -128. [rtl] cases run the verilated engine.
#include <bit>
#include <cmath>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "cli/program.hpp"
#include "convert/convert.hpp"
#include "requantize/requantize.hpp"

namespace rh {
namespace {

using bench::field;
using bench::Program;
using bench::Ran;

struct Size {
  std::int64_t m, k, n;
};
const std::vector<Size> kSizes = {{1, 1, 1}, {1, 1, 20}, {3, 5, 7}, {20, 33, 18}, {17, 16, 1}};

template <class T>
std::vector<T> transposed(const std::vector<T>& matrix, std::int64_t rows, std::int64_t cols) {
  std::vector<T> out;
  for (std::int64_t j = 0; j < cols; ++j)
    for (std::int64_t i = 0; i < rows; ++i)
      out.push_back(matrix[static_cast<std::size_t>(i * cols + j)]);
  return out;
}

std::int32_t dot(const std::int8_t* a, const std::int8_t* b, std::int64_t k) {
  std::int32_t sum = 0;
  for (std::int64_t i = 0; i < k; ++i) sum += a[i] * b[i];
  return sum;
}

void check_floats(const std::string& engine) {
  Program program;
  bench::Checker checker;
  for (const auto& [m, k, n] : kSizes) {
    const Int8Lines a = convert_int8(program.floats("A.npy", {m, k}), m, k);
    const Int8Lines b = convert_int8(transposed(program.floats("B.npy", {k, n}), k, n), n, k);
    const Ran ran = program("gemm A.npy B.npy --format int8 -o C.npy --engine " + engine);
    REQUIRE(ran.code == 0);
    const Tensor c = read_npy(program / "C.npy");
    REQUIRE(c.dtype == DType::Float32);
    REQUIRE(c.shape == Shape{m, n});
    for (std::int64_t i = 0; i < m; ++i)
      for (std::int64_t j = 0; j < n; ++j)
        checker.equal(requantize_fp32(dot(&a.codes[static_cast<std::size_t>(i * k)],
                                          &b.codes[static_cast<std::size_t>(j * k)], k),
                                      a.scales[static_cast<std::size_t>(i)],
                                      b.scales[static_cast<std::size_t>(j)]),
                      std::bit_cast<std::uint32_t>(c.values()[static_cast<std::size_t>(i * n + j)]),
                      [&](std::ostream& os) { os << "row " << i << " column " << j; });
  }
  checker.finish(400);
}

void check_codes(const std::string& engine) {
  Program program;
  bench::Checker checker;
  for (const auto& [m, k, n] : kSizes) {
    const auto a = program.codes("A.npy", {m, k});
    const auto b = transposed(program.codes("B.npy", {k, n}), k, n);
    const Ran ran = program("gemm A.npy B.npy --format int8 -o C.npy --engine " + engine);
    REQUIRE(ran.code == 0);
    CHECK(field(ran.out, "result").starts_with("<i4 "));
    const Tensor c = read_npy(program / "C.npy");
    REQUIRE(c.dtype == DType::Int32);
    REQUIRE(c.shape == Shape{m, n});
    for (std::int64_t i = 0; i < m; ++i)
      for (std::int64_t j = 0; j < n; ++j)
        checker.equal(static_cast<double>(dot(&a[static_cast<std::size_t>(i * k)],
                                              &b[static_cast<std::size_t>(j * k)], k)),
                      static_cast<double>(c.values()[static_cast<std::size_t>(i * n + j)]),
                      [&](std::ostream& os) { os << "row " << i << " column " << j; });
  }
  checker.finish(400);
}

TEST_CASE("cli: gemm of floats is the golden product", "[cli][random]") {
  check_floats("golden");
}
TEST_CASE("cli: gemm of floats on the RTL is the golden product", "[cli][rtl]") {
  check_floats("rtl");
}
TEST_CASE("cli: gemm of codes is the integer product", "[cli][random]") {
  check_codes("golden");
}
TEST_CASE("cli: gemm of codes on the RTL is the integer product", "[cli][rtl]") {
  check_codes("rtl");
}

TEST_CASE("cli: gemm with an empty dimension gives zeros", "[cli][edge]") {
  const std::string engine = GENERATE(as<std::string>{}, "golden", "rtl");
  Program program;
  for (const auto& [m, k, n] : {Size{3, 0, 2}, Size{0, 4, 2}, Size{3, 4, 0}, Size{0, 0, 0}}) {
    program.floats("A.npy", {m, k});
    program.floats("B.npy", {k, n});
    CHECK(program("gemm A.npy B.npy --format int8 -o C.npy --engine " + engine).code == 0);
    const Tensor c = read_npy(program / "C.npy");
    CHECK(c.shape == Shape{m, n});
    CHECK(bench::bytes_of(c.values()) == std::string(static_cast<std::size_t>(4 * m * n), '\0'));
    program.codes("A.npy", {m, k});
    program.codes("B.npy", {k, n});
    CHECK(program("gemm A.npy B.npy --format int8 -o C.npy --engine " + engine).code == 0);
    CHECK(read_npy(program / "C.npy").dtype == DType::Int32);
  }
}

TEST_CASE("cli: gemm makes every product of a NaN or Inf line NaN, and no other", "[cli][edge]") {
  const std::string engine = GENERATE(as<std::string>{}, "golden", "rtl");
  Program program;
  write_npy<float>(program / "A.npy", Shape{2, 2}, std::vector<float>{std::nanf(""), 1, 1, 1});
  write_npy<float>(program / "B.npy", Shape{2, 2}, std::vector<float>{INFINITY, 1, 0, 1});
  const Ran ran = program("gemm A.npy B.npy --format int8 -o C.npy --engine " + engine);
  CHECK(ran.code == 0);
  CHECK(field(ran.out, "lines with nan") == "2");
  const Tensor c = read_npy(program / "C.npy");
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(std::bit_cast<std::uint32_t>(c.values()[i]) == kFp32Nan);
  CHECK(std::abs(c.values()[3] - 2) < 1e-5);
}

TEST_CASE("cli: gemm takes K to the accumulator's bound and refuses the next", "[cli][edge]") {
  Program program;
  const auto constant = [&](const std::string& name, const Shape& shape, std::int8_t code) {
    const std::vector<std::int8_t> codes(static_cast<std::size_t>(element_count(shape)), code);
    write_npy<std::int8_t>(program / name, shape, codes);
  };
  const auto run = [&](std::int64_t k, std::int8_t a, std::int8_t b) {
    constant("A.npy", {1, k}, a);
    constant("B.npy", {k, 1}, b);
    return program("gemm A.npy B.npy --format int8 -o C.npy");
  };
  const auto sum = [&] {
    const std::string bytes = bench::contents(program / "C.npy");
    std::int32_t value = 0;
    std::memcpy(&value, bytes.data() + 128, 4);
    return value;
  };
  CHECK(run(133144, 127, 127).code == 0);
  CHECK(sum() == 133144 * 127 * 127);
  CHECK(run(131071, -128, -128).code == 0);
  CHECK(sum() == 131071 * 128 * 128);
  CHECK(run(133145, 127, 127).err ==
        "roundhouse: A.npy: K is 133145; int32 accumulation is exact to 133144 terms\n");
  for (const auto& [a, b] : {std::pair{-128, 1}, std::pair{1, -128}})
    CHECK(run(131072, static_cast<std::int8_t>(a), static_cast<std::int8_t>(b)).err ==
          "roundhouse: A.npy: K is 131072; int32 accumulation is exact to 131071 terms when a code "
          "is -128\n");
  program.floats("A.npy", {1, 133145});
  program.floats("B.npy", {133145, 1});
  CHECK(program("gemm A.npy B.npy --format int8 -o C.npy").code == 2);
}

TEST_CASE("cli: gemm refuses what is no product", "[cli][edge]") {
  Program program;
  program.floats("A.npy", {3, 5});
  program.floats("B.npy", {4, 7});
  program.floats("X.npy", {3, 5, 7});
  program.codes("Q.npy", {5, 3});
  write_npy<float>(program / "tall.npy", Shape{100000, 0}, {});
  write_npy<float>(program / "wide.npy", Shape{0, 100000}, {});
  const auto refusal = [&](const std::string& operands) {
    const Ran ran = program("gemm " + operands + " --format int8 -o C.npy");
    CHECK(ran.code == 2);
    return ran.err;
  };
  CHECK(
      refusal("A.npy B.npy") ==
      "roundhouse: A.npy: K is 5 in A.npy: <f4 (3, 5); it must equal K in B.npy: <f4 (4, 7), 4\n");
  CHECK(refusal("X.npy B.npy") ==
        "roundhouse: X.npy: shape is (3, 5, 7); a product takes matrices: 2 dimensions\n");
  CHECK(refusal("A.npy Q.npy") ==
        "roundhouse: Q.npy: holds int8 codes and the other operand "
        "floats; both are codes or both are floats\n");
  CHECK(refusal("Q.npy A.npy") ==
        "roundhouse: Q.npy: holds int8 codes and the other operand "
        "floats; both are codes or both are floats\n");
  CHECK(refusal("tall.npy wide.npy") ==
        "roundhouse: tall.npy: the result is (100000, 100000); at most 1073741824 elements\n");
}

void check_tile(const std::string& engine) {
  Program program;
  program.floats("A.npy", {20, 9});
  program.floats("B.npy", {9, 35});
  const std::string gemm = "gemm A.npy B.npy --format int8 --engine " + engine;
  REQUIRE(program(gemm + " -o whole.npy").code == 0);
  const Ran ran = program(gemm + " -o tile.npy --tile 1,2 --json r.json");
  REQUIRE(ran.code == 0);
  CHECK(field(ran.out, "tile") == "rows 16..19, columns 32..34; the rest of the result is zero");
  CHECK(program.json("r.json")["engine"]["macs"] == 4 * 3 * 9);
  const Tensor whole = read_npy(program / "whole.npy");
  const Tensor tile = read_npy(program / "tile.npy");
  bench::Checker checker;
  for (std::size_t i = 0; i < 20; ++i)
    for (std::size_t j = 0; j < 35; ++j)
      checker.equal(i >= 16 && j >= 32 ? whole.values()[i * 35 + j] : 0.0F,
                    tile.values()[i * 35 + j],
                    [&](std::ostream& os) { os << "row " << i << " column " << j; });
  checker.finish(700);
}
TEST_CASE("cli: gemm --tile multiplies that tile alone", "[cli][edge]") {
  check_tile("golden");
}
TEST_CASE("cli: gemm --tile on the RTL multiplies that tile alone", "[cli][rtl]") {
  check_tile("rtl");
}

}  // namespace
}  // namespace rh
