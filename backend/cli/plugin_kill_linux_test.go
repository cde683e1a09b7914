package cli

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAKillLosesNoPlugin kills the program at random moments of install, rollback and remove. The
// next one finds the plugin as it was or as it should be, and whatever was acknowledged is there.
func TestAKillLosesNoPlugin(t *testing.T) {
	const kills = 100
	w := newWorld(t)
	dir := t.TempDir()
	files := map[string]string{}
	for _, version := range []string{"1.0.0", "2.0.0"} {
		files[version] = echoVersion(t, filepath.Join(dir, version, "echo.wasm"), version)
	}
	begin := time.Now()
	if got := w.run(t, "plugin", "install", files["1.0.0"]); got.exit != ExitOK {
		t.Fatal(got.stderr)
	}
	whole := time.Since(begin)
	was, removed, half := "1.0.0", "", 0
	for i := range kills {
		next, args := nextChange(was, removed, files, i)
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.Int64N(int64(whole)*3/2)))
		_ = w.command(ctx, args...).Run() // whether it was killed shows in what it left
		killed := ctx.Err() != nil
		cancel()
		if left, _ := filepath.Glob(filepath.Join(w.data, "plugins", ".*")); len(left) > 0 {
			half++
		}
		is := w.echoIs(t)
		if is != next && (is != was || !killed) {
			t.Fatalf("kill %d of %v: it was %q, should be %q, is %q", i, args, was, next, is)
		}
		if is == "" && was != "" {
			removed = was
		}
		was = is
	}
	t.Logf("%d of %d kills left a half-written plugin behind", half, kills)
	if got := w.run(t, "plugin", "install", "--replace", files["1.0.0"]); got.exit != ExitOK {
		t.Fatal(got.stderr)
	}
	for _, pattern := range []string{"plugins/.*", "versions/.*", ".plugins.json*", "plugins-damaged*"} {
		if left, _ := filepath.Glob(filepath.Join(w.data, pattern)); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

// nextChange is a change that makes sense now, and the version after it; empty: none.
func nextChange(was, removed string, files map[string]string, i int) (next string, args []string) {
	switch {
	case was == "":
		return removed, []string{"plugin", "rollback", "dev.inos.echo"}
	case i%3 == 2:
		return "", []string{"plugin", "remove", "dev.inos.echo", "--yes"}
	}
	other := map[string]string{"1.0.0": "2.0.0", "2.0.0": "1.0.0"}[was]
	return other, []string{"plugin", "install", "--replace", files[other]}
}

// echoIs is the version that is there, as the program says and as the file is.
func (w world) echoIs(t *testing.T) string {
	t.Helper()
	var document struct {
		Plugins []struct {
			Manifest struct{ ID, Version string }
			Refused  string
		}
	}
	got := w.run(t, "plugin", "list", "--json")
	if got.exit != ExitOK || got.stderr != "" {
		t.Fatalf("exit %d, %s", got.exit, got.stderr)
	}
	oneDocument(t, got.stdout, &document)
	for _, p := range document.Plugins {
		if p.Manifest.ID == "dev.inos.echo" {
			if p.Refused != "" {
				t.Fatal(p.Refused)
			}
			return p.Manifest.Version
		}
	}
	return ""
}

func TestAFullDiskRefusesAnInstallAndChangesNothing(t *testing.T) {
	needsMounts(t)
	w := newWorld(t)
	plugin := echoVersion(t, filepath.Join(t.TempDir(), "echo.wasm"), "1.0.0")
	for name, disk := range map[string]struct{ options, prepare, refusal string }{
		"read-only": {"ro", "true", "the disk can only be read"},
		"full":      {"size=16k", "! head -c 20000 /dev/zero >fill 2>&1", "make room on the disk"},
		"no inodes": {"nr_inodes=8", "for i in 1 2 3 4 5; do touch $i; done", "make room on the disk"},
	} {
		fresh := world{programs: w.programs, data: t.TempDir()}
		got := fresh.onDisk(t, disk.options, disk.prepare, "plugin", "install", plugin)
		if got.exit != ExitFailed || !strings.Contains(got.stderr, disk.refusal) {
			t.Errorf("%s: exit %d, %q", name, got.exit, got.stderr)
		}
	}
	if _, err := os.Stat(plugin); err != nil {
		t.Error(err)
	}
}
