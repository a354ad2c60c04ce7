// Where the shared objects of engines are, and what is in them.
#pragma once
#include <filesystem>
#include <string>

namespace rh {

// `file` in $ROUNDHOUSE_ENGINES, in engine/ beside the program, or beside its folder (test
// programs). It need not exist.
std::filesystem::path engine_path(const std::string& file);

// Loads a shared object and finds a symbol in it. Throws EngineError.
void* engine_symbol(const std::filesystem::path& path, const char* symbol);

}  // namespace rh
