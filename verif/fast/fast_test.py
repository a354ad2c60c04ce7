#!/usr/bin/env python3
"""TEST RATIONALE. The tables of `make fast` are claims about a paper, so what computes them is
tested: curves whose crossing is known by hand, bits of products in every role, runs that diverge,
fail, are there already or have changed. A training of each kind runs for a few steps, with cells of
made-up sizes, up to the page. Mutants this kills: the loss that only one of both reaches, the first
step instead of the first after the window, passes for one pass, a run that is taken for another.

Docs: docs/fast.md.
Example:  make test-fast
"""
import argparse
import contextlib
import io
import json
import pathlib
import subprocess
import sys
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "verif" / "bench")]
import fast  # noqa: E402
import junit  # noqa: E402


def expect(got, want):
    if got != want:
        raise AssertionError(f"{got!r}, not {want!r}")


def smoothed_curves(_):
    """Of 40 steps the window is 2; before it is full, the mean of what there is."""
    losses = [float(40 - i) for i in range(40)]
    expect(fast.smooth(losses), [40.0] + [40.5 - i for i in range(1, 40)])
    expect(fast.smooth([3.0, 1.0]), [3.0, 1.0])


def row(curve, cost, recipe="r", cell="c"):
    return {"recipe": recipe, "curve": curve, "steps": len(curve), "training": curve[-1],
            "on": [{"cell": cell, "area_time": cost * len(curve), "per_step": [cost] * len(curve)}]}


def speed_ups(_):
    down = [10.0 - i for i in range(10)]
    slow, fast_one = row(down, 4.0), row(down, 1.0)
    expect(fast.speed_up(fast_one, fast_one["on"][0], slow), 4.0)
    expect(fast.speed_up(slow, slow["on"][0], fast_one), 0.25)
    # A recipe that gets no lower than 5: the baseline is charged for the way to 5 (6 steps of 4).
    stuck = row([10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 5.0, 5.0, 5.0, 5.0], 1.0)
    expect(fast.speed_up(stuck, stuck["on"][0], slow), 24.0 / 6.0)
    # And one that gets lower than the baseline, which ends at 1: to 1.
    deep = row([5.0, 1.0, 0.5] + [0.5] * 7, 3.0)
    expect(fast.speed_up(deep, deep["on"][0], slow), 40.0 / 6.0)
    # The baseline on its cheaper cell.
    slow["on"].append({"cell": "d", "area_time": 20.0, "per_step": [2.0] * 10})
    expect(fast.speed_up(fast_one, fast_one["on"][0], slow), 2.0)
    # Nothing counts before the window of the mean is full: a lucky first loss of 100 steps.
    lucky = row([1.0] + [9.0] * 9 + [1.0] * 90, 1.0)
    expect(fast.reached(lucky, lucky["on"][0], 1.0), 11.0)
    expect(fast.reached(lucky, lucky["on"][0], 0.5), None)


def bits_of_tensors(_):
    def product(role, a, b, layer=3):
        return {"layer": str(layer), "role": role, "bits_a": str(a), "bits_b": str(b)}
    bits = {}
    for step in (product("forward", 2, 4), product("input gradient", 3, 4),
                 product("weight gradient", 2, 3)):
        bits.update(fast.tensor_bits(step, bits))
    expect(bits, {(3, "X"): 2, (3, "W"): 4, (3, "dO"): 3})
    # A first layer asks for no input gradient.
    expect(fast.tensor_bits(product("weight gradient", 2, 3, 0), {}), {(0, "dO"): 3})


def list_of_runs(_):
    runs = fast.runs_of(argparse.Namespace(quick=False, seeds=3))
    names = [run.name for run in runs]
    expect(len(set(names)), len(names))
    expect(len(runs), len(fast.MODELS) * (len(fast.RECIPES) * 3 + len(fast.SWEEP) +
                                          len(fast.TENSORS)))
    for run in runs:
        words = run.command("x")
        expect(words.count(f"products.recipe={run.recipe}"), 1)
        expect(words.count(f"seed={run.seed}"), 1)
    # Runs of a model differ in recipe, seed and the swept fields alone.
    changes = {(run.model, run.changes) for run in runs if not run.label}
    expect(len(changes), len(fast.MODELS))


def recipes_of_the_program(folder):
    """All that there are, so that one which comes is not left out: the program lists them."""
    run = fast.Run("mlp", "none", 1, ())
    said = subprocess.run(run.command(folder), cwd=ROOT, capture_output=True, text=True,
                          check=False).stderr
    expect(sorted(said.strip().split("there are ")[1].split(", ")), sorted(fast.RECIPES))


