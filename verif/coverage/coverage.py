#!/usr/bin/env python3
"""What the tests reach of the RTL and of the golden model, and proofs for what they cannot reach.

For every model of every unit (a module with its parameters; netlists have no lines), in the unit's
own modules, as those below have models of their own:
  points    Verilator's raw points, lines and branches, merged by name as its own tool merges them;
  bits      every bit of every signal, ports and inside, must rise and fall: two goals a bit;
  bins      the crosses that tests declare (verif/bench/bins.hpp).
What no test reaches is compared with the design by Yosys and ABC: a branch whose conditions never
hold together, a bit that keeps one value, for every input that keeps the contract and for ever
(proved); or an input that reaches it (missed: a test is missing), or no answer in time (unknown).
Beside it, lines and branches of the unit's C++ (sw/<unit>/), as clang counts them.

Results: build/evidence/coverage/<unit>.json and build/report/coverage.html. Docs: docs/coverage.md.

Examples:
  verif/coverage/coverage.py                     every unit (make coverage builds what it needs)
  verif/coverage/coverage.py --unit noise --verbose

Exit code 0: everything is reached or proved; 1: something is missed or unknown, a test or a tool
fails; 2: a tool, a file, a unit or a model is missing.
"""
import argparse
import concurrent.futures
import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
import inputs  # noqa: E402
import mutate  # noqa: E402
import synth  # noqa: E402

BUILD = ROOT / "build" / "coverage"
OUT = BUILD / "proofs"
EVIDENCE = ROOT / "build" / "evidence" / "coverage"
LLVM = "-14"
PROOF_SECONDS = 20


# ---- what the tests reached ----------------------------------------------------------------------
def measure(unit, jobs):
    """Runs the tests of a unit; returns what bench/coverage.hpp writes."""
    folder = BUILD / "run" / unit
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    environment = dict(os.environ, RH_COVERAGE=str(folder / "models.json"),
                       LLVM_PROFILE_FILE=str(folder / "%p.profraw"))
    mutate.run([ROOT / "scripts/test.py", "--build", "build/coverage", "--jobs", jobs, unit],
               folder / "tests.log", env=environment)
    return json.loads((folder / "models.json").read_text())


def merge(points, home):
    """Points with one name are one point; those of other units are judged there."""
    merged = {}
    for point in points:
        file = point["file"].replace("//", "/")
        if not file.startswith(home):
            continue
        key = (file, point["line"], point["column"], point["comment"], point["hierarchy"])
        merged[key] = merged.get(key, 0) + point["count"]
    return merged


# ---- branches of the elaborated design -----------------------------------------------------------
def switches(text):
    """Every case of every switch of every process in RTLIL: instance, places of the switch and of
    the case, is it the default, is it the true branch of an `if`, and its condition: a list of
    (signal, values, values of the cases before) that hold together."""
    found = []
    instance, source, stack = "", "", []
    for line in text.splitlines():
        words = line.split(None, 1)
        if not words:
            continue
        if words[0] == "process":
            path = re.match(r"\$flatten\\(.*)\.\$proc\$", words[1])
            instance = plain(path.group(1).replace("\\", "")) if path else ""
            stack = []
        elif words[0] == "attribute" and words[1].startswith("\\src"):
            source = words[1].split('"')[1].split("|")[-1]
        elif words[0] == "switch":
            stack.append({"signal": words[1], "source": source, "before": [], "row": None})
            source = ""
        elif words[0] == "case" and stack:
            top = stack[-1]
            values = [value.strip() for value in words[1].split(",")] if len(words) > 1 else []
            condition = [(frame["signal"], frame["row"], frame["earlier"]) for frame in stack[:-1]]
            top.update(row=values, earlier=list(top["before"]))
            top["before"] += values
            found.append({"instance": instance, "switch": top["source"], "case": source,
                          "default": not values, "true": values == ["1'1"],
                          "condition": condition + [(top["signal"], values, top["earlier"])]})
            source = ""
        elif words[0] == "end" and stack:
            stack.pop()
    return found


def plain(name):
    """A name without the blocks that Yosys, but not Verilator, names in `else if` of generates."""
    return re.sub(r"\bgenblk\d+\.", "", name)


