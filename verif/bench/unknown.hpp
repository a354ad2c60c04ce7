// What a model holds where nothing was written: zeros, or in a build of VARIANT=unknown random bits
// drawn from the number in the environment variable RH_UNKNOWN.
#pragma once
#include <verilated.h>

#include <cstdlib>

namespace rh::bench {

// From a random start, cycles until what no reset clears has left an array: before it assertions may
// see an exponent that no operand has.
inline constexpr int kUnknownCycles = 64;

// Returns whether bits are random.
inline bool set_unknown(VerilatedContext& context) {
  const char* const seed = std::getenv("RH_UNKNOWN");
  context.randReset(seed == nullptr ? 0 : 2);
  if (seed != nullptr) context.randSeed(std::atoi(seed));
  return seed != nullptr;
}

}  // namespace rh::bench
