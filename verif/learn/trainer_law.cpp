// TEST RATIONALE. What makes a run one function of its options and texts: (1) batches are drawn by
// seed and step alone, and are what the models take; (2) the weights after some steps are the same,
// bit for bit, for 1, 2 and 3 threads, for every model and kind of product, and others with another
// seed; (3) a run that goes on from parameters and state of an earlier one is that run; (4) what is
// not finite is named by step, layer and role, and leaves the weights alone. Then the point of it:
// stochastic rounding gives gradients that are right in the mean, where nearest even gives 0,
// counted with the noise of 4,096 steps; and every recipe learns. Mutants this kills: sums or noise
// cut by thread; a sampler with a memory; a state forgotten; an update before the check; the step
// left out of the noise.
#include "learn/trainer.hpp"

#include <cstring>
#include <limits>
#include <set>

#include "bench/checker.hpp"
#include "learn/images.hpp"
#include "learn/plain.hpp"

namespace rh::learn {
namespace {

const std::vector<train::Text> kTexts{
    {"one", "the quick brown fox jumps over the lazy dog, and the dog lets it be; "},
    {"two", "a slow red hen sits under a busy cat, and the cat lets it sit. "}};

std::vector<ModelShape> shapes() {
  return {MlpShape{4, 8, 32, 1}, TransformerShape{16, 32, 2, 1, 48}, ConvolutionShape{8, 4, 6}};
}

TrainingOptions options_of(const ModelShape& shape, const std::string& recipe, int threads = 1) {
  TrainingOptions options;
  options.model = shape;
  options.recipe = parse_recipe(recipe);
  options.seed = 4;
  options.steps = 6;
  options.batch = 5;
  options.threads = threads;
  return options;
}

std::vector<float> all_values(Training& training) {
  std::vector<float> all;
  for (const Parameter<float>* parameter : training.model().parameters())
    all.insert(all.end(), parameter->value.begin(), parameter->value.end());
  return all;
}

std::vector<float> trained(const TrainingOptions& options) {
  Training training(options, kTexts);
  while (training.steps_done() < options.steps) training.step();
  return all_values(training);
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), 4 * a.size()) == 0;
}

TEST_CASE("learn: a batch is of its seed and step", "[learn][trainer][law]") {
  bench::Checker checker;
  const auto none = [](std::ostream& os) { os << "batch"; };
  for (const ModelShape& shape : shapes()) {
    const auto draw = [&](std::uint64_t seed, std::int64_t step) {
      const Batch batch = draw_batch(shape, kTexts, 40, seed, step);
      return std::tuple(batch.bytes, batch.images, batch.targets);
    };
    checker.equal(true, draw(1, 2) == draw(1, 2), none);
    checker.equal(false, draw(1, 2) == draw(1, 3), none);
    checker.equal(false, draw(1, 2) == draw(2, 2), none);
  }
  // The MLP's target follows its context, 0 before the beginning; the transformer's are one on.
  std::set<std::string> mlp, sequences;
  for (const train::Text& text : kTexts)
    for (std::size_t i = 0; i < text.bytes.size(); ++i) {
      const std::string padded = std::string(4, '\0') + text.bytes;
      mlp.insert(padded.substr(i, 5));
      if (i + 17 <= text.bytes.size()) sequences.insert(text.bytes.substr(i, 17));
    }
  std::set<std::string> seen;
  for (int step = 0; step < 20; ++step) {
    const Batch a = draw_batch(shapes()[0], kTexts, 30, 1, step);
    for (std::ptrdiff_t i = 0; i < 30; ++i) {
      std::string sample(a.bytes.begin() + 4 * i, a.bytes.begin() + 4 * i + 4);
      sample.push_back(static_cast<char>(a.targets[static_cast<std::size_t>(i)]));
      checker.equal(true, mlp.contains(sample), none);
      seen.insert(sample);
    }
    const Batch b = draw_batch(shapes()[1], kTexts, 30, 1, step);
    for (std::ptrdiff_t i = 0; i < 30; ++i) {
      const std::string bytes(b.bytes.begin() + 16 * i, b.bytes.begin() + 16 * i + 16);
      const std::string targets(b.targets.begin() + 16 * i, b.targets.begin() + 16 * i + 16);
      checker.equal(true, sequences.contains(bytes + targets.back()), none);
      checker.equal(bytes.substr(1), targets.substr(0, 15), none);
    }
  }
  CHECK(seen.size() > mlp.size() * 9 / 10);  // of 600 draws among 130 samples
  checker.finish(1800);
  CHECK_THROWS_AS(
      draw_batch(TransformerShape{}, std::vector<train::Text>{{"short", "abc"}}, 1, 1, 1),
      std::invalid_argument);
}

