package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is a pseudo terminal on which somebody types.
func terminal(t *testing.T, typed string) *os.File {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { _ = master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = slave.Close() })
	if _, err := master.WriteString(typed); err != nil {
		t.Fatal(err)
	}
	return slave
}

func TestARemovalAsksOnATerminalAndNamesWhatIsLost(t *testing.T) {
	for typed, gone := range map[string]bool{"\n": false, "no\n": false, "y\n": true, "YES\n": true, "\x04": false} {
		w := newWorld(t)
		for _, version := range []string{"1.0.0", "1.1.0", "1.2.0"} {
			file := echoVersion(t, filepath.Join(t.TempDir(), "echo.wasm"), version)
			if got := w.run(t, "plugin", "install", file); got.exit != ExitOK {
				t.Fatal(got.stderr)
			}
		}
		got := w.start(t, terminal(t, typed), "plugin", "remove", "echo").end()
		if !strings.Contains(got.stderr, "This removes dev.inos.echo 1.2.0 with unit echo.") ||
			!strings.Contains(got.stderr, "2 earlier versions of it will be lost. Remove it? [y/N]") {
			t.Errorf("%q: it asks %q", typed, got.stderr)
		}
		want := ExitFailed
		if gone {
			want = ExitOK
		}
		if is := w.echoIs(t); got.exit != want || (is == "") != gone {
			t.Errorf("%q: exit %d, want %d; version %q is there", typed, got.exit, want, is)
		}
	}
}
