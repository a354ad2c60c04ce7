#!/usr/bin/env python3
"""TEST RATIONALE. Simulation tries the stalls it draws; some laws are proved for all of them. This
is the short part of the list in properties.py: a property of each kind, and its controls. A proof
that cannot fail proves nothing, so each control, a fault in the RTL, must refute its property.
The whole list is `make formal`. Whether a verdict is of the code that there is now is told by the
files that it depends on: all that the tools read must be among them.

Docs: docs/formal.md.
Example:  make test-formal        one property:  build/test/formal --only stream
"""
import concurrent.futures
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[0] / "bench")]
import formal  # noqa: E402
import junit  # noqa: E402
import properties  # noqa: E402


def case(job):
    """One test case: (name, seconds, failure text or None)."""
    name, item, place, control, want = job
    verdict, seconds, said = formal.attempt(item, place, control)
    if verdict != want:
        return name, seconds, f"{verdict}, not {want}\n{said}"
    forgotten = files_read(formal.engines.WORK / item["name"] / place) - {
        str(file) for file in formal.engines.files_of(item)}
    return name, seconds, f"not in its digest: {sorted(forgotten)}" if forgotten else None


def files_read(folder):
    """Our sources that the scripts of a proof name; copies in its folder are of those."""
    words = {word for script in folder.glob("*.ys") for word in script.read_text().split()}
    return {word for word in words if word.endswith(".sv") and not word.startswith(str(folder))}


def main():
    options = junit.parse_options(__doc__, "properties named so")
    jobs = []
    for item in properties.LIST:
        if item["fast"] and (options.only in item["name"] or options.only in item["law"]):
            name = f"{item['name']}: {item['law']}"
            jobs.append((f"formal: {name}", item, "proof", None, "proved"))
            for n, control in enumerate(item["controls"], 1):
                jobs.append((f"formal: fault {n} refutes {name}", item, f"control{n}", control,
                             "refuted"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return junit.report("formal", list(pool.map(case, jobs)), options.o)


if __name__ == "__main__":
    sys.exit(main())
