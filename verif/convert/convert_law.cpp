// TEST RATIONALE. The golden model against formulas evaluated on the machine's FP32, against a
// program that somebody else wrote (codes and absmax of bitsandbytes), and against its own near
// relatives: three formulas that mean the same and are not. Random data does not tell them apart,
// so the inputs are FP32 neighbours of absmax (n + 1/2) / 127, and a control shows that they do.
#include "convert/convert.hpp"

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

#include "bench/cases.hpp"
#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"

namespace rh {
namespace {

std::uint32_t bits_of(float x) {
  return std::bit_cast<std::uint32_t>(x);
}
float number(std::uint32_t bits) {
  return std::bit_cast<float>(bits);
}

int clamp_code(float rounded) {
  return static_cast<int>(std::min(std::max(rounded, -127.0f), 127.0f));
}

// The contract's rule and its relatives in machine arithmetic; x / (absmax / 127) and so on.
int code_contract(float x, float absmax) {
  return clamp_code(std::nearbyint(x * (127.0f / absmax)));
}
int code_by_scale(float x, float absmax) {
  return clamp_code(std::nearbyint(x / (absmax / 127.0f)));
}
int code_by_quotient(float x, float absmax) {
  return clamp_code(std::nearbyint(127.0f * x / absmax));
}
int code_by_reciprocal(float x, float absmax) {
  return clamp_code(std::nearbyint(x * (127.0f * (1.0f / absmax))));
}

int code_golden(float x, float absmax) {
  return int8_code(bits_of(x), int8_scale(bits_of(absmax)).quantizer).code;
}

struct Relatives {
  int compared = 0;
  int scale = 0, quotient = 0, reciprocal = 0;  // elements in which they differ

