package host

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// maxConfided bounds the secrets of a worker that are remembered: it lives for some calls only.
const maxConfided = 64

// leastHidden is how many bytes a secret needs to be looked for: a shorter one is part of ordinary words, and
// dots in their middle would give it away.
const leastHidden = 4

// hidden stands where a secret was.
const hidden = "•••"

// confided are the secrets that a worker was given with its calls. A plugin may put them into its words by
// accident, so those are told without them; one that wants to tell them finds a way, and is not to be trusted.
type confided struct {
	mu    sync.Mutex
	list  []string
	clean atomic.Pointer[strings.Replacer] // nil: there are none
}

func (c *confided) add(secrets []string) {
	if len(secrets) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range secrets {
		if len(s) >= leastHidden && !slices.Contains(c.list, s) {
			c.list = append(c.list, s)
		}
	}
	if over := len(c.list) - maxConfided; over > 0 {
		c.list = slices.Delete(c.list, 0, over)
	}
	// The longest first: one may be a part of another.
	longest := slices.SortedFunc(slices.Values(c.list), func(a, b string) int { return len(b) - len(a) })
	pairs := []string{}
	for _, s := range longest {
		pairs = append(pairs, s, hidden)
	}
	c.clean.Store(strings.NewReplacer(pairs...))
}

func (c *confided) hide(text string) string {
	if r := c.clean.Load(); r != nil {
		return r.Replace(text)
	}
	return text
}
