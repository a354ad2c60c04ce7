// How fast the golden library is: its definitions, its fast kernels, and beside them what this
// machine can do (memcpy) and what the best library does (oneDNN). One thread. Docs: docs/bench.md.
#include <cblas.h>
#include <dnnl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "convert/convert.hpp"
#include "convert/convert_bfp.hpp"
#include "convert/convert_bfp_fast.hpp"
#include "convert/convert_fast.hpp"
#include "gemm/gemm.hpp"
#include "gemm/gemm_bfp.hpp"
#include "gemm/gemm_bfp_fast.hpp"
#include "gemm/gemm_fast.hpp"
#include "requantize/requantize.hpp"
#include "requantize/requantize_fast.hpp"

namespace rh {
namespace {

struct Row {
  std::string name;
  std::function<void()> run;
  int rounds;
  int part = 1;  // it does 1 / part of the work of a table; its time is scaled
  double seconds = std::numeric_limits<double>::infinity();
};

// The best time of each. All take turns, so that a noisy moment of the machine hits all of them.
void measure(std::vector<Row>& rows) {
  int rounds = 0;
  for (const Row& row : rows) rounds = std::max(rounds, row.rounds);
  for (int round = 0; round < rounds; ++round)
    for (Row& row : rows) {
      if (round >= row.rounds) continue;
      const auto start = std::chrono::steady_clock::now();
      row.run();
      const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
      row.seconds = std::min(row.seconds, time.count() * row.part);
    }
}

// A table of times, rates (`work` units a second) and ratios to the row named `reference`.
void print(const std::string& title, const std::string& unit, double work,
           const std::string& reference, const std::vector<Row>& rows) {
  const auto base = std::ranges::find(rows, reference, &Row::name);
  std::cout << "\n"
            << std::left << std::setw(34) << title << std::right << std::setw(10) << "ms"
            << std::setw(14) << unit << std::setw(14) << "x " + reference << "\n";
  std::cout << std::fixed;
  for (const Row& row : rows)
    std::cout << "  " << std::left << std::setw(32) << row.name << std::right
              << std::setprecision(2) << std::setw(10) << row.seconds * 1e3 << std::setw(14)
              << work / row.seconds * 1e-9 << std::setw(14) << row.seconds / base->seconds << "\n";
}

std::string cpu_model() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

std::string onednn_version() {
  const dnnl_version_t* v = dnnl_version();
  return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
}

// False, and a line about it, when a fast result is not the definition's.
bool same(const std::string& name, bool equal) {
  if (!equal) std::cerr << "bench: " << name << " differs from the definition\n";
  return equal;
}

bool bench_gemm() {
  constexpr std::int64_t kSize = 1'024;
  constexpr std::size_t kElements = kSize * kSize;
  std::mt19937 rng(1);
  std::vector<std::int8_t> a(kElements), b(kElements);
  for (auto* codes : {&a, &b})
    for (std::int8_t& code : *codes) code = static_cast<std::int8_t>(rng() % 255);
  std::vector<std::int32_t> want, onednn(kElements);
  std::vector<std::vector<std::int32_t>> got;
  for (std::size_t i = 0; i < gemm_kernels().size(); ++i) got.emplace_back(kElements);

  std::vector<Row> rows;
  rows.push_back({"definition", [&] { want = gemm_int32(a, b, kSize, kSize, kSize); }, 3});
  std::vector<std::string> names;
  for (std::size_t i = gemm_kernels().size(); i-- > 0;) {
    const GemmKernel& kernel = gemm_kernels()[i];
    if (!kernel.supported()) continue;
    rows.push_back({std::string(kernel.name),
                    [&, i] {
                      gemm_kernels()[i].multiply(a.data(), b.data(), kSize, kSize, kSize,
                                                 got[i].data());
                    },
                    kernel.name == "portable" ? 3 : 15});
  }
  // oneDNN names transposition as row-major: B is N lines of K, hence 'T'.
  rows.push_back({"oneDNN",
                  [&] {
                    const std::int32_t offset = 0;
                    dnnl_gemm_s8s8s32('N', 'T', 'F', kSize, kSize, kSize, 1.0f, a.data(), kSize, 0,
                                      b.data(), kSize, 0, 0.0f, onednn.data(), kSize, &offset);
                  },
                  15});
  measure(rows);
  print("int8 GEMM 1024 x 1024 x 1024", "G MAC/s", static_cast<double>(kSize) * kSize * kSize,
        "oneDNN", rows);

  if (onednn != want) std::cout << "  (oneDNN's sums differ: its int8 product saturates here)\n";
  bool equal = true;
  for (std::size_t i = 0; i < got.size(); ++i)
    if (gemm_kernels()[i].supported())
      equal = same(std::string(gemm_kernels()[i].name), got[i] == want) && equal;
  return equal;
}

// Block products of 512 x 512 x 512, beside the int8 product of that size. The definition takes a
// part of the rows.
bool bench_gemm_bfp() {
  constexpr std::int64_t kSize = 512, kPart = 64;
  constexpr std::size_t kElements = kSize * kSize;
  std::mt19937 rng(1);
  std::normal_distribution<float> normal;
  std::vector<float> values_a(kElements), values_b(kElements);
  for (auto* values : {&values_a, &values_b})
    for (float& x : *values) x = normal(rng);

  struct Product {
    std::string name;
    Format format;
    Accumulation accumulation;
    BfpLines a{}, b{}, part{};
    std::vector<std::uint32_t> want{};
    std::vector<std::vector<std::uint32_t>> got{};
  };
  std::vector<Product> products;
  for (const char* name : {"fast4", "fast2", "mxint8", "mxfp4"})
    products.push_back({name, *find_preset(name), Accumulation::Exact});
  for (const char* name : {"msfp12", "mxfp4"})
    products.push_back({name, *find_preset(name), Accumulation::Fp32});
  for (Product& p : products) {
    p.name += " " + std::string(name(p.accumulation));
    p.a = convert_bfp_fast(values_a, kSize, kSize, p.format);
    p.b = convert_bfp_fast(values_b, kSize, kSize, p.format);
    BfpOptions options;
    options.base = p.a.base;
    p.part = convert_bfp_fast(std::span(values_a).first(kElements / kPart), kSize / kPart, kSize,
                              p.format, options);
    p.got.resize(bfp_product_kernels().size());
  }
  const Int8Lines int8_a = convert_int8_fast(values_a, kSize, kSize);
  const Int8Lines int8_b = convert_int8_fast(values_b, kSize, kSize);
  std::vector<std::int32_t> sums(kElements);

  std::vector<Row> rows;
  rows.push_back({"int8",
                  [&] {
                    gemm_int32_fast(int8_a.codes.data(), int8_b.codes.data(), kSize, kSize, kSize,
                                    sums.data());
                  },
                  15});
  for (Product& p : products) {
    rows.push_back({p.name + ", definition",
                    [&p] {
                      p.want = gemm_bfp({p.format, p.part}, {p.format, p.b}, {p.accumulation});
                    },
                    1, kPart});
    for (std::size_t i = bfp_product_kernels().size(); i-- > 0;) {
      const BfpProductKernel& kernel = bfp_product_kernels()[i];
      if (!kernel.supported()) continue;
      rows.push_back({p.name + ", " + std::string(kernel.name),
                      [&p, i] {
                        p.got[i] = bfp_product_kernels()[i].multiply(
                            {p.format, p.a}, {p.format, p.b}, {p.accumulation});
                      },
                      kernel.name == "portable" ? 3 : 15});
    }
  }
  measure(rows);
  print("block GEMM 512 x 512 x 512", "G MAC/s", static_cast<double>(kSize) * kSize * kSize, "int8",
        rows);

  bool equal = true;
  for (const Product& p : products)
    for (std::size_t i = 0; i < p.got.size(); ++i)
      if (bfp_product_kernels()[i].supported())
        equal = same(p.name + ", " + std::string(bfp_product_kernels()[i].name),
                     p.got[i] == p.got.back() &&
                         std::equal(p.want.begin(), p.want.end(), p.got[i].begin())) &&
                equal;
  return equal;
}

bool bench_convert() {
  constexpr std::int64_t kLines = 2'048, kLength = 2'048;
  constexpr std::size_t kElements = kLines * kLength;
  std::mt19937 rng(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(kElements), copy(kElements);
  for (float& x : values) x = normal(rng);
  Int8Lines want;
  std::vector<Int8Lines> got(convert_kernels().size());

  std::vector<Row> rows;
  rows.push_back(
      {"memcpy", [&] { std::memcpy(copy.data(), values.data(), kElements * sizeof(float)); }, 15});
  rows.push_back({"definition", [&] { want = convert_int8(values, kLines, kLength); }, 3});
  for (std::size_t i = convert_kernels().size(); i-- > 0;) {
    if (!convert_kernels()[i].supported()) continue;
    rows.push_back({std::string(convert_kernels()[i].name),
                    [&, i] { got[i] = convert_kernels()[i].convert(values, kLines, kLength); },
                    15});
  }
  measure(rows);
  print("fp32 -> int8, 2048 lines of 2048", "GB/s in",
        static_cast<double>(kElements * sizeof(float)), "memcpy", rows);

  bool equal = true;
  for (std::size_t i = 0; i < got.size(); ++i)
    if (convert_kernels()[i].supported())
      equal = same(std::string(convert_kernels()[i].name), got[i] == want) && equal;
  return equal;
}

// Results go where results have been before, as those of memcpy do: fresh memory costs more than
// either.
bool bench_bfp() {
  constexpr std::int64_t kLines = 8'192, kLength = 8'192, kPart = 256;
  constexpr std::size_t kElements = kLines * kLength;
  std::mt19937 rng(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(kElements), copy(kElements);
  for (float& x : values) x = normal(rng);
  const std::span<const float> part = std::span(values).first(kElements / kPart);

  std::vector<Format> formats;
  std::vector<std::string> names;
  const auto add = [&](const std::string& name, Format format, RoundMode mode) {
    format.rounding = mode;
    formats.push_back(format);
    names.push_back(name + (mode == RoundMode::Stochastic ? " stochastic" : " nearest-even"));
  };
  for (int m = 2; m <= 8; ++m)
    for (const RoundMode mode : {RoundMode::NearestEven, RoundMode::Stochastic})
      add("bfp" + std::to_string(m), bfp_format(m), mode);
  const std::size_t of_bfp4 = 5;  // bfp4 stochastic, in `formats`
  Format bfp4_32 = bfp_format(4);
  bfp4_32.group_size = 32;
  add("bfp4 g=32", bfp4_32, RoundMode::Stochastic);
  add("fast4", *find_preset("fast4"), RoundMode::Stochastic);
  add("mxfp4", *find_preset("mxfp4"), RoundMode::NearestEven);
  add("mxfp8-e4m3", *find_preset("mxfp8-e4m3"), RoundMode::NearestEven);

  BfpLines out, want;
  std::vector<Row> rows;
  rows.push_back(
      {"memcpy", [&] { std::memcpy(copy.data(), values.data(), kElements * sizeof(float)); }, 9});
  for (std::size_t i = 0; i < formats.size(); ++i)
    rows.push_back(
        {names[i], [&, i] { convert_bfp_fast(values, kLines, kLength, formats[i], {}, out); }, 9});
  const Format bfp4 = formats[of_bfp4];
  rows.push_back({"bfp4 stochastic, definition",
                  [&] { want = convert_bfp(part, kLines / kPart, kLength, bfp4); }, 2, kPart});
  for (const BfpKernel& kernel : bfp_kernels())
    if (kernel.supported())
      rows.push_back({"bfp4 stochastic, " + std::string(kernel.name),
                      [&] { kernel.convert(values, kLines, kLength, bfp4, {}, out); }, 3});
  rows.push_back(
      {"bfp4 stochastic, back to fp32", [&] { dequantize_bfp_fast(bfp4, out, copy); }, 9});
  measure(rows);
  print("fp32 -> bfp, 8192 lines of 8192", "GB/s in",
        static_cast<double>(kElements * sizeof(float)), "memcpy", rows);

  // Every kernel against the definition on a part, and against the last one on everything.
  bool equal = true;
  BfpLines first;
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const Format& format = formats[i];
    const auto equals = [&](const BfpKernel& kernel, std::span<const float> x, const BfpLines& to) {
      kernel.convert(x, static_cast<std::int64_t>(x.size()) / kLength, kLength, format, {}, out);
      equal = same(std::string(kernel.name) + ", " + names[i], out == to) && equal;
    };
    want = convert_bfp(part, kLines / kPart, kLength, format);
    bfp_kernels().back().convert(values, kLines, kLength, format, {}, first);
    for (const BfpKernel& kernel : bfp_kernels())
      if (kernel.supported()) {
        equals(kernel, part, want);
        equals(kernel, values, first);
      }
  }
  return equal;
}

bool bench_requantize() {
  constexpr std::size_t kSize = 2'048;
  std::mt19937 rng(1);
  std::vector<std::int32_t> acc(kSize * kSize), copy(kSize * kSize);
  for (std::int32_t& x : acc) x = static_cast<std::int32_t>(rng()) / 256;
  std::vector<std::uint32_t> scale_a(kSize), scale_b(kSize);
  for (auto* scales : {&scale_a, &scale_b})
    for (std::uint32_t& scale : *scales)
      scale = 0x3C00'0000 + static_cast<std::uint32_t>(rng() >> 8);
  std::vector<std::uint32_t> want(kSize * kSize);
  std::vector<float> got(kSize * kSize);

  std::vector<Row> rows;
  rows.push_back(
      {"memcpy", [&] { std::memcpy(copy.data(), acc.data(), acc.size() * sizeof acc[0]); }, 15});
  rows.push_back({"definition",
                  [&] {
                    for (std::size_t i = 0; i < want.size(); ++i)
                      want[i] = requantize_fp32(acc[i], scale_a[i / kSize], scale_b[i % kSize]);
                  },
                  3});
  rows.push_back({"fast",
                  [&] {
                    requantize_fp32_fast(acc.data(), scale_a.data(), scale_b.data(), kSize, kSize,
                                         got.data());
                  },
                  15});
  measure(rows);
  print("int32 -> fp32, 2048 x 2048", "GB/s in", static_cast<double>(acc.size() * sizeof acc[0]),
        "memcpy", rows);
  return same("requantize_fp32_fast", std::memcmp(want.data(), got.data(), want.size() * 4) == 0);
}

}  // namespace
}  // namespace rh

int main(int, char** argv) {
  // The libraries read the number of threads when they are loaded: set it and start again.
  if (getenv("OMP_NUM_THREADS") == nullptr) {
    setenv("OMP_NUM_THREADS", "1", 1);
    execv("/proc/self/exe", argv);
  }
  std::cout << rh::cpu_model() << "; one thread; best of several runs; oneDNN "
            << rh::onednn_version() << "\n";
  const bool gemm = rh::bench_gemm();
  const bool gemm_bfp = rh::bench_gemm_bfp();
  const bool convert = rh::bench_convert();
  const bool bfp = rh::bench_bfp();
  const bool requantize = rh::bench_requantize();
  return gemm && gemm_bfp && convert && bfp && requantize ? 0 : 1;
}
