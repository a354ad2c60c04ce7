#!/usr/bin/env python3
"""Simulates modules with unknown values (Icarus, four states): none may reach an output.

Every register starts as x. The module is read by Yosys, which turns it into assignments and
registers without simplifying them, so that an unknown condition gives an unknown result, which a
SystemVerilog `if` would hide. Then, with random known inputs at every cycle:
  a module with rst_ni: reset for two cycles; from then on no valid or ready is x, no output of a
    stream is x while its valid is 1, and no other output is ever x;
  a module without: 64 cycles with restart_i at 1, if it has that; from then on no output is x.
A control must fail: the same run without reset or restart, watched from its first cycle.

Results: build/evidence/unknown/<model>.json. Docs: docs/unknown.md.

Examples:
  scripts/unknown.py                      every model of verif/mutate/models.txt
  scripts/unknown.py --model noise_3_5 --cycles 10000

Exit code 0: no x; 1: an x reached an output, a control did not fail, or a tool failed; 2: a tool or
a model is missing.
"""
import argparse
import json
import pathlib
import re
import shutil
import sys
import time

import inputs
import mutate
import synth

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "unknown" / "icarus"
EVIDENCE = ROOT / "build" / "evidence" / "unknown"


def elaborate(item, folder):
    """netlist.v: the module as words, every register unknown at the start; returns its ports."""
    files = synth.needed(item["sources"], item["module"])
    lines = synth.read_script(item, files)
    lines += ["proc", "flatten", "memory_map", "pmuxtree", "opt_clean",
              f"rename -top {item['module']}", f"write_json {folder}/ports.json",
              f"write_verilog -noattr {folder}/netlist.v"]
    (folder / "elaborate.ys").write_text("\n".join(lines) + "\n")
    mutate.run(["yosys", "-q", "-s", folder / "elaborate.ys"], folder / "elaborate.log")
    design = json.loads((folder / "ports.json").read_text())["modules"][item["module"]]
    return ([(name, data["direction"], len(data["bits"])) for name, data in
             design["ports"].items()],
            any("dff" in cell["type"] for cell in design["cells"].values()))


def bench(item, ports, cycles, control):
    """A test bench that prints each output that is x, and how many cycles were watched."""
    inputs = [(name, bits) for name, direction, bits in ports if direction == "input"]
    outputs = [(name, bits) for name, direction, bits in ports if direction == "output"]
    names = {name for name, _, _ in ports}
    valids = {words[0]: words[1] for kind, words in item["contract"] if kind in ("when", "valid")}
    lines = ["module bench;", mutate.functions(item)]
    lines += [f"  reg [{bits - 1}:0] {name};" for name, bits in inputs]
    lines += [f"  wire [{bits - 1}:0] {name};" for name, bits in outputs]
    wires = ", ".join(f".{name}({name})" for name, _, _ in ports)
    lines += [f"  {item['module']} dut({wires});",
              "  integer cycle, failures = 0, checked = 0;", "  reg [4095:0] bits;"]
    lines += ["  task draw;", "    integer i;", "    begin"]
    for name, bits in inputs:
        if name in ("clk_i", "rst_ni"):
            continue
        lines.append(f"      for (i = 0; i < {bits}; i = i + 32) bits[i +: 32] = $random;")
        lines.append(f"      {name} = bits[{bits - 1}:0];")
    for kind, words in item["contract"]:
        if kind == "made":
            lines.append(f"      {words[0]} = {mutate.with_parameters(words[1], item)};")
        if kind == "assume":
            lines.append(f"      if (!({mutate.with_parameters(words[0], item)})) draw;")
    lines += ["    end", "  endtask", "  initial begin", "    clk_i = 0;" if "clk_i" in names
              else "    #1;"]
    warm = 0 if control else 2 if "rst_ni" in names else 64 if "clk_i" in names else 0
    lines += [f"    for (cycle = 0; cycle < {cycles + warm}; cycle = cycle + 1) begin",
              "      draw;"]
    if "rst_ni" in names:
        lines.append(f"      rst_ni = cycle >= {warm};")
    if "restart_i" in names:
        lines.append(f"      if (cycle < {warm}) restart_i = 1;")
    lines += ["      #4;", f"      if (cycle >= {warm}) begin"]
    for name, _ in outputs:
        valid = valids.get(name, name.split("_")[0] + "_valid_o")
        seen = (f"(&({valid})) === 1'b1 && " if name in valids or valid in names and name != valid
                else "")
        lines += [f"        if ({seen}(^{name}) === 1'bx) begin",
                  f"          failures = failures + 1;",
                  f"          if (failures < 6) $display(\"x: {name} = %b in cycle %0d\", {name}, "
                  "cycle);", "        end"]
    lines += [f"        checked = checked + 1;", "      end"]
    lines += ["      clk_i = 1; #5; clk_i = 0; #1;"] if "clk_i" in names else []
    lines += ["    end", "    $display(\"%0d cycles, %0d unknown\", checked, failures);",
              "    $finish;", "  end", "endmodule"]
    return "\n".join(lines) + "\n"


