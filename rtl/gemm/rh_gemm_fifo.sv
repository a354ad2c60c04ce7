// A queue of Depth words between two valid/ready streams; one word a cycle in and out.
//
// in_ready_o and out_valid_o come from registers alone. Latency: 1 cycle.
// Test: verif/gemm/gemm_test.cpp, by way of rh_gemm.
module rh_gemm_fifo #(
  parameter int W     = 128,
  parameter int Depth = 2
) (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         in_valid_i,
  output logic         in_ready_o,
  input  logic [W-1:0] in_i,
  output logic         out_valid_o,
  input  logic         out_ready_i,
  output logic [W-1:0] out_o
);
  if (W < 1 || Depth < 2) begin : gen_bad
    $error("rh_gemm_fifo: W must be positive and Depth at least 2");
  end

  localparam int PointerW = $clog2(Depth);
  localparam int CountW   = $clog2(Depth + 1);
  localparam logic [PointerW-1:0] LastSlot = PointerW'(Depth - 1);

  logic [W-1:0]        memory [Depth];
  logic [PointerW-1:0] write_q, read_q;
  logic [CountW-1:0]   count_q;
  logic                push, pop;

  assign in_ready_o  = count_q != CountW'(Depth);
  assign out_valid_o = count_q != '0;
  assign out_o       = memory[read_q];
  assign push        = in_valid_i && in_ready_o;
  assign pop         = out_valid_o && out_ready_i;

  always_ff @(posedge clk_i) begin
    if (push) memory[write_q] <= in_i;
    if (!rst_ni) begin
      write_q <= '0;
      read_q  <= '0;
      count_q <= '0;
    end else begin
      if (push) write_q <= write_q == LastSlot ? '0 : write_q + 1'b1;
      if (pop)  read_q  <= read_q == LastSlot ? '0 : read_q + 1'b1;
      count_q <= count_q + CountW'(push) - CountW'(pop);
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_count_in_range : assert (count_q <= CountW'(Depth));
    end
  end
endmodule
