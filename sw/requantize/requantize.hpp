// Golden model of rtl/requantize: what becomes of an int32 sum. Written from docs/requantize.md.
#pragma once
#include <bit>
#include <cstdint>

#include "float/float.hpp"
#include "number/number.hpp"

namespace rh {

// fl(fl(fl(acc) * scale_a) * scale_b), FP32 bits: three roundings, in this order.
//                                                                          docs/requantize.md (2)
constexpr std::uint32_t requantize_fp32(std::int32_t acc, std::uint32_t scale_a,
                                        std::uint32_t scale_b) {
  return fp32::multiply(fp32::multiply(fp32::from_int(acc), scale_a), scale_b);
}

// The same, rounded to an integer, ties to even, clamped to +-127; NaN gives 0.
//                                                                          docs/requantize.md (3)
constexpr std::int8_t requantize_int8(std::int32_t acc, std::uint32_t scale_a,
                                      std::uint32_t scale_b) {
  const std::uint32_t value = requantize_fp32(acc, scale_a, scale_b);
  return static_cast<std::int8_t>(fp32::to_code(value, kInt8.magnitude_bits).code);
}

// The 32 bits that leave the requantizer for one accumulator: int32, FP32, or sign-extended int8.
//                                                                   docs/requantize.md (1) to (3)
constexpr std::uint32_t requantize(Output output, std::int32_t acc, std::uint32_t scale_a,
                                   std::uint32_t scale_b) {
  switch (output) {
    case Output::Int32: return std::bit_cast<std::uint32_t>(acc);
    case Output::Fp32: return requantize_fp32(acc, scale_a, scale_b);
    case Output::Int8: break;
  }
  const std::int32_t code = requantize_int8(acc, scale_a, scale_b);
  return std::bit_cast<std::uint32_t>(code);
}

}  // namespace rh
