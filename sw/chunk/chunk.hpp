// Golden model of rtl/chunk/, written from docs/chunk.md, not from the RTL.
//
// BFP codes to and from chunks of few bits that each carry the sign, and two layouts of a tensor in
// memory, chunks and bit-planes: a reader takes as many bits a value as it wants and leaves the
// rest unread.
#pragma once
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace rh {

// Chunks of `chunk_bits` bits that hold a magnitude: docs/chunk.md (1).
constexpr int chunk_count(int magnitude_bits, int chunk_bits) {
  return (magnitude_bits + chunk_bits - 1) / chunk_bits;
}

// Chunk a of a code, with its sign; chunk 0 is the least significant: docs/chunk.md (2).
constexpr int chunk(int code, int a, int chunk_bits) {
  const int magnitude = code < 0 ? -code : code;
  const int part = (magnitude >> (a * chunk_bits)) & ((1 << chunk_bits) - 1);
  return code < 0 ? -part : part;
}

// The code of signed chunks, the least significant first: docs/chunk.md (3).
constexpr int unchunk(std::span<const int> chunks, int chunk_bits) {
  int code = 0;
  for (std::size_t a = chunks.size(); a-- > 0;) code = code * (1 << chunk_bits) + chunks[a];
  return code;
}

// The 1 + chunk_bits bits that are stored for a chunk: its magnitude, above it the code's sign.
constexpr unsigned chunk_field(int code, int a, int chunk_bits) {
  const int part = chunk(code, a, chunk_bits);
  return static_cast<unsigned>(part < 0 ? -part : part) | (code < 0 ? 1u : 0u) << chunk_bits;
}

constexpr std::size_t bytes_of_fields(std::size_t fields, int bits) {
  return (fields * static_cast<std::size_t>(bits) + 7) / 8;
}

// A tensor in memory: exponents, then planes of chunks, the most significant first.
//                                                                         docs/chunk.md (4) to (6)
struct ChunkLayout {
  std::size_t groups;
  std::size_t group_size;
  int exponent_bits;   // 1 .. 8
  int magnitude_bits;  // 1 .. 15
  int chunk_bits;      // 1 .. 8

  constexpr int planes() const { return chunk_count(magnitude_bits, chunk_bits); }
  constexpr std::size_t values() const { return groups * group_size; }
  constexpr std::size_t exponent_bytes() const { return bytes_of_fields(groups, exponent_bits); }
  constexpr std::size_t plane_bytes() const { return bytes_of_fields(values(), 1 + chunk_bits); }
  // Where plane p begins, p = 0 the most significant; all that a reader of p planes needs.
  constexpr std::size_t plane_offset(int p) const {
    return exponent_bytes() + static_cast<std::size_t>(p) * plane_bytes();
  }
  constexpr std::size_t total_bytes() const { return plane_offset(planes()); }
  bool operator==(const ChunkLayout&) const = default;
};

// A tensor in memory: exponents, then bit-planes: the signs, then bits of the magnitudes, the most
// significant first.                                                     docs/chunk.md (7) to (9)
struct PlaneLayout {
  std::size_t groups;
  std::size_t group_size;
  int exponent_bits;   // 1 .. 8
  int magnitude_bits;  // 1 .. 15

  constexpr int planes() const { return 1 + magnitude_bits; }
  constexpr std::size_t values() const { return groups * group_size; }
  constexpr std::size_t exponent_bytes() const { return bytes_of_fields(groups, exponent_bits); }
  constexpr std::size_t plane_bytes() const { return bytes_of_fields(values(), 1); }
  // Where plane p begins, p = 0 the signs; all that a reader of p planes needs.
  constexpr std::size_t plane_offset(int p) const {
    return exponent_bytes() + static_cast<std::size_t>(p) * plane_bytes();
  }
  constexpr std::size_t total_bytes() const { return plane_offset(planes()); }
  // Of a value with its share of the exponent, bytes that are not full aside.
  constexpr double value_bits() const {
    return planes() + static_cast<double>(exponent_bits) / static_cast<double>(group_size);
  }
  bool operator==(const PlaneLayout&) const = default;
};

// Planes that hold what a reader of `read` planes of chunks gets: docs/chunk.md (11).
constexpr int planes_for_chunks(int magnitude_bits, int chunk_bits, int read) {
  return 1 + magnitude_bits - (chunk_count(magnitude_bits, chunk_bits) - read) * chunk_bits;
}

// Fields of a few bits in bytes, packed from the lowest bit on.
constexpr void put_field(std::span<std::uint8_t> bytes, std::size_t index, int bits,
                         unsigned field) {
  for (int i = 0; i < bits; ++i) {
    const std::size_t at = index * static_cast<std::size_t>(bits) + static_cast<std::size_t>(i);
    const unsigned bit = (field >> i & 1) << at % 8;
    bytes[at / 8] = static_cast<std::uint8_t>((bytes[at / 8] & ~(1u << at % 8)) | bit);
  }
}
constexpr unsigned get_field(std::span<const std::uint8_t> bytes, std::size_t index, int bits) {
  unsigned field = 0;
  for (int i = 0; i < bits; ++i) {
    const std::size_t at = index * static_cast<std::size_t>(bits) + static_cast<std::size_t>(i);
    field |= (bytes[at / 8] >> at % 8 & 1u) << i;
  }
  return field;
}

struct ChunkedTensor {
  std::vector<std::uint8_t> exponents;  // one a group, as stored
  std::vector<std::int16_t> codes;      // group after group, padding included
  bool operator==(const ChunkedTensor&) const = default;
};

namespace detail {
template <class... Parts>
[[noreturn]] void refuse_chunks(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  throw std::invalid_argument(text.str());
}

// All bytes of a layout, the exponents in their place, when codes and exponents fit it.
template <class Layout>
std::vector<std::uint8_t> pack_exponents(const char* what, const Layout& layout,
                                         std::span<const std::int16_t> codes,
                                         std::span<const std::uint8_t> exponents) {
  if (codes.size() != layout.values() || exponents.size() != layout.groups)
    refuse_chunks(what, ": ", layout.groups, " groups of ", layout.group_size, " want ",
                  layout.values(), " codes and ", layout.groups, " exponents, given ", codes.size(),
                  " and ", exponents.size());
  for (std::size_t i = 0; i < codes.size(); ++i)
    if (std::abs(int{codes[i]}) >> layout.magnitude_bits != 0)
      refuse_chunks(what, ": code ", codes[i], " of value ", i, " does not fit in a sign and ",
                    layout.magnitude_bits, " bits");
  std::vector<std::uint8_t> bytes(layout.total_bytes());
  for (std::size_t i = 0; i < exponents.size(); ++i) {
    if (exponents[i] >> layout.exponent_bits != 0)
      refuse_chunks(what, ": exponent ", +exponents[i], " of group ", i, " does not fit in ",
                    layout.exponent_bits, " bits");
    put_field(bytes, i, layout.exponent_bits, exponents[i]);
  }
  return bytes;
}

// The exponents, when the bytes hold them and `planes` planes.
template <class Layout>
std::vector<std::uint8_t> unpack_exponents(const char* what, const Layout& layout,
                                           std::span<const std::uint8_t> bytes, int planes) {
  const std::size_t wanted = layout.plane_offset(planes);
  if (bytes.size() < wanted)
    refuse_chunks(what, ": ", planes, " of ", layout.planes(), " planes of ", layout.groups,
                  " groups want ", wanted, " bytes, given ", bytes.size());
  std::vector<std::uint8_t> exponents;
  for (std::size_t i = 0; i < layout.groups; ++i)
    exponents.push_back(static_cast<std::uint8_t>(get_field(bytes, i, layout.exponent_bits)));
  return exponents;
}
}  // namespace detail

// Throws std::invalid_argument when the spans do not fit the layout or a code or an exponent does
// not fit its bits.
inline std::vector<std::uint8_t> pack_chunks(const ChunkLayout& layout,
                                             std::span<const std::int16_t> codes,
                                             std::span<const std::uint8_t> exponents) {
  std::vector<std::uint8_t> bytes = detail::pack_exponents("chunks", layout, codes, exponents);
  for (int p = 0; p < layout.planes(); ++p) {
    const std::span<std::uint8_t> plane = std::span(bytes).subspan(layout.plane_offset(p));
    for (std::size_t i = 0; i < codes.size(); ++i)
      put_field(plane, i, 1 + layout.chunk_bits,
                chunk_field(codes[i], layout.planes() - 1 - p, layout.chunk_bits));
  }
  return bytes;
}

// Reads the first `planes` planes and nothing behind them: `bytes` may end there. Codes are
// truncated towards zero to the chunks that were read, and keep their weight. The sign is that of
// the first plane; bits above the magnitude are not looked at. Throws std::invalid_argument when
// bytes are missing.
inline ChunkedTensor unpack_chunks(const ChunkLayout& layout, std::span<const std::uint8_t> bytes,
                                   int planes) {
  if (planes < 1 || planes > layout.planes())
    detail::refuse_chunks("chunks: ", planes, " planes wanted, the layout has ", layout.planes());
  ChunkedTensor out{detail::unpack_exponents("chunks", layout, bytes, planes), {}};
  for (std::size_t i = 0; i < layout.values(); ++i) {
    int magnitude = 0;
    bool negative = false;
    for (int p = 0; p < planes; ++p) {
      const unsigned field =
          get_field(bytes.subspan(layout.plane_offset(p)), i, 1 + layout.chunk_bits);
      if (p == 0) negative = field >> layout.chunk_bits != 0;
      magnitude |= static_cast<int>(field & ((1u << layout.chunk_bits) - 1))
                   << (layout.planes() - 1 - p) * layout.chunk_bits;
    }
    magnitude &= (1 << layout.magnitude_bits) - 1;
    out.codes.push_back(static_cast<std::int16_t>(negative ? -magnitude : magnitude));
  }
  return out;
}

// The same in bit-planes.
inline std::vector<std::uint8_t> pack_planes(const PlaneLayout& layout,
                                             std::span<const std::int16_t> codes,
                                             std::span<const std::uint8_t> exponents) {
  std::vector<std::uint8_t> bytes = detail::pack_exponents("planes", layout, codes, exponents);
  for (int p = 0; p < layout.planes(); ++p) {
    const std::span<std::uint8_t> plane = std::span(bytes).subspan(layout.plane_offset(p));
    for (std::size_t i = 0; i < codes.size(); ++i) {
      const int magnitude = std::abs(int{codes[i]});
      const bool bit = p == 0 ? codes[i] < 0 : (magnitude >> (layout.planes() - 1 - p) & 1) != 0;
      put_field(plane, i, 1, bit ? 1 : 0);
    }
  }
  return bytes;
}

// Reads the signs and the first planes - 1 planes of magnitudes, 2 planes at least, and nothing
// behind them. Codes are truncated towards zero to the bits that were read, and keep their weight.
inline ChunkedTensor unpack_planes(const PlaneLayout& layout, std::span<const std::uint8_t> bytes,
                                   int planes) {
  if (planes < 2 || planes > layout.planes())
    detail::refuse_chunks("planes: ", planes, " planes wanted, codes take 2 to ", layout.planes());
  ChunkedTensor out{detail::unpack_exponents("planes", layout, bytes, planes), {}};
  for (std::size_t i = 0; i < layout.values(); ++i) {
    int magnitude = 0;
    for (int p = 1; p < planes; ++p)
      magnitude |= static_cast<int>(get_field(bytes.subspan(layout.plane_offset(p)), i, 1))
                   << (layout.planes() - 1 - p);
    const bool negative = get_field(bytes.subspan(layout.plane_offset(0)), i, 1) != 0;
    out.codes.push_back(static_cast<std::int16_t>(negative ? -magnitude : magnitude));
  }
  return out;
}

}  // namespace rh
