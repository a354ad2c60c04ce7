// Golden model of rtl/noise/rh_noise.sv, written from docs/noise.md, not from the RTL.
//
// The one bit stream of the kit: s[n + 127] = s[n + 63] ^ s[n]. A state is 127 bits that follow
// each other; all later bits follow from them. sw/noise/noise_fast.hpp gives the same bits fast.
#pragma once
#include <cassert>
#include <cstdint>

#include "number/number.hpp"

namespace rh {

// A number of steps or bits: element * bits does not fit in 64 bits.
__extension__ typedef unsigned __int128 NoiseCount;

// Where the stream stands: the next 127 bits, the next one lowest. Never all zero.
struct NoiseState {
  std::uint64_t low;   // s[n] .. s[n + 63]
  std::uint64_t high;  // s[n + 64] .. s[n + 126]
  bool operator==(const NoiseState&) const = default;
};

// The state of a tensor, s[0] .. s[126]: docs/noise.md (3). Tensor 0 is that of `convert` and A,
// tensor 1 is B.
constexpr NoiseState noise_seed(std::uint64_t seed, std::uint64_t tensor = 0) {
  std::uint64_t x = seed ^ (tensor * 0xD1B5'4A32'D192'ED03u);
  const auto split_mix = [&x] {
    x += 0x9E37'79B9'7F4A'7C15u;
    std::uint64_t z = x;
    z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9u;
    z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EBu;
    return z ^ (z >> 31);
  };
  const std::uint64_t u0 = split_mix();
  const std::uint64_t u1 = split_mix();
  const NoiseState state{u0, u1 & (~std::uint64_t{0} >> 1)};
  return state == NoiseState{0, 0} ? NoiseState{1, 0} : state;
}

// The stream bit by bit, the slow and obvious way.
class Noise {
 public:
  constexpr explicit Noise(NoiseState start) : state_(start) {}

  constexpr bool next_bit() {
    const std::uint64_t bit = state_.low & 1;             // s[n]
    const std::uint64_t last = bit ^ (state_.low >> 63);  // s[n + 127] = s[n] ^ s[n + 63]
    state_.low = state_.low >> 1 | state_.high << 63;
    state_.high = state_.high >> 1 | last << 62;
    return bit != 0;
  }
  // The next `bits` bits as a number, the first of them lowest: docs/noise.md (2).
  constexpr std::uint32_t next(int bits) {
    assert(bits >= 1 && bits <= kMaxNoiseBits);
    std::uint32_t word = 0;
    for (int i = 0; i < bits; ++i) word |= (next_bit() ? 1u : 0u) << i;
    return word;
  }
  constexpr NoiseState state() const { return state_; }

 private:
  NoiseState state_;
};

// The state `steps` steps later, in at most 128 * 127 + 127 steps of work: docs/noise.md (4), (5).
//
// One step is a linear map T of the 127 bits, and T^127 = T^63 + 1 says the recurrence. So with
// c(x) = x^steps mod p(x) and p(x) = x^127 + x^63 + 1, not its reciprocal, T^steps = c(T): the
// states 0 .. 126 steps later, those summed whose bit of c is one.
constexpr NoiseState noise_jump(NoiseState start, NoiseCount steps) {
  // Polynomials of degree below 127: bit i is the coefficient of x^i.
  constexpr NoiseCount kTop = NoiseCount{1} << 126;
  const auto times_x = [](NoiseCount a) {  // x^127 = x^63 + 1
    return (a & kTop) != 0 ? (a ^ kTop) << 1 ^ (NoiseCount{1} << 63 | 1) : a << 1;
  };
  const auto square = [&](NoiseCount a) {
    NoiseCount sum = 0;
    for (int i = 126; i >= 0; --i) {
      sum = times_x(sum);
      if ((a >> i & 1) != 0) sum ^= a;
    }
    return sum;
  };
  NoiseCount power = 1;
  for (int i = 127; i >= 0; --i) {
    if (power != 1) power = square(power);
    if ((steps >> i & 1) != 0) power = times_x(power);
  }

  Noise later(start);
  NoiseState sum{0, 0};
  for (int i = 0; i < 127; ++i, later.next_bit())
    if ((power >> i & 1) != 0) {
      sum.low ^= later.state().low;
      sum.high ^= later.state().high;
    }
  return sum;
}

// The noise word of element number `element` of a tensor: docs/noise.md (2).
constexpr std::uint32_t noise_word(NoiseState start, std::uint64_t element, int bits) {
  return Noise(noise_jump(start, NoiseCount{element} * static_cast<unsigned>(bits))).next(bits);
}

}  // namespace rh
