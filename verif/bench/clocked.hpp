// A verilated model with a clock: the one way in which tests and engines step RTL.
//
// A cycle is: set inputs, settle() when outputs that depend on them within the cycle are wanted,
// read outputs (so they are seen BEFORE the edge), then edge(): the clock falls and rises. The
// falling edge changes no output, as every register takes the rising one; a test sees to that, an
// engine goes without. Waves only when built with TRACE=1 (RH_TRACE) and given a file.
#pragma once
#include <verilated.h>
#ifdef RH_TRACE
#include <verilated_fst_c.h>
#endif

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/unknown.hpp"

namespace rh::bench {

enum class Falling { Watched, Unwatched };

template <class Model, Falling kFalling = Falling::Watched>
class Clocked {
 public:
  // `trace`: path of an FST file, empty for none.
  explicit Clocked(const std::string& trace = "") {
    context_->fatalOnError(false);  // a failed assertion is reported by check(), not by abort()
    context_->assertOn(!set_unknown(*context_));
#ifdef RH_TRACE
    if (!trace.empty()) {
      context_->traceEverOn(true);
      model_ = std::make_unique<Model>(context_.get());
      model_->trace(&wave_, 99);
      wave_.open(trace.c_str());
      tracing_ = true;
    }
#endif
    (void)trace;
    if (model_ == nullptr) model_ = std::make_unique<Model>(context_.get());
    model_->eval();  // the first edge needs a level before it
  }
  Clocked(const Clocked&) = delete;
  Clocked& operator=(const Clocked&) = delete;
  ~Clocked() {
    // Scopes are taken out of the context that the thread knows, which may be that of a later
    // model.
    Verilated::threadContextp(context_.get());
    model_->final();
#ifdef RH_TRACE
    if (tracing_) wave_.close();
#endif
  }

  Model* operator->() {
    return model_.get();
  }
  Model& operator*() {
    return *model_;
  }

  // Lets combinational logic see the inputs; no clock edge.
  void settle() {
    model_->eval();
  }

  // One falling and one rising edge; throws std::logic_error when the falling one is seen.
  void edge() {
    if constexpr (kFalling == Falling::Watched) {
      settle();
      before_ = outputs();
    }
    model_->clk_i = 0;
    model_->eval();
    dump(5);
    if constexpr (kFalling == Falling::Watched) {
      if (outputs() != before_)
        throw std::logic_error("an output changed at the falling edge of the clock");
    }
    model_->clk_i = 1;
    model_->eval();
    dump(5);
    if (++cycles_ == kUnknownCycles) context_->assertOn(true);
  }

  // Holds rst_ni low for one cycle, which is enough; inputs keep what they have.
  void reset() {
    model_->rst_ni = 0;
    edge();
    model_->rst_ni = 1;
    settle();
  }

  std::uint64_t cycles() const {
    return cycles_;
  }

  // Throws when an assertion of the RTL has failed since the last call.
  void check() {
    if (!context_->gotError()) return;
    context_->gotError(false);
    throw std::logic_error("an assertion of the RTL failed (its text is above)");
  }

 private:
  // The bytes of all outputs; for_each_output() comes with the model (scripts/rules.mk).
  const std::vector<std::byte>& outputs() {
    outputs_.clear();
    for_each_output(*model_, [&](const auto& port) {
      const auto* const bytes = reinterpret_cast<const std::byte*>(&port);
      outputs_.insert(outputs_.end(), bytes, bytes + sizeof(port));
    });
    return outputs_;
  }

  void dump([[maybe_unused]] std::uint64_t step) {
#ifdef RH_TRACE
    if (!tracing_) return;
    wave_.dump(context_->time());
    context_->timeInc(step);
#endif
  }

  std::unique_ptr<VerilatedContext> context_ = std::make_unique<VerilatedContext>();
  std::unique_ptr<Model> model_;
  std::uint64_t cycles_ = 0;
  std::vector<std::byte> before_;
  std::vector<std::byte> outputs_;
#ifdef RH_TRACE
  VerilatedFstC wave_;
  bool tracing_ = false;
#endif
};

}  // namespace rh::bench
