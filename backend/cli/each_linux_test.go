package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// flocks makes n flocks of 200 birds in a folder, two of them below another one, and says what each is
// after some steps, made one by one.
func (w world) flocks(t *testing.T, n int) (folder string, stepped map[string][]byte) {
	t.Helper()
	folder, stepped = t.TempDir(), map[string][]byte{}
	one, later := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "later")
	for seed := range 3 {
		if got := w.run(t, "run", "boids.init", "-p", "count=200", "-p", fmt.Sprint("seed=", seed), "-o", one); got.exit != ExitOK {
			t.Fatalf("%+v", got)
		}
		if got := w.run(t, "run", "boids.step", "-i", one, "-p", "steps=5", "-o", later); got.exit != ExitOK {
			t.Fatalf("%+v", got)
		}
		begun, err := os.ReadFile(one)
		if err != nil {
			t.Fatal(err)
		}
		ended, err := os.ReadFile(later)
		if err != nil {
			t.Fatal(err)
		}
		for i := seed; i < n; i += 3 {
			name := fmt.Sprintf("flock %03d", i)
			if i < 2 {
				name = filepath.Join("deep \xff", name)
			}
			writeFile(t, filepath.Join(folder, name+".birds"), begun)
			stepped[name+".bin"] = ended
		}
	}
	return folder, stepped
}

func sameFiles(t *testing.T, folder string, want map[string][]byte) {
	t.Helper()
	found := 0
	err := filepath.Walk(folder, func(path string, st os.FileInfo, err error) error {
		if err != nil || st.IsDir() {
			return err
		}
		found++
		name, _ := filepath.Rel(folder, path)
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want[name]) {
			t.Errorf("%q has %d bytes, want %d; %v", name, len(got), len(want[name]), err)
		}
		return nil
	})
	if err != nil || found != len(want) {
		t.Errorf("%d files, want %d; %v", found, len(want), err)
	}
}

func TestAnOpIsRunForEachFileOfAFolder(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	folder, want := w.flocks(t, 12)
	writeFile(t, filepath.Join(folder, ".hidden"), []byte("no flock"))
	out := filepath.Join(t.TempDir(), "new", "out")
	got := w.run(t, "run", "boids.step", "--each", "-i", folder, "-p", "steps=5", "-o", out)
	if got.exit != ExitOK || got.stdout != "" || !strings.Contains(got.stderr, "12 files in ") {
		t.Errorf("%+v", got)
	}
	sameFiles(t, out, want)

	got = w.run(t, "run", "boids.stats", "--each", "-i", filepath.Join(folder, "flock*"))
	if lines := strings.Split(strings.TrimSpace(got.stdout), "\n"); got.exit != ExitOK || len(lines) != 10 ||
		!strings.Contains(lines[0], "polarisation=") || !strings.HasSuffix(lines[0], "flock 002.birds") {
		t.Errorf("%+v", got)
	}
}

func TestFilesThatAreWrongDoNotStopTheOthers(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	folder, want := w.flocks(t, 3)
	writeFile(t, filepath.Join(folder, "wrong.birds"), []byte("no flock"))
	out := t.TempDir()
	got := w.run(t, "run", "boids.step", "--each", "--json", "-i", folder, "-p", "steps=5", "-o", out)
	var d eachDocument
	if err := json.Unmarshal([]byte(got.stdout), &d); err != nil || got.exit != ExitFailed || d.Failed != 1 || len(d.Items) != 4 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, m := range d.Items {
		if wrong := strings.HasSuffix(m.Input, "wrong.birds"); wrong != (m.Error != "") || wrong == (len(m.Files) == 1) {
			t.Errorf("%+v", m)
		}
	}
	sameFiles(t, out, want)
}

func TestWhatCannotBeRunForEachIsRefused(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "a.x"), nil)
	writeFile(t, filepath.Join(folder, "a.y"), nil)
	for _, c := range []struct {
		words string
		args  []string
	}{
		{"its output would have the name of that of", []string{"boids.stats", "-i", folder}},
		{"it takes 0 inputs; --each is for ops of one", []string{"boids.init", "-i", folder}},
		{"no such file", []string{"boids.stats", "-i", filepath.Join(folder, "gone")}},
		{"there are no files in it", []string{"boids.stats", "-i", t.TempDir()}},
		{"it has no outputs; leave -o out", []string{"boids.stats", "-i", filepath.Join(folder, "a.x"), "-o", "out"}},
		{"there is no such op", []string{"boids.swim", "-i", folder}},
		{"- is none", []string{"boids.stats", "-i", "-"}},
		{"into one folder", []string{"boids.step", "-i", folder, "-o", "a", "-o", "b"}},
		{"--each needs files or folders", []string{"boids.stats"}},
	} {
		got := w.run(t, append([]string{"run", "--each"}, c.args...)...)
		if got.exit == ExitOK || !strings.Contains(got.stderr, c.words) {
			t.Errorf("%v: %+v, want %q", c.args, got, c.words)
		}
	}
}

// The worker of a batch is killed again and again: each output is whole, none is missing, none doubled.
func TestABatchOutlivesItsWorkers(t *testing.T) {
	w := newWorld(t).withPlugins(t)
	folder, want := w.flocks(t, 200)
	out := t.TempDir()
	command := w.command(t.Context(), "run", "boids.step", "--each", "-i", folder, "-p", "steps=5", "-o", out)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	killed := 0
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		select {
		case err := <-ended:
			if err != nil || killed < 3 {
				t.Fatalf("%v after %d kills: %s", err, killed, stderr.String())
			}
			sameFiles(t, out, want)
			t.Logf("%d workers were killed", killed)
			return
		case <-tick.C:
			for _, pid := range childrenOf(t, command.Process.Pid) {
				if killed < 12 && syscall.Kill(pid, syscall.SIGKILL) == nil {
					killed++
					break
				}
			}
		}
	}
}
