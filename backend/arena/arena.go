// Package arena is the shared memory of INOS: sealed segments that the kernel, its workers and the
// page map, channels of triple-buffered frames, a worker's status page, and the kernel segment with
// its directory, metrics and events. Nothing is copied between the sides; a change is announced by
// raising an epoch. SPEC.md beside this file has the rules by number.
//
// The package imports nothing else of INOS and knows neither plugins nor pages.
package arena

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// DefaultBudget is the sum of segments that an arena holds unless told otherwise.
const DefaultBudget = 16 << 20

// MinBudget holds the kernel segment and a small channel.
const MinBudget = 1 << 20

// MaxBudget bounds what a user can ask for: the window region of a guest has no room for more.
const MaxBudget = 1 << 30

// SegmentKind says what a segment is for.
type SegmentKind uint16

// The kinds of segment; see schemas/system/arena.capnp.
const (
	KindKernel  SegmentKind = SegmentKindKernel
	KindChannel SegmentKind = SegmentKindChannel
	KindPayload SegmentKind = SegmentKindPayload
	KindShared  SegmentKind = SegmentKindShared
	KindStatus  SegmentKind = SegmentKindStatus
)

// counts says whether segments of this kind count against the budget. A worker's status page is
// the kernel's own, its shared memory is bounded by the plugin's limits.
func (k SegmentKind) counts() bool { return k != KindShared && k != KindStatus }

// hasHeader says whether a segment of this kind begins with a SegmentHeader.
func (k SegmentKind) hasHeader() bool { return k != KindPayload && k != KindShared }

// BudgetError says that a segment does not fit.
type BudgetError struct {
	Name   string
	Needed int64 // bytes that the arena would hold with the segment
	Limit  int64 // bytes that it may hold
}

func (e *BudgetError) Error() string {
	return fmt.Sprintf("%s needs an arena of %s, the budget is %s", e.Name, SizeText(e.Needed), SizeText(e.Limit))
}

// Arena makes segments and keeps their sum within a budget. Its methods are safe for concurrent
// use.
type Arena struct {
	mu       sync.Mutex
	all      ledger
	payloads *ledger // all, or a budget of their own
	nextID   uint32
	live     map[*Segment]struct{}
}

// ledger is what is held of a budget.
type ledger struct{ used, limit int64 }

func (a *Arena) ledger(kind SegmentKind) *ledger {
	if kind == KindPayload {
		return a.payloads
	}
	return &a.all
}

// New makes an arena that holds at most budget bytes; 0 means DefaultBudget.
func New(budget int64) *Arena {
	if budget <= 0 {
		budget = DefaultBudget
	}
	a := &Arena{all: ledger{limit: min(budget, MaxBudget)}, live: map[*Segment]struct{}{}}
	a.payloads = &a.all
	return a
}

// GivePayloads gives the inputs and outputs of jobs a budget of their own, before there are any: they
// come and go with a job and are as large as people's files, while all else stays.
func (a *Arena) GivePayloads(budget int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.payloads = &ledger{limit: min(budget, MaxBudget)}
}

// Used returns the bytes that count against the budget, without payloads that have their own.
func (a *Arena) Used() int64 { a.mu.Lock(); defer a.mu.Unlock(); return a.all.used }

// Limit returns the budget in bytes.
func (a *Arena) Limit() int64 { a.mu.Lock(); defer a.mu.Unlock(); return a.all.limit }

// PayloadLimit is what all payloads together may have, in bytes.
func (a *Arena) PayloadLimit() int64 { a.mu.Lock(); defer a.mu.Unlock(); return a.payloads.limit }

// Segments returns how many segments exist, whatever their kind.
func (a *Arena) Segments() int { a.mu.Lock(); defer a.mu.Unlock(); return len(a.live) }

// SetLimit changes the budget. It refuses one that is already exceeded or above MaxBudget.
func (a *Arena) SetLimit(bytes int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if bytes > MaxBudget {
		return fmt.Errorf("an arena holds at most %s", SizeText(int64(MaxBudget)))
	}
	if bytes < a.all.used {
		return fmt.Errorf("%s are in use", SizeText(a.all.used))
	}
	a.all.limit = bytes
	return nil
}

