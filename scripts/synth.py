#!/usr/bin/env python3
"""Synthesises units: cells, area and minimum period (Yosys, ABC, OpenSTA on OSU 0.18 um; nextpnr).

Results: build/synth/synth.json, and build/synth/<name>/ with the netlist and the logs of each job.
A job whose sources, parameters and tools have not changed is not run again.
Docs: docs/synthesis.md.

Examples:
  scripts/synth.py all                                  every unit of the kit
  scripts/synth.py report                               the few that the report shows
  scripts/synth.py one rh_mac -p Lanes=16 -p Compressor=1
  scripts/synth.py netlist rh_gemm -p Rows=4 -p Cols=4 -o build/gates.v

Exit code 0: done; 1: a job failed (latch, unmapped cell, tool error); 2: tool or file missing.
"""
import argparse
import concurrent.futures
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = ROOT / "scripts" / "synth"
BASELINE = ROOT / "verif" / "baseline"
OUT = ROOT / "build" / "synth"
LIBRARY = "/usr/share/qflow/tech/osu018/osu018_stdcells.lib"
PERIOD = 1000.0  # ns, of the clock in registered.tcl
MAX_LOAD = 0.25  # pF a net may carry before it gets buffers

# Mapped once and kept as modules, because their outputs are registers or they come in numbers.
KEPT = ("rh_mac", "rh_float_product")

# Modules that have products a cycle: Rows * Cols * Lanes of them.
MULTIPLY = ("rh_mac", "rh_array", "rh_gemm", "rh_synth_ice40", "rh_baseline_fma",
            "rh_baseline_bf16_dot")


def job(name, module, technology="osu018", **parameters):
    return {"name": name, "module": module, "parameters": parameters, "technology": technology}


def array(rows, cols, suffix="", **parameters):
    return job(f"array_{rows}x{cols}{suffix}", "rh_array",
               **{"Rows": rows, "Cols": cols, "Compressor": 1, **parameters})


def block(bits, exponent_bits, acc_bits, **parameters):
    """A cell of 16 lanes of block floating point, its accumulator exact over the whole window."""
    exact = {"Width": bits + 1, "AccW": acc_bits, "ExponentAW": exponent_bits,
             "ExponentBW": exponent_bits, "MaxShift": 2 * (2 ** exponent_bits - 1)}
    return {"Compressor": 1, "Lanes": 16, "SignMagnitude": 1, **exact, **parameters}


def block_fp32(bits):
    return block(bits, 8, 32, ExponentAW=11, MaxShift=0, Fp32=1)


def converter(suffix, config, bits, **parameters):
    """A block converter fixed to codes of `bits` bits, without counters and output register."""
    return job(f"convert_{suffix}", "rh_convert_tensor", RunTime=0, MagnitudeW=bits,
               OutputRegister=0, CounterW=0, Config=f"45'h{config:x}", **parameters)


# rh_pkg::block_config_t of formats (base -127, fast: -13); number_test.cpp has the same numbers.
BFP4_SR, BFP4 = 0xC0800F0FE81, 0x40800F0FE81
FAST2_SR, FAST4_SR, MSFP12, MSFP16 = 0xC0400300FF3, 0xC0800F00FF3, 0x4060070FE81, 0x40E07F0FE81
MXINT8, MXFP4 = 0x40E07F0FE81, 0x4242072FE81

