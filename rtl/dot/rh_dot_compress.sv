// Columns of bits into a few rows with the same sum: full adders placed after Dadda.
//
//   sum of the rows of rows_o = sum over columns c, slots r of bits_i[c*Rows + r] * 2^c  mod 2^Cols
//                                                                                  docs/dot.md (5)
// Level by level the highest column sinks to the next lower of OutRows = 2, 3, 4, 6, 9, 13, ...: a
// column that would be higher (the carries of its neighbour counted) gives three bits to a full
// adder, or two to a half adder when one bit too many is left; never more than needed. Carries
// out of the last column are dropped.
//
// With FullLevels there are no half adders: in each of so many levels every three bits of a column
// go to a full adder, while there are three. The sum of all bits' weights stays what it was, and a
// column that is filled late keeps no other column waiting.
//
// Combinational, one full adder deep per level. Test: verif/dot/dot_test.cpp.
module rh_dot_compress #(
  parameter int                 Cols       = 4,
  parameter int                 Rows       = 3,                 // slots of a column in bits_i
  parameter int                 OutRows    = 2,
  parameter int                 FullLevels = 0,                 // 0: after Dadda
  parameter logic [Cols*12-1:0] Heights    = {Cols{12'(Rows)}}  // the lowest slots, that are used
) (
  input  logic [Cols*Rows-1:0]    bits_i,  // column-major
  output logic [OutRows*Cols-1:0] rows_o  // row-major
);
  if (Cols < 1 || Rows < 1 || Rows > 4000 || OutRows < 2) begin : gen_bad_size
    $error("rh_dot_compress: Cols must be positive, Rows in 1 .. 4000, OutRows 2 or more");
  end

  // The height that `steps` levels bring down to OutRows.
  function automatic int limit(int steps);
    limit = OutRows;
    for (int i = 0; i < steps; i++) limit = limit * 3 / 2;
  endfunction

  function automatic int count_levels();
    count_levels = 0;
    for (int i = 0; i < 20; i++) if (limit(i) < Rows) count_levels = i + 1;
  endfunction

  localparam int Levels = FullLevels > 0 ? FullLevels : count_levels();

  // The plan: for every level and column the height before it (bits 11:0), the adders in it
  // (23:12), and how many of these are half adders (35:24).
  localparam int PlanW = 36;

  function automatic logic [(Levels+1)*Cols*PlanW-1:0] make_plan();
    int height;
    int carries;  // into the column, of this level's adders in the column below
    int excess;
    int at;
    for (int c = 0; c < Cols; c++) make_plan[c*PlanW +: 12] = Heights[c*12 +: 12];
    for (int level = 0; level <= Levels; level++) begin
      carries = 0;
      for (int c = 0; c < Cols; c++) begin
        at     = (level * Cols + c) * PlanW;
        height = 32'(make_plan[at +: 12]);
        excess = level == Levels ? 0 : height + carries - limit(Levels - 1 - level);
        if (excess < 0) excess = 0;
        if (FullLevels > 0) excess = level == Levels ? 0 : 2 * (height / 3);
        if (level < Levels) make_plan[at + Cols*PlanW +: 12] = 12'(height + carries - excess);
        carries = (excess + 1) / 2;
        make_plan[at + 12 +: 12] = 12'(carries);
        make_plan[at + 24 +: 12] = 12'(excess % 2);
      end
    end
  endfunction

  localparam logic [(Levels+1)*Cols*PlanW-1:0] Plan = make_plan();

  for (genvar l = 0; l <= Levels; l++) begin : gen_level
    for (genvar c = 0; c < Cols; c++) begin : gen_col
      localparam int Here   = (l * Cols + c) * PlanW;
      localparam int Height = 32'(Plan[Here +: 12]);
      localparam int Adders = 32'(Plan[Here + 12 +: 12]);
      localparam int Fulls  = Adders - 32'(Plan[Here + 24 +: 12]);

      // The bits: first those that waited, then this column's sums, then its neighbour's carries.
      for (genvar r = 0; r < Height; r++) begin : gen_bit
        logic value;
        if (l == 0) begin : gen_input
          assign value = bits_i[c*Rows + r];
        end else begin : gen_inner
          localparam int Before = Here - Cols * PlanW;
          localparam int Sums   = 32'(Plan[Before + 12 +: 12]);
          localparam int Used   = 3 * Sums - 32'(Plan[Before + 24 +: 12]);
          localparam int Waited = 32'(Plan[Before +: 12]) - Used;
          if (r < Waited) begin : gen_waited
            assign value = gen_level[l-1].gen_col[c].gen_bit[Used+r].value;
          end else if (r < Waited + Sums) begin : gen_sum
            assign value = gen_level[l-1].gen_col[c].gen_adder[r-Waited].sum;
          end else begin : gen_carry
            assign value = gen_level[l-1].gen_col[c-1].gen_adder[r-Waited-Sums].carry;
          end
        end
      end

      for (genvar i = 0; i < Adders; i++) begin : gen_adder
        localparam int First = i < Fulls ? 3 * i : 3 * Fulls + 2 * (i - Fulls);
        logic sum;
        logic carry;
        logic third;
        if (i < Fulls) begin : gen_full
          assign third = gen_bit[First+2].value;
        end else begin : gen_half
          assign third = 1'b0;
        end
        rh_dot_full_adder u_adder (
          .a_i    (gen_bit[First].value),
          .b_i    (gen_bit[First+1].value),
          .c_i    (third),
          .sum_o  (sum),
          .carry_o(carry)
        );
        if (c == Cols - 1) begin : gen_dropped
          logic unused_carry;
          assign unused_carry = carry;
        end
      end
    end
  end

  for (genvar c = 0; c < Cols; c++) begin : gen_out
    localparam int Height = 32'(Plan[(Levels*Cols + c)*PlanW +: 12]);
    if (Height > OutRows) begin : gen_bad_levels
      $error("rh_dot_compress: FullLevels leave more than OutRows bits in a column");
    end
    for (genvar r = 0; r < OutRows; r++) begin : gen_row
      if (r < Height) begin : gen_used
        assign rows_o[r*Cols + c] = gen_level[Levels].gen_col[c].gen_bit[r].value;
      end else begin : gen_unused
        assign rows_o[r*Cols + c] = 1'b0;
      end
    end
  end
endmodule
