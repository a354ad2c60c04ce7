// One text, compiled for several instruction sets; the compiler vectorises its loops.
//
// Groups are converted in blocks that stay in the first-level cache: first the largest magnitudes,
// then exponents, flags and scales of all groups of the block, then the codes.
//
// Exponents. A rule compares the fraction of amax with a constant, so it is one integer sum on the
// FP32 pattern, whose carry raises the exponent field: Plan::carry, docs/contract.md (17) to (20).
//
// Codes. With y = x 2^c, c such that the lowest bit of a code is worth 1 in y (2^S for the modes
// that need bits below the cut), the code is
//   nearest-even   bits(fl(y + 1.5 2^23)) - bits(1.5 2^23)       fl() rounds to an integer
//   all others     sign(y) ((trunc(|y|) + n) >> S)
//   truncate S = 0, n = 0; nearest-away S = 1, n = 1; stochastic S = R, n = noise;
//   stochastic-unbiased S = R + 1, n = 2 noise + 1: the rule of docs/contract.md (5), doubled
// The product by 2^c is exact unless it is below 2^-126, where neither what is lost nor the rest
// can reach half a unit. y is limited, so that no conversion overflows and the largest code is not
// passed; that the limit acted says that the group saturates.
//
// A minifloat has its own cut in each binade: |y| is scaled so that its lowest normal binade, which
// the subnormal numbers share, is [1, 2); its exponent field tells the binade, and a second exact
// product moves the cut to 1.
//
// Groups that this does not cover - with a NaN or an infinity, with a subnormal amax, or with a
// scale that is no normal FP32 number - go to the definition, one by one.
#include "convert/convert_bfp_fast.hpp"

#include <array>
#include <cmath>
#include <cstring>

#include "noise/noise_fast.hpp"
#include "number/dispatch.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rh {
namespace {

constexpr std::int32_t kMagnitude = 0x7FFF'FFFF;
constexpr std::int32_t kInfinity = 0x7F80'0000;
constexpr std::int32_t kSmallestNormal = 0x0080'0000;
constexpr float kIntegers = 12'582'912.0f;  // 1.5 2^23: the lowest bit of a sum is worth 1
constexpr std::int64_t kBlock = 1'024;      // values of a block, or one group if that has more
constexpr std::int64_t kBlockGroups = 64, kBaseGroups = 16;
// Values ahead of the codes that are fetched into the first and into the second cache: measured.
constexpr std::int64_t kNear = 1'024, kFar = 8'192;
constexpr std::int64_t kLine = 32;  // codes of a cache line

constexpr std::size_t kStreamFrom = std::size_t{1} << 22;  // codes of a tensor beyond the caches

// What is added before the shift: bytes, words or, to round to nearest even, nothing.
using Bytes = std::uint8_t;
using Words = std::uint16_t;
struct Nothing {};

enum class Element : std::uint8_t { Integer, MostNegative, Minifloat };

// What the loops need to know of a format and a base.
struct Plan {
  std::int32_t carry;  // wanted exponent = ((amax + carry) >> 23) - offset
  std::int32_t offset;
  std::int32_t max_exponent;
  std::int32_t scale_field;  // exponent field of the scale of a group with exponent 0
  std::int32_t shift;        // S
  std::int32_t limit;        // of the pattern of |y|
  std::int32_t minus_limit;  // how much higher it is for a negative element
  // Integers.
  std::int32_t most;        // but for nearest-even: the largest sum
  std::int32_t minus_most;  // how much higher it is for a negative element
  // Minifloats.
  std::int32_t precision;  // p - 1
  std::int32_t cut_field;  // exponent field of 2^(p - 1 + S)
  std::int32_t max_code;
  std::int32_t sign;  // the sign bit of a code