// Create makes a zeroed, mapped segment of byteLen bytes, rounded up to whole pages. The error is a
// *BudgetError when it does not fit.
func (a *Arena) Create(kind SegmentKind, name string, byteLen int64) (*Segment, error) {
	return a.create(kind, name, byteLen, nil)
}

// Replace is Create for a segment that takes the place of old: old's bytes do not count while both
// exist, since whoever reads it needs a moment to let go. The caller closes old afterwards.
func (a *Arena) Replace(old *Segment, kind SegmentKind, name string, byteLen int64) (*Segment, error) {
	return a.create(kind, name, byteLen, old)
}

func (a *Arena) create(kind SegmentKind, name string, byteLen int64, old *Segment) (*Segment, error) {
	if byteLen <= 0 || byteLen > MaxBudget {
		return nil, fmt.Errorf("%s: %d bytes is no length for a segment", name, byteLen)
	}
	byteLen = roundUp(byteLen, PageBytes)
	if err := a.reserve(kind, name, byteLen, old); err != nil {
		return nil, err
	}
	s, err := newSegment(name, byteLen)
	if err != nil {
		a.unreserve(kind, byteLen)
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s.kind, s.name, s.arena, s.counted = kind, name, a, kind.counts()
	a.mu.Lock()
	a.nextID++
	s.id = a.nextID
	a.live[s] = struct{}{}
	a.mu.Unlock()
	if kind.hasHeader() {
		writeHeader(s)
	}
	return s, nil
}

func (a *Arena) reserve(kind SegmentKind, name string, byteLen int64, old *Segment) error {
	if !kind.counts() {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.ledger(kind)
	used := l.used
	if old != nil && old.counted {
		used -= old.byteLen
	}
	if used+byteLen > l.limit {
		return &BudgetError{Name: name, Needed: used + byteLen, Limit: l.limit}
	}
	if old != nil && old.counted {
		old.counted = false
	}
	l.used = used + byteLen
	return nil
}

func (a *Arena) unreserve(kind SegmentKind, byteLen int64) {
	if kind.counts() {
		a.mu.Lock()
		a.ledger(kind).used -= byteLen
		a.mu.Unlock()
	}
}

func (a *Arena) forget(s *Segment) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.live, s)
	if s.counted {
		a.ledger(s.kind).used -= s.byteLen
		s.counted = false
	}
}

// Close closes every segment that is still open.
func (a *Arena) Close() error {
	a.mu.Lock()
	open := make([]*Segment, 0, len(a.live))
	for s := range a.live {
		open = append(open, s)
	}
	a.mu.Unlock()
	var first error
	for _, s := range open {
		if err := s.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Segment is one sealed piece of shared memory, mapped in this process. Its bytes must not be
// used after Close.
type Segment struct {
	id      uint32
	kind    SegmentKind
	name    string
	byteLen int64
	mem     []byte
	fd      int
	arena   *Arena // nil: adopted from another process
	counted bool   // guarded by arena.mu
	closed  atomic.Bool
}

// ID is unique in the life of the arena; 0 for an adopted segment without header.
func (s *Segment) ID() uint32 { return s.id }

// Kind says what the segment is for.
func (s *Segment) Kind() SegmentKind { return s.kind }

// Name is for messages.
func (s *Segment) Name() string { return s.name }

// Len is the length in bytes, a multiple of PageBytes.
func (s *Segment) Len() int64 { return s.byteLen }

// Bytes is the whole segment. What other processes write there is untrusted.
func (s *Segment) Bytes() []byte { return s.mem }

// FD is the descriptor, owned by the segment.
func (s *Segment) FD() int { return s.fd }

// Close unmaps and closes the segment. Other processes keep their own mappings.
func (s *Segment) Close() error {
	if s == nil || s.closed.Swap(true) {
		return nil
	}
	if s.arena != nil {
		s.arena.forget(s)
	}
	return closeSegment(s)
}

func roundUp(n, to int64) int64 { return (n + to - 1) / to * to }
