// Package window is the kernel's side of the window: what the page may ask, as plain Go. It knows
// neither Wails nor WebKit; app.go in the root of the module forwards to it.
package window

import (
	"context"
	"encoding/json"
	"runtime"
	"sync"
	"time"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/frames"
	"inos/backend/manifest"
	"inos/backend/unit"
)

// Node is what a session needs of the node.
type Node interface {
	Plugins() []unit.PluginInfo
	Arena() *arena.Arena
	// SetArenaLimit changes the budget of the shared memory, in bytes.
	SetArenaLimit(bytes int64) error
	StartLive(ctx context.Context, name string, c unit.LiveConfig) (Live, error)
	// SetVisible says whether anybody can see the window.
	SetVisible(visible bool)
	// RunsHidden says whether the user lets a unit go on while nobody can see it.
	RunsHidden(unit string) bool
	// SetSafe says whether only the plugins that came with the program are used.
	SetSafe(on bool)
}

// Live is what a session needs of a live unit.
type Live interface {
	SetParams(params map[string]any) error
	Params() map[string]any
	Pause() error
	Resume() error
	Step() error
	Reset() error
	Stats() unit.LiveStats
	Entry() int
	Stop()
}

// Stream is the frame server, as Boot tells the page about it.
type Stream interface {
	URL() string
	Token() string
}

// Config is what a session is made of.
type Config struct {
	Node    Node
	Surface frames.Surface
	// Stream may be nil: the user asked for shared memory and nothing else.
	Stream               Stream
	DataDir, PicturesDir string
	Version              string
	// SoftwareGL: this machine draws without a graphics card.
	SoftwareGL bool
	Now        func() time.Time
	// First is the unit that the window is opened for, Remembered its parameters of the last time;
	// nil: there are none.
	First      string
	Remembered map[string]any
	// Safe: only the plugins that came with the program are used; BadStarts is why, 0: the user said so.
	Safe      bool
	BadStarts int
	// Drawn is called when the page has drawn for the first time; may be nil.
	Drawn func()
}

// Session is one window's conversation with the kernel. It runs at most one live unit. Its methods
// are safe for concurrent use: Wails calls each on a goroutine of its own.
type Session struct {
	Config

	starts sync.Mutex // held through a start or a stop of the live unit; taken before mu

	mu      sync.Mutex // held for moments only: the page and the closing window wait for it
	wish    *wish      // nil: none yet
	live    Live
	unit    string
	paused  bool        // by the user
	hidden  bool        // the window is not to be seen
	again   *time.Timer // looks whether a hidden unit may still run; nil: none did
	raised  int64
	closed  bool
	reports chan struct{} // closed at the first report of the page

	reportMu sync.Mutex
	report   PageReport
	firstAt  sync.Once
}

// New makes a session without a live unit.
func New(c Config) *Session { return &Session{Config: c, reports: make(chan struct{})} }

// UnitInfo is a plugin as the page sees it.
type UnitInfo struct {
	Plugin   string             `json:"plugin"`
	Manifest *manifest.Manifest `json:"manifest"`
}

// ArenaInfo is the budget of the shared memory, in bytes.
type ArenaInfo struct {
	Used  int64 `json:"used"`
	Limit int64 `json:"limit"`
}

// Arch is the machine.
type Arch struct {
	OS    string `json:"os"`
	Cores int    `json:"cores"`
	// SoftwareGL tells the page what WebKit hides from it: there is no graphics card, be frugal.
	SoftwareGL bool `json:"softwareGl"`
}

// LiveState is the live unit that the page draws.
type LiveState struct {
	Unit   string         `json:"unit"`
	Entry  int            `json:"entry"` // directory index of its channel
	Params map[string]any `json:"params"`
	State  unit.State     `json:"state"`
	Shards int            `json:"shards"`
}

// Boot is what the page learns when it loads.
type Boot struct {
	Version     string          `json:"version"`
	FramePath   frames.Mode     `json:"framePath"`
	StreamURL   string          `json:"streamUrl"`
	StreamToken string          `json:"streamToken"`
	WhyStream   string          `json:"whyStream"`
	Units       []UnitInfo      `json:"units"`
	Settings    json.RawMessage `json:"settings"` // null: none were saved
	Arena       ArenaInfo       `json:"arena"`
	Arch        Arch            `json:"arch"`
	// First is the unit that the window was opened for. It may still be on its way, or have failed:
	// StartLive tells which.
	First string     `json:"first"`
	Live  *LiveState `json:"live"` // null: none ticks yet
	Safe  SafeMode   `json:"safe"`
}

// SafeMode is why plugins are missing.
type SafeMode struct {
	On        bool `json:"on"`
	BadStarts int  `json:"badStarts"` // in a row, before this start; 0: the user asked for it
}

// AllowAllPlugins ends safe mode.
func (s *Session) AllowAllPlugins() {
	s.mu.Lock()
	s.Safe = false
	s.mu.Unlock()
	s.Node.SetSafe(false)
}

