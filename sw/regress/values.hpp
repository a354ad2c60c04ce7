// Values for a regression case: kinds of numbers that find faults.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "regress/draw.hpp"

namespace rh::regress {

enum class Values : std::uint8_t {
  Normal,
  Zeros,       // of either sign
  Sparse,      // zeros and a few numbers
  Subnormals,  // and the smallest normal numbers
  Specials,    // NaN and infinities among numbers
  Ties,        // half units under a known largest value
  OneHuge,     // one value far above the others
  AnyBits,     // every bit pattern
  Wide,        // exponents over the whole range
  PowersOfTwo,
  NearMax,  // around the largest code and the largest finite number
  Mixed,    // each line has a kind of its own
};
inline constexpr int kValueKinds = 12;
std::string_view name(Values kind);

// `lines` lines of `length` values, line-major.
std::vector<float> draw_values(Draw& draw, Values kind, std::int64_t lines, std::int64_t length);

}  // namespace rh::regress
