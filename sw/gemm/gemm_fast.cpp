// Three kernels: AVX-512 VNNI, AVX2, and plain loops that the compiler vectorises.
//
// The two with intrinsics share one driver. It cuts the product into blocks that stay in cache,
// copies ("packs") each block so that the inner loop reads memory in order, and calls Kernel::tile
// for kRows x kCols results that stay in registers. A packed word (32 bits) holds kGroup codes of
// one line, a panel kRows (or kCols) lines:
//
//   panel[group][line] = word of x[line][kGroup * group ...]
//
// Codes beyond the edges are packed as 0, so tiles are always whole; only results inside C leave.
//
// Every sum is taken modulo 2^32. Reduction modulo 2^32 commutes with + and *, so whatever wraps on
// the way, the low 32 bits are those of the exact sum, and the exact sum fits int32 by contract.
#include "gemm/gemm_fast.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <vector>

#include "number/dispatch.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rh {
namespace {

// kRows x kCols dot products at a time, straight from the operands.
template <int kRows, int kCols>
void dot_products(const std::int8_t* a, const std::int8_t* b, std::int64_t k, std::int32_t* c,
                  std::int64_t stride) {
  std::uint32_t sum[kRows][kCols] = {};
  for (std::int64_t t = 0; t < k; ++t)
    for (int i = 0; i < kRows; ++i)
      for (int j = 0; j < kCols; ++j)
        sum[i][j] += static_cast<std::uint32_t>(a[i * k + t] * b[j * k + t]);
  for (int i = 0; i < kRows; ++i)
    for (int j = 0; j < kCols; ++j) c[i * stride + j] = static_cast<std::int32_t>(sum[i][j]);
}

void multiply_portable(const std::int8_t* a, const std::int8_t* b, std::int64_t m, std::int64_t n,
                       std::int64_t k, std::int32_t* c) {
  for (std::int64_t i = 0; i < m; i += 4)
    for (std::int64_t j = 0; j < n; j += 4) {
      if (i + 4 <= m && j + 4 <= n) {
        dot_products<4, 4>(a + i * k, b + j * k, k, c + i * n + j, n);
        continue;
      }
      for (std::int64_t p = i; p < std::min(i + 4, m); ++p)
        for (std::int64_t q = j; q < std::min(j + 4, n); ++q)
          dot_products<1, 1>(a + p * k, b + q * k, k, c + p * n + q, n);
    }
}

#if defined(__x86_64__)

struct alignas(64) CacheLine {
  std::uint32_t words[16];
};

// vpdpbusd adds four products of an UNSIGNED with a signed code. So b is packed as b + 128 (the
// top bit flipped) and each sum starts at -128 * sum over k of a[m][k]:
//   sum (b + 128) a - 128 sum a = sum b a.
struct Avx512Vnni {
  static constexpr int kGroup = 4;
  static constexpr int kRows = 12;
  static constexpr int kVectors = 2;
  static constexpr int kCols = 16 * kVectors;
  static constexpr std::uint32_t kOffset = 128;  // added to the codes of b

  static std::uint32_t word_a(const std::int8_t* codes) {
    std::uint32_t word;
    std::memcpy(&word, codes, sizeof word);
    return word;
  }
  static std::uint32_t word_b(const std::int8_t* codes) { return word_a(codes) ^ 0x80808080u; }

  [[gnu::target("avx512f,avx512vnni")]] static void tile(std::int64_t groups,
                                                         const std::uint32_t* a,
                                                         const std::uint32_t* b,
                                                         std::uint32_t* out) {
    __m512i sum[kRows][kVectors];
    for (auto& row : sum)
      for (__m512i& s : row) s = _mm512_setzero_si512();
    for (std::int64_t g = 0; g < groups; ++g, a += kRows, b += kCols) {
      const __m512i b0 = _mm512_load_si512(b), b1 = _mm512_load_si512(b + 16);
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const __m512i ai = _mm512_set1_epi32(static_cast<int>(a[i]));
        sum[i][0] = _mm512_dpbusd_epi32(sum[i][0], b0, ai);
        sum[i][1] = _mm512_dpbusd_epi32(sum[i][1], b1, ai);
      }
    }
    for (int i = 0; i < kRows; ++i)
      for (int j = 0; j < kVectors; ++j) _mm512_store_si512(out + i * kCols + 16 * j, sum[i][j]);
  }
};

// pmaddwd adds two products of int16: at most 2 * 128^2, far from its limits.
struct Avx2 {
  static constexpr int kGroup = 2;
  static constexpr int kRows = 6;
  static constexpr int kVectors = 2;
  static constexpr int kCols = 8 * kVectors;
  static constexpr std::uint32_t kOffset = 0;

  static std::uint32_t word_a(const std::int8_t* codes) {
    const std::uint32_t low = static_cast<std::uint16_t>(codes[0]);
    const std::uint32_t high = static_cast<std::uint16_t>(codes[1]);
    return high << 16 | low;
  }
  static std::uint32_t word_b(const std::int8_t* codes) { return word_a(codes); }

  [[gnu::target("avx2")]] static void tile(std::int64_t groups, const std::uint32_t* a,
                                           const std::uint32_t* b, std::uint32_t* out) {
    __m256i sum[kRows][kVectors];
    for (auto& row : sum)
      for (__m256i& s : row) s = _mm256_setzero_si256();
    for (std::int64_t g = 0; g < groups; ++g, a += kRows, b += kCols) {
      const auto* vectors = reinterpret_cast<const __m256i*>(b);
      const __m256i b0 = _mm256_load_si256(vectors), b1 = _mm256_load_si256(vectors + 1);
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const __m256i ai = _mm256_set1_epi32(static_cast<int>(a[i]));
        sum[i][0] = _mm256_add_epi32(sum[i][0], _mm256_madd_epi16(b0, ai));
        sum[i][1] = _mm256_add_epi32(sum[i][1], _mm256_madd_epi16(b1, ai));
      }
    }
    auto* to = reinterpret_cast<__m256i*>(out);
    for (int i = 0; i < kRows; ++i)
      for (int j = 0; j < kVectors; ++j) _mm256_store_si256(to++, sum[i][j]);
  }
};

