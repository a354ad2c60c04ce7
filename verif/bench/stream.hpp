// The two ends of a valid/ready stream, with stalls as a parameter.
//
// A Source holds valid (and its item) until it is taken; a Sink checks that the other side does.
// Both decide to pause by a seeded generator, so a run repeats.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

namespace rh::bench {

// The stall percentages every streaming unit is tested with.
inline constexpr int kStalls[] = {0, 25, 50, 90};

class Pause {
 public:
  Pause(int percent, std::uint64_t seed) : percent_(percent), rng_(seed) {}
  bool operator()() { return percent_ > 0 && static_cast<int>(rng_() % 100) < percent_; }

 private:
  int percent_;
  std::mt19937_64 rng_;
};

template <class Item>
class Source {
 public:
  Source(std::vector<Item> items, int stall_percent, std::uint64_t seed)
      : items_(std::move(items)), pause_(stall_percent, seed) {}

  // Once a cycle, before settle(): what to drive. Null: valid is 0.
  const Item* offer() {
    if (next_ == items_.size()) return nullptr;
    offered_ = offered_ || !pause_();
    return offered_ ? &items_[next_] : nullptr;
  }
  // Once a cycle, after settle(): the ready that was seen.
  void see(bool ready) {
    if (!offered_ || !ready) return;
    offered_ = false;
    ++next_;
  }
  bool done() const { return next_ == items_.size(); }
  std::size_t taken() const { return next_; }

 private:
  std::vector<Item> items_;
  Pause pause_;
  std::size_t next_ = 0;
  bool offered_ = false;
};

template <class Item>
class Sink {
 public:
  Sink(int stall_percent, std::uint64_t seed) : pause_(stall_percent, seed) {}

  // Once a cycle, before settle(): the ready to drive.
  bool ready() { return ready_ = !pause_(); }

  // Once a cycle, after settle(): the item if valid, else nothing.
  void see(const std::optional<Item>& item) {
    if (held_ && (!item || !(*item == *held_)))
      throw std::logic_error("stream: valid or data changed before ready came");
    held_ = (item && !ready_) ? item : std::nullopt;
    if (item && ready_) items_.push_back(*item);
  }
  const std::vector<Item>& items() const { return items_; }

 private:
  Pause pause_;
  std::vector<Item> items_;
  std::optional<Item> held_;
  bool ready_ = false;
};

}  // namespace rh::bench
