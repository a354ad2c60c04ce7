#!/usr/bin/env python3
"""FAST in miniature: trains every recipe with several seeds, and says which claims hold here.

Each run is `roundhouse train --config .. --set ..`; what is already there for this program is not
run again, so an interrupted `make fast` goes on. Writes build/report/fast/: index.html with curves
and a map of precision, fast.json, fast.csv (a row a run). Docs: docs/fast.md.

Examples:
  make fast                                     everything, about half an hour on two cores
  scripts/fast.py --quick                       one model, few steps, one seed (in make run)
  scripts/fast.py --list                        the commands of all runs; nothing is run
  scripts/fast.py --only 'transformer/fast*' --seeds 1

Exit code 0: every run ended or diverged; 1: a run failed; 2: usage.
"""
import argparse
import collections
import concurrent.futures
import csv
import dataclasses
import fnmatch
import hashlib
import io
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

import fast_page
import report
import synth

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build" / "roundhouse"
CONFIGS = "verif/learn/configs"
RECIPES = ("fp32", "bf16", "int8", "msfp12", "fast2", "fast2-even", "fast4", "fast4-even",
           "fast-by-step", "fast-by-layer", "fast-adaptive")
BASELINES = ("fp32", "bf16", "msfp12")

# What is trained: configurations, and what of them differs here.
MODELS = {
    "transformer": ("transformer.toml", {
        "steps": 1500, "batch": 8, "model.width": 64, "model.blocks": 3, "model.inner": 256,
        "optimizer.learning_rate": 3e-3, "data.held_out_batches": 16}),
    "mlp": ("mlp.toml", {"steps": 400}),
    "convolution": ("convolution.toml", {}),
}
QUICK = {"steps": 500, "batch": 8, "model.context": 32, "model.width": 32, "model.blocks": 2,
         "model.inner": 128, "optimizer.learning_rate": 4e-3}  # a transformer, too
QUICK_RECIPES = ("fp32", "msfp12", "fast2", "fast4", "fast-adaptive")

# With seed 1: alpha and beta of FAST-Adaptive; a negative beta takes fewer bits with depth and time,
# not more.
SWEEP = [(alpha, beta) for alpha in (0.5, 0.6, 0.7, 0.8) for beta in (-0.2, 0.0, 0.2)]

# And fast4 with other bits in one or two tensors: which of them the loss is lost in.
X8, DO8 = "bfp(m=8,g=16,e=4)", "bfp(m=8,g=16,e=4,round=stochastic)"
TENSORS = [("X 8", {"x": X8}), ("W 8", {"w": X8}), ("dO 8", {"do": DO8}),
           ("X 2", {"x": "fast2"}), ("W 2", {"w": "fast2"}), ("dO 2", {"do": "fast2-sr"}),
           ("X W 2", {"x": "fast2", "w": "fast2"})]

# Cells of scripts/synth.py that a recipe can run on: (job, True if it multiplies in one pass).
# Where there are two the first is the one that FAST proposes.
FAST_CELLS = (("mac_bfp2_e4_passes", False), ("mac_bfp4_e4", True))
CELLS = {"fp32": (("baseline_fp32_fma", True),), "bf16": (("baseline_bf16_dot_16", True),),
         "int8": (("mac_16_lanes", True),),
         "msfp12": (("mac_bfp2_fp32", False), ("mac_bfp4_fp32", True)),
         "fast2": (("mac_bfp2_e4", True),), "fast2-even": (("mac_bfp2_e4", True),)}
LANES = 16 * 16 * 16  # products a cycle of the array of docs/learn.md (18)

SMOOTH = 0.05  # of a run: the window of the loss curve
LAST = 0.1     # of a run: what the final loss is the mean of


