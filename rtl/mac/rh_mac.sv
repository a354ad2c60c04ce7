// One cell of the array: dot product, accumulator, and the registers that pass operands on.
//
//   value <= (restart ? 0 : value) + sum over lanes of a * b   mod 2^AccW      docs/mac.md (1)
//   value  = sum_o + carry_o mod 2^AccW; carry_o is 0 without CarrySave
//
// With SignMagnitude an operand is a group of codes under its exponent, and the cell adds
//
//   exact     dot * 2^(e_a + e_b), e_a + e_b = 0 .. MaxShift                   docs/mac.md (3)
//   Fp32      fl(dot * 2^(e_a + e_b)), e_a signed, by fl(value + ...)                      (4)
//
// Schedule, counted in clock edges after the cycle in which a_i, b_i, restart_i are seen:
//   1         a_o, b_o repeat them (the neighbours' inputs)
//   Latency   sum_o, carry_o contain the product; with restart they contain nothing older
// Latency = rh_pkg::mac_latency(...): 1; 2 with CarrySave or SignMagnitude, where a register
// between dot and accumulate shortens the cycle; 3 with Fp32.
//
// Bubbles are zero operands without restart. A finished sum is at sum_o, carry_o for the last time
// in the cycle before the restart's own product arrives there. No reset.
//
// Golden model: sw/mac/mac.hpp. Test: verif/mac/mac_test.cpp, verif/mac/mac_block_test.cpp.
module rh_mac #(
  parameter  int Lanes         = 1,
  parameter  int Width         = 8,     // bits of a code, its sign included
  parameter  int AccW          = 32,
  parameter  bit SignMagnitude = 1'b0,
  parameter  bit Fp32          = 1'b0,  // the value is an FP32 number, AccW = 32
  parameter  int ExponentAW    = 0,     // bits of an operand's exponent; 0 without SignMagnitude
  parameter  int ExponentBW    = 0,
  parameter  int MaxShift      = 0,     // the largest e_a + e_b of exact
  parameter  bit Compressor    = 1'b0,  // structure only: see rh_dot
  parameter  bit FastSim       = 1'b0,  // structure only; with SignMagnitude codes come packed
  parameter  bit CarrySave     = 1'b0,  // the accumulator is two rows and never resolves a carry
  localparam int CodesW        = rh_pkg::codes_width(Lanes, Width, SignMagnitude && FastSim),
  localparam int OperandAW     = CodesW + ExponentAW,
  localparam int OperandBW     = CodesW + ExponentBW
) (
  input  logic                 clk_i,
  input  logic [OperandAW-1:0] a_i,  // the exponent above the codes
  input  logic [OperandBW-1:0] b_i,
  input  logic                 restart_i,
  output logic [OperandAW-1:0] a_o,
  output logic [OperandBW-1:0] b_o,
  output logic [AccW-1:0]      sum_o,
  output logic [AccW-1:0]      carry_o
);
  if (SignMagnitude != (ExponentAW > 0) ||
      SignMagnitude != (ExponentBW > 0)) begin : gen_bad_exponent
    $error("rh_mac: ExponentAW and ExponentBW must be positive with SignMagnitude, 0 without");
  end
  if (SignMagnitude && (Lanes < 1 || Lanes > 64 || Width < 2 || Width > 9)) begin : gen_bad_codes
    $error("rh_mac: Lanes must lie in 1 .. 64 and Width in 2 .. 9 with SignMagnitude");
  end
  if (SignMagnitude && CarrySave) begin : gen_bad_carry_save
    $error("rh_mac: CarrySave must be 0 with SignMagnitude, whose accumulators have one row");
  end
  if (Fp32 && (!SignMagnitude || AccW != 32)) begin : gen_bad_fp32
    $error("rh_mac: Fp32 takes SignMagnitude and AccW = 32");
  end

  localparam int DotW = SignMagnitude ? rh_pkg::dot_width_magnitude(Width - 1, Width - 1, Lanes) :
                                        rh_pkg::dot_width(Width, Lanes);
  localparam int Rows = !SignMagnitude && Compressor ? 2 : 1;  // as far as dot compresses

  logic [Rows*DotW-1:0] dot, dot_q;
  logic                 restart_q;

  always_ff @(posedge clk_i) begin
    a_o <= a_i;
    b_o <= b_i;
  end

  if (CarrySave || SignMagnitude) begin : gen_pipelined
    always_ff @(posedge clk_i) begin
      dot_q     <= dot;
      restart_q <= restart_i;
    end
  end else begin : gen_direct
    assign dot_q     = dot;
    assign restart_q = restart_i;
  end

  if (SignMagnitude && FastSim) begin : gen_packed
    rh_dot_packed #(.Lanes(Lanes), .FieldW(DotW)) u_dot (
      .a_i  (a_i[CodesW-1:0]),
      .b_i  (b_i[CodesW-1:0]),
      .dot_o(dot)
    );
  end else begin : gen_dot
    rh_dot #(
      .Lanes        (Lanes),
      .Width        (Width),
      .SignMagnitude(SignMagnitude),
      .Compressor   (Compressor),
      .FastSim      (FastSim),
      .Rows         (Rows)
    ) u_dot (
      .a_i   (a_i[CodesW-1:0]),
      .b_i   (b_i[CodesW-1:0]),
      .rows_o(dot)
    );
  end

  if (!SignMagnitude) begin : gen_accumulate
    rh_accumulate #(
      .InW       (DotW),
      .InRows    (Rows),
      .AccW      (AccW),
      .CarrySave (CarrySave),
      .Compressor(Compressor),
      .FastSim   (FastSim)
    ) u_accumulate (
      .clk_i    (clk_i),
      .restart_i(restart_q),
      .in_i     (dot_q),
      .sum_o    (sum_o),
      .carry_o  (carry_o)
    );
  end else if (Fp32) begin : gen_fp32
    localparam int ExponentW = (ExponentAW > ExponentBW ? ExponentAW : ExponentBW + 1) + 1;
    logic signed [ExponentW-1:0] exponent_q;
    always_ff @(posedge clk_i) begin
      exponent_q <= ExponentW'($signed(a_i[CodesW +: ExponentAW])) +
                    $signed(ExponentW'(b_i[CodesW +: ExponentBW]));
    end
    rh_accumulate_fp32 #(.InW(DotW), .ExpW(ExponentW)) u_accumulate (
      .clk_i     (clk_i),
      .restart_i (restart_q),
      .in_i      (dot_q),
      .exponent_i(exponent_q),
      .value_o   (sum_o)
    );
    assign carry_o = '0;
  end else begin : gen_exact
    localparam int ShiftW = MaxShift == 0 ? 1 : $clog2(MaxShift + 1);
    logic [ShiftW-1:0] shift_q;
    always_ff @(posedge clk_i) begin
      shift_q <= ShiftW'(a_i[CodesW +: ExponentAW]) + ShiftW'(b_i[CodesW +: ExponentBW]);
    end
    rh_accumulate_exact #(
      .InW     (DotW),
      .MaxShift(MaxShift),
      .AccW    (AccW),
      .FastSim (FastSim)
    ) u_accumulate (
      .clk_i    (clk_i),
      .restart_i(restart_q),
      .in_i     (dot_q),
      .shift_i  (shift_q),
      .value_o  (sum_o)
    );
    assign carry_o = '0;
  end
endmodule
