#include "engine/engine.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <sstream>

#include "convert/convert_fast.hpp"
#include "engine/library.hpp"
#include "engine/multiplier.hpp"
#include "gemm/gemm.hpp"
#include "gemm/gemm_fast.hpp"
#include "requantize/requantize_fast.hpp"

namespace rh {

double EngineStats::utilization(const ArrayShape& shape) const {
  if (multiply_cycles == 0) return 0;
  return static_cast<double>(macs) /
         (static_cast<double>(shape.cells() * shape.lanes) * static_cast<double>(multiply_cycles));
}

EngineStats& EngineStats::operator+=(const EngineStats& other) {
  elements_converted += other.elements_converted;
  convert_cycles += other.convert_cycles;
  multiply_cycles += other.multiply_cycles;
  macs += other.macs;
  tiles += other.tiles;
  convert_seconds += other.convert_seconds;
  multiply_seconds += other.multiply_seconds;
  return *this;
}

void check_product(const Int8Lines& a, const Int8Lines& b) {
  if (a.length != b.length) {
    std::ostringstream text;
    text << "the product needs equal K: A has " << a.length << ", B has " << b.length;
    throw EngineError(text.str());
  }
  const std::int64_t limit = int8_max_terms(a.codes, b.codes);
  if (a.length > limit) {
    std::ostringstream text;
    text << "K = " << a.length << " is beyond the int32 accumulator: at most " << limit
         << " terms with " << (limit == kInt8MaxTerms ? "codes within +-127" : "the code -128");
    throw EngineError(text.str());
  }
}

std::uint64_t macs_asked_for(const ArrayShape& shape, const std::optional<TileIndex>& tile,
                             std::int64_t m, std::int64_t n, std::int64_t k) {
  const auto part = [](std::int64_t lines, std::int64_t index, int size) {
    return std::clamp<std::int64_t>(lines - index * size, 0, size);
  };
  if (tile) {
    m = part(m, tile->row, shape.rows);
    n = part(n, tile->col, shape.cols);
  }
  return static_cast<std::uint64_t>(m * n * k);
}

namespace {

// The golden model, by its fast kernels: equal to the definitions bit for bit, as the laws in
// verif/{convert,gemm,requantize} prove.
class GoldenEngine final : public Engine {
 public:
  explicit GoldenEngine(const EngineOptions& options) : options_(options) {}

  std::string name() const override { return "golden"; }
  ArrayShape shape() const override { return options_.shape; }
  const EngineStats& stats() const override { return stats_; }

  Int8Lines convert_int8(std::span<const float> values, std::int64_t lines,
                         std::int64_t length) override {
    const Clock clock(stats_.convert_seconds);
    stats_.elements_converted += values.size();
    return convert_int8_fast(values, lines, length);
  }

  std::vector<std::int32_t> gemm_int32(const Int8Lines& a, const Int8Lines& b) override {
    check_product(a, b);
    const Clock clock(stats_.multiply_seconds);
    stats_.macs += macs_asked_for(options_.shape, options_.tile, a.lines, b.lines, a.length);
    std::vector<std::int32_t> c(static_cast<std::size_t>(a.lines * b.lines));
    gemm_int32_fast(a.codes.data(), b.codes.data(), a.lines, b.lines, a.length, c.data());
    return only_tile(std::move(c), a.lines, b.lines);
  }

  std::vector<float> gemm_fp32(const Int8Lines& a, const Int8Lines& b) override {
    const std::vector<std::int32_t> acc = gemm_int32(a, b);
    const Clock clock(stats_.multiply_seconds);
    std::vector<float> c(acc.size());
    requantize_fp32_fast(acc.data(), a.scales.data(), b.scales.data(), a.lines, b.lines, c.data());
    return only_tile(std::move(c), a.lines, b.lines);
  }

 private:
  class Clock {
   public:
    explicit Clock(double& seconds) : seconds_(seconds) {}
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    ~Clock() {
      seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

   private:
    double& seconds_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  };

  // Zeros outside the one tile that was asked for.
  template <class T>
  std::vector<T> only_tile(std::vector<T> c, std::int64_t m, std::int64_t n) const {
    if (!options_.tile) return c;
    for (std::int64_t i = 0; i < m; ++i)
      for (std::int64_t j = 0; j < n; ++j)
        if (i / options_.shape.rows != options_.tile->row ||
            j / options_.shape.cols != options_.tile->col)
          c[static_cast<std::size_t>(i * n + j)] = T{};
    return c;
  }

  EngineOptions options_;
  EngineStats stats_;
};

}  // namespace

ArrayShape default_shape(const std::string& name) {
  return name == "netlist" ? ArrayShape{4, 4, 1} : ArrayShape{};
}

std::unique_ptr<Engine> make_engine(const std::string& name, const EngineOptions& options) {
  if (name == "golden") return std::make_unique<GoldenEngine>(options);
  if (name != "rtl" && name != "netlist")
    throw EngineError("engine '" + name + "' is unknown; there are golden, rtl and netlist");

  const auto [rows, cols, lanes] = options.shape;
  const std::filesystem::path path = engine_path(name + "_" + shape_name(options.shape) + ".so");
  if (!std::filesystem::exists(path)) {
    std::string built;
    for (const ArrayShape& shape : built_arrays(name))
      built += (built.empty() ? "" : ", ") + shape_name(shape);
    std::ostringstream text;
    text << "engine " << name << " is not built for an array of " << rows << " x " << cols
         << " cells of " << lanes << " lanes (" << path.string()
         << "); built: " << (built.empty() ? "none" : built) << "; type: make ";
    if (name == "netlist") {
      text << "netlist";
    } else {
      text << "model ROWS=" << rows << " COLS=" << cols << " LANES=" << lanes;
    }
    throw EngineError(text.str());
  }
  void* const symbol = engine_symbol(path, kMakeEngineSymbol);
  return std::unique_ptr<Engine>(reinterpret_cast<MakeEngine>(symbol)(options));
}

}  // namespace rh
