// The training engine against libtorch: every layer, loss and gradient of docs/learn.md (1) to (7),
// both optimizers (14), (15), and short trainings. `make oracle`; docs/learn.md, Oracle.
//
//   torch_oracle [SEED]     one line a check, `N passed, N failed`; exit code 1 if one failed
//
// Parameters, batches, options and rates are drawn by our own code and given to both sides; torch
// finds the gradients itself, by autograd. A tensor's error is in units of the rounding of its
// largest value,
//
//   error = max |ours - torch| / (u max |torch|),   u = 2^-53 in double, 2^-24 in float        (1)
//
// Neither side adds in the other's order, so bits differ. A sum of n terms errs by n u of the sum
// of their magnitudes at most, and by some sqrt(n) u where signs are random; the longest sums of a
// layer have 98 terms. 1 - beta2 in float is off by 16 u, docs/learn.md. So the bound of a layer,
// an optimizer and the losses of a training is 64; that of a model, where an error goes through 3
// to 17 layers, is 256: 7e-15 and 3e-14 in double. Of 60 seeds the largest errors were 20 and 59. A
// wrong constant, sign or term is off by far more.
//
// It is g++'s to compile: in C++20 clang++ 14 instantiates the destructor of a vector of IValue,
// which libtorch 1.13 declares before the class is complete.
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <exception>
#include <iomanip>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "learn/layers.hpp"
#include "learn/models.hpp"
#include "learn/optimizer.hpp"
#include "learn/plain_product.hpp"
#include "learn/products.hpp"
#include "learn/trainer.hpp"
#include "train/optimize.hpp"

namespace rh::learn {
namespace {

namespace F = torch::nn::functional;
using torch::Tensor;
using Sizes = std::vector<std::int64_t>;

constexpr double kLayer = 64;
constexpr double kModel = 256;

template <class Real>
constexpr bool kDouble = std::is_same_v<Real, double>;
template <class Real>
constexpr torch::ScalarType kType = kDouble<Real> ? torch::kFloat64 : torch::kFloat32;
template <class Real>
constexpr double kUnit = kDouble<Real> ? 0x1p-53 : 0x1p-24;

// ---- checks -------------------------------------------------------------------------------------

// Some tensors of ours and of torch, and the largest error (1) among them.
template <class Real>
class Check {
 public:
  Check(std::string name, double bound) : name_(std::move(name)), bound_(bound) {}

  void compare(const std::string& part, std::span<const Real> ours, const Tensor& torch_values) {
    const double error = error_of(ours, torch_values);
    if (!part_.empty() && error <= worst_) return;
    worst_ = error;
    part_ = part;
  }
  void compare(const std::string& part, double ours, const Tensor& torch_value) {
    const Real value = static_cast<Real>(ours);
    compare(part, std::span(&value, 1), torch_value);
  }

  // Prints the line; was every error within the bound? Not if nothing was compared.
  bool finish() const {
    const bool passed = !part_.empty() && worst_ <= bound_;
    std::cout << (passed ? "pass  " : "FAIL  ") << (kDouble<Real> ? "double  " : "float   ")
              << std::left << std::setw(38) << name_ << std::right << std::fixed
              << std::setprecision(2) << std::setw(8) << worst_ << " of " << std::setprecision(0)
              << std::setw(4) << bound_ << " u, " << part_ << "\n";
    return passed;
  }

 private:
  // Infinite where a shape differs or a value is not finite.
  static double error_of(std::span<const Real> ours, const Tensor& torch_values) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const Tensor flat = torch_values.detach().contiguous();
    if (flat.scalar_type() != kType<Real> || flat.numel() != std::ssize(ours) || ours.empty())
      return kInfinity;
    const Real* const wanted = flat.data_ptr<Real>();
    double worst = 0, largest = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const double want = wanted[i], difference = std::abs(want - double{ours[i]});
      if (!std::isfinite(difference)) return kInfinity;
      worst = std::max(worst, difference);
      largest = std::max(largest, std::abs(want));
    }
    return worst == 0 ? 0 : worst / (kUnit<Real> * largest);
  }

  std::string name_;
  std::string part_;  // with the largest error
  double bound_;
  double worst_ = 0;
};

