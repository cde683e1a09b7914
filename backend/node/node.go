// Package node is the composition root: it builds arena, registry, live units and jobs, owns the
// supervisor tree, and is what the window and the command line talk to.
package node

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/thejerf/suture/v4"

	"inos/backend/arena"
	"inos/backend/dropin"
	"inos/backend/durable"
	"inos/backend/fault"
	"inos/backend/grant"
	"inos/backend/host"
	"inos/backend/job"
	"inos/backend/quota"
	"inos/backend/results"
	"inos/backend/settings"
	"inos/backend/store/local"
	"inos/backend/store/upkeep"
	"inos/backend/trust"
	"inos/backend/unit"
)

const opStart = "node.start"

// stopTimeout bounds the wait for services at Close; they end in milliseconds.
const stopTimeout = 10 * time.Second

// Node is a running INOS. An idle one costs nothing: it has no timer and no worker.
type Node struct {
	options  Options
	arena    *arena.Arena
	kernel   *arena.Kernel
	launcher *host.Launcher // of live units
	showing  showing
	yielding *host.Launcher // of jobs, which must disturb neither flock nor window
	registry *unit.Registry
	grants   *grant.Store
	own      func() []string // see ownFolders
	settings *settings.Store
	quotas   *quota.Store
	usage    *host.Usage
	local    *local.Store
	book     *dropin.Book
	watcher  *unit.Watcher   // nil: nobody watches the plugin folders
	upkeep   *upkeep.Service // nil: nobody looks after the store
	lives    *unit.Lives
	jobs     *job.Dispatcher
	results  *results.Cache
	limit    *results.Limit // of results
	engine   *engine
	sampler  *unit.Sampler
	missing  missing

	publishers *trust.Store
	distrust   string // why nobody is trusted, as it was told last; the registry's look guards it

	cancel context.CancelFunc
	served <-chan error
	once   sync.Once
	err    error
}

// Start builds a node and starts its services. It lives until Close or until ctx ends.
func Start(ctx context.Context, o Options) (*Node, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	if err := o.makeDirs(); err != nil {
		return nil, err
	}
	folders, err := o.folders()
	if err != nil {
		return nil, err
	}
	n := &Node{options: o, arena: arena.New(o.ArenaBytes)}
	if o.payloadBytes > 0 {
		n.arena.GivePayloads(o.payloadBytes)
	}
	if n.kernel, err = n.arena.NewKernel(); err != nil {
		return nil, fault.Wrap(opStart, fault.Unavailable, "arena", err, "see inos doctor")
	}
	n.own = sync.OnceValue(func() []string { return ownFolders(o) })
	n.grants = grant.Open(o.DataDir, o.Who, time.Now)
	n.settings = settings.Open(o.DataDir, o.Keychain)
	n.quotas = quota.Open(o.DataDir)
	n.usage = host.NewUsage(time.Now)
	n.launcher = host.NewLauncher()
	n.yielding = n.launcher
	if o.Watch { // it lasts and shows something; a command's job is what somebody waits for
		n.yielding = host.NewYieldingLauncher()
	}
	n.registry = unit.NewRegistry(folders, o.indexPath(), n.refused)
	n.publishers = trust.Open(filepath.Join(o.DataDir, trust.FileName))
	n.registry.TrustPublishers(n.trusted)
	n.registry.SetSafe(o.Safe)
	n.local = LocalStore(o.DataDir)
	n.book = dropin.OpenWith(o.DataDir, newVersions(o.DataDir, n.local))
	n.registry.Keep(n.book, o.MayReplace, n.trouble)
	n.serve(ctx)
	return n, nil
}

// serve builds the supervisor tree: the root holds the sampler and the supervisor of live units.
func (n *Node) serve(ctx context.Context) {
	ctx, n.cancel = context.WithCancel(ctx)
	spec := suture.Spec{EventHook: n.serviceEvent, Timeout: stopTimeout}
	root, units := suture.New("inos", spec), suture.New("live units", spec)
	cfg := host.Config{
		WorkerPath: n.options.WorkerPath, CacheDir: filepath.Join(n.options.DataDir, "cache"),
		AllowNoSeccomp: n.options.AllowNoSeccomp, Launcher: n.launcher,
		World: n.world, Limits: n.limits, Quota: n.quotas.Of, Usage: n.usage,
	}
	n.engine = &engine{node: n, workers: map[*host.Worker]struct{}{}}
	n.jobs = job.New(catalogue{n.registry}, n.engine, job.SystemClock{}, host.Cores())
	n.results, n.limit = openResults(n.options.DataDir)
	n.jobs.KeepResults(n.results)
	cfg.Relieve = n.jobs.Relieve
	n.engine.config = cfg
	n.engine.config.Launcher = n.yielding
	n.engine.config.Courtesy = host.NewCourtesy(func() bool { return durable.Shared(n.shownPath()) }, host.Cores())
	n.lives = unit.NewLives(unit.Deps{
		Arena: n.arena, Kernel: n.kernel, Registry: n.registry, Host: cfg, Services: units,
		Policy: n.options.Policy, Log: n.options.Log, Changed: n.wake, Problem: n.problem,
	})
	n.sampler = unit.NewSampler(n.arena, n.kernel, n.lives, n.engine.list)
	root.Add(units)
	root.Add(n.sampler)
	if n.options.Watch {
		n.watcher = unit.NewWatcher(n.registry, n.news, n.options.Log)
		root.Add(n.watcher)
		n.upkeep = n.newUpkeep()
		root.Add(n.upkeep)
	}
	n.served = root.ServeBackground(ctx)
}

