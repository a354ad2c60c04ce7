// Memory that ends (or begins) at a page nobody may touch: one byte too far stops the test.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <new>
#include <span>
#include <type_traits>

namespace rh::bench {

enum class Guard { Behind, Before };

template <class T>
class Guarded {
  static_assert(std::is_trivial_v<T>);

 public:
  explicit Guarded(std::size_t size, Guard guard = Guard::Behind) : size_(size) {
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t room = (size * sizeof(T) + page - 1) / page * page;
    bytes_ = room + 2 * page;
    base_ = mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base_ == MAP_FAILED) throw std::bad_alloc();
    std::byte* const first = static_cast<std::byte*>(base_) + page;
    if (room != 0 && mprotect(first, room, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
    data_ = reinterpret_cast<T*>(guard == Guard::Before ? first : first + room - size * sizeof(T));
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() { munmap(base_, bytes_); }

  T* data() { return data_; }
  std::span<T> span() { return {data_, size_}; }
  T& operator[](std::size_t i) { return data_[i]; }

 private:
  std::size_t size_;
  std::size_t bytes_ = 0;
  void* base_ = nullptr;
  T* data_ = nullptr;
};

}  // namespace rh::bench
