package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// progressDelay keeps short runs from flashing a bar.
const progressDelay = 300 * time.Millisecond

// barCells is the width of the bar.
const barCells = 24

// progress draws how far a run is, on a terminal only. Its methods belong to one goroutine.
type progress struct {
	line  *line
	label string
	start time.Time
	now   func() time.Time
	next  time.Time
}

// newProgress makes a bar on w; it stays silent where w is no terminal.
func newProgress(w io.Writer, label string, now func() time.Time) *progress {
	start := now()
	return &progress{line: newLine(w), label: label, start: start, now: now,
		next: start.Add(progressDelay)}
}

// update draws done of total, in the op's own unit; total 0 means unknown.
func (p *progress) update(done, total uint64) {
	now := p.now()
	if p.line.tty == nil || now.Before(p.next) {
		return
	}
	p.next = now.Add(terminalInterval)
	p.line.show(progressText(p.label, done, total, now.Sub(p.start)))
}

func (p *progress) clear() { p.line.clear() }

// progressText is one state of the bar.
func progressText(label string, done, total uint64, elapsed time.Duration) string {
	if total == 0 {
		return fmt.Sprintf("%s  %.0f s  Ctrl+C cancels", label, elapsed.Seconds())
	}
	part := min(float64(done)/float64(total), 1)
	full := int(part * barCells)
	bar := strings.Repeat("█", full) + strings.Repeat("░", barCells-full)
	text := fmt.Sprintf("%s  %s %3.0f %%", label, bar, part*100)
	if part > 0 {
		left := time.Duration(float64(elapsed) * (1 - part) / part)
		text += fmt.Sprintf("  %.0f s left", left.Seconds())
	}
	return text + "  Ctrl+C cancels"
}
