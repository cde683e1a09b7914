package arena

import (
	"hash/crc32"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"
)

// Events at most eventsPerSecond reach the ring, so that a plugin that floods cannot push out what
// the user must see; the rest is counted.
const eventsPerSecond = 50

// Severity of an event.
type Severity uint8

// The severities.
const (
	Info Severity = iota
	Warning
	Failure
)

// Event is one line for the user: something happened to a unit or to the kernel.
type Event struct {
	Sequence uint32 // from 1; set by Emit
	Time     time.Time
	Kind     uint16 // EventKind...
	Severity Severity
	Unit     string // empty: the kernel itself
	Text     string // one sentence, cut at EventTextBytes bytes
}

// burst is a token bucket that refills once a second.
type burst struct {
	second int64
	n      int
}

func (b *burst) allow(now time.Time) bool {
	if s := now.Unix(); s != b.second {
		b.second, b.n = s, 0
	}
	b.n++
	return b.n <= eventsPerSecond
}

// Emit writes an event into the ring, over the oldest one. Control characters are taken out of its
// text, since it may come from a plugin.
func (k *Kernel) Emit(e Event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	if !k.burst.allow(e.Time) {
		store32(k.mem, KernelSegmentEventsDroppedAt, load32(k.mem, KernelSegmentEventsDroppedAt)+1)
		return
	}
	head := load32(k.mem, KernelSegmentEventHeadAt)
	b := k.record(head)
	store32(b, EventCrcAt, 0) // no reader believes it while it changes
	store32(b, EventSequenceAt, head+1)
	storeFloat64(b, EventTimeMsAt, float64(e.Time.UnixMilli()))
	store16(b, EventKindAt, e.Kind)
	b[EventSeverityAt] = byte(e.Severity)
	putText(b[EventUnitAt:][:EventUnitCount], e.Unit)
	b[EventTextLenAt] = byte(putText(b[EventTextAt:][:EventTextCount], clean(e.Text)))
	store32(b, EventCrcAt, crc32.ChecksumIEEE(b[EventSequenceAt:]))
	store32(k.mem, KernelSegmentEventHeadAt, head+1)
}

func (k *Kernel) record(n uint32) []byte {
	at := KernelSegmentEventsAt + int(n%KernelSegmentEventsCount)*EventBytes
	return k.mem[at : at+EventBytes : at+EventBytes]
}

// Events returns the events after sequence number since that are still in the ring, oldest first,
// and the number of the newest.
func (k *Kernel) Events(since uint32) ([]Event, uint32) {
	head := load32(k.mem, KernelSegmentEventHeadAt)
	n := min(head-since, KernelSegmentEventsCount)
	var out []Event
	for i := head - n; i != head; i++ {
		if e, ok := readEvent(k.record(i), i+1); ok {
			out = append(out, e)
		}
	}
	return out, head
}

func readEvent(shared []byte, sequence uint32) (Event, bool) {
	var words [EventBytes / 8]uint64 // aligned, as the fields are
	b := unsafe.Slice((*byte)(unsafe.Pointer(&words)), EventBytes)
	copy(b, shared)
	if load32(b, EventCrcAt) != crc32.ChecksumIEEE(b[EventSequenceAt:]) || load32(b, EventSequenceAt) != sequence {
		return Event{}, false
	}
	textLen := min(int(b[EventTextLenAt]), EventTextCount)
	return Event{
		Sequence: sequence,
		Time:     time.UnixMilli(int64(loadFloat64(b, EventTimeMsAt))),
		Kind:     load16(b, EventKindAt),
		Severity: Severity(b[EventSeverityAt]),
		Unit:     getText(b[EventUnitAt:][:EventUnitCount]),
		Text:     string(b[EventTextAt:][:textLen]),
	}, true
}

// putText fills dst with s, cut at a rune border and zero padded, and returns the bytes used.
func putText(dst []byte, s string) int {
	for len(s) > len(dst) {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	n := copy(dst, s)
	clear(dst[n:])
	return n
}

func getText(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return strings.ToValidUTF8(s, "\uFFFD")
}

func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
