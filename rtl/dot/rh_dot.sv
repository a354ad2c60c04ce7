// The exact dot product of Lanes pairs of signed codes, two's complement or sign-magnitude.
//
//   dot = sum over lanes of a * b                                                  docs/dot.md (1)
//   rows_o = dot                                              with Rows = 1
//   sum of the rows of rows_o = dot + 2^(OutW-1), exactly     with Rows = 2 or more       (3)
//
// The offset makes all rows unsigned: several rows have no sign that could be extended, and with it
// no carry is lost. Compressor chooses the description, not the function: 0 is `*` and `+`, which
// simulates fast; 1 is Baugh-Wooley partial products in a tree of full adders, which gives the
// small netlist. How a sum is split into rows differs between them.
//
// With SignMagnitude the codes are a sign and Width - 1 magnitude bits, b's may have another Width
// than a's, and there is one row: the dot product.
//
// Combinational. Golden model: sw/dot/dot.hpp. Test: verif/dot/dot_test.cpp.
module rh_dot #(
  parameter  int Lanes         = 1,
  parameter  int Width         = 8,      // bits of a code, the sign included
  parameter  int WidthB        = Width,  // those of b's codes; another only with SignMagnitude
  parameter  bit SignMagnitude = 1'b0,
  parameter  bit Compressor    = 1'b0,
  parameter  bit FastSim       = 1'b0,   // without Compressor: signs as simulators like them
  parameter  int Rows          = 1,
  localparam int OutW          = SignMagnitude ?
                                 rh_pkg::dot_width_magnitude(Width - 1, WidthB - 1, Lanes) :
                                 rh_pkg::dot_width(Width, Lanes)
) (
  input  logic [Lanes*Width-1:0]  a_i,
  input  logic [Lanes*WidthB-1:0] b_i,
  output logic [Rows*OutW-1:0]    rows_o  // row-major
);
  if (SignMagnitude && (Width < 2 || Width > 9 || WidthB < 2 || WidthB > 9)) begin : gen_bad_bits
    $error("rh_dot: Width and WidthB must lie in 2 .. 9 with SignMagnitude: 1 .. 8 magnitude bits");
  end
  if (SignMagnitude && Rows != 1) begin : gen_bad_rows
    $error("rh_dot: Rows must be 1 with SignMagnitude, whose lanes leave as their sum");
  end
  if (!SignMagnitude && WidthB != Width) begin : gen_bad_width_b
    $error("rh_dot: WidthB must be Width without SignMagnitude");
  end
  if (!SignMagnitude && (Width < 2 || Width > 16)) begin : gen_bad_width
    $error("rh_dot: Width must lie in 2 .. 16");
  end
  if (!SignMagnitude && OutW > 32) begin : gen_bad_out
    $error("rh_dot: 2 Width + log2(Lanes), the width of the result, must not exceed 32");
  end
  if (Lanes < 1 || Lanes > 64) begin : gen_bad_lanes
    $error("rh_dot: Lanes must lie in 1 .. 64");
  end

  localparam logic [OutW-1:0] Offset = OutW'(1) << (OutW - 1);

  if (SignMagnitude) begin : gen_magnitude
    rh_dot_magnitude #(
      .Lanes     (Lanes),
      .WidthA    (Width),
      .WidthB    (WidthB),
      .Compressor(Compressor),
      .FastSim   (FastSim)
    ) u_magnitude (
      .a_i  (a_i),
      .b_i  (b_i),
      .dot_o(rows_o)
    );
  end else if (!Compressor) begin : gen_behavioral
    // The signed value of a code x is (x xor 2^(Width-1)) - 2^(Width-1): half the work of $signed
    // in a simulator, which builds a mask for each sign; but $signed is what synthesis recognises
    // and maps to a multiplier block.
    localparam logic [31:0] Half = 32'd1 << (Width - 1);
    logic        [OutW-1:0] dot;
    logic signed [OutW-1:0] a, b, product;

    always_comb begin
      dot = Rows == 1 ? '0 : Offset;
      for (int k = 0; k < Lanes; k++) begin
        if (FastSim) begin
          a       = '0;
          b       = '0;
          product = OutW'(((32'(a_i[k*Width +: Width]) ^ Half) - Half) *
                          ((32'(b_i[k*Width +: Width]) ^ Half) - Half));
        end else begin
          a       = OutW'($signed(a_i[k*Width +: Width]));
          b       = OutW'($signed(b_i[k*Width +: Width]));
          product = a * b;
        end
        dot = dot + $unsigned(product);
      end
    end
    assign rows_o = (Rows*OutW)'(dot);
  end else if (Rows > 1) begin : gen_rows
    rh_dot_tree #(
      .Lanes(Lanes),
      .Width(Width),
      .Rows (Rows)
    ) u_tree (
      .a_i   (a_i),
      .b_i   (b_i),
      .rows_o(rows_o)
    );
  end else begin : gen_resolved
    logic [2*OutW-1:0] rows;
    logic [OutW-1:0]   resolved;
    logic              unused_carry;

    rh_dot_tree #(
      .Lanes(Lanes),
      .Width(Width),
      .Rows (2)
    ) u_tree (
      .a_i   (a_i),
      .b_i   (b_i),
      .rows_o(rows)
    );
    rh_dot_ripple #(.Width(OutW)) u_ripple (
      .a_i    (rows[OutW-1:0]),
      .b_i    (rows[2*OutW-1:OutW]),
      .carry_i(1'b0),
      .sum_o  (resolved),
      .carry_o(unused_carry)
    );
    assign rows_o = resolved ^ Offset;
  end
endmodule
