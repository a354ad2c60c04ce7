// TEST RATIONALE. State space: the product takes two bit patterns (2^64), the packer an exponent of
// 10 bits, a significand of SigW bits and three flags, the code a bit pattern, the divider two
// positive normals. Covered: edge tables crossed with themselves (every kind of operand meets every
// other), every exponent with sparse significands for the packer (so every shift distance, both
// rounding carries and both ends of the range occur), the full sweep of the code's interesting
// exponents in steps that hold every tie, and seeded random numbers. Parameters: SigW 26 (divider),
// 32 (integers), 48 (products); MagnitudeW 1, 7, 15. The divider also runs with stalls at both ends
// and resets at random times. Mutants this kills: a missing sticky bit, a dropped shift stage, the
// carry into the exponent, overflow one too late, flag priority, quotient bits, ready too early.
#include "float/float.hpp"

#include "bench/cases.hpp"
#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/clocked.hpp"
#include "bench/fixture.hpp"
#include "bench/port.hpp"
#include "bench/stream.hpp"
#include "float_divide/float_divide.h"
#include "float_pack_26/float_pack_26.h"
#include "float_pack_32/float_pack_32.h"
#include "float_pack_48/float_pack_48.h"
#include "float_product/float_product.h"
#include "float_to_code_1/float_to_code_1.h"
#include "float_to_code_15/float_to_code_15.h"
#include "float_to_code_7/float_to_code_7.h"

namespace rh {
namespace {

// The value of a signed port of `bits` bits.
int sign_extend(std::uint32_t port, int bits) {
  const std::uint32_t top = 1u << (bits - 1);
  return static_cast<int>((port & (2 * top - 1)) ^ top) - static_cast<int>(top);
}

class Product {
 public:
  explicit Product(const std::string& wave = bench::wave_file()) : rtl_(wave) {
    rtl_->enable_i = 1;
    rtl_.settle();
  }
  void check(std::uint32_t a, std::uint32_t b) {
    rtl_->a_i = a;
    rtl_->b_i = b;
    rtl_.edge();
    const auto describe = [&](std::ostream& os) {
      os << std::hex << "a 0x" << a << " b 0x" << b << std::dec;
    };
    const std::uint32_t product = fp32::multiply(a, b);
    checker_.equal(fp32::is_nan(product), rtl_->nan_o != 0, describe);
    if (fp32::is_nan(product)) return;
    checker_.equal(fp32::negative(product), rtl_->negative_o != 0, describe);
    const bool infinite = fp32::is_infinite(a) || fp32::is_infinite(b);
    checker_.equal(infinite, rtl_->infinity_o != 0, describe);
    if (infinite) return;
    const fp32::Unpacked x = fp32::unpack(a);
    const fp32::Unpacked y = fp32::unpack(b);
    checker_.equal(x.significand * y.significand, std::uint64_t{rtl_->significand_o}, describe);
    checker_.equal(x.exponent + y.exponent, sign_extend(rtl_->exponent_o, 10) - 127 - 47, describe);
  }
  bench::Checker& checker() { return checker_; }
  bench::Clocked<float_product>& rtl() { return rtl_; }

