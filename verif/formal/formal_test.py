#!/usr/bin/env python3
"""TEST RATIONALE. Simulation tries the stalls it draws; some laws are proved for all of them. Each
property is a module rh_formal_<name>.sv around the RTL; Yosys turns it into an and-inverter graph
and ABC's property-directed reachability proves it for any number of cycles from reset, or gives a
counterexample; one that ends by itself after some cycles is unrolled over them. The last kind is
equivalence: the netlist of rh_round, as synthesis made it, and the RTL have the same outputs for
every input (SAT). A proof that cannot fail proves nothing, so each property has controls: faults in
the RTL, each of which must refute it.

Docs: docs/formal.md.
Example:  make test-formal        one property:  build/test/formal --only stream
"""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import junit  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
WORK = ROOT / "build" / "formal"
SECONDS = 300  # for one proof

# block_config_t of the streams, as rh_pkg packs it; number_test.cpp has the same numbers.
BF16_TRUNCATE = 17183080065     # bfp(m=2,round=truncate), base -127: no stage for the exponent
WINDOW = 4415229530102          # bfp(m=2,e=4), base -10
WINDOW_BUMP = 4964985343990     # bfp(m=2,e=4,overflow=bump), base -10

BFP = "rtl/convert/rh_convert_bfp.sv"
LANE = "rtl/convert/rh_convert_lane.sv"
TREE = "rtl/dot/rh_dot_magnitude_tree.sv"
SPLIT = "rtl/chunk/rh_chunk_split.sv"
MAC = "rtl/mac/rh_mac.sv"


def proof(name, law, module, controls, frames=None, **parameters):
    """frames: only for that many cycles, of a property that ends by itself before."""
    return {"name": name, "law": law, "module": f"rh_formal_{module}", "controls": controls,
            "frames": frames, "parameters": parameters}


# controls: (file, text as it stands, text instead); each must refute the property.
PROOFS = [
    proof("noise", "the noise never reaches the state of zeros", "noise",
          [("rtl/noise/rh_noise.sv", "seed_i | 127'(seed_zero)", "seed_i")]),
    proof("stream", "a converter keeps every group under any stall", "stream",
          [(BFP, "assign in_ready_o   = advance;", "assign in_ready_o   = 1'b1;"),
           (BFP, "assign advance      = !Backpressure || !out_valid_o || out_ready_i;",
            "assign advance      = out_valid_o ? out_ready_i : in_valid_i;"),
           (BFP, "out_exponent_o  <= final_e;",
            "if (in_valid_i) out_exponent_o  <= final_e;")],
          Config=f"45'd{BF16_TRUNCATE}", Stages=2),
    proof("stream-unregistered", "a converter without output register keeps every group", "stream",
          [(BFP, "unpacked_valid_q <= in_valid_i && advance;",
            "unpacked_valid_q <= in_valid_i && advance || round_valid;")],
          Config=f"45'd{BF16_TRUNCATE}", OutputRegister="1'b0", Stages=1),
    proof("stream-window", "a converter with an exponent stage keeps every group", "stream",
          [(BFP, "valid_q <= unpacked_valid_q;", "valid_q <= unpacked_valid_q || valid_q;")],
          Config=f"45'd{WINDOW}", Stages=3),
    proof("stream-bump", "a converter that bumps keeps every group", "stream",
          [(BFP, "valid_q <= round_valid;", "valid_q <= round_valid || valid_q;")],
          Config=f"45'd{WINDOW_BUMP}", Bump="1'b1", Stages=4),
    proof("bounds", "what leaves a converter lies within its configuration", "bounds",
          [(BFP, "final_code[i*OutW +: OutW] != '0 ||", "1'b1 ||"),
           (LANE, "assign code_o = over_o ? OutW'(limit) : OutW'(code);",
            "assign code_o = OutW'(code);"),
           (BFP, "wanted > $signed(TopW'(cfg.max_exponent))", "1'b0"),
           (LANE, "assign over_o = !kill_i && (", "assign over_o = ("),
           (BFP, "cfg.overflow == rh_pkg::Bump && over_q", "over_q")]),
    proof("dot-2", "three lanes of 2 bits are one function as tree and as products", "dot",
          [(TREE, "~^ negative[k]", "^ negative[k]")], Lanes=3, Width=3),
    proof("dot-4", "two lanes of 4 bits are one function as tree and as products", "dot",
          [(TREE, "~^ negative[k]", "^ negative[k]")], Lanes=2, Width=5),
    proof("chunk-4", "chunks of 2 bits in passes give the product of codes of 4 bits", "chunk",
          [(SPLIT, "{in_i[i*CodeW + MagnitudeW], ", "{in_i[i*CodeW + MagnitudeW] && p == 0, ")],
          Lanes=1, MagnitudeW=4, ChunkW=2),
    proof("chunk-3", "chunks of 2 bits in passes give the dot product of two lanes of 3 bits",
          "chunk", [(SPLIT, "(Chunks - 1 - p)*ChunkW", "p*ChunkW")], Lanes=2, MagnitudeW=3,
          ChunkW=2),
    proof("passes", "a cell fed chunks in passes holds what a cell of whole codes holds", "passes",
          [(MAC, "      shift_q <= ShiftW'(a_i[CodesW +: ExponentAW]) +",
            "      shift_q <= ShiftW'(a_o[CodesW +: ExponentAW]) +"),
           (MAC, "restart_q <= restart_i;", "restart_q <= 1'b0;")], frames=16),
]


