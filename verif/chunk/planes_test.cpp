// TEST RATIONALE. Wires and masks, so every size is its own state space. Small sizes are exhausted:
// every bit of the codes and so of the planes (-0 too), for every number of planes and of a chunk
// that the ports hold. Chunk widths below, equal to and above the magnitude, dividing it or not; 8
// bits and the size of FAST (16 lanes, 4 bits, chunks of 2) at random. Chunks are held against the
// golden reader of memory and against the fields of the codes.
// Mutants this kills: planes in ascending order, lanes and planes exchanged, weights in ascending
// order, one plane too many read or all of them, a count of 1 that reads none, -0 kept; chunks the
// most significant first, one beyond the last that is not 0, the zeros of the top chunk at its
// bottom, the sign cleared with the chunk, that of lane 0 for all, in the top chunk only.
#include <algorithm>
#include <bit>
#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "chunk/chunk.hpp"
#include "chunk/fields.hpp"
#include "chunk_planes_16_4/chunk_planes_16_4.h"
#include "chunk_planes_1_1/chunk_planes_1_1.h"
#include "chunk_planes_1_7/chunk_planes_1_7.h"
#include "chunk_planes_2_3/chunk_planes_2_3.h"
#include "chunk_planes_2_8/chunk_planes_2_8.h"
#include "chunk_planes_chunk_16_4_2/chunk_planes_chunk_16_4_2.h"
#include "chunk_planes_chunk_1_1_1/chunk_planes_chunk_1_1_1.h"
#include "chunk_planes_chunk_1_7_4/chunk_planes_chunk_1_7_4.h"
#include "chunk_planes_chunk_2_3_2/chunk_planes_chunk_2_3_2.h"
#include "chunk_planes_chunk_2_3_8/chunk_planes_chunk_2_3_8.h"
#include "chunk_planes_chunk_2_8_1/chunk_planes_chunk_2_8_1.h"
#include "chunk_planes_chunk_2_8_2/chunk_planes_chunk_2_8_2.h"
#include "chunk_planes_join_16_4/chunk_planes_join_16_4.h"
#include "chunk_planes_join_1_1/chunk_planes_join_1_1.h"
#include "chunk_planes_join_1_7/chunk_planes_join_1_7.h"
#include "chunk_planes_join_2_3/chunk_planes_join_2_3.h"
#include "chunk_planes_join_2_8/chunk_planes_join_2_8.h"

namespace rh {
namespace {

using bench::drive;
using bench::Fields;
using bench::sample;

unsigned mask(int bits) {
  return (1u << bits) - 1;
}
// Bits of a port that counts up to this.
int width(int most) {
  return static_cast<int>(std::bit_width(static_cast<unsigned>(most)));
}

template <class Planes, class Join, class Chunk>
class PlanesBench {
 public:
  PlanesBench(std::size_t lanes, int m, int c) : lanes_(lanes), m_(m), c_(c) {}

  // Codes {sign, magnitude} to planes, and whole planes back to the chunks of the codes.
  void there_and_back(const Fields& codes) {
    drive(planes_.in_i, 1 + m_, codes);
    planes_.eval();
    Fields want;
    for (int p = 0; p <= m_; ++p)
      for (const unsigned code : codes) want.push_back(code >> (m_ - p) & 1);
    const Fields planes = sample(planes_.planes_o, 1, want.size());
    compare("planes", want, planes, codes, 0);
    const unsigned whole = static_cast<unsigned>(1 + m_);
    for (int a = 0; a < chunk_count(m_, c_); ++a) {
      Fields fields;
      for (const unsigned code : codes)
        fields.push_back(chunk_field(static_cast<int>(code & mask(m_)), a, c_) | (code >> m_ & 1)
                                                                                     << c_);
      compare("chunk", fields, chunk_of(planes, whole, a), codes, whole);
    }
    for (unsigned count = 0; count <= mask(counts_); ++count) back(planes, count);
  }

