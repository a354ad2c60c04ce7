// Golden model of rtl/convert/rh_convert_bfp.sv: FP32 to block floating point, and to MX blocks of
// minifloats. Written from docs/contract.md (15) to (26), not from the RTL.
#pragma once
#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "float/float.hpp"
#include "noise/noise.hpp"
#include "number/number.hpp"
#include "round/round.hpp"

namespace rh {

// What happened to a group; several may hold, NaN excludes the others.       docs/contract.md (26)
enum GroupFlag : std::uint8_t {
  kNanGroup = 1,        // it holds a NaN or an infinity: exponent all ones, codes 0
  kSaturatedGroup = 2,  // some code is the largest because its value was beyond it
  kUnderflowGroup = 4,  // not zero, and its exponent would lie below 0: the codes shrink
  kBumpedGroup = 8,     // rounding carried out of the largest code, the exponent is one larger
};

// Lines cut into groups of group_size values. The last group of a line may be short.
struct BfpLines {
  std::int64_t lines = 0;
  std::int64_t length = 0;
  int group_size = 1;
  int base = 0;                         // of the exponents
  std::vector<std::int16_t> codes;      // lines x length: the integer, or a minifloat's bits
  std::vector<std::uint8_t> exponents;  // lines x groups_per_line()
  std::vector<std::uint8_t> flags;      // lines x groups_per_line(), GroupFlag bits
  bool operator==(const BfpLines&) const = default;

