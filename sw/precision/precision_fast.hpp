// The sums of sw/precision/precision.hpp, fast. Equality: verif/precision/precision_fast_law.cpp.
#pragma once
#include <span>
#include <string_view>

#include "precision/precision.hpp"

namespace rh {

// precision_of, equal in every sum and flag, for every unit and tensor.
Precision precision_of_fast(const PrecisionUnit& unit, const BfpLines& tensor);

struct PrecisionKernel {
  std::string_view name;
  bool (*supported)();  // by this CPU
  Precision (*sums)(const PrecisionUnit& unit, const BfpLines& tensor);
};

// Fastest first; the last one runs everywhere.
std::span<const PrecisionKernel> precision_kernels();

}  // namespace rh
