// The package's constants as outputs, and the configurations that proofs assume, so that a test can
// read them.
// Test: verif/number/number_test.cpp.
module rh_number_probe #(
  localparam int PresetW = $bits(rh_pkg::format_t),
  localparam int ConfigW = $bits(rh_pkg::block_config_t)
) (
  input  logic [7:0]            width_i,  // of rh_pkg::dot_width
  input  logic [15:0]           terms_i,
  output logic [7:0]            dot_width_o,
  input  logic [3:0]            bits_a_i,  // of rh_pkg::dot_width_magnitude, with terms_i
  input  logic [3:0]            bits_b_i,
  output logic [7:0]            dot_width_magnitude_o,
  output logic [16*PresetW-1:0] presets_o,  // in the order of kPresets, the first lowest
  output logic [ConfigW-1:0]    config_o,   // known values, field by field
  output logic [7:0]            config_bits_o,
  input  logic [ConfigW-1:0]    any_i,      // of legal_config, of verif/mutate/contracts.v
  output logic [ConfigW-1:0]    legal_o,    // for a converter that can do everything
  output logic [ConfigW-1:0]    narrow_o,   // 4 bits, minifloats
  output logic [ConfigW-1:0]    integer_o,  // 3 bits, integers, Bump, MostNegative
  output logic [14:0]           round_modes_o,  // Truncate lowest, 3 bits each
  output logic [1:0]            encodings_o,
  output logic [1:0]            overflows_o,
  output logic [5:0]            outputs_o,
  output logic [7:0]            rules_o,
  output logic [5:0]            specials_o,
  output logic [5:0]            sources_o,
  output logic [31:0]           nan_o,
  output logic [31:0]           infinity_o
);
  // verilator lint_off WIDTH
  // verilator lint_off UNUSED
  `include "verif/mutate/contracts.v"
  // verilator lint_on UNUSED
  // verilator lint_on WIDTH
  assign legal_o   = legal_config(any_i, 8, 1'b1, 1'b1, 1'b1);
  assign narrow_o  = legal_config(any_i, 4, 1'b1, 1'b0, 1'b0);
  assign integer_o = legal_config(any_i, 3, 1'b0, 1'b1, 1'b1);

  rh_pkg::block_config_t block_config;
  assign block_config.rounding         = rh_pkg::NearestEven;
  assign block_config.rule             = rh_pkg::EvenExponent;
  assign block_config.overflow         = rh_pkg::Bump;
  assign block_config.most_negative    = 1'b0;
  assign block_config.signed_zero      = 1'b1;
  assign block_config.significand_bits = 4'd6;
  assign block_config.binades          = 5'd7;
  assign block_config.max_code         = 8'd8;
  assign block_config.element_exponent = 4'd9;
  assign block_config.max_exponent     = 8'd10;
  assign block_config.base             = -8'sd11;

  assign config_o      = block_config;
  assign config_bits_o = 8'(ConfigW);
  assign presets_o     = {rh_pkg::MxFp8E5M2, rh_pkg::MxFp8E4M3, rh_pkg::MxFp6E3M2,
                          rh_pkg::MxFp6E2M3, rh_pkg::MxFp4, rh_pkg::MxInt4Away,
                          rh_pkg::MxInt8Away, rh_pkg::MxInt4, rh_pkg::MxInt8, rh_pkg::Msfp16,
                          rh_pkg::Msfp12, rh_pkg::Fast4Sr, rh_pkg::Fast2Sr, rh_pkg::Fast4,
                          rh_pkg::Fast2, rh_pkg::Int8};
  assign dot_width_o   = 8'(rh_pkg::dot_width(32'(width_i), 32'(terms_i)));
  assign dot_width_magnitude_o =
      8'(rh_pkg::dot_width_magnitude(32'(bits_a_i), 32'(bits_b_i), 32'(terms_i)));
  assign round_modes_o = {rh_pkg::StochasticUnbiased, rh_pkg::Stochastic, rh_pkg::NearestAway,
                          rh_pkg::NearestEven, rh_pkg::Truncate};
  assign encodings_o   = {rh_pkg::SignMagnitude, rh_pkg::TwosComplement};
  assign overflows_o   = {rh_pkg::Bump, rh_pkg::Saturate};
  assign outputs_o     = {rh_pkg::OutputInt8, rh_pkg::OutputFp32, rh_pkg::OutputInt32};
  assign rules_o       = {rh_pkg::RceilExponent, rh_pkg::EvenExponent, rh_pkg::CeilExponent,
                            rh_pkg::FloorExponent};
  assign specials_o    = {rh_pkg::InfinityNan, rh_pkg::NanOnly, rh_pkg::NoSpecials};
  assign sources_o     = {rh_pkg::SourceFp16, rh_pkg::SourceBf16, rh_pkg::SourceFp32};
  assign nan_o         = rh_pkg::Fp32Nan;
  assign infinity_o    = rh_pkg::Fp32Infinity;
endmodule
