package wire

import (
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"capnproto.org/go/capnp/v3"
	"golang.org/x/sys/unix"
)

// Conn carries messages and descriptors over one end of a SOCK_SEQPACKET pair. Send may be called
// from several goroutines at once, Recv from one at a time. Both encode and decode in buffers of
// the connection: a message costs one allocation of about 100 bytes to send, none to receive.
type Conn struct {
	file *os.File
	// raw waits in the netpoller; nil: system calls block their thread.
	raw syscall.RawConn
	fd  int

	sending sync.Mutex
	enc     encoder
	out     packet

	dec decoder
	in  packet
}

// Pair returns both ends of a new connection: the kernel's, which waits in Go's netpoller and
// refuses descriptors, and the worker's, to be handed over as a file and closed.
func Pair() (kernel *Conn, worker *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	worker = os.NewFile(uintptr(fds[1]), "worker socket")
	if err := unix.SetNonblock(fds[0], true); err != nil {
		unix.Close(fds[0])
		return nil, nil, fmt.Errorf("socketpair: %w", closing(worker, err))
	}
	file := os.NewFile(uintptr(fds[0]), "kernel socket")
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, nil, fmt.Errorf("socketpair: %w", closing(worker, err))
	}
	return newConn(file, raw, 0), worker, nil
}

// NewConn returns the worker's end over its inherited descriptor. Its calls block their thread,
// which is the fastest way for a process that has nothing else to do.
func NewConn(fd int) *Conn {
	return newConn(os.NewFile(uintptr(fd), "control socket"), nil, unix.CmsgSpace(4*MaxDescriptors))
}

func newConn(file *os.File, raw syscall.RawConn, inControl int) *Conn {
	c := &Conn{file: file, raw: raw, fd: -1}
	if raw == nil {
		c.fd = int(file.Fd())
	}
	c.enc.buf = make([]byte, MaxMessageBytes)
	c.dec.arena = capnp.NewReadOnlySingleSegment(nil)
	c.in.init(unix.SYS_RECVMSG, unix.MSG_CMSG_CLOEXEC, inControl)
	c.in.setData(make([]byte, MaxMessageBytes))
	c.out.init(unix.SYS_SENDMSG, unix.MSG_NOSIGNAL, unix.CmsgSpace(4*MaxDescriptors))
	return c
}

func closing(f *os.File, err error) error {
	f.Close()
	return err
}

// Send sends m with the descriptors, which stay open. A message that exceeds a limit is refused
// with an error that wraps ErrInvalid and leaves the connection usable; after any other error it
// is not.
func (c *Conn) Send(m *Message, fds ...int) error {
	if err := checkCount("descriptors", len(fds), MaxDescriptors); err != nil {
		return err
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	b, err := c.enc.encode(m)
	if err != nil {
		return err
	}
	c.out.setData(b)
	c.out.setRights(fds)
	if _, err := c.transfer(&c.out, true); err != nil {
		return fmt.Errorf("send %s: %w", m.Kind, err)
	}
	return nil
}

// Recv waits for a message and reads it into m, whose slices are reused. The caller owns the
// descriptors; they are close-on-exec. io.EOF: the other side is gone.
func (c *Conn) Recv(m *Message) (fds []int, err error) {
	c.in.reset()
	n, err := c.transfer(&c.in, false)
	if err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	if fds, err = c.in.rights(); err != nil {
		return nil, err
	}
	switch {
	case n == 0:
		err = io.EOF
	case c.in.header.Flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0:
		err = invalid("more bytes or descriptors than a message may have")
	default:
		err = c.dec.decode(c.in.data[:n], m)
	}
	if err != nil {
		CloseAll(fds)
		return nil, err
	}
	return fds, nil
}

// SetWriteDeadline bounds the sends of the kernel's end: a worker that does not read cannot hold
// its sender for ever.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.file.SetWriteDeadline(t) }

// FD is the descriptor of a worker's end, -1 of a kernel's.
func (c *Conn) FD() int { return c.fd }

// Close ends both directions; a waiting Recv returns with an error.
func (c *Conn) Close() error { return c.file.Close() }

// CloseAll closes received descriptors.
func CloseAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

func (c *Conn) transfer(p *packet, write bool) (int, error) {
	if c.raw == nil {
		p.try(uintptr(c.fd))
	} else if err := c.wait(p, write); err != nil {
		return 0, err
	}
	if p.errno != 0 {
		return 0, p.errno
	}
	return p.n, nil
}

func (c *Conn) wait(p *packet, write bool) error {
	if write {
		return c.raw.Write(p.again)
	}
	return c.raw.Read(p.again)
}

// packet is one direction's message header with its buffers, made once: nothing of it moves to
// the heap at each call.
type packet struct {
	number  uintptr
	flags   uintptr
	header  unix.Msghdr
	iov     unix.Iovec
	data    []byte
	control []byte
	again   func(fd uintptr) bool
	n       int
	errno   syscall.Errno
}

func (p *packet) init(number, flags uintptr, controlBytes int) {
	p.number, p.flags = number, flags
	p.control = make([]byte, controlBytes)
	p.header.Iov = &p.iov
	p.header.SetIovlen(1)
	p.again = p.try
}

func (p *packet) setData(b []byte) {
	p.data = b
	p.iov.Base = unsafe.SliceData(b)
	p.iov.SetLen(len(b))
}

// try makes one attempt and tells the netpoller whether it is done.
func (p *packet) try(fd uintptr) bool {
	for {
		n, _, errno := syscall.Syscall(p.number, fd, uintptr(unsafe.Pointer(&p.header)), p.flags)
		if errno == syscall.EINTR {
			continue
		}
		p.n, p.errno = int(n), errno
		return errno != syscall.EAGAIN
	}
}

func (p *packet) reset() {
	p.header.Flags = 0
	p.header.Control = unsafe.SliceData(p.control)
	p.header.SetControllen(len(p.control))
}

func (p *packet) setRights(fds []int) {
	p.header.Control = nil
	p.header.SetControllen(0)
	if len(fds) == 0 {
		return
	}
	h := (*unix.Cmsghdr)(unsafe.Pointer(unsafe.SliceData(p.control)))
	h.Level, h.Type = unix.SOL_SOCKET, unix.SCM_RIGHTS
	h.SetLen(unix.CmsgLen(4 * len(fds)))
	data := unsafe.Slice((*int32)(unsafe.Pointer(&p.control[unix.CmsgLen(0)])), len(fds))
	for i, fd := range fds {
		data[i] = int32(fd)
	}
	p.header.Control = unsafe.SliceData(p.control)
	p.header.SetControllen(unix.CmsgSpace(4 * len(fds)))
}

// rights returns all descriptors that came with the last message.
func (p *packet) rights() ([]int, error) {
	if p.header.Controllen == 0 {
		return nil, nil
	}
	messages, err := unix.ParseSocketControlMessage(p.control[:p.header.Controllen])
	if err != nil {
		return nil, invalid("control data: %v", err)
	}
	var all []int
	for i := range messages {
		fds, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			CloseAll(all)
			return nil, invalid("control data: %v", err)
		}
		all = append(all, fds...)
	}
	return all, nil
}