// The bar's pixels are 1 more than the rest: noise of +-1/2 cannot hide which.
TEST_CASE("learn: a bar has its angle", "[learn][trainer][law]") {
  Rng rng(5);
  for (int c = 0; c < kClasses; ++c) {
    double worst = 0;
    for (int image = 0; image < 20; ++image) {
      std::vector<float> pixels(24 * 24);
      draw_bar(c, 24, rng, pixels);
      // Moments of the pixels that are certainly on: the axis of the largest is the bar's.
      double n = 0, x1 = 0, y1 = 0, xx = 0, xy = 0, yy = 0;
      for (int i = 0; i < 24 * 24; ++i) {
        REQUIRE(pixels[static_cast<std::size_t>(i)] >= -0.5F);
        REQUIRE(pixels[static_cast<std::size_t>(i)] < 1.5F);
        if (pixels[static_cast<std::size_t>(i)] < 0.5F) continue;
        const double x = i % 24, y = i / 24;
        n += 1, x1 += x, y1 += y, xx += x * x, xy += x * y, yy += y * y;
      }
      xx -= x1 * x1 / n, xy -= x1 * y1 / n, yy -= y1 * y1 / n;
      const double angle = 0.5 * std::atan2(2 * xy, xx - yy);
      const double off = std::remainder(angle - M_PI * c / 8, M_PI);
      worst = std::max(worst, std::abs(off));
    }
    INFO("class " << c << " off by " << worst);
    CHECK(worst < M_PI / 16);  // nearer than any other class; the jitter is up to pi / 24
  }
}

TEST_CASE("learn: weights do not depend on threads, but on the seed", "[learn][trainer][law]") {
  for (const ModelShape& shape : shapes())
    for (const char* recipe : {"fp32", "bf16", "int8", "msfp12", "fast4", "fast-adaptive"}) {
      INFO(recipe << " model " << shape.index());
      const std::vector<float> one = trained(options_of(shape, recipe, 1));
      CHECK(same_bits(one, trained(options_of(shape, recipe, 2))));
      CHECK(same_bits(one, trained(options_of(shape, recipe, 3))));
      TrainingOptions other = options_of(shape, recipe);
      other.seed = 5;
      CHECK_FALSE(same_bits(one, trained(other)));
    }
}

// Large enough for the elementwise layers to be cut, too.
TEST_CASE("learn: threads cut large layers alike", "[learn][trainer][law]") {
  TrainingOptions options = options_of(TransformerShape{64, 96, 2, 1, 400}, "fast4");
  const std::vector<train::Text> texts{{"long", std::string(200, 'a') + std::string(200, 'b')}};
  options.batch = 12;
  options.steps = 2;
  std::vector<std::vector<float>> results;
  for (const int threads : {1, 2, 3}) {
    options.threads = threads;
    Training training(options, texts);
    training.step();
    training.step();
    results.push_back(all_values(training));
  }
  CHECK(same_bits(results[0], results[1]));
  CHECK(same_bits(results[0], results[2]));
}

TEST_CASE("learn: a run goes on from its weights and state", "[learn][trainer][law]") {
  for (const OptimizerKind kind : {OptimizerKind::AdamW, OptimizerKind::Sgd}) {
    TrainingOptions options = options_of(shapes()[1], "fast-adaptive");
    options.optimizer.kind = kind;
    Training first(options, kTexts), second(options, kTexts);
    for (int i = 0; i < 3; ++i) first.step();
    for (std::size_t i = 0; i < first.model().parameters().size(); ++i)
      second.model().parameters()[i]->value = first.model().parameters()[i]->value;
    const auto from = first.optimizer().state(), to = second.optimizer().state();
    REQUIRE(from.size() == to.size());
    for (std::size_t i = 0; i < from.size(); ++i)
      std::ranges::copy(from[i].values, to[i].values.begin());
    second.resume(3);
    for (int i = 0; i < 3; ++i) CHECK(first.step() == second.step());
    CHECK(same_bits(all_values(first), all_values(second)));
    CHECK_THROWS_AS(second.step(), std::out_of_range);
    CHECK_THROWS_AS(second.resume(7), std::invalid_argument);
  }
}

