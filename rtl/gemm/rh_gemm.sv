// The whole path: FP32 lines to int8 codes, tiles of codes through the array, results by scales.
//
//   convert    code = the int8 code of x on its line                      docs/convert.md (1) - (5)
//   multiply   acc[r][c] = sum over the steps of a tile of dot(a[r], b[c])      docs/gemm.md (1)
//   results    out = acc | fl(fl(fl(acc) * row_scale) * col_scale) | its int8 code
//
// The two halves share nothing but the clock. Converting: one absmax a line, then the line's
// elements; codes and the line's scale come out. Multiplying: one tile command (how many steps),
// a beat of A codes and a beat of B codes a step; a row scale for each row and one set of column
// scales for each tile, which OutputInt32 takes and ignores; RequantizeLanes results a beat, row by
// row. Padding is the host's: zero codes add nothing.
//
// Schedule of the sequencer: a step a cycle while both operands are there; the last step of a tile
// waits until the tile before the last one has left. With R = Rows * Cols / RequantizeLanes,
// back-to-back tiles of S steps are max(S, R, (3 + Cols + R) / 2) cycles apart on average.
//                                                                              docs/gemm.md (3)
// Golden model: sw/gemm/gemm.hpp. Test: verif/gemm/gemm_test.cpp.
module rh_gemm #(
  parameter  int Rows            = 16,
  parameter  int Cols            = 16,
  parameter  int Lanes           = 1,
  parameter  int ConvertLanes    = 8,
  parameter  int RequantizeLanes = 4,     // divides Cols
  parameter  int OperandDepth    = 2,     // beats buffered in front of the array, each side
  parameter  int StepsW          = 18,    // a tile has 1 .. 2^StepsW - 1 steps
  parameter  bit CarrySave       = 1'b0,
  parameter  bit Compressor      = 1'b0,  // these three: see rh_array
  parameter  bit FastSim         = 1'b0,
  localparam int Width           = 8,
  localparam int AccW            = 32
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,

  // Convert: lines in.
  input  logic                          absmax_valid_i,
  output logic                          absmax_ready_o,
  input  logic [31:0]                   absmax_i,
  input  logic                          line_valid_i,
  output logic                          line_ready_o,
  input  logic [ConvertLanes*32-1:0]    line_i,
  input  logic                          line_last_i,
  // Convert: codes out.
  output logic                          code_valid_o,
  input  logic                          code_ready_i,
  output logic [ConvertLanes*Width-1:0] code_o,
  output logic [31:0]                   code_scale_o,
  output logic [ConvertLanes-1:0]       code_clamped_o,
  output logic                          code_last_o,

  // Multiply: tiles in.
  input  logic                          tile_valid_i,
  output logic                          tile_ready_o,
  input  logic [StepsW-1:0]             tile_steps_i,
  input  logic                          a_valid_i,
  output logic                          a_ready_o,
  input  logic [Rows*Lanes*Width-1:0]   a_i,
  input  logic                          b_valid_i,
  output logic                          b_ready_o,
  input  logic [Cols*Lanes*Width-1:0]   b_i,
  // Multiply: scales in, results out.
  input  logic                          row_scale_valid_i,
  output logic                          row_scale_ready_o,
  input  logic [31:0]                   row_scale_i,
  input  logic                          col_scales_valid_i,
  output logic                          col_scales_ready_o,
  input  logic [Cols*32-1:0]            col_scales_i,
  input  rh_pkg::output_e               col_scales_output_i,  // what this tile's results become
  output logic                          result_valid_o,
  input  logic                          result_ready_i,
  output logic [RequantizeLanes*32-1:0] result_o,
  output logic                          result_last_o         // the last beat of a tile
);
  if (Cols % RequantizeLanes != 0) begin : gen_bad_requantize
    $error("rh_gemm: RequantizeLanes must divide Cols");
  end

  rh_convert_int8 #(.Lanes(ConvertLanes)) u_convert (
    .clk_i,
    .rst_ni,
    .absmax_valid_i,
    .absmax_ready_o,
    .absmax_i,
    .in_valid_i   (line_valid_i),
    .in_ready_o   (line_ready_o),
    .in_i         (line_i),
    .in_last_i    (line_last_i),
    .out_valid_o  (code_valid_o),
    .out_ready_i  (code_ready_i),
    .out_o        (code_o),
    .out_scale_o  (code_scale_o),
    .out_clamped_o(code_clamped_o),
    .out_last_o   (code_last_o)
  );

  // Operand buffers.
  logic                        a_valid, b_valid;
  logic [Rows*Lanes*Width-1:0] a;
  logic [Cols*Lanes*Width-1:0] b;
  logic                        step;

  rh_gemm_fifo #(.W(Rows * Lanes * Width), .Depth(OperandDepth)) u_a (
    .clk_i,
    .rst_ni,
    .in_valid_i (a_valid_i),
    .in_ready_o (a_ready_o),
    .in_i       (a_i),
    .out_valid_o(a_valid),
    .out_index_i(1'b0),
    .out_take_i (step),
    .out_o      (a)
  );
  rh_gemm_fifo #(.W(Cols * Lanes * Width), .Depth(OperandDepth)) u_b (
    .clk_i,
    .rst_ni,
    .in_valid_i (b_valid_i),
    .in_ready_o (b_ready_o),
    .in_i       (b_i),
    .out_valid_o(b_valid),
    .out_index_i(1'b0),
    .out_take_i (step),
    .out_o      (b)
  );

  // Sequencer: the steps that the current tile still has; 0 is idle.
  logic [StepsW-1:0] steps_q;
  logic              last, results_free;

  assign last         = steps_q == StepsW'(1);
  assign step         = a_valid && b_valid && steps_q != '0 && (!last || results_free);
  assign tile_ready_o = steps_q == '0 || (last && step);

  always_ff @(posedge clk_i) begin
    if (!rst_ni)                           steps_q <= '0;
    else if (tile_valid_i && tile_ready_o) steps_q <= tile_steps_i;
    else if (step)                         steps_q <= steps_q - 1'b1;
  end

  logic [Cols-1:0]      sum_valid;
  logic [Cols*AccW-1:0] sum;

  rh_array #(
    .Rows      (Rows),
    .Cols      (Cols),
    .Lanes     (Lanes),
    .Width     (Width),
    .AccW      (AccW),
    .CarrySave (CarrySave),
    .Compressor(Compressor),
    .FastSim   (FastSim)
  ) u_array (
    .clk_i,
    .rst_ni,
    .in_valid_i    (step),
    .in_last_i     (last),
    .in_a_i        (a),
    .in_b_i        (b),
    .result_valid_o(sum_valid),
    .result_o      (sum)
  );

  // A beat of results leaves when its sums, its row scale and its column scales are there.
  localparam int BeatW = Cols / RequantizeLanes < 2 ? 1 : $clog2(Cols / RequantizeLanes);
  localparam int RowW  = Rows < 2 ? 1 : $clog2(Rows);

  logic                            beat_valid, beat_ready, beat_row_last, beat_last;
  logic [RequantizeLanes*AccW-1:0] beat;
  logic [BeatW-1:0]                beat_index;
  logic                            requantize_valid, requantize_ready;
  logic [RequantizeLanes*32-1:0]   beat_col_scales;
  logic [RowW-1:0]                 unused_row;

  rh_gemm_results #(.Rows(Rows), .Cols(Cols), .Lanes(RequantizeLanes), .AccW(AccW)) u_results (
    .clk_i,
    .rst_ni,
    .reserve_i     (step && last),
    .free_o        (results_free),
    .in_valid_i    (sum_valid),
    .in_i          (sum),
    .out_valid_o   (beat_valid),
    .out_ready_i   (beat_ready),
    .out_o         (beat),
    .out_beat_o    (beat_index),
    .out_row_o     (unused_row),
    .out_row_last_o(beat_row_last),
    .out_last_o    (beat_last)
  );

  assign requantize_valid   = beat_valid && row_scale_valid_i && col_scales_valid_i;
  assign beat_ready         = requantize_ready && row_scale_valid_i && col_scales_valid_i;
  assign row_scale_ready_o  = requantize_ready && requantize_valid && beat_row_last;
  assign col_scales_ready_o = requantize_ready && requantize_valid && beat_last;
  assign beat_col_scales    =
      col_scales_i[32'(beat_index)*RequantizeLanes*32 +: RequantizeLanes*32];

  rh_requantize #(.Lanes(RequantizeLanes)) u_requantize (
    .clk_i,
    .rst_ni,
    .in_valid_i     (requantize_valid),
    .in_ready_o     (requantize_ready),
    .in_i           (beat),
    .in_row_scale_i (row_scale_i),
    .in_col_scales_i(beat_col_scales),
    .in_output_i    (col_scales_output_i),
    .in_last_i      (beat_last),
    .out_valid_o    (result_valid_o),
    .out_ready_i    (result_ready_i),
    .out_o          (result_o),
    .out_last_o     (result_last_o)
  );

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_tile_has_a_step : assert (!(tile_valid_i && tile_ready_o) || tile_steps_i != '0);
    end
  end
endmodule
