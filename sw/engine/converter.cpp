#include "engine/converter.hpp"

#include <cassert>
#include <chrono>
#include <filesystem>
#include <stdexcept>

#include "convert/convert_bfp_fast.hpp"
#include "engine/library.hpp"
#include "number/format_text.hpp"
#include "precision/precision_fast.hpp"

namespace rh {
namespace {

constexpr int kBuiltNoiseBits = 8;  // of the converters that `make build` builds

// By the fast kernels: equal to the definition bit for bit, as verif/convert proves.
class GoldenConverter final : public Converter {
 public:
  std::string name() const override { return "golden"; }
  const ConverterStats& stats() const override { return stats_; }

  BfpLines convert(std::span<const float> values, std::int64_t lines, std::int64_t length,
                   const Format& format, const BfpOptions& options) override {
    const auto start = std::chrono::steady_clock::now();
    BfpLines out = convert_bfp_fast(values, lines, length, format, options);
    stats_.elements += values.size();
    stats_.seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return out;
  }

 private:
  ConverterStats stats_;
};

}  // namespace

void require_watchable(const Format& format) {
  constexpr int kMostLanes = 64;
  constexpr int kMostExponentBits = watching_unit(1).exponent_bits;
  const auto refuse = [&](const std::string& what) {
    throw std::invalid_argument(format_text(format) + " has " + what);
  };
  if (!format.is_block() || format.is_minifloat())
    refuse("no blocks of integers, and precision is decided on their codes");
  if (format.exponent_bits > kMostExponentBits)
    refuse(std::to_string(format.exponent_bits) +
           " exponent bits, precision is decided with at most " +
           std::to_string(kMostExponentBits));
  if (format.group_size > kMostLanes)
    refuse("groups of " + std::to_string(format.group_size) +
           ", precision is decided with at most " + std::to_string(kMostLanes));
  if (format.most_negative) refuse("negmin=1, and precision is decided without the code -2^m");
}

Watched Converter::convert_watched(std::span<const float> values, std::int64_t lines,
                                   std::int64_t length, const Format& format,
                                   const BfpOptions& options, std::uint32_t threshold) {
  assert(!values.empty() && format.magnitude_bits == watching_unit(1).magnitude_bits);
  Watched out{convert(values, lines, length, format, options), {}};
  const Precision precision = precision_of_fast(watching_unit(format.group_size), out.lines);
  out.sums = precision.sums();
  out.fine = precision.fine(threshold);
  return out;
}

ConverterShape converter_shape(const Format& format) {
  return {format.group_size, is_stochastic(format.rounding) ? format.noise_bits : kBuiltNoiseBits};
}

std::string converter_target(const std::string& name, const Format& format) {
  const ConverterShape shape = converter_shape(format);
  if (name == "golden") return "";
  if (name == "netlist") return "netlist";
  if (shape == ConverterShape{16, kBuiltNoiseBits} || shape == ConverterShape{32, kBuiltNoiseBits})
    return "";
  return "model GROUP=" + std::to_string(shape.group_size) +
         " NOISE=" + std::to_string(shape.noise_bits);
}

std::unique_ptr<Converter> make_converter(const std::string& name, const Format& format,
                                          const ConverterOptions& options) {
  if (name == "golden") return std::make_unique<GoldenConverter>();
  if (name != "rtl" && name != "netlist")
    throw EngineError("engine '" + name + "' is unknown; there are golden, rtl and netlist");
  if (format.magnitude_bits > kMaxRtlMagnitudeBits)
    throw EngineError("engine " + name + " converts to at most " +
                      std::to_string(kMaxRtlMagnitudeBits) + " magnitude bits; " +
                      format_text(format) + " has " + std::to_string(format.magnitude_bits));

  const auto [group, noise] = converter_shape(format);
  const std::filesystem::path path = engine_path("convert_" + name + "_" + std::to_string(group) +
                                                 "x" + std::to_string(noise) + ".so");
  if (!std::filesystem::exists(path)) {
    const std::string target = converter_target(name, format);
    const std::string made = name == "netlist" ? " (which builds that of 16 and 8)" : "";
    throw EngineError("engine " + name + " is not built for groups of " + std::to_string(group) +
                      " and " + std::to_string(noise) + " noise bits (" + path.string() +
                      "); type: make " + (target.empty() ? "build" : target) + made);
  }
  return std::unique_ptr<Converter>(
      reinterpret_cast<MakeConverter>(engine_symbol(path, kMakeConverterSymbol))(format, options));
}

}  // namespace rh
