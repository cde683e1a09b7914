package host

import (
	"errors"
	"fmt"
	"strconv"
	"sync"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/wire"
)

// Bounds of a worker's pool of payload segments.
const (
	// payloadStep is the granularity of payload segments: near sizes share a segment.
	payloadStep = 64 << 10
	// maxIdlePayloads and maxIdleBytes bound what a pool keeps: a fresh 16 MiB segment costs
	// 19 ms, a kept one 12 us, but it counts against the arena.
	maxIdlePayloads = 8
	maxIdleBytes    = 64 << 20
	// wasteFactor is how much too big a kept segment may be.
	wasteFactor = 4
)

// pool keeps the payload segments of one worker, mapped on both sides, from call to call. Inputs
// and outputs never trade places: a worker holds its outputs writable for good.
type pool struct {
	arena   *arena.Arena
	kind    arena.SegmentKind
	relieve func() bool
	plugin  string
	account account

	mu     sync.Mutex
	idle   []*Payload
	closed bool
}

// Payload is a piece of shared memory that one worker can see: read-only as an input.
type Payload struct {
	pool     *pool
	segment  *arena.Segment // nil: no bytes, or a file
	file     *file          // nil: a segment
	length   int64
	dirty    int64 // bytes that a former owner may have left
	writable bool  // by the worker
	mapped   bool  // in the worker
}

// Bytes is the payload's memory, for the kernel to fill or to read.
func (p *Payload) Bytes() []byte {
	if p.segment == nil {
		return nil
	}
	return p.segment.Bytes()[:p.length:p.length]
}

// Release gives the payload back. Its bytes must not be used any more.
func (p *Payload) Release() {
	if p.file != nil {
		p.file.close()
		return
	}
	p.pool.give(p)
}

// window describes the payload for a control message and returns the descriptor that must go with
// it, -1 when the worker has it mapped. The caller closes an input's descriptor after the send.
func (p *Payload) window() (wire.Window, int, error) {
	if p.segment == nil {
		return wire.Window{}, -1, nil
	}
	win := wire.Window{
		Segment: p.segment.ID(), Length: uint64(p.length), ByteLen: uint64(p.segment.Len()),
		IsNew: !p.mapped,
	}
	if p.mapped {
		return win, -1, nil
	}
	if p.writable {
		return win, p.segment.FD(), nil
	}
	fd, err := p.segment.ReadOnlyFD()
	return win, fd, err
}

// take finds or makes a payload of byteLen bytes, zeroed. The error is a fault of kind Budget when
// the arena is full.
func (p *pool) take(writable bool, byteLen int64) (*Payload, error) {
	if byteLen == 0 {
		return &Payload{pool: p, writable: writable}, nil
	}
	q := p.reuse(writable, byteLen)
	if q == nil {
		s, err := p.create(byteLen)
		if err != nil {
			return nil, err
		}
		q = &Payload{pool: p, segment: s, writable: writable}
	}
	clear(q.segment.Bytes()[:q.dirty])
	q.length, q.dirty = byteLen, byteLen
	if writable {
		q.dirty = q.segment.Len() // the worker's side is not bound to the length
	}
	return q, nil
}

// reuse takes the smallest idle payload that fits.
func (p *pool) reuse(writable bool, byteLen int64) *Payload {
	p.mu.Lock()
	defer p.mu.Unlock()
	best := -1
	for i, q := range p.idle {
		n := q.segment.Len()
		if q.writable != writable || n < byteLen || n > max(byteLen*wasteFactor, payloadStep) {
			continue
		}
		if best < 0 || n < p.idle[best].segment.Len() {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	q := p.idle[best]
	p.idle = append(p.idle[:best], p.idle[best+1:]...)
	return q
}

func (p *pool) create(byteLen int64) (*arena.Segment, error) {
	rounded := (byteLen + payloadStep - 1) / payloadStep * payloadStep
	s, err := p.segment(rounded)
	if over := (*arena.BudgetError)(nil); err != nil && p.relieve != nil &&
		(errors.As(err, &over) || fault.As(err) != nil) && p.relieve() {
		s, err = p.segment(rounded)
	}
	if err == nil {
		return s, nil
	}
	// The rounding must not refuse what would just fit.
	if s, exact := p.segment(byteLen); exact == nil {
		return s, nil
	}
	if fault.As(err) != nil {
		return nil, err
	}
	return nil, BudgetFault(opCall, p.plugin, err)
}

func (p *pool) segment(byteLen int64) (*arena.Segment, error) {
	return p.account.create(p.arena, p.kind, "payload", byteLen)
}

// BudgetFault gives a refusal of the arena its numbers and its remedy.
func BudgetFault(op, subject string, err error) error {
	over := (*arena.BudgetError)(nil)
	if !errors.As(err, &over) {
		return fault.Wrap(op, fault.Unavailable, subject, err, "")
	}
	needed, limit := unlike(over.Needed, over.Limit)
	return &fault.Error{
		Op: op, Kind: fault.Budget, Subject: subject,
		Err: fmt.Errorf("all in all %s MiB of shared memory are needed, the budget is %s MiB",
			needed, limit),
		Next: raiseTo(over.Needed), Needed: over.Needed, Limit: over.Limit,
	}
}

// unlike writes two different sizes in MiB with as many decimals as it takes to tell them apart; six
// show a single byte.
func unlike(a, b int64) (string, string) {
	for decimals := 1; ; decimals++ {
		x := strconv.FormatFloat(float64(a)/(1<<20), 'f', decimals, 64)
		y := strconv.FormatFloat(float64(b)/(1<<20), 'f', decimals, 64)
		if x != y || decimals == 6 {
			return x, y
		}
	}
}

// raiseTo names a budget that holds so many bytes, in whole MiB.
func raiseTo(needed int64) string {
	if needed > arena.MaxBudget {
		return "ask for less: a budget has at most " + arena.SizeText(int64(arena.MaxBudget))
	}
	return fmt.Sprintf("raise the arena's budget, for example with --arena %dMiB", (needed+1<<20-1)>>20)
}

func (p *pool) give(q *Payload) {
	if q.segment == nil {
		return
	}
	p.mu.Lock()
	keep := !p.closed
	if keep {
		p.idle = append(p.idle, q)
	}
	p.mu.Unlock()
	if !keep {
		p.account.takeBack(q.segment.Len())
		_ = q.segment.Close()
	}
}

// surplus takes out of the pool what it should not keep: all of it, or what is over the bounds,
// oldest first.
func (p *pool) surplus(all bool) []*Payload {
	p.mu.Lock()
	defer p.mu.Unlock()
	var bytes int64
	for _, q := range p.idle {
		bytes += q.segment.Len()
	}
	n := 0
	for n < len(p.idle) && (all || len(p.idle)-n > maxIdlePayloads || bytes > maxIdleBytes) {
		bytes -= p.idle[n].segment.Len()
		n++
	}
	out := append([]*Payload(nil), p.idle[:n]...)
	for _, q := range out {
		p.account.takeBack(q.segment.Len())
	}
	p.idle = append(p.idle[:0], p.idle[n:]...)
	return out
}

// close frees what is idle; what is lent is freed at its Release.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	for _, q := range p.surplus(true) {
		_ = q.segment.Close()
	}
}
