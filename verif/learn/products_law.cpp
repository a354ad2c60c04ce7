// TEST RATIONALE. A product of the training engine is what it says, in every bit, for every role:
// operands taken apart element by element, with the transpositions each role has, converted by the
// definitions convert_bfp() and convert_int8() with noise of the tensor's number, multiplied by
// gemm_bfp() and the int8 epilogue; shapes are odd (short groups, one line, one matrix or several),
// formats differ by tensor, and 1, 2 and 3 threads cut every shape somewhere else. FP32 is
// OpenBLAS's own and compared with sums in double. With the adaptive policy the bits are those of
// precision_of() on the codes of the whole tensor, and both outcomes occur. Records, decisions of a
// policy (made once a step, at the first use), recipes and refusals follow. Mutants this kills:
// rows for columns of an operand; noise of the other side, role, layer or step; the noise of a
// later part begun anew, or without its padding; a base of a part for that of the tensor; gradients
// with the rounding of weights; the format of X for W; a decision made again at the second use, or
// kept for the next step; passes of one side; sums of one part for those of all, a part's threshold
// or noise, codes of 4 bits for 2, codes that are ready and taken by the other operand, a base of 2
// bits.
#include "learn/products.hpp"

#include <bit>
#include <limits>
#include <map>

#include "engine/converter.hpp"
#include "engine/engine.hpp"
#include "gemm/gemm.hpp"
#include "learn/plain.hpp"
#include "number/format_text.hpp"
#include "requantize/requantize.hpp"

