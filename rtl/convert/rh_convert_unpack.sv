// One lane of a block converter: FP32, BF16 or FP16 to sign, exponent and significand.
//
//   |x| = significand * 2^(exponent - Bias - FracW), significand in 0 .. 2^(FracW+1) - 1
//   exponent_o = the field; of a subnormal number -(lz - 1), lz = min(leading zeros, Depth)
//   above_o    = significand / 2^FracW > threshold / 2^23                      docs/convert.md (9)
//
// A subnormal number is normalised by at most Depth places, below which it cannot be told from
// smaller ones by anything that follows: its top bit then is 0. Depth 0: its exponent is 1.
// kept_o holds the KeptW highest bits of the significand, sticky_o says that one below is not 0.
// Combinational. Golden: sw/convert/convert_bfp.hpp. Test: verif/convert/convert_bfp_test.cpp.
module rh_convert_unpack #(
  parameter int ExpW  = 8,
  parameter int FracW = 23,
  parameter int Depth = 1,  // 0 .. FracW
  parameter int KeptW = 13  // 1 .. FracW + 1
) (
  input  logic [ExpW+FracW:0]  in_i,
  input  logic [23:0]          threshold_i,
  output logic                 negative_o,
  output logic signed [ExpW:0] exponent_o,
  output logic [KeptW-1:0]     kept_o,
  output logic                 sticky_o,
  output logic                 above_o,
  output logic                 nonzero_o
);
  if (Depth < 0 || Depth > FracW || KeptW < 1 || KeptW > FracW + 1) begin : gen_bad_width
    $error("rh_convert_unpack: Depth must lie in 0 .. FracW and KeptW in 1 .. FracW + 1");
  end

  logic [ExpW-1:0]  field;
  logic [FracW-1:0] fraction;
  logic             normal;
  logic [FracW:0]   significand;

  assign {negative_o, field, fraction} = in_i;
  assign normal = field != '0;

  if (Depth == 0) begin : gen_aligned
    assign exponent_o  = {1'b0, field[ExpW-1:1], field[0] || !normal};
    assign significand = {normal, fraction};
  end else if (Depth == 1) begin : gen_next
    assign exponent_o  = {1'b0, field};
    assign significand = {normal || fraction[FracW-1],
                          normal ? fraction : {fraction[FracW-2:0], 1'b0}};
  end else begin : gen_normalised
    localparam int PlacesW = $clog2(Depth);
    logic [PlacesW-1:0] places;  // beyond the first
    always_comb begin
      places = '0;
      if (!normal) begin
        places = PlacesW'(Depth - 1);
        for (int i = Depth - 2; i >= 0; i--) begin
          if (fraction[FracW - 1 - i]) places = PlacesW'(i);
        end
      end
    end
    assign exponent_o  = normal ? {1'b0, field} : -((ExpW+1)'(places));
    assign significand = normal ? {1'b1, fraction} : {fraction, 1'b0} << places;
  end

  assign kept_o    = significand[FracW -: KeptW];
  assign nonzero_o = normal || fraction != '0;
  if (KeptW == FracW + 1) begin : gen_all_kept
    assign sticky_o = 1'b0;
  end else begin : gen_sticky
    assign sticky_o = significand[FracW-KeptW:0] != '0;
  end

  assign above_o = 24'({significand, 23'd0} >> FracW) > threshold_i;
endmodule
