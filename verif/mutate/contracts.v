// Functions for verif/mutate/contracts.txt: any bits as an input that a module has a specification
// for. Everything that is legal comes from some bits.

// A rh_pkg::block_config_t of a format that docs/number.md (10) can say, with at most magnitude_w
// bits: docs/contract.md (15), (16). A minifloat that does not fit becomes an integer.
function [44:0] legal_config(input [44:0] any, input integer magnitude_w, input minifloat,
                             input bump, input most_negative);
  reg [3:0]  p;
  reg [21:0] element;  // signed_zero, significand_bits, binades, max_code, element_exponent
  reg        is_float;
  begin
    case (any[18:16])
      3'd0:    element = {1'b1, 4'd2, 5'd2, 8'd7, 4'd2};      // E2M1
      3'd1:    element = {1'b1, 4'd4, 5'd2, 8'd31, 4'd2};     // E2M3
      3'd2:    element = {1'b1, 4'd3, 5'd6, 8'd31, 4'd4};     // E3M2
      3'd3:    element = {1'b1, 4'd4, 5'd14, 8'd126, 4'd8};   // E4M3
      default: element = {1'b1, 4'd3, 5'd29, 8'd123, 4'd15};  // E5M2
    endcase
    is_float = minifloat && any[37] && element[11:4] < (1 << magnitude_w);
    p        = any[35:33] % magnitude_w + 1;
    if (!is_float) element = {1'b0, p, 5'd0, 8'hFF >> (8 - p), 4'd0};
    legal_config = {any[44:42] > 3'd4 ? 3'd4 : any[44:42],
                    any[41:40],
                    any[39] && bump,
                    any[38] && most_negative && !is_float,
                    element,
                    any[10:8] == 3'd7 ? 8'd254 : 8'hFF >> (3'd7 - any[10:8]),
                    any[7:0]};
  end
endfunction
