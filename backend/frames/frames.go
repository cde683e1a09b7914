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
	"context"
	"fmt"

	"inos/backend/arena"
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
//
// NewSurface makes the one of this system, on the main thread and before the webview exists.
type Surface interface {
	// Mode says which path the next page load gets.
	Mode() Mode
	// Why says in a sentence why the mode is not shared; empty where it is, or where the user
	// asked for the stream.
	Why() string
	// Attach connects the surface to the webview. ctx is the one that Wails hands to OnStartup.
	Attach(ctx context.Context) error
	// Close gives back what the surface holds outside the process. The window is closed by then.
	Close() error
}

// Options are what a surface needs.
type Options struct {
	Path   Path
	Kernel *arena.Kernel
	// GiveUp is called when the page cannot be kept alive; err says why. It must not block.
	GiveUp func(err error)
}
