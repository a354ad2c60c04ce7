// TEST RATIONALE. Every task is done once, whatever the numbers of tasks and threads; two at a time
// never have one thread; what throws is the first by number; the pool works on after it. over()
// covers its range once, in parts that are large enough. Sanitizers see the rest.
// Mutants this kills: a task lost or done twice at the end of a run; an exception lost, or of the
// last task; a part of the wrong end.
#include "learn/threads.hpp"

#include <atomic>

#include "learn/plain.hpp"

namespace rh::learn {
namespace {

TEST_CASE("learn: threads do every task once", "[learn][threads][exhaustive]") {
  bench::Checker checker;
  for (const int count : {1, 2, 3, 5}) {
    Threads threads(count);
    REQUIRE(threads.count() == count);
    for (int run = 0; run < 3; ++run)
      for (const std::int64_t tasks : {0, 1, 2, 3, 7, 100}) {
        std::vector<std::atomic<int>> done(static_cast<std::size_t>(tasks));
        std::vector<std::atomic<int>> busy(static_cast<std::size_t>(count));
        std::atomic<int> wrong = 0;
        threads.run(tasks, [&](std::int64_t task, int thread) {
          if (thread < 0 || thread >= count || busy[static_cast<std::size_t>(thread)]++ != 0)
            ++wrong;
          ++done[static_cast<std::size_t>(task)];
          --busy[static_cast<std::size_t>(thread)];
        });
        checker.equal(0, wrong.load(), [&](std::ostream& os) { os << "threads " << count; });
        for (const auto& times : done)
          checker.equal(1, times.load(),
                        [&](std::ostream& os) { os << "threads " << count << " tasks " << tasks; });
      }
  }
  checker.finish(1000);
  CHECK_THROWS_AS(Threads(0), std::invalid_argument);
}

TEST_CASE("learn: the first task that throws is heard", "[learn][threads][edge]") {
  for (const int count : {1, 3}) {
    Threads threads(count);
    for (int run = 0; run < 20; ++run) {
      try {
        threads.run(10, [](std::int64_t task, int) {
          if (task == 4 || task == 9) throw std::runtime_error(std::to_string(task));
        });
        FAIL("nothing thrown");
      } catch (const std::runtime_error& error) {
        CHECK(std::string(error.what()) == "4");
      }
      std::atomic<int> done = 0;
      threads.run(10, [&](std::int64_t, int) { ++done; });
      CHECK(done == 10);
    }
  }
}

TEST_CASE("learn: a range is covered once", "[learn][threads][exhaustive]") {
  bench::Checker checker;
  for (const int count : {1, 2, 3}) {
    Threads threads(count);
    for (std::int64_t size = 0; size < 20; ++size)
      for (const std::int64_t least : {1, 4, 30}) {
        std::vector<std::atomic<int>> done(static_cast<std::size_t>(size));
        std::atomic<int> parts = 0;
        threads.over(size, least, [&](std::int64_t first, std::int64_t last) {
          ++parts;
          for (std::int64_t i = first; i < last; ++i) ++done[static_cast<std::size_t>(i)];
        });
        const auto shown = [&](std::ostream& os) { os << "size " << size << " least " << least; };
        for (const auto& times : done) checker.equal(1, times.load(), shown);
        checker.equal(true, parts * least < size + least, shown);
      }
  }
  checker.finish(1000);
}

}  // namespace
}  // namespace rh::learn
