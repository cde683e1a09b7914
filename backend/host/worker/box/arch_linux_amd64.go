package box

import "golang.org/x/sys/unix"

const (
	auditArch = unix.AUDIT_ARCH_X86_64
	// firstForeign is the first number of the x32 system calls.
	firstForeign = 0x40000000
	threadTLS    = unix.CLONE_SETTLS
)
