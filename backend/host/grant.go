package host

import (
	"fmt"
	"strings"

	"inos/backend/fault"
	"inos/backend/wire"
)

// grant answers the guest's wish for a bigger output: a new segment with the old one's content, or
// a refusal, whose reason is kept for the call's error.
func (r *run) grant(need *wire.Message) error {
	w := r.w
	defer w.recycle(need)
	answer := &wire.Message{ID: need.ID, Kind: wire.KindGrant}
	i, length := int(need.Need.Index), need.Need.Length
	if r.needs++; r.needs > maxNeeds {
		return w.lied("it asked for room %d times in one call", r.needs)
	}
	if i >= len(r.grants) {
		return w.lied("it needs output %d of %d", i, len(r.grants))
	}
	p, err := r.enlarge(i, length)
	if err != nil {
		r.refused = err
		return w.send(answer)
	}
	win, fd, err := p.window()
	if err != nil {
		return fault.Wrap(opCall, fault.Unavailable, w.plugin.Manifest.ID, err, "")
	}
	answer.Grant = win
	answer.Grant.Length = answer.Grant.ByteLen // what is there may be used: fewer questions
	fds := []int{fd}
	if fd < 0 {
		fds = nil
	}
	if err := w.send(answer, fds...); err != nil {
		return err
	}
	p.mapped = true
	return nil
}

// maxNeeds bounds the questions of one call: an output of the largest size grows 13 times.
const maxNeeds = 4096

// growth is how much bigger a grown output becomes at least: steps of a few bytes cost no more
// than a few grants.
const growth = 2

// enlarge replaces output i by one of at least length bytes. The worker copies what was in the
// old one, so that stays until the next growth.
func (r *run) enlarge(i int, length uint64) (*Payload, error) {
	old := r.grants[i]
	if old != nil && length <= uint64(old.segment.Len()) {
		return old, nil
	}
	if err := r.checkOutputs(i, length); err != nil {
		return nil, err
	}
	p, err := r.roomFor(i, int64(length))
	if err != nil {
		return nil, err
	}
	r.grants[i], r.retired[i] = p, old
	return p, nil
}

func (r *run) roomFor(i int, length int64) (*Payload, error) {
	pool := r.pool
	if spent := r.retired[i]; spent != nil {
		r.retired[i] = nil
		spent.Release()
		r.w.release(pool.surplus(true))
	}
	old := r.grants[i]
	if old != nil {
		ample := old.segment.Len() * growth
		if ample > length && r.checkOutputs(i, uint64(ample)) == nil {
			if p, err := pool.take(true, ample); err == nil {
				return p, nil
			}
		}
	}
	p, err := pool.take(true, length)
	if err != nil {
		r.w.release(pool.surplus(true))
		p, err = pool.take(true, length)
	}
	return p, err
}

// checkOutputs bounds one output by what a guest can see, and all of them by the manifest.
func (r *run) checkOutputs(i int, length uint64) error {
	id := r.w.plugin.Manifest.ID
	if length > windowsTo-payloadsFrom {
		return fault.Newf(opCall, fault.Budget, id,
			"output %d of %d bytes is more than a guest can see", i, length)
	}
	if r.call.entry == wire.EntrySave {
		return checkState(id, int64(length))
	}
	limit := r.w.plugin.Manifest.Limits.OutputBytes
	if limit == 0 {
		return nil
	}
	total := length
	for j, p := range r.grants {
		if j != i && p != nil && p.length > smallOutput {
			total += uint64(p.length)
		}
	}
	if total > limit {
		return &fault.Error{
			Op: opCall, Kind: fault.Budget, Subject: id,
			Err:    fmt.Errorf("its outputs need %d bytes, its manifest allows %d", total, limit),
			Next:   "its manifest can allow more with limits.outputBytes",
			Needed: int64(total), Limit: int64(limit),
		}
	}
	return nil
}

// mediaType keeps what looks like a media type and drops the rest: it may become a file's type.
func mediaType(s string) string {
	kind, sub, ok := strings.Cut(s, "/")
	if !ok || kind == "" || sub == "" || strings.ContainsFunc(kind+sub, notToken) {
		return ""
	}
	return s
}

func notToken(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !letter && !strings.ContainsRune(".+-;= ", r)
}
