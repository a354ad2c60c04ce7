// Codes to planes of chunks that each carry the sign; wires only.
//
//   chunk a of a lane = {sign, magnitude[a*ChunkW +: ChunkW]}               docs/chunk.md (1), (2)
//   plane p           = chunk Chunks - 1 - p of every lane, lane 0 lowest
//
// Plane 0 is the most significant. The magnitude is extended at the top by zeros to whole chunks.
// Combinational. Golden model: sw/chunk/chunk.hpp. Test: verif/chunk/chunk_test.cpp.
module rh_chunk_split #(
  parameter  int Lanes      = 16,
  parameter  int MagnitudeW = 4,
  parameter  int ChunkW     = 2,
  localparam int Chunks     = (MagnitudeW + ChunkW - 1) / ChunkW,
  localparam int CodeW      = 1 + MagnitudeW,
  localparam int FieldW     = 1 + ChunkW
) (
  input  logic [Lanes*CodeW-1:0]         in_i,     // a lane is {sign, magnitude}
  output logic [Chunks*Lanes*FieldW-1:0] planes_o  // plane 0 lowest
);
  if (Lanes < 1 || MagnitudeW < 1 || ChunkW < 1) begin : gen_bad_size
    $error("rh_chunk_split: Lanes, MagnitudeW and ChunkW must be positive");
  end

  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    logic [Chunks*ChunkW-1:0] magnitude;
    assign magnitude = (Chunks*ChunkW)'(in_i[i*CodeW +: MagnitudeW]);
    for (genvar p = 0; p < Chunks; p++) begin : gen_plane
      assign planes_o[(p*Lanes + i)*FieldW +: FieldW] =
          {in_i[i*CodeW + MagnitudeW], magnitude[(Chunks - 1 - p)*ChunkW +: ChunkW]};
    end
  end
endmodule
