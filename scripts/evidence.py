#!/usr/bin/env python3
"""Puts what the tests, mutants, proofs and the rest have shown on one page.

Reads what the targets of the kit have left under build/ and writes build/report/evidence.html, and
with --docs docs/evidence.md as well. A result that is not there is shown as such, one that is wrong
is red, and each column names the command that makes it.

Examples:
  scripts/evidence.py                  build/report/evidence.html
  scripts/evidence.py --docs           docs/evidence.md, too

Exit code 0: the page is written, whatever it says; with --strict 1 when a part of it is not green.
"""
import argparse
import collections
import html
import json
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as ET

import inputs
import mutate
import synth

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "verif" / "coverage"))
import coverage  # noqa: E402
sys.path.insert(0, str(ROOT / "verif" / "formal"))
import formal  # noqa: E402
BUILD = ROOT / "build"
EVIDENCE = BUILD / "evidence"

# state: good, bad, or none (nothing measured, or nothing to measure).
Cell = collections.namedtuple("Cell", "text state")
NOTHING = Cell("not run", "none")
OTHER = " (of other code)"  # measured, but not on what there is now


def current(cell, recorded, now):
    """The cell, if it was measured on what there is now."""
    return cell if recorded == now else Cell(cell.text + OTHER,
                                             "bad" if cell.state == "bad" else "none")


def units():
    text = subprocess.run(["make", "-s", "print-units"], cwd=ROOT, text=True, check=True,
                          stdout=subprocess.PIPE).stdout
    return text.split()


def read_all(topic):
    """Every result of a topic, by the name of its file."""
    found = {}
    for path in sorted((EVIDENCE / topic).glob("*.json")):
        try:
            found[path.stem] = json.loads(path.read_text())
        except ValueError as error:
            raise ValueError(f"{path.relative_to(ROOT)}: {error}") from error
    return found


def junit(path):
    """(passed, failed) of a JUnit file, or None."""
    try:
        cases = list(ET.parse(path).getroot().iter("testcase"))
    except (OSError, ET.ParseError):
        return None
    failed = sum(case.find("failure") is not None or case.find("error") is not None
                 for case in cases)
    return len(cases) - failed, failed


def tested(folder, unit):
    result = junit(folder / f"{unit}.xml")
    if result is None:
        return NOTHING
    passed, failed = result
    text = f"{passed} passed" + (f", {failed} failed" if failed else "")
    return current(Cell(text, "good" if passed and not failed else "bad"), run_on(folder, unit),
                   inputs.digest(unit))


def run_on(folder, unit):
    """The digest that scripts/test.py left."""
    try:
        return (folder / f"{unit}.inputs").read_text().strip()
    except OSError:
        return None


# ---- the columns: unit -> Cell -------------------------------------------------------------------
def column_tests(unit):
    return tested(BUILD / "junit", unit)


def column_compared(unit):
    try:
        count = int((BUILD / "junit" / f"{unit}.compared").read_text())
    except (OSError, ValueError):
        return NOTHING
    return Cell(f"{count:,}", "good")


def mutants(killed, equivalent, survived, unknown, none):
    total = killed + equivalent + survived + unknown
    if total == 0:
        return Cell(none, "none")
    text = f"{killed:,} / {equivalent:,} / {survived:,} / {unknown:,}"
    return Cell(text, "good" if survived + unknown == 0 else "bad")


def column_rtl_mutants(unit):
    models = {row[1]: row for row in mutate.read_models(mutate.HERE / "models.txt")
              if row[0] == unit}
    if not models:
        return Cell("nothing to mutate", "none")
    rows = [row for name, row in read_all("mutate").items() if name in models]
    if not rows:
        return NOTHING
    keys = {item["model"]: mutate.key_of(item) for item in mutate.read_items([unit], [])}
    old = sum(row["key"] != keys[row["model"]] for row in rows)
    cell = mutants(*(sum(row[key] for row in rows) for key in (
        "killed", "equivalent", "survived", "unknown")), "nothing to mutate")
    if len(rows) == len(models) and not old:
        return cell
    text = f"{cell.text} ({len(rows)} of {len(models)} models" + (
        f", {old} of other code)" if old else ")")
    return Cell(text, "bad" if cell.state == "bad" else "none")


def column_golden_mutants(unit):
    row = read_all("golden").get(unit)
    if row is None:
        return NOTHING
    cell = mutants(row["killed"], row["equivalent"], row["survived"], 0, "nothing to mutate")
    return current(cell, row.get("inputs"), inputs.digest(unit, ("sw", "verif")))


