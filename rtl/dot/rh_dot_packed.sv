// The dot product of codes that rh_dot_pack packed, one multiplication for several lanes.
//
//   sum over words of a b = S 2^(FieldW (PerWord - 1)) + lower fields       mod 2^64
//   S = sum over lanes of the products of their values                            docs/dot.md (10)
//
// b's words are reversed, so the products of equal lanes meet in the highest field. Every field is
// within Lanes products, |field| < 2^(FieldW-1), so what is below S is less than half a unit of it.
// Combinational. Test: verif/dot/dot_magnitude_test.cpp, by way of rh_dot.
module rh_dot_packed #(
  parameter  int Lanes   = 16,
  parameter  int FieldW  = 9,  // bits of the signed dot product
  localparam int PerWord = 64 / FieldW,
  localparam int Words   = (Lanes + PerWord - 1) / PerWord
) (
  input  logic [Words*64-1:0] a_i,
  input  logic [Words*64-1:0] b_i,
  output logic [FieldW-1:0]   dot_o
);
  localparam int          Low  = FieldW * (PerWord - 1);
  localparam logic [63:0] Half = Low == 0 ? 64'd0 : 64'd1 << (Low - 1);

  logic [63:0] sum;
  always_comb begin
    sum = Half;
    for (int w = 0; w < Words; w++) sum = sum + a_i[w*64 +: 64] * b_i[w*64 +: 64];
  end
  assign dot_o = sum[Low +: FieldW];
  logic unused_fields;
  assign unused_fields = ^sum;
endmodule
