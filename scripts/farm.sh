#!/usr/bin/env bash
# Runs a regression as a Slurm job array, merges its shards and checks that the result is that of a
# local run, byte for byte; and so with GNU parallel, where it is installed.
#
#   scripts/farm.sh [--seeds A:B] [--shards N] [--engines SET] [--out DIR] [--program FILE]
#
# Takes the Slurm that answers; where none does, starts one of this machine alone in a private
# directory, with a munged of its own, and stops all of it again, whatever happens. Needs Debian's
# slurm-wlm and munge (scripts/setup.sh slurm-wlm munge). Result: DIR/merged.json, and
# DIR/farm.json with what it took.
# Example:  scripts/farm.sh --seeds 0:559 --shards 8 --engines build
# Exit codes: 0 equal and no mismatch, 1 a mismatch or another result than the local run, 2 bad
# usage or no Slurm.
set -euo pipefail
cd "$(dirname "$0")/.."
seeds=0:559 shards=8 engines=build out=build/evidence/regress/farm program=build/roundhouse
while [ $# -gt 0 ]; do
  case "$1" in
    --seeds | --shards | --engines | --out | --program)
      [ $# -ge 2 ] || { echo "farm: $1 has no value" >&2; exit 2; }
      printf -v "${1#--}" %s "$2"
      shift 2 ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \?//;p}' "$0"; exit 0 ;;
    *) echo "farm: $1 is unknown; scripts/farm.sh --help" >&2; exit 2 ;;
  esac
done
[[ $shards =~ ^[1-9][0-9]{0,3}$ ]] || { echo "farm: --shards is '$shards'; it is 1..9999" >&2; exit 2; }
[ -x "$program" ] || { echo "farm: there is no $program; type: make build" >&2; exit 2; }

