package dropin

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/semver"

	"inos/backend/manifest"
)

// Bounds of the state.
const (
	format        = 1
	maxStateBytes = 4 << 20 // 1000 plugins with three earlier versions take 1 MiB
	maxPlugins    = 2000    // removed ones included, of which the oldest are forgotten
	maxEarlier    = 3
	maxProblem    = 500
	maxKey        = 100
)

// Source is how a plugin came into the folder.
type Source string

// The sources.
const (
	Dropped   Source = "dropped"   // somebody put the file there
	Installed Source = "installed" // INOS did, because the user said so
)

// Version is one state of a plugin's file. Its file is kept.
type Version struct {
	Digest  string    `json:"digest"` // BLAKE3, hex
	Version string    `json:"version"`
	When    time.Time `json:"when"`          // it came
	Key     string    `json:"key,omitempty"` // the public key that signed it; empty: nobody did
}

// Plugin is what is known about one plugin of the folder. A digest of "" means that it was removed;
// what can be brought back is in Earlier.
type Plugin struct {
	Version
	File     string `json:"file"` // its name in the folder
	Source   Source `json:"source"`
	Disabled bool   `json:"disabled,omitempty"`
	Pinned   bool   `json:"pinned,omitempty"` // no update takes its place
	// Pending: the file has yet to become what stands here. Who finds that does it.
	Pending bool `json:"pending,omitempty"`
	// Problem is why the version did not start in place of the one before; empty: it did, or nobody
	// has tried.
	Problem string `json:"problem,omitempty"`
	// Earlier versions, the last one first.
	Earlier []Version `json:"earlier,omitempty"`
}

// Removed says whether the plugin was taken out of the folder.
func (p Plugin) Removed() bool { return p.Digest == "" }

// Newer says whether version a comes after b.
func Newer(a, b string) bool { return semver.Compare("v"+a, "v"+b) > 0 }

// succeed makes v the plugin's version; the present one becomes the last of the earlier ones.
func (p *Plugin) succeed(v Version) {
	earlier := slices.DeleteFunc(slices.Clone(p.Earlier), func(e Version) bool { return e.Digest == v.Digest })
	if !p.Removed() && p.Digest != v.Digest {
		earlier = slices.Insert(earlier, 0, p.Version)
	}
	p.Earlier = earlier[:min(len(earlier), maxEarlier)]
	p.Version, p.Pending, p.Problem = v, true, ""
}

// State is all that is known about the folder, by plugin id.
type State struct {
	Format  int               `json:"format"`
	Plugins map[string]Plugin `json:"plugins"`
	// Damaged is where an unreadable state was put. The plugins that are found after that come
	// disabled: nobody knows any more which ones were.
	Damaged string `json:"damaged,omitempty"`
}

func newState() State { return State{Format: format, Plugins: map[string]Plugin{}} }

// Owner is the id of the plugin whose file has that name; empty: none.
func (s State) Owner(file string) string {
	for id, p := range s.Plugins {
		if p.File == file && !p.Removed() {
			return id
		}
	}
	return ""
}

// digests are those of all files that the state counts on.
func (s State) digests() map[string]bool {
	out := map[string]bool{}
	for _, p := range s.Plugins {
		out[p.Digest] = true
		for _, e := range p.Earlier {
			out[e.Digest] = true
		}
	}
	delete(out, "")
	return out
}

// forget drops the oldest of the removed plugins where there are too many.
func (s State) forget() {
	for len(s.Plugins) > maxPlugins {
		oldest := ""
		for id, p := range s.Plugins {
			if p.Removed() && (oldest == "" || p.When.Before(s.Plugins[oldest].When)) {
				oldest = id
			}
		}
		if oldest == "" {
			return
		}
		delete(s.Plugins, oldest)
	}
}

// errNewer is not damage: another INOS knows how to read it.
var errNewer = errors.New("a newer INOS wrote it; use that one")

// decode reads a state that anybody may have written.
func decode(data []byte) (State, error) {
	var s State
	if err := json.Unmarshal(data, &s); err != nil {
		return State{}, errors.New("it cannot be read")
	}
	if s.Format > format {
		return State{}, errNewer
	}
	if s.Format != format || s.Plugins == nil || len(s.Plugins) > maxPlugins {
		return State{}, errors.New("it is not of the form that INOS writes")
	}
	files := map[string]bool{}
	for id, p := range s.Plugins {
		if err := p.check(id); err != nil {
			return State{}, err
		}
		if files[p.File] && !p.Removed() {
			return State{}, fmt.Errorf("%s stands for two plugins", p.File)
		}
		files[p.File] = files[p.File] || !p.Removed()
	}
	return s, nil
}

func (p Plugin) check(id string) error {
	if !manifest.IsID(id) {
		return fmt.Errorf("%q is no plugin's id", id)
	}
	if err := CheckName(p.File); err != nil {
		return fmt.Errorf("the file of %s: %w", id, err)
	}
	all := p.Earlier
	if !p.Removed() {
		all = append([]Version{p.Version}, all...)
	}
	if len(p.Earlier) > maxEarlier || len(p.Problem) > maxProblem || p.Source != Dropped && p.Source != Installed {
		return fmt.Errorf("%s is not described as INOS does it", id)
	}
	for _, v := range all {
		if !IsDigest(v.Digest) || !manifest.IsVersion(v.Version) || len(v.Key) > maxKey {
			return fmt.Errorf("a version of %s is not described as INOS does it", id)
		}
	}
	return nil
}

// IsDigest says whether s has the form of a BLAKE3 digest; such a one is safe as a file's name.
func IsDigest(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 32 && hex.EncodeToString(b) == s
}
