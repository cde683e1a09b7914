package window

import (
	"inos/backend/fault"
	"inos/backend/node"
	"inos/backend/quota"
)

// maxLimitBytes is more than any limit takes to be written.
const maxLimitBytes = 64

// PluginLimit is one of a plugin's limits, in words as SetLimit takes them; empty: there is none, or
// nobody knows.
type PluginLimit struct {
	Key      string `json:"key"`
	Doc      string `json:"doc"`
	Example  string `json:"example"`
	Declared string `json:"declared"` // by the manifest
	Set      string `json:"set"`      // by the user
	InForce  string `json:"inForce"`
	By       string `json:"by"` // whose the one in force is: you, plugin, inos
	Used     string `json:"used"`
}

// Limits are those of the plugin of that id, in the order in which they are shown.
func (p *Plugins) Limits(id string) ([]PluginLimit, error) {
	of, err := p.find(id)
	if err != nil {
		return nil, err
	}
	rows, err := p.Node.Limits(of)
	if err != nil {
		return nil, err
	}
	out := make([]PluginLimit, 0, len(rows))
	for _, row := range rows {
		out = append(out, limitInWords(row))
	}
	return out, nil
}

func limitInWords(l node.Limit) PluginLimit {
	k := quota.Find(l.Key)
	text := func(value *uint64) string {
		if value == nil {
			return ""
		}
		return k.Text(*value)
	}
	return PluginLimit{
		Key: l.Key, Doc: l.Doc, Example: k.Example, Declared: text(l.Declared), Set: text(l.Set),
		InForce: text(l.InForce), By: l.By, Used: text(l.Used),
	}
}

// SetLimit lets a plugin use no more than that, and returns its limits as they are then.
func (p *Plugins) SetLimit(id, key, text string) ([]PluginLimit, error) {
	of, err := p.find(id)
	if err != nil {
		return nil, err
	}
	if len(text) > maxLimitBytes {
		return nil, fault.New("plugin.limit", fault.Invalid, cut(key), "this is too long", "")
	}
	if err := p.Node.SetLimit(of, cut(key), text); err != nil {
		return nil, err
	}
	return p.Limits(id)
}

// ResetLimit takes back what the user has set, all of it when key is empty.
func (p *Plugins) ResetLimit(id, key string) ([]PluginLimit, error) {
	of, err := p.find(id)
	if err != nil {
		return nil, err
	}
	if err := p.Node.ResetLimit(of, cut(key)); err != nil {
		return nil, err
	}
	return p.Limits(id)
}
