// The int8 product of sw/gemm/gemm.hpp, fast. Equality: verif/gemm/gemm_fast_law.cpp.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace rh {

// C[m][n] = sum over k of a[m][k] * b[n][k]: a has m lines, b has n lines, both of length k and
// contiguous; any size, 0 included; -128 allowed. Exact when the sum fits int32 (docs/contract.md),
// else its low 32 bits. One thread, the fastest kernel of this CPU.
void gemm_int32_fast(const std::int8_t* a, const std::int8_t* b, std::int64_t m, std::int64_t n,
                     std::int64_t k, std::int32_t* c);

struct GemmKernel {
  std::string_view name;
  bool (*supported)();  // by this CPU
  void (*multiply)(const std::int8_t* a, const std::int8_t* b, std::int64_t m, std::int64_t n,
                   std::int64_t k, std::int32_t* c);
};

// Fastest first; the last one runs everywhere.
std::span<const GemmKernel> gemm_kernels();

}  // namespace rh