  std::int64_t groups_per_line() const { return (length + group_size - 1) / group_size; }
  std::int64_t count(GroupFlag flag) const {
    return std::count_if(flags.begin(), flags.end(), [&](auto f) { return (f & flag) != 0; });
  }
};

// floor(log2 |x|) of a finite x that is not zero, exact, subnormals included.
constexpr int exponent_of(std::uint32_t x) {
  const fp32::Unpacked u = fp32::unpack(x);
  return u.exponent + static_cast<int>(std::bit_width(u.significand)) - 1;
}

// The exponent that the largest magnitude of a group asks for; amax is finite and not zero.
//                                                                    docs/contract.md (17) to (20)
constexpr int ruled_exponent(const Format& format, std::uint32_t amax) {
  const fp32::Unpacked u = fp32::unpack_normalized(amax);  // amax = s * 2^floor, 1 <= s < 2
  const int floor = u.exponent + 23;
  const std::uint64_t s = u.significand;  // times 2^23
  const std::uint64_t one = std::uint64_t{1} << 23;
  const int p = format.significand_bits();
  switch (format.rule) {
    case ExponentRule::Floor: return floor;
    case ExponentRule::Ceil: return (s > one ? floor + 1 : floor) - (format.is_minifloat() ? 0 : 1);
    case ExponentRule::Even:  // s rounded to p bits reaches 2
      return (s << p) >= ((one << (p + 1)) - one) ? floor + 1 : floor;
    case ExponentRule::Rceil: {  // s is beyond the largest significand
      const auto largest =
          static_cast<std::uint64_t>(format.max_code() - (format.binades() << (p - 1)));
      return (s << (p - 1)) > largest * one ? floor + 1 : floor;
    }
  }
  return floor;
}

// The base of a tensor whose largest finite magnitude is amax (0: it has none but zeros).
//                                                                            docs/contract.md (16)
constexpr int default_base(const Format& format, std::uint32_t amax) {
  if (format.exponent_bits == 8) return -127;
  if (fp32::is_zero(amax)) return 0;
  const int top = ruled_exponent(format, amax) - format.element_exponent() +
                  (format.overflow == Overflow::Bump ? 1 : 0);
  return std::clamp(top - format.max_exponent(), kMinBase, kMaxBase);
}

// The code of |x| in a group whose largest binade has exponent `top`; not limited to max_code(),
// except that anything from 2^(top + 2) on gives twice as much.
//   code = (L - b) 2^(p-1) + round(|x| / 2^(top - b - (p - 1)))
//   b    = clamp(top - floor(log2 |x|), 0, L)                         docs/contract.md (22), (23)
constexpr int block_code(const Format& format, int top, std::uint32_t x, std::uint32_t noise) {
  if (fp32::is_zero(x)) return 0;
  const int d = top - exponent_of(x);
  if (d < -1) return 2 * (format.max_code() + 1);
  const int p = format.significand_bits();
  const int binade = std::clamp(d, 0, format.binades());
  const fp32::Unpacked u = fp32::unpack(x);
  const int drop = top - binade - (p - 1) - u.exponent;  // bits of the significand below the cut
  std::uint64_t k = 0;
  if (drop <= 0) {
    k = u.significand << -drop;
  } else if (drop <= 47) {
    k = round(format.rounding, u.significand, drop, p + 2, noise, format.noise_bits).out;
  }  // else |x| is below 2^24 / 2^48 of a unit, which no mode and no noise rounds up
  return ((format.binades() - binade) << (p - 1)) + static_cast<int>(k);
}

struct BfpGroup {
  std::vector<std::int16_t> codes;
  std::uint8_t exponent = 0;
  std::uint8_t flags = 0;
  bool operator==(const BfpGroup&) const = default;
};

// One group. `noise` has a word of format.noise_bits bits for each element; only the two stochastic
// modes read it, for the others it may be empty.                    docs/contract.md (21) to (26)
inline BfpGroup convert_group(const Format& format, int base, std::span<const std::uint32_t> x,
                              std::span<const std::uint32_t> noise) {
  assert(format.is_block() && base >= kMinBase && base <= kMaxBase);
  assert(!is_stochastic(format.rounding) || noise.size() >= x.size());
  BfpGroup group{std::vector<std::int16_t>(x.size()), 0, 0};
  std::uint32_t amax = 0;
  for (const std::uint32_t v : x) amax = std::max(amax, fp32::magnitude(v));
  if (amax >= kFp32Infinity) {
    group.exponent = static_cast<std::uint8_t>((1 << format.exponent_bits) - 1);
    group.flags = kNanGroup;
    return group;
  }
  int e = 0;
  if (amax != 0) {
    const int wanted = ruled_exponent(format, amax) - format.element_exponent() - base;
    if (wanted < 0) group.flags |= kUnderflowGroup;
    e = std::clamp(wanted, 0, format.max_exponent());
  }

  // Magnitudes at exponent e; does one lie beyond its largest code?
  std::vector<int> magnitudes(x.size());
  const auto limit = [&](std::size_t i) {
    return format.max_code() + (format.most_negative && fp32::negative(x[i]) ? 1 : 0);
  };
  const auto any_beyond = [&] {
    bool beyond = false;
    for (std::size_t i = 0; i < x.size(); ++i) {
      magnitudes[i] = block_code(format, base + e + format.element_exponent(), x[i],
                                 noise.empty() ? 0 : noise[i]);
      beyond = beyond || magnitudes[i] > limit(i);
    }
    return beyond;
  };
  bool saturated = any_beyond();
  if (saturated && format.overflow == Overflow::Bump && e < format.max_exponent()) {
    ++e;
    group.flags |= kBumpedGroup;
    saturated = any_beyond();
  }
  if (saturated) group.flags |= kSaturatedGroup;

  group.exponent = static_cast<std::uint8_t>(e);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const int magnitude = std::min(magnitudes[i], limit(i));
    const bool minus = fp32::negative(x[i]);
    const int code = format.is_minifloat() ? magnitude | (minus ? 1 << format.magnitude_bits : 0)
                                           : (minus ? -magnitude : magnitude);
    group.codes[i] = static_cast<std::int16_t>(code);
  }
  return group;
}

