#include "regress/merge.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>

#include "tensor/npy_header.hpp"

namespace rh::regress {
namespace {

std::string at_line(std::size_t line) {
  return "line " + std::to_string(line);
}

std::optional<std::uint64_t> whole(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

// The sum, or the largest count there is.
std::uint64_t added(std::uint64_t a, std::uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

// ---- JUnit --------------------------------------------------------------------------------------

// Reads XML far enough to know that it is whole: tags that close in order, quoted attributes, one
// root. Suites are found under <testsuites>, or are the root.
class JunitReader {
 public:
  struct Suite {
    std::string name;
    std::string text;
    std::uint64_t tests = 0, failed = 0;
  };

  explicit JunitReader(const InputText& input) : in_(input), text_(input.text) {}

  std::vector<Suite> read() {
    while (at_ < text_.size()) {
      const std::size_t open = text_.find('<', at_);
      const std::string_view before = text_.substr(at_, open - std::min(open, at_));
      if (open_.empty() && before.find_first_not_of(" \t\r\n\xEF\xBB\xBF") != before.npos)
        broken("has text outside its root");
      if (open == text_.npos) break;
      at_ = open;
      if (skip("<?", "?>") || skip("<!--", "-->") || skip("<![CDATA[", "]]>")) continue;
      if (text_.substr(at_).starts_with("<!")) broken("has a document type");
      tag();
    }
    if (!open_.empty()) broken("ends inside <" + open_.back().name + ">");
    if (!root_) broken("has no element");
    return suites_;
  }

 private:
  struct Element {
    std::string name;
    std::size_t begin;
    bool failed = false;
  };

  [[noreturn]] void broken(const std::string& what) const {
    const auto end = text_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, text_.size()));
    refuse(in_.file,
           at_line(1 + static_cast<std::size_t>(std::count(text_.begin(), end, '\n'))) + " " + what,
           "whole JUnit XML files are merged");
  }

  bool skip(std::string_view begin, std::string_view end) {
    if (!text_.substr(at_).starts_with(begin)) return false;
    const std::size_t close = text_.find(end, at_ + begin.size());
    if (close == text_.npos)
      broken("has no " + std::string(end) + " for its " + std::string(begin));
    at_ = close + end.size();
    return true;
  }

  void tag() {
    const std::size_t begin = at_++;
    const bool closing = at_ < text_.size() && text_[at_] == '/';
    if (closing) ++at_;
    const std::string name = word();
    std::string suite_name;
    bool empty = false;
    while (true) {
      space();
      if (at_ >= text_.size()) broken("ends inside the tag <" + name);
      if (text_[at_] == '>') break;
      if (text_[at_] == '/' && !closing) {
        empty = true;
        ++at_;
        if (at_ >= text_.size() || text_[at_] != '>') broken("has a / inside the tag <" + name);
        break;
      }
      if (closing) broken("has an attribute in </" + name + ">");
      const std::string key = word();
      const std::string value = quoted(name);
      if (key == "name") suite_name = value;
    }
    ++at_;
    if (closing) {
      if (open_.empty() || open_.back().name != name) broken("has </" + name + "> out of order");
      close();
      return;
    }
    if (open_.empty()) {
      if (root_) broken("has a second root, <" + name + ">");
      root_ = true;
      if (name != "testsuites" && name != "testsuite")
        broken("has the root <" + name + ">, not testsuites or testsuite");
    }
    if (name == "testsuite" && (open_.empty() || open_.size() == 1))
      suites_.push_back({suite_name, {}, 0, 0});
    if (name == "testcase" && !suites_.empty()) ++suites_.back().tests;
    if (name == "failure" || name == "error")
      for (Element& element : open_) element.failed = element.failed || element.name == "testcase";
    open_.push_back({name, begin});
    if (empty) close();
  }

  void close() {
    const Element element = open_.back();
    open_.pop_back();
    if (element.name == "testcase" && element.failed && !suites_.empty()) ++suites_.back().failed;
    if (element.name == "testsuite" && open_.size() <= 1)
      suites_.back().text = text_.substr(element.begin, at_ - element.begin);
  }

  std::string word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_.substr(at_, 1).find_first_of(" \t\r\n=/<>\"'") != 0) ++at_;
    if (begin == at_) broken("has a tag or an attribute without a name");
    return std::string(text_.substr(begin, at_ - begin));
  }
  void space() {
    while (at_ < text_.size() && text_.substr(at_, 1).find_first_of(" \t\r\n") == 0) ++at_;
  }
  std::string quoted(const std::string& tag) {
    space();
    if (at_ >= text_.size() || text_[at_] != '=')
      broken("has an attribute without a value in <" + tag);
    ++at_;
    space();
    const char quote = at_ < text_.size() ? text_[at_] : ' ';
    const std::size_t end = quote == '"' || quote == '\'' ? text_.find(quote, at_ + 1) : text_.npos;
    if (end == text_.npos) broken("has a value without its quotes in <" + tag);
    const std::string value(text_.substr(at_ + 1, end - at_ - 1));
    if (value.find('<') != value.npos) broken("has a < inside a value of <" + tag);
    at_ = end + 1;
    return value;
  }

