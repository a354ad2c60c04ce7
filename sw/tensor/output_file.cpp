#include "tensor/output_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "tensor/npy_header.hpp"

namespace rh {
namespace {

namespace fs = std::filesystem;

// Opens a name that no other process and no other output has. The usual permissions apply, which
// mkstemp would narrow.
int open_new(const fs::path& target, std::string* name) {
  static std::atomic<unsigned> counter = 0;
  for (int attempt = 0; attempt < 100; ++attempt) {
    *name = target.parent_path() / ("." + target.filename().string().substr(0, 200) + "." +
                                    std::to_string(::getpid()) + "." + std::to_string(counter++));
    const int descriptor = ::open(name->c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0 || errno != EEXIST) return descriptor;
  }
  return -1;
}

[[noreturn]] void cannot_write(const std::string& path) {
  refuse(path, std::string("cannot be written: ") + std::strerror(errno), "the file is unchanged");
}

}  // namespace

fs::path output_target(const std::string& path) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(fs::absolute(path, error), error);
  return error ? fs::path(path) : target;
}

void check_writable(const std::string& path) {
  const fs::path target = output_target(path);
  std::error_code error;
  const fs::file_status status = fs::status(target, error);
  if (path.empty() || target.filename().empty() || fs::is_directory(status))
    refuse(path, "output is a directory", "an output is a file");
  if (fs::exists(status) && !fs::is_regular_file(status))
    refuse(path, "output exists and is not a regular file", "only those are replaced");
  if (status.type() == fs::file_type::none)  // a name that is too long, links in a circle
    refuse(path, "output cannot have this name", error.message());
  const fs::path directory = target.parent_path();
  if (!fs::is_directory(directory, error))
    refuse(path, "output's directory does not exist", "make it first");
  if (::access(directory.c_str(), W_OK | X_OK) != 0)
    refuse(path, "output's directory takes no new file", std::strerror(errno));
}

OutputFile::OutputFile(const std::string& path) : path_(path), target_(output_target(path)) {
  check_writable(path);
  descriptor_ = open_new(target_, &temporary_);
  if (descriptor_ < 0) {
    temporary_.clear();
    cannot_write(path_);
  }
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::write(const void* data, std::size_t size) {
  const char* from = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(descriptor_, from, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) cannot_write(path_);
    from += written;
    size -= static_cast<std::size_t>(written);
  }
}

void OutputFile::commit() {
  commit(std::span(this, 1));
}

void OutputFile::commit(std::span<OutputFile> outputs) {
  for (OutputFile& output : outputs) output.store();
  for (OutputFile& output : outputs) output.rename();
}

void OutputFile::store() {
  if (::fsync(descriptor_) != 0 && errno != EINVAL) cannot_write(path_);  // EINVAL: nothing to sync
  if (::close(std::exchange(descriptor_, -1)) != 0) cannot_write(path_);
}

void OutputFile::rename() {
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) cannot_write(path_);
  temporary_.clear();
}

}  // namespace rh
