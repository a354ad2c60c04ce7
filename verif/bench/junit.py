"""What the test scripts share: options, and results as JUnit for scripts/test.py or as lines."""
import argparse
import xml.etree.ElementTree as ET


def parse_options(doc, only):
    """--only TEXT, and -o FILE for JUnit; what Catch2 binaries take besides is ignored."""
    parser = argparse.ArgumentParser(description=doc,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", metavar="FILE", help="write JUnit there")
    parser.add_argument("--only", metavar="TEXT", default="", help=only)
    return parser.parse_known_args()[0]


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