TEST_CASE("learn: what is not finite is named", "[learn][trainer][edge]") {
  const auto failure = [](Training& training) {
    try {
      training.step();
      return std::string("nothing");
    } catch (const TrainingError& error) {
      return std::string(error.what());
    }
  };
  for (const char* recipe : {"fp32", "fast4", "int8"}) {
    Training training(options_of(shapes()[1], recipe), kTexts);
    training.step();
    const auto parameter = [&](const std::string& name) -> Parameter<float>& {
      for (Parameter<float>* p : training.model().parameters())
        if (p->name == name) return *p;
      FAIL(name);
      throw 0;
    };
    float& weight = parameter("block1.up.weights").value[7];
    const float good = weight;
    weight = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> before = all_values(training);
    CHECK(failure(training) ==
          "step 1, layer block1.up: the forward product has a result that is not finite");
    CHECK(same_bits(before, all_values(training)));
    CHECK(training.steps_done() == 1);
    weight = good;
    float& bias = parameter("output.bias").value[3];  // no product meets it going forward
    bias = std::numeric_limits<float>::infinity();
    CHECK(failure(training) == "step 1: the loss is not finite, though every product is");
    bias = 0;
    CHECK(failure(training) == "nothing");
  }
  TrainingOptions none = options_of(shapes()[0], "fp32");
  none.steps = 0;
  CHECK_THROWS_AS(Training(none, kTexts), std::invalid_argument);
  none.steps = 1;
  none.batch = 0;
  CHECK_THROWS_AS(Training(none, kTexts), std::invalid_argument);
}

// dO has a column (8, 0.2, 0.2, ..), so a unit of 4 bits is 1. Row r of X is unit vector r, so the
// weight gradient is dO as converted. Nearest even: 0.2 is 0. Stochastic, 8 bits: 1 for
// floor(256 0.2) = 51 of 256 noises; 15 * 4,096 draws have a deviation of 0.0016 of their mean.
TEST_CASE("learn: stochastic gradients are right in the mean", "[learn][trainer][law]") {
  Threads threads(1);
  std::vector<float> x(16 * 16), d_o(16, 0.2F);
  for (std::size_t i = 0; i < 16; ++i) x[i * 17] = 1;
  d_o[0] = 8;
  const auto mean = [&](const char* recipe) {
    const auto product = make_product(parse_recipe(recipe), {}, threads);
    std::vector<float> c(16);
    double sum = 0;
    for (std::int64_t step = 0; step < 4096; ++step) {
      product->multiply({step, 0, Role::WeightGradient}, {16, 1, 16}, {Factor::Input, x, true},
                        {Factor::OutputGradient, d_o}, c);
      for (std::size_t i = 1; i < 16; ++i) sum += double{c[i]};
      product->clear_records();
    }
    return sum / (15 * 4096);
  };
  CHECK(mean("fast4-even") == 0);
  CHECK(std::abs(mean("fast4") - 51.0 / 256) < 5 * 0.0017);
}

// All but 2 bits to nearest even, whose small gradients are all 0 (docs/learn.md has the figures).
TEST_CASE("learn: every recipe learns", "[learn][trainer][law]") {
  for (const std::string& recipe : recipe_names()) {
    if (recipe == "fast2-even") continue;
    TrainingOptions options = options_of(ConvolutionShape{8, 4, 6}, recipe);
    options.steps = 80;
    options.batch = 32;
    options.optimizer = {OptimizerKind::Sgd, 0.05, 1e-4};
    Training training(options, {});
    double last = 0;
    for (int i = 0; i < 80; ++i) {
      const double loss = training.step();
      if (i >= 70) last += loss / 10;
    }
    INFO(recipe << " loss " << last);
    CHECK(last < 0.75 * std::log(8.0));  // guessing costs log 8
    const Batch batch = draw_batch(options.model, {}, 200, 99, 0);
    training.evaluate(batch);
    CHECK(accuracy(training.model().logits(), batch.targets) > 0.5);
  }
  CHECK(accuracy(std::vector<float>{1, 2, 5, 3}, std::vector<std::uint8_t>{1, 1}) == 0.5);
}

}  // namespace
}  // namespace rh::learn
