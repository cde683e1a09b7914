package guest

import (
	"errors"
	"sync"

	"inos/backend/wire"
)

const (
	maxLevel = 3
	// logBurst lines may come at once, logRate lines a second in the long run; the rest is counted
	// but not sent, so that a chatty guest does not drown the kernel.
	logBurst = 200
	logRate  = 100
	// floodLines within floodNs end the call: a guest that writes that many has run wild.
	floodLines = 10_000
	floodNs    = 1e9
)

// ErrLogFlood ends a call whose guest writes more lines than anybody could read.
var ErrLogFlood = errors.New("more than 10000 log lines within a second")

// Logger passes a guest's lines on, as many as the limits allow. It is safe for all shards.
type Logger struct {
	// Send takes a line; Drop counts one that was not sent; Now is in nanoseconds.
	Send func(wire.Log)
	Drop func()
	Now  func() uint64

	mu       sync.Mutex
	credit   float64
	last     uint64
	second   uint64
	inSecond int
}

// Line takes one line. In a flood it panics with ErrLogFlood, which ends the guest's call.
func (l *Logger) Line(level uint8, text []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Now()
	if l.flooded(now) {
		panic(ErrLogFlood)
	}
	if !l.allowed(now) {
		l.Drop()
		return
	}
	l.Send(wire.Log{Level: level, Text: Clean(text, wire.MaxLogBytes)})
}

func (l *Logger) flooded(now uint64) bool {
	if l.inSecond == 0 || now-l.second >= floodNs {
		l.second, l.inSecond = now, 0
	}
	l.inSecond++
	return l.inSecond > floodLines
}

func (l *Logger) allowed(now uint64) bool {
	if l.last == 0 {
		l.credit = logBurst
	} else {
		l.credit = min(l.credit+float64(now-l.last)*logRate/1e9, logBurst)
	}
	l.last = now
	if l.credit < 1 {
		return false
	}
	l.credit--
	return true
}
