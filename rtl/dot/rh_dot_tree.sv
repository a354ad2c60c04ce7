// The dot product of Lanes pairs of two's complement codes, as a few unsigned rows.
//
//   sum of the rows of rows_o = 2^(OutW-1) + sum over lanes of a * b, exactly      docs/dot.md (3)
//
// Baugh-Wooley: with the partial products that involve one sign bit inverted,
//   a * b + 2^(2 Width - 1) = 2^Width + sum over i, j of bit(i, j) 2^(i+j)         docs/dot.md (4)
// so that every bit counts up and one constant corrects all lanes.
//
// Combinational. Golden model: sw/dot/dot.hpp. Test: verif/dot/dot_test.cpp (through rh_dot).
module rh_dot_tree #(
  parameter  int Lanes = 1,
  parameter  int Width = 8,
  parameter  int Rows  = 2,
  localparam int OutW  = rh_pkg::dot_width(Width, Lanes)
) (
  input  logic [Lanes*Width-1:0] a_i,
  input  logic [Lanes*Width-1:0] b_i,
  output logic [Rows*OutW-1:0]   rows_o
);
  localparam int Slots = Lanes * Width + 1;  // slot 0 of a column is for the constant
  localparam logic [OutW-1:0] Constant = (OutW'(1) << (OutW - 1)) - OutW'(Lanes << (2*Width - 1))
                                         + OutW'(Lanes << Width);

  function automatic logic [OutW*12-1:0] make_heights();
    int bits;  // of one lane in a column
    for (int c = 0; c < OutW; c++) begin
      bits = c < Width ? c + 1 : 2 * Width - 1 - c;
      if (bits < 0) bits = 0;
      make_heights[c*12 +: 12] = 12'(1 + Lanes * bits);
    end
  endfunction

  logic [OutW*Slots-1:0] bits;

  for (genvar c = 0; c < OutW; c++) begin : gen_col
    localparam int First = c < Width ? 0 : c - Width + 1;  // the lowest i with j = c - i < Width
    localparam int Bits  = c < Width ? c + 1 : c < 2 * Width ? 2 * Width - 1 - c : 0;

    assign bits[c*Slots] = Constant[c];
    for (genvar r = 1; r < Slots; r++) begin : gen_row
      localparam int Lane = (r - 1) / (Bits > 0 ? Bits : 1);
      localparam int I    = First + (r - 1) % (Bits > 0 ? Bits : 1);
      localparam int J    = c - I;
      if (r > Lanes * Bits) begin : gen_unused
        assign bits[c*Slots + r] = 1'b0;
      end else if ((I == Width - 1) != (J == Width - 1)) begin : gen_inverted
        assign bits[c*Slots + r] = ~(a_i[Lane*Width + I] & b_i[Lane*Width + J]);
      end else begin : gen_plain
        assign bits[c*Slots + r] = a_i[Lane*Width + I] & b_i[Lane*Width + J];
      end
    end
  end

  rh_dot_compress #(
    .Cols   (OutW),
    .Rows   (Slots),
    .OutRows(Rows),
    .Heights(make_heights())
  ) u_compress (
    .bits_i(bits),
    .rows_o(rows_o)
  );
endmodule
