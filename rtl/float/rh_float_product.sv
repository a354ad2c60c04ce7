// The exact product of two FP32 numbers, not yet rounded, in a register.
//
//   |a * b| = significand_o / 2^47 * 2^(exponent_o - 127)                       docs/float.md (3)
//
// The significand is not normalised: it has leading zeros when an operand is subnormal, and is 0
// when one is 0. rh_float_pack takes the outputs as they are.
// Latency: 1. The outputs hold the product of the last cycle in which enable_i was set.
// Golden model: sw/float/float.hpp. Test: verif/float/float_test.cpp.
module rh_float_product (
  input  logic               clk_i,
  input  logic               enable_i,
  input  logic        [31:0] a_i,
  input  logic        [31:0] b_i,
  output logic               negative_o,
  output logic signed [9:0]  exponent_o,
  output logic        [47:0] significand_o,
  output logic               nan_o,
  output logic               infinity_o     // may also be set beside nan_o
);
  logic normal_a, normal_b;
  logic any_a, any_b;  // not zero
  logic top_a, top_b;  // the exponent field of NaN and infinity
  assign normal_a = a_i[30:23] != '0;
  assign normal_b = b_i[30:23] != '0;
  assign any_a    = a_i[30:0] != '0;
  assign any_b    = b_i[30:0] != '0;
  assign top_a    = a_i[30:23] == '1;
  assign top_b    = b_i[30:23] == '1;

  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      negative_o    <= a_i[31] ^ b_i[31];
      significand_o <= {24'b0, normal_a, a_i[22:0]} * {24'b0, normal_b, b_i[22:0]};
      // A subnormal has the exponent of field 1. Two hidden bits weigh 2^46, one below the top.
      exponent_o    <= {2'b0, a_i[30:23]} + {9'b0, !normal_a} +
                       {2'b0, b_i[30:23]} + {9'b0, !normal_b} - 10'd126;
      infinity_o    <= top_a || top_b;
      nan_o         <= (top_a && (a_i[22:0] != '0 || !any_b)) ||
                       (top_b && (b_i[22:0] != '0 || !any_a));
    end
  end
endmodule
