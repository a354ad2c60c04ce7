#include "cli/pin_blas.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "train/blas.hpp"

namespace rh::cli {

void pin_blas_kernel([[maybe_unused]] const Common& common) {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return;
  if (std::getenv("OPENBLAS_CORETYPE") != nullptr || train::blas_kernel() == "Haswell") return;
  ::setenv("OPENBLAS_CORETYPE", "Haswell", 1);
  std::vector<char*> arguments;
  for (const std::string& word : common.command)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) ::execv(self.c_str(), arguments.data());  // where it fails, slower is right, too
#endif
}

}  // namespace rh::cli
