// Package manifest is a plugin's own account of itself: identity, units, ops, parameters,
// permissions and limits, as data. It reads the account out of a wasm file, checks every word of
// it and the module beside it, writes it, and explains it to people.
//
// A manifest is hostile until Validate has passed it; nothing here runs guest code.
package manifest

// ABI is the plugin ABI that this host speaks.
const ABI = 1

// SectionName is the custom section of the wasm file that holds the manifest.
const SectionName = "inos.manifest"

// Manifest is what one wasm file says about itself. Its JSON form has the field names of
// schemas/compute/plugin.capnp.
type Manifest struct {
	ID          string       `json:"id"` // reverse domain name: dev.inos.boids
	Name        string       `json:"name"`
	Version     string       `json:"version"` // semantic version
	ABI         uint16       `json:"abi"`
	Author      string       `json:"author,omitempty"`
	Licence     string       `json:"licence,omitempty"` // SPDX identifier
	Doc         string       `json:"doc,omitempty"`
	Units       []Unit       `json:"units"`
	Permissions []Permission `json:"permissions,omitempty"`
	Limits      Limits       `json:"limits"`
	// Changes say what is new in this version.
	Changes string `json:"changes,omitempty"`
	// Settings are what the user sets once for the plugin, and not for each call.
	Settings []Param `json:"settings,omitempty"`
	// Foreign is set where the module has no manifest and this one was made up for it.
	Foreign *Foreign `json:"foreign,omitempty"`
}

// Limits bound one worker of the plugin. Zero means the host's default.
type Limits struct {
	MemoryBytes uint64 `json:"memoryBytes,omitempty"` // the guest's own memory, per instance
	SharedBytes uint64 `json:"sharedBytes,omitempty"` // what `shared` may ask for; 0: none
	CallMs      uint32 `json:"callMs,omitempty"`      // deadline of one call
	TickMs      uint32 `json:"tickMs,omitempty"`      // deadline of one tick
	OutputBytes uint64 `json:"outputBytes,omitempty"` // all outputs of one call; 0: the arena's budget
}

// Unit is what a plugin offers under one name: ops, and perhaps a live part.
type Unit struct {
	Name string `json:"name"`
	Doc  string `json:"doc,omitempty"`
	Ops  []Op   `json:"ops,omitempty"`
	Live *Live  `json:"live,omitempty"`
}

// Op is one action of a unit.
type Op struct {
	Number      uint16      `json:"number"` // what inos_call gets
	Name        string      `json:"name"`
	Doc         string      `json:"doc,omitempty"`
	Params      []Param     `json:"params,omitempty"`
	Inputs      []Port      `json:"inputs,omitempty"`
	Outputs     []Port      `json:"outputs,omitempty"`
	Results     []Figure    `json:"results,omitempty"`
	Determinism Determinism `json:"determinism"`
	Tolerance   float64     `json:"tolerance,omitempty"` // largest relative difference of two runs
}

// Port is an input or output of an op.
type Port struct {
	Name     string   `json:"name"`
	Doc      string   `json:"doc,omitempty"`
	Media    []string `json:"media,omitempty"` // media types that fit; empty: any
	Optional bool     `json:"optional,omitempty"`
}

// Figure is a number that an op reports.
type Figure struct {
	Name string `json:"name"`
	Doc  string `json:"doc,omitempty"`
	Unit string `json:"unit,omitempty"`
}

// Live is the ticking part of a unit.
type Live struct {
	Doc       string    `json:"doc,omitempty"`
	Params    []Param   `json:"params,omitempty"`
	Channels  []Channel `json:"channels"`
	Phases    uint8     `json:"phases"`    // of one tick, with a barrier between
	MaxShards uint8     `json:"maxShards"` // 1: not shardable
	RateHz    uint16    `json:"rateHz"`    // ticks per second that it is made for
	Presets   []Preset  `json:"presets,omitempty"`
}

// Channel is a stream of frames that a live unit publishes.
type Channel struct {
	Name          string `json:"name"`
	Look          Look   `json:"look"`
	CapacityParam string `json:"capacityParam,omitempty"` // live integer parameter; empty: Capacity
	Capacity      uint32 `json:"capacity,omitempty"`      // elements
}

// Preset is a named set of live parameters.
type Preset struct {
	Name   string        `json:"name"`
	Doc    string        `json:"doc,omitempty"`
	Values []PresetValue `json:"values"`
}

// PresetValue sets one number, integer, flag (0 or 1) or choice (index).
type PresetValue struct {
	Param string  `json:"param"`
	Value float64 `json:"value"`
}

// LiveUnit is the plugin's live unit, or nil.
func (m *Manifest) LiveUnit() *Unit {
	for i := range m.Units {
		if m.Units[i].Live != nil {
			return &m.Units[i]
		}
	}
	return nil
}

// FindUnit is the unit of that name, or nil.
func (m *Manifest) FindUnit(name string) *Unit {
	for i := range m.Units {
		if m.Units[i].Name == name {
			return &m.Units[i]
		}
	}
	return nil
}

// FindOp is the op of that name, or nil.
func (u *Unit) FindOp(name string) *Op {
	for i := range u.Ops {
		if u.Ops[i].Name == name {
			return &u.Ops[i]
		}
	}
	return nil
}

// FindParam is the index of the parameter of that name, or -1.
func FindParam(spec []Param, name string) int {
	for i := range spec {
		if spec[i].Name == name {
			return i
		}
	}
	return -1
}

// hasOps reports whether any unit has an op.
func (m *Manifest) hasOps() bool {
	for i := range m.Units {
		if len(m.Units[i].Ops) > 0 {
			return true
		}
	}
	return false
}
