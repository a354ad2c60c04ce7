// The FP32 accumulator of block floating point: rounds a group's dot product to FP32 and adds it as
// IEEE 754 does, both to nearest, ties to even.
//
//   value_o <= fl((restart_i ? +0 : value_o) + fl(in_i * 2^exponent_i))     docs/accumulate.md (8)
//
// Overflow gives infinity, infinity - infinity 0x7FC00000, which stays until a restart; a value is
// never -0. Inside, numbers are normalized whatever their size: a significand of 24 bits and a
// `place`, the exponent field plus 31, which goes on counting where subnormals begin; zero has no
// leading bit. Terms and sums are multiples of 2^-149, so a subnormal sum is exact: the addition
// need not know of it, and value_o alone is shifted to where FP32 has it.  docs/accumulate.md (9)
// A sum is registered before it is rounded up, which is what the next addition, and value_o, begin
// with. Meanwhile the old number and the term are compared; that needs no rounding.         (10)
// No reset: the first operand after power-up comes with restart_i.
// Schedule:
//   term | round at 2^-149, leading zeros out      sum | round up, align, add, leading zeros out
// Latency: an operand taken in cycle t is in value_o in cycle t + 2; one operand a cycle.
// Golden model: sw/float/float.hpp. Test: verif/accumulate/accumulate_fp32_test.cpp.
module rh_accumulate_fp32 #(
  parameter int InW  = 9,  // a signed dot product: 16 lanes of sign and 2 bits
  parameter int ExpW = 11
) (
  input  logic                   clk_i,
  input  logic                   restart_i,
  input  logic [InW-1:0]         in_i,        // signed
  input  logic signed [ExpW-1:0] exponent_i,  // of the lowest bit of in_i
  output logic [31:0]            value_o
);
  if (InW < 2 || InW > 25) begin : gen_bad_width
    $error("rh_accumulate_fp32: InW must lie in 2 .. 25");
  end
  if (ExpW < 9 || ExpW > 16) begin : gen_bad_exponent
    $error("rh_accumulate_fp32: ExpW must lie in 9 .. 16");
  end

  localparam int SigW    = 24;
  localparam int PlaceW  = 9;
  localparam int TermW   = InW - 1;      // significant bits of a term: -2^(InW-1) has one
  localparam int LevelsW = $clog2(InW);  // of shifts by up to InW - 1
  localparam int LowestW = ExpW + 2;
  localparam logic [PlaceW-1:0] InfinityPlace = PlaceW'(255 + 31);

  // --- term: -|in| comes as its complement, |in| - 1; the one it lacks is part of the rounding ---
  logic                      negative;
  logic signed [LowestW-1:0] lowest;      // of the lowest bit of in_i, in units of 2^-149
  logic [LowestW-1:0]        drop;        // bits below 2^-149
  logic                      below, gone;
  logic [TermW-1:0]          kept;
  logic                      half;
  logic                      rest;        // a bit below half differs from the sign
  logic                      up;
  assign negative = in_i[InW-1];
  assign lowest   = LowestW'(exponent_i) + LowestW'(149);
  assign below    = lowest[LowestW-1];
  assign drop     = below ? -lowest : '0;
  assign gone     = drop >= LowestW'(InW);
  always_comb begin
    kept = in_i[TermW-1:0] ^ {TermW{negative}};
    half = negative;
    rest = 1'b0;
    for (int k = 0; k < LevelsW; k++) begin
      if (drop[k]) begin
        rest = rest || half != negative;
        for (int i = 0; i < (1 << k) - 1 && i < TermW; i++) rest = rest || kept[i] != negative;
        half = (1 << k) <= TermW ? kept[(1<<k)-1] : 1'b0;
        kept = kept >> (1 << k);
      end
    end
    up = negative ? half || (!rest && kept[0]) : half && (rest || kept[0]);
  end

  logic [InW-1:0]     rounded, lifted;
  logic [LevelsW-1:0] zeros;
  assign rounded = gone ? '0 : {1'b0, kept} + InW'(up);
  always_comb begin
    lifted = rounded;
    zeros  = '0;
    for (int k = LevelsW - 1; k >= 0; k--) begin
      if (lifted >> (InW - (1 << k)) == '0) begin
        lifted   = lifted << (1 << k);
        zeros[k] = 1'b1;
      end
    end
  end

  logic [LowestW-1:0] place;
  logic               unused_lifted;
  assign place = (below ? '0 : lowest) + LowestW'(InW + 8) - LowestW'(zeros);
  assign unused_lifted = lifted[0];

  logic              restart_q;
  logic              term_negative_q, term_infinity_q;
  logic [PlaceW-1:0] term_place_q;
  logic [TermW-1:0]  term_q;
  always_ff @(posedge clk_i) begin
    restart_q       <= restart_i;
    term_negative_q <= negative;
    term_infinity_q <= lifted[InW-1] && place >= LowestW'(InfinityPlace);
    term_place_q    <= place[PlaceW-1:0] & {PlaceW{lifted[InW-1]}};
    term_q          <= lifted[InW-1:1];
  end

  // ---- sum: not rounded up yet; the carry into 25 bits may make it the next power of two ----
  logic              negative_q;
  logic              special_q, nan_q;  // infinity or NaN; NaN
  logic              up_q;
  logic [PlaceW-1:0] place_q;
  logic [SigW-1:0]   sum_q;

  logic [SigW:0] whole;
  localparam int RoundW = 12;  // the bits above it have their carry selected
  logic [RoundW:0]      whole_low;
  logic [SigW-RoundW:0] whole_high;
  assign whole_low  = {1'b0, sum_q[RoundW-1:0]} + (RoundW+1)'(up_q);
  assign whole_high = {1'b0, sum_q[SigW-1:RoundW]} + 1'b1;
  assign whole      = {whole_low[RoundW] ? whole_high : {1'b0, sum_q[SigW-1:RoundW]},
                       whole_low[RoundW-1:0]};

  logic              infinite;  // by rounding up
  logic              special;
  logic [PlaceW-1:0] old_place;
  logic [SigW:0]     old, term;
  assign infinite  = whole[SigW] && place_q == InfinityPlace - 1'b1;
  assign special   = (special_q || infinite) && !restart_q;
  assign old       = whole & {(SigW+1){!restart_q}};
  assign old_place = place_q & {PlaceW{sum_q[SigW-1] && !restart_q}};
  assign term      = (SigW+1)'(term_q) << (SigW - TermW);

  // The larger number stays, the other is shifted right by the distance of their places. A negative
  // distance is its complement plus one; the one is a fixed shift.
  logic              lower, smaller, minus;
  logic [PlaceW:0]   difference;
  logic [PlaceW-1:0] distance;
  logic [SigW:0]     major, minor;
  logic [PlaceW-1:0] major_place;
  assign difference  = {1'b0, old_place} - {1'b0, term_place_q};
  assign lower       = difference[PlaceW];
  assign smaller     = {old_place, sum_q[SigW-1 -: TermW]} < {term_place_q, term_q};
  assign distance    = difference[PlaceW-1:0] ^ {PlaceW{lower}};
  assign major       = smaller ? term : old;
  assign minor       = smaller ? old : term;
  assign major_place = lower ? term_place_q : old_place;
  assign minus       = negative_q != term_negative_q;

  logic [SigW+2:0] aligned;
  logic            tail;
  always_comb begin
    aligned = lower ? {1'b0, minor, 1'b0} : {minor, 2'b0};
    tail    = 1'b0;
    for (int k = 0; k < 5; k++) begin
      if (distance[k]) begin
        tail    = tail || aligned << (SigW + 3 - (1 << k)) != '0;
        aligned = aligned >> (1 << k);
      end
    end
    if (distance[PlaceW-1:5] != '0) aligned = '0;  // too far to matter, with a tail or without
  end

  localparam int WideW = SigW + 4;
  logic [WideW-1:0] wide, raised;
  logic [4:0]       lost;
  localparam int CutW = 16;  // the bits from it on have their carry selected
  logic [WideW:0]      augend, addend;
  logic [CutW:0]       low;
  logic [WideW-CutW:0] high, high_next;
  assign augend    = {major, 4'b0001};
  assign addend    = {{aligned, tail} ^ {WideW{minus}}, minus};
  assign low       = {1'b0, augend[CutW-1:0]} + {1'b0, addend[CutW-1:0]};
  assign high      = augend[WideW:CutW] + addend[WideW:CutW];
  assign high_next = augend[WideW:CutW] + addend[WideW:CutW] + 1'b1;
  assign wide      = {low[CutW] ? high_next : high, low[CutW-1:1]};
  always_comb begin
    raised = wide;
    lost   = '0;
    for (int k = 4; k >= 0; k--) begin
      if (raised >> (WideW - (1 << k)) == '0) begin
        raised  = raised << (1 << k);
        lost[k] = 1'b1;
      end
    end
  end

  logic [PlaceW-1:0] sum_place;
  assign sum_place = major_place + PlaceW'(1) - PlaceW'(lost);

  always_ff @(posedge clk_i) begin
    negative_q <= special ? negative_q : term_infinity_q ? term_negative_q :
                  smaller ? term_negative_q : negative_q && !restart_q;
    special_q  <= special || term_infinity_q || (raised[WideW-1] && sum_place >= InfinityPlace);
    nan_q      <= special && (nan_q || (term_infinity_q && minus));
    up_q       <= raised[3] && (raised[4] || raised[2:0] != '0);
    place_q    <= sum_place;
    sum_q      <= raised[WideW-1:4];
  end

  // ---- value_o: a subnormal lies 31 - place_q to the right ----
  logic        normal;
  logic [7:0]  field;
  logic [22:0] fraction;
  logic        unused_field;
  assign normal   = place_q[PlaceW-1:5] != '0;
  assign {field, unused_field} = {place_q[7:0], 1'b1} + {-8'd31, whole[SigW]};
  assign fraction = normal ? whole[SigW-2:0] : sum_q[SigW-1:1] >> ~place_q[4:0];
  always_comb begin
    value_o = {negative_q && sum_q[SigW-1], field & {8{normal && sum_q[SigW-1]}}, fraction};
    if (special_q || infinite) begin
      value_o = nan_q ? rh_pkg::Fp32Nan : {negative_q, rh_pkg::Fp32Infinity[30:0]};
    end
  end
endmodule
