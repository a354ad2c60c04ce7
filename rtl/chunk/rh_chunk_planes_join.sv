// Bit-planes to codes, from as many planes as were read; the inverse of rh_chunk_planes.
//
//   magnitude = sum of plane p * 2^(MagnitudeW - p) over the planes read         docs/chunk.md (7)
//   sign      = plane 0, positive where the magnitude is 0
//
// Planes planes_i and later are taken as zero, so the magnitude is truncated towards zero and keeps
// its weight.
// Combinational. Golden model: sw/chunk/chunk.hpp. Test: verif/chunk/planes_test.cpp.
module rh_chunk_planes_join #(
  parameter  int Lanes      = 16,
  parameter  int MagnitudeW = 4,
  localparam int CodeW      = 1 + MagnitudeW,
  localparam int CountW     = $clog2(CodeW + 1)
) (
  input  logic [CountW-1:0]      planes_i,  // how many were read, 2 .. CodeW
  input  logic [CodeW*Lanes-1:0] in_i,      // plane 0, the signs, lowest
  output logic [Lanes*CodeW-1:0] out_o      // a lane is {sign, magnitude}
);
  if (Lanes < 1 || MagnitudeW < 1) begin : gen_bad_size
    $error("rh_chunk_planes_join: Lanes and MagnitudeW must be positive");
  end

  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    logic [MagnitudeW-1:0] magnitude;
    for (genvar p = 1; p < CodeW; p++) begin : gen_plane
      assign magnitude[MagnitudeW - p] = (p == 1 || planes_i > CountW'(p)) && in_i[p*Lanes + i];
    end
    assign out_o[i*CodeW +: CodeW] = {in_i[i] && magnitude != '0, magnitude};
  end
endmodule
