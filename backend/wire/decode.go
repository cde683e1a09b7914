package wire

import (
	"strings"

	"capnproto.org/go/capnp/v3"

	"inos/backend/wire/gen/control"
	"inos/backend/wire/gen/job"
)

// Decode reads one message. Texts that are not UTF-8 come back with replacement characters.
// Errors wrap ErrInvalid; the message does not keep b.
func Decode(b []byte) (*Message, error) {
	m := new(Message)
	d := decoder{arena: capnp.NewReadOnlySingleSegment(nil)}
	if err := d.decode(b, m); err != nil {
		return nil, err
	}
	return m, nil
}

// decoder keeps what one decoding can leave for the next one.
type decoder struct {
	msg   capnp.Message
	arena *capnp.ReadOnlySingleSegment
}

// decode overwrites m, whose slices are reused.
func (d *decoder) decode(b []byte, m *Message) error {
	if len(b) == 0 || len(b) > MaxMessageBytes || len(b)%8 != 0 {
		return invalid("%d bytes", len(b))
	}
	d.arena.Release()
	d.arena.ReplaceData(b)
	d.msg.Arena = nil
	if _, err := d.msg.Reset(d.arena); err != nil {
		return invalid("%v", err)
	}
	defer d.arena.Release()
	d.msg.ResetReadLimit(traverseBytes)
	root, err := control.ReadRootMessage(&d.msg)
	if err != nil {
		return invalid("%v", err)
	}
	if !root.IsValid() {
		return invalid("no root")
	}
	m.ID = root.Id()
	m.Kind = Kind(root.Which())
	if err := decodeBody(root, m); err != nil {
		return invalid("%s: %v", m.Kind, err)
	}
	return nil
}

func decodeBody(root control.Message, m *Message) error {
	switch m.Kind {
	case KindLoad:
		return decodeLoad(root, &m.Load)
	case KindChannel:
		return decodeChannel(root, &m.Channel)
	case KindParams:
		list, err := root.Params()
		if err != nil {
			return err
		}
		m.Params, err = values(m.Params, list)
		return err
	case KindLive:
		return decodeLive(root, &m.Live)
	case KindCall:
		return decodeCall(root, &m.Call)
	case KindRelease:
		m.Release = root.Release()
	case KindGrant:
		w, err := root.Grant()
		if err != nil {
			return err
		}
		m.Grant = window(w)
	case KindReady:
		return decodeReady(root, &m.Ready)
	case KindDone:
	case KindResult:
		return decodeResult(root, &m.Result)
	case KindFailed:
		return decodeFailed(root, &m.Failed)
	case KindNeed:
		return decodeNeed(root, &m.Need)
	case KindLog:
		return decodeLog(root, &m.Log)
	case KindFault:
		return decodeFault(root, &m.Fault)
	case KindFinished:
		m.Finished = root.Finished()
	case KindAsk:
		return decodeAsk(root, &m.Ask)
	case KindReply:
		return decodeReply(root, &m.Reply)
	default:
		return invalid("kind %d", m.Kind)
	}
	return nil
}

// text checks the length before it copies, so that a long text costs nothing.
func text(what string, limit int, get func() ([]byte, error)) (string, error) {
	b, err := get()
	if err != nil {
		return "", err
	}
	if err := checkCount("bytes of "+what, len(b), limit); err != nil {
		return "", err
	}
	return strings.ToValidUTF8(string(b), "\uFFFD"), nil
}

func decodeLoad(root control.Message, l *Load) error {
	w, err := root.Load()
	if err != nil {
		return err
	}
	l.MemoryBytes = w.MemoryBytes()
	l.SharedBytes = w.SharedBytes()
	l.Instances = w.Instances()
	l.Phases = w.Phases()
	l.RequireSeccomp = w.RequireSeccomp()
	l.Pin = w.Pin()
	if err := checkCount("instances", int(l.Instances), MaxInstances); err != nil {
		return err
	}
	if l.CacheDir, err = text("cacheDir", MaxPathBytes, w.CacheDirBytes); err != nil {
		return err
	}
	if l.Plugin, err = text("plugin", MaxPluginBytes, w.PluginBytes); err != nil {
		return err
	}
	return decodeForeign(w, l)
}

