package host

import (
	"errors"

	"inos/backend/fault"
	"inos/backend/wire"
)

const changedNext = "run it again once nobody writes to the file; what is given with -i - is copied"

// changedFile is an error when an input file is no longer as it was before the call: the guest may have
// seen both.
func (r *run) changedFile() error {
	for _, p := range r.call.Inputs {
		if p.file != nil && p.file.changed() {
			return fault.New(opCall, fault.Invalid, p.file.name, "the file changed while it was read", changedNext)
		}
	}
	return nil
}

// blameFile finds out whether the worker ended because of an input file that was cut short, or that the
// system could not read: the bytes are then not there, which is no fault of the guest's.
func (r *run) blameFile(err error) error {
	if kind := fault.KindOf(err); kind != fault.Fault && kind != fault.Crash {
		return err
	}
	var last *file
	for _, p := range r.call.Inputs {
		if p.file == nil {
			continue
		}
		if last = p.file; last.shrunk() {
			return fault.New(opCall, fault.Invalid, last.name, "the file was cut short while it was read", changedNext)
		}
	}
	if last == nil || !r.w.missedPage() {
		return err
	}
	return fault.Wrap(opCall, fault.Unavailable, last.name,
		errors.New("the system could not read all of the file"), "the disk may be damaged, or its connection lost")
}

// window describes input i for a control message.
func (f *file) window(i int) wire.Window {
	return wire.Window{
		Segment: wire.FileWindows + uint32(i), Length: uint64(f.size), ByteLen: uint64(roundUp(f.size)),
		IsNew: true, IsFile: true,
	}
}

// roundUp makes whole pages.
func roundUp(byteLen int64) int64 { return (byteLen + pageBytes - 1) / pageBytes * pageBytes }

const pageBytes = 4096

// missedPage reports whether the worker ended at a page that the system could not bring.
func (w *Worker) missedPage() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.guest != nil && isMissedPage(w.guest.Signal)
}
