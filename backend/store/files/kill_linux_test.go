package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"inos/backend/store/tree"
)

// asked tells this program, started by a test, what to do instead of testing: a word and a folder.
const asked = "INOS_FILES_TEST"

func TestMain(m *testing.M) {
	what, folder, _ := strings.Cut(os.Getenv(asked), " ")
	switch at, err := strconv.Atoi(what); {
	case what == "full":
		fillDisk(folder)
	case err == nil:
		restoreUntil(int64(at), folder)
	}
	os.Exit(m.Run())
}

func ask(t *testing.T, what, folder string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program)
	c.Env = append(os.Environ(), asked+"="+what+" "+folder)
	return c
}

// killTree is the same in each process.
func killTree(t testing.TB, m *memory) tree.Entry {
	var entries []tree.Entry
	for i := range 40 {
		e := m.file(t, fmt.Sprintf("%02d", i), noise(i*i*100))
		e.Mode = 0o600
		entries = append(entries, e)
	}
	linked := entries[39]
	linked.Name, linked.Group, entries[39].Group = []byte("linked"), 3, 3
	return m.folder(t, "top", m.folder(t, "sub", entries[20:]...), m.folder(t, "sub 2", append(entries[:20:20], linked)...))
}

// restoreUntil kills its own process when the source is asked for the at-th block.
func restoreUntil(at int64, folder string) {
	m := newMemory()
	top := killTree(&testing.B{}, m)
	m.before = func(n int64, _ tree.Link) error {
		if n == at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		return nil
	}
	_, err := Restore(context.Background(), folder, m, top, Options{})
	fmt.Println(err)
	os.Exit(1)
}

func TestAKillLeavesWholeFilesAndTheNextRestoringSweeps(t *testing.T) {
	m := newMemory()
	top := killTree(t, m)
	target := t.TempDir()
	swept := 0
	for _, at := range []int{2, 9, 40, 41, 77, 120, 150, 165} {
		err := ask(t, strconv.Itoa(at), target).Run()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("block %d: it ended with %v", at, err)
		}
		swept += wholeFilesOnly(t, target)
	}
	if swept == 0 {
		t.Error("no kill left anything half written, so this proves nothing")
	}
	restored(t, m, target, top, Options{})
	noTemporaries(t, target)
	again, _ := m.scan(t, filepath.Join(target, "top"))
	sameTrees(t, m.flat(t, top), m.flat(t, again))
}

// wholeFilesOnly returns how many half written files there are.
func wholeFilesOnly(t *testing.T, target string) (half int) {
	t.Helper()
	err := filepath.WalkDir(target, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if isTemporary(e.Name()) {
			half++
			return nil
		}
		i, _ := strconv.Atoi(e.Name())
		if e.Name() == "linked" {
			i = 39
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, noise(i*i*100)) {
			t.Errorf("%s has %d bytes: %v", path, len(got), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return half
}

func TestOnlyWhatNobodyWritesIsSwept(t *testing.T) {
	d, err := openDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	r := newRestoring(context.Background(), nil, tree.Entry{}, Options{})
	live, left := r.temporary(), r.temporary()
	for _, name := range []string{live, left} {
		file, err := d.create(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if name == left {
			_ = file.Close()
		}
	}
	if err := d.symlink("a", r.temporary()); err != nil {
		t.Fatal(err)
	}
	r.sweep(&place{r: r, dir: d})
	fresh, err := openDir(d.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.close()
	if names, err := fresh.names(); err != nil || !slices.Equal(names, []string{live}) {
		t.Errorf("left are %v, %v", names, err)
	}
}

// fillDisk runs with mounts of its own, and says on its output what came of a restoring to a disk of
// 1 MiB, and of the same one when there is room.
func fillDisk(folder string) {
	if err := unix.Mount("none", folder, "tmpfs", 0, "size=1m"); err != nil {
		fmt.Println("no mount:", err)
		os.Exit(0)
	}
	m := newMemory()
	top := killTree(&testing.B{}, m)
	report, err := Restore(context.Background(), folder, m, top, Options{})
	fmt.Printf("%v, %d failed\n", err, report.Failed)
	t := &testing.T{}
	fmt.Println("half written:", wholeFilesOnly(t, folder), t.Failed())
	if err := unix.Mount("none", folder, "tmpfs", unix.MS_REMOUNT, "size=64m"); err != nil {
		fmt.Println(err)
	}
	report, err = Restore(context.Background(), folder, m, top, Options{})
	fmt.Printf("%v, %d files, %d failed\n", err, report.Files, report.Failed)
	os.Exit(0)
}

func TestAFullDiskEndsItAndLosesNothing(t *testing.T) {
	folder := t.TempDir()
	c := ask(t, "full", folder)
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := c.Output()
	if err != nil || strings.HasPrefix(string(out), "no mount:") {
		t.Skipf("no mounts for this user here: %v, %s", err, out)
	}
	lines := strings.Split(string(out), "\n")
	if len(lines) != 4 || !strings.Contains(lines[0], "no space left on device; make room on the disk, 0 failed") {
		t.Fatalf("got %s", out)
	}
	if lines[1] != "half written: 0 false" || lines[2] != "<nil>, 41 files, 0 failed" {
		t.Errorf("got %s", out)
	}
}
