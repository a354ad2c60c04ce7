// Functional coverage: a cross of named axes whose every bin must be hit, but those that cannot be.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/catch.hpp"

namespace rh::bench {

class Bins {
 public:
  struct Axis {
    std::string name;
    std::vector<std::string> values;
  };
  // What finish() found; VARIANT=coverage writes it out.
  struct Result {
    std::vector<Axis> axes;
    std::uint64_t hit = 0;
    std::map<std::string, std::uint64_t> impossible;  // reason -> bins
    std::vector<std::string> missed;
  };

  // `name`: unit and cross, "convert: values".
  Bins(std::string name, std::vector<Axis> axes) : name_(std::move(name)), axes_(std::move(axes)) {
    std::size_t bins = 1;
    for (const Axis& axis : axes_) bins *= axis.values.size();
    hits_.resize(bins);
  }

  // A place on each axis.
  void hit(std::span<const std::size_t> bin) { ++hits_[index(bin)]; }

  // `why(bin)` gives the reason why a bin cannot be hit, or "". A bin that is hit and cannot be, is
  // an error of the reason.
  template <class Why>
  void finish(Why why) {
    Result result{axes_, 0, {}, {}};
    std::vector<std::string> contradicted;
    std::vector<std::size_t> bin(axes_.size());
    for (std::size_t i = 0; i < hits_.size(); ++i) {
      std::size_t rest = i;
      for (std::size_t axis = axes_.size(); axis-- > 0;) {
        bin[axis] = rest % axes_[axis].values.size();
        rest /= axes_[axis].values.size();
      }
      const std::string reason = why(std::span<const std::size_t>(bin));
      if (!reason.empty()) ++result.impossible[reason];
      if (!reason.empty() && hits_[i] != 0) contradicted.push_back(described(bin));
      if (hits_[i] != 0) ++result.hit;
      if (reason.empty() && hits_[i] == 0) result.missed.push_back(described(bin));
    }
    all()[name_] = result;
    INFO(name_ << ": " << result.missed.size() << " bins missed, the first "
               << (result.missed.empty() ? "" : result.missed.front()));
    CHECK(result.missed.empty());
    INFO(name_ << ": hit, and said to be impossible: "
               << (contradicted.empty() ? "" : contradicted.front()));
    CHECK(contradicted.empty());
  }

  // Of every cross of this program, by name.
  static std::map<std::string, Result>& all() {
    static std::map<std::string, Result> results;
    return results;
  }

 private:
  std::size_t index(std::span<const std::size_t> bin) const {
    std::size_t index = 0;
    for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
      if (bin[axis] >= axes_[axis].values.size()) throw std::out_of_range(name_ + ": no such bin");
      index = index * axes_[axis].values.size() + bin[axis];
    }
    return index;
  }
  std::string described(std::span<const std::size_t> bin) const {
    std::string text;
    for (std::size_t axis = 0; axis < axes_.size(); ++axis)
      text += (axis == 0 ? "" : ", ") + axes_[axis].name + " " + axes_[axis].values[bin[axis]];
    return text;
  }

  std::string name_;
  std::vector<Axis> axes_;
  std::vector<std::uint64_t> hits_;
};

}  // namespace rh::bench
