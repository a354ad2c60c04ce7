// TEST RATIONALE. Every field of the file reaches its option (a value that is no default, one at a
// time for the tables where two could be swapped); what is left out keeps its default; the files of
// verif/learn/configs are read. Everything that is refused names file, line, field, value and
// limit: the whole message is compared. run_json() differs when a bit of the run could, and only
// then. Mutants this kills: two fields swapped, a limit moved, an unknown field taken, formats
// ignored because the recipe is that of FP32, threads or engine in the run.
#include "learn/config.hpp"

#include "learn/plain.hpp"
#include "number/format_text.hpp"
#include "tensor/input_error.hpp"

namespace rh::learn {
namespace {

Config parse(const std::string& text) {
  return parse_config(text, "f.toml");
}

TEST_CASE("learn: every field of a configuration is read", "[learn][config][law]") {
  const Config none = parse("");
  CHECK(none.training.model == ModelShape{TransformerShape{}});
  CHECK(none.training.recipe == Recipe{});
  CHECK(none.training.optimizer == OptimizerOptions{});
  CHECK(none.held_out == "Apache-2.0");

  const Config all = parse(
      "seed = 3\nsteps = 4\nbatch = 5\nthreads = 6\nengine = 'rtl'\n"
      "[model]\nkind = 'transformer'\ncontext = 7\nwidth = 8\nheads = 2\nblocks = 9\ninner = 10\n"
      "[products]\nx = 'fast2'\nw = 'bfp(m=5,g=16,e=4)'\ndo = 'fast4-sr'\npolicy = 'adaptive'\n"
      "alpha = 0.25\nbeta = -1\n"
      "[optimizer]\nkind = 'sgd'\nlearning_rate = 0.5\nweight_decay = 0.25\nmomentum = 0.125\n"
      "beta1 = 0.75\nbeta2 = 0.625\nepsilon = 0.0625\n"
      "[data]\ntexts = '/t'\nheld_out = 'h'\nheld_out_batches = 11\n"
      "[output]\nfolder = '/o'\ncheckpoint_every = 12\n");
  const TrainingOptions& t = all.training;
  CHECK(t.seed == 3);
  CHECK(t.steps == 4);
  CHECK(t.batch == 5);
  CHECK(t.threads == 6);
  CHECK(t.engine == "rtl");
  CHECK(t.model == ModelShape{TransformerShape{7, 8, 2, 9, 10}});
  CHECK(t.recipe == Recipe{Arithmetic::Block,
                           *find_preset("fast2"),
                           parse_format("bfp(m=5,g=16,e=4)"),
                           *find_preset("fast4-sr"),
                           {PolicyKind::Adaptive, 0.25, -1}});
  CHECK(t.optimizer == OptimizerOptions{OptimizerKind::Sgd, 0.5, 0.25, 0.125, 0.75, 0.625, 0.0625});
  CHECK(all.texts == "/t");
  CHECK(all.held_out == "h");
  CHECK(all.held_out_batches == 11);
  CHECK(all.output == "/o");
  CHECK(all.checkpoint_every == 12);

  CHECK(parse("[model]\nkind = 'mlp'\ncontext = 2\nembedding = 3\nwidth = 4\nhidden = 0")
            .training.model == ModelShape{MlpShape{2, 3, 4, 0}});
  CHECK(parse("[model]\nkind = 'convolution'\nside = 2\nchannels1 = 3\nchannels2 = 4")
            .training.model == ModelShape{ConvolutionShape{2, 3, 4}});
  CHECK(parse("[products]\nrecipe = 'int8'").training.recipe == parse_recipe("int8"));
  CHECK(parse("[products]\nw = 'fast2'").training.recipe.arithmetic == Arithmetic::Block);
  // What is named replaces the recipe's.
  Recipe recipe = parse_recipe("fast-adaptive");
  recipe.weight = *find_preset("fast2");
  CHECK(parse("[products]\nw = 'fast2'\nrecipe = 'fast-adaptive'").training.recipe == recipe);
}

TEST_CASE("learn: an array is what the engine has but for what is told", "[learn][config][law]") {
  const auto array = [](const std::string& text) { return parse(text).training.array; };
  CHECK(array("[products]\nrecipe = 'fast4'\n") == std::nullopt);
  CHECK(array("[products]\nrecipe = 'fast4'\n[array]\nrows = 2\ncols = 3\nchunk = 4\n") ==
        MultiplierShape{{2, 3, 16}, 4, Accumulation::Exact, 64});
  CHECK(array("[products]\nrecipe = 'msfp12'\n[array]\nlanes = 32\n") ==
        MultiplierShape{{16, 16, 32}, 2, Accumulation::Fp32, 64});
  CHECK(array("[products]\nrecipe = 'fast4'\n[array]\naccumulate = 'fp32'\n") ==
        MultiplierShape{{16, 16, 16}, 2, Accumulation::Fp32, 64});
  CHECK(array("engine = 'netlist'\n[products]\nrecipe = 'fast4'\n[array]\nchunk = 1\n") ==
        MultiplierShape{{2, 2, 16}, 1, Accumulation::Exact, 64});
}

TEST_CASE("learn: a change goes before the file's field", "[learn][config][law]") {
  const auto changed = [](const std::vector<std::string>& changes) {
    return parse_config("steps = 5\n[model]\nkind = 'mlp'\nwidth = 8\n", "f.toml", changes);
  };
  CHECK(changed({}).training.steps == 5);
  CHECK(changed({"steps=6", "batch = 7"}).training.steps == 6);
  CHECK(changed({"steps=6", "batch = 7"}).training.batch == 7);
  CHECK(changed({"steps=6", "steps=7"}).training.steps == 7);  // the last one
  MlpShape shape;
  shape.width = 9;
  CHECK(changed({"model.width=9"}).training.model == ModelShape{shape});
  shape.width = 8;
  shape.hidden = 1;
  CHECK(changed({"model = {kind = 'mlp', hidden = 1}"}).training.model == ModelShape{shape});
  for (const std::string& recipe :
       {"products.recipe=fast-adaptive", "products.recipe='fast-adaptive'",
        "products.recipe = \"fast-adaptive\""})
    CHECK(changed({recipe}).training.recipe == parse_recipe("fast-adaptive"));
  CHECK(changed({"products.w=bfp(m=5,g=16,e=4)"}).training.recipe.weight ==
        parse_format("bfp(m=5,g=16,e=4)"));
  CHECK(changed({"data.texts=/a/b c"}).texts == "/a/b c");

  const auto refused = [&](const std::string& change, const std::string& want) {
    try {
      changed({change});
      FAIL("taken: " << change);
    } catch (const InputError& error) {
      CHECK(error.what() == want);
    }
  };
  refused("steps", "--set steps: is not field=value");
  refused("steps=0", "--set steps=0: steps = 0, wanted 1 .. 1073741824");
  refused("steps=many", "--set steps=many: steps is not a whole number");
  refused("model.deep=3",
          "--set model.deep=3: model.deep is unknown; there are context, embedding, hidden, kind, "
          "width");
  refused("products.recipe=fast9",
          "--set products.recipe=fast9: products.recipe: recipe 'fast9' is unknown; there are "
          "fp32, bf16, int8, msfp12, fast2, fast4, fast2-even, fast4-even, fast-by-step, "
          "fast-by-layer, fast-adaptive");
  CHECK_THROWS_AS(changed({"=3"}), InputError);
  CHECK_THROWS_AS(changed({"steps="}), InputError);
  CHECK_THROWS_AS(changed({"steps=3\nbatch=4 ["}), InputError);
}

TEST_CASE("learn: the configurations that come along are read", "[learn][config][law]") {
  const std::string folder = "verif/learn/configs/";
  CHECK(read_config(folder + "transformer.toml").training.model == ModelShape{TransformerShape{}});
  CHECK(read_config(folder + "transformer.toml").training.recipe == parse_recipe("fast-adaptive"));
  CHECK(read_config(folder + "mlp.toml").training.model == ModelShape{MlpShape{}});
  CHECK(read_config(folder + "convolution.toml").training.recipe == parse_recipe("fast-by-step"));
}

TEST_CASE("learn: what is no configuration is refused by name", "[learn][config][edge]") {
  const auto refused = [](const std::string& text, const std::string& want) {
    try {
      parse(text);
      FAIL("taken: " << text);
    } catch (const InputError& error) {
      CHECK(error.what() == want);
    }
  };
  refused("steps = 0", "f.toml:1: steps = 0, wanted 1 .. 1073741824");
  refused("\nbatch = 1048577", "f.toml:2: batch = 1048577, wanted 1 .. 1048576");
  refused("seed = -1", "f.toml:1: seed = -1, wanted 0 .. 18446744073709551615");
  refused("steps = 1.5", "f.toml:1: steps is not a whole number");
  refused("steps = '3'", "f.toml:1: steps is not a whole number");
  refused("engine = 3", "f.toml:1: engine is not a string");
  refused("model = 3", "f.toml:1: model is not a table");
  refused("[optimizer]\nlearning_rate = 'x'", "f.toml:2: optimizer.learning_rate is not a number");
  refused("[optimizer]\nmomentum = 1", "f.toml:2: optimizer.momentum = 1, wanted 0 .. 0.999999");
  refused("[optimizer]\nlearning_rate = nan",
          "f.toml:2: optimizer.learning_rate = nan, wanted 0 .. 999");
  refused("[optimizer]\nkind = 'adam'",
          "f.toml:2: optimizer.kind: 'adam' is unknown; there are sgd, adamw");
  refused("[output]\nevery = 1",
          "f.toml:2: output.every is unknown; there are checkpoint_every, folder");
  refused("[model]\nkind = 'mlp'\nheads = 4",
          "f.toml:3: model.heads is unknown; there are context, embedding, hidden, kind, width");
  refused("[model]\nkind = 'rnn'",
          "f.toml:2: model.kind: 'rnn' is unknown; there are mlp, transformer, convolution");
  refused("[products]\nrecipe = 'bf16'\npolicy = 'by-step'",
          "f.toml:3: products.policy goes with a recipe of block formats, this one is bf16");
  refused("[products]\nrecipe = 'fast4'\nalpha = 1",
          "f.toml:3: products.alpha goes with the policy adaptive, this one is fixed");
  // At the format, or where it comes from.
  refused("[products]\nrecipe = 'fast-adaptive'\ndo = 'bfp(m=4,g=16,e=6)'",
          "f.toml:3: products.do: adaptive, and do = bfp(m=4,e=6) has 6 exponent bits, "
          "precision is decided with at most 5");
  refused("[products]\nrecipe = 'msfp12'\npolicy = 'adaptive'",
          "f.toml:3: products.policy: adaptive, and x = msfp12 has 8 exponent bits, precision is "
          "decided with at most 5");
  refused("[products]\npolicy = 'adaptive'\nw = 'bfp(m=4,g=65,e=4)'",
          "f.toml:3: products.w: adaptive, and w = bfp(m=4,g=65,e=4) has groups of 65, precision "
          "is decided with at most 64");
  refused("[products]\npolicy = 'often'",
          "f.toml:2: products.policy: 'often' is unknown; there are fixed, by-step, by-layer, "
          "adaptive");
  refused("engine = 'rtl'\n\"a\\nb\" = 1\n",
          "f.toml:2: a?b is unknown; there are array, batch, data, engine, model, optimizer, "
          "output, products, seed, steps, threads");
  refused("[products]\nrecipe = 'int8'\n[array]\nrows = 4",
          "f.toml:4: array.rows goes with a recipe of block formats, this one is int8");
  refused("[products]\nrecipe = 'fast4'\n[array]\nchunk = 9",
          "f.toml:4: array.chunk = 9, wanted 1 .. 8");
  refused("[products]\nrecipe = 'fast4'\n[array]\naccumulate = 'int32'",
          "f.toml:4: array.accumulate: 'int32' is unknown; there are exact, fp32");
  CHECK_THROWS_AS(parse("[model"), InputError);
  refused("[\n[model]\n", "f.toml: is not TOML");  // which toml++ 3.3 asserts
  CHECK_THROWS_AS(parse("steps = 1\nsteps = 2"), InputError);
  CHECK_THROWS_AS(read_config("/nowhere/f.toml"), InputError);
}

TEST_CASE("learn: a run is what can change a bit of it", "[learn][config][law]") {
  const std::string base = "[products]\nrecipe = 'fast-adaptive'\n";
  const auto run = [&](const std::string& text) { return run_json(parse(text)); };
  const auto same = run(base);
  CHECK(run("threads = 7\nengine = 'rtl'\n" + base + "[output]\nfolder = 'x'\n") == same);
  CHECK(run(base + "[data]\nheld_out_batches = 3\n") == same);
  CHECK(run(base + "[array]\nrows = 2\nchunk = 4\n") == same);  // exact sums
  for (const std::string& text :
       {"seed = 9\n" + base, "steps = 9\n" + base, "batch = 9\n" + base, base + "alpha = 0.1\n",
        base + "w = 'fast2'\n", base + "do = 'fast4'\n", base + "[model]\nblocks = 1\n",
        base + "[model]\nkind = 'mlp'\n", base + "[optimizer]\nlearning_rate = 0.5\n",
        base + "[array]\naccumulate = 'fp32'\n",
        base + "[array]\naccumulate = 'fp32'\nchunk = 4\n",
        base + "[optimizer]\nkind = 'sgd'\n", base + "[data]\nheld_out = 'GPL-3'\n",
        std::string("[products]\nrecipe = 'fast4'\n")})
    CHECK(run(text) != same);
}

}  // namespace
}  // namespace rh::learn
