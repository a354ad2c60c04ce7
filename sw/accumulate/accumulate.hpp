// Golden model of rtl/accumulate, written from docs/accumulate.md, not from the RTL.
#pragma once
#include <cassert>
#include <cstdint>

namespace rh {

// `value` as a signed number of `bits` bits: the one in -2^(bits-1) .. 2^(bits-1) - 1 that differs
// from it by a multiple of 2^bits.                                        docs/accumulate.md (2)
constexpr std::int64_t wrap(std::int64_t value, int bits) {
  assert(bits >= 1 && bits <= 63);
  const std::uint64_t one = std::uint64_t{1} << bits;
  const std::uint64_t low = static_cast<std::uint64_t>(value) % one;  // 2^bits divides 2^64
  return static_cast<std::int64_t>(low < one / 2 ? low : low - one);
}

// The accumulator after one step: it adds `in`, or starts over with it.   docs/accumulate.md (1)
constexpr std::int64_t accumulate(std::int64_t value, bool restart, std::int64_t in,
                                  int bits = 32) {
  return wrap((restart ? 0 : value) + in, bits);
}

// The exact accumulator after one step: the dot product `in` of a group enters at the place that
// its exponents give it.                                                docs/accumulate.md (6)
constexpr std::int64_t accumulate_exact(std::int64_t value, bool restart, std::int64_t in,
                                        int shift, int bits) {
  assert(shift >= 0 && shift < bits);
  const auto shifted = static_cast<std::int64_t>(static_cast<std::uint64_t>(in) << shift);
  return accumulate(value, restart, wrap(shifted, bits), bits);
}

}  // namespace rh
