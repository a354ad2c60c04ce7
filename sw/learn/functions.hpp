// exp, and the normal distribution function, in a form that compilers vectorise: no call, no
// branch, no table. The layers take these for float, and the library's for double.
//
// Every operation is one IEEE operation in a fixed order, so the bits do not depend on the width of
// the vectors, the compiler (-ffp-contract=off) or the C library.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace rh::learn {

inline double exponential(double x) {
  return std::exp(x);
}

// e^x within 2 ulp; 0 below -87.3 and infinity from 88.8 on; a NaN stays one. With n the integer
// nearest to x / ln 2 and r = x - n ln 2, which two products make exact enough,
//   e^x = 2^n e^r,   e^r = the Taylor polynomial of degree 7, |r| <= 0.35: the rest is 6e-9 of it
inline float exponential(float x) {
  constexpr float kInteger = 12'582'912.0F;  // 1.5 2^23: the lowest bit of a sum is worth 1
  constexpr float kLn2High = 0x1.62e4p-1F;   // 15 bits: its product by n is exact
  constexpr float kLn2Low = 0x1.7f7d1cp-20F;
  const float limited = x < -87.3F ? -87.3F : (x > 89.0F ? 89.0F : x);
  const float sum = limited * std::numbers::log2e_v<float> + kInteger;
  const float n = sum - kInteger;
  const float r = (limited - n * kLn2High) - n * kLn2Low;
  float p = 1.0F / 5040;
  p = p * r + 1.0F / 720;
  p = p * r + 1.0F / 120;
  p = p * r + 1.0F / 24;
  p = p * r + 1.0F / 6;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  // 2^n in two factors, since 2^128 is none: n is -126 .. 128.
  const std::int32_t exponent =
      std::bit_cast<std::int32_t>(sum) - std::bit_cast<std::int32_t>(kInteger);
  const std::int32_t half = exponent >> 1;
  const auto power = [](std::int32_t of) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(of + 127) << 23);
  };
  const float value = p * power(half) * power(exponent - half);
  return x < -87.3F ? 0.0F : value;
}

// Phi(x), and the density e^(-x^2 / 2) / sqrt(2 pi).
template <class Real>
struct Normal {
  Real below, density;
};

inline Normal<double> normal(double x) {
  return {0.5 * (1 + std::erf(x / std::numbers::sqrt2)),
          std::exp(-0.5 * x * x) * std::numbers::inv_sqrtpi / std::numbers::sqrt2};
}

// Within 4e-7: with z = |x| / sqrt(2) and t = 1 / (1 + 0.3275911 z),
//   1 - erf(z) = t (a1 + t (a2 + t (a3 + t (a4 + t a5)))) e^(-z^2)
//                                                 Abramowitz and Stegun, 7.1.26: within 1.5e-7
inline Normal<float> normal(float x) {
  constexpr float kDensity = std::numbers::inv_sqrtpi_v<float> / std::numbers::sqrt2_v<float>;
  const float z = std::abs(x) * (1 / std::numbers::sqrt2_v<float>);
  const float bell = exponential(-0.5F * x * x);
  const float t = 1.0F / (1.0F + 0.3275911F * z);
  float p = 1.061405429F;
  p = p * t - 1.453152027F;
  p = p * t + 1.421413741F;
  p = p * t - 0.284496736F;
  p = p * t + 0.254829592F;
  const float beyond = 0.5F * p * t * bell;  // 1 - Phi(|x|)
  return {x > 0 ? 1.0F - beyond : beyond, kDensity * bell};
}

}  // namespace rh::learn
