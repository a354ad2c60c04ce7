// TEST RATIONALE. What is trained on decides what "held out" means, so the rules are tested on a
// folder made here: which files count (symbolic links do not), what a near copy is (the same words
// wrapped otherwise), what is refused. Windows: every position of a short text, before its start
// included. Mutants this kills: links followed, near copies kept, white space not squeezed, the
// held-out text trained on, a window shifted by one or reversed.
#include "train/text.hpp"

#include <unistd.h>

#include <cmath>
#include <fstream>

#include "bench/catch.hpp"
#include "tensor/input_error.hpp"
#include "train/close.hpp"

namespace rh::train {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("rh_text_law." + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directory(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }

 private:
  fs::path path_;
};

// Words that do not repeat, from a counter.
std::string words(int first, int count, char separator) {
  std::string text;
  for (int i = first; i < first + count; ++i) text += "word" + std::to_string(i) + separator;
  return text;
}

std::string message(const fs::path& folder, const std::string& held_out) {
  try {
    load_corpus(folder, held_out);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("train: a corpus is the files of a folder without links and near copies",
          "[train][text][law]") {
  const Folder folder;
  folder.write("held", words(0, 100, ' '));
  folder.write("copy", words(1000, 20, ' ') + words(0, 90, '\n'));  // wrapped otherwise
  folder.write("b", words(2000, 100, ' ') + words(0, 10, ' '));     // a quotation is no copy
  folder.write("a", words(3000, 50, ' '));
  folder.write("empty", "");
  fs::create_symlink("a", folder.path() / "link");
  fs::create_directory(folder.path() / "sub");

  const Corpus corpus = load_corpus(folder.path(), "held");
  CHECK(corpus.held_out.name == "held");
  CHECK(corpus.held_out.bytes == words(0, 100, ' '));
  REQUIRE(corpus.train.size() == 2);
  CHECK(corpus.train[0].name == "a");
  CHECK(corpus.train[1].name == "b");
  CHECK(corpus.train[0].bytes == words(3000, 50, ' '));
  CHECK(corpus.near_copies == std::vector<std::string>{"copy"});
  CHECK(corpus.shared == shared_sequences(corpus.held_out.bytes, corpus.train));
  CHECK(corpus.shared > 0);
}

TEST_CASE("train: a corpus that cannot be is refused in one line", "[train][text][edge]") {
  const Folder folder;
  CHECK(message(folder.path() / "no", "held").find("cannot be read") != std::string::npos);
  CHECK(message(folder.path(), "held").find("holds no text 'held'") != std::string::npos);
  folder.write("held", "");
  folder.write("other", words(0, 9, ' '));
  CHECK(message(folder.path(), "none").find("it holds held other") != std::string::npos);
  CHECK(message(folder.path(), "held").find("is empty") != std::string::npos);
  folder.write("held", words(0, 9, ' '));
  CHECK(message(folder.path(), "held").find("nothing to train on") != std::string::npos);
  CHECK(message(folder.path(), "held").find('\n') == std::string::npos);
}

TEST_CASE("train: shared sequences are counted by position", "[train][text][law]") {
  const std::string text(kSequence + 9, 'x');  // ten sequences, all equal
  CHECK(shared_sequences(text, std::vector<Text>{{"", text}}) == 1);
  CHECK(shared_sequences(text, std::vector<Text>{{"", std::string(kSequence, 'x')}}) == 1);
  CHECK(shared_sequences(text, std::vector<Text>{{"", std::string(kSequence - 1, 'x')}}) == 0);
  CHECK(shared_sequences("x  \n y" + text, std::vector<Text>{{"", "x y" + text}}) == 1);
  CHECK(shared_sequences("short", std::vector<Text>{{"", "short"}}) == 0);
  // Of the eleven sequences of y + text, the first is not in text.
  CHECK(shared_sequences("y" + text, std::vector<Text>{{"", text}}) == 10.0 / 11.0);
}

TEST_CASE("train: bits per character by byte frequencies alone", "[train][text][law]") {
  // Of 512 counts (256 of them the one added to each), 'a' has 129 and 'b' 1.
  const std::vector<Text> texts{{"", std::string(128, 'a')}, {"", std::string(128, 'c')}};
  CHECK(close(unigram_bits("a", texts), std::log2(512.0 / 129.0)));
  CHECK(close(unigram_bits("ab", texts), (std::log2(512.0 / 129.0) + 9) / 2));
}

TEST_CASE("train: a context is the bytes before a position, oldest first",
          "[train][text][exhaustive]") {
  const std::string text = "abc\xFF";
  const std::vector<std::vector<std::uint8_t>> want{
      {0, 0, 0}, {0, 0, 'a'}, {0, 'a', 'b'}, {'a', 'b', 'c'}, {'b', 'c', 0xFF}};
  for (std::size_t at = 0; at <= text.size(); ++at) {
    std::vector<std::uint8_t> context(3, 0x55);
    context_at(text, at, context);
    CHECK(context == want[at]);
  }
}

}  // namespace
}  // namespace rh::train
