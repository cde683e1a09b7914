//go:build desktop

package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/thejerf/suture/v4"
	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/logger"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	wails_runtime "github.com/wailsapp/wails/v2/pkg/runtime"

	"inos/backend/arena"
	"inos/backend/frames"
	"inos/backend/node"
	"inos/backend/window"
)

//go:embed all:frontend/dist
var page embed.FS

// defaultUnit is shown when nobody named another one.
const defaultUnit = "boids"

// Colour of the window before the page is there: the dusk of the first screen, not white.
var dusk = options.NewRGB(16, 15, 36)

// desktop is the running program: everything that openWindow starts and closes.
type desktop struct {
	flags   *flags
	log     *slog.Logger
	place   window.Place
	kernel  *arena.Kernel
	surface frames.Surface
	stream  *frames.Server
	session *window.Session
	plugins *window.Plugins
	store   *window.Store
	lab     *window.Lab
	node    *nodeAdapter
	around  *outside
	begun   *window.Start // nil: a measurement
	app     *App
	bench   *Bench
	ended   chan error // why the program must end before the user ends it
}

// openWindow runs until the window is closed.
func openWindow(o *flags) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	d := &desktop{
		flags: o, bench: newBench(), ended: make(chan error, 1), place: window.LoadPlace(o.dataDir),
		around: &outside{},
	}
	d.log = newLogger(o.verbose)

	d.beginStart()
	n, err := startNode(ctx, o, d.place, d.around, d.log)
	if err != nil {
		d.goodStart() // plugins have no part in that
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	d.kernel = n.Kernel()
	closeFrames, err := d.openFrames(ctx)
	if err != nil {
		return err
	}
	defer closeFrames()
	defer func() { err = errors.Join(err, d.surface.Close()) }()
	d.openSession(n)
	defer d.session.Close()
	defer d.store.Close()
	defer d.lab.Close()
	if !o.needsBenchPage() {
		go d.startFirstUnit()
	}
	err = errors.Join(d.runWebview(ctx), d.takeEnded())
	if err == nil {
		d.goodStart()
	}
	return err
}

// beginStart marks the start, and leaves out what did not come with INOS after two bad ones.
func (d *desktop) beginStart() {
	if d.flags.bench != "" {
		return
	}
	d.begun = window.BeginStart(d.flags.dataDir)
	if d.begun.NeedsSafety() && !d.flags.safe {
		d.flags.safe = true
		fmt.Fprintf(os.Stderr, "inos: the last %d starts ended before the first picture; "+
			"this one uses only the plugins that came with INOS, as with --safe\n", d.begun.Bad)
	}
}

func (d *desktop) goodStart() {
	if d.begun != nil {
		d.begun.Good()
	}
}

