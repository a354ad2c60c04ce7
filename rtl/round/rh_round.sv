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
  parameter int NoiseW = 8,
  parameter bit Chains = 1'b0  // carries written as chains: a shorter path, slow to simulate
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
  localparam int WideW  = DropW + NoiseW + 1;  // the fraction with room below
  localparam int TopW   = NoiseW + 1;          // the bits of the fraction that noise can decide on

  logic [FloorW-1:0] floor;
  logic [DropW-1:0]  fraction;
  logic [WideW-1:0]  wide;
  logic [TopW-1:0]   top;  // floor(2^(R+1) f)
  logic              carry;
  logic              half;
  logic              below_half;  // any bit under the half
  logic              up;
  logic [OutW-1:0]   kept;
  logic              above;  // too much before rounding

  assign floor      = in_i[InW-1:DropW];
  assign fraction   = in_i[DropW-1:0];
  assign wide       = {fraction, (NoiseW + 1)'(0)};
  assign top        = TopW'(wide >> DropW);
  assign half       = fraction[DropW-1];
  assign below_half = (fraction & ~(DropW'(1) << (DropW - 1))) != '0;

  // Of the sum with the noise only the carry is wanted. Stochastic drops the bit under the noise;
  // unbiased adds 1 there. The rest counts up where there is room.
  if (!Chains) begin : gen_operators
    logic [TopW:0] total;
    logic [OutW:0] sum;
    logic          unused_total;
    assign total = mode_i == rh_pkg::Stochastic
                 ? {1'b0, top[TopW-1:1], 1'b0} + {1'b0, noise_i, 1'b0}
                 : {1'b0, top} + {1'b0, noise_i, 1'b1};
    assign unused_total = ^total;
    assign carry        = total[TopW];
    assign sum          = {1'b0, kept} + (OutW+1)'(up);
    assign out_o        = above || sum[OutW] ? '1 : sum[OutW-1:0];
  end else begin : gen_chains
    logic rise;
    always_comb begin
      carry = mode_i != rh_pkg::Stochastic && top[0];
      for (int i = 0; i < NoiseW; i++) begin
        carry = (top[i+1] && noise_i[i]) || (carry && (top[i+1] || noise_i[i]));
      end
    end
    always_comb begin
      rise = up && kept != '1;
      for (int i = 0; i < OutW; i++) begin
        out_o[i] = (kept[i] ^ rise) || above;
        rise     = rise && kept[i];
      end
    end
  end

  always_comb begin
    unique case (mode_i)
      rh_pkg::NearestEven:        up = half && (below_half || floor[0]);
      rh_pkg::NearestAway:        up = half;
      rh_pkg::Stochastic:         up = carry;
      rh_pkg::StochasticUnbiased: up = carry;
      default:                    up = 1'b0;
    endcase
  end

  assign kept  = OutW'(floor);
  assign above = (floor >> OutW) != '0;
  assign saturated_o = above || (kept == '1 && up);
endmodule
