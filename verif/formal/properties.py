"""The list of properties: what is proved, of which instance, by which engine, and which faults in
the RTL must refute it. A control is (file, text as it stands, text instead).
"""
import pathlib

import synth

HERE = pathlib.Path(__file__).resolve().parent

# block_config_t of the streams, as rh_pkg packs it; number_test.cpp has the same numbers.
BF16_TRUNCATE = 17183080065     # bfp(m=2,round=truncate), base -127: no stage for the exponent
WINDOW = 4415229530102          # bfp(m=2,e=4), base -10
WINDOW_BUMP = 4964985343990     # bfp(m=2,e=4,overflow=bump), base -10

BFP = "rtl/convert/rh_convert_bfp.sv"
LANE = "rtl/convert/rh_convert_lane.sv"
TREE = "rtl/dot/rh_dot_magnitude_tree.sv"
SPLIT = "rtl/chunk/rh_chunk_split.sv"
MAC = "rtl/mac/rh_mac.sv"
ACCUMULATE = "rtl/accumulate/rh_accumulate.sv"
EXACT = "rtl/accumulate/rh_accumulate_exact.sv"
ARRAY = "rtl/array/rh_array.sv"
FIFO = "rtl/gemm/rh_gemm_fifo.sv"
RESULTS = "rtl/gemm/rh_gemm_results.sv"
REQUANTIZE = "rtl/requantize/rh_requantize.sv"
NORMALIZE = "rtl/normalize/rh_normalize.sv"
PRECISION = "rtl/precision/rh_precision.sv"
PRECISION_SUM = "rtl/precision/rh_precision_sum.sv"
COMPARE = "rtl/precision/rh_precision_compare.sv"
INT8 = "rtl/convert/rh_convert_int8.sv"

LIST = []


def proof(name, law, module, controls=(), engine="pdr", frames=None, fast=False, seconds=300,
          before="", rtl_asserts=True, unfinished=False, with_=(), **parameters):
    """engine: pdr, induct (frames: the longest induction) or bmc (frames: cycles). fast: part of
    make test. unfinished: known not to end in its time, here so that it is named."""
    LIST.append({"name": name, "law": law, "kind": "property", "module": f"rh_formal_{module}",
                 "controls": list(controls), "engine": engine, "frames": frames, "fast": fast,
                 "seconds": seconds, "before": before, "rtl_asserts": rtl_asserts,
                 "unfinished": unfinished, "parameters": parameters,
                 "with": [str(HERE / f"rh_formal_{name}.sv") for name in with_]})


# ---- converters, dot, chunks, passes -------------------------------------------------------------
proof("noise", "the noise never reaches the state of zeros", "noise",
      [("rtl/noise/rh_noise.sv", "seed_i | 127'(seed_zero)", "seed_i")], fast=True)
proof("stream", "a converter keeps every group under any stall", "stream",
      [(BFP, "assign in_ready_o   = advance;", "assign in_ready_o   = 1'b1;"),
       (BFP, "assign advance      = !Backpressure || !out_valid_o || out_ready_i;",
        "assign advance      = out_valid_o ? out_ready_i : in_valid_i;"),
       (BFP, "out_exponent_o  <= final_e;", "if (in_valid_i) out_exponent_o  <= final_e;")],
      fast=True, Config=f"45'd{BF16_TRUNCATE}", Stages=2)
proof("stream-unregistered", "a converter without output register keeps every group", "stream",
      [(BFP, "unpacked_valid_q <= in_valid_i && advance;",
        "unpacked_valid_q <= in_valid_i && advance || round_valid;")],
      Config=f"45'd{BF16_TRUNCATE}", OutputRegister="1'b0", Stages=1)
proof("stream-window", "a converter with an exponent stage keeps every group", "stream",
      [(BFP, "valid_q <= unpacked_valid_q;", "valid_q <= unpacked_valid_q || valid_q;")],
      Config=f"45'd{WINDOW}", Stages=3)
proof("stream-bump", "a converter that bumps keeps every group", "stream",
      [(BFP, "valid_q <= round_valid;", "valid_q <= round_valid || valid_q;")],
      Config=f"45'd{WINDOW_BUMP}", Bump="1'b1", Stages=4)
proof("bounds", "what leaves a converter lies within its configuration", "bounds",
      [(BFP, "final_code[i*OutW +: OutW] != '0 ||", "1'b1 ||"),
       (LANE, "assign code_o = over_o ? OutW'(limit) : OutW'(code);",
        "assign code_o = OutW'(code);"),
       (BFP, "wanted > $signed(TopW'(cfg.max_exponent))", "1'b0"),
       (LANE, "assign over_o = !kill_i && (", "assign over_o = ("),
       (BFP, "cfg.overflow == rh_pkg::Bump && over_q", "over_q")])
