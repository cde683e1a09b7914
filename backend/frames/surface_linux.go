//go:build desktop

package frames

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"inos/backend/arena"
	"inos/backend/fault"
)

// outsideSignal is what JavaScriptCore uses unless told otherwise; here it must do nothing at all.
// Go lets an unwanted signal that hits a thread of C code end the program, so it has to be wanted.
const outsideSignal = syscall.SIGUSR1

// Signal that JavaScriptCore stops its threads with, instead of SIGUSR1: its handler runs on Go's
// small stacks, so a SIGUSR1 from outside would end the program. Nobody sends this one.
const collectorSignal = 40

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
	if err := moveSignal(); err != nil {
		return nil, fault.Wrap("frames", fault.Internal, "environment", err, "")
	}
	if err := preferX11(os.Getenv("XDG_SESSION_TYPE"), os.Getenv("GDK_BACKEND")); err != nil {
		return nil, err
	}
	if !openDisplay() {
		return nil, fault.New("window", fault.Unavailable, "", "the display refuses this program (DISPLAY="+
			os.Getenv("DISPLAY")+" WAYLAND_DISPLAY="+os.Getenv("WAYLAND_DISPLAY")+")",
			"allow it with xauth or xhost, or run the flock here: inos live boids --seconds 10")
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

// moveSignal keeps JavaScriptCore off the signals of others. Its variable is there for a moment only:
// left in the environment, each process of WebKit calls it an invalid option on standard error.
func moveSignal() error {
	const name = "JSC_SIGNAL_FOR_GC"
	signal.Notify(make(chan os.Signal, 1), outsideSignal)
	if err := os.Setenv(name, strconv.Itoa(collectorSignal)); err != nil {
		return err
	}
	startThreading(collectorSignal)
	return os.Unsetenv(name)
}

// preferX11 does before our opening of the display what Wails would do before its own: outside a
// Wayland session GTK takes X11, where it would warn otherwise.
func preferX11(session, chosen string) error {
	if chosen != "" || (session != "" && session != "unspecified" && session != "x11") {
		return nil
	}
	return fault.Wrap("frames", fault.Internal, "environment", os.Setenv("GDK_BACKEND", "x11"), "")
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
