// TEST RATIONALE. The golden model of bit-planes against laws and bytes written by hand. State
// space: codes of 1 to 15 bits x planes read, exhausted; layouts of 0 to 5 groups of odd and even
// sizes with exponents of 1 to 8 bits, each against the layout in chunks of 1 to 8 bits, whose
// readings are among those of planes. A reader gets memory that ends, at a page nobody may touch,
// with the last plane it wants.
// Mutants this kills: the sign plane last, planes in ascending order, a plane of too many bytes,
// one plane too few read, weights counted from the last plane read, a reader that wants all planes,
// takes the signs alone or accepts one byte too few, a code that is not checked, a magnitude in
// two's complement, planes that do not begin on a byte, planes_for_chunks with the zeros below.
#include <algorithm>
#include <string>
#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "bench/guarded.hpp"
#include "chunk/chunk.hpp"

namespace rh {
namespace {

// Towards zero, to a multiple of 2^drop.
std::vector<std::int16_t> truncated(std::vector<std::int16_t> codes, int drop) {
  for (std::int16_t& code : codes)
    code = static_cast<std::int16_t>(code / (1 << drop) * (1 << drop));
  return codes;
}

// What a reader of the first planes gets from memory that ends behind them.
ChunkedTensor read_prefix(const PlaneLayout& layout, const std::vector<std::uint8_t>& bytes,
                          int planes) {
  bench::Guarded<std::uint8_t> prefix(layout.plane_offset(planes));
  std::copy_n(bytes.begin(), prefix.span().size(), prefix.span().begin());
  return unpack_planes(layout, prefix.span(), planes);
}

// docs/chunk.md, worked example.
TEST_CASE("planes: the bytes of two groups written by hand", "[chunk][law]") {
  const PlaneLayout layout{2, 3, 4, 3};
  const std::vector<std::int16_t> codes = {5, -3, 0, -4, 7, 1};
  const std::vector<std::uint8_t> exponents = {9, 6};
  const std::vector<std::uint8_t> want = {0x69,        // exponents 9, 6
                                          0b00'1010,   // signs, value 0 lowest
                                          0b01'1001,   // bit 2 of the magnitudes
                                          0b01'0010,   // bit 1
                                          0b11'0011};  // bit 0
  CHECK(pack_planes(layout, codes, exponents) == want);
  CHECK(unpack_planes(layout, want, 4) == ChunkedTensor{exponents, codes});
  const std::vector<std::int16_t> two_bits = {4, -2, 0, -4, 6, 0};
  CHECK(read_prefix(layout, want, 3) == ChunkedTensor{exponents, two_bits});
  const std::vector<std::int16_t> one_bit = {4, 0, 0, -4, 4, 0};  // -3 has become +0
  CHECK(read_prefix(layout, want, 2) == ChunkedTensor{exponents, one_bit});
  CHECK(layout.planes() == 4);
  CHECK(layout.exponent_bytes() == 1);
  CHECK(layout.plane_bytes() == 1);
  CHECK(layout.plane_offset(0) == 1);
  CHECK(layout.plane_offset(2) == 3);
  CHECK(layout.total_bytes() == 5);
}

TEST_CASE("planes: every code comes back, truncated towards zero to the bits that are read",
          "[chunk][law][exhaustive]") {
  bench::Checker checker;
  for (int m = 1; m <= 15; ++m) {
    std::vector<std::int16_t> codes;
    for (int code = -(1 << m) + 1; code < 1 << m; ++code)
      codes.push_back(static_cast<std::int16_t>(code));
    const PlaneLayout layout{1, codes.size(), 1, m};
    const std::vector<std::uint8_t> bytes =
        pack_planes(layout, codes, std::vector<std::uint8_t>{1});
    for (int planes = 2; planes <= 1 + m; ++planes) {
      const std::vector<std::int16_t> want = truncated(codes, 1 + m - planes);
      const std::vector<std::int16_t> got = unpack_planes(layout, bytes, planes).codes;
      for (std::size_t i = 0; i < codes.size(); ++i)
        checker.equal(want[i], got[i], [&](std::ostream& os) {
          os << "m " << m << ", " << planes << " planes of code " << codes[i];
        });
    }
  }
  checker.finish();
}

TEST_CASE("planes: every reading of chunks is one of planes, of as many bits",
          "[chunk][law][random]") {
  bench::Checker checker;
  auto rng = bench::rng();
  for (std::size_t groups = 0; groups <= 5; ++groups)
    for (const std::size_t size : {1u, 3u, 5u, 16u, 17u})
      for (const int e : {1, 3, 4, 8})
        for (const int m : {1, 2, 3, 4, 5, 7, 8, 15}) {
          const PlaneLayout layout{groups, size, e, m};
          std::vector<std::int16_t> codes(groups * size);
          for (std::int16_t& code : codes)
            code = static_cast<std::int16_t>((rng() % 2 != 0 ? 1 : -1) *
                                             static_cast<int>(rng() % (1u << m)));
          std::vector<std::uint8_t> exponents(groups);
          for (std::uint8_t& x : exponents) x = static_cast<std::uint8_t>(rng() % (1u << e));

          const auto describe = [&](std::ostream& os) {
            os << groups << " groups of " << size << ", e " << e << " m " << m;
          };
          const std::vector<std::uint8_t> bytes = pack_planes(layout, codes, exponents);
          const auto ceil8 = [](std::size_t bits) { return bits / 8 + (bits % 8 != 0 ? 1 : 0); };
          checker.equal(ceil8(groups * static_cast<std::size_t>(e)) +
                            static_cast<std::size_t>(1 + m) * ceil8(groups * size),
                        bytes.size(), describe);
          checker.equal(bytes.size(), layout.total_bytes(), describe);
          for (int planes = 2; planes <= 1 + m; ++planes)
            checker.equal(true,
                          read_prefix(layout, bytes, planes) ==
                              ChunkedTensor{exponents, truncated(codes, 1 + m - planes)},
                          describe);
          for (int c = 1; c <= 8; ++c) {
            const ChunkLayout chunks{groups, size, e, m, c};
            const std::vector<std::uint8_t> chunked = pack_chunks(chunks, codes, exponents);
            for (int read = 1; read <= chunks.planes(); ++read) {
              const int planes = planes_for_chunks(m, c, read);
              checker.equal(
                  true,
                  unpack_chunks(chunks, chunked, read) == unpack_planes(layout, bytes, planes),
                  describe);
              // Bits of the magnitude that are fetched either way, without zeros above it.
              checker.equal(read * c - (chunks.planes() * c - m), planes - 1, describe);
            }
          }
        }
  checker.finish();
}

// docs/chunk.md, the table of both layouts.
TEST_CASE("planes: 1,024 groups of 16 values in both layouts take these bytes", "[chunk][law]") {
  struct Row {
    int m;
    std::size_t planes, planes_two_bits, chunks_2, chunks_2_two_bits, chunks_4;
  };
  for (const Row& row :
       {Row{2, 6'656, 6'656, 6'656, 6'656, 10'752}, Row{3, 8'704, 6'656, 12'800, 12'800, 10'752},
        Row{4, 10'752, 6'656, 12'800, 6'656, 10'752},
        Row{8, 18'944, 6'656, 25'088, 6'656, 20'992}}) {
    INFO("m " << row.m);
    const PlaneLayout planes{1024, 16, 4, row.m};
    const ChunkLayout by_2{1024, 16, 4, row.m, 2}, by_4{1024, 16, 4, row.m, 4};
    const std::vector<std::int16_t> codes(16'384, -1);
    const std::vector<std::uint8_t> exponents(1024, 15);
    CHECK(pack_planes(planes, codes, exponents).size() == row.planes);
    CHECK(pack_chunks(by_2, codes, exponents).size() == row.chunks_2);
    CHECK(pack_chunks(by_4, codes, exponents).size() == row.chunks_4);
    CHECK(planes.value_bits() * 16'384 == 8.0 * static_cast<double>(row.planes));
    CHECK(planes.plane_offset(3) == row.planes_two_bits);
    CHECK(by_4.plane_offset(1) == 10'752);
    // As many planes of chunks as it takes to have 2 bits of the magnitude.
    CHECK(by_2.plane_offset(row.m % 2 == 0 ? 1 : 2) == row.chunks_2_two_bits);
  }
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

TEST_CASE("planes: what does not fit is refused, and the sentence says what was wanted",
          "[chunk][edge]") {
  const PlaneLayout layout{2, 3, 4, 3};
  const std::vector<std::int16_t> codes(6, -7);
  const std::vector<std::uint8_t> exponents(2, 15);
  const std::vector<std::uint8_t> bytes = pack_planes(layout, codes, exponents);
  const auto unpack = [&](std::size_t size, int planes) {
    return refusal([&] { unpack_planes(layout, std::span(bytes).first(size), planes); });
  };
  for (int planes = 2; planes <= 4; ++planes)
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
      const std::size_t wanted = static_cast<std::size_t>(1 + planes);
      CHECK(unpack(size, planes) ==
            (size >= wanted
                 ? "accepted"
                 : "planes: " + std::to_string(planes) + " of 4 planes of 2 groups want " +
                       std::to_string(wanted) + " bytes, given " + std::to_string(size)));
    }
  CHECK(unpack(5, 1) == "planes: 1 planes wanted, codes take 2 to 4");
  CHECK(unpack(5, 5) == "planes: 5 planes wanted, codes take 2 to 4");

  const auto pack = [&](std::vector<std::int16_t> c, std::vector<std::uint8_t> e) {
    return refusal([&] { pack_planes(layout, c, e); });
  };
  CHECK(pack({0, 0, 0, 0, 0}, {0, 0}) ==
        "planes: 2 groups of 3 want 6 codes and 2 exponents, given 5 and 2");
  CHECK(pack({0, 0, 0, 0, 0, 0}, {0}) ==
        "planes: 2 groups of 3 want 6 codes and 2 exponents, given 6 and 1");
  CHECK(pack({0, 0, 8, 0, 0, 0}, {0, 0}) ==
        "planes: code 8 of value 2 does not fit in a sign and 3 bits");
  CHECK(pack({0, 0, 0, 0, 0, -8}, {0, 0}) ==
        "planes: code -8 of value 5 does not fit in a sign and 3 bits");
  CHECK(pack({0, 0, 0, 0, 0, 0}, {0, 16}) ==
        "planes: exponent 16 of group 1 does not fit in 4 bits");
}

}  // namespace
}  // namespace rh
