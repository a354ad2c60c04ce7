// What each block format costs the tensors of a network, and whether engines agree on it.
//
// Every preset converts the weights of every layer (a line is a column, along K) and what goes into
// the layer when the network, in FP32 throughout, reads a text (a line is a character).
// Equations: docs/study.md (8).
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/converter.hpp"
#include "train/network.hpp"

namespace rh::train {

struct StudyTensor {
  std::string layer;
  bool weights = false;  // else activations
  std::int64_t lines = 0;
  std::int64_t length = 0;
  std::vector<float> values;  // line-major
};

// Weights and activations of each layer, in the order of the layers.
std::vector<StudyTensor> study_tensors(const Network& network, std::string_view text,
                                       std::int64_t batch = 1024);

// One tensor in one format.
struct ConvertedTensor {
  double sqnr_db = 0;  // of the dequantised values; infinity when nothing differs
  int base = 0;
  std::int64_t groups = 0;
  std::int64_t saturated_groups = 0;
  std::int64_t underflowed_groups = 0;
  std::int64_t bumped_groups = 0;
  std::uint64_t compared = 0;  // codes, exponents and flags, in all engines but the first
  std::uint64_t mismatches = 0;
};

struct ConvertedFormat {
  Format format;
  std::vector<ConvertedTensor> tensors;  // as they are in study_tensors()
  std::vector<ConverterStats> work;      // of each engine

  double mean_sqnr_db(std::span<const StudyTensor> of, bool weights) const;  // over the layers
  std::uint64_t compared() const;
  std::uint64_t mismatches() const;
};

// The first tensor on which engines differ: `compare` of it shows where.
struct ConversionMismatch {
  Format format;
  std::string engine;
  std::size_t tensor = 0;
};

struct ConversionStudy {
  std::vector<ConvertedFormat> formats;
  std::optional<ConversionMismatch> first;

  std::uint64_t compared() const;
  std::uint64_t mismatches() const;
};

// Called with the conversions done (of a tensor in a format, by all engines), and those in all.
using ConversionProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// The converters of one format; the first is what the others must equal.
using Converters = std::vector<std::unique_ptr<Converter>>;

// Converts every tensor to every format with seed `seed`, as `roundhouse convert` does. `engines`
// has the converters of each format.
ConversionStudy convert_tensors(std::span<const StudyTensor> tensors,
                                std::span<const Format> formats,
                                std::span<const Converters> engines, std::uint64_t seed,
                                const ConversionProgress& progress = {});

}  // namespace rh::train
