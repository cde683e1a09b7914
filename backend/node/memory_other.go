//go:build !linux

package node

// machineMemory is the size of this machine's memory in bytes; 0: not known.
func machineMemory() int64 { return 0 }
