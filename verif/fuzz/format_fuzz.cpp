// Input: an even byte, then the text of --format; or an odd byte, then the fields of a descriptor.
//
// Accepted text gives a valid descriptor, whose text reads back as it and prints as itself; so does
// every descriptor that validate() accepts. A refusal is a FormatError that begins with "format".
#include "fuzz/fuzz.hpp"
#include "number/format_text.hpp"

namespace rh {
namespace {

void check_text(const Format& format) {
  const std::string text = format_text(format);
  try {
    validate(format);
    fuzz::require(parse_format(text) == format, "'" + text + "' reads back as another format");
  } catch (const FormatError& error) {
    fuzz::fail("'" + text + "' is refused: " + error.what());
  }
  fuzz::require(format_text(parse_format(text)) == text, "'" + text + "' prints as another text");
  fuzz::require(parse_format(" \t" + text + " ") == format, "space around '" + text + "'");
}

void from_text(std::string_view text) {
  try {
    check_text(parse_format(text));
  } catch (const FormatError& error) {
    fuzz::check_refusal(error.what(), "format");
    fuzz::require(std::string_view(error.what()).size() < 400, "a refusal repeats a long text");
  }
  try {
    fuzz::require(name(parse_round_mode(text)) == text, "a rounding mode has another name");
  } catch (const FormatError& error) {
    fuzz::check_refusal(error.what(), "format: round is ");
  }
}

void from_fields(fuzz::Input input) {
  Format format = kPresets[input.byte() % kPresets.size()].format;
  const int change = input.byte();
  if (change & 1) format.magnitude_bits = input.number(-1, 17);
  if (change & 2) format.exponent_bits = input.number(-1, 10);
  if (change & 4) format.group_size = input.number(-1, 65'537);
  if (change & 8) format.rounding = static_cast<RoundMode>(input.byte() % 5);
  if (change & 16) format.noise_bits = input.number(-1, 16);
  if (change & 32) {
    format.rule = static_cast<ExponentRule>(input.byte() % 4);
    format.overflow = static_cast<Overflow>(input.byte() % 2);
  }
  if (change & 64) format.base = input.number(-130, 130);
  if (change & 128) {
    format.most_negative = input.byte() % 2 == 1;
    format.encoding = input.byte() % 2 == 1 ? Encoding::TwosComplement : Encoding::SignMagnitude;
  }
  try {
    validate(format);
  } catch (const FormatError& error) {
    fuzz::check_refusal(error.what(), "format: ");
    return;
  }
  check_text(format);
}

}  // namespace
}  // namespace rh

RH_FUZZ(const std::uint8_t* data, std::size_t size) {
  rh::fuzz::Input input(data, size);
  if (input.byte() % 2 == 0)
    rh::from_text(input.rest());
  else
    rh::from_fields(input);
  return 0;
}
