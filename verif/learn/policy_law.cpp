// TEST RATIONALE. (1) The threshold is the schedule's, found by search in integers: alpha and beta
// at units of 2^-12, between two of them, negative and beyond what 16 bits hold, every step and
// layer of small runs. (2) Each policy is its rule, at every step and layer; the unit's decision is
// asked for by the adaptive one alone, and fine is 4 bits. What the decision is taken from:
// products_law.cpp, and the laws of precision. Mutants this kills: alpha or beta floored instead of
// rounded, beta of one term alone, i and l or I and L swapped, I - 1 for I, fine for coarse, a half
// that is not one.
#include "learn/policy.hpp"

#include "engine/converter.hpp"
#include "learn/plain.hpp"

namespace rh::learn {
namespace {

constexpr PrecisionUnit kUnit = watching_unit(16);

TEST_CASE("learn: epsilon falls with the step and the layer", "[learn][policy][law]") {
  static_assert(kUnit.fraction_bits == 12 && kUnit.threshold_bits == 16);
  bench::Checker checker;
  for (const int a : {2458, 4096, 12, 0, -3, 80'000})
    for (const int b : {1229, 0, 4096, -500})
      for (const double off : {0.0, 0.49, -0.49})  // of a unit: rounded away
        for (const std::int64_t steps : {1, 2, 7})
          for (const int layers : {1, 3, 8}) {
            const Policy policy{PolicyKind::Adaptive, (a + off) / 4096, (b - off) / 4096, steps,
                                layers};
            for (std::int64_t i = 0; i < steps; ++i)
              for (int l = 0; l < layers; ++l) {
                // t is the largest with t I L <= a I L - b (i L + l I).
                const std::int64_t line = a * steps * layers - b * (i * layers + l * steps);
                std::int64_t t = 0;
                while (t < 65'535 && (t + 1) * steps * layers <= line) ++t;
                checker.equal(t, std::int64_t{policy.threshold(kUnit, l, i)},
                              [&](std::ostream& os) {
                                os << a << " - " << b << ": step " << i << " of " << steps
                                   << ", layer " << l << " of " << layers;
                              });
              }
          }
  checker.finish(8'000);
  // 0.6 and 0.3 are 2458 and 1229 units: 2458 - 1229 / 2 - 1229 / 4 = 1536.25.
  CHECK(Policy{PolicyKind::Adaptive, 0.6, 0.3, 10, 8}.threshold(kUnit, 2, 5) == 1536);
}

TEST_CASE("learn: each policy is its rule", "[learn][policy][exhaustive]") {
  bench::Checker checker;
  constexpr std::int64_t kSteps = 8;  // even: a half is a step
  constexpr int kLayers = 6;
  for (std::int64_t step = 0; step < kSteps; ++step)
    for (int layer = 0; layer < kLayers; ++layer)
      for (const bool fine : {false, true}) {
        const auto is = [&](int want, PolicyKind kind) {
          Policy policy{kind};
          policy.steps = kSteps;
          policy.layers = kLayers;
          int asked = 0;
          const int got = policy.choose(layer, step, 3, [&] {
            ++asked;
            return fine;
          });
          const auto shown = [&](std::ostream& os) {
            os << name(kind) << " at step " << step << " layer " << layer << " fine " << fine;
          };
          checker.equal(want, got, shown);
          checker.equal(kind == PolicyKind::Adaptive ? 1 : 0, asked, shown);
        };
        is(3, PolicyKind::Fixed);
        is(step <= 3 ? 2 : 4, PolicyKind::ByStep);
        is(layer <= 2 ? 2 : 4, PolicyKind::ByLayer);
        is(fine ? 4 : 2, PolicyKind::Adaptive);
      }
  checker.finish(8 * 6 * 2 * 4 * 2);
}

}  // namespace
}  // namespace rh::learn
