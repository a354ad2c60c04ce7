// TEST RATIONALE. Three claims, each against something slow: (1) the walk is what (9) to (12) of
// docs/study.md say: a straightforward one with the definitions convert_bfp() and gemm_bfp(), here
// once more, gives the same bits per character and SQNR to the last digit, for exact and FP32 sums,
// nearest-even and stochastic; so noise numbers, columns, batches and what feeds what are right.
// (2) "0 mismatches" means something: the engines here are the golden ones with ONE code, exponent,
// flag, base, result or count of cycles changed at a chosen call, in the first array and in the
// second; it is counted, named, and what is kept shows it again: the kept tensors, converted as
// `compare` does, give the codes of the walk. (3) Equal seeds give equal studies, others do not.
// Mutants this kills: one noise for every batch, or for weights and activations; rows for columns;
// golden results, or those of the second array, fed to the engines; exponents, flags, base, cycles
// or the second array not compared; a batch too many compared; mismatches counted once; passes or
// short groups left out of the cycles; exact sums for FP32; one layer's SQNR booked on another;
// what is kept: weights as lines, zeros for codes, the study's own seed.
#include "train/products.hpp"

#include <set>

#include "bench/catch.hpp"
#include "bench/fixture.hpp"
#include "gemm/gemm.hpp"
#include "gemm/gemm_bfp.hpp"
#include "number/format_text.hpp"
#include "train/evaluate.hpp"
#include "train/text.hpp"

namespace rh::train {
namespace {

const std::string kText = "A text to multiply: 39 characters here.";
constexpr std::int64_t kBatch = 16;  // two whole batches and a short one
constexpr std::size_t kBatches = 3, kLayers = 3;

constexpr MultiplierShape kChunks2{{4, 4, 16}, 2, Accumulation::Exact, 64};
constexpr MultiplierShape kChunks4{{2, 8, 8}, 4, Accumulation::Exact, 64};
constexpr MultiplierShape kFp32{{4, 4, 16}, 2, Accumulation::Fp32, 64};

std::vector<BlockProduct> all_products() {
  return {{parse_format("fast2"), {kChunks2}},
          {parse_format("bfp(m=3,g=16,e=4,round=stochastic)"), {kChunks2, kChunks4}},
          {parse_format("fast4-sr"), {kChunks2, kChunks4}},
          {parse_format("bfp(m=8,g=16,e=4)"), {kChunks2}},
          {parse_format("msfp12"), {kFp32}},
          {parse_format("bfp(m=3,round=stochastic)"), {kFp32}},
          {parse_format("bfp(m=8,g=2)"), {kFp32}}};  // whose FP32 sums round
}

// Layers of 12, 24 and 24 inputs: groups that are short, and more than one.
Network sample_network() {
  Rng rng = bench::rng(3);
  return make_network({3, 4, 24, 1}, rng);
}

ProductStudy study(std::span<const BlockProduct> products, std::span<const BlockEngines> engines,
                   std::int64_t compared = 0, std::uint64_t seed = 5) {
  return study_products(sample_network(), kText, products, engines, {seed, kBatch, compared});
}
ProductStudy study(const BlockProduct& product, const BlockEngines& engines,
                   std::int64_t compared = 0) {
  return study(std::span(&product, 1), std::span(&engines, 1), compared);
}

enum class Part { None, Code, Exponent, Flag, Base };

// The golden converter, wrong at the call `call`: 0 to 2 are the weights and activations of the
// first batch by turns, then the activations.
class FaultyConverter final : public Converter {
 public:
  explicit FaultyConverter(Part part = Part::None, int call = -1) : part_(part), call_(call) {}
  std::string name() const override { return "faulty"; }
  const ConverterStats& stats() const override { return stats_; }
  BfpLines convert(std::span<const float> values, std::int64_t lines, std::int64_t length,
                   const Format& format, const BfpOptions& options) override {
    BfpLines out = convert_bfp(values, lines, length, format, options);
    if (calls_++ == call_) {
      right = out;
      std::int16_t& code = out.codes.back();
      if (part_ == Part::Code) code = static_cast<std::int16_t>(code > 0 ? code - 1 : code + 1);
      if (part_ == Part::Exponent) out.exponents.back() ^= 1;
      if (part_ == Part::Flag) out.flags.back() ^= kBumpedGroup;
      if (part_ == Part::Base) ++out.base;
    }
    return out;
  }
  BfpLines right;  // of that call

