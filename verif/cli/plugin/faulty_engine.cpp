// An engine that is the golden one but for the fault named in RH_FAULT: what the program says of a
// wrong engine is tested with it.
//
//   code N | scale N | result N   element N is wrong, in every conversion or product
//   results                       every element of a product is wrong
//   clamped                       the count of clamped elements is
//   short                         a product lacks its last element
//   refuse | fail                 a product throws EngineError or std::logic_error
//   slow                          a conversion takes 2.6 seconds and reports progress
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "engine/engine.hpp"

namespace rh {
namespace {

class FaultyEngine final : public Engine {
 public:
  explicit FaultyEngine(const EngineOptions& options)
      : options_(options), golden_(make_engine("golden", options)) {
    const char* const fault = std::getenv("RH_FAULT");
    std::istringstream(fault == nullptr ? "" : fault) >> fault_ >> element_;
  }

  std::string name() const override { return "rtl"; }
  ArrayShape shape() const override { return options_.shape; }
  const EngineStats& stats() const override { return golden_->stats(); }

  Int8Lines convert_int8(std::span<const float> values, std::int64_t lines,
                         std::int64_t length) override {
    Int8Lines out = golden_->convert_int8(values, lines, length);
    if (fault_ == "code" && element_ < out.codes.size()) out.codes[element_] ^= 1;
    if (fault_ == "scale" && element_ < out.scales.size()) out.scales[element_] ^= 1;
    if (fault_ == "clamped") ++out.clamped;
    for (std::uint64_t i = 0; fault_ == "slow" && i <= 26; ++i) {
      options_.progress(i, 26);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return out;
  }

  std::vector<std::int32_t> gemm_int32(const Int8Lines& a, const Int8Lines& b) override {
    return spoil(golden_->gemm_int32(a, b), [](std::int32_t& x) { ++x; });
  }
  std::vector<float> gemm_fp32(const Int8Lines& a, const Int8Lines& b) override {
    return spoil(golden_->gemm_fp32(a, b), [](float& x) { x = -x; });
  }

 private:
  template <class T, class Change>
  std::vector<T> spoil(std::vector<T> c, Change change) const {
    if (fault_ == "refuse") throw EngineError("this engine refuses");
    if (fault_ == "fail") throw std::logic_error("this engine fails");
    if (fault_ == "result" && element_ < c.size()) change(c[element_]);
    if (fault_ == "results")
      for (T& x : c) change(x);
    if (fault_ == "short") c.pop_back();
    return c;
  }

  EngineOptions options_;
  std::unique_ptr<Engine> golden_;
  std::string fault_;
  std::size_t element_ = 0;
};

}  // namespace
}  // namespace rh

extern "C" rh::Engine* rh_make_engine(const rh::EngineOptions& options);
extern "C" rh::Engine* rh_make_engine(const rh::EngineOptions& options) {
  return new rh::FaultyEngine(options);
}
