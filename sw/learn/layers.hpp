// The layers of the models, plain structs: forward() keeps what backward() needs, backward() takes
// the derivative of the loss by the output, overwrites the gradients of the layer's parameters and
// returns the derivative by the input.                                  docs/learn.md (1) to (7)
//
// A matrix is a vector, row-major; a row is a sample, or a token. Products go through Step; all
// else is host code in the type Real, the same for every kind of product: float, and double in the
// tests, where slopes are exact enough to judge it. Sums over rows go in ascending order, so
// results do not depend on the number of threads.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "learn/product.hpp"
#include "learn/threads.hpp"
#include "train/network.hpp"

namespace rh::learn {

using train::Rng;

template <class Real>
struct Parameter {
  std::string name;
  std::vector<Real> value;
  std::vector<Real> gradient;
  bool decays = false;  // does weight decay act on it?
};

// A parameter of `size` values uniform within +-bound; nothing is drawn for bound 0.
template <class Real>
Parameter<Real> uniform_parameter(std::string name, std::int64_t size, double bound, bool decays,
                                  Rng& rng);

// What a layer is told of the step it works in.
template <class Real>
struct Step {
  std::int64_t number;
  Product<Real>& product;
  Threads& threads;

  void multiply(int layer, Role role, const ProductShape& shape, const Operand<Real>& a,
                const Operand<Real>& b, std::span<Real> c) const {
    product.multiply({number, layer, role}, shape, a, b, c);
  }
};

// Y = X W + b.                                                                    docs/learn.md (1)
template <class Real>
struct Linear {
  int layer = 0;
  std::int64_t inputs = 0, outputs = 0;
  Parameter<Real> weights;  // inputs x outputs
  Parameter<Real> bias;
  bool input_gradient = true;  // does anybody ask for it?

  // Weights uniform within +-gain sqrt(3 / inputs), which keeps the variance for gain 1.
  Linear(const std::string& name, int layer, std::int64_t inputs, std::int64_t outputs, double gain,
         Rng& rng);
  std::vector<Real> forward(const Step<Real>& step, std::vector<Real> x);
  std::vector<Real> backward(const Step<Real>& step, std::span<const Real> by_output);

  std::vector<Real> input;
};

// y = gain n + shift, n = (x - mean) / sqrt(variance + 1e-5) of a row.            docs/learn.md (2)
template <class Real>
struct LayerNorm {
  std::int64_t width = 0;
  Parameter<Real> gain;
  Parameter<Real> shift;

  LayerNorm(const std::string& name, std::int64_t width, Rng& rng);
  std::vector<Real> forward(const Step<Real>& step, std::span<const Real> x);
  std::vector<Real> backward(const Step<Real>& step, std::span<const Real> by_output);

  std::vector<Real> normal;   // n
  std::vector<Real> inverse;  // 1 / sqrt(variance + 1e-5), of each row
};

// max(x, 0); the slope at 0 is 0.                                                 docs/learn.md (3)
template <class Real>
struct Relu {
  std::vector<Real> forward(const Step<Real>& step, std::vector<Real> x);
  std::vector<Real> backward(const Step<Real>& step, std::vector<Real> by_output);

  std::vector<Real> output;
};

// x Phi(x).                                                                       docs/learn.md (3)
template <class Real>
struct Gelu {
  std::vector<Real> forward(const Step<Real>& step, std::vector<Real> x);
  std::vector<Real> backward(const Step<Real>& step, std::vector<Real> by_output);

  std::vector<Real> slope;
};

// A row of `width` numbers for each byte.                                         docs/learn.md (4)
template <class Real>
struct Embedding {
  std::int64_t width = 0;
  Parameter<Real> table;  // 256 x width

  Embedding(const std::string& name, std::int64_t width, double bound, Rng& rng);
  std::vector<Real> forward(std::span<const std::uint8_t> bytes);
  void backward(std::span<const Real> by_output);

  std::vector<std::uint8_t> input;
};

// Causal attention of `heads` heads over sequences of `tokens` tokens. Its input has the queries,
// keys and values of a token side by side, each of them `width` numbers.          docs/learn.md (5)
template <class Real>
struct Attention {
  int layer = 0;  // of Q K^T; P V is the next one
  std::int64_t heads = 0, tokens = 0, width = 0;

  std::vector<Real> forward(const Step<Real>& step, std::span<const Real> qkv);
  std::vector<Real> backward(const Step<Real>& step, std::span<const Real> by_output);

  std::vector<Real> queries, keys, values;  // sequence, head, token, width / heads
  std::vector<Real> weights;                // P: sequence, head, token, token
};

// Patches of images for a convolution of 3 x 3 pixels: rows of 9 channels numbers.
//                                                                                 docs/learn.md (7)
struct Patches {
  std::int64_t side = 0;      // of the image
  std::int64_t channels = 0;  // of a pixel, the fastest index
  std::int64_t stride = 1;

  std::int64_t output_side() const { return (side - 1) / stride + 1; }
  template <class Real>
  std::vector<Real> forward(std::span<const Real> images) const;
  // Adds up what each pixel has in its patches.
  template <class Real>
  std::vector<Real> backward(std::span<const Real> by_patches) const;
};

// -mean of log p[target] in nats, over rows of logits; `by_logits` becomes its derivative.
//                                                                                 docs/learn.md (6)
template <class Real>
double cross_entropy(const Step<Real>& step, std::span<const Real> logits,
                     std::span<const std::uint8_t> targets, std::vector<Real>& by_logits);

}  // namespace rh::learn