def simulate(item, folder, ports, cycles, control):
    """(unknown outputs, what was printed)."""
    name = "control" if control else "bench"
    (folder / f"{name}.v").write_text(bench(item, ports, cycles, control))
    mutate.run(["iverilog", "-g2012", "-s", "bench", "-o", folder / f"{name}.vvp",
                folder / f"{name}.v", folder / "netlist.v"], folder / f"{name}.compile.log")
    text = mutate.run(["vvp", "-n", folder / f"{name}.vvp"], folder / f"{name}.log")
    match = re.search(r"^(\d+) cycles, (\d+) unknown$", text, re.M)
    if not match or int(match.group(1)) != cycles:
        raise mutate.Failure(f"{item['model']}: {text.strip()[-300:] or 'no result'}")
    return int(match.group(2)), text.strip()


def check(item, cycles):
    folder = OUT / item["model"]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    start = time.monotonic()
    ports, registers = elaborate(item, folder)
    unknown, text = simulate(item, folder, ports, cycles, False)
    names = {name for name, _, _ in ports}
    # Without a reset or restart there is nothing to leave out: inputs flow through.
    control = None
    if registers and names & {"rst_ni", "restart_i"}:
        control, _ = simulate(item, folder, ports, cycles, True)
    result = {"command": f"scripts/unknown.py --model {item['model']}", "unit": item["unit"],
              "model": item["model"], "module": item["module"],
              "inputs": inputs.digest(item["unit"], ("rtl",)),
              "parameters": item["parameters"], "cycles": cycles, "unknown": unknown,
              "unknown_without_reset": control, "seconds": round(time.monotonic() - start, 1)}
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    synth.write(EVIDENCE / f"{item['model']}.json", json.dumps(result, indent=1) + "\n")
    return result, text


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unit", action="append", default=[], help="only the models of this unit")
    parser.add_argument("--model", action="append", default=[], help="only this model")
    parser.add_argument("--cycles", type=int, default=2000, help="to watch; default 2000")
    options = parser.parse_args()
    try:
        items = mutate.read_items(options.unit, options.model)
        for tool in ("yosys", "iverilog", "vvp"):
            if not shutil.which(tool):
                raise mutate.Missing(f"not installed: {tool} (scripts/setup.sh iverilog)")
        bad = 0
        print(f"{'model':<28}{'cycles':>9}{'x':>9}{'x without reset':>18}{'s':>8}")
        for item in items:
            result, text = check(item, options.cycles)
            failed = result["unknown"] != 0 or result["unknown_without_reset"] == 0
            bad += failed
            control = result["unknown_without_reset"]
            print(f"{item['model']:<28}{options.cycles:>9,}{result['unknown']:>9,}"
                  f"{'-' if control is None else format(control, ','):>18}"
                  f"{result['seconds']:>8}{'  FAILED' if failed else ''}", flush=True)
            if failed:
                print(text, file=sys.stderr)
        return 1 if bad else 0
    except (mutate.Failure, synth.Failure) as error:
        print(f"unknown: {error}", file=sys.stderr)
        return 1
    except (mutate.Missing, synth.Missing, OSError) as error:
        print(f"unknown: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
