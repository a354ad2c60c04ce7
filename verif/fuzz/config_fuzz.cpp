// Input: a TOML file, as `roundhouse train --config` reads it.
//
// Accepted: what the run is prints as JSON, and every number of it lies within its limits; the same
// text is the same run. A refusal is an InputError of one line that begins with the file.
#include "fuzz/fuzz.hpp"
#include "learn/config.hpp"
#include "number/format_text.hpp"
#include "tensor/input_error.hpp"

namespace rh {
namespace {

void check(const learn::Config& config) {
  const learn::TrainingOptions& t = config.training;
  fuzz::require(t.steps >= 1 && t.steps <= 1 << 30, "steps");
  fuzz::require(t.batch >= 1 && t.batch <= 1 << 20, "batch");
  fuzz::require(t.threads >= 1 && t.threads <= 1024, "threads");
  fuzz::require(config.checkpoint_every >= 0 && config.held_out_batches >= 1, "data and output");
  fuzz::require(t.optimizer.learning_rate >= 0 && t.optimizer.learning_rate <= 999, "rate");
  for (const Format* format : {&t.recipe.input, &t.recipe.weight, &t.recipe.output_gradient})
    fuzz::require(parse_format(format_text(*format)) == *format, "a format");
}

}  // namespace
}  // namespace rh

RH_FUZZ(const std::uint8_t* data, std::size_t size) {
  using namespace rh;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const learn::Config config = learn::parse_config(text, "f.toml");
    check(config);
    fuzz::require(learn::run_json(config) == learn::run_json(learn::parse_config(text, "f.toml")),
                  "the same text is another run");
  } catch (const InputError& error) {
    fuzz::check_refusal(error.what(), "f.toml:");
  }
  return 0;
}