func newLogger(verbose bool) *slog.Logger {
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

// openFrames opens the ways to the page. closeFrames returns when nobody reads the arena any more.
func (d *desktop) openFrames(ctx context.Context) (closeFrames func(), err error) {
	if err := prepareWebKit(); err != nil {
		return nil, err
	}
	d.surface, err = frames.NewSurface(frames.Options{Path: d.flags.path, Kernel: d.kernel, GiveUp: d.end})
	if err != nil || d.flags.path == frames.Shared {
		return func() {}, err
	}
	if d.stream, err = frames.NewServer(d.kernel); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	services := suture.NewSimple("window")
	services.Add(d.stream)
	ended := services.ServeBackground(ctx)
	return func() { cancel(); <-ended }, nil
}

func (d *desktop) openSession(n *nodeAdapter) {
	d.node = n
	first, remembered := d.firstUnit()
	home, _ := os.UserHomeDir()        // none: pictures go to the data folder
	configDir, _ := os.UserConfigDir() // none: the same
	config := window.Config{
		Node: n, Surface: d.surface, DataDir: d.flags.dataDir, Version: version, Now: time.Now,
		First: first, Remembered: remembered,
		Safe: d.flags.safe, BadStarts: d.badStarts(), Drawn: d.goodStart,
		SoftwareGL:  drawsInSoftware(),
		PicturesDir: window.PicturesDir(home, configDir, d.flags.dataDir),
	}
	if d.stream != nil {
		config.Stream = d.stream
	}
	d.session = window.New(config)
	d.plugins = &window.Plugins{Node: n, Dialogs: d.around, LogDir: config.PicturesDir, Now: time.Now}
	d.store = &window.Store{
		Folder: node.StoreFolder(d.flags.dataDir), Keys: node.StoreKeys(d.flags.dataDir, nil),
		KeychainUsable: func(ctx context.Context) bool { return node.KeychainUsable(ctx, nil) },
		Dialogs:        d.around, Emit: d.emit, Now: time.Now, Notes: window.OpenStoreNotes(d.flags.dataDir),
		Opened: n.StoreOpened,
	}
	d.lab = (&window.Lab{
		Jobs: n, Dialogs: d.around, Emit: d.emit, Now: time.Now, Notes: window.OpenLabNotes(d.flags.dataDir),
	}).Open()
	d.app = &App{session: d.session, plugins: d.plugins, store: d.store, lab: d.lab}
}

// badStarts is why this start is a safe one; 0: the user said so.
func (d *desktop) badStarts() int {
	if d.begun == nil || !d.begun.NeedsSafety() {
		return 0
	}
	return d.begun.Bad
}

// firstUnit is what the window is opened for: what the user named, what ran last, or the flock.
func (d *desktop) firstUnit() (name string, params map[string]any) {
	switch {
	case d.flags.unit != "" && d.flags.unit != d.place.Unit:
		return d.flags.unit, nil
	case d.flags.safe:
		return defaultUnit, nil
	case d.place.Unit != "":
		return d.place.Unit, d.place.Params
	}
	return defaultUnit, nil
}

// startFirstUnit runs beside the start of the webview, so that birds wait for it, not it for them.
func (d *desktop) startFirstUnit() {
	if _, err := d.session.StartLive(d.session.First, nil); err != nil {
		d.log.Error("the first unit did not start", "unit", d.session.First, "error", err)
	}
}

// end closes the window because of err.
func (d *desktop) end(err error) {
	select {
	case d.ended <- err:
	default: // one reason suffices
	}
}

func (d *desktop) takeEnded() error {
	select {
	case err := <-d.ended:
		return err
	default:
		return nil
	}
}

// runWebview returns when the window is closed.
func (d *desktop) runWebview(ctx context.Context) error {
	assets, err := d.assets()
	if err != nil {
		return err
	}
	return wails.Run(&options.App{
		Title:              "INOS",
		Width:              d.place.Width,
		Height:             d.place.Height,
		MinWidth:           window.MinWidth,
		MinHeight:          window.MinHeight,
		BackgroundColour:   dusk,
		AssetServer:        assets,
		OnStartup:          func(wailsCtx context.Context) { d.startup(ctx, wailsCtx) },
		OnBeforeClose:      d.remember,
		DragAndDrop:        &options.DragAndDrop{EnableFileDrop: true},
		Bind:               append([]any{d.app, d.bench}, d.testBindings()...),
		LogLevelProduction: logger.ERROR,
		Linux:              linuxOptions(),
		Windows:            windowsOptions(d.flags.dataDir),
	})
}

// assets are the page, or the page of a measurement.
func (d *desktop) assets() (*assetserver.Options, error) {
	if d.flags.needsBenchPage() {
		return &assetserver.Options{Handler: http.HandlerFunc(serveBenchPage)}, nil
	}
	dist, err := fs.Sub(page, "frontend/dist")
	return &assetserver.Options{Assets: dist, Handler: d.lab}, err // what is no part of the page is an item of the lab
}

// startup runs once the window exists, beside the loading of the page.
func (d *desktop) startup(ctx, wailsCtx context.Context) {
	d.app.ctx = wailsCtx
	d.around.appear(wailsCtx)
	wails_runtime.OnFileDrop(wailsCtx, func(_, _ int, paths []string) { d.dropped(paths) })
	if err := d.surface.Attach(wailsCtx); err != nil {
		d.log.Error("the page is on its own", "error", err)
	}
	d.restorePlace(wailsCtx)
	go d.quitWhenTold(ctx, wailsCtx)
	d.startBench(wailsCtx)
}

// dropEvent tells the page that a file was dropped: an Offer, or the JSON of a fault.Error.
const dropEvent = "inos:dropped"

// emit tells the page something, once there is one.
func (d *desktop) emit(event string, data any) {
	if ctx, err := d.around.context(); err == nil {
		wails_runtime.EventsEmit(ctx, event, data)
	}
}

// dropped takes what was dropped onto the window: it is for the store or the lab where that is open,
// else the first of it is offered as a plugin.
func (d *desktop) dropped(paths []string) {
	if len(paths) == 0 || d.store.Dropped(paths) || d.lab.Dropped(paths) {
		return
	}
	if offer, err := d.plugins.OfferFile(paths[0]); err != nil {
		wails_runtime.EventsEmit(d.app.ctx, dropEvent, window.Refusal(err).Error())
	} else {
		wails_runtime.EventsEmit(d.app.ctx, dropEvent, offer)
	}
}

// quitWhenTold closes the window at a signal, or when the program cannot go on. Wails has a reaction
// to signals, too; its message on the terminal is not for users, and both would quit twice.
func (d *desktop) quitWhenTold(ctx, wailsCtx context.Context) {
	signal.Reset(os.Interrupt, syscall.SIGTERM)
	again, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	select {
	case <-again.Done():
	case err := <-d.ended:
		d.end(err) // for openWindow to report
	}
	wails_runtime.Quit(wailsCtx)
}

func (d *desktop) restorePlace(ctx context.Context) {
	if d.place.Maximised {
		wails_runtime.WindowMaximise(ctx)
	} else if d.place.X > 0 || d.place.Y > 0 {
		wails_runtime.WindowSetPosition(ctx, d.place.X, d.place.Y)
	}
}

// remember keeps place and parameters for the next start; it never prevents the closing.
func (d *desktop) remember(ctx context.Context) (prevent bool) {
	if d.flags.bench != "" {
		return false
	}
	place := d.session.Remember(d.place)
	place.Maximised = wails_runtime.WindowIsMaximised(ctx)
	if !place.Maximised && !wails_runtime.WindowIsFullscreen(ctx) {
		place.Width, place.Height = wails_runtime.WindowGetSize(ctx)
		place.X, place.Y = wails_runtime.WindowGetPosition(ctx)
	}
	if err := place.Save(d.flags.dataDir); err != nil {
		d.log.Warn("the window will not come back as it was", "error", err)
	}
	return false
}
