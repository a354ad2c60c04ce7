// Input: the texts of a folder, each ended by a byte 0; the first is held out.
//
// Every text that is not empty trains, is held out or is named as a near copy; the share of
// sequences is that of a plain search; batches are those that indexing gives.
#include <cmath>
#include <set>

#include "fuzz/fuzz.hpp"
#include "tensor/input_error.hpp"
#include "train/text.hpp"

namespace rh {
namespace {

std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool space = std::string_view(" \t\n\v\f\r").find(c) != std::string_view::npos;
    if (!space) out += c;
    if (space && !out.empty() && !out.ends_with(' ')) out += ' ';
  }
  return out;
}

double plain_share(std::string_view text, const std::vector<std::string>& others) {
  const std::string mine = squeezed(text);
  if (mine.size() < train::kSequence) return 0;
  std::string theirs;  // a byte that no text has stands between them
  for (const std::string& other : others) theirs += squeezed(other) + '\0';
  double all = 0, found = 0;
  for (std::size_t i = 0; i + train::kSequence <= mine.size(); ++i) {
    ++all;
    if (theirs.find(mine.substr(i, train::kSequence)) != std::string::npos) ++found;
  }
  return found / all;
}

void check_batches(std::string_view text) {
  const int context = 1 + static_cast<int>(text.size() % 9);
  const std::int64_t most = 1 + static_cast<std::int64_t>(text.size() % 13);
  for (std::size_t at = 0; at < text.size(); at += static_cast<std::size_t>(most)) {
    const train::Batch batch = train::batch_at(text, at, most, context);
    fuzz::require(!batch.targets.empty(), "an empty batch");
    fuzz::require(batch.contexts.size() == batch.targets.size() * static_cast<std::size_t>(context),
                  "contexts");
    for (std::size_t i = 0; i < batch.targets.size(); ++i) {
      fuzz::require(batch.targets[i] == static_cast<std::uint8_t>(text[at + i]), "a target");
      for (int c = 0; c < context; ++c) {
        const auto from = static_cast<std::int64_t>(at + i) - context + c;
        const std::uint8_t want =
            from < 0 ? std::uint8_t{0}
                     : static_cast<std::uint8_t>(text[static_cast<std::size_t>(from)]);
        fuzz::require(
            batch.contexts[i * static_cast<std::size_t>(context) + static_cast<std::size_t>(c)] ==
                want,
            "a context");
      }
    }
  }
}

}  // namespace
}  // namespace rh

RH_FUZZ(const std::uint8_t* data, std::size_t size) {
  using namespace rh;
  static const fuzz::WorkDirectory directory;
  const std::string folder = directory.path().string();
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    std::filesystem::remove(entry.path());
  fuzz::Input input(data, size);
  std::vector<std::string> texts;
  while (!input.rest().empty() && texts.size() < 5) {
    texts.emplace_back(input.until('\0'));
    directory.put(std::string(1, static_cast<char>('a' + texts.size() - 1)), texts.back());
  }
  train::Corpus corpus;
  try {
    corpus = train::load_corpus(folder, "a");
  } catch (const InputError& error) {
    fuzz::check_refusal(error.what(), folder);
    fuzz::require(std::string_view(error.what()).find("; ") != std::string_view::npos,
                  "no limit in '" + std::string(error.what()) + "'");
    return 0;
  }
  fuzz::require(corpus.held_out.bytes == texts.at(0), "another text is held out");
  std::size_t trained = 0, copies = 0;
  std::vector<std::string> train;
  for (std::size_t i = 1; i < texts.size(); ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    if (texts[i].empty()) continue;
    if (trained < corpus.train.size() && corpus.train[trained].name == name) {
      fuzz::require(corpus.train[trained++].bytes == texts[i], "a text that trains");
      fuzz::require(plain_share(texts[0], {texts[i]}) <= train::kNearCopy, "a near copy trains");
      train.push_back(texts[i]);
    } else {
      fuzz::require(copies < corpus.near_copies.size() && corpus.near_copies[copies++] == name,
                    "a text is missing");
      fuzz::require(plain_share(texts[0], {texts[i]}) > train::kNearCopy, "is no near copy");
    }
  }
  fuzz::require(trained == corpus.train.size() && copies == corpus.near_copies.size(),
                "more texts");
  fuzz::require(corpus.shared == plain_share(texts[0], train), "the share of sequences");
  const double bits = train::unigram_bits(corpus.held_out.bytes, corpus.train);
  fuzz::require(std::isfinite(bits) && bits > 0, "bits of byte frequencies");
  check_batches(corpus.held_out.bytes);
  return 0;
}
