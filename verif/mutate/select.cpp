// Which mutant a netlist of mutants is (scripts/mutate.py): what the environment says, 0 for none.
// With RH_MUTANT_LOG, the names of the tests that use the netlist are added to that file.
#include <cstdlib>
#include <fstream>
#include <string>

#include "bench/catch.hpp"

extern "C" int rh_mutant() {
  if (const char* const log = std::getenv("RH_MUTANT_LOG"))
    std::ofstream(log, std::ios::app) << Catch::getResultCapture().getCurrentTestName() << "\n";
  const char* const mutant = std::getenv("RH_MUTANT");
  return mutant == nullptr ? 0 : std::stoi(mutant);
}
