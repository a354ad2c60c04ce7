// Golden model of rtl/precision/rh_precision.sv, written from docs/contract.md (38) to (44), not
// from the RTL: would a tensor do with fewer bits a code? Exact integers and one product a side.
#pragma once
#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "convert/convert_bfp.hpp"
#include "normalize/normalize.hpp"

namespace rh {

// What a unit is built with; the names of the parameters of rh_precision. docs/precision.md
struct PrecisionUnit {
  int lanes = 16;          // values of a group, 1 .. 64
  int magnitude_bits = 4;  // of a code, 2 .. 8
  int drop = 2;            // D: low bits that the coarse code lacks, 1 .. magnitude_bits - 1
  int exponent_bits = 4;   // 1 .. 8
  int window = 15;         // W: binades in which the sums are exact, 1 .. 2^exponent_bits - 1
  int groups_bits = 20;    // 2^groups_bits groups fit whatever they hold
  int threshold_bits = 16;
  int fraction_bits = 12;  // f: of the threshold, drop .. drop + threshold_bits

  constexpr int sum_bits() const {
    const int wider = std::max(drop, magnitude_bits - drop);
    return bit_width(static_cast<Uint128>(lanes * ((1 << wider) - 1)));
  }
  // w, 96 at most.                                                           docs/contract.md (43)
  constexpr int acc_bits() const { return sum_bits() + window + groups_bits; }
  bool operator==(const PrecisionUnit&) const = default;
};

// What is known of a tensor after some of its groups.
struct PrecisionSums {
  Uint128 numerator = 0;    // in units of 2^exponent, modulo 2^acc_bits
  Uint128 denominator = 0;  // the same
  int exponent = 0;         // of the unit
  bool nan = false;         // a group was NaN
  bool overflow = false;    // a sum has reached 2^acc_bits
  bool inexact = false;     // a group that counts lies below the unit
  bool operator==(const PrecisionSums&) const = default;
};

// floor(x 2^n); x 2^n below 2^128.
constexpr Uint128 scaled(Uint128 x, int n) {
  if (n >= 0) return x << n;
  return n > -128 ? x >> -n : 0;
}

// The running sums of one tensor.
class Precision {
 public:
  explicit constexpr Precision(const PrecisionUnit& unit) : unit_(unit) {}

  // One group, in the order of the tensor. Signs of codes do not matter; a NaN group and one of
  // zeros have no exponent that would count.                 docs/contract.md (38), (40), (41)
  constexpr void add(std::span<const std::int16_t> codes, int exponent, bool nan) {
    assert(exponent >= 0 && exponent < (1 << unit_.exponent_bits));
    sums_.nan = sums_.nan || nan;
    if (nan) return;
    Uint128 low = 0, high = 0;
    for (const std::int16_t code : codes) {
      const unsigned magnitude = static_cast<unsigned>(code < 0 ? -code : code);
      assert(magnitude < 1u << unit_.magnitude_bits);
      low += magnitude % (1u << unit_.drop);
      high += magnitude / (1u << unit_.drop);
    }
    if (low == 0 && high == 0) return;
    lowest_ = std::min(lowest_.value_or(exponent), exponent);
    const int unit = std::max(sums_.exponent, exponent - unit_.window);
    add_to(sums_.numerator, sums_.exponent - unit, scaled(low, exponent - unit));
    add_to(sums_.denominator, sums_.exponent - unit, scaled(high, exponent - unit));
    sums_.exponent = unit;
    sums_.inexact = *lowest_ < unit;
  }

  // The groups of another part of the tensor, by their sums. The window has to hold all exponents:
  // nothing is lost then, and parts may come in any order.                docs/contract.md (41)
  constexpr void join(const PrecisionSums& part) {
    assert(unit_.window == (1 << unit_.exponent_bits) - 1 && part.exponent == 0);
    sums_.nan = sums_.nan || part.nan;
    sums_.overflow = sums_.overflow || part.overflow;
    add_to(sums_.numerator, 0, part.numerator);
    add_to(sums_.denominator, 0, part.denominator);
  }

  constexpr const PrecisionSums& sums() const { return sums_; }

  // Are all bits needed? True unless r(X) < threshold 2^-fraction_bits.      docs/contract.md (42)
  constexpr bool fine(std::uint32_t threshold) const {
    assert(threshold < 1u << unit_.threshold_bits);
    const Uint128 left = sums_.numerator << unit_.fraction_bits;
    const Uint128 right = threshold * (sums_.denominator << unit_.drop);
    return sums_.nan || sums_.overflow || !(left < right);
  }

 private:
  constexpr void add_to(Uint128& sum, int rise, Uint128 addend) {
    sum = scaled(sum, rise) + addend;
    const Uint128 limit = Uint128{1} << unit_.acc_bits();
    sums_.overflow = sums_.overflow || sum >= limit;
    sum %= limit;
  }

  PrecisionUnit unit_;
  PrecisionSums sums_;
  std::optional<int> lowest_;  // exponent of a group that counts
};

// The groups of a converted tensor, line after line: integer codes of magnitude_bits at most.
inline Precision precision_of(const PrecisionUnit& unit, const BfpLines& tensor) {
  Precision precision(unit);
  const std::int64_t per_line = tensor.groups_per_line();
  for (std::int64_t group = 0; group < tensor.lines * per_line; ++group) {
    const std::int64_t first = group % per_line * tensor.group_size;
    const std::int64_t count = std::min<std::int64_t>(tensor.group_size, tensor.length - first);
    const std::int64_t at = group / per_line * tensor.length + first;
    const auto g = static_cast<std::size_t>(group);
    precision.add(std::span(tensor.codes)
                      .subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(count)),
                  tensor.exponents[g], (tensor.flags[g] & kNanGroup) != 0);
  }
  return precision;
}

// The line that a threshold falls along, FAST's eps(l, i), in units of 2^-fraction_bits:
//   floor(alpha - beta i / I - beta l / L), limited to 0 .. 2^threshold_bits - 1
//   0 <= iteration <= iterations < 2^31, 0 <= layer <= layers < 2^31, layers and iterations > 0,
//   |alpha|, |beta| < 2^31                                                  docs/contract.md (44)
constexpr std::uint32_t precision_threshold(const PrecisionUnit& unit, std::int64_t alpha,
                                            std::int64_t beta, std::int64_t iteration,
                                            std::int64_t iterations, std::int64_t layer,
                                            std::int64_t layers) {
  assert(0 <= iteration && iteration <= iterations && iterations > 0);
  assert(0 <= layer && layer <= layers && layers > 0);
  const Int128 whole = Int128{iterations} * layers;
  const Int128 gone = Int128{iteration} * layers + Int128{layer} * iterations;
  const Int128 value = alpha * whole - beta * gone;  // times 1 / whole
  const Int128 largest = (Int128{1} << unit.threshold_bits) - 1;
  if (value <= 0) return 0;
  return static_cast<std::uint32_t>(std::min(value / whole, largest));
}

}  // namespace rh
