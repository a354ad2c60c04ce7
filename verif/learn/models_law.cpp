// TEST RATIONALE. (1) Each model as a whole, in double: the gradient of every parameter is the
// slope of the loss, so what a layer's law cannot see is right, too: which layer feeds which, both
// paths of a residual, what is added. Shapes are the smallest with everything in them. (2) The
// model in float with OpenBLAS has the loss and the gradient of the one in double. (3) Layers are
// numbered once each, products ask for the shapes they should, and shapes that are none are
// refused. The models and batches have fixed seeds: relu has no slope at 0, and a random one could
// be near. Mutants this kills: a residual dropped forward or backward, norm1 for norm2, positions
// of another sequence, a parameter not listed, two layers with one number.
#include "learn/models.hpp"

#include <map>

#include "learn/plain.hpp"
#include "learn/products.hpp"
#include "learn/trainer.hpp"

namespace rh::learn {
namespace {

const std::vector<train::Text> kTexts{{"text", "it is a text; it is its own text, is it not?"}};

std::vector<ModelShape> small_shapes() {
  return {MlpShape{3, 2, 7, 2}, MlpShape{2, 3, 5, 0}, TransformerShape{5, 6, 3, 2, 7},
          ConvolutionShape{5, 2, 3}};
}

// Biases and shifts are 0 and gains 1 at the start: give them values, so that a lost one is seen.
template <class Real>
void disturb(Model<Real>& model) {
  Rng rng(11);
  for (Parameter<Real>* parameter : model.parameters())
    for (Real& value : parameter->value)
      value += static_cast<Real>(0.25F * (train::uniform(rng) - 0.5F));
}

TEST_CASE("learn: the gradient of a model is the slope of its loss", "[learn][models][law]") {
  for (const ModelShape& shape : small_shapes()) {
    const auto model = make_model<double>(shape, 3);
    disturb(*model);
    const Batch batch = draw_batch(shape, kTexts, 4, 5, 0);
    PlainProduct<double> product;
    Threads threads(1);
    const Step<double> step{0, product, threads};
    const auto loss = [&] { return model->forward(step, batch); };
    loss();
    model->backward(step);
    std::vector<std::vector<double>> gradients;
    for (const Parameter<double>* parameter : model->parameters())
      gradients.push_back(parameter->gradient);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      Parameter<double>& parameter = *model->parameters()[i];
      INFO("model " << shape.index());
      check_slopes(parameter.name, parameter.value, gradients[i], loss);
    }
  }
}

// Sums of FP32 err by some 1e-6 of the largest gradient.
TEST_CASE("learn: a model in float is the one in double", "[learn][models][law]") {
  Threads threads(2);
  for (const ModelShape& shape : small_shapes()) {
    const auto exact = make_model<double>(shape, 3);
    const auto model = make_model<float>(shape, 3);
    disturb(*exact);
    disturb(*model);
    const Batch batch = draw_batch(shape, kTexts, 9, 6, 0);
    PlainProduct<double> plain;
    const auto fp32 = make_product({}, {}, threads);
    const Step<double> exact_step{0, plain, threads};
    const Step<float> step{0, *fp32, threads};
    const double want = exact->forward(exact_step, batch), got = model->forward(step, batch);
    exact->backward(exact_step);
    model->backward(step);
    CHECK(std::abs(want - got) < 1e-5);
    for (std::size_t i = 0; i < model->parameters().size(); ++i) {
      const auto& a = exact->parameters()[i]->gradient;
      const auto& b = model->parameters()[i]->gradient;
      double worst = 0, largest = 0;
      for (std::size_t j = 0; j < a.size(); ++j) {
        worst = std::max(worst, std::abs(a[j] - double{b[j]}));
        largest = std::max(largest, std::abs(a[j]));
      }
      INFO(model->parameters()[i]->name << " of model " << shape.index() << ": " << worst << " of "
                                        << largest);
      CHECK(worst <= 1e-5 * std::max(largest, 1e-2));
    }
  }
}

TEST_CASE("learn: every layer has a number and three products", "[learn][models][law]") {
  for (const ModelShape& shape : small_shapes()) {
    const auto model = make_model<double>(shape, 3);
    const Batch batch = draw_batch(shape, kTexts, 4, 5, 0);
    PlainProduct<double> product;
    Threads threads(1);
    const Step<double> step{7, product, threads};
    model->forward(step, batch);
    model->backward(step);
    std::map<std::pair<int, Role>, ProductShape> shapes;
    for (const ProductRecord& record : product.records()) {
      CHECK(record.site.step == 7);
      const auto added =
          shapes.emplace(std::pair(record.site.layer, record.site.role), record.shape);
      CHECK(added.second);
    }
    const int layers = static_cast<int>(model->layers().size());
    const bool image = std::holds_alternative<ConvolutionShape>(shape);
    CHECK(shapes.size() == 3 * static_cast<std::size_t>(layers) - (image ? 1 : 0));
    for (int layer = image ? 1 : 0; layer < layers; ++layer) {
      const ProductShape& o = shapes.at({layer, Role::Forward});
      const ProductShape& dx = shapes.at({layer, Role::InputGradient});
      const ProductShape& dw = shapes.at({layer, Role::WeightGradient});
      CHECK(dx == ProductShape{o.m, o.k, o.n, o.batch});
      // dW, or its transpose where W is one.
      CHECK((dw == ProductShape{o.k, o.n, o.m, o.batch} ||
             dw == ProductShape{o.n, o.k, o.m, o.batch}));
    }
  }
  CHECK(make_model<float>(TransformerShape{}, 1)->layers().size() == 31);
  CHECK(parameter_count(*make_model<float>(TransformerShape{}, 1)) == 1'065'600);
  CHECK(parameter_count(*make_model<float>(MlpShape{}, 1)) == 271'360);  // docs/study.md
}

TEST_CASE("learn: shapes that are no model are refused", "[learn][models][edge]") {
  const auto refused = [](const ModelShape& shape, const std::string& words) {
    try {
      make_model<float>(shape, 1);
      FAIL("taken");
    } catch (const std::invalid_argument& error) {
      CHECK(std::string(error.what()).find(words) != std::string::npos);
    }
  };
  refused(MlpShape{0}, "context >= 1, not 0");
  refused(MlpShape{8, 32, 256, -1}, "hidden + 1 >= 1, not 0");
  refused(TransformerShape{64, 128, 5}, "a width of 128 does not divide in 5 heads");
  refused(TransformerShape{64, 128, 4, 0}, "blocks >= 1, not 0");
  refused(ConvolutionShape{-3}, "side >= 1, not -3");
}

}  // namespace
}  // namespace rh::learn
