// A cell of block floating point equals its specification, from its first restart on.
//
//   value = sum over groups since the restart of D 2^(e_a + e_b), mod 2^AccW
//   D     = sum over k in the group of a[k] b[k]                    docs/contract.md (28), (31)
//
// Codes are sign and magnitude. A 0 of either sign is 0. Run by: verif/formal/engines.py.
module rh_formal_cell_block #(
  parameter int Lanes      = 2,
  parameter int Width      = 3,
  parameter int ExponentW  = 1,
  parameter int AccW       = 10,
  parameter bit Compressor = 1'b0,
  parameter bit FastSim    = 1'b0
) (
  input logic                             clk_i,
  input logic [Lanes*Width-1:0]           a_i,
  input logic [Lanes*Width-1:0]           b_i,
  input logic [ExponentW-1:0]             exponent_a_i,
  input logic [ExponentW-1:0]             exponent_b_i,
  input logic                             restart_i
);
  localparam int Bits = Width - 1;
  logic [AccW-1:0] sum, carry;

  rh_mac #(
    .Lanes        (Lanes),
    .Width        (Width),
    .AccW         (AccW),
    .SignMagnitude(1'b1),
    .ExponentAW   (ExponentW),
    .ExponentBW   (ExponentW),
    .MaxShift     (2 * ((1 << ExponentW) - 1)),
    .Compressor   (Compressor)
  ) u_mac (
    .clk_i    (clk_i),
    .a_i      ({exponent_a_i, a_i}),
    .b_i      ({exponent_b_i, b_i}),
    .restart_i(restart_i),
    .a_o      (),
    .b_o      (),
    .sum_o    (sum),
    .carry_o  (carry)
  );

  logic signed [AccW-1:0] dot, a, b, addend_q, acc_q;
  logic                   restart_q;
  logic                   first_q   = 1'b1;
  logic                   started_q = 1'b0;

  always_comb begin
    dot = '0;
    for (int k = 0; k < Lanes; k++) begin
      a   = AccW'(a_i[k*Width +: Bits]);
      b   = AccW'(b_i[k*Width +: Bits]);
      a   = a_i[k*Width + Bits] ? -a : a;
      b   = b_i[k*Width + Bits] ? -b : b;
      dot = dot + a * b;
    end
  end
  always_ff @(posedge clk_i) begin
    first_q   <= 1'b0;
    addend_q  <= (dot <<< exponent_a_i) <<< exponent_b_i;
    restart_q <= restart_i;
    acc_q     <= (restart_q && !first_q ? '0 : acc_q) + addend_q;
    started_q <= started_q || (restart_q && !first_q);
    a_equal:    assert (!started_q || sum == acc_q);
    a_one_row:  assert (carry == '0);
  end
endmodule
