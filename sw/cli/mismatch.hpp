// Compares what two engines make of one input, bit for bit, and keeps the first mismatches.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "cli/product.hpp"
#include "cli/report.hpp"

namespace rh::cli {

class Comparison {
 public:
  // For the command that re-runs a mismatch.
  struct Rerun {
    std::vector<std::string> words;  // after `compare`, but for engines, seed and tile
    std::uint64_t seed = 0;
  };
  // `want` is the engine that is right.
  Comparison(Rerun rerun, const Product& product, const Region& region, EngineSetup want);

  // All that an engine made of the product with all that the right one did: codes, scales and
  // clamped counts, or base, codes, exponents and flags, of each operand, then the results.
  void compare(const EngineSetup& setup, const Outcome& want, const Outcome& got);

  std::uint64_t mismatches() const { return mismatches_; }
  void add(Report& report) const;       // elements compared, mismatches
  void print(std::ostream& out) const;  // the first mismatches

 private:
  struct Place {
    std::string kind;  // code A, scale B, clamped count X, exponent X, flags X, result
    std::optional<TileIndex> tile;
    Json index;  // line, group, row, column, k
  };
  void operand(const Operand& x, const Lines& want, const Lines& got);
  void lines(const Operand& x, const Int8Lines& want, const Int8Lines& got);
  void blocks(const Operand& x, const BfpLines& want, const BfpLines& got);
  void results(const Outcome& want, const Outcome& got);
  // Counts a mismatch, and keeps the first ones: `describe` gives place, operands, want and got.
  template <class Describe>
  void found(Describe describe);
  void keep(const Place& place, const Json& operands, const std::string& want,
            const std::string& got);
  Place place_of(const std::string& kind, const Operand& x, std::size_t line) const;
  std::string again(const std::optional<TileIndex>& tile) const;

  static constexpr std::size_t kShown = 20;
  Rerun rerun_;
  const Product& product_;
  Region region_;
  EngineSetup want_;
  std::string got_;
  EngineSetup simulated_;  // the one of the two that has waves: its tiles are shown
  std::uint64_t codes_ = 0;
  std::uint64_t scales_ = 0;
  std::uint64_t exponents_ = 0;
  std::uint64_t flags_ = 0;
  std::uint64_t results_ = 0;
  std::uint64_t mismatches_ = 0;
  Json entries_ = Json::array();
};

}  // namespace rh::cli
