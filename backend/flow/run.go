package flow

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"inos/backend/fault"
	"inos/backend/job"
)

// Runner runs one op.
type Runner interface {
	Run(ctx context.Context, r job.Request) (*job.Result, error)
}

// Item is one run of a flow.
type Item struct {
	Name  string   `json:"name"` // names its outputs
	Paths []string `json:"inputs"`
}

// Written is an output on its way to where it stays.
type Written struct {
	Name   string // the flow's for it
	Ending string
	Bytes  []byte // valid during the call only
}

// State is how a step ended.
type State string

// The states of a step.
const (
	Done    State = "done"
	Cached  State = "from cache"
	Failed  State = "failed"
	Skipped State = "skipped" // something that it needs has failed
)

// StepRecord is what became of a step.
type StepRecord struct {
	Step    string `json:"step"`
	Op      string `json:"op"`
	State   State  `json:"state"`
	Error   string `json:"error,omitempty"`
	WallNs  uint64 `json:"wall_ns"`
	GuestNs uint64 `json:"guest_ns"`
	// Passed are the bytes that it took from other steps, Copied those of them that were copied for it.
	Passed int64 `json:"passed_bytes"`
	Copied int64 `json:"copied_bytes"`
	// Results are the numbers that the op reports.
	Results []job.Figure `json:"results,omitempty"`
}

// Record is what became of an item.
type Record struct {
	Item
	Steps  []StepRecord `json:"steps,omitempty"`
	Files  []string     `json:"files,omitempty"`
	Failed bool         `json:"failed"`
	// Resumed: an earlier run had done it.
	Resumed bool `json:"resumed,omitempty"`

	budget bool        // something found no memory
	before []fileState // of the inputs, before it ran
}

// Options change how a plan runs.
type Options struct {
	AtOnce   int
	NoCache  bool
	Deadline time.Time
	// Write puts an output to where it stays and returns its name.
	Write func(ctx context.Context, item Item, w Written) (string, error)
	// Ended hears of each item, from several goroutines.
	Ended func(i int, r *Record)
}

