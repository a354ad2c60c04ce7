// A block converter neither drops, repeats, reorders nor changes a group, under any stall.
//
// Any one group is marked when it is taken, and counted down until it must be the next to leave. A
// second converter gets the marked group alone and is never stalled; what the first one gives for
// the mark must be what the second one gave. The number of groups in flight stays within the
// stages. Stages as the converter has them: rh_convert_bfp.sv. Run by: verif/formal/formal_test.py.
module rh_formal_stream #(
  parameter bit          Bump           = 1'b0,
  parameter bit          OutputRegister = 1'b1,
  parameter logic [44:0] Config         = 45'd0,
  parameter int          Stages         = 2
) (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        mark_i,
  input logic        in_valid_i,
  input logic [3:0]  value_i,
  input logic        out_ready_i
);
  localparam int OutW = 2;
  localparam int AllW = 1 + OutW + 8 + 4;

  logic [3:0]        in_flight_q;
  logic              marked_q;  // the mark was given
  logic [3:0]        ahead_q;   // groups that leave before the marked one; it has left at 15
  logic [15:0]       in;        // eight exponents, the odd ones with all ones below, two signs
  logic [1:0]        ready, valid;
  logic [2*AllW-1:0] all;
  logic              in_ready, out_valid, in_taken, out_taken, mark;
  logic [AllW-1:0]   out, alone, alone_q;
  logic              alone_valid, alone_done_q;
  logic              reset_done_q = 1'b0;

  assign in        = {value_i[3], 5'b01111, value_i[2:0], {7{value_i[0]}}};
  assign in_taken  = in_valid_i && in_ready;
  assign out_taken = out_valid && out_ready_i;
  assign mark      = mark_i && in_taken && !marked_q;

  // 0 is stalled, 1 gets the marked group alone.
  for (genvar i = 0; i < 2; i++) begin : gen_converter
    rh_convert_bfp #(
      .Lanes         (1),
      .Source        (1),
      .MagnitudeW    (OutW),
      .NoiseW        (1),
      .RunTime       (1'b0),
      .Config        (Config),
      .Bump          (Bump),
      .OutputRegister(OutputRegister)
    ) u_bfp (
      .clk_i          (clk_i),
      .rst_ni         (rst_ni),
      .config_i       ('0),
      .in_valid_i     (i == 0 ? in_valid_i : mark),
      .in_ready_o     (ready[i]),
      .in_i           (in),
      .noise_i        (1'b0),
      .noise_take_o   (),
      .out_valid_o    (valid[i]),
      .out_ready_i    (i == 0 ? out_ready_i : 1'b1),
      .out_o          (all[i*AllW + 12 +: 1 + OutW]),
      .out_exponent_o (all[i*AllW + 4 +: 8]),
      .out_nan_o      (all[i*AllW + 3]),
      .out_saturated_o(all[i*AllW + 2]),
      .out_underflow_o(all[i*AllW + 1]),
      .out_bumped_o   (all[i*AllW]),
      .busy_o         ()
    );
  end
  assign {alone, out}             = all;
  assign {alone_valid, out_valid} = valid;
  assign in_ready                 = ready[0];

  always_ff @(posedge clk_i) begin
    reset_done_q <= 1'b1;
    if (alone_valid) alone_q <= alone;
    if (!rst_ni) begin
      in_flight_q  <= '0;
      marked_q     <= 1'b0;
      ahead_q      <= 4'd15;
      alone_done_q <= 1'b0;
    end else begin
      in_flight_q  <= in_flight_q + 4'(in_taken) - 4'(out_taken);
      marked_q     <= marked_q || mark;
      alone_done_q <= alone_done_q || alone_valid;
      if (mark) begin
        ahead_q <= in_flight_q - 4'(out_taken);
      end else if (ahead_q != 4'd15) begin
        ahead_q <= ahead_q - 4'(out_taken);  // from 0 to 15: the mark has left
      end
    end
    if (rst_ni) begin
      a_in_flight: assert (in_flight_q <= Stages);
      a_nothing_from_nothing: assert (!out_valid || in_flight_q != '0);
      a_same: assert (!(out_valid && ahead_q == '0) ||
                      (alone_valid ? out == alone : alone_done_q && out == alone_q));
    end
  end
  always_comb m_reset_first: assume (reset_done_q || !rst_ni);
  // Nothing is lost: what is in flight leaves within the latency unless the consumer stalls.
  logic [3:0] waited_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || in_flight_q == '0 || !out_ready_i || out_valid) waited_q <= '0;
    else waited_q <= waited_q + 4'd1;
    if (rst_ni) a_leaves: assert (waited_q < Stages);
  end
endmodule
