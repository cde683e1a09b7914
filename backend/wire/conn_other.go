//go:build !linux

package wire

import (
	"errors"
	"os"
	"time"
)

// errSystem: descriptor passing with message borders is written for Linux only so far.
var errSystem = errors.New("worker processes need Linux")

// Conn carries messages and descriptors between kernel and worker; on this system it cannot be
// made.
type Conn struct{}

// Pair always fails on this system.
func Pair() (kernel *Conn, worker *os.File, err error) { return nil, nil, errSystem }

// NewConn returns a connection whose every call fails.
func NewConn(int) *Conn { return &Conn{} }

// Send fails.
func (*Conn) Send(*Message, ...int) error { return errSystem }

// Recv fails.
func (*Conn) Recv(*Message) ([]int, error) { return nil, errSystem }

// SetWriteDeadline fails.
func (*Conn) SetWriteDeadline(time.Time) error { return errSystem }

// FD is always -1.
func (*Conn) FD() int { return -1 }

// Close has nothing to close.
func (*Conn) Close() error { return nil }

// CloseAll has nothing to close: nothing was received.
func CloseAll([]int) {}
