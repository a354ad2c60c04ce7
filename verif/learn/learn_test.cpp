// TEST RATIONALE. The whole engine against the RTL: models of each kind are trained for some steps
// with every product on verilated converters and arrays, and with the golden model. Losses and
// weights are the same, bit for bit; so are the records, with the cycles that the arrays took those
// of the formula, product by product. Exact and FP32 sums, 2 and 4 bits in one run, stochastic
// gradients, and int8; one and two threads, each with its own array. Mutants this kills: what the
// RTL's own tests do; and here a noise, base or number of bits that only one engine is told, cycles
// of another array or without passes, results of a batch in another place.
#include "learn/plain.hpp"
#include "learn/trainer.hpp"

namespace rh::learn {
namespace {

const std::vector<train::Text> kTexts{
    {"text", "the quick brown fox jumps over the lazy dog, and the dog lets it be. "}};

struct Run {
  std::vector<double> losses;
  std::vector<float> weights;
  std::vector<ProductRecord> records;
};

Run run(const TrainingOptions& options) {
  Training training(options, kTexts);
  Run run;
  while (training.steps_done() < options.steps) {
    run.losses.push_back(training.step());
    run.records.insert(run.records.end(), training.records().begin(), training.records().end());
  }
  for (const Parameter<float>* parameter : training.model().parameters())
    run.weights.insert(run.weights.end(), parameter->value.begin(), parameter->value.end());
  return run;
}

TEST_CASE("learn: training on the RTL gives the golden weights", "[learn][random]") {
  bench::Checker checker;
  for (const ModelShape& shape :
       {ModelShape{MlpShape{4, 8, 24, 1}}, ModelShape{TransformerShape{12, 16, 2, 1, 24}},
        ModelShape{ConvolutionShape{6, 3, 5}}})
    for (const char* recipe : {"fast-adaptive", "fast-by-step", "fast2", "msfp12", "int8"}) {
      TrainingOptions options;
      options.model = shape;
      options.recipe = parse_recipe(recipe);
      options.seed = bench::seed();
      options.steps = 3;
      options.batch = 3;
      const Run want = run(options);
      for (const int threads : {1, 2}) {
        options.engine = "rtl";
        options.threads = threads;
        const Run got = run(options);
        const auto shown = [&](const char* what) {
          return [&, what](std::ostream& os) {
            os << what << " of model " << shape.index() << " in " << recipe << ", threads "
               << threads;
          };
        };
        for (std::size_t i = 0; i < want.losses.size(); ++i)
          checker.equal(want.losses[i], got.losses[i], shown("a loss"));
        for (std::size_t i = 0; i < want.weights.size(); ++i)
          checker.equal(want.weights[i], got.weights[i], shown("a weight"));
        REQUIRE(want.records.size() == got.records.size());
        for (std::size_t i = 0; i < want.records.size(); ++i) {
          ProductRecord record = got.records[i];
          // Two threads have a part of the lines each, and both have tiles to fill.
          if (threads == 1) checker.equal(record.cycles, record.simulated, shown("cycles"));
          checker.equal(true, record.simulated > 0, shown("cycles at all"));
          record.simulated = 0;
          checker.equal(true, want.records[i] == record, shown("a record"));
        }
      }
    }
  checker.finish(100'000);
}

}  // namespace
}  // namespace rh::learn
