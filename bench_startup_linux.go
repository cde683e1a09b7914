//go:build desktop

package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"inos/backend/bench"
	"inos/backend/fault"
	"inos/backend/frames"
)

// StartupReport is the document of --bench startup: milliseconds since the exec of this program,
// which the system knows to 10 ms.
type StartupReport struct {
	Path frames.Mode `json:"path"`
	// WindowMs: the window exists and its page begins to load.
	WindowMs float64 `json:"window_ms"`
	// FrameMs: the page took its first frame of the flock, to draw it.
	FrameMs float64 `json:"frame_ms"`
	// DrawingMs: the page reported for the first time how fast it draws.
	DrawingMs float64 `json:"drawing_ms"`
}

// startupPoll is how often the first frame is looked for.
const startupPoll = time.Millisecond

func (d *desktop) measureStartup(ctx context.Context) (any, error) {
	started, err := startedAt()
	if err != nil {
		return nil, fault.Wrap("bench", fault.Unavailable, "startup", err, "")
	}
	report := StartupReport{WindowMs: started.millis()}
	if err := d.awaitFrame(ctx); err != nil {
		return nil, err
	}
	report.FrameMs = started.millis()
	if err := d.awaitDrawing(); err != nil {
		return nil, err
	}
	report.DrawingMs, report.Path = started.millis(), d.surface.Mode()
	return report, nil
}

func (d *desktop) awaitDrawing() error {
	if !d.session.Drawing(benchLimit) {
		return fault.New("bench", fault.Deadline, "page", "it does not draw", "see what is missing: inos doctor")
	}
	return nil
}

// awaitFrame returns once the page has its first frame, on whichever path.
func (d *desktop) awaitFrame(ctx context.Context) error {
	tick := time.NewTicker(startupPoll)
	defer tick.Stop()
	for {
		live := d.session.Live()
		streamed := d.stream != nil && d.stream.SentFrames() > 0
		if streamed || (live != nil && frames.Held(d.kernel, live.Entry)) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fault.New("bench", fault.Deadline, "page", "it took no frame", "see what is missing: inos doctor")
		}
	}
}

// bootTime is a time since the machine started.
type bootTime time.Duration

// startedAt is when this process was started, from field 22 of /proc/self/stat.
func startedAt() (bootTime, error) {
	const ticksPerSecond, fieldAfterName = 100, 22 - 3 // USER_HZ; the name is field 2 and may hold spaces
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) <= fieldAfterName {
		return 0, errors.New("/proc/self/stat is too short")
	}
	ticks, err := strconv.ParseInt(fields[fieldAfterName], 10, 64)
	return bootTime(time.Duration(ticks) * time.Second / ticksPerSecond), err
}

// millis is the time since b.
func (b bootTime) millis() float64 {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) != nil {
		return 0
	}
	return bench.Round(float64(now.Nano()-int64(b))/1e6, 1)
}
