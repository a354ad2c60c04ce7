// B1 and B3, what a scalar cell costs that multiplies bf16 or FP32 and accumulates FP32: one fused
// multiply-add.
//
//   value_o <= fl((restart ? +0 : value_o) + a * b)                           docs/baseline.md (2)
//
// a and b have 8 exponent bits and SignificandW significand bits, one of them hidden: 8 is bf16
// (B1), 24 FP32 (B3). The product is exact (2 SignificandW bits), its exponent may lie beyond
// FP32's, and the addition rounds once, to nearest, ties to even: IEEE 754 fusedMultiplyAdd.
// Subnormals in and out are exact, a NaN is rh_pkg::Fp32Nan.
//
// Schedule, counted in clock edges after the cycle in which a_i, b_i, restart_i are seen:
//   1   a_o, b_o repeat them; the normalised product is in a register
//   2   value_o contains the product; with restart it contains nothing older
//
// Bubbles are zero operands without restart; they leave value_o, but a -0 becomes +0 when the zero
// product is +0. No reset.
// Golden: fma() in verif/baseline/baseline.hpp. Test: verif/baseline/baseline_test.cpp.
module rh_baseline_fma #(
  parameter  int SignificandW = 8,  // 8 or 24
  localparam int OperandW     = SignificandW + 8
) (
  input  logic                clk_i,
  input  logic [OperandW-1:0] a_i,
  input  logic [OperandW-1:0] b_i,
  input  logic                restart_i,
  output logic [OperandW-1:0] a_o,
  output logic [OperandW-1:0] b_o,
  output logic [31:0]         value_o
);
  if (SignificandW != 8 && SignificandW != 24) begin : gen_bad_width
    $error("rh_baseline_fma: SignificandW must be 8 or 24");
  end

  localparam int ProductW = 2 * SignificandW;
  localparam int CountW   = $clog2(ProductW);

  // ---- product
  logic [8:0]          fields;
  logic                negative, infinity, nan, unused_zero;
  logic [ProductW-1:0] product, normalized;
  logic [CountW-1:0]   count;
  logic [9:0]          exponent;

  rh_baseline_exponent #(.SignificandW(SignificandW)) u_exponent (
    .a_i       (a_i),
    .b_i       (b_i),
    .exponent_o(fields),
    .negative_o(negative),
    .zero_o    (unused_zero),
    .infinity_o(infinity),
    .nan_o     (nan)
  );
  rh_baseline_product #(.SignificandW(SignificandW)) u_product (
    .a_i      (a_i[OperandW-2:0]),
    .b_i      (b_i[OperandW-2:0]),
    .product_o(product)
  );
  rh_baseline_normalize #(.InW(ProductW)) u_normalize (
    .in_i   (product),
    .count_o(count),
    .out_o  (normalized)
  );
  // Two hidden bits weigh 2^(ProductW-2), one below the top; one bias of two stays in the exponent.
  assign exponent = {1'b0, fields} - 10'd126 - 10'(count);

  logic                restart_q, negative_q, nan_q, infinity_q;
  logic [9:0]          exponent_q;
  logic [ProductW-1:0] significand_q;
  always_ff @(posedge clk_i) begin
    a_o           <= a_i;
    b_o           <= b_i;
    restart_q     <= restart_i;
    negative_q    <= negative;
    exponent_q    <= exponent & {10{normalized[ProductW-1]}};
    significand_q <= normalized;
    infinity_q    <= infinity;
    nan_q         <= nan;
  end

  // ---- sum
  logic [31:0] sum;
  rh_baseline_add #(.SigW(ProductW)) u_add (
    .value_i      (value_o & {32{!restart_q}}),
    .negative_i   (negative_q),
    .exponent_i   (exponent_q),
    .significand_i(significand_q),
    .nan_i        (nan_q),
    .infinity_i   (infinity_q),
    .sum_o        (sum)
  );
  always_ff @(posedge clk_i) value_o <= sum;
endmodule