class Failure(Exception):
    """A proof that did not do what it should; the text says how."""


def run(command, log):
    process = subprocess.run([str(word) for word in command], cwd=ROOT, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                             timeout=SECONDS)
    log.write_text(process.stdout)
    return process


def must(command, log):
    process = run(command, log)
    if process.returncode != 0:
        raise Failure(f"{command[0]} exits with {process.returncode}\n{process.stdout[-2000:]}")
    return process.stdout


def sources(folder, control):
    """The files of rtl.f, from a copy with the control's fault when there is one."""
    names = [line for line in (ROOT / "rtl/rtl.f").read_text().split() if line.startswith("rtl/")]
    files = {name: ROOT / name for name in names}
    if control:
        name, text, instead = control
        code = files[name].read_text()
        if code.count(text) != 1:
            raise Failure(f"{name} has {code.count(text)} places that read '{text}', not one")
        files[name] = folder / pathlib.Path(name).name
        files[name].write_text(code.replace(text, instead))
    return list(files.values())


def holds(item, folder, control=None):
    """True when the property is proved, False when there is a counterexample."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    top = item["module"]
    script = [f"read_verilog -sv -formal {' '.join(map(str, sources(folder, control)))}",
              f"read_verilog -sv -formal {HERE / top}.sv"]
    script += [f"chparam -set {name} {value} {top}" for name, value in item["parameters"].items()]
    script += [f"prep -top {top} -flatten", "async2sync", "memory_map", "opt -full", "techmap",
               "opt -fast", "dffunmap", "abc -g AND -fast", "opt_clean",
               "setundef -undriven -anyseq", f"write_aiger -zinit {folder}/proof.aig"]
    (folder / "proof.ys").write_text("\n".join(script) + "\n")
    must(["yosys", "-q", "-s", folder / "proof.ys"], folder / "yosys.log")
    frames = item["frames"]
    engine = f"bmc3 -F {frames}" if frames else "pdr"
    text = must(["yosys-abc", "-c", f"read_aiger {folder}/proof.aig; fold; strash; "
                 f"{engine} -T {SECONDS - 10}; print_status"], folder / "abc.log")
    if "Property proved" in text or frames and f"No output asserted in {frames} frames" in text:
        return True
    if "was asserted in frame" in text:
        return False
    raise Failure(f"no verdict within {SECONDS} s\n{text[-1000:]}")


def equivalent(folder, control=None):
    """True when rh_round and its netlist give the same for every input."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    must(["scripts/synth.py", "netlist", "rh_round", "-o", folder / "netlist.v"],
         folder / "synth.log")
    files = " ".join(map(str, sources(folder, control)))
    script = [f"read_verilog {folder}/netlist.v", "hierarchy -top rh_round", "flatten",
              "design -stash gates", f"read_verilog -sv -noassert {files}",
              "hierarchy -top rh_round", "proc", "opt_clean",
              "design -copy-from gates -as gates rh_round",
              "miter -equiv -flatten rh_round gates miter", "hierarchy -top miter",
              "sat -verify -prove trigger 0 miter"]
    (folder / "proof.ys").write_text("\n".join(script) + "\n")
    process = run(["yosys", "-s", folder / "proof.ys"], folder / "yosys.log")
    if process.returncode == 0:
        return True
    if "proof did fail" in process.stdout:
        return False
    raise Failure(process.stdout[-2000:])


def attempt(name, check, want):
    """One test case: (name, seconds, failure text or None)."""
    start = time.monotonic()
    try:
        got = check()
        failure = None if got == want else "proved, but the fault should refute it" if got \
            else "refuted: there is a counterexample"
    except (Failure, OSError, subprocess.TimeoutExpired) as error:
        failure = str(error)
    return name, time.monotonic() - start, failure


def main():
    options = junit.parse_options(__doc__, "properties named so")

    jobs = []
    for item in PROOFS:
        folder = WORK / item["name"]
        jobs.append((f"formal: {item['law']}",
                     lambda item=item, folder=folder: holds(item, folder / "proof"), True))
        for n, control in enumerate(item["controls"], 1):
            place = folder / f"control{n}"
            jobs.append((f"formal: fault {n} refutes that {item['law']}",
                         lambda item=item, place=place, control=control:
                         holds(item, place, control), False))
    fault = ("rtl/round/rh_round.sv", "half && (below_half || floor[0])",
             "half && (below_half || !floor[0])")
    jobs.append(("formal: round and its netlist are the same function",
                 lambda: equivalent(WORK / "round" / "proof"), True))
    jobs.append(("formal: a fault refutes that round and its netlist are the same",
                 lambda: equivalent(WORK / "round" / "control", fault), False))
    jobs = [job for job in jobs if options.only in job[0] or
            any(options.only in item["name"] and item["law"] in job[0] for item in PROOFS)]

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda job: attempt(*job), jobs))

    return junit.report("formal", results, options.o)


if __name__ == "__main__":
    sys.exit(main())
