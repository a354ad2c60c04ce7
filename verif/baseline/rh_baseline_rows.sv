// Two unsigned numbers of Width bits multiplied: a row of full adders for every bit of b_i. The
// smallest that this flow makes, and as long as two rows are wide.
//
//   product_o = a_i * b_i
//
// All bits are inverted: a full adder does not mind, and NAND is smaller than AND.
//
// Combinational. Test: verif/baseline/baseline_test.cpp (through the cells).
module rh_baseline_rows #(
  parameter int Width = 8
) (
  input  logic [Width-1:0]   a_i,
  input  logic [Width-1:0]   b_i,
  output logic [2*Width-1:0] product_o
);
  for (genvar j = 0; j < Width; j++) begin : gen_row
    logic [Width-1:0] bits_n;
    logic [Width:0]   sum_n;  // of the rows 0 .. j, from column j on
    assign bits_n = ~(a_i & {Width{b_i[j]}});
    if (j == 0) begin : gen_first
      assign sum_n = {1'b1, bits_n};
    end else begin : gen_next
      rh_dot_ripple #(.Width(Width)) u_add (
        .a_i    (gen_row[j-1].sum_n[Width:1]),
        .b_i    (bits_n),
        .carry_i(1'b1),
        .sum_o  (sum_n[Width-1:0]),
        .carry_o(sum_n[Width])
      );
    end
    assign product_o[j] = !sum_n[0];
  end
  assign product_o[2*Width-1:Width] = ~gen_row[Width-1].sum_n[Width:1];
endmodule
