// Compares want with got, exactly, many times; reports every compared field of the first 20
// mismatches, counts all of them, and refuses to pass when nothing was compared. With RH_STOP in
// the environment a test ends at its first mismatch.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>

#include "bench/catch.hpp"

namespace rh::bench {

// Prints small integers as numbers and everything else as it prints itself.
template <class T>
std::string show(const T& value) {
  std::ostringstream out;
  if constexpr (std::is_same_v<T, bool>) {
    out << (value ? "true" : "false");
  } else if constexpr (std::is_integral_v<T>) {
    out << +value << " (0x" << std::hex << +static_cast<std::make_unsigned_t<T>>(value) << ")";
  } else {
    out << value;
  }
  return out.str();
}

// Comparisons of all checkers of a test program.
inline std::uint64_t all_compared = 0;

class Checker {
 public:
  // `describe` writes the operands to the stream; it runs only at a mismatch.
  template <class Want, class Got, class Describe>
  bool equal(const Want& want, const Got& got, Describe describe) {
    ++compared_;
    ++all_compared;
    if (want == got) return true;
    if (++mismatches_ <= kShown) {
      std::ostringstream text;
      describe(text);
      std::cerr << "mismatch: " << text.str() << "; want " << show(want) << ", got " << show(got)
                << ", rng-seed " << seed() << "\n";
    }
    if (kStop) FAIL("the first mismatch");
    return false;
  }

  std::uint64_t compared() const { return compared_; }
  std::uint64_t mismatches() const { return mismatches_; }

  // To be called once at the end of a test case; `at_least` guards against a loop that never ran.
  void finish(std::uint64_t at_least = 1) const {
    INFO(mismatches_ << " of " << compared_ << " differ");
    REQUIRE(compared_ >= at_least);
    REQUIRE(mismatches_ == 0);
  }

 private:
  static constexpr std::uint64_t kShown = 20;
  static inline const bool kStop = std::getenv("RH_STOP") != nullptr;
  std::uint64_t compared_ = 0;
  std::uint64_t mismatches_ = 0;
};

}  // namespace rh::bench
