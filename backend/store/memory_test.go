package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"inos/backend/store/disk"
	"inos/backend/store/files"
)

// largeHole is in a file of 1 TiB. The stream is 160 MiB, more than is ever in memory, or what
// INOS_STORE_TEST_MIB says.
const largeHole = 1 << 40

func largeStream() int64 {
	if n, err := strconv.ParseInt(os.Getenv("INOS_STORE_TEST_MIB"), 10, 64); err == nil {
		return n << 20
	}
	return 160 << 20
}

// mixed is a MiB of random bytes, a MiB of text, and so on.
func mixed() io.Reader {
	return &alternating{words: text(9, 1<<20), noise: rand.NewChaCha8([32]byte{3})}
}

type alternating struct {
	words []byte
	noise *rand.ChaCha8
	at    int64
}

func (a *alternating) Read(p []byte) (int, error) {
	const mib = 1 << 20
	n := min(len(p), int(mib-a.at%mib))
	if a.at/mib%2 == 0 {
		_, _ = a.noise.Read(p[:n]) // never fails
	} else {
		copy(p[:n], a.words[a.at%mib:])
		p[0] ^= byte(a.at >> 20) // each MiB is another one
	}
	a.at += int64(n)
	return n, nil
}

// large puts and gets the stream in a process of its own, whose memory the system measures.
func large(ctx context.Context, folder string) error {
	debug.SetMemoryLimit(HeapLimit)
	s, err := New(disk.Dir(filepath.Join(folder, "store")), master).Create(ctx, Settings{Name: Main})
	if err != nil {
		return err
	}
	in := sha256.New()
	p, err := s.PutStream(ctx, "large", io.TeeReader(io.LimitReader(mixed(), largeStream()), in), PutOptions{})
	if err != nil {
		return err
	}
	out := sha256.New()
	if err := s.Write(ctx, p.Version, out); err != nil {
		return err
	}
	if !bytes.Equal(in.Sum(nil), out.Sum(nil)) {
		return fmt.Errorf("other bytes came back")
	}
	if err := sparse(ctx, s, folder); err != nil {
		return err
	}
	return peak()
}

// sparse puts and restores a file that is a hole of 1 TiB with a little at its end.
func sparse(ctx context.Context, s *Space, folder string) error {
	path := filepath.Join(folder, "sparse")
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("end"), largeHole-3); err != nil {
		return err
	}
	p, err := s.PutPath(ctx, path, PutOptions{})
	if err != nil || p.Failed > 0 {
		return fmt.Errorf("%v, %v", p.Problems, err)
	}
	r, err := s.Restore(ctx, p.Version, filepath.Join(folder, "out"), files.Options{})
	if err != nil || r.Failed > 0 {
		return fmt.Errorf("%v, %v", r.Failures, err)
	}
	info, err := os.Stat(filepath.Join(folder, "out", "sparse"))
	if err != nil || info.Size() != largeHole {
		return fmt.Errorf("%v, %v", info, err)
	}
	return nil
}

// peak writes how much memory this process had at most, in KiB.
func peak() error {
	status, err := os.Open("/proc/self/status")
	if err != nil {
		return err
	}
	defer status.Close()
	for lines := bufio.NewScanner(status); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			fmt.Println(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
		}
	}
	return nil
}

func TestALargeStreamTakesLittleMemory(t *testing.T) {
	if runtime.GOOS != "linux" || racing {
		t.Skip("it measures what Linux counts, and the race detector takes memory of its own")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), roleEnv+"=stream", folderEnv+"="+t.TempDir(), "GOMAXPROCS=8")
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, problems.String())
	}
	var kib int
	if _, err := fmt.Sscan(string(out), &kib); err != nil || kib == 0 || kib > 256<<10 {
		t.Errorf("%d KiB, %v", kib, err)
	}
	t.Logf("%d MiB at most, with 8 processors", kib>>10)
}
