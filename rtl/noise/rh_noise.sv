// The noise of Lanes elements a cycle: a window of Lanes * NoiseW bits on the stream of the kit.
//
//   s[n + 127] = s[n + 63] ^ s[n]                                              docs/noise.md (1)
//   noise_o    = s[n .. n + Leap - 1], s[n] lowest; a lane NoiseW of them   docs/noise.md (2)
//   n         <- n + Leap where take_i, Leap = Lanes * NoiseW
//
// The whole leap is one cycle, so no bit is seen twice: (1) gives 64 bits beyond the state at a
// depth of one XOR, the next 64 at two; 16 lanes of 8 bits need 128 XORs.
// A load wins over a take. valid_o is 0 from reset to the first load; the state needs no reset.
// Golden model: sw/noise/noise.hpp. Test: verif/noise/noise_test.cpp.
module rh_noise #(
  parameter  int Lanes  = 16,
  parameter  int NoiseW = 8,
  localparam int Leap   = Lanes * NoiseW
) (
  input  logic            clk_i,
  input  logic            rst_ni,
  input  logic            load_i,
  input  logic [126:0]    seed_i,  // bit n is s[n]; all zero is taken as 1
  input  logic            take_i,  // noise_o is used up
  output logic [Leap-1:0] noise_o,
  output logic            valid_o
);
  if (Lanes < 1 || NoiseW < 1) begin : gen_bad_size
    $error("rh_noise: Lanes and NoiseW must be positive");
  end

  localparam int Slices  = (Leap + 63) / 64;  // of 64 bits, behind the state
  localparam int StreamW = 127 + 64 * Slices;

  logic [126:0]       state_q;
  logic [StreamW-1:0] stream;  // s[n] ..
  logic               hold;
  logic               seed_zero;
  logic               unused_stream;

  always_comb begin
    stream = StreamW'(state_q);
    for (int t = 127; t < StreamW; t += 64) begin
      stream[t +: 64] = stream[t - 64 +: 64] ^ stream[t - 127 +: 64];
    end
  end
  assign unused_stream = ^stream;  // up to 63 bits of the last slice

  assign noise_o   = stream[Leap-1:0];
  assign hold      = !load_i && !take_i;
  assign seed_zero = seed_i == '0;

  // Sums of products: a chain of choices maps to a larger netlist.
  always_ff @(posedge clk_i) begin
    state_q <= ({127{load_i}} & (seed_i | 127'(seed_zero))) | ({127{hold}} & state_q) |
               ({127{!load_i && take_i}} & stream[Leap +: 127]);
    if (!rst_ni) begin
      valid_o <= 1'b0;
    end else if (load_i) begin
      valid_o <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_never_zero: assert (!valid_o || state_q != '0);
    end
  end
endmodule
