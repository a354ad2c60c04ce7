// The head of a .npy file: which headers are read, and the one that is written. Docs: docs/npy.md.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/input_error.hpp"

namespace rh {

enum class DType : std::uint8_t {
  Float32,
  Float16,
  Bfloat16,
  Float64,
  Int8,
  Int16,
  Int32,
  Uint16,  // read as bit patterns
  Uint8,   // written only
};

std::string_view name(DType dtype);  // as numpy writes it: <f4, <f2, <V2, <f8, |i1, <i2, <i4, ...
int item_size(DType dtype);          // bytes

using Shape = std::vector<std::int64_t>;

std::string to_string(std::span<const std::int64_t> shape);  // as Python: (), (3,), (3, 5)

// The number of elements. The shape must be one that check_shape accepted.
std::int64_t element_count(std::span<const std::int64_t> shape);

inline constexpr std::size_t kNpyMaxHeader = 10'000;  // bytes, numpy's own limit
inline constexpr std::size_t kNpyMaxDimensions = 32;
inline constexpr std::int64_t kNpyMaxBytes = INT64_MAX;      // of the data
inline constexpr std::int64_t kNpyMaxEmptyExtent = 1 << 24;  // other dimensions of an empty tensor

struct NpyHeader {
  DType dtype = DType::Float32;
  bool fortran_order = false;
  Shape shape;
};

// Parses the dictionary of a header of format version `major`. `file` is the name for messages.
NpyHeader parse_npy_header(const std::string& file, std::string_view text, int major);

// Everything before the data, version 1.0, byte for byte what numpy.save writes.
std::string npy_header(DType dtype, std::span<const std::int64_t> shape);

// Throws InputError: "<file>: <what>; <limit>", one line.
[[noreturn]] void refuse(const std::string& file, const std::string& what,
                         const std::string& limit);

// Refuses a file that a read of `what` failed on: it ended before its size, or the system says why.
[[noreturn]] void refuse_read(const std::string& file, const std::istream& in,
                              const std::string& what);

// The text with every control character as \xNN: a file's name in a message.
std::string one_line(std::string_view text);

// The text with every byte outside printable ASCII as \xNN, cut after 60 characters.
std::string printable(std::string_view text);

}  // namespace rh