ALL = [
    job("round", "rh_round"),
    job("noise_16x8", "rh_noise", Lanes=16, NoiseW=8),
    job("noise_32x8", "rh_noise", Lanes=32, NoiseW=8),
    job("float_product", "rh_float_product"),
    job("float_pack", "rh_float_pack"),
    job("float_to_code", "rh_float_to_code"),
    job("float_divide", "rh_float_divide"),
    job("convert_scale", "rh_convert_scale"),
    job("convert_1_lane", "rh_convert_int8", Lanes=1),
    job("convert_8_lanes", "rh_convert_int8", Lanes=8),
    converter("bfp4_sr", BFP4_SR, 4),
    converter("bfp4_sr_small", BFP4_SR, 4, Underflow=0, Backpressure=0),
    converter("bfp4_bf16_32", BFP4, 4, Lanes=32, Source=1),
    converter("fast2_sr", FAST2_SR, 2),
    converter("fast4_sr", FAST4_SR, 4),
    converter("msfp12", MSFP12, 3),
    converter("msfp16", MSFP16, 7),
    converter("mxint8", MXINT8, 7, Lanes=32),
    converter("mxfp4", MXFP4, 3, Lanes=32),
    job("convert_run_time", "rh_convert_tensor", Bump=1, MostNegative=1),
    job("normalize_40", "rh_normalize", AccW=40),
    job("normalize_56", "rh_normalize", AccW=56),
    job("requantize_1_lane", "rh_requantize", Lanes=1),
    job("requantize_4_lanes", "rh_requantize", Lanes=4),
    job("precision_e3", "rh_precision", ExponentW=3, Window=7),
    job("precision_e4", "rh_precision"),
    job("precision_e5", "rh_precision", ExponentW=5, Window=31),
    job("precision_e8", "rh_precision", ExponentW=8, Window=31),
    job("chunk_join", "rh_chunk_join"),
    job("dot", "rh_dot", Compressor=1),
    job("dot_16_lanes", "rh_dot", Compressor=1, Lanes=16),
    job("dot_16_lanes_bfp2", "rh_dot", Compressor=1, Lanes=16, SignMagnitude=1, Width=3),
    job("dot_16_lanes_bfp4", "rh_dot", Compressor=1, Lanes=16, SignMagnitude=1, Width=5),
    job("accumulate", "rh_accumulate"),
    job("accumulate_resolve", "rh_accumulate_resolve"),
    job("accumulate_exact", "rh_accumulate_exact"),
    job("accumulate_fp32", "rh_accumulate_fp32"),
    job("mac_behavioral", "rh_mac"),
    job("mac", "rh_mac", Compressor=1),
    job("mac_carry_save", "rh_mac", Compressor=1, CarrySave=1),
    job("mac_16_lanes", "rh_mac", Compressor=1, Lanes=16),
    job("mac_16_lanes_carry_save", "rh_mac", Compressor=1, CarrySave=1, Lanes=16),
    job("mac_bfp2", "rh_mac", **block(2, 3, 40)),
    job("mac_bfp2_passes", "rh_mac", **block(2, 3, 40, ExponentAW=5, MaxShift=26)),
    job("mac_bfp4", "rh_mac", **block(4, 3, 40)),
    job("mac_bfp2_e4", "rh_mac", **block(2, 4, 56)),
    job("mac_bfp4_e4", "rh_mac", **block(4, 4, 56)),
    job("mac_bfp2_e4_passes", "rh_mac", **block(2, 4, 56, ExponentAW=5, MaxShift=34)),
    job("mac_bfp2_e5", "rh_mac", **block(2, 5, 88)),
    job("mac_bfp4_e5", "rh_mac", **block(4, 5, 88)),
    job("mac_bfp2_fp32", "rh_mac", **block_fp32(2)),
    job("mac_bfp4_fp32", "rh_mac", **block_fp32(4)),
    job("baseline_fp32_fma", "rh_baseline_fma", SignificandW=24),
    job("baseline_bf16_fma", "rh_baseline_fma"),
    job("baseline_bf16_dot_16", "rh_baseline_bf16_dot"),
    array(2, 2),
    array(4, 4),
    array(8, 8),
    array(16, 16),
    array(4, 4, "_carry_save", CarrySave=1),
    array(4, 4, "_16_lanes", Lanes=16),
    array(4, 4, "_bfp2", **block(2, 3, 40)),
    job("gemm_4x4", "rh_gemm", Rows=4, Cols=4, Compressor=1),
    job("ice40_array_2x2", "rh_synth_ice40", "ice40", Rows=2, Cols=2),
    job("ice40_array_4x4", "rh_synth_ice40", "ice40", Rows=4, Cols=4),
]
IN_REPORT = ("convert_fast2_sr", "convert_fast4_sr", "convert_msfp12", "convert_msfp16",
             "convert_mxint8", "convert_mxfp4", "convert_1_lane", "requantize_1_lane",
             "mac_behavioral", "mac", "mac_carry_save", "mac_16_lanes",
             "mac_bfp2", "mac_bfp2_passes", "mac_bfp4", "mac_bfp2_e4", "mac_bfp4_e4",
             "mac_bfp2_fp32", "baseline_fp32_fma", "baseline_bf16_fma", "baseline_bf16_dot_16",
             "array_16x16", "ice40_array_2x2")
