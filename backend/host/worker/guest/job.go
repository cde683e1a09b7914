package guest

import (
	"bytes"
	"fmt"
	"math"

	"inos/backend/wire"
)

// Job is what one call of an op may use and what it leaves. It is reused from call to call.
type Job struct {
	Params   []wire.Value
	segments *Segments
	inputs   []wire.Window
	names    []string // of inputs; the last ones may be missing
	outputs  []output
	results  []float64
	need     Need
	ask      Ask
	// ofState: the live unit's state is handed on, and the world outside is out of reach.
	ofState bool
	// refusal says which request the host refused, for the error text.
	refusal string
}

// Need asks the kernel for room for an output. A window of length 0: refused. The descriptor is
// the receiver's.
type Need func(index uint16, length uint64) (w wire.Window, fd int, err error)

// output is one output of the running call.
type output struct {
	granted wire.Window // length 0: none
	used    bool
	mapped  int64 // asked for by the last output_map
	length  int64
	media   string
}

// Ask asks the kernel for something of the world outside. The reply's bytes are valid until the
// next question.
type Ask func(wire.Ask) wire.Reply

// NewJob returns a job for an instance whose segments are given.
func NewJob(segments *Segments, need Need, ask Ask) *Job {
	return &Job{segments: segments, need: need, ask: ask}
}

// Begin takes over a call with its descriptors, which it owns from then on. After an error the
// call must not run.
func (j *Job) Begin(c *wire.Call, fds []int) error {
	j.segments.ReleaseFiles() // of a call that did not begin
	j.Params = c.Params
	j.ofState = c.Entry != wire.EntryOp
	j.refusal = ""
	j.inputs = append(j.inputs[:0], c.Inputs...)
	j.names = append(j.names[:0], c.InputNames...)
	j.outputs = j.outputs[:0]
	j.results = j.results[:0]
	for range c.Results {
		j.results = append(j.results, wire.NotReported())
	}
	if want := wire.NewWindows(c.Inputs) + wire.NewWindows(c.Outputs); want != len(fds) {
		wire.CloseAll(fds)
		return fmt.Errorf("%d descriptors, %d expected", len(fds), want)
	}
	if len(c.Outputs) > int(c.OutputCount) {
		wire.CloseAll(fds)
		return fmt.Errorf("room for %d outputs, the op has %d", len(c.Outputs), c.OutputCount)
	}
	for n := range int(c.OutputCount) {
		var granted wire.Window
		if n < len(c.Outputs) {
			granted = c.Outputs[n]
		}
		j.outputs = append(j.outputs, output{granted: granted})
	}
	return j.admit(c, fds)
}

func (j *Job) admit(c *wire.Call, fds []int) error {
	for _, list := range [][]wire.Window{c.Inputs, c.Outputs} {
		for _, w := range list {
			fd := -1
			if w.IsNew {
				fd, fds = fds[0], fds[1:]
			}
			if w.Length == 0 && !w.IsNew {
				continue
			}
			if err := j.segments.Admit(w, fd); err != nil {
				wire.CloseAll(fds)
				return err
			}
		}
	}
	return nil
}

// Finish writes what the call left into r, whose slices are reused. text is what the guest said.
func (j *Job) Finish(code int32, text string, r *wire.Result) {
	j.segments.ReleaseFiles()
	r.Code, r.Error = code, ""
	r.Outputs, r.Results = r.Outputs[:0], append(r.Results[:0], j.results...)
	if code != 0 {
		r.Error = j.explain(text)
		return
	}
	for n, o := range j.outputs {
		if o.used {
			r.Outputs = append(r.Outputs, wire.Output{
				Index:   uint16(n),
				Segment: o.granted.Segment,
				Length:  uint64(o.length),
				Media:   o.media,
			})
		}
	}
}

// explain adds the host's reason to the guest's text: a plugin that was refused room often knows
// no more than that.
func (j *Job) explain(text string) string {
	switch {
	case j.refusal == "":
		return text
	case text == "":
		return j.refusal
	}
	return Clean(text+" ("+j.refusal+")", wire.MaxErrorBytes)
}

func (i *Instance) inputCount(stack []uint64) {
	stack[0] = 0
	if i.job != nil {
		stack[0] = uint64(len(i.job.inputs))
	}
}

func (j *Job) input(n int) (wire.Window, bool) {
	if j == nil || n >= len(j.inputs) {
		return wire.Window{}, false
	}
	return j.inputs[n], true
}

