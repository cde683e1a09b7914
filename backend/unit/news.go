package unit

import (
	"time"
)

// NewsKind is what became of a plugin.
type NewsKind int

// What can become of a plugin.
const (
	Added    NewsKind = iota // its units are offered now
	Changed                  // its file is another one
	Removed                  // its file is gone
	Disabled                 // by the user
	Refused                  // its file is another one, which may not take its place
)

// News is what became of a plugin between two looks at the folders.
type News struct {
	Kind   NewsKind
	Plugin PluginInfo // as it is; where its units are not offered any more: as it was
	Since  time.Time  // when it was found
	Before string     // the digest of its file before; Added: empty
}

// offered are the plugins whose units can be used, by id.
func offered(plugins []PluginInfo) map[string]PluginInfo {
	out := map[string]PluginInfo{}
	for _, p := range plugins {
		if p.offers() {
			out[p.Manifest.ID] = p
		}
	}
	return out
}

// compare notes what is new since the last look, until somebody takes it. The caller holds r.mu.
func (r *Registry) compare(before, after []PluginInfo) {
	if r.settling == nil || !r.scanned {
		return
	}
	since, was, is := r.settling.now(), offered(before), offered(after)
	for id, p := range is {
		old, known := was[id]
		switch {
		case !known:
			r.news = append(r.news, News{Added, p, since, ""})
		case old.Digest != p.Digest:
			r.news = append(r.news, News{Changed, p, since, old.Digest})
		}
	}
	for id, p := range was {
		if _, still := is[id]; !still {
			r.news = append(r.news, News{whereItWent(p, after), p, since, p.Digest})
		}
	}
}

// whereItWent says why the plugin's units are not offered any more.
func whereItWent(was PluginInfo, after []PluginInfo) NewsKind {
	for i := range after {
		switch p := &after[i]; {
		case p.Path != was.Path:
		case p.Refused != "":
			return Refused
		case p.Disabled() && p.Manifest.ID == was.Manifest.ID:
			return Disabled
		}
	}
	return Removed
}

// Look looks through the folders and returns what is new since it was called last. again is how soon
// to look once more although nothing changes; 0: not at all.
func (r *Registry) Look() (news []News, again time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scan()
	news, r.news = r.news, nil
	if r.settling != nil && !r.settling.again.IsZero() {
		again = max(time.Millisecond, r.settling.again.Sub(r.settling.now()))
	}
	return news, again
}
