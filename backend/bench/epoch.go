package bench

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"time"
	"unsafe"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/wire"
)

// Bounds of the epoch benchmark, which ends with the first that is reached.
const (
	epochRounds  = 200_000
	epochTime    = 3 * time.Second
	epochWarmUps = 1000
)

// elementBytes is the stride of every channel so far: Instance of schemas/compute/frame.capnp.
const elementBytes = arena.InstanceBytes

// EpochReport is the time from the kernel's change of a word in shared memory until it sees the
// answer, while both sides spin.
type EpochReport struct {
	Run
	Unit   string `json:"unit"` // microseconds
	Worker Spread `json:"worker"`
	// Page is what the window measured; null: WhyNoPage.
	Page      json.RawMessage `json:"page"`
	WhyNoPage string          `json:"page_reason,omitempty"`
}

// Epoch measures both round trips, the page's in the real window. A report may be
// incomplete.
func Epoch(ctx context.Context, p Programs) (*EpochReport, error) {
	watch := beginWatch()
	report := &EpochReport{Unit: "us"}
	p.note("epoch, worker")
	worker, err := workerEpoch(ctx, p)
	if err == nil {
		report.Worker = worker
		report.Page, report.WhyNoPage = p.pagePart(ctx, "epoch")
	}
	err = fault.Wrap("bench.epoch", fault.KindOf(err), "worker", err, "see inos doctor")
	if err := watch.end(ctx, &report.Run, err, worker.N > 0); err != nil {
		return nil, err
	}
	return report, nil
}

// workerEpoch has the echo guest tick as fast as it can over a channel of ours. The words lie in
// the slot that the guest sees; it publishes nothing, so that the slot stays the same.
func workerEpoch(ctx context.Context, p Programs) (Spread, error) {
	s, err := newStage(p.Worker, p.AllowNoSeccomp)
	if err != nil {
		return Spread{}, err
	}
	defer s.close()
	plugin, err := echoPlugin()
	if err != nil {
		return Spread{}, err
	}
	worker, err := s.spawn(ctx, plugin)
	if err != nil {
		return Spread{}, err
	}
	defer worker.Close()
	live := plugin.Manifest.LiveUnit().Live
	c, err := s.arena.NewChannel("echo", int(live.Channels[0].Capacity), elementBytes, nil)
	if err != nil {
		return Spread{}, err
	}
	if err := worker.AttachChannel(0, c); err != nil {
		return Spread{}, err
	}
	run := wire.Live{Run: true, DtUs: uint32(1_000_000 / uint32(live.RateHz)), Shards: 1}
	if err := worker.Live(run); err != nil {
		return Spread{}, err
	}
	slot, _ := c.Begin()
	spread, err := echoRounds(ctx, c.Segment().Bytes()[c.SlotOffset(slot):])
	if dead := worker.Err(); dead != nil {
		err = dead
	}
	return spread, err
}

// echoRounds asks and waits for the answer, again and again.
func echoRounds(ctx context.Context, slot []byte) (Spread, error) {
	ask, answer := wordAt(slot, echoAskAt), wordAt(slot, echoAnswerAt)
	samples := make([]float64, 0, epochRounds)
	end := time.Now().Add(epochTime)
	for round := uint32(1); len(samples) < epochRounds; round++ {
		start := time.Now()
		atomic.StoreUint32(ask, round)
		if err := spinUntil(ctx, func() bool { return atomic.LoadUint32(answer) == round }); err != nil {
			return Spread{}, err
		}
		took := time.Since(start)
		if round > epochWarmUps {
			samples = append(samples, micros(took))
		}
		if start.After(end) {
			break
		}
	}
	return SpreadOf(samples), nil
}

func wordAt(slot []byte, at int) *uint32 { return (*uint32)(unsafe.Pointer(&slot[at])) }
