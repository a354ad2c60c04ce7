// What a product of two bf16 numbers is, its significand apart.
//
//   exponent_o = max(1, field of a) + max(1, field of b)                       docs/baseline.md (1)
//
// Combinational. Test: verif/baseline/baseline_test.cpp (through the cells).
module rh_baseline_exponent (
  input  logic [15:0] a_i,
  input  logic [15:0] b_i,
  output logic [8:0]  exponent_o,
  output logic        negative_o,
  output logic        zero_o,
  output logic        infinity_o,  // may also be set beside nan_o
  output logic        nan_o        // of a NaN, or of 0 times infinity
);
  logic normal_a, normal_b, zero_a, zero_b, top_a, top_b;
  assign normal_a = a_i[14:7] != '0;
  assign normal_b = b_i[14:7] != '0;
  assign zero_a   = !normal_a && a_i[6:0] == '0;
  assign zero_b   = !normal_b && b_i[6:0] == '0;
  assign top_a    = a_i[14:7] == '1;
  assign top_b    = b_i[14:7] == '1;

  rh_dot_ripple #(.Width(8)) u_sum (
    .a_i    ({a_i[14:8], a_i[7] | !normal_a}),
    .b_i    ({b_i[14:8], b_i[7] | !normal_b}),
    .carry_i(1'b0),
    .sum_o  (exponent_o[7:0]),
    .carry_o(exponent_o[8])
  );
  assign negative_o = a_i[15] ^ b_i[15];
  assign zero_o     = zero_a || zero_b;
  assign infinity_o = top_a || top_b;
  assign nan_o      = (top_a && (a_i[6:0] != '0 || zero_b)) ||
                      (top_b && (b_i[6:0] != '0 || zero_a));
endmodule
