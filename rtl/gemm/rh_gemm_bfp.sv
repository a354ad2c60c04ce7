// The product of block formats at any precision: chunks in, passes, exact or FP32 sums, FP32 out.
//
//   exact   C[r][c] = fl(2^tile_exponent * sum over the steps of D 2^(e_a + e_b))
//   Fp32    C[r][c] = +0, then fl(C + fl(D_ij 2^(tile_exponent + e_a + e_b + ChunkW (i + j))))
//   D = sum over i, j of D_ij 2^(ChunkW (i + j))                    docs/contract.md (28) - (33)
//
// A step is Lanes values of a group, of every row of A and column of B of a tile. Its codes come in
// chunks of ChunkW bits that each carry the sign, the least significant first: tile_chunks_a_i
// beats of A and tile_chunks_b_i of B, each with the exponent of its group and whether the group is
// NaN. The sequencer runs all pairs (i, j), i outer; precision is nothing but their number. A line
// with a NaN group, or with e = 255 where ExponentW = 8, gives NaN.
//
// Schedule: a pass a cycle while its chunks are there; the last pass of a tile waits until the tile
// before the last one has left. With S = steps * passes and R = Rows * Cols / NormalizeLanes,
// back-to-back tiles are max(S, R, (2 + mac latency + Cols + R) / 2) cycles apart on average.
//                                                                              docs/gemm.md (3)
// An exact sum is rounded once, in a normalizer of its column; an FP32 sum leaves as it is.
// That the sums fit AccW is the sender's care: docs/contract.md (35).
// Golden model: sw/gemm/gemm_bfp.hpp. Test: verif/gemm/gemm_block_test.cpp.
module rh_gemm_bfp #(
  parameter  int Rows           = 16,
  parameter  int Cols           = 16,
  parameter  int Lanes          = 16,
  parameter  int ChunkW         = 2,       // bits of a chunk, 1 .. 8; its sign is extra
  parameter  int MagnitudeW     = 8,       // the most magnitude bits of a code, ChunkW .. 8
  parameter  int ExponentW      = 4,       // bits of a group's exponent
  parameter  bit Fp32           = 1'b0,    // accumulate in FP32
  parameter  int AccW           = 64,      // of exact; 32 with Fp32
  parameter  int NormalizeLanes = Cols,    // results a cycle; divides Cols
  parameter  int StepsW         = 24,      // a tile has 1 .. 2^StepsW - 1 steps
  parameter  bit Compressor     = 1'b0,    // these two: see rh_array
  parameter  bit FastSim        = 1'b0,
  localparam int Width          = 1 + ChunkW,
  localparam int MaxChunks      = (MagnitudeW + ChunkW - 1) / ChunkW,
  localparam int ChunksW        = $clog2(MaxChunks + 1)
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,

  // Tiles in.
  input  logic                          tile_valid_i,
  output logic                          tile_ready_o,
  input  logic [StepsW-1:0]             tile_steps_i,
  input  logic [ChunksW-1:0]            tile_chunks_a_i,   // 1 .. MaxChunks
  input  logic [ChunksW-1:0]            tile_chunks_b_i,
  input  logic signed [9:0]             tile_exponent_i,   // of the lowest bit of a product
  // Operands in: a chunk of each line's group a beat.
  input  logic                          a_valid_i,
  output logic                          a_ready_o,
  input  logic [Rows*Lanes*Width-1:0]   a_i,
  input  logic [Rows*ExponentW-1:0]     a_exponent_i,
  input  logic [Rows-1:0]               a_nan_i,
  input  logic                          b_valid_i,
  output logic                          b_ready_o,
  input  logic [Cols*Lanes*Width-1:0]   b_i,
  input  logic [Cols*ExponentW-1:0]     b_exponent_i,
  input  logic [Cols-1:0]               b_nan_i,
  // Results out, row after row.
  output logic                          result_valid_o,
  input  logic                          result_ready_i,
  output logic [NormalizeLanes*32-1:0]  result_o,
  output logic                          result_last_o      // the last beat of a tile
);
  if (ChunkW < 1 || MagnitudeW > 8 || MagnitudeW < ChunkW) begin : gen_bad_bits
    $error("rh_gemm_bfp: ChunkW must be 1 or more and MagnitudeW ChunkW .. 8");
  end
  if (ExponentW < 1 || ExponentW > 8 || (!Fp32 && ExponentW > 5)) begin : gen_bad_exponent
    $error("rh_gemm_bfp: ExponentW must lie in 1 .. 5, with Fp32 in 1 .. 8");
  end
  if (Cols % NormalizeLanes != 0) begin : gen_bad_normalize
    $error("rh_gemm_bfp: NormalizeLanes must divide Cols");
  end

  localparam int CodesW      = Lanes * Width;
  localparam int MaxE        = (1 << ExponentW) - 1;
  localparam int MaxOffset   = 2 * ChunkW * (MaxChunks - 1);
  localparam int OffsetW     = MaxOffset == 0 ? 1 : $clog2(MaxOffset + 1);
  localparam int ExponentAW  = Fp32 ? 11 : $clog2(MaxE + MaxOffset + 1);
  localparam int ABeatW      = Rows * (CodesW + ExponentW + 1);
  localparam int BBeatW      = Cols * (CodesW + ExponentW + 1);
  localparam int IndexW      = MaxChunks == 1 ? 1 : $clog2(MaxChunks);
  localparam bit AllOnesNan  = ExponentW == 8;

  // Operand buffers. A chunk of A meets all chunks of B before it leaves, a group of B all of A's.
  logic                      a_valid, b_valid;
  logic [Rows*CodesW-1:0]    a;
  logic [Rows*ExponentW-1:0] a_exponent;
  logic [Rows-1:0]           a_nan;
  logic [Cols*CodesW-1:0]    b;
  logic [Cols*ExponentW-1:0] b_exponent;
  logic [Cols-1:0]           b_nan;
  logic                      a_take;
  logic [ChunksW-1:0]        b_take;
  logic [IndexW-1:0]         j_q;

  rh_gemm_fifo #(.W(ABeatW), .Depth(MaxChunks + 1)) u_a (
    .clk_i,
    .rst_ni,
    .in_valid_i (a_valid_i),
    .in_ready_o (a_ready_o),
    .in_i       ({a_nan_i, a_exponent_i, a_i}),
    .out_valid_o(a_valid),
    .out_index_i(1'b0),
    .out_take_i (a_take),
    .out_o      ({a_nan, a_exponent, a})
  );
  rh_gemm_fifo #(.W(BBeatW), .Depth(2 * MaxChunks), .MaxTake(MaxChunks)) u_b (
    .clk_i,
    .rst_ni,
    .in_valid_i (b_valid_i),
    .in_ready_o (b_ready_o),
    .in_i       ({b_nan_i, b_exponent_i, b_i}),
    .out_valid_o(b_valid),
    .out_index_i(j_q),
    .out_take_i (b_take),
    .out_o      ({b_nan, b_exponent, b})
  );

  // Sequencer: the steps that the current tile still has, 0 is idle; and the pass (i, j) it is at.
  logic [StepsW-1:0]  steps_q;
  logic [ChunksW-1:0] chunks_a_q, chunks_b_q;
  logic [IndexW-1:0]  i_q;
  logic signed [9:0]  exponent_q;
  logic               first_q;  // no pass of the tile has run
  logic               pass, last_j, last_pass, last, results_free, tile_taken;

  assign last_j       = ChunksW'(j_q) + 1'b1 == chunks_b_q;
  assign last_pass    = last_j && ChunksW'(i_q) + 1'b1 == chunks_a_q;
  assign last         = last_pass && steps_q == StepsW'(1);
  assign pass         = a_valid && b_valid && steps_q != '0 && (!last || results_free);
  assign a_take       = pass && last_j;
  assign b_take       = pass && last_pass ? chunks_b_q : '0;
  assign tile_ready_o = steps_q == '0 || (last && pass);
  assign tile_taken   = tile_valid_i && tile_ready_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      steps_q <= '0;
      i_q     <= '0;
      j_q     <= '0;
    end else begin
      if (tile_taken)             steps_q <= tile_steps_i;
      else if (pass && last_pass) steps_q <= steps_q - 1'b1;
      if (pass) begin
        j_q <= last_j ? '0 : j_q + 1'b1;
        if (last_j) i_q <= last_pass ? '0 : i_q + 1'b1;
      end
    end
    if (tile_taken) begin
      chunks_a_q <= tile_chunks_a_i;
      chunks_b_q <= tile_chunks_b_i;
      exponent_q <= tile_exponent_i;
    end
    if (tile_taken) first_q <= 1'b1;
    else if (pass)  first_q <= 1'b0;
  end

  // The operands of the array: the place of the pass is A's business.
  logic [Rows*(CodesW+ExponentAW)-1:0] a_operands;
  logic [Cols*(CodesW+ExponentW)-1:0]  b_operands;
  logic [OffsetW-1:0]                  offset;
  logic [ExponentAW-1:0]               place;
  assign offset = OffsetW'(ChunkW) * (OffsetW'(i_q) + OffsetW'(j_q));
  if (Fp32) begin : gen_place_fp32
    assign place = ExponentAW'(exponent_q) + ExponentAW'(offset);
  end else begin : gen_place_exact
    assign place = ExponentAW'(offset);
  end
  for (genvar r = 0; r < Rows; r++) begin : gen_a
    assign a_operands[r*(CodesW+ExponentAW) +: CodesW+ExponentAW] =
        {ExponentAW'(a_exponent[r*ExponentW +: ExponentW]) + place, a[r*CodesW +: CodesW]};
  end
  for (genvar c = 0; c < Cols; c++) begin : gen_b
    assign b_operands[c*(CodesW+ExponentW) +: CodesW+ExponentW] =
        {b_exponent[c*ExponentW +: ExponentW], b[c*CodesW +: CodesW]};
  end

  logic [Cols-1:0]      sum_valid;
  logic [Cols*AccW-1:0] sum;

  rh_array #(
    .Rows         (Rows),
    .Cols         (Cols),
    .Lanes        (Lanes),
    .Width        (Width),
    .AccW         (AccW),
    .SignMagnitude(1'b1),
    .Fp32         (Fp32),
    .ExponentAW   (ExponentAW),
    .ExponentBW   (ExponentW),
    .MaxShift     (2 * MaxE + MaxOffset),
    .Compressor   (Compressor),
    .FastSim      (FastSim)
  ) u_array (
    .clk_i,
    .rst_ni,
    .in_valid_i    (pass),
    .in_last_i     (last),
    .in_a_i        (a_operands),
    .in_b_i        (b_operands),
    .result_valid_o(sum_valid),
    .result_o      (sum)
  );

  // Lines that met a NaN group: gathered a tile, then kept with its exponent while it leaves.
  logic [Rows-1:0] row_nan_d, row_nan_q;
  logic [Cols-1:0] col_nan_d, col_nan_q;
  always_comb begin
    for (int r = 0; r < Rows; r++)
      row_nan_d[r] = a_nan[r] || (AllOnesNan && (&a_exponent[r*ExponentW +: ExponentW])) ||
                     (row_nan_q[r] && !first_q);
    for (int c = 0; c < Cols; c++)
      col_nan_d[c] = b_nan[c] || (AllOnesNan && (&b_exponent[c*ExponentW +: ExponentW])) ||
                     (col_nan_q[c] && !first_q);
  end
  always_ff @(posedge clk_i) begin
    if (pass) begin
      row_nan_q <= row_nan_d;
      col_nan_q <= col_nan_d;
    end
  end

  logic [Rows-1:0]   tile_row_nan;
  logic [Cols-1:0]   tile_col_nan;
  logic signed [9:0] tile_exponent;
  logic              tile_leaves, tile_room, tile_there;
  rh_gemm_fifo #(.W(Rows + Cols + 10), .Depth(2)) u_tiles (
    .clk_i,
    .rst_ni,
    .in_valid_i (pass && last),
    .in_ready_o (tile_room),
    .in_i       ({row_nan_d, col_nan_d, exponent_q}),
    .out_valid_o(tile_there),
    .out_index_i(1'b0),
    .out_take_i (tile_leaves),
    .out_o      ({tile_row_nan, tile_col_nan, tile_exponent})
  );

  localparam int BeatW = Cols / NormalizeLanes < 2 ? 1 : $clog2(Cols / NormalizeLanes);
  localparam int RowW  = Rows < 2 ? 1 : $clog2(Rows);

  logic                           beat_valid, beat_ready, beat_last, unused_row_last;
  logic [NormalizeLanes*AccW-1:0] beat;
  logic [BeatW-1:0]               beat_index;
  logic [RowW-1:0]                beat_row;
  logic [NormalizeLanes-1:0]      beat_nan;

  rh_gemm_results #(.Rows(Rows), .Cols(Cols), .Lanes(NormalizeLanes), .AccW(AccW)) u_results (
    .clk_i,
    .rst_ni,
    .reserve_i     (pass && last),
    .free_o        (results_free),
    .in_valid_i    (sum_valid),
    .in_i          (sum),
    .out_valid_o   (beat_valid),
    .out_ready_i   (beat_ready),
    .out_o         (beat),
    .out_beat_o    (beat_index),
    .out_row_o     (beat_row),
    .out_row_last_o(unused_row_last),
    .out_last_o    (beat_last)
  );
  assign tile_leaves = beat_valid && beat_ready && beat_last;
  assign beat_nan    = tile_col_nan[32'(beat_index)*NormalizeLanes +: NormalizeLanes] |
                       {NormalizeLanes{tile_row_nan[beat_row]}};

  if (Fp32) begin : gen_fp32
    assign result_valid_o = beat_valid;
    assign result_last_o  = beat_last;
    assign beat_ready     = result_ready_i;
    for (genvar l = 0; l < NormalizeLanes; l++) begin : gen_lane
      assign result_o[l*32 +: 32] = beat_nan[l] ? rh_pkg::Fp32Nan : beat[l*32 +: 32];
    end
    logic unused_exponent;
    assign unused_exponent = ^tile_exponent;
  end else begin : gen_exact
    logic [NormalizeLanes-1:0] ready, valid;
    logic                      last_q;
    for (genvar l = 0; l < NormalizeLanes; l++) begin : gen_lane
      rh_normalize #(.AccW(AccW)) u_normalize (
        .clk_i        (clk_i),
        .rst_ni       (rst_ni),
        .in_valid_i   (beat_valid),
        .in_ready_o   (ready[l]),
        .in_i         (beat[l*AccW +: AccW]),
        .in_exponent_i(tile_exponent),
        .in_nan_i     (beat_nan[l]),
        .out_valid_o  (valid[l]),
        .out_ready_i  (result_ready_i),
        .out_o        (result_o[l*32 +: 32])
      );
    end
    // All lanes move together; `last` goes with them.
    assign beat_ready     = ready[0];
    assign result_valid_o = valid[0];
    always_ff @(posedge clk_i) begin
      if (ready[0]) begin
        last_q        <= beat_last;
        result_last_o <= last_q;
      end
    end
    logic unused_lanes;
    assign unused_lanes = ^{ready, valid};
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_tile_has_room  : assert (!(pass && last) || tile_room);
      a_tile_is_known  : assert (!beat_valid || tile_there);
    end
    if (rst_ni && tile_taken) begin
      a_tile_has_a_step   : assert (tile_steps_i != '0);
      a_chunks_a_in_range : assert (32'(tile_chunks_a_i) - 32'd1 < MaxChunks);
      a_chunks_b_in_range : assert (32'(tile_chunks_b_i) - 32'd1 < MaxChunks);
    end
  end
endmodule
