// Seeded choices that are the same with every compiler and library: SplitMix64 and integers.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rh::regress {

class Draw {
 public:
  // `stream` tells the uses of one seed apart.
  explicit Draw(std::uint64_t seed, std::uint64_t stream = 0)
      : state_(mix(seed ^ mix(stream + 0x5EED))) {}

  std::uint64_t bits() { return mix(state_ += 0x9E37'79B9'7F4A'7C15u); }
  std::uint64_t below(std::uint64_t n) { return bits() % n; }
  int between(int first, int last) {
    return first + static_cast<int>(below(static_cast<std::uint64_t>(last - first + 1)));
  }
  bool percent(int p) { return static_cast<int>(below(100)) < p; }

  // About normal, by four uniform numbers: mean 0, deviation near 1, at most 3.5 in size.
  float normal() {
    const std::uint64_t b = bits();
    const auto sum = static_cast<std::int32_t>((b & 0xFFFF) + (b >> 16 & 0xFFFF) +
                                               (b >> 32 & 0xFFFF) + (b >> 48)) -
                     131'070;
    return static_cast<float>(sum) * 0x1p-15F * 0.875F;
  }

 private:
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9u;
    z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EBu;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

// FNV-1a over 64-bit words, mixed at the end: what identifies a result in a report.
class Digest {
 public:
  void add(std::uint64_t word) {
    for (int i = 0; i < 8; ++i, word >>= 8) hash_ = (hash_ ^ (word & 0xFF)) * 0x100'0000'01B3u;
  }
  void add(std::string_view text) {
    for (const char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100'0000'01B3u;
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xCBF2'9CE4'8422'2325u;
};

}  // namespace rh::regress
