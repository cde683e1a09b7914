//go:build desktop && !linux

package main

import (
	"context"

	"inos/backend/fault"
)

// measureStartup needs what only Linux tells about a process.
func (d *desktop) measureStartup(context.Context) (any, error) {
	return nil, fault.New("bench", fault.Unavailable, "startup", "it is measured on Linux only", "")
}
