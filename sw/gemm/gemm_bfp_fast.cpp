// Dot products of groups with intrinsics, as in sw/gemm/gemm_fast.cpp; around them one text that is
// compiled for several instruction sets, whose loops the compiler vectorises.
//
// Both operands are packed in panels of kRows lines of A and kCols lines of B. A product walks
// through tiles of kRows x kCols results. In a tile a *step* is one D of every result: a group, and
// for fp32 a pair of chunks in it. Steps follow each other in the contract's order. The D of a few
// steps go to a buffer that stays in the first-level cache; then they are accumulated.
//
//   panel[step of the side][word][line]     a word (32 bits) holds 4 codes of 8 bits or 2 of 16
//
// exact. Sums are kept in units of the least exponents that occur in the tile's panels, so what
// they need is docs/contract.md (34) with the range of the exponents there in place of 2^E - 1: 64
// bits nearly always, else 128, else ExactSum. A group whose products could pass int32 is cut into
// pieces; the sum does not depend on that.
//
// fp32. fl(D 2^s) is one product of floats, D below 2^24 and 2^s being exact: one rounding. Where a
// tile has an s outside -126 .. 127 it is a product of doubles, exact, and its conversion.
//
// Groups of zeros take any exponent, since their D is 0, and lines with a NaN group are packed as
// zeros; their results are written at the end.
#include "gemm/gemm_bfp_fast.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <memory>

#include "normalize/normalize.hpp"
#include "number/dispatch.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rh {
namespace {

constexpr int kRows = 8, kCols = 32;  // of a tile
constexpr int kSlots = 8;             // steps in the buffer

constexpr std::int64_t divide_up(std::int64_t x, std::int64_t y) {
  return (x + y - 1) / y;
}

using Sums = std::int32_t[kRows][kCols];

// A step whose D are in the buffer: its exponents above the least ones, and c (i + j).
struct Slot {
  const std::int32_t* exponents_a;
  const std::int32_t* exponents_b;
  int shift;
};

// ---- accumulation -------------------------------------------------------------------------------

[[gnu::always_inline]] inline void add_int64(const Slot* slots, int count, const Sums* sums,
                                             std::int64_t (*acc)[kCols]) {
  for (int r = 0; r < kRows; ++r)
    for (int s = 0; s < count; ++s) {
      const std::int32_t e = slots[s].exponents_a[r];
      for (int n = 0; n < kCols; ++n)
        acc[r][n] += std::int64_t{sums[s][r][n]} << (e + slots[s].exponents_b[n]);
    }
}

// 2^(low + exponents), which is a normal float.
[[gnu::always_inline]] inline void add_float(const Slot* slots, int count, const Sums* sums,
                                             int low, float (*acc)[kCols]) {
  for (int r = 0; r < kRows; ++r)
    for (int s = 0; s < count; ++s) {
      const std::int32_t field = 127 + low + slots[s].shift + slots[s].exponents_a[r];
      for (int n = 0; n < kCols; ++n) {
        const auto scale = std::bit_cast<float>((field + slots[s].exponents_b[n]) << 23);
        acc[r][n] += static_cast<float>(sums[s][r][n]) * scale;
      }
    }
}

[[gnu::always_inline]] inline void add_double(const Slot* slots, int count, const Sums* sums,
                                              int low, float (*acc)[kCols]) {
  for (int r = 0; r < kRows; ++r)
    for (int s = 0; s < count; ++s) {
      const std::int32_t field = 1023 + low + slots[s].shift + slots[s].exponents_a[r];
      for (int n = 0; n < kCols; ++n) {
        const auto scale =
            std::bit_cast<double>(std::int64_t{field + slots[s].exponents_b[n]} << 52);
        acc[r][n] += static_cast<float>(static_cast<double>(sums[s][r][n]) * scale);
      }
    }
}

// fl(acc * scale) for a scale that is a normal power of two: one rounding, in the conversion, since
// what is not 0 becomes no subnormal number, and the product of what it rounds to is exact, or
// infinite, as it has to be, from 2^128 on.
[[gnu::always_inline]] inline void round_int64(const std::int64_t (*acc)[kCols], float scale,
                                               std::uint32_t (*out)[kCols]) {
  for (int r = 0; r < kRows; ++r)
    for (int n = 0; n < kCols; ++n)
      out[r][n] = std::bit_cast<std::uint32_t>(static_cast<float>(acc[r][n]) * scale);
}

// The loops of a target.
#define RH_LOOPS(Name, kAttribute)                                                             \
  struct Name {                                                                                \
    kAttribute static void sum(const Slot* slots, int count, const Sums* sums,                 \
                               std::int64_t (*acc)[kCols]) {                                   \
      add_int64(slots, count, sums, acc);                                                      \
    }                                                                                          \
    kAttribute static void sum_float(const Slot* slots, int count, const Sums* sums, int low,  \
                                     float (*acc)[kCols]) {                                    \
      add_float(slots, count, sums, low, acc);                                                 \
    }                                                                                          \
    kAttribute static void sum_double(const Slot* slots, int count, const Sums* sums, int low, \
                                      float (*acc)[kCols]) {                                   \
      add_double(slots, count, sums, low, acc);                                                \
    }                                                                                          \
    kAttribute static void round(const std::int64_t (*acc)[kCols], float scale,                \
                                 std::uint32_t (*out)[kCols]) {                                \
      round_int64(acc, scale, out);                                                            \
    }                                                                                          \
  }
RH_LOOPS(PortableLoops, );
#if defined(__x86_64__)
RH_LOOPS(Avx2Loops, [[gnu::target("avx2")]]);
RH_LOOPS(Avx512Loops, [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]]);
#endif

