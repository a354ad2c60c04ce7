#include "cli/layers.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "tensor/npy_header.hpp"

namespace rh::cli {
namespace {

constexpr std::uintmax_t kMaxBytes = 1 << 20;
constexpr std::size_t kMaxName = 40;

constexpr const char* kColumns =
    "kind, name, count and batch, of gemm m, k, n, of conv in_channels, out_channels, kernel, "
    "stride, padding, height, width, groups";

enum class Of { Both, Gemm, Conv };
struct Column {
  std::string_view name;
  Of of;
  std::optional<std::int64_t> otherwise = {};  // what an empty field is; none: it is an error
  std::int64_t least = 1;
};
constexpr Column kNumbers[] = {
    {"count", Of::Both, 1},
    {"batch", Of::Both, 1},
    {"m", Of::Gemm},
    {"k", Of::Gemm},
    {"n", Of::Gemm},
    {"in_channels", Of::Conv},
    {"out_channels", Of::Conv},
    {"kernel", Of::Conv},
    {"stride", Of::Conv, 1},
    {"padding", Of::Conv, 0, 0},
    {"height", Of::Conv},
    {"width", Of::Conv},
    {"groups", Of::Conv, 1},
};

std::string in_quotes(std::string_view text) {
  return "'" + printable(text) + "'";
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t first = 0;;) {
    const std::size_t comma = line.find(',', first);
    fields.push_back(trimmed(line.substr(first, comma - first)));
    if (comma == std::string_view::npos) return fields;
    first = comma + 1;
  }
}

std::string contents(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) refuse(path, "file cannot be found", "give the path of a .csv file");
  if (!fs::is_regular_file(status)) refuse(path, "is not a regular file", "a table is a .csv file");
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) refuse(path, "has no size: " + error.message(), "a table is a .csv file");
  if (size > kMaxBytes)
    refuse(path, "has " + std::to_string(size) + " bytes",
           "a table of layers has at most " + std::to_string(kMaxBytes));
  std::ifstream in(path, std::ios::binary);
  std::string text(static_cast<std::size_t>(size), '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(size)))
    refuse_read(path, in, "file");
  return text;
}

// One file, line after line.
class Table {
 public:
  explicit Table(const std::string& path) : path_(path) {
    const std::string text = contents(path);
    std::string_view rest = text;
    while (!rest.empty()) {
      ++line_;
      const std::size_t end = rest.find('\n');
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      take(trimmed(line));
    }
    if (columns_.empty()) refuse(path_, "has no header line", header());
    if (layers_.empty()) refuse(path_, "has no layers", "each line below the header is one");
  }

  std::vector<Layer> layers() && { return std::move(layers_); }

 private:
  static std::string header() { return std::string("it names the columns: ") + kColumns; }

  [[noreturn]] void refuse_line(const std::string& what, const std::string& limit) const {
    refuse(path_, "line " + std::to_string(line_) + ": " + what, limit);
  }
  [[noreturn]] void refuse_field(std::string_view column, const std::string& what,
                                 const std::string& limit) const {
    refuse(path_, "line " + std::to_string(line_) + ", column " + std::string(column) + ": " + what,
           limit);
  }

  void take(std::string_view line) {
    if (line.empty() || line.front() == '#') return;
    if (line.find('"') != std::string_view::npos)
      refuse_line("has a quote", "fields are plain, without commas and quotes");
    if (columns_.empty())
      take_header(split(line));
    else
      take_layer(split(line));
  }

  void take_header(const std::vector<std::string_view>& fields) {
    for (const std::string_view field : fields) {
      const bool known = field == "kind" || field == "name" ||
                         std::any_of(std::begin(kNumbers), std::end(kNumbers),
                                     [&](const Column& column) { return column.name == field; });
      if (!known) refuse_line("column " + in_quotes(field) + " is unknown", header());
      if (!columns_.emplace(field, columns_.size()).second)
        refuse_line("column " + in_quotes(field) + " is there twice", "a column has one name");
    }
    for (const std::string name : {"kind", "name"})
      if (columns_.count(name) == 0) refuse_line("column '" + name + "' is missing", header());
  }

