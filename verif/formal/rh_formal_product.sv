// A product keeps its operands in step: result n comes of beat n of A, of B, tile n and scale n.
//
// One cell; tiles of Steps steps. One item of one of the streams that go in is marked, by its
// value; the others of it are worth nothing, all other streams carry ones. So result n shows the
// mark if and only if item n was marked. Kind 0 marks A, 1 B, 2 the tile (Block) or the row scale.
// Every stream has its own gaps. Run by: verif/formal/engines.py.
module rh_formal_product #(
  parameter bit Block = 1'b0,  // rh_gemm_bfp, else rh_gemm
  parameter int Kind  = 0,
  parameter int Steps = 1,
  parameter int At    = 0,     // which step of a tile carries the mark, of Kind 0 and 1
  parameter int Most  = 12,
  parameter int Wait  = 0
) (
  input logic clk_i,
  input logic rst_ni,
  input logic mark_i,
  input logic a_valid_i,
  input logic b_valid_i,
  input logic tile_valid_i,
  input logic row_scale_valid_i,
  input logic col_scales_valid_i,
  input logic out_ready_i
);
  localparam logic [31:0] One = 32'h3F800000;

  logic        a_ready, b_ready, tile_ready, row_scale_ready, col_scales_ready;
  logic        out_valid, out_last, colour, in_taken, held;
  logic [31:0] out;
  logic [1:0]  a_step_q, b_step_q;
  logic        reset_done_q = 1'b0;

  always_ff @(posedge clk_i) begin
    reset_done_q <= 1'b1;
    if (!rst_ni) begin
      a_step_q <= '0;
      b_step_q <= '0;
    end else begin
      if (a_valid_i && a_ready) a_step_q <= a_step_q == 2'(Steps - 1) ? '0 : a_step_q + 1'b1;
      if (b_valid_i && b_ready) b_step_q <= b_step_q == 2'(Steps - 1) ? '0 : b_step_q + 1'b1;
    end
  end
  always_comb m_reset_first: assume (reset_done_q || !rst_ni);

  assign held     = !(a_valid_i && b_valid_i && tile_valid_i && row_scale_valid_i &&
                      col_scales_valid_i && out_ready_i);
  assign in_taken = rst_ni && (Kind == 0 ? a_valid_i && a_ready && a_step_q == 2'(At) :
                               Kind == 1 ? b_valid_i && b_ready && b_step_q == 2'(At) :
                               Block     ? tile_valid_i && tile_ready :
                                           row_scale_valid_i && row_scale_ready);

  rh_formal_mark #(.Most(Most), .Wait(Wait)) u_mark (
    .clk_i       (clk_i),
    .rst_ni      (rst_ni),
    .mark_i      (mark_i),
    .in_taken_i  (in_taken),
    .in_side_i   (1'b1),
    .colour_o    (colour),
    .held_i      (held),
    .out_valid_i (out_valid),
    .out_ready_i (out_ready_i),
    .out_colour_i(Kind == 2 && Block ? out == 32'h40000000 : out != '0),
    .out_side_i  (out_last)
  );

  if (Block) begin : gen_block
    rh_gemm_bfp #(
      .Rows(1), .Cols(1), .Lanes(1), .ChunkW(1), .MagnitudeW(1), .ExponentW(1), .AccW(12),
      .StepsW(2)
    ) u_gemm (
      .clk_i          (clk_i),
      .rst_ni         (rst_ni),
      .tile_valid_i   (tile_valid_i),
      .tile_ready_o   (tile_ready),
      .tile_steps_i   (2'(Steps)),
      .tile_chunks_a_i(1'b1),
      .tile_chunks_b_i(1'b1),
      .tile_exponent_i(10'(Kind == 2 && colour)),
      .a_valid_i      (a_valid_i),
      .a_ready_o      (a_ready),
      .a_i            ({1'b0, Kind != 0 || colour}),
      .a_exponent_i   (1'b0),
      .a_nan_i        (1'b0),
      .b_valid_i      (b_valid_i),
      .b_ready_o      (b_ready),
      .b_i            ({1'b0, Kind != 1 || colour}),
      .b_exponent_i   (1'b0),
      .b_nan_i        (1'b0),
      .result_valid_o (out_valid),
      .result_ready_i (out_ready_i),
      .result_o       (out),
      .result_last_o  (out_last)
    );
    assign row_scale_ready  = 1'b1;
    assign col_scales_ready = 1'b1;
  end else begin : gen_int8
    rh_gemm #(
      .Rows(1), .Cols(1), .ConvertLanes(1), .RequantizeLanes(1), .StepsW(2)
    ) u_gemm (
      .clk_i              (clk_i),
      .rst_ni             (rst_ni),
      .absmax_valid_i     (1'b0),
      .absmax_ready_o     (),
      .absmax_i           ('0),
      .line_valid_i       (1'b0),
      .line_ready_o       (),
      .line_i             ('0),
      .line_last_i        (1'b0),
      .code_valid_o       (),
      .code_ready_i       (1'b0),
      .code_o             (),
      .code_scale_o       (),
      .code_clamped_o     (),
      .code_last_o        (),
      .tile_valid_i       (tile_valid_i),
      .tile_ready_o       (tile_ready),
      .tile_steps_i       (2'(Steps)),
      .a_valid_i          (a_valid_i),
      .a_ready_o          (a_ready),
      .a_i                (8'(Kind != 0 || colour)),
      .b_valid_i          (b_valid_i),
      .b_ready_o          (b_ready),
      .b_i                (8'(Kind != 1 || colour)),
      .row_scale_valid_i  (row_scale_valid_i),
      .row_scale_ready_o  (row_scale_ready),
      .row_scale_i        (Kind != 2 || colour ? One : '0),
      .col_scales_valid_i (col_scales_valid_i),
      .col_scales_ready_o (col_scales_ready),
      .col_scales_i       (One),
      .col_scales_output_i(rh_pkg::OutputFp32),
      .result_valid_o     (out_valid),
      .result_ready_i     (out_ready_i),
      .result_o           (out),
      .result_last_o      (out_last)
    );
  end
endmodule
