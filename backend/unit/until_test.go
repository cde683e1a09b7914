package unit

import (
	"testing"
	"time"
)

// patience is what anything here may take on a busy machine with the race detector on.
const patience = 20 * time.Second

// until polls: what it waits for happens in another process.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
	}
}
