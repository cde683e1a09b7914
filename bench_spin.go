//go:build desktop

package main

import (
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"inos/backend/arena"
	"inos/backend/bench"
)

const (
	// startLimit is how long the page may take to begin its job.
	startLimit = 2 * time.Second
	// samplesPerRound bounds a sample; the page gives up its round after it.
	samplesPerRound = 20_000
)

// pingPong asks and waits for the answer until the page stops answering, and returns microseconds.
// The first answer only says that the page has begun, so it does not count.
func pingPong(ping, echo *uint32) []float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var sample []float64
	for first := true; len(sample) < samplesPerRound; first = false {
		limit := answerLimit
		if first {
			limit = startLimit
		}
		start := time.Now()
		asked := atomic.AddUint32(ping, 1)
		if !spinUntil(start, limit, func() bool { return atomic.LoadUint32(echo) == asked }) {
			return sample
		}
		if !first {
			sample = append(sample, micros(time.Since(start)))
		}
	}
	return sample
}

// publishAndSee publishes frames and waits until the page holds each, until it stops doing so. Of
// a frame the ends are changed: filling it is not what is measured.
func publishAndSee(c *arena.Channel) []float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	header := c.Segment().Bytes()
	held := (*uint32)(unsafe.Pointer(&header[arena.ChannelHeaderHeldAt]))
	var sample []float64
	for n := uint64(1); len(sample) < samplesPerRound; n++ {
		limit := answerLimit
		if n == 1 {
			limit = startLimit
		}
		slot, data := c.Begin()
		data = data[:c.Capacity()*c.Stride()]
		data[0], data[len(data)-1] = byte(n), byte(n)
		start := time.Now()
		c.Publish(slot, c.Capacity(), n, 0)
		if !spinUntil(start, limit, func() bool { return atomic.LoadUint32(held) == uint32(slot)+1 }) {
			return sample
		}
		if n > 1 {
			sample = append(sample, micros(time.Since(start)))
		}
	}
	return sample
}

// spinUntil tests done until it holds; false after limit.
func spinUntil(start time.Time, limit time.Duration, done func() bool) bool {
	for {
		for range spinsPerLook {
			if done() {
				return true
			}
		}
		if time.Since(start) > limit {
			return false
		}
	}
}

func micros(d time.Duration) float64 { return bench.Round(float64(d.Nanoseconds())/1e3, 3) }
