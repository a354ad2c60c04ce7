// Golden model of rtl/dot/rh_dot.sv, written from docs/dot.md, not from the RTL.
#pragma once
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rh {

// Sum over k of a[k] * b[k], exactly: |sum| <= 2^14 terms, and 2^49 terms fit.   docs/dot.md (1)
constexpr std::int64_t dot(std::span<const std::int8_t> a, std::span<const std::int8_t> b) {
  assert(a.size() == b.size());
  std::int64_t sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += std::int64_t{a[k]} * b[k];
  return sum;
}

// The same sum of sign-magnitude codes with bits_a and bits_b magnitude bits, 1 .. 8, given by
// their values: |a| < 2^bits_a, |b| < 2^bits_b. A zero of either sign is 0.
constexpr std::int64_t dot_magnitude(std::span<const std::int16_t> a, int bits_a,
                                     std::span<const std::int16_t> b, int bits_b) {
  assert(a.size() == b.size());
  assert(bits_a >= 1 && bits_a <= 8 && bits_b >= 1 && bits_b <= 8);
  std::int64_t sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    assert(-a[k] < 1 << bits_a && a[k] < 1 << bits_a);
    assert(-b[k] < 1 << bits_b && b[k] < 1 << bits_b);
    sum += std::int64_t{a[k]} * b[k];
  }
  return sum;
}

}  // namespace rh
