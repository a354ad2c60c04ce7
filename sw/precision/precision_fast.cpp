// One text, compiled for several instruction sets; the compiler vectorises its loops.
//
// Where the window holds all exponents no order matters (docs/contract.md (41)): groups of one
// exponent are added first, and their sum gets its 2^e once, at the end. So a table has 16 lanes an
// exponent, a lane with both sums in one word:
//   word(code) = low + high 2^16,   low and high as in docs/contract.md (38)
// and a group is added to its row, lane by lane. Rows go to sums of 64 bits before a half of a word
// can be full. Where the window is smaller, the order of (41) is the definition's.
#include "precision/precision_fast.hpp"

#include <array>
#include <cstdlib>

#include "number/dispatch.hpp"

namespace rh {
namespace {

constexpr std::int64_t kLanes = 16;
constexpr int kMostExponents = 64;  // a window of more does not fit sums of 96 bits
constexpr int kHalf = 16;           // bits of a half of a word

using Row = std::array<std::uint32_t, kLanes>;

// The table of a tensor, and the sums that its rows had when they were emptied.
struct Table {
  alignas(64) std::array<Row, kMostExponents> rows{};
  std::array<std::uint64_t, kMostExponents> low{}, high{};

  void empty() {
    for (std::size_t e = 0; e < rows.size(); ++e)
      for (std::uint32_t& word : rows[e]) {
        low[e] += word & ((1u << kHalf) - 1);
        high[e] += word >> kHalf;
        word = 0;
      }
  }
};

[[gnu::always_inline]] inline std::uint32_t word(std::int16_t code, int drop) {
  const auto magnitude = static_cast<std::uint32_t>(std::abs(static_cast<std::int32_t>(code)));
  return (magnitude & ((1u << drop) - 1)) | (magnitude >> drop) << kHalf;
}

// `count` is best known where this is inlined.
[[gnu::always_inline]] inline void add_group(Row& row, const std::int16_t* codes,
                                             std::int64_t count, int drop) {
  std::int64_t first = 0;
  for (; first + kLanes <= count; first += kLanes)
    for (std::int64_t i = 0; i < kLanes; ++i)
      row[static_cast<std::size_t>(i)] += word(codes[first + i], drop);
  for (; first < count; ++first)
    row[static_cast<std::size_t>(first % kLanes)] += word(codes[first], drop);
}

// Groups that can be added before a half of a word may be full.
std::int64_t groups_at_once(const PrecisionUnit& unit, std::int64_t group_size) {
  const int bits = std::max(unit.drop, unit.magnitude_bits - unit.drop);
  const std::int64_t most = ((std::int64_t{1} << bits) - 1) * ((group_size + kLanes - 1) / kLanes);
  return ((std::int64_t{1} << kHalf) - 1) / most;
}

[[gnu::always_inline]] inline Precision sums_loops(const PrecisionUnit& unit,
                                                   const BfpLines& tensor) {
  if (unit.window < (1 << unit.exponent_bits) - 1) return precision_of(unit, tensor);
  assert(unit.exponent_bits <= 6);
  Table table;
  PrecisionSums sums;
  const std::int64_t per_line = tensor.groups_per_line(), g = tensor.group_size;
  const std::int64_t at_once = groups_at_once(unit, g);
  const int drop = unit.drop;
  const std::int16_t* codes = tensor.codes.data();
  const std::uint8_t* exponent = tensor.exponents.data();
  const std::uint8_t* flags = tensor.flags.data();
  std::int64_t room = at_once;
  for (std::int64_t line = 0; line < tensor.lines; ++line)
    for (std::int64_t j = 0; j < per_line; ++j, ++exponent, ++flags) {
      const std::int64_t count = std::min(g, tensor.length - j * g);
      Row& row = table.rows[*exponent];
      if ((*flags & kNanGroup) != 0)
        sums.nan = true;
      else if (count == kLanes)
        add_group(row, codes, kLanes, drop);
      else
        add_group(row, codes, count, drop);
      codes += count;
      if (--room == 0) {
        table.empty();
        room = at_once;
      }
    }
  table.empty();
  for (std::size_t e = 0; e < table.rows.size(); ++e) {
    sums.numerator += static_cast<Uint128>(table.low[e]) << e;
    sums.denominator += static_cast<Uint128>(table.high[e]) << e;
  }
  Precision precision(unit);
  precision.join(sums);
  return precision;
}

Precision sums_portable(const PrecisionUnit& unit, const BfpLines& tensor) {
  return sums_loops(unit, tensor);
}
#if defined(__x86_64__)
[[gnu::target("avx2")]] Precision sums_avx2(const PrecisionUnit& unit, const BfpLines& tensor) {
  return sums_loops(unit, tensor);
}
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]] Precision sums_avx512(
    const PrecisionUnit& unit, const BfpLines& tensor) {
  return sums_loops(unit, tensor);
}
#endif

constexpr PrecisionKernel kKernels[] = {
#if defined(__x86_64__)
    {"avx512",
     [] {
       return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl");
     },
     sums_avx512},
    {"avx2", [] { return __builtin_cpu_supports("avx2") != 0; }, sums_avx2},
#endif
    {"portable", [] { return true; }, sums_portable},
};

}  // namespace

std::span<const PrecisionKernel> precision_kernels() {
  return kKernels;
}

Precision precision_of_fast(const PrecisionUnit& unit, const BfpLines& tensor) {
  static const PrecisionKernel& kernel = first_supported(precision_kernels());
  return kernel.sums(unit, tensor);
}

}  // namespace rh
