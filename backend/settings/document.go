package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"inos/backend/fault"
	"inos/backend/manifest"
)

// Bounds of the document.
const (
	maxFileBytes = 8 << 20
	maxEntries   = 4096
	maxKept      = 256 // of one plugin: it may have dropped some of them
	maxText      = 16 << 10
	maxName      = 64
)

// document is the file.
type document struct {
	Plugins []entry `json:"plugins"`
}

// entry is what is kept for one plugin of one hand.
type entry struct {
	Plugin string         `json:"plugin"`
	Holder string         `json:"holder"`
	Values map[string]any `json:"values,omitempty"` // float64, bool or string
	// Secrets are the names of those that are in the keychain.
	Secrets []string `json:"secrets,omitempty"`
}

func (e *entry) is(o Owner) bool { return e.Plugin == o.Plugin && e.Holder == o.Holder }

// find is for reading; it is empty where nothing is kept.
func (d *document) find(o Owner) entry {
	for _, e := range d.Plugins {
		if e.is(o) {
			return e
		}
	}
	return entry{}
}

// entry is for changing; it is made where there is none.
func (d *document) entry(o Owner) (*entry, error) {
	at := slices.IndexFunc(d.Plugins, func(e entry) bool { return e.is(o) })
	if at < 0 {
		if len(d.Plugins) >= maxEntries {
			return nil, fault.Newf(opSet, fault.Budget, o.Plugin,
				"the settings of %d plugins are kept already", maxEntries)
		}
		at = len(d.Plugins)
		d.Plugins = append(d.Plugins, entry{Plugin: o.Plugin, Holder: o.Holder})
	}
	return &d.Plugins[at], nil
}

// keep notes a value; of a secret only that there is one, and no plain value beside it.
func (e *entry) keep(p *manifest.Param, v manifest.Value) {
	if e.Values == nil {
		e.Values = map[string]any{}
	}
	if !p.Secret {
		e.Values[p.Name] = p.Plain(v)
		return
	}
	delete(e.Values, p.Name)
	if !slices.Contains(e.Secrets, p.Name) {
		e.Secrets = append(e.Secrets, p.Name)
	}
}

// drop forgets a setting, and the plugin with its last one.
func (d *document) drop(o Owner, name string) bool {
	at := slices.IndexFunc(d.Plugins, func(e entry) bool { return e.is(o) })
	if at < 0 {
		return false
	}
	e := &d.Plugins[at]
	_, value := e.Values[name]
	secret := slices.Contains(e.Secrets, name)
	delete(e.Values, name)
	e.Secrets = slices.DeleteFunc(e.Secrets, func(s string) bool { return s == name })
	if len(e.Values)+len(e.Secrets) == 0 {
		d.Plugins = slices.Delete(d.Plugins, at, at+1)
	}
	return value || secret
}

func (d *document) check() error {
	if len(d.Plugins) > maxEntries {
		return fmt.Errorf("%d plugins, at most %d are kept", len(d.Plugins), maxEntries)
	}
	for i := range d.Plugins {
		if err := d.Plugins[i].check(); err != nil {
			return fmt.Errorf("plugins[%d]: %w", i, err)
		}
	}
	return nil
}

func (e *entry) check() error {
	if !clean(e.Plugin, maxText) || !clean(e.Holder, maxText) {
		return errors.New("plugin or holder is missing, too long, or has control characters")
	}
	if len(e.Values) > maxKept || len(e.Secrets) > maxKept {
		return fmt.Errorf("more than %d settings", maxKept)
	}
	for _, name := range e.Secrets {
		if !clean(name, maxName) {
			return errors.New("the name of a secret is none")
		}
	}
	for name, value := range e.Values {
		if !clean(name, maxName) || !plain(value) {
			return errors.New("a setting is no number, text, true or false, or has no name")
		}
	}
	return nil
}

func plain(value any) bool {
	switch v := value.(type) {
	case float64, bool:
		return true
	case string:
		return len(v) <= maxText
	}
	return false
}

func clean(text string, max int) bool {
	return text != "" && len(text) <= max &&
		!strings.ContainsFunc(text, func(r rune) bool { return r < ' ' })
}
