// TEST RATIONALE. State space: 127 bits of state and three inputs of control a cycle. The window is
// linear in the state, so random states and runs decide it; sizes below, at and above the state:
// leaps of 1, 15, 48, 128 and 256 bits. Each run mixes loads in mid-run (random, one bit, all zero,
// all ones), takes with stalls of 0, 25, 50 and 90 %, loads together with takes, and resets; every
// output bit is compared before every edge once a state was loaded.
// Every seed of a single one is loaded. Mutants this kills: tap 64 for 63, a leap of 64 for 128 or
// one short, zero seed kept or its last bit not looked at, a take that wins or acts beside a load,
// no hold, valid without reset.
#include "noise/noise.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"
#include "bench/stream.hpp"
#include "noise_16_3/noise_16_3.h"
#include "noise_16_8/noise_16_8.h"
#include "noise_1_1/noise_1_1.h"
#include "noise_32_8/noise_32_8.h"
#include "noise_3_5/noise_3_5.h"

namespace rh {
namespace {

NoiseState random_seed(std::mt19937_64& rng) {
  switch (rng() % 4) {
    case 0: return {0, 0};
    case 1: return noise_jump({1, 0}, 127 - rng() % 127);  // few ones, the last of them anywhere
    case 2: return {~std::uint64_t{0}, ~std::uint64_t{0} >> 1};
    default: return {rng(), rng() >> 1};
  }
}

template <class Model>
void drive(bench::Clocked<Model>& rtl, bool load, NoiseState seed, bool take) {
  rtl->load_i = load;
  rtl->take_i = take;
  const std::array<std::uint64_t, 2> words{seed.low, seed.high};
  bench::put(rtl->seed_i, std::span<const std::uint64_t>(words));
}

// The first `leap` bits as text: of the port, and of the stream, which moves on.
template <class Port>
std::string bits_of(const Port& port, std::size_t leap) {
  std::array<std::uint8_t, 64> bytes{};
  static_assert(sizeof port <= sizeof bytes);
  std::memcpy(bytes.data(), &port, sizeof port);
  std::string bits;
  for (std::size_t i = 0; i < leap; ++i) bits += (bytes[i / 8] >> i % 8 & 1) != 0 ? '1' : '0';
  return bits;
}
std::string next_bits(Noise& stream, std::size_t leap) {
  std::string bits;
  for (std::size_t i = 0; i < leap; ++i) bits += stream.next_bit() ? '1' : '0';
  return bits;
}

template <class Model, int Lanes, int NoiseW>
void run(const std::string& size) {
  constexpr std::size_t kLeap = Lanes * NoiseW;
  bench::Clocked<Model> rtl(bench::wave_file(size));
  bench::Checker checker;
  auto rng = bench::rng();
  for (const int stall : bench::kStalls)
    for (int resets = 0; resets < 8; ++resets) {
      drive(rtl, rng() % 2 == 0, random_seed(rng), rng() % 2 == 0);
      rtl.reset();  // a load in reset counts for nothing
      std::optional<Noise> golden;
      bench::Pause pause(stall, rng());
      const std::size_t cycles = rng() % 300;
      const std::size_t loads = 5 + rng() % 40;  // one in so many cycles
      for (std::size_t cycle = 0; cycle < cycles; ++cycle) {
        const bool load = rng() % loads == 0;
        const NoiseState seed = random_seed(rng);
        const bool take = !pause();
        drive(rtl, load, seed, take);
        rtl.settle();
        const auto describe = [&](std::ostream& os) {
          os << size << " stall " << stall << " reset " << resets << " cycle " << cycle;
        };
        checker.equal(golden.has_value(), rtl->valid_o != 0, describe);
        if (golden) {
          Noise window = *golden;
          const std::string want = next_bits(window, kLeap);
          checker.equal(want, bits_of(rtl->noise_o, kLeap), describe);
          if (take) golden = window;
        }
        if (load) golden = Noise(seed == NoiseState{0, 0} ? NoiseState{1, 0} : seed);
        rtl.edge();
      }
      rtl.check();
    }
  checker.finish(2'000);
}

TEST_CASE("noise: the window equals the stream, with stalls, loads and resets",
          "[noise][random][stall]") {
  run<noise_1_1, 1, 1>("1x1");
  run<noise_3_5, 3, 5>("3x5");
  run<noise_16_3, 16, 3>("16x3");
  run<noise_16_8, 16, 8>("16x8");
  run<noise_32_8, 32, 8>("32x8");
}

template <class Model, int Lanes, int NoiseW>
void load_single_ones(const std::string& size) {
  bench::Checker checker;
  bench::Clocked<Model> rtl;
  drive(rtl, false, {0, 0}, false);
  rtl.reset();
  for (std::size_t one = 0; one <= 127; ++one) {  // 127: none
    NoiseState seed{};
    if (one < 127) (one < 64 ? seed.low : seed.high) = std::uint64_t{1} << one % 64;
    drive(rtl, true, seed, false);
    rtl.edge();
    drive(rtl, false, {0, 0}, true);
    Noise golden(one < 127 ? seed : NoiseState{1, 0});
    for (std::size_t bit = 0; bit < 127; bit += Lanes * NoiseW) {  // all of the state
      const std::string want = next_bits(golden, Lanes * NoiseW);
      checker.equal(want, bits_of(rtl->noise_o, Lanes * NoiseW), [&](std::ostream& os) {
        os << size << " one at " << one << ", bits from " << bit;
      });
      rtl.edge();
    }
  }
  rtl.check();
  checker.finish(128);
}

TEST_CASE("noise: every seed of a single one is loaded as it is, zero as one",
          "[noise][exhaustive]") {
  load_single_ones<noise_1_1, 1, 1>("1x1");
  load_single_ones<noise_3_5, 3, 5>("3x5");
  load_single_ones<noise_16_3, 16, 3>("16x3");
  load_single_ones<noise_16_8, 16, 8>("16x8");
  load_single_ones<noise_32_8, 32, 8>("32x8");
}

// Words of 8 bits, in the order of the elements.
template <class Model>
std::vector<std::uint8_t> words(NoiseState start, std::size_t lanes, std::size_t elements) {
  bench::Clocked<Model> rtl;
  rtl->load_i = 0;
  rtl->take_i = 0;
  rtl.reset();
  const std::array<std::uint64_t, 2> seed{start.low, start.high};
  bench::put(rtl->seed_i, std::span<const std::uint64_t>(seed));
  rtl->load_i = 1;
  rtl.edge();
  rtl->load_i = 0;
  rtl->take_i = 1;
  std::vector<std::uint8_t> all;
  while (all.size() < elements) {
    rtl.settle();
    std::vector<std::uint8_t> group(lanes);
    bench::get(rtl->noise_o, std::span(group));
    all.insert(all.end(), group.begin(), group.end());
    rtl.edge();
  }
  return all;
}

TEST_CASE("noise: the words of a tensor do not depend on the number of lanes", "[noise][law]") {
  bench::Checker checker;
  const NoiseState start = noise_seed(42, 1);
  const std::vector<std::uint8_t> of_16 = words<noise_16_8>(start, 16, 9'600);
  const std::vector<std::uint8_t> of_32 = words<noise_32_8>(start, 32, 9'600);
  for (std::size_t e = 0; e < 9'600; ++e) {
    const auto describe = [&](std::ostream& os) { os << "element " << e; };
    checker.equal(of_16[e], of_32[e], describe);
    if (e % 37 == 0) checker.equal(noise_word(start, e, 8), std::uint32_t{of_16[e]}, describe);
  }
  checker.finish(9'600);
}

}  // namespace
}  // namespace rh
