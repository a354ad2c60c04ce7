#!/usr/bin/env python3
"""What a regression covered, by configuration: a small JSON file of a merged report.

The seconds are those of all shards together, each on one core; they are not part of the report.

Example:
  scripts/farm/summary.py merged.json 1_of_2.json 2_of_2.json \\
    --command 'make regress SEEDS=0:7999' -o build/evidence/regress/regress.json
Exit codes: 0 written, 2 a file cannot be read or written.
"""
import argparse
import json
import os
import pathlib
import sys


def read(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"summary.py: {path}: {error}", file=sys.stderr)
        sys.exit(2)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("merged", type=pathlib.Path, help="what roundhouse merge --json wrote")
    parser.add_argument("shards", type=pathlib.Path, nargs="*", help="for their seconds")
    parser.add_argument("--command", required=True, help="the line that makes the report again")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    options = parser.parse_args()

    merged = read(options.merged)
    seconds = 0.0
    for path in options.shards:
        seconds += read(path)["timing"]["seconds"]
    rows = {}
    for case in merged["cases"]:
        row = rows.setdefault(case["configuration"], {
            "configuration": case["configuration"], "cases": 0, "failed_cases": 0, "compared": 0,
            "mismatches": 0, "cycles": 0, "tiles": 0, "vectors": 0})
        row["cases"] += 1
        row["failed_cases"] += case["mismatches"] > 0
        for key in ("compared", "mismatches", "cycles", "tiles", "vectors"):
            row[key] += case[key]
    text = json.dumps({"command": options.command, "seconds": round(seconds, 3),
                       "shards": len(options.shards), "version": merged["version"],
                       "contract": merged["contract"], "seeds": merged["seeds"],
                       "digest": merged["digest"], "totals": merged["totals"],
                       "configurations": len(rows),
                       "fewest_cases": min((row["cases"] for row in rows.values()), default=0),
                       "rows": list(rows.values())}, indent=1)
    temporary = options.output.with_name(f".{options.output.name}.{os.getpid()}")
    try:
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(options.output)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        print(f"summary.py: {options.output}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
