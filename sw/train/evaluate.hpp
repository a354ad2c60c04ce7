// How well a network predicts a text, with its products in FP32 and in engines, side by side.
//
// All of them walk the text together, batch by batch and layer by layer, each with its own
// activations: an engine quantises what it computed itself. Activations are quantised per row (one
// scale a character), weights per column, once. Equations: docs/study.md (5), (6).
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.hpp"
#include "train/network.hpp"

namespace rh::train {

// Elements of two engines that were compared, bit for bit, and how many of them differ.
struct Compared {
  std::uint64_t codes = 0;
  std::uint64_t scales = 0;
  std::uint64_t results = 0;
  std::uint64_t mismatches = 0;

  std::uint64_t elements() const { return codes + scales + results; }
  Compared& operator+=(const Compared& other);
  bool operator==(const Compared&) const = default;
};

// One layer in one engine, over the whole text.
struct LayerResult {
  double sqnr_db = 0;   // its products against FP32 products of the same inputs
  double drift_db = 0;  // its products against the layer of the network that is FP32 all along
  EngineStats work;     // activations and products; the weights' conversion is not in it
  Compared compared;    // with the first engine; nothing in the first engine itself
};

struct EngineResult {
  std::string name;
  ArrayShape shape;
  double bits_per_character = 0;
  double seconds = 0;  // in the engine: weights, activations, products
  std::vector<LayerResult> layers;
  EngineStats work;   // all of it, the weights' conversion included
  Compared compared;  // likewise
};

// The first difference in the walk. Up to it both engines had the same inputs, so the product of
// these two tensors shows it again.
struct Mismatch {
  std::string engine;
  std::string what;  // code of a weight, scale of an activation, result, ...
  std::string layer;
  std::int64_t row = 0;     // of the batch, or of the weights (K)
  std::int64_t column = 0;  // of the result or the weights (N), or of the activations (K)
  std::string want;
  std::string got;
  std::int64_t rows = 0;
  std::vector<float> activations;  // rows x K; one row of ones when the weights differ
  std::vector<float> weights;      // K x N
};

struct Evaluation {
  std::size_t characters = 0;
  std::uint64_t macs = 0;  // of each engine
  double fp32_bits_per_character = 0;
  double fp32_seconds = 0;  // in its products
  std::vector<EngineResult> engines;
  std::optional<Mismatch> first;

  Compared compared() const;  // of all engines
};

// Called with the MACs done in all engines together, and those in all.
using EvaluateProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// `engines`: any number; the first is what the others must equal. Differences are counted and the
// walk goes on.
Evaluation evaluate(const Network& network, std::string_view text, std::span<Engine* const> engines,
                    std::int64_t batch = 1024, const EvaluateProgress& progress = {});

// 1.5 (0x3FC00000)
std::string fp32_text(std::uint32_t bits);

// 10 log10(sum want^2 / sum (want - got)^2), kept as the two sums.              docs/study.md (7)
class Sqnr {
 public:
  void add(std::span<const float> want, std::span<const float> got);
  double db() const;  // infinity when nothing differs

 private:
  double signal_ = 0;
  double noise_ = 0;
};

}  // namespace rh::train
