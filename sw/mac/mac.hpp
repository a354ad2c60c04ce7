// Golden model of rtl/mac/rh_mac.sv, written from docs/mac.md, not from the RTL.
#pragma once
#include <cstdint>
#include <span>

#include "accumulate/accumulate.hpp"
#include "dot/dot.hpp"
#include "float/float.hpp"

namespace rh {

// The value of a cell after one clock with these operands.                        docs/mac.md (1)
constexpr std::int64_t mac(std::int64_t value, bool restart, std::span<const std::int8_t> a,
                           std::span<const std::int8_t> b, int bits = 32) {
  return accumulate(value, restart, dot(a, b), bits);
}

// The same of groups of `magnitude_bits` bits under exponents whose sum is `exponent`, in fixed
// point of `bits` bits.                                                           docs/mac.md (3)
constexpr std::int64_t mac_exact(std::int64_t value, bool restart, std::span<const std::int16_t> a,
                                 std::span<const std::int16_t> b, int magnitude_bits, int exponent,
                                 int bits) {
  const std::int64_t in = dot_magnitude(a, magnitude_bits, b, magnitude_bits);
  return accumulate_exact(value, restart, in, exponent, bits);
}

// In FP32, as bits: one rounding of the product, one of the sum.                  docs/mac.md (4)
constexpr std::uint32_t mac_fp32(std::uint32_t value, bool restart, std::span<const std::int16_t> a,
                                 std::span<const std::int16_t> b, int magnitude_bits,
                                 int exponent) {
  const std::int64_t in = dot_magnitude(a, magnitude_bits, b, magnitude_bits);
  const auto magnitude = static_cast<std::uint64_t>(in < 0 ? -in : in);
  return fp32::add(restart ? 0 : value, fp32::pack(in < 0, magnitude, exponent));
}

}  // namespace rh
