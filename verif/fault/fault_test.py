#!/usr/bin/env python3
"""TEST RATIONALE. What the engine rtl answers must come out of the RTL. If C++ quantised, rounded,
added or scaled anything for it, a fault in the unit that should have done so would not show. So one
small fault is planted in each file that an engine is made of (verif/fault/faults.txt), an engine
is built from that, and `roundhouse compare` must find it: exit code 1. The controls are the same
builds without a fault, which must exit 0. The input crosses several tiles in each direction, and
has a row of zeros, one of subnormals, one with a NaN, ties of the rounding and values at the ends
of the range.

Example:  make test-fault        one fault:  build/test/fault --only rh_round
"""
import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import junit  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "fault"


class Configuration:
    """A small engine: its top, its parameters, its host code and what `compare` is asked."""

    def __init__(self, name, top, source, parameters, defines, compares, beside=()):
        self.name = name        # of the shared object and of the verilated class
        self.beside = beside    # other shared objects that `compare` needs, as `make build` made them
        self.top = top
        self.source = source    # the host code
        self.parameters = [f"-G{parameter}" for parameter in parameters]
        self.defines = [f"-D{define}" for define in defines]
        self.compares = compares  # arguments of each run of `compare`


def array(*parameters):
    """3 x 2 cells of 2 lanes."""
    name = "rtl_3x2x2"
    return Configuration(
        name, "rh_gemm", "sw/engine/plugin.cpp",
        ["Rows=3", "Cols=2", "Lanes=2", "ConvertLanes=8", "RequantizeLanes=2", *parameters],
        [f"RH_TOP={name}", f'RH_HEADER="{name}/{name}.h"', 'RH_NAME="rtl"', "RH_ROWS=3",
         "RH_COLS=2", "RH_LANES=2", "RH_CONVERT_LANES=8", "RH_REQUANTIZE_LANES=2",
         "RH_CARRY_SAVE=1"],
        [["a.npy", "b.npy", "--format", "int8", "--rows", "3", "--cols", "2", "--lanes", "2"]])


def converter(host, formats, *parameters):
    """Groups of 5, 8 noise bits; host is the class of models that the host code takes it for."""
    name = "convert_rtl_5x8"
    return Configuration(
        name, "rh_convert_tensor", "sw/engine/convert_plugin.cpp",
        ["Lanes=5", "NoiseW=8", *parameters],
        [f"RH_{host}={name}", f'RH_{host}_HEADER="{name}/{name}.h"', f"RH_ALL={name}",
         f'RH_ALL_HEADER="{name}/{name}.h"', 'RH_NAME="rtl"', "RH_GROUP=5", "RH_NOISE=8"],
        [["a.npy", "--format", text] for text in formats])


def multiplier(accumulator, exponent_bits, formats, *parameters):
    """3 x 2 cells of 16 lanes in chunks of 2 bits."""
    name = f"multiply_rtl_3x2x16_c2_{accumulator}"
    fp32 = accumulator == "fp32"
    bits = 32 if fp32 else int(accumulator[len("exact"):])
    return Configuration(
        name, "rh_gemm_bfp", "sw/engine/multiply_plugin.cpp",
        ["Rows=3", "Cols=2", "ChunkW=2", f"ExponentW={exponent_bits}", f"AccW={bits}",
         f"Fp32=1'b{int(fp32)}", *parameters],
        [f"RH_TOP={name}", f'RH_HEADER="{name}/{name}.h"', 'RH_NAME="rtl"', "RH_ROWS=3",
         "RH_COLS=2", "RH_LANES=16", "RH_CHUNK=2", f"RH_EXPONENT={exponent_bits}",
         f"RH_ACCUMULATOR={bits}", f"RH_FP32={int(fp32)}"],
        [["c.npy", "d.npy", "--rows", "3", "--cols", "2", *words] for words in formats],
        ["convert_rtl_16x8.so"])


