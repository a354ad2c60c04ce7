#!/usr/bin/env bash
# What the tools say of the RTL as it is written, and whether one word names each unit everywhere.
#   verilator -Wall   every module as a top, with its default parameters and a few others
#   Yosys             reads and elaborates rh_gemm and the baselines: no warning, no latch
#   names             rtl/, sw/, verif/ and docs/ have every unit; rtl.f lists every file once
set -euo pipefail
cd "$(dirname "$0")/.."
fail=0
say() { echo "lint: $*" >&2; fail=1; }

mapfile -t files < <(grep '^rtl' rtl/rtl.f)
diff <(printf '%s\n' "${files[@]}" | sort) <(find rtl -name '*.sv' | sort) >&2 ||
  say "rtl/rtl.f and the files in rtl/ differ"
units=$(sed -n 's/^UNITS := //p' Makefile)
for unit in $units; do
  for place in rtl/$unit sw/$unit/$unit.hpp verif/$unit/${unit}_test.cpp docs/$unit.md; do
    [ -e "$place" ] || say "unit $unit has no $place"
  done
done
for folder in rtl/*/; do
  unit=$(basename "$folder")
  case " $units " in *" $unit "*) ;; *) say "rtl/$unit is not a unit of the Makefile" ;; esac
done

mapfile -t dirs < <(printf '%s\n' "${files[@]}" | xargs -n1 dirname | sort -u | sed 's/^/-y\n/')
baselines=(verif/baseline/*.sv)
dirs+=(-y verif/baseline)
check() {  # check TOP [-GName=Value ...]
  local top=$1; shift
  verilator --lint-only -Wall "$@" --top-module "$top" rtl/lint.vlt rtl/number/rh_pkg.sv \
    "${dirs[@]}" "$top.sv" >&2 || say "verilator -Wall complains about $top $*"
}
for file in "${files[@]}" "${baselines[@]}"; do
  top=$(basename "$file" .sv)
  [ "$top" = rh_pkg ] || check "$top"
done
check rh_gemm -GRows=1 -GCols=1 -GRequantizeLanes=1 -GConvertLanes=1
check rh_gemm -GRows=3 -GCols=5 -GLanes=4 -GRequantizeLanes=1 "-GCompressor=1'b1"
check rh_gemm -GRows=2 -GCols=4 "-GCompressor=1'b1" "-GCarrySave=1'b1"

# Unpacked arrays that become registers are meant to.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
read_rtl() {  # read_rtl TOP PARAMETERS FILES...: PARAMETERS as of chparam, or none
  local top=$1 parameters=$2; shift 2
  yosys -q -p "read_verilog -sv -noassert $*; ${parameters:+chparam $parameters $top;}
    hierarchy -check -top $top; proc; check -assert; select -assert-none t:\$dlatch*" \
    > "$log" 2>&1 || { cat "$log" >&2; say "Yosys cannot read $top"; }
  if grep -i warning "$log" | grep -v 'Replacing memory' >&2; then say "Yosys warns"; fi
}
read_rtl rh_gemm "-set Rows 2 -set Cols 4" "${files[@]}"
for top in rh_baseline_bf16_fma rh_baseline_bf16_dot; do
  read_rtl "$top" "" "${files[@]}" "${baselines[@]}"
done
exit $fail
