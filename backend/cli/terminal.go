package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"
)

// defaultColumns is the width where the terminal does not tell.
const defaultColumns = 100

// terminalFile is w as a file when it is a terminal.
func terminalFile(w io.Writer) (*os.File, bool) {
	file, ok := w.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

// line is a status line: redrawn in place on a terminal, one line after the other on a pipe.
type line struct {
	w        io.Writer
	tty      *os.File
	drawn    bool
	interval time.Duration
}

// Redraw intervals: a terminal shows movement, a log wants few lines.
const (
	terminalInterval = 250 * time.Millisecond
	pipeInterval     = time.Second
)

func newLine(w io.Writer) *line {
	l := &line{w: w, interval: pipeInterval}
	if file, ok := terminalFile(w); ok {
		l.tty, l.interval = file, terminalInterval
	}
	return l
}

// show draws text. On a terminal a longer line is cut: a wrapped one could not be redrawn.
func (l *line) show(text string) {
	if l.tty == nil {
		fmt.Fprintln(l.w, text)
		return
	}
	columns, _, err := term.GetSize(int(l.tty.Fd()))
	if err != nil || columns < 1 {
		columns = defaultColumns
	}
	if runes := []rune(text); len(runes) >= columns {
		text = string(runes[:columns-1])
	}
	fmt.Fprint(l.w, "\r\x1b[K"+text)
	l.drawn = true
}

// clear takes the line off a terminal, so that what follows starts on an empty one.
func (l *line) clear() {
	if l.drawn {
		fmt.Fprint(l.w, "\r\x1b[K")
		l.drawn = false
	}
}

// note is a line that only a terminal gets: what a command is at.
type note struct{ line *line }

func (n note) show(text string) {
	if n.line.tty != nil {
		n.line.show(text)
	}
}

func (n note) clear() { n.line.clear() }

// table writes rows with aligned columns; the first row is the head.
func table(w io.Writer, rows [][]string) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(out, strings.Join(row, "\t"))
	}
	return out.Flush()
}
