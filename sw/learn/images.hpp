// Images made by a rule: a bar of one of eight orientations, in noise.            docs/learn.md
// (17)
#pragma once
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>

#include "train/network.hpp"

namespace rh::learn {

inline constexpr int kClasses = 8;

// Fills a square image of side x side pixels, row-major, with a bar of class c: with u, v, w
// uniform in [-1, 1) and t in [-1/2, 1/2) a pixel,
//   angle = c pi / 8 + w pi / 24,   centre = (side - 1) / 2 + 2 (u, v),
//   x = t + (1 if the distance from the centre's line at that angle is at most 1, else 0)
// drawn in the order u, v, w and then t by rows.
inline void draw_bar(int c, int side, train::Rng& rng, std::span<float> image) {
  const auto signed_uniform = [&rng] { return 2 * double{train::uniform(rng)} - 1; };
  const double middle = (side - 1) / 2.0;
  const double centre_x = middle + 2 * signed_uniform();
  const double centre_y = middle + 2 * signed_uniform();
  const double angle = std::numbers::pi * (c / 8.0 + signed_uniform() / 24);
  const double across_x = -std::sin(angle), across_y = std::cos(angle);
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      const double distance = (x - centre_x) * across_x + (y - centre_y) * across_y;
      const float noise = train::uniform(rng) - 0.5F;
      image[static_cast<std::size_t>(y * side + x)] =
          (std::abs(distance) <= 1 ? 1.0F : 0.0F) + noise;
    }
}

}  // namespace rh::learn