// FP32 bits of a code: fl(+-k 2^(base + e + element_exponent - b - (p - 1))), which is exact unless
// 2^128 is reached; kFp32Nan in a NaN group and for codes that are no numbers.
//                                                                    docs/contract.md (24), (25)
constexpr std::uint32_t block_value(const Format& format, int base, std::uint8_t exponent,
                                    std::uint8_t flags, int code) {
  if ((flags & kNanGroup) != 0 || exponent > format.max_exponent()) return kFp32Nan;
  const int p = format.significand_bits();
  const int top = base + exponent + format.element_exponent();
  if (!format.is_minifloat())
    return fp32::pack(code < 0, static_cast<std::uint64_t>(code < 0 ? -code : code), top - (p - 1));
  const int magnitude = code & ((1 << format.magnitude_bits) - 1);
  if (magnitude > format.max_code()) return kFp32Nan;
  // code = (L - b) 2^(p-1) + k with k below 2^p, and from 2^(p-1) on when b < L.
  const int above = std::max((magnitude >> (p - 1)) - 1, 0);  // L - b
  const int k = magnitude - (above << (p - 1));
  return fp32::pack((code >> format.magnitude_bits & 1) != 0, static_cast<std::uint64_t>(k),
                    top - (format.binades() - above) - (p - 1));
}

// What a conversion takes beside the values.
struct BfpOptions {
  std::optional<int> base;           // empty: the format's own, or default_base()
  NoiseState noise = noise_seed(0);  // of the tensor; read by the stochastic modes alone
  bool operator==(const BfpOptions&) const = default;
};

// The base that a conversion takes.                                          docs/contract.md (16)
inline int conversion_base(const Format& format, std::span<const float> values,
                           const BfpOptions& options = {}) {
  if (options.base) return *options.base;
  if (format.base) return *format.base;
  std::uint32_t amax = 0;
  if (format.exponent_bits < 8)
    for (const float x : values) {
      const std::uint32_t magnitude = fp32::magnitude(std::bit_cast<std::uint32_t>(x));
      if (magnitude < kFp32Infinity) amax = std::max(amax, magnitude);
    }
  return default_base(format, amax);
}

// The definition of block conversion: `lines` lines of `length` values, line-major. Element k of a
// line takes noise word line * g * ceil(length / g) + k, so padding takes words, too.
//                                                                            docs/contract.md (27)
inline BfpLines convert_bfp(std::span<const float> values, std::int64_t lines, std::int64_t length,
                            const Format& format, const BfpOptions& options = {}) {
  assert(format.is_block() && lines >= 0 && length >= 0);
  assert(values.size() == static_cast<std::size_t>(lines) * static_cast<std::size_t>(length));
  BfpLines out{lines, length, format.group_size, conversion_base(format, values, options), {},
               {},    {}};
  Noise stream(options.noise);
  for (std::int64_t line = 0; line < lines; ++line)
    for (std::int64_t first = 0; first < length; first += format.group_size) {
      std::vector<std::uint32_t> x(static_cast<std::size_t>(format.group_size));  // padded with +0
      const std::int64_t count = std::min<std::int64_t>(format.group_size, length - first);
      for (std::int64_t i = 0; i < count; ++i)
        x[static_cast<std::size_t>(i)] = std::bit_cast<std::uint32_t>(
            values[static_cast<std::size_t>(line * length + first + i)]);
      std::vector<std::uint32_t> noise;
      if (is_stochastic(format.rounding))
        for (std::int64_t i = 0; i < format.group_size; ++i)
          noise.push_back(stream.next(format.noise_bits));
      const BfpGroup group = convert_group(format, out.base, x, noise);
      out.codes.insert(out.codes.end(), group.codes.begin(), group.codes.begin() + count);
      out.exponents.push_back(group.exponent);
      out.flags.push_back(group.flags);
    }
  return out;
}

// The dequantised values, line-major.                                        docs/contract.md (24)
inline std::vector<float> dequantize_bfp(const Format& format, const BfpLines& lines) {
  std::vector<float> values(lines.codes.size());
  const auto length = static_cast<std::size_t>(lines.length);
  const auto g = static_cast<std::size_t>(lines.group_size);
  const auto per_line = static_cast<std::size_t>(lines.groups_per_line());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t group = i / length * per_line + i % length / g;
    values[i] = std::bit_cast<float>(block_value(format, lines.base, lines.exponents[group],
                                                 lines.flags[group], lines.codes[i]));
  }
  return values;
}

}  // namespace rh
