// TEST RATIONALE. Formats whose names promise the same differ by a measurable amount. The tables of
// docs/formats.md are regressions here, exact counts of integers, no statistics and no tolerance:
//   - the bias of stochastic rounding over all 2^15 fractions and all noises, ours and, as controls
//     that must differ, those of other schemes;
//   - the variance of a group's error with one noise word a lane and with one for all lanes;
//   - how many of 20,000 normally distributed blocks each variant of sign + 7 bits converts
//     differently, and the signal to noise ratio of each.
// The normal numbers come from mt19937_64 by additions, products, quotients and square roots alone,
// which IEEE 754 defines: the counts are the same with every standard library.
// `build/test/convert "[table]" -s` prints the tables.
//
// Mutants this kills: either tie rule, floor as ceil, ceil without its -1, noise half or one later,
// unbiased without its half.
#include <cmath>
#include <iomanip>
#include <random>
#include <sstream>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "convert/convert_bfp.hpp"
#include "convert/convert_exact.hpp"

namespace rh {
namespace {

// ---- the bias of stochastic rounding ------------------------------------------------------------

// Over all fractions i / 2^bits: the sum and the largest magnitude of (how often up) / noises - f,
// in units of 1 / (noises 2^bits).
struct Bias {
  std::int64_t sum = 0, largest = 0;
  bool exact_moves = false;  // f = 0 went up for some noise
  std::int64_t units = 1;

