// Runs the program in a directory of its own and looks at what it leaves.
#pragma once
#include <pty.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "bench/catch.hpp"
#include "tensor/npy_bytes.hpp"

namespace rh::bench {

// build/ of this test program: build/test/cli is the program itself.
inline std::filesystem::path build_directory() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path();
}

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

class Program {
 public:
  // `faulty`: every engine but golden is the one of faulty_engine.cpp.
  explicit Program(bool faulty = false) {
    std::filesystem::create_directory(home_ / "work");
    if (!faulty) return;
    std::filesystem::create_directory(home_ / "engine");
    for (const std::string engine :
         {"rtl_16x16x1", "rtl_8x4x2", "netlist_4x4x1", "convert_rtl_16x8", "convert_rtl_3x5",
          "convert_netlist_16x8", "multiply_rtl_16x16x16_c2_exact64",
          "multiply_rtl_16x16x16_c2_fp32", "multiply_rtl_8x4x16_c4_exact96",
          "multiply_netlist_2x2x16_c2_exact64"})
      std::filesystem::create_symlink(build_directory() / "test/cli_faulty.so",
                                      home_ / ("engine/" + engine + ".so"));
    environment_ = "ROUNDHOUSE_ENGINES=" + (home_ / "engine") + " ";
  }

  // Runs the program in the work directory; `fault` is what the faulty engine does.
  Ran operator()(const std::string& arguments, const std::string& fault = "") const {
    const std::string line = command(arguments, fault) + " > ../out 2> ../err < /dev/null";
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(home_ / "out"),
            contents(home_ / "err")};
  }

  // What stands before the program on its command line: assignments, or a program that runs it.
  void set_before(const std::string& text) { environment_ = text + " "; }
  std::string home() const { return home_ / ""; }

  // The same with a terminal as output; gives what the terminal showed.
  std::string on_terminal(const std::string& arguments, const std::string& fault) const {
    const std::string line = command(arguments, fault);
    int master = -1;
    const pid_t child = ::forkpty(&master, nullptr, nullptr, nullptr);
    if (child < 0) throw std::runtime_error("forkpty");
    if (child == 0) {
      ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      ::_exit(127);
    }
    std::string shown;
    char buffer[4096];
    for (ssize_t n; (n = ::read(master, buffer, sizeof buffer)) > 0;)
      shown.append(buffer, static_cast<std::size_t>(n));
    ::close(master);
    ::waitpid(child, nullptr, 0);
    return shown;
  }

  std::string operator/(const std::string& name) const { return home_ / ("work/" + name); }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(home_ / "work"))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  nlohmann::json json(const std::string& name) const {
    return nlohmann::json::parse(contents(*this / name));
  }

  // Writes a tensor of seeded values about 1 in size, and gives it back.
  std::vector<float> floats(const std::string& name, const Shape& shape) {
    std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
    std::normal_distribution<float> normal;
    for (float& x : values) x = normal(rng_);
    write_npy<float>(*this / name, shape, values);
    return values;
  }
  std::vector<std::int8_t> codes(const std::string& name, const Shape& shape) {
    std::vector<std::int8_t> values(static_cast<std::size_t>(element_count(shape)));
    for (std::int8_t& x : values)
      x = static_cast<std::int8_t>(static_cast<int>(rng_() % 255) - 127);
    write_npy<std::int8_t>(*this / name, shape, values);
    return values;
  }

 private:
  std::string command(const std::string& arguments, const std::string& fault) const {
    return "cd " + (home_ / "work") + " && " + environment_ + "RH_FAULT='" + fault + "' " +
           (build_directory() / "roundhouse").string() + " " + arguments;
  }

  TemporaryDirectory home_;
  std::string environment_;
  std::mt19937_64 rng_{bench::seed() + 1};
};

// The text after `label` on its line, or a text that no line has.
inline std::string field(const std::string& out, const std::string& label) {
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(label + "  ")) {
      const std::size_t at = line.find_first_not_of(' ', label.size());
      return at == std::string::npos ? "" : line.substr(at);
    }
  return "(no line '" + label + "')";
}

}  // namespace rh::bench
