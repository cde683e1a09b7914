package window

import (
	"context"
	"time"

	"inos/backend/fault"
	"inos/backend/node"
	"inos/backend/unit"
)

// unlockTime is how long the user has to unlock the keychain.
const unlockTime = 2 * time.Minute

// maxSettingBytes is more than any text of a setting takes.
const maxSettingBytes = 64 << 10

// SetSetting keeps what the user tells the plugin of that id, and returns its settings as they are
// then. The value of a secret is in no answer.
func (p *Plugins) SetSetting(id, name string, value any) ([]node.Setting, error) {
	if text, ok := value.(string); ok && len(text) > maxSettingBytes {
		return nil, fault.New("plugin.set", fault.Invalid, cut(name), "this is too long", "")
	}
	return p.changeSetting(id, func(ctx context.Context, n PluginNode, of unit.PluginInfo) error {
		return n.SetSetting(ctx, of, cut(name), value)
	})
}

// ClearSetting takes one back: the default counts again.
func (p *Plugins) ClearSetting(id, name string) ([]node.Setting, error) {
	return p.changeSetting(id, func(ctx context.Context, n PluginNode, of unit.PluginInfo) error {
		return n.ClearSetting(ctx, of, cut(name))
	})
}

func (p *Plugins) changeSetting(
	id string, change func(context.Context, PluginNode, unit.PluginInfo) error,
) ([]node.Setting, error) {
	of, err := p.find(id)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), unlockTime)
	defer cancel()
	if err := change(ctx, p.Node, of); err != nil {
		return nil, err
	}
	return p.Node.Settings(of)
}
