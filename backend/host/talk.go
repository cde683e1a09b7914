package host

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"inos/backend/fault"
	"inos/backend/manifest"
	"inos/backend/quota"
	"inos/backend/wire"
)

// ask sends a question and waits for its answer, for the worker's end or for the timeout, which
// ends the worker. The caller recycles the answer.
func (w *Worker) ask(
	op string, m *wire.Message, timeout time.Duration, fds ...int,
) (*wire.Message, error) {
	answer, err := w.question(m, fds...)
	if err != nil {
		return nil, err
	}
	kind := m.Kind
	defer w.after(timeout, func() {
		w.end(fault.Deadline, fmt.Sprintf("its worker did not answer to %s within %s", kind,
			spell(timeout)), "")
	})()
	return w.await(answer, nil)
}

// await takes messages until the answer is there or the worker has ended. When somebody else is
// reading already, it waits for what that one delivers. serve handles what a guest needs in the
// middle of a call; nil: it needs nothing. Nothing here waits for the worker's end while it holds
// the right to read, which that end needs.
func (w *Worker) await(
	answer chan *wire.Message, serve func(*wire.Message) error,
) (*wire.Message, error) {
	needs := w.needs
	if serve == nil {
		needs = nil // they are for the call that runs beside this question
	}
	for w.reading.TryLock() {
		err := w.receive()
		w.reading.Unlock()
		select {
		case a := <-answer:
			return a, nil
		case m := <-needs:
			if err := serve(m); err != nil {
				return nil, err
			}
		default:
		}
		if err != nil {
			break
		}
	}
	for {
		select {
		case a := <-answer:
			return a, nil
		case m := <-needs:
			if err := serve(m); err != nil {
				return nil, err
			}
		case <-w.done:
			return w.lastAnswer(answer)
		}
	}
}

// lastAnswer takes an answer that came just before the end.
func (w *Worker) lastAnswer(answer chan *wire.Message) (*wire.Message, error) {
	select {
	case a := <-answer:
		return a, nil
	default:
		return nil, w.Err()
	}
}

// question sends m with a new id and returns where its answer will come.
func (w *Worker) question(m *wire.Message, fds ...int) (chan *wire.Message, error) {
	answer := make(chan *wire.Message, 1)
	w.mu.Lock()
	w.nextID++
	if w.nextID == 0 { // 0 means unasked
		w.nextID = 1
	}
	m.ID = w.nextID
	w.pending[m.ID] = answer
	w.mu.Unlock()
	if err := w.send(m, fds...); err != nil {
		w.forget(m.ID)
		return nil, err
	}
	return answer, nil
}

func (w *Worker) forget(id uint32) {
	w.mu.Lock()
	delete(w.pending, id)
	w.mu.Unlock()
}

// send sends one message. A worker that does not take it is ended.
func (w *Worker) send(m *wire.Message, fds ...int) error {
	w.extendDeadline()
	err := w.conn.Send(m, fds...)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, wire.ErrInvalid):
		return fault.Wrap(opCall, fault.Invalid, w.plugin.Manifest.ID, err, "")
	}
	if gone(err) { // the way it ended says more
		select {
		case <-w.done:
			return w.Err()
		case <-time.After(sendTimeout):
		}
	}
	w.end(fault.Protocol, "its worker takes no messages: "+err.Error(), "")
	<-w.done
	return w.Err()
}

// gone says that there is nobody who could take a message, or that what is left of him was put away.
func gone(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, os.ErrClosed)
}

// extendDeadline keeps the write deadline between one and two sendTimeouts ahead: setting it for
// each message would cost more than the message.
func (w *Worker) extendDeadline() {
	now := time.Now()
	w.sendMu.Lock()
	defer w.sendMu.Unlock()
	if w.sendEnd.Sub(now) < sendTimeout {
		w.sendEnd = now.Add(2 * sendTimeout)
		_ = w.conn.SetWriteDeadline(w.sendEnd) // fails on a closed socket: so will the send
	}
}

// readOn takes the worker's messages from now on, asked for or not: a live unit has something to
// say at any time. A worker that only answers is read by whoever asks: that saves a wake-up.
func (w *Worker) readOn() {
	w.background.Do(func() {
		go func() {
			w.reading.Lock()
			defer w.reading.Unlock()
			for w.receive() == nil {
			}
		}()
	})
}

// receive takes one message. After an error there are no more. The caller holds w.reading.
func (w *Worker) receive() error {
	m := w.spare.Get().(*wire.Message)
	fds, err := w.conn.Recv(m)
	wire.CloseAll(fds) // the kernel's end refuses descriptors; nothing may stay open in any case
	if err != nil {
		w.readFailed(err)
		return err
	}
	if w.liar.Load() { // nothing that follows a lie is believed
		return io.EOF
	}
	return w.take(m)
}

// readFailed tells an ordinary end (the process is going) from a worker that breaks the protocol.
func (w *Worker) readFailed(err error) {
	if errors.Is(err, wire.ErrInvalid) {
		_ = w.lied("%v", err)
		return
	}
	select {
	case <-w.proc.gone:
		return
	case <-time.After(exitGrace):
	}
	if errors.Is(err, io.EOF) {
		_ = w.lied("it closed its connection")
		return
	}
	w.end(fault.Crash, "its connection failed: "+err.Error(), "")
}

