// The accumulator of a cell: adds one exact dot product a clock, or starts over with it.
//
//   value <= (restart_i ? 0 : value) + in       mod 2^AccW                  docs/accumulate.md (1)
//   in     = in_i, signed                                      with InRows = 1
//            sum of the unsigned rows of in_i - 2^(InW-1)      with InRows = 2 or more
//   value  = sum_o + carry_o mod 2^AccW; carry_o is 0 without CarrySave
//
// No reset: the first operand after power-up comes with restart_i. Compressor chooses the
// description: `+`, or full adders. How a carry-save value is split differs between the two.
//
// Latency: one clock. Golden model: sw/accumulate/accumulate.hpp.
// Test: verif/accumulate/accumulate_test.cpp.
module rh_accumulate #(
  parameter int InW        = 16,
  parameter int InRows     = 1,
  parameter int AccW       = 32,
  parameter bit CarrySave  = 1'b0,
  parameter bit Compressor = 1'b0,
  parameter bit FastSim    = 1'b0   // without Compressor: as in rh_dot
) (
  input  logic                  clk_i,
  input  logic                  restart_i,
  input  logic [InRows*InW-1:0] in_i,  // row-major
  output logic [AccW-1:0]       sum_o,
  output logic [AccW-1:0]       carry_o
);
  if (InW < 3 || AccW < InW + 3) begin : gen_bad_width
    $error("rh_accumulate: InW must be 3 or more and AccW at least InW + 3");
  end
  if (Compressor && InRows < 2) begin : gen_bad_rows
    $error("rh_accumulate: Compressor needs InRows of 2 or more");
  end

  localparam int TopW = AccW - InW;
  localparam int LowW = InW + 2;  // the low part and what it carries out
  localparam int Rows = InRows + 1 + 32'(CarrySave);

  // Bits of a column: what is held, then the input. In the last column of the input one bit of
  // all rows can be set, and - 2^(InW-1) = 2^(InW-1) - 2^InW puts a one there.
  function automatic logic [LowW*12-1:0] make_heights();
    for (int c = 0; c < LowW; c++) make_heights[c*12 +: 12] = c < InW - 1 ? 12'(Rows) : 12'd0;
    make_heights[(InW-1)*12 +: 12] = 12'd3 + 12'(CarrySave);
  endfunction

  if (!Compressor) begin : gen_behavioral
    localparam logic [AccW-1:0] Half = AccW'(1) << (InW - 1);  // signed x is (x xor Half) - Half
    logic [AccW-1:0] value_q;
    logic [AccW-1:0] in;

    always_comb begin
      in = FastSim ? (AccW'(in_i[InW-1:0]) ^ Half) - Half : AccW'($signed(in_i[InW-1:0]));
      if (InRows > 1) begin
        in = AccW'(in_i[InW-1:0]) - Half;
        for (int r = 1; r < InRows; r++) in = in + AccW'(in_i[r*InW +: InW]);
      end
    end
    always_ff @(posedge clk_i) value_q <= (restart_i ? '0 : value_q) + in;
    assign sum_o   = value_q;
    assign carry_o = '0;
  end else begin : gen_compressor
    // The low part is as wide as the input; the top part counts what the low part carries out.
    logic [InW-1:0]       low_q;
    logic [TopW-1:0]      top_q;
    logic [TopW-1:0]      top_d;
    logic [InW-1:0]       held_low;
    logic [InW-1:0]       held_carry;
    logic [1:0]           held_over;  // to be added to the top part now
    logic [Rows*LowW-1:0] bits;
    logic [2*LowW-1:0]    rows;

    assign held_low = low_q & {InW{~restart_i}};

    for (genvar c = 0; c < LowW; c++) begin : gen_col
      localparam int Column = c < InW ? c : InW - 1;
      logic [InRows-1:0] in;
      for (genvar r = 0; r < InRows; r++) begin : gen_row
        assign in[r] = in_i[r*InW + Column];
      end
      if (c < InW - 1) begin : gen_low
        assign bits[c*Rows +: Rows] = CarrySave ? Rows'({in, held_carry[c], held_low[c]})
                                                : Rows'({in, held_low[c]});
      end else if (c == InW - 1) begin : gen_last
        assign bits[c*Rows +: Rows] = CarrySave ? Rows'({|in, held_carry[c], held_low[c], 1'b1})
                                                : Rows'({|in, held_low[c], 1'b1});
      end else begin : gen_over
        logic unused_in;
        assign unused_in = ^in;
        assign bits[c*Rows +: Rows] = '0;
      end
    end

    rh_dot_compress #(
      .Cols   (LowW),
      .Rows   (Rows),
      .Heights(make_heights())
    ) u_low (
      .bits_i(bits),
      .rows_o(rows)
    );
    rh_accumulate_top #(.Width(TopW)) u_top (
      .value_i(top_q & {TopW{~restart_i}}),
      .over_i (held_over),
      .value_o(top_d)
    );

    always_ff @(posedge clk_i) top_q <= top_d;

    if (CarrySave) begin : gen_carry_save
      // The top part follows one clock later: over_q is not yet in it.
      logic [InW-1:0] carry_q;
      logic [3:0]     over_q;
      logic [1:0]     over;
      always_ff @(posedge clk_i) begin
        low_q   <= rows[InW-1:0];
        carry_q <= rows[LowW +: InW];
        over_q  <= {rows[LowW + InW +: 2], rows[InW +: 2]};
      end
      assign over       = over_q[1:0] + over_q[3:2];
      assign held_over  = over & {2{~restart_i}};
      assign held_carry = carry_q & {InW{~restart_i}};
      assign carry_o    = AccW'({over, carry_q});
    end else begin : gen_plain
      logic [LowW-1:0] resolved;
      logic            unused_carry;
      rh_dot_ripple #(.Width(LowW)) u_ripple (
        .a_i    (rows[LowW-1:0]),
        .b_i    (rows[2*LowW-1:LowW]),
        .carry_i(1'b0),
        .sum_o  (resolved),
        .carry_o(unused_carry)
      );
      always_ff @(posedge clk_i) low_q <= resolved[InW-1:0];
      assign held_carry = '0;
      assign held_over  = resolved[LowW-1:InW];
      assign carry_o    = '0;
    end
    assign sum_o = {top_q, low_q};
  end
endmodule
