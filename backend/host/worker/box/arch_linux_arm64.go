package box

import "golang.org/x/sys/unix"

const (
	auditArch = unix.AUDIT_ARCH_AARCH64
	// firstForeign is above every number: this architecture has one set of system calls.
	firstForeign = ^uint32(0)
	// threadTLS is nothing: Go sets the thread pointer itself here.
	threadTLS = 0
)