struct Count {
  int passed = 0, failed = 0;

  void add(bool pass) { ++(pass ? passed : failed); }
};

// ---- tensors ------------------------------------------------------------------------------------

template <class Real>
Tensor tensor(std::span<const Real> values, const Sizes& sizes) {
  // clone() copies: nothing is written through the pointer.
  Real* const data = const_cast<Real*>(values.data());
  return torch::from_blob(data, {std::ssize(values)}, kType<Real>).clone().view(sizes);
}
template <class Real>
Tensor tensor(const std::vector<Real>& values, const Sizes& sizes) {
  return tensor(std::span<const Real>(values), sizes);
}
// One whose gradient is asked for.
template <class Real>
Tensor leaf(const std::vector<Real>& values, const Sizes& sizes) {
  return tensor(values, sizes).requires_grad_();
}
Tensor indices(std::span<const std::uint8_t> values, const Sizes& sizes) {
  std::uint8_t* const data = const_cast<std::uint8_t*>(values.data());
  const Tensor bytes = torch::from_blob(data, {std::ssize(values)}, torch::kUInt8);
  return bytes.to(torch::kInt64).view(sizes);
}

// What our side of a check needs: FP32 products by OpenBLAS, or double ones by their definition.
template <class Real>
struct Host {
  Threads threads{1};
  std::unique_ptr<Product<Real>> product;
  Step<Real> step;

  Host() : product(make(threads)), step{0, *product, threads} {}

 private:
  static std::unique_ptr<Product<Real>> make(Threads& threads) {
    if constexpr (kDouble<Real>)
      return std::make_unique<PlainProduct<double>>();
    else
      return make_product({}, {}, threads);
  }
};

std::vector<std::uint8_t> random_bytes(std::size_t count, std::uint64_t limit, Rng& rng) {
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng() % limit);
  return bytes;
}

// ---- layers -------------------------------------------------------------------------------------

template <class Real>
bool check_linear(Rng& rng) {
  constexpr std::int64_t kRows = 7, kInputs = 16, kOutputs = 5;
  Host<Real> host;
  Linear<Real> layer("linear", 0, kInputs, kOutputs, 1, rng);
  layer.bias.value = random_values<Real>(kOutputs, rng);
  const auto x = random_values<Real>(kRows * kInputs, rng);
  const auto by_output = random_values<Real>(kRows * kOutputs, rng);
  const Tensor input = leaf(x, {kRows, kInputs}), bias = leaf(layer.bias.value, {kOutputs});
  const Tensor weights = leaf(layer.weights.value, {kInputs, kOutputs});
  const Tensor output = F::linear(input, weights.t(), bias);
  output.backward(tensor(by_output, {kRows, kOutputs}));

  Check<Real> check("linear (1)", kLayer);
  check.compare("output", layer.forward(host.step, x), output);
  check.compare("by input", layer.backward(host.step, by_output), input.grad());
  check.compare("by weights", layer.weights.gradient, weights.grad());
  check.compare("by bias", layer.bias.gradient, bias.grad());
  return check.finish();
}

// `deviation` of a row's values: at 0.003 its square is about the 1e-5 that is added to it.
template <class Real>
bool check_layer_norm(const std::string& name, double deviation, Rng& rng) {
  constexpr std::int64_t kRows = 9, kWidth = 16;
  Host<Real> host;
  LayerNorm<Real> layer("norm", kWidth, rng);
  layer.gain.value = random_values<Real>(kWidth, rng);
  layer.shift.value = random_values<Real>(kWidth, rng);
  const auto x = random_values<Real>(kRows * kWidth, rng, deviation);
  const auto by_output = random_values<Real>(kRows * kWidth, rng);
  const Tensor input = leaf(x, {kRows, kWidth});
  const Tensor gain = leaf(layer.gain.value, {kWidth}), shift = leaf(layer.shift.value, {kWidth});
  const Tensor output =
      F::layer_norm(input, F::LayerNormFuncOptions({kWidth}).weight(gain).bias(shift));
  output.backward(tensor(by_output, {kRows, kWidth}));

  Check<Real> check(name, kLayer);
  check.compare("output", layer.forward(host.step, x), output);
  check.compare("by input", layer.backward(host.step, by_output), input.grad());
  check.compare("by gain", layer.gain.gradient, gain.grad());
  check.compare("by shift", layer.shift.gradient, shift.grad());
  return check.finish();
}

