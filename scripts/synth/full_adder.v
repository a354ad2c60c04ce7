// Yosys techmap rules for full adders, applied in this order by scripts/synth.py.
//
//   1. $fa, which maccmap makes out of `*` and of sums: one rh_dot_full_adder a bit, so that
//      multipliers written behaviorally get the library's full adder as compressor trees do.
//   2. An rh_dot_full_adder with a constant input is not worth a full adder: gates. Repeated until
//      nothing changes, because constants travel along rows of adders.
//   3. What is left is a full adder of the library (full_adder_cell.v).
(* techmap_celltype = "$fa" *)
module rh_synth_fa (A, B, C, X, Y);
  parameter WIDTH = 1;
  input  [WIDTH-1:0] A, B, C;
  output [WIDTH-1:0] X, Y;
  genvar i;
  generate
    for (i = 0; i < WIDTH; i = i + 1) begin : gen_bit
      rh_dot_full_adder u_adder (
        .a_i(A[i]), .b_i(B[i]), .c_i(C[i]), .sum_o(Y[i]), .carry_o(X[i])
      );
    end
  endgenerate
endmodule

module rh_dot_full_adder (input a_i, b_i, c_i, output sum_o, carry_o);
  parameter _TECHMAP_CONSTMSK_a_i_ = 1'b0;
  parameter _TECHMAP_CONSTMSK_b_i_ = 1'b0;
  parameter _TECHMAP_CONSTMSK_c_i_ = 1'b0;
  wire _TECHMAP_DO_ = "proc; opt_clean";
  generate
    if (_TECHMAP_CONSTMSK_a_i_ || _TECHMAP_CONSTMSK_b_i_ || _TECHMAP_CONSTMSK_c_i_) begin
      assign sum_o   = a_i ^ b_i ^ c_i;
      assign carry_o = (a_i & b_i) | (c_i & (a_i | b_i));
    end else begin
      wire _TECHMAP_FAIL_ = 1'b1;
    end
  endgenerate
endmodule
