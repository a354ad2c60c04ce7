// Rounds an exact fixed-point sum to FP32, once: nearest, ties to even.
//
//   out_o = fl(in_i * 2^in_exponent_i)                                     docs/normalize.md (1)
//
// in_i is two's complement; a sum of 0 gives +0. in_nan_i gives 0x7FC00000 whatever the sum.
// Nothing is negated: -|s| comes as the complement of its bits, which is |s| - 1, and the missing
// one takes part in the rounding alone.                                   docs/normalize.md (4)
// Pipeline of 2, one sum a cycle, stalled as a whole by `advance`:
//   lifted | leading zeros out          out | right if subnormal, round, overflow
// Latency: a sum taken in cycle t is at the output in cycle t + 2.
// Golden model: sw/normalize/normalize.hpp. Test: verif/normalize/normalize_test.cpp.
module rh_normalize #(
  parameter int AccW = 40
) (
  input  logic              clk_i,
  input  logic              rst_ni,
  input  logic              in_valid_i,
  output logic              in_ready_o,
  input  logic [AccW-1:0]   in_i,
  input  logic signed [9:0] in_exponent_i,  // of the lowest bit of in_i
  input  logic              in_nan_i,
  output logic              out_valid_o,
  input  logic              out_ready_i,
  output logic [31:0]       out_o
);
  if (AccW < 12 || AccW > 96) begin : gen_bad_width
    $error("rh_normalize: AccW must lie in 12 .. 96");
  end

  localparam int SigW   = AccW - 1;      // without the sign
  localparam int Levels = $clog2(AccW);  // shifts of up to SigW: a complement may be all zeros
  localparam int KeptW  = 25;            // 24 bits of result and the half
  localparam int FieldW = 11;
  // The exponent field of a number that has its top bit set, when the lowest bit is worth 2^0.
  localparam logic signed [FieldW-1:0] TopField = FieldW'(127 + SigW - 1);

  logic advance;
  logic lifted_valid_q;
  assign advance    = !out_valid_o || out_ready_i;
  assign in_ready_o = advance;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      lifted_valid_q <= 1'b0;
      out_valid_o    <= 1'b0;
    end else if (advance) begin
      lifted_valid_q <= in_valid_i;
      out_valid_o    <= lifted_valid_q;
    end
  end

  // ---- lifted: without leading zeros; below a complement there are ones ----
  logic                     negative;
  logic [SigW-1:0]          lifted;
  logic [Levels-1:0]        zeros;
  logic [SigW+KeptW-1:0]    wide;
  logic                     lifted_negative_q, lifted_nan_q, lifted_rest_q;
  logic [KeptW-1:0]         lifted_q;
  logic signed [FieldW-1:0] lifted_field_q;
  assign negative = in_i[AccW-1];
  always_comb begin
    lifted = in_i[SigW-1:0] ^ {SigW{negative}};
    zeros  = '0;
    for (int k = Levels - 1; k >= 0; k--) begin
      if (lifted >> (SigW - (1 << k)) == '0) begin
        lifted   = SigW'({lifted, {SigW{negative}}} >> (SigW - (1 << k)));
        zeros[k] = 1'b1;
      end
    end
  end
  assign wide = {lifted, {KeptW{negative}}};

  always_ff @(posedge clk_i) begin
    if (advance && in_valid_i) begin
      lifted_negative_q <= negative;
      lifted_nan_q      <= in_nan_i;
      lifted_q          <= wide[SigW+KeptW-1 -: KeptW];
      lifted_rest_q     <= wide[SigW-1:0] != {SigW{negative}};
      lifted_field_q    <= FieldW'(in_exponent_i) + TopField - $signed(FieldW'(zeros));
    end
  end

  // ---- out: the field counts from 1 on for normal results, below it is 0 ----
  logic signed [FieldW-1:0] below;  // how far right a subnormal result lies
  logic                     normal;
  logic [4:0]               right;  // further than KeptW changes nothing
  logic [KeptW-1:0]         kept;
  logic                     rest;   // a bit of the sum below kept, in a complement a 0
  logic [7:0]               field;
  logic                     infinity;
  assign below    = FieldW'(1) - lifted_field_q;
  assign normal   = below <= 0;
  assign right    = normal ? 5'd0 : below > 31 ? 5'd31 : below[4:0];
  assign field    = normal && lifted_q[KeptW-1] ? lifted_field_q[7:0] : 8'd0;
  assign infinity = lifted_field_q >= 255 && lifted_q[KeptW-1];
  always_comb begin
    kept = lifted_q;
    rest = lifted_rest_q;
    for (int k = 4; k >= 0; k--) begin
      if (right[k]) begin
        rest = rest || (lifted_negative_q ? ~kept : kept) << (KeptW - (1 << k)) != '0;
        kept = kept >> (1 << k);
      end
    end
  end

  // The one that a complement lacks carries through a rest without any bit into the half, and
  // through the half into the result: as half and tail say it, the rounding need not know.
  logic        half, tail;
  logic [30:0] magnitude;
  logic        unused_hidden, unused_saturated;
  assign half          = kept[0] || (lifted_negative_q && !rest);
  assign tail          = rest || (lifted_negative_q && kept[0]);
  assign unused_hidden = kept[KeptW-1];  // the field says it
  rh_round #(
    .InW   (33),
    .DropW (2),
    .OutW  (31),
    .NoiseW(1)
  ) u_round (
    .mode_i     (rh_pkg::NearestEven),
    .in_i       ({field, kept[KeptW-2:1], half, tail}),
    .noise_i    (1'b0),
    .out_o      (magnitude),
    .saturated_o(unused_saturated)
  );

  always_ff @(posedge clk_i) begin
    if (advance && lifted_valid_q) begin
      out_o <= lifted_nan_q ? rh_pkg::Fp32Nan
                            : {lifted_negative_q,
                               infinity ? rh_pkg::Fp32Infinity[30:0] : magnitude};
    end
  end

  logic stalled_q;
  always_ff @(posedge clk_i) stalled_q <= rst_ni && out_valid_o && !out_ready_i;
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_result_holds: assert (!stalled_q || out_valid_o);
    end
  end
endmodule