// ---- dot products: D of one step, for every row and column of a tile ----------------------------

struct Portable : PortableLoops {
  static constexpr bool kBytes = false;  // are there products of codes of 8 bits?

  static void dots16(std::int64_t words, const std::uint32_t* a, const std::uint32_t* b,
                     Sums& out) {
    for (auto& row : out) std::ranges::fill(row, 0);
    for (std::int64_t w = 0; w < words; ++w, a += kRows, b += kCols)
      for (int r = 0; r < kRows; ++r) {
        const int low = static_cast<std::int16_t>(a[r]);
        const int high = static_cast<std::int16_t>(a[r] >> 16);
        for (int n = 0; n < kCols; ++n)
          out[r][n] +=
              low * static_cast<std::int16_t>(b[n]) + high * static_cast<std::int16_t>(b[n] >> 16);
      }
  }
};

#if defined(__x86_64__)

// pmaddwd adds two products of int16: at most 2 * (2^15 - 1)^2, below 2^31.
struct Avx2 : Avx2Loops {
  static constexpr bool kBytes = false;

  [[gnu::target("avx2")]] static void dots16(std::int64_t words, const std::uint32_t* a,
                                             const std::uint32_t* b, Sums& out) {
    constexpr int kBlockRows = 4, kBlockCols = 16;
    for (int r = 0; r < kRows; r += kBlockRows)
      for (int n = 0; n < kCols; n += kBlockCols) {
        __m256i sum[kBlockRows][2];
        for (auto& row : sum)
          for (__m256i& s : row) s = _mm256_setzero_si256();
        for (std::int64_t w = 0; w < words; ++w) {
          const auto* vectors = reinterpret_cast<const __m256i*>(b + w * kCols + n);
          const __m256i b0 = _mm256_load_si256(vectors), b1 = _mm256_load_si256(vectors + 1);
#pragma GCC unroll 4
          for (int i = 0; i < kBlockRows; ++i) {
            const __m256i ai = _mm256_set1_epi32(static_cast<int>(a[w * kRows + r + i]));
            sum[i][0] = _mm256_add_epi32(sum[i][0], _mm256_madd_epi16(b0, ai));
            sum[i][1] = _mm256_add_epi32(sum[i][1], _mm256_madd_epi16(b1, ai));
          }
        }
        for (int i = 0; i < kBlockRows; ++i)
          for (int j = 0; j < 2; ++j)
            _mm256_store_si256(reinterpret_cast<__m256i*>(&out[r + i][n + 8 * j]), sum[i][j]);
      }
  }
};

