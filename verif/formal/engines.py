"""The engines behind the proofs: Yosys reads, ABC and Yosys' own SAT prove.

A property module becomes an and-inverter graph. Its first cycle is a reset or whatever it assumes;
a register without reset starts at any value (`write_aiger -zinit` gives each an input for it).
  pdr     property-directed reachability: any number of cycles
  induct  k-induction (Yosys' sat): any number of cycles
  bmc     all runs of the given number of cycles
A netlist is compared with its RTL register by register: registers of one name are cut on both
sides into an input and an output, and ABC's cec proves the two combinational circuits equal. So
whatever the registers hold, both go on alike: any number of cycles from equal registers on.
Docs: docs/formal.md.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
WORK = ROOT / "build" / "formal"
sys.path.insert(0, str(ROOT / "scripts"))
import synth  # noqa: E402

SOURCES = None  # module name -> (file, text)


class Failure(Exception):
    """A proof that did not do what it should; the text says how."""


class NoVerdict(Exception):
    """The engine did not finish in its time."""


def run(command, log, seconds):
    try:
        process = subprocess.run([str(word) for word in command], cwd=ROOT, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 errors="replace", check=False, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise NoVerdict(f"{command[0]}: no end within {seconds:.0f} s") from error
    log.write_text(process.stdout)
    return process


def must(command, log, seconds):
    process = run(command, log, seconds)
    if process.returncode != 0:
        raise Failure(f"{command[0]} exits with {process.returncode}\n{process.stdout[-2000:]}")
    return process.stdout


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def module_sources():
    global SOURCES
    if SOURCES is None:
        SOURCES = synth.read_sources()
    return SOURCES


def needed(code):
    """Name -> file of the RTL that the text `code` needs, in the order of rtl.f."""
    known = module_sources()
    found, queue = {"rh_pkg"}, [code]
    while queue:
        text = re.sub(r"//.*", "", queue.pop())
        for word in set(re.findall(r"\brh_\w+", text)) & set(known) - found:
            found.add(word)
            queue.append(known[word][1])
    return {name: known[name][0] for name in known if name in found}


def sources(folder, code, control=None):
    """The files that the text `code` needs, a copy where the control has its fault."""
    known = module_sources()
    files = needed(code)
    if control:
        path, text, instead = control
        name = pathlib.Path(path).stem
        if name not in files:
            raise Failure(f"{path} is not part of this proof")
        if known[name][1].count(text) != 1:
            raise Failure(f"{path} has {known[name][1].count(text)} places that read '{text}', "
                          "not one")
        files[name] = folder / f"{name}.sv"
        files[name].write_text(known[name][1].replace(text, instead))
    return [str(file) for file in files.values()]


def wrapper(item):
    """The file of a property."""
    return item.get("file") or HERE / f"{item['module']}.sv"


def files_of(item):
    """Every file that the verdict on an item depends on."""
    own = [HERE / "engines.py"]
    if item["kind"] == "algebra":
        return own + [HERE / "lfsr.py"]
    if item["kind"] == "property":
        own += [wrapper(item)] + [pathlib.Path(path) for path in item["with"]]
        return own + list(needed(wrapper(item).read_text()).values())
    if item["kind"] == "netlist":
        own += [ROOT / "scripts/synth.py"]
        own += sorted(file for file in synth.HERE.iterdir() if file.suffix != ".sv")
    return own + list(needed(item["module"]).values())


# ---- properties ----------------------------------------------------------------------------------
def property_script(item, folder, control):
    top = item["module"]
    path = wrapper(item)
    code = path.read_text()
    if control and control[0] == path.name:
        code = replaced(code, control)
        path = folder / path.name
        path.write_text(code)
        files = sources(folder, code)
    else:
        files = sources(folder, code, control)
    # The RTL's own assertions are proved with the property: they must not fail either.
    # Yosys 0.23 keeps -noassert for what it reads after, so the property comes first.
    flag = "-formal" if item["rtl_asserts"] else "-noassert"
    script = [f"read_verilog -sv -formal {files[0]} {path} {' '.join(item['with'])}",
              f"read_verilog -sv {flag} {' '.join(files[1:])}"]
    if item["parameters"]:
        words = " ".join(f"-set {name} {value}" for name, value in item["parameters"].items())
        script += [f"chparam {words} {top}"]
    return script + [f"prep -top {top} -flatten", "async2sync", "select -assert-min 1 t:$assert",
                     "memory_map", "opt -full"]


def replaced(code, control):
    path, text, instead = control
    if code.count(text) != 1:
        raise Failure(f"{path} has {code.count(text)} places that read '{text}', not one")
    return code.replace(text, instead)


def check_property(item, folder, control=None):
    """True when the property is proved, False when there is a counterexample."""
    fresh(folder)
    script = property_script(item, folder, control)
    if item["engine"] == "induct":
        return check_induct(item, folder, script)
    script += ["techmap", "opt -fast", "dffunmap", "abc -g AND -fast", "opt_clean",
               "setundef -undriven -anyseq", f"write_aiger -zinit {folder}/proof.aig"]
    (folder / "proof.ys").write_text("\n".join(script) + "\n")
    must(["yosys", "-q", "-s", folder / "proof.ys"], folder / "yosys.log", item["seconds"])
    return verdict_of(item, folder)


def verdict_of(item, folder):
    """What ABC says of proof.aig."""
    frames = item["frames"]
    engine = f"bmc3 -F {frames}" if item["engine"] == "bmc" else "pdr"
    text = must(["yosys-abc", "-c", f"read_aiger {folder}/proof.aig; fold; strash; "
                 f"{item['before']} {engine} -T {item['seconds']}; print_status"],
                folder / "abc.log", item["seconds"] + 30)
    if "Property proved" in text:
        return True
    if item["engine"] == "bmc" and f"No output asserted in {frames} frames" in text:
        return True
    if "was asserted in frame" in text:
        return False
    raise NoVerdict(text[-600:])


def check_induct(item, folder, script):
    """Yosys' sat: base cases and induction steps of growing length."""
    script += ["dffunmap", "opt_clean", "setundef -undriven -anyseq", "chformal -early",
               "opt -fast",
               f"sat -tempinduct -prove-asserts -set-assumes -show-inputs "
               f"-maxsteps {item['frames']} -timeout {item['seconds']} {item['module']}"]
    (folder / "proof.ys").write_text("\n".join(script) + "\n")
    process = run(["yosys", "-s", folder / "proof.ys"], folder / "yosys.log",
                  item["seconds"] + 60)
    text = process.stdout
    if "Induction step proven: SUCCESS!" in text:
        return True
    if "SAT temporal induction proof finished - model found for base case: FAIL!" in text:
        return False
    if "TIMEOUT" in text or "Reached maximum number of time steps" in text:
        raise NoVerdict(text[-600:])
    raise Failure(text[-2000:])


