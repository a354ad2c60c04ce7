// TEST RATIONALE. "0 mismatches" of the conversion study means something only if every code,
// exponent and flag of every tensor and format is compared and a planted difference is counted: the
// engine here is the golden one with ONE of them changed at a chosen call. The tensors are what the
// network has: weights as columns, activations as a walk of the whole text meets them, in batches
// of any size. The figures are those of the definition, computed here once more. Mutants this
// kills: rows for columns, flags not compared.
#include "train/conversion.hpp"

#include <cmath>

#include "bench/catch.hpp"
#include "bench/fixture.hpp"
#include "train/evaluate.hpp"
#include "train/text.hpp"

namespace rh::train {
namespace {

const std::string kText = "A text to convert: 38 characters here.";
const std::vector<Format> kFormats = {*find_preset("fast4-sr"), *find_preset("mxfp4"),
                                      bfp_format(2)};

Network sample_network() {
  Rng rng = bench::rng(3);
  return make_network({3, 4, 8, 1}, rng);
}

enum class Part { None, Code, Exponent, Flag, Base };

class Faulty final : public Converter {
 public:
  Faulty(Part part, int call) : part_(part), call_(call) {}
  std::string name() const override { return "faulty"; }
  const ConverterStats& stats() const override { return stats_; }
  BfpLines convert(std::span<const float> values, std::int64_t lines, std::int64_t length,
                   const Format& format, const BfpOptions& options) override {
    BfpLines out = convert_bfp(values, lines, length, format, options);
    stats_.elements += values.size();
    if (calls_++ != call_) return out;
    if (part_ == Part::Code) out.codes.back() ^= 1;
    if (part_ == Part::Exponent) out.exponents.back() ^= 1;
    if (part_ == Part::Flag) out.flags.back() ^= kBumpedGroup;
    if (part_ == Part::Base) ++out.base;
    return out;
  }

 private:
  Part part_;
  int call_;
  int calls_ = 0;
  ConverterStats stats_;
};

// For each format the golden converter and the faulty one, wrong in format `in` alone.
std::vector<Converters> converters(Part part, std::size_t in, int call) {
  std::vector<Converters> out;
  for (std::size_t f = 0; f < kFormats.size(); ++f) {
    Converters of_format;
    of_format.push_back(make_converter("golden", kFormats[f]));
    of_format.push_back(std::make_unique<Faulty>(f == in ? part : Part::None, call));
    out.push_back(std::move(of_format));
  }
  return out;
}

TEST_CASE("train: the study's tensors are weights as columns and activations of the whole text",
          "[train][law]") {
  const Network network = sample_network();
  const auto batch = GENERATE(std::int64_t{1}, std::int64_t{16}, std::int64_t{1000});
  const std::vector<StudyTensor> tensors = study_tensors(network, kText, batch);
  REQUIRE(tensors.size() == 2 * network.layers.size());
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[l];
    const StudyTensor& weights = tensors[2 * l];
    CHECK(weights.weights);
    CHECK(weights.layer == layer.name);
    CHECK(weights.lines == layer.outputs);
    CHECK(weights.length == layer.inputs);
    const auto k = static_cast<std::size_t>(layer.inputs),
               n = static_cast<std::size_t>(layer.outputs);
    for (std::size_t i = 0; i < k; ++i)
      for (std::size_t j = 0; j < n; ++j)
        REQUIRE(weights.values[j * k + i] == layer.weights[i * n + j]);
    const StudyTensor& activations = tensors[2 * l + 1];
    CHECK(!activations.weights);
    CHECK(activations.lines == static_cast<std::int64_t>(kText.size()));
    REQUIRE(activations.values.size() == kText.size() * k);
  }
  // Character by character, layer by layer.
  for (std::size_t at = 0; at < kText.size(); ++at) {
    std::vector<std::uint8_t> context(3);
    context_at(kText, at, context);
    Walk walk(network, context);
    for (std::size_t l = 0; !walk.done(); ++l) {
      const std::size_t k = walk.input().size();
      for (std::size_t i = 0; i < k; ++i)
        REQUIRE(std::abs(tensors[2 * l + 1].values[at * k + i] - walk.input()[i]) < 1e-5F);
      std::vector<float> product(static_cast<std::size_t>(walk.layer().outputs));
      multiply(1, walk.layer().outputs, walk.layer().inputs, walk.input(), walk.layer().weights,
               product);
      walk.advance(product);
    }
  }
  CHECK_THROWS_AS(study_tensors(network, ""), std::invalid_argument);
}

TEST_CASE("train: every conversion is the definition's, with the seed of the study",
          "[train][law]") {
  const std::vector<StudyTensor> tensors = study_tensors(sample_network(), kText);
  const auto engines = converters(Part::None, 0, 0);
  const ConversionStudy study = convert_tensors(tensors, kFormats, engines, 7);
  CHECK(study.mismatches() == 0);
  CHECK(!study.first);
  REQUIRE(study.formats.size() == kFormats.size());
  std::uint64_t compared = 0;
  for (std::size_t f = 0; f < kFormats.size(); ++f) {
    double weights = 0;
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      const StudyTensor& x = tensors[t];
      const ConvertedTensor& got = study.formats[f].tensors[t];
      const BfpLines want = convert_bfp(x.values, x.lines, x.length, kFormats[f],
                                        {.base = {}, .noise = noise_seed(7)});
      Sqnr sqnr;
      sqnr.add(x.values, dequantize_bfp(kFormats[f], want));
      CHECK(got.sqnr_db == sqnr.db());
      CHECK(got.base == want.base);
      CHECK(got.groups == static_cast<std::int64_t>(want.flags.size()));
      CHECK(got.saturated_groups == want.count(kSaturatedGroup));
      CHECK(got.underflowed_groups == want.count(kUnderflowGroup));
      CHECK(got.compared == want.codes.size() + 2 * want.flags.size());
      compared += got.compared;
      if (x.weights) weights += got.sqnr_db;
    }
    CHECK(study.formats[f].mean_sqnr_db(tensors, true) == weights / 3);  // three layers
    CHECK(study.formats[f].work[1].elements == study.formats[f].work[0].elements);
  }
  CHECK(study.compared() == compared);
}

TEST_CASE("train: one wrong code, exponent or flag anywhere is counted and named", "[train][law]") {
  const std::vector<StudyTensor> tensors = study_tensors(sample_network(), kText);
  const auto part = GENERATE(Part::Code, Part::Exponent, Part::Flag, Part::Base);
  const auto format = GENERATE(std::size_t{0}, std::size_t{2});
  const auto tensor = GENERATE(0, 3, 5);
  const auto engines = converters(part, format, tensor);
  const ConversionStudy study = convert_tensors(tensors, kFormats, engines, 0);
  const std::size_t at = static_cast<std::size_t>(tensor);
  CHECK(study.mismatches() == (part == Part::Base ? tensors[at].values.size() : 1));
  CHECK(study.formats[format].tensors[at].mismatches == study.mismatches());
  REQUIRE(study.first);
  CHECK(study.first->format == kFormats[format]);
  CHECK(study.first->tensor == at);
  CHECK(study.first->engine == "faulty");
}

}  // namespace
}  // namespace rh::train