def place(source):
    """(file, line, column) of `/a/b.sv:12.3-14.5`."""
    match = re.match(r"(.*):(\d+)\.(\d+)", source)
    if not match:
        return None
    return match.group(1).replace(f"{ROOT}/", ""), int(match.group(2)), int(match.group(3))


def instance_of(hierarchy):
    """Verilator's `.top.u_a.u_b` as Yosys says it: `u_a.u_b`."""
    return ".".join(hierarchy.split(".")[2:])


def instances(text):
    """Every path before the name of a signal in RTLIL: the instances of the elaborated design."""
    found = {""}
    for name in re.findall(r"^  wire .*?\\(\S+)$", text, re.M):
        path = plain(name).split(".")[:-1]
        found.update(".".join(path[:n]) for n in range(1, len(path) + 1))
    return found


def cases_of(point, cases):
    """The cases that a point of Verilator counts."""
    file, line, column, comment, hierarchy = point
    instance = instance_of(hierarchy)
    rows = []
    for case in cases:
        if case["instance"] != instance:
            continue
        if comment in ("if", "elsif"):
            hit = case["true"] and place(case["switch"]) == (file, line, column)
        elif comment == "else":
            hit = case["default"] and place(case["switch"]) == (file, line, column - 1)
        else:
            start = place(case["case"])
            hit = comment == "case" and start is not None and start[:2] == (file, line)
        if hit:
            rows.append(case)
    return rows


class Rtlil:
    """Cells for conditions, as text to put before the end of a module."""

    def __init__(self):
        self.lines = []
        self.wires = 0

    def wire(self):
        self.wires += 1
        self.lines.append(f"  wire width 1 \\rh_reach_{self.wires}")
        return f"\\rh_reach_{self.wires}"

    def cell(self, kind, width, a, b):
        out = self.wire()
        self.lines += [f"  cell {kind} $rh_reach${self.wires}"]
        self.lines += [f"    parameter \\{name} {value}" for name, value in (
            ("A_SIGNED", 0), ("B_SIGNED", 0), ("A_WIDTH", width), ("B_WIDTH", width),
            ("Y_WIDTH", 1))]
        self.lines += [f"    connect \\A {a}", f"    connect \\B {b}", f"    connect \\Y {out}",
                       "  end"]
        return out

    def any_of(self, signal, values):
        """1 when the signal is one of the values, in which - stands for any bit."""
        terms = []
        for value in values:
            width, bits = value.split("'")
            bits = bits.rjust(int(width), "0")
            if "-" in bits:
                raise mutate.Failure(f"a case with {value}: not expected in this RTL")
            terms.append(self.cell("$eq", width, signal, f"{width}'{bits}"))
        out = terms[0]
        for term in terms[1:]:
            out = self.cell("$or", 1, out, term)
        return out

    def all_of(self, condition):
        """1 when the case is taken, and all around it."""
        out = "1'1"
        for signal, values, before in condition:
            if values:
                out = self.cell("$and", 1, out, self.any_of(signal, values))
            if before:
                never = self.cell("$eq", 1, self.any_of(signal, before), "1'0")
                out = self.cell("$and", 1, out, never)
        return out


# ---- proofs --------------------------------------------------------------------------------------
def elaborate(item, folder):
    """The module, flat, with its processes; returns (RTLIL, ports)."""
    files = synth.needed(item["sources"], item["module"])
    lines = synth.read_script(item, files)
    lines += ["flatten", f"rename -top {item['module']}", f"write_rtlil {folder}/flat.il",
              "proc", f"write_json {folder}/ports.json"]
    (folder / "elaborate.ys").write_text("\n".join(lines) + "\n")
    mutate.run(["yosys", "-q", "-s", folder / "elaborate.ys"], folder / "elaborate.log")
    design = json.loads((folder / "ports.json").read_text())["modules"][item["module"]]
    ports = [(name, data["direction"], len(data["bits"])) for name, data in design["ports"].items()]
    return (folder / "flat.il").read_text(), ports


