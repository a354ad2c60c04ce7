// Shifts a number left until its highest set bit is the top bit, and says how far.
//
//   out_o = in_i * 2^count_o, the highest bit set, for in_i != 0              docs/baseline.md (6)
//
// Zero gives zero (and the largest count). From the longest shift to the shortest: each step looks
// whether the bits it would shift out are all zero.
//
// Combinational. Test: verif/baseline/baseline_test.cpp (through the cells).
module rh_baseline_normalize #(
  parameter  int InW    = 16,
  localparam int CountW = $clog2(InW)
) (
  input  logic [InW-1:0]    in_i,
  output logic [CountW-1:0] count_o,
  output logic [InW-1:0]    out_o
);
  for (genvar l = 0; l < CountW; l++) begin : gen_step
    localparam int Bit   = CountW - 1 - l;
    localparam int Shift = 1 << Bit;
    logic [InW-1:0] earlier, value;
    if (l == 0) begin : gen_first
      assign earlier = in_i;
    end else begin : gen_next
      assign earlier = gen_step[l-1].value;
    end
    assign count_o[Bit] = earlier[InW-1 -: Shift] == '0;
    assign value        = count_o[Bit] ? earlier << Shift : earlier;
  end
  assign out_o = gen_step[CountW-1].value;
endmodule