// vpdpbusd adds four products of an UNSIGNED with a signed code. So codes of b are packed as b +
// 128 (the top bit flipped), and a sum starts at -128 * the sum of the row's codes; modulo 2^32.
struct Avx512 : Avx512Loops {
  static constexpr bool kBytes = true;

  [[gnu::target("avx512f,avx512bw,avx512vnni")]] static void dots16(std::int64_t words,
                                                                    const std::uint32_t* a,
                                                                    const std::uint32_t* b,
                                                                    Sums& out) {
    __m512i sum[kRows][2];
    for (auto& row : sum)
      for (__m512i& s : row) s = _mm512_setzero_si512();
    for (std::int64_t w = 0; w < words; ++w, a += kRows, b += kCols) {
      const __m512i b0 = _mm512_load_si512(b), b1 = _mm512_load_si512(b + 16);
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
        const __m512i ar = _mm512_set1_epi32(static_cast<int>(a[r]));
        sum[r][0] = _mm512_add_epi32(sum[r][0], _mm512_madd_epi16(b0, ar));
        sum[r][1] = _mm512_add_epi32(sum[r][1], _mm512_madd_epi16(b1, ar));
      }
    }
    for (int r = 0; r < kRows; ++r)
      for (int j = 0; j < 2; ++j) _mm512_store_si512(&out[r][16 * j], sum[r][j]);
  }
  [[gnu::target("avx512f,avx512bw,avx512vnni")]] static void dots8(std::int64_t words,
                                                                   const std::uint32_t* a,
                                                                   const std::uint32_t* b,
                                                                   const std::int32_t* start,
                                                                   Sums& out) {
    __m512i sum[kRows][2];
    for (int r = 0; r < kRows; ++r) sum[r][0] = sum[r][1] = _mm512_set1_epi32(start[r]);
    for (std::int64_t w = 0; w < words; ++w, a += kRows, b += kCols) {
      const __m512i b0 = _mm512_load_si512(b), b1 = _mm512_load_si512(b + 16);
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
        const __m512i ar = _mm512_set1_epi32(static_cast<int>(a[r]));
        sum[r][0] = _mm512_dpbusd_epi32(sum[r][0], b0, ar);
        sum[r][1] = _mm512_dpbusd_epi32(sum[r][1], b1, ar);
      }
    }
    for (int r = 0; r < kRows; ++r)
      for (int j = 0; j < 2; ++j) _mm512_store_si512(&out[r][16 * j], sum[r][j]);
  }
};

#endif

// ---- panels -------------------------------------------------------------------------------------

// How groups are laid out: both sides have the same groups, pieces and words.
struct Layout {
  std::int64_t length, group, groups;
  std::int64_t pieces = 1;  // of a group
  std::int64_t words = 0;   // of a piece
  int codes = 2;            // of a word

  std::int64_t piece() const { return words * codes; }
  std::int64_t padded_group() const { return pieces * piece(); }
};

struct alignas(64) CacheLine {
  std::uint32_t words[16];
};

// One operand, packed. Step t of a side is (group * pieces + piece) * planes + plane.
struct Panels {
  int width;   // lines of a panel
  int planes;  // chunks of a code
  std::int64_t count, steps, words;
  std::unique_ptr<CacheLine[]> packed;
  std::vector<std::int32_t> starts;       // panel, step, line: -128 * the sum of its codes
  std::vector<std::int32_t> exponents;    // panel, group, line: above `least`
  std::vector<std::int32_t> least, most;  // of a panel, over its groups that are not zero
  std::vector<std::uint8_t> nan;          // of a line

