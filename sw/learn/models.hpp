// The models: an MLP and a transformer of characters, and a convolutional network of images.
//                                                                                  docs/learn.md
// Each numbers its layers with products 0, 1, ... in the order of forward.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "learn/layers.hpp"

namespace rh::learn {

// Samples after each other. Bytes are what the model reads: `context` of a sample for the MLP,
// a sequence for the transformer, whose targets are a byte for each; images are of floats.
struct Batch {
  std::vector<std::uint8_t> bytes;
  std::vector<float> images;
  std::vector<std::uint8_t> targets;
};

template <class Real>
class Model {
 public:
  virtual ~Model() = default;

  // The mean loss of the batch, in nats a target.
  double forward(const Step<Real>& step, const Batch& batch) {
    logits_ = compute(step, batch);
    return cross_entropy<Real>(step, logits_, batch.targets, by_logits_);
  }
  // The gradient of that loss, into the parameters. After forward(), of the same step.
  virtual void backward(const Step<Real>& step) = 0;

  virtual std::vector<Parameter<Real>*> parameters() = 0;
  const std::vector<std::string>& layers() const { return layers_; }  // by number
  std::span<const Real> logits() const { return logits_; }            // of the last forward()

 protected:
  virtual std::vector<Real> compute(const Step<Real>& step, const Batch& batch) = 0;
  int next_layer(std::string name) {
    layers_.push_back(std::move(name));
    return static_cast<int>(layers_.size()) - 1;
  }
  std::span<const Real> by_logits() const { return by_logits_; }

 private:
  std::vector<std::string> layers_;
  std::vector<Real> logits_;
  std::vector<Real> by_logits_;
};

// docs/study.md (1) to (4).
struct MlpShape {
  int context = 8;
  int embedding = 32;
  int width = 256;
  int hidden = 2;  // residual layers between the first and the last
  bool operator==(const MlpShape&) const = default;
};

// Pre-norm blocks; about 1 M parameters as they stand.
struct TransformerShape {
  int context = 64;  // tokens of a sequence
  int width = 128;
  int heads = 4;
  int blocks = 5;
  int inner = 512;  // between `up` and `down`
  bool operator==(const TransformerShape&) const = default;
};

// Two convolutions and an output of 8 classes.
struct ConvolutionShape {
  int side = 12;
  int channels1 = 8;
  int channels2 = 16;
  bool operator==(const ConvolutionShape&) const = default;
};

using ModelShape = std::variant<MlpShape, TransformerShape, ConvolutionShape>;

// Parameters from `seed`. Throws std::invalid_argument for a dimension that is not positive, or a
// width that the heads do not divide.
template <class Real>
std::unique_ptr<Model<Real>> make_model(const ModelShape& shape, std::uint64_t seed);

template <class Real>
std::int64_t parameter_count(Model<Real>& model) {
  std::size_t count = 0;
  for (const Parameter<Real>* parameter : model.parameters()) count += parameter->value.size();
  return static_cast<std::int64_t>(count);
}

}  // namespace rh::learn
