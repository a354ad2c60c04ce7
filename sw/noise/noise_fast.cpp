// One text, compiled for several instruction sets; the compiler vectorises its two loops.
#include "noise/noise_fast.hpp"

#include "number/dispatch.hpp"

namespace rh {
namespace {

constexpr std::size_t kWords = 8;  // of 64 bits, in a block

// block[b + 127] = block[b + 63] ^ block[b], block b + 127 in the place of block b. The first 64
// need only old blocks, the last 63 need those.
[[gnu::always_inline]] inline void advance(std::uint64_t* ring) {
  for (std::size_t i = 0; i < 64 * kWords; ++i) ring[i] ^= ring[i + 63 * kWords];
  for (std::size_t i = 64 * kWords; i < 127 * kWords; ++i) ring[i] ^= ring[i - 64 * kWords];
}

void advance_portable(std::uint64_t* ring) {
  advance(ring);
}
#if defined(__x86_64__)
[[gnu::target("avx2")]] void advance_avx2(std::uint64_t* ring) {
  advance(ring);
}
[[gnu::target("avx512f")]] void advance_avx512(std::uint64_t* ring) {
  advance(ring);
}
#endif

constexpr NoiseKernel kKernels[] = {
#if defined(__x86_64__)
    {"avx512", [] { return __builtin_cpu_supports("avx512f") != 0; }, advance_avx512},
    {"avx2", [] { return __builtin_cpu_supports("avx2") != 0; }, advance_avx2},
#endif
    {"portable", [] { return true; }, advance_portable},
};

}  // namespace

std::span<const NoiseKernel> noise_kernels() {
  return kKernels;
}

// The first 127 blocks by 64 steps at a time, s[n + 127 .. n + 190] = s[n + 63 .. n + 126] ^
// s[n .. n + 63]; the rest by blocks, whose recurrence is docs/noise.md (6).
void noise_fill(NoiseState start, NoiseCount first_bit, std::span<std::uint64_t> words) {
  auto [low, high] = noise_jump(start, first_bit);
  const std::size_t head = std::min(words.size(), 127 * kWords);
  for (std::uint64_t& word : words.first(head)) {
    word = low;
    const std::uint64_t next = (high << 1 | low >> 63) ^ low;  // s[n + 127 .. n + 190]
    low = high | next << 63;
    high = next >> 1;
  }
  std::uint64_t* const out = words.data();
  for (std::size_t i = head; i < words.size(); ++i)
    out[i] = out[i - 64 * kWords] ^ out[i - 127 * kWords];
}

NoiseStream::NoiseStream(NoiseState start, NoiseCount first_bit) {
  noise_fill(start, first_bit, std::span(words_).subspan(kRing / 8, kRingBytes / 8));
}

// What is left moves to the front of the ring, and follows on to the new bits.
void NoiseStream::refill() {
  static const NoiseKernel& kernel = first_supported(noise_kernels());
  const std::size_t left = kEnd - bit_ / 8;
  std::uint8_t* const ring = reinterpret_cast<std::uint8_t*>(words_.data()) + kRing;
  std::memcpy(ring - left, ring + kRingBytes - left, left);
  kernel.advance(words_.data() + kRing / 8);
  bit_ -= 8 * kRingBytes;
}

}  // namespace rh
