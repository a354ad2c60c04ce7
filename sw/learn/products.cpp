#include "learn/products.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <stdexcept>

#include "convert/convert_bfp_fast.hpp"
#include "engine/converter.hpp"
#include "engine/engine.hpp"
#include "gemm/gemm.hpp"
#include "train/blas.hpp"

namespace rh::learn {
namespace {

using Operand = learn::Operand<float>;

constexpr std::size_t at(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

// docs/learn.md (18) with `passes` passes a step.
std::uint64_t cycles_of(const MultiplierShape& array, const ProductShape& shape, int group_size,
                        int passes) {
  return static_cast<std::uint64_t>(shape.batch) *
         product_cycles(array, shape.m, shape.n, shape.k, group_size, passes);
}

// Of int8 and floats: a lane a value, as many lanes as block formats have.
std::uint64_t one_pass_cycles(const ProductShape& shape) {
  const MultiplierShape array;
  return cycles_of(array, shape, array.array.lanes, 1);
}

// ---- FP32 and BF16 ------------------------------------------------------------------------------

// Rows of a product that are asked of OpenBLAS at once: whatever the number of threads.
constexpr std::int64_t kRowsAtOnce = 256;

void multiply_fp32(Threads& threads, const ProductShape& shape, std::span<const float> a,
                   bool a_transposed, std::span<const float> b, bool b_transposed,
                   std::span<float> c) {
  const std::int64_t m = shape.m, n = shape.n, k = shape.k, batch = shape.batch;
  const std::int64_t blocks = (m + kRowsAtOnce - 1) / kRowsAtOnce;
  const auto matrix = [](auto values, std::int64_t i, std::int64_t size) {
    return values.subspan(at(i * size), at(size));
  };
  const auto run = [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t task = first; task < last; ++task) {
      const std::int64_t i = task / blocks, row = task % blocks * kRowsAtOnce;
      train::multiply_rows(row, std::min(kRowsAtOnce, m - row), m, n, k, matrix(a, i, m * k),
                           matrix(b, i, k * n), matrix(c, i, m * n), a_transposed, b_transposed);
    }
  };
  threads.over(batch * blocks, 1, run);
}

class Fp32Product final : public Product<float> {
 public:
  explicit Fp32Product(Threads& threads) : threads_(threads) {}

 private:
  void compute(ProductRecord& record, const Operand& a, const Operand& b,
               std::span<float> c) override {
    record.one_pass_cycles = one_pass_cycles(record.shape);
    multiply_fp32(threads_, record.shape, a.values, a.transposed, b.values, b.transposed, c);
  }
  Threads& threads_;
};

class Bf16Product final : public Product<float> {
 public:
  explicit Bf16Product(Threads& threads) : threads_(threads) {}

 private:
  void compute(ProductRecord& record, const Operand& a, const Operand& b,
               std::span<float> c) override {
    record.one_pass_cycles = one_pass_cycles(record.shape);
    round(a.values, a_);
    round(b.values, b_);
    multiply_fp32(threads_, record.shape, a_, a.transposed, b_, b.transposed, c);
  }
  void round(std::span<const float> from, std::vector<float>& to) {
    to.resize(from.size());
    threads_.over(static_cast<std::int64_t>(from.size()), 1 << 14,
                  [&](std::int64_t first, std::int64_t last) {
                    for (std::int64_t i = first; i < last; ++i) to[at(i)] = to_bf16(from[at(i)]);
                  });
  }
  Threads& threads_;
  std::vector<float> a_, b_;
};

// ---- operands as lines along the contraction ----------------------------------------------------

// Columns first .. last - 1 of a matrix, each of them a line of `to`.
void transpose(const float* from, std::int64_t rows, std::int64_t columns, std::int64_t first,
               std::int64_t last, float* to) {
  constexpr std::int64_t kSide = 16;
  for (std::int64_t j0 = first; j0 < last; j0 += kSide)
    for (std::int64_t i0 = 0; i0 < rows; i0 += kSide) {
      const std::int64_t i1 = std::min(i0 + kSide, rows), j1 = std::min(j0 + kSide, last);
      for (std::int64_t j = j0; j < j1; ++j)
        for (std::int64_t i = i0; i < i1; ++i) to[(j - first) * rows + i] = from[i * columns + j];
    }
}

// An operand's lines: rows of op(a) or columns of op(b), of all matrices of the batch, each of
// length k. A view where they are stored so, else a copy in `buffer`.
struct Lines {
  std::span<const float> values;
  std::int64_t each;  // lines of a matrix
  std::int64_t count;
  std::int64_t length;

