#include "regress/values.hpp"

#include <bit>

namespace rh::regress {
namespace {

float of_bits(std::uint32_t bits) {
  return std::bit_cast<float>(bits);
}
std::uint32_t sign_bit(Draw& draw) {
  return draw.percent(50) ? 0x8000'0000u : 0;
}
std::uint32_t field(int exponent, std::uint32_t fraction = 0) {
  return static_cast<std::uint32_t>(exponent) << 23 | fraction;
}

// What the values of a line share.
struct Line {
  int exponent;  // field of its largest values, 1 .. 254
  float scale;   // 2^(exponent - 127)
};

Line draw_line(Draw& draw) {
  const int exponent = draw.percent(80) ? draw.between(100, 150) : draw.between(1, 254);
  return {exponent, of_bits(field(exponent))};
}

float draw_value(Draw& draw, Values kind, const Line& line) {
  const std::uint32_t sign = sign_bit(draw);
  const auto fraction = static_cast<std::uint32_t>(draw.bits() >> 41);
  switch (kind) {
    case Values::Normal: return draw.normal() * line.scale;
    case Values::Zeros: return of_bits(sign);
    case Values::Sparse: return draw.percent(90) ? of_bits(sign) : draw.normal() * line.scale;
    case Values::Subnormals:
      return of_bits(sign |
                     field(draw.percent(70) ? 0 : draw.between(0, 3), fraction >> draw.below(23)));
    case Values::Specials:
      if (draw.percent(97)) return draw.normal() * line.scale;
      return of_bits(sign | (draw.percent(50) ? 0x7F80'0000u : field(255, fraction | 1)));
    case Values::Ties: {  // n + 1/2 of units 2^-j of the line's scale, j of any code's size
      const int j = draw.between(0, 9);
      const std::uint64_t n = draw.below(std::uint64_t{1} << j);
      const float magnitude = (static_cast<float>(n) + 0.5F) * of_bits(field(127 - j));
      return (sign != 0 ? -magnitude : magnitude) * line.scale;
    }
    case Values::OneHuge: return draw.normal() * line.scale;
    case Values::AnyBits: return of_bits(static_cast<std::uint32_t>(draw.bits()));
    case Values::Wide: return of_bits(sign | field(draw.between(0, 254), fraction));
    case Values::PowersOfTwo: {
      const int exponent = line.exponent - draw.between(0, 20);
      return of_bits(sign | field(exponent < 0 ? 0 : exponent));
    }
    case Values::NearMax: {
      if (draw.percent(5)) return of_bits(sign | 0x7F7F'FFFFu);
      const float near = 2.0F - of_bits(field(127 - draw.between(0, 12)));
      return (sign != 0 ? -near : near) * line.scale;
    }
    case Values::Mixed: break;
  }
  return 0;
}

}  // namespace

std::string_view name(Values kind) {
  switch (kind) {
    case Values::Normal: return "normal";
    case Values::Zeros: return "zeros";
    case Values::Sparse: return "sparse";
    case Values::Subnormals: return "subnormals";
    case Values::Specials: return "specials";
    case Values::Ties: return "ties";
    case Values::OneHuge: return "one huge";
    case Values::AnyBits: return "any bits";
    case Values::Wide: return "wide";
    case Values::PowersOfTwo: return "powers of two";
    case Values::NearMax: return "near max";
    case Values::Mixed: return "mixed";
  }
  return "?";
}

std::vector<float> draw_values(Draw& draw, Values kind, std::int64_t lines, std::int64_t length) {
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(lines * length));
  Line line = draw_line(draw);
  for (std::int64_t i = 0; i < lines; ++i) {
    Values of_line = kind;
    if (kind == Values::Mixed) of_line = static_cast<Values>(draw.below(kValueKinds - 1));
    if (kind == Values::Mixed || draw.percent(20)) line = draw_line(draw);
    for (std::int64_t k = 0; k < length; ++k) values.push_back(draw_value(draw, of_line, line));
  }
  if (kind == Values::OneHuge && !values.empty()) {
    const int exponent = line.exponent + draw.between(8, 60);
    values[draw.below(values.size())] =
        of_bits(sign_bit(draw) | field(exponent > 254 ? 254 : exponent));
  }
  return values;
}

}  // namespace rh::regress
