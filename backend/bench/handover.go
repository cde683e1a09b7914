package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/frames"
)

// handoverSizes are the frames that are handed over, in bytes.
var handoverSizes = []int{64, 64 << 10, 1 << 20, 16 << 20}

// handoverStride is the length of one element; every size is a multiple.
const handoverStride = 64

// handoverRounds is how often all ways and sizes take their turn. A round is short, so that a slow
// moment of the machine hits all of it.
const handoverRounds = 30

// Handovers per round and size. Where frames are filled before each, big ones take their time.
const (
	sharedPerRound = 40
	filledPerRound = 6
	socketPerRound = 2
	streamPerRound = 1
)

// handoverLimit bounds the part between processes.
const handoverLimit = 2 * time.Minute

// How far publishes are spread over the stream server's polling period, in so many steps, so that
// the median is the one that a page sees.
const (
	streamSettle = 3 * time.Millisecond
	streamSpread = 2 * time.Millisecond
	streamSteps  = 5
)

// handoverMeasures says what each figure of a row is.
var handoverMeasures = map[string]string{
	"shared": "publish to the slot being held, both sides spinning; no byte of the frame is " +
		"copied, and only its ends were written just before",
	"filled": "the same right after the writer has written the whole frame: with a large one the " +
		"channel's header has left the cache and must be fetched again; still no byte is copied",
	"socket": "write to the last byte read, Unix socket",
	"stream": "publish to the message received, the window's WebSocket path",
	"page":   "publish to the window's page holding the slot, as the kernel sees it",
}

// HandoverReport says how long it takes from publishing a frame until another process holds it.
type HandoverReport struct {
	Run
	Unit string `json:"unit"` // of all spreads: microseconds
	// Measures says in words what the fields of a row, and page, are.
	Measures map[string]string `json:"measures"`
	Rows     []HandoverRow     `json:"rows"`
	// Ratio is the shared p50 of the largest frame over that of the smallest. Sizes take turns
	// within each round.
	Ratio   float64 `json:"ratio"`
	RatioOf string  `json:"ratio_of"`
	Rounds  int     `json:"rounds"`
	// Page is what the window measured; null: WhyNoPage.
	Page      json.RawMessage `json:"page"`
	WhyNoPage string          `json:"page_reason,omitempty"`
}

// HandoverRow is one frame size; handoverMeasures has the fields' meaning.
type HandoverRow struct {
	Bytes  int    `json:"bytes"`
	Shared Spread `json:"shared"`
	Filled Spread `json:"filled"`
	Socket Spread `json:"socket"`
	Stream Spread `json:"stream"`
}

// handoverPlan is what writer and reader both follow; the reader gets it as JSON.
type handoverPlan struct {
	Sizes    []int  `json:"sizes"`
	Lengths  []int  `json:"lengths"` // of the channel segments, in bytes
	AckBytes int    `json:"ackBytes"`
	Rounds   int    `json:"rounds"`
	Shared   int    `json:"shared"`
	Filled   int    `json:"filled"`
	Socket   int    `json:"socket"`
	Stream   int    `json:"stream"`
	Path     string `json:"path"` // of the Unix socket
	URL      string `json:"url"`  // of the stream, with the token
}

// handoverResult is what the reader prints after each round: microseconds by size.
type handoverResult struct {
	Shared [][]float64 `json:"shared"`
	Filled [][]float64 `json:"filled"`
	Socket [][]float64 `json:"socket"`
	Stream [][]float64 `json:"stream"`
}

func newHandoverResult(sizes int) handoverResult {
	return handoverResult{make([][]float64, sizes), make([][]float64, sizes),
		make([][]float64, sizes), make([][]float64, sizes)}
}

// add appends another round's samples. It refuses one with another number of sizes.
func (r *handoverResult) add(round handoverResult) error {
	for _, way := range []struct{ all, more [][]float64 }{
		{r.Shared, round.Shared}, {r.Filled, round.Filled},
		{r.Socket, round.Socket}, {r.Stream, round.Stream},
	} {
		if len(way.more) != len(way.all) {
			return fmt.Errorf("a round of %d sizes, %d expected", len(way.more), len(way.all))
		}
		for size := range way.all {
			way.all[size] = append(way.all[size], way.more[size]...)
		}
	}
	return nil
}

// Handover measures with a reader in a process of its own, then with the window's page. reader is
// the command line that ends up in ReadHandover; the plan is appended. A report may be incomplete.
func Handover(ctx context.Context, reader []string, p Programs) (*HandoverReport, error) {
	return handover(ctx, reader, p, handoverPlan{
		Sizes:  handoverSizes,
		Rounds: handoverRounds,
		Shared: sharedPerRound,
		Filled: filledPerRound,
		Socket: socketPerRound,
		Stream: streamPerRound,
	})
}

