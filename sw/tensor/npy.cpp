#include "tensor/npy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

namespace rh {
namespace {

static_assert(std::endian::native == std::endian::little, "bytes are taken as they are");
static_assert(std::numeric_limits<double>::is_iec559 && std::numeric_limits<float>::is_iec559);

float from_float16(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000u) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1F;
  const std::uint32_t fraction = half & 0x3FF;
  std::uint32_t bits;
  if (exponent == 0x1F) {
    bits = 0x7F800000 | (fraction << 13);
  } else if (exponent != 0) {
    bits = ((exponent + 127 - 15) << 23) | (fraction << 13);
  } else if (fraction == 0) {
    bits = 0;
  } else {  // subnormal: fraction * 2^-24, its leading one at bit `top`
    const int top = static_cast<int>(std::bit_width(fraction)) - 1;
    bits =
        (static_cast<std::uint32_t>(top + 127 - 24) << 23) | ((fraction << (23 - top)) & 0x7FFFFF);
  }
  return std::bit_cast<float>(sign | bits);
}

float from_bfloat16(std::uint16_t half) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16);
}

// Reads `count` items of the file's type and converts each. The buffer is small, so an <f8 tensor
// is never held twice.
template <class Stored, class Value, class Convert>
std::vector<Value> read_items(const std::string& file, std::istream& in, std::int64_t count,
                              Convert convert) {
  std::vector<Value> values(static_cast<std::size_t>(count));
  std::array<Stored, 8192> buffer;
  for (std::size_t done = 0; done < values.size();) {
    const std::size_t now = std::min(buffer.size(), values.size() - done);
    const auto bytes = static_cast<std::streamsize>(now * sizeof(Stored));
    if (!in.read(reinterpret_cast<char*>(buffer.data()), bytes))
      refuse_read(file, in, "data after " + std::to_string(done) + " elements");
    for (std::size_t i = 0; i < now; ++i) values[done + i] = convert(buffer[i]);
    done += now;
  }
  return values;
}

// Fortran order (first index fastest) to C order (last index fastest).
template <class T>
std::vector<T> to_c_order(const std::vector<T>& from, const Shape& shape) {
  std::vector<T> to(from.size());
  std::vector<std::size_t> stride(shape.size());  // of each index in `from`
  std::size_t step = 1;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    stride[d] = step;
    step *= static_cast<std::size_t>(shape[d]);
  }
  Shape index(shape.size(), 0);
  std::size_t source = 0;
  for (T& element : to) {
    element = from[source];
    for (std::size_t d = shape.size(); d-- > 0;) {  // the next index in C order
      source += stride[d];
      if (++index[d] < shape[d]) break;
      source -= stride[d] * static_cast<std::size_t>(shape[d]);
      index[d] = 0;
    }
  }
  return to;
}

template <class Stored, class Value = float, class Convert>
void read_data(const std::string& file, std::istream& in, const NpyHeader& header, Tensor* tensor,
               Convert convert) {
  auto values = read_items<Stored, Value>(file, in, element_count(header.shape), convert);
  if (header.fortran_order && header.shape.size() > 1) values = to_c_order(values, header.shape);
  tensor->data = std::move(values);
}

std::string read_text(const std::string& file, std::istream& in, std::uint64_t left,
                      std::uint64_t length, const char* what) {
  if (length > left)
    refuse(file, std::string(what) + " takes " + std::to_string(length) + " bytes",
           "only " + std::to_string(left) + " are left in the file");
  std::string text(length, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(length)))
    refuse_read(file, in, what);
  return text;
}

template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>) return DType::Float32;
  if constexpr (std::is_same_v<T, std::int8_t>) return DType::Int8;
  if constexpr (std::is_same_v<T, std::int16_t>) return DType::Int16;
  if constexpr (std::is_same_v<T, std::int32_t>) return DType::Int32;
  if constexpr (std::is_same_v<T, std::uint8_t>) return DType::Uint8;
}

}  // namespace

