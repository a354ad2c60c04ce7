// Yosys techmap rule: a full adder is the library's. See full_adder.v.
module rh_dot_full_adder (input a_i, b_i, c_i, output sum_o, carry_o);
  FAX1 _TECHMAP_REPLACE_ (.A(a_i), .B(b_i), .C(c_i), .YS(sum_o), .YC(carry_o));
endmodule
