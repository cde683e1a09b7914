package window

import (
	"fmt"
	"strings"
	"time"

	"inos/backend/fault"
	"inos/backend/host"
)

// maxLines go to the page at once; it asks again for more.
const maxLines = 500

// Usage is what each plugin used so far.
func (p *Plugins) Usage() []host.PluginUsage { return p.Node.Usage().Plugins() }

// Log is the lines after a number, oldest first.
func (p *Plugins) Log(after uint64) []host.LogLine {
	lines := p.Node.Usage().Log(after)
	return lines[:min(len(lines), maxLines)]
}

// ExportLog writes all lines of a plugin that are kept into a file and returns its path.
func (p *Plugins) ExportLog(id string) (string, error) {
	var text strings.Builder
	for _, l := range p.Node.Usage().Log(0) {
		if l.Plugin == id {
			fmt.Fprintf(&text, "%s %-7s %s\n", l.When.Format(time.RFC3339Nano), l.Level, oneLine(l.Text))
		}
	}
	if text.Len() == 0 {
		return "", fault.New("log.export", fault.NotFound, cut(id), "it has logged nothing", "")
	}
	name := "inos-log-" + p.Now().Format("2006-01-02-150405")
	path, err := writeNew(p.LogDir, name, ".txt", []byte(text.String()))
	return path, fault.Wrap("log.export", fault.Unavailable, p.LogDir, err, fault.DiskRemedy(err))
}

// oneLine keeps a plugin from writing lines of others, or to a terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
}
