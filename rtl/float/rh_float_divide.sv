// One FP32 division of two normal finite positive numbers, one quotient bit a cycle.
//
//   out_o = fl(dividend / divisor)                                              docs/float.md (4)
//
// Restoring division: the remainder r starts as the dividend's significand, b is the divisor's;
//   bit = r >= b;  r = 2 * (bit ? r - b : r)                                    docs/float.md (7)
// 26 bits are the integer bit, 24 below it and one more, because the first is 0 when r < b; what
// is left in r is the sticky bit. Latency: out_valid_o rises 27 cycles after the operands are
// taken; the next operands are taken one cycle after the result.
// Golden model: sw/float/float.hpp. Test: verif/float/float_test.cpp.
module rh_float_divide (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        in_valid_i,
  output logic        in_ready_o,
  input  logic [31:0] in_dividend_i,
  input  logic [31:0] in_divisor_i,
  output logic        out_valid_o,
  input  logic        out_ready_i,
  output logic [31:0] out_o
);
  localparam int QuotientW = 26;

  logic                 busy_q;
  logic                 done_q;
  logic [4:0]           step_q;
  logic [24:0]          remainder_q;  // below 2 * divisor
  logic [23:0]          divisor_q;
  logic [QuotientW-1:0] quotient_q;
  logic signed [9:0]    exponent_q;

  logic        fits;
  logic [23:0] difference;  // below divisor where it is used
  assign fits       = remainder_q >= {1'b0, divisor_q};
  assign difference = remainder_q[23:0] - divisor_q;

  assign in_ready_o  = !busy_q && !done_q;
  assign out_valid_o = done_q;

  always_ff @(posedge clk_i) begin
    if (in_valid_i && in_ready_o) begin
      remainder_q <= {2'b01, in_dividend_i[22:0]};
      divisor_q   <= {1'b1, in_divisor_i[22:0]};
      exponent_q  <= $signed({2'b0, in_dividend_i[30:23]}) - $signed({2'b0, in_divisor_i[30:23]}) +
                     10'sd127;
      step_q      <= 5'd0;
    end else if (busy_q) begin
      remainder_q <= {fits ? difference : remainder_q[23:0], 1'b0};
      quotient_q  <= {quotient_q[QuotientW-2:0], fits};
      step_q      <= step_q + 5'd1;
    end
    if (!rst_ni) begin
      busy_q <= 1'b0;
      done_q <= 1'b0;
    end else begin
      if (in_valid_i && in_ready_o) begin
        busy_q <= 1'b1;
      end else if (step_q == 5'(QuotientW - 1)) begin
        busy_q <= 1'b0;
      end
      if (busy_q && step_q == 5'(QuotientW - 1)) begin
        done_q <= 1'b1;
      end else if (out_ready_i) begin
        done_q <= 1'b0;
      end
    end
  end

  rh_float_pack #(
    .SigW(QuotientW)
  ) u_pack (
    .enable_i     (done_q),
    .negative_i   (1'b0),
    .exponent_i   (exponent_q),
    .significand_i(quotient_q),
    .sticky_i     (remainder_q != '0),
    .nan_i        (1'b0),
    .infinity_i   (1'b0),
    .out_o        (out_o)
  );

  always_ff @(posedge clk_i) begin
    if (rst_ni && in_valid_i) begin
      a_dividend_normal: assert (!in_dividend_i[31] && in_dividend_i[30:23] != '0 &&
                                 in_dividend_i[30:23] != '1);
      a_divisor_normal:  assert (!in_divisor_i[31] && in_divisor_i[30:23] != '0 &&
                                 in_divisor_i[30:23] != '1);
    end
  end
endmodule
