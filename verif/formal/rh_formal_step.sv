// The noise takes the steps of the contract's stream, Leap of them at once.
//
//   s[n + 127] = s[n + 63] ^ s[n], noise_o = s[n .. n + Leap - 1], n <- n + Leap where taken;
//   a load puts the seed there, 1 for a seed of zeros               docs/contract.md (27)
//
// The specification steps one bit at a time. lfsr.py has the period of the stream.
// Run by: verif/formal/engines.py.
module rh_formal_step #(
  parameter  int Lanes  = 16,
  parameter  int NoiseW = 8,
  localparam int Leap   = Lanes * NoiseW
) (
  input logic         clk_i,
  input logic         rst_ni,
  input logic         load_i,
  input logic [126:0] seed_i,
  input logic         take_i
);
  logic [Leap-1:0] noise;
  logic            valid;
  rh_noise #(.Lanes(Lanes), .NoiseW(NoiseW)) u_noise (
    .clk_i  (clk_i),
    .rst_ni (rst_ni),
    .load_i (load_i),
    .seed_i (seed_i),
    .take_i (take_i),
    .noise_o(noise),
    .valid_o(valid)
  );

  logic            reset_done_q = 1'b0;
  logic            loaded_q;
  logic [126:0]    state_q, state;
  logic [Leap-1:0] want;
  always_comb begin
    state = state_q;
    for (int i = 0; i < Leap; i++) begin
      want[i] = state[0];
      state   = {state[63] ^ state[0], state[126:1]};
    end
  end
  always_ff @(posedge clk_i) begin
    reset_done_q <= 1'b1;
    if (load_i)      state_q <= seed_i == '0 ? 127'd1 : seed_i;
    else if (take_i) state_q <= state;
    if (!rst_ni)     loaded_q <= 1'b0;
    else if (load_i) loaded_q <= 1'b1;
    if (rst_ni && reset_done_q) begin
      a_valid: assert (valid == loaded_q);
      a_noise: assert (!loaded_q || noise == want);
    end
  end
  always_comb m_reset_first: assume (reset_done_q || !rst_ni);
endmodule
