package host

import (
	"os"
	"sync"
	"syscall"
	"testing"
)

// The main thread outlives every goroutine, so children of it would miss their death signal.
func TestNoLauncherKeepsTheMainThread(t *testing.T) {
	const launchers = 200
	var all sync.WaitGroup
	for range launchers {
		all.Go(func() {
			l := NewLauncher()
			defer l.Close()
			thread := make(chan int, 1)
			l.do(func() { thread <- syscall.Gettid() })
			if <-thread == os.Getpid() {
				t.Error("a launcher starts processes from the main thread")
			}
		})
	}
	all.Wait()
}
