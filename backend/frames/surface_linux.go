//go:build desktop

package frames

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"inos/backend/arena"
	"inos/backend/fault"
)

// Signal that JavaScriptCore stops its threads with, instead of SIGUSR1: its handler runs on Go's
// small stacks, so a SIGUSR1 from outside would end the program. Nobody sends this one.
const collectorSignal = "40"

// Reasons of WebKitWebProcessTerminationReason, as the user reads them.
var endings = [...]string{"crashed", "used too much memory", "was ended"}

// surface is WebKitGTK: shared memory by the web process extension, or the stream.
type surface struct {
	options   Options
	extension *extensionDir

	mu     sync.Mutex // Mode and Why are asked from any goroutine
	mode   Mode
	why    string
	deaths deaths
}

// NewSurface prepares WebKit. With Auto, whatever stands in the way of shared memory leads to the
// stream; with Shared it is an error.
func NewSurface(o Options) (Surface, error) {
	if err := os.Setenv("JSC_SIGNAL_FOR_GC", collectorSignal); err != nil {
		return nil, fault.Wrap("frames", fault.Internal, "environment", err, "")
	}
	s := &surface{options: o, mode: ModeStream}
	if o.Path == Stream {
		return s, nil
	}
	s.deaths.mayLeave = o.Path == Auto
	switch err := s.share(); {
	case err == nil:
		s.mode = ModeShared
	case o.Path == Shared:
		return nil, err
	default:
		s.why = err.Error()
	}
	return s, nil
}

func (s *surface) share() error {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir() // no home: installExtension takes a private folder below it
	}
	s.extension, err = installExtension(extensionLibrary, cache, os.TempDir())
	if err != nil {
		return err
	}
	// The cage is where JavaScriptCore wants all array buffers; ours are outside by nature, and
	// WebKit ends the web process over it.
	if err := os.Setenv("GIGACAGE_ENABLED", "0"); err != nil {
		return fault.Wrap("frames", fault.Internal, "environment", err, "")
	}
	segment := s.options.Kernel.Segment()
	offerSegment(s.extension.path, segment.FD(), segment.Len())
	return nil
}

func (s *surface) Mode() Mode { s.mu.Lock(); defer s.mu.Unlock(); return s.mode }

func (s *surface) Why() string { s.mu.Lock(); defer s.mu.Unlock(); return s.why }

// Attach watches over the web process.
func (s *surface) Attach(context.Context) error {
	watchWebProcess(s.recover)
	return nil
}

// recover runs on the main thread after the web process ended.
func (s *surface) recover(reason int) (load bool) {
	ending := endings[min(max(reason, 0), len(endings)-1)]
	switch s.judge(ending) {
	case giveUp:
		s.options.GiveUp(fault.New("window", fault.Crash, "web process",
			fmt.Sprintf("it %s %d times within %v", ending, deathsToGiveUp, deathWindow),
			"see what is missing: inos doctor; or try: inos --frames stream"))
		return false
	case reloadAsStream:
		withdrawSegment()
	}
	releaseAll(s.options.Kernel)
	s.options.Kernel.Emit(arena.Event{
		Kind:     arena.EventKindPageRecovered,
		Severity: arena.Warning,
		Text:     "The window's web process " + ending + " and was loaded again.",
	})
	return true
}

func (s *surface) judge(ending string) verdict {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.deaths.note(time.Now())
	if v == reloadAsStream && s.mode == ModeShared {
		s.mode = ModeStream
		s.why = fmt.Sprintf("the web process %s %d times while it had shared memory", ending, deathsToStream)
	}
	return v
}

func (s *surface) Close() error {
	if s.extension == nil {
		return nil
	}
	return s.extension.remove()
}
