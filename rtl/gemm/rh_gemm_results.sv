// Holds one tile of results: columns come in skewed, beats of Lanes columns go out straight.
//
//   out beat i of row r = C[r][i Lanes .. i Lanes + Lanes - 1]                 docs/gemm.md (2)
//
// Column c brings row r one cycle after column c - 1, and cannot wait. A row may leave as soon as
// its last column is in; a beat a cycle, Cols / Lanes beats a row. The sender reserves the whole
// tile by reserve_i when it commits itself, and may do so again when free_o says so.
// Test: verif/gemm/gemm_test.cpp, by way of rh_gemm.
module rh_gemm_results #(
  parameter  int Rows  = 16,
  parameter  int Cols  = 16,
  parameter  int Lanes = 2,
  parameter  int AccW  = 32,
  localparam int BeatW = Cols == Lanes ? 1 : $clog2(Cols / Lanes)
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
  output logic                  out_row_last_o,  // the last beat of a row
  output logic                  out_last_o       // the last beat of the tile
);
  if (Lanes < 1 || Cols % Lanes != 0) begin : gen_bad
    $error("rh_gemm_results: Lanes must divide Cols");
  end

  localparam int RowW = Rows == 1 ? 1 : $clog2(Rows);
  localparam int CountW = $clog2(Rows + 1);
  localparam logic [RowW-1:0]  LastRow  = RowW'(Rows - 1);
  localparam logic [BeatW-1:0] LastBeat = BeatW'(Cols / Lanes - 1);

  logic [CountW-1:0]    reserved_q;  // rows promised and not yet read
  logic [CountW-1:0]    whole_q;     // rows of which every column is in
  logic [RowW-1:0]      read_q;
  logic [BeatW-1:0]     beat_q;
  logic [Cols*AccW-1:0] row;
  logic                 pop, row_done;

  for (genvar c = 0; c < Cols; c++) begin : gen_col
    logic [AccW-1:0] memory [Rows];
    logic [RowW-1:0] write_q;
    always_ff @(posedge clk_i) begin
      if (in_valid_i[c]) memory[write_q] <= in_i[c*AccW +: AccW];
      if (!rst_ni)            write_q <= '0;
      else if (in_valid_i[c]) write_q <= write_q == LastRow ? '0 : write_q + 1'b1;
    end
    assign row[c*AccW +: AccW] = memory[read_q];
  end

  assign free_o         = reserved_q == '0;
  assign out_valid_o    = whole_q != '0;
  assign out_o          = row[32'(beat_q)*Lanes*AccW +: Lanes*AccW];
  assign out_beat_o     = beat_q;
  assign out_row_last_o = beat_q == LastBeat;
  assign out_last_o     = out_row_last_o && read_q == LastRow;
  assign pop            = out_valid_o && out_ready_i;
  assign row_done       = pop && out_row_last_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      reserved_q <= '0;
      whole_q    <= '0;
      read_q     <= '0;
      beat_q     <= '0;
    end else begin
      reserved_q <= (reserve_i ? CountW'(Rows) : reserved_q) - CountW'(row_done);
      whole_q    <= whole_q + CountW'(in_valid_i[Cols-1]) - CountW'(row_done);
      if (pop)      beat_q <= out_row_last_o ? '0 : beat_q + 1'b1;
      if (row_done) read_q <= read_q == LastRow ? '0 : read_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_reserve_only_when_free : assert (!reserve_i || free_o);
      a_every_row_was_reserved : assert (whole_q <= reserved_q);
    end
  end
endmodule
