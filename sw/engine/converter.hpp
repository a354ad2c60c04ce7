// What can convert to block formats: one interface, three engines behind it.
//
//   golden   the golden model (sw/convert/convert_bfp.hpp), the law
//   rtl      the verilated rh_precision_convert: rh_convert_tensor, watched by rh_precision
//   netlist  rh_convert_tensor, from its synthesised gate netlist, without a unit
//
// rtl and netlist are shared objects beside the program (engine/convert_<name>_<g>x<R>.so): the
// same host code (convert_plugin.cpp) around another verilated top. The host streams groups, padded
// with +0, and collects codes, exponents and flags; it gives seed and base and never rounds.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "convert/convert_bfp.hpp"
#include "engine/engine.hpp"
#include "precision/precision.hpp"

namespace rh {

// Work done since the converter was made. Cycles stay 0 in the golden model.
struct ConverterStats {
  std::uint64_t elements = 0;  // asked for; padding not counted
  std::uint64_t cycles = 0;    // first group in to last group out, or to the decision
  double seconds = 0;
};

struct ConverterOptions {
  std::string trace;  // FST file; needs an engine built with TRACE=1
  Progress progress;  // in groups
  Stalls stalls{};
};

// The unit beside a converter, whatever the format's own bits: codes of 4 bits cut by 2, and every
// exponent of at most 5 bits in its window, so that the sums of any format it takes are exact.
//                                                           docs/precision.md, "Beside a converter"
constexpr PrecisionUnit watching_unit(int group_size) {
  return {.lanes = group_size, .exponent_bits = 5, .window = 31};
}
// Throws std::invalid_argument unless a converter can watch tensors of `format`: integers without
// -2^m, at most 64 a group and 5 exponent bits. The bits of a code do not matter here.
void require_watchable(const Format& format);

// A conversion, and what the unit says of its codes.
struct Watched {
  BfpLines lines;
  PrecisionSums sums;
  bool fine = true;  // false: the codes without their low bits will do
  bool operator==(const Watched&) const = default;
};

class Converter {
 public:
  virtual ~Converter() = default;
  virtual std::string name() const = 0;

  // `lines` lines of `length` values, line-major, cut into groups. The definition is convert_bfp().
  // `format` is the one of make_converter(), but for rounding, rule, m and base.
  virtual BfpLines convert(std::span<const float> values, std::int64_t lines, std::int64_t length,
                           const Format& format, const BfpOptions& options) = 0;

  // The same, watched by watching_unit(), whose decision is the one at `threshold`. The format has
  // 4 bits and passes require_watchable(); there is at least one group. A converter without a unit
  // leaves the sums of its codes to precision_of_fast().
  virtual Watched convert_watched(std::span<const float> values, std::int64_t lines,
                                  std::int64_t length, const Format& format,
                                  const BfpOptions& options, std::uint32_t threshold);

  virtual const ConverterStats& stats() const = 0;
};

// What an RTL converter is built for: lanes are the values of a group.
struct ConverterShape {
  int group_size;
  int noise_bits;
  bool operator==(const ConverterShape&) const = default;
};
// The shape that `format` needs. Formats that draw no noise take the one that is always built.
ConverterShape converter_shape(const Format& format);

// The target of make that builds the converter `name` for `format`, for instance
// "model GROUP=64 NOISE=4"; empty where `make build` does.
std::string converter_target(const std::string& name, const Format& format);

// `name`: golden, rtl or netlist; `format` is a block format. Throws EngineError for a format that
// the RTL cannot convert, and naming the make command when the engine is not built.
std::unique_ptr<Converter> make_converter(const std::string& name, const Format& format,
                                          const ConverterOptions& options = {});

// The entry point of a converter's shared object.
using MakeConverter = Converter* (*)(const Format& format, const ConverterOptions& options);
inline constexpr const char* kMakeConverterSymbol = "rh_make_converter";

}  // namespace rh