def write_watched(item, folder, text, conditions, stuck, one_way):
    """design.json: the module with an output rh_watch that has a bit for each condition, then two
    for each stuck bit (signal, place), itself and its inverse, then one for each other bit. Large
    products are inputs, product_<n>_i: what cannot be whatever they are cannot be. Returns the bits
    that the design does not have, the width, and the inputs as (name, direction, bits)."""
    cells = Rtlil()
    reach = [cells.all_of(condition) for condition in conditions]
    ends = [match.end() for match in re.finditer(r"^end\n", text, re.M)]
    start = text.index(f"module \\{item['module']}\n")
    end = next(place for place in ends if place > start) - len("end\n")
    (folder / "watched.il").write_text(text[:end] + "\n".join(cells.lines) + "\n" + text[end:])
    lines = [f"read_rtlil {folder}/watched.il", f"hierarchy -top {item['module']}", "proc",
             "memory_map", f"write_json {folder}/watched.json"]
    (folder / "watched.ys").write_text("\n".join(lines) + "\n")
    mutate.run(["yosys", "-q", "-s", folder / "watched.ys"], folder / "watched.log")
    design = json.loads((folder / "watched.json").read_text())
    module = design["modules"][item["module"]]
    nets = {plain(name): net["bits"] for name, net in module["netnames"].items()}
    out = [nets[name[1:]][0] if name.startswith("\\") else name.split("'")[1] for name in reach]
    absent = {(name, i) for name, i in stuck + one_way if i >= len(nets.get(name, []))}
    free = 1 + max(bit for net in nets.values() for bit in net if isinstance(bit, int))
    for name, i in stuck:
        if (name, i) in absent:
            continue
        module["cells"][f"rh_inverse_{free}"] = {
            "hide_name": 0, "type": "$_NOT_", "parameters": {}, "attributes": {},
            "port_directions": {"A": "input", "Y": "output"},
            "connections": {"A": [nets[name][i]], "Y": [free]}}
        out += [nets[name][i], free]
        free += 1
    out += [nets[name][i] for name, i in one_way if (name, i) not in absent]
    module["ports"]["rh_watch"] = {"direction": "output", "bits": out}
    module["netnames"]["rh_watch"] = {"hide_name": 0, "bits": out, "attributes": {}}
    products = []
    for name in [name for name, cell in module["cells"].items() if mutate.is_large_product(cell)]:
        bits = module["cells"].pop(name)["connections"]["Y"]
        products.append((f"product_{len(products)}_i", "input", len(bits)))
        module["ports"][products[-1][0]] = {"direction": "input", "bits": bits}
    (folder / "design.json").write_text(json.dumps(design))
    return absent, len(out), products


def watcher(item, ports, products, many, moves):
    """A module around the design whose outputs are 1 when what is watched is reached: a bit is 1,
    or, of the last ones, it rises or falls (moves)."""
    kept, warm = mutate.keep_contract(item, ports)
    free = "".join(f", .{name}({name})" for name, _, _ in products)
    return (mutate.head("watcher", ports + products, [f"output [{many - 1}:0] reached"]) +
            mutate.declare("gold", ports) + kept + f"  wire [{many - 1}:0] watch;\n"
            f"  {item['module']} u_design({mutate.connect('gold', ports)}{free}, "
            f".rh_watch(watch));\n"
            f"  reg [{many - 1}:0] past_q;\n  always @(posedge clk_i) past_q <= watch;\n" +
            "".join(f"  assign reached[{i}] = age_q >= {warm} && watch[{i}];\n"
                    for i in range(many - len(moves))) +
            "".join(f"  assign reached[{i}] = age_q > {warm} && past_q[{i}] != watch[{i}] && "
                    f"watch[{i}] == 1'b{int(move == 'rises')};\n"
                    for i, move in enumerate(moves, many - len(moves))) + "endmodule\n")


def constant_outputs(file):
    """For each output of an AIGER file: is it 0 for ever?"""
    with file.open("rb") as stream:
        kind, _, inputs, latches, outputs, ands = stream.readline().split()[:6]
        if kind != b"aig":
            raise mutate.Failure(f"{file}: not AIGER")
        for _ in range(int(latches)):
            stream.readline()
        return [int(stream.readline()) == 0 for _ in range(int(outputs))]


