#include "learn/config.hpp"

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <limits>
#include <optional>
#include <set>
#include <sstream>
#include <type_traits>

#include "engine/converter.hpp"
#include "number/format_text.hpp"
#include "tensor/input_error.hpp"

// toml++ 3.3 asserts what a file may break: "[" and a line end is enough. Here that is a refusal.
namespace rh::learn {
struct BrokenToml {};
}  // namespace rh::learn
#define TOML_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : throw rh::learn::BrokenToml{})
#include <toml++/toml.h>

namespace rh::learn {
namespace {

// A message fit for a terminal, whatever the file has in its keys and strings.
std::string one_line(std::string text) {
  for (char& c : text)
    if (c < ' ' || c > '~') c = '?';
  return text;
}

// One table of the file; a field is read once, and what nobody reads is refused.
class Fields {
 public:
  Fields(const std::string& file, const toml::table& table, std::string prefix)
      : file_(file), table_(table), prefix_(std::move(prefix)) {}

  // `value` becomes the field's if it is there; within least .. most. Was it there?
  template <class T>
  bool read(const char* key, T& value, T least = std::numeric_limits<T>::lowest(),
            T most = std::numeric_limits<T>::max()) {
    const toml::node* const node = find(key);
    if (node == nullptr) return false;
    using Native = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;
    const std::optional<Native> found = node->value_exact<Native>();
    const bool whole = node->is_integer() && std::is_floating_point_v<T>;
    if (!found && !whole)
      refuse(key, std::is_floating_point_v<T> ? "is not a number" : "is not a whole number");
    const Native given = found ? *found : static_cast<Native>(*node->value<std::int64_t>());
    if (!within(given, least, most)) {
      std::ostringstream text;
      text << "= " << given << ", wanted " << least << " .. " << most;
      refuse(key, text.str());
    }
    value = static_cast<T>(given);
    return true;
  }
  bool read(const char* key, std::string& value) {
    const toml::node* const node = find(key);
    if (node == nullptr) return false;
    if (!node->is_string()) refuse(key, "is not a string");
    value = node->as_string()->get();
    return true;
  }
  // A string that `parse` takes, or refuses with a sentence of its own.
  template <class T, class Parse>
  bool read(const char* key, T& value,
            const Parse& parse) requires std::is_invocable_v<Parse, const std::string&> {
    std::string text;
    if (!read(key, text)) return false;
    try {
      value = parse(text);
    } catch (const std::invalid_argument& error) {
      refuse(key, std::string(": ") + error.what());
    }
    return true;
  }
  Fields table(const char* key) {
    static const toml::table kNone;
    const toml::node* const node = find(key);
    if (node != nullptr && !node->is_table()) refuse(key, "is not a table");
    return {file_, node == nullptr ? kNone : *node->as_table(), prefix_ + key + "."};
  }
  [[noreturn]] void refuse(const char* key, const std::string& what) const {
    throw InputError(place(table_.get(key)->source()) + ": " +
                     one_line(prefix_ + key + (what.starts_with(":") ? "" : " ") + what));
  }
  // At the first of the fields that is there.
  [[noreturn]] void refuse_first(std::initializer_list<const char*> keys,
                                 const std::string& what) const {
    refuse(*std::ranges::find_if(keys, [&](const char* key) { return table_.contains(key); }),
           what);
  }
  // Throws for a field that was not read.
  void finish() const {
    for (const auto& [key, node] : table_) {
      const std::string name(key.str());
      if (read_.contains(name)) continue;
      std::string known;
      for (const std::string& field : read_) known += (known.empty() ? "" : ", ") + field;
      refuse(name.c_str(), "is unknown; there are " + known);
    }
  }

