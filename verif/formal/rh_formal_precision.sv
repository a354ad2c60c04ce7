// The decision on a tensor is that of its groups: none lost, repeated or kept from another tensor.
//
// Beside rh_precision of one lane stands the contract, docs/contract.md (38) to (42): both sums in
// one step a group, when it is taken, and the comparison as two products. What leaves must be
// equal, once a tensor, after its last group, within the latency; it stays until it is taken, and
// no group is taken meanwhile. Groups, gaps, stalls and resets are any. Run by:
// verif/formal/engines.py.
module rh_formal_precision #(
  parameter  int MagnitudeW = 2,
  parameter  int DropW      = 1,
  parameter  int ExponentW  = 1,
  parameter  int Window     = 1,
  parameter  int GroupsW    = 1,
  parameter  int ThresholdW = 2,
  parameter  int FractionW  = 2,
  localparam int KeptW      = MagnitudeW - DropW,
  localparam int SumW       = DropW > KeptW ? DropW : KeptW,  // of one lane
  localparam int AccW       = SumW + Window + GroupsW,
  localparam bit Running    = Window < (1 << ExponentW) - 1,
  localparam int Latency    = AccW + ThresholdW + 2 + 32'(Running),
  localparam int WaitW      = $clog2(Latency + 1),
  localparam int Highest    = (1 << ExponentW) - 1,
  localparam int WideW      = AccW + Highest + 1,
  localparam int ProductW   = AccW + ThresholdW + FractionW + DropW
) (
  input logic                  clk_i,
  input logic                  rst_ni,
  input logic                  in_valid_i,
  input logic [MagnitudeW:0]   in_i,
  input logic [ExponentW-1:0]  in_exponent_i,
  input logic                  in_nan_i,
  input logic                  in_last_i,
  input logic [ThresholdW-1:0] in_threshold_i,
  input logic                  out_ready_i
);
  logic                 in_ready, out_valid, out_fine, out_nan, out_overflow, out_inexact;
  logic [AccW-1:0]      out_numerator, out_denominator;
  logic [ExponentW-1:0] out_exponent;
  rh_precision #(
    .Lanes     (1),
    .MagnitudeW(MagnitudeW),
    .DropW     (DropW),
    .ExponentW (ExponentW),
    .Window    (Window),
    .GroupsW   (GroupsW),
    .ThresholdW(ThresholdW),
    .FractionW (FractionW)
  ) u_precision (
    .clk_i            (clk_i),
    .rst_ni           (rst_ni),
    .in_valid_i       (in_valid_i),
    .in_ready_o       (in_ready),
    .in_i             (in_i),
    .in_exponent_i    (in_exponent_i),
    .in_nan_i         (in_nan_i),
    .in_last_i        (in_last_i),
    .in_threshold_i   (in_threshold_i),
    .out_valid_o      (out_valid),
    .out_ready_i      (out_ready_i),
    .out_fine_o       (out_fine),
    .out_numerator_o  (out_numerator),
    .out_denominator_o(out_denominator),
    .out_exponent_o   (out_exponent),
    .out_nan_o        (out_nan),
    .out_overflow_o   (out_overflow),
    .out_inexact_o    (out_inexact)
  );

  // ---- the contract: state after the groups so far, and after this one ----
  logic [AccW-1:0]       numerator_q, denominator_q;
  logic [ExponentW-1:0]  unit_q, least_q, unit_d;
  logic                  nan_q, overflow_q;
  logic [WideW-1:0]      numerator, denominator;
  logic [DropW-1:0]      low;
  logic [KeptW-1:0]      high;
  logic                  counts;
  logic [ThresholdW-1:0] threshold_q;
  assign low    = in_i[DropW-1:0];
  assign high   = in_i[DropW +: KeptW];
  assign counts = !in_nan_i && in_i[MagnitudeW-1:0] != '0;
  assign unit_d = 32'(in_exponent_i) > 32'(unit_q) + Window ? in_exponent_i - ExponentW'(Window)
                                                            : unit_q;
  assign numerator   = WideW'(numerator_q) >> (unit_d - unit_q);
  assign denominator = WideW'(denominator_q) >> (unit_d - unit_q);

  logic reset_done_q = 1'b0;
  logic closed_q;  // the last group is in, the result is not out
  logic [WaitW-1:0] waited_q;
  logic [WideW-1:0] numerator_d, denominator_d;
  assign numerator_d   = numerator + ((WideW'(low) << in_exponent_i) >> unit_d);
  assign denominator_d = denominator + ((WideW'(high) << in_exponent_i) >> unit_d);

  always_ff @(posedge clk_i) begin
    reset_done_q <= 1'b1;
    if (!rst_ni || (out_valid && out_ready_i)) begin
      numerator_q   <= '0;
      denominator_q <= '0;
      unit_q        <= '0;
      least_q       <= '1;
      nan_q         <= 1'b0;
      overflow_q    <= 1'b0;
      closed_q      <= 1'b0;
      waited_q      <= '0;
    end else begin
      if (in_valid_i && in_ready) begin
        if (counts) begin
          numerator_q   <= numerator_d[AccW-1:0];
          denominator_q <= denominator_d[AccW-1:0];
          overflow_q    <= overflow_q || numerator_d[WideW-1:AccW] != '0 ||
                           denominator_d[WideW-1:AccW] != '0;
          unit_q        <= unit_d;
          if (in_exponent_i < least_q) least_q <= in_exponent_i;
        end
        nan_q       <= nan_q || in_nan_i;
        closed_q    <= in_last_i;
        threshold_q <= in_threshold_i;
      end
      if (closed_q && !out_valid) waited_q <= waited_q + 1'b1;
    end
  end

  logic [ProductW-1:0] left, right;
  logic                stalled_q;
  assign left  = ProductW'(numerator_q) << FractionW;
  assign right = ProductW'(threshold_q) * (ProductW'(denominator_q) << DropW);
  always_ff @(posedge clk_i) begin
    stalled_q <= rst_ni && out_valid && !out_ready_i;
    if (rst_ni) begin
      a_one_result: assert (!out_valid || closed_q);
      a_closed:     assert (in_ready == !closed_q);
      a_holds:      assert (!stalled_q || out_valid);
      a_leaves:     assert (waited_q < Latency);
      a_sums:       assert (!out_valid || (out_numerator == numerator_q &&
                                           out_denominator == denominator_q &&
                                           out_exponent == unit_q && out_nan == nan_q &&
                                           out_overflow == overflow_q &&
                                           out_inexact == (least_q < unit_q)));
      a_decision:   assert (!out_valid || out_fine == (!(left < right) || nan_q || overflow_q));
    end
  end
  always_comb m_reset_first: assume (reset_done_q || !rst_ni);
endmodule
