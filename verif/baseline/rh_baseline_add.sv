// FP32 plus a number of wider range, one rounding: nearest, ties to even.
//
//   sum_o = fl(value_i + p),  |p| = significand_i / 2^(SigW-1) * 2^(exponent_i - 127)
//                                                                           docs/baseline.md (2)
// p is normalised: the top bit of significand_i is set, or p is 0 and exponent_i is 0 or less. Its
// exponent may lie beyond FP32's at both ends. A value_i that is NaN is rh_pkg::Fp32Nan.
//
// The operand of the larger exponent (`greater`) stays, the other one (`lesser`) is shifted right,
// with a sticky bit below; d = difference of the exponents. One adder serves both signs: a
// difference that comes out negative is complemented, its carry-out being its carry-in. Behind it:
//   far   the sum moves by one place at most, and is rounded;
//   near  the sum lost two leading bits or more: d <= 1, all its bits fit, nothing is rounded.
// No shift is longer than the smallest exponent allows, which makes subnormal results right.
//
// Combinational. Golden: fma() in verif/baseline/baseline.hpp. Test:
// verif/baseline/baseline_test.cpp (through the cells).
module rh_baseline_add #(
  parameter int SigW = 24  // 2 .. 24
) (
  input  logic        [31:0]     value_i,
  input  logic                   negative_i,
  input  logic signed [9:0]      exponent_i,
  input  logic        [SigW-1:0] significand_i,
  input  logic                   nan_i,
  input  logic                   infinity_i,
  output logic        [31:0]     sum_o
);
  localparam int W = 27;  // 24 bits, two below, sticky

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
  logic [23:0]  value_sig, addend_sig, greater;
  logic [W-2:0] lesser;
  logic [W-2:0] aligned;
  logic         sticky;
  assign value_sig  = {normal, value_i[22:0]};
  assign addend_sig = {significand_i, {(24-SigW){1'b0}}};
  assign greater    = swap ? addend_sig : value_sig;
  assign lesser     = swap ? {1'b0, value_sig, 1'b0} : {addend_sig, 2'b0};

  for (genvar l = 0; l < 5; l++) begin : gen_shift
    localparam int Shift = 16 >> l;
    logic [W-2:0] earlier, later;
    logic         lost, lost_before;
    if (l == 0) begin : gen_first
      assign earlier     = lesser;
      assign lost_before = 1'b0;
    end else begin : gen_next
      assign earlier     = gen_shift[l-1].later;
      assign lost_before = gen_shift[l-1].lost;
    end
    assign later = d[4-l] ? earlier >> Shift : earlier;
    assign lost  = lost_before | (d[4-l] & (|earlier[Shift-1:0]));
  end
  logic all_out;
  assign all_out = d[9:5] != '0;
  assign aligned = gen_shift[4].later & {(W-1){!all_out}};
  assign sticky  = gen_shift[4].lost | (all_out & (|lesser));

  // ---- sum: carries by a Brent-Kung prefix tree
  logic         subtract, flip, carry, equal;
  logic [W-1:0] left, right, propagate;
  logic [W:0]   carries, sum;
  assign subtract  = value_i[31] ^ negative_i;
  assign left      = {greater, 3'b0};
  assign right     = {aligned, sticky} ^ {W{subtract}};
  assign propagate = left ^ right;

  // Up: bit i of level l knows the group of its last 2^l bits, for i + 1 a multiple of 2^l.
  for (genvar l = 0; l <= 5; l++) begin : gen_up
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
  for (genvar l = 0; l <= 5; l++) begin : gen_down
    logic [W-1:0] g, p;
    for (genvar i = 0; i < W; i++) begin : gen_bit
      localparam int Half = 32 >> l;  // 16, 8, .. 1
      if (l == 0) begin : gen_input
        assign g[i] = gen_up[5].g[i];
        assign p[i] = gen_up[5].p[i];
      end else if (i >= 2 * Half && (i + 1) % (2 * Half) == Half) begin : gen_join
        assign g[i] = gen_down[l-1].g[i] | (gen_down[l-1].p[i] & gen_down[l-1].g[i-Half]);
        assign p[i] = gen_down[l-1].p[i] & gen_down[l-1].p[i-Half];
      end else begin : gen_keep
        assign g[i] = gen_down[l-1].g[i];
        assign p[i] = gen_down[l-1].p[i];
      end
    end
  end
  assign carry   = gen_down[5].g[W-1];
  assign equal   = gen_down[5].p[W-1] & subtract;  // greater = lesser: the sum is +0
  assign flip    = subtract & !carry;                // greater < lesser
  assign carries = {gen_down[5].g | (gen_down[5].p & {W{subtract & carry}}),
                    subtract & carry};
  assign sum     = {!subtract & carry, propagate ^ carries[W-1:0] ^ {W{flip}}};

  logic unused_carry;
  assign unused_carry = carries[W];

  // ---- near: the leading bit to the top
  logic [24:0] near_in, stop;
  logic [24:0] near_out;
  logic [4:0]  near_count;
  logic [8:0]  near_exponent;
  logic        near;
  assign near_in = sum[26:2];
  for (genvar i = 0; i < 25; i++) begin : gen_stop
    assign stop[24-i] = exponent == 9'(i + 1);  // farther than i places is below the range
  end

  // Leading zeros of near_in | stop: is the upper half of what is left empty? The ones below the
  // last bit end the count.
  for (genvar l = 0; l < 5; l++) begin : gen_zeros
    localparam int Half = 16 >> l;
    logic [2*Half-1:0] rest_of;
    logic              empty;
    if (l == 0) begin : gen_first
      assign rest_of = {near_in | stop, 7'h7F};
    end else begin : gen_next
      assign rest_of = gen_zeros[l-1].empty ? gen_zeros[l-1].rest_of[2*Half-1:0]
                                            : gen_zeros[l-1].rest_of[4*Half-1:2*Half];
    end
    assign empty           = rest_of[2*Half-1:Half] == '0;
    assign near_count[4-l] = empty;
  end
  assign near_out      = near_in << near_count;
  assign near_exponent = exponent - 9'(near_count);
  assign near          = sum[27:25] == '0 && exponent != 9'd1;

  logic unused_near;
  assign unused_near = ^{near_out[0], near_exponent[8], gen_zeros[4].rest_of[0]};

  // ---- far: one place right, none, or one left; rounded
  logic        right_one, left_one, far_hidden, half, rest, up;
  logic [8:0]  far_exponent;
  logic [22:0] far_fraction;
  logic [31:0] far;
  assign right_one  = sum[27];
  assign left_one   = !sum[27] && !sum[26] && exponent != 9'd1;
  assign far_hidden = sum[27] | sum[26] | left_one;
  always_comb begin
    if (right_one) begin
      far_exponent = exponent + 9'd1;
      far_fraction = sum[26:4];
      half         = sum[3];
      rest         = sum[2:0] != '0;
    end else if (left_one) begin
      far_exponent = exponent - 9'd1;
      far_fraction = sum[24:2];
      half         = sum[1];
      rest         = sum[0];
    end else begin
      far_exponent = exponent;
      far_fraction = sum[25:3];
      half         = sum[2];
      rest         = sum[1:0] != '0;
    end
  end
  assign up  = half & (rest | far_fraction[0]);
  assign far = {far_exponent & {9{far_hidden}}, far_fraction} + 32'(up);

  // ---- result
  logic value_top, value_infinity, nan, infinity, over;
  assign value_top      = value_i[30:23] == '1;
  assign value_infinity = value_top & !value_i[22];
  assign nan            = nan_i | (value_top & value_i[22]) |
                          (infinity_i & value_infinity & subtract);
  assign over           = !near & (far[31] | (far[30:23] == '1));
  assign infinity       = infinity_i | value_top | over;

  always_comb begin
    sum_o = near ? {1'b0, near_exponent[7:0] & {8{near_out[24]}}, near_out[23:1]} :
                   {1'b0, far[30:0]};
    sum_o[31] = value_infinity ? value_i[31] :
                infinity_i     ? negative_i :
                equal          ? 1'b0 :
                swap ^ flip    ? negative_i : value_i[31];
    if (infinity || nan) sum_o[30:0] = {8'hFF, nan, 22'b0};
    if (nan) sum_o[31] = 1'b0;
  end
endmodule
