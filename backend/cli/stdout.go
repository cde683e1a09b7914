package cli

import (
	"context"
	"io"
	"time"
)

// lastWordsTime is what a write may take once Ctrl+C was pressed. A pipe that somebody reads takes
// the figures of a run at once; one that is full and that nobody reads would keep the program.
const lastWordsTime = 200 * time.Millisecond

// leavableOutput is a standard output that a command need not wait for after ctx's end: it leaves a
// write alone that waits, and fails from then on. Its writes come one after the other.
type leavableOutput struct {
	ctx  context.Context
	w    io.Writer
	left error // why a write was left alone
}

// Write keeps data where the write is left alone: the process is about to end.
func (o *leavableOutput) Write(data []byte) (n int, err error) {
	if o.left != nil {
		return 0, o.left
	}
	done := make(chan struct{})
	written, failed := 0, error(nil)
	go func() {
		defer close(done)
		written, failed = o.w.Write(data)
	}()
	select {
	case <-done:
		return written, failed
	case <-o.ctx.Done():
	}
	select {
	case <-done:
		return written, failed
	case <-time.After(lastWordsTime):
		o.left = context.Cause(o.ctx)
		return 0, o.left
	}
}
