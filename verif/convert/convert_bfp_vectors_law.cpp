// TEST RATIONALE. The golden block conversion against what programs written by others answer:
// microxcaling (mx_*), gfloat (gfloat_*, with the random bits it was given) and an independent
// model of block stochastic rounding in float64 (ownref_*). verif/convert/vectors/README.md says
// who made which file. Values are compared up to the sign of zero and the payload of a NaN.
//
// Where those programs are wrong, the groups are named here with the reason, must differ (a file
// that was mended would be noticed), and our answer to them is held against exact arithmetic
// (convert_exact.hpp).
//
// Mutants this kills: either tie rule, no lower clamp, floor as ceil, noise half or one later,
// unbiased without its half, exponents of subnormals from the field, a minifloat's subnormal binade
// one lower, their values, the most negative code counted as saturated.
#include <array>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "convert/convert_bfp.hpp"
#include "convert/convert_exact.hpp"

namespace rh {
namespace {

constexpr std::uint32_t kMinus = 0x8000'0000;

std::vector<std::uint32_t> numbers(const std::string& file, int radix) {
  std::ifstream in("verif/convert/vectors/" + file);
  std::vector<std::uint32_t> out;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream text(line);
    for (std::string word; text >> word;)
      out.push_back(static_cast<std::uint32_t>(std::stoul(word, nullptr, radix)));
  }
  return out;
}
std::vector<std::uint32_t> hex(const std::string& file) {
  return numbers(file, 16);
}

// Up to the sign of zero and the payload of a NaN.
std::uint32_t canonical(std::uint32_t x) {
  if ((x & ~kMinus) > kFp32Infinity) return kFp32Nan;
  return x == kMinus ? 0 : x;
}

void check_value(bench::Checker& checker, const std::string& file, std::size_t i, std::uint32_t x,
                 std::uint32_t want, std::uint32_t got) {
  checker.equal(canonical(want), canonical(got), [&](std::ostream& os) {
    os << file << " element " << i << " x " << std::hex << x << std::dec;
  });
}

// The values that a file holds against ours, except in the groups that its program gets wrong.
void check_blocks(const std::string& file, const std::string& input, const Format& f,
                  const std::set<std::size_t>& faulty, const std::vector<std::uint32_t>& noise) {
  INFO(file);
  const std::vector<std::uint32_t> x = hex(input), want = hex(file);
  const auto g = static_cast<std::size_t>(f.group_size);
  REQUIRE(x.size() % g == 0);
  REQUIRE(x.size() == want.size());
  REQUIRE((noise.empty() || noise.size() == x.size()));
  bench::Checker checker;
  const ExactConverter exactly(f);
  for (std::size_t first = 0; first < x.size(); first += g) {
    const auto values = std::span(x).subspan(first, g);
    const auto words =
        noise.empty() ? std::span<const std::uint32_t>() : std::span(noise).subspan(first, g);
    const BfpGroup group = check_group(checker, exactly, f, -127, values, words);
    bool differs = false;
    for (std::size_t i = 0; i < g; ++i) {
      const std::uint32_t got = block_value(f, -127, group.exponent, group.flags, group.codes[i]);
      if (faulty.contains(first / g))
        differs = differs || canonical(want[first + i]) != canonical(got);
      else
        check_value(checker, file, first + i, x[first + i], want[first + i], got);
    }
    if (!faulty.contains(first / g)) continue;
    CHECK(differs);
    // Ours: the exponent of FLT_MAX, or the codes of subnormals that shrink at exponent 0.
    CHECK(group.exponent + f.element_exponent() == (noise.empty() ? 254 : 0));
    CHECK((group.flags & kUnderflowGroup) == (noise.empty() ? 0 : kUnderflowGroup));
  }
  checker.finish(x.size() - faulty.size() * g);
}

Format with(Format f, int group_size, RoundMode mode) {
  f.group_size = group_size;
  f.rounding = mode;
  return f;
}

// microxcaling takes floor(log2(x)) in FP32. Block 14 of 32, group 28 of 16, holds FLT_MAX, whose
// log2 becomes 128: a scale beyond E8M0, so that the whole block is NaN there, whatever the
// element.
TEST_CASE("convert: values equal those of microxcaling", "[convert][bfp][law][vectors]") {
  const Format int8 = *find_preset("mxint8"), int4 = *find_preset("mxint4");
  const std::set<std::size_t> of32{14}, of16{28};
  const auto even = RoundMode::NearestEven, away = RoundMode::NearestAway;
  check_blocks("mx_int8_b32_even.hex", "in_blocks.hex", with(int8, 32, even), of32, {});
  check_blocks("mx_int8_b32_nearest.hex", "in_blocks.hex", *find_preset("mxint8-away"), of32, {});
  check_blocks("mx_int8_b16_even.hex", "in_blocks.hex", with(int8, 16, even), of16, {});
  check_blocks("mx_int4_b16_even.hex", "in_blocks.hex", with(int4, 16, even), of16, {});
  check_blocks("mx_int4_b16_nearest.hex", "in_blocks.hex", with(int4, 16, away), of16, {});
  check_blocks("mx_fp4_b32_even.hex", "in_blocks.hex", *find_preset("mxfp4"), of32, {});
  check_blocks("mx_fp8_e4m3_b32_even.hex", "in_blocks.hex", *find_preset("mxfp8-e4m3"), of32, {});
  check_blocks("mx_int8_b32_even_special.hex", "in_special_blocks.hex", int8, {}, {});
}

// gfloat's MXINT8 reaches -128, so it is our format with the most negative code.
TEST_CASE("convert: values equal those of gfloat's MXINT8", "[convert][bfp][law][vectors]") {
  Format f = *find_preset("mxint8");
  f.most_negative = true;
  check_blocks("gfloat_mxint8_b32_even.hex", "in_blocks.hex", f, {}, {});
}

// The model behind ownref_* has no lower clamp of the exponent: groups 22 and 23 of 16, which are
// FP32 subnormals, have an exponent below -127 there and codes that do not shrink.
TEST_CASE("convert: values equal an independent model of stochastic rounding",
          "[convert][bfp][law][vectors]") {
  for (const int width : {3, 4, 5, 8})
    for (const int noise_bits : {3, 8}) {
      Format f = with(bfp_format(width - 1), 16, RoundMode::Stochastic);
      f.noise_bits = noise_bits;
      const std::string size = std::to_string(width) + "_n" + std::to_string(noise_bits) + ".";
      check_blocks("ownref_bfp_sr_w" + std::to_string(width) + "_b16_n" +
                       std::to_string(noise_bits) + ".hex",
                   "in_blocks.hex", f, {22, 23}, numbers("sr_bits_bfp_w" + size + "txt", 10));
    }
}

// ---- scalars ------------------------------------------------------------------------------------

// gfloat rounds a scalar to a small float: an element of a group whose exponent is 0. The group is
// made so: exponents -1 and 0 only, and beside x a lane 2^element_exponent that asks for 0. What
// block_code() answers before its limit says whether gfloat, not saturating, would give a NaN.
std::uint32_t element_of(Format f, std::uint32_t x, bool saturate) {
  f.exponent_bits = 1;
  const int top = f.element_exponent();
  const BfpGroup group = convert_group(
      f, -1, std::array{x, bits_of(static_cast<float>(power(top)))}, std::array{0u, 0u});
  if ((group.flags & kNanGroup) != 0) return kFp32Nan;
  CHECK(group.exponent == 1);
  if (!saturate && block_code(f, top, x, 0) > f.max_code()) return kFp32Nan;
  return block_value(f, -1, group.exponent, group.flags, group.codes[0]);
}

TEST_CASE("convert: minifloat elements equal those of gfloat", "[convert][bfp][law][vectors]") {
  const std::vector<std::uint32_t> scalars = hex("in_scalars.hex");
  REQUIRE(scalars.size() == 4144);
  bench::Checker checker;
  const auto check = [&](const std::string& file, const char* preset, bool saturate, auto input) {
    const std::vector<std::uint32_t> want = hex(file);
    REQUIRE(want.size() == scalars.size());
    for (std::size_t i = 0; i < scalars.size(); ++i) {
      const std::uint32_t x = input(scalars[i]);
      check_value(checker, file, i, x, want[i], element_of(*find_preset(preset), x, saturate));
    }
  };
  check("gfloat_e4m3_TiesToEven.hex", "mxfp8-e4m3", false, [](std::uint32_t x) { return x; });
  check("gfloat_e2m1_TiesToEven_sat.hex", "mxfp4", true, [](std::uint32_t x) {
    if ((x & ~kMinus) > kFp32Infinity) return 0u;  // the file was made so: NaN 0, infinity 3e38
    return (x & ~kMinus) == kFp32Infinity ? (x & kMinus) | bits_of(3e38f) : x;
  });
  checker.finish(2 * 4144);
}

// A float with p significant bits and a smallest normal of 2^base is a group of one value with m =
// p, exponents from `base` on and the overflow rule bump: the group's exponent is the float's.
Format float_of(int significand_bits, RoundMode mode) {
  Format f = with(bfp_format(significand_bits), 1, mode);
  f.overflow = Overflow::Bump;
  return f;
}
std::uint32_t as_float(const Format& f, int base, std::uint32_t x, std::uint32_t noise) {
  const BfpGroup group = convert_group(f, base, std::array{x}, std::array{noise});
  if ((group.flags & kNanGroup) != 0) return x;
  return block_value(f, base, group.exponent, group.flags, group.codes[0]);
}

TEST_CASE("convert: a group of one value rounds to bf16 and fp16 as gfloat does",
          "[convert][bfp][law][vectors]") {
  const std::vector<std::uint32_t> scalars = hex("in_scalars.hex");
  const std::vector<std::uint32_t> bf16 = hex("gfloat_bf16_TiesToEven.hex");
  const std::vector<std::uint32_t> fp16 = hex("gfloat_fp16_TiesToEven_sat.hex");
  REQUIRE((bf16.size() == scalars.size() && fp16.size() == scalars.size()));
  bench::Checker checker;
  for (std::size_t i = 0; i < scalars.size(); ++i) {
    const std::uint32_t x = scalars[i], sign = x & kMinus;
    check_value(checker, "bf16", i, x, bf16[i],
                as_float(float_of(8, RoundMode::NearestEven), -126, x, 0));
    // The unit of all rounding, on the bits: a carry out of the significand is the next exponent.
    if ((x & ~kMinus) < kFp32Infinity)
      check_value(
          checker, "bf16 by round()", i, x, bf16[i],
          sign | static_cast<std::uint32_t>(round(RoundMode::NearestEven, x & ~kMinus, 16, 16).out)
                     << 16);
    // fp16 ends at 65504; the file saturates there, and so do infinities.
    std::uint32_t got = as_float(float_of(11, RoundMode::NearestEven), -14, x, 0);
    const std::uint32_t largest = bits_of(65504.0f);
    if ((got & ~kMinus) > largest && (got & ~kMinus) <= kFp32Infinity) got = sign | largest;
    check_value(checker, "fp16", i, x, fp16[i], got);
  }
  checker.finish(3 * 4144 - 100);
}

// gfloat's StochasticFastest is our `stochastic`; its StochasticFast, which compares with 2 r + 1,
// is our `stochastic-unbiased`, noise by noise.
TEST_CASE("convert: stochastic rounding to bf16 equals gfloat's, noise by noise",
          "[convert][bfp][law][vectors]") {
  const std::vector<std::uint32_t> scalars = hex("in_scalars.hex");
  const std::vector<std::uint32_t> noise = numbers("sr_bits_bf16_n8.txt", 10);
  const std::vector<std::uint32_t> fastest = hex("gfloat_sr_bf16_n8_StochasticFastest.hex");
  const std::vector<std::uint32_t> fast = hex("gfloat_sr_bf16_n8_StochasticFast.hex");
  REQUIRE((noise.size() == 2072 && fastest.size() == 2072 && fast.size() == 2072));
  bench::Checker checker;
  int different = 0;
  for (std::size_t i = 0; i < noise.size(); ++i) {
    std::uint32_t x = scalars[2 * i];  // the files were made so: NaN 0, infinity 1e30
    if ((x & ~kMinus) > kFp32Infinity) x = 0;
    if ((x & ~kMinus) == kFp32Infinity) x = (x & kMinus) | bits_of(1e30f);
    const auto check = [&](RoundMode mode, const std::vector<std::uint32_t>& want,
                           const char* file) {
      std::uint32_t got = as_float(float_of(8, mode), -126, x, noise[i]);
      std::uint32_t bits =
          (x & kMinus) |
          static_cast<std::uint32_t>(round(mode, x & ~kMinus, 16, 16, noise[i], 8).out) << 16;
      if ((got & ~kMinus) == kFp32Infinity) got -= 0x1'0000;  // the files saturate at 0x7F7F
      if ((bits & ~kMinus) == kFp32Infinity) bits -= 0x1'0000;
      check_value(checker, file, i, x, want[i], got);
      check_value(checker, file, i, x, want[i], bits);
    };
    check(RoundMode::Stochastic, fastest, "StochasticFastest");
    check(RoundMode::StochasticUnbiased, fast, "StochasticFast");
    different += canonical(fast[i]) != canonical(fastest[i]) ? 1 : 0;
  }
  CHECK(different == 2);  // elements whose noise tells the two modes apart
  checker.finish(4 * 2072);
}

}  // namespace
}  // namespace rh
