package manifest

import (
	"fmt"
	"math"

	"capnproto.org/go/capnp/v3"

	"inos/backend/wire/gen/plugin"
)

// Bounds of the message itself, before its contents are looked at.
const (
	maxSectionBytes = 256 << 10
	// maxReadBytes bounds what is followed in all: pointers may meet, so that a small message
	// reads as a huge one.
	maxReadBytes = 4 << 20
	maxDepth     = 16 // the schema nests six deep
)

// decode reads the body of the custom section: one segment without framing.
func decode(body []byte) (*Manifest, error) {
	if len(body) == 0 || len(body) > maxSectionBytes || len(body)%8 != 0 {
		return nil, fmt.Errorf("section %s has %d bytes, a multiple of 8 up to %d is allowed",
			SectionName, len(body), maxSectionBytes)
	}
	msg := &capnp.Message{
		Arena: capnp.SingleSegment(body), TraverseLimit: maxReadBytes, DepthLimit: maxDepth,
	}
	root, err := plugin.ReadRootManifest(msg)
	if err != nil {
		return nil, err
	}
	d := &decoder{}
	m := d.manifest(root)
	return m, d.err
}

// decoder keeps the first error; getters that follow one yield nothing.
type decoder struct{ err error }

func (d *decoder) fail(err error) {
	if d.err == nil && err != nil {
		d.err = err
	}
}

// text takes a getter's two results. The longest text of a manifest is a text parameter's.
func (d *decoder) text(s string, err error) string {
	d.fail(err)
	if len(s) > maxTextParam {
		d.fail(fmt.Errorf("a text has %d bytes, at most %d are allowed", len(s), maxTextParam))
		return ""
	}
	return s
}

// list is what every generated list type offers.
type list[T any] interface {
	Len() int
	At(i int) T
}

// readList reads at most max elements; a list with elements of no size may claim millions.
func readList[T, U any, L list[T]](
	d *decoder, what string, max int, read func(T) U,
) func(L, error) []U {
	return func(l L, err error) []U {
		d.fail(err)
		if d.err != nil || l.Len() == 0 {
			return nil
		}
		if l.Len() > max {
			d.fail(fmt.Errorf("%s has %d elements, at most %d are allowed", what, l.Len(), max))
			return nil
		}
		out := make([]U, 0, l.Len())
		for i := 0; i < l.Len() && d.err == nil; i++ {
			out = append(out, read(l.At(i)))
		}
		return out
	}
}

func (d *decoder) manifest(p plugin.Manifest) *Manifest {
	m := &Manifest{
		ID: d.text(p.Id()), Name: d.text(p.Name()), Version: d.text(p.Version()), ABI: p.Abi(),
		Author: d.text(p.Author()), Licence: d.text(p.Licence()), Doc: d.text(p.Doc()),
	}
	m.Units = readList[plugin.Unit, Unit, plugin.Unit_List](d, "units", maxUnits, d.unit)(p.Units())
	m.Permissions = readList[plugin.Permission, Permission, plugin.Permission_List](
		d, "permissions", maxPermissions, d.permission)(p.Permissions())
	m.Changes = d.text(p.Changes())
	m.Settings = d.params("settings", maxSettings)(p.Settings())
	l, err := p.Limits()
	d.fail(err)
	if err == nil {
		m.Limits = Limits{l.MemoryBytes(), l.SharedBytes(), l.CallMs(), l.TickMs(), l.OutputBytes()}
	}
	return m
}

func (d *decoder) permission(p plugin.Permission) Permission {
	return Permission{
		Name: d.text(p.Name()), Reason: d.text(p.Reason()), Scope: d.text(p.Scope()),
		Hosts: d.texts("hosts", maxHosts)(p.Hosts()),
	}
}

func (d *decoder) unit(p plugin.Unit) Unit {
	u := Unit{Name: d.text(p.Name()), Doc: d.text(p.Doc())}
	u.Ops = readList[plugin.Op, Op, plugin.Op_List](d, "ops", maxOps, d.op)(p.Ops())
	if p.HasLive() {
		live, err := p.Live()
		d.fail(err)
		if err == nil {
			u.Live = d.live(live)
		}
	}
	return u
}

