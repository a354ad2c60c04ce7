// B2, what a cell of tensor-core kind costs: a dot product of Lanes bf16 pairs, added to one FP32
// accumulator.
//
//   value_o <= fl((restart ? +0 : value_o) + s),  s = cut(sum over lanes of align(a * b))
//                                                                           docs/baseline.md (3)
// align keeps of a product what lies at or above 2^(E - 22), E the largest exponent of a product in
// this beat; cut keeps the 24 leading bits of the sum; both drop magnitudes towards zero. The
// exponent of a product is the sum of its operands', of which a subnormal has that of field 1; a
// product that is 0 has none.                                              docs/baseline.md (4, 5)
//
// Schedule, counted in clock edges after the cycle in which a_i, b_i, restart_i are seen:
//   1   a_o, b_o repeat them; the exponents of the products and E are in registers
//   2   products, aligned and compressed to two rows
//   3   their sum, signed magnitude, normalised and cut
//   4   value_o contains the beat; with restart it contains nothing older
//
// Bubbles as in rh_baseline_fma. No reset.
// Golden: dot() in verif/baseline/baseline.hpp. Test: verif/baseline/baseline_test.cpp.
module rh_baseline_bf16_dot #(
  parameter int Lanes = 16
) (
  input  logic                clk_i,
  input  logic [Lanes*16-1:0] a_i,
  input  logic [Lanes*16-1:0] b_i,
  input  logic                restart_i,
  output logic [Lanes*16-1:0] a_o,
  output logic [Lanes*16-1:0] b_o,
  output logic [31:0]         value_o
);
  if (Lanes != 16) begin : gen_bad_lanes
    $error("rh_baseline_bf16_dot: Lanes must be 16");
  end

  localparam int KeptW = 24;           // of an aligned product: its 16 bits and 8 below
  localparam int SumW  = KeptW + 5;    // 16 of them and a sign

  // ---- 1: exponents, the largest one, specials
  logic [Lanes*9-1:0] exponents, exponents_q;
  logic [Lanes-1:0]   zeros, nans, positives, negatives;  // the latter two infinite
  logic [8:0]         top, top_q;
  logic               nan_q, positive_q, negative_q, restart_q;

  for (genvar k = 0; k < Lanes; k++) begin : gen_exponent
    logic negative, infinity;
    rh_baseline_exponent u_exponent (
      .a_i       (a_i[16*k +: 16]),
      .b_i       (b_i[16*k +: 16]),
      .exponent_o(exponents[9*k +: 9]),
      .negative_o(negative),
      .zero_o    (zeros[k]),
      .infinity_o(infinity),
      .nan_o     (nans[k])
    );
    assign positives[k] = infinity && !negative;
    assign negatives[k] = infinity && negative;
  end

  // Bit by bit from the top, among the lanes that have had all ones of the maximum so far: half as
  // large as a tree of comparators.
  for (genvar l = 0; l < 9; l++) begin : gen_bit
    logic [Lanes-1:0] alive, ones, left;
    for (genvar k = 0; k < Lanes; k++) begin : gen_lane
      assign ones[k] = exponents[9*k + 8 - l];
    end
    if (l == 0) begin : gen_first
      assign alive = ~zeros;
    end else begin : gen_next
      assign alive = gen_bit[l-1].left;
    end
    assign top[8-l] = (alive & ones) != '0;
    assign left     = alive & (ones | {Lanes{!top[8-l]}});
  end
  logic unused_left;
  assign unused_left = ^gen_bit[8].left;

  always_ff @(posedge clk_i) begin
    a_o         <= a_i;
    b_o         <= b_i;
    exponents_q <= exponents;
    top_q       <= top;
    nan_q       <= nans != '0 || (positives != '0 && negatives != '0);
    positive_q  <= positives != '0;
    negative_q  <= negatives != '0;
    restart_q   <= restart_i;
  end

  // ---- 2: products, aligned; two rows
  // With q = magnitude xor sign, minus the magnitude is q + 1 - 2^KeptW: signs are counted, the
  // count is added at the bottom and taken away at KeptW.
  localparam int Rows = Lanes + 1;

  function automatic logic [SumW*12-1:0] make_heights();
    for (int c = 0; c < SumW; c++)
      make_heights[c*12 +: 12] = 12'(c < 5 ? Lanes + 1 : c < KeptW ? Lanes : c == KeptW ? 2 : 1);
  endfunction

  logic [Lanes*KeptW-1:0] codes;
  logic [Lanes-1:0]       signs;
  logic [4:0]             count;
  for (genvar k = 0; k < Lanes; k++) begin : gen_lane
    logic [15:0]      product;
    logic [8:0]       shift;
    logic [16:0]      by_1;
    logic [18:0]      by_2;
    logic [22:0]      by_4;
    logic [KeptW-1:0] by_8, aligned;
    logic             stays, moves;  // by 16
    logic             unused_carry;
    rh_baseline_product u_product (
      .a_i      (a_o[16*k +: 15]),
      .b_i      (b_o[16*k +: 15]),
      .product_o(product)
    );
    rh_dot_ripple #(.Width(9)) u_shift (
      .a_i    (top_q),
      .b_i    (~exponents_q[9*k +: 9]),
      .carry_i(1'b1),
      .sum_o  (shift),
      .carry_o(unused_carry)
    );
    // 16 bits on their way down into 24: no step is wider than what can have been reached.
    assign by_1    = shift[0] ? {1'b0, product} : {product, 1'b0};
    assign by_2    = shift[1] ? {2'b0, by_1} : {by_1, 2'b0};
    assign by_4    = shift[2] ? {4'b0, by_2} : {by_2, 4'b0};
    assign by_8    = shift[3] ? {8'b0, by_4[22:7]} : {by_4, 1'b0};
    assign stays   = shift[8:4] == '0;
    assign moves   = shift[8:4] == 5'd1;
    assign aligned = {by_8[23:8] & {16{stays}},
                      (by_8[7:0] & {8{stays}}) | (by_8[23:16] & {8{moves}})};
    assign signs[k] = a_o[16*k + 15] ^ b_o[16*k + 15];
    assign codes[k*KeptW +: KeptW] = aligned ^ {KeptW{signs[k]}};
  end

  always_comb begin
    count = '0;
    for (int k = 0; k < Lanes; k++) count = count + 5'(signs[k]);
  end

  logic [SumW*Rows-1:0] bits;
  logic [2*SumW-1:0]    rows, rows_q;
  for (genvar c = 0; c < SumW; c++) begin : gen_column
    for (genvar r = 0; r < Rows; r++) begin : gen_slot
      if (c < KeptW && r < Lanes) begin : gen_code
        assign bits[c*Rows + r] = codes[r*KeptW + c];
      end else if (c < 5) begin : gen_count
        assign bits[c*Rows + r] = count[c];
      end else if (c >= KeptW && r == 0) begin : gen_minus_count
        assign bits[c*Rows + r] = !count[c-KeptW];
      end else begin : gen_constant
        assign bits[c*Rows + r] = c == KeptW && r == 1;
      end
    end
  end

  rh_dot_compress #(
    .Cols   (SumW),
    .Rows   (Rows),
    .Heights(make_heights())
  ) u_compress (
    .bits_i(bits),
    .rows_o(rows)
  );

  logic [8:0] top_q2;
  logic       nan_q2, infinity_q2, negative_q2, restart_q2;
  always_ff @(posedge clk_i) begin
    rows_q      <= rows;
    top_q2      <= top_q;
    nan_q2      <= nan_q;
    infinity_q2 <= positive_q || negative_q;
    negative_q2 <= negative_q;
    restart_q2  <= restart_q;
  end

  // ---- 3: the sum, its magnitude, normalised
  logic [SumW-1:0] sum;
  logic [SumW-2:0] magnitude, normalized;
  logic [4:0]      leading;
  logic [9:0]      exponent;
  logic            unused_low;
  assign sum       = rows_q[SumW-1:0] + rows_q[2*SumW-1:SumW];
  assign magnitude = (sum[SumW-2:0] ^ {(SumW-1){sum[SumW-1]}}) + (SumW-1)'(sum[SumW-1]);
  // Two hidden bits weigh 2^(KeptW-2), five below the top; both biases are in the exponent.
  assign exponent  = {1'b0, top_q2} - 10'd122 - {5'b0, leading};
  assign unused_low = ^normalized[SumW-26:0];

  rh_baseline_normalize #(.InW(SumW-1)) u_normalize (
    .in_i   (magnitude),
    .count_o(leading),
    .out_o  (normalized)
  );

  logic [23:0] significand_q3;
  logic [9:0]  exponent_q3;
  logic        nan_q3, infinity_q3, negative_q3, restart_q3;
  always_ff @(posedge clk_i) begin
    significand_q3 <= normalized[SumW-2 -: 24];
    exponent_q3    <= exponent & {10{normalized[SumW-2]}};
    negative_q3    <= infinity_q2 ? negative_q2 : sum[SumW-1];
    nan_q3         <= nan_q2;
    infinity_q3    <= infinity_q2;
    restart_q3     <= restart_q2;
  end

  // ---- 4: the accumulator
  logic [31:0] value_d;
  rh_baseline_add #(.SigW(24)) u_add (
    .value_i      (value_o & {32{!restart_q3}}),
    .negative_i   (negative_q3),
    .exponent_i   (exponent_q3),
    .significand_i(significand_q3),
    .nan_i        (nan_q3),
    .infinity_i   (infinity_q3),
    .sum_o        (value_d)
  );
  always_ff @(posedge clk_i) value_o <= value_d;
endmodule
