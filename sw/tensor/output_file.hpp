// A file that is either written whole or not at all.
//
// Bytes go to a temporary name in the same directory; commit() renames it over the wanted name. An
// object that dies uncommitted leaves nothing. Several outputs of one run are all written first and
// committed last, so a failure in one leaves none.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace rh {

// Throws InputError unless `path` can be written: its directory exists and takes new files, and
// what is there already, if anything, is a regular file. To be called before long work.
void check_writable(const std::string& path);

// The absolute path that is written for `path`, symbolic links resolved.
std::filesystem::path output_target(const std::string& path);

class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  void write(const void* data, std::size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  std::string path_;       // as the user named it
  std::string target_;     // with symbolic links resolved, so that they survive
  std::string temporary_;  // empty once renamed
  int descriptor_ = -1;
};

}  // namespace rh
