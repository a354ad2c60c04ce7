// One lane of a block converter where the largest exponent field is the exponent of the group: the
// small form of rh_convert_lane, for integers of MagnitudeW bits that nothing but rounding limits.
//
//   s      = top + 1 - max(field, 1)
//   code_o = min(round({hidden, fraction} / 2^(FractionW - MagnitudeW + s)), 2^MagnitudeW - 1)
//   over_o: the minimum acted                                                  docs/convert.md (12)
//
// s = 0 needs a subnormal lane in a group of subnormal numbers, whose hidden bit is 0. The carry of
// top + 1 - 2^Levels - field says that nothing is left; group-wide parts come in ready. The tree of
// exponents inverts the field as well, so it comes in so.
// Combinational. Golden: sw/convert/convert_bfp.hpp. Test: verif/convert/convert_bfp_test.cpp.
module rh_convert_lane_integer #(
  parameter  int MagnitudeW = 4,
  parameter  int NoiseW     = 8,
  parameter  int BelowW     = 8,     // bits that are kept below the cut
  parameter  bit Sticky     = 1'b0,  // and whether something lies below these
  parameter  int FieldW     = 8,
  parameter  bit FastSim    = 1'b0,  // sums as simulators like them: the same function
  localparam int WindowW    = MagnitudeW + BelowW,
  localparam int Levels     = $clog2(WindowW + 1),
  localparam int HighW      = FieldW - Levels
) (
  input  rh_pkg::round_mode_e mode_i,
  input  logic [Levels-1:0]   next_i,  // top + 1, its low bits
  input  logic [HighW-1:0]    high_i,  // its high bits less 1
  input  logic                deep_i,  // its high bits are not 0
  input  logic                kill_i,
  input  logic [FieldW-1:0]   inverted_i,  // the field, its bits inverted
  input  logic [WindowW-1:0]  fraction_i,
  input  logic                sticky_i,
  input  logic [NoiseW-1:0]   noise_i,
  output logic [MagnitudeW-1:0] code_o,
  output logic                  over_o
);
  logic               hidden;
  logic [Levels-1:0]  carry;
  logic [Levels-1:0]  shift;
  logic               borrowed;
  logic               far;

  assign hidden   = inverted_i != '1;
  assign carry[0] = hidden;
  // The last one, whose sum drives most of the shifter, is left to the optimiser.
  for (genvar i = 0; i < Levels - 1; i++) begin : gen_distance
    rh_dot_full_adder u_adder (
      .a_i    (next_i[i]),
      .b_i    (inverted_i[i]),
      .c_i    (carry[i]),
      .sum_o  (shift[i]),
      .carry_o(carry[i+1])
    );
  end
  assign shift[Levels-1] = next_i[Levels-1] ^ inverted_i[Levels-1] ^ carry[Levels-1];
  always_comb begin
    borrowed = (next_i[Levels-1] && inverted_i[Levels-1]) ||
               (carry[Levels-1] && (next_i[Levels-1] || inverted_i[Levels-1]));
    for (int i = 0; i < HighW; i++) begin
      borrowed = (high_i[i] && inverted_i[Levels + i]) ||
                 (borrowed && (high_i[i] || inverted_i[Levels + i]));
    end
  end
  assign far = kill_i || (deep_i && borrowed);

  logic [WindowW-1:0]             aligned;
  logic [WindowW+32'(Sticky)-1:0] magnitude;
  logic [MagnitudeW-1:0]          rounded;
  logic                           saturated;

  assign aligned = WindowW'({hidden, fraction_i} >> shift);
  if (Sticky) begin : gen_sticky
    assign magnitude = {aligned, sticky_i ||
                                 ({hidden, fraction_i} & ~((WindowW+1)'('1) << shift)) != '0};
  end else begin : gen_dropped
    logic unused_sticky;
    assign unused_sticky = sticky_i;
    assign magnitude     = aligned;
  end

  rh_round #(
    .InW   (WindowW + 32'(Sticky)),
    .DropW (BelowW + 32'(Sticky)),
    .OutW  (MagnitudeW),
    .NoiseW(NoiseW),
    .Chains(!FastSim)
  ) u_round (
    .mode_i     (mode_i),
    .in_i       (magnitude),
    .noise_i    (noise_i),
    .out_o      (rounded),
    .saturated_o(saturated)
  );

  assign code_o = far ? '0 : rounded;
  assign over_o = saturated && !far;
endmodule
