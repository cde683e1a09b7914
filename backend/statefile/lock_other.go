//go:build !unix

package statefile

import "io/fs"

// lock does nothing here: one process at a time writes, as a rule.
func lock(string) (unlock func(), err error) { return func() {}, nil }

func inode(fs.FileInfo) uint64 { return 0 }
