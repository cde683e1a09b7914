package node

import (
	"encoding/hex"
	"fmt"
	"strings"

	"inos/backend/arena"
	"inos/backend/unit"
)

// news tells the page what became of a plugin and lets what runs of it follow.
func (n *Node) news(w unit.News) {
	m := w.Plugin.Manifest
	switch w.Kind {
	case unit.Added:
		n.tell(arena.EventKindPluginAdded, fmt.Sprintf("%s %s was added: %s", m.Name, m.Version, unitNames(w.Plugin)))
	case unit.Changed:
		n.tell(arena.EventKindPluginChanged, fmt.Sprintf("%s was changed, it is version %s now", m.Name, m.Version))
		n.reload(w)
	case unit.Removed:
		n.tell(arena.EventKindPluginRemoved, m.Name+" was removed")
		n.lives.Retire(m.ID, "its plugin was removed", "bring it back: inos plugin rollback "+m.ID)
	case unit.Disabled:
		n.tell(arena.EventKindPluginRemoved, m.Name+" was disabled")
		n.lives.Retire(m.ID, "its plugin was disabled", "enable it: inos plugin enable "+m.ID)
	case unit.Refused: // that was told; what runs goes on as it is
	}
	if digest, err := hex.DecodeString(w.Before); err == nil && len(digest) == 32 && w.Kind != unit.Refused {
		n.jobs.Retire([32]byte(digest))
	}
}

func unitNames(p unit.PluginInfo) string {
	var names []string
	for _, u := range p.Manifest.Units {
		names = append(names, u.Name)
	}
	return strings.Join(names, ", ")
}

// reload hands the new file to the live units of its plugin.
func (n *Node) reload(w unit.News) {
	p, err := n.registry.Load(w.Plugin)
	if err != nil { // it is being written again; there will be more news
		n.options.Log.Debug("reload", "plugin", w.Plugin.Manifest.ID, "error", err)
		return
	}
	n.lives.Reload(p, w.Since)
}

// problem notes why a new version did not start, for `inos plugin list`.
func (n *Node) problem(plugin, digest, why string) {
	if err := n.book.SetProblem(plugin, digest, why); err != nil {
		n.options.Log.Debug("a problem could not be noted", "plugin", plugin, "error", err)
	}
}

func (n *Node) tell(kind uint16, text string) {
	n.kernel.Emit(arena.Event{Kind: kind, Severity: arena.Info, Text: text})
	n.options.Log.Info(text)
}

// SetSafe says whether only the plugins that came with the program are used.
func (n *Node) SetSafe(on bool) {
	n.registry.SetSafe(on)
	if n.watcher != nil {
		n.watcher.Wake()
	}
}
