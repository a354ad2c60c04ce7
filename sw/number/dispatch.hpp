// Choosing between versions of one function that differ in the instructions they need.
//
// A Kernel is an aggregate with a name, `bool (*supported)()` ("by this CPU") and the function.
#pragma once
#include <cassert>
#include <span>

namespace rh {

// The first kernel that this CPU supports; lists go from fast to portable.
template <class Kernel>
const Kernel& first_supported(std::span<const Kernel> kernels) {
  for (const Kernel& kernel : kernels)
    if (kernel.supported()) return kernel;
  assert(false && "the last kernel of a list must run everywhere");
  return kernels.back();
}

}  // namespace rh
