// The noise stream as fast as memory: the bits of sw/noise/noise.hpp, 512 at a time.
#pragma once
#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <span>

#include "noise/noise.hpp"

namespace rh {

// The stream from bit `first_bit` of a tensor on, its next bits at a pointer: no copy, no call but
// once in 8,128 bytes. With R = 8 a byte is the word of an element.
//
//   NoiseStream noise(noise_seed(seed), element * 8);
//   const std::uint8_t* words = noise.bytes(16);      // for 16 elements
//
// The recurrence holds for blocks of 512 bits as it does for bits, docs/noise.md (6), so the next
// 127 blocks replace the last 127 in place, each by one XOR.
class NoiseStream {
 public:
  static constexpr std::size_t kMostBytes = 4096;  // of one call

  explicit NoiseStream(NoiseState start, NoiseCount first_bit = 0);
  // A copy would point into the buffer of the other.
  NoiseStream(const NoiseStream&) = delete;
  NoiseStream& operator=(const NoiseStream&) = delete;

  // The next `count` <= kMostBytes bytes, bit 0 of byte 0 first; they stay until the next call of
  // any function. Whole bytes only: the words taken before must have filled theirs.
  const std::uint8_t* bytes(std::size_t count) {
    assert(count <= kMostBytes && bit_ % 8 == 0);
    if (bit_ / 8 + count > kEnd) refill();
    const std::uint8_t* const first = buffer() + bit_ / 8;
    bit_ += 8 * count;
    return first;
  }
  // The words of the next elements, `bits` (1 to 14) bits each.
  template <class Word>
  void words(int bits, std::span<Word> out) {
    assert(bits >= 1 && bits <= kMaxNoiseBits && bits <= static_cast<int>(8 * sizeof(Word)));
    const std::size_t width = static_cast<std::size_t>(bits);
    const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
    while (!out.empty()) {
      const std::size_t count = std::min(out.size(), 8 * kMostBytes / kMaxNoiseBits);
      if ((bit_ + count * width + 7) / 8 > kEnd) refill();
      std::size_t i = 0;
      for (; i + 4 <= count; i += 4) {  // 7 bits in front and four words of 14 at most
        const std::uint64_t window = window_at(bit_ + i * width);
        for (std::size_t j = 0; j < 4; ++j)
          out[i + j] = static_cast<Word>(window >> j * width & mask);
      }
      for (; i < count; ++i) out[i] = static_cast<Word>(window_at(bit_ + i * width) & mask);
      bit_ += count * width;
      out = out.subspan(count);
    }
  }

 private:
  static constexpr std::size_t kRingBytes = 127 * 64;
  static constexpr std::size_t kRing = kMostBytes + 64;  // in front of it: what a refill keeps
  static constexpr std::size_t kEnd = kRing + kRingBytes;

  void refill();
  const std::uint8_t* buffer() const {
    return reinterpret_cast<const std::uint8_t*>(words_.data());
  }
  std::uint64_t window_at(std::size_t bit) const {  // its bits from `bit` on, at least 57
    std::uint64_t window;
    std::memcpy(&window, buffer() + bit / 8, sizeof window);
    return window >> bit % 8;
  }

  alignas(64) std::array<std::uint64_t, kEnd / 8 + 1> words_;  // one more: a window reads too far
  std::size_t bit_ = 8 * kRing;                                // of the buffer, the next one
};

// 64 bits of the stream a word, from bit `first_bit` on, the first one lowest.
void noise_fill(NoiseState start, NoiseCount first_bit, std::span<std::uint64_t> words);

// Replaces the 127 blocks of a ring by the next 127.
struct NoiseKernel {
  const char* name;
  bool (*supported)();
  void (*advance)(std::uint64_t* ring);
};
// Every kernel this build holds, fast ones first, for the tests.
std::span<const NoiseKernel> noise_kernels();

}  // namespace rh
