// One cell of the array: dot product, accumulator, and the registers that pass operands on.
//
//   value <= (restart ? 0 : value) + sum over lanes of a * b   mod 2^AccW      docs/mac.md (1)
//   value  = sum_o + carry_o mod 2^AccW; carry_o is 0 without CarrySave
//
// Schedule, counted in clock edges after the cycle in which a_i, b_i, restart_i are seen:
//   1         a_o, b_o repeat them (the neighbours' inputs)
//   Latency   sum_o, carry_o contain the product; with restart they contain nothing older
// Latency = rh_pkg::mac_latency(CarrySave): 1, or 2 with CarrySave, where a register between dot
// and accumulate keeps the cycle as short as an accumulator without carry chains allows.
//
// Bubbles are zero operands without restart. A finished sum is at sum_o, carry_o for the last time
// in the cycle before the restart's own product arrives there. No reset.
//
// Golden model: sw/mac/mac.hpp. Test: verif/mac/mac_test.cpp.
module rh_mac #(
  parameter int Lanes         = 1,
  parameter int Width         = 8,
  parameter int AccW          = 32,
  parameter bit SignMagnitude = 1'b0,
  parameter bit Compressor    = 1'b0,  // structure only: see rh_dot
  parameter bit FastSim       = 1'b0,  // structure only: see rh_dot
  parameter bit CarrySave     = 1'b0   // the accumulator is two rows and never resolves a carry
) (
  input  logic                   clk_i,
  input  logic [Lanes*Width-1:0] a_i,
  input  logic [Lanes*Width-1:0] b_i,
  input  logic                   restart_i,
  output logic [Lanes*Width-1:0] a_o,
  output logic [Lanes*Width-1:0] b_o,
  output logic [AccW-1:0]        sum_o,
  output logic [AccW-1:0]        carry_o
);
  if (SignMagnitude) begin : gen_bad_encoding
    $error("rh_mac: SignMagnitude must be 0, this cell has no exponents to shift a sum by");
  end

  localparam int DotW = rh_pkg::dot_width(Width, Lanes);
  localparam int Rows = Compressor ? 2 : 1;  // as far as dot compresses

  logic [Rows*DotW-1:0] dot, dot_q;
  logic                 restart_q;

  always_ff @(posedge clk_i) begin
    a_o <= a_i;
    b_o <= b_i;
  end

  if (CarrySave) begin : gen_pipelined
    always_ff @(posedge clk_i) begin
      dot_q     <= dot;
      restart_q <= restart_i;
    end
  end else begin : gen_direct
    assign dot_q     = dot;
    assign restart_q = restart_i;
  end

  rh_dot #(
    .Lanes        (Lanes),
    .Width        (Width),
    .SignMagnitude(SignMagnitude),
    .Compressor   (Compressor),
    .FastSim      (FastSim),
    .Rows         (Rows)
  ) u_dot (
    .a_i   (a_i),
    .b_i   (b_i),
    .rows_o(dot)
  );

  rh_accumulate #(
    .InW       (DotW),
    .InRows    (Rows),
    .AccW      (AccW),
    .CarrySave (CarrySave),
    .Compressor(Compressor),
    .FastSim   (FastSim)
  ) u_accumulate (
    .clk_i    (clk_i),
    .restart_i(restart_q),
    .in_i     (dot_q),
    .sum_o    (sum_o),
    .carry_o  (carry_o)
  );
endmodule
