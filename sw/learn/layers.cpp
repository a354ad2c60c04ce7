#include "learn/layers.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "learn/functions.hpp"

namespace rh::learn {
namespace {

constexpr std::int64_t kVocabulary = train::kVocabulary;

constexpr std::size_t at(std::int64_t i) {
  return static_cast<std::size_t>(i);
}
template <class Values>
std::int64_t size_of(const Values& values) {
  return static_cast<std::int64_t>(values.size());
}

// Elements of a part that a thread is worth waking for.
constexpr std::int64_t kLeast = 1 << 14;

// Calls rows(first, last) on parts of `count` rows of `width` elements.
template <class Rows>
void over_rows(Threads& threads, std::int64_t count, std::int64_t width, const Rows& rows) {
  threads.over(count, std::max<std::int64_t>(kLeast / std::max<std::int64_t>(width, 1), 1), rows);
}

// out[j] = sum over rows of term(row, j), rows ascending.
template <class Real, class Term>
void sum_rows(Threads& threads, std::int64_t rows, std::vector<Real>& out, const Term& term) {
  const std::int64_t width = size_of(out);
  threads.over(width, std::max<std::int64_t>(kLeast / std::max<std::int64_t>(rows, 1), 16),
               [&](std::int64_t first, std::int64_t last) {
                 Real* const sums = out.data();
                 for (std::int64_t j = first; j < last; ++j) sums[j] = 0;
                 for (std::int64_t row = 0; row < rows; ++row)
                   for (std::int64_t j = first; j < last; ++j) sums[j] += term(row, j);
               });
}

}  // namespace

template <class Real>
Parameter<Real> uniform_parameter(std::string name, std::int64_t size, double bound, bool decays,
                                  Rng& rng) {
  Parameter<Real> parameter{std::move(name), std::vector<Real>(at(size)),
                            std::vector<Real>(at(size)), decays};
  if (bound != 0)
    for (Real& value : parameter.value)
      value = static_cast<Real>(static_cast<float>(bound) * (2 * train::uniform(rng) - 1));
  return parameter;
}

// ---- linear -------------------------------------------------------------------------------------

template <class Real>
Linear<Real>::Linear(const std::string& name, int layer_number, std::int64_t input_count,
                     std::int64_t output_count, double gain, Rng& rng)
    : layer(layer_number),
      inputs(input_count),
      outputs(output_count),
      weights(uniform_parameter<Real>(name + ".weights", inputs * outputs,
                                      gain * std::sqrt(3.0 / static_cast<double>(inputs)), true,
                                      rng)),
      bias(uniform_parameter<Real>(name + ".bias", outputs, 0, false, rng)) {}

template <class Real>
std::vector<Real> Linear<Real>::forward(const Step<Real>& step, std::vector<Real> x) {
  input = std::move(x);
  const std::int64_t rows = size_of(input) / inputs;
  std::vector<Real> y(at(rows * outputs));
  step.multiply(layer, Role::Forward, {rows, outputs, inputs}, {Factor::Input, input},
                {Factor::Weight, weights.value}, y);
  over_rows(step.threads, rows, outputs, [&](std::int64_t first, std::int64_t last) {
    const Real* const b = bias.value.data();
    for (std::int64_t row = first; row < last; ++row) {
      Real* const out = y.data() + row * outputs;
      for (std::int64_t j = 0; j < outputs; ++j) out[j] += b[j];
    }
  });
  return y;
}

template <class Real>
std::vector<Real> Linear<Real>::backward(const Step<Real>& step, std::span<const Real> by_output) {
  const std::int64_t rows = size_of(by_output) / outputs;
  const Operand<Real> d_o{Factor::OutputGradient, by_output};
  std::vector<Real> by_input;
  if (input_gradient) {
    by_input.resize(input.size());
    step.multiply(layer, Role::InputGradient, {rows, inputs, outputs}, d_o,
                  {Factor::Weight, weights.value, true}, by_input);
  }
  step.multiply(layer, Role::WeightGradient, {inputs, outputs, rows}, {Factor::Input, input, true},
                d_o, weights.gradient);
  sum_rows(step.threads, rows, bias.gradient,
           [&](std::int64_t row, std::int64_t j) { return by_output[at(row * outputs + j)]; });
  return by_input;
}

// ---- layer norm ---------------------------------------------------------------------------------

template <class Real>
LayerNorm<Real>::LayerNorm(const std::string& name, std::int64_t width_, Rng& rng)
    : width(width_),
      gain(uniform_parameter<Real>(name + ".gain", width, 0, false, rng)),
      shift(uniform_parameter<Real>(name + ".shift", width, 0, false, rng)) {
  std::ranges::fill(gain.value, Real{1});
}

template <class Real>
std::vector<Real> LayerNorm<Real>::forward(const Step<Real>& step, std::span<const Real> x) {
  const std::int64_t rows = size_of(x) / width;
  const Real share = Real{1} / static_cast<Real>(width);
  std::vector<Real> y(x.size());
  normal.resize(x.size());
  inverse.resize(at(rows));
  over_rows(step.threads, rows, width, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      const Real* const in = x.data() + row * width;
      Real* const n = normal.data() + row * width;
      Real* const out = y.data() + row * width;
      Real mean = 0, variance = 0;
      for (std::int64_t j = 0; j < width; ++j) mean += in[j];
      mean *= share;
      for (std::int64_t j = 0; j < width; ++j) variance += (in[j] - mean) * (in[j] - mean);
      const Real scale = Real{1} / std::sqrt(variance * share + static_cast<Real>(1e-5));
      inverse[at(row)] = scale;
      for (std::int64_t j = 0; j < width; ++j) {
        n[j] = (in[j] - mean) * scale;
        out[j] = gain.value[at(j)] * n[j] + shift.value[at(j)];
      }
    }
  });
  return y;
}