  // Any bits of planes to codes and to chunks, against the reader of memory. Every count that the
  // port holds is one of 2 .. 1 + m planes, and chunks beyond the last are 0.
  void back(const Fields& planes, unsigned count) {
    const int read = std::clamp(static_cast<int>(count), 2, 1 + m_);
    const PlaneLayout layout{1, lanes_, 1, m_};
    std::vector<std::uint8_t> bytes(layout.total_bytes());
    for (std::size_t i = 0; i < planes.size(); ++i)
      put_field(std::span(bytes).subspan(layout.plane_offset(static_cast<int>(i / lanes_))),
                i % lanes_, 1, planes[i]);
    const std::vector<std::int16_t> codes = unpack_planes(layout, bytes, read).codes;
    Fields want;
    for (const int code : codes)
      want.push_back(static_cast<unsigned>(std::abs(code)) | (code < 0 ? 1u << m_ : 0));
    drive(join_.in_i, 1, planes);
    join_.planes_i = static_cast<std::uint8_t>(count);
    join_.eval();
    compare("codes", want, sample(join_.out_o, 1 + m_, lanes_), planes, count);

    for (int a = 0; a <= static_cast<int>(mask(chunk_numbers_)); ++a) {
      Fields fields;
      for (std::size_t i = 0; i < lanes_; ++i)
        fields.push_back(chunk_field(std::abs(int{codes[i]}), a, c_) | planes[i] << c_);
      compare("chunk", fields, chunk_of(planes, count, a), planes, count);
    }
  }

  void exhaust() {
    for (unsigned x = 0; x < 2u << m_; ++x)
      for (unsigned y = 0; y < (lanes_ == 1 ? 1u : 2u << m_); ++y)
        there_and_back(lanes_ == 1 ? Fields{x} : Fields{x, y});
    there_and_back(Fields(lanes_, 0));  // every bit falls again
    checker_.finish();
  }
  void randomise(int cases) {
    auto rng = bench::rng();
    for (int i = 0; i < cases; ++i) {
      Fields codes(lanes_);
      for (unsigned& code : codes) code = static_cast<unsigned>(rng() % (2u << m_));
      there_and_back(codes);
    }
    checker_.finish();
  }

 private:
  Fields chunk_of(const Fields& planes, unsigned count, int a) {
    drive(chunk_.in_i, 1, planes);
    chunk_.planes_i = static_cast<std::uint8_t>(count);
    chunk_.chunk_i = static_cast<std::uint8_t>(a);
    chunk_.eval();
    return sample(chunk_.out_o, 1 + c_, lanes_);
  }
  void compare(const char* what, const Fields& want, const Fields& got, const Fields& in,
               unsigned count) {
    for (std::size_t i = 0; i < want.size(); ++i)
      checker_.equal(want[i], got[i], [&](std::ostream& os) {
        os << what << ": " << lanes_ << " lanes, m " << m_ << " c " << c_ << ", planes read "
           << count << ", field " << i << " of in";
        for (const unsigned field : in) os << " " << field;
      });
  }

  std::size_t lanes_;
  int m_;
  int c_;
  int counts_ = width(1 + m_);                                       // of planes_i
  int chunk_numbers_ = std::max(width(chunk_count(m_, c_) - 1), 1);  // of chunk_i
  Planes planes_;
  Join join_;
  Chunk chunk_;
  bench::Checker checker_;
};

// Every code is every setting of the planes: there are as many bits of both.
TEST_CASE("planes: every code of small sizes, whole and by the first planes, in codes and chunks",
          "[chunk][exhaustive]") {
  PlanesBench<chunk_planes_1_1, chunk_planes_join_1_1, chunk_planes_chunk_1_1_1>(1, 1, 1).exhaust();
  PlanesBench<chunk_planes_2_3, chunk_planes_join_2_3, chunk_planes_chunk_2_3_2>(2, 3, 2).exhaust();
  PlanesBench<chunk_planes_2_3, chunk_planes_join_2_3, chunk_planes_chunk_2_3_8>(2, 3, 8).exhaust();
  PlanesBench<chunk_planes_1_7, chunk_planes_join_1_7, chunk_planes_chunk_1_7_4>(1, 7, 4).exhaust();
}

TEST_CASE("planes: 8 bits in chunks of 1 and 2, and the size of FAST, at random",
          "[chunk][random]") {
  PlanesBench<chunk_planes_2_8, chunk_planes_join_2_8, chunk_planes_chunk_2_8_1>(2, 8, 1).randomise(
      5'000);
  PlanesBench<chunk_planes_2_8, chunk_planes_join_2_8, chunk_planes_chunk_2_8_2>(2, 8, 2).randomise(
      5'000);
  PlanesBench<chunk_planes_16_4, chunk_planes_join_16_4, chunk_planes_chunk_16_4_2>(16, 4, 2)
      .randomise(5'000);
}

}  // namespace
}  // namespace rh
