// The significands of two numbers multiplied. The numbers have 8 exponent bits and SignificandW
// significand bits, one of them hidden: bf16 (8) or FP32 (24), of which rows would take longer than
// the addition does.
//
//   product_o = s_a * s_b,  s = 2^(SignificandW-1) [field != 0] + fraction     docs/baseline.md (1)
//
// Combinational. Test: verif/baseline/baseline_test.cpp (through the cells).
module rh_baseline_product #(
  parameter  int SignificandW = 8,
  localparam int MagnitudeW   = SignificandW + 7,
  localparam int ProductW     = 2 * SignificandW
) (
  input  logic [MagnitudeW-1:0] a_i,  // without sign
  input  logic [MagnitudeW-1:0] b_i,
  output logic [ProductW-1:0]   product_o
);
  localparam int FractionW = SignificandW - 1;

  logic [SignificandW-1:0] a, b;
  assign a = {a_i[FractionW +: 8] != '0, a_i[FractionW-1:0]};
  assign b = {b_i[FractionW +: 8] != '0, b_i[FractionW-1:0]};

  if (SignificandW <= 8) begin : gen_rows
    rh_baseline_rows #(.Width(SignificandW)) u_rows (
      .a_i      (a),
      .b_i      (b),
      .product_o(product_o)
    );
  end else begin : gen_booth
    rh_baseline_booth #(.Width(SignificandW)) u_booth (
      .a_i      (a),
      .b_i      (b),
      .product_o(product_o)
    );
  end
endmodule