private='' job=''
daemons=()
finish() {
  local code=$?
  trap - EXIT INT TERM HUP
  if [ -n "$job" ] && scancel "$job" 2>/dev/null; then
    for _ in {1..50}; do [ -n "$(squeue -h -j "$job" 2>/dev/null)" ] || break; sleep 0.2; done
  fi
  for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do  # the last one started goes first
    kill "${daemons[i]}" 2>/dev/null || true
    for _ in {1..100}; do kill -0 "${daemons[i]}" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "${daemons[i]}" 2>/dev/null || true
    wait "${daemons[i]}" 2>/dev/null || true
  done
  if [ -n "$private" ]; then
    for environ in /proc/[0-9]*/environ; do  # tasks that outlived the daemons
      grep -qsxzF "SLURM_CONF=$private/slurm.conf" "$environ" || continue
      environ=${environ#/proc/}
      kill -KILL "${environ%/environ}" 2>/dev/null || true
    done
    if [ "$code" -gt 1 ]; then tail -n 5 "$private"/*.log >&2 2>/dev/null || true; fi
    rm -rf "$private"
  fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

start() {  # start NAME COMMAND...: a child in a session of its own, which ^C does not reach
  local name=$1; shift
  setsid "$@" > "$private/$name.log" 2>&1 &
  daemons+=($!)
}
until_true() {  # until_true WHAT COMMAND...: within 30 seconds
  local what=$1; shift
  for _ in {1..150}; do
    "$@" > /dev/null 2>&1 && return
    sleep 0.2
  done
  echo "farm: $what did not come up" >&2
  exit 2
}
node_is_up() { sinfo -h -o %T | grep -qE '^(idle|mixed|allocated)'; }
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])'
}

start_slurm() {
  for tool in sbatch slurmctld slurmd munged; do
    PATH="$PATH:/usr/sbin" command -v $tool > /dev/null ||
      { echo "farm: no Slurm answers and $tool is not installed; type: scripts/setup.sh slurm-wlm munge" >&2
        exit 2; }
  done
  PATH="$PATH:/usr/sbin"
  private=$(mktemp -d)
  chmod 755 "$private"
  local host user
  host=$(hostname -s) user=$(id -un)
  mkdir "$private/state" "$private/spool" "$private/munge"
  dd if=/dev/urandom of="$private/munge/key" bs=1024 count=1 2>/dev/null
  chmod 400 "$private/munge/key"
  cat > "$private/slurm.conf" <<CONF
ClusterName=roundhouse
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$private/munge/socket
StateSaveLocation=$private/state
SlurmdSpoolDir=$private/spool
SlurmctldPidFile=$private/slurmctld.pid
SlurmdPidFile=$private/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MailProg=/bin/true
ReturnToService=2
MaxArraySize=10001
MaxJobCount=20000
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=2,sched_min_interval=0,bf_interval=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=local Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
  export SLURM_CONF="$private/slurm.conf"
  start munged munged --foreground --force --key-file="$private/munge/key" \
    --socket="$private/munge/socket" --pid-file="$private/munge/pid" \
    --log-file="$private/munged_file.log" --seed-file="$private/munge/seed"
  until_true munged test -S "$private/munge/socket"
  start slurmctld slurmctld -D
  until_true slurmctld scontrol ping
  start slurmd slurmd -D -N "$host"
  until_true slurmd node_is_up
}

began=$(date +%s.%N)
if command -v sinfo > /dev/null && timeout 10 sinfo -h > /dev/null 2>&1; then
  where="the Slurm that runs"
else
  where="a Slurm of one node"
  start_slurm
fi
up=$(date +%s.%N)

rm -rf "$out"
mkdir -p "$out/log"
out=$(cd "$out" && pwd)
export SEEDS=$seeds SHARDS=$shards ENGINES=$engines OUT=$out PROGRAM=$program
echo "farm: $seeds in $shards shards on $where"
job=$(sbatch --parsable --array="1-$shards" --chdir="$PWD" --output="$out/log/%a.txt" \
  scripts/farm/roundhouse.sbatch) || { echo "farm: sbatch refuses" >&2; exit 2; }
job=${job%%;*}
while [ -n "$(squeue -h -j "$job" 2>/dev/null)" ]; do sleep 0.5; done
job=''
done_=$(date +%s.%N)

files=()
for ((i = 1; i <= shards; i++)); do
  if [ ! -f "$out/${i}_of_$shards.json" ]; then
    echo "farm: shard $i/$shards left no report:" >&2
    cat "$out/log/$i.txt" >&2 || true
    exit 1
  fi
  files+=("$out/${i}_of_$shards.json")
done
code=0
"$program" merge --json "$out/merged.json" --junit "$out/merged.xml" "${files[@]}" \
  "${files[@]/%.json/.xml}" || code=$?
[ $code -le 1 ] || exit 1
"$program" regress --quiet --engines "$engines" --seeds "$seeds" --json "$out/local.json" \
  > /dev/null || [ $? = 1 ]
"$program" merge --quiet --json "$out/local_merged.json" "$out/local.json" > /dev/null || [ $? = 1 ]
cmp "$out/merged.json" "$out/local_merged.json" ||
  { echo "farm: the merged report is not that of the local run" >&2; exit 1; }
by_parallel=null
if command -v parallel > /dev/null; then
  before=$(date +%s.%N)
  mkdir "$out/parallel"
  parallel --will-cite "$program regress --quiet --engines $engines --seeds $seeds \
    --shard {}/$shards --json $out/parallel/{}.json > /dev/null || [ \$? = 1 ]" ::: $(seq "$shards")
  by_parallel="$(date +%s.%N) - $before"
  "$program" merge --quiet --json "$out/parallel_merged.json" "$out"/parallel/*.json > /dev/null ||
    [ $? = 1 ]
  cmp "$out/merged.json" "$out/parallel_merged.json" ||
    { echo "farm: the report of GNU parallel is not that of Slurm" >&2; exit 1; }
fi
python3 - "$out" "$seeds" "$shards" "$engines" "$began" "$up" "$done_" "$by_parallel" <<'PYTHON'
import json, pathlib, sys
out, seeds, shards, engines, began, up, done, parallel = sys.argv[1:]
end, _, start = parallel.partition(" - ")
out = pathlib.Path(out)
merged = json.loads((out / "merged.json").read_text())
local = json.loads((out / "local.json").read_text())
(out / "farm.json").write_text(json.dumps({
    "command": f"scripts/farm.sh --seeds {seeds} --shards {shards} --engines {engines}",
    "seconds": round(float(done) - float(began), 1),
    "start_seconds": round(float(up) - float(began), 1), "shards": int(shards), "seeds": seeds,
    "local_seconds": local["timing"]["seconds"],
    "parallel_seconds": round(float(end) - float(start), 1) if start else None,
    "equal_to_local": True,
    "digest": merged["digest"], "totals": merged["totals"]}, indent=1) + "\n")
PYTHON
echo "farm: equal to the local run; $out/farm.json"
exit $code
