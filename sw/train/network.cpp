#include "train/network.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>

namespace rh::train {
namespace {

constexpr std::size_t size(std::int64_t rows, std::int64_t columns) {
  return static_cast<std::size_t>(rows * columns);
}

void fill_uniform(std::span<float> values, float bound, Rng& rng) {
  for (float& value : values) value = bound * (2 * uniform(rng) - 1);
}

Layer make_layer(std::string name, int inputs, int outputs, float gain, Rng& rng) {
  Layer layer{std::move(name), inputs, outputs, std::vector<float>(size(inputs, outputs)),
              std::vector<float>(static_cast<std::size_t>(outputs))};
  fill_uniform(layer.weights, gain * std::sqrt(6.0F / static_cast<float>(inputs)), rng);
  return layer;
}

std::vector<float> embed(const Network& network, std::span<const std::uint8_t> contexts) {
  const auto width = static_cast<std::size_t>(network.shape.embedding);
  std::vector<float> out(contexts.size() * width);
  for (std::size_t i = 0; i < contexts.size(); ++i)
    std::copy_n(network.embedding.begin() + static_cast<std::ptrdiff_t>(contexts[i] * width), width,
                out.begin() + static_cast<std::ptrdiff_t>(i * width));
  return out;
}

// From the input of layer `l` and its product to the input of the next layer, or the logits.
std::vector<float> finish_layer(const Network& network, std::size_t l, std::span<const float> input,
                                std::span<const float> product) {
  const std::vector<float>& bias = network.layers[l].bias;
  const bool last = l + 1 == network.layers.size();
  const bool residual = l > 0 && !last;
  std::vector<float> out(product.size());
  for (std::size_t row = 0; row < product.size(); row += bias.size())
    for (std::size_t j = 0; j < bias.size(); ++j) {
      const float sum = product[row + j] + bias[j];
      const float on = last ? sum : std::max(sum, 0.0F);
      out[row + j] = residual ? input[row + j] + on : on;
    }
  return out;
}

// Turns one row of logits into probabilities; returns the natural logarithm of their sum.
double log_sum(std::span<const float> row) {
  const float largest = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (const float logit : row) sum += std::exp(logit - largest);
  return largest + std::log(sum);
}

// 0 with the given probability, else what keeps the mean. One draw seeds a hash of the element's
// number: a draw an element would cost as much as the products.
void draw_mask(std::span<float> mask, float dropout, Rng& rng) {
  const auto seed = static_cast<std::uint32_t>(rng() >> 32);
  const auto threshold = static_cast<std::uint32_t>(dropout * 0x1p31F);
  const float keep = 1 / (1 - dropout);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    std::uint32_t x = seed + static_cast<std::uint32_t>(i) * 0x9E3779B9U;
    x = (x ^ (x >> 16)) * 0x85EBCA6BU;
    x = (x ^ (x >> 13)) * 0xC2B2AE35U;
    x ^= x >> 16;
    mask[i] = (x >> 1) < threshold ? 0.0F : keep;
  }
}

constexpr double kNatsPerBit = 0.693147180559945309;

}  // namespace

std::vector<float> Layer::columns() const {
  const auto k = static_cast<std::size_t>(inputs);
  const auto n = static_cast<std::size_t>(outputs);
  std::vector<float> lines(k * n);
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t j = 0; j < n; ++j) lines[j * k + i] = weights[i * n + j];
  return lines;
}

std::int64_t Network::parameters() const {
  std::size_t count = embedding.size();
  for (const Layer& layer : layers) count += layer.weights.size() + layer.bias.size();
  return static_cast<std::int64_t>(count);
}

std::int64_t Network::macs_per_character() const {
  std::size_t count = 0;
  for (const Layer& layer : layers) count += layer.weights.size();
  return static_cast<std::int64_t>(count);
}

std::vector<std::span<float>> Network::tensors() {
  std::vector<std::span<float>> all{embedding};
  for (Layer& layer : layers) {
    all.emplace_back(layer.weights);
    all.emplace_back(layer.bias);
  }
  return all;
}

Network make_network(const NetworkShape& shape, Rng& rng) {
  if (shape.context < 1 || shape.embedding < 1 || shape.width < 1 || shape.hidden < 0)
    throw std::invalid_argument("a network needs positive dimensions");
  Network network{shape, std::vector<float>(size(kVocabulary, shape.embedding)), {}};
  fill_uniform(network.embedding, 1, rng);
  network.layers.push_back(
      make_layer("input", shape.context * shape.embedding, shape.width, 1, rng));
  for (int i = 1; i <= shape.hidden; ++i)
    network.layers.push_back(
        make_layer("hidden" + std::to_string(i), shape.width, shape.width, 0.5F, rng));
  network.layers.push_back(make_layer("output", shape.width, kVocabulary, 0.25F, rng));
  return network;
}

