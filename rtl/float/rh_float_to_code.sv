// FP32 to a small integer code: nearest, ties to even, clamped to +-(2^MagnitudeW - 1).
//
//   code_o    = sign * min(nearest-even(|in_i|), 2^MagnitudeW - 1), two's complement; NaN gives 0
//   clamped_o = the clamp changed it                                            docs/float.md (6)
//
// Without enable_i the outputs are 0.
// Combinational. Golden model: sw/float/float.hpp. Test: verif/float/float_test.cpp.
module rh_float_to_code #(
  parameter int MagnitudeW = 7
) (
  input  logic                enable_i,
  input  logic [31:0]         in_i,
  output logic [MagnitudeW:0] code_o,
  output logic                clamped_o
);
  if (MagnitudeW < 1 || MagnitudeW > 15) begin : gen_bad_width
    $error("rh_float_to_code: MagnitudeW must lie in 1 .. 15");
  end

  // Exponent fields: of numbers in [1/2, 1), below which everything rounds to 0; and of numbers in
  // [2^MagnitudeW, 2^(MagnitudeW+1)), from which on everything clamps.
  localparam logic [7:0] HalfField  = 8'd126;
  localparam logic [7:0] ClampField = 8'(127 + MagnitudeW);
  localparam int RightW = $clog2(MagnitudeW + 1);
  localparam int FixedW = 24 + MagnitudeW;  // MagnitudeW bits before the point, 24 behind it


  logic                  nan;
  logic                  clamps;
  logic [RightW-1:0]     right;
  logic [FixedW-1:0]     fixed;
  logic [MagnitudeW-1:0] rounded;
  logic                  saturated;

  assign nan    = in_i[30:0] > rh_pkg::Fp32Infinity[30:0];
  assign clamps = in_i[30:23] >= ClampField;
  assign right  = RightW'(ClampField - 8'd1 - in_i[30:23]);
  always_comb begin
    fixed = '0;
    if (enable_i && in_i[30:23] >= HalfField) begin
      fixed = {1'b1, in_i[22:0], MagnitudeW'(0)} >> right;
    end
  end

  rh_round #(
    .InW   (FixedW),
    .DropW (24),
    .OutW  (MagnitudeW),
    .NoiseW(1)
  ) u_round (
    .mode_i     (rh_pkg::NearestEven),
    .in_i       (fixed),
    .noise_i    (1'b0),
    .out_o      (rounded),
    .saturated_o(saturated)
  );

  always_comb begin
    code_o    = '0;
    clamped_o = 1'b0;
    if (enable_i && !nan) begin
      code_o    = {1'b0, clamps ? MagnitudeW'('1) : rounded};
      code_o    = in_i[31] ? -code_o : code_o;
      clamped_o = clamps || saturated;
    end
  end
endmodule
