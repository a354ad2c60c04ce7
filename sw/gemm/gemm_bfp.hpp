// The definition of a product of two block floating point matrices: plain loops over exact
// integers, written from docs/contract.md (28) to (37). Elements are integers, or minifloats that
// are integers times a power of two; the two operands may differ in element, in exponent bits and
// in base.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "chunk/chunk.hpp"
#include "convert/convert_bfp.hpp"
#include "float/float.hpp"
#include "number/number.hpp"

namespace rh {

enum class Accumulation : std::uint8_t { Exact = 0, Fp32 = 1 };

constexpr std::string_view name(Accumulation accumulation) {
  return accumulation == Accumulation::Exact ? "exact" : "fp32";
}

// The magnitude bits of the integers that a product takes: m of integer elements; of minifloats
// those of k 2^(L - b), p + L.                                               docs/contract.md (37)
constexpr int integer_bits(const Format& format) {
  return format.significand_bits() + format.binades();
}

// The integer of an element's code; its lowest bit is worth 2^(base + e + integer_unit(format)).
//                                                                            docs/contract.md (37)
constexpr int integer_of(const Format& format, int code) {
  if (!format.is_minifloat()) return code;
  assert(integer_bits(format) <= kMaxMagnitudeBits);
  const int p = format.significand_bits();
  const int magnitude = code & ((1 << format.magnitude_bits) - 1);
  const int above = std::max((magnitude >> (p - 1)) - 1, 0);  // L - b
  const int integer = (magnitude - (above << (p - 1))) << above;
  return (code >> format.magnitude_bits & 1) != 0 ? -integer : integer;
}
constexpr int integer_unit(const Format& format) {
  return format.element_exponent() - (integer_bits(format) - 1);
}

// Pairs of chunks that a product of integers takes.                          docs/contract.md (30)
constexpr int passes(int integer_bits_a, int integer_bits_b, int chunk_bits) {
  return chunk_count(integer_bits_a, chunk_bits) * chunk_count(integer_bits_b, chunk_bits);
}

namespace detail {
__extension__ typedef unsigned __int128 Uint128;

// The largest magnitude of a product of two integers, and of the shift by both exponents.
constexpr std::int64_t largest_product(const Format& a, const Format& b) {
  assert(integer_bits(a) <= kMaxMagnitudeBits && integer_bits(b) <= kMaxMagnitudeBits);
  return ((std::int64_t{1} << integer_bits(a)) - 1) * ((std::int64_t{1} << integer_bits(b)) - 1);
}
constexpr int largest_shift(const Format& a, const Format& b) {
  return (1 << a.exponent_bits) - 1 + (1 << b.exponent_bits) - 1;
}

template <class... Parts>
[[noreturn]] void refuse_product(const Parts&... parts) {
  std::ostringstream text;
  text << "block product: ";
  (text << ... << parts);
  throw std::invalid_argument(text.str());
}
}  // namespace detail

// Bits of the two's complement integer that holds every sum of `terms` products, and every part of
// it in any order.                                                           docs/contract.md (34)
constexpr int accumulator_bits(const Format& a, const Format& b, std::int64_t terms) {
  assert(terms >= 0);
  if (terms == 0) return 1;
  detail::Uint128 sum = detail::Uint128(terms) * detail::Uint128(detail::largest_product(a, b));
  int bits = 0;
  for (; sum != 0; sum >>= 1) ++bits;
  return 1 + bits + detail::largest_shift(a, b);
}

// The longest contraction whose sums all fit `width` bits.                   docs/contract.md (35)
constexpr std::int64_t max_terms(int width, const Format& a, const Format& b) {
  const int bits = width - 1 - detail::largest_shift(a, b);  // for the sum of unshifted products
  if (bits <= 0) return 0;
  if (bits >= 93) return std::numeric_limits<std::int64_t>::max();  // below 2^63 * 2^30
  const detail::Uint128 terms = ((detail::Uint128(1) << bits) - 1) /
                                static_cast<detail::Uint128>(detail::largest_product(a, b));
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  return terms > static_cast<detail::Uint128>(kMost) ? kMost : static_cast<std::int64_t>(terms);
}

// An integer of 640 bits in two's complement: the exact sum, whatever the formats. Exponents of 8
// bits, codes of 15 and 2^63 terms need 604.
class ExactSum {
 public:
  // Adds term * 2^shift.
  constexpr void add(std::int64_t term, int shift) {
    assert(shift >= 0 && shift < kBits - 64);
    const auto bits = static_cast<std::uint64_t>(term);
    const std::uint64_t magnitude = term < 0 ? 0 - bits : bits;
    const int offset = shift % 64;
    const std::array<std::uint64_t, 2> parts = {magnitude << offset,
                                                offset == 0 ? 0 : magnitude >> (64 - offset)};
    bool carry = false;  // or borrow
    for (std::size_t i = 0, at = static_cast<std::size_t>(shift / 64);
         at < words_.size() && (i < 2 || carry); ++i, ++at) {
      // Does not wrap: a carry meets parts[1], which is below 2^63, or 0.
      const std::uint64_t part = (i < 2 ? parts[i] : 0) + (carry ? 1 : 0);
      const std::uint64_t old = words_[at];
      words_[at] = term < 0 ? old - part : old + part;
      carry = term < 0 ? old < part : words_[at] < old;
    }
  }

