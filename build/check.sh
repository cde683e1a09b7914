#!/usr/bin/env bash
# Everything that a change must satisfy besides its tests. Prints each check, stops at the first
# that fails.
set -euo pipefail
cd "$(dirname "$0")/.."

check() { printf 'check: %s\n' "$1"; shift; "$@"; }

gofmt_clean() { local bad; bad=$(git ls-files '*.go' | grep -v '/gen/' | xargs gofmt -l); [ -z "$bad" ] || { echo "not gofmt'd: $bad"; return 1; }; }

# Other systems: what needs neither cgo nor a window must at least compile there.
vet_windows() { GOOS=windows CGO_ENABLED=0 go vet ./backend/...; }
vet_darwin() { GOOS=darwin CGO_ENABLED=0 go vet ./backend/...; }
vet_window() { go vet -tags desktop,production,webkit2_41 . ./backend/frames/...; go vet -tags e2e,bench ./e2e/...; }

# The foreign plugins have modules and workspaces of their own.
vet_foreign() { (cd plugins/foreign/oracle && go vet ./...); (cd plugins/foreign/go && GOOS=wasip1 GOARCH=wasm go vet ./...); }

rust_format() { for w in plugins plugins/foreign/rust; do cargo fmt --manifest-path $w/Cargo.toml --all -- --check; done; }
rust_lints() { cargo clippy --quiet --locked --manifest-path plugins/Cargo.toml --workspace --all-targets -- -D warnings; }

# clippy brings its own compiler, so it sees the wasm target only where rustup has it.
rust_lints_wasm() {
  if [ -z "$(ls "$(rustc --print sysroot)"/lib/rustlib/wasm32-unknown-unknown/lib/libstd-*.rlib 2>/dev/null)" ]; then
    echo "check: no wasm target in this Rust installation, clippy saw the native build only"
    return 0
  fi
  (cd plugins && cargo clippy --quiet --locked --target wasm32-unknown-unknown -p inos-audio -p inos-boids -p inos-crypto -p inos-data -p inos-image -p inos-math -p adder -p outside -p hostile --lib -- -D warnings)
}

frontend_checks() { npm --prefix frontend run --silent check; }

generated_is_fresh() {
  local tmp
  tmp=$(mktemp -d)
  schemas/gen/generate.sh "$tmp"
  (cd "$tmp" && find . -type f) | while read -r f; do
    cmp -s "$tmp/$f" "$f" || { echo "$f is stale: run make gen"; return 1; }
  done
  rm -rf "$tmp"
}

modules_are_tidy() { go mod tidy -diff && go mod verify >/dev/null; }

# Lock files name packages and hashes, never where one machine fetched them.
lock_files_name_no_host() { ! grep -nE '"resolved": "https?://' frontend/package-lock.json {plugins/foreign,backend/scaffold/template}/assemblyscript/package-lock.json; }

# git itself says what it takes for binary, against the empty tree.
no_binaries() {
  local bad
  bad=$(git diff --numstat "$(git hash-object -t tree /dev/null)" HEAD | awk -F '\t' '$1 == "-" && $3 !~ /\.(png|jpg)$/ { print $3 }')
  [ -z "$bad" ] || { echo "binaries in git: $bad"; return 1; }
}

check "gofmt" gofmt_clean
check "go vet" go vet ./...
check "go vet, window" vet_window
check "go vet, Windows" vet_windows
check "go vet, macOS" vet_darwin
check "go vet, foreign plugins" vet_foreign
check "staticcheck" go tool staticcheck ./backend/... ./schemas/...
check "modules are tidy" modules_are_tidy
check "cargo fmt" rust_format
check "cargo clippy" rust_lints
check "cargo clippy, wasm" rust_lints_wasm
check "front end: tsc, biome" frontend_checks
check "generated code is fresh" generated_is_fresh
check "lock files name no host" lock_files_name_no_host
check "no binaries in git" no_binaries
echo "check: all good"
