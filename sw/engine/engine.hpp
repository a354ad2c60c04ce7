// What can multiply: one interface, three engines behind it.
//
//   golden   the golden model (sw/gemm), the law
//   rtl      the verilated rh_gemm
//   netlist  the same, from its synthesised gate netlist
//
// rtl and netlist are shared objects beside the program (engine/<name>_<rows>x<cols>x<lanes>.so):
// the same host code (plugin.cpp) around another verilated top. The host streams tensors and tiles
// and collects results; it never quantises and never adds.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "array/array.hpp"
#include "convert/convert.hpp"
#include "engine/stalls.hpp"
#include "number/number.hpp"

namespace rh {

// An engine that is not there, or input that it refuses. The text is for the user.
class EngineError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One output tile: rows [row * shape.rows, ...) by columns [col * shape.cols, ...) of the product.
struct TileIndex {
  std::int64_t row = 0;
  std::int64_t col = 0;
};

// Work done since the engine was made. Cycles and tiles stay 0 in the golden engine.
struct EngineStats {
  std::uint64_t elements_converted = 0;
  std::uint64_t convert_cycles = 0;   // of the converter: absmax in to last code out
  std::uint64_t multiply_cycles = 0;  // of the array: first tile in to last result out
  std::uint64_t macs = 0;             // asked for: M * K * N, or a tile's part; padding not counted
  std::uint64_t tiles = 0;
  double convert_seconds = 0;
  double multiply_seconds = 0;

  // macs / (cells * lanes * multiply_cycles), 0 when no cycle ran.
  double utilization(const ArrayShape& shape) const;
  EngineStats& operator+=(const EngineStats& other);
};

// Called now and then with work done and work in all (in array steps or elements).
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

struct EngineOptions {
  ArrayShape shape;               // see default_shape()
  std::string trace;              // FST file; needs an engine built with TRACE=1
  std::optional<TileIndex> tile;  // multiply only this tile; the rest of the result is zero
  Progress progress;
  Stalls stalls{};
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string name() const = 0;
  virtual ArrayShape shape() const = 0;

  // Quantises `lines` lines of `length` values each (line-major). An FP32 value is a bit pattern.
  virtual Int8Lines convert_int8(std::span<const float> values, std::int64_t lines,
                                 std::int64_t length) = 0;

  // C[m][n] = sum over k of a[m][k] * b[n][k]: a has M lines, b has N lines (columns of B), both of
  // length K. Row-major M x N. Throws EngineError when K is beyond the accumulator's bound.
  virtual std::vector<std::int32_t> gemm_int32(const Int8Lines& a, const Int8Lines& b) = 0;

  // The same sum through the scales of both: fl(fl(fl(acc) * scale_a[m]) * scale_b[n]).
  virtual std::vector<float> gemm_fp32(const Int8Lines& a, const Int8Lines& b) = 0;

  virtual const EngineStats& stats() const = 0;
};

// Throws EngineError unless a and b have one length and it is within the accumulator's bound.
void check_product(const Int8Lines& a, const Int8Lines& b);

// Multiplications that a product of m x k by k x n, or the one tile of it, asks for.
std::uint64_t macs_asked_for(const ArrayShape& shape, const std::optional<TileIndex>& tile,
                             std::int64_t m, std::int64_t n, std::int64_t k);

// The array an engine has unless asked for another: 16 x 16 x 1, a netlist 4 x 4 x 1.
ArrayShape default_shape(const std::string& name);

// `name`: golden, rtl or netlist. Throws EngineError naming the missing file and the make command
// that builds it.
std::unique_ptr<Engine> make_engine(const std::string& name, const EngineOptions& options = {});

// The entry point of an engine's shared object.
using MakeEngine = Engine* (*)(const EngineOptions& options);
inline constexpr const char* kMakeEngineSymbol = "rh_make_engine";

}  // namespace rh
