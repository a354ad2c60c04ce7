// Tensors to block floating point or MX: rh_convert_bfp, its noise, and what is counted a tensor.
//
//   group n of a tensor takes the noise s[n * Lanes * NoiseW ..] of its seed   docs/noise.md (1)
//
// A tensor begins with a start: its seed and, with RunTime, its configuration are taken when no
// group is in flight, and the counters become 0. in_ready_o is 0 before the first start, while
// start_valid_i is 1, and with RunTime for one cycle after it. Group n then leaves as
// rh_convert_bfp says; counters count the groups that have left, modulo 2^CounterW.
// CounterW 0 leaves the counters out. A fixed mode without noise leaves the noise out.
// Golden model: sw/convert/convert_bfp.hpp. Test: verif/convert/convert_bfp_test.cpp.
module rh_convert_tensor #(
  parameter  int Lanes          = 16,
  parameter  int Source         = 0,
  parameter  int MagnitudeW     = 8,
  parameter  int NoiseW         = 8,
  parameter  bit RunTime        = 1'b1,
  parameter  logic [44:0] Config = 45'd0,
  parameter  bit Minifloat      = 1'b1,
  parameter  bit Bump           = 1'b0,
  parameter  bit MostNegative   = 1'b0,
  parameter  bit OutputRegister = 1'b1,
  parameter  bit Backpressure   = 1'b1,
  parameter  bit Underflow      = 1'b1,
  parameter  int Radix          = 2,
  parameter  int CounterW       = 32,
  parameter  bit FastSim        = 1'b0,  // sums as simulators like them: the same function
  localparam int SourceW        = Source == 0 ? 32 : 16,
  localparam int OutW           = MagnitudeW + 32'(MostNegative),
  localparam int CountW         = CounterW > 0 ? CounterW : 1
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  logic                      start_valid_i,
  output logic                      start_ready_o,
  input  logic [126:0]              start_seed_i,
  input  rh_pkg::block_config_t     start_config_i,
  input  logic                      in_valid_i,
  output logic                      in_ready_o,
  input  logic [Lanes*SourceW-1:0]  in_i,
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
  output logic [CountW-1:0]         bumped_groups_o
);
  localparam rh_pkg::block_config_t Fixed = Config;
  localparam bit HasNoise = RunTime || Fixed.rounding == rh_pkg::Stochastic ||
                            Fixed.rounding == rh_pkg::StochasticUnbiased;

  logic                    start;
  logic                    open_q;  // a start was taken, and the configuration has settled
  logic                    busy;
  rh_pkg::block_config_t   tensor_config;
  logic [Lanes*NoiseW-1:0] noise;
  logic                    noise_take;
  logic                    bfp_ready;

  assign start_ready_o = !busy;
  assign start         = start_valid_i && start_ready_o;
  assign in_ready_o    = bfp_ready && open_q && !start_valid_i;

  if (RunTime) begin : gen_config
    rh_pkg::block_config_t config_q;
    logic                  started_q;
    always_ff @(posedge clk_i) begin
      if (start) config_q <= start_config_i;
      if (!rst_ni) begin
        started_q <= 1'b0;
        open_q    <= 1'b0;
      end else begin
        started_q <= start || started_q;
        open_q    <= !start && started_q;
      end
    end
    assign tensor_config = config_q;
  end else begin : gen_fixed
    logic unused_config;
    assign unused_config = ^start_config_i;
    assign tensor_config = Fixed;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        open_q <= 1'b0;
      end else if (start) begin
        open_q <= 1'b1;
      end
    end
  end

  if (HasNoise) begin : gen_noise
    logic noise_valid;
    rh_noise #(
      .Lanes (Lanes),
      .NoiseW(NoiseW)
    ) u_noise (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .load_i (start),
      .seed_i (start_seed_i),
      .take_i (noise_take),
      .noise_o(noise),
      .valid_o(noise_valid)
    );
    always_ff @(posedge clk_i) begin
      if (rst_ni) begin
        a_noise_loaded: assert (!noise_take || noise_valid);
      end
    end
  end else begin : gen_no_noise
    logic unused_noise;
    assign unused_noise = ^{start_seed_i, noise_take};
    assign noise        = '0;
  end

  rh_convert_bfp #(
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
    .Backpressure  (Backpressure),
    .Underflow     (Underflow),
    .Radix         (Radix),
    .FastSim       (FastSim)
  ) u_bfp (
    .clk_i          (clk_i),
    .rst_ni         (rst_ni),
    .config_i       (tensor_config),
    .in_valid_i     (in_valid_i && open_q && !start_valid_i),
    .in_ready_o     (bfp_ready),
    .in_i           (in_i),
    .noise_i        (noise),
    .noise_take_o   (noise_take),
    .out_valid_o    (out_valid_o),
    .out_ready_i    (out_ready_i),
    .out_o          (out_o),
    .out_exponent_o (out_exponent_o),
    .out_nan_o      (out_nan_o),
    .out_saturated_o(out_saturated_o),
    .out_underflow_o(out_underflow_o),
    .out_bumped_o   (out_bumped_o),
    .busy_o         (busy)
  );

  if (CounterW > 0) begin : gen_counters
    always_ff @(posedge clk_i) begin
      if (!rst_ni || start) begin
        groups_o           <= '0;
        nan_groups_o       <= '0;
        saturated_groups_o <= '0;
        underflow_groups_o <= '0;
        bumped_groups_o    <= '0;
      end else if (out_valid_o && out_ready_i) begin
        groups_o           <= groups_o + CountW'(1);
        nan_groups_o       <= nan_groups_o + CountW'(out_nan_o);
        saturated_groups_o <= saturated_groups_o + CountW'(out_saturated_o);
        underflow_groups_o <= underflow_groups_o + CountW'(out_underflow_o);
        bumped_groups_o    <= bumped_groups_o + CountW'(out_bumped_o);
      end
    end
  end else begin : gen_no_counters
    assign groups_o           = '0;
    assign nan_groups_o       = '0;
    assign saturated_groups_o = '0;
    assign underflow_groups_o = '0;
    assign bumped_groups_o    = '0;
  end
endmodule
