#!/usr/bin/env python3
"""Puts faults into the netlist of a unit, and counts those that the unit's tests do not notice.

Yosys' `mutate` changes one bit of one cell: inverted, stuck at 0 or 1, or either only while another
bit of the same port is set. All mutants of a model go into one netlist, chosen by a number that the
netlist asks the test program for when it starts, so one build serves them all; the tests are the
ones that `make test` runs, the test binary is linked with that netlist instead of the RTL. A mutant
that every test passes is compared with the original by ABC: equal for every input from the state of
all zeros for ever (equivalent), or a counterexample (survived), or no answer in time (unknown).

Results: build/evidence/mutate/<model>.json, and in build/mutate/<model>/ the netlist, the list of
mutants and the logs. A model whose RTL, tests and tools have not changed is not run again.
Docs: docs/mutation.md.

Examples:
  scripts/mutate.py                       every model of every unit in verif/mutate/models.txt
  scripts/mutate.py --unit dot            those of one unit
  scripts/mutate.py --model mac_1_tree -n 200 --verbose

Exit code 0: every mutant killed or equivalent; 1: a mutant survived or is unknown, or a tool
failed; 2: a tool, a file, a unit or a model is missing.
"""
import argparse
import concurrent.futures
import hashlib
import itertools
import json
import os
import pathlib
import random
import re
import shlex
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import inputs
import synth

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = ROOT / "verif" / "mutate"
OUT = ROOT / "build" / "mutate"
EVIDENCE = ROOT / "build" / "evidence" / "mutate"
MANY = 10 ** 6  # more than any netlist has
PROOF_SECONDS = 120
FREE_PRODUCT = 64  # bits of one operand times bits of the other: larger ones are left out first
METHOD = 2  # one more when other mutants are drawn, or when they are judged in another way


class Failure(Exception):
    """A tool that failed; the text says how."""


class Missing(Exception):
    """Something that is not there."""


def run(command, log, **options):
    """Runs a tool from the top folder; returns its output, which is also in the file log."""
    process = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.STDOUT, errors="replace", cwd=ROOT, check=False,
                             **options)
    log.write_text(process.stdout)
    if process.returncode != 0:
        raise Failure(f"{command[0]} exits with {process.returncode}, see "
                      f"{log.relative_to(ROOT)}\n{process.stdout[-1500:]}")
    return process.stdout


# ---- what to mutate ------------------------------------------------------------------------------
def read_models(path):
    """(unit, model, most mutants, only in the unit's own files) of verif/mutate/models.txt."""
    rows = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if len(words) < 3 or not words[2].isdigit() or words[3:] not in ([], ["own"]):
            raise Missing(f"{path.relative_to(ROOT)}:{number}: '{line}' is not UNIT MODEL MUTANTS "
                          "[own]")
        rows.append((words[0], words[1], int(words[2]), words[3:] == ["own"]))
    return rows


def read_contracts(path):
    """Module -> [(kind, words)]: what a module asks of its inputs and promises of its outputs."""
    kinds = {"assume": 1, "instead": 2, "made": 2, "stable": 1, "settled": 3, "spaced": 2,
             "when": 2, "sum": 2, "words": 2, "valid": 2}
    found = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split("#")[0].split(None, 2)
        if not words:
            continue
        kind = words[1] if len(words) == 3 else ""
        rest = words[2].split(None, kinds[kind] - 1) if kind in kinds else []
        if not rest or len(rest) != kinds[kind]:
            raise Missing(f"{path.relative_to(ROOT)}:{number}: '{line}' is not MODULE KIND WORDS")
        found.setdefault(words[0], []).append((kind, [word.strip() for word in rest]))
    return found


def with_parameters(text, item):
    """Names of parameters, which begin with a capital, as their values."""
    return re.sub(r"\b[A-Z]\w*\b", lambda match: str(synth.parameter(
        item["sources"], item, match.group(), match.group())), text)


