//go:build !linux

package live

// CPUs returns nothing: shards are not pinned on this system.
func CPUs() []int { return nil }

func pin([]int) {}
