package manifest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
)

// What a plugin may ask for. Everything else is not to be had.
const (
	PermitNow       = "now"
	PermitRandom    = "random"
	PermitRead      = "read"
	PermitWrite     = "write"
	PermitHTTP      = "http"
	PermitClipboard = "clipboard"
	PermitNotify    = "notify"
	PermitMemory    = "memory"
	PermitTime      = "time"
	// PermitBackground is for live units: without it they rest while nobody can see them.
	PermitBackground = "background"
)

// What a plugin gets without asking; more needs the permission `memory` or `time`.
const (
	FreeMemoryBytes = 256 << 20
	FreeCallMs      = 10 * 60 * 1000
)

var permissionNames = []string{
	PermitNow, PermitRandom, PermitRead, PermitWrite, PermitHTTP, PermitClipboard, PermitNotify,
	PermitMemory, PermitTime, PermitBackground,
}

const (
	maxHosts      = 16
	maxScopeBytes = 32
	// maxReasonRunes has room for a sentence that somebody reads before answering.
	maxReasonRunes = 240
)

var hostForm = regexp.MustCompile(`^(\*\.)?` + idPart + `(\.` + idPart + `)*(:[0-9]{1,5})?$`)

// Pure reports whether an op of the plugin can see nothing but its parameters and inputs: no clock, no
// randomness, no file, no setting. A permission for more memory or time shows it nothing.
func (m *Manifest) Pure() bool {
	for i := range m.Permissions {
		switch m.Permissions[i].Name {
		case PermitMemory, PermitTime, PermitBackground:
		default:
			return false
		}
	}
	return len(m.Settings) == 0 && m.Foreign == nil
}

// Acts reports whether an op of the plugin may change something outside, if the user lets it.
func (m *Manifest) Acts() bool {
	for i := range m.Permissions {
		switch m.Permissions[i].Name {
		case PermitWrite, PermitHTTP, PermitClipboard, PermitNotify:
			return true
		}
	}
	return false
}

// Permission is something that the plugin asks for, and why.
type Permission struct {
	Name   string `json:"name"` // one of the Permit constants
	Reason string `json:"reason"`
	// Scope is the plugin's name for a folder that the user picks (read, write): its paths begin
	// with it.
	Scope string `json:"scope,omitempty"`
	// Hosts are those it wants to reach (http); *.example.org stands for the subdomains.
	Hosts []string `json:"hosts,omitempty"`
}

// Key names a permission within its plugin: "now", "read:photos".
func (p *Permission) Key() string {
	if p.Scope == "" {
		return p.Name
	}
	return p.Name + ":" + p.Scope
}

// Sentence says what the permission allows, in the user's terms.
func (p *Permission) Sentence() string {
	switch p.Name {
	case PermitNow:
		return "know the date and the time"
	case PermitRandom:
		return "use random numbers, so that two runs differ"
	case PermitRead:
		return "read the files in a folder that you choose (" + p.Scope + ")"
	case PermitWrite:
		return "read, change and delete the files in a folder that you choose (" + p.Scope + ")"
	case PermitHTTP:
		if len(p.Hosts) == 0 {
			return "exchange data with hosts that you name"
		}
		return "exchange data with " + strings.Join(p.Hosts, ", ")
	case PermitClipboard:
		return "read and replace what you copied"
	case PermitNotify:
		return "show you notices"
	case PermitMemory:
		return fmt.Sprintf("use more than %d MiB of memory", FreeMemoryBytes>>20)
	case PermitTime:
		return fmt.Sprintf("work for more than %d minutes at once", FreeCallMs/60000)
	case PermitBackground:
		return "keep running while its window is hidden"
	}
	return p.Name
}

// FindPermission is the permission of that key, or nil.
func (m *Manifest) FindPermission(key string) *Permission {
	for i := range m.Permissions {
		if m.Permissions[i].Key() == key {
			return &m.Permissions[i]
		}
	}
	return nil
}

