// Tensors from and to .npy files. Docs: docs/npy.md.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "tensor/npy_header.hpp"
#include "tensor/output_file.hpp"

namespace rh {

struct Tensor {
  DType dtype = DType::Float32;  // in the file
  Shape shape;                   // data is in C order, whatever the file's order was
  // |i1 stays codes; every other dtype becomes FP32:                         docs/npy.md (1)
  //   exact from <f4 (every bit), <f2, <V2, <i2 and the bf16 or fp16 patterns of <u2; one
  //   nearest-even rounding from <f8 and <i4.
  std::variant<std::vector<float>, std::vector<std::int8_t>> data;

  bool is_codes() const { return data.index() == 1; }
  const std::vector<float>& values() const { return std::get<0>(data); }
  const std::vector<std::int8_t>& codes() const { return std::get<1>(data); }
};

// What the bit patterns of a <u2 file are.
enum class Patterns : std::uint8_t { None, Bf16, Fp16 };

// Throws InputError: one line naming file, field, value and limit. Nothing is allocated for data
// before the header has been found to agree with the file's size. A <u2 file needs `patterns`, and
// no other file takes them.
Tensor read_npy(const std::string& path, Patterns patterns = Patterns::None);

// The same from a stream of `size` bytes; `file` is the name for messages.
Tensor read_npy(const std::string& file, std::istream& in, std::uint64_t size,
                Patterns patterns = Patterns::None);

// Writes a .npy to a temporary name, ready to commit. T: float, std::int8_t, int16_t, int32_t
// or uint8_t.
template <class T>
OutputFile stage_npy(const std::string& path, std::span<const std::int64_t> shape,
                     std::span<const T> data);

// Stages and commits.
template <class T>
void write_npy(const std::string& path, std::span<const std::int64_t> shape,
               std::span<const T> data) {
  stage_npy(path, shape, data).commit();
}

}  // namespace rh