  std::span<const float> part(std::int64_t first, std::int64_t lines) const {
    return values.subspan(at(first * length), at(lines * length));
  }
};

Lines lines_of(Threads& threads, const Operand& x, bool stored_so, std::int64_t each,
               const ProductShape& shape, std::vector<float>& buffer) {
  const std::int64_t k = shape.k, count = shape.batch * each;
  if (stored_so) return {x.values, each, count, k};
  buffer.resize(x.values.size());
  threads.over(count, 32, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t line = first; line < last;) {
      const std::int64_t matrix = line / each, column = line % each;
      const std::int64_t columns = std::min(each - column, last - line);
      transpose(x.values.data() + matrix * k * each, k, each, column, column + columns,
                buffer.data() + line * k);
      line += columns;
    }
  });
  return {buffer, each, count, k};
}

// ---- products of lines --------------------------------------------------------------------------

// A product whose operands are converted along the contraction. An Arithmetic has
//   Converted                              what lines become, and
//   How                                    how those of one operand do: decided for a whole tensor,
//                                          which may have been converted for that
//   prepare(record, a, b, lines_a, lines_b)         both Hows; fills the record's bits and passes
//   convert(thread, how, values, first, count)      lines `first` .. of the tensor
//   part(converted, first, count), join(parts)
//   multiply(thread, how_a, a, how_b, b, c)         returns cycles
template <class Arithmetic>
class LineProduct final : public Product<float> {
 public:
  template <class... Arguments>
  explicit LineProduct(Threads& threads, const Arguments&... arguments)
      : threads_(threads), arithmetic_(threads, arguments...) {}

 private:
  using Converted = typename Arithmetic::Converted;

  void compute(ProductRecord& record, const Operand& a, const Operand& b,
               std::span<float> c) override {
    const ProductShape& shape = record.shape;
    const Lines lines_a = lines_of(threads_, a, !a.transposed, shape.m, shape, buffer_a_);
    const Lines lines_b = lines_of(threads_, b, b.transposed, shape.n, shape, buffer_b_);
    auto hows = arithmetic_.prepare(record, a.factor, lines_a, b.factor, lines_b);
    record.simulated = shape.batch == 1 ? one(hows.first, lines_a, hows.second, lines_b, c)
                                        : many(shape, hows.first, lines_a, hows.second, lines_b, c);
  }

  // Every thread has some of a's lines; all of them have all of b's.
  template <class How>
  std::uint64_t one(How& how_a, const Lines& a, How& how_b, const Lines& b, std::span<float> c) {
    const Converted whole_b = convert(how_b, b);
    return split(a.count, [&](std::int64_t, std::int64_t first, std::int64_t count, int thread) {
      const Converted part = arithmetic_.convert(thread, how_a, a.part(first, count), first, count);
      return arithmetic_.multiply(thread, how_a, part, how_b, whole_b,
                                  c.subspan(at(first * b.count), at(count * b.count)));
    });
  }

  // Every thread has some of the batch.
  template <class How>
  std::uint64_t many(const ProductShape& shape, How& how_a, const Lines& a, How& how_b,
                     const Lines& b, std::span<float> c) {
    const std::int64_t m = shape.m, n = shape.n, batch = shape.batch;
    return split(batch, [&](std::int64_t, std::int64_t first, std::int64_t count, int thread) {
      const auto converted = [&](How& how, const Lines& lines) {
        const std::int64_t line = first * lines.each, these = count * lines.each;
        return arithmetic_.convert(thread, how, lines.part(line, these), line, these);
      };
      const Converted some_a = converted(how_a, a), some_b = converted(how_b, b);
      std::uint64_t cycles = 0;
      for (std::int64_t i = 0; i < count; ++i)
        cycles += arithmetic_.multiply(thread, how_a, arithmetic_.part(some_a, i * m, m), how_b,
                                       arithmetic_.part(some_b, i * n, n),
                                       c.subspan(at((first + i) * m * n), at(m * n)));
      return cycles;
    });
  }

  template <class How>
  Converted convert(How& how, const Lines& lines) {
    std::vector<Converted> parts(at(threads_.count()));
    split(lines.count, [&](std::int64_t i, std::int64_t first, std::int64_t count, int thread) {
      parts[at(i)] = arithmetic_.convert(thread, how, lines.part(first, count), first, count);
      return std::uint64_t{0};
    });
    return parts.size() == 1 ? std::move(parts[0]) : arithmetic_.join(parts);
  }

