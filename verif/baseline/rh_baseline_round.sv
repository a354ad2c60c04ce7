// The magnitude of a sum, normalised and rounded: nearest, ties to even.
//
//   magnitude_o = fl(sum_i / 2^(W-1) * 2^(exponent_i - 127))                  docs/baseline.md (2)
//
// as FP32's bits without sign; overflow_o instead when that is infinity. The last bit of sum_i may
// be sticky where the sum has not lost two leading bits or more. No shift is longer than the
// smallest exponent allows, which makes subnormal results right.
//
// W = 27: rounding beside normalisation, because one of them is enough:
//   far   the sum moves by one place at most, and is rounded;
//   near  the sum lost two leading bits or more: all its bits fit, nothing is rounded.
// W > 27: a sum may have more bits than FP32 however many it lost; it is normalised, then rounded.
//
// Combinational. Golden: fma() in verif/baseline/baseline.hpp. Test:
// verif/baseline/baseline_test.cpp (through the cells).
module rh_baseline_round #(
  parameter int W = 27  // 27 .. 62
) (
  input  logic [W:0]  sum_i,       // bit W: the carry
  input  logic [8:0]  exponent_i,  // 1 or more, of bit W - 1
  output logic [30:0] magnitude_o,
  output logic        overflow_o
);
  // Normalised: 25 bits from the one below the carry on, or all of them.
  localparam bit Beside = W == 27;
  localparam int Lead   = Beside ? 1 : 0;
  localparam int InW    = Beside ? 25 : W + 1;
  localparam int CountW = $clog2(InW);

  logic [InW-1:0]    in, stop, out;
  logic [CountW-1:0] count;
  logic [8:0]        exponent;
  assign in = sum_i[W-Lead -: InW];
  for (genvar i = 0; i < InW; i++) begin : gen_stop
    assign stop[InW-1-i] = exponent_i == 9'(i + Lead);  // farther is below the range
  end

  // Leading zeros of in | stop: is the upper half of what is left empty? Then `in` moves by as
  // much. The ones below the last bit end the count.
  for (genvar l = 0; l < CountW; l++) begin : gen_zeros
    localparam int Half = (1 << CountW) >> (l + 1);
    logic [2*Half-1:0] rest_of;
    logic              empty;
    logic [InW-1:0]    later;
    if (l == 0) begin : gen_first
      assign rest_of = {in | stop, {(2*Half-InW){1'b1}}};
      assign later   = empty ? in << Half : in;
    end else begin : gen_next
      assign rest_of = gen_zeros[l-1].empty ? gen_zeros[l-1].rest_of[2*Half-1:0]
                                            : gen_zeros[l-1].rest_of[4*Half-1:2*Half];
      assign later   = empty ? gen_zeros[l-1].later << Half : gen_zeros[l-1].later;
    end
    assign empty             = rest_of[2*Half-1:Half] == '0;
    assign count[CountW-1-l] = empty;
  end
  assign out      = gen_zeros[CountW-1].later;
  assign exponent = exponent_i + 9'(1 - Lead) - 9'(count);

  logic unused_zeros;
  assign unused_zeros = gen_zeros[CountW-1].rest_of[0];

  // ---- what is rounded
  logic        hidden, half, rest, up;
  logic [8:0]  far_exponent;
  logic [22:0] far_fraction;
  logic [31:0] far;
  assign up  = half & (rest | far_fraction[0]);
  assign far = {hidden ? far_exponent : 9'd0, far_fraction} + 32'(up);

  if (Beside) begin : gen_beside
    // One place right, none, or one left. Near, far has no hidden bit and cannot overflow.
    logic right_one, left_one, near;
    assign right_one = sum_i[27];
    assign left_one  = !sum_i[27] && !sum_i[26] && exponent_i != 9'd1;
    assign hidden    = sum_i[27] | sum_i[26] | (sum_i[25] & exponent_i != 9'd1);
    always_comb begin
      if (right_one) begin
        far_exponent = exponent_i + 9'd1;
        far_fraction = sum_i[26:4];
        half         = sum_i[3];
        rest         = sum_i[2:0] != '0;
      end else if (left_one) begin
        far_exponent = exponent_i - 9'd1;
        far_fraction = sum_i[24:2];
        half         = sum_i[1];
        rest         = sum_i[0];
      end else begin
        far_exponent = exponent_i;
        far_fraction = sum_i[25:3];
        half         = sum_i[2];
        rest         = sum_i[1:0] != '0;
      end
    end
    assign near        = left_one && !sum_i[25];
    assign magnitude_o = near ? {exponent[7:0] & {8{out[24]}}, out[23:1]} : far[30:0];
    assign overflow_o  = far[31] | (far[30:23] == '1);

    logic unused_near;
    assign unused_near = ^{out[0], exponent[8]};
  end else begin : gen_behind
    assign hidden       = out[W];
    assign far_exponent = exponent;
    assign far_fraction = out[W-1 -: 23];
    assign half         = out[W-24];
    assign rest         = out[W-25:0] != '0;
    assign magnitude_o  = far[30:0];
    assign overflow_o   = far[31] | (far[30:23] == '1);
  end
endmodule
