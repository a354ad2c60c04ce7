// The tree of sign-magnitude lanes and plain products are one function of all codes.
//
// Proved as Yosys reads both, which simulation alone does not show. Run by:
// verif/formal/formal_test.py.
module rh_formal_dot #(
  parameter int Lanes = 2,
  parameter int Width = 5
) (
  input logic                   clk_i,
  input logic [Lanes*Width-1:0] a_i,
  input logic [Lanes*Width-1:0] b_i
);
  localparam int OutW = rh_pkg::dot_width_magnitude(Width - 1, Width - 1, Lanes);

  logic [OutW-1:0] products, tree;

  for (genvar i = 0; i < 2; i++) begin : gen_form
    logic [OutW-1:0] rows;
    rh_dot #(
      .Lanes        (Lanes),
      .Width        (Width),
      .SignMagnitude(1'b1),
      .Compressor   (i == 1)
    ) u_dot (
      .a_i   (a_i),
      .b_i   (b_i),
      .rows_o(rows)
    );
    if (i == 0) begin : gen_products
      assign products = rows;
    end else begin : gen_tree
      assign tree = rows;
    end
  end

  always_ff @(posedge clk_i) a_equal: assert (products == tree);
endmodule
