// Compares a quotient with a threshold without a divider, a bit of the two sums a cycle.
//
//   below_o = numerator 2^Lift < threshold denominator                     docs/precision.md (3)
//   a = 0; for each bit n, the lowest first:  s = a + threshold denominator[n],
//     p = s mod 2,  a = floor(s / 2)                   p are the bits of the product, in turn
//     below_o = p if it differs from bit n of numerator 2^Lift, else as it was             (10)
//
// load_i takes the threshold; start_i, with it or later, begins, and from the next cycle until
// done_o both sums must hold. below_o is right from the cycle after done_o to the next load_i.
// Latency: AccW + ThresholdW cycles from start_i to done_o.
// Golden model: sw/precision/precision.hpp. Test: verif/precision/precision_test.cpp.
module rh_precision_compare #(
  parameter  int AccW       = 41,
  parameter  int ThresholdW = 16,
  parameter  int Lift       = 10,  // 0 .. ThresholdW
  localparam int Bits       = AccW + ThresholdW,
  localparam int StepW      = $clog2(Bits)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  load_i,
  input  logic [ThresholdW-1:0] threshold_i,
  input  logic                  start_i,
  input  logic [AccW-1:0]       numerator_i,
  input  logic [AccW-1:0]       denominator_i,
  output logic                  done_o,
  output logic                  below_o
);
  if (Lift < 0 || Lift > ThresholdW) begin : gen_bad_lift
    $error("rh_precision_compare: Lift must lie in 0 .. ThresholdW");
  end

  logic                  busy_q;
  logic [StepW-1:0]      step_q;
  logic [ThresholdW-1:0] threshold_q, carry_q;
  logic [Bits-1:0]       left, right;
  logic [ThresholdW:0]   sum;

  assign left   = ((Bits)'(numerator_i) << Lift) >> step_q;
  assign right  = (Bits)'(denominator_i) >> step_q;
  assign sum    = {1'b0, carry_q} + {1'b0, threshold_q & {ThresholdW{right[0]}}};
  assign done_o = busy_q && step_q == StepW'(Bits - 1);

  always_ff @(posedge clk_i) begin
    if (!rst_ni)      busy_q <= 1'b0;
    else if (start_i) busy_q <= 1'b1;
    else if (done_o)  busy_q <= 1'b0;
    if (load_i) begin
      step_q      <= '0;
      threshold_q <= threshold_i;
      carry_q     <= '0;
      below_o     <= 1'b0;
    end else if (busy_q) begin
      step_q  <= step_q + 1'b1;
      carry_q <= sum[ThresholdW:1];
      if (sum[0] != left[0]) below_o <= sum[0];
    end
  end
  logic unused_bits;
  assign unused_bits = ^{left[Bits-1:1], right[Bits-1:1]};

  always_ff @(posedge clk_i) begin
    if (rst_ni) a_one_at_a_time: assert (!(busy_q && (load_i || start_i)));
  end
endmodule
