// A cell fed the chunks of codes in passes holds, after each group, what a cell that takes whole
// codes holds.
//
// One lane. Codes and exponents of a group are any; they come anew every Chunks^2 cycles. The wide
// cell gets them in the last pass, and zeros in the others, so it holds the sum of whole groups
// when the passes of the last group have reached the narrow one. `Groups` groups follow the one
// restart. MaxShift is all ones, because no assertion of the RTL may fail before reset.
// Run by: verif/formal/formal_test.py.
module rh_formal_passes #(
  parameter int MagnitudeW = 4,
  parameter int ChunkW     = 2,
  parameter int Groups     = 2
) (
  input logic                clk_i,
  input logic                rst_ni,
  input logic [MagnitudeW:0] a_i,
  input logic [MagnitudeW:0] b_i,
  input logic                exponent_a_i,
  input logic                exponent_b_i
);
  localparam int Chunks = (MagnitudeW + ChunkW - 1) / ChunkW;
  localparam int Passes = Chunks * Chunks;
  localparam int AccW   = 2 * MagnitudeW + 6;
  localparam int PlaneW = 1 + ChunkW;
  localparam int Offset = 2 * ChunkW * (Chunks - 1);

  logic                         reset_done_q = 1'b0;
  logic                         idle_q;  // no group yet
  logic [3:0]                   group_q, pass_q;
  logic [MagnitudeW:0]          a_q, b_q;
  logic [0:0]                   exponent_a_q, exponent_b_q;
  logic                         running, first, last;
  logic [Chunks*PlaneW-1:0]     planes_a, planes_b;
  logic [PlaneW-1:0]            chunk_a, chunk_b;
  logic [3:0]                   offset;
  logic [AccW-1:0]              narrow, wide;
  logic [1:0]                   done_q;  // the last pass of a group is in the cells

  assign running = !idle_q && group_q < Groups;
  assign first   = group_q == '0 && pass_q == '0;
  assign last    = pass_q == Passes - 1;

  always_ff @(posedge clk_i) begin
    reset_done_q <= 1'b1;
    if (!rst_ni) begin
      idle_q  <= 1'b1;
      group_q <= '0;
      pass_q  <= '0;
      done_q  <= '0;
    end else begin
      idle_q <= 1'b0;
      done_q <= {done_q[0], running && last};
      if (running) begin
        pass_q <= last ? '0 : pass_q + 4'd1;
        if (last) group_q <= group_q + 4'd1;
      end
    end
    if (idle_q || last) begin
      a_q          <= a_i;
      b_q          <= b_i;
      exponent_a_q <= exponent_a_i;
      exponent_b_q <= exponent_b_i;
    end
  end

  rh_chunk_split #(.Lanes(1), .MagnitudeW(MagnitudeW), .ChunkW(ChunkW)) u_split_a (
    .in_i    (a_q),
    .planes_o(planes_a)
  );
  rh_chunk_split #(.Lanes(1), .MagnitudeW(MagnitudeW), .ChunkW(ChunkW)) u_split_b (
    .in_i    (b_q),
    .planes_o(planes_b)
  );
  always_comb begin
    chunk_a = '0;
    chunk_b = '0;
    offset  = '0;
    for (int p = 0; p < Passes; p++) begin
      if (pass_q == p) begin
        chunk_a = planes_a[(Chunks - 1 - p / Chunks)*PlaneW +: PlaneW];
        chunk_b = planes_b[(Chunks - 1 - p % Chunks)*PlaneW +: PlaneW];
        offset  = 4'(ChunkW * (p / Chunks + p % Chunks));
      end
    end
  end

  rh_mac #(
    .Width(1 + ChunkW), .AccW(AccW), .SignMagnitude(1'b1), .ExponentAW(4), .ExponentBW(1),
    .MaxShift(3 + Offset), .Compressor(1'b1)
  ) u_narrow (
    .clk_i    (clk_i),
    .a_i      ({4'(exponent_a_q) + offset, chunk_a & {PlaneW{running}}}),
    .b_i      ({exponent_b_q, chunk_b}),
    .restart_i(running && first),
    .a_o      (),
    .b_o      (),
    .sum_o    (narrow),
    .carry_o  ()
  );
  rh_mac #(
    .Width(1 + MagnitudeW), .AccW(AccW), .SignMagnitude(1'b1), .ExponentAW(1), .ExponentBW(1),
    .MaxShift(3)
  ) u_wide (
    .clk_i    (clk_i),
    .a_i      ({exponent_a_q, a_q & {1+MagnitudeW{running && last}}}),
    .b_i      ({exponent_b_q, b_q}),
    .restart_i(running && first),
    .a_o      (),
    .b_o      (),
    .sum_o    (wide),
    .carry_o  ()
  );

  always_ff @(posedge clk_i) begin
    if (rst_ni && done_q[1]) a_equal: assert (narrow == wide);
  end
  always_comb m_reset_once: assume (rst_ni == reset_done_q);
endmodule
