// Builds the bytes of .npy files, good and bad, without the code under test.
#pragma once
#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "tensor/npy.hpp"

namespace rh::bench {

// Magic, version, length, dictionary, data: the length is the dictionary's unless told otherwise.
inline std::string npy(const std::string& dictionary, const std::string& data, int major = 1,
                       long length = -1) {
  std::string out = "\x93NUMPY";
  out += static_cast<char>(major);
  out += '\0';
  const auto size = length < 0 ? dictionary.size() : static_cast<std::size_t>(length);
  for (int i = 0; i < (major == 1 ? 2 : 4); ++i) out += static_cast<char>(size >> (8 * i));
  return out + dictionary + data;
}

inline std::string dictionary(const std::string& descr, const std::string& shape,
                              const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// Reads from memory under the name x.npy.
inline Tensor parse(const std::string& bytes, Patterns patterns = Patterns::None) {
  std::istringstream in(bytes);
  return read_npy("x.npy", in, bytes.size(), patterns);
}

// A directory of its own that goes away.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "roundhouse-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::filesystem::path path_;
};

inline std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void put(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace rh::bench
