// What becomes of the int32 sums that leave the array, Lanes a cycle.
//
//   OutputInt32  out = acc                                                 docs/requantize.md (1)
//   OutputFp32   out = fl(fl(fl(acc) * row_scale) * col_scale)             docs/requantize.md (2)
//   OutputInt8   out = nearest-even of that, clamped to +-127, NaN gives 0; sign-extended
//                                                                          docs/requantize.md (3)
// Pipeline of 6, one beat a cycle, stalled as a whole by `advance`:
//   value   | fl(acc)              row     | exact product with the row scale
//   scaled  | rounded              col     | exact product with the column scale
//   result  | rounded              out     | code, if int8
// An int32 passes in the registers that hold the column scale of the other kinds.
// Latency: a beat taken in cycle t is at the output in cycle t + 6.
// Golden model: sw/requantize/requantize.hpp. Test: verif/requantize/requantize_test.cpp.
module rh_requantize #(
  parameter int Lanes = 2
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                in_valid_i,
  output logic                in_ready_o,
  input  logic [Lanes*32-1:0] in_i,           // int32
  input  logic [31:0]         in_row_scale_i,
  input  logic [Lanes*32-1:0] in_col_scales_i,
  input  rh_pkg::output_e     in_output_i,
  input  logic                in_last_i,
  output logic                out_valid_o,
  input  logic                out_ready_i,
  output logic [Lanes*32-1:0] out_o,
  output logic                out_last_o
);
  if (Lanes < 1) begin : gen_bad_lanes
    $error("rh_requantize: Lanes must be positive");
  end

  localparam rh_pkg::format_t Format = rh_pkg::Int8;
  localparam int M = 32'(Format.magnitude_bits);
  localparam int Stages = 6;

  // valid_q[0] is the beat in `value`, valid_q[Stages-1] the one at the output.
  logic [Stages-1:0] valid_q, last_q;
  logic [Stages-1:0] enable;  // of the registers of a stage: a beat moves into it
  logic              advance;
  assign advance     = !out_valid_o || out_ready_i;
  assign enable      = advance ? {valid_q[Stages-2:0], in_valid_i} : '0;
  assign in_ready_o  = advance;
  assign out_valid_o = valid_q[Stages-1];
  assign out_last_o  = last_q[Stages-1];

  rh_pkg::output_e value_output_q, row_output_q, scaled_output_q, col_output_q, result_output_q;
  logic [31:0]     value_row_scale_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= '0;
    end else if (advance) begin
      valid_q <= {valid_q[Stages-2:0], in_valid_i};
    end
    if (advance) last_q <= {last_q[Stages-2:0], in_last_i};
    if (enable[0]) begin
      value_output_q    <= in_output_i;
      value_row_scale_q <= in_row_scale_i;
    end
    if (enable[1]) row_output_q    <= value_output_q;
    if (enable[2]) scaled_output_q <= row_output_q;
    if (enable[3]) col_output_q    <= scaled_output_q;
    if (enable[4]) result_output_q <= col_output_q;
  end

  // Does the stage hold a beat that is to be scaled?
  logic in_scales, value_scales, row_scales, scaled_scales, col_scales;
  assign in_scales     = in_valid_i && in_output_i != rh_pkg::OutputInt32;
  assign value_scales  = valid_q[0] && value_output_q != rh_pkg::OutputInt32;
  assign row_scales    = valid_q[1] && row_output_q != rh_pkg::OutputInt32;
  assign scaled_scales = valid_q[2] && scaled_output_q != rh_pkg::OutputInt32;
  assign col_scales    = valid_q[3] && col_output_q != rh_pkg::OutputInt32;

  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    logic        [31:0] acc, magnitude;
    logic        [31:0] value, value_q;
    logic        [31:0] value_pass_q, row_pass_q, scaled_pass_q, col_pass_q;  // column scale or acc
    logic               row_negative_q;
    logic signed [9:0]  row_exponent_q;
    logic        [47:0] row_significand_q;
    logic               row_nan_q;
    logic               row_infinity_q;
    logic        [31:0] scaled, scaled_q;
    logic               col_negative_q;
    logic signed [9:0]  col_exponent_q;
    logic        [47:0] col_significand_q;
    logic               col_nan_q;
    logic               col_infinity_q;
    logic        [31:0] result, result_q;
    logic        [M:0]  code;
    logic               unused_clamped;

    assign acc       = in_i[i*32 +: 32];
    assign magnitude = acc[31] ? -acc : acc;

    rh_float_pack #(
      .SigW(32)
    ) u_value (
      .enable_i     (in_scales),
      .negative_i   (acc[31]),
      .exponent_i   (10'sd158),  // bit 31 weighs 2^31
      .significand_i(magnitude),
      .sticky_i     (1'b0),
      .nan_i        (1'b0),
      .infinity_i   (1'b0),
      .out_o        (value)
    );

    rh_float_product u_row (
      .clk_i        (clk_i),
      .enable_i     (advance && value_scales),
      .a_i          (value_q),
      .b_i          (value_row_scale_q),
      .negative_o   (row_negative_q),
      .exponent_o   (row_exponent_q),
      .significand_o(row_significand_q),
      .nan_o        (row_nan_q),
      .infinity_o   (row_infinity_q)
    );

    rh_float_pack #(
      .SigW(48)
    ) u_scaled (
      .enable_i     (row_scales),
      .negative_i   (row_negative_q),
      .exponent_i   (row_exponent_q),
      .significand_i(row_significand_q),
      .sticky_i     (1'b0),
      .nan_i        (row_nan_q),
      .infinity_i   (row_infinity_q),
      .out_o        (scaled)
    );

    rh_float_product u_col (
      .clk_i        (clk_i),
      .enable_i     (advance && scaled_scales),
      .a_i          (scaled_q),
      .b_i          (scaled_pass_q),
      .negative_o   (col_negative_q),
      .exponent_o   (col_exponent_q),
      .significand_o(col_significand_q),
      .nan_o        (col_nan_q),
      .infinity_o   (col_infinity_q)
    );

    rh_float_pack #(
      .SigW(48)
    ) u_result (
      .enable_i     (col_scales),
      .negative_i   (col_negative_q),
      .exponent_i   (col_exponent_q),
      .significand_i(col_significand_q),
      .sticky_i     (1'b0),
      .nan_i        (col_nan_q),
      .infinity_i   (col_infinity_q),
      .out_o        (result)
    );

    rh_float_to_code #(
      .MagnitudeW(M)
    ) u_code (
      .enable_i (valid_q[4]),
      .in_i     (result_q),
      .code_o   (code),
      .clamped_o(unused_clamped)
    );

    always_ff @(posedge clk_i) begin
      if (enable[0]) begin
        value_q      <= value;
        value_pass_q <= in_scales ? in_col_scales_i[i*32 +: 32] : acc;
      end
      if (enable[1]) row_pass_q <= value_pass_q;
      if (enable[2]) begin
        scaled_q      <= scaled;
        scaled_pass_q <= row_pass_q;
      end
      if (enable[3]) col_pass_q <= scaled_pass_q;
      if (enable[4]) result_q <= col_scales ? result : col_pass_q;
      if (enable[5]) begin
        out_o[i*32 +: 32] <= result_output_q == rh_pkg::OutputInt8 ? {{(31 - M){code[M]}}, code}
                                                                   : result_q;
      end
    end
  end

  logic stalled_q;
  always_ff @(posedge clk_i) stalled_q <= rst_ni && out_valid_o && !out_ready_i;
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_result_holds: assert (!stalled_q || out_valid_o);
      a_output_known: assert (!in_valid_i || in_output_i <= rh_pkg::OutputInt8);
    end
  end
endmodule
