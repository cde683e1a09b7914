package foreign

import (
	"strings"

	"inos/backend/host/worker/guest"
	"inos/backend/wire"
)

// tail passes lines of text on to the log and keeps the last of them.
type tail struct {
	log   *guest.Logger
	line  []byte
	lines []string
}

const (
	tailLines = 8
	infoLevel = 1
)

// Write never fails: what is too much is dropped by the log, or ends the call.
func (t *tail) Write(p []byte) (int, error) {
	for _, b := range p {
		if b != '\n' {
			t.line = append(t.line, b)
		}
		if b == '\n' || len(t.line) == wire.MaxLogBytes {
			t.flushLine()
		}
	}
	return len(p), nil
}

func (t *tail) flushLine() {
	text := guest.Clean(t.line, wire.MaxLogBytes)
	t.line = t.line[:0]
	if len(t.lines) == tailLines {
		t.lines = append(t.lines[:0], t.lines[1:]...)
	}
	t.lines = append(t.lines, text)
	t.log.Line(infoLevel, []byte(text))
}

func (t *tail) flush() {
	if len(t.line) > 0 {
		t.flushLine()
	}
}

func (t *tail) clear() { t.line, t.lines = t.line[:0], t.lines[:0] }

// quoted is what was kept, to go on with a sentence.
func (t *tail) quoted() string {
	if len(t.lines) == 0 {
		return ""
	}
	return ": " + strings.Join(t.lines, "\n")
}