  Plan(const Format& f, int base) {
    const int p = f.significand_bits();
    max_code = f.max_code();
    const int binades = f.binades();
    precision = p - 1;
    switch (f.rule) {
      case ExponentRule::Floor: carry = 0; break;
      case ExponentRule::Ceil: carry = 0x7F'FFFF; break;
      case ExponentRule::Even: carry = 1 << (23 - p); break;
      case ExponentRule::Rceil: {
        const int largest = max_code - (binades << precision);
        carry = (1 << 24) - 1 - (largest << (24 - p));
        break;
      }
    }
    const bool lower = f.rule == ExponentRule::Ceil && !f.is_minifloat();
    offset = 127 + (lower ? 1 : 0) + f.element_exponent() + base;
    max_exponent = f.max_exponent();
    shift = 0;
    switch (f.rounding) {
      case RoundMode::Truncate:
      case RoundMode::NearestEven: break;
      case RoundMode::NearestAway: shift = 1; break;
      case RoundMode::Stochastic: shift = f.noise_bits; break;
      case RoundMode::StochasticUnbiased: shift = f.noise_bits + 1; break;
    }
    const int top = base + f.element_exponent();  // of a group with exponent 0
    scale_field = 127 - top + (f.is_minifloat() ? binades : precision + shift);
    cut_field = 127 + precision + shift;
    sign = 1 << f.magnitude_bits;

    const auto limits = [&](float plus, float minus) {
      limit = std::bit_cast<std::int32_t>(plus);
      minus_limit = f.most_negative ? std::bit_cast<std::int32_t>(minus) - limit : 0;
    };
    if (f.is_minifloat()) {  // above the largest binade
      limits(std::ldexp(2.0f, binades), 0);
    } else if (f.rounding == RoundMode::NearestEven) {
      // What still rounds to the last code: max_code is odd, 2^m is even.
      const float tie = static_cast<float>(max_code) + 0.5f;
      limits(std::nextafter(tie, 0.0f), tie + 1);
    } else {  // beyond all codes
      limit = std::bit_cast<std::int32_t>(std::ldexp(static_cast<float>(max_code + 2), shift));
      minus_limit = 0;
    }
    most = ((max_code + 1) << shift) - 1;
    minus_most = f.most_negative ? 1 << shift : 0;
  }
};

// Groups of one size, one after the other.
struct Block {
  const float* x;
  std::int64_t groups;
  std::int64_t size;  // of a group
  const void* addends;
};

// 2^(field - 127), for fields of normal numbers.
[[gnu::always_inline]] inline float power(std::int32_t field) {
  return std::bit_cast<float>(field << 23);
}

[[gnu::always_inline]] inline std::int32_t magnitude(float x) {
  return std::bit_cast<std::int32_t>(x) & kMagnitude;
}

[[gnu::always_inline]] inline void largest_loops(const Block& block, std::int32_t* amax) {
  for (std::int64_t j = 0; j < block.groups; ++j) {
    const float* const x = block.x + j * block.size;
    std::int32_t lanes[16] = {};
    if (block.size % 16 == 0) {
      for (std::int64_t first = 0; first < block.size; first += 16)
        for (int i = 0; i < 16; ++i) lanes[i] = std::max(lanes[i], magnitude(x[first + i]));
      for (int i = 0; i < 8; ++i) lanes[i] = std::max(lanes[i], lanes[i + 8]);
      for (int i = 0; i < 4; ++i) lanes[i] = std::max(lanes[i], lanes[i + 4]);
      for (int i = 0; i < 2; ++i) lanes[i] = std::max(lanes[i], lanes[i + 2]);
      lanes[0] = std::max(lanes[0], lanes[1]);
    } else {
      for (std::int64_t i = 0; i < block.size; ++i) lanes[0] = std::max(lanes[0], magnitude(x[i]));
    }
    amax[j] = lanes[0];
  }
}

#if defined(__x86_64__)
using Lanes [[gnu::vector_size(64)]] = std::int32_t;

// In each quarter (a0 a1 a2 a3), (b0 b1 b2 b3): max(a0, a2) max(b0, b2) max(a1, a3) max(b1, b3).
[[gnu::target("avx512f"), gnu::always_inline]] inline Lanes merge_in_quarters(const Lanes& a,
                                                                              const Lanes& b) {
  const Lanes low =
      __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
  const Lanes high =
      __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  return low > high ? low : high;
}
// Of quarters (a0 a1 a2 a3), (b0 b1 b2 b3): max(a0, a1) max(a2, a3) max(b0, b1) max(b2, b3).
[[gnu::target("avx512f"), gnu::always_inline]] inline Lanes merge_quarters(const Lanes& a,
                                                                           const Lanes& b) {
  const Lanes even =
      __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
  const Lanes odd =
      __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  return even > odd ? even : odd;
}

// Sixteen groups, whose sizes are multiples of 16, at a time: four merges of two vectors into one
// put the largest of group j into lane j.
[[gnu::target("avx512f")]] void largest_avx512(const Block& block, std::int32_t* amax) {
  std::int64_t done = 0;
  for (; block.size % 16 == 0 && block.groups - done >= 16; done += 16) {
    Lanes v[16];
#pragma GCC unroll 16
    for (std::int64_t j = 0; j < 16; ++j) {
      const float* const x = block.x + (done + j) * block.size;
      v[j] = Lanes{};
      for (std::int64_t i = 0; i < block.size; i += 16) {
        Lanes next;
        std::memcpy(&next, x + i, sizeof next);
        next &= kMagnitude;
        v[j] = next > v[j] ? next : v[j];
      }
    }
    Lanes w[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i)
      w[i] = merge_in_quarters(merge_in_quarters(v[4 * i], v[4 * i + 2]),
                               merge_in_quarters(v[4 * i + 1], v[4 * i + 3]));
    const Lanes all = merge_quarters(merge_quarters(w[0], w[1]), merge_quarters(w[2], w[3]));
    std::memcpy(amax + done, &all, sizeof all);
  }
  largest_loops({block.x + done * block.size, block.groups - done, block.size, nullptr},
                amax + done);
}
#endif

// Exponents, flags and scales of the groups; the scale is 0 for those of zeros and special ones.
// Returns whether there are special ones.
[[gnu::always_inline]] inline bool exponents_loops(const Plan& given, std::int64_t groups,
                                                   const std::int32_t* __restrict amax,
                                                   std::uint8_t* __restrict exponents,
                                                   std::uint8_t* __restrict flags,
                                                   float* __restrict scales) {
  const Plan plan = given;
  std::int32_t special = 0;
  for (std::int64_t j = 0; j < groups; ++j) {
    const std::int32_t largest = amax[j];
    const std::int32_t zero = largest == 0 ? 1 : 0;
    // Unsigned: of a NaN the sum may leave the range of signed integers; its group is special.
    const std::uint32_t carried =
        static_cast<std::uint32_t>(largest) + static_cast<std::uint32_t>(plan.carry);
    const std::int32_t wanted = static_cast<std::int32_t>(carried >> 23) - plan.offset;
    std::int32_t e = wanted < plan.max_exponent ? wanted : plan.max_exponent;
    e = e > 0 ? e : 0;
    e = zero != 0 ? 0 : e;
    const std::int32_t field = plan.scale_field - e;
    const std::int32_t unusual = (largest < kSmallestNormal ? 1 : 0) |
                                 (largest >= kInfinity ? 1 : 0) | (field < 2 ? 1 : 0) |
                                 (field > 254 ? 1 : 0);
    const std::int32_t underflow = wanted < 0 ? std::int32_t{kUnderflowGroup} : 0;
    exponents[j] = static_cast<std::uint8_t>(e);
    flags[j] = static_cast<std::uint8_t>(zero != 0 ? 0 : underflow);
    scales[j] = std::bit_cast<float>(unusual != 0 ? 0 : field << 23);
    special |= zero != 0 ? 0 : unusual;
  }
  return special != 0;
}

// Codes of one group; is one of them beyond the largest? `count` is best known where this is
// inlined. Comparisons are those of integers, which g++ vectorises: patterns of |y| are in order.
template <Element kElement, class Addend>
[[gnu::always_inline]] inline bool encode(const Plan& plan, const float* x, std::int64_t count,
                                          float scale, const Addend* addends,
                                          std::int16_t* __restrict codes) {
  constexpr bool kNearestEven = std::is_same_v<Addend, Nothing>;
  std::int32_t beyond = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::int32_t>(x[i] * scale);
    const std::int32_t minus = bits >> 31;  // all ones or 0
    const std::int32_t magnitude = bits & kMagnitude;
    std::int32_t limit = plan.limit;
    if constexpr (kElement == Element::MostNegative) limit += minus & plan.minus_limit;
    const std::int32_t limited = std::min(magnitude, limit);

    if constexpr (kElement != Element::Minifloat && kNearestEven) {
      beyond |= limited != magnitude ? 1 : 0;
      const auto y = std::bit_cast<float>(limited | (bits & ~kMagnitude));
      codes[i] = static_cast<std::int16_t>(std::bit_cast<std::int32_t>(y + kIntegers));
    } else if constexpr (kElement != Element::Minifloat) {
      std::int32_t most = plan.most;
      if constexpr (kElement == Element::MostNegative) most += minus & plan.minus_most;
      const std::int32_t sum =
          static_cast<std::int32_t>(std::bit_cast<float>(limited)) + addends[i];
      beyond |= sum > most ? 1 : 0;
      const std::int32_t code = std::min(sum, most) >> plan.shift;
      codes[i] = static_cast<std::int16_t>((code ^ minus) - minus);
    } else {
      // L - b; L + 1 at the limit, whose code is 2^(p-1) (L + 2), beyond the largest.
      const std::int32_t above = std::max((limited >> 23) - 127, 0);
      const float y = std::bit_cast<float>(limited) * power(plan.cut_field - above);
      std::int32_t sum;
      if constexpr (kNearestEven)
        sum = std::bit_cast<std::int32_t>(y + kIntegers) - std::bit_cast<std::int32_t>(kIntegers);
      else
        sum = (static_cast<std::int32_t>(y) + addends[i]) >> plan.shift;
      const std::int32_t code = (above << plan.precision) + sum;
      beyond |= code > plan.max_code ? 1 : 0;
      codes[i] = static_cast<std::int16_t>(std::min(code, plan.max_code) | (minus & plan.sign));
    }
  }
  return beyond != 0;
}

