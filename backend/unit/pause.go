package unit

import "time"

// NextStart is when a live unit whose worker has ended is started again; zero: it waits for
// nothing.
func (l *Live) NextStart() time.Time {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.nextStart
}

// StartNow ends the pause before its next start. It does nothing where there is none.
func (l *Live) StartNow() {
	select {
	case l.hurry <- struct{}{}:
	default:
	}
}

// beginPause says how long to wait before the next start; the pauses double.
func (l *Live) beginPause() time.Duration {
	select {
	case <-l.hurry: // said before there was a pause
	default:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	pause := l.pause
	l.pause = min(2*pause, l.set.deps.Policy.MaxPause)
	l.nextStart = time.Now().Add(pause)
	return pause
}

func (l *Live) endPause() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.nextStart = time.Time{}
}
