package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestAPutAndAGetStayWithinTheirMemory has large and small files, and as many processors as take most.
func TestAPutAndAGetStayWithinTheirMemory(t *testing.T) {
	const most = 256_000_000
	w := newWorld(t) // whose passphrase takes 64 MiB to check
	w.environment = []string{passphraseVariable + "=" + storeWords, "GOMAXPROCS=16"}
	source := filepath.Join(t.TempDir(), "source")
	prose := proseOf(1, 3<<20)
	for i := range 3 {
		copy(prose, proseOf(uint64(i), 1<<20))
		writeFile(t, filepath.Join(source, fmt.Sprint("prose", i)), append(noiseOf(uint64(i), 100), prose...))
		writeFile(t, filepath.Join(source, fmt.Sprint("noise", i)), noiseOf(uint64(10+i), 16<<20))
	}
	for i := range 300 {
		writeFile(t, filepath.Join(source, "small", fmt.Sprint(i)), proseOf(uint64(i), 100*i))
	}
	for _, args := range [][]string{{"put", source}, {"get", source, "-o", t.TempDir()}} {
		command := w.command(t.Context(), append([]string{"store"}, args...)...)
		var said bytes.Buffer
		command.Stderr = &said
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- command.Wait() }()
		peak := watchPeak(command.Process.Pid, ended)
		if !command.ProcessState.Success() {
			t.Fatalf("%v: %s", args, said.String())
		}
		if t.Logf("%s: %d MB", args[0], peak/1e6); peak == 0 || peak > most {
			t.Errorf("%s took %d MB of memory", args[0], peak/1e6)
		}
	}
}

// watchPeak is the most that a process had resident, until it ended. What wait tells includes this
// process's own memory, which the other one had for a moment.
func watchPeak(pid int, ended <-chan error) (peak int64) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if _, rest, ok := bytes.Cut(status, []byte("VmHWM:")); ok && bytes.Contains(status, []byte("Name:\tinos\n")) {
			var kib int64
			if _, err := fmt.Sscan(string(rest), &kib); err == nil {
				peak = max(peak, kib<<10)
			}
		}
		select {
		case <-ended:
			return peak
		case <-tick.C:
		}
	}
}