# ---- RTL and netlist -----------------------------------------------------------------------------
def netlist_text(item):
    """The mapped netlist of a job of scripts/synth.py, with what its cells do."""
    library = pathlib.Path(synth.LIBRARY)
    options = synth.argparse.Namespace(library=library, jobs=1, verbose=False)
    results, failed = synth.synthesize_all([item], options)
    if failed:
        raise Failure(f"scripts/synth.py: {item['name']} failed")
    text = (synth.OUT / results[0]["name"] / "n.v").read_text()
    used = set(re.findall(r"^  ([A-Z]\w*) ", text, re.M))
    for name in set(re.findall(r"^module (rh_\w+)", text, re.M)) - {item["module"]}:
        text = re.sub(rf"^(module |  ){name}\b", rf"\1gates_{name}", text, flags=re.M)
    return synth.models(synth.read_library(library), used) + text, results[0]


GATES = {"$_NOT_": ("A", "0 1"), "$_BUF_": ("A", "1 1"), "$_AND_": ("AB", "11 1"),
         "$_OR_": ("AB", "1- 1\n-1 1"), "$_XOR_": ("AB", "10 1\n01 1"),
         "$_NAND_": ("AB", "0- 1\n-0 1"), "$_NOR_": ("AB", "00 1"), "$_XNOR_": ("AB", "11 1\n00 1"),
         "$_ANDNOT_": ("AB", "10 1"), "$_ORNOT_": ("AB", "1- 1\n-0 1"),
         "$_MUX_": ("SAB", "01- 1\n1-1 1")}


