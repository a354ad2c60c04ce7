// No accumulator overflows within the stated K: the sum in AccW bits is the sum in all bits.
//
//   int8   K <= 133,144 with codes within +-127, 131,071 with -128        docs/contract.md (12)
//   block  K <= floor((2^(w - 1 - MaxShift) - 1) / ((2^m_a - 1)(2^m_b - 1)))              (35)
//
// Induction over the products: after k of them since the restart |sum| <= k * largest, and there
// are no more than K. K counts lanes, so a cell of several takes as many at once; here one lane.
// Run by: verif/formal/engines.py.
module rh_formal_bound #(
  parameter int  Width         = 8,
  parameter int  AccW          = 32,
  parameter int  K             = 133144,
  parameter int  Largest       = 16129,  // product
  parameter bit  MostNegative  = 1'b0,   // the code -2^(Width-1) may come
  parameter bit  SignMagnitude = 1'b0,
  parameter int  ExponentW     = 0,
  localparam int Bits          = Width - 1,
  localparam int MaxShift      = 2 * ((1 << ExponentW) - 1),
  localparam int WideW         = AccW + 4,
  localparam int ExponentIn    = ExponentW == 0 ? 1 : ExponentW
) (
  input logic                  clk_i,
  input logic [Width-1:0]      a_i,
  input logic [Width-1:0]      b_i,
  input logic [ExponentIn-1:0] exponent_a_i,
  input logic [ExponentIn-1:0] exponent_b_i,
  input logic                  restart_i
);
  logic [AccW-1:0] sum, carry;
  rh_mac #(
    .Width        (Width),
    .AccW         (AccW),
    .SignMagnitude(SignMagnitude),
    .ExponentAW   (ExponentW),
    .ExponentBW   (ExponentW),
    .MaxShift     (SignMagnitude ? MaxShift : 0)
  ) u_mac (
    .clk_i    (clk_i),
    .a_i      (SignMagnitude ? (Width+ExponentW)'({exponent_a_i, a_i}) : (Width+ExponentW)'(a_i)),
    .b_i      (SignMagnitude ? (Width+ExponentW)'({exponent_b_i, b_i}) : (Width+ExponentW)'(b_i)),
    .restart_i(restart_i),
    .a_o      (),
    .b_o      (),
    .sum_o    (sum),
    .carry_o  (carry)
  );

  localparam logic signed [WideW-1:0] Unit = WideW'(Largest) <<< (SignMagnitude ? MaxShift : 0);

  logic signed [WideW-1:0] a, b, product, product_q, addend, wide_q;
  logic signed [WideW-1:0] bound_q;  // k * Unit
  logic                    restart_q, restart;
  logic                    first_q   = 1'b1;
  logic                    started_q = 1'b0;

  always_comb begin
    if (SignMagnitude) begin
      a = WideW'(a_i[Bits-1:0]);
      b = WideW'(b_i[Bits-1:0]);
      a = a_i[Bits] ? -a : a;
      b = b_i[Bits] ? -b : b;
      product = ((a * b) <<< exponent_a_i) <<< exponent_b_i;
    end else begin
      product = WideW'($signed(a_i)) * WideW'($signed(b_i));
    end
  end
  assign addend  = SignMagnitude ? product_q : product;
  assign restart = SignMagnitude ? restart_q && !first_q : restart_i;

  always_ff @(posedge clk_i) begin
    first_q   <= 1'b0;
    product_q <= product;
    restart_q <= restart_i;
    started_q <= started_q || restart;
    wide_q    <= (restart ? '0 : wide_q) + addend;
    bound_q   <= (restart ? '0 : bound_q) + Unit;
    if (started_q) begin
      a_no_overflow: assert ($signed(sum) == wide_q && carry == '0);
      a_bound:       assert (wide_q <= bound_q && wide_q >= -bound_q && bound_q > 0 &&
                             bound_q <= WideW'(K) * Unit);
    end
    // The addend in flight is a product of codes that may come.
    if (SignMagnitude && !first_q) a_addend: assert (product_q <= Unit && product_q >= -Unit);
  end
  always_comb begin
    m_codes: assume (MostNegative || SignMagnitude ||
                     (a_i != {1'b1, {Bits{1'b0}}} && b_i != {1'b1, {Bits{1'b0}}}));
    m_k:     assume (restart || !started_q || bound_q <= WideW'(K - 1) * Unit);
  end
endmodule