// `size` is that of the block's groups, best known where this is inlined.
template <Element kElement, class Addend>
[[gnu::always_inline]] inline void encode_groups(const Plan& given, const Block& block,
                                                 std::int64_t size, const float* scales,
                                                 std::int16_t* codes, std::uint8_t* beyond) {
  const Plan plan = given;  // stores of codes cannot change it
  const std::int64_t groups = block.groups;
  const float* x = block.x;
  const auto* addends = static_cast<const Addend*>(block.addends);  // null when there are none
  const auto behind = [](const Addend* first, std::int64_t count) {
    return std::is_same_v<Addend, Nothing> ? first : first + count;
  };
  for (std::int64_t j = 0; j < groups; ++j, x += size, codes += size) {
    bool any = false;
    if (size % 16 == 0)
      for (std::int64_t i = 0; i < size; i += 16) {
        __builtin_prefetch(x + i + kNear);
        __builtin_prefetch(x + i + kFar, 0, 2);
        any |= encode<kElement>(plan, x + i, 16, scales[j], behind(addends, i), codes + i);
      }
    else
      any = encode<kElement>(plan, x, size, scales[j], addends, codes);
    beyond[j] = any ? 1 : 0;
    addends = behind(addends, size);
  }
}

template <Element kElement, class Addend>
[[gnu::always_inline]] inline void encode_loops(const Plan& plan, const Block& block,
                                                const float* scales, std::int16_t* codes,
                                                std::uint8_t* beyond) {
  // clang++ 14 makes less of the short loop for nearest-even.
  if (block.size == 16 && !std::is_same_v<Addend, Nothing>)
    encode_groups<kElement, Addend>(plan, block, 16, scales, codes, beyond);
  else
    encode_groups<kElement, Addend>(plan, block, block.size, scales, codes, beyond);
}