def column_coverage(unit):
    row = read_all("coverage").get(unit)
    if row is None:
        return NOTHING
    n = coverage.totals(row)
    if not n["goals"]:
        return Cell("nothing to count", "none")
    open_goals = n["missed"] + n["unknown"]
    text = (f"{n['goals']:,} goals, {n['proved']:,} proved, {n['missed']:,} missed, "
            f"{n['unknown']:,} unknown")
    return current(Cell(text, "bad" if open_goals else "good"), row.get("inputs"),
                   inputs.digest(unit))


def column_cpp(unit):
    row = read_all("coverage").get(unit)
    if row is None:
        return NOTHING
    n = coverage.totals(row)
    if not n["lines"]:
        return Cell("no C++", "none")
    return Cell(f"{share(n, 'lines')} lines, {share(n, 'branches')} branches", "")


def share(n, what):
    return f"{100 * (n[what] - n[what + '_missed']) / max(n[what], 1):.1f} %"


def column_gates(unit):
    return tested(BUILD / "gates" / "junit", unit)


def column_unknown(unit):
    """Random bits where nothing was written: the tests, once a seed."""
    paths = list((BUILD / "unknown" / "junit").glob(f"*/{unit}.xml"))
    results = [junit(path) for path in paths]
    if not results:
        return NOTHING
    bad = sum(result is None or result[1] != 0 or result[0] == 0 for result in results)
    text = f"{len(results)} seeds" + (f", {bad} failed" if bad else "")
    now = inputs.digest(unit)
    same = all(run_on(path.parent, unit) == now for path in paths)
    return current(Cell(text, "bad" if bad else "good"), same, True)


def column_four_states(unit):
    rows = [row for row in read_all("unknown").values() if row["unit"] == unit]
    if not rows:
        return NOTHING
    leaks = sum(row["unknown"] for row in rows)
    blind = sum(row["unknown_without_reset"] == 0 for row in rows)
    cycles = sum(row["cycles"] for row in rows)
    text = f"{len(rows)} model{'s' * (len(rows) != 1)}, {cycles:,} cycles, {leaks} x"
    now = inputs.digest(unit, ("rtl",))
    same = all(row.get("inputs") == now for row in rows)
    return current(Cell(text, "bad" if leaks or blind else "good"), same, True)


COLUMNS = [
    ("tests", "make test", column_tests),
    ("comparisons", "make test", column_compared),
    ("golden mutants", "make mutate-golden", column_golden_mutants),
    ("RTL mutants", "make mutate", column_rtl_mutants),
    ("coverage of the RTL", "make coverage", column_coverage),
    ("coverage of the golden model", "make coverage", column_cpp),
    ("gate level", "make gates", column_gates),
    ("random start", "make unknown", column_unknown),
    ("four states", "make unknown", column_four_states),
]


# ---- lists beside the units ----------------------------------------------------------------------
def proofs():
    """(heads, rows) of the properties of the list."""
    rows, found = [], read_all("formal")
    for item in formal.properties.LIST:
        row = found.get(item["name"])
        law = [Cell(item["name"], ""), Cell(f"{item['law']} ({item['module']})", ""),
               Cell(item["engine"], ""), Cell(formal.depth(item), "")]
        if row is None:
            rows.append(law + [NOTHING, Cell("", ""), Cell("", "")])
            continue
        state = "bad" if not row["as_it_should_be"] else (
            "good" if row["result"] == "proved" else "none")
        refuted = sum(control["result"] == "refuted" for control in row["controls"])
        rows.append(law + [
            current(Cell(row["result"], state), row.get("inputs"), formal.digest(item)),
            Cell(f"{refuted} of {len(row['controls'])}", ""), Cell(f"{row['seconds']:.0f}", "")])
    return ["name", "property", "engine", "depth", "result", "controls refuted", "s"], rows


def fuzzed():
    rows = []
    for name, row in read_all("fuzz").items():
        state = "good" if row["failures"] == 0 else "bad"
        rows.append([Cell(name, ""), Cell(f"{row['executions']:,}", ""),
                     Cell(f"{row['failures']}", state), Cell(f"{row['seconds']:.0f}", "")])
    return ["harness", "executions", "failures", "s"], rows


def regressions():
    rows = []
    for name, row in read_all("regress").items():
        totals = row["totals"]
        bad = totals["mismatches"] or totals["failed_cases"]
        counts = [f"{totals[key]:,}" for key in ("cases", "compared", "tiles", "vectors")]
        rows.append([Cell(name, ""), Cell(row["seeds"], "")] + [Cell(n, "") for n in counts] +
                    [Cell(f"{totals['mismatches']:,}", "bad" if bad else "good"),
                     Cell(f"{row['seconds']:.0f}", "")])
    return ["run", "seeds", "cases", "values compared", "tiles", "vectors of cells", "mismatches",
            "s"], rows