func (i *Instance) inputLen(stack []uint64) {
	w, ok := i.job.input(index(stack[0]))
	stack[0] = refused
	if ok {
		stack[0] = w.Length
	}
}

func (i *Instance) inputName(stack []uint64) {
	n := index(stack[0])
	_, ok := i.job.input(n)
	room, writable := i.memory.Bytes(uint32(stack[1]), uint32(stack[2]), true)
	if !ok || !writable && uint32(stack[2]) > 0 {
		stack[0] = refused
		return
	}
	name := ""
	if n < len(i.job.names) {
		name = i.job.names[n]
	}
	copy(room, name)
	stack[0] = uint64(len(name))
}

func (i *Instance) inputMap(stack []uint64) {
	n, offset, length := index(stack[0]), int64(stack[1]), int64(uint32(stack[2]))
	stack[0] = 0
	w, ok := i.job.input(n)
	if !ok || offset < 0 || length == 0 || offset > int64(w.Length)-length {
		return
	}
	at, err := i.job.segments.input(w.Segment, offset, length)
	if err != nil {
		i.job.refusal = fmt.Sprintf("input %d was not mapped: %v", n, err)
		return
	}
	stack[0] = uint64(at)
}

func (j *Job) output(n int) *output {
	if j == nil || n >= len(j.outputs) {
		return nil
	}
	return &j.outputs[n]
}

func (i *Instance) outputMap(stack []uint64) {
	n, length := index(stack[0]), int64(stack[1])
	stack[0] = 0
	o := i.job.output(n)
	if o == nil || length < 0 {
		return
	}
	at, err := i.job.room(n, o, length)
	if err != nil {
		i.job.refusal = fmt.Sprintf("output %d of %d bytes was refused: %v", n, length, err)
		return
	}
	o.used, o.mapped, o.length = true, length, length
	stack[0] = uint64(at)
}

// room returns the address of a window of at least length bytes for output n, whose content so far
// is kept.
func (j *Job) room(n int, o *output, length int64) (int64, error) {
	if o.granted.Length > 0 && uint64(length) <= o.granted.Length {
		return j.segments.output(o.granted.Segment)
	}
	w, fd, err := j.need(uint16(n), uint64(max(length, 1)))
	if err != nil {
		return 0, err
	}
	if w.Length == 0 {
		return 0, fmt.Errorf("over the limit")
	}
	if err := j.segments.Admit(w, fd); err != nil {
		return 0, err
	}
	if w.Length < uint64(length) {
		return 0, fmt.Errorf("only %d bytes were granted", w.Length)
	}
	at, err := j.segments.output(w.Segment)
	if err != nil {
		return 0, err
	}
	j.keep(o, w.Segment, at)
	o.granted = w
	return at, nil
}

// keep copies what the output held before into its new window.
func (j *Job) keep(o *output, segment uint32, at int64) {
	if !o.used || o.length == 0 || o.granted.Segment == segment {
		return
	}
	before, err := j.segments.output(o.granted.Segment)
	if err != nil {
		return
	}
	from, okFrom := j.segments.memory.Bytes(uint32(before), uint32(o.length), false)
	to, okTo := j.segments.memory.Bytes(uint32(at), uint32(o.length), true)
	if okFrom && okTo {
		copy(to, from)
	}
}

func (i *Instance) outputLen(stack []uint64) {
	o, length := i.job.output(index(stack[0])), int64(stack[1])
	ok := o != nil && o.used && length >= 0 && length <= o.mapped
	if ok {
		o.length = length
	}
	answer(stack, ok)
}

func (i *Instance) outputMeta(stack []uint64) {
	o, length := i.job.output(index(stack[0])), uint32(stack[2])
	if o == nil || length > wire.MaxMediaBytes {
		answer(stack, false)
		return
	}
	media, ok := i.memory.Bytes(uint32(stack[1]), length, false)
	if ok && isMedia(media) {
		o.media = string(media)
		answer(stack, true)
		return
	}
	answer(stack, false)
}

// isMedia accepts type/subtype in printable ASCII; the kernel looks closer.
func isMedia(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' {
			return false
		}
	}
	kind, sub, ok := bytes.Cut(text, []byte("/"))
	return ok && len(kind) > 0 && len(sub) > 0 && !bytes.Contains(sub, []byte("/"))
}

func (i *Instance) resultF64(stack []uint64) {
	n := index(stack[0])
	ok := i.job != nil && n < len(i.job.results)
	if ok {
		i.job.results[n] = wire.Report(math.Float64frombits(stack[1]))
	}
	answer(stack, ok)
}
