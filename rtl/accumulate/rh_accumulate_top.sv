// The top part of an accumulator: a number that moves by one of -1, 0, 1, 2.
//
//   value_o = value_i + over_i - 1       mod 2^Width                        docs/accumulate.md (4)
//
// A bit flips if the move reaches it: a step up passes ones, a step down passes zeros. Both chains
// depend on value_i alone, so over_i, which comes late, is two gates away from every bit.
//
// Combinational. Test: verif/accumulate/accumulate_test.cpp.
module rh_accumulate_top #(
  parameter int Width = 16
) (
  input  logic [Width-1:0] value_i,
  input  logic [1:0]       over_i,
  output logic [Width-1:0] value_o
);
  logic up;    // one step up from bit 1, or none
  logic down;

  // Bit 0 by itself; what it leaves for the others is a step of two or none.
  assign up         = over_i == 2'd3 || (over_i == 2'd2 && value_i[0]);
  assign down       = over_i == 2'd0 && !value_i[0];
  assign value_o[0] = value_i[0] ^ ~over_i[0];

  for (genvar c = 1; c < Width; c++) begin : gen_bit
    logic ones;   // all lower bits from 1 are
    logic zeros;
    if (c == 1) begin : gen_first
      assign ones  = 1'b1;
      assign zeros = 1'b1;
    end else begin : gen_next
      assign ones  = &value_i[c-1:1];
      assign zeros = ~|value_i[c-1:1];
    end
    assign value_o[c] = value_i[c] ^ ((up & ones) | (down & zeros));
  end
endmodule
