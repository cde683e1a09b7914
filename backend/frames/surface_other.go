//go:build desktop && !linux

package frames

import (
	"context"

	"inos/backend/fault"
)

// whyNotHere is what the user reads where the webview shares no memory with its app (macOS) or nobody
// has written that yet (Windows).
const whyNotHere = "shared memory with the page works on Linux only so far"

// NewSurface streams.
func NewSurface(o Options) (Surface, error) {
	if o.Path == Shared {
		return nil, fault.New("frames", fault.Unavailable, "--frames shared", whyNotHere, "use --frames stream")
	}
	if o.Path == Stream {
		return &streaming{}, nil
	}
	return &streaming{reason: whyNotHere}, nil
}

// streaming is the surface where there is no shared memory.
type streaming struct{ reason string }

func (s *streaming) Mode() Mode                   { return ModeStream }
func (s *streaming) Why() string                  { return s.reason }
func (s *streaming) Attach(context.Context) error { return nil }
func (s *streaming) Close() error                 { return nil }
