// What every valid/ready path must do, seen from outside: one item in, one item out, in order.
//
// Any one item is marked when it is taken, and what stands before it is counted down. Items are
// told apart by the mark alone: an item that leaves must carry the mark if and only if it is the
// one whose turn it is. As the mark may be on any item, none is lost, repeated or overtaken. What
// is offered stays until it is taken; at most Most are inside; if Wait is not 0, an item leaves
// within Wait cycles in which the path is not held up from outside.
// Part of the properties: verif/formal/engines.py.
module rh_formal_mark #(
  parameter  int Most = 6,
  parameter  int Wait = 0,
  parameter  int SideW = 1,  // what else travels with the item
  localparam int CountW = $clog2(Most + 2),
  localparam int WaitW  = $clog2(Wait + 2)
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             mark_i,       // free
  input  logic             in_taken_i,
  input  logic [SideW-1:0] in_side_i,
  output logic             colour_o,     // this item is the marked one
  input  logic             held_i,       // from outside: no progress is asked for
  input  logic             out_valid_i,
  input  logic             out_ready_i,
  input  logic             out_colour_i,
  input  logic [SideW-1:0] out_side_i
);
  localparam logic [CountW-1:0] None = {CountW{1'b1}};
  logic [CountW-1:0] inside_q, ahead_q;  // None without a mark inside
  logic [WaitW-1:0]  waited_q;
  logic             marked_q;
  logic             stalled_q, stalled_colour_q;
  logic [SideW-1:0] side_q, stalled_side_q;
  logic             out_taken;

  assign out_taken = out_valid_i && out_ready_i;
  assign colour_o  = mark_i && in_taken_i && !marked_q;

  always_ff @(posedge clk_i) begin
    if (colour_o) side_q <= in_side_i;
    stalled_q        <= rst_ni && out_valid_i && !out_ready_i;
    stalled_colour_q <= out_colour_i;
    stalled_side_q   <= out_side_i;
    if (!rst_ni) begin
      inside_q <= '0;
      marked_q <= 1'b0;
      ahead_q  <= None;
      waited_q <= '0;
    end else begin
      inside_q <= inside_q + CountW'(in_taken_i) - CountW'(out_taken);
      marked_q <= marked_q || colour_o;
      if (colour_o) ahead_q <= inside_q - CountW'(out_taken);
      else if (ahead_q != None) ahead_q <= ahead_q - CountW'(out_taken);
      if (inside_q == '0 || out_valid_i) waited_q <= '0;
      else if (!held_i) waited_q <= waited_q + 1'b1;
    end
    if (rst_ni) begin
      a_inside:  assert (inside_q <= Most);
      a_nothing_from_nothing: assert (!out_valid_i || inside_q != '0);
      a_in_turn: assert (!out_valid_i || out_colour_i == (ahead_q == '0));
      a_side:    assert (!out_valid_i || ahead_q != '0 || out_side_i == side_q);
      a_holds:   assert (!stalled_q || (out_valid_i && out_colour_i == stalled_colour_q &&
                                        out_side_i == stalled_side_q));
      a_leaves:  assert (Wait == 0 || waited_q < Wait);
    end
  end
endmodule