template <class Real>
std::vector<Real> LayerNorm<Real>::backward(const Step<Real>& step,
                                            std::span<const Real> by_output) {
  const std::int64_t rows = size_of(by_output) / width;
  const Real share = Real{1} / static_cast<Real>(width);
  std::vector<Real> by_input(by_output.size());
  over_rows(step.threads, rows, width, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      const Real* const dy = by_output.data() + row * width;
      const Real* const n = normal.data() + row * width;
      Real* const dx = by_input.data() + row * width;
      Real mean = 0, along = 0;  // of h and of h n
      for (std::int64_t j = 0; j < width; ++j) {
        const Real h = gain.value[at(j)] * dy[j];
        mean += h;
        along += h * n[j];
      }
      mean *= share;
      along *= share;
      for (std::int64_t j = 0; j < width; ++j)
        dx[j] = (gain.value[at(j)] * dy[j] - mean - n[j] * along) * inverse[at(row)];
    }
  });
  const auto term = [&](std::int64_t row, std::int64_t j) { return at(row * width + j); };
  sum_rows(step.threads, rows, gain.gradient, [&](std::int64_t row, std::int64_t j) {
    return by_output[term(row, j)] * normal[term(row, j)];
  });
  sum_rows(step.threads, rows, shift.gradient,
           [&](std::int64_t row, std::int64_t j) { return by_output[term(row, j)]; });
  return by_input;
}

// ---- relu and gelu ------------------------------------------------------------------------------

template <class Real>
std::vector<Real> Relu<Real>::forward(const Step<Real>& step, std::vector<Real> x) {
  step.threads.over(size_of(x), kLeast, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) x[at(i)] = x[at(i)] > 0 ? x[at(i)] : Real{0};
  });
  output = x;
  return x;
}

template <class Real>
std::vector<Real> Relu<Real>::backward(const Step<Real>& step, std::vector<Real> by_output) {
  step.threads.over(size_of(by_output), kLeast, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i)
      by_output[at(i)] = output[at(i)] > 0 ? by_output[at(i)] : Real{0};
  });
  return by_output;
}

