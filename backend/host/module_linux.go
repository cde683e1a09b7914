package host

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// moduleSeals: nobody, not even this process, can change the module once it is checked.
const moduleSeals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE | unix.F_SEAL_SEAL

// sealedModule puts a module into a memory file that cannot be changed any more. The caller
// closes it.
func sealedModule(wasm []byte) (int, error) {
	fd, err := unix.MemfdCreate("inos:module", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return -1, os.NewSyscallError("memfd_create", err)
	}
	if err := fillModule(fd, wasm); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func fillModule(fd int, wasm []byte) error {
	for at := 0; at < len(wasm); {
		n, err := unix.Pwrite(fd, wasm[at:], int64(at))
		if err != nil && err != unix.EINTR {
			return fmt.Errorf("module: %w", err)
		}
		at += max(n, 0)
	}
	_, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, moduleSeals)
	return os.NewSyscallError("seal", err)
}

func closeFD(fd int) { unix.Close(fd) }
