#include "train/conversion.hpp"

#include <algorithm>
#include <stdexcept>

#include "convert/convert_bfp_fast.hpp"
#include "train/evaluate.hpp"
#include "train/text.hpp"

namespace rh::train {
namespace {

template <class T>
std::uint64_t differences(const std::vector<T>& want, const std::vector<T>& got) {
  if (want.size() != got.size()) throw std::runtime_error("an engine lost a part of a tensor");
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < want.size(); ++i) count += want[i] == got[i] ? 0 : 1;
  return count;
}

// A base that differs makes every code of the tensor another number.
std::uint64_t differences(const BfpLines& want, const BfpLines& got) {
  return (want.base == got.base ? 0 : want.codes.size()) + differences(want.codes, got.codes) +
         differences(want.exponents, got.exponents) + differences(want.flags, got.flags);
}

}  // namespace

std::vector<StudyTensor> study_tensors(const Network& network, std::string_view text,
                                       std::int64_t batch) {
  if (text.empty() || batch < 1) throw std::invalid_argument("nothing to convert");
  std::vector<StudyTensor> tensors;
  for (const Layer& layer : network.layers) {
    tensors.push_back({layer.name, true, layer.outputs, layer.inputs, layer.columns()});
    tensors.push_back(
        {layer.name, false, static_cast<std::int64_t>(text.size()), layer.inputs, {}});
  }
  for (std::size_t at = 0; at < text.size(); at += static_cast<std::size_t>(batch)) {
    const Batch part = batch_at(text, at, batch, network.shape.context);
    Walk walk(network, part.contexts);
    for (std::size_t l = 0; !walk.done(); ++l) {
      std::vector<float>& values = tensors[2 * l + 1].values;
      values.insert(values.end(), walk.input().begin(), walk.input().end());
      const Layer& layer = walk.layer();
      std::vector<float> product(part.targets.size() * static_cast<std::size_t>(layer.outputs));
      multiply(walk.rows(), layer.outputs, layer.inputs, walk.input(), layer.weights, product);
      walk.advance(product);
    }
  }
  return tensors;
}

double ConvertedFormat::mean_sqnr_db(std::span<const StudyTensor> of, bool weights) const {
  double sum = 0;
  int count = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (of[i].weights == weights) {
      sum += tensors[i].sqnr_db;
      ++count;
    }
  return count > 0 ? sum / count : 0;
}

std::uint64_t ConvertedFormat::compared() const {
  std::uint64_t sum = 0;
  for (const ConvertedTensor& tensor : tensors) sum += tensor.compared;
  return sum;
}

std::uint64_t ConvertedFormat::mismatches() const {
  std::uint64_t sum = 0;
  for (const ConvertedTensor& tensor : tensors) sum += tensor.mismatches;
  return sum;
}

std::uint64_t ConversionStudy::compared() const {
  std::uint64_t sum = 0;
  for (const ConvertedFormat& format : formats) sum += format.compared();
  return sum;
}

std::uint64_t ConversionStudy::mismatches() const {
  std::uint64_t sum = 0;
  for (const ConvertedFormat& format : formats) sum += format.mismatches();
  return sum;
}

ConversionStudy convert_tensors(std::span<const StudyTensor> tensors,
                                std::span<const Format> formats,
                                std::span<const Converters> engines, std::uint64_t seed,
                                const ConversionProgress& progress) {
  if (engines.size() != formats.size()) throw std::invalid_argument("converters for each format");
  ConversionStudy study;
  const BfpOptions options{.base = {}, .noise = noise_seed(seed)};
  for (std::size_t f = 0; f < formats.size(); ++f) {
    ConvertedFormat converted{formats[f], {}, {}};
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      const StudyTensor& x = tensors[t];
      ConvertedTensor result;
      std::optional<BfpLines> want;
      for (const auto& engine : engines[f]) {
        BfpLines got = engine->convert(x.values, x.lines, x.length, formats[f], options);
        if (!want) {
          want = std::move(got);
          continue;
        }
        const std::uint64_t wrong = differences(*want, got);
        result.compared += want->codes.size() + want->exponents.size() + want->flags.size();
        result.mismatches += wrong;
        if (wrong > 0 && !study.first)
          study.first = ConversionMismatch{formats[f], engine->name(), t};
      }
      if (want) {
        std::vector<float> values(want->codes.size());
        dequantize_bfp_fast(formats[f], *want, values);
        Sqnr sqnr;
        sqnr.add(x.values, values);
        result.sqnr_db = sqnr.db();
        result.base = want->base;
        result.groups = static_cast<std::int64_t>(want->flags.size());
        result.saturated_groups = want->count(kSaturatedGroup);
        result.underflowed_groups = want->count(kUnderflowGroup);
        result.bumped_groups = want->count(kBumpedGroup);
      }
      converted.tensors.push_back(result);
      if (progress) progress(f * tensors.size() + t + 1, formats.size() * tensors.size());
    }
    for (const auto& engine : engines[f]) converted.work.push_back(engine->stats());
    study.formats.push_back(std::move(converted));
  }
  return study;
}

}  // namespace rh::train