template <class Real>
std::vector<Real> Gelu<Real>::forward(const Step<Real>& step, std::vector<Real> x) {
  slope.resize(x.size());
  step.threads.over(size_of(x), kLeast, [&](std::int64_t first, std::int64_t last) {
    Real* const values = x.data();
    Real* const slopes = slope.data();
    for (std::int64_t i = first; i < last; ++i) {
      const Real value = values[i];
      const Normal<Real> phi = normal(value);
      slopes[i] = phi.below + value * phi.density;
      values[i] = value * phi.below;
    }
  });
  return x;
}

template <class Real>
std::vector<Real> Gelu<Real>::backward(const Step<Real>& step, std::vector<Real> by_output) {
  step.threads.over(size_of(by_output), kLeast, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) by_output[at(i)] *= slope[at(i)];
  });
  return by_output;
}

// ---- embedding ----------------------------------------------------------------------------------

template <class Real>
Embedding<Real>::Embedding(const std::string& name, std::int64_t width_, double bound, Rng& rng)
    : width(width_),
      table(uniform_parameter<Real>(name + ".table", kVocabulary * width, bound, false, rng)) {}

template <class Real>
std::vector<Real> Embedding<Real>::forward(std::span<const std::uint8_t> bytes) {
  input.assign(bytes.begin(), bytes.end());
  std::vector<Real> out(at(size_of(bytes) * width));
  for (std::int64_t i = 0; i < size_of(bytes); ++i)
    std::copy_n(table.value.begin() + input[at(i)] * width, width, out.begin() + i * width);
  return out;
}

template <class Real>
void Embedding<Real>::backward(std::span<const Real> by_output) {
  std::ranges::fill(table.gradient, Real{0});
  for (std::int64_t i = 0; i < size_of(input); ++i) {
    Real* const to = table.gradient.data() + input[at(i)] * width;
    const Real* const from = by_output.data() + i * width;
    for (std::int64_t j = 0; j < width; ++j) to[j] += from[j];
  }
}

// ---- attention ----------------------------------------------------------------------------------

namespace {

// The heads of one of the `parts` that a token has side by side, between rows of tokens and
// matrices of heads: calls copy(in a row, in a matrix, count).
template <class Real, class Copy>
void for_heads(const Attention<Real>& attention, std::int64_t first, std::int64_t last,
               std::int64_t parts, std::int64_t part, const Copy& copy) {
  const std::int64_t d = attention.width / attention.heads;
  for (std::int64_t s = first; s < last; ++s)
    for (std::int64_t t = 0; t < attention.tokens; ++t)
      for (std::int64_t h = 0; h < attention.heads; ++h)
        copy(((s * attention.tokens + t) * parts + part) * attention.width + h * d,
             ((s * attention.heads + h) * attention.tokens + t) * d, d);
}

template <class Real>
void to_heads(const Step<Real>& step, const Attention<Real>& attention, std::span<const Real> rows,
              std::int64_t parts, std::int64_t part, std::vector<Real>& matrices) {
  matrices.resize(at(size_of(rows) / parts));
  const std::int64_t sequence = attention.tokens * attention.width;
  over_rows(step.threads, size_of(matrices) / sequence, sequence,
            [&](std::int64_t first, std::int64_t last) {
              for_heads(attention, first, last, parts, part,
                        [&](std::int64_t row, std::int64_t matrix, std::int64_t count) {
                          std::copy_n(rows.data() + row, count, matrices.data() + matrix);
                        });
            });
}

template <class Real>
void to_rows(const Step<Real>& step, const Attention<Real>& attention,
             std::span<const Real> matrices, std::int64_t parts, std::int64_t part,
             std::vector<Real>& rows) {
  const std::int64_t sequence = attention.tokens * attention.width;
  over_rows(step.threads, size_of(matrices) / sequence, sequence,
            [&](std::int64_t first, std::int64_t last) {
              for_heads(attention, first, last, parts, part,
                        [&](std::int64_t row, std::int64_t matrix, std::int64_t count) {
                          std::copy_n(matrices.data() + matrix, count, rows.data() + row);
                        });
            });
}

}  // namespace