  void take_layer(const std::vector<std::string_view>& fields) {
    if (fields.size() != columns_.size())
      refuse_line("has " + std::to_string(fields.size()) + " fields",
                  "the header names " + std::to_string(columns_.size()) + " columns");
    const auto field = [&](std::string_view column) {
      const auto at = columns_.find(column);
      return at == columns_.end() ? std::string_view{} : fields[at->second];
    };
    Layer layer;
    layer.line = line_;
    const std::string_view kind = field("kind");
    if (kind != "gemm" && kind != "conv")
      refuse_field("kind", "is " + in_quotes(kind), "it is gemm or conv");
    layer.convolution = kind == "conv";
    const std::string_view name = field("name");
    const bool plain =
        std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (name.empty() || name.size() > kMaxName || !plain)
      refuse_field("name", "is " + in_quotes(name),
                   "it is 1 to " + std::to_string(kMaxName) + " printable ASCII characters");
    layer.name = name;

    std::map<std::string_view, std::int64_t> x;
    for (const Column& column : kNumbers)
      x[column.name] = number(column, field(column.name), layer);
    layer.count = x["count"];
    layer.batch = x["batch"];
    layer.m = x["m"];
    layer.k = x["k"];
    layer.n = x["n"];
    try {
      if (layer.convolution) lower(layer, x);
      product({layer.m, layer.k, layer.n, layer.batch, layer.count});
    } catch (const std::overflow_error&) {
      refuse_layer(path_, layer, "has more than 2^62 MACs", "counts go to 2^62");
    }
    layers_.push_back(std::move(layer));
  }

  // A number of a row; 0 where rows of its kind have none.
  std::int64_t number(const Column& column, std::string_view text, const Layer& layer) const {
    const std::string kind = layer.convolution ? "conv" : "gemm";
    if (column.of != Of::Both && (column.of == Of::Conv) != layer.convolution) {
      if (!text.empty())
        refuse_field(column.name, "is " + in_quotes(text) + " for a " + kind,
                     "it is of a " + std::string(layer.convolution ? "gemm" : "conv"));
      return 0;
    }
    if (text.empty()) {
      if (!column.otherwise) refuse_field(column.name, "is empty", "a " + kind + " has one");
      return *column.otherwise;
    }
    std::int64_t value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    if (!whole || value < column.least || value > kMaxExtent)
      refuse_field(column.name, "is " + in_quotes(text),
                   "it is a whole number in " + std::to_string(column.least) + ".." +
                       std::to_string(kMaxExtent));
    return value;
  }

  // im2col: a row of A is what the kernel sees at one place.               docs/cycles.md (1) - (3)
  void lower(Layer& layer, const std::map<std::string_view, std::int64_t>& x) const {
    const std::int64_t kernel = x.at("kernel"), groups = x.at("groups");
    const auto places = [&](std::string_view column) {
      const std::int64_t padded = x.at(column) + 2 * x.at("padding");
      if (kernel > padded)
        refuse_field("kernel", "is " + std::to_string(kernel),
                     std::string(column) + " with its padding is " + std::to_string(padded));
      return (padded - kernel) / x.at("stride") + 1;
    };
    for (const std::string_view column : {"in_channels", "out_channels"})
      if (x.at(column) % groups != 0)
        refuse_field("groups", "is " + std::to_string(groups),
                     "it divides " + std::string(column) + ", " + std::to_string(x.at(column)));
    layer.m = product({layer.batch, places("height"), places("width")});
    layer.k = product({x.at("in_channels") / groups, kernel, kernel});
    layer.n = x.at("out_channels") / groups;
    layer.batch = groups;
  }

  std::string path_;
  std::int64_t line_ = 0;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::vector<Layer> layers_;
};

}  // namespace

std::vector<Layer> read_layers(const std::string& path) {
  return Table(path).layers();
}

void refuse_layer(const std::string& path, const Layer& layer, const std::string& what,
                  const std::string& limit) {
  refuse(path,
         "line " + std::to_string(layer.line) + ", layer " + in_quotes(layer.name) + ": " + what,
         limit);
}

std::int64_t product(std::initializer_list<std::int64_t> factors) {
  std::int64_t result = 1;
  for (const std::int64_t factor : factors)
    if (__builtin_mul_overflow(result, factor, &result) || result > kMaxTotal)
      throw std::overflow_error("product");
  return result;
}

std::int64_t sum(std::initializer_list<std::int64_t> terms) {
  std::int64_t result = 0;
  for (const std::int64_t term : terms)
    if (__builtin_add_overflow(result, term, &result) || result > kMaxTotal)
      throw std::overflow_error("sum");
  return result;
}

}  // namespace rh::cli
