// Input: a byte for --input (none, bf16, fp16), then the bytes of a .npy file, read as the program
// reads it: by its path.
//
// Nothing larger than four times the file and 64 KB is allocated. Accepted: the data fills the file
// exactly; the values are those that a second decoder gives; written and read back they are the
// same. A file that shrank after its size was taken is refused.
#include <sanitizer/allocator_interface.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <sstream>

#include "fuzz/fuzz.hpp"
#include "tensor/npy.hpp"

namespace rh {
namespace {

std::size_t largest_allocation = 0;

void seen(const volatile void*, std::size_t size) {
  largest_allocation = std::max(largest_allocation, size);
}
void freed(const volatile void*) {}

std::uint64_t little(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

// By its value, not by its bits: sign, exponent and fraction of a narrow float.
float narrow(std::uint64_t bits, int exponent_bits, int fraction_bits) {
  const std::uint64_t fraction = bits & ((1u << fraction_bits) - 1);
  const int exponent = static_cast<int>(bits >> fraction_bits) & ((1 << exponent_bits) - 1);
  const int bias = (1 << (exponent_bits - 1)) - 1;
  double value = 0;
  if (exponent == (1 << exponent_bits) - 1)
    value = fraction == 0 ? HUGE_VAL : NAN;
  else
    value = std::ldexp(static_cast<double>(fraction) + (exponent == 0 ? 0 : 1 << fraction_bits),
                       std::max(exponent, 1) - bias - fraction_bits);
  return static_cast<float>(bits >> (exponent_bits + fraction_bits) ? -value : value);
}

float decoded(DType dtype, Patterns patterns, std::string_view item) {
  const std::uint64_t bits = little(item);
  switch (dtype) {
    case DType::Float32: return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    case DType::Float64: return static_cast<float>(std::bit_cast<double>(bits));
    case DType::Float16: return narrow(bits, 5, 10);
    case DType::Bfloat16: return narrow(bits, 8, 7);
    case DType::Uint16:
      return patterns == Patterns::Bf16 ? narrow(bits, 8, 7) : narrow(bits, 5, 10);
    case DType::Int16: return static_cast<std::int16_t>(bits);
    case DType::Int32: return static_cast<float>(static_cast<std::int32_t>(bits));
    default: fuzz::fail("a dtype that is not read");
  }
}

bool same(float a, float b, bool bits) {
  if (!bits && std::isnan(a) && std::isnan(b)) return true;
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

template <class T>
Tensor written(const Shape& shape, DType dtype, const std::vector<T>& values) {
  std::string bytes = npy_header(dtype, shape);
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  std::istringstream in(bytes);
  return read_npy("again.npy", in, bytes.size());
}

void check(const Tensor& tensor, Patterns patterns, std::string_view file) {
  const auto item = static_cast<std::size_t>(item_size(tensor.dtype));
  const auto count = static_cast<std::size_t>(element_count(tensor.shape));
  const std::size_t has = tensor.is_codes() ? tensor.codes().size() : tensor.values().size();
  fuzz::require(has == count, "elements are not those of the shape");
  fuzz::require(count * item < file.size(), "more data than the file has");
  const std::string_view body = file.substr(file.size() - count * item);
  const std::string_view head = file.substr(0, file.size() - body.size());
  const int major = head[6];
  const NpyHeader header = parse_npy_header("h", head.substr(major == 1 ? 10 : 12), major);
  fuzz::require(header.shape == tensor.shape && header.dtype == tensor.dtype,
                "the header's fields");

  Shape index(tensor.shape.size(), 0);  // in C order
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t at = 0;  // in the file's order
    for (std::size_t n = 0; n < index.size(); ++n) {
      const std::size_t d = header.fortran_order ? index.size() - 1 - n : n;
      at = at * static_cast<std::size_t>(tensor.shape[d]) + static_cast<std::size_t>(index[d]);
    }
    const std::string_view bytes = body.substr(at * item, item);
    if (tensor.is_codes())
      fuzz::require(tensor.codes()[i] == static_cast<std::int8_t>(bytes[0]), "a code");
    else
      fuzz::require(same(tensor.values()[i], decoded(tensor.dtype, patterns, bytes),
                         tensor.dtype == DType::Float32),
                    "element " + std::to_string(i));
    for (std::size_t d = index.size(); d-- > 0;) {
      if (++index[d] < tensor.shape[d]) break;
      index[d] = 0;
    }
  }

  if (tensor.is_codes()) {
    const Tensor again = written(tensor.shape, DType::Int8, tensor.codes());
    fuzz::require(again.shape == tensor.shape && again.codes() == tensor.codes(), "read back");
  } else {
    const Tensor again = written(tensor.shape, DType::Float32, tensor.values());
    fuzz::require(again.shape == tensor.shape &&
                      (count == 0 || std::memcmp(again.values().data(), tensor.values().data(),
                                                 count * sizeof(float)) == 0),
                  "read back");
  }
}

}  // namespace
}  // namespace rh

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  __sanitizer_install_malloc_and_free_hooks(rh::seen, rh::freed);
  return 0;
}

RH_FUZZ(const std::uint8_t* data, std::size_t size) {
  using namespace rh;
  fuzz::Input input(data, size);
  const auto patterns = static_cast<Patterns>(input.byte() % 3);
  const std::string_view file = input.rest();
  const fuzz::MemoryFile stored(file);
  const std::string path = stored.path();
  const std::size_t allowed = 4 * file.size() + (std::size_t{64} << 10);
  largest_allocation = 0;
  try {
    const Tensor tensor = read_npy(path, patterns);
    fuzz::require(largest_allocation <= allowed, "an allocation beyond the file's size");
    check(tensor, patterns, file);
  } catch (const InputError& error) {
    fuzz::require(largest_allocation <= allowed, "an allocation beyond the file's size");
    fuzz::check_refusal(error.what(), path + ": ");
    fuzz::require(std::string_view(error.what()).find("; ") != std::string_view::npos,
                  "no limit in '" + std::string(error.what()) + "'");
    return 0;
  }
  std::istringstream shrunk(std::string(file.substr(0, file.size() - 1)));
  try {
    read_npy("s.npy", shrunk, file.size(), patterns);
  } catch (const InputError& error) {
    fuzz::check_refusal(error.what(), "s.npy: ");
    return 0;
  }
  fuzz::fail("a file that shrank is accepted");
}
