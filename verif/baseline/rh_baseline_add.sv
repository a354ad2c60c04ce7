// FP32 plus a number of wider range, one rounding: nearest, ties to even.
//
//   sum_o = fl(value_i + p),  |p| = significand_i / 2^(SigW-1) * 2^(exponent_i - 127)
//                                                                           docs/baseline.md (2)
// p is normalised: the top bit of significand_i is set, or p is 0 and exponent_i is 0 or less. Its
// exponent may lie beyond FP32's at both ends. A value_i that is NaN is rh_pkg::Fp32Nan.
//
// The operand of the larger exponent (`greater`) stays, the other one (`lesser`) is shifted right,
// with a sticky bit below; d = difference of the exponents. One adder serves both signs: a
// difference that comes out negative is complemented, its carry-out being its carry-in. A sum that
// lost two leading bits or more had d <= 1, and its sticky bit is exact. rh_baseline_round follows.
//
// Combinational. Golden: fma() in verif/baseline/baseline.hpp. Test:
// verif/baseline/baseline_test.cpp (through the cells).
module rh_baseline_add #(
  parameter int SigW = 24  // 2 .. 25 or 27 .. 48
) (
  input  logic        [31:0]     value_i,
  input  logic                   negative_i,
  input  logic signed [9:0]      exponent_i,
  input  logic        [SigW-1:0] significand_i,
  input  logic                   nan_i,
  input  logic                   infinity_i,
  output logic        [31:0]     sum_o
);
  if (SigW < 2 || SigW == 26 || SigW > 48) begin : gen_bad_width
    $error("rh_baseline_add: SigW must lie in 2 .. 25 or 27 .. 48");
  end

  // The longer significand and a sticky bit. Not below 27: to round at 24 takes two between them.
  localparam int KeptW  = SigW < 24 ? 24 : SigW;
  localparam int W      = KeptW < 26 ? 27 : KeptW + 1;
  localparam int Levels = $clog2(W);

  // ---- exponents: greater, lesser, d
  logic              normal, swap;
  logic signed [9:0] exponent_v;
  logic        [9:0] difference;
  logic        [8:0] exponent;  // of greater: 1 .. 511
  logic        [9:0] d;         // minus one when swapped
  assign normal     = value_i[30:23] != '0;
  assign exponent_v = {2'b0, value_i[30:24], value_i[23] | !normal};
  assign difference = exponent_v - exponent_i;
  assign swap       = difference[9];
  assign d          = difference ^ {10{swap}};
  assign exponent   = swap ? exponent_i[8:0] : exponent_v[8:0];

  // ---- alignment
  logic [W-2:0] value_sig, addend_sig, greater, lesser, aligned;
  logic         sticky;
  assign value_sig  = {normal, value_i[22:0], {(W-25){1'b0}}};
  assign addend_sig = {significand_i, {(W-1-SigW){1'b0}}};
  assign greater    = swap ? addend_sig : value_sig;
  assign lesser     = swap ? value_sig >> 1 : addend_sig;

  for (genvar l = 0; l < Levels; l++) begin : gen_shift
    localparam int Bit   = Levels - 1 - l;
    localparam int Shift = 1 << Bit;
    logic [W-2:0] earlier, later;
    logic         lost, lost_before;
    if (l == 0) begin : gen_first
      assign earlier     = lesser;
      assign lost_before = 1'b0;
    end else begin : gen_next
      assign earlier     = gen_shift[l-1].later;
      assign lost_before = gen_shift[l-1].lost;
    end
    assign later = d[Bit] ? earlier >> Shift : earlier;
    assign lost  = lost_before | (d[Bit] & (|earlier[Shift-1:0]));
  end
  logic all_out;
  assign all_out = d[9:Levels] != '0;
  assign aligned = gen_shift[Levels-1].later & {(W-1){!all_out}};
  assign sticky  = gen_shift[Levels-1].lost | (all_out & (|lesser));

  // ---- sum: carries by a Brent-Kung prefix tree
  logic         subtract, flip, carry, equal;
  logic [W-1:0] left, right, propagate;
  logic [W:0]   carries, sum;
  assign subtract  = value_i[31] ^ negative_i;
  assign left      = {greater, 1'b0};
  assign right     = {aligned, sticky} ^ {W{subtract}};
  assign propagate = left ^ right;

  // Up: bit i of level l knows the group of its last 2^l bits, for i + 1 a multiple of 2^l.
  for (genvar l = 0; l <= Levels; l++) begin : gen_up
    logic [W-1:0] g, p;
    for (genvar i = 0; i < W; i++) begin : gen_bit
      localparam int Half = (1 << l) / 2;
      if (l == 0) begin : gen_input
        assign g[i] = left[i] & right[i];
        assign p[i] = propagate[i];
      end else if ((i + 1) % (2 * Half) == 0) begin : gen_join
        assign g[i] = gen_up[l-1].g[i] | (gen_up[l-1].p[i] & gen_up[l-1].g[i-Half]);
        assign p[i] = gen_up[l-1].p[i] & gen_up[l-1].p[i-Half];
      end else begin : gen_keep
        assign g[i] = gen_up[l-1].g[i];
        assign p[i] = gen_up[l-1].p[i];
      end
    end
  end
  // Down: then every bit knows the group of all bits below and itself.
  for (genvar l = 0; l <= Levels; l++) begin : gen_down
    logic [W-1:0] g, p;
    for (genvar i = 0; i < W; i++) begin : gen_bit
      localparam int Half = (1 << Levels) >> l;  // .. 4, 2, 1
      if (l == 0) begin : gen_input
        assign g[i] = gen_up[Levels].g[i];
        assign p[i] = gen_up[Levels].p[i];
      end else if (i >= 2 * Half && (i + 1) % (2 * Half) == Half) begin : gen_join
        assign g[i] = gen_down[l-1].g[i] | (gen_down[l-1].p[i] & gen_down[l-1].g[i-Half]);
        assign p[i] = gen_down[l-1].p[i] & gen_down[l-1].p[i-Half];
      end else begin : gen_keep
        assign g[i] = gen_down[l-1].g[i];
        assign p[i] = gen_down[l-1].p[i];
      end
    end
  end
  assign carry   = gen_down[Levels].g[W-1];
  assign equal   = gen_down[Levels].p[W-1] & subtract;  // greater = lesser: the sum is +0
  assign flip    = subtract & !carry;                // greater < lesser
  assign carries = {gen_down[Levels].g | (gen_down[Levels].p & {W{subtract & carry}}),
                    subtract & carry};
  assign sum     = {!subtract & carry, propagate ^ carries[W-1:0] ^ {W{flip}}};

  logic unused_carry;
  assign unused_carry = carries[W];

  // ---- normalised, rounded
  logic [30:0] magnitude;
  logic        over;
  rh_baseline_round #(.W(W)) u_round (
    .sum_i      (sum),
    .exponent_i (exponent),
    .magnitude_o(magnitude),
    .overflow_o (over)
  );

  // ---- result
  logic value_top, value_infinity, nan, infinity;
  assign value_top      = value_i[30:23] == '1;
  assign value_infinity = value_top & !value_i[22];
  assign nan            = nan_i | (value_top & value_i[22]) |
                          (infinity_i & value_infinity & subtract);
  assign infinity       = infinity_i | value_top | over;

  always_comb begin
    sum_o = {1'b0, magnitude};
    sum_o[31] = value_infinity ? value_i[31] :
                infinity_i     ? negative_i :
                equal          ? 1'b0 :
                swap ^ flip    ? negative_i : value_i[31];
    if (infinity || nan) sum_o[30:0] = {8'hFF, nan, 22'b0};
    if (nan) sum_o[31] = 1'b0;
  end
endmodule
