// Chunks of codes in passes give the dot product of the whole codes: for all codes, signs and zeros
// of either sign.
//
//   sum over i, j of dot(chunk i of a, chunk j of b) 2^(ChunkW (i + j)) = dot(a, b)
//                                                                            docs/contract.md (29)
// Run by: verif/formal/formal_test.py.
module rh_formal_chunk #(
  parameter int Lanes      = 2,
  parameter int MagnitudeW = 4,
  parameter int ChunkW     = 2
) (
  input logic                            clk_i,
  input logic [Lanes*(1+MagnitudeW)-1:0] a_i,
  input logic [Lanes*(1+MagnitudeW)-1:0] b_i
);
  localparam int Chunks = (MagnitudeW + ChunkW - 1) / ChunkW;
  localparam int PlaneW = Lanes * (1 + ChunkW);
  localparam int PartW  = rh_pkg::dot_width_magnitude(ChunkW, ChunkW, Lanes);
  localparam int OutW   = rh_pkg::dot_width_magnitude(MagnitudeW, MagnitudeW, Lanes);

  logic [Chunks*PlaneW-1:0]       planes_a, planes_b;
  logic [Chunks*Chunks*PartW-1:0] parts;
  logic [OutW-1:0]                sum, whole;

  rh_chunk_split #(.Lanes(Lanes), .MagnitudeW(MagnitudeW), .ChunkW(ChunkW)) u_split_a (
    .in_i    (a_i),
    .planes_o(planes_a)
  );
  rh_chunk_split #(.Lanes(Lanes), .MagnitudeW(MagnitudeW), .ChunkW(ChunkW)) u_split_b (
    .in_i    (b_i),
    .planes_o(planes_b)
  );
  // Plane p holds chunk Chunks - 1 - p.
  for (genvar p = 0; p < Chunks * Chunks; p++) begin : gen_pass
    rh_dot #(.Lanes(Lanes), .Width(1 + ChunkW), .SignMagnitude(1'b1), .Compressor(1'b1)) u_dot (
      .a_i   (planes_a[(Chunks - 1 - p / Chunks)*PlaneW +: PlaneW]),
      .b_i   (planes_b[(Chunks - 1 - p % Chunks)*PlaneW +: PlaneW]),
      .rows_o(parts[p*PartW +: PartW])
    );
  end
  always_comb begin
    sum = '0;
    for (int i = 0; i < Chunks; i++) begin
      for (int j = 0; j < Chunks; j++) begin
        sum = sum + (OutW'($signed(parts[(i*Chunks + j)*PartW +: PartW])) << ChunkW * (i + j));
      end
    end
  end
  rh_dot #(.Lanes(Lanes), .Width(1 + MagnitudeW), .SignMagnitude(1'b1)) u_whole (
    .a_i   (a_i),
    .b_i   (b_i),
    .rows_o(whole)
  );

  always_ff @(posedge clk_i) a_equal: assert (sum == whole);
endmodule
