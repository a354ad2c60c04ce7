// The block product of sw/gemm/gemm_bfp.hpp, fast. Equality: verif/gemm/gemm_bfp_fast_law.cpp. Why
// it is exact: docs/bench.md.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "gemm/gemm_bfp.hpp"

namespace rh {

// gemm_bfp, equal in every bit, and what it refuses is refused in the same words. One thread, the
// fastest kernel of this CPU. Native floats: the FPU must be as a program finds it (nearest even,
// subnormals kept), and the file compiled with -ffp-contract=off.
std::vector<std::uint32_t> gemm_bfp_fast(const BfpOperand& a, const BfpOperand& b,
                                         const BfpProduct& how = {});

struct BfpProductKernel {
  std::string_view name;
  bool (*supported)();  // by this CPU
  std::vector<std::uint32_t> (*multiply)(const BfpOperand& a, const BfpOperand& b,
                                         const BfpProduct& how);
};

// Fastest first; the last one runs everywhere.
std::span<const BfpProductKernel> bfp_product_kernels();

}  // namespace rh
