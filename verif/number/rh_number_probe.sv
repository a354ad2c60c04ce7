// The package's constants as outputs, so that a test can read them.
// Test: verif/number/number_test.cpp.
module rh_number_probe (
  input  logic [7:0]  width_i,  // of rh_pkg::dot_width
  input  logic [15:0] terms_i,
  output logic [7:0]  dot_width_o,
  output logic [3:0]  int8_magnitude_bits_o,
  output logic [3:0]  int8_exponent_bits_o,
  output logic [15:0] int8_group_size_o,
  output logic        int8_encoding_o,
  output logic [2:0]  int8_rounding_o,
  output logic        int8_overflow_o,
  output logic        int8_most_negative_o,
  output logic [14:0] round_modes_o,  // Truncate lowest, 3 bits each, as docs/number.md has them
  output logic [1:0]  encodings_o,
  output logic [1:0]  overflows_o,
  output logic [5:0]  outputs_o,
  output logic [31:0] nan_o,
  output logic [31:0] infinity_o
);
  localparam rh_pkg::format_t Format = rh_pkg::Int8;

  assign dot_width_o           = 8'(rh_pkg::dot_width(32'(width_i), 32'(terms_i)));
  assign int8_magnitude_bits_o = Format.magnitude_bits;
  assign int8_exponent_bits_o  = Format.exponent_bits;
  assign int8_group_size_o     = Format.group_size;
  assign int8_encoding_o       = Format.encoding;
  assign int8_rounding_o       = Format.rounding;
  assign int8_overflow_o       = Format.overflow;
  assign int8_most_negative_o  = Format.most_negative;
  assign round_modes_o = {rh_pkg::StochasticUnbiased, rh_pkg::Stochastic, rh_pkg::NearestAway,
                          rh_pkg::NearestEven, rh_pkg::Truncate};
  assign encodings_o   = {rh_pkg::SignMagnitude, rh_pkg::TwosComplement};
  assign overflows_o   = {rh_pkg::Bump, rh_pkg::Saturate};
  assign outputs_o     = {rh_pkg::OutputInt8, rh_pkg::OutputFp32, rh_pkg::OutputInt32};
  assign nan_o         = rh_pkg::Fp32Nan;
  assign infinity_o    = rh_pkg::Fp32Infinity;
endmodule
