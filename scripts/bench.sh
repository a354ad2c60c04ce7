#!/usr/bin/env bash
# The figures of docs/bench.md: the golden library beside memcpy and oneDNN, then the verilated
# arrays on a product each and the verilated block converter. BENCH_SIZE=512 is the size of the product.
set -euo pipefail
cd "$(dirname "$0")/.."
make --no-print-directory build/bench
build/bench

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 - "$dir" "${BENCH_SIZE:-512}" <<'PYTHON'
import array, json, random, subprocess, sys, time

dir, size = sys.argv[1], int(sys.argv[2])
random.seed(1)


def write(name, lines, length):
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }" % (lines, length)
    header = header.ljust(117) + "\n"  # 10 + 118 bytes: the data begin at a multiple of 64
    values = array.array("f", (random.gauss(0, 1) for _ in range(lines * length)))
    with open(f"{dir}/{name}.npy", "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
        values.tofile(file)


def compare(*arguments):  # the report, and the seconds of the whole program
    command = ["build/roundhouse", "compare", *arguments]
    start = time.monotonic()
    status = subprocess.run(command + ["--json", f"{dir}/compare.json", "--quiet"]).returncode
    wall = time.monotonic() - start
    if status:
        sys.exit(f"bench: roundhouse compare exited with {status}")
    return json.load(open(f"{dir}/compare.json")), wall


def print_product(title, runs):  # engines in the order of the reports, each by its best run
    print(f"\n{title:34}{'ms':>10}{'M MAC/s':>14}{'utilisation':>14}")
    for i in range(len(runs[0]["engines"])):
        engine = min((run["engines"][i] for run in runs), key=lambda e: e["multiply_seconds"])
        array = engine["array"]
        name = engine["engine"]
        used = ""
        if engine["multiply_cycles"]:
            name += f", {array['rows']} x {array['cols']} x {array['lanes']} array"
            used = f"{engine['utilization']:.4f}"
        seconds = engine["multiply_seconds"]
        print(f"  {name:32}{seconds * 1e3:10.2f}{engine['macs'] / seconds / 1e6:14.1f}{used:>14}")


write("A", size, size)
write("B", size, size)
write("X", 1024, 1024)
report, wall = compare(f"{dir}/A.npy", f"{dir}/B.npy", "--format", "int8")
print_product(f"compare, int8, {size} x {size} x {size}", [report])
print(f"  {'whole program':32}{wall * 1e3:10.2f}{size**3 / wall / 1e6:14.1f}")

# Products of block formats, one pass each: the time of the product alone, best of three runs.
write("C", size, 8 * size)
write("D", 8 * size, size)
for format, chunk in ("fast2", 2), ("fast4", 4):
    print_product(f"{format}, chunks of {chunk}, {size} x {8 * size} x {size}",
                  [compare(f"{dir}/C.npy", f"{dir}/D.npy", "--format", format, "--chunk",
                           str(chunk))[0] for _ in range(3)])

# The simulated converter, by its best of three runs.
title = "compare, fp32 -> bfp, 1024 x 1024"
print(f"\n{title:34}{'ms':>10}{'M elements/s':>14}{'cycles/group':>14}")
for format in "bfp4", "mxint8":
    runs = [compare(f"{dir}/X.npy", "--format", format, "--round", "stochastic")[0]
            for _ in range(3)]
    for i, engine in enumerate(runs[0]["engines"]):
        best = min((run["engines"][i] for run in runs), key=lambda e: e["seconds"])
        per_group = f"{best['cycles'] / runs[0]['groups']:.4f}" if best["cycles"] else ""
        name = f"{format} stochastic, {engine['engine']}"
        ms, rate = best["seconds"] * 1e3, best["elements_per_second"] / 1e6
        print(f"  {name:32}{ms:10.2f}{rate:14.1f}{per_group:>14}")
PYTHON
