package wire

import (
	"capnproto.org/go/capnp/v3"

	"inos/backend/wire/gen/control"
	"inos/backend/wire/gen/job"
)

// Encode writes m into dst's capacity, from its start, and returns the part used. It never grows
// dst: a capacity of MaxMessageBytes holds every valid message. Errors wrap ErrInvalid.
func Encode(dst []byte, m *Message) ([]byte, error) {
	e := encoder{buf: dst[:cap(dst)], dirty: cap(dst)}
	return e.encode(m)
}

// encoder keeps what one encoding can leave for the next one.
type encoder struct {
	msg capnp.Message
	buf []byte
	// dirty is how many bytes of buf may not be zero; Cap'n Proto expects zeroed room.
	dirty int
}

// encode returns a part of e.buf that is valid until the next call.
func (e *encoder) encode(m *Message) ([]byte, error) {
	clear(e.buf[:e.dirty])
	limit := min(len(e.buf), MaxMessageBytes) &^ 7
	e.dirty = limit
	seg, err := e.msg.Reset(capnp.SingleSegment(e.buf[:0:limit]))
	if err != nil {
		return nil, invalid("%v", err)
	}
	root, err := control.NewRootMessage(seg)
	if err != nil {
		return nil, invalid("%v", err)
	}
	root.SetId(m.ID)
	if err := encodeBody(root, m); err != nil {
		return nil, invalid("%s: %v", m.Kind, err)
	}
	e.dirty = len(seg.Data())
	return e.buf[:e.dirty], nil
}

func encodeBody(root control.Message, m *Message) error {
	switch m.Kind {
	case KindLoad:
		return encodeLoad(root, &m.Load)
	case KindChannel:
		return encodeChannel(root, m.Channel)
	case KindParams:
		return encodeParams(root, m.Params)
	case KindLive:
		return encodeLive(root, m.Live)
	case KindCall:
		return encodeCall(root, &m.Call)
	case KindRelease:
		root.SetRelease(m.Release)
	case KindGrant:
		w, err := root.NewGrant()
		if err != nil {
			return err
		}
		setWindow(w, m.Grant)
	case KindReady:
		return encodeReady(root, m.Ready)
	case KindDone:
		root.SetDone()
	case KindResult:
		return encodeResult(root, &m.Result)
	case KindFailed:
		return encodeFailed(root, m.Failed)
	case KindNeed:
		return encodeNeed(root, m.Need)
	case KindLog:
		return encodeLog(root, m.Log)
	case KindFault:
		return encodeFault(root, m.Fault)
	case KindFinished:
		root.SetFinished(m.Finished)
	case KindAsk:
		return encodeAsk(root, &m.Ask)
	case KindReply:
		return encodeReply(root, &m.Reply)
	default:
		return invalid("kind %d", m.Kind)
	}
	return nil
}

// setText keeps an empty text out of the message: a null pointer reads as an empty text.
func setText(what, text string, limit int, set func(string) error) error {
	if err := checkCount("bytes of "+what, len(text), limit); err != nil || text == "" {
		return err
	}
	return set(text)
}

func encodeLoad(root control.Message, l *Load) error {
	w, err := root.NewLoad()
	if err != nil {
		return err
	}
	w.SetMemoryBytes(l.MemoryBytes)
	w.SetSharedBytes(l.SharedBytes)
	w.SetInstances(l.Instances)
	w.SetPhases(l.Phases)
	w.SetRequireSeccomp(l.RequireSeccomp)
	w.SetPin(l.Pin)
	if err := checkCount("instances", int(l.Instances), MaxInstances); err != nil {
		return err
	}
	if err := setText("cacheDir", l.CacheDir, MaxPathBytes, w.SetCacheDir); err != nil {
		return err
	}
	if err := setText("plugin", l.Plugin, MaxPluginBytes, w.SetPlugin); err != nil {
		return err
	}
	return encodeForeign(w, l)
}

func encodeForeign(w control.Load, l *Load) error {
	w.SetForeign(control.Foreign(l.Foreign))
	if err := checkCount("entries", len(l.Entries), MaxEntries); err != nil || len(l.Entries) == 0 {
		return err
	}
	list, err := w.NewEntries(int32(len(l.Entries)))
	if err != nil {
		return err
	}
	for i, name := range l.Entries {
		set := func(v string) error { return list.Set(i, v) }
		if err := setText("entry", name, MaxEntryBytes, set); err != nil {
			return err
		}
	}
	return nil
}

func encodeChannel(root control.Message, c Channel) error {
	w, err := root.NewChannel()
	if err != nil {
		return err
	}
	w.SetIndex(c.Index)
	w.SetSegment_(c.Segment)
	w.SetByteLen(c.ByteLen)
	return nil
}

func encodeParams(root control.Message, values []Value) error {
	if err := checkCount("values", len(values), MaxValues); err != nil {
		return err
	}
	list, err := root.NewParams(int32(len(values)))
	if err != nil {
		return err
	}
	return setValues(list, values)
}

func setValues(list job.Value_List, values []Value) error {
	for i, v := range values {
		w := list.At(i)
		switch v.Kind {
		case ValueNumber:
			w.SetNumber(v.Number)
		case ValueInteger:
			w.SetInteger(v.Integer)
		case ValueText:
			if err := checkCount("bytes of value", len(v.Text), MaxValueBytes); err != nil {
				return err
			}
			if err := w.SetText(v.Text); err != nil {
				return err
			}
		default:
			return invalid("value kind %d", v.Kind)
		}
	}
	return nil
}