  // Calls part(i, first, count, thread) on part i of `size`, a part a thread; the sum of what it
  // returns.
  template <class Part>
  std::uint64_t split(std::int64_t size, const Part& part) {
    const std::int64_t parts = threads_.count();
    std::vector<std::uint64_t> results(at(parts));
    threads_.run(parts, [&](std::int64_t i, int thread) {
      const std::int64_t first = size * i / parts, last = size * (i + 1) / parts;
      if (last > first) results[at(i)] = part(i, first, last - first, thread);
    });
    std::uint64_t sum = 0;
    for (const std::uint64_t result : results) sum += result;
    return sum;
  }

  Threads& threads_;
  Arithmetic arithmetic_;
  std::vector<float> buffer_a_, buffer_b_;
};

// ---- what lines are converted to ----------------------------------------------------------------

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// Block formats, by a converter and a multiplier a thread.
class BlockArithmetic {
 public:
  using Converted = BfpLines;
  struct How {
    Format format;
    int base;
    NoiseState noise;
    std::optional<BfpLines> ready = {};  // the tensor, where its decision has converted it
  };

  BlockArithmetic(Threads& threads, const Recipe& recipe, const ProductOptions& options)
      : recipe_(recipe), options_(options), threads_(threads) {
    check_formats();
    const Format& any = recipe.output_gradient;
    const MultiplierShape shape =
        options.shape.value_or(default_multiplier_shape(options.engine, any, any, std::nullopt));
    shape_ = shape;
    for (int i = 0; i < threads.count(); ++i) {
      converters_.push_back(make_converter(options.engine, any));
      multipliers_.push_back(make_multiplier(options.engine, shape));
    }
  }

  std::pair<How, How> prepare(ProductRecord& record, Factor a, const Lines& lines_a, Factor b,
                              const Lines& lines_b) {
    const How how_a = prepare(record.site, a, lines_a, 0);
    const How how_b = prepare(record.site, b, lines_b, 1);
    record.bits_a = integer_bits(how_a.format);
    record.bits_b = integer_bits(how_b.format);
    record.passes = passes(record.bits_a, record.bits_b, shape_.chunk_bits);
    const int group_size = how_a.format.group_size;
    record.cycles = cycles_of(shape_, record.shape, group_size, record.passes);
    record.one_pass_cycles = cycles_of(shape_, record.shape, group_size, 1);
    return {how_a, how_b};
  }

  BfpLines convert(int thread, How& how, std::span<const float> values, std::int64_t first,
                   std::int64_t count) {
    if (how.ready)
      return how.ready->lines == count ? std::move(*how.ready) : part_of(*how.ready, first, count);
    const std::int64_t length = static_cast<std::int64_t>(values.size()) / count;
    return converters_[at(thread)]->convert(values, count, length, how.format,
                                            options_from(how, first, length));
  }

  static BfpLines part(const BfpLines& lines, std::int64_t first, std::int64_t count) {
    return part_of(lines, first, count);
  }
  static BfpLines join(std::vector<BfpLines>& parts) {
    BfpLines whole;
    for (BfpLines& part : parts) {
      if (part.lines == 0) continue;
      if (whole.lines == 0) {
        whole = std::move(part);
        continue;
      }
      whole.lines += part.lines;
      append(whole.codes, part.codes);
      append(whole.exponents, part.exponents);
      append(whole.flags, part.flags);
    }
    return whole;
  }

  std::uint64_t multiply(int thread, const How& how_a, const BfpLines& a, const How& how_b,
                         const BfpLines& b, std::span<float> c) {
    Multiplier& multiplier = *multipliers_[at(thread)];
    const std::uint64_t before = multiplier.stats().cycles;
    const std::vector<std::uint32_t> bits =
        multiplier.multiply({how_a.format, a}, {how_b.format, b});
    assert(bits.size() == c.size());
    std::memcpy(c.data(), bits.data(), c.size_bytes());
    return multiplier.stats().cycles - before;
  }

 private:
  // One converter and one array serve all three tensors: what may differ is what they are told at
  // run time.
  void check_formats() const {
    const auto rest = [](Format format) {
      format.magnitude_bits = 0;
      format.rounding = RoundMode::NearestEven;
      format.rule = ExponentRule::Floor;
      format.base.reset();
      return format;
    };
    if (!recipe_.input.is_block() || rest(recipe_.input) != rest(recipe_.weight) ||
        rest(recipe_.input) != rest(recipe_.output_gradient))
      throw std::invalid_argument(
          "the formats of X, W and dO are blocks that differ in bits, rounding, rule and base "
          "only");
    if (recipe_.policy.kind == PolicyKind::Adaptive)
      for (const Factor factor : {Factor::Input, Factor::Weight, Factor::OutputGradient})
        require_watchable(recipe_.format(factor));
  }