EXACT = [["--format", "fast4"], ["--format-a", "fast2", "--format-b", "bfp(m=7,g=16,e=3)"]]
BFP8_SR = "45'hC100FF0FE81"  # rh_pkg::block_config_t; number_test.cpp has the same number
CONFIGURATIONS = {
    "plain": array(),
    "ripple": array("Compressor=1'b1"),
    "tree": array("Compressor=1'b1", "CarrySave=1'b1"),
    "convert": converter("ALL",
                         ["bfp(m=4,g=5,e=4,round=stochastic)", "mxfp4(g=5)", "mxfp8-e5m2(g=5)",
                          "bfp(m=3,g=5,e=3,round=stochastic-unbiased,overflow=bump,rule=even)"],
                         "Minifloat=1'b1", "Bump=1'b1", "MostNegative=1'b1"),
    "fixed": converter("INTEGER", ["bfp(m=8,g=5,round=stochastic)"], "RunTime=1'b0",
                       f"Config={BFP8_SR}"),
    "block": multiplier("exact64", 4, EXACT, "FastSim=1'b1"),
    "lanes": multiplier("exact64", 4, EXACT, "Compressor=1'b1"),
    "products": multiplier("exact64", 4, EXACT),
    "fp32": multiplier("fp32", 8, [["--format", "msfp12"]], "FastSim=1'b1"),
}
VERILATOR_INCLUDE = "/usr/share/verilator/include"
CXX = os.environ.get("CXX", "clang++")


def read_faults():
    faults = []
    for line in (ROOT / "verif/fault/faults.txt").read_text().splitlines():
        if not line.strip() or line.startswith(("#", "idle")):
            continue
        fields = [field.strip().replace("\\|", "|") for field in re.split(r"(?<!\\)\|", line)]
        faults.append(dict(zip(("configuration", "file", "text", "instead"), fields, strict=True)))
    return faults


def idle_files():
    """Files that an engine's modules name and no engine has: an instance that is not generated."""
    lines = (ROOT / "verif/fault/faults.txt").read_text().splitlines()
    return {line.split("|")[1].strip() for line in lines if line.startswith("idle")}


def write_npy(path, rows, cols, value):
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }" % (rows, cols)
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    data = struct.pack("<%df" % (rows * cols),
                       *[value(r, c) for r in range(rows) for c in range(cols)])
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)


def write_inputs():
    generator = random.Random(1)

    def a(r, c):
        special = {1: 0.0, 4: generator.gauss(0, 1e-40), 5: generator.choice([25.5, 12.75, -12.75]),
                   7: generator.gauss(0, 1e36), 8: generator.choice([127.0, 0.5, -1.5, 2.5, 63.5])}
        if r == 2 and c == 11:
            return float("nan")
        return special.get(r, generator.gauss(0, 1))

    write_npy(WORK / "a.npy", 11, 37, a)
    write_npy(WORK / "b.npy", 37, 9, lambda r, c: generator.gauss(0, 10.0 ** (c - 4)))

    # For a base of the whole tensor: within its window, but for a row that is not.
    def c(r, k):
        return {1: 0.0, 2: float("nan") if k == 11 else 1.0}.get(r, generator.gauss(0, 4.0 ** -r))

    write_npy(WORK / "c.npy", 11, 37, c)
    write_npy(WORK / "d.npy", 37, 9, lambda k, n: generator.gauss(0, 1))


def files_of_engines():
    """The files of rtl.f that the tops of the configurations are made of, by module names."""
    listed = [line for line in (ROOT / "rtl/rtl.f").read_text().split() if line.startswith("rtl/")]
    files = {pathlib.Path(name).stem: name for name in listed}
    found, queue = {"rh_pkg"}, [configuration.top for configuration in CONFIGURATIONS.values()]
    while queue:
        module = queue.pop()
        if module not in found:
            found.add(module)
            code = re.sub(r"//.*", "", (ROOT / files[module]).read_text())
            queue += [word for word in re.findall(r"\brh_\w+", code) if word in files]
    return {files[module] for module in found}


def call(*command, cwd=ROOT, **options):
    process = subprocess.run([str(word) for word in command], cwd=cwd, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                             **options)
    return process.returncode, process.stdout


def must(*command, **options):
    code, output = call(*command, **options)
    if code:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit code {code}\n{output[-2000:]}")


def build_host(which):
    """The host code of an engine, compiled once a configuration, against its control."""
    configuration = CONFIGURATIONS[which]
    ccache = [shutil.which("ccache")] if shutil.which("ccache") else []
    host = WORK / f"plugin-{which}.o"
    must(*ccache, CXX, "-std=c++20", "-O1", "-fPIC", "-ffp-contract=off", "-pthread", "-w", "-Isw",
         "-Iverif", "-isystem", WORK / f"control-{which}", "-isystem", VERILATOR_INCLUDE,
         *configuration.defines, "-fvisibility=hidden", "-c", configuration.source, "-o", host)
    return host


