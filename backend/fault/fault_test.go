package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestErrorIsOneLineWithSubjectCauseAndRemedy(t *testing.T) {
	err := New("live.start", Budget, "boids", "needs 24 MiB", "raise the budget with --arena")
	if got, want := err.Error(), "boids: needs 24 MiB; raise the budget with --arena"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestKindOfLooksThroughWrappers(t *testing.T) {
	inner := Wrap("read", NotFound, "a.wasm", io.ErrUnexpectedEOF, "")
	err := fmt.Errorf("outer: %w", inner)
	if KindOf(err) != NotFound {
		t.Errorf("kind %v", KindOf(err))
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
	if KindOf(io.EOF) != Other || KindOf(nil) != Other {
		t.Error("a foreign error must be Other")
	}
	if Wrap("op", Crash, "", nil, "") != nil {
		t.Error("wrapping nil must stay nil")
	}
}

func TestEveryKindHasAName(t *testing.T) {
	seen := map[string]bool{}
	for k := Other; k <= Internal; k++ {
		if name := k.String(); seen[name] {
			t.Errorf("%q twice", name)
		} else {
			seen[name] = true
		}
	}
	if got := Kind(999).String(); got != "kind-999" {
		t.Errorf("unknown kind: %q", got)
	}
}

func TestJSONForm(t *testing.T) {
	e := New("x", Budget, "boids", "too big", "raise it")
	e.Needed, e.Limit = 24<<20, 16<<20
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"kind":"budget","subject":"boids","message":"too big","next":"raise it","needed":25165824,"limit":16777216}`
	if string(b) != want {
		t.Errorf("got %s", b)
	}
}

func TestJSONLeavesOutWhatThereIsNot(t *testing.T) {
	b, err := json.Marshal(New("x", Trap, "boids", "unreachable", ""))
	if want := `{"kind":"trap","subject":"boids","message":"unreachable"}`; err != nil ||
		string(b) != want {
		t.Errorf("got %s, %v", b, err)
	}
}

func TestBareDropsThePathThatTheSubjectNames(t *testing.T) {
	_, err := os.Open("/no/such/file")
	if got := Bare(err).Error(); got != "no such file or directory" {
		t.Errorf("opening: %q", got)
	}
	if got := Bare(os.Rename("/no/such/file", "/no/other")).Error(); got != "no such file or directory" {
		t.Errorf("renaming: %q", got)
	}
	if Bare(io.EOF) != io.EOF || Bare(nil) != nil {
		t.Error("another error was changed")
	}
}

func TestEveryWayNotToWriteHasItsRemedy(t *testing.T) {
	for errno, want := range map[syscall.Errno]string{
		syscall.ENOSPC: "make room on the disk", syscall.EDQUOT: "your quota",
		syscall.EROFS: "can only be read", syscall.EACCES: "change its permissions",
		syscall.EPERM: "change its permissions",
	} {
		for _, err := range []error{
			errno, &os.PathError{Op: "open", Path: "x", Err: errno}, os.NewSyscallError("write", errno),
			Wrap("save", Unavailable, "x", errno, ""),
		} {
			if got := DiskRemedy(err); !strings.Contains(got, want) {
				t.Errorf("%v: %q, want %q", err, got, want)
			}
		}
	}
	for _, err := range []error{syscall.ENOTDIR, syscall.EIO, io.EOF, nil} {
		if got := DiskRemedy(err); got != "" {
			t.Errorf("%v: %q", err, got)
		}
	}
}