  const InputText& in_;
  std::string_view text_;
  std::size_t at_ = 0;
  bool root_ = false;
  std::vector<Element> open_;
  std::vector<Suite> suites_;
};

// ---- lcov ---------------------------------------------------------------------------------------

// What is known of one source file under one test name.
struct Source {
  std::map<std::uint64_t, std::uint64_t> lines;    // DA
  std::map<std::uint64_t, std::string> checksums;  // of DA, where there are some
  std::map<std::string, std::string> functions;    // FN: name to where it is
  std::map<std::string, std::uint64_t> calls;      // FNDA
  std::map<std::vector<std::string>, std::optional<std::uint64_t>> branches;  // BRDA
};

std::vector<std::string> fields(const std::string& text, std::size_t most) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (out.size() + 1 < most) {
    const std::size_t comma = text.find(',', at);
    if (comma == text.npos) break;
    out.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  out.push_back(text.substr(at));
  return out;
}

// Branches by line as a number.
std::vector<std::string> branch_key(const std::vector<std::string>& f) {
  return {std::string(20 - std::min<std::size_t>(f[0].size(), 20), '0') + f[0], f[1], f[2]};
}

void read_lcov(const InputText& input, std::map<std::pair<std::string, std::string>, Source>& all) {
  std::istringstream in(input.text);
  std::string test;
  Source* source = nullptr;
  std::size_t number = 0;
  std::string line;
  const auto broken = [&](const std::string& what) {
    refuse(input.file, at_line(number) + " " + what, "whole lcov tracefiles are merged");
  };
  while (std::getline(in, line)) {
    ++number;
    if (in.eof()) broken("has no end");
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line[0] == '#') continue;
    if (line == "end_of_record") {
      if (source == nullptr) broken("ends a record that did not begin");
      source = nullptr;
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == line.npos) broken("is '" + printable(line) + "'");
    const std::string key = line.substr(0, colon), value = line.substr(colon + 1);
    if (key == "TN") {
      test = value;
      continue;
    }
    if (key == "SF") {
      if (source != nullptr) broken("begins a record inside another");
      source = &all[{test, value}];
      continue;
    }
    if (source == nullptr) broken("stands outside a record: '" + printable(line) + "'");
    if (key == "DA") {
      const auto f = fields(value, 3);
      const auto at = whole(f[0]), count = f.size() > 1 ? whole(f[1]) : std::nullopt;
      if (!at || !count) broken("is '" + printable(line) + "'");
      std::uint64_t& sum = source->lines[*at];
      sum = added(sum, *count);
      if (f.size() < 3) continue;
      const auto [known, is_new] = source->checksums.try_emplace(*at, f[2]);
      if (!is_new && known->second != f[2])
        broken("has a checksum that another file does not have");
    } else if (key == "FN") {
      // FN:line,name, or FN:first,last,name; a name may have commas.
      auto f = fields(value, 2);
      if (f.size() < 2 || !whole(f[0])) broken("is '" + printable(line) + "'");
      if (const auto more = fields(f[1], 2); more.size() == 2 && whole(more[0]))
        f = {f[0] + "," + more[0], more[1]};
      const auto [known, is_new] = source->functions.try_emplace(f[1], f[0]);
      if (!is_new && known->second != f[0])
        broken("has the function " + printable(known->first) + " at another line");
    } else if (key == "FNDA") {
      const auto f = fields(value, 2);
      const auto count = whole(f[0]);
      if (!count || f.size() < 2) broken("is '" + printable(line) + "'");
      std::uint64_t& sum = source->calls[f[1]];
      sum = added(sum, *count);
    } else if (key == "BRDA") {
      const auto f = fields(value, 4);
      if (f.size() < 4 || !whole(f[0]) || (f[3] != "-" && !whole(f[3])))
        broken("is '" + printable(line) + "'");
      auto& sum = source->branches[branch_key(f)];
      if (f[3] != "-") sum = added(sum.value_or(0), *whole(f[3]));
    } else if (key != "FNF" && key != "FNH" && key != "LF" && key != "LH" && key != "BRF" &&
               key != "BRH" && key != "VER") {
      broken("is '" + printable(line) + "'");
    }
  }
  if (source != nullptr) broken("ends inside a record");
  if (number == 0) refuse(input.file, "is empty", "whole lcov tracefiles are merged");
}

}  // namespace

