#include "cli/report.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <set>
#include <sstream>

namespace rh::cli {

Report::Report(const std::string& subcommand, const Common& common) : common_(common) {
  json_ = {{"program", "roundhouse"},
           {"version", kVersion},
           {"contract", kContractVersion},
           {"report", 1},  // of these fields: grows when one changes its meaning
           {"subcommand", subcommand},
           {"command", common.command},
           {"seed", common.seed}};
}

void Report::add(const std::string& key, const Json& value, const std::string& text) {
  json_[key] = value;
  const bool plain = text.empty() && value.is_string();
  lines_.emplace_back(label(key), plain          ? value.get<std::string>()
                                  : text.empty() ? value.dump()
                                                 : text);
}

void Report::write(std::vector<OutputFile> outputs) {
  if (!common_.json.empty()) {
    outputs.emplace_back(common_.json);
    outputs.back().write(json_.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  OutputFile::commit(outputs);
}

void Report::finish(std::vector<OutputFile> outputs) {
  add("seed", common_.seed);
  write(std::move(outputs));
  if (common_.quiet) return;
  std::size_t width = 0;
  for (const auto& [name, text] : lines_) width = std::max(width, name.size());
  for (const auto& [name, text] : lines_)
    std::cout << std::left << std::setw(static_cast<int>(width) + 2) << name << text << "\n";
}

void check_outputs(const Common& common, const std::vector<std::string>& paths) {
  std::set<std::filesystem::path> seen;
  const auto check = [&](const std::string& path) {
    if (path.empty()) return;
    check_writable(path);
    if (!seen.insert(output_target(path)).second)
      refuse(path, "is the name of two outputs", "each output is a file of its own");
  };
  for (const std::string& path : paths) check(path);
  check(common.json);
}

Json array_json(const ArrayShape& shape) {
  return {{"rows", shape.rows}, {"cols", shape.cols}, {"lanes", shape.lanes}};
}

Json array_json(const MultiplierShape& shape) {
  Json json = array_json(shape.array);
  json["chunk_bits"] = shape.chunk_bits;
  json["accumulator"] = accumulator_name(shape);
  return json;
}

Json work_json(const Work& work) {
  return {{"engine", work.engine},
          {"array", work.array},
          {"convert_cycles", work.convert_cycles},
          {"multiply_cycles", work.multiply_cycles},
          {"utilization", work.multiply_cycles > 0 ? Json(work.utilization) : Json(nullptr)},
          {"tiles", work.tiles},
          {"macs", work.macs},
          {"convert_seconds", work.convert_seconds},
          {"multiply_seconds", work.multiply_seconds},
          {"seconds", work.seconds},
          {"macs_per_second",
           finite(work.seconds > 0 ? static_cast<double>(work.macs) / work.seconds : 0)}};
}

std::string work_text(const Work& work) {
  std::ostringstream text;
  if (work.convert_cycles + work.multiply_cycles > 0) {
    text << work.array_name << " array, " << work.convert_cycles << " cycles converting, "
         << work.multiply_cycles << " multiplying";
    if (work.multiply_cycles > 0) text << ", utilisation " << number(work.utilization, 4);
    text << ", ";
  }
  text << number(work.seconds, 3) << " s";
  if (work.macs > 0) {
    text << " (" << number(work.convert_seconds, 3) << " converting), "
         << per_second(static_cast<double>(work.macs), work.seconds, "MAC/s");
  }
  return text.str();
}

Json work_json(const std::string& engine, const ConverterStats& stats) {
  return {{"engine", engine},
          {"elements", stats.elements},
          {"cycles", stats.cycles},
          {"seconds", stats.seconds},
          {"elements_per_second",
           finite(stats.seconds > 0 ? static_cast<double>(stats.elements) / stats.seconds : 0)}};
}

std::string work_text(const ConverterStats& stats) {
  std::string text;
  if (stats.cycles > 0) text = std::to_string(stats.cycles) + " cycles, ";
  text += number(stats.seconds, 3) + " s";
  if (stats.elements > 0)
    text += ", " + per_second(static_cast<double>(stats.elements), stats.seconds, "elements/s");
  return text;
}

Json block_counts(const Format& format, const BfpLines& lines) {
  const int magnitude = format.is_minifloat() ? (1 << format.magnitude_bits) - 1 : -1;
  return {{"base", lines.base},
          {"groups", lines.flags.size()},
          {"saturated_groups", lines.count(kSaturatedGroup)},
          {"underflowed_groups", lines.count(kUnderflowGroup)},
          {"bumped_groups", lines.count(kBumpedGroup)},
          {"nan_groups", lines.count(kNanGroup)},
          {"zero_codes", std::count_if(lines.codes.begin(), lines.codes.end(),
                                       [&](int code) { return (code & magnitude) == 0; })}};
}

void add_block_counts(Report& report, const Format& format, const BfpLines& lines) {
  const Json counts = block_counts(format, lines);  // items() refers to it
  for (const auto& [key, count] : counts.items()) report.add(key, count);
}

void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows) {
  for (const std::vector<std::string>& row : rows) {
    std::ostringstream line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::size_t width = 0;
      for (const auto& other : rows) width = std::max(width, other[i].size());
      line << std::left << std::setw(static_cast<int>(width) + 2) << row[i];
    }
    const std::string text = line.str();
    out << text.substr(0, text.find_last_not_of(' ') + 1) << "\n";
  }
}

std::string label(std::string key) {
  std::replace(key.begin(), key.end(), '_', ' ');
  return key;
}

std::string describe(const std::string& path, const Tensor& tensor) {
  return one_line(path) + ": " + std::string(name(tensor.dtype)) + " " + to_string(tensor.shape);
}

Json tensor_json(const std::string& path, const Tensor& tensor) {
  return {{"file", path}, {"dtype", name(tensor.dtype)}, {"shape", tensor.shape}};
}

std::string number(double value, int digits) {
  std::ostringstream text;
  text << std::setprecision(digits) << value;
  return text.str();
}

std::string per_second(double count, double seconds, const std::string& unit) {
  if (seconds <= 0) return "- " + unit;
  double rate = count / seconds;
  const char* const prefixes[] = {"", "k ", "M ", "G ", "T "};
  std::size_t i = 0;
  for (; rate >= 1000 && i < std::size(prefixes) - 1; ++i) rate /= 1000;
  return number(rate, 3) + " " + prefixes[i] + unit;
}

std::string fp32_text(std::uint32_t bits) {
  std::ostringstream text;
  text << std::setprecision(9) << std::bit_cast<float>(bits) << " (0x" << std::hex << std::uppercase
       << std::setfill('0') << std::setw(8) << bits << ")";
  return text.str();
}

std::string flags_text(std::uint8_t flags) {
  std::string text;
  const auto add = [&](GroupFlag flag, const char* word) {
    if ((flags & flag) != 0) text += (text.empty() ? "" : " ") + std::string(word);
  };
  add(kNanGroup, "nan");
  add(kSaturatedGroup, "saturated");
  add(kUnderflowGroup, "underflowed");
  add(kBumpedGroup, "bumped");
  return text.empty() ? "none" : text;
}

Json finite(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

}  // namespace rh::cli
