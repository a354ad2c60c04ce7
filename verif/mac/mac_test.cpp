// TEST RATIONALE. Dot and accumulate are proven by their own tests; what a cell adds is when: the
// operands must leave one cycle later, the sum must hold them after exactly Latency cycles (1, or 2
// with CarrySave), and a restart must meet its own product, not its neighbour's. So every kind of
// cell (both descriptions, plain and carry-save, 1, 4 and 16 lanes) is compared in every cycle of
// random runs with restarts at 0 to 100 % and bubbles; before the first restart has arrived, the
// value is nobody's. Then the longest contractions: 133,144 products of 127 * 127 and 131,071 of
// -128 * -128 end at their exact values below 2^31 and one product more wraps; the same at the
// negative end with -128 * 127, where 132,104 fit. With 16 lanes the last beat is partly zeros.
// Mutants this kills: a register too many or missing at a_o, b_o, dot or restart; a and b
// exchanged; a restart that is not delayed with its product, or that keeps a part of the old
// value.
#include "mac/mac.hpp"

#include <array>
#include <deque>
#include <optional>
#include <random>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"
#include "mac_1/mac_1.h"
#include "mac_16_tree/mac_16_tree.h"
#include "mac_1_tree/mac_1_tree.h"
#include "mac_1_tree_cs/mac_1_tree_cs.h"
#include "mac_4_cs/mac_4_cs.h"
#include "number/number.hpp"

namespace rh {
namespace {

template <class Model, int kLanes, int kLatency = 1>
class MacBench {
 public:
  using Codes = std::array<std::int8_t, kLanes>;

  explicit MacBench(std::uint64_t salt = 0) : rng_(bench::rng(salt)), rtl_(bench::wave_file()) {
    rtl_.settle();
    pipe_.assign(kLatency, std::nullopt);
  }

  // Uniform codes, or edges; bubbles and restarts by chance.
  void run(std::uint64_t restart_percent, std::uint64_t bubble_percent, int beats) {
    constexpr std::int8_t kEdges[] = {-128, -127, -1, 0, 1, 127};
    Codes a;
    Codes b;
    for (int i = 0; i < beats; ++i) {
      const bool edges = rng_() % 4 == 0;
      const auto code = [&] {
        return edges ? kEdges[rng_() % 6] : static_cast<std::int8_t>(rng_());
      };
      for (auto& x : a) x = code();
      for (auto& x : b) x = code();
      const bool restart = i == 0 || rng_() % 100 < restart_percent;
      if (!restart && rng_() % 100 < bubble_percent) a.fill(0);
      step(restart, a, b);
    }
  }

  // The value after `terms` products of a * b from a restart, the last beat filled with zeros.
  std::int64_t contract(std::int64_t terms, std::int8_t a, std::int8_t b) {
    for (std::int64_t done = 0; done < terms; done += kLanes) {
      Codes left;
      Codes right;
      for (int k = 0; k < kLanes; ++k) {
        left[static_cast<std::size_t>(k)] = done + k < terms ? a : std::int8_t{0};
        right[static_cast<std::size_t>(k)] = b;
      }
      step(done == 0, left, right);
    }
    for (int i = 0; i < kLatency; ++i) step(false, Codes{}, Codes{});
    return value();
  }

  bench::Checker& checker() { return checker_; }

 private:
  void step(bool restart, const Codes& a, const Codes& b) {
    bench::put(rtl_->a_i, std::span<const std::int8_t>(a));
    bench::put(rtl_->b_i, std::span<const std::int8_t>(b));
    rtl_->restart_i = restart;
    rtl_.edge();

    const auto describe = [&](std::ostream& os) {
      os << kLanes << " lanes, latency " << kLatency << ", cycle " << rtl_.cycles() << " a "
         << +a[0] << " b " << +b[0] << (restart ? " restart" : "");
    };
    Codes a_out;
    Codes b_out;
    bench::get(rtl_->a_o, std::span<std::int8_t>(a_out));
    bench::get(rtl_->b_o, std::span<std::int8_t>(b_out));
    checker_.equal(true, a_out == a, describe);
    checker_.equal(true, b_out == b, describe);

    pipe_.pop_front();
    pipe_.push_back(restart || pipe_back_
                        ? std::optional(mac(pipe_back_.value_or(0), restart, a, b))
                        : std::nullopt);
    pipe_back_ = pipe_.back();
    if (pipe_.front()) checker_.equal(*pipe_.front(), value(), describe);
  }

  std::int64_t value() {
    return static_cast<std::int32_t>(std::uint32_t{rtl_->sum_o} + std::uint32_t{rtl_->carry_o});
  }

  std::mt19937_64 rng_;
  bench::Clocked<Model> rtl_;
  bench::Checker checker_;
  std::deque<std::optional<std::int64_t>> pipe_;  // values to come, the next one at the front
  std::optional<std::int64_t> pipe_back_;
};

// Calls f(bench) with a bench of every kind of cell.
template <class F>
void on_every_cell(F f) {
  f(MacBench<mac_1, 1>());
  f(MacBench<mac_1_tree, 1>());
  f(MacBench<mac_1_tree_cs, 1, 2>());
  f(MacBench<mac_4_cs, 4, 2>());
  f(MacBench<mac_16_tree, 16>());
}

TEST_CASE("mac: operands leave after one cycle, sums hold them after Latency", "[mac][random]") {
  on_every_cell([](auto&& cell) {
    for (const std::uint64_t restart_percent : {0u, 3u, 50u, 100u})
      for (const std::uint64_t bubble_percent : {0u, 50u})
        cell.run(restart_percent, bubble_percent, 5'000);
    cell.checker().finish(3 * 39'000);
  });
}

TEST_CASE("mac: the longest contractions are exact and one product more wraps", "[mac][edge]") {
  constexpr std::int64_t kWrap = std::int64_t{1} << 32;
  on_every_cell([](auto&& cell) {
    const auto expect = [&](std::int64_t want, std::int64_t terms, std::int8_t a, std::int8_t b) {
      cell.checker().equal(want, cell.contract(terms, a, b), [&](std::ostream& os) {
        os << terms << " terms of " << +a << " * " << +b;
      });
    };
    expect(2'147'479'576, kInt8MaxTerms, 127, 127);
    expect(2'147'495'705 - kWrap, kInt8MaxTerms + 1, 127, 127);
    expect(2'147'467'264, kInt8MaxTermsMostNegative, -128, -128);
    expect(-2'147'483'648, kInt8MaxTermsMostNegative + 1, -128, -128);
    expect(-2'147'482'624, 132'104, -128, 127);
    expect(kWrap - 2'147'498'880, 132'105, 127, -128);
    cell.checker().finish(6);
  });
}

}  // namespace
}  // namespace rh
