// Small things every test needs: where waves go, a seeded generator.
#pragma once
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>

#include "bench/catch.hpp"

namespace rh::bench {

// A generator seeded by --rng-seed (default 1: Catch2 would take the clock).
inline std::mt19937_64 rng(std::uint64_t salt = 0) {
  return std::mt19937_64{seed() + 0x9E3779B97F4A7C15u * (salt + 1)};
}

// build/<unit>/<test case><suffix>.fst when built with TRACE=1, else empty.
inline std::string wave_file([[maybe_unused]] const std::string& suffix = "") {
#ifdef RH_TRACE
  std::string name(Catch::getResultCapture().getCurrentTestName());
  name += suffix;
  const std::string unit = name.substr(0, name.find(':'));
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  std::filesystem::create_directories("build/" + unit);
  return "build/" + unit + "/" + name + ".fst";
#else
  return "";
#endif
}

}  // namespace rh::bench
