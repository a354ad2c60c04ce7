// TEST RATIONALE. Against the C library in double: exp at every 97th float of its range, both
// signs, where rounding to an integer ties, and at its ends; Phi and its density likewise in
// absolute error, since that is what a sum of them sees. Bounds are what the heads of the functions
// promise. Mutants this kills: a coefficient up to that of r^5, ln 2 in one part, a limit moved,
// |x| lost in Phi.
#include "learn/functions.hpp"

#include <bit>
#include <limits>

#include "learn/plain.hpp"

namespace rh::learn {
namespace {

TEST_CASE("learn: exp is within 2 ulp", "[learn][functions][law]") {
  double worst = 0;
  float where = 0;
  std::uint64_t compared = 0;
  for (std::uint32_t bits = 0; bits < 0x42B1'8000; bits += 97)  // up to 88.75
    for (const std::uint32_t sign : {0u, 1u << 31}) {
      const auto x = std::bit_cast<float>(bits | sign);
      if (x < -87.3F || x > 88.7F) continue;
      const double want = std::exp(double{x});
      const double ulp = std::ldexp(1.0, std::ilogb(want) - 23);
      const double off = std::abs(double{exponential(x)} - want) / ulp;
      ++compared;
      if (off > worst) worst = off, where = x;
    }
  INFO("off by " << worst << " ulp at " << where);
  CHECK(worst < 2);
  CHECK(compared > 20'000'000);

  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  CHECK(exponential(0.0F) == 1.0F);
  CHECK(exponential(-87.31F) == 0.0F);
  CHECK(exponential(-kInfinity) == 0.0F);
  CHECK(exponential(88.8F) == kInfinity);
  CHECK(exponential(kInfinity) == kInfinity);
  CHECK(std::isnan(exponential(std::numeric_limits<float>::quiet_NaN())));
  CHECK(std::isnan(exponential(-std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("learn: the normal distribution is within 4e-7", "[learn][functions][law]") {
  double worst = 0, worst_density = 0;
  for (std::uint32_t bits = 0; bits < 0x4200'0000; bits += 997)  // up to 32
    for (const std::uint32_t sign : {0u, 1u << 31}) {
      const auto x = std::bit_cast<float>(bits | sign);
      const Normal<double> want = normal(double{x});
      const Normal<float> got = normal(x);
      worst = std::max(worst, std::abs(want.below - double{got.below}));
      worst_density = std::max(worst_density, std::abs(want.density - double{got.density}));
    }
  INFO("off by " << worst << " and " << worst_density);
  CHECK(worst < 4e-7);
  CHECK(worst_density < 1e-7);
  CHECK(std::abs(normal(1.0).below - 0.841344746068543) < 1e-14);  // from tables
  CHECK(std::isnan(normal(std::numeric_limits<float>::quiet_NaN()).below));
}

}  // namespace
}  // namespace rh::learn