def runs_that_end_otherwise(folder):
    run, program = fast.Run("mlp", "fp32", 1, ()), folder / "build" / "roundhouse"
    program.parent.mkdir()
    count = folder / "count"

    def says(code, text):
        program.write_text(f"#!/bin/sh\necho x >> {count}\necho '{text}' >&2\nexit {code}\n")
        program.chmod(0o755)

    def asked(key):
        count.unlink(missing_ok=True)
        with mock.patch.multiple(fast, ROOT=folder, PROGRAM=program):
            took = fast.train(run, folder / "run", key)
        return took is not None, count.exists()

    says(0, "")
    expect(asked("one"), (True, True))
    expect(asked("one"), (False, False))  # there already
    expect(asked("two"), (True, True))    # another program or field
    says(2, "step 3, layer out: the loss is not finite")
    expect(asked("three"), (True, True))
    expect(fast.read_run(run, folder / "run"), None)
    says(2, "f.toml:1: steps = 0")
    try:
        asked("four")
        raise AssertionError("a run that failed was taken")
    except RuntimeError as error:
        expect(str(error), "mlp/fp32/1: exit code 2: f.toml:1: steps = 0")
    says(0, "")
    expect(asked("three"), (True, True))  # the failed run has left no key


def from_runs_to_the_page(folder):
    """Five recipes and a swept run of three steps; one of them is made to diverge afterwards."""
    tiny = (("steps", 3), ("batch", 8), ("model.side", 8))
    runs = [fast.Run("convolution", recipe, seed, tiny)
            for recipe in ("fp32", "bf16", "msfp12", "fast4", "fast-adaptive") for seed in (1, 2)]
    runs.append(fast.Run("convolution", "fast-adaptive", 1, tiny + (
        ("products.alpha", 15.0), ("products.beta", 0.0)), " 15.0 0.0"))
    options = argparse.Namespace(runs=folder / "runs", report=folder / "report", jobs=2)
    with contextlib.redirect_stderr(io.StringIO()):
        expect(fast.train_all(runs, options), [])
    cells = {job: {"period_ns": 2.0, "area_per_mac_um2": 100.0}
             for choice in (*fast.CELLS.values(), fast.FAST_CELLS) for job, _ in choice}
    (folder / "runs" / runs[1].name / "diverged").write_text("step 1")  # FP32, seed 2
    with contextlib.redirect_stdout(io.StringIO()) as said, \
         mock.patch.object(fast, "cells", lambda: cells):
        fast.write_all(fast.gather(runs, options), options)
    found = json.loads((options.report / "fast.json").read_text())
    rows = {row["recipe"]: row for row in found["models"]["convolution"]["rows"]}
    expect((rows["fp32"]["seeds"], rows["fp32"]["diverged"], rows["fast4"]["diverged"]), (2, 1, 0))
    passes, direct = rows["fast4"]["on"]
    summary = json.loads((folder / "runs" / "convolution/fast4/1/train.json").read_text())
    expect(rows["fast4"]["passes"], 4.0)
    expect(passes["cycles"], summary["products"]["cycles"])
    expect(direct["cycles"], summary["products"]["one_pass_cycles"])
    area_time = direct["cycles"] * 2e-9 * 100 * 4096
    if abs(direct["area_time"] / area_time - 1) > 1e-12:
        raise AssertionError(f"area x time {direct['area_time']}, not {area_time}")
    expect(found["models"]["convolution"]["variants"][0]["passes"], 1.0)  # epsilon of 15: 2 bits everywhere
    bits = found["models"]["convolution"]["map"]["bits"]
    expect({len(line) for line in bits}, {3})
    if not all(2 <= value <= 4 for line in bits for value in line):
        raise AssertionError(f"bits {bits}")
    page = (options.report / "index.html").read_text()
    for text in ("fp32 (1 diverged)", "where precision rose", "convolution with other precisions"):
        if text not in page or (text.startswith("fp32") and text not in said.getvalue()):
            raise AssertionError(f"the page does not say {text!r}")


CASES = [("a curve is the mean of the last steps", smoothed_curves),
         ("speed-ups are to the loss that both reach", speed_ups),
         ("bits of a tensor are those of its products", bits_of_tensors),
         ("every recipe is run with every seed, and differs in nothing else", list_of_runs),
         ("every recipe of the program is run", recipes_of_the_program),
         ("runs that are there, have changed, diverge or fail", runs_that_end_otherwise),
         ("trainings of three steps become a page", from_runs_to_the_page)]


def main():
    options = junit.parse_options(__doc__, "cases named so")
    return junit.report("fast", junit.run_cases("fast", CASES, options.only), options.o)


if __name__ == "__main__":
    sys.exit(main())
