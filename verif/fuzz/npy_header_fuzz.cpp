// Input: a byte for the format version, then the dictionary of a .npy header.
//
// Accepted: the bytes of data are countable in 63 bits, and so are those of the other dimensions
// where one is 0; at most 32 dimensions; what npy_header() prints of it reads back as the same.
#include "fuzz/fuzz.hpp"
#include "tensor/npy_header.hpp"

RH_FUZZ(const std::uint8_t* data, std::size_t size) {
  using namespace rh;
  fuzz::Input input(data, size);
  const int major = 1 + input.byte() % 3;
  NpyHeader header;
  try {
    header = parse_npy_header("h.npy", input.rest(), major);
  } catch (const InputError& error) {
    fuzz::check_refusal(error.what(), "h.npy: ");
    fuzz::require(std::string_view(error.what()).find("; ") != std::string_view::npos,
                  "no limit in '" + std::string(error.what()) + "'");
    return 0;
  }
  fuzz::require(header.shape.size() <= kNpyMaxDimensions, "dimensions");
  fuzz::require(header.dtype != DType::Uint8, "a dtype that is not read");
  unsigned __int128 extent = static_cast<unsigned>(item_size(header.dtype));
  bool empty = false;
  for (const std::int64_t d : header.shape) {
    fuzz::require(d >= 0, "a negative dimension");
    empty = empty || d == 0;
    extent *= d == 0 ? 1 : static_cast<std::uint64_t>(d);
    fuzz::require(extent <= static_cast<std::uint64_t>(kNpyMaxBytes), "the shape overflows");
  }
  fuzz::require(!empty || extent / static_cast<unsigned>(item_size(header.dtype)) <=
                              static_cast<std::uint64_t>(kNpyMaxEmptyExtent),
                "an empty shape has too many lines");
  if (!empty)
    fuzz::require(static_cast<unsigned __int128>(element_count(header.shape)) *
                          static_cast<unsigned>(item_size(header.dtype)) ==
                      extent,
                  "element_count");
  const std::string printed = npy_header(header.dtype, header.shape);
  fuzz::require(printed.size() % 64 == 0, "a header ends on a multiple of 64");
  const NpyHeader again = parse_npy_header("h.npy", std::string_view(printed).substr(10), 1);
  fuzz::require(again.dtype == header.dtype && again.shape == header.shape && !again.fortran_order,
                "'" + printed.substr(10) + "' reads back as something else");
  return 0;
}
