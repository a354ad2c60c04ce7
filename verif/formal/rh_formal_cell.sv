// A cell of int8 equals its specification, from its first restart on, whatever its registers held.
//
//   acc = sum over k of qa[k] * qb[k] since the restart, mod 2^AccW        docs/contract.md (11)
//   sum_o + carry_o = acc mod 2^AccW, Latency cycles after the operands         docs/mac.md (1)
//
// Run by: verif/formal/engines.py.
module rh_formal_cell #(
  parameter int Lanes      = 1,
  parameter int Width      = 8,
  parameter int AccW       = 32,
  parameter bit Compressor = 1'b0,
  parameter bit CarrySave  = 1'b0,
  parameter bit FastSim    = 1'b0
) (
  input logic                   clk_i,
  input logic [Lanes*Width-1:0] a_i,
  input logic [Lanes*Width-1:0] b_i,
  input logic                   restart_i
);
  logic [Lanes*Width-1:0] a_out, b_out;
  logic [AccW-1:0]        sum, carry;

  rh_mac #(
    .Lanes     (Lanes),
    .Width     (Width),
    .AccW      (AccW),
    .Compressor(Compressor),
    .CarrySave (CarrySave),
    .FastSim   (FastSim)
  ) u_mac (
    .clk_i    (clk_i),
    .a_i      (a_i),
    .b_i      (b_i),
    .restart_i(restart_i),
    .a_o      (a_out),
    .b_o      (b_out),
    .sum_o    (sum),
    .carry_o  (carry)
  );

  logic signed [AccW-1:0] products, late_q, addend, acc_q;
  logic                   restart_q, restart;
  logic                   first_q   = 1'b1;  // no cycle before this one
  logic                   started_q = 1'b0;  // a restart has reached acc_q
  logic [Lanes*Width-1:0] a_q, b_q;

  always_comb begin
    products = '0;
    for (int i = 0; i < Lanes; i++) begin
      products = products + AccW'($signed(a_i[i*Width +: Width])) *
                            AccW'($signed(b_i[i*Width +: Width]));
    end
  end
  assign addend  = CarrySave ? late_q : products;
  assign restart = CarrySave ? restart_q && !first_q : restart_i;

  always_ff @(posedge clk_i) begin
    first_q   <= 1'b0;
    late_q    <= products;
    restart_q <= restart_i;
    acc_q     <= (restart ? '0 : acc_q) + addend;
    started_q <= started_q || restart;
    a_q       <= a_i;
    b_q       <= b_i;
    a_equal:   assert (!started_q || AccW'(sum + carry) == acc_q);
    a_passed:  assert (first_q || (a_out == a_q && b_out == b_q));
  end
endmodule
