// A character-level network in FP32: what a text's next byte is, from the bytes before it.
//
//   x_0     = the embeddings of the last `context` bytes, side by side     docs/study.md (1)
//   x_1     = relu(x_0 W_0 + b_0)                                                        (2)
//   x_(l+1) = x_l + relu(x_l W_l + b_l)                 l = 1 .. hidden                  (3)
//   logits  = x_L W_L + b_L,  p = softmax(logits)       L = hidden + 1                   (4)
//
// Every layer is one matrix product, and the product is an argument: OpenBLAS here, an engine in
// evaluate.hpp. What is not a product (look-up, bias, relu, sum, softmax) is host code in FP32, the
// same for all. Not normative: nothing of the contract depends on this folder.
#pragma once
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "train/blas.hpp"

namespace rh::train {

inline constexpr int kVocabulary = 256;  // bytes

struct NetworkShape {
  int context = 8;
  int embedding = 32;
  int width = 256;
  int hidden = 2;  // residual layers between the first and the last
  bool operator==(const NetworkShape&) const = default;
};

struct Layer {
  std::string name;
  int inputs = 0;              // K of the product
  int outputs = 0;             // N
  std::vector<float> weights;  // inputs x outputs, row-major
  std::vector<float> bias;

  // The weights as `outputs` lines of length `inputs`, along K: a column of B is a line.
  std::vector<float> columns() const;
};

struct Network {
  NetworkShape shape;
  std::vector<float> embedding;  // kVocabulary x shape.embedding
  std::vector<Layer> layers;

  std::int64_t parameters() const;
  std::int64_t macs_per_character() const;
  // Every parameter, in one fixed order: the embedding, then each layer's weights and bias.
  std::vector<std::span<float>> tensors();
};

using Rng = std::mt19937_64;

// Uniform in [0, 1), the same on every standard library.
inline float uniform(Rng& rng) {
  return static_cast<float>(rng() >> 40) * 0x1p-24F;
}

// Weights uniform within +-sqrt(6 / inputs) (half of it in the residual layers, a quarter in the
// last), biases 0. Throws std::invalid_argument when a dimension is not positive.
Network make_network(const NetworkShape& shape, Rng& rng);

// One batch on its way through the network. For each layer in turn: multiply input() by the
// layer's weights by whatever means, and give the product to advance().
class Walk {
 public:
  // `contexts`: rows x shape.context bytes.
  Walk(const Network& network, std::span<const std::uint8_t> contexts);

  std::int64_t rows() const { return rows_; }
  bool done() const { return layer_ == network_->layers.size(); }
  const Layer& layer() const { return network_->layers[layer_]; }
  std::span<float> input() { return input_; }               // rows x layer().inputs
  std::span<const float> logits() const { return input_; }  // rows x kVocabulary, when done()
  void advance(std::span<const float> product);             // rows x layer().outputs

 private:
  const Network* network_;
  std::int64_t rows_;
  std::size_t layer_ = 0;
  std::vector<float> input_;
};

// -log2 of the probability that each row of logits gives to its target, summed in double.
double bits(std::span<const float> logits, std::span<const std::uint8_t> targets);

// The mean loss in bits per character over one batch; `gradient` (of the shape of the network)
// becomes the derivative of that loss in nats. `dropout` of the input of each layer is set to zero
// and the rest scaled up; which, is drawn from rng.
double loss_and_gradient(const Network& network, std::span<const std::uint8_t> contexts,
                         std::span<const std::uint8_t> targets, float dropout, Rng& rng,
                         Network& gradient);

}  // namespace rh::train