  constexpr bool negative() const { return words_.back() >> 63 != 0; }

  // Bits of the shortest two's complement integer that holds it; 1 for 0 and -1.
  constexpr int bits() const {
    int i = kBits - 1;
    while (i > 0 && bit(i - 1) == negative()) --i;
    return i + 1;
  }

  // fl(sum * 2^exponent); +0 when the sum is 0.
  constexpr std::uint32_t to_fp32(int exponent) const {
    ExactSum magnitude = *this;
    if (negative()) {
      bool carry = true;
      for (std::uint64_t& word : magnitude.words_) {
        word = ~word + (carry ? 1 : 0);
        carry = carry && word == 0;
      }
    }
    int width = kBits;
    while (width > 0 && !magnitude.bit(width - 1)) --width;
    const int drop = std::max(width - 64, 0);  // the highest 64 bits, and whether any below is set
    std::uint64_t significand = 0;
    bool sticky = false;
    for (int i = std::min(width, 64); i-- > 0;)
      significand = significand << 1 | (magnitude.bit(drop + i) ? 1 : 0);
    for (int i = 0; i < drop; ++i) sticky = sticky || magnitude.bit(i);
    return fp32::pack(negative(), significand, exponent + drop, sticky);
  }

  bool operator==(const ExactSum&) const = default;

 private:
  static constexpr int kBits = 640;
  constexpr bool bit(int i) const {
    return (words_[static_cast<std::size_t>(i / 64)] >> i % 64 & 1) != 0;
  }
  std::array<std::uint64_t, kBits / 64> words_{};
};

// One side of a product: rows of A, or columns of B.
struct BfpOperand {
  const Format& format;
  const BfpLines& lines;
};

// An operand with integers for its elements: the operand itself, which has to live on, if it has
// them already; else a copy in the format of its integers, whose base is higher by
// element_exponent, so that the unit of a code is 2^(base + e - (m - 1)) in both. docs/contract.md
// (37)
class IntegerOperand {
 public:
  explicit IntegerOperand(const BfpOperand& x) : format_(x.format), lines_(&x.lines) {
    if (!x.format.is_minifloat()) return;
    format_.magnitude_bits = integer_bits(x.format);
    format_.element_exponent_bits = 0;
    format_.specials = Specials::None;
    own_ = x.lines;
    own_.base += x.format.element_exponent();
    for (std::int16_t& code : own_.codes)
      code = static_cast<std::int16_t>(integer_of(x.format, code));
    lines_ = &own_;
  }
  IntegerOperand(const IntegerOperand&) = delete;
  IntegerOperand& operator=(const IntegerOperand&) = delete;

