// What a product of two numbers is, its significand apart. The numbers have 8 exponent bits and
// SignificandW significand bits, one of them hidden: bf16 (8) or FP32 (24).
//
//   exponent_o = max(1, field of a) + max(1, field of b)                       docs/baseline.md (1)
//
// Combinational. Test: verif/baseline/baseline_test.cpp (through the cells).
module rh_baseline_exponent #(
  parameter  int SignificandW = 8,
  localparam int OperandW     = SignificandW + 8
) (
  input  logic [OperandW-1:0] a_i,
  input  logic [OperandW-1:0] b_i,
  output logic [8:0]          exponent_o,
  output logic                negative_o,
  output logic                zero_o,
  output logic                infinity_o,  // may also be set beside nan_o
  output logic                nan_o        // of a NaN, or of 0 times infinity
);
  localparam int FractionW = SignificandW - 1;

  logic [7:0] field_a, field_b;
  logic       normal_a, normal_b, whole_a, whole_b, zero_a, zero_b, top_a, top_b;
  assign field_a  = a_i[FractionW +: 8];
  assign field_b  = b_i[FractionW +: 8];
  assign whole_a  = a_i[FractionW-1:0] == '0;
  assign whole_b  = b_i[FractionW-1:0] == '0;
  assign normal_a = field_a != '0;
  assign normal_b = field_b != '0;
  assign zero_a   = !normal_a && whole_a;
  assign zero_b   = !normal_b && whole_b;
  assign top_a    = field_a == '1;
  assign top_b    = field_b == '1;

  rh_dot_ripple #(.Width(8)) u_sum (
    .a_i    ({field_a[7:1], field_a[0] | !normal_a}),
    .b_i    ({field_b[7:1], field_b[0] | !normal_b}),
    .carry_i(1'b0),
    .sum_o  (exponent_o[7:0]),
    .carry_o(exponent_o[8])
  );
  assign negative_o = a_i[OperandW-1] ^ b_i[OperandW-1];
  assign zero_o     = zero_a || zero_b;
  assign infinity_o = top_a || top_b;
  assign nan_o      = (top_a && (!whole_a || zero_b)) || (top_b && (!whole_b || zero_a));
endmodule
