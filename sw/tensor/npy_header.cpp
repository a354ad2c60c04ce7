#include "tensor/npy_header.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <istream>
#include <optional>

namespace rh {
namespace {

struct DTypeRow {
  DType dtype;
  std::string_view name;
  int size;
};

constexpr std::array kDTypes = {
    DTypeRow{DType::Float32, "<f4", 4},  DTypeRow{DType::Float16, "<f2", 2},
    DTypeRow{DType::Bfloat16, "<V2", 2}, DTypeRow{DType::Float64, "<f8", 8},
    DTypeRow{DType::Int8, "|i1", 1},     DTypeRow{DType::Int16, "<i2", 2},
    DTypeRow{DType::Int32, "<i4", 4},    DTypeRow{DType::Uint16, "<u2", 2},
    DTypeRow{DType::Uint8, "|u1", 1},
};

const DTypeRow& row(DType dtype) {
  return kDTypes[static_cast<std::size_t>(dtype)];
}

constexpr const char* kReadable =
    "read are <f4 <f2 <f8 |i1 <i2 <i4, bfloat16 as <V2, and bit patterns as <u2";
constexpr const char* kKeys = "a header has the keys descr, fortran_order and shape";

// '<' and '=' (native, little-endian here) are the same; '|' is for types that have no byte order,
// which numpy says of V2 once it has read one back.
DType parse_descr(const std::string& file, std::string_view descr) {
  if (descr == "bfloat16") return DType::Bfloat16;
  const std::string_view type = descr.substr(descr.empty() ? 0 : 1);
  const char order = descr.empty() ? '\0' : descr[0];
  for (const DTypeRow& r : kDTypes) {
    if (r.name.substr(1) != type || r.dtype == DType::Uint8) continue;
    if (order == '<' || order == '=') return r.dtype;
    if (order == '|' && (r.dtype == DType::Int8 || r.dtype == DType::Bfloat16)) return r.dtype;
    if (order == '>') refuse(file, "descr is '" + std::string(descr) + "', big-endian", kReadable);
  }
  if (type.starts_with("O"))
    refuse(file, "descr is '" + printable(descr) + "', Python objects", kReadable);
  refuse(file, "descr is '" + printable(descr) + "'", kReadable);
}

// Reads the one Python literal that a header is. No recursion: nothing nests.
class Parser {
 public:
  Parser(const std::string& file, std::string_view text, int major)
      : file_(file), text_(text), major_(major) {}

  NpyHeader run() {
    std::optional<DType> dtype;
    std::optional<bool> fortran_order;
    std::optional<Shape> shape;
    expect('{', "'{'");
    while (!take('}')) {
      const std::string key = string("a key in quotes or '}'");
      expect(':', "':'");
      if (key == "descr") {
        once(key, dtype.has_value());
        dtype = descr();
      } else if (key == "fortran_order") {
        once(key, fortran_order.has_value());
        fortran_order = boolean();
      } else if (key == "shape") {
        once(key, shape.has_value());
        shape = dimensions();
      } else {
        refuse(file_, "header has the key '" + printable(key) + "'", kKeys);
      }
      if (take(',')) continue;
      expect('}', "',' or '}'");
      break;
    }
    skip_space();
    if (at_ < text_.size()) unexpected("the end of the header");
    if (!dtype) missing("descr");
    if (!fortran_order) missing("fortran_order");
    if (!shape) missing("shape");
    return {*dtype, *fortran_order, *std::move(shape)};
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c, const char* expected) {
    if (!take(c)) unexpected(expected);
  }
  [[noreturn]] void unexpected(const std::string& expected) {
    skip_space();
    const std::string found =
        at_ == text_.size() ? "ends" : "has '" + printable(text_.substr(at_, 1)) + "'";
    refuse(file_, "header " + found + " at byte " + std::to_string(at_), "expected " + expected);
  }
  [[noreturn]] void missing(const std::string& key) {
    refuse(file_, "header lacks the key '" + key + "'", kKeys);
  }
  void once(const std::string& key, bool seen) {
    if (seen) refuse(file_, "header has the key '" + key + "' twice", "each occurs once");
  }

