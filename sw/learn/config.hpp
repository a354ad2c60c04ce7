// A training as a TOML file: what every field is called, and what is refused.      docs/learn.md
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "learn/trainer.hpp"

namespace rh::learn {

struct Config {
  TrainingOptions training;
  std::string texts = "/usr/share/common-licenses";  // a folder; of the models of characters
  std::string held_out = "Apache-2.0";
  std::string output = "build/train";  // a folder
  std::int64_t checkpoint_every = 0;   // steps; 0: at the end alone
  int held_out_batches = 8;            // that the losses of the report are the mean of
};

// Fields that are not there keep their defaults. Throws InputError, one line naming file, line,
// field, value and limit: for what is no TOML, a field that is unknown, of another type or out of
// range, a recipe, format or model that is none.
// `changes` are fields that go before the file's, each a line of TOML: "products.recipe='fast2'",
// where the quotes of a string may be left out.
Config read_config(const std::string& path, std::span<const std::string> changes = {});
Config parse_config(std::string_view text, const std::string& file,  // file: for messages
                    std::span<const std::string> changes = {});

// What a run is a function of: model, products, optimizer, seed, steps, batch and data; not
// engine, threads and output, which do not change a bit of it, and of the array what an fp32 sum
// depends on.
nlohmann::ordered_json run_json(const Config& config);

}  // namespace rh::learn
