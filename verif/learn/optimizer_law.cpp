// TEST RATIONALE. Both optimizers against a plain restatement in double, over enough steps for
// every term to matter, on parameters that decay and ones that do not; rates at the ends and the
// knee of the schedule; values out of range refused by name. The float code errs by 1e-6 or so of a
// step: the bound is 1e-5, and a lost term is off by far more. State is by reference: what state()
// gives is what an update reads, shown by setting it. Mutants this kills: moments without their
// correction, or that of the other; decay of all parameters, or through the gradient (Adam's, not
// AdamW's); momentum after the update; epsilon inside the root; a schedule off by a step.
#include "learn/optimizer.hpp"

#include "learn/plain.hpp"
#include "train/optimize.hpp"

namespace rh::learn {
namespace {

constexpr std::int64_t kSteps = 40;

struct Plain {
  std::vector<double> w, first, second;
};

double plain_rate(std::int64_t step, double rate) {
  const double warm = 5;  // min(100, 40 / 10 + 1)
  if (step < 5) return rate * static_cast<double>(step + 1) / warm;
  return rate * (1 + std::cos(M_PI * (static_cast<double>(step) - warm) / (kSteps - warm))) / 2;
}

void plain_update(const OptimizerOptions& o, std::int64_t step, bool decays,
                  std::span<const float> gradient, Plain& p) {
  const double rate = plain_rate(step, o.learning_rate), decay = decays ? o.weight_decay : 0;
  const double t = static_cast<double>(step + 1);
  for (std::size_t i = 0; i < p.w.size(); ++i) {
    const double g = gradient[i];
    if (o.kind == OptimizerKind::Sgd) {
      p.first[i] = o.momentum * p.first[i] + g + decay * p.w[i];
      p.w[i] -= rate * p.first[i];
      continue;
    }
    p.first[i] = o.beta1 * p.first[i] + (1 - o.beta1) * g;
    p.second[i] = o.beta2 * p.second[i] + (1 - o.beta2) * g * g;
    const double m = p.first[i] / (1 - std::pow(o.beta1, t));
    const double v = p.second[i] / (1 - std::pow(o.beta2, t));
    p.w[i] -= rate * (m / (std::sqrt(v) + o.epsilon) + decay * p.w[i]);
  }
}

TEST_CASE("learn: an optimizer is its equations", "[learn][optimizer][law]") {
  auto rng = bench::rng(1);
  OptimizerOptions adam;
  adam.learning_rate = 0.05;
  adam.epsilon = 0.1;  // large enough to be seen
  OptimizerOptions sgd = adam;
  sgd.kind = OptimizerKind::Sgd;
  for (const OptimizerOptions& options : {adam, sgd}) {
    std::vector<Parameter<float>> parameters(2);
    std::vector<Plain> plain(2);
    for (std::size_t i = 0; i < 2; ++i) {
      parameters[i] = {"p" + std::to_string(i), random_values<float>(9 + i, rng),
                       std::vector<float>(9 + i), i == 1};
      plain[i].w.assign(parameters[i].value.begin(), parameters[i].value.end());
      plain[i].first.resize(9 + i);
      plain[i].second.resize(9 + i);
    }
    Optimizer optimizer({&parameters[0], &parameters[1]}, options);
    Threads threads(2);
    double worst = 0;
    for (std::int64_t step = 0; step < kSteps; ++step) {
      for (std::size_t i = 0; i < 2; ++i) {
        parameters[i].gradient = random_values<float>(9 + i, rng);
        plain_update(options, step, i == 1, parameters[i].gradient, plain[i]);
      }
      optimizer.update(threads, step, kSteps);
      for (std::size_t i = 0; i < 2; ++i)
        for (std::size_t j = 0; j < plain[i].w.size(); ++j)
          worst = std::max(worst, std::abs(plain[i].w[j] - double{parameters[i].value[j]}));
    }
    INFO(name(options.kind) << " is off by " << worst);
    CHECK(worst < 1e-5);

    const auto state = optimizer.state();
    REQUIRE(state.size() == (options.kind == OptimizerKind::Sgd ? 2 : 4));
    CHECK(state[0].name == (options.kind == OptimizerKind::Sgd ? "p0.velocity" : "p0.first"));
    CHECK(std::abs(plain[0].first[3] - double{state[0].values[3]}) < 1e-5);
    // With state and gradient 0 nothing moves but by decay, and p0 has none.
    for (const auto& tensor : state) std::ranges::fill(tensor.values, 0.0F);
    const std::vector<float> before = parameters[0].value;
    parameters[0].gradient.assign(9, 0);
    optimizer.update(threads, 20, kSteps);
    CHECK(parameters[0].value == before);
  }
}

TEST_CASE("learn: the rate warms up and falls to zero", "[learn][optimizer][edge]") {
  CHECK(train::rate_at(0, 1, 0.5) == 0.5F);
  CHECK(train::rate_at(0, 40, 0.5) == 0.1F);
  CHECK(train::rate_at(4, 40, 0.5) == 0.5F);
  CHECK(train::rate_at(5, 40, 0.5) == 0.5F);
  CHECK(std::abs(train::rate_at(39, 40, 0.5) - plain_rate(39, 0.5)) < 1e-6);
  CHECK(train::rate_at(49, 10'000, 0.5) == 0.25F);  // never more than 100 steps of it
}

TEST_CASE("learn: an optimizer refuses what is out of range", "[learn][optimizer][edge]") {
  const auto refused = [](const OptimizerOptions& options, const std::string& words) {
    try {
      Optimizer({}, options);
      FAIL("taken");
    } catch (const std::invalid_argument& error) {
      CHECK(std::string(error.what()) == words);
    }
  };
  OptimizerOptions options;
  options.momentum = 1;
  refused(options, "optimizer: momentum = 1, wanted 0 <= momentum < 1");
  options.momentum = 0.9;
  options.learning_rate = -1;
  refused(options, "optimizer: learning_rate = -1, wanted 0 <= learning_rate < 1000");
  options.learning_rate = std::nan("");
  refused(options, "optimizer: learning_rate = nan, wanted 0 <= learning_rate < 1000");
}

}  // namespace
}  // namespace rh::learn
