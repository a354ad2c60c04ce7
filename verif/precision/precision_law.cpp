// TEST RATIONALE. The golden model against r(X) evaluated another way. Sums: as arrays of bits that
// are added one by one and cleared below the unit, for units of every width and tensors that cross
// each bound (exhaustive for one lane of 2 bits and up to 3 groups, else random). Decision: by a
// division, as t is above x if and only if it is above floor(x). Meaning: on tensors converted with
// truncation, the difference of two conversions, to m and to m - D bits, in the machine's FP64,
// where it is exact. Bounds: what the windows lose stays below one unit for each group and two
// more; the number of groups that fit. Order: equal sums for every order of groups unless inexact.
// Schedule: the largest threshold that is not above the line, by search.
#include "precision/precision.hpp"

#include <bitset>
#include <cmath>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "precision/cases.hpp"

namespace rh {
namespace {

using namespace precision_cases;

const PrecisionUnit kTiny{1, 2, 1, 1, 1, 2, 3, 2};
const PrecisionUnit kFollow{1, 2, 1, 3, 2, 2, 2, 1};
const PrecisionUnit kDefault{};
const PrecisionUnit kE8{.lanes = 5, .exponent_bits = 8, .window = 31};

// ---- the sums bit by bit -----------------------------------------------------------------------
constexpr std::size_t kBits = 512;  // bit b is worth 2^b, whatever the unit
using Bits = std::bitset<kBits>;

void add_bits(Bits& sum, const Bits& addend) {
  bool carry = false;
  for (std::size_t b = 0; b < kBits; ++b) {
    const int ones = (sum[b] ? 1 : 0) + (addend[b] ? 1 : 0) + (carry ? 1 : 0);
    sum[b] = ones % 2 == 1;
    carry = ones >= 2;
  }
}

Bits from(int first, int end, const Bits& bits) {
  Bits kept;
  for (int b = first; b < end; ++b)
    kept[static_cast<std::size_t>(b)] = bits[static_cast<std::size_t>(b)];
  return kept;
}

struct ByBits {
  Bits numerator, denominator;
  int unit = 0;
  bool nan = false, overflow = false, inexact = false;
};

// All bits of a group at their own place; then what lies below the unit is gone, and so is what
// lies above the sum.
ByBits by_bits(const PrecisionUnit& unit, const Tensor& tensor) {
  ByBits sums;
  int lowest = 1'000;
  for (const Group& group : tensor.groups) {
    sums.nan |= group.nan;
    unsigned long long low = 0, high = 0;
    for (const std::int16_t code : group.codes)
      for (int bit = 0; bit < unit.magnitude_bits; ++bit)
        if ((std::abs(code) >> bit & 1) != 0)
          (bit < unit.drop ? low : high) += 1ull << (bit < unit.drop ? bit : bit - unit.drop);
    if (group.nan || low + high == 0) continue;
    lowest = std::min(lowest, group.exponent);
    if (group.exponent - unit.window > sums.unit) sums.unit = group.exponent - unit.window;
    const int end = sums.unit + unit.acc_bits();
    for (const auto& [sum, addend] :
         {std::pair{&sums.numerator, low}, std::pair{&sums.denominator, high}}) {
      const auto above_unit = [&](const Bits& bits) {
        return from(sums.unit, static_cast<int>(kBits), bits);
      };
      *sum = above_unit(*sum);
      add_bits(*sum, above_unit(Bits(addend) << static_cast<std::size_t>(group.exponent)));
      if (from(end, static_cast<int>(kBits), *sum).any()) sums.overflow = true;
      *sum = from(0, end, *sum);
    }
    sums.inexact = lowest < sums.unit;
  }
  return sums;
}

class Laws {
 public:
  void check(const PrecisionUnit& unit, const Tensor& tensor) {
    const ByBits want = by_bits(unit, tensor);
    const Precision precision = golden(unit, tensor);
    const PrecisionSums& got = precision.sums();
    const auto describe = [&](std::ostream& os) { print(os, unit, tensor); };
    const auto equal = [&](const Bits& bits, Uint128 sum) {
      Bits all = Bits(high_word(sum)) << 64 | Bits(low_word(sum));
      all <<= static_cast<std::size_t>(got.exponent);
      checker_.equal(bits.to_string(), all.to_string(), describe);
    };
    equal(want.numerator, got.numerator);
    equal(want.denominator, got.denominator);
    checker_.equal(want.unit, got.exponent, describe);
    checker_.equal(want.nan, got.nan, describe);
    checker_.equal(want.overflow, got.overflow, describe);
    checker_.equal(want.inexact, got.inexact, describe);
    check_decision(unit, tensor, precision);
  }
  bench::Checker& checker() { return checker_; }

