// TEST RATIONALE. A product that another program computed: the codes of bitsandbytes multiplied by
// numpy, 64 x 96 by 96 x 48. It shares neither code nor authors with this kit.
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "gemm/gemm.hpp"
#include "gemm/gemm_fast.hpp"

namespace rh {
namespace {

std::vector<std::int32_t> integers(const std::string& file) {
  std::ifstream in("verif/" + file);
  std::vector<std::int32_t> values;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    for (std::int32_t value; words >> value;) values.push_back(value);
  }
  return values;
}

std::vector<std::int8_t> codes(const std::string& file) {
  std::vector<std::int8_t> codes;
  for (const std::int32_t value : integers(file)) codes.push_back(static_cast<std::int8_t>(value));
  return codes;
}

TEST_CASE("gemm: the codes of bitsandbytes give the product that numpy gave", "[gemm][law]") {
  constexpr std::int64_t kM = 64, kN = 48, kK = 96, kZeroRow = 3;
  std::vector<std::int8_t> a = codes("convert/vectors/bnb_int8_vectorwise_thr0_codes.txt");
  const std::vector<std::int8_t> b = codes("convert/vectors/bnb_int8_w_codes.txt");
  const std::vector<std::int32_t> want = integers("gemm/vectors/int8_gemm_acc_64x48.txt");
  REQUIRE(a.size() == kM * kK);
  REQUIRE(b.size() == kN * kK);
  REQUIRE(want.size() == kM * kN);
  std::fill_n(a.begin() + kZeroRow * kK, kK, std::int8_t{0});

  const std::vector<std::int32_t> by_definition = gemm_int32(a, b, kM, kN, kK);
  REQUIRE(by_definition.size() == want.size());
  std::vector<std::int32_t> fast(want.size());
  gemm_int32_fast(a.data(), b.data(), kM, kN, kK, fast.data());
  bench::Checker checker;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const auto describe = [&](std::ostream& os) { os << "row " << i / kN << " column " << i % kN; };
    checker.equal(want[i], by_definition[i], describe);
    checker.equal(want[i], fast[i], describe);
  }
  checker.finish(2 * kM * kN);
}

}  // namespace
}  // namespace rh
