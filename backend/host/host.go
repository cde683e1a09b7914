// Package host runs plugins in worker processes, seen from the kernel: spawn, control messages,
// lending of shared memory, deadlines, meters, and a clear reason for every end.
//
// A worker is hostile: a hole in its runtime may have given it to the guest. So lengths, indices,
// segment numbers and texts that it sends are checked, whatever does not fit ends it, and nobody
// waits for it without a limit.
package host

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/manifest"
	"inos/backend/quota"
	"inos/backend/wire"
)

// Bounds of the conversation with a worker.
const (
	// sendTimeout bounds a send to a worker that does not read.
	sendTimeout = time.Second
	// answerTimeout is what a control message may take beyond the tick that it waits for.
	answerTimeout = 2 * time.Second
	// stallTime is how long a live unit may go without a tick, beside its own pace: an honest
	// worker that nobody schedules for so long is on a machine that stands still.
	stallTime = 5 * time.Second
	// cancelGrace is what a guest has to return after it was asked to stop.
	cancelGrace = 500 * time.Millisecond
	// exitGrace is what a worker has between closing its socket and its end: so long its own exit
	// status, which says more, is waited for.
	exitGrace = 100 * time.Millisecond
	// progressEvery is how often a caller hears of progress.
	progressEvery = 100 * time.Millisecond
	// maxLogsPerSecond is far above what an honest worker lets a guest send.
	maxLogsPerSecond = 1000
	// LogLinesPerSecond is what a worker lets a guest send for long (guest/log.go).
	LogLinesPerSecond = 100
	// maxStderrBytes is how much of a worker's last words is kept.
	maxStderrBytes = 16 << 10
)

// Config is what all workers of a node have in common.
type Config struct {
	WorkerPath string // the inos-worker program
	CacheDir   string // of the compile cache, one folder per plugin digest; empty: none
	// AllowNoSeccomp runs plugins where the system cannot close the box: the user said so.
	AllowNoSeccomp bool
	Launcher       *Launcher
	// OnLog gets the guest's log lines, cleaned; may be nil. It must not block.
	OnLog func(plugin string, level uint8, text string)
	// World opens the world outside for one call of a plugin; nil: there is none.
	World func(p *Plugin) World
	// Limits is what a plugin may use at most, what the user has set included; nil: what its
	// manifest says.
	Limits func(p *Plugin) manifest.Limits
	// Quota is what the user has set for a plugin at this moment; with an error it is what was known
	// last, and no worker starts. nil: nothing. What it bounds over all workers needs Usage.
	Quota func(plugin string) (quota.Limits, error)
	// Courtesy holds the workers back while somebody looks at a picture; nil: nothing does.
	Courtesy *Courtesy
	// Usage counts what the workers use; may be nil.
	Usage *Usage
	// Relieve frees arena memory that idle workers hold and reports whether there was any; may
	// be nil.
	Relieve func() bool
}

// World answers what a guest asks for, if the user permits. It serves one call, one question after
// the other.
type World interface {
	// Answer must end soon after ctx does. The question is a guest's: nothing of it is true.
	Answer(ctx context.Context, a *wire.Ask) wire.Reply
	// Denied is the permission that was missing last; empty: none was.
	Denied() string
	// Close lets go of what the call has opened.
	Close()
}

// wish is how people allow the permission of that key.
func (p *Plugin) wish(key string) string {
	if asked := p.Manifest.FindPermission(key); asked != nil {
		return asked.Wish()
	}
	return key
}

// Plugin is what a worker needs to run: the module and its checked manifest.
type Plugin struct {
	Manifest *manifest.Manifest
	Digest   [32]byte // BLAKE3 of the file
	Holder   string   // whose permissions it has, see unit.PluginInfo
	Path     string   // for messages
	Wasm     []byte
}

// Cores is how many CPUs this process may use.
func Cores() int { return runtime.GOMAXPROCS(0) }

// Spawn starts a worker with that many instances of the plugin and waits until it is ready or has
// failed. The worker lives until Close, whatever happens to ctx, which bounds the start.
func Spawn(
	ctx context.Context, cfg Config, a *arena.Arena, p *Plugin, instances int,
) (*Worker, error) {
	if _, err := cfg.quota(p); err != nil {
		return nil, err
	}
	w, err := newWorker(cfg, a, cfg.limited(p))
	if err != nil {
		return nil, err
	}
	if err := w.start(ctx, cfg, max(1, instances)); err != nil {
		w.Close()
		if fault.KindOf(err) != fault.Canceled {
			cfg.forgetCode(p) // should it be to blame, the next start compiles anew
		}
		return nil, err
	}
	return w, nil
}

// limited is the plugin with the limits that it has here.
func (c Config) limited(p *Plugin) *Plugin {
	if c.Limits == nil {
		return p
	}
	plugin, m := *p, *p.Manifest
	m.Limits = c.Limits(p)
	plugin.Manifest = &m
	return &plugin
}

func (c Config) quota(p *Plugin) (quota.Limits, error) {
	if c.Quota == nil {
		return quota.Limits{}, nil
	}
	return c.Quota(p.Manifest.ID)
}

// codeDir is where a plugin's machine code is kept; empty: nowhere.
func (c Config) codeDir(p *Plugin) string {
	if c.CacheDir == "" {
		return ""
	}
	return filepath.Join(c.CacheDir, fmt.Sprintf("%x", p.Digest))
}

// forgetCode drops a plugin's machine code. What cannot be removed stays: it only saves time.
func (c Config) forgetCode(p *Plugin) {
	if dir := c.codeDir(p); dir != "" {
		_ = os.RemoveAll(dir)
	}
}
