// FP32 lines to int8 codes, Lanes elements a cycle. A line is one absmax, then its elements.
//
//   code = nearest-even(fl(x * quantizer)) clamped to +-127; NaN gives 0      docs/convert.md (5)
//   quantizer, scale of the line from absmax: rh_convert_scale         docs/convert.md (2) to (4)
//
// Pipeline of 3, stalled as a whole by `advance`:
//   product | exact product     packed | rounded to FP32     out | rounded to the code
// Latency: a beat taken in cycle t is at the output in cycle t + 3. The next line's absmax is
// taken and divided while the current line streams, so lines of 28 beats and more follow each other
// without a bubble. A line ends with in_last_i; unused lanes of its last beat convert what they
// hold. out_scale_o holds for every beat of the line.
// Golden model: sw/convert/convert.hpp. Test: verif/convert/convert_test.cpp.
module rh_convert_int8 #(
  parameter int Lanes = 8
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  // One a line: its largest magnitude, NaN or infinite when the line holds a NaN or an infinity.
  input  logic                absmax_valid_i,
  output logic                absmax_ready_o,
  input  logic [31:0]         absmax_i,
  input  logic                in_valid_i,
  output logic                in_ready_o,
  input  logic [Lanes*32-1:0] in_i,
  input  logic                in_last_i,
  output logic                out_valid_o,
  input  logic                out_ready_i,
  output logic [Lanes*8-1:0]  out_o,
  output logic [31:0]         out_scale_o,
  output logic [Lanes-1:0]    out_clamped_o,
  output logic                out_last_o
);
  if (Lanes < 1) begin : gen_bad_lanes
    $error("rh_convert_int8: Lanes must be positive");
  end

  localparam rh_pkg::format_t Format = rh_pkg::Int8;
  localparam int M = 32'(Format.magnitude_bits);

  // The line that streams, and the next one prepared behind it.
  logic        scale_valid, scale_ready;
  logic [31:0] scale_quantizer, scale_scale;
  logic        line_valid_q;
  logic [31:0] line_quantizer_q, line_scale_q;

  logic advance;
  logic take;
  assign advance     = !out_valid_o || out_ready_i;
  assign in_ready_o  = line_valid_q && advance;
  assign take        = in_valid_i && in_ready_o;
  assign scale_ready = !line_valid_q || (take && in_last_i);

  rh_convert_scale u_scale (
    .clk_i          (clk_i),
    .rst_ni         (rst_ni),
    .in_valid_i     (absmax_valid_i),
    .in_ready_o     (absmax_ready_o),
    .in_absmax_i    (absmax_i),
    .out_valid_o    (scale_valid),
    .out_ready_i    (scale_ready),
    .out_quantizer_o(scale_quantizer),
    .out_scale_o    (scale_scale)
  );

  always_ff @(posedge clk_i) begin
    if (scale_ready && scale_valid) begin
      line_quantizer_q <= scale_quantizer;
      line_scale_q     <= scale_scale;
    end
    if (!rst_ni) begin
      line_valid_q <= 1'b0;
    end else if (scale_ready) begin
      line_valid_q <= scale_valid;
    end
  end

  // What travels beside the lanes.
  logic        product_valid_q, product_last_q;
  logic [31:0] product_scale_q;
  logic        packed_valid_q, packed_last_q;
  logic [31:0] packed_scale_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      product_valid_q <= 1'b0;
      packed_valid_q  <= 1'b0;
      out_valid_o     <= 1'b0;
    end else if (advance) begin
      product_valid_q <= take;
      packed_valid_q  <= product_valid_q;
      out_valid_o     <= packed_valid_q;
    end
    if (take) begin
      product_last_q  <= in_last_i;
      product_scale_q <= line_scale_q;
    end
    if (advance && product_valid_q) begin
      packed_last_q  <= product_last_q;
      packed_scale_q <= product_scale_q;
    end
    if (advance && packed_valid_q) begin
      out_last_o  <= packed_last_q;
      out_scale_o <= packed_scale_q;
    end
  end

  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    logic               negative_q;
    logic signed [9:0]  exponent_q;
    logic        [47:0] significand_q;
    logic               nan_q;
    logic               infinity_q;
    logic        [31:0] value, value_q;
    logic        [M:0]  code;
    logic               clamped;

    rh_float_product u_product (
      .clk_i        (clk_i),
      .enable_i     (take),
      .a_i          (in_i[i*32 +: 32]),
      .b_i          (line_quantizer_q),
      .negative_o   (negative_q),
      .exponent_o   (exponent_q),
      .significand_o(significand_q),
      .nan_o        (nan_q),
      .infinity_o   (infinity_q)
    );

    rh_float_pack #(
      .SigW(48)
    ) u_pack (
      .enable_i     (product_valid_q),
      .negative_i   (negative_q),
      .exponent_i   (exponent_q),
      .significand_i(significand_q),
      .sticky_i     (1'b0),
      .nan_i        (nan_q),
      .infinity_i   (infinity_q),
      .out_o        (value)
    );

    rh_float_to_code #(
      .MagnitudeW(M)
    ) u_code (
      .enable_i (packed_valid_q),
      .in_i     (value_q),
      .code_o   (code),
      .clamped_o(clamped)
    );

    always_ff @(posedge clk_i) begin
      if (advance && product_valid_q) value_q <= value;
      if (advance && packed_valid_q) begin
        out_o[i*8 +: 8]  <= code;
        out_clamped_o[i] <= clamped;
      end
    end
  end

  logic stalled_q;
  always_ff @(posedge clk_i) stalled_q <= rst_ni && out_valid_o && !out_ready_i;
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_result_holds:  assert (!stalled_q || out_valid_o);
      a_line_prepared: assert (!take || line_valid_q);
    end
  end
endmodule
