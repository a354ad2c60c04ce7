// TEST RATIONALE. Every kernel of gemm_fast that this CPU has, against the definition.
// A kernel is tiles inside blocks: what can go wrong lies at edges (a partial tile, panel, group of
// codes or block), in the offset that makes codes unsigned, and at extreme sums. So: all shapes up
// to 9 x 9 x 9; every block size of the source and its neighbours in one dimension at a time, then
// in all three; codes that are extreme everywhere at the longest legal K, where the sum has a
// closed form; random sizes against OpenBLAS, whose doubles are exact below 2^53 and share no code.
// Operands and result end (or begin) at a forbidden page, and the result starts as garbage: a read
// or write out of bounds stops the test, an element not written differs.
#include "gemm/gemm_fast.hpp"

#include <cblas.h>

#include <cmath>
#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "bench/guarded.hpp"
#include "gemm/gemm.hpp"
#include "number/dispatch.hpp"
#include "number/number.hpp"

namespace rh {
namespace {

using bench::Guard;

struct Shape {
  std::int64_t m, n, k;
};

std::size_t count(std::int64_t rows, std::int64_t cols) {
  return static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
}

class Product {
 public:
  explicit Product(Shape shape, Guard guard = Guard::Behind)
      : shape_(shape),
        a_(count(shape.m, shape.k), guard),
        b_(count(shape.n, shape.k), guard),
        c_(count(shape.m, shape.n), guard) {}

  void randomize(std::mt19937_64& rng) {
    // One code in eight is the most negative one.
    const auto code = [&] {
      const std::uint64_t r = rng();
      return static_cast<std::int8_t>((r & 0x700) == 0 ? -128 : static_cast<int>(r & 0xFF) - 128);
    };
    std::ranges::generate(a_.span(), code);
    std::ranges::generate(b_.span(), code);
  }
  void fill(std::int8_t a, std::int8_t b) {
    std::ranges::fill(a_.span(), a);
    std::ranges::fill(b_.span(), b);
  }

  std::vector<std::int32_t> definition() {
    return gemm_int32(a_.span(), b_.span(), shape_.m, shape_.n, shape_.k);
  }

  std::vector<std::int32_t> dgemm() {
    const std::vector<double> a(a_.span().begin(), a_.span().end());
    const std::vector<double> b(b_.span().begin(), b_.span().end());
    std::vector<double> c(count(shape_.m, shape_.n));
    const auto dim = [](std::int64_t x) { return static_cast<int>(x); };
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, dim(shape_.m), dim(shape_.n),
                dim(shape_.k), 1.0, a.data(), dim(shape_.k), b.data(), dim(shape_.k), 0.0, c.data(),
                dim(shape_.n));
    std::vector<std::int32_t> rounded;
    for (const double x : c) rounded.push_back(static_cast<std::int32_t>(std::llround(x)));
    return rounded;
  }

  // Runs every supported kernel, and the function that chooses one, on garbage.
  void check(bench::Checker& checker, const std::vector<std::int32_t>& want) {
    for (const GemmKernel& kernel : gemm_kernels())
      if (kernel.supported()) compare(checker, want, kernel.name, kernel.multiply);
    compare(checker, want, "gemm_int32_fast", gemm_int32_fast);
  }