 private:
  Part part_;
  int call_;
  int calls_ = 0;
  ConverterStats stats_;
};

// gemm_bfp() with the cycles of the formula; one result, or the cycles, wrong at the call `call`.
class FaultyMultiplier final : public Multiplier {
 public:
  explicit FaultyMultiplier(const MultiplierShape& shape, int call = -1, bool in_cycles = false)
      : shape_(shape), call_(call), in_cycles_(in_cycles) {}
  std::string name() const override { return "faulty"; }
  const MultiplierShape& shape() const override { return shape_; }
  const MultiplierStats& stats() const override { return stats_; }
  std::vector<std::uint32_t> multiply(const BfpOperand& a, const BfpOperand& b) override {
    std::vector<std::uint32_t> out = gemm_bfp(a, b, {shape_.accumulation, shape_.chunk_bits, {}});
    const std::int64_t m = a.lines.lines, n = b.lines.lines, k = a.lines.length;
    stats_.macs += static_cast<std::uint64_t>(m * n * k);
    stats_.cycles += product_cycles(shape_, a.format, m, n, k);
    if (calls_++ == call_) {
      left = a.lines;
      right = b.lines;
      if (in_cycles_)
        ++stats_.cycles;
      else
        out.back() ^= 0x8000'0000;  // the sign: +0 for -0 is a difference
    }
    return out;
  }
  BfpLines left, right;  // of that call

