package host

import (
	"fmt"
	"time"

	"inos/backend/quota"
)

// lineMeter counts what a plugin's workers log, all together.
type lineMeter struct {
	kept, dropped uint64

	second int64  // the one that now counts
	inIt   uint64 // lines kept in it
	over   uint64 // lines dropped that nobody has been told of
}

// allow says whether one more line within the second is to be kept.
func (m *lineMeter) allow(now time.Time, limit uint64) bool {
	if s := now.Unix(); s != m.second {
		m.second, m.inIt = s, 0
	}
	if limit > 0 && m.inIt >= limit {
		m.dropped++
		m.over++
		return false
	}
	m.inIt++
	return true
}

// logged notes a line of a worker and reports whether it is to be kept. The first line over the
// user's limit has a word about all of them follow, a second later.
func (u *Usage) logged(w *Worker, level uint8, text string) bool {
	limits, keep := w.quota(), true
	u.change(w, func(t *tally) {
		told := t.log.over > 0
		if keep = t.log.allow(u.now(), limits.LogLines); keep {
			u.keep(t, w.plugin.Manifest.ID, level, text)
		} else if !told {
			time.AfterFunc(time.Second, func() { u.tellDropped(w, limits) })
		}
	})
	return keep
}

const levelWarning = 2

func (u *Usage) tellDropped(w *Worker, limits quota.Limits) {
	id, text := w.plugin.Manifest.ID, ""
	u.change(w, func(t *tally) {
		text = fmt.Sprintf("%d lines were dropped: %s", t.log.over, quota.Remedy(quota.Log, id, limits))
		t.log.over = 0
		u.keep(t, id, levelWarning, text)
	})
	if w.onLog != nil {
		w.onLog(id, levelWarning, text)
	}
}

// keep appends to the last lines. The caller holds u.mu.
func (u *Usage) keep(t *tally, id string, level uint8, text string) {
	t.log.kept++
	u.next++
	line := LogLine{
		Number: u.next, When: u.now(), Plugin: id,
		Level: levelNames[min(int(level), len(levelNames)-1)], Text: text,
	}
	if len(u.lines) < maxLogLines {
		u.lines = append(u.lines, line)
	} else {
		u.lines[(u.next-1)%maxLogLines] = line
	}
}
