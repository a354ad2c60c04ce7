// The operand queue: word i behind the head is the i-th oldest, whatever is taken and when.
// It is full with Depth words and never before. Run by: verif/formal/engines.py.
module rh_formal_fifo #(
  parameter  int Depth   = 2,
  parameter  int MaxTake = 1,
  localparam int IndexW  = MaxTake == 1 ? 1 : $clog2(MaxTake),
  localparam int TakeW   = $clog2(MaxTake + 1),
  localparam int CountW  = $clog2(Depth + 2)
) (
  input logic              clk_i,
  input logic              rst_ni,
  input logic              mark_i,
  input logic              in_valid_i,
  input logic [IndexW-1:0] index_i,
  input logic [TakeW-1:0]  take_i
);
  logic       in_ready, out_valid, out, taken, mark;
  logic       marked_q;
  logic       reset_done_q = 1'b0;
  localparam logic [CountW-1:0] None = {CountW{1'b1}};
  logic [CountW-1:0] inside_q, ahead_q;  // None without a mark inside

  assign taken = in_valid_i && in_ready;
  assign mark  = mark_i && taken && !marked_q;

  rh_gemm_fifo #(.W(1), .Depth(Depth), .MaxTake(MaxTake)) u_fifo (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .in_valid_i (in_valid_i),
    .in_ready_o (in_ready),
    .in_i       (mark),
    .out_valid_o(out_valid),
    .out_index_i(index_i),
    .out_take_i (take_i),
    .out_o      (out)
  );

  always_ff @(posedge clk_i) begin
    reset_done_q <= 1'b1;
    if (!rst_ni) begin
      inside_q <= '0;
      ahead_q  <= None;
      marked_q <= 1'b0;
    end else begin
      inside_q <= inside_q + CountW'(taken) - CountW'(take_i);
      marked_q <= marked_q || mark;
      if (mark) ahead_q <= inside_q - CountW'(take_i);
      else if (ahead_q != None)
        ahead_q <= ahead_q < CountW'(take_i) ? None : ahead_q - CountW'(take_i);
    end
    if (rst_ni) begin
      a_full:  assert (in_ready == (inside_q < Depth));
      a_valid: assert (out_valid == (inside_q > CountW'(index_i)));
      a_turn:  assert (!out_valid || out == (ahead_q == CountW'(index_i)));
    end
  end
  always_comb begin
    m_reset_first: assume (reset_done_q || !rst_ni);
    m_take:        assume (!rst_ni || CountW'(take_i) <= inside_q);
    m_most:        assume (take_i <= MaxTake && index_i < MaxTake);
  end
endmodule