LISTS = [
    ("Proofs", "make formal", proofs,
     "Of every property, faults in the RTL must refute it (controls)."),
    ("Bad input", "make fuzz", fuzzed, "Under AddressSanitizer and UndefinedBehaviorSanitizer."),
    ("Random configurations", "make regress", regressions, "Golden model against every engine."),
]
NOTES = ("Mutants: killed / equivalent / survived / unknown. Comparisons are those of the tests' "
         "checkers; most tests compare whole words at once.")


# ---- writing -------------------------------------------------------------------------------------
def gather():
    table = [[Cell(unit, "")] + [column(unit) for _, _, column in COLUMNS] for unit in units()]
    return table, [(title, command, *make(), note) for title, command, make, note in LISTS]


def markdown_row(cells):
    return "| " + " | ".join(cells) + " |"


def markdown(table, lists):
    heads = ["unit"] + [name for name, _, _ in COLUMNS]
    lines = ["# Evidence", "", "Written by `make evidence` from what the targets below have left "
             "in build/.", "What is not green is marked: **bold** is wrong, *italic* was not "
             "measured. " + NOTES, "", markdown_row(heads), markdown_row(["---"] * len(heads))]
    lines += [markdown_row([marked(cell) for cell in row]) for row in table]
    lines += ["", "Commands: " + "; ".join(
        f"{name}: `{command}`" for name, command, _ in COLUMNS) + ".", ""]
    for title, command, heads, rows, note in lists:
        lines += [f"## {title}", "", f"`{command}`. {note}", ""]
        if rows:
            lines += [markdown_row(heads), markdown_row(["---"] * len(heads))]
            lines += [markdown_row([marked(cell) for cell in row]) for row in rows]
        else:
            lines.append("*Not run.*")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def marked(cell):
    text = cell.text.replace("|", "\\|")
    return f"**{text}**" if cell.state == "bad" else f"*{text}*" if cell.state == "none" else text


STYLE = """body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 75em;
  padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: 1em 0 } th, td { padding: .3em .7em; text-align: left;
  border-bottom: 1px solid #ddd; font-variant-numeric: tabular-nums }
th small { display: block; font-weight: normal; color: #777 }
td.good { background: #e6f4e6 } td.bad { background: #f8c9c4; font-weight: bold }
td.none { background: #f2f2f2; color: #777 }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd }
  th, td { border-color: #444 } td.good { background: #1d3a1d } td.bad { background: #6b1f1a }
  td.none { background: #2a2a2a; color: #999 } }"""


def html_table(heads, rows):
    lines = ["<table><tr>" + "".join(
        f"<th>{html.escape(name)}" + (f"<small><code>{html.escape(command)}</code></small>"
                                      if command else "") + "</th>"
        for name, command in heads) + "</tr>"]
    for row in rows:
        lines.append("<tr>" + "".join(
            f'<td class="{cell.state}">{html.escape(cell.text)}</td>' for cell in row) + "</tr>")
    return "\n".join(lines + ["</table>"])


def page(table, lists):
    parts = [f"<!doctype html><html lang=en><meta charset=utf-8><title>Roundhouse: evidence</title>"
             f"<style>{STYLE}</style>", "<h1>Evidence</h1>",
             "<p>Green: as it should be. Red: wrong. Grey: not measured. "
             f"{html.escape(NOTES)}</p>",
             html_table([("unit", "")] + [(name, command) for name, command, _ in COLUMNS], table)]
    for title, command, heads, rows, note in lists:
        parts.append(f"<h2>{title}</h2><p><code>{command}</code>. {html.escape(note)}</p>")
        parts.append(html_table([(head, "") for head in heads], rows) if rows
                     else "<p>Not run.</p>")
    return "\n".join(parts) + "</html>\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", action="store_true", help="write docs/evidence.md as well")
    parser.add_argument("--strict", action="store_true", help="exit 1 when anything is not green")
    options = parser.parse_args()
    try:
        table, lists = gather()
    except (ValueError, KeyError) as error:
        print(f"evidence: {error}", file=sys.stderr)
        return 2
    target = BUILD / "report" / "evidence.html"
    synth.write(target, page(table, lists))
    print(f"  evidence {target.relative_to(ROOT)}")
    if options.docs:
        synth.write(ROOT / "docs" / "evidence.md", markdown(table, lists))
        print("  evidence docs/evidence.md")
    cells = [cell for row in table for cell in row]
    cells += [cell for _, _, _, rows, _ in lists for row in rows for cell in row]
    bad = sum(cell.state == "bad" for cell in cells)
    missing = sum(cell.state == "none" for cell in cells)
    print(f"  evidence {bad} wrong, {missing} not measured")
    return 1 if options.strict and (bad or missing) else 0


if __name__ == "__main__":
    sys.exit(main())
