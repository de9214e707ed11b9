#!/bin/sh
# `placet bench decide` and two peers, one after the other on one machine: DuckDB answering the
# waterfall in SQL, and the cedar-policy crate deciding in process. Peers are not part of what
# ships; the first run fetches them.
#
#   bench/peers/run.sh [path to placet]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
placet=${1:-"$here/../../target/release/placet"}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$placet" bench decide --runs 5 --json | tee "$work/placet.jsonl" | grep '"what"'

python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install duckdb
"$work/venv/bin/python" "$here/waterfall.py" "$work/placet.jsonl"

(cd "$here/cedar" && cargo run -q --release)
