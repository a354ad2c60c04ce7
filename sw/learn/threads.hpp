// Work shared by threads. Tasks are numbered and independent: what a task computes depends on its
// number alone, so results do not depend on how many threads there are.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace rh::learn {

class Threads {
 public:
  using Task = std::function<void(std::int64_t task, int thread)>;

  // `count` threads, the caller's one of them. Throws std::invalid_argument below 1.
  explicit Threads(int count);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  int count() const { return static_cast<int>(others_.size()) + 1; }

  // Calls run(i, thread) once for each i in 0 .. tasks - 1; thread is in 0 .. count() - 1, and two
  // calls with the same one never overlap. Returns when all are done. Where tasks throw, the
  // exception of the one with the least number is thrown. Not to be called within a task.
  void run(std::int64_t tasks, const Task& task);

  // Calls range(first, last) on parts of 0 .. size - 1 that have at least `least` elements or are
  // the last one.
  template <class Range>
  void over(std::int64_t size, std::int64_t least, const Range& range) {
    const std::int64_t parts = std::min<std::int64_t>(count(), (size + least - 1) / least);
    if (parts <= 1) {
      if (size > 0) range(std::int64_t{0}, size);
      return;
    }
    run(parts, [&](std::int64_t i, int) { range(size * i / parts, size * (i + 1) / parts); });
  }

 private:
  void work(int thread);  // the tasks of one run()
  void wait(int thread);  // for the next run()

  std::mutex mutex_;
  std::condition_variable begin_;
  std::condition_variable end_;
  std::uint64_t run_ = 0;  // counts calls of run()
  const Task* task_ = nullptr;
  std::int64_t tasks_ = 0;
  std::int64_t next_ = 0;
  int working_ = 0;
  std::int64_t failed_ = 0;  // the least task that threw; tasks_ if none did
  std::exception_ptr error_;
  bool stop_ = false;
  std::vector<std::thread> others_;
};

}  // namespace rh::learn
