package results

import (
	"strings"

	"inos/backend/job"
)

// Explanation is where an output came from.
type Explanation struct {
	Key    job.Digest `json:"key"`
	Output string     `json:"output"` // the name that the op gives it
	Media  string     `json:"media"`
	Bytes  int64      `json:"bytes"`
	Digest job.Digest `json:"digest"`
	job.Origin
}

// Explain finds the results that have an output with this BLAKE3 digest.
func (c *Cache) Explain(digest job.Digest) ([]Explanation, error) {
	files, err := c.list()
	if err != nil {
		return nil, err
	}
	var found []Explanation
	for _, f := range files {
		if !strings.HasSuffix(f.path, entryEnding) {
			continue
		}
		h, err := readHeader(f.path)
		if err != nil { // it is gone, or damaged
			continue
		}
		for _, o := range h.Outputs {
			if o.Digest == digest && c.Get(job.Key(h.Key)) != nil {
				found = append(found, Explanation{h.Key, o.Name, o.Media, o.Bytes, o.Digest, h.Origin})
			}
		}
	}
	return found, nil
}
