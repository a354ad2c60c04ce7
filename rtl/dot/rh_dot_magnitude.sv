// The exact dot product of Lanes pairs of sign-magnitude codes, as a two's complement number.
//
//   dot = sum over lanes of (-1)^(sign a ^ sign b) |a| |b|                         docs/dot.md (1)
//   |dot| <= Lanes (2^BitsA - 1) (2^BitsB - 1) < 2^(OutW-1)                                    (6)
//
// A code is a sign over Bits = Width - 1 magnitude bits; a zero may have either sign. Compressor
// chooses the description, not the function: 0 is `*` and `+`, with FastSim one `*` for several
// lanes; 1 is rh_dot_magnitude_tree.
//
// Combinational. Golden model: sw/dot/dot.hpp. Test: verif/dot/dot_magnitude_test.cpp.
module rh_dot_magnitude #(
  parameter  int Lanes      = 16,
  parameter  int WidthA     = 3,
  parameter  int WidthB     = 3,
  parameter  bit Compressor = 1'b0,
  parameter  bit FastSim    = 1'b0,
  localparam int BitsA      = WidthA - 1,
  localparam int BitsB      = WidthB - 1,
  localparam int OutW       = rh_pkg::dot_width_magnitude(BitsA, BitsB, Lanes)
) (
  input  logic [Lanes*WidthA-1:0] a_i,
  input  logic [Lanes*WidthB-1:0] b_i,
  output logic [OutW-1:0]         dot_o
);
  localparam int Largest = ((1 << BitsA) - 1) * ((1 << BitsB) - 1);  // of a lane
  localparam int Bound   = Lanes * Largest;

  if (Bound >= 1 << (OutW - 1)) begin : gen_bad_bound
    $error("rh_dot_magnitude: OutW cannot hold Lanes products of the largest codes");
  end

  if (Compressor) begin : gen_tree
    rh_dot_magnitude_tree #(
      .Lanes (Lanes),
      .WidthA(WidthA),
      .WidthB(WidthB)
    ) u_tree (
      .a_i  (a_i),
      .b_i  (b_i),
      .dot_o(dot_o)
    );
  end else if (FastSim) begin : gen_packed
    localparam int Words = (Lanes + 64 / OutW - 1) / (64 / OutW);
    logic [Words*64-1:0] a, b;
    rh_dot_pack #(.Lanes(Lanes), .Width(WidthA), .FieldW(OutW)) u_a (
      .codes_i(a_i),
      .words_o(a)
    );
    rh_dot_pack #(.Lanes(Lanes), .Width(WidthB), .FieldW(OutW), .Reverse(1'b1)) u_b (
      .codes_i(b_i),
      .words_o(b)
    );
    rh_dot_packed #(.Lanes(Lanes), .FieldW(OutW)) u_packed (
      .a_i  (a),
      .b_i  (b),
      .dot_o(dot_o)
    );
  end else begin : gen_products
    logic [31:0] dot, product;

    always_comb begin
      dot = '0;
      for (int k = 0; k < Lanes; k++) begin
        product = 32'(a_i[k*WidthA +: BitsA]) * 32'(b_i[k*WidthB +: BitsB]);
        dot     = a_i[k*WidthA + BitsA] ^ b_i[k*WidthB + BitsB] ? dot - product : dot + product;
      end
    end
    assign dot_o = OutW'(dot);
  end

  always_comb begin
    a_dot_within_bound: assert (32'($signed(dot_o)) <= Bound && 32'($signed(dot_o)) >= -Bound);
  end
endmodule