// Values of the codes of one group.
template <bool kMinifloat>
[[gnu::always_inline]] inline void decode(const Format& format, const std::int16_t* codes,
                                          std::int64_t count, float scale,
                                          float* __restrict values) {
  const std::int32_t precision = format.significand_bits() - 1, max_code = format.max_code();
  const std::int32_t bits = format.magnitude_bits;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int32_t code = codes[i];
    if constexpr (kMinifloat) {
      const std::int32_t magnitude = code & ((1 << bits) - 1);
      const std::int32_t above = std::max((magnitude >> precision) - 1, 0);  // L - b
      const auto k = static_cast<float>(magnitude - (above << precision));
      const auto value = std::bit_cast<std::int32_t>(k * power(127 + above) * scale);
      const std::int32_t minus = (code >> bits & 1) != 0 ? ~kMagnitude : 0;
      values[i] = std::bit_cast<float>(magnitude > max_code ? static_cast<std::int32_t>(kFp32Nan)
                                                            : value | minus);
    } else {
      values[i] = static_cast<float>(code) * scale;
    }
  }
}

// A code is an exact float, and so is its product by 2^above; the product by the scale rounds once,
// as the definition does. The scale is 2^-149 at least, by the limits of a base; one above 2^127
// goes to the definition.
[[gnu::always_inline]] inline void decode_loops(const Format& format, const BfpLines& lines,
                                                float* values) {
  const int lowest =
      lines.base + format.element_exponent() - format.binades() - (format.significand_bits() - 1);
  const std::int64_t per_line = lines.groups_per_line();
  for (std::int64_t line = 0; line < lines.lines; ++line)
    for (std::int64_t j = 0; j < per_line; ++j) {
      const std::int64_t first = line * lines.length + j * lines.group_size;
      const std::int64_t count =
          std::min<std::int64_t>(lines.group_size, lines.length - j * lines.group_size);
      const auto group = static_cast<std::size_t>(line * per_line + j);
      const std::int16_t* const codes = lines.codes.data() + first;
      const std::uint8_t exponent = lines.exponents[group], flags = lines.flags[group];
      const int power_of_two = lowest + exponent;
      float* const to = values + first;
      if ((flags & kNanGroup) != 0 || exponent > format.max_exponent() || power_of_two > 127) {
        for (std::int64_t i = 0; i < count; ++i)
          to[i] = std::bit_cast<float>(block_value(format, lines.base, exponent, flags, codes[i]));
        continue;
      }
      const float scale = power_of_two >= -126 ? power(power_of_two + 127)
                                               : std::bit_cast<float>(1 << (power_of_two + 149));
      if (format.is_minifloat())
        decode<true>(format, codes, count, scale, to);
      else if (count % 16 == 0)
        for (std::int64_t i = 0; i < count; i += 16)
          decode<false>(format, codes + i, 16, scale, to + i);
      else
        decode<false>(format, codes, count, scale, to);
    }
}

