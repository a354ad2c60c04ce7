// TEST RATIONALE. State space: a sum of AccW bits, an exponent of 10 bits, a NaN flag; a pipeline
// of 2 that stalls as a whole. Exhaustive at 12 bits: every sum with every exponent. At 24, 33 (32
// bits and a sign: a count of leading zeros that is a power of two), 40, 56 and 96 bits: a table of
// edges (powers of two, runs of ones, ties, the most negative sum) crossed with the exponents at
// the ends of the subnormal and normal range and of the port, and seeded random sums. Stalls of 0,
// 25, 50, 90 % at both ends, all 16 combinations; resets at random times. Latency and rate are
// checked by cycle.
// Mutants this kills: the one of a complement missing in half or tail, zeros or a wrong rest below
// it, shifted-out bits forgotten, a level of the zero count missing, a subnormal shift off by one,
// wrapped or capped too early, infinity one field early or late, a zero with a field, a NaN or an
// infinity with another sign, ties away, a stage that moves or takes while the output stalls,
// a valid that survives a reset, the NaN flag of the next sum.
#include "normalize/normalize.hpp"

#include <array>
#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"
#include "bench/stream.hpp"
#include "normalize/cases.hpp"
#include "normalize_12/normalize_12.h"
#include "normalize_24/normalize_24.h"
#include "normalize_33/normalize_33.h"
#include "normalize_40/normalize_40.h"
#include "normalize_56/normalize_56.h"
#include "normalize_96/normalize_96.h"

namespace rh {
namespace {

using namespace normalize_cases;

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};
constexpr int kLatency = 2;

struct Item {
  Int128 sum;
  int exponent;
  bool nan;
};

template <class Model, int AccW>
class NormalizeBench {
 public:
  explicit NormalizeBench(const std::string& wave = bench::wave_file("_" + std::to_string(AccW)))
      : rtl_(wave) {}

  void run(const std::vector<Item>& items, int in_stall, int out_stall, std::uint64_t seed,
           std::uint64_t cycles = kNoLimit) {
    bench::Source<Item> source(items, in_stall, seed);
    bench::Sink<std::uint32_t> sink(out_stall, seed + 1);
    rtl_->in_valid_i = 0;
    rtl_.reset();
    const std::uint64_t limit = 10'000 + items.size() * 50;
    for (std::uint64_t cycle = 0; sink.items().size() < items.size() && cycle < cycles; ++cycle) {
      if (cycle == limit) FAIL("no result within " << limit << " cycles");
      const Item* const item = source.offer();
      rtl_->in_valid_i = item != nullptr;
      if (item != nullptr) drive(*item);
      rtl_->out_ready_i = sink.ready();
      rtl_.settle();
      source.see(rtl_->in_ready_o != 0);
      std::optional<std::uint32_t> out;
      if (rtl_->out_valid_o != 0) out = rtl_->out_o;
      sink.see(out);
      rtl_.edge();
    }
    rtl_.check();
    for (std::size_t i = 0; i < sink.items().size(); ++i) {
      const Item& in = items[i];
      checker_.equal(normalize(in.sum, in.exponent, in.nan), sink.items()[i],
                     [&](std::ostream& os) {
                       os << "AccW " << AccW << " item " << i << std::hex << " sum 0x"
                          << high_word(in.sum) << " " << low_word(in.sum) << std::dec
                          << " exponent " << in.exponent << " nan " << in.nan;
                     });
    }
  }

  void drive(const Item& item) {
    const Uint128 bits = static_cast<Uint128>(item.sum) & (power(AccW) - 1);
    std::array<std::uint8_t, sizeof(rtl_->in_i)> bytes;
    std::memcpy(bytes.data(), &bits, bytes.size());
    bench::put(rtl_->in_i, std::span<const std::uint8_t>(bytes));
    bench::set(rtl_->in_exponent_i, static_cast<std::uint64_t>(item.exponent) & 0x3FF);
    rtl_->in_nan_i = item.nan;
  }
  bench::Checker& checker() { return checker_; }
  bench::Clocked<Model>& rtl() { return rtl_; }