  template <class Count>
  static Bias of(int bits, std::int64_t noises, Count count) {
    Bias b;
    b.units = noises << bits;
    for (std::int64_t i = 0; i < std::int64_t{1} << bits; ++i) {
      const std::int64_t up = count(i);
      const std::int64_t bias = (up << bits) - noises * i;
      b.sum += bias;
      b.largest = std::max(b.largest, std::abs(bias));
      b.exact_moves = b.exact_moves || (i == 0 && up > 0);
    }
    return b;
  }
  double mean(int bits) const {
    return static_cast<double>(sum) / static_cast<double>(units) * power(-bits);
  }
  double max() const { return static_cast<double>(largest) / static_cast<double>(units); }
};

// How many of the noises first .. 2^R - 1 make the value 130 + i / 2^bits a code 131 of 8 bits.
std::int64_t golden_ups(RoundMode mode, int noise_bits, std::int64_t i, int bits,
                        std::uint32_t first = 0) {
  Format f = bfp_format(8);
  f.rounding = mode;
  f.noise_bits = noise_bits;
  std::vector<std::uint32_t> noise;
  for (std::uint32_t r = first; r < 1u << noise_bits; ++r) noise.push_back(r);
  const double value = 130 + static_cast<double>(i) * power(-bits);
  const std::vector<std::uint32_t> x(noise.size(), bits_of(static_cast<float>(value)));
  std::int64_t up = 0;
  for (const std::int16_t code : convert_group(f, -127, x, noise).codes) up += code - 130;
  return up;
}

TEST_CASE("convert: the bias of each scheme of stochastic rounding", "[convert][bfp][law][table]") {
  constexpr int kBits = 15;
  const Bias plain = Bias::of(
      kBits, 256, [](std::int64_t i) { return golden_ups(RoundMode::Stochastic, 8, i, kBits); });
  const Bias unbiased = Bias::of(kBits, 256, [](std::int64_t i) {
    return golden_ups(RoundMode::StochasticUnbiased, 8, i, kBits);
  });
  // Our rule with the states of an 8-bit LFSR, which never is 0.
  const Bias lfsr = Bias::of(
      kBits, 255, [](std::int64_t i) { return golden_ups(RoundMode::Stochastic, 8, i, kBits, 1); });
  // As many noise bits as the fraction has: 2^10 fractions, R = 10.
  const Bias full = Bias::of(
      10, 1024, [](std::int64_t i) { return golden_ups(RoundMode::Stochastic, 10, i, 10); });
  // Not ours. gfloat's Stochastic: the fraction to 8 bits, nearest-even, before the comparison.
  const Bias rounded = Bias::of(kBits, 256, [](std::int64_t i) {
    const std::int64_t below = i >> 7, rest = i & 127;
    return below + (rest > 64 || (rest == 64 && below % 2 == 1) ? 1 : 0);
  });
  // Up iff the 8 discarded bits >= noise, as Tenstorrent documents its hardware.
  const Bias compare = Bias::of(kBits, 256, [](std::int64_t i) { return (i >> 7) + 1; });

  // Means are -63.5, +1/2, +1/2, 0, 0 and +64.5 times 2^-15.
  CHECK((2 * plain.sum == -127 * plain.units && plain.largest == 256 * 127));
  CHECK((2 * unbiased.sum == unbiased.units && unbiased.largest == 256 * 64));
  CHECK((2 * lfsr.sum == lfsr.units && lfsr.largest == 255 * 128));
  CHECK((full.sum == 0 && full.largest == 0));
  CHECK((rounded.sum == 0 && rounded.largest == 256 * 64));
  CHECK((2 * compare.sum == 129 * compare.units && compare.largest == 256 * 128));
  for (const Bias* b : {&plain, &unbiased, &lfsr, &full, &rounded}) CHECK(!b->exact_moves);
  CHECK(compare.exact_moves);

  std::ostringstream table;
  table << std::fixed << std::setprecision(6) << "bias of 8-bit stochastic rounding: mean, max\n";
  const auto row = [&](const char* name, const Bias& b, int bits) {
    table << std::setw(10) << b.mean(bits) << std::setw(10) << b.max()
          << (b.exact_moves ? "  moves exact values  " : "  ") << name << "\n";
  };
  row("stochastic", plain, kBits);
  row("stochastic-unbiased", unbiased, kBits);
  row("stochastic, noise 1..255", lfsr, kBits);
  row("stochastic, R = bits of the fraction", full, 10);
  row("gfloat Stochastic", rounded, kBits);
  row("discarded >= noise", compare, kBits);
  SUCCEED(table.str());
}

// ---- lanes --------------------------------------------------------------------------------------

// The sum of 16 rounding errors of one fraction, squared, over all fractions of 8 bits and 256
// groups each: with one word for all lanes every noise once, with the noise stream 16 x 65,536
// words of it. Variances: 256 / 6 and 16 / 6, less 2^-16 of them.
TEST_CASE("convert: noise of its own for each lane, a 16th of the variance",
          "[convert][bfp][law][table]") {
  Format f = bfp_format(8);
  f.rounding = RoundMode::Stochastic;
  Noise stream(noise_seed(0));
  std::int64_t broadcast = 0, own = 0, own_sum = 0;
  for (std::uint32_t fraction = 0; fraction < 256; ++fraction)
    for (std::uint32_t r = 0; r < 256; ++r) {
      const std::vector<std::uint32_t> x(16, bits_of(static_cast<float>(130 + fraction / 256.0)));
      const auto error = [&](const std::vector<std::uint32_t>& noise) {
        std::int64_t sum = 0;  // in 1/256
        for (const std::int16_t code : convert_group(f, -127, x, noise).codes)
          sum += (code - 130) * 256 - static_cast<int>(fraction);
        return sum;
      };
      const std::int64_t one = error(std::vector<std::uint32_t>(16, r));
      broadcast += one * one;
      std::vector<std::uint32_t> noise;
      for (int lane = 0; lane < 16; ++lane) noise.push_back(stream.next(8));
      const std::int64_t each = error(noise);
      own += each * each;
      own_sum += each;
    }
  // sum over i of i (256 - i) is 256 (256^2 - 1) / 6; times 256 for a fraction, times 16^2.
  CHECK(broadcast == std::int64_t{256} * (256 * 65'535 / 6) * 256);
  CHECK(own == 11'313'242'112);
  CHECK(own_sum == -69'376);
  const double groups = 65'536, units = 65'536;
  CHECK(std::abs(static_cast<double>(own) / groups / units - 16 / 6.0) < 0.05);
  std::ostringstream table;
  table << std::fixed << std::setprecision(3)
        << "variance of the sum of 16 errors: " << static_cast<double>(broadcast) / groups / units
        << " with one word for all lanes, " << static_cast<double>(own) / groups / units
        << " with one each\n";
  SUCCEED(table.str());
}

// ---- same words, different bits -----------------------------------------------------------------

// ln x for x > 0 from basic operations: x = s 2^k, ln s = 2 artanh((s - 1) / (s + 1)).
double ln(double x) {
  int k = 0;
  double s = std::frexp(x, &k);  // exact
  if (s < 0.70710678118654752) {
    s *= 2;
    --k;
  }
  const double t = (s - 1) / (s + 1), t2 = t * t;
  double sum = 0;
  for (int n = 27; n >= 1; n -= 2) sum = sum * t2 + 1.0 / n;
  return 2 * t * sum + k * 0.69314718055994531;
}

// Normal numbers by Marsaglia's polar method.
class Normal {
 public:
  float next() {
    if (!has_spare_) {
      double u = 0, v = 0, s = 0;
      do {
        u = uniform();
        v = uniform();
        s = u * u + v * v;
      } while (s >= 1 || s == 0);
      const double scale = std::sqrt(-2 * ln(s) / s);
      spare_ = v * scale;
      has_spare_ = true;
      return static_cast<float>(u * scale);
    }
    has_spare_ = false;
    return static_cast<float>(spare_);
  }

 private:
  double uniform() { return static_cast<double>(rng_() >> 11) * power(-52) - 1; }
  std::mt19937_64 rng_{1};
  double spare_ = 0;
  bool has_spare_ = false;
};

std::uint32_t to_bf16(float x) {
  const std::uint32_t bits = bits_of(x);
  return static_cast<std::uint32_t>(round(RoundMode::NearestEven, bits & 0x7FFF'FFFF, 16, 16).out)
             << 16 |
         (bits & 0x8000'0000);
}

// What dmx-compressor and QPyTorch do to a block: x + 6 2^E in FP32, to 8 fraction bits by
// nearest-even, less 6 2^E, clamped. The addition rounds, too.
float by_addition(float x, int exponent) {
  const float six = 6 * std::ldexp(1.0f, exponent);
  const std::uint32_t sum = bits_of(x + six);
  const std::uint32_t even = (sum >> 15) & 1;
  const float kept = std::bit_cast<float>((sum + 0x3FFF + even) & ~0x7FFFu);
  const float largest = std::ldexp(127.0f, exponent - 6);
  return std::min(std::max(kept - six, -largest), largest);
}

struct Outcome {
  std::int64_t elements = 0, blocks = 0;  // that differ from the reference
  double signal = 0, noise = 0;
  double sqnr() const { return 10 * std::log10(signal / noise); }
};

constexpr std::int64_t kBlocks = 20'000;

// Every variant on the same blocks; the first is the reference.
std::vector<Outcome> outcomes(const std::vector<Format>& variants, std::size_t g, bool bf16) {
  Normal normal;
  std::vector<Outcome> out(variants.size() + 1);  // the last: by_addition()
  for (std::int64_t block = 0; block < kBlocks; ++block) {
    std::vector<std::uint32_t> x;
    for (std::size_t i = 0; i < g; ++i) {
      const float value = normal.next();
      x.push_back(bf16 ? to_bf16(value) : bits_of(value));
    }
    std::vector<float> reference(g);
    int exponent = 0;
    for (std::size_t v = 0; v < out.size(); ++v) {
      std::vector<float> values(g);
      if (v < variants.size()) {
        const BfpGroup group = convert_group(variants[v], -127, x, {});
        for (std::size_t i = 0; i < g; ++i)
          values[i] = std::bit_cast<float>(
              block_value(variants[v], -127, group.exponent, group.flags, group.codes[i]));
        if (v == 0) {
          reference = values;
          exponent = group.exponent - 127;
        }
      } else {
        for (std::size_t i = 0; i < g; ++i)
          values[i] = by_addition(std::bit_cast<float>(x[i]), exponent);
      }
      std::int64_t different = 0;
      for (std::size_t i = 0; i < g; ++i) {
        different += values[i] != reference[i] ? 1 : 0;
        const double error = exact(x[i]) - exact(bits_of(values[i]));
        out[v].signal += exact(x[i]) * exact(x[i]);
        out[v].noise += error * error;
      }
      out[v].elements += different;
      out[v].blocks += different > 0 ? 1 : 0;
    }
  }
  return out;
}

TEST_CASE("convert: same words, different bits", "[convert][bfp][law][table]") {
  const Format reference = bfp_format(7);
  Format away = reference, most_negative = reference, truncate = reference;
  away.rounding = RoundMode::NearestAway;
  most_negative.most_negative = true;
  truncate.rounding = RoundMode::Truncate;
  const std::vector<Format> variants{reference, away, most_negative, hbfp_format(7), truncate};
  const char* names[] = {"bfp7",  "nearest-away", "most negative code",
                         "hbfp7", "truncate",     "add 6 x 2^E (not ours)"};
  struct Row {
    std::int64_t elements, blocks, elements_bf16, blocks_bf16;
    int sqnr;  // dB / 100
  };
  const Row rows[] = {
      {0, 0, 0, 0, 4278},
      {1, 1, 55'457, 18'658, 4278},
      {70, 69, 85, 84, 4278},
      {0, 0, 2'300, 182, 4278},
      {159'258, 20'000, 263'241, 20'000, 3676},
      {4, 4, 0, 0, 4278},
  };
  const std::vector<Outcome> fp32 = outcomes(variants, 16, false);
  const std::vector<Outcome> bf16 = outcomes(variants, 32, true);
  std::ostringstream table;
  table << std::fixed << "20,000 blocks of N(0, 1), elements and blocks that differ:\n"
        << "  fp32, g = 16  bf16, g = 32  SQNR of fp32\n";
  REQUIRE(fp32.size() == std::size(rows));
  for (std::size_t v = 0; v < fp32.size(); ++v) {
    INFO(names[v]);
    CHECK(fp32[v].elements == rows[v].elements);
    CHECK(fp32[v].blocks == rows[v].blocks);
    CHECK(bf16[v].elements == rows[v].elements_bf16);
    CHECK(bf16[v].blocks == rows[v].blocks_bf16);
    CHECK(std::lround(100 * fp32[v].sqnr()) == rows[v].sqnr);
    table << std::setw(8) << fp32[v].elements << std::setw(7) << fp32[v].blocks << std::setw(8)
          << bf16[v].elements << std::setw(7) << bf16[v].blocks << std::setprecision(2)
          << std::setw(7) << fp32[v].sqnr() << " dB  " << names[v] << "\n";
  }
  SUCCEED(table.str());
}

}  // namespace
}  // namespace rh
