// TEST RATIONALE. The golden model against laws and bytes written by hand. State space: codes of 1
// to 15 bits x chunks of 1 to 8 bits x planes read, exhausted; layouts of 0 to 5 groups of odd and
// even sizes with exponents of 1 to 8 bits. A reader gets memory that ends, at a page nobody may
// touch, with the last plane it wants. Fields in bytes against a list of bits, and a reader of
// random bytes, whose planes need not agree about a sign.
// Mutants this kills: a field that sets bits but clears none, or bits of its neighbours, a sign of
// another plane than the first, bits above the magnitude that are taken, a sign missing in chunks
// or in fields of zeros, one chunk too many, planes in ascending order, a byte count rounded
// wrongly, a reader that wants all planes or accepts one byte too few, a code or an exponent that
// is not checked.
#include "chunk/chunk.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "bench/guarded.hpp"

namespace rh {
namespace {

// Towards zero, to a multiple of 2^drop.
int truncated(int code, int drop) {
  return code / (1 << drop) * (1 << drop);
}

TEST_CASE("chunk: a code is the sum of its signed chunks times their weights",
          "[chunk][law][exhaustive]") {
  bench::Checker checker;
  for (int m = 1; m <= 15; ++m)
    for (int c = 1; c <= 8; ++c)
      for (int code = -(1 << m) + 1; code < 1 << m; ++code) {
        const int count = chunk_count(m, c);
        int sum = 0;
        std::vector<int> chunks;
        for (int a = 0; a < count; ++a) {
          const int part = chunk(code, a, c);
          chunks.push_back(part);
          sum += part * (1 << (a * c));
          if (std::abs(part) >= 1 << c || (part != 0 && (part < 0) != (code < 0)))
            FAIL("chunk " << a << " of " << code << " is " << part);
        }
        const auto describe = [&](std::ostream& os) {
          os << "m " << m << " c " << c << " code " << code;
        };
        checker.equal(code, sum, describe);
        checker.equal(code, unchunk(chunks, c), describe);
        for (int read = count; read >= 1; --read) {  // from the most significant on
          const int drop = (count - read) * c;
          checker.equal(truncated(code, drop), unchunk(chunks, c), describe);
          chunks[static_cast<std::size_t>(count - read)] = 0;
        }
      }
  checker.finish();
}

TEST_CASE("chunk: the number of chunks is the magnitude's bits over the chunk's, upwards",
          "[chunk][law]") {
  STATIC_REQUIRE(chunk_count(4, 2) == 2);
  STATIC_REQUIRE(chunk_count(3, 2) == 2);
  STATIC_REQUIRE(chunk_count(5, 4) == 2);
  STATIC_REQUIRE(chunk_count(3, 8) == 1);
  // A negative code has the sign in every field, those of zeros too.
  STATIC_REQUIRE(chunk_field(-8, 0, 2) == 0b100);
  STATIC_REQUIRE(chunk_field(-8, 1, 2) == 0b110);
  STATIC_REQUIRE(chunk_field(0, 1, 2) == 0);
}

// docs/chunk.md, worked example.
TEST_CASE("chunk: the bytes of two groups written by hand", "[chunk][law]") {
  const ChunkLayout layout{2, 3, 4, 3, 2};
  const std::vector<std::int16_t> codes = {5, -3, 0, -4, 7, 1};
  const std::vector<std::uint8_t> exponents = {9, 6};
  const std::vector<std::uint8_t> want = {
      0x69,              // exponents 9, 6
      0x21, 0x1A, 0x00,  // 001 100 000 | 101 001 000: bits 3:2 of the magnitudes
      0x39, 0xB8, 0x00,  // 001 111 000 | 100 011 001: bits 1:0
  };
  CHECK(pack_chunks(layout, codes, exponents) == want);
  CHECK(unpack_chunks(layout, want, 2) == ChunkedTensor{exponents, codes});
  const std::vector<std::int16_t> first = {4, 0, 0, -4, 4, 0};  // -3 has become +0
  CHECK(unpack_chunks(layout, std::span(want).first(4), 1) == ChunkedTensor{exponents, first});
  CHECK(layout.exponent_bytes() == 1);
  CHECK(layout.plane_bytes() == 3);
  CHECK(layout.plane_offset(1) == 4);
  CHECK(layout.total_bytes() == 7);
}

TEST_CASE("chunk: every layout comes back, whole or truncated to the planes that are there",
          "[chunk][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (std::size_t groups = 0; groups <= 5; ++groups)
    for (const std::size_t size : {1u, 3u, 5u, 16u, 17u})
      for (const int e : {1, 3, 4, 5, 8})
        for (const int m : {1, 2, 3, 4, 5, 7, 8, 15})
          for (int c = 1; c <= 8; ++c) {
            const ChunkLayout layout{groups, size, e, m, c};
            std::vector<std::int16_t> codes(groups * size);
            for (std::int16_t& code : codes)
              code = static_cast<std::int16_t>((rng() % 2 != 0 ? 1 : -1) *
                                               static_cast<int>(rng() % (1u << m)));
            std::vector<std::uint8_t> exponents(groups);
            for (std::uint8_t& x : exponents) x = static_cast<std::uint8_t>(rng() % (1u << e));

            const auto describe = [&](std::ostream& os) {
              os << groups << " groups of " << size << ", e " << e << " m " << m << " c " << c;
            };
            const std::vector<std::uint8_t> bytes = pack_chunks(layout, codes, exponents);
            const auto ceil8 = [](std::size_t bits) { return bits / 8 + (bits % 8 != 0 ? 1 : 0); };
            const std::size_t count = static_cast<std::size_t>((m + c - 1) / c);
            const std::size_t field = static_cast<std::size_t>(1 + c);
            checker.equal(
                ceil8(groups * static_cast<std::size_t>(e)) + count * ceil8(groups * size * field),
                bytes.size(), describe);
            checker.equal(bytes.size(), layout.total_bytes(), describe);
            for (int planes = 1; planes <= layout.planes(); ++planes) {
              std::vector<std::int16_t> want;
              for (const int code : codes)
                want.push_back(
                    static_cast<std::int16_t>(truncated(code, (layout.planes() - planes) * c)));
              bench::Guarded<std::uint8_t> prefix(layout.plane_offset(planes));
              std::copy_n(bytes.begin(), prefix.span().size(), prefix.span().begin());
              checker.equal(
                  true,
                  unpack_chunks(layout, prefix.span(), planes) == ChunkedTensor{exponents, want},
                  describe);
            }
          }
  checker.finish();
}

// The bits of bytes, bit 0 of byte 0 first.
std::vector<bool> bits_of(std::span<const std::uint8_t> bytes) {
  std::vector<bool> bits;
  for (const std::uint8_t byte : bytes)
    for (int weight = 1; weight < 256; weight *= 2) bits.push_back(byte / weight % 2 == 1);
  return bits;
}

TEST_CASE("chunk: a field takes its bits of the bytes and leaves the others",
          "[chunk][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int bits = 1; bits <= 16; ++bits)
    for (std::size_t index = 0; index < 9; ++index)
      for (int run = 0; run < 20; ++run) {
        std::vector<std::uint8_t> bytes(20);
        for (std::uint8_t& x : bytes) x = static_cast<std::uint8_t>(rng());
        std::vector<bool> want = bits_of(bytes);
        const auto field = static_cast<unsigned>(rng());  // bits above the field are not written
        unsigned low = 0;
        for (int i = bits; i-- > 0;) {
          const bool bit = field / (1u << i) % 2 == 1;
          want[index * static_cast<std::size_t>(bits) + static_cast<std::size_t>(i)] = bit;
          low = 2 * low + (bit ? 1 : 0);
        }
        put_field(bytes, index, bits, field);
        const auto describe = [&](std::ostream& os) {
          os << "field " << index << " of " << bits << " bits: " << field;
        };
        checker.equal(true, bits_of(bytes) == want, describe);
        checker.equal(low, get_field(bytes, index, bits), describe);
      }
  checker.finish(2 * 16 * 9 * 20);
}

// docs/chunk.md (6): the sign of the first plane, the low magnitude_bits of the chunks.
TEST_CASE("chunk: a reader of any bytes takes the first sign and no bit above the magnitude",
          "[chunk][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (int m = 1; m <= 15; ++m)
    for (int c = 1; c <= 8; ++c)
      for (const int e : {1, 5, 8}) {
        const ChunkLayout layout{3, 5, e, m, c};
        std::vector<std::uint8_t> bytes(layout.total_bytes());
        for (std::uint8_t& x : bytes) x = static_cast<std::uint8_t>(rng());
        const std::vector<bool> bits = bits_of(bytes);
        const int count = chunk_count(m, c);
        const auto number = [&](std::size_t from, int width) {
          int value = 0;
          for (int i = width; i-- > 0;)
            value = 2 * value + (bits[from + static_cast<std::size_t>(i)] ? 1 : 0);
          return value;
        };
        for (int read = 1; read <= count; ++read) {
          ChunkedTensor want;
          for (std::size_t i = 0; i < 3; ++i)
            want.exponents.push_back(
                static_cast<std::uint8_t>(number(i * static_cast<std::size_t>(e), e)));
          for (std::size_t i = 0; i < 15; ++i) {
            int magnitude = 0;
            bool minus = false;
            for (int p = 0; p < count; ++p) {
              const std::size_t from =
                  8 * layout.plane_offset(p) + i * static_cast<std::size_t>(1 + c);
              if (p == 0) minus = bits[from + static_cast<std::size_t>(c)];
              magnitude = magnitude * (1 << c) + (p < read ? number(from, c) : 0);
            }
            magnitude %= 1 << m;
            want.codes.push_back(static_cast<std::int16_t>(minus ? -magnitude : magnitude));
          }
          checker.equal(true, unpack_chunks(layout, bytes, read) == want, [&](std::ostream& os) {
            os << "m " << m << " c " << c << " e " << e << ", " << read << " planes";
          });
        }
      }
  checker.finish(15 * 8 * 3);
}

template <class Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("chunk: what does not fit is refused, and the sentence says what was wanted",
          "[chunk][edge]") {
  const ChunkLayout layout{2, 3, 4, 3, 2};
  const std::vector<std::int16_t> codes(6, -7);
  const std::vector<std::uint8_t> exponents(2, 15);
  const std::vector<std::uint8_t> bytes = pack_chunks(layout, codes, exponents);
  const auto unpack = [&](std::size_t size, int planes) {
    return refusal([&] { unpack_chunks(layout, std::span(bytes).first(size), planes); });
  };
  CHECK(unpack(7, 2) == "accepted");
  CHECK(unpack(6, 2) == "chunks: 2 of 2 planes of 2 groups want 7 bytes, given 6");
  CHECK(unpack(4, 1) == "accepted");
  CHECK(unpack(3, 1) == "chunks: 1 of 2 planes of 2 groups want 4 bytes, given 3");
  CHECK(unpack(0, 1) == "chunks: 1 of 2 planes of 2 groups want 4 bytes, given 0");
  CHECK(unpack(7, 0) == "chunks: 0 planes wanted, the layout has 2");
  CHECK(unpack(7, 3) == "chunks: 3 planes wanted, the layout has 2");

  const auto pack = [&](std::vector<std::int16_t> c, std::vector<std::uint8_t> e) {
    return refusal([&] { pack_chunks(layout, c, e); });
  };
  CHECK(pack({0, 0, 0, 0, 0}, {0, 0}) ==
        "chunks: 2 groups of 3 want 6 codes and 2 exponents, given 5 and 2");
  CHECK(pack({0, 0, 0, 0, 0, 0}, {0}) ==
        "chunks: 2 groups of 3 want 6 codes and 2 exponents, given 6 and 1");
  CHECK(pack({0, 0, 0, 0, 0, 0, 0}, {0, 0}) ==
        "chunks: 2 groups of 3 want 6 codes and 2 exponents, given 7 and 2");
  CHECK(pack({0, 0, 0, 0, 0, 0}, {0, 0, 0}) ==
        "chunks: 2 groups of 3 want 6 codes and 2 exponents, given 6 and 3");
  CHECK(pack({8, 0, 0, 0, 0, 0}, {0, 0}) ==
        "chunks: code 8 of value 0 does not fit in a sign and 3 bits");
  CHECK(pack({0, 0, 0, 0, 0, 0}, {16, 0}) ==
        "chunks: exponent 16 of group 0 does not fit in 4 bits");
  CHECK(pack({0, 0, 8, 0, 0, 0}, {0, 0}) ==
        "chunks: code 8 of value 2 does not fit in a sign and 3 bits");
  CHECK(pack({0, 0, 0, 0, 0, -8}, {0, 0}) ==
        "chunks: code -8 of value 5 does not fit in a sign and 3 bits");
  CHECK(pack({0, 0, 0, 0, 0, 0}, {0, 16}) ==
        "chunks: exponent 16 of group 1 does not fit in 4 bits");
}

}  // namespace
}  // namespace rh