namespace rh::learn {
namespace {

constexpr int kLayers = 9;
constexpr std::uint64_t kSeed = 77;

// A product of some role: X (rows x in), W (in x out), dO (rows x out), `batch` of each; W stored
// in x out, or out x in if `turned`, as the keys of attention are.
struct Case {
  std::int64_t rows, in, out, batch;
  bool turned;
};
constexpr Case kCases[] = {{5, 17, 3, 1, false}, {1, 1, 1, 1, false},   {7, 16, 33, 1, false},
                           {3, 40, 2, 1, true},  {4, 5, 19, 3, false},  {18, 3, 4, 4, true},
                           {2, 33, 1, 2, false}, {37, 16, 32, 1, false}};

struct Tensors {
  std::vector<float> x, w, d_o;
};
Tensors draw(const Case& c, std::mt19937_64& rng) {
  const auto values = [&](std::int64_t rows, std::int64_t columns, double scale) {
    std::vector<float> all =
        random_values<float>(static_cast<std::size_t>(c.batch * rows * columns), rng, scale);
    for (float& value : all) value = std::ldexp(value, -static_cast<int>(rng() % 7));
    return all;
  };
  return {values(c.rows, c.in, 1), values(c.in, c.out, 0.1), values(c.rows, c.out, 1e-4)};
}

struct Asked {
  ProductShape shape;
  Operand<float> a, b;
};
Asked ask(const Case& c, const Tensors& t, Role role) {
  const Operand<float> w{Factor::Weight, t.w, c.turned};
  const Operand<float> w_turned{Factor::Weight, t.w, !c.turned};
  switch (role) {
    case Role::Forward: return {{c.rows, c.out, c.in, c.batch}, {Factor::Input, t.x}, w};
    case Role::InputGradient:
      return {{c.rows, c.in, c.out, c.batch}, {Factor::OutputGradient, t.d_o}, w_turned};
    case Role::WeightGradient:
      return {{c.in, c.out, c.rows, c.batch},
              {Factor::Input, t.x, true},
              {Factor::OutputGradient, t.d_o}};
  }
  return {};
}

// Lines along the contraction, of all matrices: rows of op(a), columns of op(b).
std::vector<float> lines_a(const Asked& p) {
  std::vector<float> lines;
  for (std::int64_t matrix = 0; matrix < p.shape.batch; ++matrix)
    for (std::int64_t i = 0; i < p.shape.m; ++i)
      for (std::int64_t k = 0; k < p.shape.k; ++k)
        lines.push_back(element(p.a, matrix, p.shape.m, p.shape.k, i, k));
  return lines;
}
std::vector<float> lines_b(const Asked& p) {
  std::vector<float> lines;
  for (std::int64_t matrix = 0; matrix < p.shape.batch; ++matrix)
    for (std::int64_t j = 0; j < p.shape.n; ++j)
      for (std::int64_t k = 0; k < p.shape.k; ++k)
        lines.push_back(element(p.b, matrix, p.shape.k, p.shape.n, k, j));
  return lines;
}

// Lines `first` .. of a conversion, by their fields.
BfpLines slice(const BfpLines& x, std::int64_t first, std::int64_t count) {
  BfpLines part{count, x.length, x.group_size, x.base, {}, {}, {}};
  for (std::int64_t i = first * x.length; i < (first + count) * x.length; ++i)
    part.codes.push_back(x.codes[static_cast<std::size_t>(i)]);
  for (std::int64_t i = first * x.groups_per_line(); i < (first + count) * x.groups_per_line();
       ++i) {
    part.exponents.push_back(x.exponents[static_cast<std::size_t>(i)]);
    part.flags.push_back(x.flags[static_cast<std::size_t>(i)]);
  }
  return part;
}

// The definition of a block product, `format_a` and `format_b` with the bits to take.
std::vector<float> plain_block(const Asked& p, const Site& site, const Format& format_a,
                               const Format& format_b) {
  const std::uint64_t first = 2 +
                              6 * (static_cast<std::uint64_t>(site.step) * kLayers +
                                   static_cast<std::uint64_t>(site.layer)) +
                              2 * static_cast<std::uint64_t>(site.role);
  const auto [m, n, k, batch] = p.shape;
  const BfpLines a =
      convert_bfp(lines_a(p), batch * m, k, format_a, {{}, noise_seed(kSeed, first)});
  const BfpLines b =
      convert_bfp(lines_b(p), batch * n, k, format_b, {{}, noise_seed(kSeed, first + 1)});
  const Accumulation how = format_a.exponent_bits <= 5 ? Accumulation::Exact : Accumulation::Fp32;
  std::vector<float> all;
  for (std::int64_t i = 0; i < batch; ++i)
    for (const std::uint32_t bits :
         gemm_bfp({format_a, slice(a, i * m, m)}, {format_b, slice(b, i * n, n)}, {how, 2, {}}))
      all.push_back(std::bit_cast<float>(bits));
  return all;
}

std::vector<float> plain_int8(const Asked& p) {
  const auto [m, n, k, batch] = p.shape;
  const Int8Lines a = convert_int8(lines_a(p), batch * m, k);
  const Int8Lines b = convert_int8(lines_b(p), batch * n, k);
  std::vector<float> all;
  for (std::int64_t matrix = 0; matrix < batch; ++matrix)
    for (std::int64_t i = 0; i < m; ++i)
      for (std::int64_t j = 0; j < n; ++j) {
        const std::int64_t row = matrix * m + i, column = matrix * n + j;
        std::int32_t sum = 0;
        for (std::int64_t l = 0; l < k; ++l)
          sum += a.codes[static_cast<std::size_t>(row * k + l)] *
                 b.codes[static_cast<std::size_t>(column * k + l)];
        all.push_back(
            std::bit_cast<float>(requantize_fp32(sum, a.scales[static_cast<std::size_t>(row)],
                                                 b.scales[static_cast<std::size_t>(column)])));
      }
  return all;
}

std::vector<float> run(Product<float>& product, const Asked& p, const Site& site) {
  std::vector<float> c(static_cast<std::size_t>(p.shape.batch * p.shape.m * p.shape.n), 99.0F);
  product.multiply(site, p.shape, p.a, p.b, c);
  return c;
}

constexpr Role kRoles[] = {Role::Forward, Role::InputGradient, Role::WeightGradient};

// Calls check(case, tensors asked for, site, product) for every case, role and number of threads.
template <class Check>
void for_all(const Recipe& recipe, const Check& check) {
  auto rng = bench::rng(2);
  for (const int count : {1, 2, 3}) {
    Threads threads(count);
    const auto product = make_product(recipe, {"golden", {}, kSeed, kLayers}, threads);
    std::int64_t step = 0;
    for (const Case& c : kCases) {
      const Tensors tensors = draw(c, rng);
      for (const Role role : kRoles) {
        const Site site{step, static_cast<int>(c.out % kLayers), role};
        check(ask(c, tensors, role), site, *product, count);
      }
      ++step;
    }
  }
}

void check_equal(bench::Checker& checker, const std::vector<float>& want,
                 const std::vector<float>& got, const Asked& p, const Site& site, int count) {
  checker.equal(want.size(), got.size(), [](std::ostream& os) { os << "size"; });
  for (std::size_t i = 0; i < std::min(want.size(), got.size()); ++i)
    checker.equal(std::bit_cast<std::uint32_t>(want[i]), std::bit_cast<std::uint32_t>(got[i]),
                  [&](std::ostream& os) {
                    os << name(site.role) << " " << p.shape.m << "x" << p.shape.n << "x"
                       << p.shape.k << " of " << p.shape.batch << " at " << i << ", threads "
                       << count;
                  });
}

TEST_CASE("learn: a block product is its definition in every role", "[learn][products][law]") {
  bench::Checker checker;
  // Formats that differ by tensor show which is taken for which.
  const auto recipe = [](const char* x, const char* w, const char* d_o) {
    return Recipe{Arithmetic::Block, parse_format(x), parse_format(w), parse_format(d_o), {}};
  };
  for (const Recipe& r :
       {parse_recipe("fast4"), parse_recipe("fast2"), parse_recipe("msfp12"),
        parse_recipe("fast4-even"),
        recipe("bfp(m=2,g=16,e=4)", "bfp(m=4,g=16,e=4,round=truncate)",
               "bfp(m=3,g=16,e=4,round=stochastic-unbiased)"),
        recipe("bfp(m=4,g=3,e=3,round=stochastic,noise=5)", "bfp(m=5,g=3,e=3,noise=5)",
               "bfp(m=6,g=3,e=3,round=stochastic,noise=5)"),
        recipe("bfp(m=4,g=16,e=5,round=stochastic)", "bfp(m=4,g=16,e=5)", "bfp(m=7,g=16,e=5)")})
    for_all(r, [&](const Asked& p, const Site& site, Product<float>& product, int count) {
      const std::vector<float> want =
          plain_block(p, site, r.format(p.a.factor), r.format(p.b.factor));
      check_equal(checker, want, run(product, p, site), p, site, count);
      const ProductRecord& record = product.records().back();
      const int m_a = r.format(p.a.factor).magnitude_bits,
                m_b = r.format(p.b.factor).magnitude_bits;
      // Tiles of 16 x 16 results, steps of 16 lanes in a group.
      const int passes = (m_a + 1) / 2 * ((m_b + 1) / 2), g = r.input.group_size;
      const bool fp32 = r.input.exponent_bits > 5;
      const std::int64_t tiles = (p.shape.m + 15) / 16 * ((p.shape.n + 15) / 16);
      const auto cycles = [&](int passes_of_a_step) {
        const std::int64_t steps = (p.shape.k + g - 1) / g * passes_of_a_step;
        return static_cast<std::uint64_t>(
            p.shape.batch * block_timing({16, 16, 16}, fp32).cycles(tiles, steps));
      };
      const ProductRecord wanted{site,           p.shape,   m_a, m_b, passes,
                                 cycles(passes), cycles(1), 0,   true};
      checker.equal(true, record == wanted, [](std::ostream& os) { os << "record"; });
    });
  checker.finish(50'000);
}

// The bits that the unit gives an operand: its lines in 4 bits, with its own rounding, noise and
// base, summed and compared in one piece.
int plain_bits(const std::vector<float>& lines, std::int64_t length, Format format,
               const Policy& policy, const Site& site, int side) {
  format.magnitude_bits = 4;
  const auto count = static_cast<std::int64_t>(lines.size()) / length;
  const BfpLines four = convert_bfp(lines, count, length, format,
                                    {{}, noise_seed(kSeed, tensor_number(kLayers, site, side))});
  const PrecisionUnit unit = watching_unit(format.group_size);
  return precision_of(unit, four).fine(policy.threshold(unit, site.layer, site.step)) ? 4 : 2;
}

TEST_CASE("learn: an adaptive product is that of the bits its codes of 4 ask for",
          "[learn][products][law]") {
  bench::Checker checker;
  const auto recipe = [](const char* x, const char* w, const char* d_o, double alpha) {
    return Recipe{Arithmetic::Block,
                  parse_format(x),
                  parse_format(w),
                  parse_format(d_o),
                  {PolicyKind::Adaptive, alpha, 0.125, 40, kLayers}};
  };
  std::uint64_t decided[5] = {};
  for (const Recipe& r :
       {recipe("fast4", "fast2", "fast4-sr", 0.6),
        recipe("bfp(m=4,g=3,e=3,rule=even,noise=5)", "bfp(m=4,g=3,e=3,noise=5,round=truncate)",
               "bfp(m=7,g=3,e=3,rule=even,round=stochastic,noise=5)", 0.6),
        recipe("bfp(m=4,g=16,e=5,overflow=bump)", "bfp(m=4,g=16,e=5,overflow=bump,base=-9)",
               "bfp(m=4,g=16,e=5,round=stochastic-unbiased,overflow=bump)", 0.6)}) {
    std::map<Factor, int> bits;
    for_all(r, [&](const Asked& p, const Site& site, Product<float>& product, int count) {
      const auto format = [&](Factor factor, const std::vector<float>& lines, int side) {
        const bool first = site.role == Role::Forward ||
                           (site.role == Role::InputGradient && factor == Factor::OutputGradient);
        Format taken = r.format(factor);
        if (first) {
          bits[factor] = plain_bits(lines, p.shape.k, taken, r.policy, site, side);
          ++decided[bits[factor]];
        }
        taken.magnitude_bits = 4;
        taken.base = conversion_base(taken, lines);  // of 4 bits, whatever is taken
        taken.magnitude_bits = bits[factor];
        return taken;
      };
      const Format a = format(p.a.factor, lines_a(p), 0), b = format(p.b.factor, lines_b(p), 1);
      check_equal(checker, plain_block(p, site, a, b), run(product, p, site), p, site, count);
      const ProductRecord& record = product.records().back();
      checker.equal(a.magnitude_bits, record.bits_a, [](std::ostream& os) { os << "bits of a"; });
      checker.equal(b.magnitude_bits, record.bits_b, [](std::ostream& os) { os << "bits of b"; });
    });
  }
  CHECK(decided[2] > 30);
  CHECK(decided[4] > 30);
  checker.finish(20'000);
}

// A value that is not finite, anywhere: 4 bits at every threshold.
TEST_CASE("learn: a tensor with a NaN takes 4 bits", "[learn][products][edge]") {
  Recipe recipe = parse_recipe("fast-adaptive");
  recipe.policy.alpha = 15;
  for (const int count : {1, 3}) {
    Threads threads(count);
    const auto product = make_product(recipe, {}, threads);
    std::vector<float> a(96, 1.0F), c(6);
    const auto bits = [&] {
      product->multiply({}, {3, 2, 32}, {Factor::Input, a},
                        {Factor::Weight, std::span(a).first(64), true}, c);
      return std::pair(product->records().back().bits_a, product->records().back().bits_b);
    };
    CHECK(bits() == std::pair(2, 2));
    a[95] = std::numeric_limits<float>::quiet_NaN();
    CHECK(bits() == std::pair(4, 2));
  }
}

// Of values that take a lane each: steps of 16 of them.
std::uint64_t one_pass(const ProductShape& shape) {
  const std::int64_t tiles = (shape.m + 15) / 16 * ((shape.n + 15) / 16);
  return static_cast<std::uint64_t>(
      shape.batch * block_timing({16, 16, 16}, false).cycles(tiles, (shape.k + 15) / 16));
}

TEST_CASE("learn: an int8 product is its definition in every role", "[learn][products][law]") {
  bench::Checker checker;
  for_all(parse_recipe("int8"), [&](const Asked& p, const Site& site, Product<float>& product,
                                    int count) {
    check_equal(checker, plain_int8(p), run(product, p, site), p, site, count);
    const ProductRecord& record = product.records().back();
    checker.equal(1, record.passes, [](std::ostream& os) { os << "passes"; });
    checker.equal(one_pass(p.shape), record.one_pass_cycles,
                  [](std::ostream& os) { os << "cycles of 16 lanes"; });
  });
  checker.finish(7'000);
}

TEST_CASE("learn: FP32 and BF16 products are sums of products", "[learn][products][law]") {
  for (const bool bf16 : {false, true})
    for_all(parse_recipe(bf16 ? "bf16" : "fp32"),
            [&](const Asked& p, const Site& site, Product<float>& product, int) {
              const std::vector<float> a = lines_a(p), b = lines_b(p), got = run(product, p, site);
              const auto [m, n, k, batch] = p.shape;
              CHECK(product.records().back().one_pass_cycles == one_pass(p.shape));
              double worst = 0;
              for (std::size_t i = 0; i < got.size(); ++i) {
                const auto at = static_cast<std::int64_t>(i);
                const std::int64_t row = at / n, column = at / (m * n) * n + at % n;
                double sum = 0, magnitude = 0;
                for (std::int64_t l = 0; l < k; ++l) {
                  float x = a[static_cast<std::size_t>(row * k + l)];
                  float y = b[static_cast<std::size_t>(column * k + l)];
                  if (bf16) {
                    x = to_bf16(x);
                    y = to_bf16(y);
                  }
                  sum += double{x} * double{y};
                  magnitude += std::abs(double{x} * double{y});
                }
                worst = std::max(worst, std::abs(sum - double{got[i]}) / (magnitude + 1e-300));
              }
              CHECK(worst < 4e-6);  // 40 terms, 2^-24 each
              CHECK(product.records().back().passes == 0);
            });
}

// Rows beyond what is asked of OpenBLAS at once: the same bits for any number of threads.
TEST_CASE("learn: FP32 products do not depend on threads", "[learn][products][law]") {
  auto rng = bench::rng(3);
  const Case c{700, 65, 33, 1, false};
  const Tensors tensors = draw(c, rng);
  bench::Checker checker;
  for (const Role role : kRoles) {
    std::vector<float> first;
    for (const int count : {1, 2, 3}) {
      Threads threads(count);
      const auto product = make_product({}, {}, threads);
      const Asked p = ask(c, tensors, role);
      const std::vector<float> got = run(*product, p, {0, 0, role});
      if (count == 1) first = got;
      check_equal(checker, first, got, p, {0, 0, role}, count);
    }
  }
  checker.finish(70'000);
}

TEST_CASE("learn: bf16 rounds to nearest even", "[learn][products][exhaustive]") {
  bench::Checker checker;
  const auto bits = [](std::uint32_t x) {
    return std::bit_cast<std::uint32_t>(to_bf16(std::bit_cast<float>(x)));
  };
  for (std::uint32_t high = 0; high < 0x7F80; ++high)
    for (const std::uint32_t low : {0u, 1u, 0x7FFFu, 0x8000u, 0x8001u, 0xFFFFu}) {
      const bool up = low > 0x8000 || (low == 0x8000 && high % 2 == 1);
      const std::uint32_t want = (high + (up ? 1 : 0)) << 16;
      const auto shown = [&](std::ostream& os) { os << std::hex << high << " " << low; };
      checker.equal(want, bits(high << 16 | low), shown);
      checker.equal(want | 1u << 31, bits(high << 16 | low | 1u << 31), shown);
    }
  CHECK(bits(kFp32Infinity) == kFp32Infinity);
  CHECK(bits(0x7F80'0001) == kFp32Nan);
  CHECK(bits(0xFFFF'FFFF) == kFp32Nan);
  checker.finish(300'000);
}

// A tensor with r(X) = 0 (one value a group: both conversions are exact), and one of 2 + 1/4 in
// each group, whose r(X) is 1/16 and more: with a threshold between them X takes 2 bits and W 4.
TEST_CASE("learn: a tensor is decided once a step", "[learn][products][edge]") {
  Recipe recipe = parse_recipe("fast-adaptive");
  recipe.policy.alpha = 1.0 / 32;
  recipe.policy.beta = 0;
  recipe.policy.layers = kLayers;
  Threads threads(1);
  const auto product = make_product(recipe, {"golden", {}, kSeed, kLayers}, threads);
  const std::vector<float> easy(32, 2.0F);
  std::vector<float> hard(32, 2.0F);
  for (std::size_t i = 0; i < hard.size(); i += 2) hard[i] = 0.25F;
  const ProductShape square{2, 2, 16};
  const auto bits = [&](const Site& site, const Operand<float>& a, const Operand<float>& b) {
    std::vector<float> c(4);
    product->multiply(site, square, a, b, c);
    const ProductRecord& record = product->records().back();
    CHECK(record.passes == record.bits_a / 2 * (record.bits_b / 2));
    return std::pair(record.bits_a, record.bits_b);
  };
  using enum Factor;
  // X is easy, W hard, dO hard at its first use.
  CHECK(bits({0, 1, Role::Forward}, {Input, easy}, {Weight, hard, true}) == std::pair(2, 4));
  CHECK(bits({0, 2, Role::Forward}, {Input, hard}, {Weight, easy, true}) == std::pair(4, 2));
  CHECK(bits({0, 1, Role::InputGradient}, {OutputGradient, hard}, {Weight, easy, true}) ==
        std::pair(4, 4));  // W as decided in forward, whatever it holds now
  CHECK(bits({0, 1, Role::WeightGradient}, {Input, hard}, {OutputGradient, easy, true}) ==
        std::pair(2, 4));  // both as decided
  // The next step decides anew, layer by layer.
  CHECK(bits({1, 1, Role::Forward}, {Input, hard}, {Weight, easy, true}) == std::pair(4, 2));
  CHECK(bits({1, 1, Role::WeightGradient}, {Input, easy}, {OutputGradient, easy, true}) ==
        std::pair(4, 2));
}

TEST_CASE("learn: recipes by name", "[learn][products][edge]") {
  REQUIRE(recipe_names().size() == 11);
  for (const std::string& name : recipe_names()) {
    const Recipe recipe = parse_recipe(name);
    const bool block = recipe.arithmetic == Arithmetic::Block;
    CHECK(block == (name.starts_with("fast") || name == "msfp12"));
    if (!block) continue;
    CHECK_FALSE(is_stochastic(recipe.input.rounding));
    CHECK_FALSE(is_stochastic(recipe.weight.rounding));
    const bool even = name == "msfp12" || name.ends_with("-even");
    CHECK(is_stochastic(recipe.output_gradient.rounding) != even);
  }
  CHECK(parse_recipe("msfp12").weight == *find_preset("msfp12"));
  CHECK(parse_recipe("fast2").output_gradient == *find_preset("fast2-sr"));
  CHECK(parse_recipe("fast-adaptive").policy.kind == PolicyKind::Adaptive);
  CHECK(parse_recipe("fast-by-step").policy.kind == PolicyKind::ByStep);
  CHECK(parse_recipe("fast-by-layer").policy.kind == PolicyKind::ByLayer);
  try {
    parse_recipe("fast3");
    FAIL("taken");
  } catch (const std::invalid_argument& error) {
    CHECK(
        std::string(error.what()).starts_with("recipe 'fast3' is unknown; there are fp32, bf16,"));
  }
}

TEST_CASE("learn: what has no product is refused", "[learn][products][edge]") {
  Threads threads(1);
  Recipe recipe = parse_recipe("fast4");
  recipe.weight = parse_format("bfp(m=4,g=32,e=4)");
  CHECK_THROWS_AS(make_product(recipe, {}, threads), std::invalid_argument);
  recipe.weight = *find_preset("msfp12");
  CHECK_THROWS_AS(make_product(recipe, {}, threads), std::invalid_argument);
  recipe = parse_recipe("fast4");
  CHECK_THROWS_AS(make_product(recipe, {"abacus", {}, 0, 1}, threads), EngineError);
  for (const char* text : {"msfp12", "mxfp4", "bfp(m=4,g=65,e=4)", "bfp(m=4,g=16,e=4,negmin=1)",
                           "bfp(m=4,g=16,e=6)"}) {
    const Format format = parse_format(text);
    recipe = {Arithmetic::Block, format, format, format, {PolicyKind::Adaptive}};
    CHECK_THROWS_AS(make_product(recipe, {}, threads), std::invalid_argument);
  }
  const Format largest = parse_format("bfp(m=4,g=64,e=5)");
  recipe = {Arithmetic::Block, largest, largest, largest, {PolicyKind::Adaptive}};
  CHECK_NOTHROW(make_product(recipe, {}, threads));
}

// No two operands of a run have one number, and none is 0 or 1.
TEST_CASE("learn: tensors are numbered once", "[learn][products][exhaustive]") {
  std::vector<std::uint64_t> numbers;
  for (std::int64_t step = 0; step < 5; ++step)
    for (int layer = 0; layer < kLayers; ++layer)
      for (const Role role : kRoles)
        for (const int side : {0, 1})
          numbers.push_back(tensor_number(kLayers, {step, layer, role}, side));
  for (std::size_t i = 0; i < numbers.size(); ++i) CHECK(numbers[i] == i + 2);
  CHECK(tensor_number(26, {3, 5, Role::WeightGradient}, 1) == 505);  // docs/learn.md
}

// The result of a NaN is NaN, and said so.
TEST_CASE("learn: a record says what is not finite", "[learn][products][edge]") {
  Threads threads(1);
  for (const char* text : {"fp32", "bf16", "int8", "fast4"}) {
    const auto product = make_product(parse_recipe(text), {}, threads);
    std::vector<float> a(32, 1.0F), c(4);
    const auto finite = [&](float value) {
      a[20] = value;
      product->multiply({}, {2, 2, 16}, {Factor::Input, a}, {Factor::Weight, a, true}, c);
      return product->records().back().finite;
    };
    CHECK(finite(2));
    CHECK_FALSE(finite(std::numeric_limits<float>::quiet_NaN()));
    CHECK_FALSE(finite(-std::numeric_limits<float>::infinity()));
    CHECK(product->records().size() == 3);
    product->clear_records();
    CHECK(product->records().empty());
  }
}

}  // namespace
}  // namespace rh::learn
