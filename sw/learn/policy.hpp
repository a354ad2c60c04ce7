// How many bits a tensor has in the products of a training: a pure function of the tensor, its
// layer and the step.                                               docs/learn.md (11) to (13)
#pragma once
#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>

#include "convert/convert_bfp.hpp"

namespace rh::learn {

enum class PolicyKind : std::uint8_t { Fixed = 0, ByStep = 1, ByLayer = 2, Adaptive = 3 };

constexpr std::string_view name(PolicyKind kind) {
  switch (kind) {
    case PolicyKind::Fixed: return "fixed";
    case PolicyKind::ByStep: return "by-step";
    case PolicyKind::ByLayer: return "by-layer";
    case PolicyKind::Adaptive: return "adaptive";
  }
  return "?";
}

inline constexpr int kLowBits = 2, kHighBits = 4;

// Both sums of r(X), in units of the lowest bit of a code of 4 bits in a group with e = 0.
struct PrecisionSums {
  std::uint64_t difference = 0;  // sum |BFP(X, 4) - BFP(X, 2)|
  std::uint64_t magnitude = 0;   // sum |BFP(X, 2)|
  bool operator==(const PrecisionSums&) const = default;
};

// The sums over `values`, `lines` lines of `length`, in groups of `format` but with 4 and 2 bits to
// nearest even. Needs integer elements and at most 5 exponent bits, so that 2^28 values fit.
//                                                                            docs/learn.md (11)
PrecisionSums precision_sums(std::span<const float> values, std::int64_t lines, std::int64_t length,
                             const Format& format);

// epsilon in units of 2^-16, 0 where it is negative.                 docs/learn.md (12), (13)
inline constexpr int kThresholdBits = 16;
inline std::uint32_t threshold(double epsilon) {
  const double units = std::nearbyint(std::ldexp(epsilon, kThresholdBits));
  return static_cast<std::uint32_t>(std::clamp(units, 0.0, 0x1p32 - 1));
}

// difference < threshold 2^-16 magnitude, exactly.                            docs/learn.md (13)
constexpr bool low_bits_suffice(const PrecisionSums& sums, std::uint32_t threshold) {
  __extension__ typedef unsigned __int128 Uint128;
  return Uint128{sums.difference} << kThresholdBits < Uint128{sums.magnitude} * threshold;
}

struct Policy {
  PolicyKind kind = PolicyKind::Fixed;
  double alpha = 0.6;  // of Adaptive
  double beta = 0.3;
  std::int64_t steps = 1;  // I
  int layers = 1;          // L
  bool operator==(const Policy&) const = default;

  double epsilon(int layer, std::int64_t step) const {
    return alpha - beta * static_cast<double>(step) / static_cast<double>(steps) -
           beta * static_cast<double>(layer) / static_cast<double>(layers);
  }

  // The bits of a tensor of `layer` at `step`; `own` are those of its format, which Fixed keeps;
  // `sums` is called for its PrecisionSums if they decide.
  template <class Sums>
  int choose(int layer, std::int64_t step, int own, const Sums& sums) const {
    switch (kind) {
      case PolicyKind::Fixed: return own;
      case PolicyKind::ByStep: return 2 * step < steps ? kLowBits : kHighBits;
      case PolicyKind::ByLayer: return 2 * layer < layers ? kLowBits : kHighBits;
      case PolicyKind::Adaptive:
        return low_bits_suffice(sums(), threshold(epsilon(layer, step))) ? kLowBits : kHighBits;
    }
    return own;
  }
};

}  // namespace rh::learn
