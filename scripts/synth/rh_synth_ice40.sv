// An array with few pins, to place and route it: operands come in by a shift register, results go
// out as one parity bit.
module rh_synth_ice40 #(
  parameter  int Rows     = 4,
  parameter  int Cols     = 4,
  parameter  int Lanes    = 1,
  localparam int OperandW = Lanes * 8,
  localparam int InW      = (Rows + Cols) * OperandW + 2
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic in_i,
  output logic out_o
);
  logic [InW-1:0]     in_q;
  logic               rst_nq;
  logic [Cols-1:0]    result_valid;
  logic [Cols*32-1:0] result;

  always_ff @(posedge clk_i) begin
    rst_nq <= rst_ni;
    in_q   <= {in_q[InW-2:0], in_i};
    out_o  <= ^{result_valid, result};
  end

  rh_array #(
    .Rows (Rows),
    .Cols (Cols),
    .Lanes(Lanes)
  ) u_array (
    .clk_i         (clk_i),
    .rst_ni        (rst_nq),
    .in_valid_i    (in_q[0]),
    .in_last_i     (in_q[1]),
    .in_a_i        (in_q[2 +: Rows*OperandW]),
    .in_b_i        (in_q[2 + Rows*OperandW +: Cols*OperandW]),
    .result_valid_o(result_valid),
    .result_o      (result)
  );
endmodule