 private:
  MultiplierShape shape_;
  int call_;
  bool in_cycles_;
  int calls_ = 0;
  MultiplierStats stats_;
};

TEST_CASE("train: block products of a walk are those of the definitions",
          "[train][products][law]") {
  const Network network = sample_network();
  const std::vector<BlockProduct> products = all_products();
  const std::vector<BlockEngines> none(products.size());
  std::uint64_t done = 0;
  const ProductStudy got = study_products(network, kText, products, none, {5, kBatch, 0},
                                          [&](auto now, auto total, const Format&) {
                                            CHECK(now > done);
                                            CHECK(total == products.size() * kText.size());
                                            done = now;
                                          });
  CHECK(done == products.size() * kText.size());
  CHECK(got.compared() == 0);
  CHECK(got.mismatches() == 0);
  for (std::size_t p = 0; p < products.size(); ++p) {
    const Format& format = products[p].format;
    const ProductResult& result = got.products[p];
    INFO(format_text(format));
    double sum = 0;
    std::vector<Sqnr> sqnr(kLayers);
    std::vector<std::uint64_t> cycles(products[p].arrays.size());
    for (std::size_t b = 0; b < kBatches; ++b) {
      const std::size_t first = b * kBatch, rows = std::min<std::size_t>(16, kText.size() - first);
      std::vector<std::uint8_t> contexts(rows * 3), targets;
      for (std::size_t i = 0; i < rows; ++i) {
        context_at(kText, first + i, std::span(contexts).subspan(3 * i, 3));
        targets.push_back(static_cast<std::uint8_t>(kText[first + i]));
      }
      Walk walk(network, contexts);
      for (std::size_t l = 0; l < kLayers; ++l) {
        const Layer& layer = walk.layer();
        const std::int64_t m = walk.rows(), n = layer.outputs, k = layer.inputs;
        std::vector<float> columns;
        for (std::int64_t j = 0; j < n; ++j)
          for (std::int64_t i = 0; i < k; ++i)
            columns.push_back(layer.weights[static_cast<std::size_t>(i * n + j)]);
        // Tensors 2, 3, 4 are the weights, then come the activations, batch by batch.
        const BfpLines right = convert_bfp(columns, n, k, format, {{}, noise_seed(5, 2 + l)});
        const BfpLines left =
            convert_bfp(walk.input(), m, k, format, {{}, noise_seed(5, 5 + 3 * b + l)});
        std::vector<float> product, exact(static_cast<std::size_t>(m * n));
        for (const std::uint32_t bits :
             gemm_bfp({format, left}, {format, right},
                      {products[p].arrays[0].accumulation, products[p].arrays[0].chunk_bits, {}}))
          product.push_back(std::bit_cast<float>(bits));
        multiply(m, n, k, walk.input(), layer.weights, exact);
        sqnr[l].add(exact, product);
        for (std::size_t a = 0; a < cycles.size(); ++a)
          cycles[a] += product_cycles(products[p].arrays[a], format, m, n, k);
        walk.advance(product);
      }
      sum += bits(walk.logits(), targets);
    }
    CHECK(result.bits_per_character == sum / static_cast<double>(kText.size()));
    for (std::size_t l = 0; l < kLayers; ++l) CHECK(result.sqnr_db[l] == sqnr[l].db());
    CHECK(result.arrays.size() == cycles.size());
    for (std::size_t a = 0; a < cycles.size(); ++a) CHECK(result.arrays[a].cycles == cycles[a]);
  }
}

TEST_CASE("train: cycles and passes of a block product are those of the array",
          "[train][products][law]") {
  const Format m3 = parse_format("bfp(m=3,g=16,e=4)");
  // 5 x 6 by 40: 2 x 2 tiles of 4 x 4 cells; groups of 16, 16 and 8 take three steps, 4 passes.
  CHECK(product_cycles(kChunks2, m3, 5, 6, 40) ==
        static_cast<std::uint64_t>(block_timing({4, 4, 16}, false).cycles(4, 12)));
  CHECK(product_cycles(kFp32, m3, 5, 6, 40) ==
        static_cast<std::uint64_t>(block_timing({4, 4, 16}, true).cycles(4, 12)));
  // 3 x 1 tiles of 2 x 8 cells with 8 lanes: five steps, one pass. Groups of 12, 12, 12 and 4 take
  // seven: a group begins a step.
  const GemmTiming timing = block_timing({2, 8, 8}, false);
  CHECK(product_cycles(kChunks4, m3, 5, 6, 40) == static_cast<std::uint64_t>(timing.cycles(3, 5)));
  CHECK(product_cycles(kChunks4, parse_format("bfp(m=3,g=12,e=4)"), 5, 6, 40) ==
        static_cast<std::uint64_t>(timing.cycles(3, 7)));
  const std::vector<BlockProduct> products = all_products();
  const ProductStudy got = study(products, std::vector<BlockEngines>(products.size()));
  const int passes[][2] = {{1, 0}, {4, 1}, {4, 1}, {16, 0}, {4, 0}, {4, 0}, {16, 0}};
  for (std::size_t p = 0; p < products.size(); ++p)
    for (std::size_t a = 0; a < products[p].arrays.size(); ++a)
      CHECK(got.products[p].arrays[a].passes == passes[p][a]);
}

TEST_CASE("train: engines that equal the golden model compare equal in every element",
          "[train][products][law]") {
  const auto compared =
      GENERATE(std::int64_t{0}, std::int64_t{1}, std::int64_t{16}, std::int64_t{17});
  const std::size_t rows = compared == 0 ? kText.size() : compared <= 16 ? 16 : 32;
  const Network network = sample_network();
  const BlockProduct product{parse_format("fast4-sr"), {kChunks2, kChunks4}};
  FaultyConverter converter;
  FaultyMultiplier two(kChunks2), four(kChunks4);
  const ProductStudy got = study(product, {&converter, {&two, &four}}, compared);
  CHECK(got.compared_characters == rows);
  CHECK(got.mismatches() == 0);
  CHECK_FALSE(got.first);
  std::uint64_t codes = 0, groups = 0, results = 0;
  for (const Layer& layer : network.layers) {
    const auto lines = rows + static_cast<std::size_t>(layer.outputs);
    codes += lines * static_cast<std::size_t>(layer.inputs);
    groups += lines * static_cast<std::size_t>((layer.inputs + 15) / 16);
    results += rows * static_cast<std::size_t>(layer.outputs);
  }
  const ProductResult& result = got.products[0];
  CHECK(result.codes == codes);
  CHECK(result.exponents == groups);
  CHECK(result.flags == groups);
  for (const ArrayResult& array : result.arrays) {
    CHECK(array.results == results);
    CHECK(array.cycle_counts == kLayers * ((rows + 15) / 16));
    if (compared == 0) CHECK(array.simulated_cycles == array.cycles);
  }
  CHECK(got.compared() == codes + 2 * groups + 2 * (results + result.arrays[0].cycle_counts));
}

TEST_CASE("train: one wrong result of either array is counted, named and kept",
          "[train][products][law]") {
  const auto format = GENERATE("fast2", "fast4-sr", "bfp(m=8,g=16,e=4,round=stochastic)");
  const auto second = GENERATE(false, true);
  const auto in_cycles = GENERATE(false, true);
  const auto call = GENERATE(2, 8);  // the last layer: nothing after it is spoilt
  const BlockProduct product{parse_format(format), {kChunks2, kChunks4}};
  FaultyConverter converter;
  FaultyMultiplier two(kChunks2, second ? -1 : call, in_cycles);
  FaultyMultiplier four(kChunks4, second ? call : -1, in_cycles);
  const ProductStudy got = study(product, {&converter, {&two, &four}});
  CHECK(got.mismatches() == 1);
  CHECK(got.products[0].arrays[second ? 1 : 0].mismatches == 1);
  REQUIRE(got.first);
  const ProductMismatch& first = *got.first;
  const std::int64_t rows = call == 2 ? 16 : static_cast<std::int64_t>(kText.size()) - 32;
  CHECK(first.format == product.format);
  CHECK(first.engine == "faulty");
  CHECK(first.layer == "output");
  REQUIRE(first.shape);
  CHECK(*first.shape == (second ? kChunks4 : kChunks2));
  CHECK(first.what == (in_cycles ? "number of cycles" : "result"));
  CHECK(first.line == (in_cycles ? 0 : rows - 1));
  CHECK(first.column == (in_cycles ? 0 : 255));
  CHECK(first.want != first.got);

  // `compare A.npy B.npy`, whatever its seed, multiplies the same codes.
  const FaultyMultiplier& faulty = second ? four : two;
  REQUIRE(first.lines == rows);
  REQUIRE(first.length == 24);
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}}) {
    const BfpLines a = convert_bfp(first.values, rows, 24, first.format, {{}, noise_seed(seed)});
    CHECK(a.codes == faulty.left.codes);
    CHECK(a.exponents == faulty.left.exponents);
    CHECK(a.base == faulty.left.base);
    std::vector<float> columns;
    for (std::size_t j = 0; j < 256; ++j)
      for (std::size_t i = 0; i < 24; ++i) columns.push_back(first.weights[i * 256 + j]);
    const BfpLines b = convert_bfp(columns, 256, 24, first.format, {{}, noise_seed(seed, 1)});
    CHECK(b.codes == faulty.right.codes);
    CHECK(b.exponents == faulty.right.exponents);
    CHECK(b.base == faulty.right.base);
  }
}

