// roundhouse study: trains a small network in FP32 and evaluates it in FP32 and in engines.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/engines.hpp"
#include "cli/pin_blas.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "gemm/gemm.hpp"
#include "number/format_text.hpp"
#include "tensor/npy.hpp"
#include "train/conversion.hpp"
#include "train/evaluate.hpp"
#include "train/products.hpp"
#include "train/trainer.hpp"

namespace rh::cli {
namespace {

using Clock = std::chrono::steady_clock;

// Of int8 products, of a conversion, of block products and of their conversions.
constexpr const char* kMismatchFiles[] = {"mismatch_A.npy",         "mismatch_B.npy",
                                          "mismatch_X.npy",         "mismatch_product_A.npy",
                                          "mismatch_product_B.npy", "mismatch_product_X.npy"};

struct Options {
  std::string report = "build/report";
  std::string texts = "/usr/share/common-licenses";
  std::string held_out = "Apache-2.0";
  train::TrainOptions train;
  EngineChoice choice;
  std::int64_t batch = 1024;
  std::int64_t rtl_characters = 1024;
};

// A bar on a terminal; a line at every tenth part, a second apart at least, wherever stderr goes.
class Progress {
 public:
  Progress(std::string what, bool quiet) : what_(std::move(what)), quiet_(quiet), bar_(quiet) {
    bar_.begin(what_);
  }
  template <class Detail>
  void update(std::uint64_t done, std::uint64_t total, Detail detail) {
    bar_.update(done, total);
    const std::uint64_t tenth = done * 10 / total;
    if (quiet_ || tenth == tenth_ || (tenth < 10 && seconds() < said_ + 1)) return;
    tenth_ = tenth;
    said_ = seconds();
    bar_.clear();
    std::cerr << what_ << std::setw(5) << tenth * 10 << " %  " << std::setw(6) << std::fixed
              << std::setprecision(1) << seconds() << " s  " << detail() << std::endl;
  }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  std::string what_;
  bool quiet_;
  ProgressBar bar_;
  std::uint64_t tenth_ = 0;
  double said_ = 0;
  Clock::time_point start_ = Clock::now();
};

std::string fixed(double value, int digits) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value;
  return text.str();
}

double rate(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

Json corpus_json(const Options& options, const train::Corpus& corpus) {
  Json texts = Json::array();
  std::size_t characters = 0;
  for (const train::Text& text : corpus.train) {
    texts.push_back({{"name", text.name}, {"characters", text.bytes.size()}});
    characters += text.bytes.size();
  }
  return {{"folder", options.texts},
          {"held_out", corpus.held_out.name},
          {"held_out_characters", corpus.held_out.bytes.size()},
          {"shared_sequences", corpus.shared},
          {"sequence_characters", train::kSequence},
          {"near_copies_left_out", corpus.near_copies},
          {"unigram_bits_per_character", train::unigram_bits(corpus.held_out.bytes, corpus.train)},
          {"training_characters", characters},
          {"training_texts", texts}};
}

Json network_json(const train::Network& network) {
  Json layers = Json::array();
  for (const train::Layer& layer : network.layers)
    layers.push_back({{"name", layer.name}, {"k", layer.inputs}, {"n", layer.outputs}});
  return {{"context", network.shape.context},
          {"embedding", network.shape.embedding},
          {"width", network.shape.width},
          {"vocabulary", train::kVocabulary},
          {"parameters", network.parameters()},
          {"macs_per_character", network.macs_per_character()},
          {"layers", layers}};
}

Json training_json(const train::TrainOptions& options, const train::Trained& trained,
                   double seconds) {
  Json curve = Json::array();
  for (const train::Point& point : trained.curve)
    curve.push_back({point.step, finite(point.bits_per_character)});
  return {{"optimizer", "AdamW"},
          {"steps", options.steps},
          {"batch", options.batch},
          {"learning_rate", options.learning_rate},
          {"weight_decay", options.weight_decay},
          {"dropout", options.dropout},
          {"seconds", seconds},
          {"curve", curve}};
}

Json compared_json(const train::Compared& compared) {
  return {{"codes", compared.codes},
          {"scales", compared.scales},
          {"results", compared.results},
          {"elements", compared.elements()},
          {"mismatches", compared.mismatches}};
}

Json stats_json(const EngineStats& stats, const ArrayShape& shape) {
  return {{"macs", stats.macs},
          {"elements_converted", stats.elements_converted},
          {"tiles", stats.tiles},
          {"convert_cycles", stats.convert_cycles},
          {"multiply_cycles", stats.multiply_cycles},
          {"utilization", finite(stats.utilization(shape))},
          {"convert_seconds", stats.convert_seconds},
          {"multiply_seconds", stats.multiply_seconds}};
}

Json evaluation_json(const Options& options, const train::Network& network,
                     const train::Evaluation& evaluation) {
  Json engines = Json::array();
  for (const train::EngineResult& engine : evaluation.engines) {
    Json layers = Json::array();
    for (std::size_t l = 0; l < engine.layers.size(); ++l) {
      const train::LayerResult& layer = engine.layers[l];
      layers.push_back({{"name", network.layers[l].name},
                        {"m", evaluation.characters},
                        {"k", network.layers[l].inputs},
                        {"n", network.layers[l].outputs},
                        {"sqnr_db", finite(layer.sqnr_db)},
                        {"drift_db", finite(layer.drift_db)},
                        {"work", stats_json(layer.work, engine.shape)},
                        {"compared", compared_json(layer.compared)}});
    }
    engines.push_back({{"name", engine.name},
                       {"array",
                        {{"rows", engine.shape.rows},
                         {"cols", engine.shape.cols},
                         {"lanes", engine.shape.lanes}}},
                       {"bits_per_character", finite(engine.bits_per_character)},
                       {"seconds", engine.seconds},
                       {"macs_per_second", rate(evaluation.macs, engine.seconds)},
                       {"work", stats_json(engine.work, engine.shape)},
                       {"compared", compared_json(engine.compared)},
                       {"layers", layers}});
  }
  return {{"characters", evaluation.characters},
          {"batch", options.batch},
          {"macs", evaluation.macs},
          {"fp32",
           {{"bits_per_character", finite(evaluation.fp32_bits_per_character)},
            {"seconds", evaluation.fp32_seconds},
            {"macs_per_second", rate(evaluation.macs, evaluation.fp32_seconds)},
            {"blas", train::blas_version()},
            {"kernel", train::blas_kernel()}}},
          {"engines", engines},
          {"compared", compared_json(evaluation.compared())}};
}

void print_evaluation(std::ostream& out, const train::Corpus& corpus, const train::Network& network,
                      const train::Evaluation& evaluation, double unigram) {
  out << "held out: " << corpus.held_out.name << ", " << evaluation.characters
      << " characters; bits per character of byte frequencies alone " << fixed(unigram, 3) << "\n\n"
      << "products in  bits/char  MAC/s       cycles      utilisation  compared    mismatches\n";
  const auto row = [&](const std::string& name, double bits, const std::string& speed,
                       const std::string& cycles, const std::string& utilization,
                       const std::string& compared, const std::string& mismatches) {
    out << std::left << std::setw(13) << name << std::setw(11) << fixed(bits, 4) << std::setw(12)
        << speed << std::setw(12) << cycles << std::setw(13) << utilization << std::setw(12)
        << compared << mismatches << "\n";
  };
  const auto speed = [&](double seconds) {
    return per_second(static_cast<double>(evaluation.macs), seconds, "");
  };
  row("fp32", evaluation.fp32_bits_per_character, speed(evaluation.fp32_seconds), "-", "-", "-",
      "-");
  for (const train::EngineResult& engine : evaluation.engines) {
    const bool first = &engine == evaluation.engines.data();
    const std::uint64_t cycles = engine.work.convert_cycles + engine.work.multiply_cycles;
    row("int8 " + engine.name, engine.bits_per_character, speed(engine.seconds),
        cycles == 0 ? "-" : std::to_string(cycles),
        cycles == 0 ? "-" : fixed(engine.work.utilization(engine.shape), 4),
        first ? "reference" : std::to_string(engine.compared.elements()),
        first ? "-" : std::to_string(engine.compared.mismatches));
  }
  if (evaluation.engines.empty()) return;
  out << "\nlayer    K x N      SQNR, same inputs  SQNR, from FP32 all along\n";
  const train::EngineResult& engine = evaluation.engines.front();
  for (std::size_t l = 0; l < engine.layers.size(); ++l) {
    const train::Layer& layer = network.layers[l];
    out << std::setw(9) << layer.name << std::setw(11)
        << std::to_string(layer.inputs) + " x " + std::to_string(layer.outputs) << std::setw(19)
        << fixed(engine.layers[l].sqnr_db, 2) + " dB" << fixed(engine.layers[l].drift_db, 2)
        << " dB\n";
  }
}

// Writes the tensors in which engines first differed; says how to see it again.
Json keep_mismatch(const train::Mismatch& mismatch, const std::string& want, const Options& options,
                   const Common& common) {
  const std::string a = options.report + "/" + kMismatchFiles[0];
  const std::string b = options.report + "/" + kMismatchFiles[1];
  const auto weights = static_cast<std::int64_t>(mismatch.weights.size());
  const std::int64_t k = static_cast<std::int64_t>(mismatch.activations.size()) / mismatch.rows;
  write_npy<float>(a, Shape{mismatch.rows, k}, mismatch.activations);
  write_npy<float>(b, Shape{k, weights / k}, mismatch.weights);
  std::string again = common.command[0] + " compare " + a + " " + b + " --format int8 --engines " +
                      want + "," + mismatch.engine;
  for (const std::string& word : array_words(options.choice)) again += " " + word;
  std::cout << "mismatch: " << mismatch.what << ", layer " << mismatch.layer << ", row "
            << mismatch.row << ", column " << mismatch.column << "\n  want   " << mismatch.want
            << " from " << want << "\n  got    " << mismatch.got << " from " << mismatch.engine
            << "\n  again  " << again << "\n";
  return {{"what", mismatch.what},     {"layer", mismatch.layer},       {"row", mismatch.row},
          {"column", mismatch.column}, {"want", mismatch.want},         {"want_engine", want},
          {"got", mismatch.got},       {"got_engine", mismatch.engine}, {"again", again}};
}

// The block presets, and for each the converters of the engines that are asked for. The netlist's
// is too slow for whole tensors.
struct Conversions {
  std::vector<Format> formats;
  std::vector<train::Converters> engines;
};
Conversions make_conversions(const Options& options) {
  Conversions out;
  for (const Preset& preset : kPresets) {
    if (!preset.format.is_block()) continue;
    out.formats.push_back(preset.format);
    train::Converters converters;
    for (const std::string& name : options.choice.names)
      if (name != "netlist") converters.push_back(make_converter(name, preset.format));
    if (converters.empty()) converters.push_back(make_converter("golden", preset.format));
    out.engines.push_back(std::move(converters));
  }
  return out;
}

Json conversion_json(const train::ConversionStudy& study, std::span<const train::StudyTensor> of,
                     const Conversions& conversions) {
  Json engines = Json::array();
  for (const auto& engine : conversions.engines[0]) engines.push_back(engine->name());
  Json formats = Json::array();
  for (const train::ConvertedFormat& converted : study.formats) {
    Json tensors = Json::array();
    for (std::size_t t = 0; t < of.size(); ++t) {
      const train::ConvertedTensor& x = converted.tensors[t];
      tensors.push_back({{"layer", of[t].layer},
                         {"tensor", of[t].weights ? "weights" : "activations"},
                         {"lines", of[t].lines},
                         {"length", of[t].length},
                         {"sqnr_db", finite(x.sqnr_db)},
                         {"base", x.base},
                         {"groups", x.groups},
                         {"saturated_groups", x.saturated_groups},
                         {"underflowed_groups", x.underflowed_groups},
                         {"bumped_groups", x.bumped_groups},
                         {"compared", x.compared},
                         {"mismatches", x.mismatches}});
    }
    Json work = Json::array();
    for (const ConverterStats& stats : converted.work)
      work.push_back({{"elements", stats.elements},
                      {"cycles", stats.cycles},
                      {"seconds", stats.seconds},
                      {"elements_per_second", rate(stats.elements, stats.seconds)}});
    formats.push_back({{"name", format_text(converted.format)},
                       {"logical_bits", converted.format.logical_bits()},
                       {"stored_bits", converted.format.stored_bits()},
                       {"weights_sqnr_db", finite(converted.mean_sqnr_db(of, true))},
                       {"activations_sqnr_db", finite(converted.mean_sqnr_db(of, false))},
                       {"compared", converted.compared()},
                       {"mismatches", converted.mismatches()},
                       {"work", work},
                       {"tensors", tensors}});
  }
  return {{"engines", engines},
          {"compared", study.compared()},
          {"mismatches", study.mismatches()},
          {"formats", formats}};
}

void print_conversions(std::ostream& out, const train::ConversionStudy& study,
                       std::span<const train::StudyTensor> of) {
  out << "\nformat       bits   SQNR weights  activations  groups      saturated  underflowed  "
         "compared    mismatches\n";
  for (const train::ConvertedFormat& converted : study.formats) {
    std::int64_t groups = 0, saturated = 0, underflowed = 0;
    for (const train::ConvertedTensor& x : converted.tensors) {
      groups += x.groups;
      saturated += x.saturated_groups;
      underflowed += x.underflowed_groups;
    }
    out << std::left << std::setw(13) << format_text(converted.format) << std::setw(7)
        << number(converted.format.logical_bits()) << std::setw(14)
        << fixed(converted.mean_sqnr_db(of, true), 2) + " dB" << std::setw(13)
        << fixed(converted.mean_sqnr_db(of, false), 2) + " dB" << std::setw(12) << groups
        << std::setw(11) << saturated << std::setw(13) << underflowed << std::setw(12)
        << converted.compared() << converted.mismatches() << "\n";
  }
}

// Writes the first tensor that engines converted differently; says how to see where.
Json keep_conversion(const train::ConversionMismatch& mismatch, const train::StudyTensor& x,
                     const std::string& want, const Options& options, const Common& common) {
  const std::string file = options.report + "/" + kMismatchFiles[2];
  write_npy<float>(file, Shape{x.lines, x.length}, x.values);
  std::string again = common.command[0] + " compare " + file + " --format '" +
                      format_text(mismatch.format) + "' --engines " + want + "," + mismatch.engine;
  if (common.seed != 0) again += " --seed " + std::to_string(common.seed);
  const std::string what = x.weights ? "weights" : "activations";
  std::cout << "mismatch: conversion to " << format_text(mismatch.format) << ", layer " << x.layer
            << ", " << what << "\n  want   from " << want << "\n  got    from " << mismatch.engine
            << "\n  again  " << again << "\n";
  return {{"format", format_text(mismatch.format)},
          {"layer", x.layer},
          {"tensor", what},
          {"want_engine", want},
          {"got_engine", mismatch.engine},
          {"again", again}};
}

// The formats whose products are studied, and the arrays they run on: groups of 16, exponents of 4
// bits and exact sums for m = 2, 3, 4, 8, and MSFP12 with FP32 sums; each rounded to nearest even
// and stochastically. Chunks of 2 bits for all, of 4 bits where they save passes.
std::vector<train::BlockProduct> block_products() {
  std::vector<train::BlockProduct> products;
  for (const char* const name :
       {"msfp12", "fast2", "bfp(m=3,g=16,e=4)", "fast4", "bfp(m=8,g=16,e=4)"})
    for (const RoundMode rounding : {RoundMode::NearestEven, RoundMode::Stochastic}) {
      train::BlockProduct product{parse_format(name), {}};
      product.format.rounding = rounding;
      product.arrays = {default_multiplier_shape("rtl", product.format, product.format, {})};
      if (product.arrays[0].accumulation == Accumulation::Exact &&
          product.format.magnitude_bits > product.arrays[0].chunk_bits) {
        product.arrays.push_back(product.arrays[0]);
        product.arrays.back().chunk_bits = 4;
      }
      products.push_back(std::move(product));
    }
  return products;
}

// The engine rtl of each, where it is asked for: the netlist is too slow for these. One multiplier
// a shape; the converters are those of the presets, which take any m and any rounding.
struct BlockRtl {
  std::vector<std::unique_ptr<Multiplier>> multipliers;
  std::vector<train::BlockEngines> engines;  // of each product
  bool present = false;
};
BlockRtl make_block_rtl(const Options& options, std::span<const train::BlockProduct> products,
                        const Conversions& conversions) {
  const auto& names = options.choice.names;
  BlockRtl rtl;
  rtl.engines.resize(products.size());
  rtl.present = std::find(names.begin(), names.end(), "rtl") != names.end();
  if (!rtl.present) return rtl;
  for (std::size_t p = 0; p < products.size(); ++p) {
    const Format& format = products[p].format;
    for (std::size_t f = 0; f < conversions.formats.size(); ++f) {
      const Format& preset = conversions.formats[f];
      if (preset.is_minifloat() || preset.exponent_bits != format.exponent_bits ||
          preset.group_size != format.group_size)
        continue;
      for (const auto& converter : conversions.engines[f])
        if (converter->name() == "rtl") rtl.engines[p].converter = converter.get();
    }
    for (const MultiplierShape& shape : products[p].arrays) {
      auto at = std::find_if(rtl.multipliers.begin(), rtl.multipliers.end(),
                             [&](const auto& made) { return made->shape() == shape; });
      if (at == rtl.multipliers.end())
        at = rtl.multipliers.insert(at, make_multiplier("rtl", shape));
      rtl.engines[p].multipliers.push_back(at->get());
    }
  }
  return rtl;
}

// The cycles that an array of 16 lanes takes for int8, by its formula: as many lanes as the block
// formats have, where the engine that is compared has one.                       docs/gemm.md (4)
Json int8_json(const Options& options, const train::Network& network, std::size_t characters) {
  const GemmTiming timing{.shape = {16, 16, 16}};
  std::int64_t cycles = 0, macs = 0;
  const auto text = static_cast<std::int64_t>(characters);
  for (std::int64_t at = 0; at < text; at += options.batch)
    for (const train::Layer& layer : network.layers) {
      const std::int64_t rows = std::min(options.batch, text - at);
      cycles += timing.cycles(timing.shape.tile_rows(rows) * timing.shape.tile_cols(layer.outputs),
                              timing.shape.steps(layer.inputs));
      macs += rows * layer.outputs * layer.inputs;
    }
  return {{"array", array_json(timing.shape)},
          {"passes", 1},
          {"cycles", cycles},
          {"utilization",
           static_cast<double>(macs) / (static_cast<double>(timing.shape.cells()) *
                                        timing.shape.lanes * static_cast<double>(cycles))}};
}

Json products_json(const Options& options, const train::Network& network,
                   const train::ProductStudy& study, bool rtl) {
  const auto macs = static_cast<std::uint64_t>(network.macs_per_character()) * study.characters;
  Json formats = Json::array();
  for (const train::ProductResult& product : study.products) {
    Json layers = Json::array();
    for (std::size_t l = 0; l < network.layers.size(); ++l)
      layers.push_back({{"name", network.layers[l].name}, {"sqnr_db", finite(product.sqnr_db[l])}});
    Json arrays = Json::array();
    for (const train::ArrayResult& array : product.arrays)
      arrays.push_back({{"array", array_json(array.shape)},
                        {"passes", array.passes},
                        {"cycles", array.cycles},
                        {"utilization", finite(array.utilization)},
                        {"compared", array.compared()},
                        {"mismatches", array.mismatches},
                        {"simulated",
                         {{"macs", array.simulated_macs},
                          {"cycles", array.simulated_cycles},
                          {"seconds", array.simulated_seconds},
                          {"mac_passes_per_second",
                           rate(array.simulated_macs * static_cast<std::uint64_t>(array.passes),
                                array.simulated_seconds)}}}});
    formats.push_back({{"name", format_text(product.format)},
                       {"magnitude_bits", product.format.magnitude_bits},
                       {"exponent_bits", product.format.exponent_bits},
                       {"rounding", name(product.format.rounding)},
                       {"logical_bits", product.format.logical_bits()},
                       {"bits_per_character", finite(product.bits_per_character)},
                       {"sqnr_db", finite(product.mean_sqnr_db())},
                       {"golden_seconds", product.golden_seconds},
                       {"golden_macs_per_second", rate(macs, product.golden_seconds)},
                       {"converter_compared", product.converted()},
                       {"converter_mismatches", product.converter_mismatches},
                       {"compared", product.compared()},
                       {"mismatches", product.mismatches()},
                       {"layers", layers},
                       {"arrays", arrays}});
  }
  Json engines = Json::array({"golden"});
  if (rtl) engines.push_back("rtl");
  return {{"engines", engines},
          {"compared_characters", rtl ? study.compared_characters : 0},
          {"compared", study.compared()},
          {"mismatches", study.mismatches()},
          {"int8", int8_json(options, network, study.characters)},
          {"formats", formats}};
}

void print_products(std::ostream& out, const train::ProductStudy& study) {
  std::vector<std::vector<std::string>> rows = {{"products in", "rounding", "chunk", "bits/char",
                                                 "SQNR", "passes", "cycles", "utilisation",
                                                 "compared", "mismatches"}};
  for (const train::ProductResult& product : study.products) {
    Format plain = product.format;
    plain.rounding = RoundMode::NearestEven;
    for (const train::ArrayResult& array : product.arrays) {
      const bool first = &array == product.arrays.data();
      // What was converted is counted with the first array.
      const std::uint64_t compared = array.compared() + (first ? product.converted() : 0);
      const std::uint64_t wrong = array.mismatches + (first ? product.converter_mismatches : 0);
      rows.push_back({format_text(plain), std::string(name(product.format.rounding)),
                      std::to_string(array.shape.chunk_bits), fixed(product.bits_per_character, 4),
                      fixed(product.mean_sqnr_db(), 2) + " dB", std::to_string(array.passes),
                      std::to_string(array.cycles), fixed(array.utilization, 4),
                      std::to_string(compared), std::to_string(wrong)});
    }
  }
  out << "\n";
  print_table(out, rows);
}

// Writes the tensors of the first difference between block products; says how to see it again.
Json keep_product(const train::ProductMismatch& mismatch, const Options& options,
                  const Common& common) {
  const bool product = mismatch.shape.has_value();
  const std::string a = options.report + "/" + kMismatchFiles[product ? 3 : 5];
  std::string again = common.command[0] + " compare " + a;
  write_npy<float>(a, Shape{mismatch.lines, mismatch.length}, mismatch.values);
  if (product) {
    const std::string b = options.report + "/" + kMismatchFiles[4];
    const auto columns = static_cast<std::int64_t>(mismatch.weights.size()) / mismatch.length;
    write_npy<float>(b, Shape{mismatch.length, columns}, mismatch.weights);
    again += " " + b;
  }
  again += " --format '" + format_text(mismatch.format) + "' --engines golden," + mismatch.engine;
  if (product) {
    const MultiplierShape& shape = *mismatch.shape;
    EngineChoice choice;
    choice.rows = shape.array.rows;
    choice.cols = shape.array.cols;
    choice.lanes = shape.array.lanes;
    choice.chunk_bits = shape.chunk_bits;
    choice.accumulation = name(shape.accumulation);
    for (const std::string& word : array_words(choice)) again += " " + word;
  } else {
    again += " --seed " + std::to_string(mismatch.seed);
  }
  std::cout << "mismatch: " << format_text(mismatch.format) << ", " << mismatch.what << ", layer "
            << mismatch.layer << ", line " << mismatch.line << ", place " << mismatch.column
            << "\n  want   " << mismatch.want << " from golden\n  got    " << mismatch.got
            << " from " << mismatch.engine << "\n  again  " << again << "\n";
  return {{"format", format_text(mismatch.format)},
          {"what", mismatch.what},
          {"layer", mismatch.layer},
          {"line", mismatch.line},
          {"column", mismatch.column},
          {"want", mismatch.want},
          {"want_engine", "golden"},
          {"got", mismatch.got},
          {"got_engine", mismatch.engine},
          {"again", again}};
}

int study(const Options& given, const Common& common) {
  pin_blas_kernel(common);
  Options options = given;
  options.train.seed = common.seed;
  const std::string file = options.report + "/study.json";
  std::error_code error;
  std::filesystem::create_directories(options.report, error);
  check_outputs(common, {file});
  for (const char* const name : kMismatchFiles)  // of an earlier run
    std::filesystem::remove(options.report + "/" + name, error);
  const std::vector<EngineSetup> setups = engine_setups(options.choice, {kInt8, {}});
  std::vector<std::unique_ptr<Engine>> owned;  // before training: a missing one is soon said
  std::vector<Engine*> engines;
  for (const EngineSetup& setup : setups) {
    owned.push_back(make_engine(setup.name, engine_options(setup)));
    engines.push_back(owned.back().get());
  }
  const Conversions conversions = make_conversions(options);
  const std::vector<train::BlockProduct> blocks = block_products();
  const BlockRtl block_rtl = make_block_rtl(options, blocks, conversions);

  const train::Corpus corpus = train::load_corpus(options.texts, options.held_out);
  Json report = {{"program", "roundhouse"},      {"version", kVersion},
                 {"contract", kContractVersion}, {"report", 1},
                 {"subcommand", "study"},        {"command", common.command},
                 {"seed", common.seed}};
  report["corpus"] = corpus_json(options, corpus);

  Progress training("train   ", common.quiet);
  const train::Trained trained =
      train::train(corpus.train, options.train, [&](int step, int steps, double bits) {
        training.update(static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(steps),
                        [&] { return fixed(bits, 2) + " bits per character of the batch"; });
      });
  report["network"] = network_json(trained.network);
  report["training"] = training_json(options.train, trained, training.seconds());

  Progress evaluating("evaluate", common.quiet);
  const train::Evaluation evaluation = train::evaluate(
      trained.network, corpus.held_out.bytes, engines, options.batch,
      [&](std::uint64_t done, std::uint64_t total) {
        evaluating.update(done, total, [&] {
          return per_second(static_cast<double>(done), evaluating.seconds(), "MAC/s");
        });
      });
  report["evaluation"] = evaluation_json(options, trained.network, evaluation);

  Progress converting("convert ", common.quiet);
  const std::vector<train::StudyTensor> tensors =
      train::study_tensors(trained.network, corpus.held_out.bytes, options.batch);
  const train::ConversionStudy converted = train::convert_tensors(
      tensors, conversions.formats, conversions.engines, common.seed,
      [&](std::uint64_t done, std::uint64_t total) {
        converting.update(done, total, [&] {
          return std::to_string(done) + " of " + std::to_string(total) + " tensors";
        });
      });
  report["conversion"] = conversion_json(converted, tensors, conversions);
  report["conversion"]["seconds"] = converting.seconds();
  report["conversion"]["first_mismatch"] =
      converted.first ? keep_conversion(*converted.first, tensors[converted.first->tensor],
                                        conversions.engines[0][0]->name(), options, common)
                      : Json(nullptr);

  Progress multiplying("products", common.quiet);
  const train::ProductStudy products =
      train::study_products(trained.network, corpus.held_out.bytes, blocks, block_rtl.engines,
                            {common.seed, options.batch, options.rtl_characters},
                            [&](std::uint64_t done, std::uint64_t total, const Format& format) {
                              multiplying.update(done, total, [&] { return format_text(format); });
                            });
  report["products"] = products_json(options, trained.network, products, block_rtl.present);
  report["products"]["seconds"] = multiplying.seconds();
  report["products"]["first_mismatch"] =
      products.first ? keep_product(*products.first, options, common) : Json(nullptr);

  const std::uint64_t mismatches =
      evaluation.compared().mismatches + converted.mismatches() + products.mismatches();
  report["mismatches"] = mismatches;
  report["first_mismatch"] =
      evaluation.first ? keep_mismatch(*evaluation.first, options.choice.names[0], options, common)
                       : Json(nullptr);
  if (!common.quiet) {
    print_evaluation(std::cout, corpus, trained.network, evaluation,
                     report["corpus"]["unigram_bits_per_character"]);
    print_conversions(std::cout, converted, tensors);
    print_products(std::cout, products);
  }
  const std::string text = report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  std::vector<OutputFile> outputs;
  outputs.emplace_back(file);
  if (!common.json.empty()) outputs.emplace_back(common.json);
  for (OutputFile& output : outputs) output.write(text);
  OutputFile::commit(outputs);
  return mismatches == 0 ? 0 : 1;
}

}  // namespace

void add_study(CLI::App& app, Common& common) {
  CLI::App* sub = app.add_subcommand(
      "study", "Train a small network in FP32, evaluate it in FP32 and in engines");
  const auto options = std::make_shared<Options>();
  options->choice.names = {"golden", "rtl"};
  sub->add_option("--report", options->report, "folder for study.json (made when missing)")
      ->type_name("DIR")
      ->capture_default_str();
  sub->add_option("--engines", options->choice.names,
                  "of golden, rtl, netlist; the first is what the others must equal")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"golden", "rtl", "netlist"}))
      ->type_name("NAME,NAME")
      ->default_str("golden,rtl");
  add_array(*sub, options->choice);
  sub->add_option("--steps", options->train.steps, "of training")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N")
      ->capture_default_str();
  sub->add_option("--texts", options->texts, "folder of texts to train on")
      ->type_name("DIR")
      ->capture_default_str();
  sub->add_option("--held-out", options->held_out, "the text that is evaluated, not trained on")
      ->type_name("NAME")
      ->capture_default_str();
  sub->add_option("--rtl-characters", options->rtl_characters,
                  "block products run in rtl, too, on the first N characters, whole batches of "
                  "1024; 0: on all")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N")
      ->capture_default_str();
  add_common(*sub, common);
  sub->footer(
      "Every int8 product of the evaluation runs in every engine, then every block format "
      "converts\n"
      "weights and activations, then products of block formats run in golden, and in rtl on the\n"
      "first characters; exits 1 when anything differs, and keeps the tensors in which it did.\n"
      "Examples:\n"
      "  roundhouse study\n"
      "  roundhouse study --steps 300 --engines golden --report /tmp/study\n"
      "  roundhouse study --held-out Artistic --seed 7 --json study_7.json");
  sub->callback(
      [&common, options] { common.run = [&common, options] { return study(*options, common); }; });
}

}  // namespace rh::cli