// Copies whole cache lines past the caches: without reading what is overwritten, without displacing
// anything. Both ends are aligned. drain() puts the copies in order with what follows.
void stream_portable(const std::int16_t* from, std::int64_t lines, std::int16_t* to) {
#if defined(__x86_64__)
  const auto* source = reinterpret_cast<const __m128i*>(from);
  auto* target = reinterpret_cast<__m128i*>(to);
  for (std::int64_t i = 0; i < 4 * lines; ++i) _mm_stream_si128(target + i, source[i]);
#else
  std::copy_n(from, lines * kLine, to);
#endif
}
#if defined(__x86_64__)
[[gnu::target("avx512f")]] void stream_avx512(const std::int16_t* from, std::int64_t lines,
                                              std::int16_t* to) {
  const auto* source = reinterpret_cast<const __m512i*>(from);
  auto* target = reinterpret_cast<__m512i*>(to);
  for (std::int64_t i = 0; i < lines; ++i) _mm512_stream_si512(target + i, source[i]);
}
#endif
void drain() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

// The loops, for one instruction set.
struct Functions {
  void (*largest)(const Block&, std::int32_t* amax);
  bool (*exponents)(const Plan&, std::int64_t groups, const std::int32_t* amax,
                    std::uint8_t* exponents, std::uint8_t* flags, float* scales);
  using Encode = void (*)(const Plan&, const Block&, const float* scales, std::int16_t* codes,
                          std::uint8_t* beyond);
  void (*stream)(const std::int16_t* from, std::int64_t lines, std::int16_t* to);
  std::array<std::array<Encode, 3>, 3> encode;  // of an Element, with Nothing, Bytes or Words
};

template <class Target, Element kElement>
constexpr std::array<Functions::Encode, 3> encode_functions() {
  return {&Target::template encode<kElement, Nothing>, &Target::template encode<kElement, Bytes>,
          &Target::template encode<kElement, Words>};
}
template <class Target>
constexpr Functions functions() {
  return {&Target::largest,
          &Target::exponents,
          Target::kStream,
          {encode_functions<Target, Element::Integer>(),
           encode_functions<Target, Element::MostNegative>(),
           encode_functions<Target, Element::Minifloat>()}};
}

