// FP32 products by OpenBLAS, on one thread: the same result in every run on one machine.
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace rh::train {

// c (m x n) = a (m x k) times b (k x n), row-major. a_transposed: a is stored k x m; b likewise.
// `add` adds to what c holds. Throws std::length_error when a dimension is beyond an int.
void multiply(std::int64_t m, std::int64_t n, std::int64_t k, std::span<const float> a,
              std::span<const float> b, std::span<float> c, bool a_transposed = false,
              bool b_transposed = false, bool add = false);

// Rows first .. first + count - 1 of the same product; the other rows of c stay as they are. Which
// rows are asked for at once may change the order of their sums, and so their bits.
void multiply_rows(std::int64_t first, std::int64_t count, std::int64_t m, std::int64_t n,
                   std::int64_t k, std::span<const float> a, std::span<const float> b,
                   std::span<float> c, bool a_transposed = false, bool b_transposed = false,
                   bool add = false);

// Of OpenBLAS: "0.3.21", and the kernel that it chose for this CPU, "Haswell".
std::string blas_version();
std::string blas_kernel();

}  // namespace rh::train