TEST_CASE("train: a wrong result of the first array spoils its later layers",
          "[train][products][law]") {
  const BlockProduct product{parse_format("fast4"), {kChunks2, kChunks4}};
  for (const bool second : {false, true}) {
    FaultyConverter converter;
    FaultyMultiplier two(kChunks2, second ? -1 : 0), four(kChunks4, second ? 0 : -1);
    const ProductStudy got = study(product, {&converter, {&two, &four}});
    const ProductStudy alone = study(product, {});
    if (second)
      CHECK(got.mismatches() == 1);  // it feeds nothing
    else
      CHECK(got.products[0].converter_mismatches > 2);
    CHECK(got.products[0].bits_per_character == alone.products[0].bits_per_character);
  }
}

TEST_CASE("train: one wrong code, exponent, flag or base of any conversion is counted and kept",
          "[train][products][law]") {
  // Calls in the first batch: weights, activations of each layer by turns; then activations alone.
  const auto call = GENERATE(0, 1, 4, 5, 8, 11);
  const auto part = GENERATE(Part::Code, Part::Exponent, Part::Flag, Part::Base);
  const BlockProduct product{parse_format("fast4-sr"), {kChunks2}};
  FaultyConverter converter(part, call);
  FaultyMultiplier two(kChunks2);
  const ProductStudy got = study(product, {&converter, {&two}});
  const bool weights = call < 6 && call % 2 == 0;
  const char* const layers[] = {"input", "hidden1", "output"};
  const std::string part_name = part == Part::Code       ? "code"
                                : part == Part::Exponent ? "exponent"
                                : part == Part::Flag     ? "flags"
                                                         : "base";
  CHECK(got.products[0].converter_mismatches >= 1);
  if (part == Part::Flag) CHECK(got.mismatches() == 1);  // no value depends on it
  if (part == Part::Base) CHECK(got.mismatches() >= converter.right.exponents.size());
  REQUIRE(got.first);
  const ProductMismatch& first = *got.first;
  CHECK(first.what == part_name + " of " + (weights ? "a weight" : "an activation"));
  CHECK(first.layer == layers[call < 6 ? call / 2 : call % 3]);
  CHECK_FALSE(first.shape);
  CHECK(first.line == (part == Part::Base ? 0 : converter.right.lines - 1));

  // `compare X.npy --seed` of it converts with the noise of the walk.
  CHECK(convert_bfp(first.values, first.lines, first.length, first.format,
                    {{}, noise_seed(first.seed)}) == converter.right);
}