template <class Real>
std::vector<Real> Attention<Real>::forward(const Step<Real>& step, std::span<const Real> qkv) {
  to_heads<Real>(step, *this, qkv, 3, 0, queries);
  to_heads<Real>(step, *this, qkv, 3, 1, keys);
  to_heads<Real>(step, *this, qkv, 3, 2, values);
  const std::int64_t d = width / heads, batch = size_of(queries) / (tokens * d);
  weights.resize(at(batch * tokens * tokens));
  step.multiply(layer, Role::Forward, {tokens, tokens, d, batch}, {Factor::Input, queries},
                {Factor::Weight, keys, true}, weights);

  const Real scale = Real{1} / std::sqrt(static_cast<Real>(d));
  over_rows(step.threads, batch * tokens, tokens, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      Real* const p = weights.data() + row * tokens;
      const std::int64_t seen = row % tokens + 1;  // keys up to the query
      const Real most = *std::max_element(p, p + seen);
      Real sum = 0;
      for (std::int64_t j = 0; j < seen; ++j) p[j] = exponential((p[j] - most) * scale);
      for (std::int64_t j = 0; j < seen; ++j) sum += p[j];
      const Real share = Real{1} / sum;
      for (std::int64_t j = 0; j < seen; ++j) p[j] *= share;
      std::fill(p + seen, p + tokens, Real{0});
    }
  });

  std::vector<Real> mixed(queries.size());
  step.multiply(layer + 1, Role::Forward, {tokens, d, tokens, batch}, {Factor::Input, weights},
                {Factor::Weight, values}, mixed);
  std::vector<Real> out(mixed.size());
  to_rows<Real>(step, *this, mixed, 1, 0, out);
  return out;
}

template <class Real>
std::vector<Real> Attention<Real>::backward(const Step<Real>& step,
                                            std::span<const Real> by_output) {
  const std::int64_t d = width / heads, batch = size_of(queries) / (tokens * d);
  std::vector<Real> by_mixed;
  to_heads<Real>(step, *this, by_output, 1, 0, by_mixed);
  std::vector<Real> by_scores(weights.size()), by_values(values.size());
  const Operand<Real> d_o{Factor::OutputGradient, by_mixed};
  step.multiply(layer + 1, Role::InputGradient, {tokens, tokens, d, batch}, d_o,
                {Factor::Weight, values, true}, by_scores);
  step.multiply(layer + 1, Role::WeightGradient, {tokens, d, tokens, batch},
                {Factor::Input, weights, true}, d_o, by_values);

  // From dP to dS / sqrt(d), which both products below take.
  const Real scale = Real{1} / std::sqrt(static_cast<Real>(d));
  over_rows(step.threads, batch * tokens, tokens, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      const Real* const p = weights.data() + row * tokens;
      Real* const ds = by_scores.data() + row * tokens;
      Real sum = 0;
      for (std::int64_t j = 0; j < tokens; ++j) sum += p[j] * ds[j];
      for (std::int64_t j = 0; j < tokens; ++j) ds[j] = scale * (p[j] * (ds[j] - sum));
    }
  });

  std::vector<Real> by_queries(queries.size()), by_keys(keys.size());
  const Operand<Real> d_s{Factor::OutputGradient, by_scores};
  step.multiply(layer, Role::InputGradient, {tokens, d, tokens, batch}, d_s, {Factor::Weight, keys},
                by_queries);
  // W is K^T, so dW is dK^T; its transpose dS^T Q is what is asked for.
  step.multiply(layer, Role::WeightGradient, {tokens, d, tokens, batch},
                {Factor::OutputGradient, by_scores, true}, {Factor::Input, queries}, by_keys);

  std::vector<Real> by_qkv(3 * queries.size());
  to_rows<Real>(step, *this, by_queries, 3, 0, by_qkv);
  to_rows<Real>(step, *this, by_keys, 3, 1, by_qkv);
  to_rows<Real>(step, *this, by_values, 3, 2, by_qkv);
  return by_qkv;
}

// ---- patches ------------------------------------------------------------------------------------

