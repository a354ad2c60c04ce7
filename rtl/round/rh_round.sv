// Drops the DropW low bits of an unsigned magnitude, rounding by mode, and saturates to OutW bits.
//
//   f     = in / 2^DropW - floor(in / 2^DropW)                          the dropped fraction
//   out_o = min(floor(in / 2^DropW) + up, 2^OutW - 1)                          docs/round.md (1)
//   up    = 0                                   Truncate
//           f > 1/2, or f = 1/2 and floor odd   NearestEven                    docs/round.md (2)
//           f >= 1/2                            NearestAway                    docs/round.md (3)
//           floor(2^R f) + noise >= 2^R         Stochastic                     docs/round.md (4)
//           2^R f + noise + 1/2 >= 2^R          StochasticUnbiased             docs/round.md (5)
//
// R = NoiseW. Signs stay outside: a negative number rounds as its magnitude does. DropW may be
// smaller than NoiseW: the noise is aligned right under the cut.
// Combinational. Golden model: sw/round/round.hpp. Test: verif/round/round_test.cpp.
module rh_round #(
  parameter int InW    = 24,
  parameter int DropW  = 16,
  parameter int OutW   = 8,
  parameter int NoiseW = 8
) (
  input  rh_pkg::round_mode_e mode_i,
  input  logic [InW-1:0]      in_i,
  input  logic [NoiseW-1:0]   noise_i,  // uniform in 0 .. 2^NoiseW - 1
  output logic [OutW-1:0]     out_o,
  output logic                saturated_o
);
  if (DropW < 1 || InW < DropW + 1) begin : gen_bad_drop
    $error("rh_round: DropW must lie in 1 .. InW - 1");
  end
  if (OutW < 1 || NoiseW < 1) begin : gen_bad_width
    $error("rh_round: OutW and NoiseW must be positive");
  end

  localparam int FloorW = InW - DropW;
  localparam int SumW   = (FloorW > OutW ? FloorW : OutW) + 1;  // rounding up can carry
  localparam int WideW  = DropW + NoiseW + 1;                   // the fraction with room below
  localparam int TopW   = NoiseW + 1;  // the bits of the fraction that noise can decide on

  logic [FloorW-1:0] floor;
  logic [DropW-1:0]  fraction;
  logic [WideW-1:0]  wide;
  logic [TopW-1:0]   top;  // floor(2^(R+1) f)
  logic [TopW:0]     carry;
  logic              half;
  logic              below_half;  // any bit under the half
  logic              up;
  logic [SumW-1:0]   sum;

  assign floor      = in_i[InW-1:DropW];
  assign fraction   = in_i[DropW-1:0];
  assign wide       = {fraction, (NoiseW + 1)'(0)};
  assign top        = TopW'(wide >> DropW);
  assign half       = fraction[DropW-1];
  assign below_half = (fraction & ~(DropW'(1) << (DropW - 1))) != '0;

  // Stochastic drops the bit under the noise and adds none; unbiased keeps it and adds 1.
  assign carry = mode_i == rh_pkg::Stochastic ? {1'b0, top[TopW-1:1], 1'b0} + {1'b0, noise_i, 1'b0}
                                              : {1'b0, top} + {1'b0, noise_i, 1'b1};

  always_comb begin
    unique case (mode_i)
      rh_pkg::NearestEven:        up = half && (below_half || floor[0]);
      rh_pkg::NearestAway:        up = half;
      rh_pkg::Stochastic:         up = carry[TopW];
      rh_pkg::StochasticUnbiased: up = carry[TopW];
      default:                    up = 1'b0;
    endcase
  end

  assign sum         = SumW'(floor) + SumW'(up);
  assign saturated_o = (sum >> OutW) != '0;
  assign out_o       = saturated_o ? '1 : OutW'(sum);
endmodule
