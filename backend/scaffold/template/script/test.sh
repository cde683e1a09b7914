#!/bin/sh
# Runs the plugin as INOS does, in a data folder of its own, and compares what it says.
set -eu
inos=${INOS:-inos}
data=$(mktemp -d)
trap 'rm -r "$data"' EXIT
mkdir "$data/plugins"
cp plugin_name.wasm "$data/plugins/"

# expect TEXT COMMAND...: the command's output has TEXT.
expect() {
  want=$1
  shift
  got=$("$@" 2>&1) || { echo "failed: $*: $got"; exit 1; }
  case $got in
    *"$want"*) echo "passed: $*" ;;
    *) echo "failed: $*: no '$want' in: $got"; exit 1 ;;
  esac
}

printf 'one two\nthree\n' >"$data/text"
expect 'lines  2' "$inos" --data "$data" run plugin_name.count -i "$data/text"
expect 'words  3' "$inos" --data "$data" run plugin_name.count -i "$data/text"
expect '"published": 5' "$inos" --data "$data" live plugin_name -p count=7 --ticks 5 --json
