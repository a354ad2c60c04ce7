// TEST RATIONALE. State space: an accumulator of 32 bits and operands that meet it, so runs, not
// tables: in every cycle a_o, b_o and the value Latency (2 and 4) cycles later are compared with
// the golden. The operands come in five spreads (uniform bits; near one; products around the
// smallest and around the largest FP32 numbers; subnormals times huge numbers); a third of them is
// chosen against the accumulator, which the golden knows: to cancel it, to lie half its lowest bit
// away, or at half the smallest subnormal; for FP32 also to cancel any number of a product's 48
// bits, to be a tie far above the accumulator, or to have nothing but its last bit below a tie.
// Restarts at 0 to 50 %; NaN and infinity end with one. B1 and B3 also meet every pair of edges
// after a restart and a random edge pair on top; B2 also meets lanes that cancel in pairs, lanes of
// zeros and lone lanes far above the others. The two multipliers are exhausted at 6 and 8 bits.
// Mutants this kills: a sticky bit lost in one shift or when all is shifted out; the operand that
// was swapped one place off; a sum with the other operand's sign; the near shift one place too long
// or one to the left below the range; a subnormal accumulator with field 0, a near result with a
// field that should be 0; ties away, a rest one bit short; a field of 255 that is no infinity; 0
// times infinity; a zero product or zero lanes that keep an exponent; a restart one cycle early;
// far lanes that wrap around; the constant or the top bit of the count of signs missing; a one's
// complement sum; the sign of zero or infinity, infinities that do not annihilate. For FP32 alone:
// the last bit missing where the sum carries; a Booth digit 2 for 1, a row without its sign or its
// constant; 32 leading zeros not counted; a NaN with the last fraction bit only.
#include <array>
#include <deque>
#include <optional>
#include <random>

#include "baseline/baseline.hpp"
#include "baseline/cases.hpp"
#include "baseline_bf16_dot/baseline_bf16_dot.h"
#include "baseline_bf16_fma/baseline_bf16_fma.h"
#include "baseline_booth_6/baseline_booth_6.h"
#include "baseline_booth_8/baseline_booth_8.h"
#include "baseline_fp32_fma/baseline_fp32_fma.h"
#include "baseline_rows_8/baseline_rows_8.h"
#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"

namespace rh {
namespace {

using namespace baseline_cases;

// Steps a cell of kLanes beside its golden.
template <class Model, class Operand, std::size_t kLanes, int kLatency>
class Bench {
 public:
  using Operands = std::array<Operand, kLanes>;

  explicit Bench(std::uint64_t salt) : rng_(bench::rng(salt)), rtl_(bench::wave_file()) {
    pipe_.assign(kLatency, std::nullopt);
  }

  void step(bool restart, const Operands& a, const Operands& b) {
    bench::put(rtl_->a_i, std::span<const Operand>(a));
    bench::put(rtl_->b_i, std::span<const Operand>(b));
    rtl_->restart_i = restart;
    rtl_.edge();

    const auto describe = [&](std::ostream& os) {
      os << kLanes << " lanes, cycle " << rtl_.cycles() << (restart ? " restart" : "") << std::hex;
      for (std::size_t k = 0; k < kLanes; ++k) os << " " << a[k] << "*" << b[k];
      os << std::dec;
    };
    Operands a_out;
    Operands b_out;
    bench::get(rtl_->a_o, std::span<Operand>(a_out));
    bench::get(rtl_->b_o, std::span<Operand>(b_out));
    checker_.equal(true, a_out == a, describe);
    checker_.equal(true, b_out == b, describe);

    if (restart || value_) {
      const std::uint32_t before = value_.value_or(0);
      if constexpr (kLanes == 1)
        value_ = baseline::fma(before, restart, a[0], b[0]);
      else
        value_ = baseline::dot(before, restart, a, b);
    }
    pipe_.pop_front();
    pipe_.push_back(value_);
    if (pipe_.front()) checker_.equal(*pipe_.front(), std::uint32_t{rtl_->value_o}, describe);
  }

