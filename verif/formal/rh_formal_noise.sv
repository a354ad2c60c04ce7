// From its first load on, the noise never stands at the state of zeros, which it could not leave.
// Whatever is loaded (zeros included), taken and reset. Run by: verif/formal/formal_test.py.
module rh_formal_noise (
  input logic         clk_i,
  input logic         rst_ni,
  input logic         load_i,
  input logic [126:0] seed_i,
  input logic         take_i
);
  logic [127:0] noise;
  logic         valid;
  logic         reset_done_q = 1'b0;

  rh_noise #(
    .Lanes (16),
    .NoiseW(8)
  ) u_noise (
    .clk_i  (clk_i),
    .rst_ni (rst_ni),
    .load_i (load_i),
    .seed_i (seed_i),
    .take_i (take_i),
    .noise_o(noise),
    .valid_o(valid)
  );

  always_ff @(posedge clk_i) begin
    reset_done_q <= 1'b1;
    if (rst_ni) a_never_zero: assert (!valid || noise[126:0] != '0);
  end
  always_comb m_reset_first: assume (reset_done_q || !rst_ni);
endmodule