Walk::Walk(const Network& network, std::span<const std::uint8_t> contexts)
    : network_(&network),
      rows_(static_cast<std::int64_t>(contexts.size()) / network.shape.context),
      input_(embed(network, contexts)) {}

void Walk::advance(std::span<const float> product) {
  assert(!done() && product.size() == size(rows_, layer().outputs));
  input_ = finish_layer(*network_, layer_, input_, product);
  ++layer_;
}

double bits(std::span<const float> logits, std::span<const std::uint8_t> targets) {
  assert(logits.size() == targets.size() * kVocabulary);
  double nats = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto row = logits.subspan(i * kVocabulary, kVocabulary);
    nats += log_sum(row) - row[targets[i]];
  }
  return nats / kNatsPerBit;
}

double loss_and_gradient(const Network& network, std::span<const std::uint8_t> contexts,
                         std::span<const std::uint8_t> targets, float dropout, Rng& rng,
                         Network& gradient) {
  const std::size_t layers = network.layers.size();
  const auto rows = static_cast<std::int64_t>(targets.size());

  // Forward, keeping what backward needs.
  std::vector<std::vector<float>> inputs(layers);    // of each product, after dropout
  std::vector<std::vector<float>> masks(layers);     // 0 or 1 / (1 - dropout); empty without
  std::vector<std::vector<float>> products(layers);  // bias not yet added
  Walk walk(network, contexts);
  for (std::size_t l = 0; l < layers; ++l) {
    const auto input = walk.input();
    if (dropout > 0) {
      masks[l].resize(input.size());
      draw_mask(masks[l], dropout, rng);
      for (std::size_t i = 0; i < input.size(); ++i) input[i] *= masks[l][i];
    }
    inputs[l].assign(input.begin(), input.end());
    const Layer& layer = network.layers[l];
    products[l].resize(size(rows, layer.outputs));
    multiply(rows, layer.outputs, layer.inputs, inputs[l], layer.weights, products[l]);
    walk.advance(products[l]);
  }

  // The derivative of the mean loss by the logits: (p - 1 at the target) / rows.
  const auto logits = walk.logits();
  const float share = 1.0F / static_cast<float>(rows);
  std::vector<float> delta(logits.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto row = logits.subspan(i * kVocabulary, kVocabulary);
    const auto out = std::span(delta).subspan(i * kVocabulary, kVocabulary);
    const auto norm = static_cast<float>(log_sum(row));
    for (std::size_t j = 0; j < out.size(); ++j) out[j] = share * std::exp(row[j] - norm);
    out[targets[i]] -= share;
  }

  // Backward. `delta` is the derivative by x_(l+1), then by the layer's sum, then by x_l.
  for (std::size_t l = layers; l-- > 0;) {
    const Layer& layer = network.layers[l];
    const bool last = l + 1 == layers;
    const bool residual = l > 0 && !last;
    std::vector<float> by_sum = delta;
    std::vector<float>& by_bias = gradient.layers[l].bias;
    std::fill(by_bias.begin(), by_bias.end(), 0.0F);
    for (std::size_t row = 0; row < by_sum.size(); row += by_bias.size())
      for (std::size_t j = 0; j < by_bias.size(); ++j) {
        const bool on = last || products[l][row + j] + layer.bias[j] > 0;
        by_sum[row + j] = on ? by_sum[row + j] : 0.0F;
        by_bias[j] += by_sum[row + j];
      }
    multiply(layer.inputs, layer.outputs, rows, inputs[l], by_sum, gradient.layers[l].weights,
             true);
    std::vector<float> by_input = residual ? delta : std::vector<float>(inputs[l].size());
    multiply(rows, layer.inputs, layer.outputs, by_sum, layer.weights, by_input, false, true,
             residual);
    for (std::size_t i = 0; i < masks[l].size(); ++i) by_input[i] *= masks[l][i];
    delta = std::move(by_input);
  }
  std::fill(gradient.embedding.begin(), gradient.embedding.end(), 0.0F);
  const auto width = static_cast<std::size_t>(network.shape.embedding);
  for (std::size_t i = 0; i < contexts.size(); ++i)
    for (std::size_t j = 0; j < width; ++j)
      gradient.embedding[contexts[i] * width + j] += delta[i * width + j];

  return bits(logits, targets) / static_cast<double>(rows);
}

}  // namespace rh::train
