// One lane of a block converter behind the group's exponent: aligns, rounds and limits a magnitude.
//
//   d      = top - exponent, b = clamp(d, 0, L)
//   code_o = min((L - b) 2^(p-1) + round(|x| / 2^(top - b - (p-1))), limit)   docs/convert.md (12)
//   limit  = max_code; one more where most_negative, for a negative x
//   over_o: the minimum acted
// next_code_o, next_over_o: the same for top + 1, with the same noise (Bump).
//
// kept_i is the significand from its top bit on, sticky_i says that a bit below kept_i is set. Both
// cuts share one shifter: it works for top, and top + 1 is one place more at the most.
// kill_i makes the code 0.
// Combinational. Golden: sw/convert/convert_bfp.hpp. Test: verif/convert/convert_bfp_test.cpp.
module rh_convert_lane #(
  parameter  int MagnitudeW   = 8,
  parameter  int NoiseW       = 8,
  parameter  int BelowW       = 9,      // bits that are kept below the cut
  parameter  bit Sticky       = 1'b1,   // and whether something lies below these
  parameter  int ExponentW    = 10,     // of top and exponent
  parameter  int KeptW        = 17,
  parameter  bit Minifloat    = 1'b1,   // L may be positive
  parameter  bit Above        = 1'b1,   // exponent_i may be larger than top_i
  parameter  bit MostNegative = 1'b0,
  parameter  bit Bump         = 1'b0,
  parameter  bit FastSim      = 1'b0,  // sums as simulators like them: the same function
  localparam int OutW         = MagnitudeW + 32'(MostNegative)
) (
  input  rh_pkg::block_config_t       config_i,
  input  logic signed [ExponentW-1:0] top_i,
  input  logic                        kill_i,
  input  logic                        negative_i,
  input  logic signed [ExponentW-1:0] exponent_i,
  input  logic [KeptW-1:0]            kept_i,
  input  logic                        sticky_i,
  input  logic [NoiseW-1:0]           noise_i,
  output logic [OutW-1:0]             code_o,
  output logic                        over_o,
  output logic [OutW-1:0]             next_code_o,
  output logic                        next_over_o
);
  localparam int Room    = 32'(MostNegative);  // above the code: d = -1 may give exactly -2^m
  localparam int IntW    = Room + MagnitudeW;
  localparam int WindowW = IntW + BelowW;
  localparam int Levels  = $clog2(WindowW);
  localparam int ShiftW  = ExponentW + 2;
  localparam int DropW   = BelowW + 32'(Sticky);
  localparam int CodeW   = Minifloat && IntW < 9 ? 10 : IntW + 1;  // 31 * 8 + 2^8 fits
  if (KeptW > WindowW) begin : gen_bad_kept
    $error("rh_convert_lane: KeptW must not exceed MagnitudeW + MostNegative + BelowW");
  end

  logic unused_config;  // a lane has no use for what concerns the group
  assign unused_config = ^config_i;

  // ---- how far down -----------------------------------------------------------------------------
  logic signed [ShiftW-1:0] distance;  // d
  logic signed [ShiftW-1:0] past;      // d - L: below the binades
  logic                     beyond;    // d < 0
  logic                     in_room;   // d = -1 of an integer
  logic        [ShiftW-1:0] shift;
  logic                     far;

  assign distance = ShiftW'(top_i) - ShiftW'(exponent_i);
  assign past     = Minifloat ? distance - ShiftW'(config_i.binades) : distance;
  assign beyond   = Above && distance[ShiftW-1];
  assign in_room  = MostNegative && Above && distance == '1 &&
                    !(Minifloat && config_i.binades != '0);

  always_comb begin
    if ((Minifloat || Above) && past[ShiftW-1]) begin
      shift = in_room ? '0 : ShiftW'(Room);
    end else begin
      shift = past + ShiftW'(Room);
    end
    shift = shift + (ShiftW'(MagnitudeW) - ShiftW'(config_i.significand_bits));
  end
  assign far = kill_i || (shift >> Levels) != '0;

  // ---- align ------------------------------------------------------------------------------------
  logic [WindowW-1:0] window;
  logic               sticky;
  always_comb begin
    window = WindowW'(kept_i) << (WindowW - KeptW);
    sticky = Sticky && sticky_i;
    for (int i = 0; i < Levels; i++) begin
      sticky = sticky || (Sticky && shift[i] &&
                          (window & ((WindowW'(1) << (1 << i)) - WindowW'(1))) != '0);
      window = shift[i] ? window >> (1 << i) : window;
    end
    if (far) begin
      sticky = Sticky && !kill_i && (sticky || window != '0);
      window = '0;
    end
  end

  // ---- round and limit --------------------------------------------------------------------------
  logic [OutW:0] limit;
  assign limit = (OutW+1)'(config_i.max_code) +
                 (OutW+1)'(MostNegative && config_i.most_negative && negative_i);

  logic [WindowW+32'(Sticky)-1:0] magnitude;
  logic [IntW:0]                  rounded;
  logic                           unused_saturated;
  logic [CodeW-1:0]               code;

  if (Sticky) begin : gen_sticky
    assign magnitude = {window, sticky};
  end else begin : gen_dropped
    assign magnitude = window;
  end

  rh_round #(
    .InW   (WindowW + 32'(Sticky)),
    .DropW (DropW),
    .OutW  (IntW + 1),
    .NoiseW(NoiseW),
    .Chains(!FastSim)
  ) u_round (
    .mode_i     (config_i.rounding),
    .in_i       (magnitude),
    .noise_i    (noise_i),
    .out_o      (rounded),
    .saturated_o(unused_saturated)
  );

  if (Minifloat) begin : gen_binade
    logic [4:0] binade;  // L - b
    logic       counts;  // not zero
    assign counts = kept_i[KeptW-1] && !kill_i;
    assign binade = past[ShiftW-1] && config_i.binades != '0 && counts ? -past[4:0] : '0;
    assign code   = CodeW'(rounded) + (CodeW'(binade) << (config_i.significand_bits - 4'd1));
  end else begin : gen_integer
    assign code = rounded;
  end

  assign over_o = !kill_i && ((beyond && !in_room && kept_i[KeptW-1]) || code > CodeW'(limit));
  assign code_o = over_o ? OutW'(limit) : OutW'(code);

  // ---- the same for top + 1 ---------------------------------------------------------------------
  if (Bump) begin : gen_next
    logic [WindowW-1:0]             next_window;
    logic                           next_sticky;
    logic                           lower;
    logic [WindowW+32'(Sticky)-1:0] next_magnitude;
    logic [IntW:0]                  next_rounded;
    logic                           unused_next_saturated;
    logic [CodeW-1:0]               next_code;

    assign lower       = !past[ShiftW-1] || in_room;
    assign next_window = lower ? window >> 1 : window;
    assign next_sticky = sticky || (lower && window[0]);
    if (Sticky) begin : gen_sticky
      assign next_magnitude = {next_window, next_sticky};
    end else begin : gen_dropped
      logic unused_next_sticky;
      assign unused_next_sticky = next_sticky;
      assign next_magnitude     = next_window;
    end

    rh_round #(
      .InW   (WindowW + 32'(Sticky)),
      .DropW (DropW),
      .OutW  (IntW + 1),
      .NoiseW(NoiseW),
      .Chains(!FastSim)
    ) u_round (
      .mode_i     (config_i.rounding),
      .in_i       (next_magnitude),
      .noise_i    (noise_i),
      .out_o      (next_rounded),
      .saturated_o(unused_next_saturated)
    );

    if (Minifloat) begin : gen_binade
      logic [4:0] next_binade;  // -past - 1
      assign next_binade = past[ShiftW-1] && kept_i[KeptW-1] && !kill_i ? ~past[4:0] : '0;
      assign next_code   = CodeW'(next_rounded) +
                           (CodeW'(next_binade) << (config_i.significand_bits - 4'd1));
    end else begin : gen_integer
      assign next_code = next_rounded;
    end

    assign next_over_o = !kill_i && ((distance < ShiftW'(-1) && kept_i[KeptW-1]) ||
                                     next_code > CodeW'(limit));
    assign next_code_o = next_over_o ? OutW'(limit) : OutW'(next_code);
  end else begin : gen_no_next
    assign next_code_o = '0;
    assign next_over_o = 1'b0;
  end
endmodule
