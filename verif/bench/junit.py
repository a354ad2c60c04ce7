"""What the test scripts share: options, and results as JUnit for scripts/test.py or as lines."""
import argparse
import pathlib
import tempfile
import time
import xml.etree.ElementTree as ET


def parse_options(doc, only):
    """--only TEXT, and -o FILE for JUnit; what Catch2 binaries take besides is ignored."""
    parser = argparse.ArgumentParser(description=doc,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", metavar="FILE", help="write JUnit there")
    parser.add_argument("--only", metavar="TEXT", default="", help=only)
    return parser.parse_known_args()[0]


def run_cases(unit, cases, only):
    """Results of (name, function) whose name has `only` in it; a function gets an empty folder, and
    has failed when it throws."""
    results = []
    for name, case in cases:
        if only not in name:
            continue
        start, failure = time.monotonic(), None
        with tempfile.TemporaryDirectory() as folder:
            try:
                case(pathlib.Path(folder))
            except Exception as error:  # pylint: disable=broad-except
                failure = f"{type(error).__name__}: {error}"
        results.append((f"{unit}: {name}", time.monotonic() - start, failure))
    return results


def report(unit, results, file):
    """results: (name, seconds, failure text or None). Returns the exit code."""
    suite = ET.Element("testsuite", name=unit, tests=str(len(results)))
    for name, seconds, failure in results:
        case = ET.SubElement(suite, "testcase", classname=unit, name=name, time=f"{seconds:.3f}")
        if failure:
            ET.SubElement(case, "failure", message=failure.splitlines()[0]).text = failure
        if failure or not file:
            print(f"{'FAILED' if failure else 'ok':<7}{seconds:6.1f} s  {name}  {failure or ''}")
    if file:
        ET.ElementTree(suite).write(file, encoding="utf-8", xml_declaration=True)
    return 1 if any(failure for *_, failure in results) else 0
