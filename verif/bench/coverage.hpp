// What tests reach of a verilated model, for VARIANT=coverage: how often each of Verilator's points
// (lines and branches) was passed, and which bits of which signals rose and fell.
//
// Verilator 5.006 counts changes of a bit, not their direction, and simulates a hundred times
// slower for it. Here signals are readable, and after each eval() the memory that holds them is
// compared with what it was: a few words at a time, both directions. verif/coverage/instrument.py
// puts the calls into the generated model. What is counted belongs to the class of the model, not
// to one of its objects.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rh::bench {

// In the place of Verilator's std::atomic<uint32_t>; stays at the largest number.
struct Count {
  std::uint32_t value = 0;

  template <class Order>
  void fetch_add(std::uint32_t, Order) {
    value += value != std::numeric_limits<std::uint32_t>::max() ? 1 : 0;
  }
};

class ModelCoverage {
 public:
  struct Point {
    const Count* count;
    std::string file;
    int line;
    int column;
    std::string hierarchy;
    std::string kind;  // v_line/MODULE or v_branch/MODULE
    std::string comment;
    std::string lines;  // 12,14-16
  };
  struct Signal {
    std::string name;    // with its scopes
    std::size_t offset;  // bytes from the object that holds all state
    std::size_t place;   // bytes in what was seen
    int bits;
  };

  // The first object of the class names the points and the signals, then seals.
  bool sealed() const {
    return sealed_;
  }
  void point(Point point) {
    if (!sealed_) points_.push_back(std::move(point));
  }
  void signal(std::string name, std::size_t offset, int bits) {
    signals_.push_back({std::move(name), offset, 0, bits});
  }
  // An array: each element is a signal.
  void signals(const std::string& name, std::size_t offset, int bits, std::size_t elements,
               std::size_t bytes) {
    for (std::size_t i = 0; i < elements; ++i)
      signal(name + "[" + std::to_string(i) + "]", offset + i * bytes, bits);
  }

  // Signals that lie close to each other make one range, of whole words.
  void seal() {
    sealed_ = true;
    constexpr std::size_t kNear = 64;
    std::sort(signals_.begin(), signals_.end(),
              [](const Signal& a, const Signal& b) { return a.offset < b.offset; });
    std::size_t words = 0;
    for (Signal& signal : signals_) {
      const std::size_t first = signal.offset / kWord;
      const std::size_t end = (signal.offset * 8 + static_cast<std::size_t>(signal.bits) + 63) / 64;
      if (ranges_.empty() || first > ranges_.back().end + kNear / kWord) {
        if (!ranges_.empty()) words += ranges_.back().end - ranges_.back().first;
        ranges_.push_back({first, end});
      }
      ranges_.back().end = std::max(ranges_.back().end, end);
      signal.place = (words - ranges_.back().first) * kWord + signal.offset;
    }
    if (!ranges_.empty()) words += ranges_.back().end - ranges_.back().first;
    rose_.resize(words);
    fell_.resize(words);
  }

  const std::vector<Point>& points() const {
    return points_;
  }
  const std::vector<Signal>& signals() const {
    return signals_;
  }
  bool rose(const Signal& signal, int bit) const {
    return at(rose_, signal, bit);
  }
  bool fell(const Signal& signal, int bit) const {
    return at(fell_, signal, bit);
  }

  // The memory of one object, and what it was when last seen.
  class Monitor {
   public:
    Monitor(ModelCoverage& model, const void* state)
        : model_(&model), state_(static_cast<const std::byte*>(state)) {}

    // After each eval(). What the first one leaves has not changed from anything.
    void see() {
      const bool first = before_.empty();
      before_.resize(model_->rose_.size());
      std::uint64_t* before = before_.data();
      std::uint64_t* rose = model_->rose_.data();
      std::uint64_t* fell = model_->fell_.data();
      for (const Range& range : model_->ranges_) {
        const std::byte* const data = state_ + range.first * kWord;
        const std::size_t words = range.end - range.first;
        for (std::size_t i = 0; i < words; ++i) {
          std::uint64_t now;
          std::memcpy(&now, data + i * kWord, kWord);
          const std::uint64_t changed = first ? 0 : now ^ before[i];
          rose[i] |= changed & now;
          fell[i] |= changed & before[i];
          before[i] = now;
        }
        before += words, rose += words, fell += words;
      }
    }

   private:
    ModelCoverage* model_;
    const std::byte* state_;
    std::vector<std::uint64_t> before_;
  };

 private:
  static constexpr std::size_t kWord = 8;
  struct Range {
    std::size_t first;  // words
    std::size_t end;
  };

  static bool at(const std::vector<std::uint64_t>& words, const Signal& signal, int bit) {
    const std::size_t place = signal.place * 8 + static_cast<std::size_t>(bit);
    return (words[place / 64] >> place % 64 & 1) != 0;
  }

  bool sealed_ = false;
  std::vector<Point> points_;
  std::vector<Signal> signals_;
  std::vector<Range> ranges_;
  std::vector<std::uint64_t> rose_;
  std::vector<std::uint64_t> fell_;
};

// Of every class of models in this program, by name.
inline std::map<std::string, ModelCoverage>& coverage_of_models() {
  static std::map<std::string, ModelCoverage> models;
  return models;
}

// Writes it as JSON: of each model the points, and the signals with the bits that rose and fell,
// bit 0 last; and the bins of the tests (bench/bins.hpp).
void write_coverage(const std::string& path);

}  // namespace rh::bench
