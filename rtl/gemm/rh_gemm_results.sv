// Holds two tiles of results: columns come in skewed, beats of Lanes columns go out straight.
//
//   out beat i of row r = C[r][i Lanes .. i Lanes + Lanes - 1]                 docs/gemm.md (2)
//
// Column c brings row r one cycle after column c - 1, and cannot wait. A row may leave as soon as
// its last column is in; a beat a cycle, Cols / Lanes beats a row. The sender reserves the place of
// a tile by reserve_i when it commits itself, and may do so again when free_o says so: while one
// tile leaves the next one comes, but a column brings a row a cycle, so Rows cycles apart.
// Test: verif/gemm/gemm_test.cpp, gemm_block_test.cpp, by way of rh_gemm and rh_gemm_bfp.
module rh_gemm_results #(
  parameter  int Rows  = 16,
  parameter  int Cols  = 16,
  parameter  int Lanes = 2,
  parameter  int AccW  = 32,
  localparam int BeatW = Cols / Lanes < 2 ? 1 : $clog2(Cols / Lanes),
  localparam int RowW  = Rows < 2 ? 1 : $clog2(Rows)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  reserve_i,
  output logic                  free_o,
  input  logic [Cols-1:0]       in_valid_i,
  input  logic [Cols*AccW-1:0]  in_i,
  output logic                  out_valid_o,
  input  logic                  out_ready_i,
  output logic [Lanes*AccW-1:0] out_o,
  output logic [BeatW-1:0]      out_beat_o,      // which Lanes columns
  output logic [RowW-1:0]       out_row_o,       // of the tile
  output logic                  out_row_last_o,  // the last beat of a row
  output logic                  out_last_o       // the last beat of the tile
);
  if (Lanes < 1 || Cols % Lanes != 0) begin : gen_bad
    $error("rh_gemm_results: Lanes must divide Cols");
  end

  localparam int Slots  = 2 * Rows;
  localparam int SlotW  = $clog2(Slots);
  localparam int CountW = $clog2(Slots + 1);
  localparam logic [SlotW-1:0] LastSlot = SlotW'(Slots - 1);
  localparam logic [RowW-1:0]  LastRow  = RowW'(Rows - 1);
  localparam logic [BeatW-1:0] LastBeat = BeatW'(Cols / Lanes - 1);

  logic [CountW-1:0]    reserved_q;  // rows promised and not yet read
  logic [CountW-1:0]    whole_q;     // rows of which every column is in
  logic [RowW-1:0]      coming_q;    // cycles in which no other tile may begin to come
  logic [SlotW-1:0]     read_q;
  logic [RowW-1:0]      row_q;
  logic [BeatW-1:0]     beat_q;
  logic [Cols*AccW-1:0] row;
  logic                 pop, row_done;

  for (genvar c = 0; c < Cols; c++) begin : gen_col
    logic [AccW-1:0]  memory [Slots];
    logic [SlotW-1:0] write_q;
    always_ff @(posedge clk_i) begin
      if (in_valid_i[c]) memory[write_q] <= in_i[c*AccW +: AccW];
      if (!rst_ni)            write_q <= '0;
      else if (in_valid_i[c]) write_q <= write_q == LastSlot ? '0 : write_q + 1'b1;
    end
    assign row[c*AccW +: AccW] = memory[read_q];
  end

  assign free_o         = reserved_q <= CountW'(Rows) && coming_q == '0;
  assign out_valid_o    = whole_q != '0;
  assign out_o          = row[32'(beat_q)*Lanes*AccW +: Lanes*AccW];
  assign out_beat_o     = beat_q;
  assign out_row_o      = row_q;
  assign out_row_last_o = beat_q == LastBeat;
  assign out_last_o     = out_row_last_o && row_q == LastRow;
  assign pop            = out_valid_o && out_ready_i;
  assign row_done       = pop && out_row_last_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      reserved_q <= '0;
      whole_q    <= '0;
      coming_q   <= '0;
      read_q     <= '0;
      row_q      <= '0;
      beat_q     <= '0;
    end else begin
      reserved_q <= reserved_q + (reserve_i ? CountW'(Rows) : '0) - CountW'(row_done);
      whole_q    <= whole_q + CountW'(in_valid_i[Cols-1]) - CountW'(row_done);
      if (reserve_i)           coming_q <= LastRow;
      else if (coming_q != '0) coming_q <= coming_q - 1'b1;
      if (pop) beat_q <= out_row_last_o ? '0 : beat_q + 1'b1;
      if (row_done) begin
        read_q <= read_q == LastSlot ? '0 : read_q + 1'b1;
        row_q  <= row_q == LastRow ? '0 : row_q + 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_reserve_only_when_free : assert (!reserve_i || free_o);
      a_every_row_was_reserved : assert (whole_q <= reserved_q);
    end
  end
endmodule
