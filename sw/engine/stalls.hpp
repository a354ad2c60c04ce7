// Stalls at the streams of an engine, as arguments: what each stream does in a cycle is a function
// of the seed, so a run repeats. Results do not depend on them; cycles do.
#pragma once
#include <cstdint>

namespace rh {

// Percent of the cycles in which an input does not begin to offer what it has, and in which an
// output is not taken. 0 to 90; the golden model has no streams.
struct Stalls {
  int input_percent = 0;
  int output_percent = 0;
  std::uint64_t seed = 0;

  bool any() const { return input_percent > 0 || output_percent > 0; }
  bool operator==(const Stalls&) const = default;
};

// The cycles within which an answer must come, if it comes within `cycles` without stalls: several
// streams that all wait at 90 % take some 30 times as long.
constexpr std::uint64_t patience(const Stalls& stalls, std::uint64_t cycles) {
  return stalls.input_percent > 0 || stalls.output_percent > 0 ? 100 * cycles + 1000 : cycles;
}

// A stream's own seeded choice of the cycles in which it pauses.
class Pause {
 public:
  Pause(int percent, std::uint64_t seed) : percent_(percent), state_(seed) {}
  bool operator()() { return percent_ > 0 && static_cast<int>(next() % 100) < percent_; }

 private:
  std::uint64_t next() {  // SplitMix64
    state_ += 0x9E37'79B9'7F4A'7C15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9u;
    z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EBu;
    return z ^ (z >> 31);
  }
  int percent_;
  std::uint64_t state_;
};

// An input: what is offered stays offered until it is taken. `stream` tells the inputs of one
// engine apart.
class Offer {
 public:
  Offer(const Stalls& stalls, std::uint64_t stream)
      : pause_(stalls.input_percent, stalls.seed + stream * 0xD1B5'4A32'D192'ED03u) {}
  // Once a cycle: valid, when `there` says that an item is there.
  bool operator()(bool there) { return offered_ = there && (offered_ || !pause_()); }
  void taken() { offered_ = false; }

 private:
  Pause pause_;
  bool offered_ = false;
};

// An output: ready, once a cycle.
class Accept {
 public:
  explicit Accept(const Stalls& stalls) : pause_(stalls.output_percent, ~stalls.seed) {}
  bool operator()() { return !pause_(); }

 private:
  Pause pause_;
};

}  // namespace rh
