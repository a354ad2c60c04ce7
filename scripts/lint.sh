#!/usr/bin/env bash
# What the tools say of the RTL as it is written, and whether one word names each unit everywhere.
#   verilator -Wall   every module as a top, with its default parameters and a few others
#   Yosys             reads and elaborates rh_gemm, rh_gemm_bfp and the baselines: no warning, no latch
#   bounds            parameters that break a bound are refused with the sentence that names it
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
check rh_precision -GExponentW=8 -GWindow=31
check rh_precision -GLanes=1 -GMagnitudeW=2 -GDropW=1 -GExponentW=1 -GWindow=1 -GFractionW=1
check rh_precision -GMagnitudeW=8 -GDropW=5 -GExponentW=2 -GWindow=2 -GThresholdW=1 -GFractionW=5
check rh_precision_convert "-GWatch=1'b0"
check rh_precision_convert "-GMostNegative=1'b1" "-GBump=1'b1" -GCodeW=8 -GCounterW=0
check rh_precision_convert "-GRunTime=1'b0" "-GConfig=45'hc0800f0fe81" "-GOutputRegister=1'b0" \
  -GMagnitudeW=4 -GLanes=3 -GExponentW=8 -GWindow=3
check rh_gemm -GRows=1 -GCols=1 -GRequantizeLanes=1 -GConvertLanes=1
check rh_gemm -GRows=3 -GCols=5 -GLanes=4 -GRequantizeLanes=1 "-GCompressor=1'b1"
check rh_gemm -GRows=2 -GCols=4 "-GCompressor=1'b1" "-GCarrySave=1'b1"
check rh_gemm_bfp -GRows=2 -GCols=3 -GChunkW=4 -GExponentW=3 -GAccW=56 "-GCompressor=1'b1"
check rh_gemm_bfp -GRows=1 -GCols=1 -GChunkW=8 -GExponentW=5 -GAccW=96 "-GFastSim=1'b1"
check rh_gemm_bfp -GRows=3 -GCols=2 -GExponentW=8 -GAccW=32 "-GFp32=1'b1" -GNormalizeLanes=1
check rh_baseline_fma -GSignificandW=24
check rh_baseline_add -GSigW=48

refused() {  # refused SENTENCE TOP -GName=Value...
  local sentence=$1 top=$2 said; shift 2
  said=$(verilator --lint-only -Wno-lint -Wno-style "$@" --top-module "$top" rtl/lint.vlt \
    rtl/number/rh_pkg.sv "${dirs[@]}" "$top.sv" 2>&1) && say "$top takes $*"
  grep -qF "$sentence" <<< "$said" || say "$top does not say '$sentence' of $*"
}
block=("-GSignMagnitude=1'b1" -GLanes=16 -GWidth=3 -GExponentAW=3 -GExponentBW=3 -GMaxShift=14)
refused "ExponentAW and ExponentBW must be positive with SignMagnitude" rh_mac -GExponentAW=3
refused "AccW must be InW + MaxShift + 2 or more" rh_mac "${block[@]}" -GAccW=24
refused "CarrySave must be 0 with SignMagnitude" rh_mac "${block[@]}" "-GCarrySave=1'b1"
refused "Fp32 takes SignMagnitude and AccW = 32" rh_mac "${block[@]}" "-GFp32=1'b1" -GAccW=40
refused "WidthB must be Width without SignMagnitude" rh_dot -GWidthB=3
refused "Rows must be 1 with SignMagnitude" rh_dot "-GSignMagnitude=1'b1" -GWidth=3 -GRows=2
refused "1 .. 8 magnitude bits" rh_dot "-GSignMagnitude=1'b1" -GWidth=10
refused "AccW must lie in 12 .. 96" rh_normalize -GAccW=97
refused "DropW in 1 .. it - 1" rh_precision -GDropW=4
refused "Window in 1 .. 2^ExponentW - 1" rh_precision -GWindow=16
refused "AccW 96 or less" rh_precision -GExponentW=8 -GWindow=71
refused "FractionW - DropW in 0 .. ThresholdW" rh_precision -GFractionW=19
refused "CodeW must be MagnitudeW or less" rh_precision_convert -GMagnitudeW=3
refused "MagnitudeW ChunkW .. 8" rh_gemm_bfp -GMagnitudeW=9
refused "ExponentW must lie in 1 .. 5, with Fp32 in 1 .. 8" rh_gemm_bfp -GExponentW=6
refused "NormalizeLanes must divide Cols" rh_gemm_bfp -GNormalizeLanes=3
refused "NormalizeLanes must divide Cols" rh_gemm_bfp -GCols=4 -GNormalizeLanes=3
refused "Lanes must lie in 1 .. 64" rh_gemm_bfp -GLanes=65 "-GFastSim=1'b1"
refused "AccW must be InW + MaxShift + 2 or more" rh_gemm_bfp -GAccW=48
refused "RequantizeLanes must divide Cols" rh_gemm -GRequantizeLanes=3
refused "SignificandW must be 8 or 24" rh_baseline_fma -GSignificandW=11
refused "SigW must lie in 2 .. 25 or 27 .. 48" rh_baseline_add -GSigW=26
refused "Depth at least MaxTake + 1" rh_gemm_fifo -GMaxTake=2

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
read_rtl rh_gemm_bfp "-set Rows 2 -set Cols 3" "${files[@]}"
read_rtl rh_baseline_fma "" "${files[@]}" "${baselines[@]}"
read_rtl rh_baseline_fma "-set SignificandW 24" "${files[@]}" "${baselines[@]}"
read_rtl rh_baseline_bf16_dot "" "${files[@]}" "${baselines[@]}"
exit $fail
