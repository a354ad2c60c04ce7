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
    std::vector<std::string> inputs;  // empty names are skipped
    std::string format;               // with every field that was set
    std::string patterns;             // as --input was given, or empty
    std::string axis;                 // as --axis was given, or -1
    std::string array;                // as --array was given, or empty
    std::string target;               // of make, beside build: what the converter needs, or empty
    std::uint64_t seed = 0;
  };
  // `want` is the engine that is right.
  Comparison(Rerun rerun, std::string want, ArrayShape shape);

  // The engine that is compared next.
  void begin(const std::string& got, ArrayShape shape);
  // Codes, scales and clamped count of operand "A" (lines are rows), "B" (columns) or "X".
  // `values` are the lines that were quantised.
  void lines(const std::string& operand, const std::vector<float>& values, const Int8Lines& want,
             const Int8Lines& got);
  // Codes, exponents and flags of a block format.
  struct Blocks {
    const std::vector<float>& values;  // the lines that were converted
    const Format& format;
    NoiseState noise;
  };
  void blocks(const Blocks& x, const BfpLines& want, const BfpLines& got);
  void results(const Product& product, const Region& region, const Outcome& want,
               const Outcome& got);

  std::uint64_t mismatches() const { return mismatches_; }
  void add(Report& report) const;       // elements compared, mismatches
  void print(std::ostream& out) const;  // the first mismatches

 private:
  struct Place {
    std::string kind;  // code A, scale B, clamped count X, exponent X, flags X, result
    std::optional<TileIndex> tile;
    Json index;  // line, group, row, column, k
  };
  // Counts a mismatch, and keeps the first ones: `describe` gives place, operands, want and got.
  template <class Describe>
  void found(Describe describe);
  void keep(const Place& place, const Json& operands, const std::string& want,
            const std::string& got);
  Place place_of(const std::string& kind, const std::string& operand, std::int64_t line) const;
  std::string again(const std::optional<TileIndex>& tile) const;

  static constexpr std::size_t kShown = 20;
  Rerun rerun_;
  std::string want_;
  ArrayShape want_shape_;
  std::string got_;
  std::string simulated_;
  ArrayShape shape_;  // of the one that is simulated: it has the tiles
  std::uint64_t codes_ = 0;
  std::uint64_t scales_ = 0;
  std::uint64_t exponents_ = 0;
  std::uint64_t flags_ = 0;
  std::uint64_t results_ = 0;
  bool of_blocks_ = false;
  std::uint64_t mismatches_ = 0;
  Json entries_ = Json::array();
};

}  // namespace rh::cli
