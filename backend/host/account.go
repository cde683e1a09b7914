package host

import (
	"fmt"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/quota"
)

// account is what a plugin's workers have of the arena, all together, and what they may have.
type account struct {
	usage  *Usage
	plugin string
	limits func() quota.Limits
}

// create makes a segment that counts until takeBack. The error is a fault where the user's limit
// refuses it, the arena's own otherwise.
func (a account) create(
	from *arena.Arena, kind arena.SegmentKind, name string, byteLen int64,
) (*arena.Segment, error) {
	if err := a.lend(byteLen); err != nil {
		return nil, err
	}
	s, err := from.Create(kind, name, byteLen)
	if err != nil {
		a.takeBack(byteLen)
		return nil, err
	}
	a.takeBack(byteLen - s.Len()) // whole pages
	return s, nil
}

func (a account) lend(byteLen int64) error {
	l := a.limits()
	limit := int64(l.SegmentBytes)
	var have int64
	a.usage.changeID(a.plugin, func(t *tally) {
		have = t.lent + byteLen
		if limit == 0 || have <= limit {
			t.lent, limit = have, 0
		}
	})
	if limit == 0 || a.usage == nil {
		return nil
	}
	needed, allowed := unlike(have, limit)
	return &fault.Error{
		Op: opCall, Kind: fault.Budget, Subject: a.plugin,
		Err:  fmt.Errorf("it needs %s MiB of shared memory, its limit is %s MiB", needed, allowed),
		Next: quota.Remedy(quota.Segments, a.plugin, l), Needed: have, Limit: limit,
	}
}

func (a account) takeBack(byteLen int64) {
	a.usage.changeID(a.plugin, func(t *tally) { t.lent -= byteLen })
}
