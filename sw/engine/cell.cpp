#include "engine/cell.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "engine/library.hpp"
#include "mac/mac.hpp"

namespace rh {
namespace {

// The definition, vector by vector.                                    docs/mac.md (1), (3), (4)
class GoldenCell final : public Cell {
 public:
  explicit GoldenCell(const CellShape& shape) : shape_(shape) {}
  std::uint64_t cycles() const override { return 0; }

  CellValues run(const CellVectors& vectors) override {
    CellValues out;
    out.values.reserve(vectors.size());
    const auto lanes = static_cast<std::size_t>(shape_.lanes);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < vectors.size(); ++i) {
      const std::span a = std::span(vectors.a).subspan(i * lanes, lanes);
      const std::span b = std::span(vectors.b).subspan(i * lanes, lanes);
      const bool restart = vectors.restart[i] != 0;
      if (shape_.blocks()) {
        const int exponent = vectors.exponent_a[i] + vectors.exponent_b[i];
        const auto left = numbers(a), right = numbers(b);
        value = shape_.fp32
                    ? mac_fp32(static_cast<std::uint32_t>(value), restart, left.first(lanes),
                               right.first(lanes), shape_.magnitude_bits, exponent)
                    : static_cast<std::uint64_t>(mac_exact(
                          static_cast<std::int64_t>(value), restart, left.first(lanes),
                          right.first(lanes), shape_.magnitude_bits, exponent, shape_.bits));
      } else {
        value = static_cast<std::uint64_t>(mac(static_cast<std::int64_t>(value), restart,
                                               codes(a).first(lanes), codes(b).first(lanes),
                                               shape_.bits));
      }
      out.values.push_back(value);
    }
    return out;
  }

 private:
  static constexpr std::size_t kMostLanes = 16;
  template <class T>
  struct Lanes {
    std::array<T, kMostLanes> values{};
    std::span<const T> first(std::size_t count) const { return std::span(values).first(count); }
  };
  static Lanes<std::int8_t> codes(std::span<const std::uint16_t> fields) {
    Lanes<std::int8_t> out;
    std::transform(fields.begin(), fields.end(), out.values.begin(),
                   [](std::uint16_t field) { return static_cast<std::int8_t>(field); });
    return out;
  }
  Lanes<std::int16_t> numbers(std::span<const std::uint16_t> fields) const {
    Lanes<std::int16_t> out;
    std::transform(fields.begin(), fields.end(), out.values.begin(), [&](std::uint16_t field) {
      const int magnitude = field & ((1 << shape_.magnitude_bits) - 1);
      const bool minus = (field >> shape_.magnitude_bits & 1) != 0;
      return static_cast<std::int16_t>(minus ? -magnitude : magnitude);
    });
    return out;
  }

  CellShape shape_;
};

}  // namespace

const CellShape* find_cell(std::string_view name) {
  const auto at = std::find_if(std::begin(kCells), std::end(kCells),
                               [&](const CellShape& shape) { return shape.name == name; });
  return at == std::end(kCells) ? nullptr : at;
}

std::unique_ptr<Cell> make_cell(const std::string& name, const CellShape& shape) {
  if (name == "golden") return std::make_unique<GoldenCell>(shape);
  if (name != "rtl")
    throw EngineError("engine '" + name + "' has no cells; there are golden and rtl");
  const std::filesystem::path path = engine_path(kCellFile);
  if (!std::filesystem::exists(path))
    throw EngineError("engine rtl is not built for single cells (" + path.string() +
                      "); type: make build");
  return std::unique_ptr<Cell>(
      reinterpret_cast<MakeCell>(engine_symbol(path, kMakeCellSymbol))(shape));
}

}  // namespace rh
