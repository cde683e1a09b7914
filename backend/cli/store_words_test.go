package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// says fails unless a command fails with this exit code and says this, and not "invalid tree".
func (s *stand) says(t *testing.T, exit int, want string, args ...string) {
	t.Helper()
	got := s.inos(t.Context(), append([]string{"store"}, args...)...)
	if got.exit != exit || !strings.Contains(got.stderr, want) || strings.Contains(got.stderr, "invalid tree") {
		t.Errorf("%.80q: exit %d, want %d and %q: %s", args, got.exit, exit, want, got.stderr)
	}
}

func TestTheStoresErrorsSayWhatToDoNext(t *testing.T) {
	s := newStoreStand(t)
	file := filepath.Join(s.dir, "M", "x", "a file")
	writeFile(t, file, []byte("content"))
	s.says(t, ExitFailed, "there is no store here yet; inos store put PATH makes one", "ls")
	if got := s.must(t, "store", "put", filepath.Join(s.dir, "M")); !strings.Contains(got.stdout, ": 1 file, 7B") {
		t.Error(got.stdout)
	}
	if got := s.must(t, "store", "check"); !strings.Contains(got.stdout, "; 1 version, ") || !strings.Contains(got.stdout, " in 1 pack\n") {
		t.Error(got.stdout)
	}
	label := "the label: a label is one line of at most 256 bytes of text, without control characters"
	s.says(t, ExitFailed, label, "put", file, "--label", strings.Repeat("x", 257))
	s.says(t, ExitFailed, label, "put", file, "--label", "two\nlines")
	s.says(t, ExitFailed, "it was not put by itself, but may lie in "+filepath.Join(s.dir, "M"), "get", file, "-o", s.dir)
	s.says(t, ExitFailed, "--only 'x/a file' -o DIR restores it", "get", file, "-o", s.dir)
	s.says(t, ExitFailed, "descriptor 999: it is not open; let the shell open it, like 999<FILE", "ls", "--passphrase-fd", "999")
	s.stdin = strings.Repeat("x", 5000)
	s.says(t, ExitFailed, "it has more than 4 KiB", "ls", "--passphrase-fd", "0")
}

func TestWithoutThePassphrasesFileTheRecoverySheetIsNamed(t *testing.T) {
	s := newStoreStand(t)
	file := filepath.Join(s.dir, "file")
	writeFile(t, file, []byte("content"))
	s.must(t, "store", "put", file)
	sheet := filepath.Join(s.dir, "sheet")
	s.must(t, "store", "key", "export", "-o", sheet)
	if err := os.RemoveAll(filepath.Join(s.data, "store", "keys")); err != nil {
		t.Fatal(err)
	}
	next := "set a new passphrase with the 24 words of the recovery sheet: inos store key import"
	s.says(t, ExitFailed, "its key is not in the keychain, and no passphrase is set; "+next, "ls")
	s.keychain.Fault = os.ErrClosed
	s.says(t, ExitFailed, next, "ls")
	s.must(t, "store", "key", "import", sheet)
	s.must(t, "store", "ls")
}

func TestADataFolderThatMayNotBeReadIsNoMistakeInTheCommand(t *testing.T) {
	s := newStoreStand(t)
	if err := os.Chmod(s.data, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(s.data, 0o700) })
	if folder, err := os.Open(s.data); err == nil {
		_ = folder.Close()
		t.Skip("this user may read everything")
	}
	s.says(t, ExitFailed, "you may not read it", "ls")
}
