// TEST RATIONALE. The network against two independent definitions: its forward pass against plain
// loops in double (docs/study.md (1) to (4)), its gradient against finite differences of its own
// loss, for every tensor, with and without residual layers and dropout (the same seed draws the
// same mask). Products of small integers are exact in FP32, so the transposition flags are compared
// without tolerance; the rest is FP32 and has one, far below what a mutant moves.
// Mutants this kills: a lost residual path (forward or backward), a lost bias, relu in the last
// layer, a mask not applied backwards, embedding gradients overwritten instead of added.
#include "train/network.hpp"

#include <algorithm>
#include <cmath>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "train/close.hpp"

namespace rh::train {
namespace {

std::vector<std::uint8_t> random_bytes(std::size_t count, int distinct, Rng& rng) {
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& byte : bytes)
    byte = static_cast<std::uint8_t>(rng() % static_cast<unsigned>(distinct));
  return bytes;
}

// Biases are 0 at the start: give them values, so that a lost one is seen.
Network random_network(const NetworkShape& shape, Rng& rng) {
  Network network = make_network(shape, rng);
  for (Layer& layer : network.layers)
    for (float& bias : layer.bias) bias = uniform(rng) - 0.5F;
  return network;
}

std::vector<double> plain_forward(const Network& network, const std::uint8_t* context) {
  std::vector<double> x;
  for (int i = 0; i < network.shape.context; ++i)
    for (int j = 0; j < network.shape.embedding; ++j)
      x.push_back(
          network.embedding[static_cast<std::size_t>(context[i] * network.shape.embedding + j)]);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[l];
    std::vector<double> y(static_cast<std::size_t>(layer.outputs));
    for (std::size_t n = 0; n < y.size(); ++n) {
      y[n] = layer.bias[n];
      for (std::size_t k = 0; k < x.size(); ++k) y[n] += x[k] * layer.weights[k * y.size() + n];
      if (l + 1 < network.layers.size()) y[n] = std::max(y[n], 0.0);
      if (l > 0 && l + 1 < network.layers.size()) y[n] += x[n];
    }
    x = y;
  }
  return x;
}

std::vector<float> logits_of(const Network& network, std::span<const std::uint8_t> contexts) {
  Walk walk(network, contexts);
  while (!walk.done()) {
    const Layer& layer = walk.layer();
    std::vector<float> product(static_cast<std::size_t>(walk.rows() * layer.outputs));
    multiply(walk.rows(), layer.outputs, layer.inputs, walk.input(), layer.weights, product);
    walk.advance(product);
  }
  return {walk.logits().begin(), walk.logits().end()};
}

TEST_CASE("train: a product is what its flags say", "[train][network][exhaustive]") {
  bench::Checker checker;
  auto rng = bench::rng();
  constexpr std::size_t kM = 3, kN = 5, kK = 4;
  std::vector<float> a(kM * kK), b(kK * kN), start(kM * kN);
  for (auto* values : {&a, &b, &start})
    for (float& value : *values) value = static_cast<float>(rng() % 17) - 8;
  for (const bool a_transposed : {false, true})
    for (const bool b_transposed : {false, true})
      for (const bool add : {false, true}) {
        std::vector<float> c = start;
        multiply(kM, kN, kK, a, b, c, a_transposed, b_transposed, add);
        for (std::size_t i = 0; i < kM; ++i)
          for (std::size_t j = 0; j < kN; ++j) {
            float want = add ? start[i * kN + j] : 0;
            for (std::size_t k = 0; k < kK; ++k)
              want += (a_transposed ? a[k * kM + i] : a[i * kK + k]) *
                      (b_transposed ? b[j * kK + k] : b[k * kN + j]);
            checker.equal(want, c[i * kN + j],
                          [&](std::ostream& os) { os << i << "," << j << " add " << add; });
          }
      }
  checker.finish(8 * kM * kN);
}

TEST_CASE("train: the network is its equations", "[train][network][law]") {
  Rng rng = bench::rng();
  for (const int hidden : {0, 1, 3}) {
    const NetworkShape shape{4, 3, 7, hidden};
    const Network network = random_network(shape, rng);
    constexpr std::size_t kRows = 9;
    const auto contexts = random_bytes(kRows * 4, 256, rng);
    const std::vector<float> got = logits_of(network, contexts);
    REQUIRE(got.size() == kRows * kVocabulary);
    double worst = 0;
    for (std::size_t row = 0; row < kRows; ++row) {
      const std::vector<double> want = plain_forward(network, &contexts[row * 4]);
      for (std::size_t j = 0; j < kVocabulary; ++j)
        worst = std::max(worst, std::abs(want[j] - got[row * kVocabulary + j]));
    }
    CHECK(worst < 1e-5);
  }
}

TEST_CASE("train: shapes, counts and what is refused", "[train][network][edge]") {
  Rng rng(1);
  Network network = make_network({4, 3, 7, 2}, rng);
  REQUIRE(network.layers.size() == 4);
  CHECK(network.layers[0].name == "input");
  CHECK(network.layers[2].name == "hidden2");
  CHECK(network.layers[3].name == "output");
  CHECK(network.macs_per_character() == 12 * 7 + 2 * 7 * 7 + 7 * 256);
  CHECK(network.parameters() == 256 * 3 + (12 * 7 + 7) + 2 * (7 * 7 + 7) + (7 * 256 + 256));
  std::size_t values = 0;
  for (const auto& tensor : network.tensors()) values += tensor.size();
  CHECK(static_cast<std::int64_t>(values) == network.parameters());
  CHECK(network.tensors().size() == 9);
  CHECK_THROWS_AS(make_network({0, 3, 7, 2}, rng), std::invalid_argument);
  CHECK_THROWS_AS(make_network({4, 3, 7, -1}, rng), std::invalid_argument);
}

