// Package box takes every right from the calling process: no new privileges, landlock, seccomp on
// all threads, resource limits. After Close it opens no file, makes no socket, starts no process
// and maps no executable page, whatever code runs in it. Pure Go, no library.
package box

// Limits bound what the process may take.
type Limits struct {
	// DataBytes is how much private writable memory (RLIMIT_DATA) the process may take beside what
	// it has: Go's heap, the guest's own pages. Reserved addresses and shared segments do not count.
	DataBytes uint64
}

// Report says what was closed.
type Report struct {
	// LandlockABI is the version found; 0: this system has none, or it is switched off.
	LandlockABI int
	// Seccomp is false where the filter could not be installed; SeccompErr says why.
	Seccomp    bool
	SeccompErr error
}
