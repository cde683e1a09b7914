package manifest

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode/utf8"

	"inos/backend/fault"
)

// Bounds of a manifest. They keep a form usable, a message small and a hostile file harmless.
const (
	maxUnits       = 32
	maxOps         = 256 // in one plugin
	maxParams      = 128 // of one op or live unit
	maxSettings    = 64
	maxPorts       = 16 // a control message carries 16 descriptors
	maxResults     = 256
	maxChannels    = 4
	maxPresets     = 32
	maxOptions     = 64
	maxMedia       = 16
	maxPermissions = 16
	maxPhases      = 16
	maxShards      = 64
	maxRateHz      = 1000

	maxNameRunes  = 64
	maxUnitName   = 23 // fits the event record with its zero
	maxDocBytes   = 4096
	maxTextParam  = 16 << 10 // a parameter list travels in one 64 KiB message
	maxCapacity   = 1 << 26  // elements of a channel
	maxMemory     = 1 << 30  // guest addresses from 1 GiB on are the window region
	maxShared     = 512 << 20
	maxOutput     = 384 << 20 // the payload part of the window region
	maxCallMs     = 24 * 3600 * 1000
	maxTickMs     = 60 * 1000
	maxSecret     = 2048 // what the keychain of every system takes
	wasmPageBytes = 65536
)

var (
	idPart      = `[a-z0-9]([a-z0-9-]*[a-z0-9])?`
	idForm      = regexp.MustCompile(`^` + idPart + `(\.` + idPart + `)+$`)
	nameForm    = regexp.MustCompile(`^[a-z0-9_]+$`)
	versionForm = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)
	licenceForm = regexp.MustCompile(`^[A-Za-z0-9.+() -]*$`)
	mediaForm   = regexp.MustCompile(`^[a-z0-9.+-]+/([a-z0-9.+-]+|\*)$`)
)

// IsID says whether s has the form of a plugin's id.
func IsID(s string) bool { return len(s) >= 3 && len(s) <= 128 && idForm.MatchString(s) }

// IsVersion says whether s has the form of a plugin's version.
func IsVersion(s string) bool { return len(s) <= maxNameRunes && versionForm.MatchString(s) }

// problem is what is wrong, and where: "units[0].live.params[3].max".
type problem struct {
	path, message string
}

func (p *problem) Error() string { return cmp.Or(p.path, "the manifest") + ": " + p.message }

// checker collects the first problem; after one, every further check is skipped.
type checker struct{ found *problem }

func (c *checker) check(ok bool, path, format string, args ...any) {
	if !ok && c.found == nil {
		c.found = &problem{path, fmt.Sprintf(format, args...)}
	}
}

// Validate checks everything that can be known without the module. The first problem is returned
// with its path as the error's subject.
func (m *Manifest) Validate() error {
	if p := m.problem(); p != nil {
		return fault.New("manifest.check", fault.Invalid, p.path, p.message, "")
	}
	return nil
}

func (m *Manifest) problem() *problem {
	c := &checker{}
	c.check(IsID(m.ID), "id",
		"%+q is no reverse domain name of 3 to 128 of a-z, 0-9, dot and hyphen", clip(m.ID))
	c.label(m.Name, "name", true)
	c.check(IsVersion(m.Version), "version",
		"%q is no semantic version", clip(m.Version))
	c.check(m.ABI == ABI, "abi", "is %d; this host speaks ABI %d", m.ABI, ABI)
	c.label(m.Author, "author", false)
	c.check(len(m.Licence) <= maxNameRunes && licenceForm.MatchString(m.Licence), "licence",
		"%q is no SPDX identifier", clip(m.Licence))
	c.text(m.Doc, "doc")
	c.permissions(m.Permissions, m.Foreign != nil)
	c.limits(m.Limits)
	c.excess(m)
	c.settings(m.Settings)
	c.text(m.Changes, "changes")
	c.units(m.Units)
	c.foreign(m)
	return c.found
}

func (c *checker) limits(l Limits) {
	most := func(v, max uint64, name string) {
		c.check(v <= max, "limits."+name, "%d is over %d", v, max)
	}
	most(l.MemoryBytes, maxMemory, "memoryBytes")
	most(l.SharedBytes, maxShared, "sharedBytes")
	most(uint64(l.CallMs), maxCallMs, "callMs")
	most(uint64(l.TickMs), maxTickMs, "tickMs")
	most(l.OutputBytes, maxOutput, "outputBytes")
}

func (c *checker) units(us []Unit) {
	c.count(len(us), 1, maxUnits, "units")
	names, numbers, live := map[string]bool{}, map[uint16]bool{}, 0
	for i := 0; i < len(us) && c.found == nil; i++ {
		u, path := &us[i], fmt.Sprintf("units[%d]", i)
		c.name(u.Name, maxUnitName, path+".name")
		c.unique(names, u.Name, path+".name")
		c.text(u.Doc, path+".doc")
		c.check(len(u.Ops) > 0 || u.Live != nil, path, "has neither ops nor a live part")
		c.ops(u.Ops, numbers, path+".ops")
		if u.Live != nil {
			live++
			c.check(live == 1, path+".live", "a plugin has at most one live unit")
			c.live(u.Live, path+".live")
		}
	}
}