func handover(
	ctx context.Context, reader []string, p Programs, plan handoverPlan,
) (*HandoverReport, error) {
	watch := beginWatch()
	report := &HandoverReport{Unit: "us", Measures: handoverMeasures,
		RatioOf: "shared p50, largest frame over smallest, in turns"}
	err := report.measure(ctx, reader, plan, p.note)
	if err == nil {
		report.Page, report.WhyNoPage = p.pagePart(ctx, "handover")
	}
	err = fault.Wrap("bench.handover", fault.Unavailable, "handover", err, "")
	if err := watch.end(ctx, &report.Run, err, report.Rounds > 0); err != nil {
		return nil, err
	}
	return report, nil
}

func (r *HandoverReport) measure(
	ctx context.Context, reader []string, plan handoverPlan, note func(string, ...any),
) error {
	ctx, cancel := context.WithTimeout(ctx, handoverLimit)
	defer cancel()
	w, err := newHandoverWriter(ctx, plan)
	if err != nil {
		return err
	}
	defer w.close()
	w.note = note
	out, err := w.run(ctx, reader)
	result, rounds, badRound := readRounds(out, len(plan.Sizes))
	if err == nil {
		err = badRound
	}
	if rounds > 0 {
		r.fill(plan.Sizes, result)
		r.Rounds = rounds
	}
	return err
}

// readRounds adds up what a reader has printed: a document for each round. An ended reader's last
// one may be cut off.
func readRounds(out []byte, sizes int) (all handoverResult, rounds int, err error) {
	all = newHandoverResult(sizes)
	decoder := json.NewDecoder(bytes.NewReader(out))
	for ; ; rounds++ {
		var round handoverResult
		if err := decoder.Decode(&round); err == io.EOF {
			return all, rounds, nil
		} else if err != nil {
			return all, rounds, err
		}
		if err := all.add(round); err != nil {
			return all, rounds, err
		}
	}
}

func (r *HandoverReport) fill(sizes []int, result handoverResult) {
	for i, size := range sizes {
		r.Rows = append(r.Rows, HandoverRow{
			Bytes:  size,
			Shared: SpreadOf(result.Shared[i]),
			Filled: SpreadOf(result.Filled[i]),
			Socket: SpreadOf(result.Socket[i]),
			Stream: SpreadOf(result.Stream[i]),
		})
	}
	first, last := r.Rows[0], r.Rows[len(r.Rows)-1]
	r.Ratio = Ratio(last.Shared.P50, first.Shared.P50)
}

// handoverWriter is the side that publishes.
type handoverWriter struct {
	plan     handoverPlan
	note     func(format string, args ...any)
	clock    clock
	arena    *arena.Arena
	channels []*arena.Channel
	ack      *arena.Channel
	acks     uint32
	server   *frames.Server
	listener net.Listener
	folder   string
	filler   byte
	drained  atomic.Uint32
	stop     context.CancelFunc
	served   chan error
}

// newHandoverWriter makes channels, socket and stream server. Its own arena is as big as the
// frames need: the budget of the user's is not what is measured.
func newHandoverWriter(ctx context.Context, plan handoverPlan) (_ *handoverWriter, err error) {
	w := &handoverWriter{plan: plan, clock: newClock(), arena: arena.New(arena.MaxBudget)}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	kernel, err := w.arena.NewKernel()
	if err != nil {
		return nil, err
	}
	for i, size := range plan.Sizes {
		name := fmt.Sprintf("handover-%d", size)
		c, err := w.arena.NewChannel(name, size/handoverStride, handoverStride, nil)
		if err != nil {
			return nil, err
		}
		kernel.SetEntry(i, arena.Entry{Segment: c.Segment().ID(), FD: c.Segment().FD(),
			Kind: arena.KindChannel, ByteLen: c.Segment().Len(), Unit: name})
		w.channels = append(w.channels, c)
		w.plan.Lengths = append(w.plan.Lengths, int(c.Segment().Len()))
	}
	if w.ack, err = w.arena.NewChannel("handover-ack", 1, 4, nil); err != nil {
		return nil, err
	}
	w.plan.AckBytes = int(w.ack.Segment().Len())
	if err := w.listen(); err != nil {
		return nil, err
	}
	return w, w.serve(ctx, kernel)
}

func (w *handoverWriter) listen() (err error) {
	if w.folder, err = os.MkdirTemp("", "inos-bench-"); err != nil {
		return err
	}
	w.plan.Path = filepath.Join(w.folder, "socket")
	w.listener, err = net.Listen("unix", w.plan.Path)
	return err
}

