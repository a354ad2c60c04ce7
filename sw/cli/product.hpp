// A product A * B as gemm and compare read it: two tensors, checked, as lines along K.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/engines.hpp"
#include "cli/report.hpp"
#include "convert/convert.hpp"
#include "convert/convert_bfp.hpp"
#include "tensor/npy.hpp"

namespace rh::cli {

inline constexpr std::int64_t kMaxResults = std::int64_t{1} << 30;  // elements of a product

// What gemm and compare are asked for.
struct ProductChoice {
  std::string a;
  std::string b;  // empty: conversion of `a` alone
  std::string patterns;
  FormatChoice format;   // of both; its fields are set in both
  std::string format_a;  // empty: format.text; likewise the other
  std::string format_b;
  bool transpose_a = false;
  bool transpose_b = false;
  std::string axis = "-1";  // of one tensor
  EngineChoice engines;

  bool multiply() const { return !b.empty(); }
};
// --format, --format-a, --format-b and their fields; --input; --transpose-a, --transpose-b; the
// options of the array, --tile and --trace.
void add_product(CLI::App& sub, ProductChoice& choice);
// B.npy: a check of its option. An empty name would be taken for none.
std::string not_empty(const std::string& path);
// Both int8 or both block formats. Throws FormatError and InputError.
Formats chosen_formats(const ProductChoice& choice);

// One operand: the rows of A or the columns of B, or a tensor that is converted alone.
struct Operand {
  std::string name;  // A, B or X
  std::string path;
  std::string description;  // for people, and for the report
  Json json;
  Format format = kInt8;
  NoiseState noise{};
  std::int64_t lines = 0;
  std::int64_t length = 0;
  bool is_codes = false;
  std::vector<float> values;       // line-major, when it is to be quantised
  std::vector<std::int8_t> codes;  // line-major, when is_codes
};

struct Product {
  Operand a;
  Operand b;
  bool multiply = true;  // false: only the conversion of `a` is asked for, `b` is empty
  bool codes = false;    // both are |i1: the result is int32

  bool blocks() const { return a.format.is_block(); }
  std::int64_t m() const { return a.lines; }
  std::int64_t k() const { return a.length; }
  std::int64_t n() const { return b.lines; }
};

// Reads and checks the files. Of a product: matrices, equal K, K within the int32 accumulator's
// bound, not one of codes and one of floats. Of one tensor: floats of any shape.
Product load_product(const ProductChoice& choice, const Formats& formats, std::uint64_t seed);

// Refuses a product of block formats that an engine cannot hold, before any work.
void check_engine(const EngineSetup& setup, const Product& product);

// The rows and columns of the result that are asked for: all of it, or one tile.
struct Region {
  std::int64_t row = 0, rows = 0;
  std::int64_t col = 0, cols = 0;
  std::int64_t elements() const { return rows * cols; }
};
// Refuses a tile that the product does not have.
Region region_of(const Product& product, const EngineSetup& setup);

// What an engine makes of a product: the lines as it converted them, results as bits.
using Lines = std::variant<Int8Lines, BfpLines>;
struct Outcome {
  Lines a;
  Lines b;
  std::vector<std::uint32_t> results;  // FP32 or int32, row-major M x N
  Json work;                           // of the report, with the line for people
  std::string work_text;
};
Outcome run_product(const EngineSetup& setup, const Product& product, const Region& region,
                    bool quiet);

// What gemm and compare both report: what is asked for, and how its conversion went.
void report_product(Report& report, const Product& product, const Region& region,
                    const EngineSetup& setup);
void report_counts(Report& report, const Product& product, const Outcome& outcome);

}  // namespace rh::cli
