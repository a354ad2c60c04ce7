#!/usr/bin/env bash
# Installs the Debian packages that are missing, when it may; else prints the one line to type.
#   scripts/setup.sh [NAME...]    NAME: packages that a target needs beside those of every build
set -euo pipefail
packages=(
  clang g++ make ccache python3                      # building
  verilator zlib1g-dev                               # RTL: simulation, waves
  yosys opensta qflow-tech-osu018                    # RTL: synthesis, timing
  nextpnr-ice40 fpga-icestorm                        # RTL: FPGA
  catch2 libcli11-dev nlohmann-json3-dev libtomlplusplus-dev # C++ libraries
  libopenblas-dev libdnnl-dev                        # FP32 products, oracles, benchmarks
)
packages+=("$@")
missing=()
for p in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0

install="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" = 0 ]; then
  as=(bash -c)
elif sudo -n true 2>/dev/null; then
  as=(sudo -n bash -c)
else
  echo "These Debian packages are missing; type:" >&2
  echo "  sudo sh -c '$install'" >&2
  exit 1
fi
echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as[@]}" "$install" > /tmp/roundhouse-setup.log 2>&1 || {
  tail -20 /tmp/roundhouse-setup.log >&2
  echo "setup: apt-get failed; the whole log is in /tmp/roundhouse-setup.log" >&2
  exit 1
}