func (w *handoverWriter) serve(ctx context.Context, kernel *arena.Kernel) (err error) {
	if w.server, err = frames.NewServer(kernel); err != nil {
		return err
	}
	w.plan.URL = w.server.URL() + "?token=" + w.server.Token()
	ctx, w.stop = context.WithCancel(ctx)
	w.served = make(chan error, 1)
	go func() { w.served <- w.server.Serve(ctx) }()
	return nil
}

func (w *handoverWriter) close() {
	if w.stop != nil {
		w.stop()
		<-w.served
	}
	if w.listener != nil {
		_ = w.listener.Close() // the folder with its name goes next
	}
	if w.folder != "" {
		_ = os.RemoveAll(w.folder)
	}
	_ = w.arena.Close()
}

// run starts the reader and follows the plan with it. It returns what the reader has printed, also
// with an error.
func (w *handoverWriter) run(ctx context.Context, reader []string) ([]byte, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	plan, err := json.Marshal(w.plan)
	if err != nil {
		return nil, err
	}
	var out, reasons bytes.Buffer
	command := exec.CommandContext(ctx, reader[0], append(reader[1:], string(plan))...)
	command.Stdout, command.Stderr = &out, &reasons
	files, err := w.files()
	defer closeFiles(files)
	if err != nil {
		return nil, err
	}
	command.ExtraFiles = files
	ownGroup(command)
	if err := command.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() {
		err := command.Wait()
		if err != nil {
			cancel(fmt.Errorf("the reader ended: %w: %s", err, bytes.TrimSpace(reasons.Bytes())))
		}
		ended <- err
	}()
	if err := w.follow(ctx); err != nil {
		cancel(err)
		<-ended
		return out.Bytes(), context.Cause(ctx)
	}
	if err := <-ended; err != nil {
		return out.Bytes(), context.Cause(ctx)
	}
	return out.Bytes(), nil
}

// files are duplicates of the segments' descriptors: the reader's 3, 4, ..., the last is the ack.
func (w *handoverWriter) files() ([]*os.File, error) {
	var files []*os.File
	for _, c := range append(w.channels[:len(w.channels):len(w.channels)], w.ack) {
		file, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", c.Segment().FD()), os.O_RDWR, 0)
		if err != nil {
			return files, err
		}
		files = append(files, file)
	}
	return files, nil
}

func closeFiles(files []*os.File) {
	for _, file := range files {
		_ = file.Close() // the reader has its own
	}
}

// follow is the writer's part of the plan.
func (w *handoverWriter) follow(ctx context.Context) error {
	conn, err := w.accept(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return w.plan.each(func(way handoverWay, size, turn int) error {
		if err := w.waitAck(ctx); err != nil {
			return err
		}
		if way == waySocket {
			return w.send(conn, size)
		}
		if way == wayStream {
			time.Sleep(streamSettle + time.Duration(turn%streamSteps)*streamSpread/streamSteps)
		}
		w.publish(size, way != wayShared)
		return nil
	}, func(round int) error {
		w.note("handover, round %d of %d", round+1, w.plan.Rounds)
		return nil
	})
}

func (w *handoverWriter) accept(ctx context.Context) (net.Conn, error) {
	stop := context.AfterFunc(ctx, func() { _ = w.listener.Close() })
	defer stop()
	return w.listener.Accept()
}

// waitAck spins until the reader says that it is ready for the next handover.
func (w *handoverWriter) waitAck(ctx context.Context) error {
	w.acks++
	return spinUntil(ctx, func() bool { return w.ack.Epoch() == w.acks })
}

// publish changes a frame, whole or its ends, then stamps and publishes it. The atomic addition
// lets the last stores reach memory before the stamp: they are the writing, not the handover.
func (w *handoverWriter) publish(size int, whole bool) {
	c := w.channels[size]
	slot, buffer := c.Begin()
	buffer = buffer[:w.plan.Sizes[size]]
	if whole {
		w.fill(buffer)
	} else {
		w.fill(buffer[:stampBytes])
		w.fill(buffer[len(buffer)-stampBytes:])
	}
	w.drained.Add(1)
	c.Publish(slot, len(buffer)/handoverStride, 1, w.clock.now())
}

// send writes a stamp and the frame.
func (w *handoverWriter) send(conn net.Conn, size int) error {
	_, buffer := w.channels[size].Begin()
	buffer = buffer[:w.plan.Sizes[size]]
	w.fill(buffer)
	putStamp(buffer, w.clock.now())
	_, err := conn.Write(buffer)
	return err
}

func (w *handoverWriter) fill(buffer []byte) {
	w.filler++
	for i := range buffer {
		buffer[i] = w.filler
	}
}
