// TEST RATIONALE. The whole-matrix epilogue with native floats, against the definition.
// Three roundings in a fixed order: the sum itself above 2^24 (ties on both sides), then two
// products that may be subnormal, overflow, or meet NaN and infinity. So: a table of sums around
// powers of two and their halves crossed with a table of scales of every kind on both sides (matrix
// shapes come with it), then random bit patterns, with rows that are not a whole number of vectors.
#include "requantize/requantize_fast.hpp"

#include <bit>
#include <limits>
#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "bench/guarded.hpp"
#include "requantize/requantize.hpp"

namespace rh {
namespace {

// The m x n sums under m and n scales.
void check(bench::Checker& checker, std::span<const std::int32_t> acc,
           std::span<const std::uint32_t> scale_a, std::span<const std::uint32_t> scale_b) {
  const std::size_t n = scale_b.size();
  bench::Guarded<float> out(acc.size());
  std::ranges::fill(out.span(), -7.0f);
  requantize_fp32_fast(acc.data(), scale_a.data(), scale_b.data(),
                       static_cast<std::int64_t>(scale_a.size()), static_cast<std::int64_t>(n),
                       out.data());
  for (std::size_t i = 0; i < acc.size(); ++i)
    checker.equal(requantize_fp32(acc[i], scale_a[i / n], scale_b[i % n]),
                  std::bit_cast<std::uint32_t>(out[i]), [&](std::ostream& os) {
                    os << "sum " << acc[i] << std::hex << " scales 0x" << scale_a[i / n] << " 0x"
                       << scale_b[i % n] << std::dec;
                  });
}

TEST_CASE("requantize: fast equals the definition on tables of sums and scales",
          "[requantize][edge]") {
  bench::Checker checker;
  std::vector<std::int32_t> sums = {0, std::numeric_limits<std::int32_t>::min(),
                                    std::numeric_limits<std::int32_t>::max()};
  for (int bit = 0; bit < 31; ++bit)
    for (int delta = -3; delta <= 3; ++delta) {
      sums.push_back((1 << bit) + delta);
      sums.push_back(-(1 << bit) - delta);
      if (bit >= 25) sums.push_back((1 << bit) + (1 << (bit - 24)) + delta);  // a half and beside
    }
  const std::vector<std::uint32_t> scales = {
      0,           1,           3,           0x007F'FFFF, 0x0080'0000, 0x0080'0001, 0x2B8C'BCCC,
      0x3A80'8081, 0x3F7F'FFFF, 0x3F80'0000, 0x3F80'0001, 0x3F80'3F80, 0x4B00'0001, 0x7F7F'FFFF,
      0x7F80'0000, 0x7FC0'0000, 0x7F80'0001, 0xFFC1'2345, 0x8000'0000, 0xBF80'0001};
  for (const std::int32_t sum : sums)
    check(checker, std::vector<std::int32_t>(scales.size() * scales.size(), sum), scales, scales);
  checker.finish(sums.size() * scales.size() * scales.size());
}

TEST_CASE("requantize: fast equals the definition on random matrices of every width",
          "[requantize][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  const auto bits = [&] { return static_cast<std::uint32_t>(rng()); };
  for (std::size_t m = 0; m <= 4; ++m)
    for (std::size_t n = 0; n <= 70; ++n) {
      bench::Guarded<std::int32_t> acc(m * n);
      bench::Guarded<std::uint32_t> scale_a(m), scale_b(n);
      for (auto& x : acc.span()) x = static_cast<std::int32_t>(bits()) >> (rng() % 32);
      for (auto& x : scale_a.span())
        x = rng() % 8 == 0 ? bits() : 0x3000'0000 + bits() % 0x0F00'0000;
      for (auto& x : scale_b.span())
        x = rng() % 8 == 0 ? bits() : 0x3000'0000 + bits() % 0x0F00'0000;
      check(checker, acc.span(), scale_a.span(), scale_b.span());
    }
  checker.finish(10 * 35 * 70);
}

}  // namespace
}  // namespace rh
