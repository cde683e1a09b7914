//go:build !linux

package cli

import (
	"context"
	"fmt"
	"runtime"
)

// systemChecks says that plugins run on Linux only: the sandbox of other systems is not written.
func (a *app) systemChecks() []check {
	return []check{
		{Name: "cores", Needed: forEverything, Status: fine,
			Detail: fmt.Sprintf("%d usable", runtime.NumCPU())},
		{Name: "sandbox", Needed: forEverything, Status: problem,
			Detail: "plugins run on Linux only; this is " + runtime.GOOS,
			Fix:    "use Linux, or a Linux container or virtual machine"},
	}
}

func (a *app) windowChecks(context.Context) []check { return nil }
