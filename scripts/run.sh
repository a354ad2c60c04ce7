#!/usr/bin/env bash
# What `make run` does when everything is built: the study and its report, then trainings, on the
# RTL and in some recipes. Arguments go to `roundhouse study`. Exit code 1: an engine differs, or a run
# failed; 2: bad input.
set -euo pipefail
cd "$(dirname "$0")/.."
report=build/report
mkdir -p "$report"

code=0
build/roundhouse study --report "$report" "$@" > "$report/study.txt" || code=$?
[ "$code" -le 1 ] || exit "$code"
[ "$code" -eq 0 ] || grep -A 3 '^mismatch' "$report/study.txt"

scripts/report.py --report "$report" || code=$?
echo
echo "Trained a few steps, every product on the RTL and in the golden model"
scripts/train_rtl.py --quick || code=$?
echo
scripts/fast.py --quick || code=$?
echo
echo "The page:  $PWD/$report/index.html"
echo "The data:  $PWD/$report/report.json, report.csv"
exit "$code"