@dataclasses.dataclass(frozen=True)
class Run:
    model: str
    recipe: str
    seed: int
    changes: tuple  # (field, value)
    label: str = ""  # of a sweep

    @property
    def name(self):
        return f"{self.model}/{self.recipe}{self.label}/{self.seed}"

    def command(self, output):
        changes = [("seed", self.seed), ("threads", 1), ("output.checkpoint_every", 0),
                   ("products.recipe", self.recipe), *self.changes]
        words = [str(PROGRAM.relative_to(ROOT)), "train", "--quiet", "--config",
                 f"{CONFIGS}/{MODELS[self.model][0]}", "--output", str(output)]
        for field, value in changes:
            words += ["--set", f"{field}={value}"]
        return words


def runs_of(options):
    if options.quick:
        return [Run("transformer", recipe, 1, tuple(QUICK.items())) for recipe in QUICK_RECIPES]
    runs = [Run(model, recipe, seed, tuple(changes.items()))
            for model, (_, changes) in MODELS.items() for seed in range(1, options.seeds + 1)
            for recipe in RECIPES]
    for model, (_, changes) in MODELS.items():
        runs += [variant(model, "fast-adaptive", f"{alpha} {beta}",
                         {**changes, "products.alpha": alpha, "products.beta": beta})
                 for alpha, beta in SWEEP]
        runs += [variant(model, "fast4", label,
                         {**changes, **{f"products.{name}": text for name, text in formats.items()}})
                 for label, formats in TENSORS]
    return runs


def variant(model, recipe, label, changes):
    return Run(model, recipe, 1, tuple(changes.items()), f" {label}")


# ---- training
def train(run, folder, key):
    """Seconds that it took, None when it was there; raises RuntimeError with what it said."""
    done = folder / "key"
    if done.exists() and done.read_text() == key:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    done.unlink(missing_ok=True)
    (folder / "diverged").unlink(missing_ok=True)
    start = time.monotonic()
    process = subprocess.run(run.command(folder), cwd=ROOT, capture_output=True, text=True,
                             check=False)
    said = process.stderr.strip()
    if process.returncode == 2 and "not finite" in said:
        (folder / "diverged").write_text(said + "\n")
    elif process.returncode != 0:
        raise RuntimeError(f"{run.name}: exit code {process.returncode}: {said}")
    done.write_text(key)
    return time.monotonic() - start


def train_all(runs, options):
    """Progress on stderr; the messages of runs that failed."""
    program = hashlib.sha256(PROGRAM.read_bytes()).hexdigest()

    def one(run):
        folder = options.runs / run.name
        return train(run, folder, hashlib.sha256(
            (program + shlex.join(run.command(folder))).encode()).hexdigest())

    start, failures = time.monotonic(), []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = {pool.submit(one, run): run for run in runs}
        for done, future in enumerate(concurrent.futures.as_completed(futures), 1):
            try:
                seconds = future.result()
                note = "unchanged" if seconds is None else f"{seconds:.0f} s"
            except RuntimeError as error:
                failures.append(str(error))
                note = "FAILED"
            left = (time.monotonic() - start) / done * (len(runs) - done)
            print(f"  train    [{done}/{len(runs)}] {futures[future].name} {note}, about "
                  f"{left / 60:.0f} min left", file=sys.stderr, flush=True)
    return failures


# ---- what a run was
def mean(values):
    return sum(values) / len(values)


def smooth(losses):
    """The mean of the last steps, at every step."""
    window, out, total = max(1, round(SMOOTH * len(losses))), [], 0.0
    for i, loss in enumerate(losses):
        total += loss - (losses[i - window] if i >= window else 0)
        out.append(total / min(i + 1, window))
    return out


def tensor_bits(row, known):
    """Bits of X, W and dO that a product decides: docs/learn.md, Precision."""
    layer = int(row["layer"])
    if row["role"] == "forward":
        return {(layer, "X"): int(row["bits_a"]), (layer, "W"): int(row["bits_b"])}
    factor = row["bits_a"] if row["role"] == "input gradient" else row["bits_b"]
    return {} if (layer, "dO") in known else {(layer, "dO"): int(factor)}