// A layer without parameters, element by element; both zeros are among the inputs.
template <class Real, class Layer, class Function>
bool check_activation(const std::string& name, Layer layer, const Function& function, Rng& rng) {
  constexpr std::int64_t kCount = 200;
  Host<Real> host;
  auto x = random_values<Real>(kCount, rng, 2);
  x[0] = Real{0};
  x[1] = -Real{0};
  const auto by_output = random_values<Real>(kCount, rng);
  const Tensor input = leaf(x, {kCount});
  const Tensor output = function(input);
  output.backward(tensor(by_output, {kCount}));

  Check<Real> check(name, kLayer);
  check.compare("output", layer.forward(host.step, x), output);
  check.compare("by input", layer.backward(host.step, by_output), input.grad());
  return check.finish();
}

template <class Real>
bool check_embedding(Rng& rng) {
  constexpr std::int64_t kBytes = 40, kWidth = 6;
  Embedding<Real> layer("embedding", kWidth, 1, rng);
  const auto bytes = random_bytes(kBytes, 16, rng);  // so that bytes come again
  const auto by_output = random_values<Real>(kBytes * kWidth, rng);
  const Tensor table = leaf(layer.table.value, {train::kVocabulary, kWidth});
  const Tensor output = F::embedding(indices(bytes, {kBytes}), table);
  output.backward(tensor(by_output, {kBytes, kWidth}));

  Check<Real> check("embedding (4)", kLayer);
  check.compare("output", layer.forward(bytes), output);
  layer.backward(by_output);
  check.compare("by table", layer.table.gradient, table.grad());
  return check.finish();
}

// Added to scores: 0 for keys up to the query, minus infinity for later ones. Of the type of
// `like`.
Tensor causal_mask(std::int64_t tokens, const Tensor& like) {
  constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();
  return torch::full({tokens, tokens}, kMinusInfinity, like.dtype()).triu(1);
}

// Written with torch's products and softmax; the transformer below takes torch's own attention.
template <class Real>
bool check_attention(Rng& rng) {
  constexpr std::int64_t kSequences = 2, kTokens = 6, kHeads = 3, kSize = 4;
  constexpr std::int64_t kWidth = kHeads * kSize, kRows = kSequences * kTokens;
  Host<Real> host;
  Attention<Real> layer{0, kHeads, kTokens, kWidth, {}, {}, {}, {}};
  const auto x = random_values<Real>(kRows * 3 * kWidth, rng);
  const auto by_output = random_values<Real>(kRows * kWidth, rng);
  const Tensor input = leaf(x, {kSequences, kTokens, 3, kHeads, kSize});
  const auto part = [&](std::int64_t i) { return input.select(2, i).transpose(1, 2); };
  const Tensor scores = torch::matmul(part(0), part(1).transpose(2, 3)) / std::sqrt(double{kSize});
  const Tensor weights = F::softmax(scores + causal_mask(kTokens, input), -1);
  const Tensor output = torch::matmul(weights, part(2)).transpose(1, 2);
  output.backward(tensor(by_output, {kSequences, kTokens, kHeads, kSize}));

  Check<Real> check("causal attention (5)", kLayer);
  check.compare("output", layer.forward(host.step, x), output);
  check.compare("by input", layer.backward(host.step, by_output), input.grad());
  return check.finish();
}

template <class Real>
bool check_cross_entropy(const std::string& name, double deviation, Rng& rng) {
  constexpr std::int64_t kRows = 6, kClasses = 20;
  Host<Real> host;
  const auto logits = random_values<Real>(kRows * kClasses, rng, deviation);
  const auto targets = random_bytes(kRows, kClasses, rng);
  const Tensor input = leaf(logits, {kRows, kClasses});
  const Tensor loss = F::cross_entropy(input, indices(targets, {kRows}));
  loss.backward();

  Check<Real> check(name, kLayer);
  std::vector<Real> by_logits;
  check.compare("loss", cross_entropy<Real>(host.step, logits, targets, by_logits), loss);
  check.compare("by logits", by_logits, input.grad());
  return check.finish();
}