for name, lanes, width, fast in (("dot-2", 3, 3, True), ("dot-4", 2, 5, False)):
    proof(name, "lanes are one function as tree and as products", "dot",
          [(TREE, "~^ negative[k]", "^ negative[k]")], fast=fast, Lanes=lanes, Width=width)
proof("chunk-4", "chunks of 2 bits in passes give the product of codes of 4 bits", "chunk",
      [(SPLIT, "{in_i[i*CodeW + MagnitudeW], ", "{in_i[i*CodeW + MagnitudeW] && p == 0, ")],
      fast=True, Lanes=1, MagnitudeW=4, ChunkW=2)
for name, lanes, bits, chunk in (("chunk-3", 2, 3, 2), ("chunk-5", 1, 5, 2), ("chunk-6", 1, 6, 3)):
    proof(name, "chunks in passes give the dot product of whole codes", "chunk",
          [(SPLIT, "(Chunks - 1 - p)*ChunkW", "p*ChunkW")], Lanes=lanes, MagnitudeW=bits,
          ChunkW=chunk)
proof("passes", "a cell fed chunks in passes holds what a cell of whole codes holds", "passes",
      [(MAC, "      shift_q <= ShiftW'(a_i[CodesW +: ExponentAW]) +",
        "      shift_q <= ShiftW'(a_o[CodesW +: ExponentAW]) +"),
       (MAC, "restart_q <= restart_i;", "restart_q <= 1'b0;")], engine="bmc", frames=16)

# ---- cells, accumulators, arrays -----------------------------------------------------------------
RESTART = (ACCUMULATE, "value_q <= (restart_i ? '0 : value_q) + in", "value_q <= value_q + in")
LATE = (MAC, "restart_q <= restart_i;", "restart_q <= 1'b0;")
EXACT_SIGN = (EXACT, "2'(!in_i[InW-1])", "2'(in_i[InW-1])")
CELL = {"engine": "induct", "frames": 3}
proof("cell-int8", "a cell of int8 equals its specification", "cell", [RESTART], fast=True, **CELL)
proof("cell-int8-carry-save", "a cell of int8 equals its specification", "cell", [LATE],
      CarrySave="1'b1", **CELL)
for name, width, lanes, flags in (("cell-tree-4", 4, 1, {}), ("cell-tree-3x2", 3, 2, {}),
                                  ("cell-tree-carry-save-4", 4, 1, {"CarrySave": "1'b1"})):
    proof(name, "a cell of full adders equals its specification", "cell", Width=width, Lanes=lanes,
          AccW=12, Compressor="1'b1", **flags, **CELL)
proof("cell-tree-8", "a cell of full adders equals its specification", "cell", unfinished=True,
      seconds=120, Compressor="1'b1", **CELL)
proof("cell-block", "a cell of block formats equals its specification", "cell_block", [EXACT_SIGN],
      fast=True, rtl_asserts=False, **CELL)
proof("cell-block-tree", "a cell of block formats equals its specification", "cell_block",
      rtl_asserts=False, Compressor="1'b1", **CELL)
# The control of a bound is a K that is one too large.
BOUND = "no accumulator overflows within K"
MORE_K = ("rh_formal_bound.sv", "bound_q <= WideW'(K - 1) * Unit);",
          "bound_q <= WideW'(K) * Unit);")
proof("bound-int8", BOUND, "bound", **CELL)
proof("bound-int8-128", BOUND, "bound", K=131071, Largest=16384, MostNegative="1'b1", **CELL)
proof("bound-int3", BOUND, "bound", [MORE_K], Width=3, AccW=9, K=28, Largest=9)
proof("bound-block", BOUND, "bound", Width=3, AccW=10, K=14, Largest=9, SignMagnitude="1'b1",
      ExponentW=1, rtl_asserts=False, **CELL)
ARRAY_LAW = "an array gives the matrix product, tile after tile"
proof("array-reset", ARRAY_LAW + ", and a beat during a reset counts for nothing", "array",
      [(ARRAY, "in_valid_i && rst_ni ?", "in_valid_i ?")], engine="bmc", frames=9, fast=True,
      Width=2, AccW=7, rtl_asserts=False)
proof("array-int2", ARRAY_LAW, "array",
      [(ARRAY, "restart_q <= Diagonals'({restart_q, last_q});", "restart_q <= '0;")],
      engine="bmc", frames=12, Width=2, AccW=7, rtl_asserts=False)