def prove(item, folder, ports, products, many, moves):
    """For each output of the watcher: proved, reachable or unknown."""
    (folder / "watcher.v").write_text(watcher(item, ports, products, many, moves))
    lines = [f"read_json {folder}/design.json", f"read_verilog -sv {folder}/watcher.v",
             "hierarchy -top watcher", "proc", "flatten", "opt_clean", "async2sync",
             "opt -full", "wreduce", "opt -full", "techmap", "opt -fast", "dffunmap",
             "abc -g AND -fast", "opt_clean", "setundef -zero", "setundef -init -zero",
             f"write_aiger -zinit {folder}/watch.aig"]
    (folder / "prove.ys").write_text("\n".join(lines) + "\n")
    mutate.run(["yosys", "-q", "-s", folder / "prove.ys"], folder / "prove.log")
    small = folder / "small.aig"
    mutate.run(["yosys-abc", "-c", f"read_aiger {folder}/watch.aig; strash; scorr -C 20000; "
                f"write_aiger {small}"], folder / "scorr.log")
    constant = constant_outputs(small)
    verdicts = ["proved" if constant[i] else "unknown" for i in range(many)]
    return verdicts


def decide(folder, verdicts, wanted):
    """What is open still, one at a time: (verdict, how) of output i of the small AIG."""
    for i in wanted:
        if verdicts[i] != "unknown":
            continue
        text = mutate.run(["yosys-abc", "-c", f"read_aiger {folder}/small.aig; cone -s -O {i}; "
                           f"strash; bmc3 -F 20 -T 5; pdr -T {PROOF_SECONDS}; print_status"],
                          folder / "pdr.log")
        if "was asserted in frame" in text:
            verdicts[i] = "reachable"
        elif "Property proved" in text:
            verdicts[i] = "proved"


def judge(item, model):
    """The verdict on every goal of a model."""
    points = merge(model["points"], f"rtl/{item['unit']}/")
    stuck, one_way, bits = [], [], 0
    # FastSim is no hardware: a way to write the same function that simulators are fast with.
    for signal in [] if "FastSim" in item["parameters"] else model["signals"]:
        path = ".".join(signal["name"].split(".")[1:])
        bits += len(signal["rose"])
        for i, (rose, fell) in enumerate(zip(reversed(signal["rose"]), reversed(signal["fell"]))):
            if rose + fell == "00":
                stuck.append((path, i))
            elif rose + fell != "11":
                one_way.append((path, i, "rises" if rose == "0" else "falls"))
    result = {"model": item["model"], "module": item["module"], "parameters": item["parameters"],
              "points": len(points), "bits": bits, "proved": [], "unknown": [], "missed": []}
    if item["module"] not in synth.read_sources():  # a test's own, around functions of the package
        result["unknown"] = [{"goal": name_of(point), "how": "not elaborated"}
                             for point, count in points.items() if count == 0]
        return result
    folder = OUT / item["model"]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text, ports = elaborate(item, folder)
    cases = switches(text)
    check_places(item, points, cases)
    Goals(item, folder, ports, cases, points, result).judge(text, stuck, one_way)
    for entry in list(result["unknown"]):
        argument = item["arguments"].get((item["model"], entry["goal"]))
        if argument:
            result["unknown"].remove(entry)
            result["proved"].append({"goal": entry["goal"], "how": f"by hand: {argument}"})
    if not result["unknown"] and not result["missed"]:
        shutil.rmtree(folder)
    return result


def check_places(item, points, cases):
    """Where both branches of an `if` were counted, the elaborated design has both: else places were
    not understood, and "no such choice" would prove nothing."""
    for point, count in points.items():
        file, line, column, comment, hierarchy = point
        other = (file, line, column + 1, "else", hierarchy)
        if comment in ("if", "elsif") and count and points.get(other):
            if not cases_of(point, cases) or not cases_of(other, cases):
                raise mutate.Failure(f"{item['model']}: {name_of(point)} is counted, and is not in "
                                     "the elaborated design")