// The functions of a target.
#define RH_TARGET(Name, kAttribute, kLargest, kStreamed)                                     \
  struct Name {                                                                              \
    static constexpr auto* kStream = kStreamed;                                              \
    kAttribute static void largest(const Block& block, std::int32_t* amax) {                 \
      kLargest(block, amax);                                                                 \
    }                                                                                        \
    kAttribute static bool exponents(const Plan& plan, std::int64_t groups,                  \
                                     const std::int32_t* amax, std::uint8_t* exponents,      \
                                     std::uint8_t* flags, float* scales) {                   \
      return exponents_loops(plan, groups, amax, exponents, flags, scales);                  \
    }                                                                                        \
    template <Element kElement, class Addend>                                                \
    kAttribute static void encode(const Plan& plan, const Block& block, const float* scales, \
                                  std::int16_t* codes, std::uint8_t* beyond) {               \
      encode_loops<kElement, Addend>(plan, block, scales, codes, beyond);                    \
    }                                                                                        \
    kAttribute static void dequantize(const Format& format, const BfpLines& lines,           \
                                      std::span<float> values) {                             \
      decode_loops(format, lines, values.data());                                            \
    }                                                                                        \
  }
RH_TARGET(Portable, , largest_loops, stream_portable);
#if defined(__x86_64__)
RH_TARGET(Avx2, [[gnu::target("avx2")]], largest_loops, stream_portable);
RH_TARGET(Avx512, [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]], largest_avx512,
          stream_avx512);
#endif

// The addends of a tensor, a block at a time.
class Addends {
 public:
  Addends(const Format& format, const BfpOptions& options)
      : mode_(format.rounding), bits_(format.noise_bits) {
    if (is_stochastic(mode_)) stream_.emplace(options.noise);
    // Groups that are too long for a call of the stream take words, too.
    if (mode_ == RoundMode::NearestEven)
      kind_ = 0;
    else if (mode_ == RoundMode::Stochastic && bits_ == 8 &&
             format.group_size <= static_cast<int>(NoiseStream::kMostBytes))
      kind_ = 1;
    else
      kind_ = 2;
  }
  std::size_t kind() const { return kind_; }  // Nothing, Bytes, Words

  // Those of the next `count` elements; they stay until the next call.
  const void* next(std::int64_t count) {
    const auto size = static_cast<std::size_t>(count);
    if (kind_ == 0) return nullptr;
    if (kind_ == 1) return stream_->bytes(size);
    if (words_.size() < size) words_.resize(size, mode_ == RoundMode::NearestAway ? 1 : 0);
    if (!stream_) return words_.data();
    const auto words = std::span(words_).first(size);
    stream_->words(bits_, words);
    if (mode_ == RoundMode::StochasticUnbiased)
      for (Words& word : words) word = static_cast<Words>(2 * word + 1);
    return words_.data();
  }
  // The noise in an addend of this block.
  std::uint32_t noise(const void* addends, std::int64_t i) const {
    if (kind_ == 0) return 0;
    if (kind_ == 1) return static_cast<const Bytes*>(addends)[i];
    const std::uint32_t word = static_cast<const Words*>(addends)[i];
    return mode_ == RoundMode::StochasticUnbiased ? word >> 1 : word;
  }

 private:
  RoundMode mode_;
  int bits_;
  std::size_t kind_;
  std::optional<NoiseStream> stream_;
  std::vector<Words> words_;
};

// Codes on their way past the caches. Blocks follow each other; whole cache lines leave.
class Sink {
 public:
  Sink(const Functions& functions, std::int16_t* codes)
      : functions_(functions),
        first_(static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(codes) / 2 % kLine)),
        end_(first_),
        codes_(codes) {}

  std::int16_t* block() { return staged_ + end_; }  // room for kBlock codes

  // `count` codes are there.
  void push(std::int64_t count) {
    end_ += count;
    const std::int64_t lines = end_ / kLine;
    if (lines == 0) return;
    const std::int64_t shared = first_ != 0 ? 1 : 0;  // a line with what is before the tensor
    if (shared != 0) copy(kLine);
    functions_.stream(staged_ + shared * kLine, lines - shared, codes_);
    codes_ += (lines - shared) * kLine;
    std::copy(staged_ + lines * kLine, staged_ + end_, staged_);
    end_ -= lines * kLine;
  }
  void finish() {
    copy(end_);
    drain();
  }

 private:
  void copy(std::int64_t end) {
    codes_ = std::copy(staged_ + first_, staged_ + end, codes_);
    first_ = 0;
  }

  const Functions& functions_;
  std::int64_t first_, end_;  // what is staged; codes_ is where its first code goes
  std::int16_t* codes_;
  alignas(64) std::int16_t staged_[kBlock + kLine];
};

