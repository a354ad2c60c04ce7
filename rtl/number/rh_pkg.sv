// THE package: what a format is, what a rounding mode is, and every width that follows.
//
// A format IS its descriptor: one packed struct, one constant a preset. Adding a preset adds one
// constant here and one row to sw/number/number.hpp, nothing else.
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

  typedef struct packed {
    logic [3:0]  magnitude_bits;  // m: codes lie within +-(2^m - 1)
    logic [3:0]  exponent_bits;   // of the exponent a group shares; 0: an FP32 scale per line
    logic [15:0] group_size;      // values that share an exponent or scale; 0: the whole line
    encoding_e   encoding;
    round_mode_e rounding;
    overflow_e   overflow;        // what a carry out of the top bit does
    logic        most_negative;   // does conversion produce the code -2^m?
  } format_t;

  localparam format_t Int8 = {4'd7, 4'd0, 16'd0, TwosComplement, NearestEven, Saturate, 1'b0};

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

  // Cycles from the operands of a cell to its accumulator.                    docs/mac.md (2)
  function automatic int mac_latency(bit carry_save);
    mac_latency = carry_save ? 2 : 1;
  endfunction

  localparam logic [31:0] Fp32Nan      = 32'h7FC00000;  // the one NaN this kit writes
  localparam logic [31:0] Fp32Infinity = 32'h7F800000;

endpackage
