package guest

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

const hole = unix.MAP_PRIVATE | unix.MAP_ANON | unix.MAP_NORESERVE

func reserve(n uintptr) (unsafe.Pointer, error) {
	p, err := unix.MmapPtr(-1, 0, nil, n, unix.PROT_NONE, hole)
	return p, os.NewSyscallError("mmap", err)
}

// commit makes reserved addresses readable and writable; they count against RLIMIT_DATA.
func commit(p unsafe.Pointer, n int64) error { return protect(p, n, true) }

// protect sets what a guest may do with mapped pages; reading is always allowed.
func protect(p unsafe.Pointer, n int64, writable bool) error {
	prot := uintptr(unix.PROT_READ)
	if writable {
		prot |= unix.PROT_WRITE
	}
	_, _, errno := unix.Syscall(unix.SYS_MPROTECT, uintptr(p), uintptr(n), prot)
	if errno != 0 {
		return os.NewSyscallError("mprotect", errno)
	}
	return nil
}

// mapFile puts part of a file over the addresses.
func mapFile(p unsafe.Pointer, n int64, fd int, offset int64, a Access) error {
	prot, flags := unix.PROT_READ, unix.MAP_FIXED|unix.MAP_SHARED
	if a.writes() {
		prot |= unix.PROT_WRITE
	}
	switch a {
	case Populated:
		flags |= unix.MAP_POPULATE
	case File:
		flags = unix.MAP_FIXED | unix.MAP_PRIVATE
	}
	_, err := unix.MmapPtr(fd, offset, p, uintptr(n), prot, flags)
	return os.NewSyscallError("mmap", err)
}

// unmap makes the addresses inaccessible again; they stay reserved.
func unmap(p unsafe.Pointer, n int64) error {
	_, err := unix.MmapPtr(-1, 0, p, uintptr(n), unix.PROT_NONE, hole|unix.MAP_FIXED)
	return os.NewSyscallError("mmap", err)
}

func closeFD(fd int) { unix.Close(fd) }