REPORT = [item for item in ALL if item["name"] in IN_REPORT]


class Failure(Exception):
    """A job that failed; the text says how."""


class Missing(Exception):
    """A tool or a file is not there."""


def run(command, log, environment=None):
    """Runs a tool; returns its output, which is also in the file log."""
    process = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             errors="replace", env=environment, check=False)
    log.write_text(process.stdout)
    if process.returncode != 0:
        lines = [line for line in process.stdout.splitlines() if "ERROR" in line]
        raise Failure(lines[-1] if lines else f"{command[0]} exits with {process.returncode}")
    return process.stdout


# ---- sources -------------------------------------------------------------------------------------
def read_sources():
    """Module name -> file, in the order of rtl.f; the package first."""
    try:
        names = [line.strip() for line in (ROOT / "rtl/rtl.f").read_text().splitlines()]
        files = [ROOT / name for name in names if name.startswith("rtl/")]
        files += sorted(HERE.glob("*.sv")) + sorted(BASELINE.glob("*.sv"))
        return {file.stem: (file, file.read_text()) for file in files}
    except OSError as error:
        raise Missing(f"{error.filename}: {error.strerror}") from error


def needed(sources, module):
    """The files that a module needs: modules are found by name, one a file."""
    if module not in sources:
        raise Missing(f"no module {module} in rtl/rtl.f")
    found, queue = {"rh_pkg"}, [module]
    while queue:
        name = queue.pop()
        if name not in found:
            found.add(name)
            code = re.sub(r"//.*", "", sources[name][1])
            queue += [word for word in re.findall(r"\brh_\w+", code) if word in sources]
    return [sources[name][0] for name in sources if name in found]


def parameter(sources, item, name, default):
    """An integer parameter: what the job says, else what the module says; a bit, 1'b0, is one."""
    match = re.search(rf"parameter\s+\w+\s+{name}\s*=\s*(1'b[01]|\d+)",
                      sources[item["module"]][1])
    value = item["parameters"].get(name, match.group(1) if match else default)
    return int(str(value).removeprefix("1'b"))


def macs_per_cycle(sources, item):
    if item["module"] not in MULTIPLY:
        return 0
    macs = 1
    for name in ("Rows", "Cols", "Lanes"):
        macs *= parameter(sources, item, name, 1)
    return macs


def read_script(item, files):
    """Yosys commands that read and elaborate a job."""
    parameters = "".join(f" -set {name} {value}" for name, value in item["parameters"].items())
    return (["read_verilog -sv -noassert " + " ".join(map(str, files))] +
            ([f"chparam{parameters} {item['module']}"] if parameters else []) +
            [f"hierarchy -check -top {item['module']}"])


# ---- OSU 0.18 ------------------------------------------------------------------------------------
def map_script(item, files, library):
    """Yosys commands from the sources to mapped cells."""
    read = {file.stem for file in files}
    lines = [f"read_liberty -lib {library}"] + read_script(item, files)
    for name in ("rh_dot_full_adder",) + KEPT:
        if name in read and name != item["module"]:
            lines.append(f"setattr -mod -set keep_hierarchy 1 {name} $paramod*\\{name} "
                         f"$paramod*\\{name}\\*")
    lines += ["proc", "select -assert-none t:$dlatch t:$adlatch t:$dlatchsr", "flatten",
              "opt -full", "synth -run coarse:fine", "maccmap", "opt -full"]
    lines += [f"techmap -map {HERE}/full_adder.v", "opt"] * 8
    lines += [f"techmap -map {HERE}/full_adder_cell.v", "opt -full", "synth -run fine: -noabc",
              f"dfflibmap -liberty {library}", "opt_clean",
              f"abc -liberty {library} -constr {HERE}/abc.constr",
              f"rename -top {item['module']}", "splitnets", "opt_clean -purge", "check -assert"]
    return lines


