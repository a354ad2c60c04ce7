// Delays element i of a flat vector by i cycles: the triangle in front of a systolic array.
//
//   out_o[i](t) = in_i[i](t - i)                                               docs/array.md (2)
//
// No reset: what leaves in the first N - 1 cycles belongs to the cycles before.
// Test: verif/array/array_test.cpp.
module rh_array_skew #(
  parameter int N = 16,
  parameter int W = 8
) (
  input  logic           clk_i,
  input  logic [N*W-1:0] in_i,
  output logic [N*W-1:0] out_o
);
  if (N < 1 || W < 1) begin : gen_bad
    $error("rh_array_skew: N and W must be positive");
  end

  if (N == 1) begin : gen_no_register
    logic unused_clk;
    assign unused_clk = clk_i;
  end

  for (genvar i = 0; i < N; i++) begin : gen_element
    for (genvar d = 0; d <= i; d++) begin : gen_delay
      logic [W-1:0] q;
      if (d == 0) begin : gen_in
        assign q = in_i[i*W +: W];
      end else begin : gen_register
        always_ff @(posedge clk_i) q <= gen_element[i].gen_delay[d-1].q;
      end
    end
    assign out_o[i*W +: W] = gen_delay[i].q;
  end
endmodule
