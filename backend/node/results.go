package node

import (
	"path/filepath"
	"time"

	"inos/backend/results"
)

// openResults is the cache of results in the data folder.
func openResults(data string) (*results.Cache, *results.Limit) {
	limit := results.OpenLimit(data)
	return results.Open(filepath.Join(data, results.FolderName), limit.Bytes, time.Now), limit
}

// Results is what ops gave that always give the same.
func (n *Node) Results() *results.Cache { return n.results }

// LimitResults sets how many bytes they may take, and makes it true.
func (n *Node) LimitResults(bytes int64) error {
	if err := n.limit.Set(bytes); err != nil {
		return err
	}
	return n.results.Trim()
}