func (s *Session) safeMode() SafeMode {
	s.mu.Lock()
	defer s.mu.Unlock()
	return SafeMode{s.Safe, s.BadStarts}
}

// Boot tells the page where it is. It waits for nothing.
func (s *Session) Boot() Boot {
	boot := Boot{
		Version:   s.Version,
		FramePath: s.Surface.Mode(),
		WhyStream: s.Surface.Why(),
		Units:     s.Units(),
		Settings:  loadSettings(s.DataDir),
		Arena:     s.arena(),
		Arch:      Arch{OS: runtime.GOOS, Cores: runtime.NumCPU(), SoftwareGL: s.SoftwareGL},
		First:     s.First,
		Safe:      s.safeMode(),
	}
	if s.Stream != nil {
		boot.StreamURL, boot.StreamToken = s.Stream.URL(), s.Stream.Token()
	}
	boot.Live = s.Live()
	return boot
}

// Live is the live unit that runs; nil: none.
func (s *Session) Live() *LiveState {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil {
		return nil
	}
	state := s.state()
	return &state
}

// Units are the plugins whose units can be used, as they are now.
func (s *Session) Units() []UnitInfo {
	infos := []UnitInfo{}
	for _, p := range s.Node.Plugins() {
		if p.Manifest != nil && p.Refused == "" && !p.Disabled() {
			infos = append(infos, UnitInfo{Plugin: p.Manifest.ID, Manifest: p.Manifest})
		}
	}
	return infos
}

func (s *Session) arena() ArenaInfo {
	a := s.Node.Arena()
	return ArenaInfo{Used: a.Used(), Limit: a.Limit()}
}

// state needs the lock and a live unit.
func (s *Session) state() LiveState {
	stats := s.live.Stats()
	return LiveState{
		Unit: s.unit, Entry: s.live.Entry(), Params: s.live.Params(), State: stats.State, Shards: stats.Shards,
	}
}

// SetParams changes parameters of the live unit, all or none, and returns what is in force.
func (s *Session) SetParams(params map[string]any) (map[string]any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil {
		return nil, nothingRuns("params")
	}
	if err := s.live.SetParams(params); err != nil {
		return nil, err
	}
	return s.live.Params(), nil
}

// Control does one of pause, resume, step, reset.
func (s *Session) Control(action string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil {
		return nothingRuns(action)
	}
	switch action {
	case "pause", "resume":
		s.paused = action == "pause"
		return s.applyPause()
	case "step":
		return s.live.Step()
	case "reset":
		return s.live.Reset()
	}
	return fault.Newf("control", fault.Invalid, action, "it is none of pause, resume, step, reset")
}

// SetVisible pauses the live unit while nobody can see it, unless the user lets it go on: a hidden
// window costs nothing.
func (s *Session) SetVisible(visible bool) error {
	s.Node.SetVisible(visible)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hidden == !visible {
		return nil
	}
	s.hidden = !visible
	if s.live == nil {
		return nil
	}
	return s.applyPause()
}

// applyPause needs the lock and a live unit.
func (s *Session) applyPause() error {
	if s.again != nil {
		s.again.Stop()
	}
	if s.paused || s.hidden && !s.Node.RunsHidden(s.unit) {
		return s.live.Pause()
	}
	if s.hidden {
		s.again = time.AfterFunc(hiddenLook, s.lookAgain)
	}
	return s.live.Resume()
}

// hiddenLook is how soon a permission that was taken back meanwhile stops a hidden unit.
const hiddenLook = time.Second

func (s *Session) lookAgain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.live == nil || s.paused || !s.hidden:
	case s.Node.RunsHidden(s.unit):
		s.again.Reset(hiddenLook)
	default:
		_ = s.live.Pause() // a unit that cannot be paused has ended, and says why itself
	}
}

// RaiseArena changes the budget of the shared memory; the next start begins with it.
func (s *Session) RaiseArena(bytes int64) (ArenaInfo, error) {
	if err := s.Node.SetArenaLimit(bytes); err != nil {
		return ArenaInfo{}, err
	}
	s.mu.Lock()
	s.raised = bytes
	s.mu.Unlock()
	return s.arena(), nil
}

// SaveSettings keeps an object of the page's for its next Boot.
func (s *Session) SaveSettings(settings map[string]any) error {
	return saveSettings(s.DataDir, settings)
}

// SaveScreenshot writes a picture that the page drew and returns its path.
func (s *Session) SaveScreenshot(pngBase64 string) (string, error) {
	return savePicture(s.PicturesDir, pngBase64, s.Now())
}

// Remember fills in what this session adds to the place of the window. Where nothing has run, the
// unit of the last time stays remembered.
func (s *Session) Remember(p Place) Place {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.raised > 0 {
		p.ArenaBytes = s.raised
	}
	if s.live != nil {
		p.Unit, p.Params = s.unit, s.live.Params()
	}
	return p
}

func nothingRuns(op string) error {
	return fault.New(op, fault.NotFound, "live unit", "nothing runs", "start one first")
}
