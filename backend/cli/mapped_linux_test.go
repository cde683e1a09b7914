package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAGigabyteIsReadWhereItLies has a plugin read every byte of a file that is larger than what a guest
// can address, with the smallest arena. The file is sparse: it takes no room on the disk.
func TestAGigabyteIsReadWhereItLies(t *testing.T) {
	const (
		byteLen = 1_100_000_000
		most    = 600_000_000 // of memory, in all processes together
	)
	w := newWorld(t).withPlugins(t)
	path := filepath.Join(t.TempDir(), "values.f32")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := file.Truncate(byteLen); err != nil {
		t.Fatal(err)
	}
	places := []int64{0, 4 << 20, 16<<20 - 4, 16 << 20, 512 << 20, byteLen - 4}
	for _, at := range places {
		if _, err := file.WriteAt(floats(1), at); err != nil {
			t.Fatal(err)
		}
	}
	p := w.start(t, nil, "run", "adder.sum", "-i", path, "--json", "--arena", "1MiB")
	peak := watchProportional(t, p)
	got := p.end()
	if sum := sumOf(t, got); sum != float64(len(places)) {
		t.Errorf("the sum is %v", sum)
	}
	if !strings.Contains(got.stdout, fmt.Sprint(byteLen/4)) {
		t.Errorf("it has not read all: %s", got.stdout)
	}
	if t.Logf("%d MB of memory", peak/1e6); peak < 10_000_000 || peak > most {
		t.Errorf("it took %d MB of memory", peak/1e6)
	}
}

// watchProportional is the most memory that a program and its children had together, until the
// program ended; what several of them share counts once.
func watchProportional(t *testing.T, p *started) (peak int64) {
	t.Helper()
	for {
		var sum int64
		for _, pid := range append(childrenOf(t, p.Process.Pid), p.Process.Pid) {
			sum += proportional(pid)
		}
		peak = max(peak, sum)
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid)); err != nil || bytes.Contains(stat, []byte(") Z ")) {
			return peak
		}
		time.Sleep(3 * time.Millisecond)
	}
}

// proportional is the bytes of memory of a process, its part of what it shares.
func proportional(pid int) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid)) // it may have ended
	_, rest, _ := strings.Cut(string(text), "\nPss:")
	var kib int64
	_, _ = fmt.Sscan(rest, &kib)
	return kib << 10
}

// TestAResultMayBeLargerThanTheArena: the budget of 16 MiB is for what stays, not for people's files.
func TestAResultMayBeLargerThanTheArena(t *testing.T) {
	w := newWorld(t).withPlugins(t, "plugins/crypto.wasm")
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	data := bytes.Repeat([]byte{0, 1, 0xfe, 0xff}, 5<<20)
	if err := os.WriteFile(in, data, 0o600); err != nil {
		t.Fatal(err)
	}
	run := []string{"run", "crypto.encode", "-i", in, "-p", "encoding=hex", "-o", out}
	if got := w.run(t, run...); got.exit != ExitOK {
		t.Fatalf("exit %d: %s", got.exit, got.stderr)
	}
	if text, err := os.ReadFile(out); err != nil || string(text) != strings.Repeat("0001feff", 5<<20)+"\n" {
		t.Errorf("%v, %d bytes", err, len(text))
	}
	got := w.run(t, append(run, "--no-cache", "--arena", "16MiB")...)
	if got.exit != ExitFailed || !strings.Contains(got.stderr, "--arena") {
		t.Errorf("what the user says does not count: exit %d: %s", got.exit, got.stderr)
	}
}