func encodeLive(root control.Message, l Live) error {
	w, err := root.NewLive()
	if err != nil {
		return err
	}
	w.SetRun(l.Run)
	w.SetRateHz(l.RateHz)
	w.SetDtUs(l.DtUs)
	w.SetShards(l.Shards)
	w.SetTicks(l.Ticks)
	w.SetReset(l.Reset)
	return nil
}

func encodeCall(root control.Message, c *Call) error {
	if err := checkCall(c); err != nil {
		return err
	}
	w, err := root.NewCall()
	if err != nil {
		return err
	}
	w.SetOp(c.Op)
	w.SetResults(c.Results)
	w.SetOutputCount(c.OutputCount)
	w.SetEntry(control.Entry(c.Entry))
	if len(c.Params) > 0 {
		list, err := w.NewParams(int32(len(c.Params)))
		if err != nil {
			return err
		}
		if err := setValues(list, c.Params); err != nil {
			return err
		}
	}
	if err := setWindows(c.Inputs, w.NewInputs); err != nil {
		return err
	}
	if err := setWindows(c.Outputs, w.NewOutputs); err != nil {
		return err
	}
	return setNames(w, c.InputNames)
}

func setNames(w control.Call, names []string) error {
	if len(names) == 0 {
		return nil
	}
	list, err := w.NewInputNames(int32(len(names)))
	if err != nil {
		return err
	}
	for i, name := range names {
		set := func(text string) error { return list.Set(i, text) }
		if err := setText("name", name, MaxNameBytes, set); err != nil {
			return err
		}
	}
	return nil
}

func setWindows(windows []Window, make func(int32) (control.Window_List, error)) error {
	if len(windows) == 0 {
		return nil
	}
	list, err := make(int32(len(windows)))
	if err != nil {
		return err
	}
	for i, v := range windows {
		setWindow(list.At(i), v)
	}
	return nil
}

func setWindow(w control.Window, v Window) {
	w.SetSegment_(v.Segment)
	w.SetLength(v.Length)
	w.SetByteLen(v.ByteLen)
	w.SetIsNew(v.IsNew)
	w.SetIsFile(v.IsFile)
}

func encodeReady(root control.Message, r Ready) error {
	w, err := root.NewReady()
	if err != nil {
		return err
	}
	w.SetLandlockAbi(r.LandlockABI)
	w.SetSeccomp(r.Seccomp)
	w.SetCompileNs(r.CompileNs)
	w.SetTotalNs(r.TotalNs)
	w.SetHasCall(r.HasCall)
	w.SetHasTick(r.HasTick)
	w.SetHasInit(r.HasInit)
	return nil
}

func encodeResult(root control.Message, r *Result) error {
	if err := checkCount("outputs", len(r.Outputs), MaxWindows); err != nil {
		return err
	}
	if err := checkCount("results", len(r.Results), MaxResults); err != nil {
		return err
	}
	w, err := root.NewResult()
	if err != nil {
		return err
	}
	w.SetCode(r.Code)
	w.SetGuestNs(r.GuestNs)
	if err := setText("error", r.Error, MaxErrorBytes, w.SetError); err != nil {
		return err
	}
	if err := setOutputs(w, r.Outputs); err != nil || len(r.Results) == 0 {
		return err
	}
	list, err := w.NewResults(int32(len(r.Results)))
	if err != nil {
		return err
	}
	for i, v := range r.Results {
		list.Set(i, v)
	}
	return nil
}

func setOutputs(w control.Result, outputs []Output) error {
	if len(outputs) == 0 {
		return nil
	}
	list, err := w.NewOutputs(int32(len(outputs)))
	if err != nil {
		return err
	}
	for i, v := range outputs {
		o := list.At(i)
		o.SetIndex(v.Index)
		o.SetSegment_(v.Segment)
		o.SetLength(v.Length)
		if err := setText("media", v.Media, MaxMediaBytes, o.SetMedia); err != nil {
			return err
		}
	}
	return nil
}

func encodeFailed(root control.Message, f Failed) error {
	w, err := root.NewFailed()
	if err != nil {
		return err
	}
	w.SetKind(control.FailKind(f.Kind))
	return setText("text", f.Text, MaxFailedBytes, w.SetText)
}

func encodeNeed(root control.Message, n Need) error {
	w, err := root.NewNeed()
	if err != nil {
		return err
	}
	w.SetIndex(n.Index)
	w.SetLength(n.Length)
	return nil
}

func encodeLog(root control.Message, l Log) error {
	w, err := root.NewLog()
	if err != nil {
		return err
	}
	w.SetLevel(l.Level)
	return setText("text", l.Text, MaxLogBytes, w.SetText)
}

func encodeFault(root control.Message, f Fault) error {
	w, err := root.NewFault()
	if err != nil {
		return err
	}
	w.SetAddress(uint64(f.Instance)<<32 | uint64(f.Address))
	w.SetIp(f.IP)
	w.SetCode(uint64(f.Signal)<<32 | uint64(f.Code))
	return nil
}
