package node

import (
	"context"
	"fmt"
	"slices"

	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/manifest"
	"inos/backend/settings"
	"inos/backend/unit"
)

const opSettings = "plugin.settings"

// Setting is one that a plugin has, as it counts now. The value of a secret is never part of it.
type Setting struct {
	Name  string         `json:"name"`
	Param manifest.Param `json:"param"`
	settings.State
}

// setting is what the user told the plugin of a running call.
func (n *Node) setting(ctx context.Context, p *host.Plugin, m *manifest.Param) (manifest.Value, error) {
	return n.settings.Get(ctx, settings.Owner{Plugin: p.Manifest.ID, Holder: p.Holder}, m)
}

func owner(p unit.PluginInfo) settings.Owner {
	return settings.Owner{Plugin: p.Manifest.ID, Holder: p.Holder()}
}

// Settings are those of a plugin, in its order. The keychain is not asked.
func (n *Node) Settings(p unit.PluginInfo) ([]Setting, error) {
	out := []Setting{}
	for i := range p.Manifest.Settings {
		param := &p.Manifest.Settings[i]
		state, err := n.settings.State(owner(p), param)
		if err != nil {
			return nil, err
		}
		out = append(out, Setting{Name: param.Name, Param: *param, State: state})
	}
	extra, err := n.configSettings(p)
	return append(out, extra...), err
}

// configSettings are the keys that the user has set for a plugin for Extism.
func (n *Node) configSettings(p unit.PluginInfo) ([]Setting, error) {
	names, err := n.settings.Names(owner(p))
	if err != nil {
		return nil, err
	}
	var out []Setting
	for _, name := range names {
		param, ok := p.Manifest.ConfigParam(name)
		if !ok {
			continue
		}
		state, err := n.settings.State(owner(p), param)
		if err != nil {
			return nil, err
		}
		out = append(out, Setting{Name: name, Param: *param, State: state})
	}
	return out, nil
}

// configured is what the user set under a key for a plugin for Extism.
func (n *Node) configured(p *host.Plugin, key string) (string, bool, error) {
	param, ok := p.Manifest.ConfigParam(key)
	if !ok {
		return "", false, nil
	}
	state, err := n.settings.State(settings.Owner{Plugin: p.Manifest.ID, Holder: p.Holder}, param)
	text, isText := state.Value.(string)
	return text, state.Set && isText, err
}

// roomForKey says whether one more key fits.
func (n *Node) roomForKey(p unit.PluginInfo, name string) error {
	names, err := n.settings.Names(owner(p))
	if err != nil || p.Manifest.Foreign == nil || slices.Contains(names, name) {
		return err
	}
	if len(names) >= manifest.MaxConfigKeys {
		return fault.New(opSettings, fault.Budget, p.Manifest.ID,
			fmt.Sprintf("%d keys are set, and that is the most", manifest.MaxConfigKeys),
			"take others back with --unset")
	}
	return nil
}

// SetSetting keeps what the user tells the plugin, from its next question on. A secret may wait for
// the user to unlock the keychain, as long as ctx does.
func (n *Node) SetSetting(ctx context.Context, p unit.PluginInfo, name string, given any) error {
	param, err := FindSetting(p, name)
	if err != nil {
		return err
	}
	if err := n.roomForKey(p, name); err != nil {
		return err
	}
	return n.settings.Set(ctx, owner(p), param, given)
}

// ClearSetting takes a setting back: the default counts again. It may be one of an earlier version.
func (n *Node) ClearSetting(ctx context.Context, p unit.PluginInfo, name string) error {
	there, err := n.settings.Clear(ctx, owner(p), name)
	if err != nil || there {
		return err
	}
	_, err = FindSetting(p, name) // not set: nothing to do
	return err
}

// FindSetting is the setting of that name in the plugin's manifest.
func FindSetting(p unit.PluginInfo, name string) (*manifest.Param, error) {
	if at := manifest.FindParam(p.Manifest.Settings, name); at >= 0 {
		return &p.Manifest.Settings[at], nil
	}
	if param, ok := p.Manifest.ConfigParam(name); ok {
		return param, nil
	}
	return nil, fault.New(opSettings, fault.NotFound, p.Manifest.ID,
		fmt.Sprintf("it has no setting %q", name), settingsOf(p.Manifest))
}

func settingsOf(m *manifest.Manifest) string {
	if _, takesAny := m.ConfigParam("key"); takesAny {
		return "a key has 1 to 64 bytes and no control characters"
	}
	if len(m.Settings) == 0 {
		return "it has none"
	}
	return "see inos plugin settings " + m.ID
}
