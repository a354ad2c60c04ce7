// Two rows and a carry into one: a chain of full adders.
//
//   2^Width carry_o + sum_o = a_i + b_i + carry_i
//
// Combinational. Test: verif/dot/dot_test.cpp, verif/accumulate/accumulate_test.cpp.
module rh_dot_ripple #(
  parameter int Width = 16
) (
  input  logic [Width-1:0] a_i,
  input  logic [Width-1:0] b_i,
  input  logic             carry_i,
  output logic [Width-1:0] sum_o,
  output logic             carry_o
);
  for (genvar c = 0; c < Width; c++) begin : gen_bit
    logic carry_in;
    logic carry;
    if (c == 0) begin : gen_first
      assign carry_in = carry_i;
    end else begin : gen_next
      assign carry_in = gen_bit[c-1].carry;
    end
    rh_dot_full_adder u_adder (
      .a_i(a_i[c]), .b_i(b_i[c]), .c_i(carry_in), .sum_o(sum_o[c]), .carry_o(carry)
    );
  end
  assign carry_o = gen_bit[Width-1].carry;
endmodule