 private:
  std::string place(const toml::source_region& source) const {
    if (source.path && *source.path != file_) return *source.path;  // a change: one line
    return file_ + ":" + std::to_string(source.begin.line);
  }
  template <class Native, class T>
  static bool within(Native given, T least, T most) {
    if constexpr (std::is_floating_point_v<Native>)
      return given >= least && given <= most;
    else
      return std::cmp_greater_equal(given, least) && std::cmp_less_equal(given, most);
  }
  const toml::node* find(const char* key) {
    read_.insert(key);
    return table_.get(key);
  }
  const std::string& file_;
  const toml::table& table_;
  std::string prefix_;
  std::set<std::string> read_;
};

constexpr int kLargest = 1 << 20;  // of a dimension: far beyond any run here

template <class Shape>
Shape read_shape(Fields& fields);
template <>
MlpShape read_shape(Fields& fields) {
  MlpShape shape;
  fields.read("context", shape.context, 1, kLargest);
  fields.read("embedding", shape.embedding, 1, kLargest);
  fields.read("width", shape.width, 1, kLargest);
  fields.read("hidden", shape.hidden, 0, kLargest);
  return shape;
}
template <>
TransformerShape read_shape(Fields& fields) {
  TransformerShape shape;
  fields.read("context", shape.context, 1, kLargest);
  fields.read("width", shape.width, 1, kLargest);
  fields.read("heads", shape.heads, 1, kLargest);
  fields.read("blocks", shape.blocks, 1, kLargest);
  fields.read("inner", shape.inner, 1, kLargest);
  return shape;
}
template <>
ConvolutionShape read_shape(Fields& fields) {
  ConvolutionShape shape;
  fields.read("side", shape.side, 1, kLargest);
  fields.read("channels1", shape.channels1, 1, kLargest);
  fields.read("channels2", shape.channels2, 1, kLargest);
  return shape;
}

// One of the names of an enumeration.
template <class Enum>
auto one_of(std::initializer_list<Enum> all) {
  return [all](const std::string& text) {
    std::string names;
    for (const Enum value : all) {
      if (name(value) == text) return value;
      names += (names.empty() ? "" : ", ") + std::string(name(value));
    }
    throw std::invalid_argument("'" + text + "' is unknown; there are " + names);
  };
}

void read_model(Fields fields, ModelShape& model) {
  std::string kind = "transformer";
  fields.read("kind", kind, [](const std::string& text) {
    if (text != "mlp" && text != "transformer" && text != "convolution")
      throw std::invalid_argument("'" + text +
                                  "' is unknown; there are mlp, transformer, convolution");
    return text;
  });
  if (kind == "mlp")
    model = read_shape<MlpShape>(fields);
  else if (kind == "transformer")
    model = read_shape<TransformerShape>(fields);
  else
    model = read_shape<ConvolutionShape>(fields);
  fields.finish();
}

// Formats and a policy are of block products: naming one asks for them.
void read_products(Fields fields, Recipe& recipe) {
  const auto format = [](const std::string& text) { return parse_format(text); };
  const bool named =
      fields.read("recipe", recipe, [](const std::string& text) { return parse_recipe(text); });
  const auto of_blocks = [&](const char* field, bool read) {
    if (!read) return;
    if (named && recipe.arithmetic != Arithmetic::Block)
      fields.refuse(field, "goes with a recipe of block formats, this one is " +
                               std::string(name(recipe.arithmetic)));
    recipe.arithmetic = Arithmetic::Block;
  };
  of_blocks("x", fields.read("x", recipe.input, format));
  of_blocks("w", fields.read("w", recipe.weight, format));
  of_blocks("do", fields.read("do", recipe.output_gradient, format));
  using enum PolicyKind;
  of_blocks("policy",
            fields.read("policy", recipe.policy.kind, one_of({Fixed, ByStep, ByLayer, Adaptive})));
  const auto of_adaptive = [&](const char* field, double& value) {
    if (fields.read(field, value, -1e3, 1e3) && recipe.policy.kind != Adaptive)
      fields.refuse(field, "goes with the policy adaptive, this one is " +
                               std::string(name(recipe.policy.kind)));
  };
  of_adaptive("alpha", recipe.policy.alpha);
  of_adaptive("beta", recipe.policy.beta);
  if (recipe.policy.kind == Adaptive) {
    const auto watchable = [&](const char* field, const Format& format) {
      try {
        require_watchable(format);
      } catch (const std::invalid_argument& error) {
        fields.refuse_first({field, "policy", "recipe"},
                            std::string(": adaptive, and ") + field + " = " + error.what());
      }
    };
    watchable("x", recipe.input);
    watchable("w", recipe.weight);
    watchable("do", recipe.output_gradient);
  }
  fields.finish();
}

void read_optimizer(Fields fields, OptimizerOptions& optimizer) {
  fields.read("kind", optimizer.kind, one_of({OptimizerKind::Sgd, OptimizerKind::AdamW}));
  fields.read("learning_rate", optimizer.learning_rate, 0.0, 999.0);
  fields.read("weight_decay", optimizer.weight_decay, 0.0, 999.0);
  fields.read("momentum", optimizer.momentum, 0.0, 0.999999);
  fields.read("beta1", optimizer.beta1, 0.0, 0.999999);
  fields.read("beta2", optimizer.beta2, 0.0, 0.999999);
  fields.read("epsilon", optimizer.epsilon, 0.0, 0.999999);
  fields.finish();
}

// The array of block products; what is not told is as the engine has it for their formats.
void read_array(Fields fields, TrainingOptions& training) {
  const Format& any = training.recipe.output_gradient;
  Accumulation accumulation{};
  const bool accumulate = fields.read("accumulate", accumulation,
                                      one_of({Accumulation::Exact, Accumulation::Fp32}));
  MultiplierShape shape = default_multiplier_shape(
      training.engine, any, any, accumulate ? std::optional(accumulation) : std::nullopt);
  const auto of_blocks = [&](const char* field, bool read) {
    if (read && training.recipe.arithmetic != Arithmetic::Block)
      fields.refuse(field, "goes with a recipe of block formats, this one is " +
                               std::string(name(training.recipe.arithmetic)));
    if (read) training.array = shape;
  };
  of_blocks("accumulate", accumulate);
  of_blocks("rows", fields.read("rows", shape.array.rows, 1, kLargest));
  of_blocks("cols", fields.read("cols", shape.array.cols, 1, kLargest));
  of_blocks("lanes", fields.read("lanes", shape.array.lanes, 1, kLargest));
  of_blocks("chunk", fields.read("chunk", shape.chunk_bits, 1, 8));
  fields.finish();
}

toml::table parse_toml(std::string_view text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    throw InputError(file + ":" + std::to_string(error.source().begin.line) + ": " +
                     one_line(std::string(error.description())));
  } catch (const BrokenToml&) {
    throw InputError(file + ": is not TOML");
  }
}

// Fields of `changes` take the place of those of `table`.
void merge(toml::table& table, toml::table&& changes) {
  for (auto&& [key, node] : changes) {
    toml::table* const inner = table[key].as_table();
    if (inner != nullptr && node.is_table())
      merge(*inner, std::move(*node.as_table()));
    else
      table.insert_or_assign(key, std::move(node));
  }
}

// "field=value", the value TOML, or text that needs no quotes: it begins with a letter and is no
// TOML by itself.
toml::table parse_change(const std::string& text) {
  const std::string file = "--set " + one_line(text);
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) throw InputError(file + ": is not field=value");
  try {
    return parse_toml(text, file);
  } catch (const InputError&) {
    const std::string value = text.substr(equals + 1);
    if (value.empty() || value.find_first_of("'\"[]{}\n") != std::string::npos) throw;
    return parse_toml(text.substr(0, equals) + "='" + value + "'", file);
  }
}

}  // namespace

