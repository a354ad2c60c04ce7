// What leaves a block converter lies within its configuration, whatever goes in.
//
// Any integer configuration of 1 to 3 magnitude bits: a magnitude is at most max_code (2^m for a
// negative lane where that is allowed), an exponent at most max_exponent unless the group is NaN, a
// NaN group has codes 0 and no other flag, no -0 leaves, and a bump is there only where it is
// asked for. Run by: verif/formal/formal_test.py.
module rh_formal_bounds (
  input logic                  clk_i,
  input logic                  rst_ni,
  input rh_pkg::block_config_t config_i,
  input logic                  in_valid_i,
  input logic [31:0]           in_i,
  input logic [1:0]            noise_i,
  input logic                  out_ready_i
);
  localparam int OutW = 4;  // MagnitudeW, and one bit for the code -2^m

  logic                  out_valid, out_nan, out_saturated, out_underflow, out_bumped;
  logic [2*(1+OutW)-1:0] out;
  logic [7:0]            out_exponent;
  rh_pkg::block_config_t config_q;
  logic                  config_set_q;
  logic                  reset_done_q = 1'b0;

  rh_convert_bfp #(
    .Lanes       (2),
    .Source      (1),
    .MagnitudeW  (3),
    .NoiseW      (1),
    .RunTime     (1'b1),
    .Minifloat   (1'b0),
    .Bump        (1'b1),
    .MostNegative(1'b1)
  ) u_bfp (
    .clk_i          (clk_i),
    .rst_ni         (rst_ni),
    .config_i       (config_q),
    .in_valid_i     (in_valid_i && config_set_q),
    .in_ready_o     (),
    .in_i           (in_i),
    .noise_i        (noise_i),
    .noise_take_o   (),
    .out_valid_o    (out_valid),
    .out_ready_i    (out_ready_i),
    .out_o          (out),
    .out_exponent_o (out_exponent),
    .out_nan_o      (out_nan),
    .out_saturated_o(out_saturated),
    .out_underflow_o(out_underflow),
    .out_bumped_o   (out_bumped),
    .busy_o         ()
  );

  // The configuration is any that the descriptor can give for integers; it is set once.
  logic sane;
  assign sane = config_i.significand_bits != '0 && config_i.significand_bits <= 4'd3 &&
                config_i.binades == '0 && config_i.element_exponent == '0 &&
                config_i.max_code == (8'd1 << config_i.significand_bits) - 8'd1 &&
                config_i.max_exponent != '0 && config_i.max_exponent != '1 &&
                !config_i.signed_zero && config_i.rounding <= rh_pkg::StochasticUnbiased;

  always_ff @(posedge clk_i) begin
    reset_done_q <= 1'b1;
    config_set_q <= rst_ni;
    if (!rst_ni) config_q <= config_i;
  end
  always_comb begin
    m_reset_first: assume (reset_done_q || !rst_ni);
    m_sane:        assume (sane);
  end

  logic [1:0] code_in_range, zero_has_no_sign, codes_zero;
  for (genvar i = 0; i < 2; i++) begin : gen_lane
    logic            negative;
    logic [OutW-1:0] magnitude;
    assign {negative, magnitude} = out[i*(1+OutW) +: 1+OutW];
    assign code_in_range[i]    = 8'(magnitude) <= config_q.max_code ||
                                 (config_q.most_negative && negative &&
                                  8'(magnitude) == config_q.max_code + 8'd1);
    assign zero_has_no_sign[i] = !negative || magnitude != '0;
    assign codes_zero[i]       = magnitude == '0;
  end
  always_ff @(posedge clk_i) begin
    if (rst_ni && out_valid) begin
      a_code:     assert (&code_in_range);
      a_zero:     assert (&zero_has_no_sign);
      a_nan:      assert (!out_nan || &codes_zero);
      a_exponent: assert (out_nan || out_exponent <= config_q.max_exponent);
      a_flags:    assert (!out_nan || !(out_saturated || out_underflow || out_bumped));
      a_bumped:   assert (!out_bumped || config_q.overflow == rh_pkg::Bump);
    end
  end
endmodule
