#include "train/evaluate.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <chrono>
#include <cmath>
#include <iomanip>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "train/text.hpp"

namespace rh::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

EngineStats difference(EngineStats after, const EngineStats& before) {
  after.elements_converted -= before.elements_converted;
  after.convert_cycles -= before.convert_cycles;
  after.multiply_cycles -= before.multiply_cycles;
  after.macs -= before.macs;
  after.tiles -= before.tiles;
  after.convert_seconds -= before.convert_seconds;
  after.multiply_seconds -= before.multiply_seconds;
  return after;
}

std::string text_of(std::int8_t code) {
  return std::to_string(code);
}
std::string text_of(std::uint32_t scale) {
  return fp32_text(scale);
}
std::string text_of(float result) {
  return fp32_text(std::bit_cast<std::uint32_t>(result));
}

bool same(std::int8_t a, std::int8_t b) {
  return a == b;
}
bool same(std::uint32_t a, std::uint32_t b) {
  return a == b;
}
bool same(float a, float b) {  // every bit: -0 is not +0, and a NaN equals itself
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

// One engine on its way: its quantised weights, its walk, and what it measured so far.
struct Run {
  Engine* engine;
  EngineResult result;
  std::vector<Int8Lines> weights;
  std::vector<Sqnr> sqnr;
  std::vector<Sqnr> drift;
  double bits = 0;
};

class Evaluator {
 public:
  Evaluator(const Network& network, std::span<Engine* const> engines,
            const EvaluateProgress& progress)
      : network_(network), progress_(progress) {
    const std::size_t layers = network.layers.size();
    for (Engine* engine : engines) {
      Run run{engine, {}, {}, std::vector<Sqnr>(layers), std::vector<Sqnr>(layers), 0};
      run.result.name = engine->name();
      run.result.shape = engine->shape();
      run.result.layers.resize(layers);
      runs_.push_back(std::move(run));
    }
  }

  Evaluation operator()(std::string_view text, std::int64_t batch) {
    out_.characters = text.size();
    out_.macs = text.size() * static_cast<std::uint64_t>(network_.macs_per_character());
    std::vector<EngineStats> before;
    for (const Run& run : runs_) before.push_back(run.engine->stats());
    for (std::size_t l = 0; l < network_.layers.size(); ++l) convert_weights(l);

    double fp32_bits = 0;
    for (std::size_t at = 0; at < text.size(); at += static_cast<std::size_t>(batch)) {
      const Batch part = batch_at(text, at, batch, network_.shape.context);
      fp32_bits += walk(part.contexts, part.targets);
    }

    const auto characters = static_cast<double>(text.size());
    out_.fp32_bits_per_character = fp32_bits / characters;
    for (std::size_t e = 0; e < runs_.size(); ++e) {
      Run& run = runs_[e];
      run.result.bits_per_character = run.bits / characters;
      run.result.work = difference(run.engine->stats(), before[e]);
      for (std::size_t l = 0; l < run.sqnr.size(); ++l) {
        run.result.layers[l].sqnr_db = run.sqnr[l].db();
        run.result.layers[l].drift_db = run.drift[l].db();
        run.result.compared += run.result.layers[l].compared;
      }
      out_.engines.push_back(std::move(run.result));
    }
    return std::move(out_);
  }

 private:
  template <class Call>
  auto timed(Run& run, Call call) {
    const Clock::time_point start = Clock::now();
    auto value = call();
    run.result.seconds += seconds_since(start);
    return value;
  }

  void convert_weights(std::size_t l) {
    const Layer& layer = network_.layers[l];
    const std::vector<float> lines = layer.columns();
    const std::vector<float> ones(static_cast<std::size_t>(layer.inputs), 1.0F);
    for (Run& run : runs_) {
      run.weights.push_back(
          timed(run, [&] { return run.engine->convert_int8(lines, layer.outputs, layer.inputs); }));
      if (&run != runs_.data())
        compare_lines(run, l, "a weight", runs_[0].weights[l], run.weights[l], {true, 1, ones});
    }
  }

  // One batch through all layers of all engines; returns the bits of the FP32 network.
  double walk(std::span<const std::uint8_t> contexts, std::span<const std::uint8_t> targets) {
    Walk fp32(network_, contexts);
    std::vector<Walk> walks(runs_.size(), fp32);
    for (std::size_t l = 0; !fp32.done(); ++l) {
      const Layer& layer = fp32.layer();
      const std::int64_t rows = fp32.rows();
      const std::uint64_t macs = static_cast<std::uint64_t>(rows) * layer.weights.size();
      std::vector<float> exact(static_cast<std::size_t>(rows * layer.outputs));
      const Clock::time_point start = Clock::now();
      multiply(rows, layer.outputs, layer.inputs, fp32.input(), layer.weights, exact);
      out_.fp32_seconds += seconds_since(start);
      fp32.advance(exact);

      Int8Lines first_lines;
      std::vector<float> first_product;
      std::vector<float> same_inputs(exact.size());
      for (std::size_t e = 0; e < runs_.size(); ++e) {
        Run& run = runs_[e];
        LayerResult& result = run.result.layers[l];
        const std::span<const float> input = walks[e].input();
        const EngineStats before = run.engine->stats();
        Int8Lines lines =
            timed(run, [&] { return run.engine->convert_int8(input, rows, layer.inputs); });
        std::vector<float> product =
            timed(run, [&] { return run.engine->gemm_fp32(lines, run.weights[l]); });
        result.work += difference(run.engine->stats(), before);
        check(run, "results", exact.size(), product.size());

        multiply(rows, layer.outputs, layer.inputs, input, layer.weights, same_inputs);
        run.sqnr[l].add(same_inputs, product);
        run.drift[l].add(exact, product);
        if (e == 0) {
          first_lines = std::move(lines);
          first_product = product;
        } else {
          compare_lines(run, l, "an activation", first_lines, lines, {false, rows, input});
          compare(run, l, "result", result.compared.results, first_product, product, layer.outputs,
                  {false, rows, input});
        }
        walks[e].advance(product);
        done_ += macs;
        if (progress_) progress_(done_, out_.macs * runs_.size());
      }
    }
    for (std::size_t e = 0; e < runs_.size(); ++e)
      runs_[e].bits += bits(walks[e].logits(), targets);
    return bits(fp32.logits(), targets);
  }

  // What is kept of a mismatch: the activations that went in, and whether a line is a column.
  struct Inputs {
    bool of_weights;
    std::int64_t rows;
    std::span<const float> activations;
  };

  void compare_lines(Run& run, std::size_t l, const std::string& of, const Int8Lines& want,
                     const Int8Lines& got, const Inputs& inputs) {
    Compared& compared = run.result.layers[l].compared;
    compare(run, l, "scale of " + of, compared.scales, want.scales, got.scales, 1, inputs);
    compare(run, l, "code of " + of, compared.codes, want.codes, got.codes, want.length, inputs);
  }

  template <class T>
  void compare(Run& run, std::size_t l, const std::string& what, std::uint64_t& counter,
               const std::vector<T>& want, const std::vector<T>& got, std::int64_t row_length,
               const Inputs& inputs) {
    check(run, what, want.size(), got.size());
    counter += want.size();
    for (std::size_t i = 0; i < want.size(); ++i) {
      if (same(want[i], got[i])) continue;
      ++run.result.layers[l].compared.mismatches;
      if (out_.first) continue;
      std::int64_t row = static_cast<std::int64_t>(i) / row_length;
      std::int64_t column = static_cast<std::int64_t>(i) % row_length;
      if (inputs.of_weights) std::swap(row, column);
      const Layer& layer = network_.layers[l];
      out_.first = Mismatch{run.result.name,
                            what,
                            layer.name,
                            row,
                            column,
                            text_of(want[i]),
                            text_of(got[i]),
                            inputs.rows,
                            {inputs.activations.begin(), inputs.activations.end()},
                            layer.weights};
    }
  }

  static void check(const Run& run, const std::string& what, std::size_t want, std::size_t got) {
    if (want != got)
      throw std::runtime_error("engine " + run.result.name + " gave " + std::to_string(got) +
                               " values (" + what + ") for " + std::to_string(want));
  }

  const Network& network_;
  const EvaluateProgress& progress_;
  std::vector<Run> runs_;
  Evaluation out_;
  std::uint64_t done_ = 0;
};

}  // namespace

std::string fp32_text(std::uint32_t bits) {
  std::ostringstream text;
  text << std::setprecision(9) << std::bit_cast<float>(bits) << " (0x" << std::hex << std::uppercase
       << std::setfill('0') << std::setw(8) << bits << ")";
  return text.str();
}

Compared& Compared::operator+=(const Compared& other) {
  codes += other.codes;
  scales += other.scales;
  results += other.results;
  mismatches += other.mismatches;
  return *this;
}

Compared Evaluation::compared() const {
  Compared sum;
  for (const EngineResult& engine : engines) sum += engine.compared;
  return sum;
}

Evaluation evaluate(const Network& network, std::string_view text, std::span<Engine* const> engines,
                    std::int64_t batch, const EvaluateProgress& progress) {
  if (text.empty() || batch < 1) throw std::invalid_argument("nothing to evaluate");
  return Evaluator(network, engines, progress)(text, batch);
}

void Sqnr::add(std::span<const float> want, std::span<const float> got) {
  assert(want.size() == got.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double exact = want[i];
    const double error = exact - double{got[i]};
    signal_ += exact * exact;
    noise_ += error * error;
  }
}

double Sqnr::db() const {
  if (noise_ == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal_ / noise_);
}

}  // namespace rh::train
