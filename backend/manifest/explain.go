package manifest

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
)

// Explain tells people what a plugin is, offers and may do. Who signed it comes first: all the rest
// is the plugin's own word.
func (m *Manifest) Explain(signature string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s  (%s)\nSignature: %s\n\nIt says of itself:\n", m.Name, m.Version, m.ID, signature)
	line(&b, "  ", m.Doc)
	if m.Author != "" || m.Licence != "" {
		fmt.Fprintf(&b, "  by %s, licence %s\n", orNone(m.Author), orNone(m.Licence))
	}
	m.explainPermissions(&b)
	m.explainSettings(&b)
	m.Limits.explain(&b)
	for i := range m.Units {
		m.Units[i].explain(&b)
	}
	return b.String()
}

func (m *Manifest) explainPermissions(b *strings.Builder) {
	if len(m.Permissions) == 0 {
		b.WriteString("\nIt asks for no permissions: no files, no network, no clock, no randomness.\n")
		return
	}
	b.WriteString("\nIt asks to:\n")
	for i := range m.Permissions {
		p := &m.Permissions[i]
		fmt.Fprintf(b, "  %-12s %s\n%14s its reason: %s\n", p.Key(), p.Sentence(), "", p.Reason)
	}
}

func (m *Manifest) explainSettings(b *strings.Builder) {
	if len(m.Settings) == 0 {
		return
	}
	b.WriteString("Settings:\n")
	for i := range m.Settings {
		if p := &m.Settings[i]; p.Secret {
			fmt.Fprintf(b, "  %s, a secret  %s  (%s)\n", p.Name, p.Doc, p.Range())
		} else {
			fmt.Fprintf(b, "  %s=%v  %s  (%s)\n", p.Name, p.Default, p.Doc, p.Range())
		}
	}
}

func (l Limits) explain(b *strings.Builder) {
	memory := l.MemoryBytes
	if memory == 0 {
		memory = DefaultMemoryBytes
	}
	fmt.Fprintf(b, "Limits: %s of memory", mib(memory))
	if l.SharedBytes > 0 {
		fmt.Fprintf(b, ", %s shared by its shards", mib(l.SharedBytes))
	}
	if l.CallMs > 0 {
		fmt.Fprintf(b, ", %d ms a call", l.CallMs)
	}
	if l.TickMs > 0 {
		fmt.Fprintf(b, ", %d ms a tick", l.TickMs)
	}
	b.WriteString("\n")
}

func (u *Unit) explain(b *strings.Builder) {
	fmt.Fprintf(b, "\nUnit %s\n", u.Name)
	line(b, "  ", u.Doc)
	for i := range u.Ops {
		u.Ops[i].explain(b, u.Name)
	}
	if l := u.Live; l != nil {
		fmt.Fprintf(b, "  live: %d ticks a second, up to %d shards\n", l.RateHz, l.MaxShards)
		line(b, "    ", l.Doc)
		explainParams(b, l.Params)
		for _, p := range l.Presets {
			fmt.Fprintf(b, "    preset %s  %s\n", p.Name, p.Doc)
		}
	}
}

// Explain tells what an op does and takes, with a command line to begin with.
func (o *Op) Explain(unit string) string {
	var b strings.Builder
	o.explain(&b, unit)
	fmt.Fprintf(&b, "\n%s\n", o.Example(unit))
	return b.String()
}

// Example is a command line of the op: its inputs, its first parameter, and files for its outputs.
func (o *Op) Example(unit string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "inos run %s.%s", unit, o.Name)
	for _, in := range o.Inputs {
		if !in.Optional {
			b.WriteString(" -i " + in.example())
		}
	}
	for i := range o.Params {
		if p := &o.Params[i]; !p.Hidden {
			fmt.Fprintf(&b, " -p %s=%v", p.Name, quoted(p.Default))
			break
		}
	}
	for _, out := range o.Outputs {
		b.WriteString(" -o " + out.example())
	}
	return b.String()
}

// quoted is a value as a shell takes it for one word.
func quoted(value any) string {
	text := fmt.Sprint(value)
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.In(r, unicode.L, unicode.N) && !strings.ContainsRune("-_.,:/+", r) }) {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return text
}

// endings are of files that people have; others get the second half of their media type.
var endings = map[string]string{
	"text/plain": "txt", "image/*": "jpg", "audio/*": "wav", "image/jpeg": "jpg", "audio/mpeg": "mp3", "application/octet-stream": "bin",
	"application/x-ndjson": "ndjson", "text/tab-separated-values": "tsv", "application/vnd.apache.parquet": "parquet",
}

// example is a name for a file that fits.
func (p *Port) example() string { return p.Name + p.Ending() }

// Ending is what a file's name ends in that holds what the port's first media type says, with its dot;
// empty where any fits.
func (p *Port) Ending() string {
	if len(p.Media) == 0 {
		return ""
	}
	media, _, _ := strings.Cut(p.Media[0], ";")
	_, half, _ := strings.Cut(media, "/")
	if half == "*" || strings.HasPrefix(half, "vnd.") {
		half = "bin"
	}
	return "." + cmp.Or(endings[media], strings.TrimPrefix(half, "x-"))
}

func (o *Op) explain(b *strings.Builder, unit string) {
	fmt.Fprintf(b, "  %s.%s\n", unit, o.Name)
	line(b, "    ", o.Doc)
	explainParams(b, o.Params)
	for _, p := range o.Inputs {
		explainPort(b, "input", p)
	}
	for _, p := range o.Outputs {
		explainPort(b, "output", p)
	}
	for _, f := range o.Results {
		fmt.Fprintf(b, "    result %s%s  %s\n", f.Name, bracketed(f.Unit), f.Doc)
	}
	switch o.Determinism {
	case BitExact:
		b.WriteString("    equal input gives equal output, bit by bit\n")
	case WithinTolerance:
		fmt.Fprintf(b, "    equal input gives equal output within %g\n", o.Tolerance)
	}
}

func explainPort(b *strings.Builder, what string, p Port) {
	fmt.Fprintf(b, "    %s %s", what, p.Name)
	if len(p.Media) > 0 {
		fmt.Fprintf(b, " (%s)", joined(p.Media))
	}
	if p.Optional {
		b.WriteString(", optional")
	}
	fmt.Fprintf(b, "  %s\n", p.Doc)
}

func explainParams(b *strings.Builder, ps []Param) {
	for i := range ps {
		p := &ps[i]
		if p.Hidden {
			continue
		}
		if p.Secret {
			fmt.Fprintf(b, "    %s, a secret  %s  (%s)\n", p.Name, p.Doc, p.Range())
			continue
		}
		fmt.Fprintf(b, "    %s=%v  %s  (%s)\n", p.Name, p.Default, p.Doc, p.Range())
	}
}

func line(b *strings.Builder, indent, text string) {
	if text != "" {
		fmt.Fprintf(b, "%s%s\n", indent, text)
	}
}

func orNone(s string) string {
	if s == "" {
		return "nobody named"
	}
	return s
}

func bracketed(unit string) string {
	if unit == "" {
		return ""
	}
	return " [" + unit + "]"
}

func mib(n uint64) string { return fmt.Sprintf("%.4g MiB", float64(n)/(1<<20)) }
