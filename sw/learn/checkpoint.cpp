#include "learn/checkpoint.hpp"

#include <fstream>
#include <vector>

#include "tensor/input_error.hpp"
#include "tensor/npy.hpp"

namespace rh::learn {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kHead = "checkpoint.json";
constexpr int kVersion = 1;

// Every tensor of a training that a step changes.
std::vector<Optimizer::State> tensors(Training& training) {
  std::vector<Optimizer::State> all;
  for (Parameter<float>* parameter : training.model().parameters())
    all.push_back({parameter->name, parameter->value});
  for (const Optimizer::State& state : training.optimizer().state()) all.push_back(state);
  return all;
}

fs::path file_of(const fs::path& folder, const Optimizer::State& tensor) {
  return folder / (tensor.name + ".npy");
}

Json read_head(const fs::path& folder) {
  const std::string path = (folder / kHead).string();
  std::ifstream in(path, std::ios::binary);
  if (!in) throw InputError(path + ": cannot be read; is " + folder.string() + " a checkpoint?");
  Json head;
  try {
    head = Json::parse(in);
  } catch (const Json::exception&) {
    throw InputError(path + ": is not JSON");
  }
  const auto whole = [&](const char* field) {
    if (!head.is_object() || !head.contains(field) || !head[field].is_number_integer())
      throw InputError(path + ": " + field + " is not a whole number");
  };
  whole("checkpoint");
  whole("steps_done");
  if (head["checkpoint"] != kVersion)
    throw InputError(path + ": checkpoint = " + head["checkpoint"].dump() + ", wanted " +
                     std::to_string(kVersion));
  return head;
}

// The first field in which two runs differ, with both values; empty if none does.
std::string difference(const Json& want, const Json& got, const std::string& field) {
  if (want == got) return "";
  if (want.is_object() && got.is_object()) {
    for (const auto& [key, value] : want.items()) {
      const std::string name = field.empty() ? key : field + "." + key;
      const std::string inner = got.contains(key)
                                    ? difference(value, got[key], name)
                                    : name + " = " + value.dump() + ", which it does not have";
      if (!inner.empty()) return inner;
    }
    for (const auto& [key, value] : got.items())
      if (!want.contains(key)) return field + "." + key + ", which this run does not have";
  }
  return field + " = " + want.dump() + ", it has " + got.dump();
}

}  // namespace

void save_checkpoint(const fs::path& folder, const Json& run, Training& training) {
  const fs::path part = folder.string() + ".part";
  try {
    fs::remove_all(part);
    fs::create_directories(part);
    for (const Optimizer::State& tensor : tensors(training)) {
      const std::int64_t size = static_cast<std::int64_t>(tensor.values.size());
      write_npy<float>(file_of(part, tensor).string(), std::span(&size, 1), tensor.values);
    }
    OutputFile head((part / kHead).string());
    head.write(
        Json{{"checkpoint", kVersion}, {"steps_done", training.steps_done()}, {"run", run}}.dump(
            2) +
        "\n");
    head.commit();
    fs::remove_all(folder);
    fs::rename(part, folder);
  } catch (const fs::filesystem_error& error) {
    throw InputError(folder.string() + ": cannot be written: " + error.code().message());
  }
}

void load_checkpoint(const fs::path& folder, const Json& run, Training& training) {
  const Json head = read_head(folder);
  const Json theirs = head.value("run", Json::object());
  if (const std::string what = difference(run, theirs, ""); !what.empty())
    throw InputError((folder / kHead).string() + ": is of another run: wanted " + what);

  // All are read before any is taken.
  const std::vector<Optimizer::State> all = tensors(training);
  std::vector<Tensor> read;
  for (const Optimizer::State& tensor : all) {
    const std::string path = file_of(folder, tensor).string();
    read.push_back(read_npy(path));
    const Shape want{static_cast<std::int64_t>(tensor.values.size())};
    if (read.back().dtype != DType::Float32 || read.back().shape != want)
      throw InputError(path + ": is not <f4 of " + std::to_string(want[0]) + " values");
  }
  training.resume(head["steps_done"]);
  for (std::size_t i = 0; i < all.size(); ++i)
    std::ranges::copy(read[i].values(), all[i].values.begin());
}

}  // namespace rh::learn
