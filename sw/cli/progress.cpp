#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace rh::cli {

ProgressBar::ProgressBar(bool quiet) : enabled_(!quiet && ::isatty(STDERR_FILENO) == 1) {}

void ProgressBar::begin(const std::string& what) {
  clear();
  what_ = what;
  begin_ = Clock::now();
}

void ProgressBar::update(std::uint64_t done, std::uint64_t total, const std::string& note) {
  if (!enabled_ || total == 0) return;
  const Clock::time_point now = Clock::now();
  if (now - start_ < std::chrono::seconds(2) || now - last_ < std::chrono::milliseconds(100))
    return;
  last_ = now;
  drawn_ = true;
  constexpr int kWidth = 40;
  const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const int filled = static_cast<int>(part * kWidth);
  std::cerr << "\r\x1B[K" << what_ << " [" << std::string(static_cast<std::size_t>(filled), '#')
            << std::string(static_cast<std::size_t>(kWidth - filled), ' ') << "] "
            << static_cast<int>(part * 100) << " %" << (note.empty() ? "" : ", ") << note;
  if (done > 0 && done < total) {
    const double spent = std::chrono::duration<double>(now - begin_).count();
    const auto left = static_cast<std::int64_t>(spent * (1 - part) / part);
    std::cerr << ", " << (left < 120 ? left : left / 60) << (left < 120 ? " s left" : " min left");
  }
  std::cerr << std::flush;
}

void ProgressBar::clear() {
  if (drawn_) std::cerr << "\r\x1B[K" << std::flush;
  drawn_ = false;
}

}  // namespace rh::cli