// A conversion under way.
class Converter {
 public:
  Converter(const Functions& functions, const Format& format, const BfpOptions& options,
            BfpLines& out)
      : functions_(functions),
        format_(format),
        out_(out),
        plan_(format, out.base),
        addends_(format, options),
        encode_(functions.encode[static_cast<std::size_t>(
            format.is_minifloat()  ? Element::Minifloat
            : format.most_negative ? Element::MostNegative
                                   : Element::Integer)][addends_.kind()]),
        streams_(out.codes.size() >= kStreamFrom && format.group_size <= kBlock),
        sink_(functions, out.codes.data()) {}

  // `groups` groups of `size` values, the first one with these indices.
  void run(const float* x, std::int64_t groups, std::int64_t size, std::int64_t first_code,
           std::int64_t first_group) {
    const std::int64_t most = std::clamp<std::int64_t>(kBlock / size, 1, kBlockGroups);
    std::int16_t* codes = out_.codes.data() + first_code;
    std::uint8_t* exponents = out_.exponents.data() + first_group;
    std::uint8_t* flags = out_.flags.data() + first_group;
    while (groups > 0) {
      const std::int64_t now = std::min(most, groups);
      // The padding of a short last group takes noise, too.
      const Block values{x, now, size, addends_.next(now * format_.group_size)};
      block(values, streams_ ? sink_.block() : codes, exponents, flags);
      if (streams_) sink_.push(now * size);
      groups -= now;
      x += now * size;
      codes += now * size;
      exponents += now;
      flags += now;
    }
  }
  // After the last run.
  void finish() {
    if (streams_) sink_.finish();
  }

 private:
  void block(const Block& block, std::int16_t* codes, std::uint8_t* exponents,
             std::uint8_t* flags) {
    std::int32_t amax[kBlockGroups];
    float scales[kBlockGroups];
    std::uint8_t beyond[kBlockGroups];
    functions_.largest(block, amax);
    const bool special = functions_.exponents(plan_, block.groups, amax, exponents, flags, scales);
    encode_(plan_, block, scales, codes, beyond);
    if (format_.overflow == Overflow::Bump)
      for (std::int64_t j = 0; j < block.groups; ++j)
        if (beyond[j] != 0 && exponents[j] < plan_.max_exponent) {
          ++exponents[j];
          flags[j] |= kBumpedGroup;
          scales[j] /= 2;
          encode_(plan_, group(block, j), scales + j, codes + j * block.size, beyond + j);
        }
    for (std::int64_t j = 0; j < block.groups; ++j)
      flags[j] = static_cast<std::uint8_t>(flags[j] | beyond[j] * kSaturatedGroup);
    if (special)
      for (std::int64_t j = 0; j < block.groups; ++j)
        if (amax[j] != 0 && scales[j] == 0)
          define(group(block, j), codes + j * block.size, exponents + j, flags + j);
  }

  Block group(const Block& block, std::int64_t j) const {
    const std::int64_t bytes = block.size * (addends_.kind() == 2 ? 2 : 1);
    const auto* const addends = static_cast<const std::uint8_t*>(block.addends);
    return {block.x + j * block.size, 1, block.size,
            addends == nullptr ? nullptr : addends + j * bytes};
  }

  // The definition, of one group.
  void define(const Block& group, std::int16_t* codes, std::uint8_t* exponent,
              std::uint8_t* flags) const {
    std::vector<std::uint32_t> x, noise;
    for (std::int64_t i = 0; i < group.size; ++i) {
      x.push_back(std::bit_cast<std::uint32_t>(group.x[i]));
      noise.push_back(addends_.noise(group.addends, i));
    }
    const BfpGroup result = convert_group(format_, out_.base, x, noise);
    std::copy(result.codes.begin(), result.codes.end(), codes);
    *exponent = result.exponent;
    *flags = result.flags;
  }

