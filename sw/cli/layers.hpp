// The layers of a network, as `roundhouse cycles` reads them from a table. Docs: docs/cycles.md.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace rh::cli {

// A layer as matrix products: `batch` independent ones of M x K by K x N, and all of them `count`
// times, one time after the other.
struct Layer {
  std::string name;
  std::int64_t line = 0;  // of the file
  bool convolution = false;
  std::int64_t count = 1;
  std::int64_t batch = 1;
  std::int64_t m = 0, k = 0, n = 0;
};

// Reads and checks a table of layers. Throws InputError naming file, line, column, value and limit.
std::vector<Layer> read_layers(const std::string& path);

// Refuses a layer, for instance "net.csv: line 7, layer 'conv1': <what>; <limit>".
[[noreturn]] void refuse_layer(const std::string& path, const Layer& layer, const std::string& what,
                               const std::string& limit);

inline constexpr std::int64_t kMaxExtent = INT32_MAX;             // of a number in a table
inline constexpr std::int64_t kMaxTotal = std::int64_t{1} << 62;  // of what is counted

// A product and a sum of numbers from 0; beyond kMaxTotal they throw std::overflow_error.
std::int64_t product(std::initializer_list<std::int64_t> factors);
std::int64_t sum(std::initializer_list<std::int64_t> terms);

}  // namespace rh::cli
