// Golden model of rtl/convert: FP32 to int8. Written from docs/convert.md, not from the RTL.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace rh {

// Quantised lines. A line is what one scale covers: a row of A, a column of B, a whole tensor.
struct Int8Lines {
  std::int64_t lines = 0;
  std::int64_t length = 0;
  std::vector<std::int8_t> codes;     // lines x length, line-major
  std::vector<std::uint32_t> scales;  // one a line, FP32 bits; empty when codes came from outside
  std::uint64_t clamped = 0;          // elements that the clamp to +-127 changed
  std::uint64_t zero_scale_lines = 0; // absmax 0, or so small that the quantizer overflows
  std::uint64_t nan_lines = 0;        // a NaN or Inf on the line
  bool operator==(const Int8Lines&) const = default;
};

}  // namespace rh
