#include "requantize/requantize_fast.hpp"

#include <bit>

#include "number/number.hpp"

namespace rh {

void requantize_fp32_fast(const std::int32_t* acc, const std::uint32_t* scale_a,
                          const std::uint32_t* scale_b, std::int64_t m, std::int64_t n,
                          float* out) {
  constexpr float kNan = std::bit_cast<float>(kFp32Nan);
  for (std::int64_t i = 0; i < m; ++i) {
    const float row = std::bit_cast<float>(scale_a[i]);
    for (std::int64_t j = 0; j < n; ++j) {
      const float value =
          static_cast<float>(acc[i * n + j]) * row * std::bit_cast<float>(scale_b[j]);
      out[i * n + j] = value == value ? value : kNan;
    }
  }
}

}  // namespace rh