Config parse_config(std::string_view text, const std::string& file,
                    std::span<const std::string> changes) {
  toml::table root = parse_toml(text, file);
  for (const std::string& change : changes) merge(root, parse_change(change));
  Config config;
  TrainingOptions& training = config.training;
  Fields fields(file, root, "");
  fields.read("seed", training.seed);
  fields.read("steps", training.steps, std::int64_t{1}, std::int64_t{1} << 30);
  fields.read("batch", training.batch, 1, kLargest);
  fields.read("threads", training.threads, 1, 1024);
  fields.read("engine", training.engine);
  read_model(fields.table("model"), training.model);
  read_products(fields.table("products"), training.recipe);
  read_optimizer(fields.table("optimizer"), training.optimizer);
  read_array(fields.table("array"), training);

  Fields data = fields.table("data");
  data.read("texts", config.texts);
  data.read("held_out", config.held_out);
  data.read("held_out_batches", config.held_out_batches, 1, kLargest);
  data.finish();
  Fields output = fields.table("output");
  output.read("folder", config.output);
  output.read("checkpoint_every", config.checkpoint_every, std::int64_t{0}, std::int64_t{1} << 30);
  output.finish();
  fields.finish();
  return config;
}

Config read_config(const std::string& path, std::span<const std::string> changes) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || !text) throw InputError(path + ": cannot be read");
  return parse_config(text.str(), path, changes);
}

