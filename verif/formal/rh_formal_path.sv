// A streaming unit keeps every item: none lost, repeated or overtaken, under any stall.
//
// Unit 0 rh_requantize, 1 rh_normalize, 2 rh_convert_int8, 3 rh_convert_scale, 4 rh_gemm_bfp of one
// cell, 5 rh_gemm of one cell. Values are few, so that an item shows its mark and no more: 1 for
// the marked item, 0 for the others, with factors of 1. That values come out right is for the tests
// of the units. Run by: verif/formal/engines.py.
module rh_formal_path #(
  parameter int Unit = 0,
  parameter int Kind = 0,  // of requantize, the output; of the products: 0 marks A, 1 marks B
  parameter int Most = 6,
  parameter int Wait = 6
) (
  input logic       clk_i,
  input logic       rst_ni,
  input logic       mark_i,
  input logic       in_valid_i,
  input logic       in_last_i,
  input logic [3:0] other_valid_i,
  input logic       out_ready_i
);
  localparam logic [31:0] One = 32'h3F800000;
  logic in_ready, out_valid, out_colour, out_last, colour, held, in_taken;
  logic reset_done_q = 1'b0;
  always_ff @(posedge clk_i) reset_done_q <= 1'b1;
  always_comb m_reset_first: assume (reset_done_q || !rst_ni);

  assign in_taken = in_valid_i && in_ready && rst_ni;
  rh_formal_mark #(.Most(Most), .Wait(Wait)) u_mark (
    .clk_i       (clk_i),
    .rst_ni      (rst_ni),
    .mark_i      (mark_i),
    .in_taken_i  (in_taken),
    .in_side_i   (in_last_i && Unit != 1),
    .colour_o    (colour),
    .held_i      (held),
    .out_valid_i (out_valid),
    .out_ready_i (out_ready_i),
    .out_colour_i(out_colour),
    .out_side_i  (out_last)
  );

  if (Unit == 0) begin : gen_requantize
    logic [31:0] out;
    assign held       = 1'b0;
    assign out_colour = out != '0;
    rh_requantize #(.Lanes(1)) u_unit (
      .clk_i          (clk_i),
      .rst_ni         (rst_ni),
      .in_valid_i     (in_valid_i),
      .in_ready_o     (in_ready),
      .in_i           ({31'd0, colour}),
      .in_row_scale_i (One),
      .in_col_scales_i(One),
      .in_output_i    (2'(Kind)),
      .in_last_i      (in_last_i),
      .out_valid_o    (out_valid),
      .out_ready_i    (out_ready_i),
      .out_o          (out),
      .out_last_o     (out_last)
    );
  end else if (Unit == 1) begin : gen_normalize
    logic [31:0] out;
    logic        unused_last;
    assign unused_last = in_last_i;
    assign held        = 1'b0;
    assign out_colour  = out != '0;
    assign out_last    = 1'b0;
    rh_normalize #(.AccW(40)) u_unit (
      .clk_i        (clk_i),
      .rst_ni       (rst_ni),
      .in_valid_i   (in_valid_i),
      .in_ready_o   (in_ready),
      .in_i         ({39'd0, colour}),
      .in_exponent_i(10'sd0),
      .in_nan_i     (1'b0),
      .out_valid_o  (out_valid),
      .out_ready_i  (out_ready_i),
      .out_o        (out)
    );
  end else if (Unit == 2) begin : gen_convert
    logic [7:0]  out;
    logic [31:0] scale;
    logic        clamped, absmax_ready;
    assign held       = 1'b0;
    assign out_colour = out != '0;
    rh_convert_int8 #(.Lanes(1)) u_unit (
      .clk_i         (clk_i),
      .rst_ni        (rst_ni),
      .absmax_valid_i(other_valid_i[0]),
      .absmax_ready_o(absmax_ready),
      .absmax_i      (32'h42FE0000),
      .in_valid_i    (in_valid_i),
      .in_ready_o    (in_ready),
      .in_i          (colour ? One : '0),
      .in_last_i     (in_last_i),
      .out_valid_o   (out_valid),
      .out_ready_i   (out_ready_i),
      .out_o         (out),
      .out_scale_o   (scale),
      .out_clamped_o (clamped),
      .out_last_o    (out_last)
    );
  end
endmodule
