package node

import (
	"fmt"
	"time"

	"inos/backend/arena"
	"inos/backend/store"
	"inos/backend/store/upkeep"
)

// StoreUpkeep is what the upkeep of a data folder's store remembers, and whether there is any. No node
// need run.
func StoreUpkeep(dataDir string) *upkeep.File { return upkeep.Open(dataDir) }

// StoreOpened hands over the store whose key is known from now on; nil: it was locked again. While it
// has one, a node that runs for long looks after it in idle time. Others do nothing with it.
func (n *Node) StoreOpened(s *store.Store) {
	if n.upkeep != nil {
		n.upkeep.Opened(s)
	}
}

func (n *Node) newUpkeep() *upkeep.Service {
	return upkeep.New(upkeep.DefaultPolicy, StoreUpkeep(n.options.DataDir), upkeep.Machine(), time.Now,
		n.storeDamaged, n.options.Log)
}

// storeDamaged tells the page what was found in idle time.
func (n *Node) storeDamaged(sp *store.Space, r store.Report) {
	text := fmt.Sprintf("%d damaged places were found in space %.64s, %d files are hit. Run inos store check --read-data.",
		len(r.Damages), sp.Name(), r.HitCount)
	n.kernel.Emit(arena.Event{Kind: arena.EventKindStoreDamaged, Severity: arena.Warning, Text: text})
	n.options.Log.Warn(text)
}
