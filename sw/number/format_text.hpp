// Formats by name: what --format takes, and the name a descriptor is reported under.
//
//   int8, fast4-sr, mxfp4 ...          a preset
//   bfp5, hbfp8                        a family with its m
//   bfp(m=5,g=32,round=stochastic)     any of them with fields set: docs/number.md (10)
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

#include "number/number.hpp"

namespace rh {

// A format that is refused: one sentence naming the field, its value and the limit.
class FormatError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

// The descriptor that `text` names. Throws FormatError.
Format parse_format(std::string_view text);

// The mode that `text` names, as name() spells it. Throws FormatError.
RoundMode parse_round_mode(std::string_view text);

// Throws FormatError unless every field lies within its limits and they go together.
void validate(const Format& format);

// One text for each descriptor: a preset, a family member, or one of them with fields.
// parse_format() of it gives `format` back; `format` must be one that validate() accepts.
std::string format_text(const Format& format);

}  // namespace rh