def describe(model):
    """(module, {parameter: value}) of a model of verif/*/models.mk, as make knows it."""
    text = subprocess.run(["make", "-s", f"print-model-{model}"], cwd=ROOT, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout
    words = shlex.split(text)
    if not words:
        raise Missing(f"no model {model} in verif/*/models.mk")
    pairs = [word[2:].split("=", 1) for word in words[1:] if word.startswith("-G")]
    return words[0], {name: int(value) if value.isdigit() else value for name, value in pairs}


# ---- the netlist with all mutants ----------------------------------------------------------------
def elaborate(item, folder):
    """base.il, base.json: the module, flat, as Yosys' words; all.ys: its mutants; returns the
    ports."""
    files = synth.needed(item["sources"], item["module"])
    lines = synth.read_script(item, files)
    lines += ["proc", "flatten", "opt -full", "wreduce", "memory_map", "pmuxtree",
              "opt -full", "opt_clean",
              f"rename -top {item['module']}", f"write_rtlil {folder}/base.il",
              f"write_json {folder}/base.json",
              f"mutate -list {MANY} -o {folder}/all.ys"]
    (folder / "elaborate.ys").write_text("\n".join(lines) + "\n")
    run(["yosys", "-q", "-s", folder / "elaborate.ys"], folder / "elaborate.log")
    ports = json.loads((folder / "base.json").read_text())["modules"][item["module"]]["ports"]
    return [(name, data["direction"], len(data["bits"])) for name, data in ports.items()]


def draw(lines, most):
    """At most so many of the mutants, as many from each line of the source as from any other: what
    stands there once for a thousand bits is not drowned by them. (With a number below, `mutate
    -list` draws by itself, and for some modules never ends.)"""
    places = {}
    for line in lines:
        places.setdefault(tuple(parse_mutant(line)["-src"]), []).append(line)
    chance = random.Random(1)
    for group in places.values():
        chance.shuffle(group)
    rounds = itertools.zip_longest(*places.values())
    drawn = [line for group in rounds for line in group if line is not None]
    return drawn[:most]


def span(width):
    return f"[{width - 1}:0] " if width > 1 else ""


def parse_mutant(line):
    """A line of `mutate -list` as {option: value}; -src may stand there more than once."""
    words = line.split()[1:]
    found = {"-src": []}
    for name, value in zip(words[::2], words[1::2]):
        if name == "-src":
            found["-src"].append(value)
        else:
            found[name] = value
    return found


def apply_mutants(module, lines):
    """Adds the port `mutant`, a bit for each line, and what it does to the cells of a module of
    write_json: what `mutate -ctrl` does with a number and a comparison for each line."""
    places = [bits for cell in module["cells"].values() for bits in cell["connections"].values()]
    places += [net["bits"] for kind in ("netnames", "ports") for net in module[kind].values()]
    free = 1 + max(bit for bits in places for bit in bits if isinstance(bit, int))
    select = list(range(free, free + len(lines)))
    free += len(lines)
    module["ports"]["mutant"] = {"direction": "input", "bits": select}
    module["netnames"]["mutant"] = {"hide_name": 0, "bits": select, "attributes": {}}

    def gate(kind, a, b):
        nonlocal free
        free += 1
        module["cells"][f"mutate_{free}"] = {
            "hide_name": 0, "type": kind, "parameters": {}, "attributes": {},
            "port_directions": {"A": "input", "B": "input", "Y": "output"},
            "connections": {"A": [a], "B": [b], "Y": [free]}}
        return free

    def fault(mutant, chosen, bit, control):
        mode = mutant["-mode"]
        if mode == "const0":
            return gate("$_ANDNOT_", bit, chosen)
        if mode == "const1":
            return gate("$_OR_", bit, chosen)
        if mode == "cnot0":
            chosen = gate("$_ANDNOT_", chosen, control)
        if mode == "cnot1":
            chosen = gate("$_AND_", chosen, control)
        return gate("$_XOR_", bit, chosen)

    places = {}
    for chosen, line in zip(select, lines):
        mutant = parse_mutant(line)
        places.setdefault((mutant["-cell"], mutant["-port"]), []).append((chosen, mutant))
    for (name, port), mutants in places.items():
        cell = module["cells"][name]
        good = list(cell["connections"][port])
        if cell["port_directions"][port] == "output":
            raw = list(range(free + 1, free + 1 + len(good)))  # what the cell says, unharmed
            free += len(good)
        else:
            raw = good
        bits = list(raw)
        for chosen, mutant in mutants:
            i = int(mutant["-portbit"])
            bits[i] = fault(mutant, chosen, bits[i], raw[int(mutant.get("-ctrlbit", 0))])
        if raw is good:
            cell["connections"][port] = bits
        else:
            cell["connections"][port] = raw
            for bit, harmed in zip(good, bits):
                if isinstance(bit, int):
                    module["cells"][f"mutate_out_{bit}"] = {
                        "hide_name": 0, "type": "$_BUF_", "parameters": {}, "attributes": {},
                        "port_directions": {"A": "input", "Y": "output"},
                        "connections": {"A": [harmed], "Y": [bit]}}


def write_netlist(item, folder, ports):
    """mutants.v: the mutants, in a module with the ports of the original."""
    module = item["module"]
    design = json.loads((folder / "base.json").read_text())
    apply_mutants(design["modules"][module], item["list"])
    (folder / "mutants.json").write_text(json.dumps(design))
    # Bit by bit: Verilator 5.006 takes a vector whose bits depend on each other for a loop, and
    # then may get it wrong.
    lines = [f"read_json {folder}/mutants.json", f"rename {module} {module}_mutants",
             "splitnets -ports", "opt_clean", "check -assert",
             f"write_verilog -noattr {folder}/netlist.v"]
    (folder / "apply.ys").write_text("\n".join(lines) + "\n")
    run(["yosys", "-q", "-s", folder / "apply.ys"], folder / "apply.log")
    heads = ", ".join(f"{direction} {span(bits)}{name}" for name, direction, bits in ports)
    width = len(item["list"])
    wires = [f".{name}({name})" if bits == 1 else f".\\{name}[{i}] ({name}[{i}])"
             for name, _, bits in ports + [("mutant", "input", width)] for i in range(bits)]
    (folder / "mutants.v").write_text(
        (folder / "netlist.v").read_text() +
        f"\nmodule {module}({heads});\n"
        f"  import \"DPI-C\" function int rh_mutant();\n"
        f"  int number;\n  reg [{width - 1}:0] mutant;\n"
        f"  initial begin\n    number = rh_mutant();\n    mutant = '0;\n"
        f"    if (number != 0) mutant[number - 1] = 1'b1;\n  end\n"
        f"  {module}_mutants u_mutants({', '.join(wires)});\nendmodule\n")
    for name in ("netlist.v", "mutants.json"):
        (folder / name).unlink()


def build(item, folder):
    """The test binary of the unit with the mutants instead of the RTL."""
    model, unit = item["model"], item["unit"]
    # Verilator 5.006 gets some trees of bit operations wrong where it simplifies them.
    run(["verilator", "--cc", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--no-timing",
         "-fno-const-bit-op-tree", "-Wno-fatal", "-Wno-lint", "-Wno-style", "--prefix", model,
         "--top-module", item["module"], "--Mdir", folder / "model", folder / "mutants.v"],
        folder / "verilate.log")
    objects = "OPT_FAST=-O1 OPT_SLOW=-O0".split() + ["USER_CPPFLAGS=-fPIC -fvisibility=hidden -w"]
    run(["make", "-s", "-C", folder / "model", "-f", f"{model}.mk", f"{model}__ALL.a",
         f"CXX={item['cxx']}", "OBJCACHE=", "VM_PARALLEL_BUILDS=0"] + objects,
        folder / "compile.log")
    archives = [ROOT / f"build/model/{name}/{name}__ALL.a" for name in item["linked"]
                if name != model]
    # The tests were compiled against the class of the RTL: those that see another one are again.
    header = f"{model}.h"
    same = layout(folder / "model" / header) == layout(ROOT / "build/model" / model / header)
    (folder / "include").mkdir()
    (folder / "include" / model).symlink_to("../model")
    if not same:
        copy_outputs(ROOT / "build/model" / model / header, folder / "model" / header)
    tests = []
    for source in sorted((ROOT / "verif" / unit).glob("*.cpp")):
        stale = not same and f'"{model}/{header}"' in source.read_text()
        tests.append(source if stale else ROOT / f"build/obj/verif/{unit}/{source.stem}.o")
    run([item["cxx"], "-std=c++20", "-O1", "-pthread", "-Wl,--as-needed", "-ffp-contract=off", "-o",
         folder / "tests", *tests, *sorted((ROOT / "build/obj/verif/bench").glob("*.o")),
         HERE / "select.cpp", "-Isw", "-Iverif", "-isystem", folder / "include", "-isystem",
         "build/model", "-isystem", item["vroot"], "-isystem", f"{item['vroot']}/vltstd",
         folder / "model" / f"{model}__ALL.a", *archives,
         "build/libroundhouse.a", "build/verilated/verilated.o",
         "build/verilated/verilated_threads.o", "-lopenblas", "-latomic", "-ldl",
         *item["catch"]], folder / "link.log")


def copy_outputs(source, target):
    """for_each_output(), which make adds to the header of a model."""
    line = re.search(r"^template .*for_each_output.*$", source.read_text(), re.M).group()
    text = target.read_text()
    target.write_text(text.replace("#endif  // guard", f"{line}\n#endif  // guard"))


def layout(header):
    """The lines of a model's header that make its layout."""
    text = header.read_text()
    return re.findall(r"^ +(?:VL_\w+\(|\w+\* const ).*", text, re.M)


# ---- running the tests ---------------------------------------------------------------------------
def read_junit(path):
    """Test name -> (seconds, failed)."""
    return {case.get("name"): (float(case.get("time")), case.find("failure") is not None or
                               case.find("error") is not None)
            for case in ET.parse(path).getroot().iter("testcase")}


def call(folder, mutant, tests, seconds, report=None, log=None):
    """The exit code and output of some tests on a mutant; None when they take too long."""
    names = ",".join(re.sub(r"([,\[\]\\*])", r"\\\1", name) for name in tests)
    command = [folder / "tests", *([names] if names else []), "--rng-seed", "1", "--warn",
               "NoAssertions"]
    command += ["-r", "junit", "-o", report] if report else ["--abort"]
    environment = dict(os.environ, RH_MUTANT=str(mutant), OPENBLAS_NUM_THREADS="1",
                       RH_STOP="1")
    if log:
        environment["RH_MUTANT_LOG"] = str(log)
    try:
        process = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, errors="replace", cwd=ROOT,
                                 env=environment, timeout=seconds, check=False)
        return process.returncode, process.stdout
    except subprocess.TimeoutExpired:
        return None, ""


