#!/bin/sh
# Regenerates everything that comes from the schemas, below the directory given (default: here).
#   schemas/gen/generate.sh [ROOT]
# ROOT is another tree when `make check` looks whether the committed files are stale.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
root=${1:-$here}
cd "$here"
std=$(go list -m -f '{{.Dir}}' capnproto.org/go/capnp/v3)/std
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go build -o "$tmp/gen" ./schemas/gen
go build -o "$tmp/capnpc-go" capnproto.org/go/capnp/v3/capnpc-go

# layouts: Go, TypeScript, Rust, C
capnp compile -I schemas -o- schemas/system/arena.capnp schemas/system/event.capnp \
  schemas/compute/frame.capnp | "$tmp/gen" -root "$root"

# messages: Go
for s in compute/job compute/plugin system/control system/store; do
  name=$(basename $s)
  out=$root/backend/wire/gen/$name
  mkdir -p "$out"
  capnp compile -I schemas -I "$std" --src-prefix="schemas/$(dirname $s)" \
    -o"$tmp/capnpc-go:$out" "schemas/$s.capnp"
done
