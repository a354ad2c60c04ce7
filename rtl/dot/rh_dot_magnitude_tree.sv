// The dot product of Lanes pairs of sign-magnitude codes, small in gates.
//
//   (-1)^s p = (s ? Largest - p : p) - s Largest                                  docs/dot.md (7)
//
// In each lane, full adders compress the inverted partial products as far as they can without half
// adders; what is left has the weights of (8), so that inverting all of it, or not, is the first
// term for either sign. The signs of all lanes are counted, and their number enters the tree once
// for every nonzero digit of Largest.
//
// Combinational. Golden model: sw/dot/dot.hpp. Test: verif/dot/dot_magnitude_test.cpp.
module rh_dot_magnitude_tree #(
  parameter  int Lanes  = 16,
  parameter  int WidthA = 3,
  parameter  int WidthB = 3,
  localparam int BitsA  = WidthA - 1,
  localparam int BitsB  = WidthB - 1,
  localparam int OutW   = rh_pkg::dot_width_magnitude(BitsA, BitsB, Lanes)
) (
  input  logic [Lanes*WidthA-1:0] a_i,
  input  logic [Lanes*WidthB-1:0] b_i,
  output logic [OutW-1:0]         dot_o
);
  localparam int Low     = BitsA < BitsB ? BitsA : BitsB;
  localparam int Cols    = BitsA + BitsB - 1;  // columns of a lane
  localparam int Largest = ((1 << BitsA) - 1) * ((1 << BitsB) - 1);

  // Columns of a lane with a second bit.                                                       (8)
  localparam logic [31:0] LaneSecond = 32'(Largest - ((1 << Cols) - 1));

  // The count of signs: not compressed to the end, because the whole tree waits for it.
  localparam int SignCols   = $clog2(Lanes + 1);
  localparam int SignLevels = 3;
  localparam int SignRows   = 2 + Lanes / 8;
  localparam logic [SignCols*12-1:0] SignHeights = make_sign_heights();

  // Largest in digits -1, 0, 1, no two neighbours nonzero. Where the digit is 1, the count is
  // subtracted: its bits inverted, minus Lanes.
  localparam logic [31:0] Once       = Largest;
  localparam logic [31:0] Thrice     = 3 * Largest;
  localparam logic [31:0] Subtracted = (Thrice & ~Once) >> 1;
  localparam logic [31:0] Added      = (Once & ~Thrice) >> 1;
  localparam logic [31:0] Constant   = -(32'(Lanes) * Subtracted);

  function automatic int lane_height(int c);  // bits that a lane puts into column c
    lane_height = c >= Cols ? 0 : LaneSecond[c] ? 2 : 1;
  endfunction

  function automatic logic [SignCols*12-1:0] make_sign_heights();
    int adders;
    int carries;
    make_sign_heights = (SignCols*12)'(Lanes);
    for (int level = 0; level < SignLevels; level++) begin
      carries = 0;
      for (int c = 0; c < SignCols; c++) begin
        adders = 32'(make_sign_heights[c*12 +: 12]) / 3;
        make_sign_heights[c*12 +: 12] =
            12'(32'(make_sign_heights[c*12 +: 12]) - 2 * adders + carries);
        carries = adders;
      end
    end
  endfunction

  // Slots used in column c by the constant, the lanes, and the digits below `digit`.
  function automatic int slots_before(int c, int digit);
    slots_before = (Constant[c] ? 1 : 0) + (c >= Cols ? 0 : LaneSecond[c] ? 2 * Lanes : Lanes);
    for (int d = 0; d < digit; d++)
      if ((Added[d] || Subtracted[d]) && c >= d && c - d < SignCols)
        slots_before = slots_before + 32'(SignHeights[(c-d)*12 +: 12]);
  endfunction

  function automatic logic [Cols*12-1:0] make_lane_heights();
    int height;
    for (int c = 0; c < Cols; c++) begin
      height = c < Cols - c ? c + 1 : Cols - c;
      make_lane_heights[c*12 +: 12] = 12'(height < Low ? height : Low);
    end
  endfunction

  function automatic logic [OutW*12-1:0] make_heights();
    for (int c = 0; c < OutW; c++) make_heights[c*12 +: 12] = 12'(slots_before(c, OutW));
  endfunction

  localparam int Slots = 1 + 2 * Lanes + SignRows * OutW;

  logic [OutW*Slots-1:0] bits;
  logic [Lanes-1:0]      negative;
  logic [SignRows*SignCols-1:0] count;

  rh_dot_compress #(
    .Cols      (SignCols),
    .Rows      (Lanes),
    .OutRows   (SignRows),
    .FullLevels(SignLevels),
    .Heights   ((SignCols*12)'(Lanes))
  ) u_count (
    .bits_i((SignCols*Lanes)'(negative)),
    .rows_o(count)
  );

  for (genvar c = 0; c < SignCols; c++) begin : gen_sign_col
    for (genvar r = 32'(SignHeights[c*12 +: 12]); r < SignRows; r++) begin : gen_row
      logic unused_row;
      assign unused_row = count[r*SignCols + c];
    end
  end

  for (genvar k = 0; k < Lanes; k++) begin : gen_lane
    logic [Cols*Low-1:0] products;  // inverted
    logic [2*Cols-1:0]   rest;

    assign negative[k] = a_i[k*WidthA + BitsA] ^ b_i[k*WidthB + BitsB];

    for (genvar c = 0; c < Cols; c++) begin : gen_col
      localparam int First  = c < BitsB ? 0 : c - BitsB + 1;  // the lowest i with c - i < BitsB
      localparam int Last   = c < BitsA ? c : BitsA - 1;
      localparam int Height = lane_height(c);

      for (genvar r = 0; r < Low; r++) begin : gen_row
        if (First + r <= Last) begin : gen_product
          assign products[c*Low + r] = ~(a_i[k*WidthA + First + r] & b_i[k*WidthB + c - First - r]);
        end else begin : gen_unused
          assign products[c*Low + r] = 1'b0;
        end
      end
      for (genvar r = 0; r < Height; r++) begin : gen_signed
        localparam int Slot = (Constant[c] ? 1 : 0) + k * Height + r;
        assign bits[c*Slots + Slot] = rest[r*Cols + c] ~^ negative[k];
      end
      if (Height < 2) begin : gen_single
        logic unused_second;
        assign unused_second = rest[Cols + c];
      end
    end

    rh_dot_compress #(
      .Cols      (Cols),
      .Rows      (Low),
      .FullLevels(8),
      .Heights   (make_lane_heights())
    ) u_lane (
      .bits_i(products),
      .rows_o(rest)
    );
  end

  for (genvar c = 0; c < OutW; c++) begin : gen_col
    localparam int Used = slots_before(c, OutW);
    if (Constant[c]) begin : gen_constant
      assign bits[c*Slots] = 1'b1;
    end
    for (genvar d = 0; d <= c; d++) begin : gen_digit
      if ((Added[d] || Subtracted[d]) && c - d < SignCols) begin : gen_count
        for (genvar r = 0; r < 32'(SignHeights[(c-d)*12 +: 12]); r++) begin : gen_row
          localparam int Slot = slots_before(c, d) + r;
          assign bits[c*Slots + Slot] = count[r*SignCols + c - d] ^ Subtracted[d];
        end
      end
    end
    if (Used < Slots) begin : gen_unused
      assign bits[c*Slots + Used +: Slots-Used] = '0;
    end
  end

  logic [2*OutW-1:0] rows;

  rh_dot_compress #(
    .Cols      (OutW),
    .Rows      (Slots),
    .FullLevels(40),
    .Heights   (make_heights())
  ) u_compress (
    .bits_i(bits),
    .rows_o(rows)
  );
  assign dot_o = rows[OutW-1:0] + rows[2*OutW-1:OutW];
endmodule
