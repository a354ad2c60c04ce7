// TEST RATIONALE. The golden model against the same three products on the machine's FP32. State
// space: int32 x two bit patterns. Covered: edges of the accumulator crossed with edges of the
// scales, seeded random ones, and every tie of the int8 output in reach of exact scales. A control
// shows that the order and number of roundings matter: a product of the scales first differs.
#include "requantize/requantize.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "bench/cases.hpp"
#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"

namespace rh {
namespace {

float number(std::uint32_t bits) {
  return std::bit_cast<float>(bits);
}
std::uint32_t bits_of(float x) {
  return std::isnan(x) ? kFp32Nan : std::bit_cast<std::uint32_t>(x);
}

float by_machine(std::int32_t acc, float scale_a, float scale_b) {
  return static_cast<float>(acc) * scale_a * scale_b;
}

class Laws {
 public:
  void check(std::int32_t acc, std::uint32_t scale_a, std::uint32_t scale_b) {
    const auto describe = [&](std::ostream& os) {
      os << acc << std::hex << " scales 0x" << scale_a << " 0x" << scale_b << std::dec;
    };
    const float value = by_machine(acc, number(scale_a), number(scale_b));
    checker_.equal(bits_of(value), requantize(Output::Fp32, acc, scale_a, scale_b), describe);
    const float nearest = std::nearbyint(value);
    const int code =
        std::isnan(value) ? 0 : static_cast<int>(std::min(std::max(nearest, -127.0f), 127.0f));
    checker_.equal(static_cast<std::uint32_t>(code),
                   requantize(Output::Int8, acc, scale_a, scale_b), describe);
    checker_.equal(static_cast<std::uint32_t>(acc),
                   requantize(Output::Int32, acc, scale_a, scale_b), describe);
  }
  void finish(std::uint64_t at_least) { checker_.finish(at_least); }

 private:
  bench::Checker checker_;
};

TEST_CASE("requantize: three roundings as on the machine, edges crossed and at random",
          "[requantize][law][edge][random]") {
  Laws laws;
  auto rng = bench::rng();
  std::vector<std::uint32_t> scales;
  for (const std::uint32_t x : bench::fp32_edges())
    if ((x >> 23) % 3 != 1) scales.push_back(x);
  std::uint64_t crossed = 0;
  for (const std::int32_t acc :
       {0, 1, -1, 3, 127, -16'129, 0xFFFFFF, 0x1000001, 0x1000003, -0x2000002,
        std::numeric_limits<std::int32_t>::max(), std::numeric_limits<std::int32_t>::min()})
    for (const std::uint32_t a : scales)
      for (std::size_t i = rng() % 8; i < scales.size(); i += 8, ++crossed)
        laws.check(acc, a, scales[i]);
  for (int i = 0; i < 300'000; ++i)
    laws.check(static_cast<std::int32_t>(static_cast<std::uint32_t>(rng())) >> rng() % 32,
               bench::random_fp32(rng), bench::random_fp32(rng));
  laws.finish(3 * crossed + 900'000);
}

TEST_CASE("requantize: ties of the int8 output go to even, for both signs", "[requantize][law]") {
  bench::Checker checker;
  for (int half = -260; half <= 260; ++half) {  // half / 2, exact
    const int floor = half >= 0 ? half / 2 : -((1 - half) / 2);
    int want = half % 2 == 0 ? half / 2 : floor % 2 == 0 ? floor : floor + 1;
    want = std::min(std::max(want, -127), 127);
    checker.equal(want, static_cast<int>(requantize_int8(half, bits_of(0.25f), bits_of(2.0f))),
                  [&](std::ostream& os) { os << half << " / 2"; });
  }
  checker.finish(521);
}

TEST_CASE("requantize: the product of the scales first is another function", "[requantize][law]") {
  auto rng = bench::rng();
  int differ = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::int32_t acc = static_cast<std::int32_t>(rng() % 2'000'000) - 1'000'000;
    const float a = std::abs(bench::random_value(rng, 0.01f)) + 1e-4f;
    const float b = std::abs(bench::random_value(rng, 0.01f)) + 1e-4f;
    const float other = static_cast<float>(acc) * (a * b);
    differ += requantize_fp32(acc, bits_of(a), bits_of(b)) != bits_of(other) ? 1 : 0;
  }
  CHECK(differ > 1'000);
}

TEST_CASE("requantize: worked examples of the documentation", "[requantize][edge]") {
  STATIC_REQUIRE(requantize_fp32(16'777'217, 0x3F800000, 0x3F800000) == 0x4B800000);
  STATIC_REQUIRE(requantize_fp32(-3, 0x3F000000, 0x3F800000) == 0xBFC00000);  // -1.5
  STATIC_REQUIRE(requantize_int8(-3, 0x3F000000, 0x3F800000) == -2);
  STATIC_REQUIRE(requantize_int8(-5, 0x3F000000, 0x3F800000) == -2);  // -2.5
  STATIC_REQUIRE(requantize_int8(-300, 0x3F000000, 0x3F800000) == -127);
  STATIC_REQUIRE(requantize_int8(7, kFp32Nan, 0x3F800000) == 0);
  STATIC_REQUIRE(requantize_fp32(0, kFp32Nan, 0x3F800000) == kFp32Nan);
  STATIC_REQUIRE(requantize(Output::Int8, -3, 0x3F000000, 0x3F800000) == 0xFFFFFFFE);
}

}  // namespace
}  // namespace rh
