// Package frames brings the arena before the page. There are two ways, and the page draws the same
// birds from either:
//
//   - shared: the page gets the segments themselves as ArrayBuffers (Linux, by the web process
//     extension in webext/; see Surface). Nothing is copied before the upload to the GPU.
//   - stream: the page asks for copies over a WebSocket on the loopback interface (see Server).
//
// This is the only package besides the program's root that knows the webview.
package frames

import (
	"fmt"

	"inos/backend/fault"
)

// Path is what the user asked for with --frames.
type Path string

// The paths that can be asked for. Auto is Shared where it works, else Stream.
const (
	Auto   Path = "auto"
	Shared Path = "shared"
	Stream Path = "stream"
)

// ParsePath reads the value of --frames.
func ParsePath(s string) (Path, error) {
	switch p := Path(s); p {
	case Auto, Shared, Stream:
		return p, nil
	}
	return "", fault.New("frames", fault.Invalid, "--frames",
		fmt.Sprintf("%q is no frame path", s), "use shared, stream or auto")
}

// Mode is the path that is in use.
type Mode string

// The modes a surface can be in.
const (
	ModeShared Mode = "shared"
	ModeStream Mode = "stream"
)

// Surface is the webview's side of the frame path. It may change from shared to stream while the
// program runs (the web process cannot live with the shared memory), never back.
type Surface interface {
	// Mode says which path the next page load gets.
	Mode() Mode
	// Why says in a sentence why the mode is not shared; empty where it is, or where the user
	// asked for the stream.
	Why() string
	// Close gives back what the surface holds outside the process. The window is closed by then.
	Close() error
}

// Streaming is the surface of systems and moments without shared memory.
type Streaming struct{ reason string }

// NewStreaming returns a surface that always streams, for the reason given (empty: by choice).
func NewStreaming(reason string) *Streaming { return &Streaming{reason: reason} }

// Mode is always ModeStream.
func (s *Streaming) Mode() Mode { return ModeStream }

// Why returns the reason.
func (s *Streaming) Why() string { return s.reason }

// Close does nothing.
func (s *Streaming) Close() error { return nil }
