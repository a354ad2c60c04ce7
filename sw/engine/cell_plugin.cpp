// The host of verilated rh_macs: it lays the fields of a vector out as the ports have them, clocks,
// and takes the value `latency` clocks later. It never multiplies.
// Every class rh_cell_<shape> is made by sw/engine/cell.mk from the parameters of its shape.
#include <array>
#include <cstring>

#include "accumulate/accumulate.hpp"
#include "bench/clocked.hpp"
#include "engine/cell.hpp"
#include "rh_cell_int8/rh_cell_int8.h"
#include "rh_cell_int8_16/rh_cell_int8_16.h"
#include "rh_cell_int8_cs/rh_cell_int8_cs.h"
#include "rh_cell_m2/rh_cell_m2.h"
#include "rh_cell_m2_fp32/rh_cell_m2_fp32.h"
#include "rh_cell_m4/rh_cell_m4.h"

namespace rh {
namespace {

template <class Model>
class RtlCell final : public Cell {
 public:
  explicit RtlCell(const CellShape& shape) : shape_(shape) { top_.settle(); }
  std::uint64_t cycles() const override { return top_.cycles(); }

  CellValues run(const CellVectors& vectors) override {
    CellValues out;
    out.values.reserve(vectors.size());
    const auto late = static_cast<std::size_t>(shape_.latency() - 1);
    for (std::size_t i = 0; i < vectors.size() + late; ++i) {
      const bool there = i < vectors.size();  // behind the last one there are zeros
      const Port a = there ? port(vectors.a, vectors.exponent_a, shape_.exponent_a, i) : Port{};
      const Port b = there ? port(vectors.b, vectors.exponent_b, shape_.exponent_b, i) : Port{};
      static_assert(sizeof(top_->a_i) <= sizeof(Port) && sizeof(top_->b_i) <= sizeof(Port));
      std::memcpy(&top_->a_i, &a, sizeof(top_->a_i));
      std::memcpy(&top_->b_i, &b, sizeof(top_->b_i));
      top_->restart_i = there && vectors.restart[i] != 0;
      top_.edge();
      out.not_passed_on += std::memcmp(&top_->a_o, &a, sizeof(top_->a_o)) != 0 ? 1 : 0;
      out.not_passed_on += std::memcmp(&top_->b_o, &b, sizeof(top_->b_o)) != 0 ? 1 : 0;
      if (i >= late) out.values.push_back(value());
    }
    top_.check();
    return out;
  }

 private:
  using Port = std::array<std::uint64_t, 3>;

  // Fields of equal width from bit 0 on, the exponent above them.
  Port port(const std::vector<std::uint16_t>& fields, const std::vector<std::int16_t>& exponents,
            int exponent_bits, std::size_t i) const {
    Port out{};
    std::size_t bit = 0;
    const auto put = [&](std::uint64_t value, int width) {
      out[bit / 64] |= value << bit % 64;
      if (bit % 64 + static_cast<std::size_t>(width) > 64)
        out[bit / 64 + 1] |= value >> (64 - bit % 64);
      bit += static_cast<std::size_t>(width);
    };
    const auto lanes = static_cast<std::size_t>(shape_.lanes);
    for (std::size_t k = 0; k < lanes; ++k) put(fields[i * lanes + k], shape_.width());
    if (exponent_bits > 0)
      put(static_cast<std::uint64_t>(std::int64_t{exponents[i]}) & ((1u << exponent_bits) - 1),
          exponent_bits);
    return out;
  }

  std::uint64_t value() {
    if (shape_.fp32) return top_->sum_o;
    const std::uint64_t sum = std::uint64_t{top_->sum_o} + std::uint64_t{top_->carry_o};
    return static_cast<std::uint64_t>(wrap(static_cast<std::int64_t>(sum), shape_.bits));
  }

  CellShape shape_;
  bench::Clocked<Model, bench::Falling::Unwatched> top_;
};

}  // namespace
}  // namespace rh

extern "C" __attribute__((visibility("default"))) rh::Cell* rh_make_cell(
    const rh::CellShape& shape) {
#define RH_CELL(NAME) \
  if (shape.name == #NAME) return new rh::RtlCell<rh_cell_##NAME>(shape)
  RH_CELL(int8);
  RH_CELL(int8_cs);
  RH_CELL(int8_16);
  RH_CELL(m2);
  RH_CELL(m4);
  RH_CELL(m2_fp32);
#undef RH_CELL
  throw rh::EngineError("the engine has no cell " + std::string(shape.name));
}