def tests_of(folder):
    """[(seconds, test)] of the tests that use the model, quick ones first; all pass without a
    fault."""
    log, report = folder / "used.txt", folder / "junit.xml"
    log.unlink(missing_ok=True)
    code, output = call(folder, 0, [], None, report, log)
    if code != 0:
        raise Failure(f"the tests fail on the netlist without a fault\n{output[-1500:]}")
    used = set(log.read_text().splitlines()) if log.exists() else set()
    cases = read_junit(report)
    if not used or not used <= set(cases):
        raise Failure(f"no test, or one that is not known, uses the model: {sorted(used)}")
    return sorted((cases[name][0], name) for name in used)


def try_mutant(folder, mutant, tests):
    """The verdict of the tests on a mutant: (killed, by what)."""
    total = sum(seconds for seconds, _ in tests)
    for batch in batches(tests):
        code, output = call(folder, mutant, batch, 20 + 20 * total)
        if code is None:
            return True, "no end"
        if code != 0:
            name = re.search(r"^-{20,}\n(\S[^\n]*)\n", output, re.M)
            return True, name.group(1) if name else f"exit code {code}"
    return False, None


def batches(tests):
    """Quick tests together, then the slow ones one by one: most mutants die early."""
    quick, slow = [], []
    spent = 0.0
    for seconds, name in tests:
        spent += seconds
        if spent <= 0.5:
            quick.append(name)
        else:
            slow.append([name])
    return ([quick] if quick else []) + slow


