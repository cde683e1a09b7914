package flow

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zeebo/blake3"

	"inos/backend/fault"
	"inos/backend/job"
	"inos/backend/manifest"
)

const opPlan = "flow.plan"

// Catalogue knows which plugin offers an op.
type Catalogue interface {
	FindOp(unit, op string) (job.Target, error)
}

// Plan is a flow that was checked against the plugins, ready to run.
type Plan struct {
	Flow  *Flow
	steps []step // each behind those that it needs
	// writes are the outputs that are written, by step.
	outputs []destination
	// Digest names the flow with its parameters and the files of its plugins.
	Digest job.Digest
}

// step is one op with its parameters in place.
type step struct {
	Step
	target job.Target
	params map[string]any
	inputs []source
	uses   int // by other steps and as outputs
}

// source is where an input of a step comes from: an input of the flow, or an output of a step.
type source struct {
	input  int // of the flow, or -1
	step   int // in the plan
	output int // of the op
}

type destination struct {
	name string
	from source
}

// NewPlan checks everything that can be known before a file is there.
func NewPlan(f *Flow, plugins Catalogue, given map[string]string) (*Plan, error) {
	params, err := f.values(given)
	if err != nil {
		return nil, err
	}
	order, err := f.order()
	if err != nil {
		return nil, err
	}
	p := &Plan{Flow: f}
	at := map[string]int{}
	for _, i := range order {
		s, err := p.prepare(&f.Steps[i], plugins, params, at)
		if err != nil {
			return nil, err
		}
		at[s.Name] = len(p.steps)
		p.steps = append(p.steps, s)
	}
	for _, o := range f.Outputs {
		from, err := p.find(o.From, at)
		if err == nil && from.input >= 0 {
			err = fmt.Errorf("%q is an input of the flow, not an output of a step", o.From)
		}
		if err != nil {
			return nil, fault.Wrap(opPlan, fault.Invalid, "output "+o.Name, err, "")
		}
		p.steps[from.step].uses++
		p.outputs = append(p.outputs, destination{o.Name, from})
	}
	p.Digest, err = p.digest(params)
	return p, err
}

// prepare checks one step; those before it are in the plan.
func (p *Plan) prepare(s *Step, plugins Catalogue, params map[string]any, at map[string]int) (step, error) {
	unit, op, _ := strings.Cut(s.Op, ".")
	out := step{Step: *s, params: map[string]any{}}
	refuse := func(err error) (step, error) {
		if f := fault.As(err); f != nil {
			return out, &fault.Error{Op: opPlan, Kind: f.Kind, Subject: "step " + s.Name,
				Err: fmt.Errorf("%s: %s", f.Subject, f.Message()), Next: f.Next}
		}
		return out, fault.Wrap(opPlan, fault.Invalid, "step "+s.Name, err, "")
	}
	var err error
	if out.target, err = plugins.FindOp(unit, op); err != nil {
		return refuse(err)
	}
	for name, value := range s.Params {
		if out.params[name], _, err = fill(value, params); err != nil {
			return refuse(fmt.Errorf("%s: %w", name, err))
		}
	}
	if _, err := manifest.CoerceParams(out.target.Op.Params, out.params); err != nil {
		return refuse(err)
	}
	if err := portsFit(out.target.Op, len(s.Inputs)); err != nil {
		return refuse(err)
	}
	for _, name := range s.Inputs {
		from, err := p.find(name, at)
		if err != nil {
			return refuse(err)
		}
		if from.input < 0 {
			p.steps[from.step].uses++
		}
		out.inputs = append(out.inputs, from)
	}
	return out, nil
}

func portsFit(op *manifest.Op, inputs int) error {
	needed := 0
	for _, in := range op.Inputs {
		if !in.Optional {
			needed++
		}
	}
	if inputs < needed || inputs > len(op.Inputs) {
		return fmt.Errorf("it has %d inputs, the op takes %d to %d", inputs, needed, len(op.Inputs))
	}
	return nil
}

// find is what a reference means.
func (p *Plan) find(reference string, at map[string]int) (source, error) {
	for i, in := range p.Flow.Inputs {
		if in.Name == reference {
			return source{input: i}, nil
		}
	}
	name, output, named := strings.Cut(reference, ".")
	i, ok := at[name]
	if !ok {
		return source{}, fmt.Errorf("%q is neither an input nor a step", reference)
	}
	ports := p.steps[i].target.Op.Outputs
	if len(ports) == 0 {
		return source{}, fmt.Errorf("%s has no outputs", p.steps[i].Op)
	}
	if !named {
		return source{input: -1, step: i}, nil
	}
	for o := range ports {
		if ports[o].Name == output {
			return source{input: -1, step: i, output: o}, nil
		}
	}
	return source{}, fmt.Errorf("%s has no output %q", p.steps[i].Op, output)
}

// order sorts the steps so that each comes behind those that it needs.
func (f *Flow) order() ([]int, error) {
	index := map[string]int{}
	for i, s := range f.Steps {
		index[s.Name] = i
	}
	const (
		unseen = iota
		open
		done
	)
	state, out := make([]int, len(f.Steps)), []int{}
	var visit func(i int) error
	visit = func(i int) error {
		switch state[i] {
		case open:
			return fault.New(opPlan, fault.Invalid, "step "+f.Steps[i].Name, "it needs its own output, by way of others or not", "")
		case done:
			return nil
		}
		state[i] = open
		for _, name := range f.Steps[i].Inputs {
			before, _, _ := strings.Cut(name, ".")
			if k, ok := index[before]; ok {
				if err := visit(k); err != nil {
					return err
				}
			}
		}
		state[i] = done
		out = append(out, i)
		return nil
	}
	for i := range f.Steps {
		if err := visit(i); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// digest leaves out the value of a parameter that is secret somewhere: it goes into a file.
func (p *Plan) digest(params map[string]any) (job.Digest, error) {
	shown := maps.Clone(params)
	var plugins []string
	for i := range p.steps {
		s := &p.steps[i]
		plugins = append(plugins, fmt.Sprintf("%s %x", s.Name, s.target.Digest))
		for _, spec := range s.target.Op.Params {
			if _, used, _ := fill(s.Params[spec.Name], params); spec.Secret {
				for _, name := range used {
					delete(shown, name)
				}
			}
		}
	}
	slices.Sort(plugins)
	text, err := json.Marshal([]any{p.withoutSecrets(), shown, plugins})
	return blake3.Sum256(text), err
}

// withoutSecrets is the flow without what it has written out for secret parameters.
func (p *Plan) withoutSecrets() Flow {
	f := *p.Flow
	f.Steps = slices.Clone(f.Steps)
	for i := range f.Steps {
		f.Steps[i].Params = maps.Clone(f.Steps[i].Params)
		for k := range p.steps {
			if p.steps[k].Name != f.Steps[i].Name {
				continue
			}
			for _, spec := range p.steps[k].target.Op.Params {
				if spec.Secret {
					delete(f.Steps[i].Params, spec.Name)
				}
			}
		}
	}
	return f
}
