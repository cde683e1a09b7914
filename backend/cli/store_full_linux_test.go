package cli

import (
	"context"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// onFullDisk runs a script with the store on a disk of its own of 24 MiB, which nobody else sees. The
// script's functions are those below; each of its lines has to go well.
func (w storeWorld) onFullDisk(t *testing.T, script string) {
	t.Helper()
	needsMounts(t)
	sources := t.TempDir()
	writeFiles(t, filepath.Join(sources, "small"), map[string][]byte{"text": proseOf(1, 300_000), "noise": noiseOf(2, 3<<20)})
	writeFiles(t, filepath.Join(sources, "large"), map[string][]byte{"a": noiseOf(3, 30<<20), "b": noiseOf(4, 3<<20)})
	writeFiles(t, filepath.Join(sources, "other"), map[string][]byte{"noise": noiseOf(6, 2<<20)})
	writeFiles(t, filepath.Join(sources, "middle"), map[string][]byte{"a": noiseOf(5, 9<<20)})
	ctx, cancel := context.WithTimeout(t.Context(), processLimit)
	defer cancel()
	inos := w.command(ctx)
	shell := exec.CommandContext(ctx, "bash", "-euc", fullDisk+script, filepath.Join(w.programs, "inos"), w.data, sources)
	shell.Env = append(inos.Env, "TMPDIR="+t.TempDir())
	shell.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if out, err := shell.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// fullDisk moves the store to a disk of 24 MiB. refused WORDS COMMAND: it fails as it should, and says so.
const fullDisk = `
inos=$0 data=$1 sources=$2 out=$TMPDIR
cp -r "$data/store" "$out/template"
mount -t tmpfs -o size=24m tmpfs "$data"
cp -r "$out/template" "$data/store"
store() { "$inos" --data "$data" store "$@"; }
put() { store put "$sources/$1" --json; }
back() { rm -rf "$out/got"; store get "$sources/$1" -o "$out/got" && diff -r "$sources/$1" "$out/got/$1"; }
refused() {
  local words=$1 code=0
  shift
  "$@" >"$out/said" 2>&1 || code=$?
  cat "$out/said"
  [ "$code" = 1 ] && grep -q "$words" "$out/said"
}
fill() { ! dd if=/dev/zero of="$data/filler" bs=4096 2>"$out/dd"; }
leave() { truncate -s "-$1" "$data/filler"; }
sound() { store check --read-data; }
`

func TestAFullDiskEndsAPutAndLosesNothing(t *testing.T) {
	newStoreWorld(t).onFullDisk(t, `
put small
refused "no space left on device; make room on the disk" store put "$sources/large"
refused '"next": "make room on the disk"' put large
sound; back small
fill
refused "make room on the disk" store put "$sources/middle"
sound; back small
rm "$data/filler"
put middle
sound; back small; back middle
`)
}

// What no version has needs no room to be deleted, but for the few bytes that say how far that is.
func TestAFullDiskDoesNotKeepGarbage(t *testing.T) {
	newStoreWorld(t).onFullDisk(t, `
put small
put other
put middle
store rm "$sources/middle"
refused "make room on the disk" put large
fill
leave 64K
before=$(du -s "$data/store/spaces" | cut -f1)
store gc
after=$(du -s "$data/store/spaces" | cut -f1)
[ $((before - after)) -gt 8000 ]
sound; back small; back other
put middle
back middle
`)
}