  // Fills operands of one spread; some against the accumulator, some that cancel in pairs.
  void run(Kind kind, std::uint64_t restart_percent, int beats) {
    for (int i = 0; i < beats; ++i) {
      Operands a;
      Operands b;
      for (std::size_t k = 0; k < kLanes; ++k) {
        a[k] = operand<Operand>(rng_, kind);
        b[k] = operand<Operand>(rng_, kind);
      }
      if constexpr (kLanes > 1) spoil(a, b, kind);
      if (rng_() % 3 == 0) {
        const auto p = against<Operand>(rng_, value_.value_or(0));
        if (rng_() % 2 == 0) a.fill(0);
        const std::size_t k = rng_() % kLanes;
        a[k] = p.a;
        b[k] = p.b;
      }
      const bool dead = value_ && (*value_ & 0x7F80'0000) == 0x7F80'0000 && rng_() % 8 == 0;
      step(i == 0 || dead || rng_() % 100 < restart_percent, a, b);
    }
  }

  std::mt19937_64& rng() { return rng_; }
  bench::Checker& checker() { return checker_; }

 private:
  void spoil(Operands& a, Operands& b, Kind kind) {
    const std::uint64_t pairs = rng_() & rng_();
    const std::uint64_t zeros = rng_() % 4 == 0 ? rng_() : rng_() & rng_() & rng_();
    for (std::size_t k = 0; k < kLanes; ++k) {
      if (k % 2 == 1 && (pairs >> k & 1) != 0) {
        a[k] = static_cast<std::uint16_t>(a[k - 1] ^ 0x8000u);
        b[k] = b[k - 1];
        if ((pairs >> (k + 16) & 1) != 0) a[k] ^= 1;
      }
      if ((zeros >> k & 1) != 0) (rng_() % 2 == 0 ? a : b)[k] &= 0x8000u;
      // Infinities and NaNs now and then, not in every beat of 16 lanes.
      const bool special = (a[k] & 0x7F80) == 0x7F80 || (b[k] & 0x7F80) == 0x7F80;
      if (special && kind == Kind::Uniform && rng_() % 8 != 0) a[k] = b[k] = 0x3F80;
    }
    if (rng_() % 8 == 0) b[rng_() % kLanes] ^= 0x0400;  // eight binades away
    if (rng_() % 16 == 0) {  // infinities alone, without a NaN beside them
      const std::size_t k = rng_() % kLanes;
      for (std::size_t j = 0; j < kLanes; ++j)
        if ((a[j] & 0x7F80) == 0x7F80 || (b[j] & 0x7F80) == 0x7F80) a[j] = b[j] = 0xBF80;
      a[k] = rng_() % 2 == 0 ? 0x7F80 : 0xFF80;
      if (rng_() % 2 == 0) a[rng_() % kLanes] = rng_() % 2 == 0 ? 0x7F80 : 0xFF80;
    }
  }

  std::mt19937_64 rng_;
  bench::Clocked<Model> rtl_;
  bench::Checker checker_;
  std::deque<std::optional<std::uint32_t>> pipe_;  // values to come, the next one at the front
  std::optional<std::uint32_t> value_;
};

using Bf16Bench = Bench<baseline_bf16_fma, std::uint16_t, 1, 2>;
using Fp32Bench = Bench<baseline_fp32_fma, std::uint32_t, 1, 2>;
using DotBench = Bench<baseline_bf16_dot, std::uint16_t, 16, 4>;

// Every pair of edges after a restart, and a random pair of them on top.
template <class Cell, class Operand>
void step_edges(std::uint64_t salt) {
  Cell cell(salt);
  const auto table = edges<Operand>();
  for (const Operand a : table)
    for (const Operand b : table) {
      cell.step(true, {a}, {b});
      cell.step(false, {table[cell.rng()() % table.size()]},
                {table[cell.rng()() % table.size()]});
    }
  cell.step(true, {0}, {0});
  cell.checker().finish(3 * 45'000 - 10);
}

template <class Cell>
void run_all(std::uint64_t salt, int beats) {
  Cell cell(salt);
  for (const Kind kind : kKinds)
    for (const std::uint64_t restart_percent : {0u, 3u, 50u})
      cell.run(kind, restart_percent, beats);
  cell.checker().finish(3 * 15 * static_cast<std::uint64_t>(beats) - 10);
}

template <class Model>
void multiply_all(unsigned width) {
  Model rtl;
  bench::Checker checker;
  for (unsigned a = 0; a < 1u << width; ++a)
    for (unsigned b = 0; b < 1u << width; ++b) {
      bench::set(rtl.a_i, a);
      bench::set(rtl.b_i, b);
      rtl.eval();
      checker.equal(a * b, unsigned{rtl.product_o},
                    [&](std::ostream& os) { os << width << " bits, " << a << " * " << b; });
    }
  checker.finish(1u << (2 * width));
}

TEST_CASE("baseline: multipliers are right for every pair", "[baseline][exhaustive]") {
  multiply_all<baseline_rows_8>(8);
  multiply_all<baseline_booth_6>(6);
  multiply_all<baseline_booth_8>(8);
}

TEST_CASE("baseline: bf16 fma RTL is the golden for every pair of edges", "[baseline][edge]") {
  step_edges<Bf16Bench, std::uint16_t>(4);
}

TEST_CASE("baseline: FP32 fma RTL is the golden for every pair of edges", "[baseline][edge]") {
  step_edges<Fp32Bench, std::uint32_t>(8);
}

TEST_CASE("baseline: bf16 fma RTL is the golden in runs", "[baseline][random]") {
  run_all<Bf16Bench>(5, 100'000);
}

TEST_CASE("baseline: FP32 fma RTL is the golden in runs", "[baseline][random]") {
  run_all<Fp32Bench>(9, 100'000);
}

TEST_CASE("baseline: dot RTL is the golden in runs", "[baseline][random]") {
  run_all<DotBench>(6, 12'000);
}

}  // namespace
}  // namespace rh
