package cli

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inos/backend/dropin"
)

// ofAnEarlierINOS installs two versions of the built-in plugin as files of their own.
func (w world) ofAnEarlierINOS(t *testing.T) {
	t.Helper()
	for _, version := range []string{"1.0.0", "2.0.0"} {
		wasm, err := os.ReadFile(echoVersion(t, filepath.Join(t.TempDir(), "echo.wasm"), version))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := dropin.Open(w.data).Install(dropin.File{
			ID: "dev.inos.echo", Version: version, Digest: dropin.DigestOf(wasm), Name: "echo.wasm", Wasm: wasm,
		}, false); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAKillLosesNoVersionThatIsTakenOver kills the program while it moves the versions of an earlier
// INOS into the store.
func TestAKillLosesNoVersionThatIsTakenOver(t *testing.T) {
	const kills = 6 // the states between two steps have a test of their own in node
	w := newWorld(t)
	for range kills {
		w.data = t.TempDir()
		w.ofAnEarlierINOS(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.Int64N(int64(150*time.Millisecond))))
		_ = w.command(ctx, "plugin", "pin", "echo").Run() // whether it was killed shows in what it left
		cancel()
		for _, want := range []string{"1.0.0", "2.0.0"} {
			if got := w.run(t, "plugin", "rollback", "echo"); got.exit != ExitOK {
				t.Fatal(got.stderr)
			}
			if is := w.echoIs(t); is != want {
				t.Fatalf("it is %q, want %q", is, want)
			}
		}
		if _, err := os.Stat(filepath.Join(w.data, dropin.VersionsFolder)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the old folder: %v", err)
		}
	}
}

func TestAStoreAndItsKeyAreMadeBesideKeptPlugins(t *testing.T) {
	s := newStand(t)
	plugin := echoVersion(t, filepath.Join(s.dir, "echo.wasm"), "1.0.0")
	if got := s.inos(t.Context(), "plugin", "install", plugin); got.exit != ExitOK {
		t.Fatal(got.stderr)
	}
	s.environment[passphraseVariable] = "correct horse battery staple"
	if got := s.inos(t.Context(), "store", "ls"); got.exit != ExitFailed || !strings.Contains(got.stderr, "there is no store") {
		t.Errorf("plugins made a store: %+v", got)
	}
	for _, args := range [][]string{{"store", "put", plugin}, {"store", "check", "--read-data"}, {"plugin", "remove", "echo", "--yes"}} {
		if got := s.inos(t.Context(), args...); got.exit != ExitOK {
			t.Errorf("%v: %s", args, got.stderr)
		}
	}
	delete(s.environment, passphraseVariable)
	if got := s.inos(t.Context(), "plugin", "rollback", "echo"); got.exit != ExitOK {
		t.Errorf("without a passphrase: %s", got.stderr)
	}
}

func TestARollBackAfterTheStoreWasLostSaysWhatIsGone(t *testing.T) {
	s := newStand(t)
	for _, version := range []string{"1.0.0", "2.0.0"} {
		if got := s.inos(t.Context(), "plugin", "install", echoVersion(t, filepath.Join(s.dir, "echo.wasm"), version)); got.exit != ExitOK {
			t.Fatal(got.stderr)
		}
	}
	if err := os.RemoveAll(filepath.Join(s.data, "store", "local")); err != nil {
		t.Fatal(err)
	}
	got := s.inos(t.Context(), "plugin", "rollback", "echo")
	const want = "dev.inos.echo: version 1.0.0 cannot come back: no copy of it is kept any more; install it from its file"
	if got.exit != ExitFailed || !strings.Contains(got.stderr, want) {
		t.Errorf("%+v", got)
	}
	if version, refused, _ := s.listed(t, "dev.inos.echo"); version != "2.0.0" || refused != "" {
		t.Errorf("the present version is %q, %q", version, refused)
	}
}
