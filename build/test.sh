#!/usr/bin/env bash
# Runs every test and prints one summary line: `N passed, N failed`. `make test` builds first.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/logs build/screens
passed=0 failed=0

# suite NAME COMMAND...: runs a suite into build/logs/NAME.log, shows its failures, adds its counts.
# A suite that ends badly without naming a failed test counts as one failure.
suite() {
  local name=$1 log=build/logs/$1.log status start ok bad
  shift
  start=$SECONDS
  "$@" >"$log" 2>&1
  status=$?
  read -r ok bad < <("count_$kind" "$log")
  [ "$status" = 0 ] || [ "$bad" -gt 0 ] || bad=1
  [ "$ok" -gt 0 ] || [ "$bad" -gt 0 ] || { bad=1; echo "no test ran" >>"$log"; }
  passed=$((passed + ok)) failed=$((failed + bad))
  printf '%-28s %4d passed %3d failed  %4d s\n' "$name" "$ok" "$bad" $((SECONDS - start))
  [ "$bad" = 0 ] || show_failures "$log"
}

show_failures() {
  grep -nE -B 6 -A 3 -- '--- FAIL|^FAIL|panic:|^test .* FAILED|^---- |^error|✗|×|no test ran' "$1" | cut -c1-300 | head -n 120
}

# count_KIND LOG prints "passed failed".
count_go() { echo "$(grep -cE '^ *--- PASS' "$1") $(grep -cE '^ *--- FAIL' "$1")"; }
count_cargo() {
  awk '/^test result:/ { ok += $4; bad += $6 } END { print ok + 0, bad + 0 }' "$1"
}
count_vitest() {
  awk '/^ *Tests +/ { for (i = 2; i <= NF; i++) { if ($i == "passed") ok += $(i - 1); if ($i == "failed") bad += $(i - 1) } } END { print ok + 0, bad + 0 }' \
    <(sed 's/\x1b\[[0-9;]*m//g' "$1")
}

# keep_times gives files of the build that hold what they held at the last run the times of then:
# `go test` goes by these, and would run again all tests that use a plugin that was only packed anew.
keep_times() {
  local known=build/cache/built now sum path time
  declare -A before
  while read -r sum time path; do before[$path]="$sum $time"; done < <(cat "$known" 2>/dev/null)
  # Folders last: what changes in them changes their times.
  find build/bin build/test -depth -print | while IFS= read -r path; do
    if [ -d "$path" ]; then sum=$(ls -A "$path" | sha256sum); else sum=$(sha256sum <"$path"); fi
    sum=${sum%% *} now=${before[$path]:-}
    [ "${now%% *}" != "$sum" ] || touch -d "@${now#* }" "$path"
    printf '%s %s %s\n' "$sum" "$(stat -c %.9Y "$path")" "$path"
  done >"$known.new"
  mv "$known.new" "$known"
}

mkdir -p build/cache && keep_times
# The proofs of the ops have no race of their own to find, and compute much.
mapfile -t packages < <(go list ./backend/... ./schemas/... ./plugins | grep -v '/oracle$')
kind=go suite go go test -race -v -timeout 15m "${packages[@]}"
kind=go suite oracle go test -v -timeout 15m ./backend/oracle
sed -n 's/.*: \([0-9]* ops, each with a proof.*\)/\1/p' build/logs/oracle.log
kind=cargo suite cargo cargo test --quiet --locked --profile quick --manifest-path plugins/Cargo.toml --workspace
kind=vitest suite vitest npm --prefix frontend run --silent test
kind=go suite e2e go test -v -tags e2e -timeout 15m -count=1 -parallel 3 ./e2e/... # they wait more than they work

echo "$passed passed, $failed failed" | tee build/logs/summary
[ "$failed" = 0 ]