// The 9 channels numbers of a patch, by rows of its places, as a kernel of conv2d.
Tensor kernel(const Tensor& weights, std::int64_t channels) {
  return weights.view({3, 3, channels, -1}).permute({3, 2, 0, 1});
}
Tensor convolve(const Tensor& images, const Tensor& weights, const Tensor& bias,
                std::int64_t stride) {
  return F::conv2d(images, kernel(weights, images.size(1)),
                   F::Conv2dFuncOptions().bias(bias).stride(stride).padding(1));
}

// Patches and a linear layer of ours; conv2d of torch, on images whose channels come first.
template <class Real>
bool check_convolution(std::int64_t stride, Rng& rng) {
  constexpr std::int64_t kImages = 2, kSide = 7, kChannels = 3, kOutputs = 5;
  Host<Real> host;
  const Patches patches{kSide, kChannels, stride};
  const std::int64_t out = patches.output_side();
  Linear<Real> layer("convolution", 0, 9 * kChannels, kOutputs, 1, rng);
  layer.bias.value = random_values<Real>(kOutputs, rng);
  const auto x = random_values<Real>(kImages * kSide * kSide * kChannels, rng);
  const auto by_output =
      random_values<Real>(static_cast<std::size_t>(kImages * out * out * kOutputs), rng);
  const Tensor input = leaf(x, {kImages, kSide, kSide, kChannels});
  const Tensor weights = leaf(layer.weights.value, {9 * kChannels, kOutputs});
  const Tensor bias = leaf(layer.bias.value, {kOutputs});
  const Tensor output =
      convolve(input.permute({0, 3, 1, 2}), weights, bias, stride).permute({0, 2, 3, 1});
  output.backward(tensor(by_output, {kImages, out, out, kOutputs}));

  Check<Real> check("convolution (7), stride " + std::to_string(stride), kLayer);
  check.compare("output", layer.forward(host.step, patches.forward<Real>(x)), output);
  const std::vector<Real> by_patches = layer.backward(host.step, by_output);
  check.compare("by input", patches.backward<Real>(by_patches), input.grad());
  check.compare("by weights", layer.weights.gradient, weights.grad());
  check.compare("by bias", layer.bias.gradient, bias.grad());
  return check.finish();
}

template <class Real>
void check_layers(Count& count, Rng& rng) {
  count.add(check_linear<Real>(rng));
  count.add(check_layer_norm<Real>("layer norm (2)", 3, rng));
  count.add(check_layer_norm<Real>("layer norm (2), variance near 1e-5", 0.003, rng));
  count.add(check_activation<Real>(
      "relu (3)", Relu<Real>{}, [](const Tensor& x) { return torch::relu(x); }, rng));
  count.add(check_activation<Real>(
      "gelu (3)", Gelu<Real>{}, [](const Tensor& x) { return torch::gelu(x, "none"); }, rng));
  count.add(check_embedding<Real>(rng));
  count.add(check_attention<Real>(rng));
  count.add(check_cross_entropy<Real>("softmax cross-entropy (6)", 2, rng));
  count.add(check_cross_entropy<Real>("softmax cross-entropy (6), far logits", 500, rng));
  count.add(check_convolution<Real>(1, rng));
  count.add(check_convolution<Real>(2, rng));
}

// ---- models -------------------------------------------------------------------------------------

// The models in torch, on copies of the parameters of one of ours, by name.
class Reference {
 public:
  template <class Real>
  explicit Reference(Model<Real>& model) {
    for (const Parameter<Real>* parameter : model.parameters())
      leaves_.emplace(parameter->name, leaf(parameter->value, {std::ssize(parameter->value)}));
  }

  const Tensor& operator[](const std::string& name) const { return leaves_.at(name); }

  Tensor loss(const ModelShape& model, const Batch& batch) const {
    const Tensor all = std::visit([&](const auto& shape) { return logits(shape, batch); }, model);
    return F::cross_entropy(all, indices(batch.targets, {std::ssize(batch.targets)}));
  }

