// TEST RATIONALE. Wires, so every size is its own state space. Small sizes are exhausted: every
// lane over every sign and magnitude (-0 too), every number of planes; the join also over every
// bit of its input where that is small, signs that disagree and bits above the magnitude among
// them. Chunk widths below, equal to and above the magnitude, dividing it or not; the size of FAST
// (16 lanes, 4 bits, chunks of 2) at random.
// Mutants this kills: planes in ascending order, lanes and planes exchanged, the sign in plane 0
// only or read from the last plane, one plane too many read, -0 kept, -0 decided with bits above
// the magnitude.
#include "chunk/chunk.hpp"

#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "chunk/fields.hpp"
#include "chunk_join_16_4_2/chunk_join_16_4_2.h"
#include "chunk_join_1_1_1/chunk_join_1_1_1.h"
#include "chunk_join_1_3_8/chunk_join_1_3_8.h"
#include "chunk_join_1_7_4/chunk_join_1_7_4.h"
#include "chunk_join_2_3_2/chunk_join_2_3_2.h"
#include "chunk_join_2_8_1/chunk_join_2_8_1.h"
#include "chunk_join_2_8_2/chunk_join_2_8_2.h"
#include "chunk_split_16_4_2/chunk_split_16_4_2.h"
#include "chunk_split_1_1_1/chunk_split_1_1_1.h"
#include "chunk_split_1_3_8/chunk_split_1_3_8.h"
#include "chunk_split_1_7_4/chunk_split_1_7_4.h"
#include "chunk_split_2_3_2/chunk_split_2_3_2.h"
#include "chunk_split_2_8_1/chunk_split_2_8_1.h"
#include "chunk_split_2_8_2/chunk_split_2_8_2.h"

namespace rh {
namespace {

using bench::drive;
using bench::Fields;
using bench::sample;

template <class Split, class Join>
class ChunkBench {
 public:
  ChunkBench(std::size_t lanes, int m, int c) : lanes_(lanes), m_(m), c_(c) {}

  // Codes through the split, and from its planes through the join, for every number of planes.
  void there_and_back(const Fields& codes) {
    drive(split_.in_i, 1 + m_, codes);
    split_.eval();
    Fields want;
    for (int p = 0; p < count_; ++p)
      for (const unsigned code : codes) {
        const bool negative = code >> m_ != 0;
        const int magnitude = static_cast<int>(code & mask(m_));
        const unsigned part = chunk_field(magnitude, count_ - 1 - p, c_);
        want.push_back(part | (negative ? 1u << c_ : 0));
      }
    const Fields planes = sample(split_.planes_o, 1 + c_, want.size());
    compare(want, planes, codes, 0);
    for (int read = 1; read <= count_; ++read) join(planes, read);
  }

  // Any bits of planes through the join, against the reader of memory.
  void join(const Fields& planes, int read) {
    drive(join_.in_i, 1 + c_, planes);
    join_.planes_i = static_cast<std::uint8_t>(read);
    join_.eval();
    const ChunkLayout layout{1, lanes_, 1, m_, c_};
    std::vector<std::uint8_t> bytes(layout.total_bytes());
    for (std::size_t i = 0; i < planes.size(); ++i)
      put_field(std::span(bytes).subspan(layout.plane_offset(static_cast<int>(i / lanes_))),
                i % lanes_, 1 + c_, planes[i]);
    Fields want;
    for (const int code : unpack_chunks(layout, bytes, read).codes)
      want.push_back(static_cast<unsigned>(std::abs(code)) | (code < 0 ? 1u << m_ : 0));
    compare(want, sample(join_.out_o, 1 + m_, lanes_), planes, read);
  }

  // Every code in every lane, and back to 0, so that every bit falls again.
  void exhaust_codes() {
    for (unsigned x = 0; x < 2u << m_; ++x)
      for (unsigned y = 0; y < (lanes_ == 1 ? 1u : 2u << m_); ++y)
        there_and_back(lanes_ == 1 ? Fields{x} : Fields{x, y});
    there_and_back(Fields(lanes_, 0));
  }
  void exhaust_planes() {
    const std::size_t fields = static_cast<std::size_t>(count_) * lanes_;
    const unsigned width = static_cast<unsigned>(1 + c_);
    for (unsigned x = 0; x < 1u << (fields * width); ++x) {
      Fields planes(fields);
      for (std::size_t i = 0; i < fields; ++i) planes[i] = x >> i * width & mask(1 + c_);
      for (int read = 1; read <= count_; ++read) join(planes, read);
    }
  }
  void finish() { checker_.finish(); }

 private:
  static unsigned mask(int bits) { return (1u << bits) - 1; }
  void compare(const Fields& want, const Fields& got, const Fields& in, int read) {
    for (std::size_t i = 0; i < want.size(); ++i)
      checker_.equal(want[i], got[i], [&](std::ostream& os) {
        os << lanes_ << " lanes, m " << m_ << " c " << c_ << ", planes read " << read << ", field "
           << i << " of in";
        for (const unsigned field : in) os << " " << field;
      });
  }

  std::size_t lanes_;
  int m_;
  int c_;
  int count_ = chunk_count(m_, c_);
  Split split_;
  Join join_;
  bench::Checker checker_;
};

template <class Split, class Join>
void exhaust(std::size_t lanes, int m, int c, bool planes) {
  ChunkBench<Split, Join> bench(lanes, m, c);
  bench.exhaust_codes();
  if (planes) bench.exhaust_planes();
  bench.finish();
}

TEST_CASE("chunk: every code of small sizes, whole and by the first planes",
          "[chunk][exhaustive]") {
  exhaust<chunk_split_1_1_1, chunk_join_1_1_1>(1, 1, 1, true);
  exhaust<chunk_split_1_3_8, chunk_join_1_3_8>(1, 3, 8, true);
  exhaust<chunk_split_1_7_4, chunk_join_1_7_4>(1, 7, 4, true);
  exhaust<chunk_split_2_3_2, chunk_join_2_3_2>(2, 3, 2, true);
}

TEST_CASE("chunk: 8 bits in chunks of 1 and 2, and the size of FAST, at random",
          "[chunk][random]") {
  auto rng = bench::rng();
  const auto run = [&](auto& bench, std::size_t lanes, int m) {
    for (int i = 0; i < 20'000; ++i) {
      Fields codes(lanes);
      for (unsigned& code : codes) code = static_cast<unsigned>(rng() % (2u << m));
      bench.there_and_back(codes);
    }
    bench.finish();
  };
  ChunkBench<chunk_split_2_8_1, chunk_join_2_8_1> by_1(2, 8, 1);
  ChunkBench<chunk_split_2_8_2, chunk_join_2_8_2> by_2(2, 8, 2);
  ChunkBench<chunk_split_16_4_2, chunk_join_16_4_2> of_fast(16, 4, 2);
  run(by_1, 2, 8);
  run(by_2, 2, 8);
  run(of_fast, 16, 4);
}

}  // namespace
}  // namespace rh
