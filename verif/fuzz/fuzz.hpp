// What the harnesses share: a failure that libFuzzer reports, files in memory, sound refusals.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace rh::fuzz {

[[noreturn]] inline void fail(const std::string& what) {
  std::cerr << "property broken: " << what << std::endl;
  std::abort();
}
inline void require(bool holds, const std::string& what) {
  if (!holds) fail(what);
}

// A refusal is one line that a terminal takes, and begins with whose fault it is.
inline void check_refusal(std::string_view text, std::string_view subject) {
  const std::string shown(text);
  require(text.starts_with(subject), "'" + shown + "' does not begin with " + std::string(subject));
  require(text.size() > subject.size() + 3, "'" + shown + "' says nothing");
  const auto control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; };
  require(std::none_of(text.begin(), text.end(), control), "'" + shown + "' is not one line");
}

// A regular file of these bytes that is on no disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    require(descriptor_ >= 0, "memfd_create");
    while (!bytes.empty()) {
      const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
      require(n > 0, "write to memory");
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

// A directory in that from which the harness was started: fuzz.py removes it.
class WorkDirectory {
 public:
  WorkDirectory() {
    std::string name = (std::filesystem::current_path() / "work-XXXXXX").string();
    require(::mkdtemp(name.data()) != nullptr, "mkdtemp");
    path_ = name;
  }
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }
  void put(const std::string& name, std::string_view bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }

 private:
  std::filesystem::path path_;
};

// Bytes taken from the front of an input.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return static_cast<std::uint8_t>(c);
  }
  int number(int least, int largest) {  // two bytes
    const int value = byte() << 8;
    return least + (value | byte()) % (largest - least + 1);
  }
  std::string_view until(char end) {
    const std::size_t at = std::min(rest_.find(end), rest_.size());
    const std::string_view part = rest_.substr(0, at);
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
    return part;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace rh::fuzz

#define RH_FUZZ extern "C" int LLVMFuzzerTestOneInput
