#!/usr/bin/env python3
"""Merges build/report/study.json and build/synth/synth.json into one report and prints its table.

Writes beside study.json: report.json (both, with the machine and the tools' versions), report.csv
(one row for each engine, layer, block format, product, crossover and unit) and index.html (one
page, nothing loaded from elsewhere). Without synth.json the report says so. What each figure
means: docs/study.md.

Example:  scripts/report.py --report build/report --synth build/synth/synth.json
"""
import argparse
import csv
import datetime
import html
import io
import json
import math
import os
import pathlib
import platform
import re
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent

COLUMNS = ["kind", "engine", "name", "m", "k", "n", "macs", "bits_per_character", "sqnr_db",
           "drift_db", "compared", "mismatches", "convert_cycles", "multiply_cycles",
           "utilization", "seconds", "macs_per_second", "technology", "module", "parameters",
           "cells", "flip_flops", "luts", "area_um2", "period_ns", "macs_per_cycle",
           "area_per_mac_um2", "logical_bits", "stored_bits", "weights_sqnr_db",
           "activations_sqnr_db", "groups", "saturated_groups", "underflowed_groups",
           "elements_per_second", "rounding", "chunk_bits", "accumulator", "passes",
           "error_bits_per_character", "cell", "area_time_um2_ns",
           "simulated_mac_passes_per_second", "passes_by_area", "passes_by_area_and_period"]

ENGINES = {"golden": "the golden model", "rtl": "the verilated RTL",
           "netlist": "the gate netlist"}


# ---- gathering

def load(study_file, synth_file):
    """The study, and the list of synthesised units or None."""
    study = json.loads(study_file.read_text())
    if study.get("subcommand") != "study":
        raise ValueError(f"{study_file}: not written by `roundhouse study`")
    if not synth_file.exists():
        return study, None
    return study, json.loads(synth_file.read_text())


