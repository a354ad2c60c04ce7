// A port of a model as fields of a few bits, the first lowest.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "chunk/chunk.hpp"

namespace rh::bench {

using Fields = std::vector<unsigned>;

template <class Port>
void drive(Port& port, int bits, const Fields& fields) {
  std::array<std::uint8_t, sizeof(Port)> bytes{};
  for (std::size_t i = 0; i < fields.size(); ++i) put_field(bytes, i, bits, fields[i]);
  std::memcpy(&port, bytes.data(), sizeof port);
}
template <class Port>
Fields sample(const Port& port, int bits, std::size_t count) {
  std::array<std::uint8_t, sizeof(Port)> bytes;
  std::memcpy(bytes.data(), &port, sizeof port);
  Fields fields(count);
  for (std::size_t i = 0; i < count; ++i) fields[i] = get_field(bytes, i, bits);
  return fields;
}

}  // namespace rh::bench
