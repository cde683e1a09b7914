//go:build desktop && !linux

package main

import (
	"context"

	"inos/backend/fault"
)

// measureStartup needs what only Linux tells about a process.
func (d *desktop) measureStartup(context.Context) (any, error) { return nil, linuxOnly("startup") }

// measureMemory needs it, too.
func (d *desktop) measureMemory(context.Context) (any, error) { return nil, linuxOnly("memory") }

func linuxOnly(what string) error {
	return fault.New("bench", fault.Unavailable, what, "it is measured on Linux only", "")
}