 private:
  Tensor weights(const std::string& layer) const {
    return leaves_.at(layer + ".weights").view({-1, leaves_.at(layer + ".bias").numel()});
  }
  Tensor linear(const std::string& layer, const Tensor& x) const {
    return F::linear(x, weights(layer).t(), leaves_.at(layer + ".bias"));
  }
  Tensor norm(const std::string& layer, const Tensor& x) const {
    return F::layer_norm(x, F::LayerNormFuncOptions({x.size(-1)})
                                .weight(leaves_.at(layer + ".gain"))
                                .bias(leaves_.at(layer + ".shift")));
  }
  Tensor embed(const std::string& table, const Tensor& bytes) const {
    return F::embedding(bytes, leaves_.at(table).view({train::kVocabulary, -1}));
  }

  Tensor logits(const MlpShape& shape, const Batch& batch) const {
    const Tensor bytes = indices(batch.bytes, {std::ssize(batch.targets), shape.context});
    Tensor x = torch::relu(linear("input", embed("embedding.table", bytes).flatten(1)));
    for (int i = 1; i <= shape.hidden; ++i)
      x = x + torch::relu(linear("hidden" + std::to_string(i), x));
    return linear("output", x);
  }

  Tensor logits(const TransformerShape& shape, const Batch& batch) const {
    const Tensor bytes = indices(batch.bytes, {-1, shape.context});
    Tensor x =
        embed("tokens.table", bytes) + leaves_.at("positions").view({shape.context, shape.width});
    for (int i = 1; i <= shape.blocks; ++i) {
      const std::string block = "block" + std::to_string(i) + ".";
      x = x + attention(shape, block, norm(block + "norm1", x));
      x = x + linear(block + "down",
                     torch::gelu(linear(block + "up", norm(block + "norm2", x)), "none"));
    }
    return linear("output", norm("norm", x)).flatten(0, 1);
  }

  // torch's own multi-head attention; it has the tokens first, then the sequences.
  Tensor attention(const TransformerShape& shape, const std::string& block, const Tensor& x) const {
    const Tensor rows = x.transpose(0, 1);
    const auto options =
        F::MultiheadAttentionForwardFuncOptions(
            shape.width, shape.heads, weights(block + "qkv").t(), leaves_.at(block + "qkv.bias"),
            {}, {}, false, 0, weights(block + "out").t(), leaves_.at(block + "out.bias"))
            .attn_mask(causal_mask(shape.context, x))
            .need_weights(false);
    return std::get<0>(F::multi_head_attention_forward(rows, rows, rows, options)).transpose(0, 1);
  }

  Tensor logits(const ConvolutionShape& shape, const Batch& batch) const {
    const auto convolution = [&](const std::string& layer, const Tensor& x, int stride) {
      return torch::relu(convolve(x, weights(layer), leaves_.at(layer + ".bias"), stride));
    };
    const Tensor images =
        tensor(batch.images, {-1, 1, shape.side, shape.side}).to(leaves_.at("output.bias").dtype());
    const Tensor x = convolution("convolution2", convolution("convolution1", images, 1), 2);
    return linear("output", x.permute({0, 2, 3, 1}).flatten(1));
  }

  std::map<std::string, Tensor> leaves_;
};

const std::vector<train::Text> kTexts{
    {"text",
     "It is a text; it is its own text, is it not? A model of characters reads some bytes of "
     "it and says what comes next, which it cannot know, but may learn to guess."}};

std::string name(const ModelShape& model) {
  return std::vector<std::string>{"mlp", "transformer", "convolution"}[model.index()];
}

// Biases and shifts start at 0 and gains at 1: gives them values, so that a lost one is seen.
template <class Real>
void disturb(Model<Real>& model, Rng& rng) {
  for (Parameter<Real>* parameter : model.parameters())
    for (Real& value : parameter->value)
      value += static_cast<Real>(0.25F * (train::uniform(rng) - 0.5F));
}