 private:
  // Coarse if and only if floor(r 2^f) < t, in numbers.
  void check_decision(const PrecisionUnit& unit, Tensor tensor, const Precision& precision) {
    const PrecisionSums& sums = precision.sums();
    for (const std::uint32_t t : thresholds(unit, sums, rng_)) {
      bool coarse = false;
      if (!sums.nan && !sums.overflow && sums.denominator != 0)
        coarse = (sums.numerator << (unit.fraction_bits - unit.drop)) / sums.denominator < t;
      tensor.threshold = t;
      checker_.equal(!coarse, precision.fine(t),
                     [&](std::ostream& os) { print(os, unit, tensor); });
    }
  }

  bench::Checker checker_;
  std::mt19937_64 rng_ = bench::rng(1);
};

TEST_CASE("precision: every tensor of 3 groups of one lane, sums bit by bit",
          "[precision][law][exhaustive]") {
  Laws laws;
  for (const PrecisionUnit& unit : {kTiny, kFollow}) {
    std::vector<Group> groups = every_group(unit);
    for (const Group& a : groups) {
      laws.check(unit, {{a}, 0});
      for (const Group& b : groups) {
        laws.check(unit, {{a, b}, 0});
        if (groups.size() < 10)
          for (const Group& c : groups) laws.check(unit, {{a, b, c}, 0});
      }
    }
  }
  laws.check(kTiny, {});
  laws.check(kDefault, {});
  laws.checker().finish(8 * (9 + 81 + 729 + 33 + 33 * 33));
}

PrecisionUnit random_unit(std::mt19937_64& rng) {
  PrecisionUnit unit;
  for (;;) {
    unit.lanes = 1 + below(rng, 20);
    unit.magnitude_bits = 2 + below(rng, 7);
    unit.drop = 1 + below(rng, unit.magnitude_bits - 1);
    unit.exponent_bits = 1 + below(rng, 8);
    const int all = (1 << unit.exponent_bits) - 1;
    unit.window = below(rng, 2) == 0 ? all : 1 + below(rng, all);
    unit.groups_bits = 1 + below(rng, 8);
    unit.threshold_bits = 1 + below(rng, 24);
    unit.fraction_bits = unit.drop + below(rng, unit.threshold_bits + 1);
    if (unit.acc_bits() <= 96) return unit;
  }
}

void check_random(int tensors) {
  Laws laws;
  auto rng = bench::rng();
  for (int i = 0; i < tensors; ++i) {
    const PrecisionUnit unit = random_unit(rng);
    laws.check(unit, random_tensor(unit, 12, rng));
  }
  laws.checker().finish(static_cast<std::uint64_t>(tensors) * 8);
}

TEST_CASE("precision: random tensors of random units, sums bit by bit",
          "[precision][law][random]") {
  check_random(5'000);
}

// The first part of them alone: nearly every fault shows here, and at once.
TEST_CASE("precision: a few random tensors of random units, sums bit by bit",
          "[precision][law][random]") {
  check_random(200);
}

TEST_CASE("precision: a number scaled by a power of two", "[precision][law][exhaustive]") {
  bench::Checker checker;
  const Uint128 all = ~Uint128{0};
  for (int n = -300; n <= 0; ++n) {
    Uint128 want = all;
    for (int i = 0; i < -n; ++i) want /= 2;
    const Uint128 got = scaled(all, n);
    checker.equal(want == got, true, [&](std::ostream& os) { os << "2^128 - 1 by 2^" << n; });
  }
  for (int n = 0; n < 128; ++n) {
    Uint128 want = 1;
    for (int i = 0; i < n; ++i) want *= 2;
    checker.equal(want == scaled(1, n), true, [&](std::ostream& os) { os << "1 by 2^" << n; });
  }
  checker.finish(301 + 128);
}

// ---- what r(X) means ---------------------------------------------------------------------------
std::vector<float> random_values(std::size_t count, int spread, std::mt19937_64& rng) {
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& x : values) x = std::ldexp(normal(rng), -below(rng, spread));
  return values;
}

// |BFP(X, m)| summed, and |BFP(X, m) - BFP(X, m - D)|, in units of the smallest group's last bit.
struct Meaning {
  double difference = 0, coarse = 0;
};
Meaning meaning(const Format& fine, const BfpLines& fine_lines, const Format& coarse,
                const BfpLines& coarse_lines) {
  const std::vector<float> x = dequantize_bfp(fine, fine_lines);
  const std::vector<float> y = dequantize_bfp(coarse, coarse_lines);
  Meaning sums;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto scaled_up = [&](float value) {
      return std::ldexp(std::fabs(static_cast<double>(value)),
                        fine.magnitude_bits - 1 - fine_lines.base);
    };
    sums.difference += std::fabs(scaled_up(x[i]) - scaled_up(y[i]));
    sums.coarse += scaled_up(y[i]);
  }
  return sums;
}

TEST_CASE("precision: with truncation the sums are those of two conversions",
          "[precision][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int i = 0; i < 400; ++i) {
    Format fine{.magnitude_bits = 2 + below(rng, 7),
                .exponent_bits = 1 + below(rng, 5),
                .group_size = 1 + below(rng, 20),
                .rounding = RoundMode::Truncate};
    Format coarse = fine;
    coarse.magnitude_bits = 1 + below(rng, fine.magnitude_bits - 1);
    const PrecisionUnit unit{.lanes = fine.group_size,
                             .magnitude_bits = fine.magnitude_bits,
                             .drop = fine.magnitude_bits - coarse.magnitude_bits,
                             .exponent_bits = fine.exponent_bits,
                             .window = fine.max_exponent()};
    const std::int64_t lines = 1 + below(rng, 4), length = 1 + below(rng, 100);
    const std::vector<float> values =
        random_values(static_cast<std::size_t>(lines * length), 1 + below(rng, 40), rng);
    BfpOptions options;
    if (below(rng, 2) == 0) options.base = below(rng, 60) - 50;  // groups below and above
    const BfpLines fine_lines = convert_bfp(values, lines, length, fine, options);
    const BfpLines coarse_lines = convert_bfp(values, lines, length, coarse, options);
    const PrecisionSums sums = precision_of(unit, fine_lines).sums();
    const Meaning want = meaning(fine, fine_lines, coarse, coarse_lines);
    const auto describe = [&](std::ostream& os) {
      os << lines << " x " << length << ", m " << fine.magnitude_bits << " - " << unit.drop << " E "
         << fine.exponent_bits << " g " << fine.group_size;
    };
    checker.equal(want.difference, static_cast<double>(sums.numerator), describe);
    checker.equal(want.coarse, std::ldexp(static_cast<double>(sums.denominator), unit.drop),
                  describe);
    checker.equal(false, sums.nan || sums.overflow || sums.inexact, describe);
  }
  checker.finish(1'200);
}

TEST_CASE("precision: a NaN in a tensor makes it fine, its group adds nothing",
          "[precision][law]") {
  const Format format{.magnitude_bits = 4, .exponent_bits = 4, .group_size = 4};
  const PrecisionUnit unit{.lanes = 4};
  std::vector<float> values(12, 1.0f);
  const PrecisionSums two =
      precision_of(unit, convert_bfp(std::span(values).first(8), 1, 8, format, {.base = -10}))
          .sums();
  values[9] = std::numeric_limits<float>::infinity();
  const Precision precision = precision_of(unit, convert_bfp(values, 1, 12, format, {.base = -10}));
  CHECK(precision.sums().nan);
  CHECK(precision.sums().numerator == two.numerator);
  CHECK(precision.sums().denominator == two.denominator);
  CHECK(precision.sums().denominator > 0);
  CHECK(precision.fine((1u << unit.threshold_bits) - 1));
}

// ---- bounds ------------------------------------------------------------------------------------
// Exponents within 70 binades, so that the exact sums fit 128 bits from the lowest on.
TEST_CASE("precision: a window loses less than a unit a group and two more, and says so",
          "[precision][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  std::uint64_t lost = 0;
  for (int i = 0; i < 5'000; ++i) {
    PrecisionUnit unit = kE8;
    unit.window = 1 + below(rng, 40);
    const int low = below(rng, 256 - 70);
    const int spread = below(rng, 70);
    Tensor tensor;
    for (int k = 1 + below(rng, 20); k > 0; --k)
      tensor.groups.push_back(random_group(unit, low, low + spread, rng));
    const PrecisionSums sums = golden(unit, tensor).sums();
    Uint128 numerator = 0, denominator = 0;  // in units of 2^low
    for (const Group& group : tensor.groups)
      for (const std::int16_t code : group.codes) {
        if (group.nan) continue;
        numerator += static_cast<Uint128>(std::abs(code) % 4) << (group.exponent - low);
        denominator += static_cast<Uint128>(std::abs(code) / 4) << (group.exponent - low);
      }
    for (const auto& [exact, kept] :
         {std::pair{numerator, sums.numerator}, std::pair{denominator, sums.denominator}}) {
      // kept 2^unit <= exact < (kept + groups + 2) 2^unit, and equal unless inexact
      const int rise = sums.exponent - low;
      const Uint128 in_units = exact == 0 ? 0 : rise >= 0 ? exact >> rise : exact << -rise;
      const bool whole = rise <= 0 || in_units << rise == exact;
      const Uint128 most = kept + static_cast<Uint128>(tensor.groups.size()) + 2;
      const auto describe = [&](std::ostream& os) { print(os, unit, tensor); };
      checker.equal(true, kept <= in_units && in_units < most, describe);
      checker.equal(true, sums.inexact || (whole && in_units == kept), describe);
      if (in_units != kept) ++lost;
    }
    std::shuffle(tensor.groups.begin(), tensor.groups.end(), rng);
    if (!sums.inexact)
      checker.equal(true, sums == golden(unit, tensor).sums(),
                    [&](std::ostream& os) { print(os << "in another order: ", unit, tensor); });
  }
  CHECK(lost > 100);  // losses are met
  checker.finish(20'000);
}

TEST_CASE("precision: 2^groups_bits groups fit, and the first sum beyond is told",
          "[precision][law]") {
  bench::Checker checker;
  for (int lanes = 1; lanes <= 17; ++lanes)
    for (int bits = 2; bits <= 8; ++bits)
      for (int drop = 1; drop < bits; ++drop) {
        const PrecisionUnit unit{.lanes = lanes,
                                 .magnitude_bits = bits,
                                 .drop = drop,
                                 .exponent_bits = 2,
                                 .window = 3,
                                 .groups_bits = 2};
        const int largest = lanes * std::max((1 << drop) - 1, (1 << (bits - drop)) - 1) * 8;
        Precision precision(unit);
        const std::vector<std::int16_t> codes(static_cast<std::size_t>(lanes),
                                              static_cast<std::int16_t>((1 << bits) - 1));
        for (int groups = 1; groups <= 10; ++groups) {
          precision.add(codes, 3, false);
          const bool beyond = groups * largest >= 1 << unit.acc_bits();
          const auto describe = [&](std::ostream& os) {
            os << groups << " groups of " << lanes << " x " << bits << " - " << drop << " bits";
          };
          checker.equal(beyond, precision.sums().overflow, describe);
          if (beyond) checker.equal(true, precision.fine(0xFFFF), describe);
          if (groups == 4) checker.equal(false, beyond, describe);
          if (groups == 9) checker.equal(true, beyond, describe);  // not a bit too many
        }
      }
  checker.finish(17 * 28 * 10);
}

// ---- the schedule ------------------------------------------------------------------------------
TEST_CASE("precision: a threshold is the largest that is not above the line",
          "[precision][law][exhaustive]") {
  bench::Checker checker;
  const PrecisionUnit unit{.drop = 1, .threshold_bits = 3, .fraction_bits = 3};
  for (int alpha = -2; alpha <= 12; ++alpha)
    for (int beta = -5; beta <= 7; ++beta)
      for (int iterations = 1; iterations <= 5; ++iterations)
        for (int layers = 1; layers <= 4; ++layers)
          for (int i = 0; i <= iterations; ++i)
            for (int l = 0; l <= layers; ++l) {
              int want = 7;
              while (want > 0 && (want - alpha) * iterations * layers >
                                     -beta * i * layers - beta * l * iterations)
                --want;
              checker.equal(static_cast<std::uint32_t>(want),
                            precision_threshold(unit, alpha, beta, i, iterations, l, layers),
                            [&](std::ostream& os) {
                              os << alpha << " - " << beta << " (" << i << "/" << iterations
                                 << " + " << l << "/" << layers << ")";
                            });
            }
  checker.finish(15 * 13);
}

TEST_CASE("precision: numbers worked by hand", "[precision][law]") {
  // docs/precision.md: codes 13, -6, 1, 0 with e = 3, then 3, 0, 0, 0 with e = 0.
  const PrecisionUnit unit{.lanes = 4, .threshold_bits = 16, .fraction_bits = 12};
  Precision precision(unit);
  precision.add(std::array<std::int16_t, 4>{13, -6, 1, 0}, 3, false);
  precision.add(std::array<std::int16_t, 4>{3, 0, 0, 0}, 0, false);
  CHECK(precision.sums().numerator == 35);    // (1 + 2 + 1) 8 + 3
  CHECK(precision.sums().denominator == 32);  // (3 + 1) 8
  CHECK(precision.fine(1120));                // r = 35 / 128 = 1120 / 4096: not below
  CHECK_FALSE(precision.fine(1121));
  CHECK_FALSE(precision.sums().inexact);

  // The same with a window of 2 binades: unit 2^1, and the 3 of the second group gives 1.
  Precision narrow({.lanes = 4, .window = 2});
  narrow.add(std::array<std::int16_t, 4>{13, -6, 1, 0}, 3, false);
  narrow.add(std::array<std::int16_t, 4>{3, 0, 0, 0}, 0, false);
  CHECK(narrow.sums().exponent == 1);
  CHECK(narrow.sums().numerator == 17);
  CHECK(narrow.sums().denominator == 16);
  CHECK(narrow.sums().inexact);

  CHECK(unit.sum_bits() == 4);
  CHECK(kDefault.sum_bits() == 6);
  CHECK(kDefault.acc_bits() == 41);
  CHECK(kDefault == PrecisionUnit{16, 4, 2, 4, 15, 20, 16, 12});
  CHECK(Precision(kDefault).fine(0xFFFF));  // no group: 0 < 0 does not hold

  // eps = 0.6 - 0.3 i/I - 0.3 l/L at a third of the time, half the depth: 0.35.
  CHECK(precision_threshold(unit, 2458, 1229, 1, 3, 4, 8) == 1433);
  constexpr std::int64_t kMost = (std::int64_t{1} << 31) - 1;
  CHECK(precision_threshold(unit, kMost, -kMost, kMost, kMost, kMost, kMost) == 0xFFFF);
  CHECK(precision_threshold(unit, -kMost, kMost, kMost, kMost, kMost, kMost) == 0);
  CHECK(precision_threshold(unit, kMost, kMost, kMost - 1, kMost, 0, 1) == 1);
}

}  // namespace
}  // namespace rh
