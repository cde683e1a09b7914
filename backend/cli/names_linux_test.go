package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// withHostile adds the plugin of the tests that says what it sees.
func (w world) withHostile(t *testing.T) world {
	t.Helper()
	wasm, err := os.ReadFile(filepath.Join("..", "..", "build", "test", "hostile.wasm"))
	if err != nil {
		t.Fatalf("%v; run make build", err)
	}
	writeFile(t, filepath.Join(w.data, "plugins", "hostile.wasm"), wasm)
	return w
}

func TestAPluginLearnsWhatItsInputsAreCalled(t *testing.T) {
	w := newWorld(t).withHostile(t)
	folder := t.TempDir()
	for name, want := range map[string]string{
		"t.csv":           "t.csv",
		"höhe 2.csv":      "höhe 2.csv",
		"a\x1b[2J\nb.csv": "a[2Jb.csv",
		"\u202evsc.exe":   "vsc.exe",
		"\xff.csv":        "\uFFFD.csv",
		".hidden":         ".hidden",
	} {
		for _, content := range []string{"", "short", strings.Repeat("long", 1<<16)} {
			path := filepath.Join(folder, name)
			writeFile(t, path, []byte(content))
			got := w.start(t, strings.NewReader("x"), "run", "hostile.names", "-i", path, "-i", "-").end()
			if got.exit != ExitOK || got.stdout != want+"\n\n" {
				t.Errorf("%q of %d bytes: exit %d, %q, %s", name, len(content), got.exit, got.stdout, got.stderr)
			}
		}
	}
	link := filepath.Join(folder, "link")
	if err := os.Symlink(filepath.Join(folder, "t.csv"), link); err != nil {
		t.Fatal(err)
	}
	if got := w.run(t, "run", "hostile.names", "-i", link); got.stdout != "link\n" {
		t.Errorf("a link: %q", got.stdout)
	}
}