def verilate(folder, configuration, fault=None):
    """build/fault/<folder>/<name>/: the model of a tree of RTL with that fault."""
    rtl = WORK / folder / "rtl"
    shutil.rmtree(WORK / folder, ignore_errors=True)
    shutil.copytree(ROOT / "rtl", rtl)
    if fault:
        path = WORK / folder / fault["file"]
        text = path.read_text()
        if text.count(fault["text"]) != 1:
            raise RuntimeError(f"{fault['file']} has {text.count(fault['text'])} places that read "
                               f"'{fault['text']}'; it must be one")
        path.write_text(text.replace(fault["text"], fault["instead"]))
    name = configuration.name
    model = WORK / folder / name
    folders = [word for d in sorted(p for p in rtl.iterdir() if p.is_dir()) for word in ("-y", d)]
    must("verilator", "--cc", "-Wno-fatal", "-Wno-lint", "-Wno-WIDTH", "--x-assign", "fast",
         "--x-initial", "fast", "--no-timing", *folders, *configuration.parameters,
         "--prefix", name, "--top-module", configuration.top, "--Mdir", model,
         rtl / "number/rh_pkg.sv", f"{configuration.top}.sv")
    must("make", "-s", "-f", f"{name}.mk", f"{name}__ALL.a", f"CXX={CXX}", "VM_PARALLEL_BUILDS=0",
         "OPT_FAST=-O1", "OPT_SLOW=-O0", f"OBJCACHE={shutil.which('ccache') or ''}",
         "USER_CPPFLAGS=-fPIC -fvisibility=hidden -w", cwd=model)
    return model / f"{name}__ALL.a"


def compare(folder, configuration, archive, host):
    """Links the engine and runs the program until it finds a difference; exit code and output."""
    engines = WORK / folder / "engine"
    engines.mkdir()
    for name in configuration.beside:
        (engines / name).symlink_to(ROOT / "build/engine" / name)
    must(CXX, "-shared", "-o", engines / f"{configuration.name}.so", host, archive,
         "build/libroundhouse.a", "build/verilated/verilated.o",
         "build/verilated/verilated_threads.o", "-lopenblas", "-latomic", "-pthread", "-ldl")
    for arguments in configuration.compares:
        words = [WORK / word if word.endswith(".npy") else word for word in arguments]
        code, output = call("build/roundhouse", "compare", *words,
                            env={**os.environ, "ROUNDHOUSE_ENGINES": str(engines)})
        if code:
            break
    return code, output


def attempt(name, folder, which, fault=None):
    """One test case: (name, seconds, failure text or None)."""
    start = time.monotonic()
    want = 1 if fault else 0
    try:
        archive = verilate(folder, CONFIGURATIONS[which], fault)
        host = WORK / f"plugin-{which}.o" if fault else build_host(which)
        code, output = compare(folder, CONFIGURATIONS[which], archive, host)
        failure = None if code == want else f"exit code {code}, want {want}\n{output[-2000:]}"
    except (RuntimeError, OSError) as error:
        failure = str(error)
    return name, time.monotonic() - start, failure


def main():
    options = junit.parse_options(__doc__, "faults of files named so")

    WORK.mkdir(parents=True, exist_ok=True)
    write_inputs()
    faults = read_faults()
    results = []
    missing = sorted(files_of_engines() - {fault["file"] for fault in faults} - idle_files())
    results.append(("fault: every file that an engine is made of has one", 0.0,
                    f"no fault for {', '.join(missing)}" if missing else None))
    chosen = [fault for fault in faults if options.only in fault["file"]]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results += pool.map(
            lambda which: attempt(f"fault: without one the {which} engine is identical",
                                  f"control-{which}", which), CONFIGURATIONS)
        results += pool.map(lambda fault: attempt(f"fault: one in {fault['file']} is found",
                                                  pathlib.Path(fault["file"]).stem,
                                                  fault["configuration"], fault), chosen)

    return junit.report("fault", results, options.o)


if __name__ == "__main__":
    sys.exit(main())
