// TEST RATIONALE. The fast stream against the golden one, bit for bit. State space: start, first
// bit, lengths of the requests. Covered: streams of three rings and more (a ring is 8,128 bytes) by
// requests of one size each, 1 to 4,096 bytes, by random mixed sizes, by words of 1 to 14 bits that
// end off the byte, first bits at any offset; every kernel against the recurrence; fills of every
// length around 127 blocks, in memory that ends at a page nobody may touch.
// Mutants this kills: either tap of the blocks moved by one, a half of a refill one short, a refill
// that keeps a byte too few or comes a byte or a bit late, the offset of the first bit dropped.
#include "noise/noise_fast.hpp"

#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "bench/guarded.hpp"

namespace rh {
namespace {

std::vector<std::uint8_t> golden_bytes(NoiseState start, NoiseCount first_bit, std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  Noise noise(noise_jump(start, first_bit));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(noise.next(8));
  return bytes;
}

TEST_CASE("noise: the stream by bytes equals the definition, whatever the requests",
          "[noise][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  constexpr std::size_t kBytes = 30'000;
  const NoiseCount offsets[] = {0, 1, 7, 64, 127, 65'000, NoiseCount{3} << 100};
  const std::size_t sizes[] = {1, 2, 3, 7, 8, 16, 32, 64, 100, 1'000, 4'095, 4'096, 0};
  for (const NoiseCount first : offsets) {
    const NoiseState start = noise_seed(rng());
    const std::vector<std::uint8_t> want = golden_bytes(start, first, kBytes);
    for (const std::size_t size : sizes) {
      NoiseStream stream(start, first);
      for (std::size_t i = 0; i < kBytes;) {
        const std::size_t count =
            std::min(kBytes - i, size != 0 ? size : rng() % (rng() % 2 != 0 ? 50 : 4'097));
        const std::uint8_t* const got = stream.bytes(count);
        checker.equal(true, std::equal(got, got + count, want.begin() + static_cast<long>(i)),
                      [&](std::ostream& os) { os << "byte " << i << " size " << size; });
        i += count;
      }
    }
  }
  checker.finish();
}

TEST_CASE("noise: the stream by words equals the definition, for 1 to 14 bits",
          "[noise][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int bits = 1; bits <= kMaxNoiseBits; ++bits) {
    const NoiseState start = noise_seed(rng());
    NoiseStream stream(start, 11);
    Noise want(noise_jump(start, 11));
    for (std::size_t done = 0; done < 40'000;) {
      // The first 20,000 one by one: a word of every width but 1, 2, 4, 8 lies across a refill.
      const std::size_t count = rng() % 8 == 0 ? rng() % 9'000 : rng() % 40;
      std::vector<std::uint16_t> got(done < 20'000 ? 1 : count);
      stream.words(bits, std::span(got));
      for (const std::uint16_t word : got)
        checker.equal(want.next(bits), std::uint32_t{word},
                      [&](std::ostream& os) { os << bits << " bits, about element " << done; });
      done += got.size();
    }
  }
  // Into bytes, in turn with whole bytes.
  const NoiseState start = noise_seed(9);
  NoiseStream stream(start);
  Noise want(start);
  for (int i = 0; i < 2'000; ++i) {
    std::array<std::uint8_t, 16> words;
    stream.words(5, std::span<std::uint8_t>(words));
    for (const std::uint8_t word : words)
      checker.equal(want.next(5), std::uint32_t{word}, [&](std::ostream& os) { os << i; });
    checker.equal(want.next(8), std::uint32_t{*stream.bytes(1)},
                  [&](std::ostream& os) { os << i; });
  }
  checker.finish(14 * 40'000);
}

TEST_CASE("noise: every kernel makes the next 127 blocks of a ring", "[noise][law]") {
  for (const NoiseKernel& kernel : noise_kernels()) {
    if (!kernel.supported()) continue;
    alignas(64) std::array<std::uint64_t, 127 * 8> ring;
    const NoiseState start = noise_seed(3);
    noise_fill(start, 0, ring);
    for (unsigned turn = 1; turn <= 3; ++turn) {
      kernel.advance(ring.data());
      Noise want(noise_jump(start, turn * 127 * 512));
      bool same = true;
      for (const std::uint64_t word : ring)
        for (int bit = 0; bit < 64; ++bit) same = same && want.next_bit() == (word >> bit & 1);
      INFO(kernel.name << " turn " << turn);
      CHECK(same);
    }
  }
}

TEST_CASE("noise: a fill is the definition and writes nothing else", "[noise][law]") {
  bench::Checker checker;
  std::vector<std::size_t> lengths = {0, 1, 2, 3, 100, 5'000};
  for (std::size_t i = 1'000; i < 1'040; ++i) lengths.push_back(i);
  for (const std::size_t length : lengths) {
    const NoiseState start = noise_seed(length);
    const NoiseCount first = length * 13;
    bench::Guarded<std::uint64_t> words(length);
    noise_fill(start, first, words.span());
    Noise want(noise_jump(start, first));
    for (std::size_t i = 0; i < length; ++i) {
      std::uint64_t word = 0;
      for (int bit = 0; bit < 64; ++bit) word |= std::uint64_t{want.next_bit()} << bit;
      checker.equal(word, words[i],
                    [&](std::ostream& os) { os << "word " << i << " of " << length; });
    }
  }
  checker.finish();
}

}  // namespace
}  // namespace rh