// AsksBeyond lists what m asks for and old did not: new permissions, and for http new hosts. Nil
// stands for a plugin that asked for nothing.
func (m *Manifest) AsksBeyond(old *Manifest) []Permission {
	var more []Permission
	for _, p := range m.Permissions {
		var before *Permission
		if old != nil {
			before = old.FindPermission(p.Key())
		}
		if before == nil {
			more = append(more, p)
			continue
		}
		p.Hosts = slices.DeleteFunc(slices.Clone(p.Hosts), func(host string) bool {
			return slices.Contains(before.Hosts, host)
		})
		if len(p.Hosts) > 0 {
			more = append(more, p)
		}
	}
	return more
}

func (c *checker) permissions(ps []Permission, foreign bool) {
	c.count(len(ps), 0, maxPermissions, "permissions")
	seen := map[string]bool{}
	for i := 0; i < len(ps) && c.found == nil; i++ {
		p, path := &ps[i], fmt.Sprintf("permissions[%d]", i)
		c.check(slices.Contains(permissionNames, p.Name), path+".name", "%q is none of %s",
			clip(p.Name), joined(permissionNames))
		c.unique(seen, p.Key(), path+".name")
		c.check(p.Reason != "", path+".reason", "a permission needs a reason")
		c.text(p.Reason, path+".reason")
		c.check(utf8.RuneCountInString(p.Reason) <= maxReasonRunes, path+".reason",
			"is longer than %d letters: one plain sentence will do", maxReasonRunes)
		c.scope(p, path+".scope")
		if !foreign { // whose hosts the user names
			c.hosts(p, path+".hosts")
		}
	}
}

func (c *checker) scope(p *Permission, path string) {
	if p.Name != PermitRead && p.Name != PermitWrite {
		c.check(p.Scope == "", path, "only read and write have a scope")
		return
	}
	c.check(len(p.Scope) <= maxScopeBytes && nameForm.MatchString(p.Scope), path,
		"%q is no name for a folder, 1 to %d of a-z, 0-9 and _", clip(p.Scope), maxScopeBytes)
}

// IsHost says whether a host may stand in a list, perhaps with a star for subdomains or a port.
func IsHost(host string) bool {
	name, _, _ := strings.Cut(host, ":")
	digits := strings.Trim(name[strings.LastIndexByte(name, '.')+1:], "0123456789") == ""
	parent, wild := strings.CutPrefix(name, "*.")
	if wild && (digits || everybodys(parent)) {
		return false
	}
	return len(host) <= 255 && hostForm.MatchString(host)
}

// everybodys tells domains below which anybody may register a name: com, co.uk, github.io.
func everybodys(domain string) bool {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix == domain
}

// Wish is how people write that they allow the permission: key, and what is to be said beside it.
func (p *Permission) Wish() string {
	switch {
	case p.Scope != "":
		return p.Key() + "=FOLDER"
	case p.Name == PermitHTTP && len(p.Hosts) == 0:
		return p.Key() + "=HOST"
	}
	return p.Key()
}

func (c *checker) hosts(p *Permission, path string) {
	if p.Name != PermitHTTP {
		c.check(len(p.Hosts) == 0, path, "only http has hosts")
		return
	}
	c.count(len(p.Hosts), 1, maxHosts, path)
	for i, host := range p.Hosts {
		c.check(IsHost(host), fmt.Sprintf("%s[%d]", path, i),
			"%q is no host name in small letters, like api.example.org or *.example.org", clip(host))
	}
}

// excess says that limits beyond the free ones are asked for.
func (c *checker) excess(m *Manifest) {
	c.check(m.Limits.MemoryBytes <= FreeMemoryBytes || m.FindPermission(PermitMemory) != nil,
		"limits.memoryBytes", "more than %d MiB need the permission memory", FreeMemoryBytes>>20)
	c.check(m.Limits.CallMs <= FreeCallMs || m.FindPermission(PermitTime) != nil,
		"limits.callMs", "more than %d ms need the permission time", FreeCallMs)
	c.check(m.LiveUnit() != nil || m.FindPermission(PermitBackground) == nil,
		"permissions", "only a plugin with a live unit has a use for %s", PermitBackground)
}