def read_library(path):
    """Cell name -> its area, pins (direction, capacitance in pF, function) and state."""
    text = path.read_text()
    cells = re.split(r"^\s*cell\s*\(\s*\"?(\w+)\"?\s*\)", text, flags=re.M)
    found = {}
    for name, body in zip(cells[1::2], cells[2::2]):
        pins = re.split(r"^\s*pin\s*\(\s*\"?(\w+)\"?\s*\)", body, flags=re.M)

        def value(text, key):
            match = re.search(rf'\b{key}\s*:\s*"?([^";]*)"?\s*;', text)
            return match.group(1) if match else ""

        found[name] = {"area": float(value(pins[0], "area")),
                       "clock": value(body, "clocked_on"), "next_state": value(body, "next_state"),
                       "pins": {pin: {key: value(text, key)
                                      for key in ("direction", "capacitance", "function")}
                                for pin, text in zip(pins[1::2], pins[2::2])}}
    return found


def children_first(modules, name, order):
    """The names of the modules below and including name, each once, leaves first."""
    for cell in modules[name]["cells"].values():
        if is_module(cell["type"]) and cell["type"] not in order:
            children_first(modules, cell["type"], order)
    order.append(name)
    return order


def is_module(name):
    return name.startswith("rh_") or "\\rh_" in name


def buffer_nets(modules, order, library):
    """Puts BUFX4 trees on nets above MAX_LOAD; ABC cannot, it sees one module at a time."""
    port_loads = {}
    for name in order:
        module = modules[name]
        sinks = {}  # net -> (load, cell, pin, index)
        for cell_name, cell in module["cells"].items():
            for pin, bits in cell["connections"].items():
                for index, bit in enumerate(bits):
                    if cell["type"] in port_loads:
                        load = port_loads[cell["type"]].get((pin, index))
                    else:
                        data = library[cell["type"]]["pins"][pin]
                        load = float(data["capacitance"]) if data["direction"] == "input" else None
                    if load is not None and isinstance(bit, int):
                        sinks.setdefault(bit, []).append((load, cell_name, pin, index))
        clocks = set(module["ports"].get("clk_i", {"bits": []})["bits"])
        free = 1 + max([bit for net in module["netnames"].values() for bit in net["bits"]
                        if isinstance(bit, int)])
        input_load = float(library["BUFX4"]["pins"]["A"]["capacitance"])
        for net in sorted(set(sinks) - clocks):
            while sum(sink[0] for sink in sinks[net]) > MAX_LOAD and len(sinks[net]) > 1:
                groups = [[]]
                for sink in sinks[net]:
                    if groups[-1] and sum(s[0] for s in groups[-1]) + sink[0] > MAX_LOAD:
                        groups.append([])
                    groups[-1].append(sink)
                sinks[net] = []
                for group in groups:
                    for _, cell_name, pin, index in group:
                        module["cells"][cell_name]["connections"][pin][index] = free
                    module["cells"][f"buffer_{free}"] = {
                        "hide_name": 0, "type": "BUFX4", "parameters": {}, "attributes": {},
                        "port_directions": {"A": "input", "Y": "output"},
                        "connections": {"A": [net], "Y": [free]}}
                    sinks[net].append((input_load, f"buffer_{free}", "A", 0))
                    free += 1
        port_loads[name] = {(port, index): sum(sink[0] for sink in sinks.get(bit, []))
                            for port, data in module["ports"].items()
                            if data["direction"] == "input"
                            for index, bit in enumerate(data["bits"])}


