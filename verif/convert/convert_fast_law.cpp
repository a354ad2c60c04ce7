// TEST RATIONALE. Every kernel of convert_fast that this CPU has, against the definition, all
// fields. Native floats differ from exact integers where somebody forgot a case: ties, subnormals,
// -0, NaN, infinity, a quantizer that overflows. And a vectorised loop has a tail. So: each special
// value at each place of lines up to 70 long; both ends of the range of absmax, where the quantizer
// changes kind; FP32 neighbours of absmax (n + 1/2) / 127, where codes change; every value of the
// upper half of a word; random bit patterns. The input ends (or begins) at a forbidden page.
#include "convert/convert_fast.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "bench/guarded.hpp"

namespace rh {
namespace {

using bench::Guard;

float from_bits(std::uint64_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
}
std::uint32_t bits_of(float x) {
  return std::bit_cast<std::uint32_t>(x);
}

// Compares every field; an element is named by its line and place.
void compare(bench::Checker& checker, std::span<const float> values, const Int8Lines& want,
             const Int8Lines& got, std::string_view name) {
  const auto line_of = [&](std::size_t line) {
    return [&, line](std::ostream& os) { os << name << " line " << line; };
  };
  const auto whole = [&](const char* field) {
    return [&, field](std::ostream& os) { os << name << " " << field; };
  };
  checker.equal(want.lines, got.lines, whole("lines"));
  checker.equal(want.length, got.length, whole("length"));
  checker.equal(want.clamped, got.clamped, whole("clamped"));
  checker.equal(want.zero_scale_lines, got.zero_scale_lines, whole("zero_scale_lines"));
  checker.equal(want.nan_lines, got.nan_lines, whole("nan_lines"));
  checker.equal(want.scales.size(), got.scales.size(), whole("scales"));
  checker.equal(want.codes.size(), got.codes.size(), whole("codes"));
  if (want.scales.size() != got.scales.size() || want.codes.size() != got.codes.size()) return;
  for (std::size_t i = 0; i < want.scales.size(); ++i)
    checker.equal(want.scales[i], got.scales[i], line_of(i));
  for (std::size_t i = 0; i < want.codes.size(); ++i)
    checker.equal(want.codes[i], got.codes[i], [&](std::ostream& os) {
      os << name << " line " << i / static_cast<std::size_t>(want.length) << " place "
         << i % static_cast<std::size_t>(want.length) << " value 0x" << std::hex
         << bits_of(values[i]) << std::dec;
    });
}

void check(bench::Checker& checker, std::span<const float> values, std::int64_t lines,
           std::int64_t length) {
  const Int8Lines want = convert_int8(values, lines, length);
  for (const ConvertKernel& kernel : convert_kernels())
    if (kernel.supported())
      compare(checker, values, want, kernel.convert(values, lines, length), kernel.name);
  compare(checker, values, want, convert_int8_fast(values, lines, length), "convert_int8_fast");
}

// One line per entry of `lines`.
void check(bench::Checker& checker, const std::vector<std::vector<float>>& lines) {
  std::vector<float> values;
  for (const std::vector<float>& line : lines)
    values.insert(values.end(), line.begin(), line.end());
  check(checker, values, static_cast<std::int64_t>(lines.size()),
        static_cast<std::int64_t>(lines.front().size()));
}

constexpr float kSpecial[] = {0.0f,
                              -0.0f,
                              std::numeric_limits<float>::denorm_min(),
                              -std::numeric_limits<float>::denorm_min(),
                              1e-39f,
                              std::numeric_limits<float>::min(),
                              std::numeric_limits<float>::max(),
                              std::numeric_limits<float>::lowest(),
                              std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity(),
                              std::numeric_limits<float>::quiet_NaN(),
                              -std::numeric_limits<float>::quiet_NaN(),
                              std::numeric_limits<float>::signaling_NaN()};

TEST_CASE("convert: fast equals the definition with a special value at every place of short lines",
          "[convert][exhaustive][edge]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (const Guard guard : {Guard::Behind, Guard::Before})
    for (std::size_t length = 0; length <= 70; ++length) {
      bench::Guarded<float> line(length, guard);
      for (float& x : line.span()) x = static_cast<float>(rng() % 2'001) - 1'000.0f;
      check(checker, line.span(), 1, static_cast<std::int64_t>(length));
      for (std::size_t place = 0; place < length; ++place)
        for (const float special : kSpecial) {
          const float kept = std::exchange(line[place], special);
          check(checker, line.span(), 1, static_cast<std::int64_t>(length));
          line[place] = kept;
        }
    }
  checker.finish(std::uint64_t{2} * 2 * 70 * 35 * std::size(kSpecial));
}

TEST_CASE("convert: fast equals the definition for lines of every shape", "[convert][exhaustive]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (std::int64_t lines = 0; lines <= 5; ++lines)
    for (std::int64_t length = 0; length <= 40; ++length) {
      bench::Guarded<float> values(static_cast<std::size_t>(lines * length));
      for (float& x : values.span()) x = from_bits(rng());
      check(checker, values.span(), lines, length);
    }
  checker.finish(std::uint64_t{2} * 15 * 20 * 41);
}

// fl(127 / absmax) overflows below 127 / FLT_MAX; scales are subnormal up to 127 * FLT_MIN.
TEST_CASE("convert: fast equals the definition at both ends of the range of absmax",
          "[convert][edge]") {
  bench::Checker checker;
  std::vector<std::vector<float>> lines;
  const std::uint32_t overflow = bits_of(127.0f / std::numeric_limits<float>::max());
  const std::uint32_t subnormal = bits_of(127.0f * std::numeric_limits<float>::min());
  const std::uint32_t largest = bits_of(std::numeric_limits<float>::max());
  for (const std::uint32_t centre : {overflow, subnormal, largest, 0x0080'0000u, 40u})
    for (std::uint32_t bits = centre - 40; bits <= centre + 40 && bits < kFp32Infinity; ++bits) {
      const float absmax = from_bits(bits);
      lines.push_back({absmax, -absmax, absmax / 2, -absmax / 2, absmax / 127, -absmax / 254,
                       absmax / 3, std::numeric_limits<float>::denorm_min(), -0.0f});
    }
  check(checker, lines);
  checker.finish(lines.size() * 10);
}

TEST_CASE("convert: fast equals the definition at the neighbours of absmax (n + 1/2) / 127",
          "[convert][edge]") {
  bench::Checker checker;
  std::vector<std::vector<float>> lines;
  auto rng = bench::rng();
  std::vector<float> maxima = {25.5f, 1.0f, 127.0f, 3.0f, 1e-36f, 1e-30f, 3e38f};
  for (int i = 0; i < 60; ++i) maxima.push_back(from_bits(0x2000'0000 + rng() % 0x4000'0000));
  for (const float absmax : maxima) {
    std::vector<float> line = {absmax};
    for (int n = 0; n < 127; ++n) {
      const float near = static_cast<float>(static_cast<double>(absmax) * (n + 0.5) / 127);
      for (std::uint32_t delta = 0; delta <= 6; ++delta)
        for (const std::uint32_t sign : {0u, 0x8000'0000u})
          line.push_back(from_bits((bits_of(near) + delta - 3) ^ sign));
    }
    lines.push_back(line);
  }
  check(checker, lines);
  checker.finish(std::uint64_t{2} * maxima.size() * 127 * 14);
}

TEST_CASE("convert: the contract's own example, 12.75 of 25.5, gives code 63", "[convert][edge]") {
  const std::vector<float> line = {25.5f, 12.75f, -12.75f};
  for (const ConvertKernel& kernel : convert_kernels()) {
    if (!kernel.supported()) continue;
    INFO(kernel.name);
    CHECK(kernel.convert(line, 1, 3).codes == std::vector<std::int8_t>{127, 63, -63});
  }
}

TEST_CASE("convert: fast equals the definition on every value of the upper half of a word",
          "[convert][exhaustive]") {
  bench::Checker checker;
  for (const float absmax : {1.0f, 1e-36f, 5.3e20f, std::numeric_limits<float>::max()}) {
    std::vector<float> line = {absmax};
    for (std::uint32_t upper = 0; upper < 0x1'0000; ++upper) {
      const float x = from_bits(upper << 16 | (upper * 40'503 & 0xFFFF));
      if (std::abs(x) <= absmax) line.push_back(x);
    }
    check(checker, {line});
  }
  checker.finish(std::uint64_t{2} * 4 * 5'000);
}

TEST_CASE("convert: fast equals the definition on random lines", "[convert][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  std::normal_distribution<float> normal;
  for (int i = 0; i < 60; ++i) {
    const std::size_t length = 1 + rng() % 3'000;
    std::vector<float> patterns, values;
    const std::uint64_t exponents = 1 + rng() % 254;
    for (std::size_t j = 0; j < 3 * length; ++j) {
      patterns.push_back(from_bits((rng() % (exponents << 23)) | rng() % 2 << 31));
      values.push_back(normal(rng));
    }
    check(checker, patterns, 3, static_cast<std::int64_t>(length));
    check(checker, values, 3, static_cast<std::int64_t>(length));
  }
  checker.finish(60 * 6);
}

}  // namespace
}  // namespace rh