# ---- equivalence ---------------------------------------------------------------------------------
def differences(item, ports):
    """The conditions under which an output that anybody may look at differs: of a stream while its
    valid is 1, others always, and what the contract says."""
    names = {name for name, _, _ in ports}
    bits = {name: width for name, _, width in ports}
    outputs = [name for name, direction, _ in ports if direction == "output"]
    terms = []
    for kind, words in item["contract"]:
        if kind == "when":
            seen = re.sub(r"\b(\w+_o)\b", r"gold_\1", words[1])
            terms.append(f"({seen}) && gold_{words[0]} != gate_{words[0]}")
            outputs.remove(words[0])
        if kind == "sum":  # only the sum counts
            both = [f"{side}_{words[0]} + {side}_{words[1]}" for side in ("gold", "gate")]
            terms.append(f"{bits[words[0]]}'({both[0]}) != {bits[words[0]]}'({both[1]})")
            outputs = [name for name in outputs if name not in words]
        if kind == "words":  # only the sum of the words counts
            count = int(with_parameters(words[1], item))
            width = bits[words[0]] // count
            both = [" + ".join(f"{side}_{words[0]}[{i * width} +: {width}]" for i in range(count))
                    for side in ("gold", "gate")]
            terms.append(f"{width}'({both[0]}) != {width}'({both[1]})")
            outputs.remove(words[0])
        if kind == "valid":  # each word has a valid of its own
            width = bits[words[0]] // bits[words[1]]
            terms += [f"gold_{words[1]}[{i}] && gold_{words[0]}[{i * width} +: {width}] != "
                      f"gate_{words[0]}[{i * width} +: {width}]" for i in range(bits[words[1]])]
            outputs.remove(words[0])
    for name in outputs:
        valid = name.split("_")[0] + "_valid_o"
        seen = f"gold_{valid} && " if valid in names and name != valid else ""
        terms.append(f"{seen}gold_{name} != gate_{name}")
    return terms


