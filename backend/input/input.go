// Package input opens what a user names as an input. Opening never waits, whatever lies at the path,
// what is accepted is decided by what was opened, and reading ends with its context.
package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"inos/backend/fault"
)

const (
	opOpen = "input.open"
	opRead = "input.read"
)

// Source is an open input: a regular file, a pipe or a stream.
type Source struct {
	name   string
	reader io.Reader
	file   *os.File // nil: a stream, which is not ours to close
	size   int64    // 0: unknown
	pipe   bool
}

// Stream is a source that ends when reader does.
func Stream(name string, reader io.Reader) *Source { return &Source{name: name, reader: reader} }

// Open opens a regular file, or a pipe that somebody writes into. It does not wait for a writer. The
// error's kind is NotFound, Denied or Invalid. The caller closes the source.
func Open(path string) (*Source, error) {
	there, err := os.Stat(path)
	if err == nil {
		err = accepted(there.Mode()) // opening a device may do something
	}
	var file *os.File
	if err == nil {
		file, err = os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	}
	if err == nil {
		there, err = checked(file) // it may be another one by now
	}
	if err != nil {
		return nil, fault.Wrap(opOpen, kindOf(err), path, fault.Bare(err), "")
	}
	s := &Source{name: path, reader: file, file: file, pipe: !there.Mode().IsRegular()}
	if !s.pipe {
		s.size = there.Size()
	}
	return s, nil
}

// ReadFile reads a regular file of at most limit bytes: a file of the program's own, which somebody
// may have put something else in place of.
func ReadFile(path string, limit int64) ([]byte, error) {
	s, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if s.pipe {
		return nil, fault.New(opOpen, fault.Invalid, path, "this is no regular file", "")
	}
	return s.ReadAll(context.Background(), limit)
}

// ReadUnlinked is ReadFile for a folder that others put files into: a link is refused, also one that
// takes the file's place while it is opened.
func ReadUnlinked(path string, limit int64) ([]byte, error) {
	refuse := func(kind fault.Kind, err error) error {
		return fault.Wrap(opOpen, kind, path, fault.Bare(err), "")
	}
	there, err := os.Lstat(path)
	if err != nil {
		return nil, refuse(kindOf(err), err)
	}
	if there.Mode()&fs.ModeSymlink != 0 {
		return nil, refuse(fault.Invalid, errors.New("this is a link; put the file itself there"))
	}
	if !there.Mode().IsRegular() {
		return nil, refuse(fault.Invalid, errors.New("this is no regular file"))
	}
	s, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if opened, err := s.file.Stat(); err != nil || !os.SameFile(there, opened) {
		return nil, refuse(fault.Invalid, errors.New("the file was changed while it was opened; try again"))
	}
	return s.ReadAll(context.Background(), limit)
}

// checked closes a file that is no input.
func checked(file *os.File) (fs.FileInfo, error) {
	there, err := file.Stat()
	if err == nil {
		err = accepted(there.Mode())
	}
	if err != nil {
		_ = file.Close() // nothing was written
	}
	return there, err
}

// Close closes what Open opened.
func (s *Source) Close() {
	if s.file != nil {
		_ = s.file.Close() // nothing was written
	}
}

// Size is the number of bytes; false: only reading will tell.
func (s *Source) Size() (int64, bool) { return s.size, s.size > 0 }

// Name is what a regular file is called: see BaseName. A pipe or a stream has none.
func (s *Source) Name() string {
	if s.file == nil || s.pipe {
		return ""
	}
	return BaseName(s.name)
}

// File is the regular file of known size behind it; nil: there is none. It is the source's to close.
func (s *Source) File() *os.File {
	if s.size == 0 {
		return nil
	}
	return s.file
}

// Fill reads a source of known size from its start into dst, which has that size.
func (s *Source) Fill(dst []byte) error {
	_, err := io.ReadFull(io.NewSectionReader(s.file, 0, s.size), dst)
	return fault.Wrap(opRead, fault.Other, s.name, fault.Bare(err), "the file changed while it was read")
}

// ReadAll reads to the end, at most limit bytes: more is an error of kind Budget. It returns as soon
// as ctx ends; a stream that nobody can interrupt is then left to a goroutine of its own.
func (s *Source) ReadAll(ctx context.Context, limit int64) ([]byte, error) {
	type outcome struct {
		data []byte
		err  error
	}
	read := make(chan outcome, 1)
	go func() {
		data, err := io.ReadAll(io.LimitReader(s.reader, limit+1))
		read <- outcome{data, err}
	}()
	select {
	case o := <-read:
		return o.data, s.check(o.data, o.err, limit)
	case <-ctx.Done():
		return nil, fault.Wrap(opRead, fault.Canceled, s.name, context.Cause(ctx), "")
	}
}

// sizeText is in the largest unit that leaves a whole number.
func sizeText(bytes int64) string {
	switch {
	case bytes%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", bytes>>20)
	case bytes%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", bytes>>10)
	}
	return fmt.Sprintf("%d bytes", bytes)
}

func (s *Source) check(data []byte, err error, limit int64) error {
	switch {
	case err != nil:
		return fault.Wrap(opRead, fault.Invalid, s.name, fault.Bare(err), "")
	case int64(len(data)) > limit:
		return &fault.Error{Op: opRead, Kind: fault.Budget, Subject: s.name, Limit: limit,
			Err: fmt.Errorf("it has more than %s", sizeText(limit))}
	case s.pipe && len(data) == 0:
		return fault.New(opRead, fault.Invalid, s.name, "nobody writes into this pipe",
			"start the writer first, or give a file")
	}
	return nil
}

// accepted says why a file of this mode is no input.
func accepted(mode fs.FileMode) error {
	switch {
	case mode.IsRegular(), mode&fs.ModeNamedPipe != 0:
		return nil
	case mode.IsDir():
		return errors.New("this is a folder, not a file")
	case mode&fs.ModeDevice != 0:
		return errors.New("this is a device, not a file")
	}
	return errors.New("this is neither a file nor a pipe")
}

func kindOf(err error) fault.Kind {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.NotFound
	case errors.Is(err, fs.ErrPermission):
		return fault.Denied
	}
	return fault.Invalid
}