def count_cells(modules, order, library):
    """(cells, flip-flops, area in um2) over the hierarchy."""
    totals = {}
    for name in order:
        total = [0, 0, 0.0]
        for cell in modules[name]["cells"].values():
            kind = cell["type"]
            if kind in totals:
                total = [a + b for a, b in zip(total, totals[kind])]
            elif kind not in library:
                raise Failure(f"a cell that the library does not have: {kind}")
            elif kind.startswith(("LATCH", "TBUF")):
                raise Failure(f"a {kind}")
            else:
                total = [total[0] + 1, total[1] + (library[kind]["next_state"] != ""),
                         total[2] + library[kind]["area"]]
        totals[name] = total
    return totals[order[-1]]


def plain_names(text):
    """Module names without Yosys' encoding of their parameters; OpenSTA cannot read those."""
    names = {}
    for long in sorted(set(re.findall(r"\\\$paramod\S+", text))):
        base = re.search(r"\\(rh_\w+)", long[1:]).group(1)
        number = sum(name.startswith(base + "_v") for name in names.values())
        names[long] = f"{base}_v{number}"
    return re.sub(r"\\\$paramod\S+ ?", lambda match: names[match.group().rstrip()] + " ", text)


def registered(text, top):
    """The netlist with a flip-flop on every port of the module top but the clock."""
    body = re.search(rf"^module {top}\(.*?^endmodule", text, re.M | re.S).group()
    ports = re.findall(r"^  (input|output) (\\\S+|\w+) ?;$", body, re.M)
    if len(ports) != len(re.findall(r"^  (?:input|output) ", body, re.M)):
        raise Failure("ports that were not split into bits")
    lines, pins = [], []
    for i, (direction, name) in enumerate(ports):
        if name == "clk_i":
            pins.append(".clk_i(clk_i)")
            continue
        lines.append(f"  wire p{i};")
        pins.append(f".{name} (p{i})")
        if direction == "input":
            lines.append(f"  wire d{i};\n  DFFPOSX1 i{i} (.CLK(clk_i), .D(d{i}), .Q(p{i}));")
        else:
            lines.append(f"  wire q{i};\n  DFFPOSX1 o{i} (.CLK(clk_i), .D(p{i}), .Q(q{i}));")
    return (f"module rh_synth_registered(clk_i);\n  input clk_i;\n" + "\n".join(lines) +
            f"\n  {top} dut ({', '.join(pins)});\nendmodule\n")


def minimum_period(folder, library):
    environment = dict(os.environ, LIBRARY=str(library), NETLIST=str(folder / "timing.v"))
    text = run(["sta", "-exit", str(HERE / "registered.tcl")], folder / "sta.log", environment)
    bad = re.search(r"^.*(?:Error|not found|black box).*$", text, re.M)
    slack = re.search(r"^\s*(-?[\d.]+)\s+slack", text, re.M)
    if bad or not slack:  # `sta -exit` returns 0 after an error
        raise Failure(f"OpenSTA: {bad.group().strip() if bad else 'no path'}")
    return PERIOD - float(slack.group(1))


def map_osu018(sources, item, folder, options):
    top = item["module"]
    lines = map_script(item, needed(sources, top), options.library)
    lines += [f"write_json {folder}/mapped.json"]
    (folder / "map.ys").write_text("\n".join(lines) + "\n")
    run(["yosys", "-s", str(folder / "map.ys")], folder / "map.log")

    library = read_library(options.library)
    design = json.loads((folder / "mapped.json").read_text())
    order = children_first(design["modules"], top, [])
    count_cells(design["modules"], order, library)  # every cell is the library's
    buffer_nets(design["modules"], order, library)
    cells, flip_flops, area = count_cells(design["modules"], order, library)
    (folder / "buffered.json").write_text(json.dumps(design))
    lines = [f"read_json {folder}/buffered.json", "check -assert",
             f"tee -o {folder}/stat.log stat -liberty {options.library} -top {top}",
             f"write_verilog -noattr {folder}/n.v", "splitnets -ports", "opt_clean -purge",
             f"write_verilog -noattr {folder}/timing.v"]
    (folder / "write.ys").write_text("\n".join(lines) + "\n")
    run(["yosys", "-s", str(folder / "write.ys")], folder / "write.log")
    for name in ("mapped.json", "buffered.json"):
        (folder / name).unlink()

    (folder / "n.v").write_text(plain_names((folder / "n.v").read_text()))
    timing = plain_names((folder / "timing.v").read_text())
    (folder / "timing.v").write_text(timing + registered(timing, top))
    macs = macs_per_cycle(sources, item)
    return {"cells": cells, "flip_flops": flip_flops, "area_um2": round(area),
            "period_ns": round(minimum_period(folder, options.library), 2), "macs_per_cycle": macs,
            "area_per_mac_um2": round(area / macs) if macs else None}


