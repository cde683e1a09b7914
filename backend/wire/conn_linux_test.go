package wire

import (
	"errors"
	"io"
	"os"
	"reflect"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pair returns both ends in this process.
func pair(t testing.TB) (kernel, worker *Conn) {
	t.Helper()
	kernel, file, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Dup(int(file.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	worker = NewConn(fd)
	t.Cleanup(func() {
		kernel.Close()
		worker.Close()
	})
	return kernel, worker
}

func TestMessagesAndDescriptorsArrive(t *testing.T) {
	kernel, worker := pair(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for _, want := range samples() {
		if err := kernel.Send(&want, int(w.Fd()), int(r.Fd())); err != nil {
			t.Fatal(err)
		}
		var got Message
		fds, err := worker.Recv(&got)
		if err != nil {
			t.Fatal(err)
		}
		if got.ID != want.ID || got.Kind != want.Kind || len(fds) != 2 {
			t.Fatalf("got %s %d with %d descriptors", got.Kind, got.ID, len(fds))
		}
		flags, err := unix.FcntlInt(uintptr(fds[0]), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("received descriptor survives exec (%v)", err)
		}
		CloseAll(fds)
		if err := worker.Send(&want); err != nil {
			t.Fatal(err)
		}
		var back Message
		if _, err := kernel.Recv(&back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, want) {
			t.Errorf("got %+v, want %+v", back, want)
		}
	}
}

func TestTheKernelTakesNoDescriptors(t *testing.T) {
	kernel, worker := pair(t)
	before := openDescriptors(t)
	if err := worker.Send(&Message{Kind: KindDone}, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := kernel.Recv(new(Message)); !errors.Is(err, ErrInvalid) {
		t.Errorf("error %v", err)
	}
	if after := openDescriptors(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestAnOversizedDatagramIsRefused(t *testing.T) {
	kernel, worker := pair(t)
	if err := unix.Send(worker.FD(), make([]byte, MaxMessageBytes+8), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := kernel.Recv(new(Message)); !errors.Is(err, ErrInvalid) {
		t.Errorf("error %v", err)
	}
}

func TestTheEndOfOneSideIsEOFOnTheOther(t *testing.T) {
	kernel, worker := pair(t)
	worker.Close()
	if _, err := kernel.Recv(new(Message)); err != io.EOF {
		t.Errorf("error %v", err)
	}
	if err := kernel.Send(&Message{Kind: KindDone}); !errors.Is(err, unix.EPIPE) {
		t.Errorf("error %v", err)
	}
}

func TestCloseWakesAWaitingKernel(t *testing.T) {
	kernel, _ := pair(t)
	ended := make(chan error)
	go func() {
		_, err := kernel.Recv(new(Message))
		ended <- err
	}()
	kernel.Close()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("received nothing without an error")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still waiting")
	}
}

func TestASenderIsNotHeldByAWorkerThatDoesNotRead(t *testing.T) {
	kernel, _ := pair(t)
	if err := kernel.SetWriteDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	m := Message{Kind: KindParams, Params: filled(3, TextOf(string(make([]byte, MaxValueBytes))))}
	for range 10_000 {
		if err := kernel.Send(&m); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("500 MB were taken by a socket that nobody reads")
}

// TestTheCallPathAllocatesLittle covers a call and its result on both ends: 4 encodings with one
// allocation each.
func TestTheCallPathAllocatesLittle(t *testing.T) {
	kernel, worker := pair(t)
	call := Message{ID: 1, Kind: KindCall, Call: Call{
		Params: []Value{NumberOf(1), NumberOf(2)}, Results: 1,
	}}
	result := Message{ID: 1, Kind: KindResult, Result: Result{Results: []float64{3}}}
	var in, out Message
	perCall := testing.AllocsPerRun(200, func() {
		if err := kernel.Send(&call); err != nil {
			t.Fatal(err)
		}
		if _, err := worker.Recv(&in); err != nil {
			t.Fatal(err)
		}
		if err := worker.Send(&result); err != nil {
			t.Fatal(err)
		}
		if _, err := kernel.Recv(&out); err != nil {
			t.Fatal(err)
		}
	})
	const most = 8
	if perCall > most {
		t.Errorf("%g allocations for a call and its result, at most %d", perCall, most)
	}
	t.Logf("%g allocations", perCall)
}

func BenchmarkCallAndResult(b *testing.B) {
	kernel, worker := pair(b)
	call := Message{ID: 1, Kind: KindCall, Call: Call{
		Params: []Value{NumberOf(1), NumberOf(2)}, Results: 1,
	}}
	result := Message{ID: 1, Kind: KindResult, Result: Result{Results: []float64{3}}}
	var in, out Message
	for b.Loop() {
		kernel.Send(&call)
		worker.Recv(&in)
		worker.Send(&result)
		kernel.Recv(&out)
	}
}
