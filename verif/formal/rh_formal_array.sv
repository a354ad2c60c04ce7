// An array gives the product of the matrices that are streamed through it, tile after tile.
//
//   C[r][c] = sum over the beats of a tile of dot(a[r], b[c])                 docs/array.md (1)
//   int8: docs/contract.md (11); block formats: D 2^(e_a + e_b) summed, (28), (31)
//
// Any operands, any bubbles, any tiles of at least Rows cycles from in_last_i to in_last_i, resets
// at any time; a beat offered during a reset counts for nothing. The wanted results are computed
// when the last beat of a tile enters, and wait until result_valid_o must show them:
// Latency + r + c cycles later. Run by: verif/formal/engines.py.
module rh_formal_array #(
  parameter int  Rows          = 2,
  parameter int  Cols          = 2,
  parameter int  Lanes         = 1,
  parameter int  Width         = 3,
  parameter int  AccW          = 9,
  parameter bit  SignMagnitude = 1'b0,
  parameter int  ExponentW     = 0,
  parameter bit  CarrySave     = 1'b0,
  parameter bit  Compressor    = 1'b0,
  localparam int CodesW        = Lanes * Width,
  localparam int OperandW      = CodesW + ExponentW,
  localparam int Bits          = Width - 1
) (
  input logic                     clk_i,
  input logic                     rst_ni,
  input logic                     in_valid_i,
  input logic                     in_last_i,
  input logic [Rows*OperandW-1:0] in_a_i,
  input logic [Cols*OperandW-1:0] in_b_i
);
  localparam int Latency = CarrySave ? 4 + (AccW + 3) / 4 : SignMagnitude ? 4 : 3;
  localparam int Depth   = Latency + Rows + Cols;

  logic [Cols-1:0]      valid;
  logic [Cols*AccW-1:0] result;
  logic                 reset_done_q = 1'b0;

  rh_array #(
    .Rows         (Rows),
    .Cols         (Cols),
    .Lanes        (Lanes),
    .Width        (Width),
    .AccW         (AccW),
    .SignMagnitude(SignMagnitude),
    .ExponentAW   (ExponentW),
    .ExponentBW   (ExponentW),
    .MaxShift     (SignMagnitude ? 2 * ((1 << ExponentW) - 1) : 0),
    .CarrySave    (CarrySave),
    .Compressor   (Compressor)
  ) u_array (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .in_valid_i    (in_valid_i),
    .in_last_i     (in_last_i),
    .in_a_i        (in_a_i),
    .in_b_i        (in_b_i),
    .result_valid_o(valid),
    .result_o      (result)
  );

  // One wanted sum a cell; lines of wanted results behind in_last_i.
  logic [Rows*Cols*AccW-1:0]       sums_d, sums_q;
  logic [Depth*Rows*Cols*AccW-1:0] line_q;   // those of in_last_i d + 1 cycles ago at d
  logic [Depth-1:0]                last_q;
  logic [7:0]                      since_q;  // cycles since in_last_i, at most Rows

  for (genvar r = 0; r < Rows; r++) begin : gen_row
    for (genvar c = 0; c < Cols; c++) begin : gen_col
      logic [OperandW-1:0]    line_a, line_b;
      logic signed [AccW-1:0] dot, a, b;
      assign line_a = in_a_i[r*OperandW +: OperandW];
      assign line_b = in_b_i[c*OperandW +: OperandW];
      always_comb begin
        dot = '0;
        for (int k = 0; k < Lanes; k++) begin
          if (SignMagnitude) begin
            a = AccW'(line_a[k*Width +: Bits]);
            b = AccW'(line_b[k*Width +: Bits]);
            a = line_a[k*Width + Bits] ? -a : a;
            b = line_b[k*Width + Bits] ? -b : b;
          end else begin
            a = AccW'($signed(line_a[k*Width +: Width]));
            b = AccW'($signed(line_b[k*Width +: Width]));
          end
          dot = dot + a * b;
        end
        if (SignMagnitude) begin
          dot = (dot <<< line_a[OperandW-1:CodesW]) <<< line_b[OperandW-1:CodesW];
        end
      end
      assign sums_d[(r*Cols+c)*AccW +: AccW] =
          sums_q[(r*Cols+c)*AccW +: AccW] + (in_valid_i ? dot : '0);
    end
  end
  always_ff @(posedge clk_i) begin
    reset_done_q <= 1'b1;
    line_q       <= {line_q, sums_d};
    if (!rst_ni) begin
      sums_q  <= '0;
      last_q  <= '0;
      since_q <= 8'(Rows);
    end else begin
      sums_q  <= in_valid_i && in_last_i ? '0 : sums_d;
      last_q  <= {last_q, in_valid_i && in_last_i};
      if (in_valid_i && in_last_i) since_q <= 8'd1;
      else if (since_q != 8'(Rows)) since_q <= since_q + 8'd1;
    end
  end
  always_comb begin
    m_reset_first: assume (reset_done_q || !rst_ni);
    m_tile_length: assume (!(in_valid_i && in_last_i) || since_q == 8'(Rows));
  end

  logic [Cols-1:0] valid_equal, value_equal;
  for (genvar c = 0; c < Cols; c++) begin : gen_check
    logic            want_valid;
    logic [AccW-1:0] want;
    always_comb begin
      want_valid = 1'b0;
      want       = '0;
      for (int r = 0; r < Rows; r++) begin
        if (last_q[Latency + r + c - 1]) begin
          want_valid = 1'b1;
          want       = line_q[((Latency + r + c - 1)*Rows*Cols + r*Cols + c)*AccW +: AccW];
        end
      end
    end
    assign valid_equal[c] = valid[c] == want_valid;
    assign value_equal[c] = !want_valid || result[c*AccW +: AccW] == want;
  end
  always_ff @(posedge clk_i) begin
    if (rst_ni && reset_done_q) begin
      a_valid: assert (&valid_equal);
      a_equal: assert (&value_equal);
    end
  end
endmodule
