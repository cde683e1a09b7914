//go:build !(linux && amd64)

package segv

import "inos/backend/wire"

// Install does nothing: the handler is written in the assembly of one system so far.
func Install(uintptr, uintptr, int, wire.FaultTemplate) error { return nil }
