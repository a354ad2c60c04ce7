// Rows x Cols cells, output stationary: a tile of C = A B, one contraction step a cycle.
//
//   C[r][c] = sum over the beats of a tile of dot(a[r], b[c])                  docs/array.md (1)
//
// A beat carries an operand, Lanes codes and with SignMagnitude an exponent above them, for every
// row of A and for every column of B; docs/mac.md says what a cell does with it. The skew is
// inside: beats enter straight, and cell (r, c) works on the beat of cycle t in cycle
// t + 1 + r + c. A cycle without in_valid_i is a bubble: its A is zero, so it adds nothing.
//
// The beat behind in_last_i restarts the accumulators. In the cycle in which a cell restarts, its
// finished sum goes to the result of its column; since the cells of a column restart one after the
// other, a column gives one row a cycle, row 0 first, and tiles follow each other without a gap.
// All cells of an anti-diagonal work on the same beat, so `restart` is one flip-flop a diagonal.
//
// Row r of column c: result_valid_o[c] = 1 in cycle t + Latency + r + c, t the cycle of in_last_i,
// and the receiver must take it. From in_last_i to in_last_i at least Rows cycles must pass.
// Latency = 2 + rh_pkg::mac_latency(...), with CarrySave 4 + ceil(AccW / 4)  docs/array.md (3)
// Golden model: sw/array/array.hpp. Test: verif/array/array_test.cpp, array_block_test.cpp.
module rh_array #(
  parameter  int Rows          = 16,
  parameter  int Cols          = 16,
  parameter  int Lanes         = 1,
  parameter  int Width         = 8,
  parameter  int AccW          = 32,
  parameter  bit SignMagnitude = 1'b0,  // this and the next four: see rh_mac
  parameter  bit Fp32          = 1'b0,
  parameter  int ExponentAW    = 0,
  parameter  int ExponentBW    = 0,
  parameter  int MaxShift      = 0,
  parameter  bit CarrySave     = 1'b0,  // no carry chains in cells, a column resolves at once
  parameter  bit Compressor    = 1'b0,  // full-adder trees instead of `*` and `+`
  parameter  bit FastSim       = 1'b0,  // `*` and `+` as simulators like them: see rh_dot
  localparam int CodesW        = Lanes * Width,
  localparam int AW            = CodesW + ExponentAW,
  localparam int BW            = CodesW + ExponentBW
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 in_valid_i,
  input  logic                 in_last_i,
  input  logic [Rows*AW-1:0]   in_a_i,
  input  logic [Cols*BW-1:0]   in_b_i,
  output logic [Cols-1:0]      result_valid_o,
  output logic [Cols*AccW-1:0] result_o
);
  if (Rows < 1 || Cols < 1) begin : gen_bad
    $error("rh_array: Rows and Cols must be positive");
  end

  localparam int Diagonals = Rows + Cols - 1;
  localparam int Late      =  // of a restart in its cell
      rh_pkg::mac_latency(CarrySave, SignMagnitude, Fp32) - 1;
  // Inside the array codes may travel packed.
  localparam bit Packed    = SignMagnitude && FastSim;
  localparam int InnerW    = rh_pkg::codes_width(Lanes, Width, Packed);
  localparam int OperandAW = InnerW + ExponentAW;
  localparam int OperandBW = InnerW + ExponentBW;

  // The beat register; a bubble is a beat whose A is zero, and so is a beat during a reset, which
  // the restart out of reset would keep.
  logic [Rows*AW-1:0]      a_q;
  logic [Cols*BW-1:0]      b_q;
  logic                    last_q;

  // restart_q[d], take_q[d + Late]: what diagonal d does in this cycle. They differ once: the
  // restart out of reset clears what the accumulators woke up with, and nobody takes it.
  logic [Diagonals-1:0]      restart_q;
  logic [Diagonals+Late-1:0] take_q;

  always_ff @(posedge clk_i) begin
    a_q <= in_valid_i && rst_ni ? in_a_i : '0;
    b_q <= in_b_i;
    if (!rst_ni) begin
      last_q    <= 1'b0;
      restart_q <= Diagonals'(1);
      take_q    <= '0;
    end else begin
      last_q    <= in_valid_i && in_last_i;
      restart_q <= Diagonals'({restart_q, last_q});
      take_q    <= (Diagonals + Late)'({take_q, last_q});
    end
  end

  logic [Rows*OperandAW-1:0] a_operands, a_skewed;
  logic [Cols*OperandBW-1:0] b_operands, b_skewed;

  if (Packed) begin : gen_packed
    localparam int FieldW = rh_pkg::dot_width_magnitude(Width - 1, Width - 1, Lanes);
    for (genvar r = 0; r < Rows; r++) begin : gen_a
      rh_dot_pack #(.Lanes(Lanes), .Width(Width), .FieldW(FieldW)) u_pack (
        .codes_i(a_q[r*AW +: CodesW]),
        .words_o(a_operands[r*OperandAW +: InnerW])
      );
      assign a_operands[r*OperandAW+InnerW +: ExponentAW] = a_q[r*AW+CodesW +: ExponentAW];
    end
    for (genvar c = 0; c < Cols; c++) begin : gen_b
      rh_dot_pack #(.Lanes(Lanes), .Width(Width), .FieldW(FieldW), .Reverse(1'b1)) u_pack (
        .codes_i(b_q[c*BW +: CodesW]),
        .words_o(b_operands[c*OperandBW +: InnerW])
      );
      assign b_operands[c*OperandBW+InnerW +: ExponentBW] = b_q[c*BW+CodesW +: ExponentBW];
    end
  end else begin : gen_codes
    assign a_operands = a_q;
    assign b_operands = b_q;
  end

  rh_array_skew #(.N(Rows), .W(OperandAW)) u_skew_a (.clk_i, .in_i(a_operands), .out_o(a_skewed));
  rh_array_skew #(.N(Cols), .W(OperandBW)) u_skew_b (.clk_i, .in_i(b_operands), .out_o(b_skewed));

  logic [AccW-1:0] sums    [Rows*Cols];
  logic [AccW-1:0] carries [Rows*Cols];

  for (genvar r = 0; r < Rows; r++) begin : gen_row
    for (genvar c = 0; c < Cols; c++) begin : gen_col
      logic [OperandAW-1:0] a_in, a_out;
      logic [OperandBW-1:0] b_in, b_out;

      if (c == 0) begin : gen_first_col
        assign a_in = a_skewed[r*OperandAW +: OperandAW];
      end else begin : gen_inner_col
        assign a_in = gen_row[r].gen_col[c-1].a_out;
      end
      if (r == 0) begin : gen_first_row
        assign b_in = b_skewed[c*OperandBW +: OperandBW];
      end else begin : gen_inner_row
        assign b_in = gen_row[r-1].gen_col[c].b_out;
      end

      rh_mac #(
        .Lanes        (Lanes),
        .Width        (Width),
        .AccW         (AccW),
        .SignMagnitude(SignMagnitude),
        .Fp32         (Fp32),
        .ExponentAW   (ExponentAW),
        .ExponentBW   (ExponentBW),
        .MaxShift     (MaxShift),
        .CarrySave    (CarrySave),
        .Compressor   (Compressor),
        .FastSim      (FastSim)
      ) u_mac (
        .clk_i,
        .a_i      (a_in),
        .b_i      (b_in),
        .restart_i(restart_q[r+c]),
        .a_o      (a_out),
        .b_o      (b_out),
        .sum_o    (sums[r*Cols+c]),
        .carry_o  (carries[r*Cols+c])
      );
    end
  end

  // Only one row of a column is taken in a cycle, so an OR of masked sums is the one sum. The `if`
  // changes nothing: it spares a simulator the masks in the cycles in which nothing is taken.
  for (genvar c = 0; c < Cols; c++) begin : gen_result
    logic            taken_q;
    logic [AccW-1:0] sum_d, sum_q;

    always_comb begin
      sum_d = '0;
      if (|take_q[c+Late +: Rows]) begin
        for (int r = 0; r < Rows; r++) sum_d = sum_d | (sums[r*Cols+c] & {AccW{take_q[c+r+Late]}});
      end
    end
    always_ff @(posedge clk_i) begin
      sum_q <= sum_d;
      if (!rst_ni) taken_q <= 1'b0;
      else         taken_q <= |take_q[c+Late +: Rows];
    end

    if (!CarrySave) begin : gen_plain
      assign result_valid_o[c]        = taken_q;
      assign result_o[c*AccW +: AccW] = sum_q;
      for (genvar r = 0; r < Rows; r++) begin : gen_unused
        logic [AccW-1:0] unused_carry;
        assign unused_carry = carries[r*Cols+c];
      end
    end else begin : gen_resolve
      logic [AccW-1:0] carry_d, carry_q;
      always_comb begin
        carry_d = '0;
        if (|take_q[c+Late +: Rows]) begin
          for (int r = 0; r < Rows; r++) begin
            carry_d = carry_d | (carries[r*Cols+c] & {AccW{take_q[c+r+Late]}});
          end
        end
      end
      always_ff @(posedge clk_i) carry_q <= carry_d;

      rh_accumulate_resolve #(.AccW(AccW)) u_resolve (
        .clk_i,
        .rst_ni,
        .in_valid_i (taken_q),
        .in_sum_i   (sum_q),
        .in_carry_i (carry_q),
        .out_valid_o(result_valid_o[c]),
        .out_o      (result_o[c*AccW +: AccW])
      );
    end
  end

  // A new restart may not reach a column whose rows are still being taken.
  if (Rows > 1) begin : gen_check
    always_ff @(posedge clk_i) begin
      if (rst_ni && last_q) begin
        a_tile_is_rows_long : assert (take_q[Rows-2:0] == '0);
      end
    end
  end
endmodule
