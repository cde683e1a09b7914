package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"inos/backend/fault"
)

// HostReport sets INOS beside Extism's Go SDK: the same plugin, made with Extism's own kit.
type HostReport struct {
	Run
	Plugin string `json:"plugin"`
	SHA256 string `json:"plugin_sha256"` // of the file that both ran
	// Extism is what INOS is compared with; null: WhyNoExtism.
	Extism      *ExtismVersions `json:"extism"`
	WhyNoExtism string          `json:"extism_reason,omitempty"`
	Rows        []HostRow       `json:"rows"`
}

// ExtismVersions are those of the other side's modules.
type ExtismVersions struct {
	SDK    string `json:"sdk"`
	Wazero string `json:"wazero"`
}

// HostRow is one figure of both hosts. Less is better in all of them.
type HostRow struct {
	Name   string  `json:"name"`
	Title  string  `json:"title"`
	Unit   string  `json:"unit"`
	What   string  `json:"what"`
	Inos   Spread  `json:"inos"`
	Extism *Spread `json:"extism"` // null where it was not measured
	// Stoppable is Extism with a timeout, without which no call of it can be ended; only where that
	// makes a difference.
	Stoppable *Spread `json:"extism_with_timeout,omitempty"`
	// Ratio is INOS over Extism, medians, the latter without a timeout wherever it can be.
	Ratio float64 `json:"ratio,omitempty"`
	// Why is there where INOS loses: the ratio is above 1.
	Why string `json:"why,omitempty"`
}

// Loses reports whether INOS is the slower or the bigger one.
func (r HostRow) Loses() bool { return r.Ratio > 1 }

// contender is one of the hosts. Each method checks that what came out is what went in.
type contender interface {
	// load is from the plugin's file to its first answer, in ms; cache is for machine code.
	load(ctx context.Context, cache string, in *hostInput) (float64, error)
	// call repeats a call of one loaded plugin, in us each.
	call(ctx context.Context, in *hostInput) ([]float64, error)
	// hang is from the deadline of a call that hangs to the call's end, in ms.
	hang(ctx context.Context, deadline time.Duration) (float64, error)
	// idle is the memory of so many plugins that have answered once, in bytes.
	idle(ctx context.Context, plugins int, in *hostInput) (int64, error)
	close()
}

// Host measures with the plugin file mirror. Where p.Extism is not there INOS is measured alone. A
// report may be incomplete.
func Host(ctx context.Context, p Programs, mirror string) (*HostReport, error) {
	return measureHosts(ctx, p, mirror, hostFigures)
}

func measureHosts(
	ctx context.Context, p Programs, mirror string, figures []hostFigure,
) (*HostReport, error) {
	watch := beginWatch()
	report := &HostReport{Plugin: filepath.Base(mirror)}
	err := report.measure(ctx, p, mirror, figures)
	if err := watch.end(ctx, &report.Run, err, len(report.Rows) > 0); err != nil {
		return nil, err
	}
	return report, nil
}

func (r *HostReport) measure(
	ctx context.Context, p Programs, mirror string, figures []hostFigure,
) error {
	wasm, err := os.ReadFile(mirror)
	if err != nil {
		return fault.Wrap("bench.host", fault.NotFound, r.Plugin, fault.Bare(err), "make build")
	}
	sum := sha256.Sum256(wasm)
	r.SHA256 = hex.EncodeToString(sum[:])
	s, err := newStage(p.Worker, p.AllowNoSeccomp)
	if err != nil {
		return fault.Wrap("bench.host", fault.Unavailable, "worker", err, "")
	}
	defer s.close()
	hosts, err := r.contenders(ctx, p, s, mirror)
	if err != nil {
		return fault.Wrap("bench.host", fault.KindOf(err), "extism-host", err, "make build")
	}
	defer hosts.close()
	for _, f := range figures {
		p.note("host, %s", f.title)
		row, err := hosts.row(ctx, s, f)
		if row.Inos.N > 0 {
			r.Rows = append(r.Rows, row)
		}
		if err != nil {
			return fault.Wrap("bench.host", fault.KindOf(err), f.title, err, "")
		}
	}
	return nil
}