class Goals:
    """What no test reached of a model, and the proofs that nothing can."""

    def __init__(self, item, folder, ports, cases, points, result):
        self.item, self.folder, self.ports = item, folder, ports
        self.cases, self.points, self.result = cases, points, result
        self.instances = set()

    def judge(self, text, stuck, one_way):
        self.instances = instances(text)
        missed = sorted(point for point, count in self.points.items() if count == 0)
        conditions, owners = [], []
        for point in missed:
            rows = cases_of(point, self.cases)
            conditions += [row["condition"] for row in rows]
            owners += [point] * len(rows)
            why = None if rows else self.decided(point)
            if why:
                self.proved(name_of(point), why)
            elif not rows:
                self.unknown(name_of(point), "no such place in the elaborated design")
        if not conditions and not stuck and not one_way:
            return
        absent, many, products = write_watched(self.item, self.folder, text, conditions, stuck,
                                     [(name, i) for name, i, _ in one_way])
        for name, i in sorted(absent):
            self.unknown(f"bit {name}[{i}]", "no such signal in the elaborated design")
        if many == 0:
            return
        one_way = [(name, i, move) for name, i, move in one_way if (name, i) not in absent]
        verdicts = prove(self.item, self.folder, self.ports, products, many,
                         [move for _, _, move in one_way])
        decide(self.folder, verdicts, range(len(conditions)))
        for point in dict.fromkeys(owners):
            mine = [verdict for verdict, owner in zip(verdicts, owners) if owner == point]
            self.add(name_of(point), mine, set(mine) == {"proved"})
        first = len(conditions)
        for name, i in stuck:
            if (name, i) in absent:
                continue
            pair = range(first, first + 2)  # is it ever 1, is it ever 0
            first += 2
            if not any(verdicts[j] == "proved" for j in pair):
                decide(self.folder, verdicts, pair)
            mine = [verdicts[j] for j in pair]
            self.add(f"bit {name}[{i}] changes", mine, "proved" in mine)
        decide(self.folder, verdicts, range(first, many))
        for (name, i, move), verdict in zip(one_way, verdicts[first:]):
            self.add(f"bit {name}[{i}] {move}", [verdict], verdict == "proved")

    def proved(self, goal, how):
        self.result["proved"].append({"goal": goal, "how": how})

    def unknown(self, goal, how):
        self.result["unknown"].append({"goal": goal, "how": how})

    def add(self, goal, verdicts, proved):
        if proved:
            self.proved(goal, "ABC scorr, pdr")
        elif "unknown" in verdicts:
            self.unknown(goal, f"ABC pdr: no answer in {PROOF_SECONDS} s")
        else:
            self.result["missed"].append(goal)

    def decided(self, point):
        """Why parameters alone decide that a point is not there, or None. Elaboration has left
        nothing of a branch whose condition is constant; loops have constant bounds."""
        file, line, _, comment, hierarchy = point
        source = Source.of(file)
        if source.in_constant_function(line):
            return "a function that only elaboration calls"
        if instance_of(hierarchy) not in self.instances:
            return None
        if comment != "block":
            return "decided by parameters: not in the elaborated design"
        around = source.around(line)
        parents = [other for other in self.points if other[0] == file and other[4] == hierarchy and
                   other[1] in around[:1]]
        if any(other[3] != "block" and not self.points[other] and not cases_of(other, self.cases)
               for other in parents):
            return "inside a branch that parameters exclude"
        if not source.is_loop(line) or any(source.is_loop(outer) for outer in around):
            return None
        counted = any(self.points[other] for other in parents)
        return "a loop without a turn: its bounds are constant, what is around it ran" \
            if counted else None


