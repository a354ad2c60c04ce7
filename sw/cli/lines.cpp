#include "cli/lines.hpp"

#include <charconv>

namespace rh::cli {

Axis axis_at(std::int64_t index, const Shape& shape) {
  Axis axis{index, 1, shape[static_cast<std::size_t>(index)], 1};
  for (std::int64_t d = 0; d < static_cast<std::int64_t>(shape.size()); ++d) {
    const std::int64_t size = shape[static_cast<std::size_t>(d)];
    if (d < index) axis.outer *= size;
    if (d > index) axis.inner *= size;
  }
  return axis;
}

Axis find_axis(const std::string& text, const std::string& file, const Shape& shape) {
  if (text == "none" || (shape.empty() && text == "-1"))
    return {std::nullopt, 1, element_count(shape), 1};
  const auto dimensions = static_cast<std::int64_t>(shape.size());
  std::int64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || index < -dimensions || index >= dimensions)
    refuse("--axis", "is " + printable(text) + " for " + one_line(file) + " " + to_string(shape),
           dimensions == 0 ? "its one element has the axis none"
                           : "an axis is none or lies in " + std::to_string(-dimensions) + ".." +
                                 std::to_string(dimensions - 1));
  return axis_at(index < 0 ? index + dimensions : index, shape);
}

}  // namespace rh::cli
