#!/usr/bin/env bash
# What `make run` does when everything is built: the study, then the report. Arguments go to
# `roundhouse study`. Exit codes are the study's: 1 when an engine differs, 2 for bad input.
set -euo pipefail
cd "$(dirname "$0")/.."
report=build/report
mkdir -p "$report"

code=0
build/roundhouse study --report "$report" "$@" > "$report/study.txt" || code=$?
[ "$code" -le 1 ] || exit "$code"
[ "$code" -eq 0 ] || grep -A 3 '^mismatch' "$report/study.txt"

scripts/report.py --report "$report" || code=$?
echo "The page:  $PWD/$report/index.html"
echo "The data:  $PWD/$report/report.json, report.csv"
exit "$code"
