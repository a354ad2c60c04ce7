// A tensor seen as lines along one axis: what engines take. Docs: docs/cli.md (1).
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "tensor/npy.hpp"

namespace rh::cli {

// A C-order tensor as outer x length x inner. Line o * inner + i holds the elements
// (o * length + k) * inner + i for k = 0 .. length - 1.
struct Axis {
  std::optional<std::int64_t> index;  // none: one line for the tensor
  std::int64_t outer = 1;
  std::int64_t length = 1;
  std::int64_t inner = 1;

  std::int64_t lines() const { return outer * inner; }
};

// `text` is what --axis was given: none, or a number as in numpy (negative: from the end).
Axis find_axis(const std::string& text, const std::string& file, const Shape& shape);
Axis axis_at(std::int64_t index, const Shape& shape);

// Calls visit(place in line-major order, place in tensor order) for every element.
template <class Visit>
void for_each_element(const Axis& axis, Visit visit) {
  std::size_t at = 0;
  for (std::int64_t o = 0; o < axis.outer; ++o)
    for (std::int64_t i = 0; i < axis.inner; ++i)
      for (std::int64_t k = 0; k < axis.length; ++k)
        visit(at++, static_cast<std::size_t>((o * axis.length + k) * axis.inner + i));
}

// Tensor order to line-major order and back.
template <class T>
std::vector<T> to_lines(const std::vector<T>& tensor, const Axis& axis) {
  if (axis.inner == 1 || tensor.empty()) return tensor;
  std::vector<T> lines(tensor.size());
  for_each_element(axis, [&](std::size_t line, std::size_t place) { lines[line] = tensor[place]; });
  return lines;
}
template <class T>
std::vector<T> from_lines(const std::vector<T>& lines, const Axis& axis) {
  if (axis.inner == 1 || lines.empty()) return lines;
  std::vector<T> tensor(lines.size());
  for_each_element(axis, [&](std::size_t line, std::size_t place) { tensor[place] = lines[line]; });
  return tensor;
}

// The first elements, for a message: "1 -2 3 ... (512)".
template <class T>
std::string first_numbers(std::span<const T> values) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (const T value : values.first(std::min(values.size(), kShown)))
    text += (text.empty() ? "" : " ") + std::to_string(value);
  if (values.size() > kShown) text += " ... (" + std::to_string(values.size()) + ")";
  return text;
}

}  // namespace rh::cli
