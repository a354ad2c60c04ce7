// TEST RATIONALE. "0 mismatches" means something only if every element is compared and a planted
// difference is counted: engines here wrap the golden one and change ONE code, scale or result at a
// chosen call, in every layer, in the first and in the last, short, batch. What is counted is a
// formula of the shapes. An engine that multiplies in FP32 must give the FP32 figures exactly: so
// weights are given as columns and every engine walks on its own results. Mutants this kills: a
// last batch left out, weights or scales not compared, the reference's activations given to all,
// +0 = -0, counters of one layer booked on another.
#include "train/evaluate.hpp"

#include <cmath>
#include <limits>
#include <map>

#include "bench/catch.hpp"
#include "bench/fixture.hpp"
#include "train/close.hpp"

namespace rh::train {
namespace {

const std::string kText = "A text to evaluate: 41 characters, no more";
constexpr std::int64_t kBatch = 16;  // two whole batches and a short one
const NetworkShape kShape{3, 4, 8, 1};

Network sample_network() {
  Rng rng = bench::rng(3);
  return make_network(kShape, rng);
}

// The golden engine, except for one value: at the `conversion`-th or `product`-th call, counted
// from 0. With three layers, conversions 0 to 2 are the weights, 3 + 3 b + l layer l of batch b.
class Faulty final : public Engine {
 public:
  int conversion = -1;
  int product = -1;
  bool in_scale = false;
  float replace = 1234;  // becomes the last result

  std::string name() const override { return "faulty"; }
  ArrayShape shape() const override { return golden_->shape(); }
  const EngineStats& stats() const override { return golden_->stats(); }
  Int8Lines convert_int8(std::span<const float> values, std::int64_t lines,
                         std::int64_t length) override {
    Int8Lines out = golden_->convert_int8(values, lines, length);
    if (conversions_++ == conversion) {
      if (in_scale)
        out.scales.back() ^= 1;
      else
        out.codes.back() = static_cast<std::int8_t>(out.codes.back() ^ 1);
    }
    return out;
  }
  std::vector<std::int32_t> gemm_int32(const Int8Lines& a, const Int8Lines& b) override {
    return golden_->gemm_int32(a, b);
  }
  std::vector<float> gemm_fp32(const Int8Lines& a, const Int8Lines& b) override {
    std::vector<float> out = golden_->gemm_fp32(a, b);
    if (products_++ == product) out.back() = replace;
    return out;
  }

 private:
  std::unique_ptr<Engine> golden_ = make_engine("golden");
  int conversions_ = 0;
  int products_ = 0;
};

// Multiplies in FP32: what it is given to convert it remembers, and hands out a ticket.
class Exact final : public Engine {
 public:
  std::string name() const override { return "exact"; }
  ArrayShape shape() const override { return {}; }
  const EngineStats& stats() const override { return stats_; }
  Int8Lines convert_int8(std::span<const float> values, std::int64_t lines,
                         std::int64_t length) override {
    Int8Lines ticket;
    ticket.lines = lines;
    ticket.length = length;
    ticket.clamped = kept_.size();
    kept_.emplace_back(values.begin(), values.end());
    return ticket;
  }
  std::vector<std::int32_t> gemm_int32(const Int8Lines&, const Int8Lines&) override { return {}; }
  std::vector<float> gemm_fp32(const Int8Lines& a, const Int8Lines& b) override {
    // The same call as the network's own: B is turned back to K x N.
    const std::vector<float>& lines = kept_[b.clamped];
    std::vector<float> weights(lines.size());
    const auto k = static_cast<std::size_t>(b.length);
    const auto n = static_cast<std::size_t>(b.lines);
    for (std::size_t i = 0; i < k; ++i)
      for (std::size_t j = 0; j < n; ++j) weights[i * n + j] = lines[j * k + i];
    std::vector<float> out(static_cast<std::size_t>(a.lines) * n);
    multiply(a.lines, b.lines, a.length, kept_[a.clamped], weights, out);
    return out;
  }