constexpr std::int64_t divide_up(std::int64_t x, std::int64_t y) {
  return (x + y - 1) / y;
}

// Packs `lines` lines (`stride` apart) of `length` codes as panels of kWidth lines.
template <int kGroup, int kWidth, auto kWord>
void pack(const std::int8_t* x, std::int64_t stride, std::int64_t lines, std::int64_t length,
          std::uint32_t* out) {
  const std::int64_t groups = divide_up(length, kGroup);
  for (std::int64_t line = 0; line < divide_up(lines, kWidth) * kWidth; ++line) {
    const std::int64_t whole = line < lines ? length / kGroup : 0;
    std::uint32_t* to = out + line / kWidth * groups * kWidth + line % kWidth;
    for (std::int64_t g = 0; g < whole; ++g) to[g * kWidth] = kWord(x + line * stride + g * kGroup);
    std::int8_t codes[kGroup] = {};
    if (line < lines) std::copy_n(x + line * stride + whole * kGroup, length % kGroup, codes);
    for (std::int64_t g = whole; g < groups; ++g) to[g * kWidth] = kWord(codes);
  }
}

// Room for `lines` packed lines of `words` words, aligned, not initialised.
std::unique_ptr<CacheLine[]> panels(std::int64_t lines, std::int64_t words) {
  return std::make_unique_for_overwrite<CacheLine[]>(
      static_cast<std::size_t>(divide_up(lines * words, 16)));
}

template <class Kernel>
void multiply(const std::int8_t* a, const std::int8_t* b, std::int64_t m, std::int64_t n,
              std::int64_t k, std::int32_t* c) {
  // A panel of b (32 KB at most) stays in the first-level cache, both blocks in the second.
  constexpr std::int64_t kRows = Kernel::kRows, kCols = Kernel::kCols;
  constexpr std::int64_t kBlockM = 240, kBlockN = 384, kBlockK = 256 * Kernel::kGroup;
  static_assert(kBlockM % kRows == 0 && kBlockN % kCols == 0);
  if (m == 0 || n == 0 || k == 0) {
    std::fill_n(c, m * n, 0);
    return;
  }

  const std::int64_t words = divide_up(std::min(kBlockK, k), Kernel::kGroup);
  const auto lines_a = panels(std::min(kBlockM, divide_up(m, kRows) * kRows), words);
  const auto lines_b = panels(std::min(kBlockN, divide_up(n, kCols) * kCols), words);
  std::uint32_t* const packed_a = lines_a[0].words;
  std::uint32_t* const packed_b = lines_b[0].words;
  alignas(64) std::uint32_t sums[kRows][kCols];

  std::vector<std::uint32_t> start(static_cast<std::size_t>(m));  // undoes the offset of b
  if (Kernel::kOffset != 0)
    for (std::int64_t i = 0; i < m; ++i)
      start[static_cast<std::size_t>(i)] =
          -Kernel::kOffset * std::accumulate(a + i * k, a + (i + 1) * k, 0u);

  for (std::int64_t k0 = 0; k0 < k; k0 += kBlockK)
    for (std::int64_t n0 = 0; n0 < n; n0 += kBlockN) {
      const std::int64_t kb = std::min(kBlockK, k - k0), nb = std::min(kBlockN, n - n0);
      const std::int64_t groups = divide_up(kb, Kernel::kGroup);
      pack<Kernel::kGroup, kCols, Kernel::word_b>(b + n0 * k + k0, k, nb, kb, packed_b);

      for (std::int64_t m0 = 0; m0 < m; m0 += kBlockM) {
        const std::int64_t mb = std::min(kBlockM, m - m0);
        pack<Kernel::kGroup, kRows, Kernel::word_a>(a + m0 * k + k0, k, mb, kb, packed_a);
        for (std::int64_t j = 0; j < nb; j += kCols)
          for (std::int64_t i = 0; i < mb; i += kRows) {
            Kernel::tile(groups, packed_a + i * groups, packed_b + j * groups, sums[0]);
            for (std::int64_t r = i; r < std::min(i + kRows, mb); ++r) {
              std::int32_t* const to = c + (m0 + r) * n + n0 + j;
              const std::uint32_t first = start[static_cast<std::size_t>(m0 + r)];
              for (std::int64_t q = 0; q < std::min(kCols, nb - j); ++q) {
                const std::uint32_t before = k0 == 0 ? first : static_cast<std::uint32_t>(to[q]);
                to[q] = static_cast<std::int32_t>(before + sums[r - i][q]);
              }
            }
          }
      }
    }
}

#endif

constexpr GemmKernel kKernels[] = {
#if defined(__x86_64__)
    {"avx512-vnni", [] { return __builtin_cpu_supports("avx512vnni") != 0; }, multiply<Avx512Vnni>},
    {"avx2", [] { return __builtin_cpu_supports("avx2") != 0; }, multiply<Avx2>},
#endif
    {"portable", [] { return true; }, multiply_portable},
};

}  // namespace

std::span<const GemmKernel> gemm_kernels() {
  return kKernels;
}

void gemm_int32_fast(const std::int8_t* a, const std::int8_t* b, std::int64_t m, std::int64_t n,
                     std::int64_t k, std::int32_t* c) {
  static const GemmKernel& kernel = first_supported(gemm_kernels());
  kernel.multiply(a, b, m, n, k, c);
}

}  // namespace rh