namespace {

// Calls copy(pixel, patch) for every place of a patch that lies in its image: where its channels
// begin in the images and in the patches.
template <class Copy>
void for_patches(const Patches& patches, std::int64_t images, const Copy& copy) {
  const std::int64_t side = patches.side, out = patches.output_side();
  for (std::int64_t image = 0; image < images; ++image)
    for (std::int64_t y = 0; y < out; ++y)
      for (std::int64_t x = 0; x < out; ++x)
        for (std::int64_t place = 0; place < 9; ++place) {
          const std::int64_t v = y * patches.stride + place / 3 - 1;
          const std::int64_t u = x * patches.stride + place % 3 - 1;
          if (v < 0 || v >= side || u < 0 || u >= side) continue;
          copy(((image * side + v) * side + u) * patches.channels,
               (((image * out + y) * out + x) * 9 + place) * patches.channels);
        }
}

}  // namespace

template <class Real>
std::vector<Real> Patches::forward(std::span<const Real> images) const {
  const std::int64_t count = size_of(images) / (side * side * channels);
  std::vector<Real> rows(at(count * output_side() * output_side() * 9 * channels));
  for_patches(*this, count, [&](std::int64_t pixel, std::int64_t patch) {
    std::copy_n(images.data() + pixel, channels, rows.data() + patch);
  });
  return rows;
}

template <class Real>
std::vector<Real> Patches::backward(std::span<const Real> by_patches) const {
  const std::int64_t count = size_of(by_patches) / (output_side() * output_side() * 9 * channels);
  std::vector<Real> by_images(at(count * side * side * channels));
  for_patches(*this, count, [&](std::int64_t pixel, std::int64_t patch) {
    for (std::int64_t i = 0; i < channels; ++i)
      by_images[at(pixel + i)] += by_patches[at(patch + i)];
  });
  return by_images;
}

// ---- loss ---------------------------------------------------------------------------------------

template <class Real>
double cross_entropy(const Step<Real>& step, std::span<const Real> logits,
                     std::span<const std::uint8_t> targets, std::vector<Real>& by_logits) {
  const std::int64_t rows = size_of(targets), classes = size_of(logits) / rows;
  const Real share = Real{1} / static_cast<Real>(rows);
  std::vector<double> losses(at(rows));
  by_logits.resize(logits.size());
  over_rows(step.threads, rows, classes, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      const Real* const z = logits.data() + row * classes;
      Real* const dz = by_logits.data() + row * classes;
      const Real most = *std::max_element(z, z + classes);
      Real sum = 0;
      for (std::int64_t j = 0; j < classes; ++j) dz[j] = exponential(z[j] - most);
      for (std::int64_t j = 0; j < classes; ++j) sum += dz[j];
      const Real scale = share / sum;
      for (std::int64_t j = 0; j < classes; ++j) dz[j] *= scale;
      const std::uint8_t target = targets[at(row)];
      dz[target] -= share;
      losses[at(row)] = std::log(static_cast<double>(sum)) - static_cast<double>(z[target] - most);
    }
  });
  double sum = 0;
  for (const double loss : losses) sum += loss;
  return sum / static_cast<double>(rows);
}

#define RH_LEARN_LAYERS(Real)                                                                      \
  template Parameter<Real> uniform_parameter<Real>(std::string, std::int64_t, double, bool, Rng&); \
  template struct Linear<Real>;                                                                    \
  template struct LayerNorm<Real>;                                                                 \
  template struct Relu<Real>;                                                                      \
  template struct Gelu<Real>;                                                                      \
  template struct Embedding<Real>;                                                                 \
  template struct Attention<Real>;                                                                 \
  template std::vector<Real> Patches::forward<Real>(std::span<const Real>) const;                  \
  template std::vector<Real> Patches::backward<Real>(std::span<const Real>) const;                 \
  template double cross_entropy<Real>(const Step<Real>&, std::span<const Real>,                    \
                                      std::span<const std::uint8_t>, std::vector<Real>&);
RH_LEARN_LAYERS(float)
RH_LEARN_LAYERS(double)

}  // namespace rh::learn
