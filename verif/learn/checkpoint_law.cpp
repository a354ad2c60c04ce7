// TEST RATIONALE. (1) A run stopped, written, read by another training and gone on with is, bit for
// bit, the run that did not stop: weights and losses, for both optimizers. (2) A folder that lacks
// a file, has one of another size or type, or is of another run is refused with the file and field,
// and the training is as it was. (3) What was there is replaced, and nothing half-written is left.
// Mutants this kills: a state not written, or under another's name; the steps done lost; tensors
// taken before all are read; a run compared in part.
#include "learn/checkpoint.hpp"

#include <cstring>
#include <fstream>

#include "learn/config.hpp"
#include "learn/plain.hpp"
#include "tensor/input_error.hpp"
#include "tensor/npy.hpp"
#include "tensor/npy_bytes.hpp"

namespace rh::learn {
namespace {

namespace fs = std::filesystem;

const std::vector<train::Text> kTexts{{"text", "the quick brown fox jumps over the lazy dog. "}};

Config config_of(const std::string& optimizer) {
  return parse_config(
      "steps = 6\nbatch = 3\n[model]\ncontext = 8\nwidth = 16\nheads = 2\nblocks = 1\ninner = 20\n"
      "[products]\nrecipe = 'fast-adaptive'\n[optimizer]\nkind = '" +
          optimizer + "'\n",
      "f.toml");
}

std::vector<float> values_of(Training& training) {
  std::vector<float> all;
  for (const Parameter<float>* parameter : training.model().parameters())
    all.insert(all.end(), parameter->value.begin(), parameter->value.end());
  for (const Optimizer::State& state : training.optimizer().state())
    all.insert(all.end(), state.values.begin(), state.values.end());
  return all;
}
bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), 4 * a.size()) == 0;
}

TEST_CASE("learn: a run goes on from the disk", "[learn][checkpoint][law]") {
  for (const char* optimizer : {"adamw", "sgd"}) {
    bench::TemporaryDirectory home;
    const Config config = config_of(optimizer);
    const auto run = run_json(config);
    const fs::path folder = home / "checkpoint";
    Training whole(config.training, kTexts), first(config.training, kTexts);
    for (int i = 0; i < 2; ++i) {
      first.step();
      save_checkpoint(folder, run, first);  // the second in place of the first
    }
    CHECK_FALSE(fs::exists(folder.string() + ".part"));
    Training second(config.training, kTexts);
    load_checkpoint(folder, run, second);
    CHECK(second.steps_done() == 2);
    CHECK(same_bits(values_of(first), values_of(second)));
    for (int i = 0; i < 6; ++i) {
      const double loss = whole.step();
      if (i >= 2) CHECK(second.step() == loss);
    }
    CHECK(same_bits(values_of(whole), values_of(second)));
  }
}

TEST_CASE("learn: what is no checkpoint of the run is refused", "[learn][checkpoint][edge]") {
  bench::TemporaryDirectory home;
  const Config config = config_of("adamw");
  const auto run = run_json(config);
  const fs::path good = home / "good", bad = home / "bad";
  Training training(config.training, kTexts);
  training.step();
  save_checkpoint(good, run, training);
  training.step();
  const std::vector<float> before = values_of(training);
  const auto refused = [&](const std::string& want, const auto& damage) {
    fs::remove_all(bad);
    fs::copy(good, bad);
    auto wanted = run;
    damage(wanted);
    try {
      load_checkpoint(bad, wanted, training);
      FAIL("taken");
    } catch (const InputError& error) {
      INFO(error.what());
      CHECK(std::string(error.what()).find(want) != std::string::npos);
    }
    CHECK(training.steps_done() == 2);
    CHECK(same_bits(before, values_of(training)));
  };
  const std::string last = "output.bias.second.npy";
  const std::int64_t size = 256, other = 255;
  refused(last, [&](auto&) { fs::remove(bad / last); });
  refused(last + ": is not <f4 of 256 values", [&](auto&) {
    write_npy<float>((bad / last).string(), std::span(&other, 1), std::vector<float>(255));
  });
  refused(last + ": is not <f4 of 256 values", [&](auto&) {
    write_npy<std::int8_t>((bad / last).string(), std::span(&size, 1),
                           std::vector<std::int8_t>(256));
  });
  refused("is of another run: wanted seed = 5, it has 0",
          [&](auto& wanted) { wanted["seed"] = 5; });
  refused("is of another run: wanted model.width = 3, it has 16",
          [&](auto& wanted) { wanted["model"]["width"] = 3; });
  refused("wanted optimizer.extra = 1, which it does not have",
          [&](auto& wanted) { wanted["optimizer"]["extra"] = 1; });
  refused("checkpoint.json: cannot be read", [&](auto&) { fs::remove(bad / "checkpoint.json"); });
  const auto head = [&](const std::string& text) {
    return [&bad, text](auto&) { std::ofstream(bad / "checkpoint.json") << text; };
  };
  refused("is not JSON", head("{"));
  refused("checkpoint is not a whole number", head("[]"));
  refused("checkpoint = 2, wanted 1", head("{\"checkpoint\": 2, \"steps_done\": 1}"));
  refused("steps_done is not a whole number", head("{\"checkpoint\": 1, \"steps_done\": 1.5}"));
  CHECK_THROWS_AS(save_checkpoint("/proc/nowhere/x", run, training), InputError);
}

}  // namespace
}  // namespace rh::learn
