// THE package: what a format is, what a rounding mode is, and every width that follows.
//
// A format IS its descriptor: one packed struct, one constant a preset. Adding a preset adds one
// constant here, one row to sw/number/number.hpp and an entry of the probe that compares the two.
// Golden model: sw/number/number.hpp. Test: verif/number/number_test.cpp. Docs: docs/number.md.
package rh_pkg;

  // How the bits below the cut decide. Formulas: docs/round.md (1) to (5).
  typedef enum logic [2:0] {
    Truncate           = 3'd0,
    NearestEven        = 3'd1,
    NearestAway        = 3'd2,
    Stochastic         = 3'd3,
    StochasticUnbiased = 3'd4
  } round_mode_e;

  typedef enum logic [0:0] {
    TwosComplement = 1'b0,
    SignMagnitude  = 1'b1
  } encoding_e;

  typedef enum logic [0:0] {
    Saturate = 1'b0,
    Bump     = 1'b1
  } overflow_e;

  // The exponent of a group from its largest magnitude. Formulas: docs/contract.md (17) to (20).
  typedef enum logic [1:0] {
    FloorExponent = 2'd0,
    CeilExponent  = 2'd1,
    EvenExponent  = 2'd2,
    RceilExponent = 2'd3
  } exponent_rule_e;

  // Codes that a minifloat element keeps for what is not a number.
  typedef enum logic [1:0] {
    NoSpecials  = 2'd0,
    NanOnly     = 2'd1,
    InfinityNan = 2'd2
  } specials_e;

  typedef struct packed {
    logic [3:0]     magnitude_bits;         // m: of a code, its sign not counted
    logic [2:0]     element_exponent_bits;  // 0: an integer; else a minifloat's exponent field
    specials_e      specials;
    logic [3:0]     exponent_bits;          // that a group shares; 0: an FP32 scale per line
    logic [15:0]    group_size;             // values that share it; 0: the whole line
    encoding_e      encoding;
    round_mode_e    rounding;
    logic [3:0]     noise_bits;             // R, of the two stochastic modes
    exponent_rule_e rule;
    overflow_e      overflow;               // what a carry out of the top bit does
    logic           most_negative;          // does conversion produce the code -2^m?
  } format_t;

  localparam format_t Int8 =
      {4'd7, 3'd0, NoSpecials, 4'd0, 16'd0, TwosComplement, NearestEven, 4'd8, FloorExponent,
       Saturate, 1'b0};
  localparam format_t Fast2 =
      {4'd2, 3'd0, NoSpecials, 4'd4, 16'd16, SignMagnitude, NearestEven, 4'd8, FloorExponent,
       Saturate, 1'b0};
  localparam format_t Fast4 =
      {4'd4, 3'd0, NoSpecials, 4'd4, 16'd16, SignMagnitude, NearestEven, 4'd8, FloorExponent,
       Saturate, 1'b0};
  localparam format_t Fast2Sr =
      {4'd2, 3'd0, NoSpecials, 4'd4, 16'd16, SignMagnitude, Stochastic, 4'd8, FloorExponent,
       Saturate, 1'b0};
  localparam format_t Fast4Sr =
      {4'd4, 3'd0, NoSpecials, 4'd4, 16'd16, SignMagnitude, Stochastic, 4'd8, FloorExponent,
       Saturate, 1'b0};
  localparam format_t Msfp12 =
      {4'd3, 3'd0, NoSpecials, 4'd8, 16'd16, SignMagnitude, NearestEven, 4'd8, FloorExponent,
       Saturate, 1'b0};
  localparam format_t Msfp16 =
      {4'd7, 3'd0, NoSpecials, 4'd8, 16'd16, SignMagnitude, NearestEven, 4'd8, FloorExponent,
       Saturate, 1'b0};
  localparam format_t MxInt8 =
      {4'd7, 3'd0, NoSpecials, 4'd8, 16'd32, SignMagnitude, NearestEven, 4'd8, FloorExponent,
       Saturate, 1'b0};
  localparam format_t MxInt4 =
      {4'd3, 3'd0, NoSpecials, 4'd8, 16'd32, SignMagnitude, NearestEven, 4'd8, FloorExponent,
       Saturate, 1'b0};
  localparam format_t MxInt8Away =
      {4'd7, 3'd0, NoSpecials, 4'd8, 16'd32, SignMagnitude, NearestAway, 4'd8, FloorExponent,
       Saturate, 1'b0};
  localparam format_t MxInt4Away =
      {4'd3, 3'd0, NoSpecials, 4'd8, 16'd32, SignMagnitude, NearestAway, 4'd8, FloorExponent,
       Saturate, 1'b0};
  localparam format_t MxFp4 =
      {4'd3, 3'd2, NoSpecials, 4'd8, 16'd32, SignMagnitude, NearestEven, 4'd8, FloorExponent,
       Saturate, 1'b0};
  localparam format_t MxFp6E2M3 =
      {4'd5, 3'd2, NoSpecials, 4'd8, 16'd32, SignMagnitude, NearestEven, 4'd8, FloorExponent,
       Saturate, 1'b0};
  localparam format_t MxFp6E3M2 =
      {4'd5, 3'd3, NoSpecials, 4'd8, 16'd32, SignMagnitude, NearestEven, 4'd8, FloorExponent,
       Saturate, 1'b0};
  localparam format_t MxFp8E4M3 =
      {4'd7, 3'd4, NanOnly, 4'd8, 16'd32, SignMagnitude, NearestEven, 4'd8, FloorExponent,
       Saturate, 1'b0};
  localparam format_t MxFp8E5M2 =
      {4'd7, 3'd5, InfinityNan, 4'd8, 16'd32, SignMagnitude, NearestEven, 4'd8, FloorExponent,
       Saturate, 1'b0};

  // Where the input of a converter comes from.
  typedef enum logic [1:0] {
    SourceFp32 = 2'd0,
    SourceBf16 = 2'd1,
    SourceFp16 = 2'd2
  } source_e;

  // What a block converter is told of a format: numbers derived from the descriptor and the
  // tensor's base, constant while groups are in flight. Formulas: docs/contract.md (15), (16).
  typedef struct packed {
    round_mode_e       rounding;
    exponent_rule_e    rule;
    overflow_e         overflow;
    logic              most_negative;
    logic              signed_zero;       // a minifloat keeps the sign of its zero
    logic [3:0]        significand_bits;  // p
    logic [4:0]        binades;           // L; 0 for integers
    logic [7:0]        max_code;
    logic [3:0]        element_exponent;  // of the largest binade of a minifloat; 0 for integers
    logic [7:0]        max_exponent;      // the largest e
    logic signed [7:0] base;
  } block_config_t;

  // What leaves the requantizer. Formulas: docs/requantize.md (1) to (3).
  typedef enum logic [1:0] {
    OutputInt32 = 2'd0,  // the accumulator as it is
    OutputFp32  = 2'd1,  // fl(fl(fl(acc) * scale_a) * scale_b)
    OutputInt8  = 2'd2   // the same, rounded to a code within +-127
  } output_e;

  // Bits of the exact sum of `terms` products of two signed `width`-bit codes, the most negative
  // code included: |sum| <= terms * 2^(2 width - 2), reached with a plus sign.
  function automatic int dot_width(int width, int terms);
    dot_width = 2 * width + $clog2(terms);
  endfunction

  // Bits of the exact signed sum of `terms` products of sign-magnitude codes with bits_a and bits_b
  // magnitude bits: |sum| <= terms (2^bits_a - 1) (2^bits_b - 1), reached with both signs.
  function automatic int dot_width_magnitude(int bits_a, int bits_b, int terms);
    dot_width_magnitude = 1 + $clog2(terms * ((1 << bits_a) - 1) * ((1 << bits_b) - 1) + 1);
  endfunction

  // Bits in which Lanes codes of `width` bits travel through the array: as they are, or packed in
  // words of 64 bits for rh_dot_packed, as many as 64 / dot_width_magnitude(..) codes a word.
  function automatic int codes_width(int lanes, int width, bit packed_words);
    int field, per_word;
    codes_width = lanes * width;
    if (packed_words) begin
      field       = 1 + $clog2(lanes * ((1 << (width - 1)) - 1) * ((1 << (width - 1)) - 1) + 1);
      per_word    = 64 / field;
      codes_width = 64 * ((lanes + per_word - 1) / per_word);
    end
  endfunction

  // Cycles from the operands of a cell to its accumulator.                    docs/mac.md (2)
  function automatic int mac_latency(bit carry_save, bit sign_magnitude, bit fp32);
    mac_latency = fp32 ? 3 : carry_save || sign_magnitude ? 2 : 1;
  endfunction

  localparam logic [31:0] Fp32Nan      = 32'h7FC00000;  // the one NaN this kit writes
  localparam logic [31:0] Fp32Infinity = 32'h7F800000;

endpackage
