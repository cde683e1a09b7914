package frames

import (
	"sync/atomic"

	"inos/backend/arena"
)

// Held says whether a page holds a frame of a directory entry, which it does from its first frame
// on. It looks at the shared path only.
func Held(k *arena.Kernel, entry int) bool {
	held := false
	withChannel(k, entry, func(c *arena.Channel) {
		held = atomic.LoadUint32(word(c.Segment().Bytes(), arena.ChannelHeaderHeldAt)) != 0
	})
	return held
}

// releaseAll takes back the slots that a page held which is no more.
func releaseAll(k *arena.Kernel) {
	for i := range arena.MaxEntries {
		withChannel(k, i, (*arena.Channel).Release)
	}
}

// withChannel runs f with a mapping of our own of an entry's channel; an entry without one, or one
// that is replaced at this moment, is left out.
func withChannel(k *arena.Kernel, index int, f func(*arena.Channel)) {
	entry, err := k.Entry(index)
	if err != nil || !isChannel(entry) {
		return
	}
	segment, err := borrow(entry, true)
	if err != nil {
		return
	}
	defer segment.Close()
	if channel, err := arena.OpenChannel(segment); err == nil {
		f(channel)
	}
}
