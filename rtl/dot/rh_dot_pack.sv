// Sign-magnitude codes as digits of long words: what rh_dot_packed multiplies. For simulators.
//
//   word w of words_o = sum over its lanes k of value(code) 2^(FieldW place(k))   mod 2^64
//   place(k) = k mod PerWord, with Reverse PerWord - 1 - k mod PerWord             docs/dot.md (9)
//
// PerWord = floor(64 / FieldW) lanes a word; the lanes that the last word lacks are 0.
// Combinational. Test: verif/dot/dot_magnitude_test.cpp, by way of rh_dot.
module rh_dot_pack #(
  parameter  int Lanes   = 16,
  parameter  int Width   = 3,
  parameter  int FieldW  = 9,
  parameter  bit Reverse = 1'b0,
  localparam int PerWord = 64 / FieldW,
  localparam int Words   = (Lanes + PerWord - 1) / PerWord
) (
  input  logic [Lanes*Width-1:0] codes_i,
  output logic [Words*64-1:0]    words_o
);
  localparam int Bits = Width - 1;

  for (genvar w = 0; w < Words; w++) begin : gen_word
    logic [63:0] word, magnitude;
    always_comb begin
      word = '0;
      for (int k = w * PerWord; k < (w + 1) * PerWord && k < Lanes; k++) begin
        magnitude = 64'(codes_i[k*Width +: Bits]) <<
                    FieldW * (Reverse ? (w + 1) * PerWord - 1 - k : k - w * PerWord);
        word      = codes_i[k*Width + Bits] ? word - magnitude : word + magnitude;
      end
    end
    assign words_o[w*64 +: 64] = word;
  end
endmodule
