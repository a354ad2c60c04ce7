// TEST RATIONALE. The program around the training: what it leaves and what it says. Golden and RTL
// leave the same weights and losses; products.csv has the cycles that the arrays took; a run that
// was stopped and goes on leaves what the whole run does, in every file; one that fails leaves
// nothing and exits 2 with the sentence. The smallest convolution, since it needs no texts. Mutants
// this kills: rows of steps lost or twice after a resume, a report of another seed, an override
// that does not reach the training.
#include <fstream>
#include <map>

#include "cli/program.hpp"

namespace rh::bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig =
    "seed = 4\nsteps = 4\nbatch = 2\n[model]\nkind = 'convolution'\nside = 5\nchannels1 = 2\n"
    "channels2 = 3\n[products]\nrecipe = 'fast-by-step'\n[optimizer]\nkind = 'sgd'\n"
    "learning_rate = 0.05\n[output]\nfolder = 'out'\ncheckpoint_every = 3\n";

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

// Every file under a folder with its bytes.
std::map<std::string, std::string> tree(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[fs::relative(entry.path(), folder).string()] = contents(entry.path().string());
  return files;
}

TEST_CASE("cli: train leaves the same weights from golden and rtl", "[cli][train]") {
  Program program;
  write(program / "run.toml", kConfig);
  const Ran golden = program("train --config run.toml --output golden");
  REQUIRE(golden.code == 0);
  CHECK(field(golden.out, "steps") == "0 .. 4 of 4");
  CHECK(field(golden.out, "seed") == "4");
  const Ran rtl = program("train --config run.toml --output rtl --engine rtl --threads 2 --quiet");
  REQUIRE(rtl.code == 0);
  CHECK(rtl.out.empty());
  const auto want = tree(program / "golden"), got = tree(program / "rtl");
  CHECK(want.at("losses.csv") == got.at("losses.csv"));
  std::size_t compared = 0;
  for (const auto& [name, bytes] : want)
    if (name.starts_with("checkpoints/")) {
      CHECK(got.at(name) == bytes);
      ++compared;
    }
  CHECK(compared == 2 * (6 + 6 + 1));  // steps 3 and 4: parameters, velocities, the head

  // 2 bits for two steps, then 4; the cycles of one array are those of the formula.
  REQUIRE(program("train --config run.toml --output one --engine rtl --json one.json").code == 0);
  std::istringstream rows(contents(program / "one/products.csv"));
  std::string row;
  std::getline(rows, row);
  CHECK(row == "step,layer,name,role,batch,m,n,k,bits_a,bits_b,passes,cycles,one_pass_cycles,"
               "simulated_cycles");
  std::size_t count = 0;
  for (; std::getline(rows, row); ++count) {
    std::vector<std::string> cells;
    std::istringstream fields(row);
    for (std::string cell; std::getline(fields, cell, ',');) cells.push_back(cell);
    REQUIRE(cells.size() == 14);
    const bool early = std::stoi(cells[0]) < 2;
    CHECK(cells[8] == (early ? "2" : "4"));
    CHECK(cells[10] == (early ? "1" : "4"));
    CHECK(cells[11] == cells[13]);
    CHECK((cells[11] == cells[12] || !early));  // one pass early
  }
  CHECK(count == 4 * 8);
  CHECK(program.json("one.json")["products"]["products"] == 32);
  CHECK(program.json("one.json")["run"]["seed"] == 4);
  CHECK_FALSE(fs::exists(program / "one/train.json"));  // --json names another
}

TEST_CASE("cli: a training that was stopped goes on", "[cli][train]") {
  Program program;
  write(program / "run.toml", kConfig);
  REQUIRE(program("train --config run.toml --output whole").code == 0);
  REQUIRE(program("train --config run.toml --output parts --stop-after 3").code == 0);
  REQUIRE(program("train --config run.toml --output parts --resume parts/checkpoints/step-000003")
              .code == 0);
  auto want = tree(program / "whole"), got = tree(program / "parts");
  want.erase("train.json");  // seconds
  got.erase("train.json");
  CHECK(want == got);
  CHECK(program.json("parts/train.json")["steps"]["first"] == 3);

  const Ran other = program(
      "train --config run.toml --seed 5 --output parts --resume parts/checkpoints/step-000003");
  CHECK(other.code == 2);
  CHECK(other.err ==
        "roundhouse: parts/checkpoints/step-000003/checkpoint.json: is of another run: wanted "
        "seed = 5, it has 4\n");
  const Ran elsewhere =
      program("train --config run.toml --output new --resume parts/checkpoints/step-000003");
  CHECK(elsewhere.code == 2);
  CHECK(elsewhere.err == "roundhouse: new/losses.csv: has not the rows of the run that goes on\n");
}

TEST_CASE("cli: fields of a training are told on the command line", "[cli][train]") {
  Program program;
  write(program / "run.toml", kConfig);
  REQUIRE(program("train --config run.toml --steps 2 --set batch=3 --set products.recipe=fast4 "
                  "--set optimizer.momentum=0.5 --output a")
              .code == 0);
  const auto run = program.json("a/train.json")["run"];
  CHECK(run["steps"] == 2);
  CHECK(run["batch"] == 3);
  CHECK(run["products"]["policy"] == "fixed");
  CHECK(run["optimizer"]["momentum"] == 0.5);
  CHECK(run["seed"] == 4);  // still the file's
  const Ran refused = program("train --config run.toml --set products.recipe=fast3 --output b");
  CHECK(refused.code == 2);
  CHECK(refused.err.starts_with("roundhouse: --set products.recipe=fast3: products.recipe: recipe "
                                "'fast3' is unknown; there are fp32"));
  CHECK(program("train --config run.toml --set steps").code == 2);
  CHECK(program("train --config run.toml --steps 0").code == 2);
  CHECK(program("train --config run.toml --output run.toml").err ==
        "roundhouse: run.toml: cannot be made a folder: Not a directory\n");
}

// Only work of more than two seconds shows a bar; this is four of them here.
TEST_CASE("cli: a training tells its loss and the time left", "[cli][train]") {
  Program program;
  write(program / "run.toml", kConfig);
  const std::string shown = program.on_terminal(
      "train --config run.toml --steps 40 --set batch=8192 --output a", "");
  CHECK(shown.find("train [") != std::string::npos);
  CHECK(shown.find(" bits, ") != std::string::npos);
  CHECK(shown.find(" s left") != std::string::npos);
}

TEST_CASE("cli: train says what it cannot do", "[cli][train]") {
  Program program;
  write(program / "run.toml", std::string(kConfig) + "[data]\nevery = 3\n");
  const Ran unknown = program("train --config run.toml");
  CHECK(unknown.code == 2);
  CHECK(unknown.err ==
        "roundhouse: run.toml:18: data.every is unknown; there are held_out, held_out_batches, "
        "texts\n");
  std::string text = kConfig;
  text.replace(text.find("0.05"), 4, "999\nweight_decay = 999");  // weights grow a millionfold
  write(program / "run.toml", text);
  const Ran wild = program("train --config run.toml --stop-after 4 --output wild");
  CHECK(wild.code == 2);
  CHECK(wild.err.find("is not finite") != std::string::npos);
  CHECK_FALSE(fs::exists(program / "wild/losses.csv"));
  CHECK(program("train").code == 2);
  CHECK(program("train --config nowhere.toml").code == 2);
}

}  // namespace
}  // namespace rh::bench
