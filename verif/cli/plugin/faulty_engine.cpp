// An engine that is the golden one but for the fault named in RH_FAULT: what the program says of a
// wrong engine is tested with it.
//
//   code N | scale N | result N   element N is wrong, in every conversion or product
//   exponent N | flags N | base   likewise, in every conversion to a block format
//   results                       every element of a product is wrong
//   clamped                       the count of clamped elements is
//   short                         a product or a block conversion lacks its last element
//   refuse | fail                 a product or conversion throws EngineError or std::logic_error
//   short-product | refuse-product | fail-product   likewise, in products of block formats alone
//   slow                          a conversion takes 2.6 seconds and reports progress
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "engine/converter.hpp"
#include "engine/engine.hpp"
#include "engine/multiplier.hpp"

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

class FaultyConverter final : public Converter {
 public:
  FaultyConverter(const Format& format, const ConverterOptions& options)
      : options_(options), golden_(make_converter("golden", format, options)) {
    const char* const fault = std::getenv("RH_FAULT");
    std::istringstream(fault == nullptr ? "" : fault) >> fault_ >> element_;
  }

  std::string name() const override { return "rtl"; }
  const ConverterStats& stats() const override { return golden_->stats(); }

  BfpLines convert(std::span<const float> values, std::int64_t lines, std::int64_t length,
                   const Format& format, const BfpOptions& options) override {
    BfpLines out = golden_->convert(values, lines, length, format, options);
    if (fault_ == "refuse") throw EngineError("this engine refuses");
    if (fault_ == "fail") throw std::logic_error("this engine fails");
    if (fault_ == "code" && element_ < out.codes.size()) out.codes[element_] ^= 1;
    if (fault_ == "codes")
      for (std::int16_t& code : out.codes) code ^= 1;
    if (fault_ == "exponent" && element_ < out.exponents.size()) out.exponents[element_] ^= 1;
    if (fault_ == "flags" && element_ < out.flags.size()) out.flags[element_] ^= kSaturatedGroup;
    if (fault_ == "base") ++out.base;
    if (fault_ == "short" && !out.codes.empty()) out.codes.pop_back();
    for (std::uint64_t i = 0; fault_ == "slow" && i <= 26; ++i) {
      options_.progress(i, 26);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return out;
  }

 private:
  ConverterOptions options_;
  std::unique_ptr<Converter> golden_;
  std::string fault_;
  std::size_t element_ = 0;
};

// Of block formats: "result" is wrong in its lowest bit.
class FaultyMultiplier final : public Multiplier {
 public:
  FaultyMultiplier(const MultiplierShape& shape, const MultiplierOptions& options)
      : golden_(make_multiplier("golden", shape, options)) {
    const char* const fault = std::getenv("RH_FAULT");
    std::istringstream(fault == nullptr ? "" : fault) >> fault_ >> element_;
  }

  std::string name() const override { return "rtl"; }
  const MultiplierShape& shape() const override { return golden_->shape(); }
  const MultiplierStats& stats() const override { return golden_->stats(); }

  std::vector<std::uint32_t> multiply(const BfpOperand& a, const BfpOperand& b) override {
    if (fault_ == "refuse-product") throw EngineError("this engine refuses");
    if (fault_ == "fail-product") throw std::logic_error("this engine fails");
    std::vector<std::uint32_t> c = golden_->multiply(a, b);
    if (fault_ == "result" && element_ < c.size()) c[element_] ^= 1;
    if (fault_ == "results")
      for (std::uint32_t& x : c) x ^= 1;
    if (fault_ == "short-product") c.pop_back();
    return c;
  }

 private:
  std::unique_ptr<Multiplier> golden_;
  std::string fault_;
  std::size_t element_ = 0;
};

}  // namespace
}  // namespace rh

extern "C" rh::Multiplier* rh_make_multiplier(const rh::MultiplierShape& shape,
                                              const rh::MultiplierOptions& options);
extern "C" rh::Multiplier* rh_make_multiplier(const rh::MultiplierShape& shape,
                                              const rh::MultiplierOptions& options) {
  return new rh::FaultyMultiplier(shape, options);
}

extern "C" rh::Converter* rh_make_converter(const rh::Format& format,
                                            const rh::ConverterOptions& options);
extern "C" rh::Converter* rh_make_converter(const rh::Format& format,
                                            const rh::ConverterOptions& options) {
  return new rh::FaultyConverter(format, options);
}

extern "C" rh::Engine* rh_make_engine(const rh::EngineOptions& options);
extern "C" rh::Engine* rh_make_engine(const rh::EngineOptions& options) {
  return new rh::FaultyEngine(options);
}