class Circuit:
    """A flat module of single-bit gates and flip-flops, from Yosys' JSON."""

    def __init__(self, path, top):
        module = json.loads(path.read_text())["modules"][top]
        self.ports, self.gates, self.registers, names = {}, [], {}, {}
        for name, data in module["ports"].items():
            for i, bit in enumerate(data["bits"]):
                self.ports[f"{name}[{i}]"] = (data["direction"], bit)
        for name, data in module["netnames"].items():
            if not data["hide_name"]:
                low = data.get("offset", 0)
                for i, bit in enumerate(data["bits"]):
                    plain = len(data["bits"]) == 1 and low == 0
                    names.setdefault(bit, set()).add(name if plain else f"{name}[{low + i}]")
        for cell in module["cells"].values():
            pins = {pin: bits[0] for pin, bits in cell["connections"].items()}
            if cell["type"] == "$_DFF_P_":
                self.registers[pins["Q"]] = (pins["D"], names.get(pins["Q"], set()))
            elif cell["type"] in GATES:
                order, table = GATES[cell["type"]]
                self.gates.append(([pins[pin] for pin in order], pins["Y"], table))
            else:
                raise Failure(f"a cell {cell['type']} that the comparison does not know")

    def blif(self, path, labels):
        """Writes it with its registers cut: labels gives the name of each register's net."""
        inputs = [(f"i:{name}", bit) for name, (way, bit) in self.ports.items() if way == "input"]
        inputs += [(f"q:{labels[bit]}", bit) for bit in self.registers]
        outputs = [(f"o:{name}", bit) for name, (way, bit) in self.ports.items() if way == "output"]
        outputs += [(f"d:{labels[bit]}", data) for bit, (data, _) in self.registers.items()]
        lines = [".model m", ".inputs " + " ".join(sorted(name for name, _ in inputs)),
                 ".outputs " + " ".join(sorted(name for name, _ in outputs)),
                 ".names c0", ".names c1\n1", ".names cx"]
        lines += [f".names {name} n{bit}\n1 1" for name, bit in inputs]
        for pins, out, table in self.gates:
            lines.append(f".names {' '.join(net(pin) for pin in pins)} n{out}\n{table}")
        lines += [f".names {net(bit)} {name}\n1 1" for name, bit in outputs]
        path.write_text("\n".join(lines) + "\n.end\n")


def net(bit):
    return f"n{bit}" if isinstance(bit, int) else f"c{bit}"


def match(gold, gates):
    """Labels of the registers on both sides; the names of registers that only one side has."""
    by_name = {name: bit for bit, (_, names) in gates.registers.items() for name in names}
    gold_labels, gate_labels = {}, {}
    for bit, (_, names) in gold.registers.items():
        for name in sorted(names):
            if name in by_name and by_name[name] not in gate_labels:
                gold_labels[bit] = gate_labels[by_name[name]] = name
                break
    lost = [min(names, default="?") for bit, (_, names) in gold.registers.items()
            if bit not in gold_labels]
    new = [min(names, default="?") for bit, (_, names) in gates.registers.items()
           if bit not in gate_labels]
    return gold_labels, gate_labels, lost, new


def check_netlist(item, folder, control=None):
    """True when a netlist and its RTL go on alike from equal registers, whatever these hold."""
    fresh(folder)
    top, job = item["module"], item["job"]
    text, result = netlist_text(job)
    item["note"] = f"{result['cells']:,} cells, {result['flip_flops']:,} flip-flops"
    (folder / "netlist.v").write_text(text)
    common = ["techmap", "opt_expr", "opt_merge", "dffunmap", "simplemap", "opt_expr", "opt_merge",
              "opt_clean"]
    parameters = "".join(f" -set {name} {value}" for name, value in job["parameters"].items())
    gold = [f"read_verilog -sv -noassert {' '.join(sources(folder, top, control))}"]
    gold += [f"chparam{parameters} {top}"] if parameters else []
    gold += [f"hierarchy -check -top {top}", "proc", "flatten", "opt -full", "memory_map",
             "opt -full"] + item["gold"] + common
    gold += [f"rename -top {top}", f"write_json {folder}/gold.json", "design -reset"]
    gates = [f"read_verilog {folder}/netlist.v", f"hierarchy -check -top {top}", "proc", "flatten"]
    gates += common
    gates += [f"rename -top {top}", f"write_json {folder}/gates.json"]
    (folder / "read.ys").write_text("\n".join(gold + gates) + "\n")
    must(["yosys", "-q", "-s", folder / "read.ys"], folder / "yosys.log", item["seconds"])
    one, two = (Circuit(folder / name, top) for name in ("gold.json", "gates.json"))
    one_labels, two_labels, lost, new = match(one, two)
    if lost or new:
        raise NoVerdict(f"registers without a partner of their name: RTL {len(lost)} "
                        f"{sorted(lost)[:6]}, netlist {len(new)} {sorted(new)[:6]}")
    one.blif(folder / "gold.blif", one_labels)
    two.blif(folder / "gates.blif", two_labels)
    text = run(["yosys-abc", "-c", f"cec -T {item['seconds']} -C 100000000 {folder}/gold.blif "
                f"{folder}/gates.blif"], folder / "abc.log", item["seconds"] + 30).stdout
    if "Networks are equivalent" in text:
        return True
    if "NOT EQUIVALENT" in text:
        return False
    raise NoVerdict(text[-600:])