  // The base is that of 4 bits wherever a policy may choose between them and 2.
  How prepare(const Site& site, Factor factor, const Lines& lines, int side) {
    Format format = recipe_.format(factor);
    if (recipe_.policy.kind != PolicyKind::Fixed) format.magnitude_bits = kHighBits;
    How how{format, conversion_base_fast(format, lines.values),
            noise_seed(options_.seed, tensor_number(options_.layers, site, side))};
    how.format.magnitude_bits = bits(site, factor, lines, how);
    return how;
  }

  // Decided at the first use of a step, and kept for the second.
  int bits(const Site& site, Factor factor, const Lines& lines, How& how) {
    const auto [entry, added] = decided_.try_emplace({site.layer, factor}, Decision{});
    Decision& decision = entry->second;
    if (added || decision.step != site.step || site.role == Role::Forward)
      decision = {site.step, recipe_.policy.choose(site.layer, site.step, how.format.magnitude_bits,
                                                   [&] { return fine(site, lines, how); })};
    return decision.bits;
  }

  // Does the tensor need 4 bits? Then it is ready. A simulated unit sees a tensor whole; the exact
  // sums of parts add.                                                         docs/learn.md (13)
  bool fine(const Site& site, const Lines& lines, How& how) {
    const PrecisionUnit unit = watching_unit(how.format.group_size);
    const std::uint32_t threshold = recipe_.policy.threshold(unit, site.layer, site.step);
    std::vector<Watched> parts(options_.engine == "golden" ? converters_.size() : 1);
    const auto count = static_cast<std::int64_t>(parts.size());
    threads_.run(count, [&](std::int64_t i, int thread) {
      const std::int64_t first = lines.count * i / count, last = lines.count * (i + 1) / count;
      if (last > first)
        parts[at(i)] = converters_[at(thread)]->convert_watched(
            lines.part(first, last - first), last - first, lines.length, how.format,
            options_from(how, first, lines.length), threshold);
    });
    bool fine = parts[0].fine;
    if (count > 1) {
      Precision precision(unit);
      for (const Watched& part : parts) precision.join(part.sums);
      fine = precision.fine(threshold);
    }
    if (!fine) return false;
    std::vector<BfpLines> ready;
    for (Watched& part : parts) ready.push_back(std::move(part.lines));
    how.ready = join(ready);
    return true;
  }

  // The noise of line `first` begins where that of the lines before it ends.
  static BfpOptions options_from(const How& how, std::int64_t first, std::int64_t length) {
    const std::int64_t g = how.format.group_size;
    BfpOptions options{how.base, how.noise};
    if (is_stochastic(how.format.rounding) && first > 0)
      options.noise = noise_jump(how.noise, static_cast<NoiseCount>(first) *
                                                static_cast<NoiseCount>((length + g - 1) / g * g) *
                                                static_cast<NoiseCount>(how.format.noise_bits));
    return options;
  }

  struct Decision {
    std::int64_t step = 0;
    int bits = 0;
  };

  Recipe recipe_;
  ProductOptions options_;
  Threads& threads_;
  MultiplierShape shape_;
  std::vector<std::unique_ptr<Converter>> converters_;
  std::vector<std::unique_ptr<Multiplier>> multipliers_;
  std::map<std::pair<int, Factor>, Decision> decided_;  // by layer and tensor
};

// int8 with a scale a line, by an engine a thread.
class Int8Arithmetic {
 public:
  using Converted = Int8Lines;
  struct How {};

  Int8Arithmetic(Threads& threads, const ProductOptions& options) {
    EngineOptions engine;
    engine.shape = timing_.shape = default_shape(options.engine);
    for (int i = 0; i < threads.count(); ++i)
      engines_.push_back(make_engine(options.engine, engine));
  }

