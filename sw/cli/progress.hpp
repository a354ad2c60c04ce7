// A progress bar on stderr: only on a terminal, only for work of more than two seconds.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace rh::cli {

class ProgressBar {
 public:
  explicit ProgressBar(bool quiet);
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void begin(const std::string& what);  // "rtl: multiply"
  // Of the work since begin(); `note` stands behind the share: "2.314 bits".
  void update(std::uint64_t done, std::uint64_t total, const std::string& note = "");
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  bool enabled_;
  bool drawn_ = false;
  std::string what_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point begin_ = start_;
  Clock::time_point last_ = start_;
};

}  // namespace rh::cli
