// TEST RATIONALE. A written file is what numpy.save would have written, byte for byte, and is there
// whole or not at all. Headers below were printed by numpy 1.24.2 (and its padding rule is checked
// over many shapes); round trips cover the written dtypes; failures are provoked at every step
// and the directory is listed afterwards.
#include <cmath>
#include <limits>
#include <memory>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"
#include "tensor/npy_bytes.hpp"

namespace rh {
namespace {

using bench::contents;
using bench::TemporaryDirectory;

std::string numpy_header(const std::string& text, std::size_t size) {
  std::string out("\x93NUMPY\x01\x00", 8);
  out += static_cast<char>((size - 10) & 0xFF);
  out += static_cast<char>((size - 10) >> 8);
  out += text;
  out.append(size - 1 - out.size(), ' ');
  return out + "\n";
}

TEST_CASE("tensor: the header is numpy's, byte for byte", "[tensor][edge]") {
  const auto want = [](const std::string& descr, const std::string& shape, std::size_t size) {
    return numpy_header(
        "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }", size);
  };
  CHECK(npy_header(DType::Float32, Shape{}) == want("<f4", "()", 128));
  CHECK(npy_header(DType::Int8, Shape{0}) == want("|i1", "(0,)", 128));
  CHECK(npy_header(DType::Int16, Shape{3}) == want("<i2", "(3,)", 128));
  CHECK(npy_header(DType::Int32, Shape{3, 5}) == want("<i4", "(3, 5)", 128));
  CHECK(npy_header(DType::Uint8, Shape{2}) == want("|u1", "(2,)", 128));
  CHECK(npy_header(DType::Float32, Shape{123456789, 0, 2}) ==
        want("<f4", "(123456789, 0, 2)", 128));
  // 21 digits of room for the first dimension end on byte 127, so numpy pads 64 more.
  Shape full(14, 1);
  full.back() = 100;
  CHECK(npy_header(DType::Float32, full) ==
        want("<f4", "(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 100)", 192));
}

TEST_CASE("tensor: every header ends on a multiple of 64 and reads back", "[tensor][random]") {
  auto rng = bench::rng();
  bench::Checker checker;
  for (int i = 0; i < 2000; ++i) {
    Shape shape(rng() % 33);
    for (auto& d : shape) d = rng() % 8 == 0 ? 2 : 1;
    if (!shape.empty()) shape[rng() % shape.size()] = 0;
    const std::string header = npy_header(DType::Int16, shape);
    const auto describe = [&](std::ostream& os) { os << to_string(shape); };
    checker.equal(std::size_t{0}, header.size() % 64, describe);
    checker.equal('\n', header.back(), describe);
    const std::string data(static_cast<std::size_t>(2 * element_count(shape)), '\0');
    checker.equal(true, bench::parse(header + data).shape == shape, describe);
  }
  checker.finish(6000);
}

TEST_CASE("tensor: what is written reads back", "[tensor][random]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "t.npy";
  const Shape shape = {3, 0, 5};
  write_npy<float>(path, shape, {});
  CHECK(read_npy(path).shape == shape);

  const std::vector<float> floats = {-0.0F, 1.5F, std::numeric_limits<float>::infinity(), 1e-45F};
  write_npy<float>(path, Shape{2, 2}, floats);
  const std::vector<float> got = read_npy(path).values();
  CHECK(bench::bytes_of(got) == bench::bytes_of(floats));
  CHECK(contents(path).size() == 128 + 16);

  write_npy<std::int8_t>(path, Shape{3}, std::vector<std::int8_t>{-128, 0, 127});
  CHECK(read_npy(path).codes() == std::vector<std::int8_t>{-128, 0, 127});
  write_npy<std::int16_t>(path, Shape{3}, std::vector<std::int16_t>{-32768, 7, 32767});
  CHECK(read_npy(path).values() == std::vector<float>{-32768, 7, 32767});
  write_npy<std::int32_t>(path, Shape{1, 2}, std::vector<std::int32_t>{-65536, 16777215});
  CHECK(read_npy(path).values() == std::vector<float>{-65536, 16777215});
  write_npy<std::uint8_t>(path, Shape{3}, std::vector<std::uint8_t>{0, 128, 255});
  CHECK(contents(path).substr(128) == std::string("\0\x80\xFF", 3));  // written, never read
  write_npy<float>(path, Shape{}, std::vector<float>{3});
  CHECK(read_npy(path).shape.empty());
  CHECK(directory.files() == std::vector<std::string>{"t.npy"});
}

TEST_CASE("tensor: an output that is not committed leaves nothing", "[tensor][edge]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "t.npy";
  bench::put(path, "before");
  {
    OutputFile out = stage_npy<float>(path, Shape{2}, std::vector<float>{1, 2});
    REQUIRE(directory.files().size() == 2);
    CHECK(directory.files()[0].starts_with(".t.npy."));  // a dot file: out of the way
    CHECK(contents(path) == "before");
  }
  CHECK(directory.files() == std::vector<std::string>{"t.npy"});
  CHECK(contents(path) == "before");
  const auto stage = [&](float value) {
    OutputFile staged = stage_npy<float>(path, Shape{1}, std::vector<float>{value});
    return std::make_unique<OutputFile>(std::move(staged));  // the one moved from dies here
  };
  const auto first = stage(1), second = stage(2);  // two names for one output
  first->commit();
  CHECK(read_npy(path).values() == std::vector<float>{1});
  second->commit();
  CHECK(read_npy(path).values() == std::vector<float>{2});
  CHECK(directory.files() == std::vector<std::string>{"t.npy"});
}

TEST_CASE("tensor: a shape that is not the data's is the program's own fault", "[tensor][edge]") {
  const TemporaryDirectory directory;
  CHECK_THROWS_AS(write_npy<float>(directory / "t.npy", Shape{3}, std::vector<float>{1}),
                  std::logic_error);
  CHECK(directory.files().empty());
}

TEST_CASE("tensor: outputs that cannot be written are refused", "[tensor][edge]") {
  const TemporaryDirectory directory;
  const std::string missing = directory / "no/t.npy";
  CHECK_THROWS_WITH(check_writable(missing),
                    missing + ": output's directory does not exist; make it first");
  const std::string itself = directory / "";
  CHECK_THROWS_WITH(check_writable(itself),
                    itself + ": output is a directory; an output is a file");
  CHECK_THROWS_WITH(check_writable(""), ": output is a directory; an output is a file");
  CHECK_THROWS_WITH(check_writable("/dev/null"),
                    "/dev/null: output exists and is not a regular file; only those are replaced");
  CHECK_THROWS_AS(write_npy<float>(missing, Shape{1}, std::vector<float>{1}), InputError);
  CHECK_NOTHROW(check_writable(directory / "t.npy"));
  CHECK(directory.files().empty());
}

TEST_CASE("tensor: a symbolic link stays and what it names is replaced", "[tensor][edge]") {
  const TemporaryDirectory directory;
  bench::put(directory / "real.npy", "before");
  std::filesystem::create_symlink("real.npy", directory / "link.npy");
  write_npy<float>(directory / "link.npy", Shape{1}, std::vector<float>{9});
  CHECK(std::filesystem::is_symlink(directory / "link.npy"));
  CHECK(read_npy(directory / "real.npy").values() == std::vector<float>{9});
}

}  // namespace
}  // namespace rh
