#!/usr/bin/env python3
"""Runs the test binaries in parallel and prints one closing line: N passed, N failed.

JUnit: <build>/junit/<unit>.xml, and all of them in <build>/junit/roundhouse.xml; or in --junit. A
binary that crashes, runs no test or writes no report counts as one failure. Output of a test is
shown when it fails.

Example:  scripts/test.py round float --jobs 2
"""
import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import inputs

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(build, junit, unit, seed):
    """Runs one binary, which counts its comparisons in <junit>/<unit>.compared; what it was run on
    is in <unit>.inputs. Returns (unit, testcase elements, seconds, console output)."""
    report = junit / f"{unit}.xml"
    report.unlink(missing_ok=True)
    command = [f"{build}/test/{unit}", "--warn", "NoAssertions", "--rng-seed", str(seed),
               "--durations", "no", "-r", "junit", "-o", str(report)]
    compared = junit / f"{unit}.compared"
    compared.unlink(missing_ok=True)
    (junit / f"{unit}.inputs").write_text(inputs.digest(unit) + "\n")
    environment = dict(os.environ, RH_COMPARED=str(compared))
    start = time.monotonic()
    try:
        process = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True,
                                 stderr=subprocess.STDOUT, errors="replace", check=False,
                                 env=environment)
        output, code = process.stdout, process.returncode
    except OSError as error:
        output, code = str(error), 127
    seconds = time.monotonic() - start

    try:
        cases = list(ET.parse(report).getroot().iter("testcase"))
    except (OSError, ET.ParseError):
        cases = []
    failed = any(failures(case) for case in cases)
    if not cases or (code != 0 and not failed):
        case = ET.Element("testcase", classname=unit, name=f"{unit}: the test binary runs",
                          time=f"{seconds:.3f}")
        text = f"exit code {code} with {len(cases)} test cases reported"
        ET.SubElement(case, "failure", message=text).text = output[-4000:]
        cases.append(case)
    return unit, cases, seconds, output


def failures(case):
    return [child for child in case if child.tag in ("failure", "error")]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("units", nargs="+", help="names of binaries in <build>/test/")
    parser.add_argument("--build", type=pathlib.Path, default="build", help="default: build")
    parser.add_argument("--junit", type=pathlib.Path, help="default: <build>/junit")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="default: all cores")
    parser.add_argument("--seed", type=int, default=1, help="of the random tests; default 1")
    options = parser.parse_args()

    build = ROOT / options.build
    junit = ROOT / (options.junit or build / "junit")
    junit.mkdir(parents=True, exist_ok=True)
    suites = ET.Element("testsuites")
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(run, build, junit, unit, options.seed) for unit in options.units]
        for job in concurrent.futures.as_completed(jobs):
            unit, cases, seconds, output = job.result()
            bad = [case for case in cases if failures(case)]
            passed += len(cases) - len(bad)
            failed += len(bad)
            suite = ET.SubElement(suites, "testsuite", name=unit, tests=str(len(cases)),
                                  failures=str(len(bad)), time=f"{seconds:.3f}")
            suite.extend(cases)
            verdict = "ok" if not bad else "FAILED"
            print(f"  {unit:<12} {len(cases):3d} tests {seconds:7.1f} s  {verdict}", flush=True)
            for case in bad:
                print(f"    {case.get('name')}")
                for failure in failures(case):
                    print(f"      {failure.get('message', '')} {(failure.text or '').strip()}")
            if bad and output.strip():
                print(output.rstrip()[-6000:])
    ET.ElementTree(suites).write(junit / "roundhouse.xml", encoding="utf-8", xml_declaration=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
