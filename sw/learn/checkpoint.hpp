// A training on the disk: a folder of .npy files, one a tensor, and checkpoint.json.
//
//   <parameter>.npy   <parameter>.<state>.npy   checkpoint.json: the steps done and the run
//
// A run that goes on from one is, bit for bit, the run that did not stop.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>

#include "learn/trainer.hpp"

namespace rh::learn {

// Writes `folder` whole or not at all, in place of one of that name. `run` is run_json(): what the
// training is a function of. Throws InputError when the folder cannot be written.
void save_checkpoint(const std::filesystem::path& folder, const nlohmann::ordered_json& run,
                     Training& training);

// Sets the training to what the folder has. Throws InputError naming the file for one that is
// missing or of another size, and the first field in which its run differs from `run`.
void load_checkpoint(const std::filesystem::path& folder, const nlohmann::ordered_json& run,
                     Training& training);

}  // namespace rh::learn