def read_run(run, folder):
    """What the program wrote, a step at a time; None for a run that diverged."""
    if (folder / "diverged").exists():
        return None
    summary = json.loads((folder / "train.json").read_text())
    with open(folder / "losses.csv", encoding="utf-8") as file:
        losses = [float(row["loss_bits"]) for row in csv.DictReader(file)]
    cycles, one_pass = [0] * len(losses), [0] * len(losses)
    bits = [{} for _ in losses]
    with open(folder / "products.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            step = int(row["step"])
            cycles[step] += int(row["cycles"])
            one_pass[step] += int(row["one_pass_cycles"])
            bits[step].update(tensor_bits(row, bits[step]))
    last = max(1, round(LAST * len(losses)))
    return {"run": run, "losses": losses, "training": mean(losses[-last:]),
            "held_out": summary["held_out_bits"], "seconds": summary["seconds"],
            "parameters": summary["parameters"], "passes": summary["products"]["passes_per_mac"],
            "cycles": cycles, "one_pass": one_pass, "bits": bits,
            "layers": [layer["name"] for layer in summary["layers"]]}


# ---- cells
def cells():
    """area in um2 a product and period in ns of every cell of CELLS, from scripts/synth.py."""
    names = {job for choice in (*CELLS.values(), FAST_CELLS) for job, _ in choice}
    jobs = [job for job in synth.ALL if job["name"] in names]
    missing = names - {job["name"] for job in jobs}
    if missing:
        raise synth.Missing(f"scripts/synth.py has no job {', '.join(sorted(missing))}")
    options = argparse.Namespace(library=pathlib.Path(synth.LIBRARY), jobs=os.cpu_count(),
                                 verbose=False)
    results, failed = synth.synthesize_all(jobs, options)
    if failed:
        raise synth.Missing("a cell was not synthesised")
    return {result["name"]: result for result in results}


def area_time(cell, cycles):
    """um2 s of an array of LANES products in these cells."""
    return cycles * cell["period_ns"] * 1e-9 * cell["area_per_mac_um2"] * LANES


# ---- recipes, over their seeds
def summary_of(model, recipe, results, cell_table):
    """One row of the tables: means, and the least and the most of the seeds."""
    good = [result for result in results if result]
    row = {"model": model, "recipe": recipe, "seeds": len(results),
           "diverged": len(results) - len(good)}
    if not good:
        return row
    for key in ("training", "held_out"):
        values = [result[key] for result in good]
        row.update({key: mean(values), f"{key}_least": min(values), f"{key}_most": max(values)})
    row["passes"] = mean([result["passes"] for result in good])
    row["seconds"] = mean([result["seconds"] for result in good])
    steps = len(good[0]["losses"])
    row["steps"], row["parameters"] = steps, good[0]["parameters"]
    row["curve"] = smooth([mean([result["losses"][i] for result in good]) for i in range(steps)])
    row["on"] = []
    for name, one in CELLS.get(recipe, FAST_CELLS):
        per_step = [mean([result["one_pass" if one else "cycles"][i] for result in good])
                    for i in range(steps)]
        row["on"].append({"cell": name, "cycles": sum(per_step),
                          "area_time": area_time(cell_table[name], sum(per_step)),
                          "per_step": [area_time(cell_table[name], c) for c in per_step]})
    return row


def reached(row, cell, loss):
    """area x time until the curve is first at `loss` or below; None if never."""
    spent = 0.0
    for step, value in enumerate(row["curve"]):
        spent += cell["per_step"][step]
        if value <= loss and step >= round(SMOOTH * row["steps"]):
            return spent
    return None


def loss_of_both(row, other):
    """The lowest loss that both curves reach."""
    return max(min(row["curve"][1:]), min(other["curve"][1:]))


def speed_up(row, cell, baseline):
    """area x time of the baseline over that of the row, to the loss that both reach."""
    loss = loss_of_both(row, baseline)
    other = min((reached(baseline, on, loss) for on in baseline["on"]), key=float)
    return other / reached(row, cell, loss)


def add_speed_ups(rows):
    by_recipe = {row["recipe"]: row for row in rows}
    for row in rows:
        for cell in row.get("on", []):
            cell["speed_up"] = {name: speed_up(row, cell, by_recipe[name]) for name in BASELINES
                                if "on" in by_recipe.get(name, {})}


def precision_map(results, bins=24):
    """Mean bits of the tensors of a layer (rows) over parts of the run (columns)."""
    good = [result for result in results if result]
    if not good:
        return None
    steps, layers = len(good[0]["losses"]), good[0]["layers"]
    bins = min(bins, steps)
    cells_of = [[[] for _ in range(bins)] for _ in layers]
    by_tensor = collections.defaultdict(list)
    for result in good:
        for step, bits in enumerate(result["bits"]):
            for (layer, factor), value in bits.items():
                cells_of[layer][step * bins // steps].append(value)
                by_tensor[factor].append(value)
    return {"layers": layers, "steps": steps,
            "bits": [[mean(cell) for cell in row] for row in cells_of],
            "tensors": {factor: mean(values) for factor, values in by_tensor.items()}}


# ---- tables
def fixed(value, digits):
    return "–" if value is None else f"{value:.{digits}f}"


def against(row, baseline, key="held_out"):
    if key not in row or not baseline or key not in baseline:
        return None
    return 100 * (row[key] / baseline[key] - 1)


def loss_table(model, rows, fp32):
    head = ["recipe", "training", "held out", "least", "most", "to FP32", "passes", "s"]
    body = []
    for row in rows:
        if "training" not in row:
            body.append([row["recipe"], "diverged"] + ["–"] * 6)
            continue
        body.append([row["recipe"] + (f" ({row['diverged']} diverged)" if row["diverged"] else ""),
                     fixed(row["training"], 4), fixed(row["held_out"], 4),
                     fixed(row["held_out_least"], 4), fixed(row["held_out_most"], 4),
                     f"{against(row, fp32):+.2f} %", fixed(row["passes"] or None, 3),
                     fixed(row["seconds"], 1)])
    first = next((row for row in rows if "steps" in row), None)
    what = "" if not first else (f", {first['parameters']:,} parameters, {first['steps']} steps, "
                                 f"{first['seeds']} seed{'s' if first['seeds'] > 1 else ''}")
    return (f"{model}{what}", head, body,
            "Bits a character or an image: mean of the last tenth of the training, and of batches "
            "that were not trained on, with the least and the most of the seeds; passes a "
            "multiplication in 2-bit cells; seconds of a run on one core.")


def cost_table(model, rows):
    head = ["recipe", "cell", "cycles", "area time", *(f"over {name}" for name in BASELINES)]
    body = []
    for row in rows:
        for cell in row.get("on", []):
            body.append([row["recipe"], cell["cell"], f"{cell['cycles']:,.0f}",
                         f"{cell['area_time'] / 1e6:.3f}",
                         *(f"{cell['speed_up'][name]:.2f}" if name in cell["speed_up"] else "–"
                           for name in BASELINES)])
    return (f"{model}: what it would take on an array of 16 x 16 x 16", head, body,
            "Cycles of all products of the run, by docs/learn.md (18): in passes, or "
            "in one where the cell takes whole values. Area x time of the cells in mm2 s, OSU 0.18 "
            "um; converters, buffers and memory are not in it. Then how many times less of it than "
            "the baseline on its best cell, until both curves are at the loss that both reach.")


def variant_table(model, rows, fp32):
    body = []
    for row in sorted(rows, key=lambda row: row.get("passes", 0)):
        gap = against(row, fp32) if fp32 else None
        body.append([f"{row['recipe']} {row['label']}", fixed(row.get("training"), 4),
                     fixed(row.get("held_out"), 4), "–" if gap is None else f"{gap:+.2f} %",
                     fixed(row.get("passes"), 3)])
    return (f"{model} with other precisions, seed 1",
            ["recipe", "training", "held out", "to FP32", "passes"], body,
            "fast-adaptive with its alpha and beta; fast4 with the bits of the tensors named, the "
            "others have 4. To FP32 of the same seed; by passes.")


# ---- claims
def claims(rows):
    """(claim, what was measured, holds) of a model; the numbers decide."""
    by = {row["recipe"]: row for row in rows if "training" in row}
    out = []
    if "fp32" not in by:
        return out

    def close(name, limit=1.0):
        gap = against(by[name], by["fp32"])
        return f"held out {gap:+.2f} % to FP32", gap <= limit

    if "fast4" in by:
        out.append(("4 bits with stochastic gradients train as FP32 does (1 %)", *close("fast4")))
    if "fast2" in by:
        said, holds = close("fast2")
        out.append(("2 bits do not", said, not holds))
    for bits in (2, 4):
        noisy, even = by.get(f"fast{bits}"), by.get(f"fast{bits}-even")
        if noisy and even:
            gap = 100 * (noisy["held_out"] / even["held_out"] - 1)
            out.append((f"stochastic gradients are better than nearest even, {bits} bits",
                        f"held out {gap:+.2f} %", gap < 0))
    if "fast-adaptive" in by:
        row = by["fast-adaptive"]
        said, holds = close("fast-adaptive")
        out.append(("FAST-Adaptive is within 1 % of FP32 in fewer than 2 passes",
                    f"{said}, {row['passes']:.3f} passes", holds and row["passes"] < 2))
        for name in ("fast-by-step", "fast-by-layer"):
            if name in by:
                other = by[name]
                better = (row["held_out"] <= other["held_out"] and row["passes"] <= other["passes"])
                out.append((f"it is better than {name}",
                            f"held out {row['held_out']:.4f} in {row['passes']:.3f} passes, "
                            f"{other['held_out']:.4f} in {other['passes']:.3f}", better))
        for name in BASELINES:
            best = max(row["on"], key=lambda cell, to=name: cell["speed_up"].get(to, 0))
            if name in best["speed_up"]:
                value = best["speed_up"][name]
                out.append((f"it is 2 times faster than {name} at equal loss and area",
                            f"{value:.2f} on {best['cell']}, at "
                            f"{loss_of_both(row, by[name]):.3f} bits", value >= 2))
        passes, direct = row["on"]
        out.append(("passes in 2-bit cells cost less than 4-bit cells",
                    f"area x time {passes['area_time'] / 1e6:.3f}, direct "
                    f"{direct['area_time'] / 1e6:.3f} mm2 s",
                    passes["area_time"] < direct["area_time"]))
    return out


def best_of(labelled, fp32):
    """The claim that some of these runs is within 1 % of FP32 in fewer than 2 passes."""
    near = [row for row in labelled if "held_out" in row and row["passes"] < 2]
    if not near or not fp32:
        return []
    best = min(near, key=lambda row: row["held_out"])
    gap = against(best, fp32)
    return [("some alpha and beta, or bits by tensor, are within 1 % in fewer than 2 passes",
             f"best: {best['recipe']} {best['label']}: {gap:+.2f} %, {best['passes']:.3f} passes",
             gap <= 1)]


def claim_table(by_model):
    body = [[claim, model, measured, "yes" if holds else "no"]
            for model, rows in by_model.items() for claim, measured, holds in rows]
    order = list(dict.fromkeys(line[0] for line in body))
    return ("What holds here", ["claim", "model", "measured", "holds"],
            sorted(body, key=lambda line: order.index(line[0])),
            "The claims are those of arXiv 2110.15456 in miniature.")


# ---- everything
def gather(runs, options):
    cell_table = cells()
    results = {run: read_run(run, options.runs / run.name) for run in runs}
    models = {}
    for model in MODELS:
        rows, maps = [], None
        for recipe in RECIPES:
            mine = [result for run, result in results.items()
                    if (run.model, run.recipe, run.label) == (model, recipe, "")]
            if mine:
                rows.append(summary_of(model, recipe, mine, cell_table))
                if recipe == "fast-adaptive":
                    maps = precision_map(mine)
        variants = [{**summary_of(model, run.recipe, [result], cell_table),
                     "label": run.label.strip()}
                    for run, result in results.items() if run.model == model and run.label]
        if rows or variants:
            add_speed_ups([row for row in rows if "curve" in row])
            seed_1 = results.get(next((run for run in runs if run.name == f"{model}/fp32/1"), None))
            models[model] = {"rows": rows, "map": maps, "variants": variants,
                             "fp32_of_seed_1": seed_1 and {"held_out": seed_1["held_out"]}}
    return {"models": models, "cells": cell_table,
            "claims": {model: claims(data["rows"]) + best_of(data["variants"],
                                                             data["fp32_of_seed_1"])
                       for model, data in models.items()},
            "runs": [{"run": run.name, "command": shlex.join(run.command(options.runs / run.name)),
                      **({key: result[key] for key in ("training", "held_out", "passes", "seconds")}
                         if result else {"diverged": True})} for run, result in results.items()]}


def tables_of(found):
    tables = [claim_table(found["claims"])] if any(found["claims"].values()) else []
    for model, data in found["models"].items():
        fp32 = next((row for row in data["rows"] if row["recipe"] == "fp32"), None)
        if data["rows"]:
            tables += [loss_table(model, data["rows"], fp32), cost_table(model, data["rows"])]
        if data["variants"]:
            tables.append(variant_table(model, data["variants"], data["fp32_of_seed_1"]))
    return tables


def write_all(found, options):
    options.report.mkdir(parents=True, exist_ok=True)
    tables = tables_of(found)
    table = io.StringIO()
    columns = ["run", "training", "held_out", "passes", "seconds", "diverged", "command"]
    writer = csv.DictWriter(table, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(found["runs"])
    report.write(options.report / "fast.csv", table.getvalue())
    report.write(options.report / "fast.json", json.dumps(found, indent=1) + "\n")
    report.write(options.report / "index.html", fast_page.page(found, tables))
    print("\n\n".join(report.text_table(table) for table in tables))
    print(f"\nThe page:  {options.report / 'index.html'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true",
                        help="a smaller transformer, few steps, five recipes, one seed")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="seeds 1 .. N; default 3")
    parser.add_argument("--only", metavar="PATTERN", action="append",
                        help="runs named so: 'transformer/fast*'; may be repeated")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N",
                        help="runs at once; default: one a core")
    parser.add_argument("--list", action="store_true", help="the commands; nothing is run")
    parser.add_argument("--runs", type=pathlib.Path, help="folder of the runs; default build/fast, "
                        "or build/fast-quick")
    parser.add_argument("--report", type=pathlib.Path, help="folder of the results; default "
                        "build/report/fast, or build/report/fast-quick")
    options = parser.parse_args()
    if options.seeds < 1 or options.jobs < 1:
        parser.error("--seeds and --jobs are 1 or more")
    suffix = "-quick" if options.quick else ""
    options.runs = options.runs or pathlib.Path(f"build/fast{suffix}")
    options.report = options.report or ROOT / "build" / "report" / f"fast{suffix}"
    runs = [run for run in runs_of(options) if not options.only or
            any(fnmatch.fnmatchcase(run.name, word) for word in options.only)]
    if not runs:
        parser.error(f"no run has a name like {' or '.join(options.only)}; see --list")
    if options.list:
        for run in runs:
            print(shlex.join(run.command(options.runs / run.name)))
        return 0
    if not PROGRAM.exists():
        parser.error(f"{PROGRAM} is not there; make build makes it")
    os.chdir(ROOT)
    start = time.monotonic()
    failures = train_all(runs, options)
    for failure in failures:
        print(f"fast: {failure}", file=sys.stderr)
    if failures:
        return 1
    try:
        write_all(gather(runs, options), options)
    except synth.Missing as error:
        print(f"fast: {error}", file=sys.stderr)
        return 1
    print(f"{len(runs)} runs, {(time.monotonic() - start) / 60:.1f} min")
    return 0


if __name__ == "__main__":
    sys.exit(main())
