#!/usr/bin/env python3
"""Runs fuzz harnesses and prints a line each: executions, coverage, failures.

Each starts from the inputs in verif/fuzz/corpus/<harness>/ and mutates them, with the words of
verif/fuzz/dict/<harness>.dict where there is one. An input that breaks a property, crashes or takes
too long is kept in build/evidence/fuzz/ beside the result, <harness>.json. Exit code 1 when any
harness fails, 2 for bad usage.

Examples:  make fuzz                               make fuzz-npy RUNS=1000000
           verif/fuzz/fuzz.py --runs 0 npy format  (the corpus alone)
           build/fuzz/fuzz/npy FILE                (one input again)
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOST_SECONDS = 20  # of one input
MEMORY_MB = 2048
LONGEST = {"texts": 512}  # bytes of an input; 2048 where nothing is said


def last(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def run(harness, options):
    """Runs one harness; returns what its JSON says."""
    corpus = ROOT / "verif/fuzz/corpus" / harness
    seeds = sorted(corpus.glob("*")) if corpus.is_dir() else []
    dictionary = ROOT / "verif/fuzz/dict" / f"{harness}.dict"
    runs = max(options.runs, len(seeds) + 1)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="roundhouse-fuzz-", dir=memory) as home:
        found = pathlib.Path(home) / "found"
        found.mkdir()
        command = [str(ROOT / "build/fuzz/fuzz" / harness), str(found)]
        if seeds:
            command.append(str(corpus))
        longest = LONGEST.get(harness, 2048)
        command += [f"-runs={runs}", f"-seed={options.seed}", f"-max_len={longest}",
                    f"-timeout={MOST_SECONDS}", f"-rss_limit_mb={MEMORY_MB}",
                    f"-artifact_prefix={options.out}/{harness}-", "-print_final_stats=1"]
        if dictionary.exists():
            command.append(f"-dict={dictionary}")
        environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1",
                           UBSAN_OPTIONS="print_stacktrace=1")
        start = time.monotonic()
        process = subprocess.run(command, cwd=home, env=environment, check=False, text=True,
                                 errors="replace", stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE)
        seconds = time.monotonic() - start
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            for file in found.iterdir():
                shutil.copy(file, options.keep)
    log = process.stderr
    executions = last(r"stat::number_of_executed_units:\s+(\d+)", log)
    artifact = re.findall(r"Test unit written to (\S+)", log)
    failed = process.returncode != 0 or executions < runs
    result = {"command": f"make fuzz-{harness} RUNS={options.runs}", "seconds": round(seconds, 1),
              "harness": harness, "seed": options.seed, "seeds_in_corpus": len(seeds),
              "executions": executions, "edges": last(r"\bcov: (\d+)", log),
              "features": last(r"\bft: (\d+)", log), "failures": int(failed),
              "sanitizers": ["address", "leak", "undefined"]}
    if failed:
        result["exit_code"] = process.returncode
        result["input"] = artifact[-1] if artifact else None
        result["log"] = log[-6000:]
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("harnesses", nargs="+", help="names of programs in build/fuzz/fuzz/")
    parser.add_argument("--runs", type=int, default=100_000, help="of each; default 100000")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations; default 1")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/evidence/fuzz",
                        help="folder for results; default build/evidence/fuzz")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for inputs that reach new code")
    options = parser.parse_args()
    missing = [h for h in options.harnesses if not (ROOT / "build/fuzz/fuzz" / h).exists()]
    if missing:
        parser.error(f"no harness {' '.join(missing)} in build/fuzz/fuzz/; type: make fuzz")
    if options.runs < 0:
        parser.error(f"--runs is {options.runs}; it is 0 or more")

    options.out = options.out.resolve()
    options.out.mkdir(parents=True, exist_ok=True)
    failures = 0
    for harness in options.harnesses:
        result = run(harness, options)
        failures += result["failures"]
        file = options.out / f"{harness}.json"
        temporary = file.with_suffix(".tmp")
        temporary.write_text(json.dumps(result, indent=2) + "\n")
        temporary.replace(file)
        print(f"  {harness:<14} {result['executions']:8d} executions {result['seconds']:7.1f} s "
              f"{result['edges']:6d} edges {result['features']:6d} features  "
              f"{'ok' if not result['failures'] else 'FAILED'}", flush=True)
        if result["failures"]:
            print(result["log"])
            print(f"    again: build/fuzz/fuzz/{harness} {result['input']}")
    print(f"{len(options.harnesses) - failures} harnesses passed, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
