// The store of results: every sum of a tile leaves once, in its place, row after row.
//
// One sum of one tile is marked, any (row, column); columns come skewed, as the array sends them,
// Latency cycles after the place was reserved. Beats leave in order, and the marked sum in its beat
// and lane alone. Run by: verif/formal/engines.py.
module rh_formal_results #(
  parameter  int Rows    = 2,
  parameter  int Cols    = 2,
  parameter  int Lanes   = 1,
  parameter  int Latency = 3,
  localparam int Beats   = Cols / Lanes,
  localparam int BeatW   = Cols / Lanes < 2 ? 1 : $clog2(Cols / Lanes),
  localparam int RowW    = Rows < 2 ? 1 : $clog2(Rows),
  localparam int ColW    = Cols < 2 ? 1 : $clog2(Cols),
  localparam int Depth   = Latency + Rows + Cols,
  localparam int CountW  = $clog2(2*Rows*Beats + 2)
) (
  input logic       clk_i,
  input logic       rst_ni,
  input logic       mark_i,
  input logic [RowW-1:0] row_i,
  input logic [ColW-1:0] col_i,
  input logic       reserve_i,
  input logic       out_ready_i
);
  logic             free, out_valid, out_row_last, out_last, reserve, taken, mark;
  logic [Cols-1:0]  in_valid, in;
  logic [Lanes-1:0] out;
  logic [BeatW-1:0] out_beat;
  logic [RowW-1:0]  out_row;
  logic [RowW-1:0]  row_q;
  logic [ColW-1:0]  col_q;
  logic             marked_q;
  logic             reset_done_q = 1'b0;
  logic [Depth-1:0] come_q, mark_q;   // reserved, marked d + 1 cycles ago at d
  localparam logic [CountW-1:0] None = {CountW{1'b1}};
  logic [CountW-1:0] inside_q, ahead_q, beat_q;

  assign reserve = reserve_i && free && rst_ni;
  assign taken   = out_valid && out_ready_i;
  assign mark    = mark_i && reserve && !marked_q;

  always_comb begin
    in_valid = '0;
    in       = '0;
    for (int c = 0; c < Cols; c++) begin
      for (int r = 0; r < Rows; r++) begin
        if (come_q[Latency + r + c - 1]) begin
          in_valid[c] = 1'b1;
          in[c]       = mark_q[Latency + r + c - 1] && row_q == RowW'(r) && col_q == ColW'(c);
        end
      end
    end
  end

  rh_gemm_results #(.Rows(Rows), .Cols(Cols), .Lanes(Lanes), .AccW(1)) u_results (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .reserve_i     (reserve),
    .free_o        (free),
    .in_valid_i    (in_valid),
    .in_i          (in),
    .out_valid_o   (out_valid),
    .out_ready_i   (out_ready_i),
    .out_o         (out),
    .out_beat_o    (out_beat),
    .out_row_o     (out_row),
    .out_row_last_o(out_row_last),
    .out_last_o    (out_last)
  );

  logic [Lanes-1:0] want;
  always_comb begin
    want = '0;
    for (int l = 0; l < Lanes; l++) want[l] = ahead_q == '0 && 32'(col_q) % Lanes == l;
  end
  always_ff @(posedge clk_i) begin
    reset_done_q <= 1'b1;
    if (mark) begin
      row_q <= row_i;
      col_q <= col_i;
    end
    if (!rst_ni) begin
      come_q   <= '0;
      mark_q   <= '0;
      marked_q <= 1'b0;
      inside_q <= '0;
      ahead_q  <= None;
      beat_q   <= '0;
    end else begin
      come_q   <= {come_q, reserve};
      mark_q   <= {mark_q, mark};
      marked_q <= marked_q || mark;
      inside_q <= inside_q + (reserve ? CountW'(Rows * Beats) : '0) - CountW'(taken);
      if (mark) ahead_q <= inside_q - CountW'(taken) + CountW'(32'(row_i) * Beats) +
                           CountW'(32'(col_i) / Lanes);
      else if (ahead_q != None) ahead_q <= ahead_q - CountW'(taken);
      if (taken) beat_q <= beat_q == CountW'(Rows * Beats - 1) ? '0 : beat_q + 1'b1;
    end
    if (rst_ni) begin
      a_inside:  assert (inside_q <= 2 * Rows * Beats);
      a_nothing_from_nothing: assert (!out_valid || inside_q != '0);
      a_in_turn: assert (!out_valid || out == want);
      a_place:   assert (CountW'(out_row) * CountW'(Beats) + CountW'(out_beat) == beat_q);
      a_last:    assert (out_row_last == (32'(beat_q) % Beats == Beats - 1) &&
                         out_last == (beat_q == CountW'(Rows * Beats - 1)));
    end
  end
  always_comb begin
    m_reset_first: assume (reset_done_q || !rst_ni);
    m_place:       assume (row_i < Rows && col_i < Cols);
  end
endmodule
