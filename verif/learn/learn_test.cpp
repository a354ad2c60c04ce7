// TEST RATIONALE. The whole engine against the RTL: models of each kind are trained for some steps
// with every product on verilated converters and arrays, and with the golden model. Losses and
// weights are the same, bit for bit; so are the records, with the cycles that the arrays took those
// of the formula, product by product. Exact and FP32 sums, 2 and 4 bits in one run, stochastic
// gradients, and int8; one and two threads, each with its own array. With the adaptive policy every
// decision is the simulated unit's, 2 and 4 bits occur, and are those of golden. Mutants this
// kills: what the RTL's own tests do; and here a noise, base, threshold or number of bits that only
// one engine is told, a decision taken without the unit, cycles of another array or without passes,
// results of a batch in another place.
#include <cmath>
#include <limits>

#include "engine/converter.hpp"
#include "learn/plain.hpp"
#include "learn/trainer.hpp"
#include "number/format_text.hpp"

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

// The bits of every tensor of a run are in its records.
TEST_CASE("learn: the RTL takes every decision that golden takes", "[learn][random]") {
  bench::Checker checker;
  for (const ModelShape& shape :
       {ModelShape{MlpShape{4, 8, 24, 1}}, ModelShape{TransformerShape{12, 16, 2, 2, 24}}}) {
    TrainingOptions options;
    options.model = shape;
    options.recipe = parse_recipe("fast-adaptive");
    options.recipe.policy.alpha = 0.45;
    options.recipe.policy.beta = 0.15;
    options.seed = bench::seed();
    options.steps = 4;
    options.batch = 3;
    const Run want = run(options);
    for (const int threads : {1, 2}) {
      options.engine = "rtl";
      options.threads = threads;
      const Run got = run(options);
      const auto shown = [&](const char* what) {
        return [&, what](std::ostream& os) {
          os << what << " of model " << shape.index() << ", threads " << threads;
        };
      };
      REQUIRE(want.records.size() == got.records.size());
      int decided[kHighBits + 1] = {};
      for (std::size_t i = 0; i < want.records.size(); ++i) {
        checker.equal(want.records[i].bits_a, got.records[i].bits_a, shown("bits of a"));
        checker.equal(want.records[i].bits_b, got.records[i].bits_b, shown("bits of b"));
        ++decided[got.records[i].bits_a];
        ++decided[got.records[i].bits_b];
      }
      CHECK(decided[kLowBits] > 5);
      CHECK(decided[kHighBits] > 5);
      CHECK(decided[kLowBits] + decided[kHighBits] == 2 * static_cast<int>(got.records.size()));
      for (std::size_t i = 0; i < want.weights.size(); ++i)
        checker.equal(want.weights[i], got.weights[i], shown("a weight"));
    }
  }
  checker.finish(8'000);
}

// Tensors of each kind through the converter alone: codes, sums and decision. That the unit of the
// RTL has said it shows in the cycles: it takes w + T and a few for its comparison.
TEST_CASE("learn: a watched conversion on the RTL is the golden one", "[learn][random]") {
  bench::Checker checker;
  auto rng = bench::rng(4);
  const PrecisionUnit unit = watching_unit(16);
  for (const char* text : {"fast4", "fast4-sr", "bfp(m=4,g=16,e=3,round=truncate)",
                           "bfp(m=4,g=16,e=5,overflow=bump,rule=even)"}) {
    const Format format = parse_format(text);
    const auto golden = make_converter("golden", format), rtl = make_converter("rtl", format);
    for (const std::int64_t length : {1, 16, 45}) {
      constexpr std::int64_t kLines = 6;
      std::vector<float> values =
          random_values<float>(static_cast<std::size_t>(kLines * length), rng);
      for (float& x : values) x = std::ldexp(x, -static_cast<int>(rng() % 24));
      for (int repeat = 0; repeat < 8; ++repeat) {
        if (repeat == 5) values[0] = std::numeric_limits<float>::infinity();
        if (repeat == 6) std::ranges::fill(values, 0.0F);
        const BfpOptions options{{}, noise_seed(rng())};
        const auto at = [&](Converter& converter, std::uint32_t threshold) {
          return converter.convert_watched(values, kLines, length, format, options, threshold);
        };
        const PrecisionSums sums = at(*golden, 0).sums;
        const auto turn = static_cast<std::uint32_t>(
            sums.denominator == 0
                ? 9
                : std::min<Uint128>((sums.numerator << 10) / sums.denominator, 65'534));
        for (const std::uint32_t threshold : {turn, turn + 1}) {
          const auto shown = [&](std::ostream& os) { os << text << " at " << threshold; };
          const std::uint64_t before = rtl->stats().cycles;
          checker.equal(true, at(*golden, threshold) == at(*rtl, threshold), shown);
          const std::uint64_t watched = rtl->stats().cycles - before;
          const BfpLines lines = rtl->convert(values, kLines, length, format, options);
          checker.equal(true, lines == at(*golden, threshold).lines, shown);
          const std::uint64_t unwatched = rtl->stats().cycles - before - watched;
          const auto latency =
              static_cast<std::uint64_t>(unit.acc_bits() + unit.threshold_bits + 2);
          checker.equal(latency, watched - unwatched, shown);
        }
      }
    }
  }
  checker.finish(4 * 3 * 8 * 2 * 3);
}

}  // namespace
}  // namespace rh::learn
