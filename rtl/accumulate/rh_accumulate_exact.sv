// The exact accumulator of block floating point: adds a group's dot product where its exponent
// puts it, in fixed point over the whole window, so nothing rounds before the sum is drained.
//
//   value_o <= (restart_i ? 0 : value_o) + in_i * 2^shift_i     mod 2^AccW   docs/accumulate.md (6)
//
// shift_i = e_a + e_b, and chunk offsets: 0 .. MaxShift, one addition of exponents a group. Only
// InW + MaxShift bits can be set by an addend; what stands above them moves by -1, 0 or 1, which is
// rh_accumulate_top. No reset: the first operand after power-up comes with restart_i.
//
// Latency: one clock. Golden model: sw/accumulate/accumulate.hpp.
// Test: verif/accumulate/accumulate_exact_test.cpp.
module rh_accumulate_exact #(
  parameter  int InW      = 9,   // a signed dot product: 16 lanes of sign and 2 bits
  parameter  int MaxShift = 14,  // 2 (2^E - 1) for E = 3
  parameter  int AccW     = 40,
  parameter  bit FastSim  = 1'b0,  // one wide sum: the same function
  localparam int ShiftW   = MaxShift == 0 ? 1 : $clog2(MaxShift + 1),
  localparam int LowW     = InW + MaxShift
) (
  input  logic              clk_i,
  input  logic              restart_i,
  input  logic [InW-1:0]    in_i,     // signed
  input  logic [ShiftW-1:0] shift_i,  // 0 .. MaxShift
  output logic [AccW-1:0]   value_o   // signed
);
  if (InW < 2 || MaxShift < 0) begin : gen_bad_width
    $error("rh_accumulate_exact: InW must be 2 or more and MaxShift 0 or more");
  end
  if (AccW < LowW + 2) begin : gen_bad_accumulator
    $error("rh_accumulate_exact: AccW must be InW + MaxShift + 2 or more, to hold two addends");
  end

  localparam int TopW = AccW - LowW;

  logic [LowW-1:0] low_q;
  logic [TopW-1:0] top_q;
  logic [LowW-1:0] addend;

  assign addend  = LowW'($signed(in_i)) << shift_i;
  assign value_o = {top_q, low_q};

  if (FastSim) begin : gen_wide
    logic [AccW-1:0] wide;
    assign wide = AccW'($signed(addend));
    always_ff @(posedge clk_i) {top_q, low_q} <= (restart_i ? '0 : value_o) + wide;
  end else begin : gen_split
    // low + addend = low' + 2^LowW carry, and a negative addend is 2^LowW too large.
    logic [LowW:0]   low_d;
    logic [TopW-1:0] top_d;
    logic [1:0]      over;
    assign low_d = {1'b0, low_q & {LowW{!restart_i}}} + {1'b0, addend};
    assign over  = 2'(low_d[LowW]) + 2'(!in_i[InW-1]);
    rh_accumulate_top #(.Width(TopW)) u_top (
      .value_i(top_q & {TopW{!restart_i}}),
      .over_i (over),
      .value_o(top_d)
    );
    always_ff @(posedge clk_i) begin
      low_q <= low_d[LowW-1:0];
      top_q <= top_d;
    end
  end

  always_ff @(posedge clk_i) begin
    a_shift_in_window: assert (32'(shift_i) <= MaxShift);
  end
endmodule
