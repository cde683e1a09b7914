package bench

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/coder/websocket"

	"inos/backend/arena"
	"inos/backend/frames"
)

// handoverWay is how a frame is handed over.
type handoverWay int

const (
	wayShared handoverWay = iota
	wayFilled
	waySocket
	wayStream
)

// each calls do for every handover of the plan, in the order that both sides follow, and done after
// each round. In a round the sizes take turns, way by way. turn counts a way's handovers of one size
// over all rounds.
func (p *handoverPlan) each(
	do func(way handoverWay, size, turn int) error, done func(round int) error,
) error {
	for round := range p.Rounds {
		for way, times := range [...]int{p.Shared, p.Filled, p.Socket, p.Stream} {
			for turn := round * times; turn < (round+1)*times; turn++ {
				for size := range p.Sizes {
					if err := do(handoverWay(way), size, turn); err != nil {
						return err
					}
				}
			}
		}
		if err := done(round); err != nil {
			return err
		}
	}
	return nil
}

const (
	// firstFile is the reader's first inherited descriptor.
	firstFile = 3
	// readerOrigin is the page's own origin: the stream server talks to no other.
	readerOrigin = "wails://wails"
	stampBytes   = 8
	// maxPlanSizes bounds what a hostile plan can make the reader map.
	maxPlanSizes = 16
)

func putStamp(buffer []byte, ns uint64) { binary.LittleEndian.PutUint64(buffer, ns) }

func stampOf(buffer []byte) uint64 { return binary.LittleEndian.Uint64(buffer) }

// handoverReader is the side that takes the frames.
type handoverReader struct {
	plan     handoverPlan
	clock    clock
	channels []*arena.Channel
	ack      *arena.Channel
	conn     net.Conn
	ws       *websocket.Conn
	buffer   []byte
	result   handoverResult
}

// ReadHandover is the reader's process: it takes the frames of a plan (JSON) out of the inherited
// segments and writes its result to out, a document after each round.
func ReadHandover(ctx context.Context, plan string, out io.Writer) error {
	r := &handoverReader{clock: newClock()}
	if err := json.Unmarshal([]byte(plan), &r.plan); err != nil {
		return err
	}
	if err := r.open(ctx); err != nil {
		return err
	}
	defer r.conn.Close()
	defer r.ws.CloseNow()
	encoder := json.NewEncoder(out)
	return r.plan.each(func(way handoverWay, size, _ int) error {
		return r.take(ctx, way, size)
	}, func(int) error {
		err := encoder.Encode(r.result)
		r.result = newHandoverResult(len(r.plan.Sizes))
		return err
	})
}

func (r *handoverReader) open(ctx context.Context) (err error) {
	sizes := r.plan.Sizes
	if len(sizes) == 0 || len(sizes) > maxPlanSizes || len(r.plan.Lengths) != len(sizes) {
		return fmt.Errorf("a plan of %d sizes and %d lengths", len(sizes), len(r.plan.Lengths))
	}
	for i, size := range sizes {
		c, err := adoptChannel(firstFile+i, r.plan.Lengths[i])
		if err != nil {
			return err
		}
		if size < stampBytes || size > c.Capacity()*c.Stride() {
			return fmt.Errorf("a frame of %d bytes does not fit its channel", size)
		}
		r.channels = append(r.channels, c)
		r.buffer = make([]byte, max(len(r.buffer), size))
	}
	if r.ack, err = adoptChannel(firstFile+len(sizes), r.plan.AckBytes); err != nil {
		return err
	}
	r.result = newHandoverResult(len(sizes))
	if r.conn, err = net.Dial("unix", r.plan.Path); err != nil {
		return err
	}
	r.ws, _, err = websocket.Dial(ctx, r.plan.URL, &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {readerOrigin}},
	})
	if err == nil {
		r.ws.SetReadLimit(int64(len(r.buffer) + arena.StreamHeaderBytes))
	}
	return err
}

func adoptChannel(fd, byteLen int) (*arena.Channel, error) {
	segment, err := arena.Adopt(fd, arena.KindChannel, int64(byteLen), true)
	if err != nil {
		return nil, err
	}
	return arena.OpenChannel(segment)
}

// ready tells the writer to go on. It is a publish of its own: a word in shared memory.
func (r *handoverReader) ready() {
	slot, _ := r.ack.Begin()
	r.ack.Publish(slot, 1, 1, 0)
}

func (r *handoverReader) take(ctx context.Context, way handoverWay, size int) error {
	switch way {
	case waySocket:
		return r.takeSocket(size)
	case wayStream:
		return r.takeStream(ctx, size)
	case wayFilled:
		return r.takeShared(ctx, size, &r.result.Filled[size])
	default:
		return r.takeShared(ctx, size, &r.result.Shared[size])
	}
}

func (r *handoverReader) takeShared(ctx context.Context, size int, sample *[]float64) error {
	c := r.channels[size]
	before := c.Epoch()
	r.ready()
	if err := spinUntil(ctx, func() bool { return c.Epoch() != before }); err != nil {
		return err
	}
	frame, ok := c.Acquire()
	elapsed := r.clock.since(frame.StampNs)
	if !ok || len(frame.Data) != r.plan.Sizes[size] {
		return fmt.Errorf("a frame of %d bytes, %d expected", len(frame.Data), r.plan.Sizes[size])
	}
	c.Release()
	*sample = append(*sample, elapsed)
	return nil
}

func (r *handoverReader) takeSocket(size int) error {
	r.ready()
	buffer := r.buffer[:r.plan.Sizes[size]]
	if _, err := io.ReadFull(r.conn, buffer); err != nil {
		return err
	}
	r.result.Socket[size] = append(r.result.Socket[size], r.clock.since(stampOf(buffer)))
	return nil
}

// takeStream asks the way the page does: for the frame after the one it has.
func (r *handoverReader) takeStream(ctx context.Context, size int) error {
	request := frames.Request{Kind: frames.KindFrame, Entry: size,
		LastEpoch: r.channels[size].Epoch(), Generation: 1}
	message := frames.AppendRequest(nil, request)
	if err := r.ws.Write(ctx, websocket.MessageBinary, message); err != nil {
		return err
	}
	r.ready()
	_, answer, err := r.ws.Read(ctx)
	if err != nil {
		return err
	}
	now := r.clock.now()
	header, err := frames.ParseHeader(answer)
	if err != nil {
		return err
	}
	elapsed := float64(now-header.StampNs) / 1e3
	if header.Kind != frames.KindFrame || int(header.ByteLen) != r.plan.Sizes[size] {
		return fmt.Errorf("an answer of kind %d with %d bytes", header.Kind, header.ByteLen)
	}
	r.result.Stream[size] = append(r.result.Stream[size], elapsed)
	return nil
}
