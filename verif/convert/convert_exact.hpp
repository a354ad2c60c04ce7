// Block conversion on exact real numbers: the second opinion that the laws hold the golden model
// against. It knows a Format by its fields alone and calls nothing of sw/convert or sw/round.
//
// Every quantity is a double and exact: an FP32 number has 24 significant bits and its exponent
// stays within +-700 after any scaling here, scaling by a power of two and floor() are exact, and
// a value less the grid value below it has no more than 24 bits. An element is not arithmetic but
// a sorted list of what its codes are worth; rounding is where a value lies between two of them.
#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "bench/checker.hpp"
#include "convert/convert_bfp.hpp"

namespace rh {

inline double exact(std::uint32_t x) {
  return static_cast<double>(std::bit_cast<float>(x));
}
inline std::uint32_t bits_of(float x) {
  return std::bit_cast<std::uint32_t>(x);
}

// 2^n, for n within the normal range of a double.
constexpr double power(int n) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(1023 + n) << 52);
}

class ExactConverter {
 public:
  explicit ExactConverter(const Format& format) : f_(format) {
    const int m = f_.magnitude_bits;
    const int e = f_.element_exponent_bits;
    max_code_ = (1 << m) - 1;
    if (e == 0) {
      units_ = power(m - 1);  // the list is 0, 1, 2, ... of them
    } else {  // with two binades beyond the codes, so that every value nearby has a place
      const int mantissa = m - e, bias = (1 << (e - 1)) - 1;
      for (int code = 0; code <= (1 << m) + (2 << mantissa); ++code) {
        const int field = code >> mantissa, fraction = code & ((1 << mantissa) - 1);
        grid_.push_back(field == 0 ? fraction * power(1 - bias - mantissa)
                                   : ((1 << mantissa) + fraction) * power(field - bias - mantissa));
      }
      if (f_.specials == Specials::Nan) max_code_ -= 1;
      if (f_.specials == Specials::InfinityNan) max_code_ -= 1 << mantissa;
    }
    element_exponent_ = std::ilogb(worth(max_code_));
  }

  int max_code() const { return max_code_; }
  int element_exponent() const { return element_exponent_; }
  int max_exponent() const { return f_.exponent_bits == 8 ? 254 : (1 << f_.exponent_bits) - 1; }
  // What a magnitude's code is worth at exponent 0 and base 0.
  double worth(int code) const {
    return units_ != 0 ? code / units_ : grid_[static_cast<std::size_t>(code)];
  }

  // The exponent that a largest magnitude asks for, base and clamp not counted.
  int wanted(double amax) const {
    const int floor = std::ilogb(amax);
    const double s = amax * power(-floor);  // 1 <= s < 2
    const int p = f_.element_exponent_bits == 0 ? f_.magnitude_bits
                                                : f_.magnitude_bits - f_.element_exponent_bits + 1;
    int up = 0;
    switch (f_.rule) {
      case ExponentRule::Floor: break;
      case ExponentRule::Ceil:
        up = (s > 1 ? 1 : 0) - (f_.element_exponent_bits == 0 ? 1 : 0);
        break;
      case ExponentRule::Even:  // s to p bits, nearest-even; the machine rounds so
        up = std::nearbyint(s * power(p - 1)) == power(p) ? 1 : 0;
        break;
      case ExponentRule::Rceil:  // the smallest exponent at which amax is within the largest code
        up = s * power(element_exponent_) > worth(max_code_) ? 1 : 0;
        break;
    }
    return floor + up - element_exponent_;
  }

  // The code of a magnitude given in units of 2^(base + e), before any limit.
  int round(double v, std::uint32_t noise) const {
    int below = 0;
    if (units_ != 0) {
      if (v >= 8) return 8 * (max_code_ + 1);
      below = static_cast<int>(v * units_);
    } else {
      if (v >= grid_.back()) return 8 * (max_code_ + 1);
      below = static_cast<int>(std::upper_bound(grid_.begin(), grid_.end(), v) - grid_.begin()) - 1;
    }
    const double f = (v - worth(below)) / (worth(below + 1) - worth(below));
    const double noises = power(f_.noise_bits);
    bool up = false;
    switch (f_.rounding) {
      case RoundMode::Truncate: break;
      case RoundMode::NearestEven: up = f > 0.5 || (f == 0.5 && below % 2 == 1); break;
      case RoundMode::NearestAway: up = f >= 0.5; break;
      case RoundMode::Stochastic: up = std::floor(noises * f) >= noises - noise; break;
      case RoundMode::StochasticUnbiased: up = noises * f >= noises - noise - 0.5; break;
    }
    return below + (up ? 1 : 0);
  }