proof("array-block", ARRAY_LAW, "array", engine="bmc", frames=14, Width=2, Lanes=2, AccW=8,
      SignMagnitude="1'b1", ExponentW=1, rtl_asserts=False)

# ---- valid/ready paths ---------------------------------------------------------------------------
FULL = (FIFO, "in_ready_o  = count_q != CountW'(Depth)", "in_ready_o  = 1'b1")
proof("fifo-2", "the operand queue keeps every word", "fifo", [FULL], fast=True)
for name, words, most in (("fifo-5", 5, 1), ("fifo-4-take-2", 4, 2), ("fifo-8-take-4", 8, 4)):
    proof(name, "the operand queue keeps every word", "fifo", Depth=words, MaxTake=most)
proof("results-1", "the store of results keeps every sum", "results",
      [(RESULTS, "assign free_o         = reserved_q <= CountW'(Rows) && coming_q == '0;",
        "assign free_o         = coming_q == '0;")])
proof("results-2", "the store of results keeps every sum", "results", Lanes=2)
STALL = (REQUANTIZE, "assign advance     = !out_valid_o || out_ready_i;",
         "assign advance     = 1'b1;")
# rh_float_pack asserts a range of what the registers before it hold, which is anything at first.
for kind, word in enumerate(("int32", "fp32", "int8")):
    proof(f"requantize-{word}", "the requantizer keeps every beat", "path",
          [STALL] if kind == 0 else [], with_=["mark"], rtl_asserts=kind == 0, Kind=kind)
proof("normalize", "the normalizer keeps every sum", "path",
      [(NORMALIZE, "assign in_ready_o = advance;", "assign in_ready_o = 1'b1;")], with_=["mark"],
      Unit=1, Most=2, Wait=2)
DECISION = "the decision on a tensor is that of the contract on its groups"
proof("precision", DECISION, "precision",
      [(PRECISION, "first_q     <= (first_q && !take) || out_taken;",
        "first_q     <= first_q && !take;"),
       (PRECISION, "sums_last_q  <= rst_ni && take_last;", "sums_last_q  <= take_last;"),
       (PRECISION, "(!first_q && out_nan_o) || in_nan_i", "in_nan_i"),
       (COMPARE, "if (sum[0] != left[0]) below_o", "if (sum[0] || left[0]) below_o")])
proof("precision-follow", DECISION + ", also where the window follows", "precision",
      [(PRECISION, "margin[ExponentW-1:0] - ExponentW'(Window)", "margin[ExponentW-1:0]"),
       (PRECISION_SUM, ">> rise_i", ">> 1'(rise_i)"),
       (PRECISION, "exponent | {ExponentW{!counts}}", "exponent")], engine="bmc", frames=15,
      ExponentW=2, ThresholdW=1, FractionW=1)
proof("convert-int8", "a converter to int8 keeps every beat", "path",
      [(INT8, "product_valid_q <= take;", "product_valid_q <= in_valid_i;")], with_=["mark"],
      rtl_asserts=False, Unit=2, Most=3, Wait=3)

# ---- noise ---------------------------------------------------------------------------------------
for lanes, bits in ((1, 1), (16, 8), (32, 8), (3, 5)):
    proof(f"noise-step-{lanes}x{bits}", "the noise takes the steps of the contract's stream",
          "step", [("rtl/noise/rh_noise.sv", "stream[t - 64 +: 64] ^", "stream[t - 63 +: 64] ^")]
          if lanes == 16 else [], Lanes=lanes, NoiseW=bits)

LIST.append({"name": "noise-period", "kind": "algebra", "module": "rh_noise", "engine": "algebra",
             "law": "the stream of noise has the period 2^127 - 1",
             "controls": [("verif/formal/lfsr.py", "63 0", "62 0"),
                          ("verif/formal/lfsr.py", "63 0", "61 0")], "frames": None, "fast": True,
             "seconds": 60, "unfinished": False, "parameters": {}})


# ---- reset ---------------------------------------------------------------------------------------
def reset(name, module, controls=(), seconds=300, unfinished=False, **parameters):
    LIST.append({"name": f"reset-{name}", "kind": "reset", "module": module, "engine": "pdr",
                 "law": f"after two cycles of reset {module} shows nothing of before",
                 "controls": list(controls), "frames": None, "fast": False, "seconds": seconds,
                 "before": "", "unfinished": unfinished, "parameters": parameters})