  const std::uint32_t* at(std::int64_t panel, std::int64_t step) const {
    return first() + (panel * steps + step) * words * width;
  }
  std::uint32_t* first() const { return reinterpret_cast<std::uint32_t*>(packed.get()); }
  const std::int32_t* start(std::int64_t panel, std::int64_t step) const {
    return starts.data() + (panel * steps + step) * width;
  }
};

// Chunk `plane` of `count` codes, in Code; whole codes when there is one chunk only.
template <class Code>
void chunk_codes(const std::int16_t* codes, std::int64_t count, int planes, int plane,
                 int chunk_bits, Code* to) {
  if (planes == 1) {
    std::copy_n(codes, count, to);
    return;
  }
  const int shift = plane * chunk_bits, mask = (1 << chunk_bits) - 1;
  for (std::int64_t k = 0; k < count; ++k) {
    const int code = codes[k];
    const int part = ((code < 0 ? -code : code) >> shift) & mask;
    to[k] = static_cast<Code>(code < 0 ? -part : part);
  }
}

template <class Code>
Panels pack(const BfpOperand& x, const Layout& layout, int width, int planes, int chunk_bits,
            std::uint32_t flip, bool with_starts) {
  const BfpLines& lines = x.lines;
  const std::int64_t groups = layout.groups, steps = groups * layout.pieces * planes;
  Panels out{width, planes, divide_up(lines.lines, width), steps, layout.words, {}, {}, {}, {},
             {},    {}};
  const auto of = [](std::int64_t size) { return static_cast<std::size_t>(size); };
  const std::int64_t padded_lines = out.count * width;
  out.packed = std::make_unique_for_overwrite<CacheLine[]>(
      of(divide_up(padded_lines * steps * layout.words, 16) + 1));
  out.exponents.resize(of(padded_lines * groups));
  if (with_starts) out.starts.resize(of(padded_lines * steps));
  out.least.resize(of(out.count));
  out.most.resize(of(out.count));
  out.nan.resize(of(padded_lines));

  constexpr std::int64_t kPerWord = 4 / sizeof(Code);
  std::vector<Code> codes(of(groups * layout.padded_group()));  // of one plane of a line
  for (std::int64_t panel = 0; panel < out.count; ++panel) {
    std::int32_t* const exponents = out.exponents.data() + panel * groups * width;
    std::int32_t least = 256, most = -1;
    for (int l = 0; l < width; ++l) {
      const std::int64_t line = panel * width + l;
      bool valid = line < lines.lines;
      if (valid) {
        bool nan = false;
        for (std::int64_t j = line * groups; j < (line + 1) * groups; ++j)
          nan = nan || (lines.flags[of(j)] & kNanGroup) != 0 ||
                lines.exponents[of(j)] > x.format.max_exponent();
        out.nan[of(line)] = nan;
        valid = !nan;
      }
      const std::int16_t* const from = lines.codes.data() + line * layout.length;
      for (std::int64_t j = 0; j < groups; ++j) {
        std::int32_t& e = exponents[j * width + l];
        e = -1;  // a group of zeros
        if (!valid) continue;
        const std::int64_t count = std::min(layout.group, layout.length - j * layout.group);
        int any = 0;
        for (std::int64_t k = 0; k < count; ++k) any |= from[j * layout.group + k];
        if (any == 0) continue;
        e = lines.exponents[of(line * groups + j)];
        least = std::min(least, e);
        most = std::max(most, e);
      }
      for (int plane = 0; plane < planes; ++plane) {
        if (!valid) {
          std::ranges::fill(codes, Code{0});
        } else if (layout.padded_group() == layout.group &&
                   groups * layout.group == layout.length) {
          chunk_codes(from, layout.length, planes, plane, chunk_bits, codes.data());
        } else {
          for (std::int64_t j = 0; j < groups; ++j)
            chunk_codes(from + j * layout.group,
                        std::min(layout.group, layout.length - j * layout.group), planes, plane,
                        chunk_bits, codes.data() + j * layout.padded_group());
        }
        const Code* next = codes.data();
        for (std::int64_t piece = 0; piece < groups * layout.pieces; ++piece) {
          const std::int64_t step = panel * steps + piece * planes + plane;
          std::uint32_t* const to = out.first() + step * layout.words * width + l;
          std::int32_t sum = 0;
          if (with_starts)
            for (std::int64_t k = 0; k < layout.piece(); ++k) sum += next[k];
          for (std::int64_t w = 0; w < layout.words; ++w, next += kPerWord) {
            std::uint32_t word;
            std::memcpy(&word, next, sizeof word);
            to[w * width] = word ^ flip;
          }
          if (with_starts)
            out.starts[of(step * width + l)] =
                static_cast<std::int32_t>(0u - 128u * static_cast<std::uint32_t>(sum));
        }
      }
    }
    if (most < 0) least = most = 0;
    for (std::int64_t i = 0; i < groups * width; ++i)
      exponents[i] = exponents[i] < 0 ? 0 : exponents[i] - least;
    out.least[of(panel)] = least;
    out.most[of(panel)] = most;
  }
  return out;
}

