// TEST RATIONALE. The package and its C++ mirror are two texts that must say the same: every field
// of every preset, the code of every enum value, every constant, and dot_width over all widths and
// terms in use. Small enough to compare completely. Laws: preset names are unique and found, and
// the bounds on the length of an int8 contraction are the largest that int32 holds.
#include "number/number.hpp"

#include <cstdint>
#include <limits>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "number_probe/number_probe.h"

namespace rh {
namespace {

class Probe {
 public:
  Probe() { rtl_.eval(); }
  number_probe* operator->() { return &rtl_; }

 private:
  VerilatedContext context_;
  number_probe rtl_{&context_};
};

template <class Enum>
std::uint32_t code(Enum value) {
  return static_cast<std::uint32_t>(value);
}

TEST_CASE("number: the package's preset int8 is the descriptor's", "[number][exhaustive]") {
  Probe probe;
  CHECK(probe->int8_magnitude_bits_o == kInt8.magnitude_bits);
  CHECK(probe->int8_exponent_bits_o == kInt8.exponent_bits);
  CHECK(probe->int8_group_size_o == kInt8.group_size);
  CHECK(probe->int8_encoding_o == code(kInt8.encoding));
  CHECK(probe->int8_rounding_o == code(kInt8.rounding));
  CHECK(probe->int8_overflow_o == code(kInt8.overflow));
  CHECK((probe->int8_most_negative_o != 0) == kInt8.most_negative);
  CHECK(kFormats.size() == 1);  // one more preset: one more group of ports on the probe
}

TEST_CASE("number: enums have the same codes on both sides", "[number][exhaustive]") {
  Probe probe;
  constexpr RoundMode kModes[] = {RoundMode::Truncate, RoundMode::NearestEven,
                                  RoundMode::NearestAway, RoundMode::Stochastic,
                                  RoundMode::StochasticUnbiased};
  for (std::uint32_t i = 0; i < std::size(kModes); ++i)
    CHECK((probe->round_modes_o >> 3 * i & 7u) == code(kModes[i]));
  CHECK((probe->encodings_o & 1u) == code(Encoding::TwosComplement));
  CHECK((probe->encodings_o >> 1 & 1u) == code(Encoding::SignMagnitude));
  CHECK((probe->overflows_o & 1u) == code(Overflow::Saturate));
  CHECK((probe->overflows_o >> 1 & 1u) == code(Overflow::Bump));
  CHECK((probe->outputs_o & 3u) == code(Output::Int32));
  CHECK((probe->outputs_o >> 2 & 3u) == code(Output::Fp32));
  CHECK((probe->outputs_o >> 4 & 3u) == code(Output::Int8));
}

TEST_CASE("number: constants are the same on both sides", "[number][exhaustive]") {
  Probe probe;
  CHECK(probe->nan_o == kFp32Nan);
  CHECK(probe->infinity_o == kFp32Infinity);
}

TEST_CASE("number: dot_width is the same on both sides and just wide enough",
          "[number][exhaustive]") {
  Probe probe;
  bench::Checker checker;
  for (int width = 2; width <= 16; ++width)
    for (int terms = 1; terms <= 1'024; ++terms) {
      probe->width_i = static_cast<std::uint8_t>(width);
      probe->terms_i = static_cast<std::uint16_t>(terms);
      probe->eval();
      const int bits = dot_width(width, terms);
      const auto describe = [&](std::ostream& os) {
        os << width << " bits, " << terms << " terms";
      };
      checker.equal(bits, static_cast<int>(probe->dot_width_o), describe);
      // The largest sum is terms * (-2^(width-1))^2, a positive number of `bits` signed bits ...
      const std::int64_t largest = std::int64_t{terms} << (2 * width - 2);
      checker.equal(true, largest < std::int64_t{1} << (bits - 1), describe);
      // ... and one bit less would not hold it when the terms are a power of two.
      if ((terms & (terms - 1)) == 0)
        checker.equal(true, largest >= std::int64_t{1} << (bits - 2), describe);
    }
  checker.finish(2 * 15 * 1'024);
}

TEST_CASE("number: presets are found by their name, and by no other", "[number][edge]") {
  for (const Format& format : kFormats) CHECK(find_format(format.name) == &format);
  CHECK(find_format("int9") == nullptr);
  CHECK(find_format("") == nullptr);
  CHECK(kInt8.name == "int8");
  CHECK(kInt8.max_code() == 127);
  CHECK(kInt8.element_bits() == 8);
}

TEST_CASE("number: names are those of the command line", "[number][edge]") {
  CHECK(name(RoundMode::Truncate) == "truncate");
  CHECK(name(RoundMode::NearestEven) == "nearest-even");
  CHECK(name(RoundMode::NearestAway) == "nearest-away");
  CHECK(name(RoundMode::Stochastic) == "stochastic");
  CHECK(name(RoundMode::StochasticUnbiased) == "stochastic-unbiased");
  CHECK(name(Encoding::TwosComplement) == "two's complement");
  CHECK(name(Overflow::Saturate) == "saturate");
}

TEST_CASE("number: the longest int8 contraction is the longest that int32 holds", "[number][law]") {
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
  STATIC_REQUIRE(kInt8MaxTerms * 127 * 127 <= kMax);
  STATIC_REQUIRE((kInt8MaxTerms + 1) * 127 * 127 > kMax);
  STATIC_REQUIRE(kInt8MaxTermsMostNegative * 128 * 128 <= kMax);
  STATIC_REQUIRE((kInt8MaxTermsMostNegative + 1) * 128 * 128 > kMax);
}

}  // namespace
}  // namespace rh
