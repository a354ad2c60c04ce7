// TEST RATIONALE. Every kernel of precision_of_fast that this CPU has, against precision_of, all
// sums and flags, and the sums of parts joined in any order against those of the whole. Units of
// every width with a window that holds all exponents, and some whose window follows; lines with
// whole and short last groups of 1 to 64 codes; exponents of all bits, NaN groups that hold codes;
// the last groups before a half of a word is full and the first beyond; sums that overflow.
//
// Mutants this kills: a row of the next exponent, a tail in the wrong lane or left out, a NaN group
// that adds or says nothing, rows emptied a group too late, halves of 15 bits, negative codes
// without their magnitude, a join that forgets a flag or takes one sum twice.
#include "precision/precision_fast.hpp"

#include <numeric>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "precision/cases.hpp"

namespace rh {
namespace {

using namespace precision_cases;

void print(std::ostream& os, const PrecisionUnit& unit, const BfpLines& tensor) {
  os << tensor.lines << " x " << tensor.length << " in groups of " << tensor.group_size << ", "
     << unit.magnitude_bits << " - " << unit.drop << " bits, E " << unit.exponent_bits << " W "
     << unit.window;
}

void check_equal(bench::Checker& checker, const PrecisionSums& want, const PrecisionSums& got,
                 const auto& describe) {
  checker.equal(low_word(want.numerator), low_word(got.numerator), describe);
  checker.equal(low_word(want.denominator), low_word(got.denominator), describe);
  checker.equal(true, want == got, describe);
}

void check(bench::Checker& checker, const PrecisionUnit& unit, const BfpLines& tensor) {
  const PrecisionSums want = precision_of(unit, tensor).sums();
  for (const PrecisionKernel& kernel : precision_kernels())
    if (kernel.supported())
      check_equal(checker, want, kernel.sums(unit, tensor).sums(),
                  [&](std::ostream& os) { print(os << kernel.name << ": ", unit, tensor); });
}

BfpLines random_lines(const PrecisionUnit& unit, std::int64_t lines, std::int64_t length,
                      std::mt19937_64& rng) {
  BfpLines tensor{lines, length, unit.lanes, 0, {}, {}, {}};
  const bool with_nan = below(rng, 4) == 0;
  for (std::int64_t line = 0; line < lines; ++line)
    for (std::int64_t first = 0; first < length; first += unit.lanes) {
      Group group = random_group(unit, 0, (1 << unit.exponent_bits) - 1, rng);
      group.codes.resize(
          static_cast<std::size_t>(std::min<std::int64_t>(unit.lanes, length - first)));
      tensor.codes.insert(tensor.codes.end(), group.codes.begin(), group.codes.end());
      tensor.exponents.push_back(static_cast<std::uint8_t>(group.exponent));
      tensor.flags.push_back(with_nan && group.nan ? kNanGroup : kSaturatedGroup);
    }
  return tensor;
}

PrecisionUnit random_unit(std::mt19937_64& rng) {
  for (;;) {
    PrecisionUnit unit;
    constexpr int kSizes[] = {1, 3, 15, 16, 17, 32, 40, 64};
    unit.lanes = kSizes[rng() % std::size(kSizes)];
    unit.magnitude_bits = 2 + below(rng, 7);
    unit.drop = 1 + below(rng, unit.magnitude_bits - 1);
    unit.exponent_bits = 1 + below(rng, 6);
    unit.window = (1 << unit.exponent_bits) - 1;
    if (below(rng, 8) == 0) unit.window = 1 + below(rng, unit.window);
    unit.groups_bits = 1 + below(rng, 20);
    if (unit.acc_bits() <= 96) return unit;
  }
}

TEST_CASE("precision: the fast sums are those of the definition", "[precision][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int i = 0; i < 3'000; ++i) {
    const PrecisionUnit unit = random_unit(rng);
    check(checker, unit, random_lines(unit, below(rng, 9), below(rng, 150), rng));
  }
  checker.finish(9'000);
}

// One exponent and the largest codes: a half of a word is full after 65535 / 127 groups.
TEST_CASE("precision: the fast sums of as many large codes as there are",
          "[precision][law][edge]") {
  bench::Checker checker;
  for (const int lanes : {16, 17, 64})
    for (const int drop : {1, 4, 7})
      for (const std::int64_t groups : {128, 129, 130, 257, 258, 259, 515, 516, 517, 518, 4'400}) {
        const PrecisionUnit unit{.lanes = lanes, .magnitude_bits = 8, .drop = drop};
        const auto count = static_cast<std::size_t>(groups);
        BfpLines tensor{1, groups * lanes, lanes, 0, {}, {}, {}};
        tensor.codes.assign(count * static_cast<std::size_t>(lanes), -255);
        tensor.exponents.assign(count, 9);
        tensor.flags.assign(count, 0);
        check(checker, unit, tensor);
      }
  checker.finish(3 * 3 * 11 * 3);
}

TEST_CASE("precision: sums of parts join to those of the whole", "[precision][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  std::uint64_t overflows = 0;
  for (int i = 0; i < 2'000; ++i) {
    PrecisionUnit unit = random_unit(rng);
    unit.window = (1 << unit.exponent_bits) - 1;
    if (unit.acc_bits() > 96) continue;
    const auto parts = static_cast<std::size_t>(1 + below(rng, 4));
    Precision whole(unit);
    std::vector<Precision> each(parts, Precision(unit));
    for (int groups = below(rng, 40); groups > 0; --groups) {
      const Group group = random_group(unit, 0, unit.window, rng);
      whole.add(group.codes, group.exponent, group.nan);
      each[rng() % parts].add(group.codes, group.exponent, group.nan);
    }
    Precision joined(unit);
    for (const Precision& part : each) joined.join(part.sums());
    check_equal(checker, whole.sums(), joined.sums(),
                [&](std::ostream& os) { os << parts << " parts, w " << unit.acc_bits(); });
    const auto t = static_cast<std::uint32_t>(rng() % (1u << unit.threshold_bits));
    checker.equal(whole.fine(t), joined.fine(t), [&](std::ostream& os) { os << "t " << t; });
    if (whole.sums().overflow) ++overflows;
  }
  CHECK(overflows > 20);  // met, in parts and in their join
  checker.finish(4'000);
}

}  // namespace
}  // namespace rh