 private:
  bench::Clocked<float_product> rtl_;
  bench::Checker checker_;
};

TEST_CASE("float: the product is exact, edges crossed and at random", "[float][edge][random]") {
  Product product;
  const std::vector<std::uint32_t> edges = bench::fp32_edges();
  for (const std::uint32_t a : edges)
    for (const std::uint32_t b : edges) product.check(a, b);
  auto rng = bench::rng();
  for (int i = 0; i < 200'000; ++i) product.check(bench::random_fp32(rng), bench::random_fp32(rng));
  product.checker().finish(edges.size() * edges.size());
}

// What looks at a whole field has to look at each of its bits: numbers with a single one in the
// fraction or in the exponent field, and such NaNs, against zero, one, infinity and a NaN.
TEST_CASE("float: the product sees every bit of a number that has only one", "[float][edge]") {
  Product product;
  for (int bit = 0; bit < 31; ++bit)
    for (const std::uint32_t rest : {0u, 0x7F80'0000u}) {
      const std::uint32_t single = rest ^ 1u << bit;
      for (const std::uint32_t other : {0u, 0x3F80'0000u, 0x7F80'0000u, 0x7F80'0001u, 1u}) {
        product.check(single, other);
        product.check(other, single);
      }
    }
  product.checker().finish(620);
}

TEST_CASE("float: the product holds without enable", "[float][stall]") {
  Product product;
  product.check(0x40400000, 0xC0A00000);
  const std::uint64_t held = product.rtl()->significand_o;
  product.rtl()->enable_i = 0;
  product.rtl()->a_i = 0x7F800000;
  product.rtl().edge();
  product.checker().equal(held, std::uint64_t{product.rtl()->significand_o}, [](std::ostream&) {});
  product.checker().equal(true, product.rtl()->negative_o != 0, [](std::ostream&) {});
  product.checker().equal(false, product.rtl()->infinity_o != 0, [](std::ostream&) {});
  product.checker().finish(6);
}

template <class Model>
class Pack {
 public:
  explicit Pack(int width) : width_(width) { rtl_.enable_i = 1; }

  void check(bool negative, std::uint64_t significand, int exponent, bool sticky) {
    significand &= (std::uint64_t{1} << width_) - 1;
    sticky = sticky && (significand >> (width_ - 2)) != 0;
    drive(negative, significand, exponent, sticky, false, false);
    const std::uint32_t want =
        fp32::pack(negative, significand, exponent - 127 - (width_ - 1), sticky);
    checker_.equal(want, std::uint32_t{rtl_.out_o}, [&](std::ostream& os) {
      os << (negative ? "-" : "+") << std::hex << "0x" << significand << std::dec << " exponent "
         << exponent << " sticky " << sticky << " width " << width_;
    });
  }

  // NaN before infinity before the number; nothing without enable.
  void check_flags(bool negative, std::uint64_t significand, int exponent) {
    const auto expect = [&](std::uint32_t want) {
      checker_.equal(want, std::uint32_t{rtl_.out_o}, [&](std::ostream& os) {
        os << "flags, exponent " << exponent << " width " << width_;
      });
    };
    drive(negative, significand, exponent, false, true, false);
    expect(kFp32Nan);
    drive(negative, significand, exponent, false, true, true);
    expect(kFp32Nan);
    drive(negative, significand, exponent, false, false, true);
    expect(fp32::with_sign(negative, kFp32Infinity));
    rtl_.enable_i = 0;
    drive(negative, significand, exponent, false, false, true);
    expect(0);
    rtl_.enable_i = 1;
  }

  void check_all() {
    auto rng = bench::rng(static_cast<std::uint64_t>(width_));
    const std::uint64_t top = std::uint64_t{1} << (width_ - 1);
    for (int exponent = -448; exponent <= 510; ++exponent) {
      for (int bit = 0; bit < width_; ++bit)
        for (const std::uint64_t low : {std::uint64_t{0}, std::uint64_t{1}, top >> 24, top >> 25})
          for (const int delta : {-1, 0}) {
            const std::uint64_t one = std::uint64_t{1} << bit;
            check(rng() % 2 == 0, (one | low) + static_cast<std::uint64_t>(delta), exponent,
                  rng() % 2 == 0);
          }
      for (int i = 0; i < 100; ++i) check(rng() % 2 == 0, rng(), exponent, rng() % 2 == 0);
      for (int i = 0; i < 20; ++i) check(false, rng() >> rng() % 64, exponent, rng() % 2 == 0);
      check_flags(exponent % 2 == 0, top, exponent);
    }
    check(false, top, -448, false);  // the exponent's sign changes in both directions
    checker_.finish(959 * 120);
  }

 private:
  void drive(bool negative, std::uint64_t significand, int exponent, bool sticky, bool nan,
             bool infinity) {
    rtl_.negative_i = negative;
    rtl_.exponent_i = static_cast<std::uint16_t>(exponent & 0x3FF);
    bench::set(rtl_.significand_i, significand);
    rtl_.sticky_i = sticky;
    rtl_.nan_i = nan;
    rtl_.infinity_i = infinity;
    rtl_.eval();
  }

  int width_;
  VerilatedContext context_;
  Model rtl_{&context_};
  bench::Checker checker_;
};

TEST_CASE("float: packing is one nearest-even rounding", "[float][edge][random]") {
  Pack<float_pack_26>(26).check_all();
  Pack<float_pack_32>(32).check_all();
  Pack<float_pack_48>(48).check_all();
}

template <class Model>
void check_to_code(int magnitude_bits) {
  VerilatedContext context;
  Model rtl(&context);
  rtl.enable_i = 1;
  bench::Checker checker;
  const auto check = [&](std::uint32_t x) {
    rtl.in_i = x;
    rtl.eval();
    const fp32::Code want = fp32::to_code(x, magnitude_bits);
    const auto describe = [&](std::ostream& os) { os << "0x" << std::hex << x << std::dec; };
    checker.equal(want.code, sign_extend(rtl.code_o, magnitude_bits + 1), describe);
    checker.equal(want.clamped, rtl.clamped_o != 0, describe);
  };
  for (const std::uint32_t x : bench::fp32_edges()) check(x);
  // 16 fraction bits hold every tie up to 2^16; beside each its two neighbours.
  for (std::uint32_t field = 124; field <= 128u + static_cast<std::uint32_t>(magnitude_bits);
       ++field)
    for (std::uint32_t fraction = 0; fraction < 0x1'0000; ++fraction)
      for (int delta = -1; delta <= 1; ++delta)
        check((field << 23 | fraction << 7) + static_cast<std::uint32_t>(delta) +
              (fraction % 2 == 0 ? fp32::kSign : 0));
  auto rng = bench::rng();
  for (int i = 0; i < 100'000; ++i) check(bench::random_fp32(rng));
  rtl.enable_i = 0;
  rtl.in_i = 0x42000000;
  rtl.eval();
  checker.equal(0, static_cast<int>(rtl.code_o), [](std::ostream& os) { os << "no enable"; });
  rtl.enable_i = 1;
  check(0x42000000);
  checker.finish(500'000);
}

TEST_CASE("float: a code is the nearest integer, ties to even, clamped", "[float][edge][random]") {
  check_to_code<float_to_code_1>(1);
  check_to_code<float_to_code_7>(7);
  check_to_code<float_to_code_15>(15);
}

struct Operands {
  std::uint32_t dividend;
  std::uint32_t divisor;
};

class Divide {
 public:
  explicit Divide(const std::string& wave = bench::wave_file()) : rtl_(wave) {}

  // Runs `operands` through; with `cycles`, stops after so many. Quotients are checked in order.
  void run(const std::vector<Operands>& operands, int in_stall, int out_stall, std::uint64_t seed,
           std::uint64_t cycles = ~std::uint64_t{0}) {
    bench::Source<Operands> source(operands, in_stall, seed);
    bench::Sink<std::uint32_t> sink(out_stall, seed + 1);
    std::mt19937_64 idle(seed);
    rtl_->in_valid_i = 0;
    rtl_.reset();
    const std::uint64_t limit = 10'000 + operands.size() * 2'000;
    for (std::uint64_t cycle = 0; sink.items().size() < operands.size() && cycle < cycles;
         ++cycle) {
      if (cycle == limit) FAIL("no result within " << limit << " cycles");
      const Operands* const item = source.offer();
      rtl_->in_valid_i = item != nullptr;
      // Without valid there may be anything.
      rtl_->in_dividend_i = item != nullptr ? item->dividend : static_cast<std::uint32_t>(idle());
      rtl_->in_divisor_i = item != nullptr ? item->divisor : static_cast<std::uint32_t>(idle());
      rtl_->out_ready_i = sink.ready();
      rtl_.settle();
      source.see(rtl_->in_ready_o != 0);
      sink.see(rtl_->out_valid_o != 0 ? std::optional<std::uint32_t>(rtl_->out_o) : std::nullopt);
      rtl_.edge();
    }
    rtl_.check();
    for (std::size_t i = 0; i < sink.items().size(); ++i)
      checker_.equal(fp32::divide(operands[i].dividend, operands[i].divisor), sink.items()[i],
                     [&](std::ostream& os) {
                       os << std::hex << "0x" << operands[i].dividend << " / 0x"
                          << operands[i].divisor << std::dec << " number " << i;
                     });
  }
  bench::Checker& checker() { return checker_; }
  bench::Clocked<float_divide>& rtl() { return rtl_; }

 private:
  bench::Clocked<float_divide> rtl_;
  bench::Checker checker_;
};

bool positive_normal(std::uint32_t x) {
  return x >= 0x0080'0000 && x < kFp32Infinity;
}

std::vector<Operands> random_operands(std::size_t count, std::mt19937_64& rng) {
  const auto operand = [&] {
    while (true)
      if (const std::uint32_t x = bench::random_fp32(rng); positive_normal(x)) return x;
  };
  std::vector<Operands> operands(count);
  for (Operands& o : operands) o = {operand(), operand()};
  return operands;
}

TEST_CASE("float: the quotient is correctly rounded, edges crossed and at random",
          "[float][edge][random]") {
  std::vector<std::uint32_t> edges;
  for (const std::uint32_t x : bench::fp32_edges())
    if (positive_normal(x) && (x >> 23) % 3 != 0) edges.push_back(x);
  std::vector<Operands> operands;
  for (const std::uint32_t a : edges)
    for (const std::uint32_t b : edges) operands.push_back({a, b});
  auto rng = bench::rng();
  for (const Operands& o : random_operands(20'000, rng)) operands.push_back(o);
  // Quotients about the range of subnormals, whose cut may lie at any bit.
  for (int i = 0; i < 20'000; ++i) {
    const auto low = static_cast<std::uint32_t>(1 + rng() % 102);
    const auto apart = static_cast<std::uint32_t>(125 + rng() % 27);
    const auto fraction = [&] {
      const auto all = static_cast<std::uint32_t>(rng() & 0x7F'FFFF);
      return rng() % 2 == 0 ? all : all & ~((1u << rng() % 24) - 1);
    };
    operands.push_back({low << 23 | fraction(), (low + apart) << 23 | fraction()});
  }
  Divide divide;
  divide.run(operands, 0, 0, 1);
  divide.checker().finish(operands.size());
}

TEST_CASE("float: division keeps its order with stalls at both ends and resets",
          "[float][stall][random]") {
  Divide divide;
  auto rng = bench::rng();
  for (const int in_stall : bench::kStalls)
    for (const int out_stall : bench::kStalls) {
      divide.run(random_operands(20, rng), in_stall, out_stall, rng());
      divide.run(random_operands(20, rng), in_stall, out_stall, rng(), rng() % 200);  // cut by
      divide.run(random_operands(3, rng), in_stall, out_stall, rng());                // a reset
    }
  divide.checker().finish(16 * 23);
}

TEST_CASE("float: a quotient is valid 27 cycles after its operands", "[float]") {
  Divide divide;
  auto& rtl = divide.rtl();
  rtl->in_valid_i = 0;
  rtl->out_ready_i = 1;
  rtl.reset();
  rtl->in_dividend_i = 0x42FE0000;
  rtl->in_divisor_i = 0x41CC0000;
  for (int again = 0; again < 2; ++again) {  // the second operands wait one cycle
    rtl->in_valid_i = 1;
    rtl.settle();
    CHECK(rtl->in_ready_o == 1);
    rtl.edge();
    for (int cycle = 1; cycle < 27; ++cycle) {
      CHECK(rtl->out_valid_o == 0);
      CHECK(rtl->in_ready_o == 0);
      rtl.edge();
    }
    CHECK(rtl->out_valid_o == 1);
    CHECK(rtl->in_ready_o == 0);
    CHECK(rtl->out_o == 0x409F5F5F);
    rtl.edge();
  }
}

}  // namespace
}  // namespace rh