# ---- iCE40 ---------------------------------------------------------------------------------------
def map_ice40(sources, item, folder, options):
    del options
    lines = read_script(item, needed(sources, item["module"])) + [
        "proc", "select -assert-none t:$dlatch t:$adlatch t:$dlatchsr", "rename -top top",
        f"synth_ice40 -top top -json {folder}/n.json", "check -assert",
        f"tee -o {folder}/stat.log stat"]
    (folder / "map.ys").write_text("\n".join(lines) + "\n")
    run(["yosys", "-s", str(folder / "map.ys")], folder / "yosys.log")
    run(["nextpnr-ice40", "--hx8k", "--package", "ct256", "--json", f"{folder}/n.json", "--seed",
         "1", "--freq", "100", "--timing-allow-fail", "--report", f"{folder}/report.json"],
        folder / "nextpnr.log")
    counts = dict(re.findall(r"^ {5}(\S+) +(\d+)$", (folder / "stat.log").read_text(), re.M))
    fmax = json.loads((folder / "report.json").read_text())["fmax"]
    achieved = min(clock["achieved"] for clock in fmax.values())
    return {"cells": sum(map(int, counts.values())),
            "flip_flops": sum(int(n) for name, n in counts.items() if name.startswith("SB_DFF")),
            "area_um2": None, "period_ns": round(1000 / achieved, 2),
            "macs_per_cycle": macs_per_cycle(sources, item), "area_per_mac_um2": None,
            "luts": int(counts["SB_LUT4"]), "fmax_mhz": round(achieved, 1)}


# ---- jobs ----------------------------------------------------------------------------------------
def check_tools(technologies, library):
    tools = {"osu018": ("yosys", "yosys-abc", "sta"), "ice40": ("yosys", "nextpnr-ice40")}
    wanted = sorted({tool for technology in technologies for tool in tools[technology]})
    missing = [tool for tool in wanted if not shutil.which(tool)]
    if missing:
        raise Missing(f"not installed: {' '.join(missing)} (make setup installs it)")
    if "osu018" in technologies and not library.is_file():
        raise Missing(f"no liberty file {library} (Debian: qflow-tech-osu018; or --library)")
    flags = {"yosys": ["-V"], "sta": ["-version"], "nextpnr-ice40": ["--version"]}
    versions = []
    for tool in wanted:
        if tool in flags:
            process = subprocess.run([tool] + flags[tool], stdout=subprocess.PIPE, text=True,
                                     stderr=subprocess.STDOUT, check=False)
            versions.append(process.stdout.strip())
    return versions


