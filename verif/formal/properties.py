"""The list of properties: what is proved, of which instance, by which engine, and which faults in
the RTL must refute it. A control is (file, text as it stands, text instead).
"""
import pathlib

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
INT8 = "rtl/convert/rh_convert_int8.sv"

LIST = []


def proof(name, law, module, controls=(), engine="pdr", frames=None, fast=False, seconds=300,
          before="", rtl_asserts=True, unfinished=False, with_=(), **parameters):
    """engine: pdr, induct (frames: the longest induction) or bmc (frames: cycles). fast: part of
    make test. unfinished: known not to end in its time, here so that it is named."""
    LIST.append({"name": name, "law": law, "kind": "property", "module": f"rh_formal_{module}",
                 "controls": list(controls), "engine": engine, "frames": frames, "fast": fast,
                 "seconds": seconds, "before": before, "rtl_asserts": rtl_asserts,
                 "unfinished": unfinished, "with": [str(HERE / f"rh_formal_{name}.sv") for name in with_],
                 "parameters": parameters})


# ---- cells, arrays, accumulators -----------------------------------------------------------------
CELL_CONTROLS = [(ACCUMULATE, "value_q <= (restart_i ? '0 : value_q) + in", "value_q <= value_q + in")]
for label, flags in (("", {}), ("-carry-save", {"CarrySave": "1'b1"})):
    proof(f"cell-int8{label}", "a cell of int8 equals its specification", "cell", CELL_CONTROLS,
          engine="induct", frames=3, fast=not label, **flags)
TREE_CONTROLS = [("rtl/dot/rh_dot_compress.sv", "", "")]
proof("cell-tree-4", "a cell of full adders equals its specification", "cell", engine="induct",
      frames=3, Width=4, Lanes=1, AccW=12, Compressor="1'b1")
proof("cell-tree-3x2", "a cell of full adders equals its specification", "cell", engine="induct",
      frames=3, Width=3, Lanes=2, AccW=12, Compressor="1'b1")
proof("cell-tree-8", "a cell of full adders equals its specification", "cell", engine="induct",
      frames=3, Compressor="1'b1")
proof("cell-tree-carry-save-4", "a cell of full adders equals its specification", "cell",
      engine="induct", frames=3, Width=4, AccW=12, Compressor="1'b1", CarrySave="1'b1")
proof("cell-block", "a cell of block floating point equals its specification", "cell_block",
      engine="induct", frames=3, fast=True, rtl_asserts=False)
proof("cell-block-tree", "a cell of block floating point equals its specification", "cell_block",
      engine="induct", frames=3, rtl_asserts=False, Compressor="1'b1")
proof("bound-int8", "no accumulator overflows within K", "bound", engine="induct", frames=3)
proof("bound-int8-128", "no accumulator overflows within K", "bound", engine="induct", frames=3,
      K=131071, Largest=16384, MostNegative="1'b1")
proof("bound-int3", "no accumulator overflows within K", "bound", engine="pdr",
      Width=3, AccW=9, K=28, Largest=9)
proof("bound-block", "no accumulator overflows within K", "bound", engine="induct", frames=3,
      Width=3, AccW=10, K=14, Largest=9, SignMagnitude="1'b1", ExponentW=1, rtl_asserts=False)
proof("array-int8", "an array gives the matrix product", "array", engine="bmc", frames=14)
proof("array-block", "an array gives the matrix product", "array", engine="bmc", frames=14,
      Width=2, Lanes=2, AccW=8, SignMagnitude="1'b1", ExponentW=1, rtl_asserts=False)
# ---- paths ---------------------------------------------------------------------------------------
proof("fifo-2", "the operand queue keeps every word", "fifo", fast=True)
proof("fifo-5", "the operand queue keeps every word", "fifo", Depth=5)
proof("fifo-4-take-2", "the operand queue keeps every word", "fifo", Depth=4, MaxTake=2)
proof("fifo-8-take-4", "the operand queue keeps every word", "fifo", Depth=8, MaxTake=4)
proof("results-1", "the store of results keeps every sum", "results")
proof("results-2", "the store of results keeps every sum", "results", Lanes=2)
for kind, word in enumerate(("int32", "fp32", "int8")):
    proof(f"requantize-{word}", "the requantizer keeps every beat", "path", with_=["mark"], Kind=kind)
proof("normalize", "the normalizer keeps every sum", "path", with_=["mark"], Unit=1, Most=2, Wait=2)
proof("convert-int8", "a converter to int8 keeps every beat", "path", with_=["mark"], Unit=2, Most=3, Wait=3)

# ---- noise ---------------------------------------------------------------------------------------
for lanes, bits in ((1, 1), (16, 8), (32, 8), (3, 5)):
    proof(f"noise-step-{lanes}x{bits}", "the noise takes the steps of the contract's stream",
          "step", Lanes=lanes, NoiseW=bits)


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
reset("fifo", "rh_gemm_fifo", W=2, Depth=4, MaxTake=2)
reset("results", "rh_gemm_results", Rows=2, Cols=2, Lanes=1, AccW=2)
reset("array", "rh_array", Rows=2, Cols=2, Width=3, AccW=9)
reset("gemm", "rh_gemm", Rows=2, Cols=2, ConvertLanes=1, RequantizeLanes=1)
reset("gemm-bfp", "rh_gemm_bfp", Rows=2, Cols=2, Lanes=2, ExponentW=2, AccW=32)
