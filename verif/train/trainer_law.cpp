// TEST RATIONALE. Training is a chain of three things: which samples, which gradient (network_law),
// which step. The step is tested where AdamW has a closed form: after ONE step every parameter has
// moved by the learning rate against the sign of its gradient, whatever the gradient's size, and
// the weights, not biases and embeddings, have shrunk by the decay besides. The chain is tested by
// what it must achieve (a text that repeats is learnt) and by repeating: equal seeds give equal
// bits. Mutants this kills: no bias correction, decay of biases, a step uphill, a sampler that
// leaves positions out, a seed that is ignored.
#include "train/trainer.hpp"

#include <cmath>
#include <numeric>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "train/close.hpp"

namespace rh::train {
namespace {

TrainOptions small(int steps) {
  TrainOptions options;
  options.shape = {3, 4, 16, 1};
  options.steps = steps;
  options.batch = 16;
  return options;
}

std::vector<float> flat(Network network) {
  std::vector<float> all;
  for (const auto& tensor : network.tensors()) all.insert(all.end(), tensor.begin(), tensor.end());
  return all;
}

TEST_CASE("train: equal seeds give equal weights, bit for bit", "[train][trainer][law]") {
  const std::vector<Text> texts{{"a", "the quick brown fox"}, {"b", "jumps over the lazy dog"}};
  TrainOptions options = small(30);
  const std::vector<float> first = flat(train(texts, options).network);
  CHECK(first == flat(train(texts, options).network));
  options.seed = 2;
  CHECK(first != flat(train(texts, options).network));
}

TEST_CASE("train: one step moves every parameter by the rate, downhill", "[train][trainer][law]") {
  const std::vector<Text> texts{{"a", "a text of thirty-two characters"}, {"b", "!"}};
  TrainOptions options = small(1);
  options.batch = 32;  // all positions, each once
  options.dropout = 0;
  constexpr float kRate = 0x1p-8F;
  options.learning_rate = kRate;
  options.weight_decay = 4;

  Rng rng(options.seed);
  Network before = make_network(options.shape, rng);
  Network after = train(texts, options).network;
  std::vector<std::uint8_t> contexts(32 * 3);
  std::vector<std::uint8_t> targets(32);
  for (std::size_t i = 0; i < 32; ++i) {
    const Text& text = texts[i / 31];
    context_at(text.bytes, i % 31, std::span(contexts).subspan(i * 3, 3));
    targets[i] = static_cast<std::uint8_t>(text.bytes[i % 31]);
  }
  Network gradient = before;
  loss_and_gradient(before, contexts, targets, 0, rng, gradient);

  bench::Checker checker;
  for (std::size_t t = 0; t < before.tensors().size(); ++t) {
    const bool is_weights = t % 2 == 1;
    const auto w = before.tensors()[t];
    const auto got = after.tensors()[t];
    const auto g = gradient.tensors()[t];
    for (std::size_t i = 0; i < w.size(); ++i) {
      const float kept = is_weights ? w[i] * (1 - kRate * 4) : w[i];
      if (g[i] != 0 && std::abs(g[i]) < 1e-5F) continue;  // its sign hangs on the order of a sum
      const float move = g[i] == 0 ? 0 : g[i] > 0 ? -kRate : kRate;
      checker.equal(true, std::abs(kept + move - got[i]) <= 0.02F * kRate, [&](std::ostream& os) {
        os << "tensor " << t << " element " << i << " from " << w[i] << " to " << got[i]
           << " gradient " << g[i];
      });
    }
  }
  checker.finish(1000);
}

TEST_CASE("train: a text that repeats is learnt", "[train][trainer][law]") {
  std::string song;
  for (int i = 0; i < 20; ++i) song += "do re mi fa so la ti ";
  const std::vector<Text> texts{{"song", song}};
  TrainOptions options = small(400);
  options.shape.context = 4;
  int calls = 0;
  int last = 0;
  double sum = 0;
  const Trained trained = train(texts, options, [&](int step, int steps, double bits) {
    ++calls;
    CHECK(step == last + 1);
    CHECK(steps == 400);
    last = step;
    sum += bits;
  });
  CHECK(calls == 400);
  REQUIRE(trained.curve.size() == 60);
  CHECK(trained.curve.front().bits_per_character > 5);  // 8 before the first step
  CHECK(trained.curve.back().step == 400);
  CHECK(trained.curve.back().bits_per_character < 0.5);
  // Points are means over the steps since the point before: weighted, they give the mean of all.
  double weighted = 0;
  int step = 0;
  for (const Point& point : trained.curve) {
    weighted += point.bits_per_character * (point.step - step);
    step = point.step;
  }
  CHECK(close(weighted, sum));
}

TEST_CASE("train: options that cannot train are refused", "[train][trainer][edge]") {
  const std::vector<Text> texts{{"a", "text"}};
  CHECK(train(texts, small(1)).curve.size() == 1);
  CHECK_THROWS_AS(train(texts, small(0)), std::invalid_argument);
  CHECK_THROWS_AS(train({}, small(1)), std::invalid_argument);
  TrainOptions options = small(1);
  options.dropout = 1;
  CHECK_THROWS_AS(train(texts, options), std::invalid_argument);
}

}  // namespace
}  // namespace rh::train