func decodeForeign(w control.Load, l *Load) error {
	l.Foreign, l.Entries = Foreign(w.Foreign()), nil
	list, err := w.Entries()
	if err != nil {
		return err
	}
	if err := checkCount("entries", list.Len(), MaxEntries); err != nil {
		return err
	}
	for i := range list.Len() {
		name, err := text("entry", MaxEntryBytes, func() ([]byte, error) { return list.BytesAt(i) })
		if err != nil {
			return err
		}
		l.Entries = append(l.Entries, name)
	}
	return nil
}

func decodeChannel(root control.Message, c *Channel) error {
	w, err := root.Channel()
	if err != nil {
		return err
	}
	*c = Channel{Index: w.Index(), Segment: w.Segment_(), ByteLen: w.ByteLen()}
	return nil
}

func values(dst []Value, list job.Value_List) ([]Value, error) {
	if err := checkCount("values", list.Len(), MaxValues); err != nil {
		return nil, err
	}
	dst = dst[:0]
	for i := range list.Len() {
		v, err := value(list.At(i))
		if err != nil {
			return nil, err
		}
		dst = append(dst, v)
	}
	return dst, nil
}

func value(w job.Value) (Value, error) {
	switch w.Which() {
	case job.Value_Which_number:
		return NumberOf(w.Number()), nil
	case job.Value_Which_integer:
		return IntegerOf(w.Integer()), nil
	case job.Value_Which_text:
		s, err := text("value", MaxValueBytes, w.TextBytes)
		return TextOf(s), err
	}
	return Value{}, invalid("value kind %d", w.Which())
}

func decodeLive(root control.Message, l *Live) error {
	w, err := root.Live()
	if err != nil {
		return err
	}
	*l = Live{
		Run:    w.Run(),
		RateHz: w.RateHz(),
		DtUs:   w.DtUs(),
		Shards: w.Shards(),
		Ticks:  w.Ticks(),
		Reset:  w.Reset(),
	}
	return nil
}

func decodeCall(root control.Message, c *Call) error {
	w, err := root.Call()
	if err != nil {
		return err
	}
	c.Op, c.Results, c.OutputCount = w.Op(), w.Results(), w.OutputCount()
	c.Entry = Entry(w.Entry())
	params, err := w.Params()
	if err != nil {
		return err
	}
	if c.Params, err = values(c.Params, params); err != nil {
		return err
	}
	inputs, err := w.Inputs()
	if err != nil {
		return err
	}
	if c.Inputs, err = windows(c.Inputs, inputs); err != nil {
		return err
	}
	outputs, err := w.Outputs()
	if err != nil {
		return err
	}
	if c.Outputs, err = windows(c.Outputs, outputs); err != nil {
		return err
	}
	if err := decodeNames(w, c); err != nil {
		return err
	}
	return checkCall(c)
}

func decodeNames(w control.Call, c *Call) error {
	c.InputNames = c.InputNames[:0]
	list, err := w.InputNames()
	if err != nil {
		return err
	}
	if err := checkCount("names", list.Len(), MaxWindows); err != nil {
		return err
	}
	for i := range list.Len() {
		name, err := text("name", MaxNameBytes, func() ([]byte, error) { return list.BytesAt(i) })
		if err != nil {
			return err
		}
		c.InputNames = append(c.InputNames, name)
	}
	return nil
}

// checkCall holds for both directions.
func checkCall(c *Call) error {
	for _, bound := range []struct {
		what     string
		n, limit int
	}{
		{"values", len(c.Params), MaxValues},
		{"inputs", len(c.Inputs), MaxWindows},
		{"names", len(c.InputNames), len(c.Inputs)},
		{"outputs", len(c.Outputs), MaxWindows},
		{"outputs", int(c.OutputCount), MaxWindows},
		{"results", int(c.Results), MaxResults},
	} {
		if err := checkCount(bound.what, bound.n, bound.limit); err != nil {
			return err
		}
	}
	return checkCount("descriptors", NewWindows(c.Inputs)+NewWindows(c.Outputs), MaxDescriptors)
}