Merged merge_junit(const std::vector<InputText>& inputs) {
  std::map<std::string, std::pair<JunitReader::Suite, std::string>> suites;  // and their file
  Merged merged;
  for (const InputText& input : inputs)
    for (JunitReader::Suite& suite : JunitReader(input).read()) {
      merged.count += suite.tests;
      merged.failed += suite.failed;
      const auto [known, is_new] = suites.try_emplace(suite.name, suite, input.file);
      if (!is_new)
        refuse(input.file,
               "the suite " + printable(suite.name) + " is in " + known->second.second + ", too",
               "each suite is merged once");
    }
  merged.text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"" +
                std::to_string(merged.count) + "\" failures=\"" + std::to_string(merged.failed) +
                "\">\n";
  for (const auto& [name, suite] : suites) merged.text += suite.first.text + "\n";
  merged.text += "</testsuites>\n";
  return merged;
}

Merged merge_lcov(const std::vector<InputText>& inputs) {
  std::map<std::pair<std::string, std::string>, Source> all;
  for (const InputText& input : inputs) read_lcov(input, all);
  Merged merged;
  std::ostringstream out;
  for (const auto& [name, source] : all) {
    out << "TN:" << name.first << "\nSF:" << name.second << "\n";
    for (const auto& [function, where] : source.functions)
      out << "FN:" << where << "," << function << "\n";
    std::size_t hit = 0;
    for (const auto& [function, count] : source.calls) {
      out << "FNDA:" << count << "," << function << "\n";
      hit += count > 0 ? 1 : 0;
    }
    if (!source.functions.empty() || !source.calls.empty())
      out << "FNF:" << std::max(source.functions.size(), source.calls.size()) << "\nFNH:" << hit
          << "\n";
    hit = 0;
    for (const auto& [key, taken] : source.branches) {
      out << "BRDA:" << *whole(key[0]) << "," << key[1] << "," << key[2] << ","
          << (taken ? std::to_string(*taken) : "-") << "\n";
      hit += taken.value_or(0) > 0 ? 1 : 0;
    }
    if (!source.branches.empty())
      out << "BRF:" << source.branches.size() << "\nBRH:" << hit << "\n";
    hit = 0;
    for (const auto& [line, count] : source.lines) {
      const auto checksum = source.checksums.find(line);
      out << "DA:" << line << "," << count
          << (checksum == source.checksums.end() ? "" : "," + checksum->second) << "\n";
      hit += count > 0 ? 1 : 0;
    }
    out << "LF:" << source.lines.size() << "\nLH:" << hit << "\nend_of_record\n";
    merged.count += source.lines.size() + source.branches.size() + source.calls.size();
  }
  merged.text = out.str();
  return merged;
}

Merged merge_coverage(const std::vector<InputText>& inputs) {
  constexpr std::string_view kHead = "# SystemC::Coverage-3";
  std::map<std::string, std::uint64_t> points;
  for (const InputText& input : inputs) {
    std::istringstream in(input.text);
    std::size_t number = 0;
    std::string line;
    const auto broken = [&](const std::string& what) {
      refuse(input.file, at_line(number) + " " + what,
             "whole coverage files of Verilator are merged");
    };
    while (std::getline(in, line)) {
      ++number;
      if (number == 1 && line != kHead) broken("is not '" + std::string(kHead) + "'");
      if (in.eof()) broken("has no end");
      if (line.empty() || line[0] == '#') continue;
      const std::size_t quote = line.rfind("' ");
      const auto count =
          quote == line.npos ? std::nullopt : whole(std::string_view(line).substr(quote + 2));
      if (!line.starts_with("C '") || quote < 3 || !count) broken("is '" + printable(line) + "'");
      std::uint64_t& sum = points[line.substr(3, quote - 3)];
      sum = added(sum, *count);
    }
    if (number == 0) refuse(input.file, "is empty", "whole coverage files of Verilator are merged");
  }
  Merged merged;
  merged.count = points.size();
  merged.text = std::string(kHead) + "\n";
  for (const auto& [key, count] : points)
    merged.text += "C '" + key + "' " + std::to_string(count) + "\n";
  return merged;
}

}  // namespace rh::regress