class Source:
    """What the text of a module says about a line, by its indentation."""
    known = {}

    @classmethod
    def of(cls, file):
        return cls.known.setdefault(file, cls((ROOT / file).read_text()))

    def __init__(self, text):
        self.lines = text.splitlines()

    def indent(self, line):
        text = self.lines[line - 1]
        return len(text) - len(text.lstrip())

    def is_loop(self, line):
        return self.lines[line - 1].lstrip().startswith("for (")

    def around(self, line):
        """The lines that begin what is around a line, the innermost first."""
        found, indent = [], self.indent(line)
        for other in range(line - 1, 0, -1):
            text = self.lines[other - 1].strip()
            if text and not text.startswith("//") and self.indent(other) < indent:
                found.append(other)
                indent = self.indent(other)
        return found

    def in_constant_function(self, line):
        """Is the line in a function that is called for parameters alone?"""
        for name, first, last in self.functions():
            if first <= line <= last:
                return self.is_constant(name)
        return False

    def functions(self):
        """(name, first line, last line)."""
        found, name = [], None
        for number, text in enumerate(self.lines, 1):
            match = re.search(r"\bfunction\b[^/]*?(\w+)\s*\(", text)
            if match:
                name, first = match.group(1), number
            if name and re.search(r"\bendfunction\b", text):
                found.append((name, first, number))
                name = None
        return found

    def is_constant(self, name):
        """Is a function called for localparams, parameters and constant functions alone?"""
        functions = self.functions()
        outside = list(self.lines)
        for _, first, last in functions:
            outside[first - 1:last] = [""] * (last - first + 1)
        text = re.sub(r"//.*", "", "\n".join(outside))
        parameter = rf"\blocalparam\b|#\(.*\b{name}\b.*\)\s*u_\w+"
        calls = [bool(re.search(parameter, statement, re.S)) for statement in text.split(";")
                 if re.search(rf"\b{name}\b", statement)]
        calls += [self.is_constant(other) for other, first, last in functions if other != name and
                  re.search(rf"\b{name}\s*\(", "\n".join(self.lines[first - 1:last]))]
        return bool(calls) and all(calls)


def read_arguments(path):
    """(model, goal) -> the argument why it cannot be reached, of verif/coverage/unreachable.txt."""
    found = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        fields = [field.strip() for field in line.split("|")]
        if line.startswith("#") or not line.strip():
            continue
        if len(fields) != 3 or not all(fields):
            raise mutate.Missing(f"{path.relative_to(ROOT)}:{number}: '{line}' is not MODEL | GOAL "
                                 "| ARGUMENT")
        found[fields[0], fields[1]] = fields[2]
    return found


def name_of(point):
    file, line, _, comment, hierarchy = point
    return f"{comment} {file}:{line} in {hierarchy[1:] or 'the top'}"


# ---- C++ -----------------------------------------------------------------------------------------
def measure_cpp(unit):
    """Lines and branches of each file of sw/<unit>/, how many and where one is missed."""
    folder = BUILD / "run" / unit
    sources = sorted((ROOT / "sw" / unit).glob("*.?pp"))
    data = folder / "golden.profdata"
    mutate.run([f"llvm-profdata{LLVM}", "merge", "-o", data, *folder.glob("*.profraw")],
               folder / "profdata.log")
    text = mutate.run([f"llvm-cov{LLVM}", "export", "-format=lcov", f"-instr-profile={data}",
                       BUILD / "test" / unit, *sources], folder / "lcov.log")
    found = {}
    for record in text.split("end_of_record"):
        file = re.search(r"^SF:(.*)$", record, re.M)
        if not file:
            continue
        lines = re.findall(r"^DA:(\d+),(\d+)", record, re.M)
        branches = re.findall(r"^BRDA:(\d+),(\S+),(\S+),(\S+)$", record, re.M)
        found[file.group(1).replace(f"{ROOT}/", "")] = {
            "lines": len(lines), "lines_missed": [int(at) for at, n in lines if n == "0"],
            "branches": len(branches),
            "branches_missed": [int(row[0]) for row in branches if row[3] in ("0", "-")]}
    return found


# ---- units ---------------------------------------------------------------------------------------
def models_of(unit):
    """Items of the models of a unit, as make builds them for its tests; no netlists."""
    settings = dict(line.split("=", 1) for line in subprocess.run(
        ["make", "-s", "print-settings"], cwd=ROOT, text=True, check=True,
        stdout=subprocess.PIPE).stdout.splitlines())
    contracts = mutate.read_contracts(mutate.HERE / "contracts.txt")
    arguments = read_arguments(ROOT / "verif/coverage/unreachable.txt")
    items = {}
    for name in re.findall(r"model/(\w+)/", settings[f"MODELS_{unit}"]):
        module, parameters = mutate.describe(name)
        items[name] = {"unit": unit, "model": name, "module": module, "parameters": parameters,
                       "sources": synth.read_sources(), "contract": contracts.get(module, []),
                       "arguments": arguments}
    return items


