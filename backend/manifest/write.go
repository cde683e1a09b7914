package manifest

import (
	"fmt"

	"capnproto.org/go/capnp/v3"

	"inos/backend/wire/gen/plugin"
)

// encode writes the body of the custom section. The manifest has passed Validate.
func encode(m *Manifest) ([]byte, error) {
	msg, seg := capnp.NewSingleSegmentMessage(nil)
	defer msg.Release()
	root, err := plugin.NewRootManifest(seg)
	if err != nil {
		return nil, err
	}
	e := &encoder{}
	e.manifest(root, m)
	if e.err != nil {
		return nil, e.err
	}
	first, err := msg.Segment(0)
	if err != nil {
		return nil, err
	}
	body := append([]byte(nil), first.Data()...)
	if len(body) > maxSectionBytes {
		return nil, fmt.Errorf("the manifest takes %d bytes, at most %d are allowed",
			len(body), maxSectionBytes)
	}
	return body, nil
}

// encoder keeps the first error; after it nothing more is written.
type encoder struct{ err error }

func (e *encoder) try(errs ...error) {
	for _, err := range errs {
		if e.err == nil && err != nil {
			e.err = err
		}
	}
}

// text leaves an empty text out: a null pointer takes no room and reads as "".
func (e *encoder) text(set func(string) error, s string) {
	if s != "" && e.err == nil {
		e.try(set(s))
	}
}

// writeList makes a list and fills it; an empty one is left out.
func writeList[T, U any, L list[T]](
	e *encoder, in []U, make func(int32) (L, error), write func(T, *U),
) {
	if len(in) == 0 || e.err != nil {
		return
	}
	l, err := make(int32(len(in)))
	e.try(err)
	for i := 0; i < len(in) && e.err == nil; i++ {
		write(l.At(i), &in[i])
	}
}

func (e *encoder) texts(in []string, make func(int32) (capnp.TextList, error)) {
	if len(in) == 0 || e.err != nil {
		return
	}
	l, err := make(int32(len(in)))
	e.try(err)
	for i := 0; i < len(in) && e.err == nil; i++ {
		e.try(l.Set(i, in[i]))
	}
}

func (e *encoder) manifest(p plugin.Manifest, m *Manifest) {
	e.text(p.SetId, m.ID)
	e.text(p.SetName, m.Name)
	e.text(p.SetVersion, m.Version)
	p.SetAbi(m.ABI)
	e.text(p.SetAuthor, m.Author)
	e.text(p.SetLicence, m.Licence)
	e.text(p.SetDoc, m.Doc)
	writeList(e, m.Units, p.NewUnits, e.unit)
	writeList(e, m.Permissions, p.NewPermissions, e.permission)
	e.text(p.SetChanges, m.Changes)
	writeList(e, m.Settings, p.NewSettings, e.param)
	l, err := p.NewLimits()
	if e.try(err); e.err != nil {
		return
	}
	l.SetMemoryBytes(m.Limits.MemoryBytes)
	l.SetSharedBytes(m.Limits.SharedBytes)
	l.SetCallMs(m.Limits.CallMs)
	l.SetTickMs(m.Limits.TickMs)
	l.SetOutputBytes(m.Limits.OutputBytes)
}

func (e *encoder) permission(p plugin.Permission, in *Permission) {
	e.text(p.SetName, in.Name)
	e.text(p.SetReason, in.Reason)
	e.text(p.SetScope, in.Scope)
	e.texts(in.Hosts, p.NewHosts)
}

func (e *encoder) unit(p plugin.Unit, u *Unit) {
	e.text(p.SetName, u.Name)
	e.text(p.SetDoc, u.Doc)
	writeList(e, u.Ops, p.NewOps, e.op)
	if u.Live == nil || e.err != nil {
		return
	}
	live, err := p.NewLive()
	if e.try(err); e.err == nil {
		e.live(live, u.Live)
	}
}

func (e *encoder) op(p plugin.Op, o *Op) {
	p.SetNumber(o.Number)
	e.text(p.SetName, o.Name)
	e.text(p.SetDoc, o.Doc)
	writeList(e, o.Params, p.NewParams, e.param)
	writeList(e, o.Inputs, p.NewInputs, e.port)
	writeList(e, o.Outputs, p.NewOutputs, e.port)
	writeList(e, o.Results, p.NewResults, e.figure)
	p.SetDeterminism(plugin.Determinism(o.Determinism))
	p.SetTolerance(o.Tolerance)
}

func (e *encoder) port(p plugin.Port, in *Port) {
	e.text(p.SetName, in.Name)
	e.text(p.SetDoc, in.Doc)
	e.texts(in.Media, p.NewMedia)
	p.SetOptional(in.Optional)
}

func (e *encoder) figure(p plugin.Figure, in *Figure) {
	e.text(p.SetName, in.Name)
	e.text(p.SetDoc, in.Doc)
	e.text(p.SetUnit, in.Unit)
}

func (e *encoder) param(p plugin.Param, in *Param) {
	e.text(p.SetName, in.Name)
	e.text(p.SetLabel, in.Label)
	e.text(p.SetDoc, in.Doc)
	e.text(p.SetUnit, in.Unit)
	e.text(p.SetGroup, in.Group)
	p.SetHidden(in.Hidden)
	k := p.Kind()
	switch in.Kind {
	case Number:
		k.SetNumber()
		n := k.Number()
		n.SetDefault(in.Default.(float64))
		n.SetMin(in.Min)
		n.SetMax(in.Max)
		n.SetStep(in.Step)
		n.SetLogarithmic(in.Logarithmic)
	case Integer:
		k.SetInteger()
		n := k.Integer()
		n.SetDefault(in.Default.(int64))
		n.SetMin(int64(in.Min))
		n.SetMax(int64(in.Max))
		n.SetLogarithmic(in.Logarithmic)
	case Flag:
		k.SetFlag()
		k.Flag().SetDefault(in.Default.(bool))
	case Choice:
		k.SetChoice()
		k.Choice().SetDefault(uint16(in.optionIndex(in.Default.(string))))
		e.texts(in.Options, k.Choice().NewOptions)
	case Text:
		k.SetText()
		e.text(k.Text().SetDefault, in.Default.(string))
		k.Text().SetMaxBytes(in.MaxBytes)
		k.Text().SetSecret(in.Secret)
	}
}

func (e *encoder) live(p plugin.Live, in *Live) {
	e.text(p.SetDoc, in.Doc)
	writeList(e, in.Params, p.NewParams, e.param)
	writeList(e, in.Channels, p.NewChannels, e.channel)
	p.SetPhases(in.Phases)
	p.SetMaxShards(in.MaxShards)
	p.SetRateHz(in.RateHz)
	writeList(e, in.Presets, p.NewPresets, e.preset)
}

func (e *encoder) channel(p plugin.Channel, in *Channel) {
	e.text(p.SetName, in.Name)
	p.SetLook(plugin.Look(in.Look))
	e.text(p.SetCapacityParam, in.CapacityParam)
	p.SetCapacity(in.Capacity)
}

func (e *encoder) preset(p plugin.Preset, in *Preset) {
	e.text(p.SetName, in.Name)
	e.text(p.SetDoc, in.Doc)
	writeList(e, in.Values, p.NewValues, func(v plugin.PresetValue, in *PresetValue) {
		e.text(v.SetParam, in.Param)
		v.SetValue(in.Value)
	})
}