  // Lives as long as this.
  BfpOperand operand() const { return {format_, *lines_}; }

 private:
  Format format_;
  const BfpLines* lines_;
  BfpLines own_;
};

struct BfpProduct {
  Accumulation accumulation = Accumulation::Exact;
  int chunk_bits = 2;                     // c: results of fp32 depend on it, of exact do not
  std::optional<int> accumulator_bits{};  // of exact; empty: as many as it takes
};

// D_ab of one group: `count` integers from `code_a` and `code_b` on, chunk a of the one side with
// chunk b of the other.                                                      docs/contract.md (29)
constexpr std::int64_t chunk_dot(const std::int16_t* code_a, const std::int16_t* code_b,
                                 std::int64_t count, int a, int b, int chunk_bits) {
  std::int64_t sum = 0;
  for (std::int64_t k = 0; k < count; ++k)
    sum += std::int64_t{chunk(code_a[k], a, chunk_bits)} * chunk(code_b[k], b, chunk_bits);
  return sum;
}

// Throws std::invalid_argument with a sentence for operands that have no product.
//                                                         docs/contract.md (33), (35), (36), (37)
inline void check_product(const BfpOperand& a, const BfpOperand& b, const BfpProduct& how) {
  const auto check_operand = [](const char* which, const BfpOperand& x) {
    const Format& format = x.format;
    if (!format.is_block())
      detail::refuse_product(which, " has a scale per line, not blocks that share an exponent");
    if (integer_bits(format) > kMaxMagnitudeBits)
      detail::refuse_product(which, " has elements that are integers of ", integer_bits(format),
                             " bits; products take up to ", kMaxMagnitudeBits);
    const std::int64_t groups = x.lines.lines * x.lines.groups_per_line();
    assert(x.lines.codes.size() == static_cast<std::size_t>(x.lines.lines * x.lines.length));
    assert(x.lines.exponents.size() == static_cast<std::size_t>(groups));
    assert(x.lines.flags.size() == static_cast<std::size_t>(groups));
    static_cast<void>(groups);
    // All codes at once, which is quick, and one by one only to name the first that does not fit:
    // magnitudes of integers, bit patterns of minifloats, which have a sign bit.
    const bool minifloat = format.is_minifloat();
    const int bits = format.magnitude_bits + (minifloat ? 1 : 0);
    const auto pattern = [&](int code) { return code < 0 && !minifloat ? -code : code; };
    int any = 0;
    if (minifloat)
      for (const std::int16_t code : x.lines.codes) any |= code;
    else
      for (const std::int16_t code : x.lines.codes) any |= code < 0 ? -code : code;
    if (any >> bits != 0)
      for (const std::int16_t code : x.lines.codes)
        if (pattern(code) >> bits != 0)
          detail::refuse_product("code ", code, " of ", which, " does not fit in a sign and ",
                                 format.magnitude_bits, " bits");
    if (minifloat && format.specials != Specials::None)
      for (const std::int16_t code : x.lines.codes)
        if ((code & ((1 << format.magnitude_bits) - 1)) > format.max_code())
          detail::refuse_product("code ", code, " of ", which, " is not a number");
    for (const std::uint8_t exponent : x.lines.exponents)
      if (exponent >> format.exponent_bits != 0)
        detail::refuse_product("exponent ", +exponent, " of ", which, " does not fit in ",
                               format.exponent_bits, " bits");
  };
  check_operand("A", a);
  check_operand("B", b);
  if (how.chunk_bits < 1 || how.chunk_bits > kMaxMagnitudeBits)
    detail::refuse_product("chunks of ", how.chunk_bits, " bits, wanted 1 to ", kMaxMagnitudeBits);
  const std::int64_t terms = a.lines.length;
  if (b.lines.length != terms)
    detail::refuse_product("lines of A have ", terms, " values, lines of B ", b.lines.length);
  const std::int64_t group = a.lines.group_size;
  if (b.lines.group_size != group)
    detail::refuse_product("groups of A have ", group, " values, groups of B ", b.lines.group_size);

  if (how.accumulation == Accumulation::Fp32) {
    const auto largest = [&](const Format& f) {
      return (std::int64_t{1} << std::min(integer_bits(f), how.chunk_bits)) - 1;
    };
    const std::int64_t sum = group * largest(a.format) * largest(b.format);
    if (sum >= std::int64_t{1} << 24)
      detail::refuse_product("fp32 accumulation takes sums below 2^24 = 16777216, but ", group,
                             " products of chunks of ", how.chunk_bits, " bits reach ", sum);
  } else if (how.accumulator_bits) {
    const std::int64_t most = max_terms(*how.accumulator_bits, a.format, b.format);
    if (terms > most)
      detail::refuse_product(
          "K = ", terms, " with ", integer_bits(a.format), " x ", integer_bits(b.format),
          " integer bits and ", a.format.exponent_bits, " + ", b.format.exponent_bits,
          " exponent bits needs an accumulator of ", accumulator_bits(a.format, b.format, terms),
          " bits; ", *how.accumulator_bits, " bits hold K = ", most);
  }
}

// FP32 bits of C[m][n] = line m of a times line n of b, row-major lines(a) x lines(b).
//                                                                    docs/contract.md (28) to (33)
inline std::vector<std::uint32_t> gemm_bfp(const BfpOperand& left, const BfpOperand& right,
                                           const BfpProduct& how = {}) {
  check_product(left, right, how);
  const IntegerOperand integers_a(left), integers_b(right);
  const BfpOperand a = integers_a.operand(), b = integers_b.operand();
  const std::int64_t length = a.lines.length;
  const std::int64_t g = a.lines.group_size;
  const std::int64_t groups = a.lines.groups_per_line();
  const int c = how.chunk_bits;
  const int unit = a.lines.base + b.lines.base + integer_unit(a.format) + integer_unit(b.format);
  const auto exponent = [](const BfpOperand& x, std::size_t group) {
    const int e = x.lines.exponents[group];
    const bool nan = (x.lines.flags[group] & kNanGroup) != 0 || e > x.format.max_exponent();
    return nan ? std::optional<int>{} : e;
  };

  std::vector<std::uint32_t> result;
  result.reserve(static_cast<std::size_t>(a.lines.lines * b.lines.lines));
  for (std::int64_t m = 0; m < a.lines.lines; ++m)
    for (std::int64_t n = 0; n < b.lines.lines; ++n) {
      bool nan = false;
      ExactSum exact;
      std::uint32_t fp32_sum = 0;
      for (std::int64_t group = 0; group < groups; ++group) {
        const auto e_a = exponent(a, static_cast<std::size_t>(m * groups + group));
        const auto e_b = exponent(b, static_cast<std::size_t>(n * groups + group));
        nan = nan || !e_a || !e_b;
        if (nan) break;
        const std::int64_t count = std::min(g, length - group * g);
        const std::int16_t* code_a = a.lines.codes.data() + m * length + group * g;
        const std::int16_t* code_b = b.lines.codes.data() + n * length + group * g;
        for (int i = 0; i < chunk_count(a.format.magnitude_bits, c); ++i)
          for (int j = 0; j < chunk_count(b.format.magnitude_bits, c); ++j) {
            const std::int64_t d = chunk_dot(code_a, code_b, count, i, j, c);
            const int shift = *e_a + *e_b + c * (i + j);
            if (how.accumulation == Accumulation::Exact) {
              exact.add(d, shift);
            } else {
              const auto magnitude = static_cast<std::uint64_t>(d < 0 ? -d : d);
              assert(magnitude < 1u << 24);
              fp32_sum = fp32::add(fp32_sum, fp32::pack(d < 0, magnitude, unit + shift));
            }
          }
      }
      if (nan)
        result.push_back(kFp32Nan);
      else
        result.push_back(how.accumulation == Accumulation::Exact ? exact.to_fp32(unit) : fp32_sum);
    }
  return result;
}

}  // namespace rh