// NewWindows counts the windows that come with a descriptor.
func NewWindows(windows []Window) int {
	n := 0
	for _, w := range windows {
		if w.IsNew {
			n++
		}
	}
	return n
}

func windows(dst []Window, list control.Window_List) ([]Window, error) {
	if err := checkCount("windows", list.Len(), MaxWindows); err != nil {
		return nil, err
	}
	dst = dst[:0]
	for i := range list.Len() {
		dst = append(dst, window(list.At(i)))
	}
	return dst, nil
}

func window(w control.Window) Window {
	return Window{
		Segment: w.Segment_(),
		Length:  w.Length(),
		ByteLen: w.ByteLen(),
		IsNew:   w.IsNew(),
		IsFile:  w.IsFile(),
	}
}

func decodeReady(root control.Message, r *Ready) error {
	w, err := root.Ready()
	if err != nil {
		return err
	}
	*r = Ready{
		LandlockABI: w.LandlockAbi(),
		Seccomp:     w.Seccomp(),
		CompileNs:   w.CompileNs(),
		TotalNs:     w.TotalNs(),
		HasCall:     w.HasCall(),
		HasTick:     w.HasTick(),
		HasInit:     w.HasInit(),
	}
	return nil
}

func decodeResult(root control.Message, r *Result) error {
	w, err := root.Result()
	if err != nil {
		return err
	}
	r.Code, r.GuestNs = w.Code(), w.GuestNs()
	if r.Error, err = text("error", MaxErrorBytes, w.ErrorBytes); err != nil {
		return err
	}
	if err := decodeOutputs(w, r); err != nil {
		return err
	}
	list, err := w.Results()
	if err != nil {
		return err
	}
	if err := checkCount("results", list.Len(), MaxResults); err != nil {
		return err
	}
	r.Results = r.Results[:0]
	for i := range list.Len() {
		r.Results = append(r.Results, list.At(i))
	}
	return nil
}

func decodeOutputs(w control.Result, r *Result) error {
	list, err := w.Outputs()
	if err != nil {
		return err
	}
	if err := checkCount("outputs", list.Len(), MaxWindows); err != nil {
		return err
	}
	r.Outputs = r.Outputs[:0]
	for i := range list.Len() {
		o := list.At(i)
		media, err := text("media", MaxMediaBytes, o.MediaBytes)
		if err != nil {
			return err
		}
		r.Outputs = append(r.Outputs, Output{
			Index:   o.Index(),
			Segment: o.Segment_(),
			Length:  o.Length(),
			Media:   media,
		})
	}
	return nil
}

func decodeFailed(root control.Message, f *Failed) error {
	w, err := root.Failed()
	if err != nil {
		return err
	}
	f.Kind = FailKind(w.Kind())
	f.Text, err = text("text", MaxFailedBytes, w.TextBytes)
	return err
}

func decodeNeed(root control.Message, n *Need) error {
	w, err := root.Need()
	if err != nil {
		return err
	}
	*n = Need{Index: w.Index(), Length: w.Length()}
	return nil
}

func decodeLog(root control.Message, l *Log) error {
	w, err := root.Log()
	if err != nil {
		return err
	}
	l.Level = w.Level()
	l.Text, err = text("text", MaxLogBytes, w.TextBytes)
	return err
}

func decodeFault(root control.Message, f *Fault) error {
	w, err := root.Fault()
	if err != nil {
		return err
	}
	*f = Fault{
		Address:  uint32(w.Address()),
		Instance: uint32(w.Address() >> 32),
		IP:       w.Ip(),
		Code:     uint32(w.Code()),
		Signal:   uint32(w.Code() >> 32),
	}
	return nil
}
