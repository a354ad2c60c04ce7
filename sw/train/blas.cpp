#include "train/blas.hpp"

#include <cblas.h>

#include <cassert>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace rh::train {
namespace {

int whole(std::int64_t value) {
  if (value > std::numeric_limits<int>::max()) throw std::length_error("a product too large");
  return static_cast<int>(value);
}

}  // namespace

void multiply(std::int64_t m, std::int64_t n, std::int64_t k, std::span<const float> a,
              std::span<const float> b, std::span<float> c, bool a_transposed, bool b_transposed,
              bool add) {
  multiply_rows(0, m, m, n, k, a, b, c, a_transposed, b_transposed, add);
}

void multiply_rows(std::int64_t first, std::int64_t count, std::int64_t m, std::int64_t n,
                   std::int64_t k, std::span<const float> a, std::span<const float> b,
                   std::span<float> c, bool a_transposed, bool b_transposed, bool add) {
  assert(first >= 0 && count >= 0 && first + count <= m);
  assert(a.size() == static_cast<std::size_t>(m * k));
  assert(b.size() == static_cast<std::size_t>(k * n));
  assert(c.size() == static_cast<std::size_t>(m * n));
  if (count == 0 || n == 0) return;
  openblas_set_num_threads(1);
  cblas_sgemm(CblasRowMajor, a_transposed ? CblasTrans : CblasNoTrans,
              b_transposed ? CblasTrans : CblasNoTrans, whole(count), whole(n), whole(k), 1,
              a.data() + (a_transposed ? first : first * k), whole(a_transposed ? m : k), b.data(),
              whole(b_transposed ? k : n), add ? 1 : 0, c.data() + first * n, whole(n));
}

std::string blas_version() {
  std::istringstream config(openblas_get_config());  // OpenBLAS 0.3.21 DYNAMIC_ARCH ...
  std::string name;
  std::string version;
  config >> name >> version;
  return version;
}
std::string blas_kernel() {
  return openblas_get_corename();
}

}  // namespace rh::train