def cover(unit, options):
    start = time.monotonic()
    measured = measure(unit, options.jobs)
    bins, measured = measured["bins"], measured["models"]
    items = models_of(unit)
    rows = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(judge, items[name], model) for name, model in measured.items()]
        for job in concurrent.futures.as_completed(jobs):
            row = job.result()
            rows.append(row)
            unknown = together(entry["goal"] for entry in row["unknown"])
            open_goals = together(row["missed"]) + [f"{goal}: no answer" for goal in unknown]
            for goal in open_goals if options.verbose else open_goals[:5]:
                print(f"  coverage {row['model']}: {goal}", file=sys.stderr, flush=True)
    result = {"command": f"make coverage UNIT={unit}", "unit": unit,
              "inputs": inputs.digest(unit),
              "models": sorted(rows, key=lambda row: row["model"]),
              "without_lines": sorted(set(items) - set(measured)), "bins": bins,
              "cpp": measure_cpp(unit),
              "seconds": round(time.monotonic() - start)}
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    synth.write(EVIDENCE / f"{unit}.json", json.dumps(result, indent=1) + "\n")
    return result


def together(goals):
    """The same goals with the bits of one signal as ranges: `bit a[3:1] changes`."""
    found = {}
    for goal in goals:
        match = re.match(r"bit (.*)\[(\d+)\] (\w+)$", goal)
        if match:
            found.setdefault((match.group(1), match.group(3)), []).append(int(match.group(2)))
        else:
            found[goal] = None
    lines = []
    for goal, bits in found.items():
        while bits:
            low = high = bits.pop(0)
            while bits and bits[0] == high + 1:
                high = bits.pop(0)
            lines.append(f"bit {goal[0]}[{high}:{low}] {goal[1]}")
        if bits is None:
            lines.append(goal)
    return lines


def totals(result):
    """The numbers of a unit: goals, reached, proved, missed, unknown, and those of C++."""
    count = {name: sum(len(row[name]) for row in result["models"])
             for name in ("proved", "missed", "unknown")}
    count["missed"] += sum(len(cross["missed"]) for cross in result["bins"].values())
    goals = sum(row["points"] + 2 * row["bits"] for row in result["models"])
    for name in ("lines", "branches"):
        count[name] = sum(file[name] for file in result["cpp"].values())
        count[f"{name}_missed"] = sum(len(file[f"{name}_missed"])
                                      for file in result["cpp"].values())
    return {"goals": goals, "models": len(result["models"]), **count,
            "bins": sum(cross["hit"] for cross in result["bins"].values())}


