// Bit-planes to one chunk of every lane with its sign, as the array reads it.
//
//   bit b of chunk a = plane MagnitudeW - a*ChunkW - b, where there is one      docs/chunk.md (10)
//
// A plane that was not read, and a bit above the magnitude, is zero. The sign is that of plane 0,
// in a chunk that is 0 as well. Beside the choice of a and of the planes read it is wires.
// Combinational. Golden model: sw/chunk/chunk.hpp. Test: verif/chunk/planes_test.cpp.
module rh_chunk_planes_chunk #(
  parameter  int Lanes      = 16,
  parameter  int MagnitudeW = 4,
  parameter  int ChunkW     = 2,
  localparam int Chunks     = (MagnitudeW + ChunkW - 1) / ChunkW,
  localparam int CodeW      = 1 + MagnitudeW,
  localparam int FieldW     = 1 + ChunkW,
  localparam int CountW     = $clog2(CodeW + 1),
  localparam int ChunkNoW   = Chunks > 1 ? $clog2(Chunks) : 1
) (
  input  logic [CountW-1:0]       planes_i,  // how many were read, 2 .. CodeW
  input  logic [ChunkNoW-1:0]     chunk_i,   // a, 0 the least significant
  input  logic [CodeW*Lanes-1:0]  in_i,      // plane 0, the signs, lowest
  output logic [Lanes*FieldW-1:0] out_o      // a lane is {sign, chunk}
);
  if (Lanes < 1 || MagnitudeW < 1 || ChunkW < 1) begin : gen_bad_size
    $error("rh_chunk_planes_chunk: Lanes, MagnitudeW and ChunkW must be positive");
  end

  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    logic [Chunks*ChunkW-1:0] magnitude;
    logic [ChunkW-1:0]        chunk;
    for (genvar k = 0; k < Chunks*ChunkW; k++) begin : gen_bit
      localparam int P = MagnitudeW - k;  // its plane
      if (P < 1) begin : gen_above
        assign magnitude[k] = 1'b0;
      end else begin : gen_plane
        assign magnitude[k] = (P == 1 || planes_i > CountW'(P)) && in_i[P*Lanes + i];
      end
    end

    always_comb begin
      chunk = '0;
      for (int a = 0; a < Chunks; a++) begin
        if (chunk_i == ChunkNoW'(a)) chunk = magnitude[a*ChunkW +: ChunkW];
      end
    end
    assign out_o[i*FieldW +: FieldW] = {in_i[i], chunk};
  end
endmodule
