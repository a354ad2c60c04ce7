// The epilogue of sw/requantize/requantize.hpp on a whole matrix, with native floats.
// Equality: verif/requantize/requantize_fast_law.cpp.
#pragma once
#include <cstdint>

namespace rh {

// out[i][j] = fl(fl(fl(acc[i][j]) * scale_a[i]) * scale_b[j]): m x n, row-major; scales are FP32
// bits, every NaN that comes out is kFp32Nan. The FPU must be as a program finds it (nearest even,
// subnormals kept), and the file compiled with -ffp-contract=off.    docs/requantize.md (2)
void requantize_fp32_fast(const std::int32_t* acc, const std::uint32_t* scale_a,
                          const std::uint32_t* scale_b, std::int64_t m, std::int64_t n, float* out);

}  // namespace rh
