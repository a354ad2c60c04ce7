// What a model holds where nothing was written: zeros, or in a build of VARIANT=unknown random bits
// drawn from the number in the environment variable RH_UNKNOWN.
#pragma once
#include <verilated.h>

#include <cstdlib>

namespace rh::bench {

// Whether bits are random: an assertion then says nothing before the first edge, which is a reset.
inline bool set_unknown(VerilatedContext& context) {
  const char* const seed = std::getenv("RH_UNKNOWN");
  context.randReset(seed == nullptr ? 0 : 2);
  if (seed != nullptr) context.randSeed(std::atoi(seed));
  return seed != nullptr;
}

}  // namespace rh::bench