func (d *decoder) op(p plugin.Op) Op {
	o := Op{
		Number: p.Number(), Name: d.text(p.Name()), Doc: d.text(p.Doc()),
		Determinism: Determinism(p.Determinism()), Tolerance: p.Tolerance(),
	}
	o.Params = d.params("params", maxParams)(p.Params())
	o.Inputs = readList[plugin.Port, Port, plugin.Port_List](d, "inputs", maxPorts, d.port)(p.Inputs())
	o.Outputs = readList[plugin.Port, Port, plugin.Port_List](
		d, "outputs", maxPorts, d.port)(p.Outputs())
	o.Results = readList[plugin.Figure, Figure, plugin.Figure_List](
		d, "results", maxResults, d.figure)(p.Results())
	return o
}

func (d *decoder) port(p plugin.Port) Port {
	return Port{d.text(p.Name()), d.text(p.Doc()), d.texts("media", maxMedia)(p.Media()), p.Optional()}
}

func (d *decoder) figure(p plugin.Figure) Figure {
	return Figure{d.text(p.Name()), d.text(p.Doc()), d.text(p.Unit())}
}

func (d *decoder) texts(what string, max int) func(capnp.TextList, error) []string {
	return func(l capnp.TextList, err error) []string {
		d.fail(err)
		if d.err != nil || l.Len() == 0 {
			return nil
		}
		if l.Len() > max {
			d.fail(fmt.Errorf("%s has %d elements, at most %d are allowed", what, l.Len(), max))
			return nil
		}
		out := make([]string, 0, l.Len())
		for i := 0; i < l.Len() && d.err == nil; i++ {
			out = append(out, d.text(l.At(i)))
		}
		return out
	}
}

func (d *decoder) params(what string, max int) func(plugin.Param_List, error) []Param {
	return readList[plugin.Param, Param, plugin.Param_List](d, what, max, d.param)
}

func (d *decoder) param(p plugin.Param) Param {
	q := Param{
		Name: d.text(p.Name()), Label: d.text(p.Label()), Doc: d.text(p.Doc()),
		Unit: d.text(p.Unit()), Group: d.text(p.Group()), Hidden: p.Hidden(),
		Kind: ParamKind(p.Kind().Which()),
	}
	switch k := p.Kind(); q.Kind {
	case Number:
		n := k.Number()
		q.Default, q.Min, q.Max, q.Step = n.Default(), n.Min(), n.Max(), n.Step()
		q.Logarithmic = n.Logarithmic()
	case Integer:
		n := k.Integer()
		q.Default, q.Min, q.Max = n.Default(), d.bound(n.Min()), d.bound(n.Max())
		q.Logarithmic = n.Logarithmic()
	case Flag:
		q.Default = k.Flag().Default()
	case Choice:
		q.Options = d.texts("options", maxOptions)(k.Choice().Options())
		q.Default = ""
		if i := int(k.Choice().Default()); i < len(q.Options) {
			q.Default = q.Options[i]
		}
	case Text:
		q.Default, q.MaxBytes = d.text(k.Text().Default()), k.Text().MaxBytes()
		q.Secret = k.Text().Secret()
	}
	return q
}

// bound keeps an integer bound that a float64 would round out of Validate's sight.
func (d *decoder) bound(v int64) float64 {
	if v > maxExactInteger || v < -maxExactInteger {
		return math.Copysign(math.MaxFloat64, float64(v))
	}
	return float64(v)
}

func (d *decoder) live(p plugin.Live) *Live {
	l := &Live{
		Doc: d.text(p.Doc()), Params: d.params("params", maxParams)(p.Params()),
		Phases: p.Phases(), MaxShards: p.MaxShards(), RateHz: p.RateHz(),
	}
	l.Channels = readList[plugin.Channel, Channel, plugin.Channel_List](
		d, "channels", maxChannels, d.channel)(p.Channels())
	l.Presets = readList[plugin.Preset, Preset, plugin.Preset_List](
		d, "presets", maxPresets, d.preset)(p.Presets())
	return l
}

func (d *decoder) channel(p plugin.Channel) Channel {
	return Channel{d.text(p.Name()), Look(p.Look()), d.text(p.CapacityParam()), p.Capacity()}
}

func (d *decoder) preset(p plugin.Preset) Preset {
	return Preset{d.text(p.Name()), d.text(p.Doc()),
		readList[plugin.PresetValue, PresetValue, plugin.PresetValue_List](
			d, "values", maxParams, d.presetValue)(p.Values())}
}

func (d *decoder) presetValue(p plugin.PresetValue) PresetValue {
	return PresetValue{d.text(p.Param()), p.Value()}
}
