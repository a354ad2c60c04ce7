// Adds the two rows of a carry-save value, StageW bits a cycle: the adder at the foot of a column.
//
//   out = in_sum + in_carry mod 2^AccW                                      docs/accumulate.md (5)
//
// A new value every cycle; Latency = ceil(AccW / StageW) cycles. Stage i resolves bits
// i StageW .. i StageW + StageW - 1 and hands its carry to stage i + 1, so the longest carry chain
// is StageW bits. Golden model: sw/accumulate/accumulate.hpp.
// Test: verif/accumulate/accumulate_test.cpp.
module rh_accumulate_resolve #(
  parameter int AccW   = 32,
  parameter int StageW = 4
) (
  input  logic            clk_i,
  input  logic            rst_ni,
  input  logic            in_valid_i,
  input  logic [AccW-1:0] in_sum_i,
  input  logic [AccW-1:0] in_carry_i,
  output logic            out_valid_o,
  output logic [AccW-1:0] out_o
);
  if (AccW < 1 || StageW < 1 || StageW > AccW) begin : gen_bad
    $error("rh_accumulate_resolve: StageW must lie in 1 .. AccW");
  end

  localparam int Stages = (AccW + StageW - 1) / StageW;

  for (genvar i = 0; i < Stages; i++) begin : gen_stage
    localparam int Low  = i * StageW;
    localparam int High = Low + StageW < AccW ? Low + StageW : AccW;  // one above the last bit

    logic             valid_d, valid_q;
    logic [AccW-1:0]  sum_d, sum_q;      // resolved below High, a row above
    logic [AccW-1:0]  row_d, row_q;      // the other row; its bits below High are spent
    logic             carry_d, carry_q;  // into bit High
    logic [High-Low:0] resolved;

    if (i == 0) begin : gen_first
      assign valid_d = in_valid_i;
      assign sum_d   = in_sum_i;
      assign row_d   = in_carry_i;
      assign carry_d = 1'b0;
    end else begin : gen_next
      assign valid_d = gen_stage[i-1].valid_q;
      assign sum_d   = gen_stage[i-1].sum_q;
      assign row_d   = gen_stage[i-1].row_q;
      assign carry_d = gen_stage[i-1].carry_q;
    end

    assign resolved = {1'b0, sum_d[High-1:Low]} + {1'b0, row_d[High-1:Low]}
                    + (High - Low + 1)'(carry_d);

    always_ff @(posedge clk_i) begin
      sum_q           <= sum_d;
      sum_q[High-1:Low] <= resolved[High-Low-1:0];
      row_q           <= row_d;
      carry_q         <= resolved[High-Low];
      if (!rst_ni) valid_q <= 1'b0;
      else         valid_q <= valid_d;
    end
  end

  assign out_valid_o = gen_stage[Stages-1].valid_q;
  assign out_o       = gen_stage[Stages-1].sum_q;

  logic unused;
  assign unused = &{gen_stage[Stages-1].carry_q, gen_stage[Stages-1].row_q};
endmodule
