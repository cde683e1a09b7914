package node

import (
	"sync"

	"inos/backend/arena"
	"inos/backend/manifest"
)

// missing is what plugins wanted and the user has not answered, so that each is told once.
type missing struct {
	mu   sync.Mutex
	keys map[string]map[string]bool // by plugin; no more than manifests name
}

// missed tells the page that a call was denied something that the user may still allow.
func (n *Node) missed(plugin string, asked *manifest.Permission) {
	if !n.missing.add(plugin, asked.Key()) {
		return
	}
	n.kernel.Emit(arena.Event{
		Kind: arena.EventKindPluginDenied, Severity: arena.Warning,
		Text: plugin + ": it wanted to " + asked.Sentence() + ", which you have not allowed",
	})
}

// unmissed lets what the plugin misses from now on be told again.
func (n *Node) unmissed(plugin string) {
	n.missing.mu.Lock()
	defer n.missing.mu.Unlock()
	delete(n.missing.keys, plugin)
}

func (m *missing) add(plugin, key string) (new bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keys == nil {
		m.keys = map[string]map[string]bool{}
	}
	if m.keys[plugin] == nil {
		m.keys[plugin] = map[string]bool{}
	}
	new = !m.keys[plugin][key]
	m.keys[plugin][key] = true
	return new
}

// Notice shows what a plugin has to say in the page.
func (n *Node) Notice(plugin, text string) {
	n.kernel.Emit(arena.Event{Kind: arena.EventKindPluginNotice, Severity: arena.Info, Text: plugin + ": " + text})
}
