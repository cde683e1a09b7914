#!/usr/bin/env bash
# Runs the product's own benchmarks, in half an hour at most, and keeps the result with machine and
# date under bench/, with a summary in bench/README.md. One that takes too long is interrupted and
# recorded as it is. Close other programs first: the record says how busy the machine was.
set -euo pipefail
cd "$(dirname "$0")/.."
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# measure NAME SECONDS
measure() {
  printf 'bench: %s\n' "$1" >&2
  timeout --foreground --signal=INT --kill-after=10 "$2" build/bin/inos bench "$1" --json \
    >"$results/$1.json" || printf 'bench: %s did not come to its end\n' "$1" >&2
}

measure call 30
measure epoch 60
measure handover 180
measure startup 90
measure memory 120
measure host 60
measure flock 180

measure units 600

# No program that is shipped has the attacks in it, so a test measures beside them.
printf 'bench: courtesy\n' >&2
go test -tags e2e,bench -timeout 120s -count=1 -run '^TestPicturesBesideTheHostileSet$' ./e2e \
  -args -report "$results/courtesy.json" >&2 || printf 'bench: courtesy did not come to its end\n' >&2

# The last: it deletes hundreds of thousands of files, which keeps the disk busy for minutes.
measure store 900

go run ./backend/bench/record -from "$results" -commit "$(git describe --tags --always --dirty)" -to bench
