// The one door to matrix products: every product of forward and backward goes through it, told
// which one it is.                                                    docs/learn.md (8) to (10)
//
//   Forward          O  = X  W        op(a) is X,    op(b) is W
//   InputGradient    dX = dO W^T
//   WeightGradient   dW = X^T dO
//
// Layers hold FP32 (or, in tests, double) and know no format; what is behind the door converts.
#pragma once
#include <cassert>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace rh::learn {

enum class Role : std::uint8_t { Forward = 0, InputGradient = 1, WeightGradient = 2 };
enum class Factor : std::uint8_t { Input = 0, Weight = 1, OutputGradient = 2 };  // X, W, dO

constexpr std::string_view name(Role role) {
  switch (role) {
    case Role::Forward: return "forward";
    case Role::InputGradient: return "input gradient";
    case Role::WeightGradient: return "weight gradient";
  }
  return "?";
}

// Which product: the layer l of the model, at step i of the training.
struct Site {
  std::int64_t step = 0;
  int layer = 0;
  Role role = Role::Forward;
  bool operator==(const Site&) const = default;
};

// c = op(a) op(b), `batch` times: op(a) is m x k, op(b) k x n, c m x n.
struct ProductShape {
  std::int64_t m = 0, n = 0, k = 0, batch = 1;
  bool operator==(const ProductShape&) const = default;

  std::int64_t macs() const { return batch * m * n * k; }
};

// `batch` matrices after each other, row-major; transposed: op() swaps rows and columns.
template <class Real>
struct Operand {
  Factor factor;
  std::span<const Real> values;
  bool transposed = false;
};

// What a product was. Bits are magnitude bits of the integers multiplied, 0 for floats.
struct ProductRecord {
  Site site;
  ProductShape shape;
  int bits_a = 0, bits_b = 0;
  int passes = 0;               // docs/learn.md (10); 0 for floats
  std::uint64_t cycles = 0;     // of the array, by formula (18); 0 for floats
  std::uint64_t one_pass_cycles = 0;  // of one whose cells take whole values; floats too
  std::uint64_t simulated = 0;  // those that a simulated array took; 0 without one
  bool finite = true;           // no result is infinite or NaN
  bool operator==(const ProductRecord&) const = default;
};

template <class Real>
class Product {
 public:
  virtual ~Product() = default;

  // c = op(a) op(b), recorded.
  void multiply(const Site& site, const ProductShape& shape, const Operand<Real>& a,
                const Operand<Real>& b, std::span<Real> c) {
    const auto size = [&](std::int64_t rows, std::int64_t columns) {
      return static_cast<std::size_t>(shape.batch * rows * columns);
    };
    assert(a.values.size() == size(shape.m, shape.k) && b.values.size() == size(shape.k, shape.n));
    assert(c.size() == size(shape.m, shape.n));
    static_cast<void>(size);
    ProductRecord record{site, shape};
    compute(record, a, b, c);
    record.finite = finite(c);
    records_.push_back(record);
  }

  // Of the products since clear_records(), in the order in which they were asked for.
  std::span<const ProductRecord> records() const { return records_; }
  void clear_records() { records_.clear(); }

 protected:
  // Fills c, and what the record does not know yet: bits, passes and cycles.
  virtual void compute(ProductRecord& record, const Operand<Real>& a, const Operand<Real>& b,
                       std::span<Real> c) = 0;

 private:
  static bool finite(std::span<const Real> values) {
    int wrong = 0;
    for (const Real x : values)
      wrong |= std::abs(x) <= std::numeric_limits<Real>::max() ? 0 : 1;  // not of a NaN either
    return wrong == 0;
  }

  std::vector<ProductRecord> records_;
};

}  // namespace rh::learn
