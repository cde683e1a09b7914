//go:build desktop && !automation

package main

// testBindings are what only end-to-end tests may call: nothing, in this build.
func (d *desktop) testBindings() []any { return nil }