def first_line(*command):
    """What a tool says of its version, or None when it is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False,
                              cwd=ROOT, errors="replace")
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (done.stdout.strip() or done.stderr.strip()).splitlines()
    return lines[0] if done.returncode == 0 and lines else None


def machine():
    cpu = ""
    try:
        names = re.findall(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(),
                           re.MULTILINE)
        cpu = names[0] if names else ""
    except OSError:
        pass
    try:
        system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        system = platform.system()
    return {"cpu": cpu or platform.processor() or platform.machine(), "cores": os.cpu_count(),
            "system": system, "kernel": f"{platform.system()} {platform.release()}"}


def versions(study):
    tools = {"Verilator": ("verilator", "--version"), "Yosys": ("yosys", "-V"),
             "OpenSTA": ("sta", "-version"), "nextpnr": ("nextpnr-ice40", "--version"),
             "clang++": ("clang++", "--version")}
    found = {"roundhouse": f"{study['version']}, contract {study['contract']}"}
    commit = first_line("git", "rev-parse", "--short=10", "HEAD")
    if commit:
        changed = first_line("git", "status", "--porcelain", "--untracked-files=no")
        found["commit"] = commit + (" with local changes" if changed else "")
    fp32 = study["evaluation"]["fp32"]
    found["OpenBLAS"] = f"{fp32['blas']}, kernel {fp32['kernel']}, 1 thread"
    for name, command in tools.items():
        line = first_line(*command)
        if line:
            found[name] = re.sub(rf"^\"?{re.escape(command[0])}\"? -- |^{name} ", "", line)
    return found


def rows_of(study, synth):
    """One flat row for each engine, layer and unit: the columns of report.csv."""
    evaluation = study["evaluation"]
    fp32 = evaluation["fp32"]
    rows = [{"kind": "engine", "engine": "fp32", "name": "fp32", "macs": evaluation["macs"],
             "bits_per_character": fp32["bits_per_character"], "seconds": fp32["seconds"],
             "macs_per_second": fp32["macs_per_second"]}]
    for i, engine in enumerate(evaluation["engines"]):
        rows.append({"kind": "engine", "engine": engine["name"], "name": engine["name"],
                     "macs": evaluation["macs"], "seconds": engine["seconds"],
                     "bits_per_character": engine["bits_per_character"],
                     "macs_per_second": engine["macs_per_second"],
                     "array": list(engine["array"].values()),
                     **cycles_of(engine["work"]), **compared_of(engine, i)})
        for layer in engine["layers"]:
            work = layer["work"]
            seconds = work["convert_seconds"] + work["multiply_seconds"]
            macs = layer["m"] * layer["k"] * layer["n"]
            rows.append({"kind": "layer", "engine": engine["name"], "name": layer["name"],
                         "m": layer["m"], "k": layer["k"], "n": layer["n"], "macs": macs,
                         "sqnr_db": layer["sqnr_db"], "drift_db": layer["drift_db"],
                         "seconds": seconds, "macs_per_second": macs / seconds if seconds else None,
                         **cycles_of(work), **compared_of(layer, i)})
    rows += conversion_rows(study, synth)
    rows += product_rows(study, synth)
    rows += [{"kind": "crossover", **entry} for entry in crossovers(synth)]
    for unit in synth or []:
        rows.append({"kind": "unit", **{key: unit[key] for key in COLUMNS if key in unit},
                     "parameters": parameters_text(unit)})
    return rows


def conversion_rows(study, synth):
    """One row for each block format; area and period of the converter that does just that one."""
    conversion = study.get("conversion")
    rows = []
    for entry in conversion["formats"] if conversion else []:
        row = {"kind": "conversion", "name": entry["name"],
               **{key: entry[key] for key in ("logical_bits", "stored_bits", "weights_sqnr_db",
                                              "activations_sqnr_db", "compared", "mismatches")},
               **{key: sum(tensor[key] for tensor in entry["tensors"])
                  for key in ("groups", "saturated_groups", "underflowed_groups")}}
        simulated = [work for work in entry["work"] if work["cycles"]]
        if simulated:
            row["elements_per_second"] = simulated[-1]["elements_per_second"]
        unit = converter_unit(synth, entry["name"])
        if unit:
            row.update({key: unit[key] for key in ("area_um2", "period_ns", "module")})
        rows.append(row)
    return rows


def converter_unit(synth, name):
    """The synthesised converter named after a format, or None."""
    wanted = "convert_" + name.replace("-", "_")
    return next((unit for unit in synth or [] if unit["technology"] == "osu018"
                 and unit["name"].replace("-", "_") == wanted), None)


# The synthesised cell that each array is made of, of 16 lanes; the accumulators of block formats
# hold one pass of exponents of 4 bits.
INT8_CELL = "mac_16_lanes"
CELLS = {("exact64", 2): "mac_bfp2_e4", ("exact64", 4): "mac_bfp4_e4", ("fp32", 2): "mac_bfp2_fp32"}

# Pairs of cells that differ in nothing but the bits they multiply at once: what, 2 bits, 4 bits.
PAIRS = (("exponents of 4 bits, sums of 56", "mac_bfp2_e4", "mac_bfp4_e4"),
         ("exponents of 3 bits, sums of 40", "mac_bfp2", "mac_bfp4"),
         ("the same, and the 2-bit cell shifts for passes", "mac_bfp2_passes", "mac_bfp4"))


def unit_named(synth, name):
    """The synthesised unit, or None."""
    return next((unit for unit in synth or [] if unit["technology"] == "osu018"
                 and unit["name"] == name), None)


def product_rows(study, synth):
    """One row for each format, rounding and array; int8 on an array of as many lanes first."""
    products, evaluation = study.get("products"), study["evaluation"]
    if not products:
        return []
    fp32 = evaluation["fp32"]["bits_per_character"]
    rows = []

    def add(cell, bits, passes, **row):
        unit = unit_named(synth, cell)
        row = {"kind": "product", "bits_per_character": bits, "passes": passes, "cell": cell,
               "macs": evaluation["macs"], **row}
        if bits is not None and fp32 is not None:
            row["error_bits_per_character"] = bits - fp32
        if unit:
            row.update({key: unit[key] for key in ("area_per_mac_um2", "period_ns", "module")})
            row["area_time_um2_ns"] = unit["area_per_mac_um2"] * unit["period_ns"] * passes
        rows.append(row)
    for engine in evaluation["engines"][:1]:
        levels = [layer["sqnr_db"] for layer in engine["layers"] if layer["sqnr_db"] is not None]
        compared = evaluation["compared"] if len(evaluation["engines"]) > 1 else {}
        add(INT8_CELL, engine["bits_per_character"], 1, name="int8", rounding="nearest-even",
            multiply_cycles=products["int8"]["cycles"],
            utilization=products["int8"]["utilization"],
            sqnr_db=sum(levels) / len(levels) if levels else None,
            compared=compared.get("elements"), mismatches=compared.get("mismatches"))
    simulated = len(products["engines"]) > 1
    for entry in products["formats"]:
        for i, array in enumerate(entry["arrays"]):
            shape = array["array"]
            row = {"name": entry["name"], "rounding": entry["rounding"],
                   "chunk_bits": shape["chunk_bits"], "accumulator": shape["accumulator"],
                   "m": entry["magnitude_bits"], "sqnr_db": entry["sqnr_db"],
                   "multiply_cycles": array["cycles"], "utilization": array["utilization"],
                   "logical_bits": entry["logical_bits"]}
            if simulated:  # what was converted counts with the first array
                converted = i == 0
                row["compared"] = array["compared"] + converted * entry["converter_compared"]
                row["mismatches"] = array["mismatches"] + converted * entry["converter_mismatches"]
                row["simulated_mac_passes_per_second"] = array["simulated"]["mac_passes_per_second"]
            add(CELLS[shape["accumulator"], shape["chunk_bits"]], entry["bits_per_character"],
                array["passes"], **row)
    return rows


def crossovers(synth):
    """From how many passes on, in the mean, a cell that multiplies 4 bits at once is cheaper."""
    found = []
    for name, small, large in PAIRS:
        two, four = unit_named(synth, small), unit_named(synth, large)
        if two and four:
            area = four["area_um2"] / two["area_um2"]
            found.append({"name": name, "two_bit_cell": small, "four_bit_cell": large,
                          "passes_by_area": round(area, 3),
                          "passes_by_area_and_period":
                              round(area * four["period_ns"] / two["period_ns"], 3)})
    return found


def cycles_of(work):
    """Nothing where no cycle ran: an engine that is not RTL."""
    if not work["multiply_cycles"]:
        return {}
    return {key: work[key] for key in ("convert_cycles", "multiply_cycles", "utilization")}


def compared_in_all(study):
    """Elements and mismatches of the evaluation, the conversions and the block products."""
    evaluation = study["evaluation"]["compared"]
    others = [study.get(key) or {} for key in ("conversion", "products")]
    return (evaluation["elements"] + sum(other.get("compared", 0) for other in others),
            evaluation["mismatches"] + sum(other.get("mismatches", 0) for other in others))


def compared_of(part, i):
    """The first engine is what the others are compared with."""
    if i == 0:
        return {}
    return {"compared": part["compared"]["elements"],
            "mismatches": part["compared"]["mismatches"]}


# ---- numbers as text

def fixed(value, digits):
    return "–" if value is None else f"{value:.{digits}f}"


def grouped(value):
    return "–" if value is None else f"{value:,.0f}"


def short(value, unit=""):
    """1234567 -> 1.23 M."""
    if value is None:
        return "–"
    for limit, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g} {prefix}{unit}"
    return f"{value:.3g} {unit}".strip()


# ---- tables, for the page and for the terminal: (title, headings, rows, note)

def engine_table(rows):
    head = ["products in", "bits/char", "MAC/s", "array cycles", "utilisation", "compared",
            "mismatches"]
    body = []
    for row in (row for row in rows if row["kind"] == "engine"):
        name = "FP32" if row["engine"] == "fp32" else f"int8, {row['engine']}"
        body.append([name, fixed(row["bits_per_character"], 4), short(row["macs_per_second"]),
                     grouped(row.get("multiply_cycles")), fixed(row.get("utilization"), 4),
                     grouped(row.get("compared")), grouped(row.get("mismatches"))])
    return ("The evaluation", head, body,
            "MAC/s: multiplications done in a second of this machine, conversion included; for RTL "
            "the speed of its simulation. Utilisation: the share of cell cycles that did one.")


def layer_table(rows):
    """Quality from the first engine, hardware from the last that has cycles."""
    layers = [row for row in rows if row["kind"] == "layer"]
    engines = list(dict.fromkeys(row["engine"] for row in layers))
    if not engines:
        return None
    first, last = engines[0], engines[-1]
    head = ["layer", "M × K × N", "SQNR, dB", "from FP32 all along, dB", "array cycles",
            "converter cycles", "utilisation", "MAC/s", "compared", "mismatches"]
    body = []
    for quality in (row for row in layers if row["engine"] == first):
        work = next(row for row in layers
                    if row["engine"] == last and row["name"] == quality["name"])
        body.append([quality["name"], f"{quality['m']} × {quality['k']} × {quality['n']}",
                     fixed(quality["sqnr_db"], 2), fixed(quality["drift_db"], 2),
                     grouped(work.get("multiply_cycles")), grouped(work.get("convert_cycles")),
                     fixed(work.get("utilization"), 4), short(work["macs_per_second"]),
                     grouped(work.get("compared")), grouped(work.get("mismatches"))])
    return ("Layer by layer", head, body,
            f"Cycles, speed and comparison of the engine {last}. The first SQNR compares int8 and "
            "FP32 products of the same inputs; the second compares with the network that is FP32 "
            "all along, so it holds the errors of the layers before as well.")


def conversion_table(rows, synth):
    formats = [row for row in rows if row["kind"] == "conversion"]
    if not formats:
        return None
    head = ["format", "bits", "SQNR weights, dB", "activations, dB", "saturated groups",
            "underflowed", "compared", "mismatches", "elements/s", "area, µm²", "min period, ns"]
    body = [[row["name"], f"{row['logical_bits']:g}", fixed(row["weights_sqnr_db"], 2),
             fixed(row["activations_sqnr_db"], 2),
             share(row["saturated_groups"], row["groups"]),
             share(row["underflowed_groups"], row["groups"]), grouped(row["compared"]),
             grouped(row["mismatches"]), short(row.get("elements_per_second")),
             grouped(row.get("area_um2")), fixed(row.get("period_ns"), 2)] for row in formats]
    run_time = converter_unit(synth, "run_time")
    note = ("The same weights and activations in every block format: the SQNR is the mean over "
            "the layers. Compared: codes, exponents and flags of the golden model with those of "
            "the other engines. Elements/s: of the simulated RTL. Area and period: of the "
            "converter with its noise, built for this format alone.")
    if run_time:
        note += (f" One that takes any format at run time has {grouped(run_time['area_um2'])} µm² "
                 f"and {fixed(run_time['period_ns'], 2)} ns.")
    return ("Conversion to block formats", head, body, note)


def product_pairs(rows):
    """(row rounded to nearest even, the same product rounded stochastically or None)."""
    products = [row for row in rows if row["kind"] == "product"]
    nearest = [row for row in products if row["rounding"] == "nearest-even"]
    noisy = [row for row in products if row["rounding"] == "stochastic"]

    def like(row):
        return [row.get(key) for key in ("m", "chunk_bits", "accumulator")]
    return [(row, next((other for other in noisy if like(other) == like(row)), None))
            for row in nearest]


def cell_text(row):
    if row["name"] == "int8":
        return "int32, 8 bits"
    return ("fp32" if row["accumulator"] == "fp32" else "exact") + f", {row['chunk_bits']} bits"


def product_table(rows, study):
    pairs = product_pairs(rows)
    if not pairs:
        return None
    head = ["products in", "cell", "bits/char", "stochastic", "SQNR, dB", "passes",
            "array cycles", "utilisation", "compared", "mismatches"]
    body = []
    for row, noisy in pairs:
        both = [entry for entry in (row, noisy) if entry and entry.get("compared") is not None]
        body.append([row["name"], cell_text(row), fixed(row["bits_per_character"], 4),
                     fixed(noisy and noisy["bits_per_character"], 4), fixed(row["sqnr_db"], 2),
                     str(row["passes"]),
                     grouped(row["multiply_cycles"]), fixed(row["utilization"], 4),
                     grouped(sum(entry["compared"] for entry in both) if both else None),
                     grouped(sum(entry["mismatches"] for entry in both) if both else None)])
    characters = study["products"]["compared_characters"]
    note = ("The whole text with every product in the format, both operands alike: weights and "
            "activations are converted, rounded to nearest even or stochastically with 8 noise "
            "bits. A cell has 16 lanes, accumulates so, and multiplies so many bits of a code at "
            "once; a longer code takes passes. ")
    if characters:
        note += (f"Compared with the RTL on the first {grouped(characters)} characters: codes, "
                 "exponents, flags and results, and the cycles with their formula. ")
    note += ("Cycles of 16 × 16 cells of 16 lanes, by formula; with K = 256 a tile of one pass has "
             "only 16 steps, and its results take longer to leave, those of int8, four a cycle, "
             "much longer.")
    return ("Products of block formats", head, body, note)


def cost_table(rows):
    pairs = [pair for pair in product_pairs(rows) if pair[0].get("area_time_um2_ns")]
    if not pairs:
        return None
    head = ["products in", "cell", "synthesised as", "area per MAC, µm²", "min period, ns",
            "passes", "area × time, µm² ns", "bits/char more than FP32", "stochastic"]
    body = [[row["name"], cell_text(row), unit_name({"name": row["cell"]}),
             grouped(row["area_per_mac_um2"]), fixed(row["period_ns"], 2), str(row["passes"]),
             grouped(row["area_time_um2_ns"]), fixed(row.get("error_bits_per_character"), 4),
             fixed(noisy and noisy.get("error_bits_per_character"), 4)] for row, noisy in pairs]
    note = ("Area × time: area per MAC × passes × period, what a product costs when K is long. "
            "Exponents of 4 bits (fp32: of 8); the sums of the exact cells hold one pass.")
    passes, plain = unit_named_row(rows, "mac_bfp2_passes"), unit_named_row(rows, "mac_bfp2")
    if passes and plain:
        note += (f" Shifts for passes made the 2-bit cell with exponents of 3 bits "
                 f"{100 * (passes['area_um2'] / plain['area_um2'] - 1):.0f} % larger and "
                 f"{100 * (passes['period_ns'] / plain['period_ns'] - 1):.0f} % slower: they are "
                 "not in these figures.")
    return ("What a product costs", head, body, note)


def unit_named_row(rows, name):
    return next((row for row in rows if row["kind"] == "unit" and row["name"] == name), None)


def crossover_table(rows):
    entries = [row for row in rows if row["kind"] == "crossover"]
    if not entries:
        return None
    head = ["cells", "2 bits at once", "4 bits at once", "p* by area", "p* by area × period"]
    body = [[row["name"], unit_name({"name": row["two_bit_cell"]}),
             unit_name({"name": row["four_bit_cell"]}), fixed(row["passes_by_area"], 2),
             fixed(row["passes_by_area_and_period"], 2)] for row in entries]
    return ("Where the direct 4-bit cell is cheaper", head, body, crossover_text(entries))


def crossover_text(entries):
    """What p* means, with the figures of the first pair."""
    area, both = (entries[0][key] for key in ("passes_by_area", "passes_by_area_and_period"))

    def share_of_four(passes):  # 1 + 3 f passes in the mean, f the share of products 4 × 4
        return f"{min(100, max(0, 100 * (passes - 1) / 3)):.0f} %"
    return (f"p* is what a cycle of the 4-bit cell costs over what one of the 2-bit cell costs: "
            f"{area:.2f} in area, when both have one clock, {both:.2f} in area × period. The 4-bit "
            "cell does products of 2 × 2, 2 × 4 and 4 × 4 bits in 1 pass, the 2-bit cell in 1, 2 "
            "and 4. So where products take more than p* passes of the 2-bit cell in the mean, the "
            "direct 4-bit cell is cheaper: of a mix of 2 × 2 and 4 × 4, from "
            f"{share_of_four(area)} ({share_of_four(both)}) of 4 × 4 on; and where all are 4 × 4, "
            f"it costs {area / 4:.2f} ({both / 4:.2f}) of the 2-bit cell.")


def share(part, whole):
    """3 of 200 -> 1.5 %."""
    return "–" if not whole else f"{100 * part / whole:.1f} %"


def synth_tables(synth, rows):
    asic = [unit for unit in synth if unit["technology"] == "osu018"]
    fpga = [unit for unit in synth if unit["technology"] == "ice40"]
    tables = []
    if asic:
        head = ["unit", "parameters", "cells", "flip-flops", "area, µm²", "min period, ns",
                "MAC/cycle", "area per MAC, µm²"]
        body = [[unit_name(unit), parameters_text(unit), grouped(unit["cells"]),
                 grouped(unit["flip_flops"]), grouped(unit["area_um2"]),
                 fixed(unit["period_ns"], 2), grouped(unit["macs_per_cycle"] or None),
                 grouped(unit["area_per_mac_um2"])] for unit in asic]
        tables.append(("Synthesis, OSU 0.18 µm cells", head, body,
                       "Yosys and ABC, full adders mapped to the library's cell; the period is "
                       "OpenSTA's, before layout, without wires." + in_silicon(asic, rows)))
    if fpga:
        head = ["unit", "parameters", "LUT4", "flip-flops", "period, ns", "MHz", "MAC/cycle"]
        body = [[unit_name(unit), parameters_text(unit), grouped(unit["luts"]),
                 grouped(unit["flip_flops"]), fixed(unit["period_ns"], 2),
                 fixed(unit["fmax_mhz"], 1), grouped(unit["macs_per_cycle"] or None)]
                for unit in fpga]
        tables.append(("Synthesis, iCE40 HX8K", head, body,
                       "Yosys and nextpnr, placed and routed."))
    return tables


def in_silicon(asic, rows):
    """How long the array of the engine would take, when that array was synthesised."""
    cycles = [row["multiply_cycles"] for row in rows
              if row["kind"] == "engine" and row.get("multiply_cycles")]
    shape = next((row["array"] for row in reversed(rows) if row.get("array")), None)
    for unit in asic:
        of = {"Rows": None, "Cols": None, "Lanes": 1, **unit["parameters"]}
        if cycles and unit["module"] == "rh_array" and shape == [of["Rows"], of["Cols"],
                                                                 of["Lanes"]]:
            seconds = cycles[-1] * unit["period_ns"] * 1e-9
            return (f" At its period {unit_name(unit)} would take {1000 * seconds:.0f} ms for the "
                    f"{grouped(cycles[-1])} cycles of this evaluation.")
    return ""


def unit_name(unit):
    return unit["name"].replace("_", " ")


def parameters_text(unit):
    return " ".join(f"{key}={value}" for key, value in unit["parameters"].items()) or "as written"


def tables_of(rows, study, synth):
    tables = [engine_table(rows), layer_table(rows), conversion_table(rows, synth),
              product_table(rows, study), cost_table(rows), crossover_table(rows)]
    tables += synth_tables(synth, rows) if synth else []
    return [table for table in tables if table]


def text_table(table):
    title, head, body, _ = table
    lines = [head] + body
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    numeric = [all(re.match(r"[–\d+-]", line[i]) for line in body) for i in range(len(head))]
    out = [title]
    for line in lines:
        cells = [cell.rjust(width) if right else cell.ljust(width)
                 for cell, width, right in zip(line, widths, numeric)]
        out.append("  " + "  ".join(cells).rstrip())
    return "\n".join(out)


# ---- the page

def e(text):
    return html.escape(str(text))


def html_table(table):
    title, head, body, note = table
    numeric = [all(re.match(r"[–\d+-]", line[i]) for line in body) for i in range(len(head))]

    def kind(cell, right):
        return " class=n" if right else " class=long" if len(str(cell)) > 40 else ""

    def row(cells, tag):
        return "<tr>" + "".join(f"<{tag}{kind(cell, right)}>{e(cell)}</{tag}>"
                                for cell, right in zip(cells, numeric)) + "</tr>"
    return (f"<section><h2>{e(title)}</h2><div class=scroll><table><thead>{row(head, 'th')}</thead>"
            f"<tbody>{''.join(row(line, 'td') for line in body)}</tbody></table></div>"
            f"<p class=note>{e(note)}</p></section>")


def ticks(low, high, count=5):
    """Round numbers from `low` or below to `high` or above."""
    raw = (high - low) / count or 1
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    first = math.floor(low / step)
    return [step * i for i in range(first, math.ceil(high / step - 1e-9) + 1)]


def svg(width, height, body, label, cls=""):
    return (f'<div class=scroll><svg class="{cls}" viewBox="0 0 {width} {height}" role="img" '
            f'aria-label="{e(label)}">{body}</svg></div>')


def text(x, y, content, anchor="start", cls=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{cls}">{e(content)}</text>'


def line(x1, y1, x2, y2, cls):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{cls}"/>'


def mark(x, y, series, title):
    """A circle for series a, a square for b: told apart without colour, too."""
    shape = (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" class="a">' if series == "a" else
             f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" rx="1.5" class="b">')
    return f"{shape}<title>{e(title)}</title></{'circle' if series == 'a' else 'rect'}>"


def sqnr_plot(rows):
    layers = [row for row in rows if row["kind"] == "layer" and row["sqnr_db"] is not None
              and row["drift_db"] is not None]
    layers = [row for row in layers if row["engine"] == layers[0]["engine"]]
    if not layers:
        return ""
    values = [row[key] for row in layers for key in ("sqnr_db", "drift_db")]
    marks = ticks(min(values) - 1, max(values) + 1)
    width, left, top, step = 520, 78, 40, 42
    bottom = top + step * len(layers)

    def x(value):
        return left + (width - left - 16) * (value - marks[0]) / (marks[-1] - marks[0])
    body = [mark(left + 6, 14, "a", ""), text(left + 18, 18, "same inputs"),
            mark(left + 146, 14, "b", ""), text(left + 158, 18, "from FP32 all along")]
    for tick in marks:
        body += [line(x(tick), top - 8, x(tick), bottom, "grid"),
                 text(x(tick), bottom + 18, f"{tick:g}", "middle", "dim")]
    for i, row in enumerate(layers):
        y = top + step * i + step / 2 - 4
        a, b = row["sqnr_db"], row["drift_db"]
        body += [text(left - 10, y + 5, row["name"], "end"), line(x(a), y, x(b), y, "link"),
                 mark(x(b), y, "b", f"{row['name']}: {b:.2f} dB from FP32 all along"),
                 mark(x(a), y, "a", f"{row['name']}: {a:.2f} dB, same inputs")]
    body.append(text(width - 16, bottom + 36, "SQNR of the int8 product, dB", "end", "dim"))
    return svg(width, bottom + 44, "".join(body), "SQNR of each layer")


def curve_plot(study):
    points = [point for point in study["training"]["curve"] if point[1] is not None]
    held_out = study["evaluation"]["fp32"]["bits_per_character"]
    alone = study["corpus"]["unigram_bits_per_character"]
    if len(points) < 2 or held_out is None:
        return ""
    width, left, top, bottom, right = 520, 40, 32, 206, 504
    steps = points[-1][0]
    marks = ticks(0, max(alone, *(point[1] for point in points[1:])))

    def at(step, bits):
        return left + (right - left) * step / steps, bottom - (bottom - top) * bits / marks[-1]
    body = []
    for tick in marks:
        y = at(0, tick)[1]
        body += [line(left, y, right, y, "grid"), text(left - 8, y + 5, f"{tick:g}", "end", "dim")]
    path = " ".join(f"{at(*point)[0]:.1f},{min(bottom, at(*point)[1]):.1f}" for point in points
                    if point[1] <= marks[-1])
    for level, label, cls in ((alone, f"byte frequencies alone {alone:.2f}", "dash"),
                              (held_out, f"held-out text {held_out:.2f}", "dash b")):
        y = at(0, level)[1]
        body += [line(left, y, right, y, cls), text(right, y - 6, label, "end")]
    body += [f'<polyline points="{path}" class="curve"/>',
             text(left, 16, "bits per character", "start", "dim"),
             text(left, bottom + 18, "0", "middle", "dim"),
             text(right, bottom + 18, f"{steps} steps", "end", "dim")]
    return svg(width, bottom + 28, "".join(body), "training curve")


def synth_plot(synth):
    units = [unit for unit in synth or [] if unit.get("area_per_mac_um2") and unit.get("period_ns")]
    if not units:
        return ""
    width, left, top, bottom, right = 760, 66, 32, 332, 736
    xs = ticks(0, max(unit["period_ns"] for unit in units) * 1.02)
    areas = [unit["area_per_mac_um2"] for unit in units]
    low, high = math.log10(min(areas) / 1.3), math.log10(max(areas) * 1.2)

    def height(area):
        return bottom - (bottom - top) * (math.log10(area) - low) / (high - low)
    body = [line(left, bottom, right, bottom, "grid")]
    for tick in (factor * 10 ** power for power in range(2, 7) for factor in (1, 2, 5)):
        if low <= math.log10(tick) <= high:
            body += [line(left, height(tick), right, height(tick), "grid"),
                     text(left - 8, height(tick) + 5, grouped(tick), "end", "dim")]
    for tick in xs:
        x = left + (right - left) * tick / xs[-1]
        body += [line(x, bottom, x, bottom + 4, "grid"),
                 text(x, bottom + 20, f"{tick:g}", "middle", "dim")]
    places = [(left + (right - left) * unit["period_ns"] / xs[-1],
               height(unit["area_per_mac_um2"])) for unit in units]
    taken = [(x - 8, x + 8, y) for x, y in places]  # x from, x to, y: marks, then labels, too
    for unit, (x, y) in zip(units, places):
        name = unit_name(unit)
        size = 7.2 * len(name)
        spots = [(start, y + shift) for shift in (0, -9, 9, -18, 18, -27, 27)
                 for start in (x + 10, x - 10 - size) if left < start and start + size < width]
        start, label_y = next((spot for spot in spots if not any(
            spot[0] < b and a < spot[0] + size and abs(spot[1] - at) < 14
            for a, b, at in taken)), spots[0])
        taken.append((start, start + size, label_y))
        body += [mark(x, y, "a", f"{name}: {unit['area_per_mac_um2']:,.0f} µm² per MAC at "
                                 f"{unit['period_ns']:.2f} ns"),
                 text(x + 10, label_y + 5, name) if start > x else
                 text(x - 10, label_y + 5, name, "end")]
    body += [text(right, bottom + 38, "minimum period, ns", "end", "dim"),
             text(left, 16, "area per MAC a cycle, µm²", "start", "dim")]
    return ("<section><h2>Area against period</h2>" +
            svg(width, bottom + 46, "".join(body), "area per MAC against minimum period", "wide") +
            "<p class=note>Down and to the left is better: less area for a MAC a cycle, more "
            "cycles a second.</p></section>")


LEAST_ERROR = 1e-4  # bits per character: less than another seed moves it by


def product_name(row):
    if row["name"] in ("int8", "msfp12"):
        return row["name"]
    return f"m = {row['m']}, {row['chunk_bits']}-bit cell"


def pareto_plot(rows):
    """Error against area x time, both logarithmic; each product once for each rounding."""
    pairs = [(row, noisy) for row, noisy in product_pairs(rows) if row.get("area_time_um2_ns")
             and row.get("error_bits_per_character") is not None]
    if not pairs:
        return ""
    width, left, top, bottom, right = 760, 66, 52, 372, 736
    points = [row for pair in pairs for row in pair if row
              and row.get("error_bits_per_character") is not None]
    costs = [row["area_time_um2_ns"] for row in points]
    errors = [row["error_bits_per_character"] for row in points]
    low, high = math.log10(min(costs) / 1.3), math.log10(max(costs) * 1.6)
    least = math.log10(LEAST_ERROR)
    most = max(least + 1, math.ceil(math.log10(max(LEAST_ERROR, *errors)) * 2) / 2)

    def x(cost):
        return left + (right - left) * (math.log10(cost) - low) / (high - low)

    def y(error):
        return bottom - (bottom - top) * (math.log10(max(error, LEAST_ERROR)) - least) / (
            most - least)
    body = [mark(left + 6, 14, "a", ""), text(left + 18, 18, "nearest even"),
            mark(left + 126, 14, "b", ""), text(left + 138, 18, "stochastic"),
            line(left + 232, 14, left + 262, 14, "dash"),
            text(left + 270, 18, "nothing is better in both"),
            text(left, 42, "bits per character more than FP32", "start", "dim")]
    for exponent in range(round(least), math.floor(most) + 1):
        at, value = y(10 ** exponent), f"{10 ** exponent:g}"
        body += [line(left, at, right, at, "grid"),
                 text(left - 8, at + 5, ("≤ " if exponent == least else "") + f"{float(value):.4g}",
                      "end", "dim")]
    for tick in (factor * 10 ** power for power in range(3, 8) for factor in (1, 2, 5)):
        if low <= math.log10(tick) <= high:
            body += [line(x(tick), bottom, x(tick), bottom + 4, "grid"),
                     text(x(tick), bottom + 20, grouped(tick), "middle", "dim")]
    body.append(text(right, bottom + 40, "area per MAC × passes × min period, µm² ns", "end",
                     "dim"))
    front = []
    for row in sorted(points, key=lambda row: (row["area_time_um2_ns"],
                                               row["error_bits_per_character"])):
        if not front or row["error_bits_per_character"] < front[-1]["error_bits_per_character"]:
            front.append(row)
    places = [(x(row["area_time_um2_ns"]), y(row["error_bits_per_character"])) for row in front]
    body += [line(*a, *b, "dash") for a, b in zip(places, places[1:])]
    marks = [(x(row["area_time_um2_ns"]), y(row["error_bits_per_character"])) for row in points]
    taken = [(px - 8, px + 8, py) for px, py in marks]
    for row, noisy in pairs:
        px, py = x(row["area_time_um2_ns"]), y(row["error_bits_per_character"])
        for entry, series in ((noisy, "b"), (row, "a")):
            if not entry or entry.get("error_bits_per_character") is None:
                continue
            at = y(entry["error_bits_per_character"])
            if series == "b":
                body.append(line(px, py, px, at, "link"))
            body.append(mark(px, at, series,
                             f"{product_name(row)}, {entry['rounding']}: "
                             f"{entry['error_bits_per_character']:+.4f} bits per character at "
                             f"{entry['area_time_um2_ns']:,.0f} µm² ns"))
        size = 7.2 * len(product_name(row))
        spots = [(start, py + shift) for shift in (0, -16, 16, -30, 30)
                 for start in (px + 11, px - 11 - size) if left < start and start + size < width]
        start, at = next((spot for spot in spots if not any(
            spot[0] < b and a < spot[0] + size and abs(spot[1] - used) < 14
            for a, b, used in taken)), spots[0])
        taken.append((start, start + size, at))
        body.append(text(px + 11, at + 5, product_name(row)) if start > px else
                    text(px - 11, at + 5, product_name(row), "end"))
    return ("<section><h2>Error against area × time</h2>"
            + svg(width, bottom + 48, "".join(body), "error against area times time", "wide")
            + "<p class=note>Down and to the left is better: fewer bits per character lost, less "
            f"area × time for a product. Below {LEAST_ERROR:g} bits, which is less than another "
            "seed of training moves the figure by, marks stand on the axis.</p></section>")


def data_path(array):
    """The picture of one layer: two tensors in, codes through the array, one tensor out."""
    def box(x, y, w, h, lines, cls="box"):
        out = f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="5" class="{cls}"/>'
        for i, content in enumerate(lines):
            out += text(x + w / 2, y + h / 2 + 5 + 16 * (i - (len(lines) - 1) / 2), content,
                        "middle", "" if i == 0 else "dim")
        return out

    def arrow(x1, y1, x2, y2):
        return f'<path d="M{x1} {y1} L{x2} {y2}" class="arrow" marker-end="url(#tip)"/>'
    cells = "".join(f'<rect x="{282 + 12 * i}" y="{116 + 12 * j}" width="10" height="10" rx="2" '
                    'class="cell"/>' for i in range(8) for j in range(8))
    body = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" class="tip"/></marker></defs>'
        + box(2, 139, 92, 50, ["activations", "FP32"])
        + arrow(94, 164, 116, 164)
        + box(118, 139, 126, 50, ["convert", "a scale per row"], "box rtl")
        + arrow(244, 164, 276, 164) + text(259, 156, "int8", "middle", "dim")
        + box(2, 22, 92, 50, ["weights", "FP32"])
        + arrow(94, 47, 116, 47)
        + box(118, 22, 126, 50, ["convert", "a scale per column"], "box rtl")
        + '<path d="M244 47 L329 47 L329 109" class="arrow" marker-end="url(#tip)"/>'
        + text(338, 82, "int8", "start", "dim")
        + f'<rect x="277" y="111" width="104" height="104" rx="5" class="box rtl"/>{cells}'
        + text(329, 233, f"array {array['rows']} × {array['cols']}", "middle")
        + text(329, 250, "int32 sums, exact", "middle", "dim")
        + arrow(381, 164, 424, 164) + text(402, 156, "int32", "middle", "dim")
        + box(426, 139, 126, 50, ["requantize", "× row × column"], "box rtl")
        + arrow(552, 164, 574, 164)
        + box(576, 139, 82, 50, ["results", "FP32"]))
    return svg(660, 262, body, "the data path of one product", "wide")


STYLE = """
:root{--bg:#fbfaf7;--card:#fff;--ink:#1d2327;--dim:#646b70;--rule:#dedcd5;--a:#1f5fbf;--b:#c2570c;
--good:#1a7f4b;--bad:#c0262d;--rtl:#e8effa}
@media(prefers-color-scheme:dark){:root{--bg:#15181b;--card:#1d2125;--ink:#e6e4df;--dim:#9aa1a6;
--rule:#353b40;--a:#75a7f0;--b:#f0964b;--good:#56c78c;--bad:#ff7b7b;--rtl:#213049}}
*{box-sizing:border-box}html{color-scheme:light dark}
body{margin:0;background:var(--bg);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1080px;margin:0 auto;padding:28px 18px 60px}
h1{font-size:1.75rem;line-height:1.25;margin:.1em 0 .35em;max-width:30em;text-wrap:balance}
h2{font-size:1.1rem;margin:0 0 .6em}.eyebrow,.note,figcaption{color:var(--dim);font-size:.875rem}
.eyebrow{margin:0}.lead{max-width:46em;margin:0 0 1.4em}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}
.card,section{background:var(--card);border:1px solid var(--rule);border-radius:10px}
.card{padding:12px 14px}.card b{display:block;font-size:1.5rem;line-height:1.3;
font-variant-numeric:tabular-nums;white-space:nowrap}.card span{color:var(--dim);font-size:.85rem}
.good b{color:var(--good)}.bad b{color:var(--bad)}
section{padding:18px;margin-top:16px;min-width:0}.pair{display:grid;gap:0 16px;
grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr))}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{padding:6px 10px;text-align:left;border-bottom:1px solid var(--rule);white-space:nowrap}
th{color:var(--dim);font-weight:500;vertical-align:bottom}
.n{text-align:right;font-variant-numeric:tabular-nums}
.long{white-space:normal;min-width:15em}
tbody tr:last-child td{border-bottom:0}.note{margin:.7em 0 0;max-width:60em}
svg{display:block;width:100%;max-width:560px;margin:0 auto;height:auto}
svg.wide{min-width:560px;max-width:760px}
text{font-size:13px;fill:var(--ink)}text.dim{fill:var(--dim);font-size:12px}
.grid{stroke:var(--rule)}.link{stroke:var(--dim);stroke-width:1.5}
.dash{stroke:var(--dim);stroke-dasharray:4 4}.dash.b{stroke:var(--b)}
circle.a{fill:var(--a)}rect.b{fill:var(--b)}.curve{fill:none;stroke:var(--a);stroke-width:2}
.box{fill:var(--card);stroke:var(--dim)}.box.rtl{fill:var(--rtl);stroke:var(--a)}
.cell{fill:var(--a);opacity:.75}.arrow{fill:none;stroke:var(--ink);stroke-width:1.4}
.tip{fill:var(--ink)}pre{overflow-x:auto;margin:0;font:14px/1.6 ui-monospace,Menlo,monospace}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:0;font-size:.9rem}
dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
@media(min-width:900px){th{white-space:normal}}
@media(max-width:560px){main{padding:18px 10px 40px}section{padding:14px}h1{font-size:1.4rem}
svg:not(.wide) text{font-size:17px}svg:not(.wide) text.dim{font-size:16px}}
"""


def page(report, rows, tables):
    study, synth = report["study"], report["synth"]
    evaluation, corpus, network = study["evaluation"], study["corpus"], study["network"]
    engines = evaluation["engines"]
    elements, mismatches = compared_in_all(study)
    fp32 = evaluation["fp32"]["bits_per_character"]
    simulated = [engine for engine in engines if engine["work"]["multiply_cycles"]]

    def card(value, label, cls=""):
        return f'<div class="card {cls}"><b>{e(value)}</b><span>{e(label)}</span></div>'
    cards = [card(fixed(fp32, 4), "bits per character, FP32")]
    cards += [card(fixed(engine["bits_per_character"], 4),
                   f"bits per character, int8, {engine['name']}") for engine in engines]
    if len(engines) > 1:
        cards.append(card(grouped(mismatches), f"mismatches in {grouped(elements)} compared",
                          "bad" if mismatches else "good"))
    if simulated:
        last = simulated[-1]
        cards.append(card(fixed(last["work"]["utilization"], 4), "utilisation of the array"))
        cards.append(card(short(last["macs_per_second"]), "simulated MACs a second, "
                          + last["name"]))

    if mismatches:
        title = f"{grouped(mismatches)} of {grouped(elements)} elements differ between the engines"
    elif len(engines) > 1:
        title = (f"{grouped(elements)} codes, scales, exponents and results compared between "
                 f"{' and '.join(ENGINES[engine['name']] for engine in engines)}: all equal, bit "
                 "for bit")
    else:
        title = "A network in FP32 and in int8"
    quantised = engines[0]["bits_per_character"] if engines else None
    cost = ("" if quantised is None or fp32 is None else
            f" int8 {'costs' if quantised >= fp32 else 'gains'} {abs(quantised - fp32):.4f} bits "
            "per character.")
    products = study.get("products")
    blocks = ("" if not products else " Below, it is read with products in block formats: in the "
              "golden model"
              + (f", and on the first {grouped(products['compared_characters'])} characters in RTL."
                 if products["compared_characters"] else "."))
    lead = (f"A character-level network of {grouped(network['parameters'])} parameters, trained in "
            f"FP32 on {len(corpus['training_texts'])} licence texts, reads {corpus['held_out']}, "
            f"which it has not seen. Every one of the {short(evaluation['macs'])} multiplications "
            f"of that reading was done in FP32 and in each engine.{cost}{blocks}")

    array = (simulated or engines or [{"array": {"rows": 16, "cols": 16}}])[-1]["array"]
    named = {table[0]: html_table(table) for table in tables}
    parts = [f'<div class=cards>{"".join(cards)}</div>',
             "<section><h2>What one layer does</h2>", data_path(array),
             "<p class=note>Blue is RTL; in the golden model each blue box is its definition in "
             "C++. The host is the memory: it streams lines with their largest value in, keeps "
             "codes and results, and does what is no product (look-up, bias, relu, softmax) in "
             "FP32, the same for all.</p></section>",
             named.pop("The evaluation"), "<div class=pair>"]
    for heading, plot, note in (
            ("SQNR per layer", sqnr_plot(rows),
             "The power of the FP32 product over that of the int8 product's error: 6 dB more halve "
             "the error."),
            ("Training", curve_plot(study),
             f"{study['training']['steps']} steps of {study['training']['batch']} characters, "
             f"seed {study['seed']}, {study['training']['seconds']:.0f} s. The line is the loss of "
             "the training batches, with dropout; the held-out text is read once, at the end.")):
        if plot:
            parts.append(f"<section><h2>{heading}</h2>{plot}<p class=note>{e(note)}</p></section>")
    parts.append("</div>")
    for title_of in ("Layer by layer", "Conversion to block formats", "Products of block formats",
                     "What a product costs"):
        if title_of in named:
            parts.append(named.pop(title_of))
    parts.append(pareto_plot(rows))
    parts += named.values()
    parts.append(synth_plot(synth) if synth else
                 "<section><h2>Synthesis</h2><p class=note>Not in this report: make synth writes "
                 "build/synth/synth.json, then scripts/report.py adds it.</p></section>")

    def facts(pairs):
        return "<dl>" + "".join(f"<dt>{e(key)}</dt><dd>{e(value)}</dd>"
                                for key, value in pairs if value) + "</dl>"
    parts.append("<section><h2>Do it again</h2><pre>make run\n"
                 + e(" ".join(study["command"])) + "</pre><p class=note>The first does it all; the "
                 "second is the study alone. docs/study.md says what each figure means.</p>"
                 "</section>")
    texts = ", ".join(entry["name"] for entry in corpus["training_texts"])
    left_out = ", ".join(corpus["near_copies_left_out"])
    parts.append("<div class=pair><section><h2>Texts</h2>" + facts([
        ("held out", f"{corpus['held_out']}, {grouped(corpus['held_out_characters'])} characters"),
        ("shared", f"{100 * corpus['shared_sequences']:.1f} % of its sequences of "
                   f"{corpus['sequence_characters']} characters occur in the training texts"),
        ("training", f"{grouped(corpus['training_characters'])} characters: {texts}"),
        ("left out", left_out and f"{left_out}: near copies of the held-out text"),
        ("folder", corpus["folder"])]) + "</section><section><h2>Machine and versions</h2>"
        + facts([("date", report["date"]), *report["machine"].items(),
                 *report["versions"].items()]) + "</section></div>")
    return ('<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
            'content="width=device-width,initial-scale=1"><title>Roundhouse: int8 and block '
            f"formats, end to end</title><style>{STYLE}</style></head><body><main>"
            "<p class=eyebrow>Roundhouse &middot; int8 and block formats, end to end</p>"
            f"<h1>{e(title)}</h1><p class=lead>{e(lead)}</p>"
            + "".join(parts) + "</main></body></html>\n")


# ---- writing

def write(path, content):
    """Whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(content, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--report", type=pathlib.Path, default=ROOT / "build" / "report",
                        help="folder with study.json, and for the outputs")
    parser.add_argument("--synth", type=pathlib.Path,
                        default=ROOT / "build" / "synth" / "synth.json",
                        help="what make synth wrote")
    arguments = parser.parse_args()
    try:
        study, synth = load(arguments.report / "study.json", arguments.synth)
    except (OSError, ValueError, KeyError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 2

    report = {"date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
              "machine": machine(), "versions": versions(study), "study": study, "synth": synth,
              "products": product_rows(study, synth), "crossover": crossovers(synth)}
    rows = rows_of(study, synth)
    tables = tables_of(rows, study, synth)
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write(arguments.report / "report.json", json.dumps(report, indent=2) + "\n")
    write(arguments.report / "report.csv", table.getvalue())
    write(arguments.report / "index.html", page(report, rows, tables))

    for entry in tables:
        print(text_table(entry), end="\n\n")
    if report["crossover"]:
        print(textwrap.fill(crossover_text(report["crossover"]), 100), end="\n\n")
    if synth is None:
        print(f"Synthesis: no {arguments.synth}; type: make synth\n")
    elements, mismatches = compared_in_all(study)
    print(f"{mismatches} mismatches in {elements:,} elements compared")
    return 1 if mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
