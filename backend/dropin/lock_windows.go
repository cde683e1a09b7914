package dropin

import (
	"os"

	"golang.org/x/sys/windows"
)

// tryLock takes the lock that the system gives back when the process ends, however it ends.
func tryLock(f *os.File) error {
	const all = ^uint32(0)
	return windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, all, all, &windows.Overlapped{})
}
