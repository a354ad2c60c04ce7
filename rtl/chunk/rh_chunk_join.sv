// Planes of chunks to codes, from as many planes as were read; the inverse of rh_chunk_split.
//
//   magnitude = sum of chunk a * 2^(a * ChunkW) over the planes read             docs/chunk.md (3)
//   sign      = that of plane 0, positive where the magnitude is 0
//
// Planes planes_i and later are taken as zero, so the magnitude is truncated towards zero and keeps
// its weight.
// Combinational. Golden model: sw/chunk/chunk.hpp. Test: verif/chunk/chunk_test.cpp.
module rh_chunk_join #(
  parameter  int Lanes      = 16,
  parameter  int MagnitudeW = 4,
  parameter  int ChunkW     = 2,
  localparam int Chunks     = (MagnitudeW + ChunkW - 1) / ChunkW,
  localparam int CodeW      = 1 + MagnitudeW,
  localparam int FieldW     = 1 + ChunkW,
  localparam int CountW     = $clog2(Chunks + 1)
) (
  input  logic [CountW-1:0]              planes_i,  // how many were read, 1 .. Chunks
  input  logic [Chunks*Lanes*FieldW-1:0] in_i,      // plane 0, the most significant, lowest
  output logic [Lanes*CodeW-1:0]         out_o      // a lane is {sign, magnitude}
);
  if (Lanes < 1 || MagnitudeW < 1 || ChunkW < 1) begin : gen_bad_size
    $error("rh_chunk_join: Lanes, MagnitudeW and ChunkW must be positive");
  end

  logic unused_in;  // signs behind plane 0
  assign unused_in = ^in_i;

  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    logic [Chunks*ChunkW-1:0] chunks;
    logic [MagnitudeW-1:0]    magnitude;
    logic                     unused_chunks;  // bits above the magnitude
    for (genvar p = 0; p < Chunks; p++) begin : gen_plane
      assign chunks[(Chunks - 1 - p)*ChunkW +: ChunkW] =
          p == 0 || planes_i > CountW'(p) ? in_i[(p*Lanes + i)*FieldW +: ChunkW] : '0;
    end
    assign unused_chunks = ^chunks;
    assign magnitude     = chunks[MagnitudeW-1:0];
    assign out_o[i*CodeW +: CodeW] = {in_i[i*FieldW + ChunkW] && magnitude != '0, magnitude};
  end
endmodule