  std::pair<How, How> prepare(ProductRecord& record, Factor, const Lines&, Factor, const Lines&) {
    record.bits_a = record.bits_b = kInt8.magnitude_bits;
    record.passes = 1;
    const auto [m, n, k, batch] = record.shape;
    const ArrayShape& array = timing_.shape;
    record.cycles = static_cast<std::uint64_t>(
        batch * timing_.cycles(array.tile_rows(m) * array.tile_cols(n), array.steps(k)));
    record.one_pass_cycles = one_pass_cycles(record.shape);
    return {};
  }
  Int8Lines convert(int thread, const How&, std::span<const float> values, std::int64_t,
                    std::int64_t count) {
    return engines_[at(thread)]->convert_int8(values, count,
                                              static_cast<std::int64_t>(values.size()) / count);
  }
  static Int8Lines part(const Int8Lines& lines, std::int64_t first, std::int64_t count) {
    Int8Lines part;
    part.lines = count;
    part.length = lines.length;
    const auto codes = lines.codes.begin() + first * lines.length;
    part.codes.assign(codes, codes + count * lines.length);
    part.scales.assign(lines.scales.begin() + first, lines.scales.begin() + first + count);
    return part;
  }
  static Int8Lines join(const std::vector<Int8Lines>& parts) {
    Int8Lines whole;
    for (const Int8Lines& part : parts) {
      whole.lines += part.lines;
      whole.length = std::max(whole.length, part.length);
      append(whole.codes, part.codes);
      append(whole.scales, part.scales);
    }
    return whole;
  }
  std::uint64_t multiply(int thread, const How&, const Int8Lines& a, const How&, const Int8Lines& b,
                         std::span<float> c) {
    Engine& engine = *engines_[at(thread)];
    const std::uint64_t before = engine.stats().multiply_cycles;
    std::ranges::copy(engine.gemm_fp32(a, b), c.begin());
    return engine.stats().multiply_cycles - before;
  }

 private:
  GemmTiming timing_{};
  std::vector<std::unique_ptr<Engine>> engines_;
};

// ---- recipes ------------------------------------------------------------------------------------

Format with_rounding(Format format, RoundMode rounding) {
  format.rounding = rounding;
  return format;
}

// All tensors in one format, gradients rounded by `gradient`.
Recipe block_recipe(std::string_view preset, RoundMode gradient, PolicyKind policy) {
  const Format& format = *find_preset(preset);
  return {Arithmetic::Block, format, format, with_rounding(format, gradient), {policy}};
}

struct NamedRecipe {
  std::string_view name;
  Recipe recipe;
};

const std::vector<NamedRecipe>& recipes() {
  using enum PolicyKind;
  constexpr RoundMode kStochastic = RoundMode::Stochastic;
  static const std::vector<NamedRecipe> kRecipes = {
      {"fp32", {Arithmetic::Fp32}},
      {"bf16", {Arithmetic::Bf16}},
      {"int8", {Arithmetic::Int8}},
      {"msfp12", block_recipe("msfp12", RoundMode::NearestEven, Fixed)},
      {"fast2", block_recipe("fast2", kStochastic, Fixed)},
      {"fast4", block_recipe("fast4", kStochastic, Fixed)},
      {"fast2-even", block_recipe("fast2", RoundMode::NearestEven, Fixed)},
      {"fast4-even", block_recipe("fast4", RoundMode::NearestEven, Fixed)},
      {"fast-by-step", block_recipe("fast4", kStochastic, ByStep)},
      {"fast-by-layer", block_recipe("fast4", kStochastic, ByLayer)},
      {"fast-adaptive", block_recipe("fast4", kStochastic, Adaptive)},
  };
  return kRecipes;
}

}  // namespace

Recipe parse_recipe(std::string_view name) {
  std::string all;
  for (const NamedRecipe& named : recipes()) {
    if (named.name == name) return named.recipe;
    all += (all.empty() ? "" : ", ") + std::string(named.name);
  }
  throw std::invalid_argument("recipe '" + std::string(name) + "' is unknown; there are " + all);
}

std::vector<std::string> recipe_names() {
  std::vector<std::string> names;
  for (const NamedRecipe& named : recipes()) names.emplace_back(named.name);
  return names;
}

std::unique_ptr<Product<float>> make_product(const Recipe& recipe, const ProductOptions& options,
                                             Threads& threads) {
  switch (recipe.arithmetic) {
    case Arithmetic::Fp32: return std::make_unique<Fp32Product>(threads);
    case Arithmetic::Bf16: return std::make_unique<Bf16Product>(threads);
    case Arithmetic::Int8: return std::make_unique<LineProduct<Int8Arithmetic>>(threads, options);
    case Arithmetic::Block:
      return std::make_unique<LineProduct<BlockArithmetic>>(threads, recipe, options);
  }
  throw std::invalid_argument("an arithmetic without a product");
}

float to_bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if ((bits & 0x7FFF'FFFF) > kFp32Infinity) return std::bit_cast<float>(kFp32Nan);
  return std::bit_cast<float>((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF'0000);
}

}  // namespace rh::learn
