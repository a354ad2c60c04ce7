// One text, compiled for several instruction sets; the compiler vectorises its two loops.
//
// The scale of a line comes from the definition. What is fast is the pass for absmax and the pass
// for the codes, which needs no clamp: with |x| <= absmax and both roundings within 2^-24,
//   |fl(x * quantizer)| <= 127 (1 + 2^-24)^2 < 127.5    (neither factor of 127 is subnormal),
// so the clamp of the definition never acts on a line quantised with its own absmax.
#include "convert/convert_fast.hpp"

#include <algorithm>
#include <bit>

#include "number/dispatch.hpp"

namespace rh {
namespace {

// Adding 1.5 * 2^23 leaves a sum whose lowest bit is worth 1: fl() itself rounds to an integer,
// ties to even, and the integer is the difference of the bit patterns.
constexpr float kIntegers = 12'582'912.0f;
constexpr std::int32_t kIntegersBits = std::bit_cast<std::int32_t>(kIntegers);

[[gnu::always_inline]] inline std::uint32_t largest_magnitude(const float* x, std::int64_t length) {
  std::int32_t largest = 0;
  for (std::int64_t i = 0; i < length; ++i)
    largest = std::max(largest, std::bit_cast<std::int32_t>(x[i]) & 0x7FFF'FFFF);
  return static_cast<std::uint32_t>(largest);
}

[[gnu::always_inline]] inline void codes_of(const float* x, std::int64_t length, float quantizer,
                                            std::int8_t* codes) {
  for (std::int64_t i = 0; i < length; ++i) {
    const float sum = x[i] * quantizer + kIntegers;
    codes[i] = static_cast<std::int8_t>(std::bit_cast<std::int32_t>(sum) - kIntegersBits);
  }
}

[[gnu::always_inline]] inline Int8Lines convert(std::span<const float> values, std::int64_t lines,
                                                std::int64_t length) {
  Int8Lines out;
  out.lines = lines;
  out.length = length;
  out.codes.resize(values.size());
  out.scales.resize(static_cast<std::size_t>(lines));
  for (std::int64_t line = 0; line < lines; ++line) {
    const float* x = values.data() + line * length;
    const auto [quantizer, scale] = int8_scale(largest_magnitude(x, length));
    out.scales[static_cast<std::size_t>(line)] = scale;
    out.zero_scale_lines += scale == 0 ? 1 : 0;
    out.nan_lines += fp32::is_nan(scale) ? 1 : 0;
    if (quantizer != 0)
      codes_of(x, length, std::bit_cast<float>(quantizer), out.codes.data() + line * length);
  }
  return out;
}

Int8Lines convert_portable(std::span<const float> values, std::int64_t lines, std::int64_t length) {
  return convert(values, lines, length);
}
#if defined(__x86_64__)
[[gnu::target("avx2")]] Int8Lines convert_avx2(std::span<const float> values, std::int64_t lines,
                                               std::int64_t length) {
  return convert(values, lines, length);
}
[[gnu::target("avx512f,avx512bw,avx512vl")]] Int8Lines convert_avx512(std::span<const float> values,
                                                                      std::int64_t lines,
                                                                      std::int64_t length) {
  return convert(values, lines, length);
}
#endif

constexpr ConvertKernel kKernels[] = {
#if defined(__x86_64__)
    {"avx512",
     [] { return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"); },
     convert_avx512},
    {"avx2", [] { return __builtin_cpu_supports("avx2") != 0; }, convert_avx2},
#endif
    {"portable", [] { return true; }, convert_portable},
};

}  // namespace

std::span<const ConvertKernel> convert_kernels() {
  return kKernels;
}

Int8Lines convert_int8_fast(std::span<const float> values, std::int64_t lines,
                            std::int64_t length) {
  static const ConvertKernel& kernel = first_supported(convert_kernels());
  return kernel.convert(values, lines, length);
}

}  // namespace rh