 private:
  std::vector<std::vector<float>> kept_;
  EngineStats stats_;
};

Evaluation run(Engine& other) {
  const Network network = sample_network();
  const auto golden = make_engine("golden");
  Engine* const engines[] = {golden.get(), &other};
  return evaluate(network, kText, engines, kBatch);
}

TEST_CASE("train: equal engines compare equal, and everything is compared",
          "[train][evaluate][law]") {
  const Network network = sample_network();
  const auto a = make_engine("golden");
  const auto b = make_engine("golden");
  const auto c = make_engine("golden");
  Engine* const engines[] = {a.get(), b.get(), c.get()};
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  const Evaluation got =
      evaluate(network, kText, engines, kBatch, [&](std::uint64_t now, std::uint64_t all) {
        CHECK(now > done);
        done = now;
        total = all;
      });
  CHECK(done == total);
  CHECK(total == 3 * got.macs);
  CHECK(got.characters == kText.size());
  CHECK(got.macs == kText.size() * (12 * 8 + 8 * 8 + 8 * 256));
  CHECK_FALSE(got.first);
  REQUIRE(got.engines.size() == 3);
  CHECK(got.engines[0].compared == Compared{});
  for (const std::size_t e : {std::size_t{1}, std::size_t{2}}) {
    const EngineResult& engine = got.engines[e];
    REQUIRE(engine.layers.size() == 3);
    Compared sum;
    EngineStats work;
    for (std::size_t l = 0; l < 3; ++l) {
      const Layer& layer = network.layers[l];
      const auto k = static_cast<std::uint64_t>(layer.inputs);
      const auto n = static_cast<std::uint64_t>(layer.outputs);
      const std::uint64_t m = kText.size();
      CHECK(engine.layers[l].compared == Compared{m * k + k * n, m + n, m * n, 0});
      CHECK(engine.layers[l].work.macs == m * k * n);
      CHECK(engine.layers[l].work.elements_converted == m * k);
      CHECK(engine.layers[l].sqnr_db == got.engines[0].layers[l].sqnr_db);
      sum += engine.layers[l].compared;
      work += engine.layers[l].work;
    }
    CHECK(engine.compared == sum);
    CHECK(engine.work.macs == work.macs);
    CHECK(engine.work.macs == got.macs);
    CHECK(engine.work.elements_converted ==
          work.elements_converted + static_cast<std::uint64_t>(network.macs_per_character()));
    CHECK(engine.bits_per_character == got.engines[0].bits_per_character);
  }
  CHECK(got.compared().elements() == 2 * got.engines[1].compared.elements());
}

TEST_CASE("train: one wrong result is counted once and named", "[train][evaluate][edge]") {
  const auto last_rows = static_cast<std::int64_t>(kText.size()) % kBatch;
  for (const int batch : {0, 2}) {
    Faulty faulty;
    faulty.product = 3 * batch + 2;  // the last layer: nothing after it is spoilt
    const Evaluation got = run(faulty);
    const std::int64_t rows = batch == 2 ? last_rows : kBatch;
    CHECK(got.compared().mismatches == 1);
    CHECK(got.engines[1].layers[2].compared.mismatches == 1);
    REQUIRE(got.first);
    CHECK(got.first->engine == "faulty");
    CHECK(got.first->what == "result");
    CHECK(got.first->layer == "output");
    CHECK(got.first->row == rows - 1);
    CHECK(got.first->column == 255);
    CHECK(got.first->got == "1234 (0x449A4000)");
    CHECK(got.first->rows == rows);
    CHECK(got.first->activations.size() == static_cast<std::size_t>(rows * 8));
    CHECK(got.first->weights == sample_network().layers[2].weights);
  }
}

TEST_CASE("train: what a wrong result spoils is counted in later layers too",
          "[train][evaluate][law]") {
  Faulty faulty;
  faulty.product = 0;  // layer "input" of the first batch
  const Evaluation got = run(faulty);
  CHECK(got.engines[1].layers[0].compared.mismatches == 1);
  CHECK(got.engines[1].layers[1].compared.mismatches > 1);
  CHECK(got.engines[1].layers[2].compared.mismatches > 1);
  CHECK(got.engines[1].bits_per_character != got.engines[0].bits_per_character);
  CHECK(got.engines[1].layers[0].sqnr_db < got.engines[0].layers[0].sqnr_db);
  // Given its own inputs, the later layer is as good as ever; what it should have been it is not.
  CHECK(got.engines[1].layers[2].sqnr_db > 25);
  CHECK(got.engines[1].layers[2].drift_db < 10);
}

TEST_CASE("train: one wrong code or scale of every conversion is found",
          "[train][evaluate][exhaustive]") {
  constexpr int kConversions = 3 + 3 * 3;
  const char* const layers[] = {"input", "hidden1", "output"};
  const Network network = sample_network();
  for (int conversion = 0; conversion < kConversions; ++conversion)
    for (const bool in_scale : {false, true}) {
      Faulty faulty;
      faulty.conversion = conversion;
      faulty.in_scale = in_scale;
      const Evaluation got = run(faulty);
      INFO("conversion " << conversion << " scale " << in_scale);
      REQUIRE(got.first);
      CHECK(got.first->layer == layers[conversion % 3]);
      CHECK(got.first->what == std::string(in_scale ? "scale" : "code") +
                                   (conversion < 3 ? " of a weight" : " of an activation"));
      CHECK(got.compared().mismatches >= 1);
      const Layer& layer = network.layers[static_cast<std::size_t>(conversion % 3)];
      if (conversion < 3) {  // the last line is the last column
        CHECK(got.first->row == (in_scale ? 0 : layer.inputs - 1));
        CHECK(got.first->column == layer.outputs - 1);
        CHECK(got.first->rows == 1);
        CHECK(got.first->activations ==
              std::vector<float>(static_cast<std::size_t>(layer.inputs), 1.0F));
      } else {
        CHECK(got.first->row == got.first->rows - 1);
        CHECK(got.first->column == (in_scale ? 0 : layer.inputs - 1));
      }
    }
}

TEST_CASE("train: every bit of a result is compared", "[train][evaluate][edge]") {
  const Network network = sample_network();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto differ = [&](float a, float b) {
    Faulty first;
    Faulty second;
    first.product = second.product = 8;  // the very last
    first.replace = a;
    second.replace = b;
    Engine* const engines[] = {&first, &second};
    return evaluate(network, kText, engines, kBatch).compared().mismatches;
  };
  CHECK(differ(0.0F, -0.0F) == 1);
  CHECK(differ(0.0F, 0.0F) == 0);
  CHECK(differ(nan, nan) == 0);
  CHECK(differ(nan, -nan) == 1);
}

TEST_CASE("train: an engine in FP32 gives the figures of FP32", "[train][evaluate][law]") {
  const Network network = sample_network();
  Exact exact;
  const auto golden = make_engine("golden");
  Engine* const engines[] = {&exact};
  const Evaluation got = evaluate(network, kText, engines, kBatch);
  CHECK(got.engines[0].bits_per_character == got.fp32_bits_per_character);
  for (const LayerResult& layer : got.engines[0].layers) {
    CHECK(std::isinf(layer.sqnr_db));
    CHECK(std::isinf(layer.drift_db));
  }
  // int8 is another function, near by; and no product depends on how the text is cut.
  Engine* const quantised[] = {golden.get()};
  const Evaluation a = evaluate(network, kText, quantised, kBatch);
  const Evaluation b = evaluate(network, kText, quantised, 1000);
  CHECK(close(a.engines[0].bits_per_character, b.engines[0].bits_per_character, 1e-12));
  CHECK(a.engines[0].bits_per_character != a.fp32_bits_per_character);
  CHECK(close(a.engines[0].bits_per_character, a.fp32_bits_per_character, 1e-2));
  for (const LayerResult& layer : a.engines[0].layers) {
    CHECK(layer.sqnr_db > 30);
    CHECK(layer.sqnr_db < 60);
  }
}

TEST_CASE("train: SQNR is ten times the logarithm of the ratio of powers",
          "[train][evaluate][law]") {
  Sqnr sqnr;
  CHECK(std::isinf(sqnr.db()));
  sqnr.add(std::vector<float>{3, 4}, std::vector<float>{3, 4.5F});
  CHECK(close(sqnr.db(), 20));  // 25 / 0.25
  sqnr.add(std::vector<float>{0, 0}, std::vector<float>{0, -1.5F});
  CHECK(close(sqnr.db(), 10));  // 25 / 2.5
}

TEST_CASE("train: nothing to evaluate is refused", "[train][evaluate][edge]") {
  const Network network = sample_network();
  CHECK_THROWS_AS(evaluate(network, "", {}, 16), std::invalid_argument);
  CHECK_THROWS_AS(evaluate(network, "x", {}, 0), std::invalid_argument);
  CHECK(evaluate(network, "x", {}, 16).engines.empty());
}

}  // namespace
}  // namespace rh::train
