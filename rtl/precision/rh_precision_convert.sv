// A converter whose codes are watched: rh_convert_tensor with rh_precision at its output.
//
// A tensor begins with a start, which says whether it is watched and at which threshold. Its groups
// leave as rh_convert_tensor says; of a watched one a group leaves when its consumer and the unit
// can both take it, and goes to both at once. in_last_i ends a watched tensor: no group is taken
// behind it until the next start, and its last group is the one that leaves with none in flight
// behind it. The unit's word, docs/precision.md (3), comes once a watched tensor, in their order.
// A watched tensor is one of integers whose codes have CodeW bits or fewer and whose exponents have
// ExponentW, and is ended by in_last_i before the next start. Without Watch there is no unit.
// Latency: that of rh_convert_tensor; the decision AccW + ThresholdW + 2 cycles after the last
// group has left, with a Window below 2^ExponentW - 1 one later.
// Golden model: sw/precision/precision.hpp. Test: verif/precision/precision_convert_test.cpp.
module rh_precision_convert #(
  parameter  bit Watch          = 1'b1,
  parameter  int Lanes          = 16,  // down to FastSim: of rh_convert_tensor
  parameter  int Source         = 0,
  parameter  int MagnitudeW     = 8,
  parameter  int NoiseW         = 8,
  parameter  bit RunTime        = 1'b1,
  parameter  logic [44:0] Config = 45'd0,
  parameter  bit Minifloat      = 1'b1,
  parameter  bit Bump           = 1'b0,
  parameter  bit MostNegative   = 1'b0,
  parameter  bit OutputRegister = 1'b1,
  parameter  bit Underflow      = 1'b1,
  parameter  int Radix          = 2,
  parameter  int CounterW       = 32,
  parameter  bit FastSim        = 1'b0,
  parameter  int CodeW          = 4,   // from here on: of rh_precision, whose MagnitudeW it is
  parameter  int DropW          = 2,
  parameter  int ExponentW      = 5,
  parameter  int Window         = 31,
  parameter  int GroupsW        = 20,
  parameter  int ThresholdW     = 16,
  parameter  int FractionW      = 12,
  localparam int SourceW        = Source == 0 ? 32 : 16,
  localparam int OutW           = MagnitudeW + 32'(MostNegative),
  localparam int CountW         = CounterW > 0 ? CounterW : 1,
  localparam int KeptW          = CodeW - DropW,
  localparam int SumW           = $clog2(Lanes * ((1 << (DropW > KeptW ? DropW : KeptW)) - 1) + 1),
  localparam int AccW           = SumW + Window + GroupsW
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  logic                      start_valid_i,
  output logic                      start_ready_o,
  input  logic [126:0]              start_seed_i,
  input  rh_pkg::block_config_t     start_config_i,
  input  logic                      start_watch_i,
  input  logic [ThresholdW-1:0]     start_threshold_i,  // times 2^-FractionW
  input  logic                      in_valid_i,
  output logic                      in_ready_o,         // does not depend on in_valid_i
  input  logic [Lanes*SourceW-1:0]  in_i,
  input  logic                      in_last_i,          // of a watched tensor
  output logic                      out_valid_o,
  input  logic                      out_ready_i,
  output logic [Lanes*(1+OutW)-1:0] out_o,
  output logic [7:0]                out_exponent_o,
  output logic                      out_nan_o,
  output logic                      out_saturated_o,
  output logic                      out_underflow_o,
  output logic                      out_bumped_o,
  output logic [CountW-1:0]         groups_o,
  output logic [CountW-1:0]         nan_groups_o,
  output logic [CountW-1:0]         saturated_groups_o,
  output logic [CountW-1:0]         underflow_groups_o,
  output logic [CountW-1:0]         bumped_groups_o,
  output logic                      decision_valid_o,
  input  logic                      decision_ready_i,
  output logic                      decision_fine_o,    // 0: the codes without DropW bits will do
  output logic [AccW-1:0]           decision_numerator_o,
  output logic [AccW-1:0]           decision_denominator_o,
  output logic [ExponentW-1:0]      decision_exponent_o,
  output logic                      decision_nan_o,
  output logic                      decision_overflow_o,
  output logic                      decision_inexact_o
);
  if (Watch && CodeW > MagnitudeW) begin : gen_bad_codes
    $error("rh_precision_convert: CodeW must be MagnitudeW or less");
  end

  logic closed;                    // the last group was taken
  logic tensor_ready, tensor_valid;
  logic free;                      // the unit can take a group, or need not
  assign in_ready_o  = tensor_ready && !closed;
  assign out_valid_o = tensor_valid && free;

  rh_convert_tensor #(
    .Lanes         (Lanes),
    .Source        (Source),
    .MagnitudeW    (MagnitudeW),
    .NoiseW        (NoiseW),
    .RunTime       (RunTime),
    .Config        (Config),
    .Minifloat     (Minifloat),
    .Bump          (Bump),
    .MostNegative  (MostNegative),
    .OutputRegister(OutputRegister),
    .Underflow     (Underflow),
    .Radix         (Radix),
    .CounterW      (CounterW),
    .FastSim       (FastSim)
  ) u_tensor (
    .clk_i             (clk_i),
    .rst_ni            (rst_ni),
    .start_valid_i     (start_valid_i),
    .start_ready_o     (start_ready_o),
    .start_seed_i      (start_seed_i),
    .start_config_i    (start_config_i),
    .in_valid_i        (in_valid_i && !closed),
    .in_ready_o        (tensor_ready),
    .in_i              (in_i),
    .out_valid_o       (tensor_valid),
    .out_ready_i       (out_ready_i && free),
    .out_o             (out_o),
    .out_exponent_o    (out_exponent_o),
    .out_nan_o         (out_nan_o),
    .out_saturated_o   (out_saturated_o),
    .out_underflow_o   (out_underflow_o),
    .out_bumped_o      (out_bumped_o),
    .groups_o          (groups_o),
    .nan_groups_o      (nan_groups_o),
    .saturated_groups_o(saturated_groups_o),
    .underflow_groups_o(underflow_groups_o),
    .bumped_groups_o   (bumped_groups_o)
  );

  if (Watch) begin : gen_watch
    localparam int FlightW = 3;  // groups in the converter: at most one a stage, and one that waits

    logic                  watch_q, closed_q, unit_ready;
    logic                  start, take, leave;
    logic [ThresholdW-1:0] threshold_q;
    logic [FlightW-1:0]    in_flight_q;
    assign start  = start_valid_i && start_ready_o;
    assign take   = in_valid_i && in_ready_o;
    assign leave  = out_valid_o && out_ready_i;
    assign closed = closed_q;
    assign free   = unit_ready || !watch_q;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        watch_q     <= 1'b0;
        closed_q    <= 1'b0;
        in_flight_q <= '0;
      end else begin
        if (start) watch_q <= start_watch_i;
        closed_q    <= !start && (closed_q || (watch_q && take && in_last_i));
        in_flight_q <= in_flight_q + FlightW'(take) - FlightW'(leave);
      end
      if (start) threshold_q <= start_threshold_i;
    end

    logic [Lanes*(1+CodeW)-1:0] codes;
    for (genvar i = 0; i < Lanes; i++) begin : gen_lane
      assign codes[i*(1+CodeW) +: 1+CodeW] = {out_o[i*(1+OutW) + OutW], out_o[i*(1+OutW) +: CodeW]};
    end

    rh_precision #(
      .Lanes     (Lanes),
      .MagnitudeW(CodeW),
      .DropW     (DropW),
      .ExponentW (ExponentW),
      .Window    (Window),
      .GroupsW   (GroupsW),
      .ThresholdW(ThresholdW),
      .FractionW (FractionW)
    ) u_precision (
      .clk_i            (clk_i),
      .rst_ni           (rst_ni),
      .in_valid_i       (tensor_valid && watch_q && out_ready_i),
      .in_ready_o       (unit_ready),
      .in_i             (codes),
      .in_exponent_i    (out_exponent_o[ExponentW-1:0]),
      .in_nan_i         (out_nan_o),
      .in_last_i        (closed_q && in_flight_q == FlightW'(1)),
      .in_threshold_i   (threshold_q),
      .out_valid_o      (decision_valid_o),
      .out_ready_i      (decision_ready_i),
      .out_fine_o       (decision_fine_o),
      .out_numerator_o  (decision_numerator_o),
      .out_denominator_o(decision_denominator_o),
      .out_exponent_o   (decision_exponent_o),
      .out_nan_o        (decision_nan_o),
      .out_overflow_o   (decision_overflow_o),
      .out_inexact_o    (decision_inexact_o)
    );

    // The bits of codes that the unit does not see.
    localparam logic [OutW:0]             LaneBeyond = (OutW+1)'((1 << OutW) - (1 << CodeW));
    localparam logic [Lanes*(1+OutW)-1:0] Beyond     = {Lanes{LaneBeyond}};
    logic begun_q;  // of a watched tensor, groups have been taken
    always_ff @(posedge clk_i) begin
      begun_q <= rst_ni && !start && (begun_q || take);
    end
    always_ff @(posedge clk_i) begin
      if (rst_ni) begin
        a_codes_fit:     assert (!(leave && watch_q) || (out_o & Beyond) == '0);
        a_exponent_fits: assert (!(leave && watch_q) || 32'(out_exponent_o) >> ExponentW == '0);
        a_ended:         assert (!(start && watch_q && begun_q) || closed_q);
        a_empty:         assert (!start || in_flight_q == '0);
        a_flight_fits:   assert (!(take && !leave) || in_flight_q != '1);
      end
    end
  end else begin : gen_no_watch
    logic unused_watch;
    assign unused_watch           = ^{start_watch_i, start_threshold_i, in_last_i,
                                      decision_ready_i};
    assign closed                 = 1'b0;
    assign free                   = 1'b1;
    assign decision_valid_o       = 1'b0;
    assign decision_fine_o        = 1'b0;
    assign decision_numerator_o   = '0;
    assign decision_denominator_o = '0;
    assign decision_exponent_o    = '0;
    assign decision_nan_o         = 1'b0;
    assign decision_overflow_o    = 1'b0;
    assign decision_inexact_o     = 1'b0;
    always_ff @(posedge clk_i) begin
      if (rst_ni) a_built: assert (!(start_valid_i && start_watch_i));
    end
  end
endmodule
