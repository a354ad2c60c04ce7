// Tensors worth trying, for the test and the laws.
#pragma once
#include <array>
#include <cstring>
#include <ostream>
#include <random>
#include <vector>

#include "precision/precision.hpp"

namespace rh::precision_cases {

struct Group {
  std::vector<std::int16_t> codes;
  int exponent = 0;
  bool nan = false;
};

struct Tensor {
  std::vector<Group> groups;
  std::uint32_t threshold = 0;
};

inline int below(std::mt19937_64& rng, int limit) {
  return static_cast<int>(rng() % static_cast<std::uint64_t>(limit));
}

// The groups of one lane that differ for the unit: every magnitude with every exponent, and a NaN
// with what would count most.
inline std::vector<Group> every_group(const PrecisionUnit& unit) {
  std::vector<Group> groups;
  for (int exponent = 0; exponent < 1 << unit.exponent_bits; ++exponent)
    for (int code = 0; code < 1 << unit.magnitude_bits; ++code)
      groups.push_back({{static_cast<std::int16_t>(code)}, exponent, false});
  groups.push_back(groups.back());
  groups.back().nan = true;
  return groups;
}

// Codes of one kind a group: zeros, the largest, few bits, below the cut, multiples of it, any.
inline Group random_group(const PrecisionUnit& unit, int low, int high, std::mt19937_64& rng) {
  const int codes = 1 << unit.magnitude_bits;
  const int cut = 1 << unit.drop;
  Group group{std::vector<std::int16_t>(static_cast<std::size_t>(unit.lanes)),
              low + below(rng, high - low + 1), below(rng, 64) == 0};
  const int kind = below(rng, 8);
  const int few = 1 + below(rng, codes);
  for (std::int16_t& code : group.codes) {
    int magnitude = 0;
    switch (kind) {
      case 0: break;
      case 1: magnitude = codes - 1; break;
      case 2: magnitude = below(rng, cut); break;
      case 3: magnitude = below(rng, codes / cut) * cut; break;
      case 4: magnitude = below(rng, 4) == 0 ? below(rng, codes) : 0; break;
      case 5: magnitude = below(rng, few); break;
      default: magnitude = below(rng, codes);
    }
    code = static_cast<std::int16_t>(below(rng, 2) == 0 ? magnitude : -magnitude);
  }
  return group;
}

// Groups of exponents anywhere, around one place, in a window's width of it, or rising or falling.
inline Tensor random_tensor(const PrecisionUnit& unit, int most, std::mt19937_64& rng) {
  const int top = (1 << unit.exponent_bits) - 1;
  const int groups = 1 + below(rng, most);
  const int place = below(rng, top + 1);
  const int slope = 1 + below(rng, 2 * unit.window);
  const int kind = below(rng, 5);
  const bool with_nan = below(rng, 8) == 0;
  Tensor tensor;
  for (int i = 0; i < groups; ++i) {
    const auto in = [&](int low, int high) {
      Group group = random_group(unit, std::clamp(low, 0, top), std::clamp(high, 0, top), rng);
      group.nan = group.nan && with_nan;
      return group;
    };
    switch (kind) {
      case 0: tensor.groups.push_back(in(0, top)); break;
      case 1: tensor.groups.push_back(in(place, place + 3)); break;
      case 2: tensor.groups.push_back(in(place, place + unit.window)); break;
      case 3: tensor.groups.push_back(in(i * slope, i * slope + 2)); break;
      default: tensor.groups.push_back(in(top - i * slope, top - i * slope + 2));
    }
  }
  return tensor;
}

inline Precision golden(const PrecisionUnit& unit, const Tensor& tensor) {
  Precision precision(unit);
  for (const Group& group : tensor.groups) precision.add(group.codes, group.exponent, group.nan);
  return precision;
}

// Thresholds at which the decision on these sums turns, their neighbours, both ends and any.
inline std::vector<std::uint32_t> thresholds(const PrecisionUnit& unit, const PrecisionSums& sums,
                                             std::mt19937_64& rng) {
  const std::uint32_t all = (1u << unit.threshold_bits) - 1;
  std::vector<std::uint32_t> found{0, all, static_cast<std::uint32_t>(rng()) & all};
  if (sums.denominator == 0) return found;
  const Uint128 turn = (sums.numerator << (unit.fraction_bits - unit.drop)) / sums.denominator;
  for (const Uint128 t : {turn, turn + 1, turn + 2})
    if (t <= all) found.push_back(static_cast<std::uint32_t>(t));
  if (turn > 0 && turn <= all) found.push_back(static_cast<std::uint32_t>(turn - 1));
  return found;
}

inline std::uint64_t low_word(Uint128 x) {
  return static_cast<std::uint64_t>(x);
}
inline std::uint64_t high_word(Uint128 x) {
  return static_cast<std::uint64_t>(x >> 64);
}

// What leaves the unit, and what the golden model says of it.
struct Result {
  bool fine = false;
  PrecisionSums sums;
  bool operator==(const Result&) const = default;
  friend std::ostream& operator<<(std::ostream& os, const Result& r) {
    return os << (r.fine ? "fine" : "coarse") << std::hex << " 0x" << high_word(r.sums.numerator)
              << " " << low_word(r.sums.numerator) << " / 0x" << high_word(r.sums.denominator)
              << " " << low_word(r.sums.denominator) << std::dec << " unit 2^" << r.sums.exponent
              << " nan " << r.sums.nan << " overflow " << r.sums.overflow << " inexact "
              << r.sums.inexact;
  }
};

// The number at a port of up to 128 bits.
template <class Port>
Uint128 number(const Port& port) {
  static_assert(sizeof(port) <= sizeof(Uint128));
  Uint128 value = 0;
  std::memcpy(&value, &port, sizeof(port));
  return value;
}

inline void print(std::ostream& os, const PrecisionUnit& unit, const Tensor& tensor) {
  os << "unit of " << unit.lanes << " x " << unit.magnitude_bits << " - " << unit.drop
     << " bits, E " << unit.exponent_bits << " W " << unit.window << " threshold "
     << tensor.threshold << " groups";
  for (const Group& group : tensor.groups) {
    os << (group.nan ? " nan:" : " ") << group.exponent << "(";
    for (const std::int16_t code : group.codes) os << " " << code;
    os << " )";
  }
}

}  // namespace rh::precision_cases
