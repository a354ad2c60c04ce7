// Which kernel OpenBLAS takes, for subcommands that train.
#pragma once
#include "cli/commands.hpp"

namespace rh::cli {

// OpenBLAS 0.3.21 takes a CPU newer than itself for one of 2004 and runs at a third of the speed;
// and another kernel sums in another order. So that training is fast and sums in one order on every
// x86 with AVX2, it always gets the kernel Haswell, which only the environment can choose: the
// program starts itself once more. To be called before anything else.
void pin_blas_kernel(const Common& common);

}  // namespace rh::cli