  BfpGroup convert(int base, std::span<const std::uint32_t> x,
                   std::span<const std::uint32_t> noise) const {
    BfpGroup group{std::vector<std::int16_t>(x.size()), 0, 0};
    double amax = 0;
    for (const std::uint32_t bits : x) {
      if (!std::isfinite(exact(bits))) {
        group.exponent = static_cast<std::uint8_t>((1 << f_.exponent_bits) - 1);
        group.flags = kNanGroup;
        return group;
      }
      amax = std::max(amax, std::abs(exact(bits)));
    }
    int e = 0;
    if (amax > 0) {
      const int asked = wanted(amax) - base;
      if (asked < 0) group.flags |= kUnderflowGroup;
      e = std::min(std::max(asked, 0), max_exponent());
    }
    bool beyond = codes(base + e, x, noise, group.codes);
    if (beyond && f_.overflow == Overflow::Bump && e < max_exponent()) {
      group.flags |= kBumpedGroup;
      beyond = codes(base + ++e, x, noise, group.codes);
    }
    if (beyond) group.flags |= kSaturatedGroup;
    group.exponent = static_cast<std::uint8_t>(e);
    return group;
  }

 private:
  // The codes at a scale 2^scale, limited; was one beyond its limit?
  bool codes(int scale, std::span<const std::uint32_t> x, std::span<const std::uint32_t> noise,
             std::vector<std::int16_t>& out) const {
    bool beyond = false;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const bool minus = std::signbit(std::bit_cast<float>(x[i]));
      const int limit = f_.most_negative && minus ? max_code_ + 1 : max_code_;
      int k = round(std::abs(exact(x[i])) * power(-scale), noise.empty() ? 0 : noise[i]);
      beyond = beyond || k > limit;
      k = std::min(k, limit);
      const int code = f_.element_exponent_bits == 0 ? (minus ? -k : k)
                                                     : k + (minus ? 1 << f_.magnitude_bits : 0);
      out[i] = static_cast<std::int16_t>(code);
    }
    return beyond;
  }

  Format f_;
  int max_code_;
  int element_exponent_;
  double units_ = 0;          // integers: codes in one
  std::vector<double> grid_;  // minifloats: what the codes are worth
};

inline std::string text(const BfpGroup& group) {
  std::ostringstream os;
  os << "e " << +group.exponent << " flags " << +group.flags << " codes";
  for (const std::int16_t code : group.codes) os << " " << code;
  return os.str();
}

inline void describe_format(std::ostream& os, const Format& f, int base) {
  os << "m " << f.magnitude_bits << " element exponent bits " << f.element_exponent_bits << " E "
     << f.exponent_bits << " base " << base << " " << name(f.rounding) << " R " << f.noise_bits
     << " " << name(f.rule) << " " << name(f.overflow) << (f.most_negative ? " negmin" : "");
}

// One group by the golden model and by exact arithmetic; returns the golden model's.
inline BfpGroup check_group(bench::Checker& checker, const ExactConverter& exactly,
                            const Format& format, int base, std::span<const std::uint32_t> x,
                            std::span<const std::uint32_t> noise = {}) {
  const BfpGroup want = exactly.convert(base, x, noise);
  BfpGroup got = convert_group(format, base, x, noise);
  if (want == got) {
    checker.equal(true, true, [](std::ostream&) {});
  } else {
    checker.equal(text(want), text(got), [&](std::ostream& os) {
      describe_format(os, format, base);
      os << " x" << std::hex;
      for (const std::uint32_t bits : x) os << " " << bits;
      os << " noise";
      for (const std::uint32_t word : noise) os << " " << word;
      os << std::dec;
    });
  }
  return got;
}

}  // namespace rh
