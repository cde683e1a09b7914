//go:build !(linux && amd64)

package segv

import "inos/backend/wire"

// Supported says whether faults are reported on this system; otherwise a fault looks like a crash.
const Supported = false

// Install does nothing: the handler is written in the assembly of one system so far.
func Install(uintptr, uintptr, int, wire.FaultTemplate) error { return nil }
