// TEST RATIONALE. Each layer alone, in double. (1) Its output is its equation, by loops that share
// nothing with it; attention and patches have the loops, the others are a line. (2) Its gradients,
// by the input and by each parameter, are the slopes of a loss, a random combination of the
// outputs, by differences at four points (plain.hpp says how exact). Sizes are odd and differ, so
// that no two dimensions can be swapped unseen. In float, and with more threads, the same code is
// judged in models_law.cpp and trainer_law.cpp.
// Mutants this kills: a lost bias, shift or position; mean or variance of a column; a mask that
// shows the next token, or hides its own; a lost 1 / sqrt(d), once or in one gradient; P and dP
// swapped; heads or q, k, v swapped; padding on one side only; a stride forgotten in one direction;
// overwritten instead of added (embedding, patches); the slope of relu for that of gelu.
#include "learn/layers.hpp"

#include <numeric>

#include "learn/models.hpp"
#include "learn/plain.hpp"
#include "learn/products.hpp"

namespace rh::learn {
namespace {

using Values = std::vector<double>;

// A step with plain products on one thread.
struct Bench {
  PlainProduct<double> product;
  Threads threads{1};
  Step<double> step{0, product, threads};
};

double dot(const Values& a, const Values& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

void check_equal(const Values& want, const Values& got) {
  REQUIRE(want.size() == got.size());
  REQUIRE(!want.empty());
  double worst = 0;
  for (std::size_t i = 0; i < want.size(); ++i) worst = std::max(worst, std::abs(want[i] - got[i]));
  CHECK(worst < 1e-12);
}

TEST_CASE("learn: a linear layer is X W + b", "[learn][layers][law]") {
  auto rng = bench::rng(1);
  Bench bench;
  Linear<double> layer("layer", 0, 5, 3, 1, rng);
  layer.bias.value = random_values<double>(3, rng);
  Values x = random_values<double>(7 * 5, rng);
  const Values weigh = random_values<double>(7 * 3, rng);
  const Values y = layer.forward(bench.step, x);
  Values want(7 * 3);
  for (std::size_t i = 0; i < 7; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      want[i * 3 + j] = layer.bias.value[j];
      for (std::size_t k = 0; k < 5; ++k)
        want[i * 3 + j] += x[i * 5 + k] * layer.weights.value[k * 3 + j];
    }
  check_equal(want, y);

  const Values by_input = layer.backward(bench.step, weigh);
  const Values by_weights = layer.weights.gradient, by_bias = layer.bias.gradient;
  const auto loss = [&] { return dot(layer.forward(bench.step, x), weigh); };
  check_slopes("input", x, by_input, loss);
  check_slopes("weights", layer.weights.value, by_weights, loss);
  check_slopes("bias", layer.bias.value, by_bias, loss);

  // The first layer of a model asks for no derivative by its input.
  layer.input_gradient = false;
  bench.product.clear_records();
  CHECK(layer.backward(bench.step, weigh).empty());
  REQUIRE(bench.product.records().size() == 1);
  CHECK(bench.product.records()[0].site == Site{0, 0, Role::WeightGradient});
  CHECK(bench.product.records()[0].shape == ProductShape{5, 3, 7, 1});
}

TEST_CASE("learn: layer norm", "[learn][layers][law]") {
  auto rng = bench::rng(2);
  Bench bench;
  LayerNorm<double> layer("norm", 5, rng);
  CHECK(layer.gain.value == Values(5, 1.0));
  layer.gain.value = random_values<double>(5, rng);
  layer.shift.value = random_values<double>(5, rng);
  Values x = random_values<double>(7 * 5, rng, 3);
  std::fill_n(x.begin(), 5, 2.0);  // a row without variance
  const Values weigh = random_values<double>(7 * 5, rng);
  const Values y = layer.forward(bench.step, x);
  Values want;
  for (std::size_t i = 0; i < 7; ++i) {
    double mean = 0, square = 0;
    for (std::size_t j = 0; j < 5; ++j) mean += x[i * 5 + j] / 5;
    for (std::size_t j = 0; j < 5; ++j) square += std::pow(x[i * 5 + j] - mean, 2) / 5;
    for (std::size_t j = 0; j < 5; ++j)
      want.push_back(layer.gain.value[j] * (x[i * 5 + j] - mean) / std::sqrt(square + 1e-5) +
                     layer.shift.value[j]);
  }
  check_equal(want, y);

  const Values by_input = layer.backward(bench.step, weigh);
  const Values by_gain = layer.gain.gradient, by_shift = layer.shift.gradient;
  const auto loss = [&] { return dot(layer.forward(bench.step, x), weigh); };
  // Where the variance is 0 the fifth derivative is beyond what four points resolve.
  const auto whole = std::span(x).subspan(5);
  check_slopes("input", whole, std::span(by_input).subspan(5), loss);
  check_slopes("gain", layer.gain.value, by_gain, loss);
  check_slopes("shift", layer.shift.value, by_shift, loss);
}

TEST_CASE("learn: relu and gelu", "[learn][layers][law]") {
  auto rng = bench::rng(3);
  Bench bench;
  Relu<double> relu;
  CHECK(relu.forward(bench.step, {-2, 0, 3}) == Values{0, 0, 3});
  CHECK(relu.backward(bench.step, {5, 6, 7}) == Values{0, 0, 7});

  Gelu<double> gelu;
  // Phi(1) = 0.841344746068543, from tables.
  check_equal({-0.158655253931457, 0, 0.841344746068543}, gelu.forward(bench.step, {-1, 0, 1}));
  Values x = random_values<double>(40, rng, 2);
  const Values weigh = random_values<double>(40, rng);
  gelu.forward(bench.step, x);
  const Values by_input = gelu.backward(bench.step, weigh);
  check_slopes("gelu", x, by_input, [&] { return dot(gelu.forward(bench.step, x), weigh); });
}

TEST_CASE("learn: an embedding is a row for a byte", "[learn][layers][law]") {
  auto rng = bench::rng(4);
  Embedding<double> layer("table", 3, 1, rng);
  const std::vector<std::uint8_t> bytes{7, 255, 7, 0};  // one of them twice
  const Values y = layer.forward(bytes);
  REQUIRE(y.size() == 12);
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 3; ++j) CHECK(y[i * 3 + j] == layer.table.value[bytes[i] * 3u + j]);
  const Values weigh = random_values<double>(12, rng);
  layer.table.gradient.assign(layer.table.gradient.size(), 9);  // what an earlier step left
  layer.backward(weigh);
  const Values by_table = layer.table.gradient;
  check_slopes("table", layer.table.value, by_table,
               [&] { return dot(layer.forward(bytes), weigh); });
}

// Two sequences of 5 tokens, 3 heads of 2 numbers.
TEST_CASE("learn: attention looks back, in each head", "[learn][layers][law]") {
  auto rng = bench::rng(5);
  Bench bench;
  constexpr std::int64_t kSequences = 2, kTokens = 5, kHeads = 3, kSize = 2, kWidth = 6;
  Attention<double> layer{4, kHeads, kTokens, kWidth, {}, {}, {}, {}};
  Values x = random_values<double>(kSequences * kTokens * 3 * kWidth, rng);
  const Values weigh = random_values<double>(kSequences * kTokens * kWidth, rng);

  const auto part = [&](std::int64_t s, std::int64_t t, std::int64_t which, std::int64_t h,
                        std::int64_t i) {
    return x[static_cast<std::size_t>((s * kTokens + t) * 3 * kWidth + which * kWidth + h * kSize +
                                      i)];
  };
  Values want;
  for (std::int64_t s = 0; s < kSequences; ++s)
    for (std::int64_t t = 0; t < kTokens; ++t)
      for (std::int64_t h = 0; h < kHeads; ++h)
        for (std::int64_t i = 0; i < kSize; ++i) {
          double sum = 0, mixed = 0;
          for (std::int64_t u = 0; u <= t; ++u) {
            double score = 0;
            for (std::int64_t j = 0; j < kSize; ++j)
              score += part(s, t, 0, h, j) * part(s, u, 1, h, j);
            const double weight = std::exp(score / std::sqrt(double{kSize}));
            sum += weight;
            mixed += weight * part(s, u, 2, h, i);
          }
          want.push_back(mixed / sum);
        }
  check_equal(want, layer.forward(bench.step, x));

  const Values by_input = layer.backward(bench.step, weigh);
  std::vector<Site> sites;
  for (const ProductRecord& record : bench.product.records()) {
    sites.push_back(record.site);
    CHECK(record.shape.batch == kSequences * kHeads);
  }
  CHECK(sites == std::vector<Site>{{0, 4, Role::Forward},
                                   {0, 5, Role::Forward},
                                   {0, 5, Role::InputGradient},
                                   {0, 5, Role::WeightGradient},
                                   {0, 4, Role::InputGradient},
                                   {0, 4, Role::WeightGradient}});
  check_slopes("queries, keys and values", x, by_input,
               [&] { return dot(layer.forward(bench.step, x), weigh); });
}

TEST_CASE("learn: patches are 3 x 3 pixels around each", "[learn][layers][exhaustive]") {
  auto rng = bench::rng(6);
  bench::Checker checker;
  for (const std::int64_t side : {1, 2, 4, 5})
    for (const std::int64_t channels : {1, 3})
      for (const std::int64_t stride : {1, 2, 3}) {
        const Patches patches{side, channels, stride};
        const std::int64_t out = (side + stride - 1) / stride;
        REQUIRE(patches.output_side() == out);
        constexpr std::int64_t kImages = 2;
        Values images =
            random_values<double>(static_cast<std::size_t>(kImages * side * side * channels), rng);
        const Values rows = patches.forward<double>(images);
        REQUIRE(rows.size() == static_cast<std::size_t>(kImages * out * out * 9 * channels));
        std::size_t next = 0;
        for (std::int64_t image = 0; image < kImages; ++image)
          for (std::int64_t y = 0; y < out; ++y)
            for (std::int64_t x = 0; x < out; ++x)
              for (std::int64_t v = y * stride - 1; v <= y * stride + 1; ++v)
                for (std::int64_t u = x * stride - 1; u <= x * stride + 1; ++u)
                  for (std::int64_t c = 0; c < channels; ++c) {
                    const bool inside = v >= 0 && v < side && u >= 0 && u < side;
                    const double want = inside
                                            ? images[static_cast<std::size_t>(
                                                  ((image * side + v) * side + u) * channels + c)]
                                            : 0;
                    checker.equal(want, rows[next++], [&](std::ostream& os) {
                      os << "side " << side << " stride " << stride << " y " << y << " x " << x;
                    });
                  }
        const Values weigh = random_values<double>(rows.size(), rng);
        check_slopes("patches", images, patches.backward<double>(weigh),
                     [&] { return dot(patches.forward<double>(images), weigh); });
      }
  checker.finish(1000);
}

TEST_CASE("learn: the loss is the mean of -log p", "[learn][layers][law]") {
  auto rng = bench::rng(7);
  Bench bench;
  Values logits = random_values<double>(6 * 4, rng, 2), by_logits;
  const std::vector<std::uint8_t> targets{0, 3, 1, 1, 2, 3};
  double want = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < 4; ++j) sum += std::exp(logits[i * 4 + j]);
    want -= std::log(std::exp(logits[i * 4 + targets[i]]) / sum) / 6;
  }
  CHECK(std::abs(cross_entropy<double>(bench.step, logits, targets, by_logits) - want) < 1e-12);
  const Values gradient = by_logits;
  check_slopes("logits", logits, gradient,
               [&] { return cross_entropy<double>(bench.step, logits, targets, by_logits); });

  // Logits far beyond where exp() overflows.
  Values far{2000, -2000}, by_far;
  const std::vector<std::uint8_t> target{1};
  CHECK(cross_entropy<double>(bench.step, far, target, by_far) == 4000);
  CHECK(by_far == Values{1, -1});
}

}  // namespace
}  // namespace rh::learn
