#include "train/products.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "convert/convert_bfp_fast.hpp"
#include "train/evaluate.hpp"
#include "train/text.hpp"

namespace rh::train {
namespace {

std::vector<float> floats(const std::vector<std::uint32_t>& bits) {
  std::vector<float> values(bits.size());
  std::transform(bits.begin(), bits.end(), values.begin(),
                 [](std::uint32_t x) { return std::bit_cast<float>(x); });
  return values;
}

template <class T>
std::string text_of(T value) {
  return std::to_string(value);
}
std::string text_of(std::uint32_t result) {
  return fp32_text(result);
}

// The values of an operand. Converted again they give the same codes and the same base: the largest
// code of a group keeps the exponent of the value it came from.
std::vector<float> values_of(const BfpOperand& x) {
  std::vector<float> values(x.lines.codes.size());
  dequantize_bfp_fast(x.format, x.lines, values);
  return values;
}

class OneFormat {
 public:
  OneFormat(const Network& network, const BlockProduct& product, const BlockEngines& engines,
            const ProductOptions& options, std::optional<ProductMismatch>& first)
      : network_(network),
        format_(product.format),
        engines_(engines),
        options_(options),
        first_(first),
        converter_(make_converter("golden", product.format)),
        multiplier_(make_multiplier("golden", product.arrays.at(0))),
        sqnr_(network.layers.size()) {
    result_.format = format_;
    for (const MultiplierShape& shape : product.arrays) {
      if (shape.accumulation != product.arrays[0].accumulation)
        throw std::invalid_argument("the arrays of a format accumulate alike");
      ArrayResult array;
      array.shape = shape;
      array.passes = passes(integer_bits(format_), integer_bits(format_), shape.chunk_bits);
      result_.arrays.push_back(array);
    }
    if (engines.converter && engines.multipliers.size() != product.arrays.size())
      throw std::invalid_argument("a multiplier for each array");
  }

  // One batch through all layers; `compare`: in the engines, too.
  void walk(const Batch& batch, std::size_t number, bool compare) {
    const bool beside = compare && engines_.converter;
    Walk golden(network_, batch.contexts);
    std::optional<Walk> other;
    if (beside) other = golden;
    for (std::size_t l = 0; !golden.done(); ++l) {
      const Layer& layer = golden.layer();
      const std::int64_t m = golden.rows(), n = layer.outputs, k = layer.inputs;
      convert_weights(l, beside);
      const NoiseState noise = noise_of(l, 1 + number);
      const BfpLines lines = converter_->convert(golden.input(), m, k, format_, {{}, noise});
      const std::vector<std::uint32_t> bits =
          multiplier_->multiply({format_, lines}, {format_, weights_[l]});
      const std::vector<float> product = floats(bits);

      std::vector<float> exact(product.size());
      multiply(m, n, k, golden.input(), layer.weights, exact);
      sqnr_[l].add(exact, product);
      for (ArrayResult& array : result_.arrays)
        array.cycles += product_cycles(array.shape, format_, m, n, k);

      if (other) {
        const BfpLines got =
            engines_.converter->convert(other->input(), m, k, format_, {{}, noise});
        compare_lines(l, 1 + number, "an activation", other->input(), lines, got);
        std::vector<float> own;
        for (std::size_t a = 0; a < engines_.multipliers.size(); ++a) {
          const std::vector<std::uint32_t> results = run(a, l, got, bits);
          if (a == 0) own = floats(results);
        }
        other->advance(own);
      }
      golden.advance(product);
    }
    bits_ += train::bits(golden.logits(), batch.targets);
  }

  ProductResult finish(std::size_t characters) {
    result_.bits_per_character = bits_ / static_cast<double>(characters);
    for (const Sqnr& sqnr : sqnr_) result_.sqnr_db.push_back(sqnr.db());
    const double macs =
        static_cast<double>(characters) * static_cast<double>(network_.macs_per_character());
    result_.golden_seconds = converter_->stats().seconds + multiplier_->stats().seconds;
    for (ArrayResult& array : result_.arrays) {
      const ArrayShape& shape = array.shape.array;
      array.utilization =
          macs * array.passes /
          (static_cast<double>(shape.cells()) * shape.lanes * static_cast<double>(array.cycles));
    }
    return std::move(result_);
  }

 private:
  NoiseState noise_of(std::size_t layer, std::size_t turn) const {
    return noise_seed(options_.seed, tensor_number(network_.layers.size(), layer, turn));
  }

