#include "learn/models.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>

#include "learn/images.hpp"

namespace rh::learn {
namespace {

constexpr int kVocabulary = train::kVocabulary;

void positive(const char* field, int value) {
  if (value < 1)
    throw std::invalid_argument(std::string("a model needs ") + field + " >= 1, not " +
                                std::to_string(value));
}

template <class Real>
void add(std::vector<Real>& to, std::span<const Real> from) {
  assert(to.size() == from.size());
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

template <class Real>
using Parameters = std::vector<Parameter<Real>*>;

template <class Real>
void list(Parameters<Real>& all, Linear<Real>& layer) {
  all.push_back(&layer.weights);
  all.push_back(&layer.bias);
}
template <class Real>
void list(Parameters<Real>& all, LayerNorm<Real>& layer) {
  all.push_back(&layer.gain);
  all.push_back(&layer.shift);
}

// ---- MLP ----------------------------------------------------------------------------------------

const double kRelu = std::sqrt(2.0);  // the gain that keeps the variance before a relu

template <class Real>
class Mlp final : public Model<Real> {
 public:
  Mlp(const MlpShape& shape, Rng& rng)
      : embedding_("embedding", shape.embedding, 1, rng),
        input_("input", this->next_layer("input"), shape.context * shape.embedding, shape.width,
               kRelu, rng) {
    for (int i = 1; i <= shape.hidden; ++i) {
      const std::string name = "hidden" + std::to_string(i);
      hidden_.push_back(
          {{name, this->next_layer(name), shape.width, shape.width, kRelu / 2, rng}, {}});
    }
    output_.emplace("output", this->next_layer("output"), shape.width, kVocabulary, kRelu / 4, rng);
  }

  Parameters<Real> parameters() override {
    Parameters<Real> all{&embedding_.table};
    list(all, input_);
    for (Hidden& hidden : hidden_) list(all, hidden.linear);
    list(all, *output_);
    return all;
  }

  void backward(const Step<Real>& step) override {
    std::vector<Real> delta = output_->backward(step, this->by_logits());
    for (std::size_t i = hidden_.size(); i-- > 0;) {
      Hidden& hidden = hidden_[i];
      add<Real>(delta, hidden.linear.backward(step, hidden.relu.backward(step, delta)));
    }
    embedding_.backward(input_.backward(step, relu_.backward(step, std::move(delta))));
  }

 private:
  struct Hidden {
    Linear<Real> linear;
    Relu<Real> relu;
  };

  std::vector<Real> compute(const Step<Real>& step, const Batch& batch) override {
    std::vector<Real> x = embedding_.forward(batch.bytes);
    x = relu_.forward(step, input_.forward(step, std::move(x)));
    for (Hidden& hidden : hidden_)
      add<Real>(x, hidden.relu.forward(step, hidden.linear.forward(step, x)));
    return output_->forward(step, std::move(x));
  }

  Embedding<Real> embedding_;
  Linear<Real> input_;
  Relu<Real> relu_;
  std::vector<Hidden> hidden_;
  std::optional<Linear<Real>> output_;
};

// ---- transformer --------------------------------------------------------------------------------

// x + out(attention(qkv(norm1(x)))), then x + down(gelu(up(norm2(x)))).
template <class Real>
struct Block {
  LayerNorm<Real> norm1;
  Linear<Real> qkv;
  Attention<Real> attention;
  Linear<Real> out;
  LayerNorm<Real> norm2;
  Linear<Real> up;
  Gelu<Real> gelu;
  Linear<Real> down;

  std::vector<Real> forward(const Step<Real>& step, std::vector<Real> x) {
    add<Real>(
        x, out.forward(step, attention.forward(step, qkv.forward(step, norm1.forward(step, x)))));
    add<Real>(x, down.forward(step, gelu.forward(step, up.forward(step, norm2.forward(step, x)))));
    return x;
  }
  std::vector<Real> backward(const Step<Real>& step, std::vector<Real> delta) {
    add<Real>(delta, norm2.backward(
                         step, up.backward(step, gelu.backward(step, down.backward(step, delta)))));
    add<Real>(delta,
              norm1.backward(
                  step, qkv.backward(step, attention.backward(step, out.backward(step, delta)))));
    return delta;
  }
  void list_all(Parameters<Real>& all) {
    list(all, norm1);
    list(all, qkv);
    list(all, out);
    list(all, norm2);
    list(all, up);
    list(all, down);
  }
};

template <class Real>
class Transformer final : public Model<Real> {
 public:
  Transformer(const TransformerShape& shape, Rng& rng)
      : tokens_("tokens", shape.width, 0.1, rng),
        positions_(uniform_parameter<Real>("positions", std::int64_t{shape.context} * shape.width,
                                           0.1, false, rng)),
        norm_("norm", shape.width, rng) {
    // The sum of all branches keeps the variance of one.
    const double branch = 1 / std::sqrt(2.0 * shape.blocks);
    for (int i = 1; i <= shape.blocks; ++i) {
      const std::string name = "block" + std::to_string(i) + ".";
      const auto linear = [&](const char* part, int inputs, int outputs, double gain) {
        return Linear<Real>(name + part, this->next_layer(name + part), inputs, outputs, gain, rng);
      };
      LayerNorm<Real> norm1(name + "norm1", shape.width, rng);
      Linear<Real> qkv = linear("qkv", shape.width, 3 * shape.width, 1);
      Attention<Real> attention{this->next_layer(name + "scores"),
                                shape.heads,
                                shape.context,
                                shape.width,
                                {},
                                {},
                                {},
                                {}};
      this->next_layer(name + "mix");
      Linear<Real> out = linear("out", shape.width, shape.width, branch);
      LayerNorm<Real> norm2(name + "norm2", shape.width, rng);
      Linear<Real> up = linear("up", shape.width, shape.inner, 1);
      Linear<Real> down = linear("down", shape.inner, shape.width, branch);
      blocks_.push_back({std::move(norm1),
                         std::move(qkv),
                         std::move(attention),
                         std::move(out),
                         std::move(norm2),
                         std::move(up),
                         {},
                         std::move(down)});
    }
    output_.emplace("output", this->next_layer("output"), shape.width, kVocabulary, 0.25, rng);
  }

  Parameters<Real> parameters() override {
    Parameters<Real> all{&tokens_.table, &positions_};
    for (Block<Real>& block : blocks_) block.list_all(all);
    list(all, norm_);
    list(all, *output_);
    return all;
  }

  void backward(const Step<Real>& step) override {
    std::vector<Real> delta = norm_.backward(step, output_->backward(step, this->by_logits()));
    for (std::size_t i = blocks_.size(); i-- > 0;)
      delta = blocks_[i].backward(step, std::move(delta));
    tokens_.backward(delta);
    std::ranges::fill(positions_.gradient, Real{0});
    const std::size_t sequence = positions_.value.size();
    for (std::size_t i = 0; i < delta.size(); ++i) positions_.gradient[i % sequence] += delta[i];
  }

 private:
  std::vector<Real> compute(const Step<Real>& step, const Batch& batch) override {
    std::vector<Real> x = tokens_.forward(batch.bytes);
    const std::size_t sequence = positions_.value.size();
    assert(x.size() % sequence == 0);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += positions_.value[i % sequence];
    for (Block<Real>& block : blocks_) x = block.forward(step, std::move(x));
    return output_->forward(step, norm_.forward(step, x));
  }

  Embedding<Real> tokens_;
  Parameter<Real> positions_;
  std::vector<Block<Real>> blocks_;
  LayerNorm<Real> norm_;
  std::optional<Linear<Real>> output_;
};

// ---- convolutional network ----------------------------------------------------------------------

template <class Real>
class Convolution final : public Model<Real> {
 public:
  Convolution(const ConvolutionShape& shape, Rng& rng)
      : patches1_{shape.side, 1, 1},
        linear1_("convolution1", this->next_layer("convolution1"), 9, shape.channels1, kRelu, rng),
        patches2_{shape.side, shape.channels1, 2},
        linear2_("convolution2", this->next_layer("convolution2"), 9 * shape.channels1,
                 shape.channels2, kRelu, rng),
        output_("output", this->next_layer("output"),
                patches2_.output_side() * patches2_.output_side() * shape.channels2, kClasses, 1,
                rng) {
    linear1_.input_gradient = false;
  }

  Parameters<Real> parameters() override {
    Parameters<Real> all;
    list(all, linear1_);
    list(all, linear2_);
    list(all, output_);
    return all;
  }

  void backward(const Step<Real>& step) override {
    std::vector<Real> delta = relu2_.backward(step, output_.backward(step, this->by_logits()));
    delta = patches2_.backward<Real>(linear2_.backward(step, delta));
    linear1_.backward(step, relu1_.backward(step, std::move(delta)));
  }

 private:
  std::vector<Real> compute(const Step<Real>& step, const Batch& batch) override {
    std::vector<Real> x(batch.images.begin(), batch.images.end());
    x = relu1_.forward(step, linear1_.forward(step, patches1_.forward<Real>(x)));
    x = relu2_.forward(step, linear2_.forward(step, patches2_.forward<Real>(x)));
    return output_.forward(step, std::move(x));
  }

  Patches patches1_;
  Linear<Real> linear1_;
  Relu<Real> relu1_;
  Patches patches2_;
  Linear<Real> linear2_;
  Relu<Real> relu2_;
  Linear<Real> output_;
};

void check(const MlpShape& shape) {
  positive("context", shape.context);
  positive("embedding", shape.embedding);
  positive("width", shape.width);
  positive("hidden + 1", shape.hidden + 1);
}
void check(const TransformerShape& shape) {
  positive("context", shape.context);
  positive("width", shape.width);
  positive("heads", shape.heads);
  positive("blocks", shape.blocks);
  positive("inner", shape.inner);
  if (shape.width % shape.heads != 0)
    throw std::invalid_argument("a width of " + std::to_string(shape.width) +
                                " does not divide in " + std::to_string(shape.heads) + " heads");
}
void check(const ConvolutionShape& shape) {
  positive("side", shape.side);
  positive("channels1", shape.channels1);
  positive("channels2", shape.channels2);
}

template <class Real>
std::unique_ptr<Model<Real>> make(const MlpShape& shape, Rng& rng) {
  return std::make_unique<Mlp<Real>>(shape, rng);
}
template <class Real>
std::unique_ptr<Model<Real>> make(const TransformerShape& shape, Rng& rng) {
  return std::make_unique<Transformer<Real>>(shape, rng);
}
template <class Real>
std::unique_ptr<Model<Real>> make(const ConvolutionShape& shape, Rng& rng) {
  return std::make_unique<Convolution<Real>>(shape, rng);
}

}  // namespace

template <class Real>
std::unique_ptr<Model<Real>> make_model(const ModelShape& shape, std::uint64_t seed) {
  Rng rng(seed);
  return std::visit(
      [&](const auto& own) {
        check(own);
        return make<Real>(own, rng);
      },
      shape);
}

template std::unique_ptr<Model<float>> make_model<float>(const ModelShape&, std::uint64_t);
template std::unique_ptr<Model<double>> make_model<double>(const ModelShape&, std::uint64_t);

}  // namespace rh::learn
