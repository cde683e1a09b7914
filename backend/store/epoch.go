package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"inos/backend/fault"
	"inos/backend/store/disk"
	"inos/backend/store/pack"
)

// epoch is what a collection tells writers. Rules GC-1 to GC-5 of SPEC.md.
type epoch struct {
	// Number counts up with each collection, twice.
	Number uint64 `json:"number"`
	// Condemned are packs that will be deleted: what lies only there counts as absent for writers.
	Condemned []string `json:"condemned,omitempty"`
}

func (s *Space) epochFile() state[epoch] {
	return state[epoch]{s.fs, "epoch", s.keys.AEAD("epoch", []byte(s.ID))}
}

// epoch is what the last collection said.
func (s *Space) epoch() (document[epoch], error) {
	doc, _, err := s.epochFile().read()
	if errors.Is(err, disk.ErrDamaged) {
		return doc, fault.Wrap(opStore, fault.Damaged, "space "+s.Name(),
			errors.New("both copies of what collections remember are damaged"), "run inos store repair: they hold no content")
	}
	return doc, unavailableOrNil(s, err)
}

// writersFile is the lock that writers of an epoch share. Two suffice: when the number rises, nobody
// of the last but one is left.
func writersFile(number uint64) string { return fmt.Sprintf("writers.%d", number%2) }

// enter makes the caller a writer of the epoch that it returns, until leave.
func (s *Space) enter(ctx context.Context) (e epoch, leave func(), err error) {
	for end := time.Now().Add(lockPatience); ; {
		doc, err := s.epoch()
		if err != nil {
			return epoch{}, nil, err
		}
		leave, taken, err := s.fs.Lock(writersFile(doc.Value.Number), false)
		if err != nil {
			return epoch{}, nil, unavailable("space "+s.ID, err)
		}
		if taken {
			now, err := s.epoch()
			if err == nil && now.Value.Number == doc.Value.Number {
				return now.Value, leave, nil
			}
			leave() // it rose in between
			if err != nil {
				return epoch{}, nil, err
			}
		}
		if time.Now().After(end) {
			return epoch{}, nil, inUse()
		}
		select {
		case <-time.After(lockPause):
		case <-ctx.Done():
			return epoch{}, nil, canceled(ctx)
		}
	}
}

func (e epoch) condemned() map[pack.ID]bool {
	out := make(map[pack.ID]bool, len(e.Condemned))
	for _, name := range e.Condemned {
		if id, ok := pack.ParseID(name); ok {
			out[id] = true
		}
	}
	return out
}
