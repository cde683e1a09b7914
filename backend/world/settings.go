package world

import (
	"context"
	"errors"
	"fmt"
	"math"

	"inos/backend/manifest"
	"inos/backend/wire"
)

// setting is the value at a place of the manifest's settings. They need no permission: they are
// what the user has told this plugin.
func (w *World) setting(ctx context.Context, at int64) (manifest.Value, error) {
	list := w.config.Manifest.Settings
	if at < 0 || at >= int64(len(list)) {
		return manifest.Value{}, fmt.Errorf("its manifest has no setting %d", at)
	}
	return w.config.Setting(ctx, &list[at])
}

func (w *World) settingNumber(ctx context.Context, a *wire.Ask) (wire.Reply, error) {
	v, err := w.setting(ctx, a.Offset)
	number := v.Number
	switch v.Kind {
	case manifest.Integer:
		number = float64(v.Int)
	case manifest.Text:
		return wire.Reply{}, fmt.Errorf("its setting %d is a text", a.Offset)
	}
	return wire.Reply{Value: int64(math.Float64bits(number))}, err
}

func (w *World) settingText(ctx context.Context, a *wire.Ask) (wire.Reply, error) {
	v, err := w.setting(ctx, a.Offset)
	if err == nil && v.Kind != manifest.Text {
		err = fmt.Errorf("its setting %d is no text", a.Offset)
	}
	return wire.Reply{Data: []byte(v.Text)}, err
}

func (w *World) configured(_ context.Context, a *wire.Ask) (wire.Reply, error) {
	if w.config.Manifest.Foreign == nil {
		return wire.Reply{}, errors.New("it has settings by number")
	}
	value, set, err := w.config.Config(a.Text)
	if !set || err != nil {
		return wire.Reply{}, err
	}
	return wire.Reply{Value: 1, Data: []byte(value)}, nil
}