  const Functions& functions_;
  const Format& format_;
  BfpLines& out_;
  Plan plan_;
  Addends addends_;
  Functions::Encode encode_;
  bool streams_;
  Sink sink_;
};

// conversion_base().
int base_of(const Functions& functions, const Format& format, std::span<const float> values,
            const BfpOptions& options) {
  if (options.base || format.base || format.exponent_bits == 8)
    return conversion_base(format, {}, options);
  const auto size = static_cast<std::int64_t>(values.size());
  std::int32_t amax = 0;
  for (std::int64_t first = 0; first < size;) {  // some pages at a time, and what is left
    const bool whole = size - first >= kBaseGroups * kBlock;
    const std::int64_t groups = whole ? kBaseGroups : 1;
    const std::int64_t length = whole ? kBlock : size - first;
    std::int32_t largest[kBaseGroups];
    functions.largest({values.data() + first, groups, length, nullptr}, largest);
    amax = std::max(amax, *std::max_element(largest, largest + groups));
    first += groups * length;
  }
  if (amax >= kInfinity) return conversion_base(format, values, options);
  return default_base(format, static_cast<std::uint32_t>(amax));
}

template <class Target>
void convert(std::span<const float> values, std::int64_t lines, std::int64_t length,
             const Format& format, const BfpOptions& options, BfpLines& out) {
  static constexpr Functions kFunctions = functions<Target>();
  out.lines = lines;
  out.length = length;
  out.group_size = format.group_size;
  out.base = base_of(kFunctions, format, values, options);
  const std::int64_t per_line = out.groups_per_line();
  out.codes.resize(values.size());
  out.exponents.resize(static_cast<std::size_t>(lines * per_line));
  out.flags.resize(out.exponents.size());

  Converter converter(kFunctions, format, options, out);
  const std::int64_t g = format.group_size, whole = length / g, last = length % g;
  const float* const x = values.data();
  if (last == 0) converter.run(x, lines * whole, g, 0, 0);
  for (std::int64_t line = 0; last != 0 && line < lines; ++line) {
    const std::int64_t code = line * length, group = line * per_line;
    converter.run(x + code, whole, g, code, group);
    converter.run(x + code + whole * g, 1, last, code + whole * g, group + whole);
  }
  converter.finish();
}

template <class Target>
int base(const Format& format, std::span<const float> values, const BfpOptions& options) {
  static constexpr Functions kFunctions = functions<Target>();
  return base_of(kFunctions, format, values, options);
}

constexpr BfpKernel kKernels[] = {
#if defined(__x86_64__)
    {"avx512",
     [] {
       return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl");
     },
     convert<Avx512>, Avx512::dequantize, base<Avx512>},
    {"avx2", [] { return __builtin_cpu_supports("avx2") != 0; }, convert<Avx2>, Avx2::dequantize,
     base<Avx2>},
#endif
    {"portable", [] { return true; }, convert<Portable>, Portable::dequantize, base<Portable>},
};

}  // namespace

std::span<const BfpKernel> bfp_kernels() {
  return kKernels;
}

namespace {

const BfpKernel& best() {
  static const BfpKernel& kernel = first_supported(bfp_kernels());
  return kernel;
}

}  // namespace

void convert_bfp_fast(std::span<const float> values, std::int64_t lines, std::int64_t length,
                      const Format& format, const BfpOptions& options, BfpLines& out) {
  assert(format.is_block() && lines >= 0 && length >= 0);
  assert(values.size() == static_cast<std::size_t>(lines) * static_cast<std::size_t>(length));
  best().convert(values, lines, length, format, options, out);
}

BfpLines convert_bfp_fast(std::span<const float> values, std::int64_t lines, std::int64_t length,
                          const Format& format, const BfpOptions& options) {
  BfpLines out;
  convert_bfp_fast(values, lines, length, format, options, out);
  return out;
}

int conversion_base_fast(const Format& format, std::span<const float> values,
                         const BfpOptions& options) {
  return best().base(format, values, options);
}

void dequantize_bfp_fast(const Format& format, const BfpLines& lines, std::span<float> values) {
  assert(values.size() == lines.codes.size());
  best().dequantize(format, lines, values);
}

}  // namespace rh
