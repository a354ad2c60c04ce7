// The largest of Lanes unsigned keys: a tree whose nodes compare Radix keys pairwise at once.
//
//   out_o = max over i of key i
//
// A node selects by AND-OR: key i is the node's when it beats all before it and none after it beats
// it. Radix 2 is the smallest, 4 has half the levels.
// Combinational. Golden: sw/convert/convert_bfp.hpp. Test: verif/convert/convert_bfp_test.cpp.
module rh_convert_exponent #(
  parameter int Lanes   = 16,
  parameter int KeyW    = 9,
  parameter int Radix   = 2,
  parameter bit FastSim = 1'b0  // comparisons as simulators like them: the same function
) (
  input  logic [Lanes*KeyW-1:0] in_i,
  output logic [KeyW-1:0]       out_o
);
  if (Lanes < 1 || KeyW < 1 || Radix < 2) begin : gen_bad_size
    $error("rh_convert_exponent: Lanes and KeyW must be positive, Radix at least 2");
  end

  localparam int Levels = Lanes <= 1 ? 0 : Lanes <= Radix ? 1 : Lanes <= Radix**2 ? 2 :
                          Lanes <= Radix**3 ? 3 : Lanes <= Radix**4 ? 4 : Lanes <= Radix**5 ? 5 :
                          Lanes <= Radix**6 ? 6 : Lanes <= Radix**7 ? 7 : 8;
  if (Lanes > Radix**8) begin : gen_bad_levels
    $error("rh_convert_exponent: more than Radix^8 Lanes");
  end

  for (genvar l = 0; l <= Levels; l++) begin : gen_level
    localparam int Nodes  = (Lanes + Radix**l - 1) / Radix**l;
    localparam int Inputs = (Lanes + Radix**l / Radix - 1) / (l == 0 ? 1 : Radix**(l-1));
    logic [Nodes*KeyW-1:0] keys;

    if (l == 0) begin : gen_inputs
      assign keys = in_i;
    end else begin : gen_nodes
      logic [Inputs*KeyW-1:0] below;
      assign below = gen_level[l-1].keys;
      for (genvar n = 0; n < Nodes; n++) begin : gen_node
        localparam int First = n * Radix;
        localparam int Keys  = Inputs - First < Radix ? Inputs - First : Radix;
        logic [Keys*KeyW-1:0] in;
        logic [KeyW-1:0]      largest;
        logic                 greater, wins;
        assign in = below[First*KeyW +: Keys*KeyW];
        always_comb begin
          largest = '0;
          for (int i = 0; i < Keys; i++) begin
            wins = 1'b1;
            for (int j = 0; j < Keys; j++) begin
              // Is the later of the two greater? Written as a chain of carries: mapped, this is two
              // thirds of the area of the operator.
              greater = FastSim && (j < i ? in[i*KeyW +: KeyW] > in[j*KeyW +: KeyW]
                                          : in[j*KeyW +: KeyW] > in[i*KeyW +: KeyW]);
              for (int k = 0; k < (FastSim ? 0 : KeyW); k++) begin
                if (j < i) begin
                  greater = (in[i*KeyW + k] && !in[j*KeyW + k]) ||
                            (greater && (in[i*KeyW + k] || !in[j*KeyW + k]));
                end else begin
                  greater = (in[j*KeyW + k] && !in[i*KeyW + k]) ||
                            (greater && (in[j*KeyW + k] || !in[i*KeyW + k]));
                end
              end
              if (j < i) wins = wins && greater;
              if (j > i) wins = wins && !greater;
            end
            largest |= in[i*KeyW +: KeyW] & {KeyW{wins}};
          end
        end
        assign keys[n*KeyW +: KeyW] = largest;
      end
    end
  end

  assign out_o = gen_level[Levels].keys;
endmodule
