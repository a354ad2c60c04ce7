// TEST RATIONALE. The reader takes files from strangers: every form that it accepts and every form
// that it refuses has a case, the refusals with their whole text, because the text is the
// interface. State space: format versions 1 to 3, seven dtypes in every spelling, both orders,
// dictionary syntax, sizes. Values: all 65,536 patterns of the 16-bit types; edges and seeded
// random for the 32- and 64-bit ones, against exact arithmetic in a wider type.
#include <bit>
#include <cmath>
#include <limits>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "tensor/npy_bytes.hpp"

namespace rh {
namespace {

using bench::bytes_of;
using bench::dictionary;
using bench::npy;
using bench::parse;

std::uint32_t bits(float value) {
  return std::bit_cast<std::uint32_t>(value);
}

// The values of a one-dimensional file of `descr`.
template <class T>
std::vector<float> read_values(const std::string& descr, const std::vector<T>& stored) {
  const std::string shape = "(" + std::to_string(stored.size()) + ",)";
  return parse(npy(dictionary(descr, shape), bytes_of(stored))).values();
}

std::vector<std::uint16_t> all_halves() {
  std::vector<std::uint16_t> all(65536);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  return all;
}

TEST_CASE("tensor: every dtype in every spelling is read, in every version", "[tensor][edge]") {
  struct Spelling {
    const char* descr;
    DType dtype;
  };
  const Spelling spelling = GENERATE(
      Spelling{"<f4", DType::Float32}, Spelling{"=f4", DType::Float32},
      Spelling{"<f2", DType::Float16}, Spelling{"=f2", DType::Float16},
      Spelling{"<f8", DType::Float64}, Spelling{"=f8", DType::Float64},
      Spelling{"<V2", DType::Bfloat16}, Spelling{"|V2", DType::Bfloat16},
      Spelling{"=V2", DType::Bfloat16}, Spelling{"bfloat16", DType::Bfloat16},
      Spelling{"|i1", DType::Int8}, Spelling{"<i1", DType::Int8}, Spelling{"=i1", DType::Int8},
      Spelling{"<i2", DType::Int16}, Spelling{"=i2", DType::Int16}, Spelling{"<i4", DType::Int32},
      Spelling{"=i4", DType::Int32});
  const int version = GENERATE(1, 2, 3);
  const std::string data(static_cast<std::size_t>(6 * item_size(spelling.dtype)), '\0');
  const Tensor tensor = parse(npy(dictionary(spelling.descr, "(2, 3)"), data, version));
  CHECK(tensor.dtype == spelling.dtype);
  CHECK(tensor.shape == Shape{2, 3});
  CHECK(tensor.is_codes() == (spelling.dtype == DType::Int8));
  CHECK((tensor.is_codes() ? tensor.codes().size() : tensor.values().size()) == 6);
}

TEST_CASE("tensor: the dictionary's keys come in any order, quotes and spacing", "[tensor][edge]") {
  const std::string data = bytes_of(std::vector<float>{1, 2, 3});
  for (const char* const text :
       {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
        "{'shape': (3,), 'descr': '<f4', 'fortran_order': False}",
        "{\"descr\":\"<f4\",\"fortran_order\":False,\"shape\":(3,)}",
        " {  'descr' : '<f4' , \n 'fortran_order' : True , 'shape' : ( 3 , ) , } \n ",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3L,), }"}) {
    INFO(text);
    CHECK(parse(npy(text, data)).values() == std::vector<float>{1, 2, 3});
  }
}

TEST_CASE("tensor: shapes from scalar to 32 dimensions, empty ones too", "[tensor][edge]") {
  CHECK(parse(npy(dictionary("<f4", "()"), bytes_of(std::vector<float>{7}))).values() ==
        std::vector<float>{7});
  CHECK(parse(npy(dictionary("<f4", "(0,)"), "")).values().empty());
  CHECK(parse(npy(dictionary("<f4", "(16777216, 0)"), "")).shape == Shape{16777216, 0});
  std::string ones = "(";
  for (int i = 0; i < 32; ++i) ones += "1, ";
  const Tensor tensor = parse(npy(dictionary("|i1", ones + ")"), "\x05"));
  CHECK(tensor.shape == Shape(32, 1));
  CHECK(tensor.codes() == std::vector<std::int8_t>{5});
}

// Element (i, j, k) is 100 i + 10 j + k, so its value says where it must be.
TEST_CASE("tensor: C and Fortran order arrive in C order, in 1, 2 and 3 dimensions",
          "[tensor][exhaustive]") {
  bench::Checker checker;
  const auto check = [&](const Shape& shape, std::int64_t x, std::int64_t y, std::int64_t z) {
    std::vector<std::int32_t> c_order, fortran_order;
    for (std::int64_t i = 0; i < x; ++i)
      for (std::int64_t j = 0; j < y; ++j)
        for (std::int64_t k = 0; k < z; ++k)
          c_order.push_back(static_cast<std::int32_t>(100 * i + 10 * j + k));
    for (std::int64_t k = 0; k < z; ++k)
      for (std::int64_t j = 0; j < y; ++j)
        for (std::int64_t i = 0; i < x; ++i)
          fortran_order.push_back(static_cast<std::int32_t>(100 * i + 10 * j + k));
    for (const bool fortran : {false, true}) {
      const auto values = parse(npy(dictionary("<i4", to_string(shape), fortran ? "True" : "False"),
                                    bytes_of(fortran ? fortran_order : c_order)))
                              .values();
      for (std::size_t at = 0; at < values.size(); ++at)
        checker.equal(static_cast<float>(c_order[at]), values[at], [&](std::ostream& os) {
          os << to_string(shape) << (fortran ? " Fortran" : " C") << " element " << at;
        });
    }
  };
  for (std::int64_t x = 1; x <= 4; ++x) {
    check({x}, x, 1, 1);
    for (std::int64_t y = 1; y <= 4; ++y) {
      check({x, y}, x, y, 1);
      for (std::int64_t z = 1; z <= 4; ++z) check({x, y, z}, x, y, z);
    }
  }
  checker.finish(2 * (10 + 100 + 1000));
}

TEST_CASE("tensor: every float16 is its exact value", "[tensor][exhaustive]") {
  const auto values = read_values("<f2", all_halves());
  bench::Checker checker;
  for (int i = 0; i < 65536; ++i) {
    const int exponent = (i >> 10) & 31;
    const double fraction = i & 1023;
    const double sign = i >= 32768 ? -1 : 1;
    const float got = values[static_cast<std::size_t>(i)];
    const auto describe = [&](std::ostream& os) { os << "half " << i; };
    if (exponent == 31 && fraction != 0) {
      checker.equal(true, std::isnan(got), describe);
    } else {
      const double want = exponent == 31  ? std::numeric_limits<double>::infinity()
                          : exponent == 0 ? std::ldexp(fraction, -24)
                                          : std::ldexp(1024 + fraction, exponent - 25);
      checker.equal(sign * want, static_cast<double>(got), describe);
      checker.equal(i >= 32768, std::signbit(got), describe);
    }
  }
  checker.finish(2 * 63488 + 2046);
}

TEST_CASE("tensor: every bfloat16 is the upper half of its FP32", "[tensor][exhaustive]") {
  const auto values = read_values("<V2", all_halves());
  bench::Checker checker;
  for (std::uint32_t i = 0; i < 65536; ++i)
    checker.equal(i * 65536, bits(values[i]), [&](std::ostream& os) { os << "bfloat16 " << i; });
  checker.finish(65536);
}

TEST_CASE("tensor: every int16 is exact", "[tensor][exhaustive]") {
  const auto values = read_values("<i2", all_halves());
  bench::Checker checker;
  for (int i = 0; i < 65536; ++i)
    checker.equal(static_cast<double>(i < 32768 ? i : i - 65536),
                  static_cast<double>(values[static_cast<std::size_t>(i)]),
                  [&](std::ostream& os) { os << "int16 " << i; });
  checker.finish(65536);
}

TEST_CASE("tensor: float32 keeps every bit, signalling NaN included", "[tensor][edge]") {
  const std::vector<std::uint32_t> patterns = {0,          0x80000000, 1,          0x7F800001,
                                               0xFFC12345, 0x7F800000, 0x007FFFFF, 0x3F800000};
  const auto values = read_values("<f4", patterns);
  for (std::size_t i = 0; i < patterns.size(); ++i) CHECK(bits(values[i]) == patterns[i]);
}

TEST_CASE("tensor: int8 is codes, -128 included", "[tensor][edge]") {
  const Tensor tensor = parse(npy(dictionary("|i1", "(3,)"), "\x80\xFF\x7F"));
  CHECK(tensor.codes() == std::vector<std::int8_t>{-128, -1, 127});
}

// |want - got| <= the distance to both neighbours of got; at a tie got is even.
template <class Wide>
void check_nearest_even(bench::Checker& checker, Wide want, float got) {
  const auto describe = [&](std::ostream& os) { os << "value " << want << " became " << got; };
  const float infinity = std::numeric_limits<float>::infinity();
  // The neighbours as if the exponent went on: 2^128 stands for infinity.
  const auto exact = [&](float x) {
    return std::isinf(x) ? std::copysign(std::ldexp(Wide{1}, 128), Wide{x}) : Wide{x};
  };
  const Wide error = std::abs(want - exact(got));
  bool right = true;
  for (const float direction : {-infinity, infinity}) {
    const float neighbour = std::nextafter(got, direction);
    if (neighbour == got) continue;
    const Wide other = std::abs(want - exact(neighbour));
    right = right && (error < other || (error == other && bits(got) % 2 == 0));
  }
  checker.equal(true, right || (std::isinf(got) && std::abs(want) >= std::ldexp(Wide{1}, 128)),
                describe);
}

TEST_CASE("tensor: float64 is rounded once, to nearest even", "[tensor][random][edge]") {
  std::vector<double> stored = {0.0,
                                -0.0,
                                0x1.FFFFFFp127,
                                0x1.FFFFFEFFFFFFFp127,
                                0x1.FFFFFEp127,
                                -0x1.FFFFFFp127,
                                1e300,
                                -1e300,
                                0x1p-149,
                                0x1p-150,
                                0x1.8p-149,
                                0x1.0000001p-150,
                                0x1.000001p0,
                                0x1.000003p0,
                                0x1.0000010000001p0,
                                0x1.FFFFFFp-127,
                                5e-324};
  auto rng = bench::rng();
  for (int i = 0; i < 100'000; ++i) {  // around every exponent, ties made likely
    const auto fraction = static_cast<double>(rng() >> 11) * 0x1p-53;
    const double tie = std::ldexp(std::floor(std::ldexp(1 + fraction, 24)), -24);
    const double value =
        std::ldexp(i % 2 == 0 ? tie : 1 + fraction, static_cast<int>(rng() % 290) - 155);
    stored.push_back(rng() % 2 == 0 ? value : -value);
  }
  const auto values = read_values("<f8", stored);
  bench::Checker checker;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    check_nearest_even(checker, static_cast<long double>(stored[i]), values[i]);
    checker.equal(std::signbit(stored[i]), std::signbit(values[i]),
                  [&](std::ostream& os) { os << "sign of " << stored[i]; });
  }
  checker.finish(200'000);
  CHECK(std::isinf(values[2]));          // halfway to 2^128: to even, which is infinity
  CHECK(bits(values[3]) == 0x7F7FFFFF);  // just below
  CHECK(bits(values[9]) == 0);           // 2^-150: a tie with 0
  CHECK(std::isnan(read_values<double>("<f8", {std::nan("")})[0]));
}

TEST_CASE("tensor: int32 is rounded once, to nearest even", "[tensor][random][edge]") {
  std::vector<std::int32_t> stored = {INT32_MIN, INT32_MAX, 16777217, 16777219, -16777217,
                                      0,         -1,        33554434, 33554438};
  auto rng = bench::rng();
  for (int i = 0; i < 20'000; ++i) stored.push_back(static_cast<std::int32_t>(rng()));
  const auto values = read_values("<i4", stored);
  bench::Checker checker;
  for (std::size_t i = 0; i < stored.size(); ++i)
    check_nearest_even(checker, static_cast<long double>(stored[i]), values[i]);
  checker.finish(20'000);
  CHECK(values[2] == 16777216.0F);
  CHECK(values[3] == 16777220.0F);
}

TEST_CASE("tensor: <u2 is read as the patterns it is said to hold, and as nothing else",
          "[tensor][exhaustive]") {
  const std::string data = bytes_of(all_halves());
  const auto as = [&](const char* descr, Patterns patterns) {
    return parse(npy(dictionary(descr, "(65536,)"), data), patterns);
  };
  const auto same = [](const Tensor& a, const Tensor& b) {
    return bytes_of(a.values()) == bytes_of(b.values());
  };
  CHECK(same(as("<u2", Patterns::Bf16), as("<V2", Patterns::None)));
  CHECK(same(as("=u2", Patterns::Fp16), as("<f2", Patterns::None)));
  CHECK(as("<u2", Patterns::Bf16).dtype == DType::Uint16);
  CHECK_THROWS_WITH(as("<u2", Patterns::None),
                    "x.npy: descr is '<u2', bit patterns of 16-bit floats; --input bf16 or --input "
                    "fp16 says of which");
  for (const std::string descr : {"<f2", "<V2", "<i2"})
    CHECK_THROWS_WITH(as(descr.c_str(), Patterns::Bf16),
                      "x.npy: descr is '" + descr +
                          "'; --input is for the bit patterns of a <u2 file, other dtypes speak "
                          "for themselves");
}

constexpr const char* kReadable =
    "; read are <f4 <f2 <f8 |i1 <i2 <i4, bfloat16 as <V2, and bit patterns as <u2";
constexpr const char* kKeys = "; a header has the keys descr, fortran_order and shape";

struct Refusal {
  std::string bytes;
  std::string text;
};

TEST_CASE("tensor: a file that is no .npy is refused", "[tensor][edge]") {
  const std::string good = npy(dictionary("<f4", "(2,)"), "12345678");
  std::string minor = good;
  minor[7] = 1;
  const std::vector<Refusal> refusals = {
      {"", "the magic string with the version takes 8 bytes; only 0 are left in the file"},
      {good.substr(0, 7),
       "the magic string with the version takes 8 bytes; only 7 are left in the file"},
      {"\x89PNG\r\n\x1A\nabcdef",
       "magic string is '\\x89PNG\\x0D\\x0A'; a .npy file begins with '\\x93NUMPY'"},
      {good.substr(0, 9), "the header's length takes 2 bytes; only 1 are left in the file"},
      {npy("{}", "", 2).substr(0, 10),
       "the header's length takes 4 bytes; only 2 are left in the file"},
      {npy("{}", "", 0), "format version is 0.0; read are 1.0, 2.0 and 3.0"},
      {npy("{}", "", 4), "format version is 4.0; read are 1.0, 2.0 and 3.0"},
      {npy("{}", "", 255), "format version is 255.0; read are 1.0, 2.0 and 3.0"},
      {minor, "format version is 1.1; read are 1.0, 2.0 and 3.0"},
      {npy("{}", "", 1, 200), "the header takes 200 bytes; only 2 are left in the file"},
      {npy("{}", "", 1, 10001), "header length is 10001 bytes; at most 10000 are read"},
      {npy("{}", "", 2, 0xFFFFFFFF), "header length is 4294967295 bytes; at most 10000 are read"},
  };
  for (const Refusal& r : refusals) CHECK_THROWS_WITH(parse(r.bytes), "x.npy: " + r.text);
  CHECK_NOTHROW(parse(good));
}

TEST_CASE("tensor: a header that is not the one dictionary is refused", "[tensor][edge]") {
  const std::vector<Refusal> refusals = {
      {"", "header ends at byte 0; expected '{'"},
      {"[1]", "header has '[' at byte 0; expected '{'"},
      {"{", "header ends at byte 1; expected a key in quotes or '}'"},
      {"{}", std::string("header lacks the key 'descr'") + kKeys},
      {"{'descr': '<f4', 'shape': (1,)}",
       std::string("header lacks the key 'fortran_order'") + kKeys},
      {"{'descr': '<f4', 'fortran_order': False}",
       std::string("header lacks the key 'shape'") + kKeys},
      {"{'descr': '<f4', 'descr': '<f4'}", "header has the key 'descr' twice; each occurs once"},
      {"{'shape': (1,), 'shape': (2,)}", "header has the key 'shape' twice; each occurs once"},
      {"{'fortran_order': True, 'fortran_order': True}",
       "header has the key 'fortran_order' twice; each occurs once"},
      {"{'descr': '<f4', 'extra': 1}", std::string("header has the key 'extra'") + kKeys},
      {"{descr: '<f4'}", "header has 'd' at byte 1; expected a key in quotes or '}'"},
      {"{'descr' '<f4'}", "header has ''' at byte 9; expected ':'"},
      {"{'descr': '<f4' 'shape': (1,)}", "header has ''' at byte 16; expected ',' or '}'"},
      {"{'descr': '<f4", "header ends at byte 14; expected a closing quote"},
      {"{'descr': '<\\x66'}", "header has the string '<\\x66'; no escapes are read"},
      {dictionary("<f4", "(1,)") + "1",
       "header has '1' at byte 58; expected the end of the header"},
      {"{'descr': '<f4', 'fortran_order': 0}",
       "header has '0' at byte 34; expected True or False for fortran_order"},
      {"{'descr': 4}", "header has '4' at byte 10; expected a dtype in quotes"},
      {"{'d\xC3\xA9': 1}", "header has byte \\xC3 at 3; a header is printable ASCII"},
      {std::string("{'descr': '\0'}", 14),
       "header has byte \\x00 at 11; a header is printable ASCII"},
      {"{\x7F}", "header has byte \\x7F at 1; a header is printable ASCII"},
      {"{\t}", "header has byte \\x09 at 1; a header is printable ASCII"},
  };
  for (const Refusal& r : refusals) CHECK_THROWS_WITH(parse(npy(r.bytes, "")), "x.npy: " + r.text);
}

TEST_CASE("tensor: dtypes that are not read are refused by name", "[tensor][edge]") {
  const std::vector<Refusal> refusals = {
      {">f4", "descr is '>f4', big-endian"},
      {">i1", "descr is '>i1', big-endian"},
      {"|O", "descr is '|O', Python objects"},
      {"O", "descr is 'O'"},
      {"|f4", "descr is '|f4'"},
      {"f4", "descr is 'f4'"},
      {"<f16", "descr is '<f16'"},
      {"<c8", "descr is '<c8'"},
      {"|b1", "descr is '|b1'"},
      {"|u1", "descr is '|u1'"},
      {"<u1", "descr is '<u1'"},
      {">u2", "descr is '>u2', big-endian"},
      {"|u2", "descr is '|u2'"},
      {"<u4", "descr is '<u4'"},
      {"<i8", "descr is '<i8'"},
      {"<U4", "descr is '<U4'"},
      {"|S4", "descr is '|S4'"},
      {"<M8[ns]", "descr is '<M8[ns]'"},
      {"|V4", "descr is '|V4'"},
      {"", "descr is ''"},
      {"<", "descr is '<'"},
      {"float32", "descr is 'float32'"},
      {std::string(100, 'x'), "descr is '" + std::string(60, 'x') + "...'"}};
  for (const Refusal& r : refusals)
    CHECK_THROWS_WITH(parse(npy(dictionary(r.bytes, "(1,)"), "1234")),
                      "x.npy: " + r.text + kReadable);
  for (const char* const list : {"[('a', '<f4')]", "('<f4', (2,))"})
    CHECK_THROWS_WITH(parse(npy("{'descr': " + std::string(list) + "}", "")),
                      "x.npy: descr is a list, a structured dtype" + std::string(kReadable));
}

TEST_CASE("tensor: shapes that are not a tuple of dimensions are refused", "[tensor][edge]") {
  const std::string range = "; a dimension lies in 0..9223372036854775807";
  const std::string overflow =
      ", whose product overflows; at most 9223372036854775807 bytes of data";
  const std::string empty = ", which is empty; its other dimensions may multiply to 16777216";
  std::string many = "(";
  for (int i = 0; i < 33; ++i) many += "1, ";
  const std::vector<Refusal> refusals = {
      {"(-1,)", "shape has dimension 0 = -1" + range},
      {"(3, -5)", "shape has dimension 1 = -5" + range},
      {"(-0,)", "shape has dimension 0 = -0" + range},
      {"(9223372036854775808,)", "shape has dimension 0 = 9223372036854775808" + range},
      {"(99999999999999999999999,)", "shape has dimension 0 = 99999999999999999999999" + range},
      {"(3)", "shape is (3), not a tuple; one dimension is written (3,)"},
      {many + ")", "shape has more than 32 dimensions; at most 32 are read"},
      {"(4294967296, 4294967296)", "shape is (4294967296, 4294967296)" + overflow},
      {"(4294967296, 4294967296, 0)", "shape is (4294967296, 4294967296, 0)" + overflow},
      {"(0, 4294967296, 4294967296)", "shape is (0, 4294967296, 4294967296)" + overflow},
      {"(2305843009213693952,)", "shape is (2305843009213693952,)" + overflow},
      {"(16777217, 0)", "shape is (16777217, 0)" + empty},
      {"(0, 4096, 4097)", "shape is (0, 4096, 4097)" + empty},
      {"3", "header has '3' at byte 50; expected '(' for shape"},
      {"[3]", "header has '[' at byte 50; expected '(' for shape"},
      {"(,)", "header has ',' at byte 51; expected a whole number in shape"},
      {"(3 5)", "header has '5' at byte 53; expected ',' or ')' in shape"},
      {"(3,,)", "header has ',' at byte 53; expected a whole number in shape"},
      {"(03,)", "header has '0' at byte 51; expected a whole number in shape"},
      {"(+3,)", "header has '+' at byte 51; expected a whole number in shape"},
      {"(3.0,)", "header has '.' at byte 52; expected ',' or ')' in shape"},
      {"(0x10,)", "header has 'x' at byte 52; expected ',' or ')' in shape"},
      {"(1_0,)", "header has '_' at byte 52; expected ',' or ')' in shape"},
      {"(True,)", "header has 'T' at byte 51; expected a whole number in shape"},
      {"((3,),)", "header has '(' at byte 51; expected a whole number in shape"},
  };
  for (const Refusal& r : refusals)
    CHECK_THROWS_WITH(parse(npy(dictionary("<f4", r.bytes), "")), "x.npy: " + r.text);
  CHECK_THROWS_WITH(parse(npy(dictionary("<f4", "(3L,)"), "", 3)),
                    "x.npy: header has 'L' at byte 52; expected ',' or ')' in shape");
}

TEST_CASE("tensor: data that is not what the shape takes is refused", "[tensor][edge]") {
  const std::string takes = "; shape (2, 3) of <f4 takes 24";
  const std::string header = dictionary("<f4", "(2, 3)");
  const std::vector<Refusal> refusals = {
      {npy(header, ""), "data is truncated: 0 bytes" + takes},
      {npy(header, std::string(23, 'x')), "data is truncated: 23 bytes" + takes},
      {npy(header, std::string(25, 'x')), "data is too long: 25 bytes" + takes},
      {npy(dictionary("<f4", "(0, 3)"), "x"),
       "data is too long: 1 bytes; shape (0, 3) of <f4 takes 0"},
      {npy(dictionary("<f8", "(1000000000, 1000000000)"), "x"),
       "data is truncated: 1 bytes; shape (1000000000, 1000000000) of <f8 takes "
       "8000000000000000000"},
  };
  for (const Refusal& r : refusals) CHECK_THROWS_WITH(parse(r.bytes), "x.npy: " + r.text);
}

TEST_CASE("tensor: paths that are no readable regular file are refused", "[tensor][edge]") {
  const bench::TemporaryDirectory directory;
  CHECK_THROWS_WITH(read_npy("no/such.npy"),
                    "no/such.npy: file cannot be found; give the path of a .npy file");
  CHECK_THROWS_WITH(read_npy("new\nline.npy"),
                    "new\\x0Aline.npy: file cannot be found; give the path of a .npy file");
  CHECK_THROWS_WITH(read_npy("/dev/null"),
                    "/dev/null: is not a regular file; its size must be known");
  const std::string itself = directory / ".";
  CHECK_THROWS_WITH(read_npy(itself), itself + ": is not a regular file; its size must be known");
}

TEST_CASE("tensor: a stream that ends before its size is refused", "[tensor][edge]") {
  const std::string bytes = npy(dictionary("<f4", "(20000,)"), std::string(80000, 'x'));
  std::istringstream shrunk(bytes.substr(0, bytes.size() - 1));
  CHECK_THROWS_WITH(read_npy("x.npy", shrunk, bytes.size()),
                    "x.npy: data after 16384 elements ends too soon; "
                     "the file shrank while it was read");
}

}  // namespace
}  // namespace rh
