// Input: a byte for the engine and its kind, then names of files, a line each, in the folder of
// engines.
//
// What is listed as built can be opened: its file has exactly the name that its shape gives, and is
// listed once.
#include <set>

#include "engine/engine.hpp"
#include "engine/multiplier.hpp"
#include "fuzz/fuzz.hpp"

namespace rh {
namespace {

template <class Shape>
void check(const std::vector<Shape>& shapes, const std::string& prefix,
           const std::set<std::string>& files) {
  std::set<std::string> seen;
  for (const Shape& shape : shapes) {
    const std::string file = prefix + shape_name(shape) + ".so";
    fuzz::require(files.count(file) == 1, "no file " + file);
    fuzz::require(seen.insert(file).second, file + " is listed twice");
  }
}

}  // namespace
}  // namespace rh

RH_FUZZ(const std::uint8_t* data, std::size_t size) {
  using namespace rh;
  static const fuzz::WorkDirectory directory;
  ::setenv("ROUNDHOUSE_ENGINES", directory.path().c_str(), 1);
  fuzz::Input input(data, size);
  const int kind = input.byte();
  std::set<std::string> files;
  while (!input.rest().empty() && files.size() < 8) {
    const std::string name(input.until('\n'));
    const bool possible = !name.empty() && name.size() < 200 && name != "." && name != ".." &&
                          name.find('/') == std::string::npos &&
                          name.find('\0') == std::string::npos;
    if (possible) files.insert(name);
  }
  for (const std::string& name : files) directory.put(name, "");
  const std::string engine = kind % 4 < 2 ? "rtl" : "netlist";
  if (kind % 2 == 0)
    check(built_arrays(engine), engine + "_", files);
  else
    check(built_multipliers(engine), "multiply_" + engine + "_", files);
  for (const std::string& name : files) std::filesystem::remove(directory.path() / name);
  return 0;
}
