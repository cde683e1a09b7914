package node

import (
	"path/filepath"
	"sync"

	"inos/backend/durable"
)

// SetVisible says whether anybody looks at a picture of this node: then it tells what changes in the
// plugin folders, and jobs of every node with this data folder give way.
func (n *Node) SetVisible(visible bool) {
	n.showing.set(n.shownPath(), visible)
	if n.watcher != nil {
		n.watcher.SetVisible(visible)
	}
}

// showing is the mark that somebody looks.
type showing struct {
	mu   sync.Mutex
	done func()
}

// set makes the mark or takes it away. Where none can be made, jobs do not give way.
func (s *showing) set(path string, visible bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done != nil && !visible {
		s.done()
		s.done = nil
	}
	if s.done == nil && visible {
		s.done, _ = durable.Share(path)
	}
}

func (n *Node) shownPath() string { return filepath.Join(n.options.DataDir, "shown.lock") }
