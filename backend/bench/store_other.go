//go:build !linux

package bench

import "os"

func peakMemory(*os.ProcessState) int64 { return 0 }

func flushDisk(string) {}

func fileSystem(string) string { return "" }

func freeBytes(string) int64 { return 0 }
