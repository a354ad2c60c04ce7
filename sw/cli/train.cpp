// roundhouse train: trains a model with every matrix product in a chosen format and engine.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <memory>
#include <numbers>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/pin_blas.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "learn/checkpoint.hpp"
#include "learn/config.hpp"

namespace rh::cli {
namespace {

namespace fs = std::filesystem;
using learn::ProductRecord;

struct Options {
  std::string config;
  std::vector<std::string> changes;  // of its fields
  std::string engine;                // empty: the file's; likewise the others
  std::int64_t steps = 0;
  int threads = 0;
  std::string output;
  std::string resume;           // a checkpoint
  std::int64_t stop_after = 0;  // steps done; 0: all
  bool seeded = false;
};

// One CSV of a run, a row a step or a product. A run that goes on keeps the rows before it.
class Rows {
 public:
  Rows(const fs::path& path, std::string head) : path_(path), text_(std::move(head) + "\n") {}

  // Takes the rows of the file whose step, their first field, is below `steps`.
  void keep(std::int64_t steps) {
    std::ifstream in(path_);
    std::string row;
    std::getline(in, row);
    if (row + "\n" != text_)
      throw InputError(path_.string() + ": has not the rows of the run that goes on");
    while (std::getline(in, row))
      if (std::stoll(row) < steps) text_ += row + "\n";
  }
  void add(const std::string& row) { text_ += row + "\n"; }
  OutputFile stage() const {
    OutputFile file(path_.string());
    file.write(text_);
    return file;
  }

 private:
  fs::path path_;
  std::string text_;
};

std::string exact(double value) {
  std::ostringstream text;
  text << std::setprecision(17) << value;
  return text.str();
}

std::string product_row(const std::vector<std::string>& layers, const ProductRecord& r) {
  std::ostringstream row;
  row << r.site.step << "," << r.site.layer << "," << layers[static_cast<std::size_t>(r.site.layer)]
      << "," << name(r.site.role) << "," << r.shape.batch << "," << r.shape.m << "," << r.shape.n
      << "," << r.shape.k << "," << r.bits_a << "," << r.bits_b << "," << r.passes << ","
      << r.cycles << "," << r.one_pass_cycles << "," << r.simulated;
  return row.str();
}

// Sums over the products of a run, or of a layer of it.
struct Totals {
  std::uint64_t products = 0, macs = 0, macs_passes = 0, cycles = 0, one_pass_cycles = 0,
                simulated = 0;