// hosts are the contenders of one run.
type hosts struct {
	inos              contender
	extism, stoppable contender // nil: it is not there
}

func (r *HostReport) contenders(
	ctx context.Context, p Programs, s *stage, mirror string,
) (*hosts, error) {
	h := &hosts{inos: &inosHost{stage: s, path: mirror}}
	if _, err := os.Stat(p.Extism); err != nil {
		r.WhyNoExtism = filepath.Base(p.Extism) + " is not built"
		return h, nil
	}
	program := extismProgram{path: p.Extism, plugin: mirror, sha256: r.SHA256,
		cache: s.config.CacheDir}
	extism, err := program.start(ctx)
	if err != nil {
		return nil, err
	}
	r.Extism = &extism.versions
	stoppable := *extism
	stoppable.timeout = extismPatience
	h.extism, h.stoppable = extism, &stoppable
	return h, nil
}

func (h *hosts) close() {
	h.inos.close()
	if h.extism != nil {
		h.extism.close()
	}
}

// sides are who takes turns at a figure.
func (h *hosts) sides(f hostFigure) []contender {
	switch {
	case h.extism == nil:
		return []contender{h.inos}
	case f.stoppable:
		return []contender{h.inos, h.extism, h.stoppable}
	}
	return []contender{h.inos, h.extism}
}

// row measures a figure. The first round only warms up.
func (h *hosts) row(ctx context.Context, s *stage, f hostFigure) (HostRow, error) {
	in, err := s.hostInput(f.bytes, f.times)
	if err != nil {
		return HostRow{}, err
	}
	var samples [3][]float64 // in the order of sides
	round := 0
	err = turns(f.limit, f.least+1, f.most+1, time.Now, func() error {
		for i, side := range h.sides(f) {
			took, err := f.once(ctx, side, s, in)
			if err != nil {
				return err
			}
			if round > 0 {
				samples[i] = append(samples[i], took...)
			}
		}
		round++
		return nil
	})
	return f.row(samples[0], samples[1], samples[2]), err
}

func (f hostFigure) row(inos, extism, stoppable []float64) HostRow {
	row := HostRow{Name: f.name, Title: f.title, Unit: f.unit, What: f.what, Inos: SpreadOf(inos)}
	if len(extism) > 0 {
		spread := SpreadOf(extism)
		row.Extism, row.Ratio = &spread, Ratio(row.Inos.P50, spread.P50)
	}
	if len(stoppable) > 0 {
		spread := SpreadOf(stoppable)
		row.Stoppable = &spread
	}
	if row.Loses() {
		row.Why = f.why
	}
	return row
}

// hostInput is what a plugin is given, some times in a turn; a file for the other program.
type hostInput struct {
	path  string
	bytes []byte
	times int
	sum   string // SHA-256 of all that must come back in one turn
}

// hostInput makes one of random bytes, the same in each run.
func (s *stage) hostInput(byteLen, times int) (*hostInput, error) {
	in := &hostInput{bytes: make([]byte, byteLen), times: times,
		path: filepath.Join(s.folder, fmt.Sprintf("input-%d", byteLen))}
	_, _ = rand.NewChaCha8([32]byte{}).Read(in.bytes) // it never fails
	sum := sha256.New()
	for range times {
		sum.Write(in.bytes)
	}
	in.sum = hex.EncodeToString(sum.Sum(nil))
	return in, os.WriteFile(in.path, in.bytes, 0o600)
}

// check says which host gave something else back.
func (in *hostInput) check(host, sum string) error {
	if sum == in.sum {
		return nil
	}
	return fault.Newf("bench.host", fault.Internal, host,
		"the plugin gave back other bytes than the %d that it was given", len(in.bytes))
}
