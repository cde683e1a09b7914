package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/zeebo/blake3"

	"inos/backend/fault"
	"inos/backend/host"
	"inos/backend/job"
	"inos/backend/manifest"
	"inos/backend/node"
	"inos/backend/wire"
)

// What the call benchmark runs: the plugin examples/adder.wasm.
const (
	adderFile    = "adder.wasm"
	adderUnit    = "adder"
	adderAdd     = "add"
	adderAddAt   = "add_at"
	callRounds   = 20
	callsInRound = 200
	// callPayload is the input that is handed over by window, in bytes.
	callPayload = 16 << 20
	floatBytes  = 4
)

// CallReport says what a call of a plugin costs, in microseconds.
type CallReport struct {
	Run
	Unit string `json:"unit"`
	// Add is a job that adds two numbers, from the kernel's call to the result in its hands.
	Add Spread `json:"add"`
	// Window adds two values out of a 16 MiB input that the guest sees where it lies.
	Window Spread `json:"window"`
	// Ratio is window over add.
	Ratio float64 `json:"ratio"`
	// Job is add through the whole node: find the op, check the parameters, take a worker.
	Job          Spread `json:"job"`
	PayloadBytes int    `json:"payload_bytes"`
}

// Call measures with the adder of folder. n must see that folder, too. A report may be
// incomplete.
func Call(ctx context.Context, n *node.Node, p Programs, folder string) (*CallReport, error) {
	watch := beginWatch()
	report := &CallReport{Unit: "us", PayloadBytes: callPayload}
	err := report.measure(ctx, n, p, folder)
	if err := watch.end(ctx, &report.Run, err, report.Job.N > 0); err != nil {
		return nil, err
	}
	return report, nil
}

func (r *CallReport) measure(
	ctx context.Context, n *node.Node, p Programs, folder string,
) error {
	c, err := newCaller(ctx, p, filepath.Join(folder, adderFile))
	if err != nil {
		return fault.Wrap("bench.call", fault.KindOf(err), adderFile, err, "make build")
	}
	defer c.close()
	var add, window, jobs []float64
	err = callTurns([]callWay{
		{&add, func() error { return c.call(ctx, adderAdd, c.numbers, nil, 3) }},
		{&window, func() error { return c.call(ctx, adderAddAt, c.places, c.payload, 3) }},
		{&jobs, func() error { return jobOnce(ctx, n) }},
	})
	r.Add, r.Window, r.Job = SpreadOf(add), SpreadOf(window), SpreadOf(jobs)
	r.Ratio = Ratio(r.Window.P50, r.Add.P50)
	return err
}

// callWay is one way of calling with its samples.
type callWay struct {
	sample *[]float64
	once   func() error
}

// callTurns lets the ways take turns. The first round only warms up.
func callTurns(ways []callWay) error {
	for round := range callRounds + 1 {
		for _, way := range ways {
			took, err := timeCalls(callsInRound, way.once)
			if err != nil {
				return err
			}
			if round > 0 {
				*way.sample = append(*way.sample, took...)
			}
		}
	}
	return nil
}

func timeCalls(times int, once func() error) ([]float64, error) {
	var samples []float64
	for range times {
		start := time.Now()
		if err := once(); err != nil {
			return nil, err
		}
		samples = append(samples, micros(time.Since(start)))
	}
	return samples, nil
}

func jobOnce(ctx context.Context, n *node.Node) error {
	result, err := n.Run(ctx, job.Request{NoCache: true, Unit: adderUnit, Op: adderAdd,
		Params: map[string]any{"a": 1.0, "b": 2.0}})
	if err != nil {
		return err
	}
	if sum, ok := result.Figure("sum"); !ok || sum != 3 {
		return fmt.Errorf("the job says that 1 + 2 = %v", sum)
	}
	return nil
}

// caller is a worker that runs the adder, with its payload lent.
type caller struct {
	stage           *stage
	worker          *host.Worker
	unit            *manifest.Unit
	payload         []*host.Payload
	numbers, places []wire.Value
}

func newCaller(ctx context.Context, p Programs, path string) (_ *caller, err error) {
	wasm, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := manifest.Parse(wasm)
	if err != nil {
		return nil, err
	}
	c := &caller{unit: m.FindUnit(adderUnit)}
	if c.unit == nil || c.unit.FindOp(adderAdd) == nil || c.unit.FindOp(adderAddAt) == nil {
		return nil, fmt.Errorf("%s has no %s.%s and %s.%s", path, adderUnit, adderAdd, adderUnit,
			adderAddAt)
	}
	if c.stage, err = newStage(p.Worker, p.AllowNoSeccomp); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	plugin := &host.Plugin{Manifest: m, Digest: blake3.Sum256(wasm), Path: path, Wasm: wasm}
	if c.worker, err = c.stage.spawn(ctx, plugin); err != nil {
		return nil, err
	}
	return c, c.lend()
}

// lend fills the payload: its first value is 1, its last 2.
func (c *caller) lend() error {
	payload, err := c.worker.NewInput(callPayload)
	if err != nil {
		return err
	}
	c.payload = []*host.Payload{payload}
	copy(payload.Bytes(), []byte{0, 0, 0x80, 0x3f})
	copy(payload.Bytes()[callPayload-floatBytes:], []byte{0, 0, 0, 0x40})
	number, place := wire.NumberOf, wire.IntegerOf
	c.numbers = []wire.Value{number(1), number(2)}
	c.places = []wire.Value{place(0), place(callPayload/floatBytes - 1)}
	return nil
}

func (c *caller) close() {
	if c.worker != nil {
		for _, payload := range c.payload {
			payload.Release()
		}
		c.worker.Close()
	}
	c.stage.close()
}

// call runs an op and checks its first result.
func (c *caller) call(
	ctx context.Context, op string, params []wire.Value, inputs []*host.Payload, want float64,
) error {
	o := c.unit.FindOp(op)
	result, err := c.worker.Call(ctx, host.Call{Op: o.Number, Params: params, Inputs: inputs,
		Outputs: len(o.Outputs), Results: len(o.Results)})
	if err != nil {
		return err
	}
	defer result.Release()
	if len(result.Results) == 0 || result.Results[0] != want {
		return fmt.Errorf("%s gives %v, not %v", op, result.Results, want)
	}
	return nil
}
