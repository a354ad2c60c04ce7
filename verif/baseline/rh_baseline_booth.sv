// Two unsigned numbers of Width bits multiplied, after Booth: two bits of b_i a row.
//
//   product_o = a_i * b_i = sum over j <= Width / 2 of digit_j a_i 4^j        docs/baseline.md (7)
//   digit_j   = b[2j-1] + b[2j] - 2 b[2j+1], -2 .. 2;  b[-1] = b[Width] = b[Width+1] = 0
//
// A row is q = |digit| a_i with all Width + 1 bits inverted where the digit is negative (n = 1):
//   digit a_i = q + n - n 2^(Width+1) = q + n + !n 2^(Width+1) - 2^(Width+1)
// and the last terms of all rows but the uppermost, which is not negative, are the constant
//   -(sum over j < Width / 2 of 2^(Width+1+2j)) = 2^(Width+1) + sum of 2^c, even c > Width
// modulo 2^(2 Width). Columns of these bits go to a compressor, its two rows to an adder.
//
// Combinational. Test: verif/baseline/baseline_test.cpp (through the cells).
module rh_baseline_booth #(
  parameter int Width = 24  // even
) (
  input  logic [Width-1:0]   a_i,
  input  logic [Width-1:0]   b_i,
  output logic [2*Width-1:0] product_o
);
  if (Width < 2 || Width % 2 != 0) begin : gen_bad_width
    $error("rh_baseline_booth: Width must be even");
  end

  localparam int Cols   = 2 * Width;
  localparam int Digits = Width / 2 + 1;
  localparam int RowW   = Width + 1;
  localparam int Slots  = Digits + 1;

  // ---- rows
  logic [Width+2:0]       b;  // b[-1] at the bottom
  logic [Digits-1:0]      minus;
  logic [Digits*RowW-1:0] rows;
  assign b = {2'b0, b_i, 1'b0};
  for (genvar j = 0; j < Digits; j++) begin : gen_digit
    logic one, two;
    assign one      = b[2*j+1] ^ b[2*j];
    assign two      = b[2*j+2] ? !b[2*j+1] && !b[2*j] : b[2*j+1] && b[2*j];
    assign minus[j] = b[2*j+2];
    assign rows[j*RowW +: RowW] = (({1'b0, a_i} & {RowW{one}}) | ({a_i, 1'b0} & {RowW{two}})) ^
                                  {RowW{minus[j]}};
  end

  // ---- columns: of rows first(c) .. last(c), then what else a column has
  function automatic int first(int c);
    first = c <= Width ? 0 : (c - Width + 1) / 2;
  endfunction
  function automatic int last(int c);
    last = c / 2 < Digits - 1 ? c / 2 : Digits - 1;
  endfunction
  function automatic logic [Cols*12-1:0] make_heights();
    for (int c = 0; c < Cols; c++)
      make_heights[c*12 +: 12] = 12'(last(c) - first(c) + 1 + (c == Width + 1 ? 2 :
                                 c > Width || (c % 2 == 0 && c < Width) ? 1 : 0));
  endfunction

  logic [Cols*Slots-1:0] bits;
  logic [2*Cols-1:0]     sums;
  for (genvar c = 0; c < Cols; c++) begin : gen_column
    localparam int First = first(c);
    localparam int Count = last(c) - First + 1;
    for (genvar r = 0; r < Slots; r++) begin : gen_slot
      if (r < Count) begin : gen_row
        assign bits[c*Slots + r] = rows[(First+r)*RowW + c - 2*(First+r)];
      end else if (r == Count && c < Width && c % 2 == 0) begin : gen_minus
        assign bits[c*Slots + r] = minus[c/2];
      end else if (r == Count && c > Width && c % 2 == 1) begin : gen_not_minus
        assign bits[c*Slots + r] = !minus[(c-Width-1)/2];
      end else begin : gen_constant
        assign bits[c*Slots + r] = c > Width;
      end
    end
  end

  rh_dot_compress #(
    .Cols   (Cols),
    .Rows   (Slots),
    .Heights(make_heights())
  ) u_compress (
    .bits_i(bits),
    .rows_o(sums)
  );
  assign product_o = sums[Cols-1:0] + sums[2*Cols-1:Cols];

  logic unused_top;  // digit 2 of the uppermost row does not exist
  assign unused_top = rows[Digits*RowW-1];
endmodule