 private:
  bench::Clocked<Model> rtl_;
  bench::Checker checker_;
};

std::vector<Item> random_items(int width, std::size_t count, std::mt19937_64& rng) {
  std::vector<Item> items;
  for (std::size_t i = 0; i < count; ++i) {
    const Int128 sum = random_sum(rng, width);
    items.push_back({sum, random_exponent(rng, sum), rng() % 32 == 0});
  }
  return items;
}

TEST_CASE("normalize: every sum of 12 bits with every exponent", "[normalize][exhaustive]") {
  NormalizeBench<normalize_12, 12> bench;
  std::vector<Item> items;
  for (int exponent = kMinExponent; exponent <= kMaxExponent; ++exponent) {
    items.clear();
    for (int sum = -2048; sum <= 2047; ++sum) items.push_back({sum, exponent, false});
    bench.run(items, 0, 0, 1);
  }
  bench.checker().finish(4096 * 1024);
}

template <class Model, int AccW>
void check_edges() {
  NormalizeBench<Model, AccW> bench;
  std::vector<Item> items;
  for (const Int128 sum : sums(AccW))
    for (const int exponent : exponents(AccW)) items.push_back({sum, exponent, false});
  for (const Int128 sum : {Int128{0}, Int128{-1}, wrap(power(AccW - 1), AccW)})
    for (const int exponent : exponents(AccW)) items.push_back({sum, exponent, true});
  bench.run(items, 0, 0, 1);
  bench.checker().finish(29'000);
}

TEST_CASE("normalize: edges of sums crossed with the ends of the ranges", "[normalize][edge]") {
  check_edges<normalize_12, 12>();
  check_edges<normalize_24, 24>();
  check_edges<normalize_33, 33>();
  check_edges<normalize_40, 40>();
  check_edges<normalize_56, 56>();
  check_edges<normalize_96, 96>();
}

template <class Model, int AccW>
void check_streams() {
  NormalizeBench<Model, AccW> bench;
  auto rng = bench::rng(AccW);
  bench.run(random_items(AccW, 300'000, rng), 0, 0, rng());
  for (const int in_stall : bench::kStalls)
    for (const int out_stall : bench::kStalls) {
      bench.run(random_items(AccW, 500, rng), in_stall, out_stall, rng());
      bench.run(random_items(AccW, 200, rng), in_stall, out_stall, rng(), rng() % 200);  // reset
      bench.run(random_items(AccW, 20, rng), in_stall, out_stall, rng());
    }
  bench.checker().finish(308'000);
}

TEST_CASE("normalize: random sums, with stalls at both ends and resets",
          "[normalize][stall][random]") {
  check_streams<normalize_12, 12>();
  check_streams<normalize_24, 24>();
  check_streams<normalize_33, 33>();
  check_streams<normalize_40, 40>();
  check_streams<normalize_56, 56>();
  check_streams<normalize_96, 96>();
}

TEST_CASE("normalize: one sum a cycle, 2 cycles deep", "[normalize]") {
  constexpr int kItems = 50;
  NormalizeBench<normalize_40, 40> bench;
  auto& rtl = bench.rtl();
  rtl->in_valid_i = 0;
  rtl->out_ready_i = 1;
  rtl.reset();
  for (int cycle = 0; cycle < kItems + kLatency; ++cycle) {
    rtl->in_valid_i = cycle < kItems;
    bench.drive({cycle, 0, false});
    rtl.settle();
    CHECK(rtl->in_ready_o == 1);
    CHECK(rtl->out_valid_o == (cycle >= kLatency ? 1 : 0));
    if (cycle >= kLatency) CHECK(rtl->out_o == fp32::from_int(cycle - kLatency));
    rtl.edge();
  }
  rtl->in_valid_i = 0;
  rtl.settle();
  CHECK(rtl->out_valid_o == 0);
}

TEST_CASE("normalize: valid does not wait for ready, and 2 sums fit", "[normalize][stall]") {
  NormalizeBench<normalize_40, 40> bench;
  auto& rtl = bench.rtl();
  rtl->in_valid_i = 0;
  rtl->out_ready_i = 0;
  rtl.reset();
  rtl->in_valid_i = 1;
  bench.drive({1, 0, false});
  for (int cycle = 0; cycle < 3 * kLatency; ++cycle) {
    rtl.settle();
    CHECK(rtl->in_ready_o == (cycle < kLatency ? 1 : 0));
    CHECK(rtl->out_valid_o == (cycle < kLatency ? 0 : 1));
    rtl.edge();
  }
}

}  // namespace
}  // namespace rh