def functions(item):
    """The functions that a contract may call."""
    called = any(kind == "made" for kind, _ in item["contract"])
    return (HERE / "contracts.v").read_text() if called else ""


def keep_contract(item, ports):
    """(declarations, cycles until all is known) for a module around the one of an item: it has its
    inputs, a clock and the outputs of the original as gold_<output>, and gives the wires
    kept_<input> that keep the contract. An input that breaks a condition is 0 or what is said
    instead, one that is stable keeps its first value, one that is settled changes between groups
    alone, one that is spaced is 0 for so long, the first two cycles have the reset, or the first
    one a restart."""
    names = {name for name, _, _ in ports}
    inputs = {name: bits for name, direction, bits in ports if direction == "input"}
    kept = {name: name for name in inputs}
    warm = 0
    if "rst_ni" in names:
        warm = 2
        kept["rst_ni"] = "rst_ni && age_q >= 2"
    elif "clk_i" in names:
        warm = 8
        if "restart_i" in names:
            kept["restart_i"] = "restart_i || age_q == 0"
    registers = ""
    instead = dict(words for kind, words in item["contract"] if kind == "instead")
    for kind, words in item["contract"]:
        if kind == "assume":
            condition = with_parameters(words[0], item)
            for name in set(re.findall(r"\w+", condition)) & set(inputs):
                kept[name] = f"({condition}) ? {name} : {inputs[name]}'d{instead.get(name, 0)}"
        if kind == "made":
            kept[words[0]] = with_parameters(words[1], item)
        if kind == "spaced":
            name = words[0]
            registers += (f"  reg [15:0] {name}_wait_q = 0;\n  always @(posedge clk_i) "
                          f"{name}_wait_q <= kept_{name} ? {with_parameters(words[1], item)} - 1 :"
                          f" {name}_wait_q - ({name}_wait_q != 0);\n")
            kept[name] = f"({kept[name]}) && {name}_wait_q == 0"
        if kind == "stable":
            name = words[0]
            registers += (f"  reg {span(inputs[name])}{name}_q;\n  always @(posedge clk_i) "
                          f"if (age_q == 0) {name}_q <= kept_{name};\n")
            kept[name] = f"age_q == 0 ? ({kept[name]}) : {name}_q"
        if kind == "settled":
            name, valid, busy = words
            registers += (f"  reg {span(inputs[name])}{name}_q;\n"
                          f"  wire {name}_free = age_q == 0 || !kept_{valid} && !gold_{busy};\n"
                          f"  reg {name}_new_q = 0;\n  always @(posedge clk_i) begin\n"
                          f"    {name}_new_q <= {name}_free;\n"
                          f"    if ({name}_free) {name}_q <= {kept[name]};\n  end\n")
            kept[name] = f"{name}_q"
            kept[valid] = f"({kept[valid]}) && !{name}_new_q"
    text = functions(item) + "  reg [3:0] age_q = 0;\n"
    text += "  always @(posedge clk_i) if (age_q != 8) age_q <= age_q + 1;\n"
    text += "".join(f"  wire {span(inputs[name])}kept_{name} = {value};\n"
                    for name, value in kept.items()) + registers
    return text, warm


def head(name, ports, outputs):
    """The first line of a module with the inputs of an item, a clock and some outputs."""
    inputs = [f"input {span(bits)}{port}" for port, direction, bits in ports
              if direction == "input"]
    if "clk_i" not in {port for port, _, _ in ports}:
        inputs.append("input clk_i")
    return f"module {name}({', '.join(inputs + outputs)});\n"


def declare(side, ports):
    """Wires for the outputs of the one side."""
    return "".join(f"  wire {span(bits)}{side}_{name};\n"
                   for name, direction, bits in ports if direction == "output")


def connect(side, ports):
    """The ports of the one side, on inputs that keep the contract."""
    return ", ".join(f".{name}({'kept' if direction == 'input' else side}_{name})"
                     for name, direction, _ in ports)


def is_large_product(cell):
    """Is a cell of write_json a multiplier of two operands that are no constants, of some size?"""
    operands = [cell["connections"].get(port, ()) for port in "AB"]
    return (cell["type"] == "$mul" and len(operands[0]) * len(operands[1]) >= FREE_PRODUCT and
            all(any(isinstance(bit, int) for bit in operand) for operand in operands))