TEST_CASE("train: block products depend on the seed, and on nothing else",
          "[train][products][law]") {
  const std::vector<BlockProduct> products = all_products();
  const std::vector<BlockEngines> none(products.size());
  const ProductStudy a = study(products, none), b = study(products, none, 1),
                     other = study(products, none, 0, 6);
  for (std::size_t p = 0; p < products.size(); ++p) {
    CHECK(a.products[p].bits_per_character == b.products[p].bits_per_character);
    CHECK(a.products[p].sqnr_db == b.products[p].sqnr_db);
    const bool same = a.products[p].bits_per_character == other.products[p].bits_per_character;
    CHECK(same != is_stochastic(products[p].format.rounding));
  }
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{7}, ~std::uint64_t{0}})
    for (const std::uint64_t tensor : {std::uint64_t{0}, std::uint64_t{2}, std::uint64_t{12345}})
      CHECK(noise_seed(seed_of_tensor(seed, tensor)) == noise_seed(seed, tensor));
  std::set<std::uint64_t> numbers;
  for (std::size_t turn = 0; turn < 5; ++turn)
    for (std::size_t l = 0; l < kLayers; ++l) numbers.insert(tensor_number(kLayers, l, turn));
  CHECK(numbers.size() == 5 * kLayers);
  CHECK(*numbers.begin() == 2);
}

TEST_CASE("train: a study of block products without sense is refused", "[train][products][edge]") {
  const BlockProduct product{parse_format("fast2"), {kChunks2}};
  const BlockProduct mixed{parse_format("fast2"), {kChunks2, kFp32}};
  const Network network = sample_network();
  const BlockEngines none;
  CHECK_THROWS_AS(study_products(network, "", std::span(&product, 1), std::span(&none, 1)),
                  std::invalid_argument);
  CHECK_THROWS_AS(study_products(network, kText, std::span(&product, 1), {}),
                  std::invalid_argument);
  CHECK_THROWS_AS(study(mixed, none), std::invalid_argument);
  FaultyConverter converter;
  CHECK_THROWS_AS(study(product, {&converter, {}}), std::invalid_argument);
}

}  // namespace
}  // namespace rh::train