func (n *Node) wake() { n.sampler.Wake() }

// Close ends all workers and gives all memory back. It may be called twice.
func (n *Node) Close() error {
	n.once.Do(func() {
		n.jobs.Close()
		n.lives.Close()
		n.cancel()
		select {
		case <-n.served:
		case <-time.After(stopTimeout):
			n.err = fault.New("node.close", fault.Internal, "", "a service did not end in time", "")
		}
		n.engine.close()
		n.launcher.Close()
		n.yielding.Close()
		n.showing.set(n.shownPath(), false)
		n.local.Close()
		if err := n.arena.Close(); n.err == nil {
			n.err = err
		}
	})
	return n.err
}

// Recorded is what is known of the drop-in folder, removed plugins too.
func (n *Node) Recorded() (dropin.State, error) { return n.registry.Recorded() }

// Publishers are those whom the user trusts.
func (n *Node) Publishers() *trust.Store { return n.publishers }

// Usage is what each plugin used since this node began, with their last log lines.
func (n *Node) Usage() *host.Usage { return n.usage }

// Arena is the node's shared memory.
func (n *Node) Arena() *arena.Arena { return n.arena }

// Kernel is the kernel segment.
func (n *Node) Kernel() *arena.Kernel { return n.kernel }

// DataDir is the folder in use.
func (n *Node) DataDir() string { return n.options.DataDir }

// WorkerPath is the worker program in use.
func (n *Node) WorkerPath() string { return n.options.WorkerPath }

// Plugins lists the wasm files of the plugin folders, refused ones with the reason. It looks anew
// each time.
func (n *Node) Plugins() []unit.PluginInfo { return n.registry.Plugins() }

// Units lists the units of the accepted plugins. It looks anew each time.
func (n *Node) Units() []unit.Info { return n.registry.Units() }

// FindOp finds an op; the error names what there is instead.
func (n *Node) FindOp(unit, op string) (job.Target, error) {
	return catalogue{n.registry}.FindOp(unit, op)
}

// Run runs one op and waits for its result.
func (n *Node) Run(ctx context.Context, r job.Request) (*job.Result, error) {
	return n.jobs.Run(ctx, r)
}

// Jobs lists the ops that wait or run.
func (n *Node) Jobs() []job.Info { return n.jobs.Jobs() }

// CancelJob ends one of them; false: there is none of that number any more.
func (n *Node) CancelJob(id uint64) bool { return n.jobs.Cancel(id) }

// StartLive starts a live unit and returns once it ticks, or is ready to when paused. ctx bounds
// the start only.
func (n *Node) StartLive(
	ctx context.Context, name string, cfg unit.LiveConfig,
) (*unit.Live, error) {
	return n.lives.Start(ctx, name, cfg)
}

// Lives lists the live units that have not been stopped.
func (n *Node) Lives() []*unit.Live { return n.lives.All() }

// SetArenaLimit changes the budget and tells the page.
func (n *Node) SetArenaLimit(bytes int64) error {
	if err := n.arena.SetLimit(bytes); err != nil {
		return fault.Wrap("arena.limit", fault.Invalid, "arena", err, "")
	}
	n.kernel.Emit(arena.Event{Kind: arena.EventKindArenaRaised, Severity: arena.Info,
		Text: "the arena's budget is now " + arena.SizeText(bytes)})
	n.wake()
	return nil
}

// refused tells the page about a file that cannot be used. Who has no page lists the plugins, or asks
// for a unit of that file and gets the hint.
func (n *Node) refused(p unit.PluginInfo) {
	text := filepath.Base(p.Path) + " cannot be used: " + p.Refused
	n.kernel.Emit(arena.Event{
		Kind: arena.EventKindPluginRefused, Severity: arena.Warning, Text: text,
	})
	n.options.Log.Info(text)
}

// trusted lists whom the user trusts: nobody while the store is damaged, which is told once.
func (n *Node) trusted() []trust.Publisher {
	list, err := n.publishers.List()
	told := n.distrust
	if n.distrust = ""; err != nil {
		n.distrust = err.Error()
	}
	if n.distrust != told && err != nil {
		n.options.Log.Warn("no publisher is trusted: " + n.distrust)
	}
	return list
}

// trouble tells about the list of installed plugins.
func (n *Node) trouble(text string) {
	n.kernel.Emit(arena.Event{Kind: arena.EventKindPluginRefused, Severity: arena.Warning, Text: text})
	n.options.Log.Warn(text)
}

// Registry is the plugins: what there is, and what changes them.
func (n *Node) Registry() *unit.Registry { return n.registry }

// serviceEvent logs what the supervisor saw; a panic of a service is a bug of ours.
func (n *Node) serviceEvent(e suture.Event) {
	if e.Type() == suture.EventTypeServicePanic || e.Type() == suture.EventTypeStopTimeout {
		n.options.Log.Error("service", slog.String("event", e.String()))
	}
}