// Run runs the flow for each item, several at once. An item that finds no room in shared memory beside
// the others runs again when they are done. Cancelling ctx ends it; Ended hears of no item that had not
// ended then.
func (p *Plan) Run(ctx context.Context, runner Runner, items []Item, o Options) {
	next := make(chan int)
	var mu sync.Mutex
	var alone []int
	var workers sync.WaitGroup
	for range min(len(items), max(1, o.AtOnce)) {
		workers.Go(func() {
			for i := range next {
				r := p.item(ctx, runner, items[i], o)
				switch {
				case ctx.Err() != nil:
				case r.budget:
					mu.Lock()
					alone = append(alone, i)
					mu.Unlock()
				default:
					o.Ended(i, r)
				}
			}
		})
	}
	for i := range items {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	workers.Wait()
	for _, i := range alone {
		if r := p.item(ctx, runner, items[i], o); ctx.Err() == nil {
			o.Ended(i, r)
		}
	}
}

// run is one item on its way.
type run struct {
	plan    *Plan
	runner  Runner
	item    Item
	options Options
	results []*job.Result // by step; nil: there is none
	left    []int         // uses of each step that are to come
	record  *Record
}

func (p *Plan) item(ctx context.Context, runner Runner, item Item, o Options) *Record {
	r := &run{
		plan: p, runner: runner, item: item, options: o, record: &Record{Item: item},
		results: make([]*job.Result, len(p.steps)), left: make([]int, len(p.steps)),
	}
	for i := range p.steps {
		r.left[i] = p.steps[i].uses
	}
	defer r.releaseAll()
	for _, path := range item.Paths {
		r.record.before = append(r.record.before, stateOf(path))
	}
	for i := range p.steps {
		record := r.step(ctx, i)
		r.record.Steps = append(r.record.Steps, record)
		if record.State == Failed || record.State == Skipped {
			r.record.Failed = true
		}
	}
	return r.record
}

// step runs one op and writes those of its outputs that are the flow's.
func (r *run) step(ctx context.Context, i int) StepRecord {
	s := &r.plan.steps[i]
	record := StepRecord{Step: s.Name, Op: s.Op, State: Skipped}
	inputs, ok := r.inputs(s)
	defer r.used(s)
	if !ok {
		return record
	}
	res, err := r.runner.Run(ctx, job.Request{
		Unit: s.target.Unit, Op: s.target.Op.Name, Params: s.params, Inputs: inputs, Hold: true,
		Priority: job.Batch, Deadline: r.options.Deadline, NoCache: r.options.NoCache,
	})
	if err != nil {
		return r.failed(record, err)
	}
	r.results[i] = res
	record.State, record.WallNs, record.GuestNs, record.Results = Done, res.WallNs, res.GuestNs, res.Results
	if res.FromCache != nil {
		record.State = Cached
	}
	for k, from := range s.inputs {
		if from.input >= 0 || res.FromCache != nil {
			continue
		}
		record.Passed += r.output(from).Len
		record.Copied += res.Copied[k]
	}
	if err := r.write(ctx, i); err != nil {
		return r.failed(record, err)
	}
	return record
}

func (r *run) failed(record StepRecord, err error) StepRecord {
	record.State, record.Error = Failed, err.Error()
	r.record.budget = r.record.budget || fault.KindOf(err) == fault.Budget
	return record
}

// inputs are those of a step; false: one of them is not there.
func (r *run) inputs(s *step) ([]job.Input, bool) {
	var all []job.Input
	for _, from := range s.inputs {
		if from.input >= 0 {
			all = append(all, job.Input{Path: r.item.Paths[from.input]})
			continue
		}
		o := r.output(from)
		if o == nil {
			return nil, false
		}
		name := r.item.Name[strings.LastIndexByte(r.item.Name, '/')+1:] + r.ending(from, o)
		in := job.Input{Name: name, Bytes: o.Bytes, Held: o.Held}
		if o.Held != nil {
			in.Bytes = nil
		}
		all = append(all, in)
	}
	return all, true
}

// output is what a step gave; nil: it failed, or left that output out.
func (r *run) output(from source) *job.Output {
	res := r.results[from.step]
	if res == nil {
		return nil
	}
	for i := range res.Outputs {
		if res.Outputs[i].Index == from.output {
			return &res.Outputs[i]
		}
	}
	return nil
}

// ending is how a file of the output's media type ends.
func (r *run) ending(from source, o *job.Output) string {
	port := r.plan.steps[from.step].target.Op.Outputs[from.output]
	if o.Media != "" {
		port.Media = []string{o.Media}
	}
	return port.Ending()
}

func (r *run) write(ctx context.Context, i int) error {
	for _, d := range r.plan.outputs {
		if d.from.step != i {
			continue
		}
		o := r.output(d.from)
		if o == nil {
			return fmt.Errorf("the op left out what is the flow's output %s", d.name)
		}
		file, err := r.options.Write(ctx, r.item, Written{d.name, r.ending(d.from, o), o.Bytes})
		if err != nil {
			return err
		}
		if file != "" {
			r.record.Files = append(r.record.Files, file)
		}
		r.release(i)
	}
	if r.plan.steps[i].uses == 0 {
		r.left[i] = 1
		r.release(i)
	}
	return nil
}

// used gives back what nobody needs any more.
func (r *run) used(s *step) {
	for _, from := range s.inputs {
		if from.input < 0 {
			r.release(from.step)
		}
	}
}

// release counts one use; after the last one the outputs go.
func (r *run) release(i int) {
	if r.left[i]--; r.left[i] == 0 {
		r.drop(i)
	}
}

func (r *run) drop(i int) {
	if r.results[i] == nil {
		return
	}
	for k := range r.results[i].Outputs {
		if held := r.results[i].Outputs[k].Held; held != nil {
			held.Release()
		}
	}
	r.results[i] = nil
}

func (r *run) releaseAll() {
	for i := range r.results {
		r.drop(i)
	}
}