def free_products(design):
    """Takes the multipliers of some size out of gold and gate of a design of write_json: the new
    ports are product_<n>_a_o and _b_o, its operands, and product_<n>_i, its product. Returns the
    ports, (name, direction, bits) of each module."""
    ports = []
    gold, gate = (design["modules"][side] for side in ("gold", "gate"))
    names = [name for name, cell in gold["cells"].items() if is_large_product(cell)]
    for n, name in enumerate(names):
        for module in (gold, gate):
            cell = module["cells"].pop(name)
            for port, suffix, direction in (("A", "a_o", "output"), ("B", "b_o", "output"),
                                            ("Y", "i", "input")):
                module["ports"][f"product_{n}_{suffix}"] = {
                    "direction": direction, "bits": cell["connections"][port]}
                if module is gold:
                    ports.append((f"product_{n}_{suffix}", direction,
                                  len(cell["connections"][port])))
    return ports


def miter(item, ports, products):
    """A module whose output `bad` is 1 when the two differ, on inputs that keep the contract.
    Products that were taken out may be anything, and the same for the same operands."""
    free = [(name, bits) for name, direction, bits in products if direction == "input"]
    kept, warm = keep_contract(item, ports)
    text = head("miter", ports, [f"input {span(bits)}{side}_{name}"
                                 for name, bits in free for side in ("any", "other")] +
                ["output bad"])
    text += declare("gold", ports + products) + declare("gate", ports + products) + kept
    for name, bits in free:
        same = " && ".join(f"gold_{name[:-1]}{operand}_o == gate_{name[:-1]}{operand}_o"
                           for operand in "ab")
        text += (f"  wire {span(bits)}gold_{name} = any_{name};\n"
                 f"  wire {span(bits)}gate_{name} = {same} ? any_{name} : other_{name};\n")
    for side in ("gold", "gate"):
        wires = ", ".join([connect(side, ports)] +
                          [f".{name}({side}_{name})" for name, _, _ in products])
        text += f"  {side} u_{side}({wires});\n"
    differ = " || ".join(f"({term})" for term in differences(item, ports))
    return text + f"  assign bad = age_q >= {warm} && ({differ});\nendmodule\n"


def write_miter(item, folder, work, mutant, ports, free):
    """proof.aig in the folder `work`: the miter of the original and a mutant; with `free`, large
    products may be anything."""
    line = item["list"][mutant - 1]
    module = item["module"]
    change = line.replace(f"-module {module} ", "-module gate ")
    clocked = re.search(r"-port CLK\b", line)
    pair = [f"read_rtlil {folder}/base.il", f"rename {module} gold", "copy gold gate", change]
    products = []
    if free:
        (work / "pair.ys").write_text("\n".join(pair + [f"write_json {work}/pair.json"]) + "\n")
        run(["yosys", "-q", "-s", work / "pair.ys"], work / "pair.log")
        design = json.loads((work / "pair.json").read_text())
        products = free_products(design)
        (work / "pair.json").write_text(json.dumps(design))
        pair = [f"read_json {work}/pair.json"]
    (work / "miter.v").write_text(miter(item, ports, products))
    lines = pair + [f"read_verilog -sv {work}/miter.v", "hierarchy -top miter", "proc", "flatten",
                    "opt_clean", "clk2fflogic" if clocked else "async2sync", "opt -full", "techmap",
                    "opt -fast", "dffunmap", "abc -g AND -fast", "opt_clean",
                    "setundef -zero", "setundef -init -zero",
                    f"write_aiger -zinit -map {work}/proof.map {work}/proof.aig"]
    (work / "proof.ys").write_text("\n".join(lines) + "\n")
    run(["yosys", "-q", "-s", work / "proof.ys"], work / "yosys.log")


def solve(work, commands, seconds):
    """proved, refuted or None: what ABC says of proof.aig."""
    log = work / "abc.log"
    try:
        text = run(["yosys-abc", "-c", f"read_aiger {work}/proof.aig; strash; print_stats; "
                    f"{commands}; print_status"], log, timeout=seconds)
    except subprocess.TimeoutExpired:
        return None
    if "was asserted in frame" in text:
        return "refuted"
    return "proved" if "Property proved" in text else None