  // Once a layer; in the engines when they first come by.
  void convert_weights(std::size_t l, bool beside) {
    const Layer& layer = network_.layers[l];
    const bool own = weights_.size() == l, theirs = beside && other_weights_.size() == l;
    if (!own && !theirs) return;
    const std::vector<float> lines = layer.columns();
    const BfpOptions options{{}, noise_of(l, 0)};
    if (own)
      weights_.push_back(converter_->convert(lines, layer.outputs, layer.inputs, format_, options));
    if (!theirs) return;
    other_weights_.push_back(
        engines_.converter->convert(lines, layer.outputs, layer.inputs, format_, options));
    compare_lines(l, 0, "a weight", lines, weights_[l], other_weights_[l]);
  }

  // A product in the engine of array `a`, compared with the golden one.
  std::vector<std::uint32_t> run(std::size_t a, std::size_t l, const BfpLines& lines,
                                 const std::vector<std::uint32_t>& want) {
    ArrayResult& array = result_.arrays[a];
    Multiplier& multiplier = *engines_.multipliers[a];
    const BfpOperand left{format_, lines}, right{format_, other_weights_[l]};
    const MultiplierStats before = multiplier.stats();
    std::vector<std::uint32_t> got = multiplier.multiply(left, right);
    const MultiplierStats& after = multiplier.stats();
    const std::uint64_t cycles = after.cycles - before.cycles;
    array.simulated_macs += after.macs - before.macs;
    array.simulated_cycles += cycles;
    array.simulated_seconds += after.seconds - before.seconds;

    const Layer& layer = network_.layers[l];
    const auto tensors = [&](ProductMismatch& mismatch) {
      mismatch.engine = multiplier.name();
      mismatch.shape = array.shape;
      mismatch.lines = lines.lines;
      mismatch.length = lines.length;
      mismatch.values = values_of(left);
      const std::vector<float> columns = values_of(right);
      const auto n = static_cast<std::size_t>(layer.outputs);
      const auto k = static_cast<std::size_t>(layer.inputs);
      mismatch.weights.resize(columns.size());
      for (std::size_t i = 0; i < k; ++i)
        for (std::size_t j = 0; j < n; ++j) mismatch.weights[i * n + j] = columns[j * k + i];
    };
    compare(l, "result", array.results, array.mismatches, want, got, layer.outputs, tensors);
    if (cycles != 0) {
      const std::vector<std::uint64_t> formula = {
          product_cycles(array.shape, format_, lines.lines, layer.outputs, layer.inputs)};
      compare(l, "number of cycles", array.cycle_counts, array.mismatches, formula,
              std::vector<std::uint64_t>{cycles}, 1, tensors);
    }
    return got;
  }

  void compare_lines(std::size_t l, std::size_t turn, const std::string& of,
                     std::span<const float> values, const BfpLines& want, const BfpLines& got) {
    const auto tensor = [&](ProductMismatch& mismatch) {
      mismatch.engine = engines_.converter->name();
      mismatch.seed = seed_of_tensor(options_.seed, tensor_number(network_.layers.size(), l, turn));
      mismatch.lines = want.lines;
      mismatch.length = want.length;
      mismatch.values.assign(values.begin(), values.end());
    };
    std::uint64_t& wrong = result_.converter_mismatches;
    const std::int64_t groups = want.groups_per_line();
    compare(l, "code of " + of, result_.codes, wrong, want.codes, got.codes, want.length, tensor);
    compare(l, "exponent of " + of, result_.exponents, wrong, want.exponents, got.exponents, groups,
            tensor);
    compare(l, "flags of " + of, result_.flags, wrong, want.flags, got.flags, groups, tensor);
    // A base that differs makes every exponent another number.
    if (want.base != got.base) {
      wrong += want.exponents.size();
      note(l, "base of " + of, 0, 0, text_of(want.base), text_of(got.base), tensor);
    }
  }

  template <class T, class Tensors>
  void compare(std::size_t l, const std::string& what, std::uint64_t& counter,
               std::uint64_t& mismatches, const std::vector<T>& want, const std::vector<T>& got,
               std::int64_t row_length, Tensors tensors) {
    if (want.size() != got.size())
      throw std::runtime_error("an engine gave " + std::to_string(got.size()) + " values (" + what +
                               ") for " + std::to_string(want.size()));
    counter += want.size();
    for (std::size_t i = 0; i < want.size(); ++i) {
      if (want[i] == got[i]) continue;
      ++mismatches;
      const auto at = static_cast<std::int64_t>(i);
      note(l, what, at / row_length, at % row_length, text_of(want[i]), text_of(got[i]), tensors);
    }
  }

