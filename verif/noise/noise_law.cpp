// TEST RATIONALE. The golden stream against its definition written out in this file as a table of
// bits, against words computed in Python from docs/noise.md, and against the mathematics of its
// polynomial.
// State space: 2^64 seeds, 2^127 - 1 states, any position. Covered: known SplitMix64 outputs, words
// of 1 to 14 bits, every jump of 0 to 2,000 steps, random jumps of up to 127 bits, the whole
// period. That lanes do not follow each other is measured on a fixed stream, in integers, and the
// measure itself is tried on a stream that leaps too short; bit by bit every shorter leap is found.
// Mutants this kills: tap 62 for 63, x^64 for x^63 in the jump, the top bits of a jump's length
// dropped, u1's top bit kept, the tensor's number added for exclusive or, the bits of a word
// reversed, element * bits in 64 bits.
#include "noise/noise.hpp"

#include <bitset>
#include <cstdlib>
#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"

namespace rh {
namespace {

constexpr NoiseCount kPeriod = (NoiseCount{1} << 127) - 1;

// docs/noise.md (1), as a table.
std::vector<bool> table(NoiseState start, std::size_t bits) {
  std::vector<bool> s(bits + 127);
  for (std::size_t n = 0; n < s.size(); ++n)
    s[n] = n < 64    ? (start.low >> n & 1) != 0
           : n < 127 ? (start.high >> (n - 64) & 1) != 0
                     : s[n - 64] != s[n - 127];
  s.resize(bits);
  return s;
}

NoiseState random_state(std::mt19937_64& rng) {
  return {rng(), rng() >> 1};
}

NoiseCount random_count(std::mt19937_64& rng) {
  return NoiseCount{rng() >> 1} << 64 | rng();
}

TEST_CASE("noise: a seed gives the first two outputs of SplitMix64", "[noise][law]") {
  // The outputs of the published generator for the seeds 0 and 1234567.
  STATIC_REQUIRE(noise_seed(0) == NoiseState{0xE220'A839'7B1D'CDAF, 0x6E78'9E6A'A1B9'65F4});
  STATIC_REQUIRE(noise_seed(1'234'567) ==
                 NoiseState{6'457'827'717'110'365'317u, 3'203'168'211'198'807'973u});
  // Tensor numbers move the start of the generator, modulo 2^64.
  STATIC_REQUIRE(noise_seed(0xD1B5'4A32'D192'ED03, 1) == noise_seed(0));
  STATIC_REQUIRE(noise_seed(0xD1B5'4A32'D192'ED03 * 5 ^ 7, 5) == noise_seed(7));
  STATIC_REQUIRE(noise_seed(0, 1) == NoiseState{0x2D0F'28C7'E7E7'86B2, 0x7585'6F74'5165'F252});
  // u0 = 0 for one seed only, and there u1 is not 0: no seed needs the rule for all zeros.
  STATIC_REQUIRE(noise_seed(0 - 0x9E37'79B9'7F4A'7C15) ==
                 NoiseState{0, 0xE220'A839'7B1D'CDAF << 1 >> 1});
}

TEST_CASE("noise: words of elements that another program computed", "[noise][law]") {
  const NoiseState start = noise_seed(0);
  constexpr std::uint64_t kElements[] = {0, 1, 15, 16, 17, 31, 32, 1'000, 4'999};
  constexpr std::uint32_t kOfA[] = {0xAF, 0xCD, 0x6E, 0x23, 0x83, 0xA8, 0x48, 0xB4, 0x52};
  constexpr std::uint32_t kOfB[] = {0xB2, 0x86, 0x75, 0x0B, 0x31, 0xD9, 0xA7, 0xF7, 0xC5};
  for (std::size_t i = 0; i < std::size(kElements); ++i) {
    CHECK(noise_word(start, kElements[i], 8) == kOfA[i]);
    CHECK(noise_word(noise_seed(0, 1), kElements[i], 8) == kOfB[i]);
  }
  constexpr std::uint64_t kOfFive[] = {0, 1, 25, 26, 7'999};
  constexpr std::uint32_t kFive[] = {15, 13, 27, 8, 10};
  for (std::size_t i = 0; i < std::size(kFive); ++i)
    CHECK(noise_word(start, kOfFive[i], 5) == kFive[i]);
}

TEST_CASE("noise: the stream is its recurrence, words take the first bit lowest",
          "[noise][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int bits = 1; bits <= kMaxNoiseBits; ++bits) {
    const NoiseState start = random_state(rng);
    const std::vector<bool> s = table(start, 500 * static_cast<std::size_t>(bits));
    Noise noise(start);
    for (std::size_t element = 0; element < 500; ++element) {
      std::uint32_t want = 0;
      for (int i = bits; i-- > 0;)
        want = 2 * want +
               (s[element * static_cast<std::size_t>(bits) + static_cast<std::size_t>(i)] ? 1 : 0);
      const auto describe = [&](std::ostream& os) { os << bits << " bits, element " << element; };
      checker.equal(want, noise.next(bits), describe);
      if (element % 7 == 0) checker.equal(want, noise_word(start, element, bits), describe);
    }
  }
  checker.finish(14 * 500);
}

TEST_CASE("noise: a jump is that many steps, from 0 to 2,000", "[noise][law]") {
  bench::Checker checker;
  auto rng = bench::rng();
  const NoiseState start = random_state(rng);
  Noise noise(start);
  for (unsigned n = 0; n <= 2'000; ++n, noise.next_bit())
    checker.equal(true, noise_jump(start, n) == noise.state(),
                  [&](std::ostream& os) { os << "jump of " << n; });
  checker.finish(2'001);
}

TEST_CASE("noise: jumps add up, whatever their length", "[noise][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int i = 0; i < 100; ++i) {
    const NoiseState start = random_state(rng);
    const NoiseCount a = random_count(rng) >> rng() % 127;
    const NoiseCount b = random_count(rng) >> rng() % 127;
    checker.equal(true, noise_jump(start, a + b) == noise_jump(noise_jump(start, a), b),
                  [&](std::ostream& os) { os << "pair " << i; });
  }
  // The last element there can be: its position has 68 bits.
  const NoiseState start = noise_seed(5);
  NoiseState at = start;
  for (int i = 0; i < 14; ++i) at = noise_jump(at, ~std::uint64_t{0});
  checker.equal(Noise(at).next(14), noise_word(start, ~std::uint64_t{0}, 14),
                [](std::ostream& os) { os << "element 2^64 - 1"; });
  checker.finish(101);
}

// docs/noise.md (5): with this, p is irreducible and the order of x divides 2^127 - 1, a prime.
// Polynomials as rows of bits, squared by spreading and reduced from the top.
TEST_CASE("noise: 127 squarings of x give x modulo x^127 + x^63 + 1, and fewer do not",
          "[noise][law]") {
  std::bitset<254> power;
  power.set(1);
  const std::bitset<254> x = power;
  for (int i = 1; i <= 127; ++i) {
    std::bitset<254> square;
    for (std::size_t bit = 0; bit < 127; ++bit) square[2 * bit] = power[bit];
    for (std::size_t bit = 253; bit >= 127; --bit)
      if (square[bit]) {
        square.flip(bit);
        square.flip(bit - 64);
        square.flip(bit - 127);
      }
    power = square;
    CHECK((power == x) == (i == 127));
  }
}

TEST_CASE("noise: a state comes back after 2^127 - 1 steps", "[noise][law]") {
  auto rng = bench::rng();
  for (int i = 0; i < 10; ++i) {
    const NoiseState start = i == 0 ? NoiseState{1, 0} : random_state(rng);
    CHECK(noise_jump(start, kPeriod) == start);
    CHECK(noise_jump(start, kPeriod + 1) == noise_jump(start, 1));
    CHECK_FALSE(noise_jump(start, 1) == start);
  }
  CHECK(noise_jump({0, 0}, 12'345) == NoiseState{0, 0});
}

// The largest correlation between the words of two lanes, `lag` groups apart; in 1/1000. Words are
// numbers of 8 bits, doubled and centred, w = 2 word - 255, whose mean is 0 and whose variance is
// (256^2 - 1) / 3 = 21,845: the correlation is sum w w' / (samples * 21,845).
struct Correlation {
  std::int64_t permille = 0;
  std::size_t lane = 0, other = 0, lag = 0;
};

Correlation largest_correlation(std::size_t lanes, unsigned leap) {
  constexpr std::size_t kSamples = 20'000, kLags = 64;
  std::vector<std::vector<std::int16_t>> words(lanes);
  Noise group(noise_seed(0));
  for (std::size_t t = 0; t < kSamples + kLags; ++t) {
    Noise lane = group;
    for (std::vector<std::int16_t>& row : words)
      row.push_back(static_cast<std::int16_t>(2 * static_cast<int>(lane.next(8)) - 255));
    for (unsigned i = 0; i < leap; ++i) group.next_bit();
  }
  Correlation largest;
  for (std::size_t lag = 0; lag <= kLags; ++lag)
    for (std::size_t lane = 0; lane < lanes; ++lane)
      for (std::size_t other = lag == 0 ? lane + 1 : 0; other < lanes; ++other) {
        const std::int16_t* const x = words[lane].data();
        const std::int16_t* const y = words[other].data() + lag;
        std::int32_t sum = 0;  // at most 20,000 * 255^2 < 2^31
        for (std::size_t t = 0; t < kSamples; ++t) sum += x[t] * y[t];
        const std::int64_t permille =
            std::abs(std::int64_t{sum}) * 1'000 / (std::int64_t{kSamples} * 21'845);
        if (permille > largest.permille) largest = {permille, lane, other, lag};
      }
  return largest;
}

// Independent words give about sqrt(2 ln(pairs) / 20,000): 0.031 for the 16,504 pairs of 16 lanes,
// 0.033 for the 66,032 of 32.
TEST_CASE("noise: lanes are not correlated up to 64 groups apart", "[noise][law]") {
  const Correlation of_16 = largest_correlation(16, 16 * 8);
  INFO(of_16.permille << "/1000 at lanes " << of_16.lane << ", " << of_16.other << " lag "
                      << of_16.lag);
  CHECK(of_16.permille <= 35);
  const Correlation of_32 = largest_correlation(32, 32 * 8);
  INFO(of_32.permille << "/1000 at lanes " << of_32.lane << ", " << of_32.other << " lag "
                      << of_32.lag);
  CHECK(of_32.permille <= 35);
}

TEST_CASE("noise: a leap of 64 for 128 bits is found out: lanes repeat one group later",
          "[noise][law]") {
  const Correlation found = largest_correlation(16, 64);
  INFO(found.permille << "/1000 at lanes " << found.lane << ", " << found.other);
  CHECK(found.permille >= 990);
  CHECK(found.lag == 1);
  CHECK(found.lane == found.other + 8);
}

// Bits of the first group that the next one repeats, when groups of `bits` are `leap` bits apart: a
// bit of the next group that equals a bit of this one in every sample. Independent bits do so in 64
// samples for one pair of 2^14 in a million million million.
std::size_t repeated_bits(std::size_t bits, unsigned leap) {
  constexpr std::size_t kSamples = 64;
  const std::vector<bool> s = table(noise_seed(0), (kSamples + 1) * leap + bits);
  std::size_t repeated = 0;
  for (std::size_t bit = 0; bit < bits; ++bit)
    for (std::size_t other = 0; other < bits; ++other) {
      bool equal = true;
      for (std::size_t t = 0; t < kSamples && equal; ++t)
        equal = s[t * leap + bit] == s[(t + 1) * leap + other];
      repeated += equal ? 1 : 0;
    }
  return repeated;
}

TEST_CASE("noise: any leap below the bits of a group repeats the rest, a whole leap none",
          "[noise][law][exhaustive]") {
  for (const std::size_t bits : {std::size_t{24}, std::size_t{128}})
    for (unsigned leap = 1; leap <= bits; ++leap) {
      INFO(bits << " bits, leap " << leap);
      CHECK(repeated_bits(bits, leap) == bits - leap);
    }
}

}  // namespace
}  // namespace rh