def prove(item, folder, mutant, ports):
    """(verdict, how): equivalent, survived or unknown."""
    work = folder / f"proof_{mutant}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    start = time.monotonic()
    verdict = None
    how = "ABC scorr, pdr"
    if item["products"]:
        write_miter(item, folder, work, mutant, ports, True)
        verdict = solve(work, "scorr -C 20000; print_stats; pdr -T 20", PROOF_SECONDS)
        how += ", whatever the products are" if verdict == "proved" else ""
    if verdict != "proved":  # what refutes it may be a product that is none
        write_miter(item, folder, work, mutant, ports, False)
        first = "bmc3 -F 20 -T 20; " if item["products"] else ""
        verdict = solve(work, f"{first}scorr -C 20000; print_stats; pdr -T 20; bmc3 -F 20 -T 20; "
                        f"pdr -T {PROOF_SECONDS}", 3 * PROOF_SECONDS)
    seconds = round(time.monotonic() - start, 1)
    if verdict == "refuted":
        return "survived", f"ABC bmc3/pdr: a counterexample, {work.relative_to(ROOT)}"
    if verdict == "proved":
        shutil.rmtree(work)
        return "equivalent", f"{how}: {seconds} s"
    return "unknown", f"ABC: no answer in {seconds} s, {work.relative_to(ROOT)}"


# ---- one model -----------------------------------------------------------------------------------
def key_of(item):
    """What a result depends on; METHOD stands for this file."""
    digest = hashlib.sha256(json.dumps([METHOD] + [item[name] for name in (
        "module", "model", "parameters", "most", "own", "contract")]).encode())
    files = synth.needed(item["sources"], item["module"])
    files += sorted((ROOT / "verif" / item["unit"]).glob("*_test.cpp"))
    files += sorted((ROOT / "verif" / item["unit"]).glob("*.hpp"))
    files += sorted((ROOT / "verif/bench").glob("*.hpp"))
    files.append(HERE / "select.cpp")
    for file in files:
        # They count, and serve random starts; no test of a mutant depends on them.
        if file.name in ("coverage.hpp", "bins.hpp", "unknown.hpp"):
            continue
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def proof_key_of(item):
    """What a comparison depends on: a mutant that lives is not compared again for a new test."""
    files = synth.needed(item["sources"], item["module"]) + [HERE / "contracts.v"]
    return inputs.digest_of(files, json.dumps([METHOD] + [item[name] for name in (
        "module", "parameters", "contract")]))


def mutate(item, options):
    """The result of a model: from build/evidence/mutate if it is there, else measured."""
    path = EVIDENCE / f"{item['model']}.json"
    key, proof_key = key_of(item), proof_key_of(item)
    item["compared"] = {}
    try:
        stored = json.loads(path.read_text())
        if stored["key"] == key and not options.again and not options.living:
            return stored, True
        if stored.get("proof_key") == proof_key and not options.again:
            item["compared"] = {(row["what"], *row["where"]): (row["verdict"], row["how"])
                                for row in stored["mutants"] if row["verdict"] != "killed"}
    except (OSError, ValueError, KeyError):
        pass
    start = time.monotonic()
    folder = OUT / item["model"]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ports = elaborate(item, folder)
    design = json.loads((folder / "base.json").read_text())["modules"][item["module"]]
    item["products"] = any(is_large_product(cell) for cell in design["cells"].values())
    everything = (folder / "all.ys").read_text().splitlines()
    if item["own"]:
        home = f"{ROOT}/rtl/{item['unit']}/"
        everything = [line for line in everything if all(
            place.startswith(home) for place in parse_mutant(line)["-src"])]
    candidates = len(everything)
    item["list"] = draw(everything, item["most"])
    (folder / "list.ys").write_text("".join(f"{line}\n" for line in item["list"]))
    result = {"command": f"scripts/mutate.py --model {item['model']}", "key": key,
              "proof_key": proof_key, "unit": item["unit"], "model": item["model"],
              "module": item["module"], "parameters": item["parameters"],
              "candidates": candidates,
              "contract": item["contract"], "mutants": []}
    if item["list"]:
        write_netlist(item, folder, ports)
        build(item, folder)
        tests = tests_of(folder)
        result["tests"] = [name for _, name in tests]
        say(item, f"{len(item['list'])} of {candidates} mutants, {len(tests)} tests of "
                  f"{sum(seconds for seconds, _ in tests):.1f} s, built in "
                  f"{time.monotonic() - start:.0f} s")
        result["mutants"] = verdicts(item, folder, tests, ports, options)
    counts = {verdict: sum(row["verdict"] == verdict for row in result["mutants"])
              for verdict in ("killed", "equivalent", "survived", "unknown")}
    result.update(counts, seconds=round(time.monotonic() - start))
    if options.living:
        return result, False
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    synth.write(path, json.dumps(result, indent=1) + "\n")
    return result, False


