package window

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"inos/backend/dropin"
	"inos/backend/fault"
	"inos/backend/grant"
	"inos/backend/host"
	"inos/backend/manifest"
	"inos/backend/node"
	"inos/backend/trust"
	"inos/backend/unit"
)

// PluginNode is what the panel needs of the node.
type PluginNode interface {
	Registry() *unit.Registry
	Usage() *host.Usage
	Permissions(p unit.PluginInfo) ([]node.Permission, error)
	Decide(p unit.PluginInfo, key string, d grant.Decision, folder string) error
	Revoke(plugin, key string) (int, error)
	Audit(limit int) ([]grant.Entry, error)
	Settings(p unit.PluginInfo) ([]node.Setting, error)
	SetSetting(ctx context.Context, p unit.PluginInfo, name string, given any) error
	ClearSetting(ctx context.Context, p unit.PluginInfo, name string) error
	Limits(p unit.PluginInfo) ([]node.Limit, error)
	SetLimit(p unit.PluginInfo, key, text string) error
	ResetLimit(p unit.PluginInfo, key string) error
	Publishers() *trust.Store
	Lives() []*unit.Live
}

// Dialogs are the system's own: a path never comes from the page. An empty path: the user changed
// their mind.
type Dialogs interface {
	PluginFile() (string, error)
	Folder(title string) (string, error)
}

// Plugins is the plugins panel's conversation with the kernel. Safe for concurrent use.
type Plugins struct {
	Node    PluginNode
	Dialogs Dialogs
	// LogDir is where logs are exported to.
	LogDir string
	Now    func() time.Time

	mu      sync.Mutex
	offered *offered // nil: no file waits for the user's word
}

// PluginCard is a plugin as the panel shows it.
type PluginCard struct {
	// Key is the id of a plugin that is used or was removed; the path of a file that is refused.
	Key       string      `json:"key"`
	ID        string      `json:"id"` // empty: the file is no plugin
	Name      string      `json:"name"`
	Version   string      `json:"version"`
	Doc       string      `json:"doc"`
	Author    string      `json:"author"`
	Licence   string      `json:"licence"`
	Bytes     int64       `json:"bytes"`
	Path      string      `json:"path"`
	Source    string      `json:"source"` // bundled, dropped, installed, folder
	Enabled   bool        `json:"enabled"`
	Pinned    bool        `json:"pinned"`
	Removed   bool        `json:"removed"`
	Signature trust.State `json:"signature"` // empty: nothing is known
	SignedBy  string      `json:"signedBy"`  // a sentence
	Publisher Publisher   `json:"publisher"`
	Refused   string      `json:"refused"` // why; empty: it is used
	Problem   string      `json:"problem"` // why this version did not start; empty: it did
	// Earlier versions, the last one first.
	Earlier     []dropin.Version  `json:"earlier"`
	Units       []PluginUnit      `json:"units"`
	Permissions []node.Permission `json:"permissions"`
	Settings    []node.Setting    `json:"settings"`
	// Unreadable is why the settings cannot be read; empty: they can.
	Unreadable string `json:"unreadable"`
}

// Publisher is whose key signed a file; empty: nobody's.
type Publisher struct {
	Key   string `json:"key"` // minisign's base64
	KeyID string `json:"keyId"`
	Name  string `json:"name"` // empty: the user has not named the owner
}

// PluginUnit is what a plugin offers under one name.
type PluginUnit struct {
	Name string   `json:"name"`
	Doc  string   `json:"doc"`
	Live bool     `json:"live"`
	Ops  []string `json:"ops"`
}

// List is every plugin and every file that could be one, by name.
func (p *Plugins) List() ([]PluginCard, error) {
	cards := []PluginCard{}
	for _, info := range p.Node.Registry().Plugins() {
		card, err := p.card(info)
		if err != nil {
			return nil, err
		}
		cards = append(cards, card)
	}
	known, err := p.Node.Registry().Recorded()
	if err != nil {
		return nil, err
	}
	cards = append(cards, removedCards(known, cards)...)
	slices.SortStableFunc(cards, func(a, b PluginCard) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.Key, b.Key))
	})
	return cards, nil
}