// take handles one message; an error ends the reading.
func (w *Worker) take(m *wire.Message) error {
	switch m.Kind {
	case wire.KindReady, wire.KindDone, wire.KindResult:
		return w.deliver(m)
	case wire.KindFailed:
		if m.ID != 0 {
			return w.deliver(m)
		}
		w.endWith(w.failure(opLive, &m.Failed))
	case wire.KindNeed, wire.KindAsk:
		return w.takeNeed(m)
	case wire.KindLog:
		return w.takeLog(m)
	case wire.KindFault:
		f := m.Fault
		w.mu.Lock()
		w.guest = &f
		w.mu.Unlock()
	case wire.KindFinished:
		select {
		case w.finished <- m.Finished:
		default: // nobody has taken the last one: this one says no more
		}
	default:
		return w.lied("it sent %s", m.Kind)
	}
	w.recycle(m)
	return nil
}

func (w *Worker) deliver(m *wire.Message) error {
	w.mu.Lock()
	answer, asked := w.pending[m.ID]
	delete(w.pending, m.ID)
	if asked && m.Kind == wire.KindFailed { // whoever asked may come to it after the worker's end
		w.failed = w.failure(opEnd, &m.Failed)
	}
	w.mu.Unlock()
	if !asked {
		return w.lied("it answered %s to a question that nobody asked", m.Kind)
	}
	answer <- m
	return nil
}

func (w *Worker) takeNeed(m *wire.Message) error {
	if w.inCall.Load() {
		select {
		case w.needs <- m:
			return nil
		default:
		}
	}
	return w.lied("it sent %s out of turn", m.Kind)
}

func (w *Worker) takeLog(m *wire.Message) error {
	defer w.recycle(m)
	if !w.logs.allow(time.Now()) {
		w.end(fault.LogFlood, "it flooded the log", "")
		return io.EOF
	}
	line := cleanLine(w.confided.hide(m.Log.Text))
	if w.usage.logged(w, m.Log.Level, line) && w.onLog != nil {
		w.onLog(w.plugin.Manifest.ID, m.Log.Level, line)
	}
	return nil
}

// logMeter counts lines per second; used by the reading goroutine alone.
type logMeter struct {
	second int64
	n      int
}

func (l *logMeter) allow(now time.Time) bool {
	if s := now.Unix(); s != l.second {
		l.second, l.n = s, 0
	}
	l.n++
	return l.n <= maxLogsPerSecond
}

func (w *Worker) recycle(m *wire.Message) { w.spare.Put(m) }

// unexpected turns an answer of the wrong kind into an error: a failure as such, anything else as
// a broken protocol.
func (w *Worker) unexpected(op string, m *wire.Message) error {
	if m.Kind == wire.KindFailed {
		return w.failure(op, &m.Failed)
	}
	return w.lied("it answered %s", m.Kind)
}

var failKinds = map[wire.FailKind]fault.Kind{
	wire.FailUnknown:       fault.Other,
	wire.FailInvalidModule: fault.Invalid,
	wire.FailTrap:          fault.Trap,
	wire.FailMemoryLimit:   fault.Memory,
	wire.FailStackOverflow: fault.Trap,
	wire.FailSandbox:       fault.Unavailable,
	wire.FailLogFlood:      fault.LogFlood,
	wire.FailProtocol:      fault.Protocol,
	wire.FailCode:          fault.Other,
}

var failNext = map[wire.FailKind]string{
	wire.FailSandbox: "see inos doctor; plugins run without seccomp only if you say so",
}

// moreMemory is how a plugin may have more: not, by your permission, or by its manifest.
func moreMemory(m *manifest.Manifest) string {
	switch {
	case m.Foreign != nil:
		return "a plugin made for another host has no more here: give it less to do at once"
	case m.FindPermission(manifest.PermitMemory) != nil && m.Limits.MemoryBytes <= manifest.FreeMemoryBytes:
		return "allow it with: inos plugin grant " + m.ID + " " + manifest.PermitMemory
	}
	return "its manifest can allow more with limits.memoryBytes"
}

// failure is the error that a worker reported.
func (w *Worker) failure(op string, f *wire.Failed) *fault.Error {
	text := cleanText(w.confided.hide(f.Text))
	if text == "" {
		text = "it failed: " + f.Kind.String()
	}
	next := failNext[f.Kind]
	if l := w.quota(); f.Kind == wire.FailMemoryLimit && l.MemoryBytes > 0 &&
		l.MemoryBytes == w.plugin.Manifest.Limits.MemoryBytes {
		next = quota.Remedy(quota.Memory, w.plugin.Manifest.ID, l)
	} else if f.Kind == wire.FailMemoryLimit {
		next = moreMemory(w.plugin.Manifest)
	}
	return fault.New(op, failKinds[f.Kind], w.plugin.Manifest.ID, text, next)
}

// cleanText makes a guest's text safe to print: valid UTF-8, no control characters but line
// breaks.
func cleanText(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || (r >= ' ' && r != 0x7f && (r < 0x80 || r >= 0xa0)) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(strings.TrimSpace(s), string(utf8.RuneError)))
}

// cleanLine is cleanText on one line.
func cleanLine(s string) string { return strings.ReplaceAll(cleanText(s), "\n", " ") }
