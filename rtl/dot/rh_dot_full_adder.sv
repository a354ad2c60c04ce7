// Three bits of one weight into a bit of that weight and one of twice the weight.
//
//   2 carry_o + sum_o = a_i + b_i + c_i                                           docs/dot.md (4)
//
// A leaf of its own so that synthesis can map it to a library's full adder before logic
// optimisation takes it apart. Combinational. Test: verif/dot/dot_test.cpp.
module rh_dot_full_adder (
  input  logic a_i,
  input  logic b_i,
  input  logic c_i,
  output logic sum_o,
  output logic carry_o
);
  assign sum_o   = a_i ^ b_i ^ c_i;
  assign carry_o = (a_i & b_i) | (c_i & (a_i | b_i));
endmodule
