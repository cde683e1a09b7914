package host

import (
	"context"

	"inos/backend/arena"
)

// Try loads a plugin in a worker and ends that: whatever would be refused at its first use is refused
// here, with the same words. Only the guest's code at load runs.
func Try(ctx context.Context, cfg Config, p *Plugin) error {
	a := arena.New(arena.MaxBudget) // its shared memory may be above the budget of one node
	defer a.Close()
	w, err := Spawn(ctx, cfg, a, p, 1)
	if err != nil {
		return err
	}
	w.Close()
	return nil
}