  std::string string(const char* expected) {
    skip_space();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') unexpected(expected);
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) {
      at_ = text_.size();
      unexpected("a closing quote");
    }
    const std::string_view body = text_.substr(at_ + 1, end - at_ - 1);
    if (body.find_first_of("\\\n") != std::string_view::npos)
      refuse(file_, "header has the string '" + printable(body) + "'", "no escapes are read");
    at_ = end + 1;
    return std::string(body);
  }
  DType descr() {
    skip_space();
    if (at_ < text_.size() && (text_[at_] == '[' || text_[at_] == '('))
      refuse(file_, "descr is a list, a structured dtype", kReadable);
    return parse_descr(file_, string("a dtype in quotes"));
  }
  bool boolean() {
    skip_space();
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return value;
    }
    unexpected("True or False for fortran_order");
  }
  Shape dimensions() {
    Shape shape;
    expect('(', "'(' for shape");
    bool comma = true;
    while (!take(')')) {
      if (!comma) unexpected("',' or ')' in shape");
      if (shape.size() == kNpyMaxDimensions)
        refuse(file_, "shape has more than " + std::to_string(kNpyMaxDimensions) + " dimensions",
               "at most " + std::to_string(kNpyMaxDimensions) + " are read");
      shape.push_back(dimension(shape.size()));
      comma = take(',');
    }
    if (shape.size() == 1 && !comma)
      refuse(file_, "shape is (" + std::to_string(shape[0]) + "), not a tuple",
             "one dimension is written (" + std::to_string(shape[0]) + ",)");
    return shape;
  }
  std::int64_t dimension(std::size_t index) {
    skip_space();
    const std::size_t begin = at_;
    if (at_ < text_.size() && text_[at_] == '-') ++at_;
    const std::size_t digits = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    const std::string_view number = text_.substr(begin, at_ - begin);
    if (digits == at_ || (text_[digits] == '0' && at_ - digits > 1)) {
      at_ = begin;
      unexpected("a whole number in shape");
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc{} || number[0] == '-')
      refuse(file_, "shape has dimension " + std::to_string(index) + " = " + printable(number),
             "a dimension lies in 0.." + std::to_string(kNpyMaxBytes));
    if (major_ < 3 && at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote 3L
    return value;
  }

  const std::string& file_;
  std::string_view text_;
  int major_;
  std::size_t at_ = 0;
};

// The shape must be countable in 63 bits even where an empty dimension makes the product 0: lines
// and scales are counted over the others.
void check_shape(const std::string& file, const NpyHeader& header) {
  std::int64_t extent = item_size(header.dtype);
  bool empty = false;
  for (const std::int64_t d : header.shape) {
    if (d == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(extent, d, &extent)) {
      refuse(file, "shape is " + to_string(header.shape) + ", whose product overflows",
             "at most " + std::to_string(kNpyMaxBytes) + " bytes of data");
    }
  }
  if (empty && extent / item_size(header.dtype) > kNpyMaxEmptyExtent)
    refuse(file, "shape is " + to_string(header.shape) + ", which is empty",
           "its other dimensions may multiply to " + std::to_string(kNpyMaxEmptyExtent));
}

template <class Keep>
std::string escaped(std::string_view text, Keep keep) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (keep(byte)) {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

}  // namespace

std::string_view name(DType dtype) {
  return row(dtype).name;
}
int item_size(DType dtype) {
  return row(dtype).size;
}

std::string to_string(std::span<const std::int64_t> shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

std::int64_t element_count(std::span<const std::int64_t> shape) {
  std::int64_t count = 1;
  for (const std::int64_t d : shape) count = d == 0 ? 0 : count * d;
  return count;
}

NpyHeader parse_npy_header(const std::string& file, std::string_view text, int major) {
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((text[i] < ' ' || text[i] > '~') && text[i] != '\n')
      refuse(file, "header has byte " + printable(text.substr(i, 1)) + " at " + std::to_string(i),
             "a header is printable ASCII");
  NpyHeader header = Parser(file, text, major).run();
  check_shape(file, header);
  return header;
}

std::string npy_header(DType dtype, std::span<const std::int64_t> shape) {
  std::string text = "{'descr': '" + std::string(name(dtype)) +
                     "', 'fortran_order': False, 'shape': " + to_string(shape) + ", }";
  // Room for the first dimension to grow to 21 digits, then at least one space up to a multiple of
  // 64 bytes: what numpy does, so that the files are the same.
  if (!shape.empty()) text.append(21 - std::to_string(shape[0]).size(), ' ');
  const std::size_t used = 10 + text.size() + 1;
  text.append(64 - used % 64, ' ');
  text += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(text.size() & 0xFF);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

void refuse(const std::string& file, const std::string& what, const std::string& limit) {
  throw InputError(one_line(file) + ": " + what + "; " + limit);
}

void refuse_read(const std::string& file, const std::istream& in, const std::string& what) {
  const int error = errno;
  if (in.eof()) refuse(file, what + " ends too soon", "the file shrank while it was read");
  refuse(file, what + " cannot be read: " + std::strerror(error), "it must be readable");
}

std::string one_line(std::string_view text) {
  return escaped(text, [](unsigned char c) { return c >= ' ' && c != 0x7F; });
}

std::string printable(std::string_view text) {
  constexpr std::size_t kShown = 60;
  const std::string out =
      escaped(text.substr(0, kShown), [](unsigned char c) { return c >= ' ' && c <= '~'; });
  return text.size() > kShown ? out + "..." : out;
}

}  // namespace rh
