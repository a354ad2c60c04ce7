// The one place that compiles the test framework. With RH_COMPARED in the environment, the number
// of comparisons is written to that file; with RH_COVERAGE, what was reached of the models.
#include <cstdlib>
#include <fstream>

#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include "bench/checker.hpp"
#include "bench/coverage.hpp"
#include "bench/unknown.hpp"

int main(int argc, char** argv) {
  rh::bench::set_unknown(*Verilated::defaultContextp());  // of models without a clock
  const int code = Catch::Session().run(argc, argv);
  if (const char* const path = std::getenv("RH_COMPARED"))
    std::ofstream(path) << rh::bench::all_compared << "\n";
  if (const char* const path = std::getenv("RH_COVERAGE")) rh::bench::write_coverage(path);
  return code;
}
