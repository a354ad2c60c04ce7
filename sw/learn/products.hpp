// What can stand behind a training's products: FP32, BF16, int8, and block formats, the last two in
// the golden model or in an engine that has to equal it.              docs/learn.md (8) to (10)
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/multiplier.hpp"
#include "learn/policy.hpp"
#include "learn/product.hpp"
#include "learn/threads.hpp"
#include "number/number.hpp"

namespace rh::learn {

enum class Arithmetic : std::uint8_t { Fp32 = 0, Bf16 = 1, Int8 = 2, Block = 3 };

constexpr std::string_view name(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::Fp32: return "fp32";
    case Arithmetic::Bf16: return "bf16";
    case Arithmetic::Int8: return "int8";
    case Arithmetic::Block: return "block";
  }
  return "?";
}

// What the products of a training are. The formats, one of each tensor, and the policy are of
// Block; the formats share their group size, and the policy replaces their magnitude bits.
struct Recipe {
  Arithmetic arithmetic = Arithmetic::Fp32;
  Format input = *find_preset("fast4");
  Format weight = *find_preset("fast4");
  Format output_gradient = *find_preset("fast4-sr");
  Policy policy{};
  bool operator==(const Recipe&) const = default;

  const Format& format(Factor factor) const {
    switch (factor) {
      case Factor::Input: return input;
      case Factor::Weight: return weight;
      case Factor::OutputGradient: return output_gradient;
    }
    return input;
  }
};

// The recipes that have a name: fp32, bf16, int8, msfp12, fast2, fast4, fast-by-step,
// fast-by-layer, fast-adaptive; fast2-even and fast4-even, whose gradients round to nearest even.
// The policy's steps and layers are the training's to set. Throws std::invalid_argument with the
// list for another name.
Recipe parse_recipe(std::string_view name);
std::vector<std::string> recipe_names();

struct ProductOptions {
  std::string engine = "golden";         // golden, rtl or netlist; of Int8 and Block
  std::optional<MultiplierShape> shape;  // of Block; else default_multiplier_shape()
  std::uint64_t seed = 0;                // of the noise
  int layers = 1;                        // L of docs/learn.md (9)
};

// The noise of one operand: docs/learn.md (9). `side` 0: the left one.
constexpr std::uint64_t tensor_number(int layers, const Site& site, int side) {
  return 2 +
         6 * (static_cast<std::uint64_t>(site.step) * static_cast<std::uint64_t>(layers) +
              static_cast<std::uint64_t>(site.layer)) +
         2 * static_cast<std::uint64_t>(site.role) + static_cast<std::uint64_t>(side);
}

// `threads` has to live on. Throws EngineError for an engine that is not there, and
// std::invalid_argument for formats without a product.
std::unique_ptr<Product<float>> make_product(const Recipe& recipe, const ProductOptions& options,
                                             Threads& threads);

// x with 8 significand bits, nearest even; a NaN stays one.
float to_bf16(float x);

}  // namespace rh::learn
