// The texts a study reads: one is held out, near copies of it are left out, the rest trains.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rh::train {

struct Text {
  std::string name;
  std::string bytes;
};

struct Corpus {
  std::vector<Text> train;  // in order of their names
  Text held_out;
  std::vector<std::string> near_copies;  // names of the texts that were left out
  double shared = 0;                     // shared_sequences(held_out, train)
};

// A text that holds more than this share of the held-out text's sequences is a near copy of it.
inline constexpr double kNearCopy = 0.25;
inline constexpr std::size_t kSequence = 40;  // characters, runs of white space counted as one

// The share of the sequences of `text` that occur in any of `others` (0 when text is too short).
double shared_sequences(std::string_view text, std::span<const Text> others);

// Reads every regular file of `folder` (symbolic links are other names of the same text: skipped).
// Throws InputError when the folder, the held-out text or anything to train on is missing.
Corpus load_corpus(const std::filesystem::path& folder, const std::string& held_out);

// Bits per character of `text` under a model that knows only how often each byte occurs in `texts`
// (plus one): what a network has to beat.
double unigram_bits(std::string_view text, std::span<const Text> texts);

// The `context` bytes before position `at`, oldest first; 0 stands before the beginning.
void context_at(std::string_view text, std::size_t at, std::span<std::uint8_t> context);

// The characters from `at` on, at most `most` of them, each with the `context` bytes before it.
struct Batch {
  std::vector<std::uint8_t> contexts;  // rows x context
  std::vector<std::uint8_t> targets;
};
Batch batch_at(std::string_view text, std::size_t at, std::int64_t most, int context);

}  // namespace rh::train
