// TEST RATIONALE. Mutated files never crash the reader, never make it allocate more than the file's
// size allows, and give either a tensor that agrees with itself or one line of text. Mutations:
// byte flips, insertions, deletions, truncation, tokens that break parsers (huge numbers, brackets,
// quotes, NUL) spliced into the header, lengths that lie. Seeded; the largest single allocation is
// measured by this binary's own operator new.
#include <atomic>
#include <cstdlib>
#include <new>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "tensor/npy_bytes.hpp"

namespace {
std::atomic<std::size_t> largest_allocation = 0;
}

void* operator new(std::size_t size) {
  std::size_t largest = largest_allocation;
  while (size > largest && !largest_allocation.compare_exchange_weak(largest, size)) {
  }
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace rh {
namespace {

using Rng = std::mt19937_64;

std::string seed_file(Rng& rng) {
  static const std::vector<std::string> descrs = {"<f4", "<f2", "<f8", "|i1", "<i2", "<i4", "<V2"};
  static const std::vector<std::string> shapes = {"()",     "(0,)",      "(5,)",
                                                  "(3, 4)", "(2, 0, 9)", "(2, 3, 4)"};
  static const std::vector<std::size_t> counts = {1, 0, 5, 12, 0, 24};
  static const std::vector<std::size_t> sizes = {4, 2, 8, 1, 2, 4, 2};
  const std::size_t d = rng() % descrs.size();
  const std::size_t s = rng() % shapes.size();
  return bench::npy(bench::dictionary(descrs[d], shapes[s], rng() % 2 == 0 ? "True" : "False"),
                    std::string(counts[s] * sizes[d], 'x'), 1 + static_cast<int>(rng() % 3));
}

void mutate(std::string& bytes, Rng& rng) {
  static const std::vector<std::string> tokens = {"9223372036854775807",
                                                  "4294967296, 4294967296",
                                                  "0, 9223372036854775807",
                                                  "-1",
                                                  "(",
                                                  ")",
                                                  "{",
                                                  "}",
                                                  "'",
                                                  "\"",
                                                  ",",
                                                  ":",
                                                  "[",
                                                  "True",
                                                  "L",
                                                  "\\",
                                                  "\n",
                                                  std::string(1, '\0'),
                                                  "|O",
                                                  "'shape': (1,), ",
                                                  "99999999999999999999999999",
                                                  std::string(40, '('),
                                                  "<f4",
                                                  "0x7",
                                                  "\xFF"};
  const std::size_t at = bytes.empty() ? 0 : rng() % bytes.size();
  switch (rng() % 6) {
    case 0:
      if (!bytes.empty()) bytes[at] = static_cast<char>(rng());
      break;
    case 1: bytes.insert(at, tokens[rng() % tokens.size()]); break;
    case 2: bytes.erase(at, 1 + rng() % 4); break;
    case 3: bytes.resize(at); break;
    case 4:
      for (std::size_t i = 8; i < 12 && i < bytes.size(); ++i)
        if (rng() % 2 == 0) bytes[i] = static_cast<char>(rng());
      break;
    case 5: {  // replace, so that lengths stay true
      const std::string& token = tokens[rng() % tokens.size()];
      if (at + token.size() <= bytes.size()) bytes.replace(at, token.size(), token);
      break;
    }
  }
}

TEST_CASE("tensor: mutated files give a sound tensor or one line, and no wild allocation",
          "[tensor][random]") {
  Rng rng = bench::rng();
  bench::Checker checker;
  std::uint64_t accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string bytes = seed_file(rng);
    for (auto n = rng() % 4; n > 0; --n) mutate(bytes, rng);
    const auto describe = [&](std::ostream& os) { os << "file '" << printable(bytes) << "'"; };
    largest_allocation = 0;
    try {
      const Tensor tensor = bench::parse(bytes);
      ++accepted;
      const std::size_t elements =
          tensor.is_codes() ? tensor.codes().size() : tensor.values().size();
      checker.equal(static_cast<std::size_t>(element_count(tensor.shape)), elements, describe);
    } catch (const InputError& error) {
      const std::string text = error.what();
      checker.equal(true, text.starts_with("x.npy: ") && text.find("; ") != std::string::npos,
                    describe);
      checker.equal(
          true, std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }),
          describe);
    }
    // Four bytes for one of |i1, the copy of the file in this test, messages and header parts.
    checker.equal(true, largest_allocation <= 4 * bytes.size() + 2048, describe);
  }
  checker.finish(400'000);
  CHECK(accepted > 20'000);
  CHECK(accepted < 180'000);
}

}  // namespace
}  // namespace rh