template <class Real>
bool check_model(const ModelShape& shape, Rng& rng) {
  Host<Real> host;
  const auto model = make_model<Real>(shape, rng());
  disturb(*model, rng);
  const Batch batch = draw_batch(shape, kTexts, 6, rng(), 0);
  const Reference reference(*model);
  const Tensor loss = reference.loss(shape, batch);
  loss.backward();

  Check<Real> check(name(shape) + ", loss and gradients", kModel);
  check.compare("loss", model->forward(host.step, batch), loss);
  model->backward(host.step);
  for (const Parameter<Real>* parameter : model->parameters())
    check.compare("by " + parameter->name, parameter->gradient, reference[parameter->name].grad());
  return check.finish();
}

std::vector<ModelShape> small_models() {
  return {MlpShape{4, 6, 24, 2}, TransformerShape{7, 12, 3, 2, 20}, ConvolutionShape{9, 4, 6}};
}

// ---- optimizers ---------------------------------------------------------------------------------

// torch's optimizer of these options, on two groups: what decays, and what does not.
std::unique_ptr<torch::optim::Optimizer> torch_optimizer(const OptimizerOptions& options,
                                                         std::vector<Tensor> decaying,
                                                         std::vector<Tensor> others) {
  using namespace torch::optim;
  const auto groups = [&](const auto& defaults) {
    using Options = std::decay_t<decltype(defaults)>;
    std::vector<OptimizerParamGroup> both;
    both.emplace_back(std::move(decaying), std::make_unique<Options>(defaults));
    both.emplace_back(std::move(others), std::make_unique<Options>(defaults));
    static_cast<Options&>(both[0].options()).weight_decay(options.weight_decay);
    return both;
  };
  if (options.kind == OptimizerKind::Sgd) {
    const SGDOptions sgd = SGDOptions(0).momentum(options.momentum).weight_decay(0);
    return std::make_unique<SGD>(groups(sgd), sgd);
  }
  const AdamWOptions adam =
      AdamWOptions(0).betas({options.beta1, options.beta2}).eps(options.epsilon).weight_decay(0);
  return std::make_unique<AdamW>(groups(adam), adam);
}

// One update at the rate of step `step` of `steps`, formula (16), which torch does not have.
void update(torch::optim::Optimizer& optimizer, const OptimizerOptions& options, std::int64_t step,
            std::int64_t steps) {
  const float rate =
      train::rate_at(static_cast<int>(step), static_cast<int>(steps), options.learning_rate);
  for (torch::optim::OptimizerParamGroup& group : optimizer.param_groups())
    group.options().set_lr(rate);
  optimizer.step();
}

// The moments that torch keeps for a parameter, in the order of Optimizer::state().
std::vector<Tensor> torch_state(const torch::optim::Optimizer& optimizer, OptimizerKind kind,
                                const Tensor& parameter) {
  using namespace torch::optim;
  const OptimizerParamState& state =
      *optimizer.state().at(c10::guts::to_string(parameter.unsafeGetTensorImpl()));
  if (kind == OptimizerKind::Sgd)
    return {static_cast<const SGDParamState&>(state).momentum_buffer()};
  const auto& moments = static_cast<const AdamWParamState&>(state);
  return {moments.exp_avg(), moments.exp_avg_sq()};
}

// Gradients of 1e-9 to 10, and some of 0: of Adam's epsilon, of it and above.
std::vector<float> random_gradient(std::size_t count, Rng& rng) {
  std::vector<float> gradient = random_values<float>(count, rng);
  for (float& value : gradient) {
    const double decades = 10 * double{train::uniform(rng)} - 9;
    value = rng() % 8 == 0 ? 0 : value * static_cast<float>(std::pow(10, decades));
  }
  return gradient;
}

