#!/bin/sh
# Asks the peers that install from the Python package index what `placet bench phi` asks: the same texts, the same
# machine, processor time. Usage: bench/phi/run.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${PLACET_BENCH_VENV:-$(mktemp -d)/venv}
[ -d "$venv" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet scrubadub==2.0.1 presidio-analyzer==2.2.360
"$venv/bin/python" "$here/peers.py"
