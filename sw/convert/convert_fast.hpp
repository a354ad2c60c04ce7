// The int8 conversion of sw/convert/convert.hpp, fast. Equality:
// verif/convert/convert_fast_law.cpp.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "convert/convert.hpp"

namespace rh {

// convert_int8, equal in every field. Native floats: the FPU must be as a program finds it (nearest
// even, subnormals kept), and the file compiled with -ffp-contract=off.
Int8Lines convert_int8_fast(std::span<const float> values, std::int64_t lines, std::int64_t length);

struct ConvertKernel {
  std::string_view name;
  bool (*supported)();  // by this CPU
  Int8Lines (*convert)(std::span<const float> values, std::int64_t lines, std::int64_t length);
};

// Fastest first; the last one runs everywhere.
std::span<const ConvertKernel> convert_kernels();

}  // namespace rh
