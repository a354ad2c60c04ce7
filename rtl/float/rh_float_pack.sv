// Rounds any positive or negative number to FP32, once: nearest, ties to even.
//
//   out_o = fl(+-significand_i / 2^(SigW-1) * 2^(exponent_i - 127))             docs/float.md (2)
//
// exponent_i, -448 .. 510, is the FP32 exponent field the result would have if the top bit of the
// significand were set. sticky_i: the number meant lies strictly between significand_i and
// significand_i + 1 (one of the two top bits must be set). nan_i wins over infinity_i, both over
// the number. A significand of 0 gives a signed zero whatever the exponent. Without enable_i the
// output is 0 and a simulator skips most of the work.
// Schedule, all in one cycle: leading zeros out | shift right if subnormal | round | overflow.
// Combinational. Golden model: sw/float/float.hpp. Test: verif/float/float_test.cpp.
module rh_float_pack #(
  parameter int SigW = 48
) (
  input  logic                   enable_i,
  input  logic                   negative_i,
  input  logic signed [9:0]      exponent_i,
  input  logic        [SigW-1:0] significand_i,
  input  logic                   sticky_i,
  input  logic                   nan_i,
  input  logic                   infinity_i,
  output logic        [31:0]     out_o
);
  if (SigW < 26 || SigW > 64) begin : gen_bad_width
    $error("rh_float_pack: SigW must lie in 26 .. 64");
  end

  localparam int KeptW  = 26;  // 24 bits of result, the half, and whether anything lies below
  localparam int ShiftW = 31;  // further right than KeptW changes nothing

  logic [SigW-1:0]         lifted;  // without leading zeros
  logic [5:0]              zeros;
  logic signed [9:0]       field;
  logic signed [9:0]       below;  // how far right a subnormal result lies
  logic [KeptW+ShiftW-1:0] wide;
  logic [8:0]              base;   // the exponent field before the hidden bit is added to it
  logic [KeptW-1:0]        kept;
  always_comb begin
    lifted = '0;
    zeros  = '0;
    field  = '0;
    below  = '0;
    wide   = '0;
    base   = '0;
    kept   = '0;
    if (enable_i) begin
      lifted = significand_i;
      for (int k = 5; k >= 0; k--) begin
        if ((1 << k) < SigW && lifted >> (SigW - (1 << k)) == '0) begin
          lifted   = lifted << (1 << k);
          zeros[k] = 1'b1;
        end
      end
      field = exponent_i - $signed({4'b0, zeros});
      below = 10'sd1 - field;
      wide  = {lifted[SigW-1 -: KeptW-1], lifted << (KeptW - 1) != '0 || sticky_i, ShiftW'(0)};
      if (below > 10'sd0) begin
        wide = wide >> (below > 10'sd31 ? 5'd31 : below[4:0]);
      end else if (lifted[SigW-1]) begin
        base = 9'(field - 10'sd1);
      end
      kept = {wide[KeptW+ShiftW-1 -: KeptW-1], wide[ShiftW:0] != '0};
    end
  end

  logic [24:0] rounded;
  logic        unused_saturated;
  rh_round #(
    .InW   (KeptW),
    .DropW (2),
    .OutW  (25),
    .NoiseW(1)
  ) u_round (
    .mode_i     (rh_pkg::NearestEven),
    .in_i       (kept),
    .noise_i    (1'b0),
    .out_o      (rounded),
    .saturated_o(unused_saturated)
  );

  // The hidden bit adds one to the exponent field, a carry out of the rounding another one.
  logic [31:0] magnitude;
  assign magnitude = {base, 23'b0} + {7'b0, rounded};

  always_comb begin
    a_exponent_in_range: assert (!enable_i || (exponent_i >= -10'sd448 && exponent_i <= 10'sd510));
  end

  always_comb begin
    out_o = '0;
    if (enable_i) begin
      if (nan_i) begin
        out_o = rh_pkg::Fp32Nan;
      end else if (infinity_i || magnitude >= rh_pkg::Fp32Infinity) begin
        out_o = {negative_i, rh_pkg::Fp32Infinity[30:0]};
      end else begin
        out_o = {negative_i, magnitude[30:0]};
      end
    end
  end
endmodule
