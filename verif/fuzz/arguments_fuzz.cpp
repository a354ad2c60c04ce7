// Input: words of a command line, one a line, up to a byte 0; then the bytes of L.csv, a file that
// it may name. There are also X.npy (3, 5), A.npy (4, 16), B.npy (16, 3), Q.npy (4, 4) of codes.
// The program's run() is called as main() calls it, in a folder of its own. Left out: `study` and
// `train`, which train for minutes, and words with a slash, which would leave the folder.
//
// It ends with 0 or 1, or by an error that main() turns into 2; never by another one. A refusal
// says something, and leaves every file of the folder as it was. What is written has its own name:
// no temporary file stays.
#include <sys/stat.h>

#include <map>
#include <sstream>

#include "engine/engine.hpp"
#include "fuzz/fuzz.hpp"
#include "number/format_text.hpp"
#include "tensor/npy.hpp"

namespace rh::cli {
int run(int argc, char** argv);  // main.cpp
}

namespace rh {
namespace {

class Folder {
 public:
  Folder() {
    std::filesystem::current_path(directory_.path());
    ::setenv("ROUNDHOUSE_ENGINES", directory_.path().c_str(), 1);
    const auto values = [](std::size_t count) {
      std::vector<float> x(count);
      for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<float>(i * i % 37) / 8 - 2;
      return x;
    };
    write_npy<float>("X.npy", Shape{3, 5}, values(15));
    write_npy<float>("A.npy", Shape{4, 16}, values(64));
    write_npy<float>("B.npy", Shape{16, 3}, values(48));
    write_npy<std::int8_t>("Q.npy", Shape{4, 4}, std::vector<std::int8_t>(16, 5));
    given_ = state();
    for (const auto& [name, unused] : given_) {
      std::ifstream in(name, std::ios::binary);
      contents_[name] = {std::istreambuf_iterator<char>(in), {}};
    }
  }

  using State = std::map<std::string, std::pair<ino_t, off_t>>;
  static State state() {
    State files;
    for (const auto& entry : std::filesystem::directory_iterator(".")) {
      const std::string name = entry.path().filename();
      struct stat s = {};
      if (name != "L.csv" && ::lstat(name.c_str(), &s) == 0) files[name] = {s.st_ino, s.st_size};
    }
    return files;
  }
  const State& given() const { return given_; }

  void restore(const State& now) {
    for (const auto& [name, unused] : now)
      if (contents_.count(name) == 0) std::filesystem::remove(name);
    for (const auto& [name, bytes] : contents_)
      if (now.count(name) == 0 || now.at(name) != given_.at(name)) {
        std::filesystem::remove(name);
        directory_.put(name, bytes);
      }
    given_ = state();
  }
  void put(std::string_view table) const { directory_.put("L.csv", table); }

 private:
  fuzz::WorkDirectory directory_;
  State given_;
  std::map<std::string, std::string> contents_;
};

// Takes what is printed for as long as it lives.
class Captured {
 public:
  explicit Captured(std::ostream& stream) : stream_(stream), before_(stream.rdbuf(text_.rdbuf())) {}
  ~Captured() {
    stream_.rdbuf(before_);
    stream_.clear();
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::ostream& stream_;
  std::streambuf* before_;
};

}  // namespace
}  // namespace rh

RH_FUZZ(const std::uint8_t* data, std::size_t size) {
  using namespace rh;
  static Folder folder;
  fuzz::Input input(data, size);
  fuzz::Input line(data, input.until('\0').size());
  std::vector<std::string> words = {"roundhouse"};
  while (!line.rest().empty() && words.size() < 20) words.emplace_back(line.until('\n'));
  for (const std::string& word : words)
    if (word == "study" || word == "train" || word.find('/') != std::string::npos) return 0;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  folder.put(input.rest());

  int code = -1;
  std::string refusal, unknown, out, err;
  {
    const Captured cout(std::cout), cerr(std::cerr);
    try {
      code = cli::run(static_cast<int>(words.size()), arguments.data());
    } catch (const InputError& error) {
      refusal = error.what();
    } catch (const FormatError& error) {
      refusal = error.what();
    } catch (const EngineError& error) {
      refusal = error.what();
    } catch (const std::bad_alloc&) {
      refusal = "not enough memory";
    } catch (const std::exception& error) {
      unknown = error.what();
    }
    out = cout.text();
    err = cerr.text();
  }
  fuzz::require(unknown.empty(), "exit code 3: " + unknown);
  fuzz::require(code >= -1 && code <= 2, "exit code " + std::to_string(code));
  if (code == -1) fuzz::check_refusal(refusal, "");
  const Folder::State now = Folder::state();
  if (code == -1 || code == 2) {
    fuzz::require(code == -1 || !err.empty(), "exit code 2 without a word");
    fuzz::require(now == folder.given(), "a refusal changed a file: " + refusal + err);
    return 0;
  }
  fuzz::require(err.empty(), "a run that is fine says " + err);
  for (const auto& file : now) {
    const std::string& name = file.first;
    const auto names_it = [&](const std::string& word) { return word.ends_with(name); };
    fuzz::require(
        folder.given().count(name) == 1 || std::any_of(words.begin(), words.end(), names_it),
        "a file that nobody asked for: " + name);
  }
  folder.restore(now);
  return 0;
}
