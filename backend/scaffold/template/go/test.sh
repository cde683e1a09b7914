#!/bin/sh
# Runs the plugin as INOS does, in a data folder of its own, and compares what it says.
set -eu
inos=${INOS:-inos}
data=$(mktemp -d)
trap 'rm -r "$data"' EXIT
mkdir "$data/plugins"
cp plugin_name.wasm "$data/plugins/"

printf 'one two\nthree\n' >"$data/text"
printf 'lines 2\nwords 3\n' >"$data/want"
"$inos" --data "$data" run plugin_name.run -i "$data/text" -o - | cmp - "$data/want"
echo passed: plugin_name.run
