#!/usr/bin/env bash
# The figures of docs/bench.md: the golden library beside memcpy and oneDNN, then the verilated
# array on one product. BENCH_SIZE=512 is the size of that product.
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
for name in "AB":
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }" % (size, size)
    header = header.ljust(117) + "\n"  # 10 + 118 bytes: the data begin at a multiple of 64
    values = array.array("f", (random.gauss(0, 1) for _ in range(size * size)))
    with open(f"{dir}/{name}.npy", "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
        values.tofile(file)

command = ["build/roundhouse", "compare", f"{dir}/A.npy", f"{dir}/B.npy", "--format", "int8"]
start = time.monotonic()
status = subprocess.run(command + ["--json", f"{dir}/compare.json", "--quiet"]).returncode
wall = time.monotonic() - start
if status:
    sys.exit(f"bench: roundhouse compare exited with {status}")

report = json.load(open(f"{dir}/compare.json"))
print(f"\n{f'compare, {size} x {size} x {size}':34}{'ms':>10}{'M MAC/s':>14}{'utilisation':>14}")
for engine in report["engines"]:
    array = engine["array"]
    name = engine["engine"]
    if engine["multiply_cycles"]:
        name += f", {array['rows']} x {array['cols']} x {array['lanes']} array"
    used = f"{engine['utilization']:.4f}" if engine["multiply_cycles"] else ""
    ms, rate = engine["seconds"] * 1e3, engine["macs_per_second"] / 1e6
    print(f"  {name:32}{ms:10.2f}{rate:14.1f}{used:>14}")
print(f"  {'whole program':32}{wall * 1e3:10.2f}{size**3 / wall / 1e6:14.1f}")
PYTHON
