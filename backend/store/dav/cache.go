package dav

import (
	"container/list"
	"sync"
)

// cache keeps what was read last, up to a weight. Values are not changed by anybody.
type cache[K comparable, V any] struct {
	most   int
	weight func(V) int

	mu    sync.Mutex
	sum   int
	known map[K]*list.Element
	order list.List // of held, what was used last first
}

type held[K comparable, V any] struct {
	key   K
	value V
}

func newCache[K comparable, V any](most int, weight func(V) int) *cache[K, V] {
	return &cache[K, V]{most: most, weight: weight, known: map[K]*list.Element{}}
}

// get is what is kept under a key; else what read returns, which is kept from then on.
func (c *cache[K, V]) get(key K, read func() (V, error)) (V, error) {
	if value, ok := c.find(key); ok {
		return value, nil
	}
	value, err := read() // two may read the same at once, which costs time only
	if err == nil {
		c.keep(key, value)
	}
	return value, err
}

func (c *cache[K, V]) find(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.known[key]
	if ok {
		c.order.MoveToFront(e)
		value = e.Value.(held[K, V]).value
	}
	return value, ok
}

func (c *cache[K, V]) keep(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known[key] != nil {
		return
	}
	c.known[key] = c.order.PushFront(held[K, V]{key, value})
	c.sum += c.weight(value)
	for c.sum > c.most {
		last := c.order.Remove(c.order.Back()).(held[K, V])
		c.sum -= c.weight(last.value)
		delete(c.known, last.key)
	}
}