reset("noise", "rh_noise")
reset("resolve", "rh_accumulate_resolve")
reset("divide", "rh_float_divide")
reset("scale", "rh_convert_scale")
reset("convert-int8", "rh_convert_int8", Lanes=1)
reset("convert-bfp", "rh_convert_bfp", Lanes=2, Source=1)
reset("convert-tensor", "rh_convert_tensor", Lanes=2, Source=1, CounterW=4)
reset("normalize", "rh_normalize", AccW=16)
reset("requantize", "rh_requantize", Lanes=1)
reset("precision", "rh_precision",
      [(PRECISION, "out_valid_o <= 1'b0;", "out_valid_o <= out_valid_o;")], Lanes=1, ExponentW=2,
      Window=1, GroupsW=2, ThresholdW=2, FractionW=2)
reset("precision-convert", "rh_precision_convert", Lanes=2, Source=1, CounterW=4, GroupsW=2)
reset("fifo", "rh_gemm_fifo",
      [(FIFO, "      count_q <= '0;\n", "")], W=2, Depth=4, MaxTake=2)
reset("results", "rh_gemm_results", Rows=2, Cols=2, Lanes=1, AccW=2)
reset("array", "rh_array", Rows=2, Cols=2, Width=3, AccW=9)
reset("gemm", "rh_gemm", seconds=120, unfinished=True, Rows=2, Cols=2, ConvertLanes=1,
      RequantizeLanes=1)
reset("gemm-bfp", "rh_gemm_bfp", seconds=120, unfinished=True, Rows=2, Cols=2, Lanes=2,
      ExponentW=2, AccW=32)


# ---- RTL and netlist -----------------------------------------------------------------------------
COARSE = ["synth -run coarse:fine", "maccmap", "opt -full"]


def netlist(name, controls=(), fast=False, coarse=False, seconds=300, unfinished=False):
    """A job of scripts/synth.py. coarse: the RTL side has its products made of adders by the passes
    that synthesis uses, so the comparison begins behind them."""
    job = next(item for item in synth.ALL if item["name"] == name)
    LIST.append({"name": f"netlist-{name}", "kind": "netlist", "module": job["module"], "job": job,
                 "law": "the netlist goes on as the RTL does" +
                        (", behind the coarse passes of synthesis" if coarse else ""),
                 "engine": "cec", "controls": list(controls), "frames": None, "fast": fast,
                 "seconds": seconds, "unfinished": unfinished, "gold": COARSE if coarse else [],
                 "parameters": job["parameters"]})


netlist("round", [("rtl/round/rh_round.sv", "half && (below_half || floor[0])",
                   "half && (below_half || !floor[0])")], fast=True)
netlist("normalize_40", [(NORMALIZE, "lifted_field_q >= 255", "lifted_field_q >= 254")])
netlist("precision_e4", [(COMPARE, "sum[0] != left[0]", "sum[0] == left[0]")], coarse=True)
netlist("mac_bfp2", [EXACT_SIGN])
for unit in ("noise_16x8", "noise_32x8", "float_pack", "float_to_code", "float_divide",
             "convert_scale", "convert_bfp4_sr", "convert_bfp4_sr_small", "convert_bfp4_bf16_32",
             "convert_msfp12", "convert_msfp16", "convert_mxint8", "convert_mxfp4", "normalize_56",
             "chunk_join", "dot", "dot_16_lanes", "dot_16_lanes_bfp2", "dot_16_lanes_bfp4",
             "accumulate", "accumulate_resolve", "accumulate_exact", "accumulate_fp32", "mac",
             "mac_carry_save"):
    netlist(unit)
netlist("float_product", coarse=True)
for unit in ("precision_e3", "precision_e5", "precision_e8"):
    netlist(unit, coarse=True)
netlist("mac_behavioral", coarse=True)
# Not known to end: their products, or a register that synthesis has merged.
for unit in ("convert_1_lane", "convert_8_lanes", "requantize_1_lane", "requantize_4_lanes"):
    netlist(unit, coarse=True, unfinished=True, seconds=40)
for unit in ("convert_fast2_sr", "convert_fast4_sr", "convert_run_time", "mac_16_lanes",
             "mac_16_lanes_carry_save", "mac_bfp2_passes", "mac_bfp4", "mac_bfp2_e4", "mac_bfp4_e4",
             "mac_bfp2_e5", "mac_bfp4_e5", "mac_bfp2_fp32", "mac_bfp4_fp32", "array_2x2",
             "array_4x4", "array_8x8", "array_16x16", "array_4x4_carry_save", "array_4x4_16_lanes",
             "array_4x4_bfp2", "gemm_4x4"):
    netlist(unit, unfinished=True, seconds=40)
