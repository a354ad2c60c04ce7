// Would a tensor do with fewer bits a code? Watches its groups as they leave the converter.
//
//   numerator   = sum of (|code| mod 2^DropW) 2^e                          docs/precision.md (1)
//   denominator = sum of floor(|code| / 2^DropW) 2^e                       docs/precision.md (2)
//   out_fine_o  = not numerator 2^FractionW < in_threshold_i 2^DropW denominator             (3)
//
// The sums run over all values of the tensor, in units of 2^out_exponent_o. With
// Window = 2^ExponentW - 1 that is 2^0 and nothing is lost; with a smaller one (Running) the unit
// follows the largest exponent so far, Window binades below it, and out_inexact_o says where groups
// lay lower.                                                         docs/precision.md (4) to (6)
// A NaN group adds nothing and makes the tensor fine, and so does a sum beyond AccW bits.
// in_threshold_i is read with in_last_i. Signs are not looked at.
//
// One group a cycle:  sums of the group | [place: Running] | added where e puts them
// The tensor's last group closes the input until the result has left; the comparison takes a cycle
// for each of AccW + ThresholdW bits.
// Latency: the last group taken in cycle t gives the result in cycle t + AccW + ThresholdW + 2,
// with Running one later.
// Golden model: sw/precision/precision.hpp. Test: verif/precision/precision_test.cpp.
module rh_precision #(
  parameter  int Lanes      = 16,
  parameter  int MagnitudeW = 4,   // of a code; those of fewer bits are zero-extended
  parameter  int DropW      = 2,   // low bits that the coarse code lacks
  parameter  int ExponentW  = 4,
  parameter  int Window     = 15,  // binades in which the sums are exact
  parameter  int GroupsW    = 20,  // 2^GroupsW groups fit whatever they hold
  parameter  int ThresholdW = 16,
  parameter  int FractionW  = 12,  // of the threshold, bits below 1
  localparam int KeptW      = MagnitudeW - DropW,
  localparam int SumW       = $clog2(Lanes * ((1 << (DropW > KeptW ? DropW : KeptW)) - 1) + 1),
  localparam int AccW       = SumW + Window + GroupsW
) (
  input  logic                            clk_i,
  input  logic                            rst_ni,
  input  logic                            in_valid_i,
  output logic                            in_ready_o,       // does not depend on in_valid_i
  input  logic [Lanes*(1+MagnitudeW)-1:0] in_i,             // of a lane: sign, magnitude
  input  logic [ExponentW-1:0]            in_exponent_i,    // e
  input  logic                            in_nan_i,
  input  logic                            in_last_i,        // of the tensor
  input  logic [ThresholdW-1:0]           in_threshold_i,   // times 2^-FractionW
  output logic                            out_valid_o,
  input  logic                            out_ready_i,
  output logic                            out_fine_o,       // 0: the coarse codes will do
  output logic [AccW-1:0]                 out_numerator_o,
  output logic [AccW-1:0]                 out_denominator_o,
  output logic [ExponentW-1:0]            out_exponent_o,
  output logic                            out_nan_o,
  output logic                            out_overflow_o,   // the sums are modulo 2^AccW
  output logic                            out_inexact_o     // bits of the sums may be lost
);
  localparam bit Running = Window < (1 << ExponentW) - 1;
  localparam int FractW  = Running ? SumW : 0;  // of an addend below the unit
  localparam int PlaceW  = $clog2(Window + FractW + 1);

  if (Lanes < 1 || Lanes > 64 || MagnitudeW > 8 || DropW < 1 || DropW >= MagnitudeW)
  begin : gen_bad_codes
    $error("rh_precision: Lanes must lie in 1 .. 64, MagnitudeW in 2 .. 8, DropW in 1 .. it - 1");
  end
  if (ExponentW < 1 || ExponentW > 8 || Window < 1 || Window > (1 << ExponentW) - 1)
  begin : gen_bad_window
    $error("rh_precision: ExponentW must lie in 1 .. 8 and Window in 1 .. 2^ExponentW - 1");
  end
  if (GroupsW < 1 || AccW > 96) begin : gen_bad_groups
    $error("rh_precision: GroupsW must be positive and AccW 96 or less");
  end
  if (ThresholdW < 1 || ThresholdW > 24 || FractionW < DropW || FractionW > DropW + ThresholdW)
  begin : gen_bad_threshold
    $error("rh_precision: ThresholdW must lie in 1 .. 24, FractionW - DropW in 0 .. ThresholdW");
  end

  // ---- control: a tensor is open, its comparison runs, its result waits ----
  logic open_q, first_q, take, take_last, done, out_taken;
  assign in_ready_o = open_q;
  assign take       = in_valid_i && open_q;
  assign take_last  = take && in_last_i;
  assign out_taken  = out_valid_o && out_ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      open_q      <= 1'b1;
      first_q     <= 1'b1;
      out_valid_o <= 1'b0;
    end else begin
      open_q      <= (open_q && !take_last) || out_taken;
      first_q     <= (first_q && !take) || out_taken;
      out_valid_o <= (out_valid_o && !out_ready_i) || done;
    end
    if (take) out_nan_o <= (!first_q && out_nan_o) || in_nan_i;
  end

  // ---- sums of the group: the low and the high bits of the magnitudes; zeros without one ----
  logic [SumW-1:0]      low, high, low_q, high_q;
  logic [ExponentW-1:0] exponent_q;
  logic                 sums_first_q, sums_last_q;
  always_comb begin
    low  = '0;
    high = '0;
    for (int i = 0; i < Lanes; i++) begin
      low  = low + SumW'(in_i[i*(1+MagnitudeW) +: DropW]);
      high = high + SumW'(in_i[i*(1+MagnitudeW) + DropW +: KeptW]);
    end
  end
  always_ff @(posedge clk_i) begin
    low_q        <= low & {SumW{take && !in_nan_i}};
    high_q       <= high & {SumW{take && !in_nan_i}};
    exponent_q   <= in_exponent_i;
    sums_first_q <= first_q;  // and in the cycles before the first group
    sums_last_q  <= rst_ni && take_last;
  end
  logic [Lanes-1:0] unused_signs;
  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    assign unused_signs[i] = in_i[i*(1+MagnitudeW) + MagnitudeW];
  end

  // ---- place: by how much the sums shrink, and where the group's go ----
  logic                 placed_first, placed_last;
  logic [SumW-1:0]      placed_low, placed_high;
  logic [PlaceW-1:0]    place;
  logic [ExponentW-1:0] rise;
  if (Running) begin : gen_running
    // e - lowest, and by how much it is beyond the window; lowest is the exponent of the unit.
    logic                      counts, beyond;
    logic        [ExponentW-1:0] lowest, lowest_q, least_q, exponent, excess, rise_d;
    logic signed [ExponentW:0]   margin;
    logic signed [ExponentW+1:0] place_d;
    assign counts   = low_q != '0 || high_q != '0;
    assign exponent = exponent_q & {ExponentW{counts}};
    assign lowest   = lowest_q & {ExponentW{!sums_first_q}};
    assign margin   = $signed({1'b0, exponent}) - $signed({1'b0, lowest});
    assign beyond   = margin > $signed((ExponentW+1)'(Window));
    assign excess   = margin[ExponentW-1:0] - ExponentW'(Window);
    assign rise_d   = excess & {ExponentW{beyond}};
    assign place_d  = beyond ? (ExponentW+2)'(Window + FractW)
                             : (ExponentW+2)'(margin) + (ExponentW+2)'(FractW);

    logic                 placed_first_q, placed_last_q;
    logic [SumW-1:0]      placed_low_q, placed_high_q;
    logic [PlaceW-1:0]    place_q;
    logic [ExponentW-1:0] rise_q;
    always_ff @(posedge clk_i) begin
      placed_first_q <= sums_first_q;
      placed_last_q  <= rst_ni && sums_last_q;
      placed_low_q   <= low_q;
      placed_high_q  <= high_q;
      place_q        <= place_d < 0 ? '0 : PlaceW'(place_d);
      rise_q         <= rise_d;
      lowest_q       <= lowest + rise_d;
      if (sums_first_q || (counts && exponent < least_q)) begin
        least_q <= exponent | {ExponentW{!counts}};
      end
    end
    assign placed_first   = placed_first_q;
    assign placed_last    = placed_last_q;
    assign placed_low     = placed_low_q;
    assign placed_high    = placed_high_q;
    assign place          = place_q;
    assign rise           = rise_q;
    assign out_exponent_o = lowest_q;
    assign out_inexact_o  = least_q < lowest_q;
  end else begin : gen_fixed
    assign placed_first   = sums_first_q;
    assign placed_last    = sums_last_q;
    assign placed_low     = low_q;
    assign placed_high    = high_q;
    assign place          = PlaceW'(exponent_q);
    assign rise           = '0;
    assign out_exponent_o = '0;
    assign out_inexact_o  = 1'b0;
  end

  // ---- the running sums, then the comparison ----
  logic [1:0] overflow;
  rh_precision_sum #(
    .InW      (SumW),
    .MaxPlace (Window + FractW),
    .FractW   (FractW),
    .ExponentW(ExponentW),
    .AccW     (AccW)
  ) u_numerator (
    .clk_i     (clk_i),
    .first_i   (placed_first),
    .in_i      (placed_low),
    .place_i   (place),
    .rise_i    (rise),
    .value_o   (out_numerator_o),
    .overflow_o(overflow[0])
  );
  rh_precision_sum #(
    .InW      (SumW),
    .MaxPlace (Window + FractW),
    .FractW   (FractW),
    .ExponentW(ExponentW),
    .AccW     (AccW)
  ) u_denominator (
    .clk_i     (clk_i),
    .first_i   (placed_first),
    .in_i      (placed_high),
    .place_i   (place),
    .rise_i    (rise),
    .value_o   (out_denominator_o),
    .overflow_o(overflow[1])
  );

  logic below;
  rh_precision_compare #(
    .AccW      (AccW),
    .ThresholdW(ThresholdW),
    .Lift      (FractionW - DropW)
  ) u_compare (
    .clk_i        (clk_i),
    .rst_ni       (rst_ni),
    .load_i       (take_last),
    .threshold_i  (in_threshold_i),
    .start_i      (placed_last),
    .numerator_i  (out_numerator_o),
    .denominator_i(out_denominator_o),
    .done_o       (done),
    .below_o      (below)
  );
  assign out_overflow_o = overflow != '0;
  assign out_fine_o     = !below || out_nan_o || out_overflow_o;

  logic stalled_q;
  always_ff @(posedge clk_i) stalled_q <= rst_ni && out_valid_o && !out_ready_i;
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_result_holds: assert (!stalled_q || out_valid_o);
      a_one_tensor:   assert (!out_valid_o || !open_q);
    end
  end
endmodule
