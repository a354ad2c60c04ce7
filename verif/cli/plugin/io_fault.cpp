// Preloaded by the tests: makes one call of the program to the system fail.
//
// RH_IO=CALL:N:ERRNO   the N-th CALL fails with that error; RH_IO=CALL:N:0 cuts it short: read and
//                      write take half of what they were asked for; RH_IO=end:N:0 makes the N-th
//                      read find the end of the file.
// RH_IO_FILE=TEXT      counts only files whose path holds that text
// RH_IO_FIRED=PATH     is made when the call was reached
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

struct Plan {
  char call[16] = "";
  int at = 0;
  int error = 0;

  Plan() {
    if (const char* const text = std::getenv("RH_IO"))
      if (std::sscanf(text, "%15[a-z]:%d:%d", call, &at, &error) != 3) std::abort();
  }
};

bool counted(int descriptor) {
  const char* const wanted = std::getenv("RH_IO_FILE");
  char link[32], path[512];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t size = ::readlink(link, path, sizeof path - 1);
  if (size <= 0) return false;
  path[size] = '\0';
  return wanted != nullptr && std::strstr(path, wanted) != nullptr;
}

// Whether this is the call that fails, or is cut short.
bool now(const char* call) {
  static const Plan plan;
  static int calls = 0;
  if (std::strcmp(plan.call, call) != 0 || ++calls != plan.at) return false;
  if (const char* const fired = std::getenv("RH_IO_FIRED"))
    ::syscall(SYS_close, ::syscall(SYS_openat, AT_FDCWD, fired, O_CREAT | O_WRONLY, 0666));
  errno = plan.error;
  return true;
}

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  std::va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  const char* const wanted = std::getenv("RH_IO_FILE");
  if ((flags & O_CREAT) != 0 && wanted != nullptr && std::strstr(path, wanted) != nullptr &&
      now("open"))
    return -1;
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

ssize_t write(int descriptor, const void* data, size_t size) {
  if (counted(descriptor) && now("write")) {
    if (errno != 0) return -1;
    size = (size + 1) / 2;
  }
  return ::syscall(SYS_write, descriptor, data, size);
}

ssize_t read(int descriptor, void* data, size_t size) {
  if (counted(descriptor)) {
    if (now("end")) return 0;
    if (now("read")) {
      if (errno != 0) return -1;
      size = (size + 1) / 2;
    }
  }
  return ::syscall(SYS_read, descriptor, data, size);
}

int fsync(int descriptor) {
  if (counted(descriptor) && now("fsync")) return -1;
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

int close(int descriptor) {
  const bool fails = counted(descriptor) && now("close");
  const int error = errno;
  const auto result = static_cast<int>(::syscall(SYS_close, descriptor));
  if (!fails) return result;
  errno = error;
  return -1;
}

int rename(const char* from, const char* to) {
  if (now("rename")) return -1;
  return real<int (*)(const char*, const char*)>("rename")(from, to);
}

}  // extern "C"