// ---- the product --------------------------------------------------------------------------------

// fl(sum * 2^exponent), by its highest 64 bits and whether any is set below.
std::uint32_t to_fp32(Int128 sum, int exponent) {
  const Uint128 bits = static_cast<Uint128>(sum);
  const Uint128 magnitude = sum < 0 ? 0 - bits : bits;
  const int drop = std::max(bit_width(magnitude) - 64, 0);
  const auto significand = static_cast<std::uint64_t>(magnitude >> drop);
  return fp32::pack(sum < 0, significand, exponent + drop,
                    static_cast<Uint128>(significand) << drop != magnitude);
}

template <class Kernel>
class Product {
 public:
  Product(const BfpOperand& a, const BfpOperand& b, const BfpProduct& how)
      : exact_(how.accumulation == Accumulation::Exact),
        chunk_bits_(exact_ ? kMaxMagnitudeBits : how.chunk_bits),
        unit_(a.lines.base + b.lines.base + integer_unit(a.format) + integer_unit(b.format)),
        lines_a_(a.lines.lines),
        lines_b_(b.lines.lines),
        layout_{a.lines.length, a.lines.group_size, a.lines.groups_per_line()},
        sum_bits_(accumulator_bits(a.format, b.format, a.lines.length) -
                  detail::largest_shift(a.format, b.format)) {
    const int bits_a = std::min(integer_bits(a.format), chunk_bits_);
    const int bits_b = std::min(integer_bits(b.format), chunk_bits_);
    bytes_ = Kernel::kBytes && bits_a <= 7 && bits_b <= 7;
    layout_.codes = bytes_ ? 4 : 2;
    layout_.group = std::min(layout_.group, std::max<std::int64_t>(layout_.length, 1));
    // fp32 has sums below 2^24; a group of exact is cut so that they stay below 2^31.
    const std::int64_t largest =
        ((std::int64_t{1} << bits_a) - 1) * ((std::int64_t{1} << bits_b) - 1);
    const std::int64_t whole = divide_up(layout_.group, layout_.codes);
    const std::int64_t most = ((std::int64_t{1} << 31) - 1) / largest / layout_.codes;
    layout_.pieces = exact_ ? divide_up(whole, most) : 1;
    layout_.words = divide_up(whole, layout_.pieces);

    const int planes_a = chunk_count(integer_bits(a.format), chunk_bits_);
    const int planes_b = chunk_count(integer_bits(b.format), chunk_bits_);
    if (bytes_) {
      a_ = pack<std::int8_t>(a, layout_, kRows, planes_a, chunk_bits_, 0, true);
      b_ = pack<std::int8_t>(b, layout_, kCols, planes_b, chunk_bits_, 0x8080'8080u, false);
    } else {
      a_ = pack<std::int16_t>(a, layout_, kRows, planes_a, chunk_bits_, 0, false);
      b_ = pack<std::int16_t>(b, layout_, kCols, planes_b, chunk_bits_, 0, false);
    }
  }

  std::vector<std::uint32_t> run() {
    std::vector<std::uint32_t> results(static_cast<std::size_t>(lines_a_ * lines_b_));
    for (std::int64_t q = 0; q < b_.count; ++q)
      for (std::int64_t p = 0; p < a_.count; ++p) {
        tile(p, q);
        for (int r = 0; r < std::min<std::int64_t>(kRows, lines_a_ - p * kRows); ++r) {
          const std::int64_t m = p * kRows + r;
          std::uint32_t* const to = results.data() + m * lines_b_ + q * kCols;
          const std::uint8_t* const nan = b_.nan.data() + q * kCols;
          const bool nan_row = a_.nan[static_cast<std::size_t>(m)] != 0;
          for (int n = 0; n < std::min<std::int64_t>(kCols, lines_b_ - q * kCols); ++n)
            to[n] = nan_row || nan[n] != 0 || fp32::is_nan(out_[r][n]) ? kFp32Nan : out_[r][n];
        }
      }
    return results;
  }

 private:
  // Calls accumulate(slots, count) on the steps of a tile, some at a time, in order.
  template <class Accumulate>
  void steps(std::int64_t p, std::int64_t q, const Accumulate& accumulate) {
    Slot slots[kSlots];
    int count = 0;
    for (std::int64_t group = 0; group < layout_.groups; ++group) {
      const std::int32_t* const e_a = &a_.exponents[index(p * layout_.groups + group, kRows)];
      const std::int32_t* const e_b = &b_.exponents[index(q * layout_.groups + group, kCols)];
      for (std::int64_t piece = 0; piece < layout_.pieces; ++piece)
        for (int i = 0; i < a_.planes; ++i)
          for (int j = 0; j < b_.planes; ++j) {
            const std::int64_t at = group * layout_.pieces + piece;
            dots(p, at * a_.planes + i, q, at * b_.planes + j, sums_[count]);
            slots[count] = {e_a, e_b, chunk_bits_ * (i + j)};
            if (++count == kSlots) {
              accumulate(slots, count);
              count = 0;
            }
          }
    }
    if (count > 0) accumulate(slots, count);
  }
  static std::size_t index(std::int64_t i, int width) {
    return static_cast<std::size_t>(i) * static_cast<std::size_t>(width);
  }
  void dots(std::int64_t p, std::int64_t step_a, std::int64_t q, std::int64_t step_b, Sums& sums) {
    const std::uint32_t* const a = a_.at(p, step_a);
    const std::uint32_t* const b = b_.at(q, step_b);
    if constexpr (Kernel::kBytes)
      if (bytes_) return Kernel::dots8(layout_.words, a, b, a_.start(p, step_a), sums);
    Kernel::dots16(layout_.words, a, b, sums);
  }

  // The results of rows of panel p and columns of panel q.
  void tile(std::int64_t p, std::int64_t q) {
    const auto of_a = static_cast<std::size_t>(p), of_b = static_cast<std::size_t>(q);
    const int low = unit_ + a_.least[of_a] + b_.least[of_b];
    const int range = a_.most[of_a] - a_.least[of_a] + b_.most[of_b] - b_.least[of_b];
    if (!exact_)
      fp32_tile(p, q, low, low + range + chunk_bits_ * (a_.planes + b_.planes - 2));
    else if (sum_bits_ + range <= 64)
      int64_tile(p, q, low);
    else if (sum_bits_ + range <= 128)
      sum_tile<Int128>(
          p, q, [](Int128& sum, std::int32_t d, int shift) { sum += Int128{d} << shift; },
          [&](const Int128& sum) { return to_fp32(sum, low); });
    else
      sum_tile<ExactSum>(
          p, q, [](ExactSum& sum, std::int32_t d, int shift) { sum.add(d, shift); },
          [&](const ExactSum& sum) { return sum.to_fp32(low); });
  }

  void fp32_tile(std::int64_t p, std::int64_t q, int low, int high) {
    alignas(64) float acc[kRows][kCols] = {};
    if (low >= -126 && high <= 127)
      steps(p, q, [&](const Slot* s, int count) { Kernel::sum_float(s, count, sums_, low, acc); });
    else
      steps(p, q, [&](const Slot* s, int count) { Kernel::sum_double(s, count, sums_, low, acc); });
    std::memcpy(out_, acc, sizeof acc);
  }

  void int64_tile(std::int64_t p, std::int64_t q, int low) {
    alignas(64) std::int64_t acc[kRows][kCols] = {};
    steps(p, q, [&](const Slot* s, int count) { Kernel::sum(s, count, sums_, acc); });
    if (low >= -126 && low <= 127) {
      Kernel::round(acc, std::bit_cast<float>((low + 127) << 23), out_);
      return;
    }
    for (int r = 0; r < kRows; ++r)
      for (int n = 0; n < kCols; ++n) out_[r][n] = to_fp32(acc[r][n], low);
  }

  template <class Sum, class Add, class Round>
  void sum_tile(std::int64_t p, std::int64_t q, const Add& add, const Round& round) {
    std::vector<Sum> acc(kRows * kCols);
    steps(p, q, [&](const Slot* slots, int count) {
      for (int s = 0; s < count; ++s)
        for (int r = 0; r < kRows; ++r)
          for (int n = 0; n < kCols; ++n)
            add(acc[static_cast<std::size_t>(r * kCols + n)], sums_[s][r][n],
                slots[s].exponents_a[r] + slots[s].exponents_b[n]);
    });
    for (int r = 0; r < kRows; ++r)
      for (int n = 0; n < kCols; ++n)
        out_[r][n] = round(acc[static_cast<std::size_t>(r * kCols + n)]);
  }

  bool exact_;
  int chunk_bits_;
  int unit_;
  std::int64_t lines_a_, lines_b_;
  Layout layout_;
  int sum_bits_;  // of a sum of products of integers, not shifted
  bool bytes_;
  Panels a_, b_;
  alignas(64) Sums sums_[kSlots];
  alignas(64) std::uint32_t out_[kRows][kCols];
};

template <class Kernel>
std::vector<std::uint32_t> multiply(const BfpOperand& a, const BfpOperand& b,
                                    const BfpProduct& how) {
  // Beyond all bases of the contract, where doubles may not have 2^s.
  if (std::max(std::abs(a.lines.base), std::abs(b.lines.base)) > -kMinBase)
    return gemm_bfp(a, b, how);
  check_product(a, b, how);
  const IntegerOperand integers_a(a), integers_b(b);
  return Product<Kernel>(integers_a.operand(), integers_b.operand(), how).run();
}

constexpr BfpProductKernel kKernels[] = {
#if defined(__x86_64__)
    {"avx512-vnni",
     [] {
       return __builtin_cpu_supports("avx512vnni") != 0 &&
              __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
              __builtin_cpu_supports("avx512vl") != 0;
     },
     multiply<Avx512>},
    {"avx2", [] { return __builtin_cpu_supports("avx2") != 0; }, multiply<Avx2>},
#endif
    {"portable", [] { return true; }, multiply<Portable>},
};

}  // namespace

std::span<const BfpProductKernel> bfp_product_kernels() {
  return kKernels;
}

std::vector<std::uint32_t> gemm_bfp_fast(const BfpOperand& a, const BfpOperand& b,
                                         const BfpProduct& how) {
  static const BfpProductKernel& kernel = first_supported(bfp_product_kernels());
  return kernel.multiply(a, b, how);
}

}  // namespace rh
