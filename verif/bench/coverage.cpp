#include "bench/coverage.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/bins.hpp"

namespace rh::bench {

void write_coverage(const std::string& path) {
  using nlohmann::json;
  json models = json::object();
  for (const auto& [name, model] : coverage_of_models()) {
    json points = json::array();
    for (const ModelCoverage::Point& point : model.points())
      points.push_back({{"file", point.file},
                        {"line", point.line},
                        {"column", point.column},
                        {"hierarchy", point.hierarchy},
                        {"kind", point.kind},
                        {"comment", point.comment},
                        {"lines", point.lines},
                        {"count", point.count->value}});
    json signals = json::array();
    for (const ModelCoverage::Signal& signal : model.signals()) {
      std::string rose, fell;
      for (int bit = signal.bits - 1; bit >= 0; --bit) {
        rose += model.rose(signal, bit) ? '1' : '0';
        fell += model.fell(signal, bit) ? '1' : '0';
      }
      signals.push_back({{"name", signal.name}, {"rose", rose}, {"fell", fell}});
    }
    models[name] = {{"points", points}, {"signals", signals}};
  }
  json bins = json::object();
  for (const auto& [name, result] : Bins::all()) {
    json axes = json::array();
    for (const Bins::Axis& axis : result.axes)
      axes.push_back({{"name", axis.name}, {"values", axis.values}});
    bins[name] = {{"axes", axes},
                  {"hit", result.hit},
                  {"impossible", result.impossible},
                  {"missed", result.missed}};
  }
  std::ofstream(path) << json{{"models", models}, {"bins", bins}}.dump(1) << "\n";
}

}  // namespace rh::bench