func (p *Plugins) card(info unit.PluginInfo) (PluginCard, error) {
	card := describe(info)
	card.Source, card.Refused = "folder", info.Refused
	card.Enabled = info.Refused == "" && !info.Disabled()
	if info.Bundled {
		card.Source = "bundled"
	}
	if d := info.Dropped; d != nil {
		card.Source, card.Pinned, card.Problem = string(d.Source), d.Pinned, d.Problem
		card.Earlier = append(card.Earlier, d.Earlier...)
	}
	if info.Refused != "" {
		card.Key = info.Path
		return card, nil
	}
	var err error
	if card.Permissions, err = p.Node.Permissions(info); err != nil {
		return card, err
	}
	// A plugin can still be switched off or removed where its settings are damaged.
	if rows, err := p.Node.Settings(info); err != nil {
		card.Unreadable = err.Error()
	} else {
		card.Settings = rows
	}
	return card, nil
}

// describe is what a file says about itself.
func describe(info unit.PluginInfo) PluginCard {
	card := PluginCard{
		Key: info.Path, Name: baseName(info.Path), Bytes: info.Bytes, Path: info.Path,
		Earlier: []dropin.Version{}, Units: []PluginUnit{}, Permissions: []node.Permission{},
		Settings: []node.Setting{},
	}
	if s := info.Signature; s != nil {
		card.Signature, card.SignedBy = s.State, s.String()
		card.Publisher = Publisher{s.Key, s.KeyID, s.Name}
	}
	m := info.Manifest
	if m == nil {
		return card
	}
	card.Key, card.ID, card.Name, card.Version = m.ID, m.ID, m.Name, m.Version
	card.Doc, card.Author, card.Licence = m.Doc, m.Author, m.Licence
	for _, u := range m.Units {
		card.Units = append(card.Units, unitOf(u))
	}
	for _, asked := range m.Permissions {
		card.Permissions = append(card.Permissions, node.Permission{
			Permission: asked, Key: asked.Key(), Sentence: asked.Sentence(),
		})
	}
	return card
}

func unitOf(u manifest.Unit) PluginUnit {
	out := PluginUnit{Name: u.Name, Doc: u.Doc, Live: u.Live != nil, Ops: []string{}}
	for _, op := range u.Ops {
		out.Ops = append(out.Ops, op.Name)
	}
	return out
}

// removedCards are the plugins that can be brought back.
func removedCards(known dropin.State, there []PluginCard) []PluginCard {
	var out []PluginCard
	for id, d := range known.Plugins {
		used := slices.ContainsFunc(there, func(c PluginCard) bool { return c.Key == id })
		if used || !d.Removed() || len(d.Earlier) == 0 {
			continue
		}
		card := describe(unit.PluginInfo{Path: d.File})
		card.Key, card.ID, card.Version, card.Path = id, id, d.Earlier[0].Version, ""
		card.Removed, card.Source, card.Earlier = true, string(d.Source), d.Earlier
		out = append(out, card)
	}
	return out
}

func baseName(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }

// find is the plugin of that id that is used, or disabled.
func (p *Plugins) find(id string) (unit.PluginInfo, error) {
	for _, info := range p.Node.Registry().Plugins() {
		if info.Refused == "" && info.Manifest.ID == id {
			return info, nil
		}
	}
	return unit.PluginInfo{}, notThere(id)
}

func notThere(id string) error {
	return fault.New("plugin.find", fault.NotFound, cut(id), "there is no such plugin any more", "")
}

// cut keeps what the page sent short enough for a message.
func cut(text string) string {
	const most = 128
	return strings.ToValidUTF8(text[:min(len(text), most)], "?")
}

// Change does one of enable, disable, pin, unpin, remove, rollback.
func (p *Plugins) Change(id, action string) (dropin.Change, error) {
	book, found, err := p.Node.Registry().Book(cut(id))
	if err != nil {
		return dropin.Change{}, err
	}
	if found != id { // the page says ids, people may say less
		return dropin.Change{}, notThere(id)
	}
	switch action {
	case "enable", "disable":
		return book.SetDisabled(id, action == "disable")
	case "pin", "unpin":
		return book.SetPinned(id, action == "pin")
	case "remove":
		return book.Remove(id)
	case "rollback":
		return book.Rollback(id)
	}
	return dropin.Change{}, fault.Newf("plugin.change", fault.Invalid, cut(action),
		"it is none of enable, disable, pin, unpin, remove, rollback")
}
