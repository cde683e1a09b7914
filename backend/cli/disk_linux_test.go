package cli

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// onDisk runs a command line with a data folder on a file system of its own, which nobody else sees:
// options are those of the mount, prepare is shell run in it beforehand.
func (w world) onDisk(t *testing.T, options, prepare string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), processLimit)
	defer cancel()
	inos := w.command(ctx, args...)
	script := "mount -t tmpfs -o " + options + ` tmpfs "$0" && cd "$0" && ` + prepare + ` && exec "$@"`
	shell := exec.CommandContext(ctx, "sh", append([]string{"-c", script, w.data}, inos.Args...)...)
	shell.Env = inos.Env
	shell.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	p := &started{Cmd: shell}
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p.end()
}

func needsMounts(t *testing.T) {
	t.Helper()
	probe := exec.Command("mount", "-t", "tmpfs", "tmpfs", t.TempDir())
	probe.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if out, err := probe.CombinedOutput(); err != nil {
		t.Skipf("no file systems of one's own here: %v, %s", err, out)
	}
}

// TestItWorksWithoutADiskToWriteTo has the data folder, with its compile cache and its index, on disks
// that take nothing or little.
func TestItWorksWithoutADiskToWriteTo(t *testing.T) {
	needsMounts(t)
	w := newWorld(t)
	plugins := filepath.Dir(builtFile(t, "plugins/boids.wasm"))
	want := w.withPlugins(t).live(t, "-p", "count=200", "--seed", "7", "--ticks", "3").Checksum
	for name, disk := range map[string]struct{ options, prepare, refusal string }{
		"read-only":   {"ro", "true", "the disk can only be read"},
		"full":        {"size=16k", "! head -c 20000 /dev/zero >fill 2>&1", "make room on the disk"},
		"a few pages": {"size=64k", "true", "make room on the disk"},
		"no inodes":   {"nr_inodes=2", "touch one", "make room on the disk"},
	} {
		w := world{programs: w.programs, data: t.TempDir()}
		run := func(args ...string) outcome {
			return w.onDisk(t, disk.options, disk.prepare, append(args, "--plugins", plugins)...)
		}
		if got := run("units"); got.exit != ExitOK || !strings.Contains(got.stdout, "boids") || got.stderr != "" {
			t.Errorf("%s, units: exit %d, %s", name, got.exit, got.stderr)
		}
		got := run("live", "boids", "-p", "count=200", "--seed", "7", "--ticks", "3", "--json")
		var figures liveFigures
		oneDocument(t, got.stdout, &figures)
		if got.exit != ExitOK || figures.Checksum != want {
			t.Errorf("%s, live: exit %d, %s", name, got.exit, got.stderr)
		}
		if got := run("run", "boids.init", "-p", "count=100", "-o", "-"); got.exit != ExitOK || len(got.stdout) != 3200 {
			t.Errorf("%s, run: exit %d, %s", name, got.exit, got.stderr)
		}
		out := filepath.Join(w.data, "out.bin")
		if got := run("run", "boids.init", "-p", "count=5000", "-o", out); got.exit != ExitFailed ||
			!strings.HasPrefix(got.stderr, "inos: "+out+": ") || !strings.Contains(got.stderr, disk.refusal) {
			t.Errorf("%s, run into it: exit %d, %q", name, got.exit, got.stderr)
		}
		got = run("doctor", "--json")
		var document doctorDocument
		oneDocument(t, got.stdout, &document)
		if c := checkNamed(t, document, "data folder"); name != "a few pages" &&
			(c.Status != warning || !strings.Contains(c.Fix, disk.refusal) || !document.OK) {
			t.Errorf("%s, doctor: %+v", name, c)
		}
	}
}

func TestAFolderThatNobodyMayWriteToIsDoneWithout(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	plugins := filepath.Join(w.data, "plugins")
	w.data = "/sys/inos" // not even root may
	got := w.run(t, "live", "boids", "-p", "count=200", "--ticks", "3", "--plugins", plugins)
	if got.exit != ExitOK {
		t.Errorf("exit %d, %s", got.exit, got.stderr)
	}
	if _, err := os.Stat(w.data); err == nil {
		t.Error("the folder was made")
	}
}
