// TEST RATIONALE. The text of a format comes from users, so every way to get it wrong has to be
// refused by a sentence that names the field, the value and the limit, and every descriptor must
// have a text that reads back as itself. Valid texts: a table of name and fields. Round trip: the
// whole cross product of edge values of every field (some ten thousand descriptors). Refusals: one
// text per rule. Noise: random strings over the grammar's alphabet must be refused or round-trip,
// and nothing else may happen.
// Mutants this kills: a limit off by one, the field of a duplicate not noticed, negmin without its
// encoding, base or noise left out of the text, a trailing comma taken.
#include "number/format_text.hpp"

#include "bench/catch.hpp"
#include "bench/checker.hpp"
#include "bench/fixture.hpp"

namespace rh {
namespace {

std::string refusal(std::string_view text) {
  try {
    parse_format(text);
  } catch (const FormatError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("number: texts that name a format", "[number][edge]") {
  for (const Preset& preset : kPresets) CHECK(parse_format(preset.name) == preset.format);
  CHECK(parse_format("bfp5") == bfp_format(5));
  CHECK(parse_format("hbfp8") == hbfp_format(8));
  CHECK(parse_format("bfp(m=5)") == bfp_format(5));
  CHECK(parse_format("  bfp ( m = 5 , g=16 ) ") == bfp_format(5));
  CHECK(parse_format("hbfp(m=5)") == hbfp_format(5));
  CHECK(parse_format("bfp5()") == bfp_format(5));
  CHECK(parse_format("bfp15").max_code() == 32'767);

  Format f = bfp_format(5);
  f.group_size = 32;
  f.rounding = RoundMode::Stochastic;
  f.noise_bits = 6;
  f.overflow = Overflow::Bump;
  f.base = -20;
  f.rule = ExponentRule::Ceil;
  f.exponent_bits = 3;
  CHECK(parse_format(
            "bfp(m=5,g=32,e=3,round=stochastic,noise=6,overflow=bump,base=-20,rule=ceil)") == f);
  CHECK(parse_format("fast4(round=stochastic)") == *find_preset("fast4-sr"));
  CHECK(parse_format("mxint8(round=nearest-away)") == *find_preset("mxint8-away"));
  CHECK(parse_format("mxfp4(g=16)").group_size == 16);
  const Format negmin = parse_format("bfp(m=7,negmin=1)");
  CHECK(negmin.most_negative);
  CHECK(negmin.encoding == Encoding::TwosComplement);
  CHECK(parse_format("bfp(m=7,negmin=0)") == bfp_format(7));
}

TEST_CASE("number: the text of a descriptor", "[number][edge]") {
  CHECK(format_text(kInt8) == "int8");
  CHECK(format_text(parse_format("fast4(round=stochastic)")) == "fast4-sr");
  CHECK(format_text(bfp_format(5)) == "bfp5");
  CHECK(format_text(hbfp_format(5)) == "hbfp5");
  CHECK(format_text(bfp_format(3)) == "msfp12");  // they are one format
  CHECK(format_text(parse_format("bfp(m=5,g=32,e=8,round=stochastic,noise=8)")) ==
        "bfp(m=5,g=32,round=stochastic)");
  CHECK(format_text(parse_format("mxfp4(g=16,rule=rceil)")) == "mxfp4(g=16,rule=rceil)");
  CHECK(format_text(parse_format("fast4(base=-20)")) == "bfp(m=4,e=4,base=-20)");
}

TEST_CASE("number: a descriptor's text reads back as the descriptor", "[number][law]") {
  bench::Checker checker;
  const auto check = [&](const Format& format) {
    const std::string text = format_text(format);
    checker.equal(true, parse_format(text) == format, [&](std::ostream& os) { os << text; });
  };
  std::vector<Format> elements;
  for (const int m : {1, 2, 7, 8, 15}) elements.push_back(bfp_format(m));
  elements.push_back(hbfp_format(4));
  elements.push_back(parse_format("bfp(m=3,negmin=1)"));
  for (const char* const name : {"mxfp4", "mxfp6-e2m3", "mxfp6-e3m2", "mxfp8-e4m3", "mxfp8-e5m2"})
    elements.push_back(*find_preset(name));
  for (const Format& element : elements)
    for (const int g : {1, 16, 32, 65'535})
      for (const int e : {1, 4, 8})
        for (const int r : {1, 8, 14})
          for (const std::optional<int> base : {std::optional<int>(), {-128}, {0}, {127}})
            for (int mode = 0; mode < 5; ++mode)
              for (int rule = 0; rule < 4; ++rule)
                for (const Overflow overflow : {Overflow::Saturate, Overflow::Bump}) {
                  Format f = element;
                  f.group_size = g;
                  f.exponent_bits = e;
                  f.noise_bits = r;
                  f.base = base;
                  f.rounding = static_cast<RoundMode>(mode);
                  f.rule = static_cast<ExponentRule>(rule);
                  f.overflow = overflow;
                  check(f);
                }
  checker.finish(12 * 4 * 3 * 3 * 4 * 5 * 4 * 2);
}

TEST_CASE("number: every refusal names field, value and limit", "[number][edge]") {
  CHECK(refusal("int9").starts_with("format 'int9' is unknown; there are int8, fast2,"));
  CHECK(refusal("").starts_with("format '' is unknown"));
  CHECK(refusal("bfp").find("needs its m") != std::string::npos);
  CHECK(refusal("hbfp(g=16)").find("needs its m") != std::string::npos);
  CHECK(refusal("bfp0") == "format: m is '0'; it lies in 1..15");
  CHECK(refusal("bfp16") == "format: m is '16'; it lies in 1..15");
  CHECK(refusal("bfp99999999999") == "format: m is '99999999999'; it lies in 1..15");
  CHECK(refusal("bfp4x").starts_with("format 'bfp4x' is unknown"));
  CHECK(refusal("bfp(m=0)") == "format: m is 0; it lies in 1..15");
  CHECK(refusal("bfp(m=16)") == "format: m is 16; it lies in 1..15");
  CHECK(refusal("bfp(m=4,g=0)") == "format: g is 0; it lies in 1..65535");
  CHECK(refusal("bfp(m=4,g=65536)") == "format: g is 65536; it lies in 1..65535");
  CHECK(refusal("bfp(m=4,e=0)") == "format: e is 0; it lies in 1..8");
  CHECK(refusal("bfp(m=4,e=9)") == "format: e is 9; it lies in 1..8");
  CHECK(refusal("bfp(m=4,noise=0)") == "format: noise is 0; it lies in 1..14");
  CHECK(refusal("bfp(m=4,noise=15)") == "format: noise is 15; it lies in 1..14");
  CHECK(refusal("bfp(m=4,base=-129)") == "format: base is -129; it lies in -128..127");
  CHECK(refusal("bfp(m=4,base=128)") == "format: base is 128; it lies in -128..127");
  CHECK(refusal("bfp(m=4,negmin=2)") == "format: negmin is 2; it lies in 0..1");
  CHECK(refusal("bfp(m=four)") == "format: m is 'four', not a whole number");
  CHECK(refusal("bfp(m=4.0)") == "format: m is '4.0', not a whole number");
  CHECK(refusal("bfp(m=)") == "format: m is '', not a whole number");
  CHECK(
      refusal("bfp(m=4,round=nearest)") ==
      "format: round is 'nearest'; it is one of truncate, nearest-even, nearest-away, stochastic, "
      "stochastic-unbiased");
  CHECK(refusal("bfp(m=4,rule=up)") ==
        "format: rule is 'up'; it is one of floor, ceil, even, rceil");
  CHECK(refusal("bfp(m=4,overflow=wrap)") ==
        "format: overflow is 'wrap'; it is one of saturate, bump");
  CHECK(
      refusal("bfp(m=4,size=3)") ==
      "format: field 'size' is unknown; there are m, g, e, round, noise, rule, overflow, base and "
      "negmin");
  CHECK(refusal("bfp(m=4,m=5)") == "format: field 'm' is given twice");
  CHECK(refusal("bfp(m=4,)") == "format: a comma stands at the end of the fields");
  CHECK(refusal("bfp(4)") == "format: '4' is not of the form field=value");
  CHECK(refusal("bfp(m=4").find("no closing bracket") != std::string::npos);
  CHECK(refusal("bfp(m=4)x").find("no closing bracket") != std::string::npos);
  CHECK(refusal("int8(round=truncate)").starts_with("format: int8 takes no fields"));
  CHECK(refusal("mxfp4(m=4)") == "format: m is the element's own in a format of minifloats");
  CHECK(refusal("mxfp4(negmin=1)") ==
        "format: negmin is 1, but a minifloat has no most negative code");
  CHECK(refusal("bad\nname\x01") ==
        "format 'bad?name?' is unknown; " +
            refusal("bad?name?").substr(refusal("bad?name?").find("there")));
  CHECK(refusal(std::string(500, 'x')).find("'" + std::string(60, 'x') + "...'") !=
        std::string::npos);
}

TEST_CASE("number: descriptors without a text are refused", "[number][edge]") {
  const auto refused = [](const Format& format) {
    try {
      validate(format);
    } catch (const FormatError&) {
      return true;
    }
    return false;
  };
  CHECK_FALSE(refused(kInt8));
  for (const Preset& preset : kPresets) CHECK_FALSE(refused(preset.format));
  Format f = bfp_format(7);
  f.encoding = Encoding::TwosComplement;
  CHECK(refused(f));
  f.most_negative = true;
  CHECK_FALSE(refused(f));
  f = *find_preset("mxfp8-e4m3");
  f.specials = Specials::None;
  CHECK(refused(f));
  f = *find_preset("mxfp4");
  f.magnitude_bits = 4;
  CHECK(refused(f));
  f = kInt8;
  f.rounding = RoundMode::Truncate;
  CHECK(refused(f));
}

TEST_CASE("number: any text is refused or reads back", "[number][random]") {
  auto rng = bench::rng();
  constexpr std::string_view kPieces[] = {
      "bfp", "hbfp", "mxfp4", "fast4",  "(",        ")", ",",     "m=", "g=",      "e=", "round",
      "=",   "5",    "32",    "noise=", "truncate", "-", "base=", " ",  "negmin=", "1"};
  std::size_t accepted = 0;
  for (int n = 0; n < 50'000; ++n) {
    std::string text = rng() % 2 == 0 ? "bfp(m=4" : "";
    for (std::uint64_t i = rng() % 6; i-- > 0;) text += kPieces[rng() % std::size(kPieces)];
    if (rng() % 2 == 0) text += ")";
    try {
      const Format format = parse_format(text);
      ++accepted;
      if (!(parse_format(format_text(format)) == format)) FAIL(text);
    } catch (const FormatError& error) {
      if (std::string_view(error.what()).find('\n') != std::string_view::npos) FAIL(text);
    }
  }
  CHECK(accepted > 500);
}

}  // namespace
}  // namespace rh