def key_of(sources, item, versions, library):
    """What a result depends on."""
    digest = hashlib.sha256(json.dumps([item, versions]).encode())
    files = needed(sources, item["module"]) + [pathlib.Path(__file__).resolve()]
    files += sorted(file for file in HERE.iterdir() if file.suffix != ".sv")
    for file in files + ([library] if item["technology"] == "osu018" else []):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def synthesize(sources, item, versions, options):
    """(result of a job, seconds), or (result, None) from build/synth/<name> if it is there.

    A name belongs to one run at a time: who asks for it meanwhile waits, then finds the result."""
    with open(OUT / f".{item['name']}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        key = key_of(sources, item, versions, options.library)
        try:
            stored = json.loads((OUT / item["name"] / "result.json").read_text())
            if stored["key"] == key:
                return stored["result"], None
        except (OSError, ValueError, KeyError):
            pass
        return synthesize_anew(sources, item, key, options)


def synthesize_anew(sources, item, key, options):
    start = time.monotonic()
    failed = OUT / f"{item['name']}.failed"
    work = pathlib.Path(tempfile.mkdtemp(prefix=f".{item['name']}-", dir=OUT))
    try:
        mapper = map_ice40 if item["technology"] == "ice40" else map_osu018
        result = {**item, **mapper(sources, item, work, options)}
        (work / "result.json").write_text(json.dumps({"key": key, "result": result}, indent=1))
    except Failure as error:
        replace_folder(work, failed)
        raise Failure(f"{item['name']}: {error} (logs in {os.path.relpath(failed)})") from error
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    shutil.rmtree(failed, ignore_errors=True)
    replace_folder(work, OUT / item["name"])
    return result, time.monotonic() - start


def replace_folder(work, folder):
    """Moves work to folder, in the place of what is there."""
    work.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)
    work.rename(folder)


def synthesize_all(items, options):
    """Results in the order of items; a progress line a job on stderr."""
    sources = read_sources()
    versions = check_tools({item["technology"] for item in items}, options.library)
    OUT.mkdir(parents=True, exist_ok=True)
    results, failures = {}, []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = {pool.submit(synthesize, sources, item, versions, options): item
                   for item in sorted(items, key=cost, reverse=True)}
        for done, future in enumerate(concurrent.futures.as_completed(futures), 1):
            name = futures[future]["name"]
            try:
                results[name], seconds = future.result()
                note = "unchanged" if seconds is None else f"{seconds:.1f} s"
            except Failure as error:
                failures.append(str(error))
                note = "FAILED"
            if options.verbose or note != "unchanged":
                print(f"  synth    [{done}/{len(items)}] {name} {note}", file=sys.stderr,
                      flush=True)
    for failure in failures:
        print(f"synth: {failure}", file=sys.stderr)
    return [results[item["name"]] for item in items if item["name"] in results], bool(failures)


def cost(item):
    """Long jobs first."""
    size = {"rh_gemm": 90, "rh_requantize": 20, "rh_convert_tensor": 8, "rh_synth_ice40": 6,
            "rh_convert_int8": 5}
    numbers = [value for value in item["parameters"].values() if isinstance(value, int)]
    return size.get(item["module"], 0) + max(numbers, default=0)


