package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnOpIsATopicOfHelp(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	for _, args := range [][]string{{"help", "boids.init"}, {"run", "boids.init", "--help"}} {
		got := w.run(t, args...)
		for _, words := range []string{
			"boids.init\n", "count=10000  How many birds fly.", "(100 to 250000 birds)", "(one of wrap, wall, sphere)",
			"\ninos run boids.init -p count=10000 -o birds.bin\n",
		} {
			if got.exit != ExitOK || !strings.Contains(got.stdout, words) {
				t.Errorf("%v: exit %d, %q is not in %s%s", args, got.exit, words, got.stdout, got.stderr)
			}
		}
	}
	if got := w.run(t, "help", "boids.swim"); got.exit != ExitFailed || !strings.Contains(got.stderr, "there is no such op; the ops are init, step, stats") {
		t.Errorf("%+v", got)
	}
	if got := w.run(t, "run", "boids.swim", "--help"); got.exit != ExitOK || !strings.Contains(got.stdout, "Usage:\n  inos run") {
		t.Errorf("%+v", got)
	}
}

// The example of each op is a command line that is understood.
func TestTheExampleOfHelpRuns(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	_, example, _ := strings.Cut(w.run(t, "help", "boids.init").stdout, "\ninos ")
	args := strings.Fields(example)
	args[len(args)-1] = filepath.Join(t.TempDir(), args[len(args)-1])
	if got := w.run(t, args...); got.exit != ExitOK {
		t.Errorf("%v: %+v", args, got)
	}
}

func TestShellsCompleteOpsAndParameters(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"run", ""}, "boids.init\t"},
		{[]string{"help", "boids.s"}, "boids.stats\t"},
		{[]string{"run", "boids.init", "-p", ""}, "seed=\t"},
		{[]string{"run", "boids.init", "-p", "bounds="}, "bounds=sphere\n"},
	} {
		got := w.run(t, append([]string{"__complete"}, c.args...)...)
		if got.exit != ExitOK || !strings.Contains(got.stdout, c.want) {
			t.Errorf("%v: %+v, want %q", c.args, got, c.want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if got := w.run(t, "completion", shell); got.exit != ExitOK || !strings.Contains(got.stdout, "inos") {
			t.Errorf("%s: %+v", shell, got)
		}
	}
}

func TestATextIsPrintedWhereNoFileIsNamed(t *testing.T) {
	w := newWorld(t)
	wasm, err := os.ReadFile(builtFile(t, "examples/outside.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(w.data, "plugins", "outside.wasm"), wasm)
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "letter.txt"), []byte("dear"))
	list := []string{"run", "outside.list", "-p", "path=inbox", "--allow", "read:inbox=" + folder}
	if got := w.run(t, list...); got.exit != ExitOK || strings.TrimRight(got.stdout, "\x00\n") != "letter.txt" {
		t.Errorf("%+v", got)
	}
	if got := w.run(t, append(list, "--json")...); got.exit != ExitOK || !strings.Contains(got.stdout, `"names"`) {
		t.Errorf("%+v", got)
	}
	file := filepath.Join(t.TempDir(), "names")
	got := w.run(t, append(list, "-o", file)...)
	if b, err := os.ReadFile(file); got.exit != ExitOK || err != nil || !strings.Contains(got.stdout, "names") || !strings.HasPrefix(string(b), "letter.txt") {
		t.Errorf("%+v, %q, %v", got, b, err)
	}
}
