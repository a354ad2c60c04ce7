#include "engine/library.hpp"

#include <dlfcn.h>

#include <cstdlib>

#include "engine/engine.hpp"

namespace rh {

std::filesystem::path engine_path(const std::string& file) {
  if (const char* folder = std::getenv("ROUNDHOUSE_ENGINES"))
    return std::filesystem::path(folder) / file;
  const std::filesystem::path here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::filesystem::path beside = here / "engine" / file;
  const std::filesystem::path above = here.parent_path() / "engine" / file;
  return !std::filesystem::exists(beside) && std::filesystem::exists(above) ? above : beside;
}

void* engine_symbol(const std::filesystem::path& path, const char* symbol) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw EngineError("engine " + path.string() + ": " + dlerror());
  void* found = dlsym(library, symbol);
  if (found == nullptr) throw EngineError("engine " + path.string() + ": " + dlerror());
  return found;
}

}  // namespace rh
