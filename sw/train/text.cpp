#include "train/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <unordered_set>

#include "tensor/npy_header.hpp"

namespace rh::train {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Line breaks and indentation differ between copies of one text: every run becomes one space.
std::string squeeze(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (!is_space(c))
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  return out;
}

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes;
  std::array<char, 65536> buffer;
  while (in.read(buffer.data(), buffer.size()), in.gcount() > 0)
    bytes.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
  if (!in.eof()) refuse_read(path, in, "text");
  return bytes;
}

}  // namespace

double shared_sequences(std::string_view text, std::span<const Text> others) {
  std::vector<std::string> kept;  // the views below look into these
  for (const Text& other : others) kept.push_back(squeeze(other.bytes));
  std::unordered_set<std::string_view> known;
  for (const std::string& other : kept)
    for (std::size_t i = 0; i + kSequence <= other.size(); ++i)
      known.insert(std::string_view(other).substr(i, kSequence));

  const std::string mine = squeeze(text);
  if (mine.size() < kSequence) return 0;
  const std::size_t sequences = mine.size() - kSequence + 1;
  std::size_t shared = 0;
  for (std::size_t i = 0; i < sequences; ++i)
    shared += known.count(std::string_view(mine).substr(i, kSequence));
  return static_cast<double>(shared) / static_cast<double>(sequences);
}

Corpus load_corpus(const std::filesystem::path& folder, const std::string& held_out) {
  std::error_code error;
  std::filesystem::directory_iterator files(folder, error);
  if (error)
    refuse(folder.string(), "cannot be read: " + error.message(), "a folder of texts is needed");
  std::vector<Text> texts;
  for (const auto& entry : files) {
    if (entry.is_symlink() || !entry.is_regular_file()) continue;
    texts.push_back({entry.path().filename().string(), contents(entry.path().string())});
  }
  std::sort(texts.begin(), texts.end(),
            [](const Text& a, const Text& b) { return a.name < b.name; });

  Corpus corpus;
  const auto found = std::find_if(texts.begin(), texts.end(),
                                  [&](const Text& text) { return text.name == held_out; });
  if (found == texts.end()) {
    std::string names;
    for (const Text& text : texts) names += " " + printable(text.name);
    refuse(folder.string(), "holds no text '" + printable(held_out) + "'",
           names.empty() ? "it holds none" : "it holds" + names);
  }
  corpus.held_out = std::move(*found);
  if (corpus.held_out.bytes.empty())
    refuse(folder.string() + "/" + held_out, "is empty", "a text to hold out has characters");
  texts.erase(found);

  for (Text& text : texts) {
    if (text.bytes.empty()) continue;
    if (shared_sequences(corpus.held_out.bytes, std::span(&text, 1)) > kNearCopy)
      corpus.near_copies.push_back(text.name);
    else
      corpus.train.push_back(std::move(text));
  }
  if (corpus.train.empty())
    refuse(folder.string(), "holds nothing to train on beside '" + printable(held_out) + "'",
           std::to_string(corpus.near_copies.size()) + " near copies of it are left out");
  corpus.shared = shared_sequences(corpus.held_out.bytes, corpus.train);
  return corpus;
}

double unigram_bits(std::string_view text, std::span<const Text> texts) {
  std::array<double, 256> counts;
  counts.fill(1);
  double all = counts.size();
  for (const Text& other : texts) {
    for (const char c : other.bytes) counts[static_cast<unsigned char>(c)] += 1;
    all += static_cast<double>(other.bytes.size());
  }
  double bits = 0;
  for (const char c : text) bits -= std::log2(counts[static_cast<unsigned char>(c)] / all);
  return bits / static_cast<double>(text.size());
}

void context_at(std::string_view text, std::size_t at, std::span<std::uint8_t> context) {
  for (std::size_t i = 0; i < context.size(); ++i) {
    const std::size_t back = context.size() - i;
    context[i] = at < back ? std::uint8_t{0} : static_cast<std::uint8_t>(text[at - back]);
  }
}

Batch batch_at(std::string_view text, std::size_t at, std::int64_t most, int context) {
  const std::string_view part = text.substr(at, static_cast<std::size_t>(most));
  const auto width = static_cast<std::size_t>(context);
  Batch batch{std::vector<std::uint8_t>(part.size() * width), {part.begin(), part.end()}};
  for (std::size_t i = 0; i < part.size(); ++i)
    context_at(text, at + i, std::span(batch.contexts).subspan(i * width, width));
  return batch;
}

}  // namespace rh::train
