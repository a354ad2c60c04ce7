#!/usr/bin/env python3
"""Trains with every product on the RTL, and on the golden model: are all weights the same?

Compares every file of the last checkpoint, parameters and states of the optimizer, byte by byte,
the losses of every step, and what every product was: shape, bits, passes, cycles by formula.
Docs: docs/learn.md.

Examples:
  make train-rtl                  MLP 100 steps, transformer 10, convolution 20 (minutes)
  scripts/train_rtl.py --quick    a few steps of each, smaller (in make run)

Exit code 0: bit for bit the same; 1: not, or a run failed; 2: usage.
"""
import argparse
import csv
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Model, steps, what differs from its configuration. The policy's steps are those of the run, so
# all of its precisions occur.
FULL = [("mlp", 100, {"products.recipe": "fast-adaptive"}),
        ("transformer", 10, {"products.recipe": "fast-adaptive"}),
        ("convolution", 20, {"products.recipe": "fast-adaptive"})]
SMALL = {"batch": 4, "model.context": 16, "model.width": 32, "model.blocks": 1, "model.inner": 64}
QUICK = [("mlp", 3, {"products.recipe": "fast-adaptive", "batch": 64}),
         ("transformer", 2, {"products.recipe": "fast-adaptive", **SMALL}),
         ("convolution", 2, {"products.recipe": "fast-adaptive", "batch": 16})]


def train(model, steps, changes, engine, folder):
    config = f"verif/learn/configs/{model}.toml"
    words = ["build/roundhouse", "train", "--quiet", "--config", config, "--engine", engine,
             "--output", str(folder), "--threads", str(os.cpu_count()), "--set", f"steps={steps}"]
    for field, value in changes.items():
        words += ["--set", f"{field}={value}"]
    start = time.monotonic()
    process = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if process.returncode != 0:
        raise RuntimeError(f"{shlex.join(words)}: exit code {process.returncode}: "
                           f"{process.stderr.strip()}")
    return time.monotonic() - start


def products(folder):
    """Rows without the cycles that were simulated, and those, summed."""
    with open(folder / "products.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    simulated = sum(int(row.pop("simulated_cycles")) for row in rows)
    return rows, simulated


def differences(golden, rtl, steps):
    """(files that differ, bytes compared)."""
    where = f"checkpoints/step-{steps:06}"
    names = sorted(path.name for path in (golden / where).iterdir())
    wrong = [] if names == sorted(path.name for path in (rtl / where).iterdir()) else [where]
    total = 0
    for name in [f"{where}/{name}" for name in names] + ["losses.csv"]:
        one, other = (golden / name).read_bytes(), rtl / name
        total += len(one)
        if not other.exists() or other.read_bytes() != one:
            wrong.append(name)
    if products(golden)[0] != products(rtl)[0]:
        wrong.append("products.csv")
    return wrong, total


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few steps of small models")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build" / "train-rtl",
                        help="folder of the runs; default build/train-rtl")
    options = parser.parse_args()

    failed = 0
    for model, steps, changes in QUICK if options.quick else FULL:
        folders = [options.output.resolve() / model / engine for engine in ("golden", "rtl")]
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        try:
            seconds = [train(model, steps, changes, folder.name, folder) for folder in folders]
        except RuntimeError as error:
            print(f"train_rtl: {error}", file=sys.stderr)
            failed += 1
            continue
        wrong, total = differences(*folders, steps)
        failed += bool(wrong)
        rows, simulated = products(folders[1])
        bits = sorted({row[key] for row in rows for key in ("bits_a", "bits_b")})
        print(f"{model}: {steps} steps, {len(rows):,} products of {' and '.join(bits)} bits, "
              f"{simulated:,} simulated cycles, golden {seconds[0]:.1f} s, rtl {seconds[1]:.1f} s: "
              + (f"{total:,} bytes of weights, states and losses equal" if not wrong else
                 f"DIFFERENT: {', '.join(wrong[:5])}"), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