 private:
  template <class Multiply>
  void compare(bench::Checker& checker, const std::vector<std::int32_t>& want,
               std::string_view name, Multiply multiply) {
    std::ranges::fill(c_.span(), 0x5A5A'5A5A);
    multiply(a_.data(), b_.data(), shape_.m, shape_.n, shape_.k, c_.data());
    for (std::size_t i = 0; i < want.size(); ++i)
      checker.equal(want[i], c_[i], [&](std::ostream& os) {
        const std::size_t n = static_cast<std::size_t>(shape_.n);
        os << name << " " << shape_.m << " x " << shape_.n << " x " << shape_.k << " row " << i / n
           << " column " << i % n;
      });
  }

  Shape shape_;
  bench::Guarded<std::int8_t> a_, b_;
  bench::Guarded<std::int32_t> c_;
};

TEST_CASE("gemm: every kernel equals the definition on all shapes up to 9 x 9 x 9",
          "[gemm][exhaustive]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (const Guard guard : {Guard::Behind, Guard::Before})
    for (std::int64_t m = 0; m <= 9; ++m)
      for (std::int64_t n = 0; n <= 9; ++n)
        for (std::int64_t k = 0; k <= 9; ++k) {
          Product product({m, n, k}, guard);
          product.randomize(rng);
          product.check(checker, product.definition());
        }
  checker.finish(std::uint64_t{2} * 2 * 45 * 45 * 10);
}

TEST_CASE("gemm: every kernel equals the definition around its tile and block sizes",
          "[gemm][edge]") {
  bench::Checker checker;
  auto rng = bench::rng();
  std::vector<Shape> shapes;
  for (const std::int64_t m : {6, 12, 240, 480})
    for (const std::int64_t n : {16, 32, 384, 768})
      for (std::int64_t delta = -1; delta <= 1; ++delta) {
        shapes.push_back({m + delta, n, 5});
        shapes.push_back({m, n + delta, 3});
        shapes.push_back({m + delta, n + delta, 2});
      }
  for (const std::int64_t k : {16, 64, 512, 1024, 2048})
    for (std::int64_t delta = -3; delta <= 3; ++delta) shapes.push_back({13, 33, k + delta});
  for (const std::int64_t prime : {11, 13, 29, 31, 37, 61, 127, 251})
    shapes.push_back({prime, 2 * prime + 1, prime + 2});
  shapes.push_back({1, 1, 5'003});
  shapes.push_back({1, 1'009, 67});
  shapes.push_back({1'009, 1, 67});
  shapes.push_back({241, 385, 1'025});
  for (const Shape& shape : shapes) {
    Product product(shape);
    product.randomize(rng);
    product.check(checker, product.definition());
  }
  checker.finish(shapes.size());
}

TEST_CASE("gemm: extreme codes everywhere give the closed form, up to the longest K",
          "[gemm][edge][law]") {
  bench::Checker checker;
  for (const std::int64_t k : {std::int64_t{1}, std::int64_t{7}, std::int64_t{1'024},
                               kInt8MaxTermsMostNegative, kInt8MaxTerms})
    for (const int x : {-128, -127, 0, 127})
      for (const int y : {-128, -127, 0, 127}) {
        if (k == kInt8MaxTerms && (x == -128 || y == -128)) continue;
        Product product({3, 5, k});
        product.fill(static_cast<std::int8_t>(x), static_cast<std::int8_t>(y));
        product.check(checker,
                      std::vector<std::int32_t>(3 * 5, static_cast<std::int32_t>(k * x * y)));
      }
  checker.finish(15 * (4 * 16 + 9));
}

TEST_CASE("gemm: every kernel equals OpenBLAS dgemm on random sizes", "[gemm][random][law]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int i = 0; i < 40; ++i) {
    const auto size = [&](std::uint64_t most) {
      return static_cast<std::int64_t>(rng() % most + 1);
    };
    Product product({size(300), size(500), size(1'500)});
    product.randomize(rng);
    product.check(checker, product.dgemm());
  }
  checker.finish(40);
}

// A processor of this test's own: which of the two kernels it supports is its choice.
TEST_CASE("gemm: the first kernel that the processor supports is chosen", "[gemm][law]") {
  const auto yes = [] { return true; };
  const auto no = [] { return false; };
  const GemmKernel both[] = {{"first", yes, nullptr}, {"second", yes, nullptr}};
  const GemmKernel second[] = {{"first", no, nullptr}, {"second", yes, nullptr}};
  CHECK(first_supported<GemmKernel>(both).name == "first");
  CHECK(first_supported<GemmKernel>(second).name == "second");
  CHECK(gemm_kernels().back().supported());
}

}  // namespace
}  // namespace rh