# ---- reset ---------------------------------------------------------------------------------------
def check_reset(item, folder, control=None):
    """Two copies that wake up in any two states, two cycles of reset, then the same inputs: all
    valid and ready outputs are equal from then on, so what there was before leaves no trace."""
    fresh(folder)
    top = item["module"]
    files = " ".join(sources(folder, top, control))
    words = "".join(f" -set {name} {value}" for name, value in item["parameters"].items())
    ports = [f"read_verilog -sv -noassert {files}"]
    ports += [f"chparam{words} {top}"] if words else []
    ports += [f"hierarchy -check -top {top}", "proc", f"rename -top {top}",
              f"write_json {folder}/ports.json"]
    (folder / "ports.ys").write_text("\n".join(ports) + "\n")
    must(["yosys", "-q", "-s", folder / "ports.ys"], folder / "ports.log", item["seconds"])
    read = ports[0]
    ports = json.loads((folder / "ports.json").read_text())["modules"][top]["ports"]
    inputs = {name: len(data["bits"]) for name, data in ports.items()
              if data["direction"] == "input"}
    outputs = {name: len(data["bits"]) for name, data in ports.items()
               if data["direction"] == "output"}
    checked = [name for name in outputs if re.search(r"(valid|ready)_o$", name)]
    if not checked:
        raise Failure(f"{top} has no valid or ready output")
    item["note"] = " ".join(checked)
    lines = ["module rh_formal_reset ("]
    lines += [",\n".join(f"  input logic [{width - 1}:0] {name}" for name, width in inputs.items())]
    lines += [");", "  logic [1:0] age_q = 2'd0;"]
    for name, width in outputs.items():
        lines.append(f"  logic [{width - 1}:0] one_{name}, two_{name};")
    values = ", ".join(f".{name}({value})" for name, value in item["parameters"].items())
    for copy in ("one", "two"):
        pins = [f".{name}({name})" for name in inputs]
        pins += [f".{name}({copy}_{name})" for name in outputs]
        lines.append(f"  {top} {f'#({values}) ' if values else ''}u_{copy} ({', '.join(pins)});")
    lines += ["  always_ff @(posedge clk_i) begin",
              "    age_q <= age_q == 2'd2 ? 2'd2 : age_q + 1;"]
    lines += [f"    a_{name}: assert (age_q != 2'd2 || one_{name} == two_{name});"
              for name in checked]
    lines += ["  end", "  always_comb m_reset: assume (age_q == 2'd2 || !rst_ni);", "endmodule"]
    (folder / "reset.sv").write_text("\n".join(lines) + "\n")
    # Yosys 0.23 keeps -noassert for what it reads after, so the property comes first.
    script = [f"read_verilog -sv -formal {folder}/reset.sv", read,
              "prep -top rh_formal_reset -flatten", "select -assert-min 1 t:$assert", "async2sync",
              "memory_map", "opt -full", "techmap", "opt -fast", "dffunmap", "abc -g AND -fast",
              "opt_clean", "setundef -undriven -anyseq",
              f"write_aiger -zinit {folder}/proof.aig"]
    (folder / "proof.ys").write_text("\n".join(script) + "\n")
    must(["yosys", "-q", "-s", folder / "proof.ys"], folder / "yosys.log", item["seconds"])
    return verdict_of(item, folder)
