// A file that is either written whole or not at all.
//
// Bytes go to a temporary name in the same directory; commit() renames it over the wanted name. An
// object that dies uncommitted leaves nothing. Several outputs of one run are all written and
// stored first and renamed last, so one that does not fit on the disk leaves none.
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
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

  // All of them, or none: each is on the disk before the first takes its name.
  static void commit(std::span<OutputFile> outputs);

 private:
  void store();   // everything that can still fail for want of space
  void rename();  // to the wanted name

  std::string path_;       // as the user named it
  std::string target_;     // with symbolic links resolved, so that they survive
  std::string temporary_;  // empty once renamed
  int descriptor_ = -1;
};

}  // namespace rh