def write(path, text):
    """The whole file or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def table(results):
    def cell(value):
        return "" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.2f}"

    lines = [f"{'OSU 0.18 um':26}{'cells':>9}{'FF':>8}{'area um2':>12}{'period ns':>11}"
             f"{'MAC/cycle':>11}{'um2/MAC':>9}"]
    for row in results:
        if row["technology"] == "osu018":
            macs = row["macs_per_cycle"] or None
            lines.append(f"{row['name']:26}{cell(row['cells']):>9}{cell(row['flip_flops']):>8}"
                         f"{cell(row['area_um2']):>12}{cell(row['period_ns']):>11}"
                         f"{cell(macs):>11}{cell(row['area_per_mac_um2']):>9}")
    fpga = [row for row in results if row["technology"] == "ice40"]
    if fpga:
        lines.append(f"{'iCE40 HX8K':26}{'LUT4':>9}{'FF':>8}{'MHz':>12}{'period ns':>11}"
                     f"{'MAC/cycle':>11}")
    for row in fpga:
        lines.append(f"{row['name']:26}{cell(row['luts']):>9}{cell(row['flip_flops']):>8}"
                     f"{row['fmax_mhz']:>12}{cell(row['period_ns']):>11}"
                     f"{cell(row['macs_per_cycle']):>11}")
    return "\n".join(line.rstrip() for line in lines)


# ---- commands ------------------------------------------------------------------------------------
def command_list(items, options):
    results, failed = synthesize_all(items, options)
    write(OUT / "synth.json", json.dumps(results, indent=1) + "\n")
    print(table(results))
    return 1 if failed else 0


def item_of(options):
    name = "_".join([options.module] + [f"{k}{v}" for k, v in sorted(options.parameters.items())])
    return job(re.sub(r"[^\w.]", "", name), options.module, **options.parameters)


def command_one(options):
    options.verbose = not options.json
    results, failed = synthesize_all([item_of(options)], options)
    if results:
        print(json.dumps(results[0], indent=1) if options.json else table(results))
    return 1 if failed else 0


def command_netlist(options):
    results, failed = synthesize_all([item_of(options)], options)
    if failed:
        return 1
    netlist = (OUT / results[0]["name"] / "n.v").read_text()
    for name in set(re.findall(r"^module (rh_\w+)", netlist, re.M)) - {options.module}:
        netlist = re.sub(rf"^(module |  ){name}\b", rf"\1{options.prefix}{name}", netlist,
                         flags=re.M)
    used = set(re.findall(r"^  ([A-Z]\w*) ", netlist, re.M))
    head = (f"// {results[0]['name']}: {results[0]['cells']:,} cells, by scripts/synth.py.\n"
            "/* verilator lint_off DECLFILENAME */\n/* verilator lint_off UNUSEDSIGNAL */\n"
            "/* verilator lint_off PINCONNECTEMPTY */\n/* verilator lint_off PINMISSING */\n")
    write(options.output, head + models(read_library(options.library), used) + netlist)
    return 0


def models(library, used):
    """What the cells do, from the functions in the liberty file: "!(A B)" is ~(A & B)."""
    text = ""
    for name in sorted(used):
        ports, lines = [], []
        for pin, data in library[name]["pins"].items():
            ports.append(f"{data['direction']} {pin}")
            if data["function"] and library[name]["clock"]:
                ports[-1] = f"output reg {pin}"
                lines.append(f"  always @(posedge {library[name]['clock']}) {pin} <= "
                             f"{library[name]['next_state']};\n")
            elif data["function"]:
                function = re.sub(r"(?<=[\w)]) +(?=[\w(!])", " & ", data["function"])
                function = function.replace("+", " | ").replace("!", "~")
                lines.append(f"  assign {pin} = {function};\n")
        text += f"module {name}({', '.join(ports)});\n{''.join(lines)}endmodule\n\n"
    return text


def parse_parameter(text):
    match = re.fullmatch(r"(\w+)=(\d+|\d+'[bdh][\da-fA-F]+)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not Name=Integer")
    value = match.group(2)
    return match.group(1), int(value) if value.isdigit() else value


def main():
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--library", type=pathlib.Path, metavar="LIB",
                        default=os.environ.get("RH_LIBRARY", LIBRARY),
                        help="liberty file; default $RH_LIBRARY, else %(default)s")
    common.add_argument("--jobs", type=int, default=2, help="at a time; default 2")
    common.add_argument("--verbose", action="store_true", help="name the unchanged jobs too")
    module = argparse.ArgumentParser(add_help=False)
    module.add_argument("module", help="for instance rh_mac")
    module.add_argument("-p", dest="parameters", type=parse_parameter, action="append", default=[],
                        metavar="Name=Value", help="a parameter of the module; may be repeated")

    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("all", parents=[common], help="every unit of the kit")
    commands.add_parser("report", parents=[common], help="the few that the report shows")
    one = commands.add_parser("one", parents=[common, module], help="one module")
    one.add_argument("--json", action="store_true", help="print JSON")
    netlist = commands.add_parser("netlist", parents=[common, module],
                                  help="one Verilog file of gates and what the gates do")
    netlist.add_argument("-o", dest="output", type=pathlib.Path, required=True, metavar="FILE")
    netlist.add_argument("--prefix", default="", help="in front of the names of all modules but "
                                                      "the top")
    options = parser.parse_args()
    if "parameters" in options:
        options.parameters = dict(options.parameters)
    try:
        if options.command == "all":
            return command_list(ALL, options)
        if options.command == "report":
            return command_list(REPORT, options)
        return command_one(options) if options.command == "one" else command_netlist(options)
    except Failure as error:
        print(f"synth: {error}", file=sys.stderr)
        return 1
    except Missing as error:
        print(f"synth: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
