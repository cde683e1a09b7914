package unit

import (
	"context"
	"strings"

	"inos/backend/arena"
	"inos/backend/fault"
)

// legacy is what became of a live unit's state in a reload.
type legacy struct {
	kept bool
	idle bool  // nobody was there to hand it on
	lost error // why there was none to go on from; nil: the unit handed none on
}

// saved asks the running worker for the state from which the successor can go on; nil: it has to
// begin anew. Once that went wrong it is not tried again.
func (l *Live) saved(ctx context.Context, next *successor) []byte {
	next.legacy.kept = false
	w := l.Worker()
	next.legacy.idle = w == nil || !w.Alive()
	if next.legacy.idle || next.legacy.lost != nil {
		return nil
	}
	state, err := w.SaveState(ctx)
	next.legacy = legacy{kept: state != nil, lost: err}
	return state
}

func (y legacy) String() string {
	switch {
	case y.lost != nil:
		return "began anew, since its state could not be carried over: " + reason(y.lost)
	case y.kept:
		return "goes on from where it was"
	case y.idle:
		return "began anew, since the version before was not running"
	}
	return "began anew, since the version before hands no state on"
}

// reason is an error without the plugin's name, which stands beside it, and without a stack.
func reason(err error) string {
	text := err.Error()
	if f := fault.As(err); f != nil {
		text = f.Message()
	}
	first, _, _ := strings.Cut(text, "\n")
	return first
}

func (y legacy) severity() arena.Severity {
	if y.lost != nil {
		return arena.Warning
	}
	return arena.Info
}
