// Golden model of rtl/mac/rh_mac.sv, written from docs/mac.md, not from the RTL.
#pragma once
#include <cstdint>
#include <span>

#include "accumulate/accumulate.hpp"
#include "dot/dot.hpp"

namespace rh {

// The value of a cell after one clock with these operands.                        docs/mac.md (1)
constexpr std::int64_t mac(std::int64_t value, bool restart, std::span<const std::int8_t> a,
                           std::span<const std::int8_t> b, int bits = 32) {
  return accumulate(value, restart, dot(a, b), bits);
}

}  // namespace rh