def verdicts(item, folder, tests, ports, options):
    """A row for each mutant of the list."""
    def judge(mutant):
        line = item["list"][mutant - 1]
        words = parse_mutant(line)
        row = {"mutant": mutant, "what": " ".join(words[name] for name in (
            "-mode", "-cell", "-port", "-portbit", "-ctrlbit") if name in words),
               "where": sorted({text.replace(f"{ROOT}/", "") for text in words["-src"]})}
        killed, how = try_mutant(folder, mutant, tests)
        row["verdict"] = "killed"
        if not killed:
            row["verdict"], how = ("living", "not compared") if options.living else \
                item["compared"].get((row["what"], *row["where"])) or \
                prove(item, folder, mutant, ports)
        row["how"] = how
        if options.verbose or row["verdict"] not in ("killed", "equivalent"):
            say(item, f"{row['verdict']}: {mutant} {row['what']} {' '.join(row['where'])}: {how}")
        return row

    rows = []
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for row in pool.map(judge, range(1, len(item["list"]) + 1)):
            rows.append(row)
            if time.monotonic() - begun > 60:
                begun = time.monotonic()
                say(item, f"{len(rows)} of {len(item['list'])} tried")
    return rows


def say(item, text):
    print(f"  mutate   {item['model']}: {text}", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unit", action="append", default=[], help="only the models of this unit")
    parser.add_argument("--model", action="append", default=[], help="only this model")
    parser.add_argument("-n", type=int, dest="most", help="most mutants of a model; default: "
                                                          "what models.txt says")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="default: all cores")
    parser.add_argument("--again", action="store_true", help="also what has not changed")
    parser.add_argument("--living", action="store_true",
                        help="name the mutants that every test passes, compare and store nothing")
    parser.add_argument("--verbose", action="store_true", help="a line for each mutant")
    options = parser.parse_args()
    try:
        return mutate_all(options)
    except (Failure, synth.Failure) as error:
        print(f"mutate: {error}", file=sys.stderr)
        return 1
    except (Missing, synth.Missing, OSError) as error:
        print(f"mutate: {error}", file=sys.stderr)
        return 2


def read_items(units, models):
    """What models.txt names, or of it the models of these units and with these names."""
    rows = read_models(HERE / "models.txt")
    contracts = read_contracts(HERE / "contracts.txt")
    for name in units:
        if not (ROOT / "rtl" / name).is_dir():
            raise Missing(f"no unit {name} in rtl/")
    for name in models:
        if name not in {row[1] for row in rows}:
            raise Missing(f"no model {name} in verif/mutate/models.txt")
    items = []
    for unit, model, most, own in rows:
        if units and unit not in units or models and model not in models:
            continue
        module, parameters = describe(model)
        items.append({"unit": unit, "model": model, "module": module, "parameters": parameters,
                      "most": most, "own": own, "sources": synth.read_sources(),
                      "contract": contracts.get(module, [])})
    return items


def mutate_all(options):
    items = read_items(options.unit, options.model)
    for tool in ("yosys", "yosys-abc", "verilator"):
        if not shutil.which(tool):
            raise Missing(f"not installed: {tool} (make setup installs it)")
    units = sorted({item["unit"] for item in items})
    subprocess.run(["make", *(f"build/test/{unit}" for unit in units)], cwd=ROOT, check=True)
    settings = dict(line.split("=", 1) for line in subprocess.run(
        ["make", "-s", "print-settings"], cwd=ROOT, text=True, check=True,
        stdout=subprocess.PIPE).stdout.splitlines())
    bad = 0
    print(f"{'model':<28}{'faults':>9}{'mutants':>9}{'killed':>8}{'equivalent':>12}"
          f"{'survived':>10}{'unknown':>9}{'s':>7}", flush=True)
    for item in items:
        item.update(most=options.most or item["most"], cxx=settings["CXX"],
                    catch=settings["CATCH_LIBS"].split(), vroot=settings["VROOT"],
                    linked=re.findall(r"model/(\w+)/", settings[f"MODELS_{item['unit']}"]))
        try:
            result, _ = mutate(item, options)
        except (Failure, synth.Failure) as error:
            say(item, f"failed: {error}")
            bad += 1
            continue
        bad += len(result["mutants"]) - result["killed"] - result["equivalent"]
        print(f"{item['model']:<28}{result['candidates']:>9,}{len(result['mutants']):>9,}"
              f"{result['killed']:>8,}{result['equivalent']:>12,}{result['survived']:>10,}"
              f"{result['unknown']:>9,}{result['seconds']:>7}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
