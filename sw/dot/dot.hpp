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

}  // namespace rh
