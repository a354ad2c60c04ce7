#!/usr/bin/env python3
"""Makes a verilated model count what is reached of it, for VARIANT=coverage.

Before Verilator: writes the file that makes every signal of some modules readable. After it has
generated a model with --coverage-line and that file, in the model's files this
  counts in the class, not in each object, with what verif/bench/coverage.hpp has;
  gives the names and places of all signals to it;
  looks at them after every eval().

Examples:
  verif/coverage/instrument.py public build/coverage/public/noise.vlt rtl/noise/rh_noise.sv
  verif/coverage/instrument.py model build/coverage/model/noise_3_5

Exit code 2: wrong arguments, or the files are not as Verilator 5.006 writes them.
"""
import argparse
import math
import pathlib
import re
import sys


def replace(text, pattern, by, path, times=1):
    """All places where the pattern is found; there must be as many."""
    text, found = re.subn(pattern, by, text, flags=re.M | re.S)
    if found != times:
        raise ValueError(f"{path}: '{pattern}' is found {found} times, not {times}")
    return text


def signals(text, members, path):
    """(scope.name, C++ expression, bits, elements) of every variable of the tables of scopes that
    is a member. The scope TOP has the ports a second time; a loop counts in a block without a name;
    variables of generate loops are in the tables only; unused_* tells lint that nobody reads."""
    scopes = dict(re.findall(r'^    (__Vscope_\w+)\.configure\(this, name\(\), "([^"]*)"', text,
                             re.M))
    found = re.findall(r'^ +(__Vscope_\w+)\.varInsert\(__Vfinal,"([^"]*)", &\(([\w.]+)\), false, '
                       r'VLVT_\w+,[\w|]+,(\d+)((?: *,-?\d+,-?\d+)*)\);', text, re.M)
    for scope, name, place, dimensions, bounds in found:
        scope = scopes[scope]
        if scope == "TOP" or "unnamedblk" in scope or name.startswith("unused") or \
                place.split(".")[-1] not in members:
            continue
        bounds = [int(bound) for bound in re.findall(r"-?\d+", bounds)]
        sizes = [abs(left - right) + 1 for left, right in zip(bounds[::2], bounds[1::2])]
        if len(sizes) != int(dimensions):
            raise ValueError(f"{path}: {name} has {dimensions} dimensions and {len(sizes)} bounds")
        yield f"{scope}.{name}", place, (sizes or [1])[0], sizes[1:]


def monitor(name, text, members, path):
    """The function that names the signals of the first object and returns its monitor."""
    lines = [f'rh::bench::ModelCoverage::Monitor {name}__monitor(const {name}__Syms* syms) {{',
             f'  auto& model = rh::bench::coverage_of_models()["{name}"];',
             "  const auto offset = [&](const auto& x) {",
             "    return static_cast<std::size_t>(reinterpret_cast<const char*>(&x) -",
             "                                    reinterpret_cast<const char*>(syms));",
             "  };", "  if (!model.sealed()) {"]
    for signal, place, bits, elements in signals(text, members, path):
        if elements:
            many = math.prod(elements)
            lines.append(f'    model.signals("{signal}", offset(syms->{place}), {bits}, {many}, '
                         f"sizeof(syms->{place}) / {many});")
        else:
            lines.append(f'    model.signal("{signal}", offset(syms->{place}), {bits});')
    return "\n".join(lines + ["    model.seal();", "  }", "  return {model, syms};", "}", ""])


def without_generate_loops(text, members):
    """Without the lines, and the tables of signals, that name variables which are no members: those
    of generate loops, with which Verilator's own output does not compile."""
    text = re.sub(r"^.*\.varInsert\(.*\n", "", text, flags=re.M)
    return re.sub(r"^ +vlSelf->(\w+) = 0;\n",
                  lambda match: match.group() if match.group(1) in members else "", text,
                  flags=re.M)


def instrument(folder, name):
    header = folder / f"{name}.h"
    text = header.read_text()
    if "bench/coverage.hpp" in text:
        return
    text = replace(text, r'#include "verilated.h"\n', '#include "verilated.h"\n'
                   f'#include "bench/coverage.hpp"\nclass {name}__Syms;\n'
                   f"rh::bench::ModelCoverage::Monitor {name}__monitor(const {name}__Syms*);\n",
                   header)
    text = replace(text, rf"^    {name}__Syms\* const vlSymsp;\n",
                   r"\g<0>    rh::bench::ModelCoverage::Monitor monitor_ = "
                   rf"{name}__monitor(vlSymsp);\n",
                   header)
    text = replace(text, r"void eval\(\) { eval_step\(\); }",
                   "void eval() { eval_step(); monitor_.see(); }", header)
    header.write_text(text)

    # A model may have nothing with a point: wires only.
    path = folder / f"{name}__Syms.h"
    path.write_text(path.read_text().replace("std::atomic<uint32_t> __Vcoverage",
                                             "static inline rh::bench::Count __Vcoverage"))
    members = set()
    for path in folder.glob("*.h"):
        members.update(re.findall(r"\b(\w+);$|VL_(?:IN|OUT)\w*\((\w+),", path.read_text(), re.M))
    path = folder / f"{name}__Syms.cpp"
    text = path.read_text()
    members = {a or b for a, b in members}
    path.write_text(text + "\n" + monitor(name, text, members, path))
    for path in folder.glob("*.h"):
        path.write_text(path.read_text().replace(
            "__vlCoverInsert(std::atomic<uint32_t>*", "__vlCoverInsert(rh::bench::Count*"))
    for path in folder.glob("*.cpp"):
        text = without_generate_loops(path.read_text(), members)
        path.write_text(text)
        if "::__vlCoverInsert(" not in text:
            continue
        text = text.replace("__vlCoverInsert(std::atomic<uint32_t>*",
                            "__vlCoverInsert(rh::bench::Count*")
        text = replace(text, r"^    assert\(sizeof.*?VL_COVER_INSERT.*?\);\n",
                       f'    if (enable) rh::bench::coverage_of_models()["{name}"].point({{countp, '
                       "filenamep, lineno, column, hierp, pagep, commentp, linescovp});\n", path)
        path.write_text(text)


def write_public(target, sources):
    """Every name of a module that is not of a loop: Verilator 5.006 fails on some public genvars,
    and takes no list of exceptions. A name that is no signal does no harm."""
    lines = ["`verilator_config"]
    for source in sources:
        text = re.sub(r"//.*", "", source.read_text())
        loops = set(re.findall(r"\bgenvar\s+(\w+)|\bfor\s*\(\s*int\s+(\w+)", text))
        names = set(re.findall(r"(?<![\w'$`])[a-z]\w*", text)) - {a or b for a, b in loops}
        lines += [f'public_flat_rd -module "{source.stem}" -var "{name}"' for name in sorted(names)]
    target.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    public = actions.add_parser("public", help="write the file of signals for Verilator")
    public.add_argument("target", type=pathlib.Path, help="file to write")
    public.add_argument("sources", type=pathlib.Path, nargs="+", help="the RTL")
    model = actions.add_parser("model", help="change what Verilator has generated")
    model.add_argument("folder", type=pathlib.Path, help="of the model; its name is the model's")
    options = parser.parse_args()
    try:
        if options.action == "public":
            write_public(options.target, options.sources)
        else:
            instrument(options.folder, options.folder.name)
    except (ValueError, KeyError, OSError) as error:
        print(f"instrument: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
