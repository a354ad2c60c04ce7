// Groups of Lanes values to block floating point or MX: a shared exponent and Lanes codes a cycle.
//
//   e    = clamp(E - element_exponent - base, 0, max_exponent), E by the rule  docs/convert.md (10)
//   code = value cut at the exponent top = base + e + element_exponent,        docs/convert.md (12)
//          rounded by mode with the lane's own noise, limited to max_code
//   Bump: where a code would be beyond max_code, e + 1 and the whole group again
//
// Pipeline, stalled as a whole by `advance`; stages in brackets only where they have work to do:
//   unpack, largest exponent | [exponent of the group] | align, round | [choose] | [out]
// Latency: 1 cycle, and one more for each of: the configuration needs exponent arithmetic
// (ExponentStage), Bump, OutputRegister. Without OutputRegister out_* are combinational.
// One stage alone, without OutputRegister (Skid), never holds: what waits is its result.
// One group a cycle. noise_i belongs to the group that is rounded and is used up with noise_take_o;
// it must hold meanwhile. config_i is read with RunTime alone, otherwise Config; it must be there
// from one cycle before the first group to the last result.
// A NaN or an infinity makes the whole group NaN: codes 0, exponent all ones, out_nan_o.
// Golden model: sw/convert/convert_bfp.hpp. Test: verif/convert/convert_bfp_test.cpp.
module rh_convert_bfp #(
  parameter  int Lanes          = 16,
  parameter  int Source         = 0,     // rh_pkg::source_e: FP32, BF16, FP16
  parameter  int MagnitudeW     = 8,     // of the largest code
  parameter  int NoiseW         = 8,     // R
  parameter  bit RunTime        = 1'b1,  // config_i, else Config
  parameter  logic [44:0] Config = 45'd0,
  parameter  bit Minifloat      = 1'b1,  // with RunTime: binades may be positive
  parameter  bit Bump           = 1'b0,  // the overflow rule Bump is supported
  parameter  bit MostNegative   = 1'b0,  // the code -2^m is supported: one more bit
  parameter  bit OutputRegister = 1'b1,
  parameter  bit Backpressure   = 1'b1,  // else out_ready_i must be 1: nothing ever waits
  parameter  bit Underflow      = 1'b1,  // else out_underflow_o is 0
  parameter  int Radix          = 2,     // of the tree of exponents
  parameter  bit FastSim        = 1'b0,  // sums as simulators like them: the same function
  localparam int SourceW        = Source == 0 ? 32 : 16,
  localparam int OutW           = MagnitudeW + 32'(MostNegative)
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  rh_pkg::block_config_t     config_i,
  input  logic                      in_valid_i,
  output logic                      in_ready_o,
  input  logic [Lanes*SourceW-1:0]  in_i,
  input  logic [Lanes*NoiseW-1:0]   noise_i,
  output logic                      noise_take_o,
  output logic                      out_valid_o,
  input  logic                      out_ready_i,
  output logic [Lanes*(1+OutW)-1:0] out_o,  // of a lane: sign, magnitude
  output logic [7:0]                out_exponent_o,
  output logic                      out_nan_o,
  output logic                      out_saturated_o,
  output logic                      out_underflow_o,
  output logic                      out_bumped_o,
  output logic                      busy_o  // a group is in flight
);
  localparam rh_pkg::block_config_t Fixed = Config;

  // ---- what the source and the configuration need -----------------------------------------------
  localparam int ExpW  = Source == 2 ? 5 : 8;
  localparam int FracW = Source == 0 ? 23 : Source == 1 ? 7 : 10;
  localparam int Bias  = Source == 2 ? 15 : 127;

  localparam bit IsFloat    = RunTime ? Minifloat : Fixed.binades != '0;
  localparam bit HasRule    = RunTime || Fixed.rule != rh_pkg::FloorExponent;
  localparam bit HasNoise   = RunTime || Fixed.rounding == rh_pkg::Stochastic ||
                              Fixed.rounding == rh_pkg::StochasticUnbiased;
  localparam bit HasSticky  = RunTime || Fixed.rounding == rh_pkg::NearestEven;
  localparam int RoundW     = HasNoise ? NoiseW : 1;  // noise that is used
  localparam int BelowW     = !HasNoise ? 1 :
                              RunTime || Fixed.rounding == rh_pkg::StochasticUnbiased ? NoiseW + 1
                                                                                      : NoiseW;
  localparam int WindowW    = OutW + BelowW;

  // The exponent below which values need not be told apart, and how many places a subnormal number
  // has to be normalised for that.                                            docs/convert.md (14)
  localparam int FixedBase  = 32'(Config[7:0]) - (Config[7] ? 256 : 0);
  localparam int FixedLow   = FixedBase + 32'(Fixed.element_exponent);
  localparam int FixedMore  = Fixed.binades != '0 ? 32'(Fixed.binades) : HasRule ? 1 : 0;
  localparam int Lowest     = RunTime ? -128 - (Minifloat ? 14 : 1) : FixedLow - FixedMore;
  localparam int Places     = 1 - Bias - Lowest;
  localparam int Depth      = Places < 0 ? 0 : Places > FracW ? FracW : Places;
  localparam int LeastField = Depth == 0 ? 1 : 1 - Depth;
  localparam int FieldW     = Depth > 1 ? ExpW + 1 : ExpW;  // signed then
  localparam int KeyW       = FieldW + 32'(HasRule);

  // No clamp above and no rule: the largest field is the exponent, or nearly.
  localparam bit Plain = !HasRule && FixedLow + Bias + 32'(Fixed.max_exponent) >= (1 << ExpW) - 2;
  localparam bit ExponentStage = !Plain;
  // The exponent of a NaN group, all ones. Is it the source's field as it stands?
  localparam logic [7:0] NanE   = Fixed.max_exponent | 8'd1;
  localparam bit         OwnNan = NanE == 8'((1 << ExpW) - 1);
  localparam int TopW = 11;  // signed, biased by Bias: -144 .. 284
  localparam bit Skid = Plain && !Bump && !OutputRegister && Backpressure;

  // Integers of MagnitudeW bits whose exponent is the largest field as it is: the small lanes.
  localparam bit Small = Plain && FixedLow + Bias == 0 && Depth == 1 && !IsFloat && !Bump &&
                         !MostNegative && 32'(Fixed.significand_bits) == MagnitudeW;
  // Bits of the significand that are kept; of the fraction alone in small lanes.
  localparam int KeptW = Small || WindowW < FracW + 1 ? WindowW : FracW + 1;

  if (Lanes < 1) begin : gen_bad_lanes
    $error("rh_convert_bfp: Lanes must be positive");
  end
  if (Source < 0 || Source > 2) begin : gen_bad_source
    $error("rh_convert_bfp: Source must be 0 (FP32), 1 (BF16) or 2 (FP16)");
  end
  if (MagnitudeW < 1 || MagnitudeW > 8 || NoiseW < 1 || NoiseW > 14) begin : gen_bad_width
    $error("rh_convert_bfp: MagnitudeW must lie in 1 .. 8 and NoiseW in 1 .. 14");
  end
  if (!RunTime && (Fixed.significand_bits < 1 || 32'(Fixed.significand_bits) > MagnitudeW ||
                   32'(Fixed.max_code) >= (1 << MagnitudeW) || Fixed.max_exponent == '0 ||
                   (Fixed.binades == '0 &&
                    32'(Fixed.max_code) != (1 << Fixed.significand_bits) - 1)))
  begin : gen_bad_config
    $error("rh_convert_bfp: Config does not fit: its codes must have 1 .. MagnitudeW bits");
  end
  if (!RunTime && ((Fixed.overflow == rh_pkg::Bump && !Bump) ||
                   (Fixed.most_negative && !MostNegative))) begin : gen_bad_support
    $error("rh_convert_bfp: Config needs Bump or MostNegative, which are 0");
  end

  // ---- configuration ----------------------------------------------------------------------------
  rh_pkg::block_config_t  cfg;
  logic [23:0]            threshold;  // a significand above it raises the exponent
  logic signed [TopW-1:0] low;        // the exponent of e = 0, biased
  logic                   lowered;    // the rule starts one lower

  if (RunTime) begin : gen_config
    logic [7:0]             largest;  // significand of the element, times 2^(p-1)
    logic [23:0]            threshold_d, threshold_q;
    logic signed [TopW-1:0] low_q;
    logic                   lowered_q;
    assign largest = cfg.max_code - (8'(cfg.binades) << (cfg.significand_bits - 4'd1));
    always_comb begin
      unique case (cfg.rule)
        rh_pkg::CeilExponent:  threshold_d = 24'h80_0000;
        rh_pkg::EvenExponent:  threshold_d = ~(24'hFF_FFFF >> (cfg.significand_bits + 4'd1))
                                             - 24'd1;
        rh_pkg::RceilExponent: threshold_d = {largest, 16'd0} << (4'd8 - cfg.significand_bits);
        default:               threshold_d = '1;
      endcase
    end
    always_ff @(posedge clk_i) begin
      threshold_q <= threshold_d;
      low_q       <= TopW'(cfg.base) + TopW'(cfg.element_exponent) + TopW'(Bias);
      lowered_q   <= cfg.rule == rh_pkg::CeilExponent && cfg.binades == '0;
    end
    assign cfg       = config_i;
    assign threshold = threshold_q;
    assign low       = low_q;
    assign lowered   = lowered_q;
  end else begin : gen_fixed
    localparam logic [7:0]  Largest =
        Fixed.max_code - (8'(Fixed.binades) << (Fixed.significand_bits - 4'd1));
    localparam logic [23:0] Even  = ~(24'hFF_FFFF >> (Fixed.significand_bits + 4'd1)) - 24'd1;
    localparam logic [23:0] Rceil = {Largest, 16'd0} << (4'd8 - Fixed.significand_bits);
    logic unused_config;
    assign unused_config = ^config_i;
    assign cfg       = Fixed;
    assign threshold = Fixed.rule == rh_pkg::CeilExponent  ? 24'h80_0000 :
                       Fixed.rule == rh_pkg::EvenExponent  ? Even :
                       Fixed.rule == rh_pkg::RceilExponent ? Rceil : 24'hFF_FFFF;
    assign low       = TopW'(FixedLow + Bias);
    assign lowered   = Fixed.rule == rh_pkg::CeilExponent && Fixed.binades == '0;
  end

  // ---- control ----------------------------------------------------------------------------------
  logic advance;
  logic unpacked_valid_q;
  logic round_valid;  // a group is at the rounding stage
  logic load;         // the stages before the output take what comes
  assign advance      = !Backpressure || !out_valid_o || out_ready_i;
  assign load         = Skid || advance;
  assign in_ready_o   = advance;
  assign noise_take_o = load && round_valid;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      unpacked_valid_q <= 1'b0;
    end else if (load) begin
      unpacked_valid_q <= in_valid_i && advance;
    end
  end

  // ---- unpack, largest exponent -----------------------------------------------------------------
  logic [Lanes*KeyW-1:0]   key;
  logic [KeyW-1:0]         largest_key, largest_key_q;
  logic [Lanes-1:0]        nonzero, resolved;
  logic                    nonzero_q, resolved_q;
  logic [Lanes-1:0]        negative_q, sticky_q;
  logic [Lanes*FieldW-1:0] field_q;  // inverted for small lanes
  logic [Lanes*KeptW-1:0]  kept_q;

  for (genvar i = 0; i < Lanes; i++) begin : gen_input
    logic                 negative;
    logic signed [ExpW:0] exponent;
    logic [KeptW-1:0]     kept;
    logic                 sticky;
    logic                 above;

    if (Small) begin : gen_raw
      logic [FracW-1:0] fraction;
      assign {negative, exponent[ExpW-1:0], fraction} = in_i[i*SourceW +: SourceW];
      assign exponent[ExpW] = 1'b0;
      assign kept           = KeptW'({fraction, KeptW'(0)} >> FracW);
      assign sticky         = (fraction & ~(FracW'('1) << (FracW > KeptW ? FracW - KeptW : 0)))
                              != '0;
      assign above          = 1'b0;
      assign nonzero[i]     = fraction != '0;
    end else begin : gen_unpack
      rh_convert_unpack #(
        .ExpW (ExpW),
        .FracW(FracW),
        .Depth(Depth),
        .KeptW(KeptW)
      ) u_unpack (
        .in_i       (in_i[i*SourceW +: SourceW]),
        .threshold_i(threshold),
        .negative_o (negative),
        .exponent_o (exponent),
        .kept_o     (kept),
        .sticky_o   (sticky),
        .above_o    (above),
        .nonzero_o  (nonzero[i])
      );
    end

    // The order of keys is that of unsigned numbers.
    logic [FieldW-1:0] order;
    if (Depth > 1) begin : gen_signed
      assign order = {!exponent[ExpW], exponent[ExpW-1:0]};
    end else begin : gen_unsigned
      logic unused_sign;
      assign unused_sign = exponent[ExpW];
      assign order       = exponent[FieldW-1:0];
    end
    if (HasRule) begin : gen_rule
      assign key[i*KeyW +: KeyW] = {order, above};
    end else begin : gen_no_rule
      logic unused_above;
      assign unused_above        = above;
      assign key[i*KeyW +: KeyW] = order;
    end
    assign resolved[i] = kept[KeptW-1];

    always_ff @(posedge clk_i) begin
      if (load) begin
        negative_q[i]                <= negative;
        field_q[i*FieldW +: FieldW]  <= exponent[FieldW-1:0] ^ {FieldW{Small}};
        kept_q[i*KeptW +: KeptW]     <= kept;
        sticky_q[i]                  <= sticky;
      end
    end
  end

  rh_convert_exponent #(
    .Lanes  (Lanes),
    .KeyW   (KeyW),
    .Radix  (Radix),
    .FastSim(FastSim)
  ) u_exponent (
    .in_i (key),
    .out_o(largest_key)
  );

  always_ff @(posedge clk_i) begin
    if (load) begin
      largest_key_q <= largest_key;
      nonzero_q     <= |nonzero;
      resolved_q    <= |resolved;
    end
  end

  // ---- exponent of the group --------------------------------------------------------------------
  logic signed [TopW-1:0] group;  // the largest exponent of a lane, biased
  logic                   raised;
  logic                   group_nan;
  logic signed [TopW-1:0] group_top;
  logic [7:0]             group_e;
  logic                   group_underflow;

  if (Depth > 1) begin : gen_signed_group
    logic signed [FieldW-1:0] field;
    assign field = {!largest_key_q[KeyW-1], largest_key_q[KeyW-2 -: FieldW-1]};
    assign group = TopW'(field);
  end else begin : gen_unsigned_group
    assign group = $signed(TopW'(largest_key_q[KeyW-1 -: FieldW]));
  end
  assign raised    = HasRule && largest_key_q[0];
  assign group_nan = group[ExpW-1:0] == '1 && !group[TopW-1];

  if (Small) begin : gen_small
    logic unused_rule;
    assign unused_rule     = ^{raised, lowered, low};
    assign group_top       = group;
    assign group_e         = group_nan && !OwnNan ? NanE : 8'(group);
    assign group_underflow = group == '0 && nonzero_q && !resolved_q;
  end else if (Plain && FixedLow + Bias == LeastField) begin : gen_plain
    logic unused_rule;
    assign unused_rule     = ^{raised, lowered};
    assign group_top       = group;
    assign group_e         = group_nan ? NanE : 8'(group - low);
    assign group_underflow = !group_nan && nonzero_q && (group < low || !resolved_q);
  end else begin : gen_clamped
    logic signed [TopW-1:0] wanted;
    logic [7:0]             e;
    assign wanted = group + TopW'(raised) - TopW'(lowered) - low;
    always_comb begin
      if (wanted[TopW-1] || !nonzero_q) begin
        e = '0;
      end else if (wanted > $signed(TopW'(cfg.max_exponent))) begin
        e = cfg.max_exponent;
      end else begin
        e = wanted[7:0];
      end
    end
    assign group_top       = low + $signed(TopW'(e));
    assign group_e         = group_nan ? cfg.max_exponent | 8'd1 : e;
    assign group_underflow = !group_nan && nonzero_q && (wanted[TopW-1] || !resolved_q);
  end

  logic signed [TopW-1:0]  round_top;
  logic [7:0]              round_e;
  logic                    round_nan, round_underflow;
  logic [Lanes-1:0]        round_negative, round_sticky;
  logic [Lanes*FieldW-1:0] round_field;
  logic [Lanes*KeptW-1:0]  round_kept;

  if (ExponentStage) begin : gen_exponent_stage
    logic                    valid_q;
    logic signed [TopW-1:0]  top_q;
    logic [7:0]              e_q;
    logic                    nan_q, underflow_q;
    logic [Lanes-1:0]        negative_q2, sticky_q2;
    logic [Lanes*FieldW-1:0] field_q2;
    logic [Lanes*KeptW-1:0]  kept_q2;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        valid_q <= 1'b0;
      end else if (load) begin
        valid_q <= unpacked_valid_q;
      end
      if (load) begin
        top_q       <= group_top;
        e_q         <= group_e;
        nan_q       <= group_nan;
        underflow_q <= group_underflow;
        negative_q2 <= negative_q;
        sticky_q2   <= sticky_q;
        field_q2    <= field_q;
        kept_q2     <= kept_q;
      end
    end
    assign round_valid     = valid_q;
    assign round_top       = top_q;
    assign round_e         = e_q;
    assign round_nan       = nan_q;
    assign round_underflow = underflow_q;
    assign round_negative  = negative_q2;
    assign round_sticky    = sticky_q2;
    assign round_field     = field_q2;
    assign round_kept      = kept_q2;
  end else begin : gen_no_exponent_stage
    assign round_valid     = unpacked_valid_q;
    assign round_top       = group_top;
    assign round_e         = group_e;
    assign round_nan       = group_nan;
    assign round_underflow = group_underflow;
    assign round_negative  = negative_q;
    assign round_sticky    = sticky_q;
    assign round_field     = field_q;
    assign round_kept      = kept_q;
  end

  // ---- align, round -----------------------------------------------------------------------------
  logic [Lanes*OutW-1:0] code, next_code;
  logic [Lanes-1:0]      over, next_over;

  // For small lanes: top + 1, and its high bits less 1.
  localparam int Levels = $clog2(WindowW + 1) < FieldW ? $clog2(WindowW + 1) : FieldW - 1;
  logic [FieldW-1:0]        next;
  logic [FieldW-Levels-1:0] next_high;
  assign next      = FieldW'(round_top) + FieldW'(1);
  assign next_high = next[FieldW-1:Levels] - (FieldW-Levels)'(1);

  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    logic signed [TopW-1:0] exponent;
    logic [RoundW-1:0]      noise;
    if (Depth > 1) begin : gen_signed
      assign exponent = TopW'($signed(round_field[i*FieldW +: FieldW]));
    end else begin : gen_unsigned
      assign exponent = $signed(TopW'(round_field[i*FieldW +: FieldW]));
    end
    if (HasNoise) begin : gen_noise
      assign noise = noise_i[i*NoiseW +: NoiseW];
    end else begin : gen_no_noise
      logic unused_noise;
      assign unused_noise = ^noise_i[i*NoiseW +: NoiseW];
      assign noise        = '0;
    end

    if (Small) begin : gen_small
      logic unused_exponent;
      assign unused_exponent = ^exponent;
      rh_convert_lane_integer #(
        .MagnitudeW(MagnitudeW),
        .NoiseW    (RoundW),
        .BelowW    (BelowW),
        .Sticky    (HasSticky),
        .FieldW    (FieldW),
        .FastSim   (FastSim)
      ) u_lane (
        .mode_i    (cfg.rounding),
        .next_i    (next[Levels-1:0]),
        .high_i    (next_high),
        .deep_i    (next[FieldW-1:Levels] != '0),
        .kill_i    (round_nan),
        .inverted_i(round_field[i*FieldW +: FieldW]),
        .fraction_i(round_kept[i*KeptW +: KeptW]),
        .sticky_i  (round_sticky[i]),
        .noise_i   (noise),
        .code_o    (code[i*OutW +: OutW]),
        .over_o    (over[i])
      );
      assign next_code[i*OutW +: OutW] = '0;
      assign next_over[i]              = 1'b0;
    end else begin : gen_any
      rh_convert_lane #(
        .MagnitudeW  (MagnitudeW),
        .NoiseW      (RoundW),
        .BelowW      (BelowW),
        .Sticky      (HasSticky),
        .ExponentW   (TopW),
        .KeptW       (KeptW),
        .Minifloat   (IsFloat),
        .Above       (!Plain),
        .MostNegative(MostNegative),
        .Bump        (Bump),
        .FastSim     (FastSim)
      ) u_lane (
        .config_i   (cfg),
        .top_i      (round_top),
        .kill_i     (round_nan),
        .negative_i (round_negative[i]),
        .exponent_i (exponent),
        .kept_i     (round_kept[i*KeptW +: KeptW]),
        .sticky_i   (round_sticky[i]),
        .noise_i    (noise),
        .code_o     (code[i*OutW +: OutW]),
        .over_o     (over[i]),
        .next_code_o(next_code[i*OutW +: OutW]),
        .next_over_o(next_over[i])
      );
    end
  end

  // ---- choose -----------------------------------------------------------------------------------
  logic                  final_valid;
  logic [Lanes-1:0]      final_negative;
  logic [Lanes*OutW-1:0] final_code;
  logic [7:0]            final_e;
  logic                  final_nan, final_saturated, final_underflow, final_bumped;

  if (Bump) begin : gen_bump
    logic                  valid_q;
    logic [Lanes-1:0]      negative_q3;
    logic [Lanes*OutW-1:0] code_q, next_code_q;
    logic                  over_q, next_over_q;
    logic [7:0]            e_q;
    logic                  nan_q, underflow_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        valid_q <= 1'b0;
      end else if (advance) begin
        valid_q <= round_valid;
      end
      if (advance) begin
        negative_q3 <= round_negative;
        code_q      <= code;
        next_code_q <= next_code;
        over_q      <= |over;
        next_over_q <= |next_over;
        e_q         <= round_e;
        nan_q       <= round_nan;
        underflow_q <= round_underflow;
      end
    end
    assign final_valid     = valid_q;
    assign final_bumped    = cfg.overflow == rh_pkg::Bump && over_q && e_q != cfg.max_exponent;
    assign final_code      = final_bumped ? next_code_q : code_q;
    assign final_saturated = final_bumped ? next_over_q : over_q;
    assign final_e         = e_q + 8'(final_bumped);
    assign final_negative  = negative_q3;
    assign final_nan       = nan_q;
    assign final_underflow = Underflow && underflow_q;
  end else begin : gen_no_bump
    logic unused_next;
    assign unused_next     = ^{next_code, next_over};
    assign final_valid     = round_valid;
    assign final_bumped    = 1'b0;
    assign final_code      = code;
    assign final_saturated = |over;
    assign final_e         = round_e;
    assign final_negative  = round_negative;
    assign final_nan       = round_nan;
    assign final_underflow = Underflow && round_underflow;
  end

  logic [Lanes*(1+OutW)-1:0] final_out;
  for (genvar i = 0; i < Lanes; i++) begin : gen_out
    logic sign;
    assign sign = final_negative[i] &&
                  (final_code[i*OutW +: OutW] != '0 || (cfg.signed_zero && !final_nan));
    assign final_out[i*(1+OutW) +: 1+OutW] = {sign, final_code[i*OutW +: OutW]};
  end

  // ---- out --------------------------------------------------------------------------------------
  if (OutputRegister) begin : gen_register
    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        out_valid_o <= 1'b0;
      end else if (advance) begin
        out_valid_o <= final_valid;
      end
      if (advance) begin
        out_o           <= final_out;
        out_exponent_o  <= final_e;
        out_nan_o       <= final_nan;
        out_saturated_o <= final_saturated;
        out_underflow_o <= final_underflow;
        out_bumped_o    <= final_bumped;
      end
    end
  end else if (Skid) begin : gen_skid
    // A result that is not taken waits here; the stage before it is empty meanwhile.
    logic                      waiting_q;
    logic [Lanes*(1+OutW)-1:0] out_q;
    logic [7:0]                exponent_q;
    logic                      nan_q, saturated_q, underflow_q;
    always_ff @(posedge clk_i) begin
      waiting_q   <= rst_ni && out_valid_o && !out_ready_i;
      out_q       <= out_o;
      exponent_q  <= out_exponent_o;
      nan_q       <= out_nan_o;
      saturated_q <= out_saturated_o;
      underflow_q <= out_underflow_o;
    end
    assign out_valid_o     = waiting_q || final_valid;
    assign out_o           = waiting_q ? out_q : final_out;
    assign out_exponent_o  = waiting_q ? exponent_q : final_e;
    assign out_nan_o       = waiting_q ? nan_q : final_nan;
    assign out_saturated_o = waiting_q ? saturated_q : final_saturated;
    assign out_underflow_o = waiting_q ? underflow_q : final_underflow;
    assign out_bumped_o    = 1'b0;
  end else begin : gen_no_register
    assign out_valid_o     = final_valid;
    assign out_o           = final_out;
    assign out_exponent_o  = final_e;
    assign out_nan_o       = final_nan;
    assign out_saturated_o = final_saturated;
    assign out_underflow_o = final_underflow;
    assign out_bumped_o    = final_bumped;
  end

  logic unused_parts;  // what the small lanes leave, or they alone read
  assign unused_parts = ^{threshold, next, next_high, round_top, final_bumped};

  assign busy_o = unpacked_valid_q || round_valid || final_valid || out_valid_o;

  // ---- checks -----------------------------------------------------------------------------------
  logic                  stalled_q;
  rh_pkg::block_config_t config_q;
  always_ff @(posedge clk_i) begin
    stalled_q <= rst_ni && out_valid_o && !out_ready_i;
    config_q  <= cfg;
  end
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_result_holds:   assert (!stalled_q || out_valid_o);
      a_result_taken:   assert (Backpressure || !out_valid_o || out_ready_i);
      a_config_holds:   assert (!(busy_o || (in_valid_i && in_ready_o)) || cfg == config_q);
      a_codes_fit:      assert (!in_valid_i || 32'(cfg.max_code) < (1 << MagnitudeW));
      a_cut_fits:       assert (!in_valid_i || (cfg.significand_bits != '0 &&
                                                32'(cfg.significand_bits) <= MagnitudeW));
      a_bump_built:     assert (!in_valid_i || Bump || cfg.overflow == rh_pkg::Saturate);
      a_negative_built: assert (!in_valid_i || MostNegative || !cfg.most_negative);
      a_float_built:    assert (!in_valid_i || IsFloat || cfg.binades == '0);
    end
  end
endmodule
