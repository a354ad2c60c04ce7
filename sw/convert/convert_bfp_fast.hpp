// The block conversion of sw/convert/convert_bfp.hpp, fast. Equality:
// verif/convert/convert_bfp_fast_law.cpp. Why it is exact: docs/bench.md.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "convert/convert_bfp.hpp"

namespace rh {

// convert_bfp, equal in every field, for every format and input. Native floats: the FPU must be as
// a program finds it (nearest even, subnormals kept), and the file compiled with -ffp-contract=off.
BfpLines convert_bfp_fast(std::span<const float> values, std::int64_t lines, std::int64_t length,
                          const Format& format, const BfpOptions& options = {});

// The same into a result that exists: memory it has already is taken again, and new memory costs
// more than the conversion.
void convert_bfp_fast(std::span<const float> values, std::int64_t lines, std::int64_t length,
                      const Format& format, const BfpOptions& options, BfpLines& out);

// conversion_base, equal for every format and input.
int conversion_base_fast(const Format& format, std::span<const float> values,
                         const BfpOptions& options = {});

// dequantize_bfp into `values`, as many as there are codes; equal in every bit.
void dequantize_bfp_fast(const Format& format, const BfpLines& lines, std::span<float> values);

struct BfpKernel {
  std::string_view name;
  bool (*supported)();  // by this CPU
  void (*convert)(std::span<const float> values, std::int64_t lines, std::int64_t length,
                  const Format& format, const BfpOptions& options, BfpLines& out);
  void (*dequantize)(const Format& format, const BfpLines& lines, std::span<float> values);
  int (*base)(const Format& format, std::span<const float> values, const BfpOptions& options);
};

// Fastest first; the last one runs everywhere.
std::span<const BfpKernel> bfp_kernels();

}  // namespace rh
