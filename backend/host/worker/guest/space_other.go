//go:build !linux

package guest

import (
	"errors"
	"unsafe"
)

// errSystem: windows are written for Linux only so far.
var errSystem = errors.New("guest memory with windows needs Linux")

func reserve(uintptr) (unsafe.Pointer, error) { return nil, errSystem }

func commit(unsafe.Pointer, int64) error { return errSystem }

func protect(unsafe.Pointer, int64, bool) error { return errSystem }

func mapFile(unsafe.Pointer, int64, int, int64, Access) error { return errSystem }

func unmap(unsafe.Pointer, int64) error { return errSystem }

func closeFD(int) {}
