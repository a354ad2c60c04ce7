// TEST RATIONALE. (1) The sums of r(X) against the same sums of dequantised values in double, from
// the definition convert_bfp(): exact, since every value is a small integer times a power of two.
// Formats cross exponent bits, overflow, rule and group size; tensors have short groups, zeros, NaN
// groups and a range beyond the window. (2) The comparison: exhausted over small sums and
// thresholds against the rule in integers; at sums where a double would round. (3) The schedules at
// their ends: eps very large is always 2 bits, very small or negative always 4; a tensor of
// zeros 4. Mutants this kills: <= for <; the sum of 4 bits in the denominator; a code of 2 bits
// worth 2; signed sums; truncation; i and l swapped; I - 1 for I; threshold without its 2^16.
#include "learn/policy.hpp"

#include <bit>
#include <limits>

#include "learn/plain.hpp"
#include "number/format_text.hpp"

namespace rh::learn {
namespace {

struct Doubles {
  double difference = 0, magnitude = 0;
};

// By values. `unit` is that of the sums.
Doubles plain_sums(std::span<const float> values, std::int64_t lines, std::int64_t length,
                   Format format) {
  format.rounding = RoundMode::NearestEven;
  format.magnitude_bits = 4;
  const BfpLines high = convert_bfp(values, lines, length, format);
  const std::vector<float> fine = dequantize_bfp(format, high);
  const double unit = std::ldexp(1.0, high.base - 3);
  format.magnitude_bits = 2;
  const BfpLines low = convert_bfp(values, lines, length, format, {high.base});
  const std::vector<float> coarse = dequantize_bfp(format, low);
  Doubles sums;
  for (std::size_t i = 0; i < fine.size(); ++i) {
    if (std::isnan(fine[i])) continue;
    sums.difference += std::abs(double{fine[i]} - double{coarse[i]}) / unit;
    sums.magnitude += std::abs(double{coarse[i]}) / unit;
  }
  return sums;
}

TEST_CASE("learn: r(X) has the exact sums", "[learn][policy][law]") {
  auto rng = bench::rng(1);
  bench::Checker checker;
  for (const char* text : {"fast4", "fast2-sr", "bfp(m=4,g=3,e=3)", "bfp(m=4,g=5,e=5)",
                           "bfp(m=4,g=16,e=4,overflow=bump)", "bfp(m=4,g=4,e=4,rule=even)"}) {
    const Format format = parse_format(text);
    for (const std::int64_t length : {1, 15, 16, 33}) {
      constexpr std::int64_t kLines = 7;
      std::vector<float> values =
          random_values<float>(static_cast<std::size_t>(kLines * length), rng);
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = std::ldexp(values[i], -static_cast<int>(rng() % 24));
      std::fill_n(values.begin(), length, 0.0F);
      values.back() = std::numeric_limits<float>::quiet_NaN();
      const PrecisionSums got = precision_sums(values, kLines, length, format);
      const Doubles want = plain_sums(values, kLines, length, format);
      const auto shown = [&](std::ostream& os) { os << text << " length " << length; };
      checker.equal(want.difference, static_cast<double>(got.difference), shown);
      checker.equal(want.magnitude, static_cast<double>(got.magnitude), shown);
    }
  }
  checker.finish(48);
  CHECK_THROWS_AS(precision_sums({}, 0, 0, *find_preset("msfp12")), std::invalid_argument);
  CHECK_THROWS_AS(precision_sums({}, 0, 0, *find_preset("mxfp4")), std::invalid_argument);
}

// A worked example: one group with amax 7: E = 2; 4 bits have unit 1/2, 2 bits unit 2.
//   x       7    3    1    -5
//   4 bits  14   6    2   -10    in 1/2
//   2 bits  3*   2*   0   -2     in 2: 3.5 is a tie, goes to 4 and saturates; 1.5 to 2; 0.5 to 0;
//                                2.5 to 2
//   difference (14 - 12) + (6 - 8) + (2 - 0) + (10 - 8) = 2 + 2 + 2 + 2 = 8 of magnitude 28
TEST_CASE("learn: r(X) of a group by hand", "[learn][policy][edge]") {
  const std::vector<float> values{7, 3, 1, -5};
  // Base -13 and e = 15: the unit of the sums, that of e = 0, is 2^-15 of the group's.
  CHECK(precision_sums(values, 1, 4, *find_preset("fast4")) == PrecisionSums{8u << 15, 28u << 15});
}

TEST_CASE("learn: two bits suffice below the threshold", "[learn][policy][exhaustive]") {
  bench::Checker checker;
  for (std::uint64_t difference = 0; difference < 40; ++difference)
    for (std::uint64_t magnitude = 0; magnitude < 40; ++magnitude)
      for (const std::uint32_t units : {0u, 1u, 0x4000u, 0x8000u, 0xFFFFu, 0x10000u, 0x30000u})
        checker.equal(difference * 65536 < magnitude * units,
                      low_bits_suffice({difference, magnitude}, units), [&](std::ostream& os) {
                        os << difference << " " << magnitude << " " << units;
                      });
  checker.finish(10'000);
  // 2^54 + 1 is no double; 1.0 times it is not below itself, and above 2^54.
  constexpr std::uint64_t kLarge = (std::uint64_t{1} << 54) + 1;
  CHECK_FALSE(low_bits_suffice({kLarge, kLarge}, 1 << 16));
  CHECK(low_bits_suffice({kLarge - 1, kLarge}, 1 << 16));

  CHECK(threshold(0.25) == 1 << 14);
  CHECK(threshold(0x1.8p-17) == 1);  // to nearest
  CHECK(threshold(-0.1) == 0);
  CHECK(threshold(1e9) == 0xFFFF'FFFF);
}

TEST_CASE("learn: each policy is its rule", "[learn][policy][exhaustive]") {
  bench::Checker checker;
  constexpr std::int64_t kSteps = 8;  // even: a half is a step
  constexpr int kLayers = 6;
  const PrecisionSums some{30, 100};  // r = 0.3
  const auto choose = [](const Policy& policy, int layer, std::int64_t step,
                         const PrecisionSums& sums) {
    return policy.choose(layer, step, 3, [&] { return sums; });
  };
  for (std::int64_t step = 0; step < kSteps; ++step)
    for (int layer = 0; layer < kLayers; ++layer) {
      const auto shown = [&](std::ostream& os) { os << "step " << step << " layer " << layer; };
      const auto is = [&](int want, Policy policy, const PrecisionSums& sums) {
        policy.steps = kSteps;
        policy.layers = kLayers;
        checker.equal(want, choose(policy, layer, step, sums), shown);
      };
      is(3, {PolicyKind::Fixed}, some);
      is(step <= 3 ? 2 : 4, {PolicyKind::ByStep}, some);
      is(layer <= 2 ? 2 : 4, {PolicyKind::ByLayer}, some);
      const double eps = 0.6 - 0.25 * static_cast<double>(step) / 8 - 0.25 * layer / 6.0;
      is(0.3 < eps ? 2 : 4, {PolicyKind::Adaptive, 0.6, 0.25}, some);
      is(2, {PolicyKind::Adaptive, 1e6, 0.5}, some);
      is(4, {PolicyKind::Adaptive, 1e-6, 0}, some);
      is(4, {PolicyKind::Adaptive, -1, 0.5}, some);
      is(4, {PolicyKind::Adaptive, -1, 0.5}, {0, 100});
      is(4, {PolicyKind::Adaptive, 1e6, 0}, {0, 0});
      is(2, {PolicyKind::Adaptive, 1e-3, 0}, {0, 100});
    }
  checker.finish(480);
}

}  // namespace
}  // namespace rh::learn