Tensor read_npy(const std::string& file, std::istream& in, std::uint64_t size, Patterns patterns) {
  std::uint64_t left = size;
  const auto take = [&](std::uint64_t length, const char* what) {
    std::string text = read_text(file, in, left, length, what);
    left -= length;
    return text;
  };
  constexpr std::string_view kMagic = "\x93NUMPY";
  const std::string head = take(kMagic.size() + 2, "the magic string with the version");
  if (!head.starts_with(kMagic))
    refuse(file, "magic string is '" + printable(head.substr(0, 6)) + "'",
           "a .npy file begins with '\\x93NUMPY'");
  const int major = static_cast<unsigned char>(head[6]);
  const int minor = static_cast<unsigned char>(head[7]);
  if (major < 1 || major > 3 || minor != 0)
    refuse(file, "format version is " + std::to_string(major) + "." + std::to_string(minor),
           "read are 1.0, 2.0 and 3.0");

  std::uint64_t length = 0;
  const std::string field = take(major == 1 ? 2 : 4, "the header's length");
  for (std::size_t i = field.size(); i-- > 0;)
    length = length << 8 | static_cast<unsigned char>(field[i]);
  if (length > kNpyMaxHeader)
    refuse(file, "header length is " + std::to_string(length) + " bytes",
           "at most " + std::to_string(kNpyMaxHeader) + " are read");
  const NpyHeader header = parse_npy_header(file, take(length, "the header"), major);

  const bool is_patterns = header.dtype == DType::Uint16;
  if (is_patterns && patterns == Patterns::None)
    refuse(file, "descr is '<u2', bit patterns of 16-bit floats",
           "--input bf16 or --input fp16 says of which");
  if (!is_patterns && patterns != Patterns::None)
    refuse(file, "descr is '" + std::string(name(header.dtype)) + "'",
           "--input is for the bit patterns of a <u2 file, other dtypes speak for themselves");

  const std::uint64_t needed = static_cast<std::uint64_t>(element_count(header.shape)) *
                               static_cast<std::uint64_t>(item_size(header.dtype));
  if (left != needed)
    refuse(file,
           std::string("data is ") + (left < needed ? "truncated: " : "too long: ") +
               std::to_string(left) + " bytes",
           "shape " + to_string(header.shape) + " of " + std::string(name(header.dtype)) +
               " takes " + std::to_string(needed));

  Tensor tensor{header.dtype, header.shape, {}};
  const auto to_float = [](auto v) { return static_cast<float>(v); };
  switch (header.dtype) {
    case DType::Float32:
      read_data<std::uint32_t>(file, in, header, &tensor,
                               [](std::uint32_t bits) { return std::bit_cast<float>(bits); });
      break;
    case DType::Float16: read_data<std::uint16_t>(file, in, header, &tensor, from_float16); break;
    case DType::Bfloat16: read_data<std::uint16_t>(file, in, header, &tensor, from_bfloat16); break;
    case DType::Uint16:
      read_data<std::uint16_t>(file, in, header, &tensor,
                               patterns == Patterns::Fp16 ? from_float16 : from_bfloat16);
      break;
    case DType::Float64: read_data<double>(file, in, header, &tensor, to_float); break;
    case DType::Int16: read_data<std::int16_t>(file, in, header, &tensor, to_float); break;
    case DType::Int32: read_data<std::int32_t>(file, in, header, &tensor, to_float); break;
    case DType::Int8:
      read_data<std::int8_t, std::int8_t>(file, in, header, &tensor,
                                          [](std::int8_t code) { return code; });
      break;
    case DType::Uint8: break;  // no header says so
  }
  return tensor;
}

Tensor read_npy(const std::string& path, Patterns patterns) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status))
    refuse(path, "file cannot be found", "give the path of a .npy file");
  if (!std::filesystem::is_regular_file(status))
    refuse(path, "is not a regular file", "its size must be known");
  errno = 0;
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in)
    refuse(path, std::string("file cannot be opened: ") + std::strerror(errno),
           "it must be readable");
  const std::streamoff size = in.tellg();
  if (size < 0 || !in.seekg(0)) refuse_read(path, in, "file");
  return read_npy(path, in, static_cast<std::uint64_t>(size), patterns);
}

template <class T>
OutputFile stage_npy(const std::string& path, std::span<const std::int64_t> shape,
                     std::span<const T> data) {
  if (data.size() != static_cast<std::size_t>(element_count(shape)))
    throw std::logic_error("stage_npy: " + std::to_string(data.size()) + " elements for shape " +
                           to_string(shape));
  OutputFile out(path);
  out.write(npy_header(dtype_of<T>(), shape));
  out.write(data.data(), data.size_bytes());
  return out;
}

template OutputFile stage_npy(const std::string&, std::span<const std::int64_t>,
                              std::span<const float>);
template OutputFile stage_npy(const std::string&, std::span<const std::int64_t>,
                              std::span<const std::int8_t>);
template OutputFile stage_npy(const std::string&, std::span<const std::int64_t>,
                              std::span<const std::int16_t>);
template OutputFile stage_npy(const std::string&, std::span<const std::int64_t>,
                              std::span<const std::int32_t>);
template OutputFile stage_npy(const std::string&, std::span<const std::int64_t>,
                              std::span<const std::uint8_t>);

}  // namespace rh
