//go:build desktop && !linux && !windows

package frames

import "inos/backend/fault"

// NewSurface streams: WKWebView shares no memory with its app.
func NewSurface(o Options) (Surface, error) {
	if o.Path == Shared {
		return nil, fault.New("frames", fault.Unavailable, "--frames shared",
			"this system's webview shares no memory", "use --frames stream")
	}
	return &streaming{reason: "this system's webview shares no memory"}, nil
}
