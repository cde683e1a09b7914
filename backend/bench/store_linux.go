package bench

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// peakMemory is the most that a process that ended had resident, or a child that it waited for, in bytes.
func peakMemory(state *os.ProcessState) int64 {
	if used, ok := state.SysUsage().(*syscall.Rusage); ok {
		return used.Maxrss << 10
	}
	return 0
}

// flushDisk waits until all that was written to a folder's file system is on the disk.
func flushDisk(folder string) {
	if f, err := os.Open(folder); err == nil {
		_ = unix.Syncfs(int(f.Fd())) // what does not last is no concern here
		_ = f.Close()                // only read
	}
}

// fileSystems are the usual ones, by what statfs calls them.
var fileSystems = map[int64]string{
	unix.EXT4_SUPER_MAGIC: "ext4", unix.BTRFS_SUPER_MAGIC: "btrfs", unix.XFS_SUPER_MAGIC: "xfs", unix.TMPFS_MAGIC: "tmpfs",
	unix.F2FS_SUPER_MAGIC: "f2fs", unix.OVERLAYFS_SUPER_MAGIC: "overlayfs",
}

// fileSystem names that of a path; empty: not known.
func fileSystem(path string) string {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return ""
	}
	return fileSystems[int64(s.Type)]
}

// freeBytes is how much room there is for this user.
func freeBytes(path string) int64 {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0
	}
	return int64(s.Bavail) * s.Bsize
}