  void check(float x, float absmax, bench::Checker& checker) {
    const int want = code_contract(x, absmax);
    checker.equal(want, code_golden(x, absmax),
                  [&](std::ostream& os) { os << "x " << x << " absmax " << absmax; });
    ++compared;
    scale += code_by_scale(x, absmax) != want ? 1 : 0;
    quotient += code_by_quotient(x, absmax) != want ? 1 : 0;
    reciprocal += code_by_reciprocal(x, absmax) != want ? 1 : 0;
  }
};

TEST_CASE("convert: neighbours of the ties separate the formula from its relatives",
          "[convert][law][edge]") {
  bench::Checker checker;
  Relatives relatives;
  auto rng = bench::rng();
  for (int i = 0; i < 500; ++i) {
    const float absmax = i == 0 ? 25.5f : std::abs(bench::random_value(rng, 10.0f)) + 0.01f;
    for (int n = 0; n < 127; ++n)
      for (int neighbour = -2; neighbour <= 2; ++neighbour) {
        const float tie = absmax * (static_cast<float>(n) + 0.5f) / 127.0f;
        relatives.check(bench::neighbour(tie, neighbour), absmax, checker);
      }
  }
  CHECK(relatives.scale > relatives.compared / 20);
  CHECK(relatives.quotient > relatives.compared / 20);
  CHECK(relatives.reciprocal > relatives.compared / 20);
  checker.finish(500 * 127 * 5);
}

TEST_CASE("convert: plain random data does not separate them", "[convert][law][random]") {
  bench::Checker checker;
  Relatives relatives;
  std::mt19937_64 rng(1);  // not the run's seed: one element in a hundred thousand would differ
  for (int row = 0; row < 32; ++row) {
    std::vector<float> values(256);
    for (float& x : values) x = bench::random_value(rng);
    for (const float x : values) relatives.check(x, number(absmax(values)), checker);
  }
  CHECK(relatives.scale == 0);
  CHECK(relatives.quotient == 0);
  CHECK(relatives.reciprocal == 0);
  checker.finish(32 * 256);
}

TEST_CASE("convert: worked examples of the documentation", "[convert][edge]") {
  const Int8Scale scale = int8_scale(bits_of(25.5f));
  CHECK(scale == Int8Scale{0x409F5F5F, 0x3E4D9B36});
  CHECK(int8_code(bits_of(12.75f), scale.quantizer) == fp32::Code{63, false});
  CHECK(code_by_scale(12.75f, 25.5f) == 64);
  CHECK(code_by_quotient(12.75f, 25.5f) == 64);
  CHECK(code_golden(-25.5f, 25.5f) == -127);
  CHECK(int8_value(63, scale.scale) == bits_of(63.0f * number(scale.scale)));
}

// Every code and scale by the formula on the machine, lines of every kind.
TEST_CASE("convert: codes, scales and counts equal the formula on the machine",
          "[convert][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  constexpr std::int64_t kLines = 2'000, kLength = 24;
  std::vector<float> values;
  for (std::int64_t line = 0; line < kLines; ++line) {
    const int power = std::max(static_cast<int>(rng() % 280) - 150, -149);  // below is 0
    const float deviation = std::ldexp(1.0f, power);
    for (std::int64_t i = 0; i < kLength; ++i)
      values.push_back(line % 5 == 0 ? number(bench::random_fp32(rng))
                                     : bench::random_value(rng, deviation));
    if (line % 50 == 0) std::fill(values.end() - kLength, values.end(), -0.0f);
  }
  const Int8Lines got = convert_int8(values, kLines, kLength);
  std::uint64_t nan_lines = 0, zero_lines = 0;
  for (std::int64_t line = 0; line < kLines; ++line) {
    const std::size_t first = static_cast<std::size_t>(line * kLength);
    float largest = 0;
    bool finite = true;
    for (std::size_t i = first; i < first + kLength; ++i) {
      largest = std::max(largest, std::abs(values[i]));  // max(x, NaN) is x
      finite = finite && std::isfinite(values[i]);
    }
    const float quantizer = 127.0f / largest;
    const bool zero = finite && !(quantizer < std::numeric_limits<float>::infinity());
    nan_lines += finite ? 0 : 1;
    zero_lines += zero ? 1 : 0;
    const std::uint32_t scale = !finite ? kFp32Nan : zero ? 0 : bits_of(largest / 127.0f);
    const auto describe = [&](std::ostream& os) { os << "line " << line; };
    checker.equal(scale, got.scales[static_cast<std::size_t>(line)], describe);
    for (std::size_t i = first; i < first + kLength; ++i)
      checker.equal(!finite || zero ? 0 : clamp_code(std::nearbyint(values[i] * quantizer)),
                    static_cast<int>(got.codes[i]), describe);
  }
  CHECK(nan_lines > 10);
  CHECK(zero_lines > 50);
  CHECK(got.nan_lines == nan_lines);
  CHECK(got.zero_scale_lines == zero_lines);
  CHECK(got.clamped == 0);  // absmax itself never rounds beyond 127
  CHECK((got.lines == kLines && got.length == kLength));
  checker.finish(kLines * (kLength + 1));
}

TEST_CASE("convert: the element of largest magnitude always gets the code 127", "[convert][law]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int i = 0; i < 200'000; ++i) {
    const std::uint32_t x = fp32::magnitude(bench::random_finite_fp32(rng));
    const Int8Scale scale = int8_scale(x);
    const fp32::Code want{scale.quantizer == 0 ? 0 : 127, false};
    const auto describe = [&](std::ostream& os) { os << "0x" << std::hex << x << std::dec; };
    checker.equal(want.code, int8_code(x, scale.quantizer).code, describe);
    checker.equal(want.clamped, int8_code(x, scale.quantizer).clamped, describe);
  }
  checker.finish(400'000);
}

TEST_CASE("convert: absmax is a magnitude, NaN beside a NaN or an infinity", "[convert][edge]") {
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto of = [](std::vector<float> line) { return absmax(line); };
  CHECK(of({}) == 0);
  CHECK(of({-0.0f}) == 0);
  CHECK(of({1.0f, -2.0f, 0.5f}) == bits_of(2.0f));
  CHECK(of({1.0f, -infinity}) == kFp32Nan);
  CHECK(of({-nan, 1.0f}) == kFp32Nan);
  CHECK(of({nan, infinity}) == kFp32Nan);
}

TEST_CASE("convert: the scale of a line is the machine's, for every upper half of absmax",
          "[convert][law][exhaustive]") {
  bench::Checker checker;
  for (std::uint32_t high = 0; high < 0x8000; ++high)
    for (const std::uint32_t low : {0u, 1u, 0xFFFFu}) {
      const std::uint32_t bits = high << 16 | low;
      const float largest = number(bits);
      const float quantizer = 127.0f / largest;
      const Int8Scale want = !std::isfinite(largest) ? Int8Scale{0, kFp32Nan}
                             : std::isinf(quantizer)
                                 ? Int8Scale{0, 0}
                                 : Int8Scale{bits_of(quantizer), bits_of(largest / 127.0f)};
      const Int8Scale got = int8_scale(bits);
      const auto describe = [&](std::ostream& os) { os << "0x" << std::hex << bits << std::dec; };
      checker.equal(want.quantizer, got.quantizer, describe);
      checker.equal(want.scale, got.scale, describe);
      const std::vector<float> line = {0.0f, -largest, 0.0f};
      checker.equal(std::isfinite(largest) ? bits : kFp32Nan, absmax(line), describe);
    }
  checker.finish(9 * 0x8000);
}

TEST_CASE("convert: lines that nobody filled are empty and count nothing", "[convert][law]") {
  CHECK(Int8Lines{} == Int8Lines{0, 0, {}, {}, 0, 0, 0});
}

TEST_CASE("convert: empty tensors have an answer", "[convert][edge]") {
  Int8Lines no_lines;
  no_lines.length = 5;
  CHECK(convert_int8({}, 0, 5) == no_lines);
  const Int8Lines no_length = convert_int8({}, 2, 0);
  CHECK(no_length.codes.empty());
  CHECK(no_length.scales == std::vector<std::uint32_t>{0, 0});
  CHECK(no_length.zero_scale_lines == 2);
}

// The words of a reference file; a line that begins with # is a comment.
std::vector<std::string> words(const std::string& file) {
  std::ifstream in("verif/convert/vectors/" + file);
  std::vector<std::string> words;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream text(line);
    for (std::string word; text >> word;) words.push_back(word);
  }
  return words;
}

std::vector<std::uint32_t> hex(const std::string& file) {
  std::vector<std::uint32_t> out;
  for (const std::string& word : words(file))
    out.push_back(static_cast<std::uint32_t>(std::stoul(word, nullptr, 16)));
  return out;
}

void check_vectors(const std::string& input, const std::string& prefix, std::int64_t rows,
                   std::int64_t undefined_row) {
  constexpr std::int64_t kLength = 96;
  std::vector<float> values;
  for (const std::uint32_t bits : hex(input)) values.push_back(number(bits));
  const std::vector<std::string> codes = words(prefix + "_codes.txt");
  const std::vector<std::uint32_t> absmaxes = hex(prefix + "_absmax.hex");
  REQUIRE(values.size() == static_cast<std::size_t>(rows * kLength));
  REQUIRE(codes.size() == values.size());
  REQUIRE(absmaxes.size() == static_cast<std::size_t>(rows));

  const Int8Lines got = convert_int8(values, rows, kLength);
  bench::Checker checker;
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::size_t first = static_cast<std::size_t>(row * kLength);
    const std::span<const float> line = std::span<const float>(values).subspan(first, kLength);
    const auto describe = [&](std::ostream& os) { os << prefix << " row " << row; };
    checker.equal(absmaxes[static_cast<std::size_t>(row)], absmax(line), describe);
    for (std::size_t i = first; i < first + kLength; ++i)
      checker.equal(row == undefined_row ? 0 : std::stoi(codes[i]), static_cast<int>(got.codes[i]),
                    describe);
  }
  checker.finish(static_cast<std::uint64_t>(rows * (kLength + 1)));
}

TEST_CASE("convert: codes and absmax equal those of bitsandbytes", "[convert][law]") {
  check_vectors("in_mat_64x96.hex", "bnb_int8_vectorwise_thr0", 64, 3);
  check_vectors("in_w_48x96.hex", "bnb_int8_w", 48, -1);
}

}  // namespace
}  // namespace rh
