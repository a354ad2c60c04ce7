#!/usr/bin/env python3
"""TEST RATIONALE. Proofs, gates and tables share the results of scripts/synth.py and run beside
each other. Two of them once wrote one folder and a proof found no netlist in it; so a job is asked for
by several at once, from nothing. Then what a result depends on, and what a failed job leaves.

Docs: docs/synthesis.md.
Example:  make test-synth
"""
import concurrent.futures
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "verif" / "bench")]
import junit  # noqa: E402
import synth  # noqa: E402

ROUND = synth.job("round", "rh_round", InW=16, DropW=12, OutW=4)
OPTIONS = synth.argparse.Namespace(library=pathlib.Path(synth.LIBRARY), jobs=1, verbose=False)


def expect(holds, text):
    if not holds:
        raise AssertionError(text)


def asked_at_once(folder):
    """Four runs: one does the work, each reads the netlist as soon as it has the result."""
    synth.OUT = folder

    def run(_):
        results, failed = synth.synthesize_all([ROUND], OPTIONS)
        expect(not failed, "a run failed")
        netlist = (synth.OUT / "round" / "n.v").read_text()
        expect("endmodule" in netlist, "a netlist without an end")
        return results[0], (synth.OUT / "round" / "result.json").stat().st_mtime_ns

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(run, range(4)))
    expect(found.count(found[0]) == 4, "the work was done more than once")
    expect(found[0][0]["cells"] > 0, "no cells")


def another_parameter(folder):
    """The same name with another parameter is another result; asked again it is not run again."""
    wide = dict(ROUND, parameters={"InW": 24, "DropW": 16, "OutW": 8})
    synth.OUT = folder
    sources, versions = synth.read_sources(), synth.check_tools({"osu018"}, OPTIONS.library)
    narrow, _ = synth.synthesize(sources, ROUND, versions, OPTIONS)
    result, seconds = synth.synthesize(sources, wide, versions, OPTIONS)
    expect(seconds is not None and result["cells"] > narrow["cells"], "the narrow one's result")
    expect(synth.synthesize(sources, wide, versions, OPTIONS) == (result, None), "run again")


def failed_job(folder):
    """A parameter that the module refuses: the result stays away, the logs stay, nothing else."""
    synth.OUT = folder
    bad = dict(ROUND, name="bad", parameters={"NoSuchParameter": 1})
    results, failed = synth.synthesize_all([bad], OPTIONS)
    expect(failed and not results, "it did not fail")
    left = sorted(path.name for path in folder.iterdir() if "bad" in path.name)
    expect(left == [".bad.lock", "bad.failed"], f"left behind: {left}")


CASES = [("a job asked for by four at once is done once", asked_at_once),
         ("another parameter is another result", another_parameter),
         ("a failed job leaves its logs and no result", failed_job)]


def main():
    options = junit.parse_options(__doc__, "cases named so")
    return junit.report("synth", junit.run_cases("synth", CASES, options.only), options.o)


if __name__ == "__main__":
    sys.exit(main())
