// Package unit keeps the plugins of a node and runs live units: it finds the files, starts a
// worker on first use, ticks, starts again after a failure with growing pauses, and gives up on
// those that fail again and again. Everything that runs hangs in one supervisor tree.
package unit

import (
	"encoding/hex"
	"errors"

	"inos/backend/dropin"
	"inos/backend/manifest"
	"inos/backend/trust"
)

// PluginInfo is one wasm file of the plugin folders.
type PluginInfo struct {
	Path     string             `json:"path"`
	Bundled  bool               `json:"bundled"` // came with the program
	Bytes    int64              `json:"bytes"`
	Digest   string             `json:"digest,omitempty"`   // BLAKE3, hex
	Manifest *manifest.Manifest `json:"manifest,omitempty"` // nil: could not be read
	// Signature is what the file's signature is worth; nil: the file is no plugin.
	Signature *trust.Signature `json:"signature,omitempty"`
	// Refused is why the file is not used; empty: it is.
	Refused string `json:"refused,omitempty"`
	// Dropped is what is known of a plugin of the drop-in folder; nil: it lies elsewhere, or its file
	// is not the one that is known.
	Dropped *dropin.Plugin `json:"dropped,omitempty"`

	held bool // its file is being written: this is what was known before
}

// key is the public key that signed the file; empty: nobody did.
func (p *PluginInfo) key() string {
	if s := p.Signature; s != nil && (s.State == trust.Trusted || s.State == trust.Unknown) {
		return s.Key
	}
	return ""
}

// Holder is the hand that the plugin came from: the publisher's key, the program itself, or the
// file alone where nobody signed it. What the user permits, it permits that hand.
func (p *PluginInfo) Holder() string {
	switch {
	case p.Bundled:
		return "bundled"
	case p.key() != "":
		return "key " + p.key()
	}
	return "file " + p.Digest
}

// Disabled says whether the user switched the plugin off: it is listed, its units are not.
func (p *PluginInfo) Disabled() bool { return p.Dropped != nil && p.Dropped.Disabled }

// offers says whether its units may be used.
func (p *PluginInfo) offers() bool { return p.Refused == "" && !p.Disabled() }

// Info is one unit of an accepted plugin.
type Info struct {
	Name    string         `json:"name"`
	Doc     string         `json:"doc,omitempty"`
	Plugin  string         `json:"plugin"` // id
	Version string         `json:"version"`
	Ops     []manifest.Op  `json:"ops,omitempty"`
	Live    *manifest.Live `json:"live,omitempty"`
}

// State of a live unit; the numbers are LiveState of schemas/system/arena.capnp.
type State uint32

// The states.
const (
	Stopped State = iota
	Running
	Paused
	Restarting
	Quarantined
	Stalled // it should run, and has not ticked for a while
)

var stateNames = [...]string{
	"stopped", "running", "paused", "restarting", "quarantined", "stalled",
}

// String is the state's name in the schema.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown"
}

// MarshalText writes the state's name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LiveConfig says how to start a live unit.
type LiveConfig struct {
	Params map[string]any // by name; absent ones take their defaults
	Shards int            // 0: the worker measures what pays
	// RateHz is ticks per second. 0: the manifest's rate. Unpaced: as fast as it goes.
	RateHz float64
	// Ticks is after how many to stop; 0: no end. Such a run is not started again when it fails: what
	// failed would fail again.
	Ticks  uint64
	Paused bool // start paused
}

// Unpaced as a rate means: the next tick begins when the last one has ended.
const Unpaced = -1

// LiveStats are measured figures of a live unit.
type LiveStats struct {
	State          State   `json:"state"`
	Ticks          uint64  `json:"ticks"`     // since the live unit was started
	Published      uint64  `json:"published"` // frames, likewise
	BytesPublished uint64  `json:"bytes_published"`
	StepMs         StepMs  `json:"step_ms"` // over the last ticks, 256 at most
	TickHz         float64 `json:"tick_hz"` // over the last sampling period
	LateMs         float64 `json:"late_ms"` // how late the last paced tick began
	Shards         int     `json:"shards"`  // of the last tick
	Elements       int     `json:"elements"`
	CPUPct         float64 `json:"cpu_pct"` // of one core, over the last sampling period
	CPUNs          uint64  `json:"cpu_ns"`  // of all workers since the start
	RSS            int64   `json:"rss_bytes"`
	GuestBytes     int64   `json:"guest_bytes"` // the guest's own memory, all instances
	Restarts       int     `json:"restarts"`
	Failure        string  `json:"failure,omitempty"` // the last one
}

// StepMs are durations of ticks in milliseconds.
type StepMs struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	Max float64 `json:"max"`
}

// DigestBytes is the digest as bytes.
func (p *PluginInfo) DigestBytes() (out [32]byte, err error) {
	b, err := hex.DecodeString(p.Digest)
	if err == nil && len(b) != len(out) {
		err = errors.New("a digest has 32 bytes")
	}
	copy(out[:], b)
	return out, err
}
