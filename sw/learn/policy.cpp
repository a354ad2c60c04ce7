#include "learn/policy.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "convert/convert_bfp_fast.hpp"

namespace rh::learn {

PrecisionSums precision_sums(std::span<const float> values, std::int64_t lines, std::int64_t length,
                             const Format& format) {
  if (!format.is_block() || format.is_minifloat() || format.exponent_bits > 5)
    throw std::invalid_argument(
        "adaptive precision takes blocks of integers with at most 5 exponent bits, the format "
        "has " +
        std::to_string(format.exponent_bits));
  Format fine = format;
  fine.rounding = RoundMode::NearestEven;
  fine.magnitude_bits = kHighBits;
  Format coarse = fine;
  coarse.magnitude_bits = kLowBits;
  const BfpLines high = convert_bfp_fast(values, lines, length, fine);
  const BfpLines low = convert_bfp_fast(values, lines, length, coarse, {high.base});

  // A code of 2 bits is worth 4 of 4 bits in a group of the same exponent.
  PrecisionSums sums;
  const std::int64_t g = format.group_size, groups = high.groups_per_line();
  for (std::int64_t line = 0; line < lines; ++line)
    for (std::int64_t group = 0; group < groups; ++group) {
      const auto at = static_cast<std::size_t>(line * groups + group);
      const int shift_high = high.exponents[at];
      const int shift_low = low.exponents[at] + (kHighBits - kLowBits);
      const std::int64_t first = line * length + group * g;
      const std::int64_t last = std::min(first + g, (line + 1) * length);
      const int least = std::min(shift_high, shift_low);
      std::int64_t difference = 0, magnitude = 0;
      for (std::int64_t i = first; i < last; ++i) {
        const std::int64_t x = high.codes[static_cast<std::size_t>(i)];
        const std::int64_t y = low.codes[static_cast<std::size_t>(i)];
        difference += std::abs((x << (shift_high - least)) - (y << (shift_low - least)));
        magnitude += std::abs(y);
      }
      sums.difference += static_cast<std::uint64_t>(difference) << least;
      sums.magnitude += static_cast<std::uint64_t>(magnitude) << shift_low;
    }
  return sums;
}

}  // namespace rh::learn
