//go:build desktop && automation

package main

import (
	"encoding/binary"
	"os"
	"sync"
	"time"

	wails_runtime "github.com/wailsapp/wails/v2/pkg/runtime"

	"inos/backend/arena"
	"inos/backend/window"
)

// testBindings are what only end-to-end tests may call.
func (d *desktop) testBindings() []any { return []any{&Automation{desktop: d}} }

// Automation is window.go.main.Automation in the automation build.
type Automation struct {
	desktop *desktop

	mu   sync.Mutex
	stop func()
}

// writerEntry is the directory entry of the test's channel: the last, far from any live unit.
const writerEntry = arena.MaxEntries - 1

// StartWriter publishes frames of that many elements, all words of a frame equal, as fast as it
// goes, until StopWriter. It returns the directory entry.
func (a *Automation) StartWriter(elements int) (int, error) {
	a.StopWriter()
	memory := arena.New(arena.MaxBudget) // of its own, so that the budget stays the user's
	c, err := memory.NewChannel("torn", elements, arena.InstanceBytes, nil)
	if err != nil {
		return 0, err
	}
	s := c.Segment()
	a.desktop.kernel.SetEntry(writerEntry, arena.Entry{
		Segment: s.ID(), FD: s.FD(), Kind: arena.KindChannel, ByteLen: s.Len(), Unit: "torn",
	})
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { defer close(done); writeFrames(c, stop) }()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stop = func() {
		close(stop)
		<-done
		a.desktop.kernel.ClearEntry(writerEntry)
		_ = memory.Close() // the page keeps its own mapping
	}
	return writerEntry, nil
}

// StopWriter ends the writer, if there is one, and returns when it has ended.
func (a *Automation) StopWriter() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stop != nil {
		a.stop()
		a.stop = nil
	}
}

func writeFrames(c *arena.Channel, stop <-chan struct{}) {
	words := c.Capacity() * c.Stride()
	for tick := uint64(1); ; tick++ {
		select {
		case <-stop:
			return
		default:
		}
		slot, data := c.Begin()
		for at := 0; at < words; at += 4 {
			binary.NativeEndian.PutUint32(data[at:], uint32(tick))
		}
		c.Publish(slot, c.Capacity(), tick, arena.Monotonic())
	}
}

// Hide takes the window off the screen, as another desktop or the task bar does.
func (a *Automation) Hide() { wails_runtime.WindowHide(a.desktop.app.ctx) }

// Show brings it back.
func (a *Automation) Show() { wails_runtime.WindowShow(a.desktop.app.ctx) }

// Figures are what the kernel knows of the window.
type Figures struct {
	KernelPID  int               `json:"kernelPid"`
	SentBytes  uint64            `json:"sentBytes"`
	SentFrames uint64            `json:"sentFrames"`
	Report     window.PageReport `json:"report"`
	UptimeMs   int64             `json:"uptimeMs"`
}

var programStart = time.Now()

// Figures returns them.
func (a *Automation) Figures() Figures {
	f := Figures{
		KernelPID: os.Getpid(), Report: a.desktop.session.LastReport(),
		UptimeMs: time.Since(programStart).Milliseconds(),
	}
	if s := a.desktop.stream; s != nil {
		f.SentBytes, f.SentFrames = s.SentBytes(), s.SentFrames()
	}
	return f
}
