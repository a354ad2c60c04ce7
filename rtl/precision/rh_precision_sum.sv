// One running sum of rh_precision: shrinks to the unit of a larger exponent, then adds a group.
//
//   value_o <= floor((first_i ? 0 : value_o) / 2^rise_i) + floor(in_i 2^(place_i - FractW))
//              modulo 2^AccW                                               docs/precision.md (5)
//
// Every cycle: without a group in_i and rise_i are 0. overflow_o says that a sum since the first
// did not fit. No reset: a tensor begins with first_i.
// Latency: one clock. Golden model: sw/precision/precision.hpp.
// Test: verif/precision/precision_test.cpp.
module rh_precision_sum #(
  parameter  int InW       = 6,
  parameter  int MaxPlace  = 15,
  parameter  int FractW    = 0,  // bits of an addend below the unit
  parameter  int ExponentW = 4,
  parameter  int AccW      = 41,
  localparam int PlaceW    = $clog2(MaxPlace + 1),
  localparam int AddendW   = InW + MaxPlace - FractW
) (
  input  logic                 clk_i,
  input  logic                 first_i,
  input  logic [InW-1:0]       in_i,
  input  logic [PlaceW-1:0]    place_i,  // 0 .. MaxPlace
  input  logic [ExponentW-1:0] rise_i,
  output logic [AccW-1:0]      value_o,
  output logic                 overflow_o
);
  if (FractW < 0 || FractW > InW || AccW <= AddendW) begin : gen_bad_width
    $error("rh_precision_sum: AccW must be above InW + MaxPlace - FractW, FractW in 0 .. InW");
  end

  logic [AddendW-1:0] addend;
  logic [AccW-1:0]    kept;
  logic               carry;
  logic [AccW-1:0]    value_d;
  assign addend           = AddendW'(((AddendW+FractW)'(in_i) << place_i) >> FractW);
  assign kept             = (value_o & {AccW{!first_i}}) >> rise_i;
  assign {carry, value_d} = {1'b0, kept} + (AccW+1)'(addend);

  always_ff @(posedge clk_i) begin
    value_o    <= value_d;
    overflow_o <= (overflow_o && !first_i) || carry;
  end
endmodule
