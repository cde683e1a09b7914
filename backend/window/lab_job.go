package window

import (
	"context"
	"fmt"
	"slices"

	"inos/backend/fault"
	"inos/backend/job"
	"inos/backend/manifest"
)

// LabJobs is what the lab needs of the node. All that the lab knows of jobs is in this file.
type LabJobs interface {
	FindOp(unit, op string) (job.Target, error)
	Run(ctx context.Context, r job.Request) (*job.Result, error)
}

// labJob is one op with everything that it needs.
type labJob struct {
	unit   string
	op     *manifest.Op
	params map[string]any // as the page gave them: with secrets
	// public are all parameters in force, without secrets.
	public map[string]any
	inputs []*labItem
}

// labOutcome is what an op gave back.
type labOutcome struct {
	figures   []LabFigure
	outputs   []*labItem
	pluginMs  float64
	fromCache bool
}

// LabFigure is a number that an op reported.
type LabFigure struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
	// Value is a number, one of the words of job.NonFinite, or nil: none was reported.
	Value any `json:"value"`
}

// newLabJob finds the op and checks the parameters; nothing runs yet.
func (l *Lab) newLabJob(r LabRequest) (*labJob, error) {
	t, err := l.Jobs.FindOp(r.Unit, r.Op)
	if err != nil {
		return nil, err
	}
	values, err := manifest.CoerceParams(t.Op.Params, r.Params)
	if err != nil {
		return nil, err
	}
	j := &labJob{unit: r.Unit, op: t.Op, params: r.Params, public: manifest.Values(t.Op.Params, values)}
	if len(r.Inputs) > len(t.Op.Inputs) {
		return nil, fault.Newf(opLab, fault.Invalid, t.Op.Name, "%d inputs were given, it takes %d", len(r.Inputs), len(t.Op.Inputs))
	}
	for i, port := range t.Op.Inputs {
		if i >= len(r.Inputs) {
			if port.Optional {
				continue
			}
			return nil, fault.New(opLab, fault.Invalid, port.Name, "this input is missing", "choose a file, or drop one")
		}
		item, err := l.items.find(r.Inputs[i])
		if err != nil {
			return nil, err
		}
		j.inputs = append(j.inputs, item)
	}
	return j, nil
}

// secrets are the values that must not get out. They are redacted from what a plugin says of its failure.
func (j *labJob) secrets() (out []string) {
	for i := range j.op.Params {
		if text, is := j.params[j.op.Params[i].Name].(string); is && j.op.Params[i].Secret && text != "" {
			out = append(out, text)
		}
	}
	return out
}

// confided: what comes of it is not for a cache on the disk, since a secret is in it, or in what it was made of.
func (j *labJob) confided() bool {
	return len(j.secrets()) > 0 || slices.ContainsFunc(j.inputs, func(i *labItem) bool { return i.confided })
}

// run runs it as a job of the node.
func (j *labJob) run(ctx context.Context, jobs LabJobs, progress func(done, total uint64)) (*labOutcome, error) {
	request := job.Request{
		Unit: j.unit, Op: j.op.Name, Params: j.params, Places: len(j.op.Outputs), Progress: progress,
		NoCache: j.confided(),
	}
	for _, item := range j.inputs {
		if item.path != "" {
			request.Inputs = append(request.Inputs, job.Input{Path: item.path})
		} else {
			request.Inputs = append(request.Inputs, job.Input{Bytes: item.data, Name: item.Name})
		}
	}
	result, err := jobs.Run(ctx, request)
	if err != nil {
		return nil, err
	}
	out := &labOutcome{pluginMs: float64(result.GuestNs) / 1e6, fromCache: result.FromCache != nil}
	for _, f := range result.Results {
		out.figures = append(out.figures, labFigure(f))
	}
	for _, o := range result.Outputs {
		media := o.Media
		if declared := j.op.Outputs[o.Index].Media; media == "" && len(declared) == 1 {
			media = declared[0]
		}
		item := describeBytes("", media, o.Bytes)
		item.Name = fmt.Sprintf("%s-%s%s", j.op.Name, o.Name, ending(item.Media))
		item.Origin, item.Output, item.index, item.confided = labResult, o.Name, o.Index, j.confided()
		out.outputs = append(out.outputs, item)
	}
	return out, nil
}

func labFigure(f job.Figure) LabFigure {
	out := LabFigure{Name: f.Name, Unit: f.Unit}
	switch word := job.NonFinite(f.Value); {
	case !f.Reported:
	case word != "":
		out.Value = word
	default:
		out.Value = f.Value
	}
	return out
}