nlohmann::ordered_json run_json(const Config& config) {
  using Json = nlohmann::ordered_json;
  const TrainingOptions& t = config.training;
  const Json model = std::visit(
      [](const auto& shape) -> Json {
        using Shape = std::decay_t<decltype(shape)>;
        if constexpr (std::is_same_v<Shape, MlpShape>)
          return {{"kind", "mlp"},
                  {"context", shape.context},
                  {"embedding", shape.embedding},
                  {"width", shape.width},
                  {"hidden", shape.hidden}};
        else if constexpr (std::is_same_v<Shape, TransformerShape>)
          return {{"kind", "transformer"}, {"context", shape.context}, {"width", shape.width},
                  {"heads", shape.heads},  {"blocks", shape.blocks},   {"inner", shape.inner}};
        else
          return {{"kind", "convolution"},
                  {"side", shape.side},
                  {"channels1", shape.channels1},
                  {"channels2", shape.channels2}};
      },
      t.model);
  Json products = {{"arithmetic", name(t.recipe.arithmetic)}};
  if (t.recipe.arithmetic == Arithmetic::Block) {
    products["x"] = format_text(t.recipe.input);
    products["w"] = format_text(t.recipe.weight);
    products["do"] = format_text(t.recipe.output_gradient);
    products["policy"] = name(t.recipe.policy.kind);
    if (t.recipe.policy.kind == PolicyKind::Adaptive) {
      products["alpha"] = t.recipe.policy.alpha;
      products["beta"] = t.recipe.policy.beta;
    }
    const Format& any = t.recipe.output_gradient;
    const MultiplierShape array =
        t.array.value_or(default_multiplier_shape(t.engine, any, any, std::nullopt));
    if (array.accumulation == Accumulation::Fp32)  // rounds each chunk's sum of each step
      products["fp32_sums"] = {{"lanes", array.array.lanes}, {"chunk", array.chunk_bits}};
  }
  Json optimizer = {{"kind", name(t.optimizer.kind)},
                    {"learning_rate", t.optimizer.learning_rate},
                    {"weight_decay", t.optimizer.weight_decay}};
  if (t.optimizer.kind == OptimizerKind::Sgd) {
    optimizer["momentum"] = t.optimizer.momentum;
  } else {
    optimizer["beta1"] = t.optimizer.beta1;
    optimizer["beta2"] = t.optimizer.beta2;
    optimizer["epsilon"] = t.optimizer.epsilon;
  }
  Json run = {{"seed", t.seed}, {"steps", t.steps},     {"batch", t.batch},
              {"model", model}, {"products", products}, {"optimizer", optimizer}};
  if (!std::holds_alternative<ConvolutionShape>(t.model))
    run["data"] = {{"texts", config.texts}, {"held_out", config.held_out}};
  return run;
}

}  // namespace rh::learn