  void add(const ProductRecord& r) {
    ++products;
    macs += static_cast<std::uint64_t>(r.shape.macs());
    macs_passes +=
        static_cast<std::uint64_t>(r.shape.macs()) * static_cast<std::uint64_t>(r.passes);
    cycles += r.cycles;
    one_pass_cycles += r.one_pass_cycles;
    simulated += r.simulated;
  }
  double mean_passes() const {
    return macs == 0 ? 0 : static_cast<double>(macs_passes) / static_cast<double>(macs);
  }
  Json json() const {
    return {{"products", products},
            {"macs", macs},
            {"passes_per_mac", mean_passes()},
            {"cycles", cycles},
            {"one_pass_cycles", one_pass_cycles},
            {"simulated_cycles", simulated}};
  }
};

// The mean loss of `batches` batches of texts that were not trained on, or of bars never drawn.
double held_out_loss(const learn::Config& config, const train::Corpus& corpus,
                     learn::Training& training) {
  const std::vector<train::Text> texts{corpus.held_out};
  const learn::TrainingOptions& t = config.training;
  double sum = 0;
  for (int i = 0; i < config.held_out_batches; ++i)
    sum += training.evaluate(learn::draw_batch(t.model, texts, t.batch, t.seed, -1 - i));
  return sum / config.held_out_batches;
}

learn::Config configured(const Options& options, const Common& common) {
  std::vector<std::string> changes = options.changes;
  if (!options.engine.empty()) changes.push_back("engine=" + options.engine);
  if (options.steps > 0) changes.push_back("steps=" + std::to_string(options.steps));
  learn::Config config = learn::read_config(options.config, changes);
  if (options.threads > 0) config.training.threads = options.threads;
  if (!options.output.empty()) config.output = options.output;
  if (options.seeded) config.training.seed = common.seed;
  return config;
}

std::string step_name(std::int64_t steps) {
  std::ostringstream text;
  text << "step-" << std::setw(6) << std::setfill('0') << steps;
  return text.str();
}

int train(const Options& options, Common& common) {
  pin_blas_kernel(common);
  const learn::Config config = configured(options, common);
  common.seed = config.training.seed;
  const fs::path output(config.output);
  std::error_code error;
  fs::create_directories(output, error);
  if (error) throw InputError(output.string() + ": cannot be made a folder: " + error.message());
  if (common.json.empty()) common.json = (output / "train.json").string();
  check_outputs(common, {(output / "losses.csv").string(), (output / "products.csv").string()});
  const bool images = std::holds_alternative<learn::ConvolutionShape>(config.training.model);
  const train::Corpus corpus =
      images ? train::Corpus{} : train::load_corpus(config.texts, config.held_out);

  std::unique_ptr<learn::Training> made;
  try {
    made = std::make_unique<learn::Training>(config.training, corpus.train);
  } catch (const std::invalid_argument& refused) {
    throw InputError(options.config + ": " + refused.what());
  }
  learn::Training& training = *made;
  const Json run = learn::run_json(config);
  Rows losses(output / "losses.csv", "step,loss_nats,loss_bits");
  Rows products(output / "products.csv",
                "step,layer,name,role,batch,m,n,k,bits_a,bits_b,passes,cycles,one_pass_cycles,"
                "simulated_cycles");
  if (!options.resume.empty()) {
    learn::load_checkpoint(options.resume, run, training);
    losses.keep(training.steps_done());
    products.keep(training.steps_done());
  }

  const std::vector<std::string>& layers = training.model().layers();
  Totals all;
  std::vector<Totals> by_layer(layers.size());
  const auto save = [&] {
    learn::save_checkpoint(output / "checkpoints" / step_name(training.steps_done()), run,
                           training);
  };
  const auto start = std::chrono::steady_clock::now();
  const std::int64_t first = training.steps_done();
  const std::int64_t last = options.stop_after > 0
                                ? std::min(options.stop_after, config.training.steps)
                                : config.training.steps;
  ProgressBar bar(common.quiet);
  bar.begin("train");
  double loss = 0;
  while (training.steps_done() < last) {
    loss = training.step();
    losses.add(std::to_string(training.steps_done() - 1) + "," + exact(loss) + "," +
               exact(loss / std::numbers::ln2));
    for (const ProductRecord& record : training.records()) {
      products.add(product_row(layers, record));
      all.add(record);
      by_layer[static_cast<std::size_t>(record.site.layer)].add(record);
    }
    bar.update(static_cast<std::uint64_t>(training.steps_done() - first),
               static_cast<std::uint64_t>(last - first),
               number(loss / std::numbers::ln2) + " bits");
    if (config.checkpoint_every > 0 && training.steps_done() % config.checkpoint_every == 0 &&
        training.steps_done() < last)
      save();
  }
  bar.clear();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  save();
  const double held_out = held_out_loss(config, corpus, training);

  Report report("train", common);
  report["run"] = run;
  report.add("engine", config.training.engine);
  report.add("parameters", parameter_count(training.model()));
  report.add("steps", Json{{"first", first}, {"done", training.steps_done()}},
             std::to_string(first) + " .. " + std::to_string(training.steps_done()) + " of " +
                 std::to_string(config.training.steps));
  report.add("seconds", seconds, number(seconds, 4));
  report.add("last_loss_bits", finite(loss / std::numbers::ln2), number(loss / std::numbers::ln2));
  report.add("held_out_bits", finite(held_out / std::numbers::ln2),
             number(held_out / std::numbers::ln2));
  report.add("products", all.json(),
             std::to_string(all.products) + ", " + number(all.mean_passes(), 4) +
                 " passes a multiplication, " + std::to_string(all.cycles) + " cycles");
  Json of_layers = Json::array();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    Json layer = {{"name", layers[i]}};
    layer.update(by_layer[i].json());
    of_layers.push_back(layer);
  }
  report["layers"] = of_layers;
  report.add("output", output.string());
  std::vector<OutputFile> files;
  files.push_back(losses.stage());
  files.push_back(products.stage());
  report.finish(std::move(files));
  return 0;
}

}  // namespace

void add_train(CLI::App& app, Common& common) {
  CLI::App* sub = app.add_subcommand(
      "train", "Train a model with every matrix product in a chosen format, in golden or RTL");
  const auto options = std::make_shared<Options>();
  sub->add_option("--config", options->config, "TOML file of the run: docs/learn.md")
      ->type_name("FILE")
      ->required();
  sub->add_option("--set", options->changes, "another value for a field: products.recipe=fast2")
      ->type_name("FIELD=VALUE")
      ->allow_extra_args(false);
  sub->add_option("--engine", options->engine, "golden, rtl or netlist; else the file's")
      ->check(CLI::IsMember({"golden", "rtl", "netlist"}))
      ->type_name("NAME");
  sub->add_option("--steps", options->steps, "steps of the run; else the file's")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  sub->add_option("--threads", options->threads, "results do not depend on them; else the file's")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  sub->add_option("--output", options->output, "folder (made when missing); else the file's")
      ->type_name("DIR");
  sub->add_option("--resume", options->resume, "go on from this checkpoint")->type_name("DIR");
  sub->add_option("--stop-after", options->stop_after, "stop when N steps are done")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  add_common(*sub, common);
  sub->footer(
      "Examples:\n"
      "  roundhouse train --config verif/learn/configs/transformer.toml\n"
      "  roundhouse train --config mlp.toml --engine rtl --stop-after 5 --output /tmp/rtl\n"
      "  roundhouse train --config mlp.toml --set products.recipe=msfp12 --set steps=200\n"
      "  roundhouse train --config mlp.toml --resume build/train/checkpoints/step-000100");
  sub->callback([&common, options, sub] {
    options->seeded = sub->count("--seed") > 0;
    common.run = [&common, options] { return train(*options, common); };
  });
}

}  // namespace rh::cli
