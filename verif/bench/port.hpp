// Ports of verilated models, whatever their width: up to 64 bits an integer, above that words.
#pragma once
#include <verilated.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace rh::bench {

// Drives the low bits of an integer port.
template <class Port>
requires std::is_integral_v<Port>
void set(Port& port, std::uint64_t value) {
  port = static_cast<Port>(value);
}

// Elements of any integer type in and out of a flat port, element 0 lowest (little endian hosts).
template <class Port, class T>
void put(Port& port, std::span<const T> elements) {
  static_assert(std::is_trivially_copyable_v<Port>);
  std::memcpy(&port, elements.data(), elements.size_bytes());
}
template <class Port, class T>
void get(const Port& port, std::span<T> elements) {
  static_assert(std::is_trivially_copyable_v<Port>);
  std::memcpy(elements.data(), &port, elements.size_bytes());
}

}  // namespace rh::bench
