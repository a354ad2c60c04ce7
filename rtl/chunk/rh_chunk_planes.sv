// Codes to bit-planes; wires only.
//
//   plane 0 = the sign of every lane, lane 0 lowest                              docs/chunk.md (7)
//   plane p = bit MagnitudeW - p of every lane's magnitude,  p = 1 .. MagnitudeW
//
// Combinational. Golden model: sw/chunk/chunk.hpp. Test: verif/chunk/planes_test.cpp.
module rh_chunk_planes #(
  parameter  int Lanes      = 16,
  parameter  int MagnitudeW = 4,
  localparam int CodeW      = 1 + MagnitudeW
) (
  input  logic [Lanes*CodeW-1:0] in_i,     // a lane is {sign, magnitude}
  output logic [CodeW*Lanes-1:0] planes_o  // plane 0 lowest
);
  if (Lanes < 1 || MagnitudeW < 1) begin : gen_bad_size
    $error("rh_chunk_planes: Lanes and MagnitudeW must be positive");
  end

  for (genvar p = 0; p < CodeW; p++) begin : gen_plane
    for (genvar i = 0; i < Lanes; i++) begin : gen_lane
      assign planes_o[p*Lanes + i] = in_i[i*CodeW + MagnitudeW - p];
    end
  end
endmodule