TEST_CASE("train: bits of a prediction", "[train][network][edge]") {
  std::vector<float> logits(2 * kVocabulary, 5.0F);  // both rows uniform: 8 bits each
  const std::vector<std::uint8_t> targets{3, 250};
  CHECK(close(bits(logits, targets), 16));
  logits[3] = 1000;  // row 0 certain of its target; exp(1000) would overflow
  CHECK(close(bits(logits, targets), 8));
  logits[3] = 5;
  logits[4] = 1000;  // row 0 certain of another: 995 nats
  CHECK(close(bits(logits, targets), 8 + 995 / std::log(2.0)));
}

// The derivative along every parameter, by differences of the loss at four points:
// (8 (f(+e) - f(-e)) - (f(+2e) - f(-2e))) / 12 e, whose error is of order e^4. Where a relu
// switches inside the step there is no slope to agree with: that spoils the few parameters that
// feed it, so the three quarters that agree best are judged.
TEST_CASE("train: the gradient is the slope of the loss", "[train][network][law]") {
  struct Case {
    int hidden;
    float dropout;
  };
  for (const Case& c : {Case{0, 0}, Case{2, 0}, Case{2, 0.3F}}) {
    Rng rng = bench::rng(17);
    Network network = random_network({3, 2, 12, c.hidden}, rng);
    constexpr std::size_t kRows = 8;
    const auto contexts = random_bytes(kRows * 3, 6, rng);  // bytes repeat: their gradients add
    const auto targets = random_bytes(kRows, 4, rng);
    Network gradient = network;
    Network unused = network;
    const auto loss = [&](Network& into) {
      Rng mask(5);
      return loss_and_gradient(network, contexts, targets, c.dropout, mask, into);
    };
    loss(gradient);
    const auto tensors = network.tensors();
    const auto slopes = gradient.tensors();
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      std::vector<double> errors;
      double squares = 0;
      // Bytes above 5 never occur: their embeddings have slope 0, which is no evidence.
      const std::size_t count = t == 0 ? 6 * 2 : std::min<std::size_t>(tensors[t].size(), 400);
      for (std::size_t i = 0; i < count; ++i) {
        constexpr float kStep = 0x1p-11F;
        const float at = tensors[t][i];
        const auto moved = [&](float by) {
          tensors[t][i] = at + by;
          const double value = loss(unused);
          tensors[t][i] = at;
          return value * std::log(2.0);  // the gradient is of nats
        };
        const double want =
            (8 * (moved(kStep) - moved(-kStep)) - (moved(2 * kStep) - moved(-2 * kStep))) /
            (12 * kStep);
        errors.push_back(std::abs(want - slopes[t][i]));
        squares += want * want;
      }
      std::sort(errors.begin(), errors.end());
      const double error =
          errors[errors.size() * 3 / 4] / std::sqrt(squares / static_cast<double>(count));
      INFO("hidden " << c.hidden << " dropout " << c.dropout << " tensor " << t << ": " << error);
      CHECK(error < 0.05);
    }
  }
}

// The outputs of a layer are linear in its input, so they keep their mean when the input does. Only
// the last layer's input is dropped here: with a context of zeros in the layer before, which has a
// bias alone, nothing before it can be.
TEST_CASE("train: dropout keeps the mean and needs its seed", "[train][network][law]") {
  Rng rng = bench::rng();
  const NetworkShape shape{2, 4, 256, 0};
  Network network = random_network(shape, rng);
  const auto contexts = random_bytes(64 * 2, 256, rng);
  const auto targets = random_bytes(64, 256, rng);
  Network a = network;
  Network b = network;
  const auto run = [&](Network& into, std::uint64_t seed, float dropout) {
    Rng mask(seed);
    return loss_and_gradient(network, contexts, targets, dropout, mask, into);
  };
  CHECK(run(a, 1, 0.5F) == run(b, 1, 0.5F));
  CHECK(a.layers[0].weights == b.layers[0].weights);
  CHECK(run(a, 1, 0.5F) != run(b, 2, 0.5F));
  CHECK(close(run(a, 1, 0), bits(logits_of(network, contexts), targets) / 64));

  // Two classes matter, all others are out of reach: p = sigmoid(z), and z is the sum of 256 equal
  // inputs, 3 on average. The loss of z = 3 is 0.07 bits; without the factor 1 / (1 - dropout) z
  // would be 1.5 and the loss 0.29.
  std::fill(network.embedding.begin(), network.embedding.end(), 0.0F);
  std::fill(network.layers[0].bias.begin(), network.layers[0].bias.end(), 1.0F);
  std::fill(network.layers[1].weights.begin(), network.layers[1].weights.end(), 0.0F);
  std::fill(network.layers[1].bias.begin(), network.layers[1].bias.end(), -100.0F);
  network.layers[1].bias[0] = network.layers[1].bias[1] = 0;
  for (std::size_t k = 0; k < 256; ++k) network.layers[1].weights[k * kVocabulary] = 3.0F / 256;
  const std::vector<std::uint8_t> first(64, 0);
  Rng mask(1);
  const double got = loss_and_gradient(network, contexts, first, 0.5F, mask, a);
  CHECK(close(got, std::log2(1 + std::exp(-3)), 0.05));
}

}  // namespace
}  // namespace rh::train
