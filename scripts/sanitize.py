#!/usr/bin/env python3
"""Runs the sanitized test binaries once; the result goes to build/evidence/sanitize/tests.json.

What a sanitizer finds ends its program with exit code 99, which no test takes for its own. Exit
code 1 when a test fails, 2 for bad usage.

Example:  make sanitize        one unit:  make VARIANT=sanitize test-tensor
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
OPTIONS = {
    "ASAN_OPTIONS": "exitcode=99:detect_leaks=1:strict_string_checks=1:"
                    "check_initialization_order=1",
    "UBSAN_OPTIONS": "exitcode=99:print_stacktrace=1",
    "LSAN_OPTIONS": f"exitcode=99:suppressions={ROOT}/scripts/leaks.supp:print_suppressions=0",
}
LEFT_OUT = {"formal": "a script around Yosys: runs no C++ of ours",
            "fault": "builds its engines itself; of our C++ it runs what the tests of cli run",
            "synth": "a script around Yosys: runs no C++ of ours",
            "fast": "of our C++ it runs what the tests of cli run"}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("units", nargs="+", help="names of binaries in build/sanitize/test/")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/evidence/sanitize",
                        help="folder for the result; default build/evidence/sanitize")
    options = parser.parse_args()

    start = time.monotonic()
    process = subprocess.Popen([ROOT / "scripts/test.py", "--build", "build/sanitize",
                                *options.units], cwd=ROOT, env={**os.environ, **OPTIONS}, text=True,
                               stdout=subprocess.PIPE, errors="replace")
    output = ""
    for line in process.stdout:
        print(line, end="", flush=True)
        output += line
    code = process.wait()
    units = [{"unit": unit, "tests": int(tests), "seconds": float(seconds), "ok": verdict == "ok"}
             for unit, tests, seconds, verdict in
             re.findall(r"^  (\w+) +(\d+) tests +([\d.]+) s  (ok|FAILED)$", output, re.MULTILINE)]
    found = re.findall(r"^(\d+) passed, (\d+) failed$", output, re.MULTILINE)
    passed, failed = map(int, found[-1]) if found else (0, 0)
    result = {"command": "make sanitize", "seconds": round(time.monotonic() - start, 1),
              "sanitizers": ["address", "leak", "undefined"], "passed": passed, "failed": failed,
              "reports": len(re.findall(r"(?:Address|Leak)Sanitizer: |: runtime error: ", output)),
              "units": units, "left_out": LEFT_OUT}
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / "tests.json"
    temporary = file.with_suffix(".tmp")
    temporary.write_text(json.dumps(result, indent=2) + "\n")
    temporary.replace(file)
    return 1 if code or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