// Parameters and moments after 12 updates, rates going up and down.
bool check_optimizer(const std::string& name, const OptimizerOptions& options, Rng& rng) {
  constexpr std::int64_t kSteps = 12;
  constexpr std::size_t kSize = 60;
  std::vector<Parameter<float>> parameters;
  std::vector<Tensor> leaves;
  for (const bool decays : {true, false}) {
    parameters.push_back({decays ? "decaying" : "other", random_values<float>(kSize, rng),
                          std::vector<float>(kSize), decays});
    leaves.push_back(leaf(parameters.back().value, {kSize}));
  }
  Optimizer ours({&parameters[0], &parameters[1]}, options);
  const auto reference = torch_optimizer(options, {leaves[0]}, {leaves[1]});
  Threads threads(1);
  for (std::int64_t step = 0; step < kSteps; ++step) {
    for (std::size_t i = 0; i < 2; ++i) {
      parameters[i].gradient = random_gradient(kSize, rng);
      leaves[i].mutable_grad() = tensor(parameters[i].gradient, {kSize});
    }
    ours.update(threads, step, kSteps);
    update(*reference, options, step, kSteps);
  }

  Check<float> check(name, kLayer);
  const auto state = ours.state();
  std::size_t next = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    check.compare(parameters[i].name, parameters[i].value, leaves[i]);
    for (const Tensor& moments : torch_state(*reference, options.kind, leaves[i])) {
      check.compare(state.at(next).name, state.at(next).values, moments);
      ++next;
    }
  }
  return check.finish();
}

std::vector<std::pair<std::string, OptimizerOptions>> optimizers() {
  OptimizerOptions sgd;
  sgd.kind = OptimizerKind::Sgd;
  sgd.learning_rate = 0.05;
  OptimizerOptions adam;
  adam.learning_rate = 0.05;
  OptimizerOptions coarse = adam;
  coarse.epsilon = 1e-2;
  return {{"SGD with momentum (14)", sgd},
          {"AdamW (15), epsilon 1e-8", adam},
          {"AdamW (15), epsilon 1e-2", coarse}};
}

// ---- trainings ----------------------------------------------------------------------------------

// The loss of each of 20 steps, ours by Training, torch's by the loop that everybody writes.
bool check_training(const ModelShape& model, const OptimizerOptions& optimizer, Rng& rng) {
  TrainingOptions options;
  options.model = model;
  options.optimizer = optimizer;
  options.seed = rng();
  options.steps = 20;
  options.batch = 8;
  Training training(options, kTexts);
  const Reference reference(training.model());
  std::vector<Tensor> decaying, others;
  for (const Parameter<float>* parameter : training.model().parameters())
    (parameter->decays ? decaying : others).push_back(reference[parameter->name]);
  const auto updates = torch_optimizer(optimizer, decaying, others);

  Check<float> check(name(model) + ", 20 losses with " + std::string(name(optimizer.kind)), kLayer);
  for (std::int64_t step = 0; step < options.steps; ++step) {
    const Batch batch = draw_batch(model, kTexts, options.batch, options.seed, step);
    updates->zero_grad();
    const Tensor loss = reference.loss(model, batch);
    loss.backward();
    check.compare("step " + std::to_string(step), training.step(), loss);
    update(*updates, optimizer, step, options.steps);
  }
  return check.finish();
}

// -------------------------------------------------------------------------------------------------

int run(std::uint64_t seed) {
  Rng rng(seed);
  Count count;
  check_layers<double>(count, rng);
  check_layers<float>(count, rng);
  for (const ModelShape& shape : small_models()) {
    count.add(check_model<double>(shape, rng));
    count.add(check_model<float>(shape, rng));
  }
  for (const auto& [name, options] : optimizers()) count.add(check_optimizer(name, options, rng));
  for (const ModelShape& shape : small_models())
    for (const OptimizerKind kind : {OptimizerKind::Sgd, OptimizerKind::AdamW}) {
      OptimizerOptions options;
      options.kind = kind;
      if (kind == OptimizerKind::Sgd) options.learning_rate = 0.02;
      count.add(check_training(shape, options, rng));
    }
  std::cout << count.passed << " passed, " << count.failed << " failed\n";
  return count.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace rh::learn

int main(int argc, char** argv) {
  try {
    at::set_num_threads(1);
    return rh::learn::run(argc > 1 ? std::stoull(argv[1]) : 1);
  } catch (const c10::Error& error) {
    std::cerr << "torch_oracle: " << error.what_without_backtrace() << "\n";
    return 1;
  } catch (const std::exception& error) {
    std::cerr << "torch_oracle: " << error.what() << "\n";
    return 1;
  }
}
