// A queue of Depth words between two valid/ready streams; one word a cycle in and out.
//
// The reader sees the word at out_index_i behind the head, and takes out_take_i words from the head
// on, at once: with MaxTake above 1 a group of words can be read several times before it leaves.
// in_ready_o comes from registers alone, out_valid_o from registers and the index. Latency: 1.
// Test: verif/gemm/gemm_test.cpp, gemm_block_test.cpp, by way of rh_gemm and rh_gemm_bfp.
module rh_gemm_fifo #(
  parameter  int W       = 128,
  parameter  int Depth   = 2,
  parameter  int MaxTake = 1,
  localparam int IndexW  = MaxTake == 1 ? 1 : $clog2(MaxTake),
  localparam int TakeW   = $clog2(MaxTake + 1)
) (
  input  logic              clk_i,
  input  logic              rst_ni,
  input  logic              in_valid_i,
  output logic              in_ready_o,
  input  logic [W-1:0]      in_i,
  output logic              out_valid_o,
  input  logic [IndexW-1:0] out_index_i,  // below MaxTake
  input  logic [TakeW-1:0]  out_take_i,   // not more than there are; 0: none
  output logic [W-1:0]      out_o
);
  if (W < 1 || MaxTake < 1 || Depth < MaxTake + 1) begin : gen_bad
    $error("rh_gemm_fifo: W and MaxTake must be positive and Depth at least MaxTake + 1");
  end

  localparam int PointerW = $clog2(Depth);
  localparam int CountW   = $clog2(Depth + 1);
  localparam int SumW     = $clog2(2 * Depth);
  localparam logic [PointerW-1:0] LastSlot = PointerW'(Depth - 1);

  logic [W-1:0]        memory [Depth];
  logic [PointerW-1:0] write_q, read_q, read_d, at;
  logic [CountW-1:0]   count_q;
  logic                push;

  // (read_q + distance) mod Depth, distance at most MaxTake
  function automatic logic [PointerW-1:0] behind(logic [PointerW-1:0] from,
                                                 logic [SumW-1:0] distance);
    logic [SumW-1:0] sum;
    sum    = SumW'(from) + distance;
    behind = PointerW'(sum >= SumW'(Depth) ? sum - SumW'(Depth) : sum);
  endfunction

  assign in_ready_o  = count_q != CountW'(Depth);
  assign out_valid_o = count_q > CountW'(out_index_i);
  assign at          = MaxTake == 1 ? read_q : behind(read_q, SumW'(out_index_i));
  assign read_d      = behind(read_q, SumW'(out_take_i));
  assign out_o       = memory[at];
  assign push        = in_valid_i && in_ready_o;

  always_ff @(posedge clk_i) begin
    if (push) memory[write_q] <= in_i;
    if (!rst_ni) begin
      write_q <= '0;
      read_q  <= '0;
      count_q <= '0;
    end else begin
      if (push) write_q <= write_q == LastSlot ? '0 : write_q + 1'b1;
      read_q  <= read_d;
      count_q <= count_q + CountW'(push) - CountW'(out_take_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_count_in_range      : assert (32'(count_q) <= Depth);
      a_takes_what_is_there : assert (32'(out_take_i) <= 32'(count_q));
    end
  end
endmodule