  template <class Tensors>
  void note(std::size_t l, const std::string& what, std::int64_t line, std::int64_t column,
            const std::string& want, const std::string& got, Tensors tensors) {
    if (first_) return;
    ProductMismatch mismatch;
    mismatch.format = format_;
    mismatch.what = what;
    mismatch.layer = network_.layers[l].name;
    mismatch.line = line;
    mismatch.column = column;
    mismatch.want = want;
    mismatch.got = got;
    tensors(mismatch);
    first_ = std::move(mismatch);
  }

  const Network& network_;
  const Format format_;
  const BlockEngines& engines_;
  const ProductOptions& options_;
  std::optional<ProductMismatch>& first_;
  std::unique_ptr<Converter> converter_;
  std::unique_ptr<Multiplier> multiplier_;
  std::vector<BfpLines> weights_, other_weights_;  // of each layer, in golden and in the engines
  std::vector<Sqnr> sqnr_;
  double bits_ = 0;
  ProductResult result_;
};

// noise_seed() splits seed ^ tensor * this.                                     docs/noise.md (3)
constexpr std::uint64_t kTensorStep = 0xD1B5'4A32'D192'ED03u;
constexpr std::uint64_t equal_seed(std::uint64_t seed, std::uint64_t tensor) {
  return seed ^ tensor * kTensorStep;
}
static_assert(noise_seed(equal_seed(7, 9)) == noise_seed(7, 9));

template <class Parts>
std::uint64_t sum_of(const Parts& parts, auto count) {
  std::uint64_t sum = 0;
  for (const auto& part : parts) sum += count(part);
  return sum;
}

}  // namespace

std::uint64_t seed_of_tensor(std::uint64_t seed, std::uint64_t tensor) {
  return equal_seed(seed, tensor);
}

std::uint64_t product_cycles(const MultiplierShape& shape, const Format& format, std::int64_t m,
                             std::int64_t n, std::int64_t k) {
  return rh::product_cycles(shape, m, n, k, format.group_size,
                            passes(integer_bits(format), integer_bits(format), shape.chunk_bits));
}

double ProductResult::mean_sqnr_db() const {
  double sum = 0;
  for (const double db : sqnr_db) sum += db;
  return sqnr_db.empty() ? 0 : sum / static_cast<double>(sqnr_db.size());
}

std::uint64_t ProductResult::compared() const {
  return converted() + sum_of(arrays, [](const ArrayResult& array) { return array.compared(); });
}

std::uint64_t ProductResult::mismatches() const {
  return converter_mismatches +
         sum_of(arrays, [](const ArrayResult& array) { return array.mismatches; });
}

std::uint64_t ProductStudy::compared() const {
  return sum_of(products, [](const ProductResult& product) { return product.compared(); });
}

std::uint64_t ProductStudy::mismatches() const {
  return sum_of(products, [](const ProductResult& product) { return product.mismatches(); });
}

ProductStudy study_products(const Network& network, std::string_view text,
                            std::span<const BlockProduct> products,
                            std::span<const BlockEngines> engines, const ProductOptions& options,
                            const ProductProgress& progress) {
  if (text.empty() || options.batch < 1) throw std::invalid_argument("nothing to evaluate");
  if (engines.size() != products.size()) throw std::invalid_argument("engines for each product");
  ProductStudy study;
  study.characters = text.size();
  const std::size_t batch = static_cast<std::size_t>(options.batch);
  const std::size_t wanted = options.compared_characters == 0
                                 ? text.size()
                                 : static_cast<std::size_t>(options.compared_characters);
  study.compared_characters = std::min(text.size(), (wanted + batch - 1) / batch * batch);
  for (std::size_t p = 0; p < products.size(); ++p) {
    OneFormat format(network, products[p], engines[p], options, study.first);
    for (std::size_t at = 0; at < text.size(); at += batch) {
      const Batch part = batch_at(text, at, options.batch, network.shape.context);
      format.walk(part, at / batch, at < wanted);
      if (progress)
        progress(p * text.size() + at + part.targets.size(), products.size() * text.size(),
                 products[p].format);
    }
    study.products.push_back(format.finish(text.size()));
  }
  return study;
}

}  // namespace rh::train