# ---- the page ------------------------------------------------------------------------------------
def page(results):
    rows = []
    for result in results:
        n = totals(result)
        bad = n["missed"] + n["unknown"]
        rows.append(f"<tr><td><a href='#{result['unit']}'>{result['unit']}</a></td>" + "".join(
            f"<td>{n[name]:,}</td>" for name in ("models", "goals", "proved", "bins")) +
            f"<td class={'bad' if bad else 'good'}>{n['missed']:,} / {n['unknown']:,}</td>" +
            "".join(
                f"<td>{n[name] - n[name + '_missed']:,} of {n[name]:,}</td>"
                for name in ("lines", "branches")) + "</tr>")
    parts = ["<!doctype html><html lang=en><meta charset=utf-8><title>Roundhouse: coverage</title>"
             f"<style>{STYLE}</style><h1>Coverage</h1><p>Goals: every line and branch, and both "
             "directions of every bit, of every model. Proved: no input reaches it.</p><table><tr>"
             "<th>unit</th><th>models</th><th>goals</th><th>proved</th><th>bins hit</th>"
             "<th>missed / unknown</th>"
             "<th>C++ lines</th><th>C++ branches</th></tr>", *rows, "</table>"]
    for result in results:
        parts.append(f"<h2 id={result['unit']}>{result['unit']}</h2>")
        for row in result["models"]:
            values = " ".join(f"{name}={value}" for name, value in row["parameters"].items())
            parts.append(
                f"<details><summary>{row['model']}: {row['module']} {html.escape(values)}; "
                f"{row['points']:,} points, {row['bits']:,} bits, {len(row['proved']):,} proved, "
                f"{len(row['missed']):,} missed, {len(row['unknown']):,} unknown</summary><ul>" +
                "".join(f"<li class=bad>missed: {html.escape(goal)}"
                        for goal in together(row["missed"])) +
                "".join(f"<li class=bad>unknown: {html.escape(entry['goal'] + ': ' + entry['how'])}"
                        for entry in row["unknown"]) +
                "".join(f"<li>{html.escape(entry['goal'] + ': ' + entry['how'])}"
                        for entry in row["proved"]) + "</ul></details>")
        for name, cross in result["bins"].items():
            axes = " x ".join(axis["name"] for axis in cross["axes"])
            parts.append(f"<p>{html.escape(name)}: {html.escape(axes)}; {cross['hit']:,} bins hit, "
                         f"{len(cross['missed']):,} missed" + "".join(
                             f"; {count:,} cannot be: {html.escape(reason)}"
                             for reason, count in cross["impossible"].items()) + "</p>")
        parts.append("<table><tr><th>C++</th><th>lines not reached</th><th>branches not reached "
                     "(line)</th></tr>" + "".join(
                         f"<tr><td>{file}</td><td>{numbers(data['lines_missed'])}</td>"
                         f"<td>{numbers(data['branches_missed'])}</td></tr>"
                         for file, data in result["cpp"].items()) + "</table>")
    return "\n".join(parts) + "</html>\n"


def numbers(values):
    return ", ".join(map(str, sorted(set(values)))) or "-"


STYLE = """body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 75em;
  padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: 1em 0 } th, td { padding: .3em .7em; text-align: left;
  border-bottom: 1px solid #ddd; font-variant-numeric: tabular-nums }
td.good { background: #e6f4e6 } td.bad, li.bad { background: #f8c9c4 }"""


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unit", action="append", default=[], help="only this unit")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="default: all cores")
    parser.add_argument("--verbose", action="store_true", help="every goal that is not reached")
    options = parser.parse_args()
    units = subprocess.run(["make", "-s", "print-units"], cwd=ROOT, text=True, check=True,
                           stdout=subprocess.PIPE).stdout.split()
    try:
        for unit in options.unit:
            if unit not in units:
                raise mutate.Missing(f"no unit {unit}; there are: {' '.join(units)}")
        for tool in ("yosys", "yosys-abc", f"llvm-cov{LLVM}", f"llvm-profdata{LLVM}"):
            if not shutil.which(tool):
                raise mutate.Missing(f"not installed: {tool} (make coverage installs it)")
        bad = 0
        print(f"{'unit':<12}{'models':>8}{'goals':>10}{'proved':>9}{'bins':>8}{'missed':>8}"
              f"{'unknown':>9}{'C++ lines':>16}{'branches':>16}{'s':>6}", flush=True)
        for unit in options.unit or units:
            result = cover(unit, options)
            n = totals(result)
            bad += n["missed"] + n["unknown"]
            print(f"{unit:<12}{n['models']:>8}{n['goals']:>10,}{n['proved']:>9,}{n['bins']:>8,}"
                  f"{n['missed']:>8,}{n['unknown']:>9,}" + "".join(
                      f"{n[name] - n[name + '_missed']:>8,} of {n[name]:>4,}"
                      for name in ("lines", "branches")) + f"{result['seconds']:>6}", flush=True)
        results = [json.loads(path.read_text()) for path in
                   (EVIDENCE / f"{unit}.json" for unit in units) if path.exists()]
        synth.write(ROOT / "build/report/coverage.html", page(results))
        return 1 if bad else 0
    except (mutate.Failure, synth.Failure) as error:
        print(f"coverage: {error}", file=sys.stderr)
        return 1
    except (mutate.Missing, synth.Missing, OSError) as error:
        print(f"coverage: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
