// A line's two FP32 factors from its largest magnitude: what quantises it, what dequantises it.
//
//   out_quantizer_o = fl(127 / absmax)                                        docs/convert.md (2)
//   out_scale_o     = fl(absmax / 127)                                        docs/convert.md (3)
//   absmax 0, or so small that the quantizer overflows: both 0                docs/convert.md (4)
//   absmax NaN or infinite: quantizer 0, scale NaN                            docs/convert.md (4)
//
// 127 is 2^m - 1 of rh_pkg::Int8. A quantizer of 0 makes every code 0. Two dividers run side by
// side. Latency: out_valid_o rises 27 cycles after absmax is taken, 1 cycle when absmax is NaN,
// infinite, zero or subnormal; the next absmax is taken one cycle after the result.
// Golden model: sw/convert/convert.hpp. Test: verif/convert/convert_test.cpp.
module rh_convert_scale (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        in_valid_i,
  output logic        in_ready_o,
  input  logic [31:0] in_absmax_i,  // no sign
  output logic        out_valid_o,
  input  logic        out_ready_i,
  output logic [31:0] out_quantizer_o,
  output logic [31:0] out_scale_o
);
  localparam rh_pkg::format_t Format = rh_pkg::Int8;
  localparam int M = 32'(Format.magnitude_bits);
  localparam logic [31:0] MaxCode = {1'b0, 8'(126 + M), 23'(((1 << M) - 1) << (24 - M))};  // FP32

  logic        nan;      // or infinite
  logic        zero;     // or subnormal: 127 / absmax overflows
  logic        special;  // no division
  logic        nan_q;
  logic        special_q;
  logic        start;
  logic        divide_ready, scale_ready;
  logic        divide_valid, scale_valid;
  logic [31:0] quantizer, scale;
  logic        overflow;

  assign nan     = in_absmax_i[30:23] == '1;
  assign zero    = in_absmax_i[30:23] == '0;
  assign special = nan || zero;
  assign start   = in_valid_i && !special_q && !special;

  assign in_ready_o  = divide_ready && scale_ready && !special_q;
  assign out_valid_o = special_q || (divide_valid && scale_valid);

  always_ff @(posedge clk_i) begin
    if (in_valid_i && in_ready_o) nan_q <= nan;
    if (!rst_ni) begin
      special_q <= 1'b0;
    end else if (in_valid_i && in_ready_o) begin
      special_q <= special;
    end else if (out_ready_i) begin
      special_q <= 1'b0;
    end
  end

  rh_float_divide u_quantizer (
    .clk_i        (clk_i),
    .rst_ni       (rst_ni),
    .in_valid_i   (start),
    .in_ready_o   (divide_ready),
    .in_dividend_i(MaxCode),
    .in_divisor_i (in_absmax_i),
    .out_valid_o  (divide_valid),
    .out_ready_i  (out_ready_i),
    .out_o        (quantizer)
  );

  rh_float_divide u_scale (
    .clk_i        (clk_i),
    .rst_ni       (rst_ni),
    .in_valid_i   (start),
    .in_ready_o   (scale_ready),
    .in_dividend_i(in_absmax_i),
    .in_divisor_i (MaxCode),
    .out_valid_o  (scale_valid),
    .out_ready_i  (out_ready_i),
    .out_o        (scale)
  );

  assign overflow = quantizer[30:23] == '1;

  always_comb begin
    if (special_q) begin
      out_quantizer_o = '0;
      out_scale_o     = nan_q ? rh_pkg::Fp32Nan : '0;
    end else begin
      out_quantizer_o = overflow ? '0 : quantizer;
      out_scale_o     = overflow ? '0 : scale;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_absmax_has_no_sign: assert (!in_valid_i || !in_absmax_i[31]);
      a_dividers_in_step:   assert (divide_ready == scale_ready && divide_valid == scale_valid);
    end
  end
endmodule
