#!/usr/bin/env bash
# Runs the product's own benchmarks and keeps the result with machine and date under bench/.
# Medians and ratios of one run; absolute times say little about another machine.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p bench
machine=$(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo)
cores=$(nproc)
date=$(date -u +%Y-%m-%d)
out=bench/$date.json

run() { printf 'bench: %s\n' "$1" >&2; build/bin/inos bench "$1" --json; }

{
  printf '{"date":"%s","machine":"%s","cores":%s,"version":"%s"' "$date" "$machine" "$cores" "$(git describe --tags --always --dirty)"
  for name in call epoch handover startup flock; do
    printf ',\n"%s":' "$name"
    run "$name"
  done
  printf '}\n'
} >"$out.new"
mv "$out.new" "$out"
echo "bench: written to $out" >&2
go test -run '^$' -bench . -benchmem ./backend/arena ./backend/wire