func (c *checker) ops(ops []Op, numbers map[uint16]bool, path string) {
	c.count(len(ops), 0, maxOps, path)
	names := map[string]bool{}
	for i := 0; i < len(ops) && c.found == nil; i++ {
		o, path := &ops[i], fmt.Sprintf("%s[%d]", path, i)
		c.check(!numbers[o.Number], path+".number", "%d is taken by another op", o.Number)
		numbers[o.Number] = true
		c.check(len(numbers) <= maxOps, path, "a plugin has at most %d ops", maxOps)
		c.name(o.Name, maxNameRunes, path+".name")
		c.unique(names, o.Name, path+".name")
		c.text(o.Doc, path+".doc")
		c.params(o.Params, path+".params")
		c.ports(o.Inputs, path+".inputs")
		c.optionalLast(o.Inputs, path+".inputs")
		c.ports(o.Outputs, path+".outputs")
		c.figures(o.Results, path+".results")
		c.check(o.Determinism <= WithinTolerance, path+".determinism", "is %d", o.Determinism)
		ok := o.Tolerance == 0
		if o.Determinism == WithinTolerance {
			ok = o.Tolerance > 0 && o.Tolerance <= 1
		}
		c.check(ok, path+".tolerance", "%g does not go with %s", o.Tolerance, o.Determinism)
	}
}

func (c *checker) ports(ps []Port, path string) {
	c.count(len(ps), 0, maxPorts, path)
	names := map[string]bool{}
	for i := 0; i < len(ps) && c.found == nil; i++ {
		p, path := &ps[i], fmt.Sprintf("%s[%d]", path, i)
		c.name(p.Name, maxNameRunes, path+".name")
		c.unique(names, p.Name, path+".name")
		c.text(p.Doc, path+".doc")
		c.count(len(p.Media), 0, maxMedia, path+".media")
		for j := 0; j < len(p.Media) && c.found == nil; j++ {
			c.check(len(p.Media[j]) <= maxMediaBytes && mediaForm.MatchString(p.Media[j]),
				fmt.Sprintf("%s.media[%d]", path, j), "%q is no media type", clip(p.Media[j]))
		}
	}
}

// optionalLast keeps inputs apart that a call may leave out: only the last ones can be missing, so a
// required one after them would make them required, too.
func (c *checker) optionalLast(ps []Port, path string) {
	for i := 1; i < len(ps); i++ {
		c.check(ps[i].Optional || !ps[i-1].Optional, fmt.Sprintf("%s[%d].optional", path, i),
			"%q is required, and optional %q stands before it", clip(ps[i].Name), clip(ps[i-1].Name))
	}
}

// maxMediaBytes bounds a media type's length.
const maxMediaBytes = 127

func (c *checker) figures(fs []Figure, path string) {
	c.count(len(fs), 0, maxResults, path)
	names := map[string]bool{}
	for i := 0; i < len(fs) && c.found == nil; i++ {
		path := fmt.Sprintf("%s[%d]", path, i)
		c.name(fs[i].Name, maxNameRunes, path+".name")
		c.unique(names, fs[i].Name, path+".name")
		c.text(fs[i].Doc, path+".doc")
		c.label(fs[i].Unit, path+".unit", false)
	}
}

func (c *checker) count(n, min, max int, path string) {
	c.check(n >= min && n <= max, path, "has %d elements, %d to %d are allowed", n, min, max)
}

func (c *checker) unique(seen map[string]bool, name, path string) {
	c.check(!seen[name], path, "%q is there twice", clip(name))
	seen[name] = true
}

// name checks an identifier: what a user types and a path may hold.
func (c *checker) name(s string, max int, path string) {
	c.check(len(s) >= 1 && len(s) <= max && nameForm.MatchString(s), path,
		"%q is no name of 1 to %d of a-z, 0-9 and _", clip(s), max)
}

const notClean = "has control characters, like a line break, or is no UTF-8"

// label checks a short text for people: one line.
func (c *checker) label(s string, path string, required bool) {
	c.check(!required || s != "", path, "is missing")
	c.check(len(s) <= 4*maxNameRunes && utf8.RuneCountInString(s) <= maxNameRunes, path,
		"is longer than %d letters", maxNameRunes)
	c.check(cleanText(s, false), path, notClean)
}

// text checks a longer text for people: one line, too.
func (c *checker) text(s, path string) {
	c.check(len(s) <= maxDocBytes, path, "is longer than %d bytes", maxDocBytes)
	c.check(cleanText(s, false), path, notClean)
}

// cleanText refuses what could take over a terminal or break a line where none belongs.
func cleanText(s string, lines bool) bool {
	if !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		control := r < ' ' || (r >= 0x7f && r < 0xa0) || (r >= 0x202a && r <= 0x202e) ||
			(r >= 0x2066 && r <= 0x2069)
		return control && !(lines && (r == '\n' || r == '\t'))
	})
}

func finite(v ...float64) bool {
	for _, f := range v {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return false
		}
	}
	return true
}
