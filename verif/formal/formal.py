#!/usr/bin/env python3
"""Proves the properties of the list: a table on the console, build/evidence/formal/<name>.json.

Each property is tried by its engine, and each of its controls, a fault in the RTL, must refute it.
Docs: docs/formal.md.

Examples:
  make formal                                    all of them; make formal ARGS='--only fifo'
  verif/formal/formal.py --list                  what there is
  verif/formal/formal.py --only 'netlist-mac*' --seconds 1000

Exit code 0: every verdict is as it should be, and only properties marked `unfinished` have none;
1: a wrong verdict, or none where there should be one; 2: usage.
"""
import argparse
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
import time

import engines
import lfsr
import properties

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts"))
import inputs  # noqa: E402

OUT = engines.ROOT / "build" / "evidence" / "formal"
CHECKS = {"property": engines.check_property, "netlist": engines.check_netlist,
          "reset": engines.check_reset, "algebra": lfsr.check}


def attempt(item, place, control=None):
    """(proved | refuted | no verdict | error, seconds, what the engine said)."""
    start = time.monotonic()
    said = ""
    try:
        folder = engines.WORK / item["name"] / place
        verdict = "proved" if CHECKS[item["kind"]](item, folder, control) else "refuted"
    except engines.NoVerdict as error:
        verdict, said = "no verdict", str(error)
    except (engines.Failure, engines.synth.Failure, engines.synth.Missing, OSError,
            subprocess.SubprocessError) as error:
        verdict, said = "error", str(error)
    return verdict, round(time.monotonic() - start, 1), said


def digest(item):
    """What a verdict was reached on: the files, and what the list says of the item; words about it,
    and how long it may take, change no verdict."""
    said = {key: value for key, value in item.items() if key not in (
        "law", "note", "fast", "seconds", "unfinished", "file", "with")}
    return inputs.digest_of(engines.files_of(item), json.dumps(said, sort_keys=True))


def prove(item):
    """The row of a property: its verdict, those of its controls, and whether all are right."""
    verdict, seconds, said = attempt(item, "proof")
    controls = []
    for n, control in enumerate(item["controls"], 1):
        got, spent, words = attempt(item, f"control{n}", control)
        controls.append({"file": control[0], "text": control[1], "instead": control[2],
                         "result": got, "seconds": spent, "said": words})
    right = verdict == "proved" and all(row["result"] == "refuted" for row in controls)
    if item["unfinished"]:
        right = verdict in ("proved", "no verdict")
    return {"command": f"make formal ARGS='--only {item['name']}'", "name": item["name"],
            "property": item["law"], "kind": item["kind"], "module": item["module"],
            "parameters": item["parameters"], "engine": item["engine"], "depth": depth(item),
            "limit_seconds": item["seconds"], "note": item.get("note", ""),
            "seconds": round(seconds + sum(row["seconds"] for row in controls), 1),
            "proof_seconds": seconds, "result": verdict, "said": said, "controls": controls,
            "inputs": digest(item), "as_it_should_be": right}


def depth(item):
    return f"{item['frames']} cycles" if item["engine"] == "bmc" else "unbounded"


def line(row):
    refuted = sum(control["result"] == "refuted" for control in row["controls"])
    faults = f"{refuted}/{len(row['controls'])}" if row["controls"] else "-"
    return (f"{row['name']:31}{row['engine']:>8}{row['depth']:>11}{row['proof_seconds']:>8.1f}"
            f"{faults:>8}  {row['result']}{'' if row['as_it_should_be'] else '  WRONG'}")


HEAD = f"{'property':31}{'engine':>8}{'depth':>11}{'s':>8}{'faults':>8}  result"


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        json.dump(data, file, indent=1)
        file.write("\n")
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="PATTERN", action="append",
                        help="names like this, 'fifo' or 'netlist-*'; may be repeated")
    parser.add_argument("--seconds", type=int, metavar="N", help="another time limit for a proof")
    parser.add_argument("--list", action="store_true", help="names and laws, nothing is run")
    options = parser.parse_args()

    items = [item for item in properties.LIST if not options.only or
             any(fnmatch.fnmatchcase(item["name"], word) or word in item["name"]
                 for word in options.only)]
    if not items:
        parser.error(f"no property has a name like {' or '.join(options.only)}")
    if options.list:
        for item in items:
            print(f"{item['name']:31} {item['law']}")
        return 0

    start = time.monotonic()
    print(HEAD, flush=True)
    rows = []
    for item in items:
        if options.seconds:
            item["seconds"] = options.seconds
        row = prove(item)
        rows.append(row)
        write(OUT / f"{row['name']}.json", row)
        print(line(row), flush=True)
    for row in rows:
        if not row["as_it_should_be"]:
            print(f"\n{row['name']}: {row['result']}\n{row['said']}")
            for n, control in enumerate(row["controls"], 1):
                if control["result"] != "refuted":
                    print(f"  fault {n}, '{control['instead']}' in {control['file']}: "
                          f"{control['result']}\n{control['said']}")
    unfinished = [row for row in rows if row["result"] == "no verdict"]
    for row in unfinished:
        print(f"no verdict: {row['name']}, {row['engine']}, {row['proof_seconds']} s")
    wrong = sum(not row["as_it_should_be"] for row in rows)
    proved = sum(row["result"] == "proved" for row in rows)
    faults = sum(control["result"] == "refuted" for row in rows for control in row["controls"])
    print(f"{proved} proved, {len(unfinished)} without verdict, {wrong} wrong, {faults} faults "
          f"refuted; {time.monotonic() - start:.0f} s")
    if not options.only:
        write(OUT / "summary.json", {
            "command": "make formal", "seconds": round(time.monotonic() - start),
            "proved": proved, "without_verdict": [row["name"] for row in unfinished],
            "wrong": wrong, "faults_refuted": faults})
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
