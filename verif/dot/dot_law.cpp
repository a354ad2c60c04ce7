// TEST RATIONALE. The golden model against other ways to say the same: quarter squares for single
// products (all 65,536 pairs), a 128-bit sum taken backwards for long vectors, and linearity. The
// identity that the tree of rtl/dot/rh_dot_tree.sv rests on, docs/dot.md (4), is checked on every
// pair of every width up to 8, and the width and the offset of (2), (3) at the extreme sums. The
// sum of sign-magnitude codes the same ways, with every pair of magnitude bits.
// Mutants this kills: a skipped first or last lane, a product in 16 bits, a sum in 32 bits, an
// unsigned operand; in the width one bit less or more.
#include "dot/dot.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "number/number.hpp"

namespace rh {
namespace {

__extension__ using Int128 = __int128;

TEST_CASE("dot: a product is the difference of two quarter squares", "[dot][law][exhaustive]") {
  bench::Checker checker;
  for (int a = -128; a < 128; ++a)
    for (int b = -128; b < 128; ++b) {
      const std::int8_t left[] = {static_cast<std::int8_t>(a)};
      const std::int8_t right[] = {static_cast<std::int8_t>(b)};
      checker.equal(std::int64_t{((a + b) * (a + b) - (a - b) * (a - b)) / 4}, dot(left, right),
                    [&](std::ostream& os) { os << a << " * " << b; });
    }
  checker.finish(65'536);
}

TEST_CASE("dot: long vectors equal a 128-bit sum taken backwards", "[dot][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (std::size_t size = 0; size < 300; ++size) {
    std::vector<std::int8_t> a(size);
    std::vector<std::int8_t> b(size);
    for (auto& x : a) x = static_cast<std::int8_t>(rng());
    for (auto& x : b) x = static_cast<std::int8_t>(rng());
    Int128 sum = 0;
    for (std::size_t k = size; k > 0; --k) sum += Int128{a[k - 1]} * b[k - 1];
    const auto describe = [&](std::ostream& os) { os << "size " << size; };
    checker.equal(static_cast<std::int64_t>(sum), dot(a, b), describe);
    checker.equal(dot(a, b), dot(b, a), describe);
    const auto half = static_cast<std::ptrdiff_t>(size / 2);
    checker.equal(
        dot(a, b),
        dot(std::span(a).first(size / 2), std::span(b).first(size / 2)) +
            dot(std::span(a.begin() + half, a.end()), std::span(b.begin() + half, b.end())),
        describe);
  }
  checker.finish(900);
}

TEST_CASE("dot: a product of sign-magnitude codes is the difference of two quarter squares",
          "[dot][law][exhaustive]") {
  bench::Checker checker;
  for (int a = -255; a < 256; ++a)
    for (int b = -255; b < 256; ++b) {
      const std::int16_t left[] = {static_cast<std::int16_t>(a)};
      const std::int16_t right[] = {static_cast<std::int16_t>(b)};
      checker.equal(std::int64_t{((a + b) * (a + b) - (a - b) * (a - b)) / 4},
                    dot_magnitude(left, 8, right, 8),
                    [&](std::ostream& os) { os << a << " * " << b; });
    }
  checker.finish(511 * 511);
}

TEST_CASE("dot: vectors of sign-magnitude codes equal a 128-bit sum taken backwards",
          "[dot][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int bits_a = 1; bits_a <= 8; ++bits_a)
    for (int bits_b = 1; bits_b <= 8; ++bits_b)
      for (std::size_t size = 0; size < 70; ++size) {
        std::vector<std::int16_t> a(size);
        std::vector<std::int16_t> b(size);
        const auto code = [&](int bits) {
          const int magnitude = static_cast<int>(rng() % (1u << bits));
          return static_cast<std::int16_t>(rng() % 2 != 0 ? -magnitude : magnitude);
        };
        for (auto& x : a) x = code(bits_a);
        for (auto& x : b) x = code(bits_b);
        Int128 sum = 0;
        for (std::size_t k = size; k > 0; --k) sum += Int128{a[k - 1]} * b[k - 1];
        checker.equal(static_cast<std::int64_t>(sum), dot_magnitude(a, bits_a, b, bits_b),
                      [&](std::ostream& os) {
                        os << size << " codes of " << bits_a << " and " << bits_b << " bits";
                      });
      }
  checker.finish(64 * 70);
  const std::vector<std::int16_t> largest(1 << 18, 255);
  REQUIRE(dot_magnitude(largest, 8, largest, 8) == std::int64_t{255 * 255} << 18);
}

TEST_CASE("dot: a sum beyond 32 bits is exact", "[dot][law][edge]") {
  const std::vector<std::int8_t> lowest(1 << 20, -128);
  const std::vector<std::int8_t> highest(1 << 20, 127);
  REQUIRE(dot(lowest, lowest) == std::int64_t{1} << 34);
  REQUIRE(dot(lowest, highest) == -(std::int64_t{128 * 127} << 20));
}

// Equation (2): the extreme sums fit; at a power of two, where lanes 2^14 = 2^(OutW-2), with no bit
// to spare.
TEST_CASE("dot: the width holds the extreme sums", "[dot][law][edge]") {
  bench::Checker checker;
  for (int lanes = 1; lanes <= 64; ++lanes) {
    const std::vector<std::int8_t> lowest(static_cast<std::size_t>(lanes), -128);
    const std::vector<std::int8_t> highest(static_cast<std::size_t>(lanes), 127);
    const std::int64_t half = std::int64_t{1} << (dot_width(8, lanes) - 1);
    const auto describe = [&](std::ostream& os) { os << lanes << " lanes"; };
    checker.equal(true, dot(lowest, lowest) < half, describe);
    checker.equal((lanes & (lanes - 1)) == 0, dot(lowest, lowest) >= half / 2, describe);
    checker.equal(true, dot(lowest, highest) >= -half, describe);
    checker.equal(true, dot(lowest, lowest) + half < 2 * half, describe);
  }
  checker.finish(256);
}

// a b + 2^(2W - 1) = 2^W + sum of bit(i, j) 2^(i + j); bit(i, j) = a_i b_j, inverted where just one
// of i, j is the sign's index.
TEST_CASE("dot: Baugh and Wooley's identity holds for every pair of every width to 8",
          "[dot][law][exhaustive]") {
  bench::Checker checker;
  for (int width = 2; width <= 8; ++width) {
    const int half = 1 << (width - 1);
    for (int a = -half; a < half; ++a)
      for (int b = -half; b < half; ++b) {
        std::int64_t sum = std::int64_t{1} << width;
        for (int i = 0; i < width; ++i)
          for (int j = 0; j < width; ++j) {
            const bool product = ((a >> i) & (b >> j) & 1) != 0;
            const bool inverted = (i == width - 1) != (j == width - 1);
            if (product != inverted) sum += std::int64_t{1} << (i + j);
          }
        const std::array left{static_cast<std::int8_t>(a)};
        const std::array right{static_cast<std::int8_t>(b)};
        checker.equal(dot(left, right) + 2 * half * half, sum, [&](std::ostream& os) {
          os << "width " << width << ": " << a << " * " << b;
        });
      }
  }
  checker.finish(65'536 + 16'384);
}

}  // namespace
}  // namespace rh
