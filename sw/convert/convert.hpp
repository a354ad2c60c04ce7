// Golden model of rtl/convert: FP32 to int8. Written from docs/convert.md, not from the RTL.
#pragma once
#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "float/float.hpp"
#include "number/number.hpp"

namespace rh {

// Quantised lines. A line is what one scale covers: a row of A, a column of B, a whole tensor.
struct Int8Lines {
  std::int64_t lines = 0;
  std::int64_t length = 0;
  std::vector<std::int8_t> codes;      // lines x length, line-major
  std::vector<std::uint32_t> scales;   // one a line, FP32 bits; empty when codes came from outside
  std::uint64_t clamped = 0;           // elements that the clamp to +-127 changed
  std::uint64_t zero_scale_lines = 0;  // absmax 0, or so small that the quantizer overflows
  std::uint64_t nan_lines = 0;         // a NaN or Inf on the line
  bool operator==(const Int8Lines&) const = default;
};

// Largest magnitude of a line, as FP32 bits; NaN when the line holds a NaN or an infinity. An empty
// line has absmax 0. Magnitudes of finite numbers order as their bits do.     docs/convert.md (1)
constexpr std::uint32_t absmax(std::span<const float> line) {
  std::uint32_t largest = 0;
  for (const float x : line)
    largest = std::max(largest, fp32::magnitude(std::bit_cast<std::uint32_t>(x)));
  return largest < kFp32Infinity ? largest : kFp32Nan;
}

// What a line is quantised and dequantised with, both FP32 bits.
struct Int8Scale {
  std::uint32_t quantizer;  // 0: every code of the line is 0
  std::uint32_t scale;      // 0 or NaN when the quantizer is 0
  bool operator==(const Int8Scale&) const = default;
};

// quantizer = fl(127 / absmax), scale = fl(absmax / 127); absmax has no sign.
//                                                                       docs/convert.md (2) to (4)
constexpr Int8Scale int8_scale(std::uint32_t absmax) {
  assert(!fp32::negative(absmax));
  const std::uint32_t max_code = fp32::from_int(kInt8.max_code());
  if (absmax >= kFp32Infinity) return {0, kFp32Nan};
  const std::uint32_t quantizer = fp32::divide(max_code, absmax);  // infinity when absmax is 0
  if (fp32::is_infinite(quantizer)) return {0, 0};
  return {quantizer, fp32::divide(absmax, max_code)};
}

// q = nearest-even(fl(x * quantizer)) clamped to +-127; NaN gives 0.           docs/convert.md (5)
constexpr fp32::Code int8_code(std::uint32_t x, std::uint32_t quantizer) {
  return fp32::to_code(fp32::multiply(x, quantizer), kInt8.magnitude_bits);
}

// The dequantised value fl(code * scale).                                      docs/convert.md (6)
constexpr std::uint32_t int8_value(int code, std::uint32_t scale) {
  return fp32::multiply(fp32::from_int(code), scale);
}

// The definition of int8 conversion: `lines` lines of `length` values, line-major.
inline Int8Lines convert_int8(std::span<const float> values, std::int64_t lines,
                              std::int64_t length) {
  assert(lines >= 0 && length >= 0);
  assert(values.size() == static_cast<std::size_t>(lines) * static_cast<std::size_t>(length));
  Int8Lines out;
  out.lines = lines;
  out.length = length;
  out.codes.reserve(values.size());
  out.scales.reserve(static_cast<std::size_t>(lines));
  for (std::int64_t line = 0; line < lines; ++line) {
    const std::span<const float> row =
        values.subspan(static_cast<std::size_t>(line * length), static_cast<std::size_t>(length));
    const auto [quantizer, scale] = int8_scale(absmax(row));
    out.scales.push_back(scale);
    out.zero_scale_lines += scale == 0 ? 1 : 0;
    out.nan_lines += fp32::is_nan(scale) ? 1 : 0;
    for (const float x : row) {
      const fp32::Code code = int8_code(std::bit_cast<std::uint32_t>(x), quantizer);
      out.codes.push_back(static_cast<std::int8_t>(code.code));
      out.clamped += code.clamped ? 1 : 0;
    }
  }
  return out;
}

}  // namespace rh
