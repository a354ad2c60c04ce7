// The significands of two bf16 numbers multiplied: 8 x 8 unsigned bits, rows of full adders, which
// is the smallest this flow makes.
//
//   product_o = s_a * s_b,  s = 128 [field != 0] + fraction                    docs/baseline.md (1)
//
// Combinational. Test: verif/baseline/baseline_test.cpp (through the cells).
module rh_baseline_product (
  input  logic [14:0] a_i,  // without sign
  input  logic [14:0] b_i,
  output logic [15:0] product_o
);
  logic [7:0] a, b;
  assign a = {a_i[14:7] != '0, a_i[6:0]};
  assign b = {b_i[14:7] != '0, b_i[6:0]};

  // Row by row, all bits inverted: a full adder does not mind, and NAND is smaller than AND.
  for (genvar j = 0; j < 8; j++) begin : gen_row
    logic [7:0] bits_n;
    logic [8:0] sum_n;  // of the rows 0 .. j, from column j on
    assign bits_n = ~(a & {8{b[j]}});
    if (j == 0) begin : gen_first
      assign sum_n = {1'b1, bits_n};
    end else begin : gen_next
      rh_dot_ripple #(.Width(8)) u_add (
        .a_i    (gen_row[j-1].sum_n[8:1]),
        .b_i    (bits_n),
        .carry_i(1'b1),
        .sum_o  (sum_n[7:0]),
        .carry_o(sum_n[8])
      );
    end
    assign product_o[j] = !sum_n[0];
  end
  assign product_o[15:8] = ~gen_row[7].sum_n[8:1];
endmodule
