// How many bits a tensor has in the products of a training: a pure function of the tensor, its
// layer and the step.                                               docs/learn.md (11) to (13)
#pragma once
#include <cmath>
#include <cstdint>
#include <string_view>

#include "precision/precision.hpp"

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

struct Policy {
  PolicyKind kind = PolicyKind::Fixed;
  double alpha = 0.7;  // of Adaptive
  double beta = 0.2;
  std::int64_t steps = 1;  // I
  int layers = 1;          // L
  bool operator==(const Policy&) const = default;

  // epsilon(l, i) as `unit` takes it, alpha and beta rounded to its units first.
  //                                                                docs/learn.md (12), (13)
  std::uint32_t threshold(const PrecisionUnit& unit, int layer, std::int64_t step) const {
    const auto units = [&](double x) { return std::llround(std::ldexp(x, unit.fraction_bits)); };
    return precision_threshold(unit, units(alpha), units(beta), step, steps, layer, layers);
  }

  // The bits of a tensor of `layer` at `step`; `own` are those of its format, which Fixed keeps;
  // `fine` is called for the decision of the unit precision if that decides: all of 4 bits needed?
  template <class Fine>
  int choose(int layer, std::int64_t step, int own, const Fine& fine) const {
    switch (kind) {
      case PolicyKind::Fixed: return own;
      case PolicyKind::ByStep: return 2 * step < steps ? kLowBits : kHighBits;
      case PolicyKind::ByLayer: return 2 * layer < layers ? kLowBits : kHighBits;
      case PolicyKind::Adaptive: return fine() ? kHighBits : kLowBits;
    }
    return own;
  }
};

}  // namespace rh::learn
