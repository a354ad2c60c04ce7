// Sums and exponents worth trying, for the test and the law.
#pragma once
#include <random>
#include <set>
#include <vector>

#include "normalize/normalize.hpp"

namespace rh::normalize_cases {

inline constexpr int kMinExponent = -512;  // of the port, 10 bits
inline constexpr int kMaxExponent = 511;

inline Uint128 power(int n) {
  return Uint128{1} << n;
}

inline Uint128 magnitude(Int128 x) {
  const Uint128 bits = static_cast<Uint128>(x);
  return x < 0 ? 0 - bits : bits;
}

// x in `width` bits, two's complement.
inline Int128 wrap(Uint128 x, int width) {
  return static_cast<Int128>(x << (128 - width)) >> (128 - width);
}

// Sums of `width` bits, both signs and the most negative: powers of two, runs of ones, ties and
// their neighbours at 24 bits of result and at fewer, with odd and even last bits.
inline std::vector<Int128> sums(int width) {
  const Int128 largest = wrap(power(width - 1) - 1, width);
  std::set<Int128> found{0, largest, -largest - 1};
  const auto add = [&](Uint128 x) {
    if (x > static_cast<Uint128>(largest)) return;
    found.insert(static_cast<Int128>(x));
    found.insert(-static_cast<Int128>(x));
  };
  for (int i = 0; i < width; ++i)
    for (int delta = -2; delta <= 2; ++delta) {
      const auto near = [&](Uint128 x) { add(x + static_cast<Uint128>(Int128{delta})); };
      near(power(i));
      for (const int below : {1, 2, 11, 22, 23, 24, 25, 26, 31, 32, 33, 63}) {
        if (below > i) continue;
        near(power(i) + power(i - below));      // even, tie at 24
        near(power(i) + power(i - below) * 3);  // odd, tie at 23
        near(2 * power(i) - power(i - below));  // ones, carry at 24
      }
    }
  return {found.begin(), found.end()};
}

// Exponents for a sum of `width` bits: the ends of the port, and those at which its top bit or its
// lowest bit is near an end of the subnormal or of the normal range.
inline std::vector<int> exponents(int width) {
  std::set<int> found{0, -1, 1};
  const auto add = [&](int around) {
    for (int e = around - 3; e <= around + 3; ++e)
      if (e >= kMinExponent && e <= kMaxExponent) found.insert(e);
  };
  for (const int end : {kMinExponent, kMaxExponent, -149, -126, 104, 128})
    for (const int bits : {0, 24, width - 1}) add(end - bits);
  return {found.begin(), found.end()};
}

// Any length, any sign; half of them end in zeros, so that ties are met.
inline Int128 random_sum(std::mt19937_64& rng, int width) {
  const Uint128 bits = Uint128{rng()} << 64 | rng();
  const Int128 sum = wrap(bits, width) >> (rng() % static_cast<std::uint64_t>(width));
  if (rng() % 2 == 0) return sum;
  const int length = bit_width(magnitude(sum));
  const int keep = 22 + static_cast<int>(rng() % 5);
  if (length <= keep) return sum;
  return wrap(static_cast<Uint128>(sum >> (length - keep)) << (length - keep), width);
}

// Mostly where the result is finite and not 0, often near the ends of that, at times anywhere.
inline int random_exponent(std::mt19937_64& rng, Int128 sum) {
  const int length = bit_width(magnitude(sum));
  const auto in = [&](int low, int high) {
    return low + static_cast<int>(rng() % static_cast<std::uint64_t>(high - low + 1));
  };
  switch (rng() % 4) {
    case 0: return in(kMinExponent, kMaxExponent);
    case 1: return in(-150, 129) - length;  // the top bit within the range
    case 2: return in(-152, -122) - length;
    default: return in(126, 131) - length;
  }
}

inline std::uint64_t low_word(Int128 x) {
  return static_cast<std::uint64_t>(static_cast<Uint128>(x));
}
inline std::uint64_t high_word(Int128 x) {
  return static_cast<std::uint64_t>(static_cast<Uint128>(x) >> 64);
}

}  // namespace rh::normalize_cases
