// How well a network predicts a text with its products in block formats, and whether the RTL gives
// the same.
//
// For each format the golden model walks the whole text: activations are converted per row, each
// batch a tensor of its own, weights per column, once; results feed the next layer. Beside it the
// engines that are to equal it walk the first characters, each on what it computed itself.
// Equations: docs/study.md (9) to (12).
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/converter.hpp"
#include "engine/multiplier.hpp"
#include "train/network.hpp"

namespace rh::train {

// The tensor's number for its noise: 2 + turn * layers + layer, turn 0 being the weights and turn
// 1 + b batch b of the activations.                                             docs/study.md (9)
constexpr std::uint64_t tensor_number(std::size_t layers, std::size_t layer, std::size_t turn) {
  return 2 + turn * layers + layer;
}

// The seed whose tensor 0 has the noise that tensor `tensor` has with `seed`: it makes `roundhouse
// compare X.npy` convert as the study did.
std::uint64_t seed_of_tensor(std::uint64_t seed, std::uint64_t tensor);

// Cycles of an m x k by k x n product, first tile in to last result out.       docs/study.md (11)
std::uint64_t product_cycles(const MultiplierShape& shape, const Format& format, std::int64_t m,
                             std::int64_t n, std::int64_t k);

// A format of both operands, and the arrays on which its products are counted. They accumulate
// alike: exact sums do not depend on the array, FP32 sums on its chunks.
struct BlockProduct {
  Format format;
  std::vector<MultiplierShape> arrays;
};

// What is compared with the golden model for one format: a converter, and a multiplier for each
// array. The results of the first feed its next layer.
struct BlockEngines {
  Converter* converter = nullptr;  // null: nothing is compared
  std::vector<Multiplier*> multipliers;
};

// The products of one format on one array.
struct ArrayResult {
  MultiplierShape shape;
  int passes = 1;
  std::uint64_t cycles = 0;  // of the whole text, by the formula
  double utilization = 0;

  // What the engine did, on the characters that were compared.
  std::uint64_t simulated_macs = 0;
  std::uint64_t simulated_cycles = 0;
  double simulated_seconds = 0;
  std::uint64_t results = 0;  // compared, bit for bit
  std::uint64_t cycle_counts = 0;
  std::uint64_t mismatches = 0;

  std::uint64_t compared() const { return results + cycle_counts; }
};

struct ProductResult {
  Format format;
  double bits_per_character = 0;
  std::vector<double> sqnr_db;  // of each layer: its products against FP32 ones of the same inputs
  double golden_seconds = 0;
  std::vector<ArrayResult> arrays;

  // Of the conversions, compared.
  std::uint64_t codes = 0;
  std::uint64_t exponents = 0;
  std::uint64_t flags = 0;
  std::uint64_t converter_mismatches = 0;

  double mean_sqnr_db() const;  // over the layers
  std::uint64_t converted() const { return codes + exponents + flags; }
  std::uint64_t compared() const;
  std::uint64_t mismatches() const;
};

// The first difference in the walks. The tensors here show it again: they are what was converted,
// or, where results differ, the operands' values, which convert to the same codes in every mode.
struct ProductMismatch {
  Format format;
  std::string engine;
  std::string what;  // code of a weight, flags of an activation, result, ...
  std::string layer;
  std::int64_t line = 0;    // of the tensor, or row of the result
  std::int64_t column = 0;  // place in the line; the group for exponents and flags
  std::string want;
  std::string got;
  std::optional<MultiplierShape> shape;  // of a product; none: of a conversion
  std::uint64_t seed = 0;                // of a conversion: with it the tensor is tensor 0
  std::int64_t lines = 0;
  std::int64_t length = 0;
  std::vector<float> values;   // lines x length: what was converted, or the left operand
  std::vector<float> weights;  // of a product: length x columns
};

struct ProductStudy {
  std::size_t characters = 0;
  std::size_t compared_characters = 0;
  std::vector<ProductResult> products;
  std::optional<ProductMismatch> first;

  std::uint64_t compared() const;
  std::uint64_t mismatches() const;
};

struct ProductOptions {
  std::uint64_t seed = 0;
  std::int64_t batch = 1024;
  std::int64_t compared_characters = 1024;  // rounded up to whole batches; 0: all
};

// Called with the characters done, those in all and the format at work.
using ProductProgress =
    std::function<void(std::uint64_t done, std::uint64_t total, const Format& format)>;

// `engines` has an entry for each product. Differences are counted and the walk goes on.
ProductStudy study_products(const Network& network, std::string_view text,
                            std::span<const BlockProduct> products,
                            std::span<const BlockEngines> engines,
                            const ProductOptions& options = {},
                            const ProductProgress& progress = {});

}  // namespace rh::train
