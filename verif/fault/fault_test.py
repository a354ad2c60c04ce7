#!/usr/bin/env python3
"""TEST RATIONALE. What the engine rtl answers must come out of the RTL. If C++ quantised, added or
scaled anything for it, a fault in the unit that should have done so would not show. So one small
fault is planted in each file of rtl/rtl.f (verif/fault/faults.txt), an engine is built from that,
and `roundhouse compare` must find it: exit code 1. The controls are the same builds without a
fault, which must exit 0. The input crosses several tiles in each direction, and has a row of zeros,
one of subnormals, one with a NaN, ties of the rounding and values at the ends of the range.

Example:  make test-fault        one fault:  build/test/fault --only rh_round
"""
import argparse
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
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "fault"
SHAPE = (3, 2, 2)  # rows, columns, lanes of the small array
NAME = "rtl_%dx%dx%d" % SHAPE
BASE = ["-GRows=3", "-GCols=2", "-GLanes=2", "-GConvertLanes=8", "-GRequantizeLanes=2"]
CONFIGURATIONS = {
    "plain": BASE,
    "ripple": BASE + ["-GCompressor=1'b1"],
    "tree": BASE + ["-GCompressor=1'b1", "-GCarrySave=1'b1"],
}
VERILATOR_INCLUDE = "/usr/share/verilator/include"
CXX = os.environ.get("CXX", "clang++")


def read_faults():
    faults = []
    for line in (ROOT / "verif/fault/faults.txt").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        fields = [field.strip().replace("\\|", "|") for field in re.split(r"(?<!\\)\|", line)]
        faults.append(dict(zip(("configuration", "file", "text", "instead"), fields, strict=True)))
    return faults


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


def call(*command, cwd=ROOT, **options):
    process = subprocess.run([str(word) for word in command], cwd=cwd, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                             **options)
    return process.returncode, process.stdout


def must(*command, **options):
    code, output = call(*command, **options)
    if code:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit code {code}\n{output[-2000:]}")


def build_host(configuration):
    """The host code of the small engine, compiled once a configuration, against its control."""
    ccache = [shutil.which("ccache")] if shutil.which("ccache") else []
    host = WORK / f"plugin-{configuration}.o"
    must(*ccache, CXX, "-std=c++20", "-O1", "-fPIC", "-ffp-contract=off", "-pthread", "-w", "-Isw",
         "-Iverif", "-isystem", WORK / f"control-{configuration}", "-isystem", VERILATOR_INCLUDE,
         f"-DRH_TOP={NAME}", f'-DRH_HEADER="{NAME}/{NAME}.h"', '-DRH_NAME="rtl"', "-DRH_ROWS=3",
         "-DRH_COLS=2", "-DRH_LANES=2", "-DRH_CONVERT_LANES=8",
         "-DRH_REQUANTIZE_LANES=2", "-DRH_CARRY_SAVE=1", "-fvisibility=hidden", "-c", "sw/engine/plugin.cpp", "-o", host)
    return host


def verilate(folder, configuration, fault=None):
    """build/fault/<folder>/<NAME>/: the model of a tree of RTL with that fault."""
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
    model = WORK / folder / NAME
    folders = [word for d in sorted(p for p in rtl.iterdir() if p.is_dir()) for word in ("-y", d)]
    must("verilator", "--cc", "-Wno-fatal", "-Wno-lint", "-Wno-WIDTH", "--x-assign", "fast",
         "--x-initial", "fast", "--no-timing", *folders, *CONFIGURATIONS[configuration],
         "--prefix", NAME, "--top-module", "rh_gemm", "--Mdir", model,
         rtl / "number/rh_pkg.sv", "rh_gemm.sv")
    must("make", "-s", "-f", f"{NAME}.mk", f"{NAME}__ALL.a", f"CXX={CXX}", "VM_PARALLEL_BUILDS=0",
         "OPT_FAST=-O1", "OPT_SLOW=-O0", f"OBJCACHE={shutil.which('ccache') or ''}",
         "USER_CPPFLAGS=-fPIC -fvisibility=hidden -w", cwd=model)
    return model / f"{NAME}__ALL.a"


def compare(folder, archive, host):
    """Links the engine and runs the program; returns its exit code and output."""
    engines = WORK / folder / "engine"
    engines.mkdir()
    must(CXX, "-shared", "-o", engines / f"{NAME}.so", host, archive, "build/libroundhouse.a",
         "build/verilated/verilated.o", "build/verilated/verilated_threads.o", "-lopenblas",
         "-latomic", "-pthread", "-ldl")
    return call("build/roundhouse", "compare", WORK / "a.npy", WORK / "b.npy", "--format", "int8",
                "--array", "%dx%dx%d" % SHAPE,
                env={**os.environ, "ROUNDHOUSE_ENGINES": str(engines)})


def attempt(name, folder, configuration, fault=None):
    """One test case: (name, seconds, failure text or None)."""
    start = time.monotonic()
    want = 1 if fault else 0
    try:
        archive = verilate(folder, configuration, fault)
        host = WORK / f"plugin-{configuration}.o" if fault else build_host(configuration)
        code, output = compare(folder, archive, host)
        failure = None if code == want else f"exit code {code}, want {want}\n{output[-2000:]}"
    except (RuntimeError, OSError) as error:
        failure = str(error)
    return name, time.monotonic() - start, failure


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", metavar="FILE", help="write JUnit there")
    parser.add_argument("--only", metavar="TEXT", default="", help="faults of files named so")
    options = parser.parse_known_args()[0]

    WORK.mkdir(parents=True, exist_ok=True)
    write_inputs()
    faults = read_faults()
    results = []
    listed = {line for line in (ROOT / "rtl/rtl.f").read_text().split() if line.startswith("rtl/")}
    missing = sorted(listed - {fault["file"] for fault in faults})
    results.append(("fault: every file of rtl/rtl.f has one", 0.0,
                    f"no fault for {', '.join(missing)}" if missing else None))
    chosen = [fault for fault in faults if options.only in fault["file"]]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results += pool.map(
            lambda which: attempt(f"fault: without one the {which} array is identical",
                                  f"control-{which}", which), CONFIGURATIONS)
        results += pool.map(lambda fault: attempt(f"fault: one in {fault['file']} is found",
                                                  pathlib.Path(fault["file"]).stem,
                                                  fault["configuration"], fault), chosen)

    suite = ET.Element("testsuite", name="fault", tests=str(len(results)))
    for name, seconds, failure in results:
        case = ET.SubElement(suite, "testcase", classname="fault", name=name, time=f"{seconds:.3f}")
        if failure:
            ET.SubElement(case, "failure", message=failure.splitlines()[0]).text = failure
        if failure or not options.o:
            print(f"{'FAILED' if failure else 'ok':<7}{seconds:6.1f} s  {name}  {failure or ''}")
    if options.o:
        ET.ElementTree(suite).write(options.o, encoding="utf-8", xml_declaration=True)
    return 1 if any(failure for *_, failure in results) else 0


if __name__ == "__main__":
    sys.exit(main())
