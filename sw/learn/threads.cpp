#include "learn/threads.hpp"

#include <stdexcept>
#include <string>

namespace rh::learn {

Threads::Threads(int count) {
  if (count < 1)
    throw std::invalid_argument("threads: " + std::to_string(count) +
                                " asked for, wanted 1 or more");
  for (int thread = 1; thread < count; ++thread)
    others_.emplace_back([this, thread] { wait(thread); });
}

Threads::~Threads() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  begin_.notify_all();
  for (std::thread& other : others_) other.join();
}

void Threads::run(std::int64_t tasks, const Task& task) {
  if (others_.empty() || tasks <= 1) {
    for (std::int64_t i = 0; i < tasks; ++i) task(i, 0);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    task_ = &task;
    tasks_ = failed_ = tasks;
    next_ = 0;
    error_ = nullptr;
    working_ = count();
    ++run_;
  }
  begin_.notify_all();
  work(0);
  std::unique_lock lock(mutex_);
  end_.wait(lock, [this] { return working_ == 0; });
  if (error_) std::rethrow_exception(error_);
}

void Threads::wait(int thread) {
  for (std::uint64_t seen = 0;;) {
    {
      std::unique_lock lock(mutex_);
      begin_.wait(lock, [&] { return stop_ || run_ != seen; });
      if (stop_) return;
      seen = run_;
    }
    work(thread);
  }
}

void Threads::work(int thread) {
  std::unique_lock lock(mutex_);
  while (next_ < tasks_) {
    const std::int64_t task = next_++;
    lock.unlock();
    std::exception_ptr error;
    try {
      (*task_)(task, thread);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    if (error && task < failed_) {
      failed_ = task;
      error_ = error;
    }
  }
  if (--working_ == 0) end_.notify_all();
}

}  // namespace rh::learn
