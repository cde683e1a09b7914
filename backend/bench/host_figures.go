package bench

import (
	"context"
	"os"
	"time"
)

const (
	// hangDeadline is what a call that hangs is given.
	hangDeadline = 100 * time.Millisecond
	// idlePlugins share what can be shared, as a user's plugins do.
	idlePlugins = 8
	// smallInput is a call that is all overhead, bytes.
	smallInput = 16
	megabyte   = 1e6
)

// hostFigure is how a row is measured.
type hostFigure struct {
	name, title, unit, what string
	// why is the explanation where INOS loses: what costs it, and what is bought by that.
	why         string
	bytes       int // of an input
	times       int // calls in a turn
	limit       time.Duration
	least, most int // rounds
	stoppable   bool
	once        func(context.Context, contender, *stage, *hostInput) ([]float64, error)
}

var hostFigures = []hostFigure{
	{
		name: "cold_load", title: "cold load", unit: "ms", bytes: smallInput, times: 1,
		limit: 8 * time.Second, least: 3, most: 10, once: loadCold,
		what: "from the plugin's file to its first answer, with nothing in the compile cache",
		why: "the code is compiled in a new process, which has to be started and to close its " +
			"sandbox; Extism compiles in the app's own",
	}, {
		name: "warm_load", title: "warm load", unit: "ms", bytes: smallInput, times: 1,
		limit: 4 * time.Second, least: 5, most: 50, once: loadWarm,
		what: "from the plugin's file to its first answer, with its machine code in the cache",
		why: "a plugin has a process of its own, which has to be started and to close its sandbox; " +
			"Extism reads the code into the app's own",
	}, callFigure("call_16b", "call, 16 B", smallInput, 100, 4*time.Second,
		"the call goes to another process and back: two messages, and two processes to be woken; "+
			"Extism calls a function"),
	callFigure("call_64kib", "call, 64 KiB", 64<<10, 10, 4*time.Second,
		"the call goes to another process and back, which the payload does not outweigh yet"),
	callFigure("call_16mib", "call, 16 MiB", 16<<20, 1, 16*time.Second,
		"the plugin was made for Extism: it copies its payload word by word with a call of the "+
			"host for each, and these calls cost more in INOS; a plugin for INOS sees it where it lies"),
	{
		name: "kill", title: "end of a hang", unit: "ms", limit: 4 * time.Second, least: 3, most: 15,
		once: endHang, what: "from the deadline of a call that never returns to the end of the call",
		why: "a process is killed and its end awaited, since its code looks at no clock; Extism's " +
			"code looks at its deadline in each loop, which costs all its calls",
	}, {
		name: "idle_memory", title: "memory of an idle plugin", unit: "MB", bytes: smallInput, times: 1,
		limit: 4 * time.Second, least: 2, most: 4, once: idleMemory,
		what: "proportional set size of 8 plugins that answered once and of what the app's process " +
			"took for them, divided by 8",
		why: "a plugin has a process of its own, with a Go runtime and a heap in each; Extism's " +
			"plugins share the app's",
	},
}

func callFigure(
	name, title string, bytes, times int, limit time.Duration, why string,
) hostFigure {
	return hostFigure{
		name: name, title: title, unit: "us", bytes: bytes, times: times, stoppable: true,
		limit: limit, least: 3, most: 40, why: why,
		what: "from bytes of the caller's to an equal answer in bytes of the caller's",
		once: func(ctx context.Context, c contender, _ *stage, in *hostInput) ([]float64, error) {
			return c.call(ctx, in)
		},
	}
}

func loadCold(ctx context.Context, c contender, s *stage, in *hostInput) ([]float64, error) {
	cache, err := os.MkdirTemp(s.folder, "cold-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(cache)
	return one(c.load(ctx, cache, in))
}

func loadWarm(ctx context.Context, c contender, s *stage, in *hostInput) ([]float64, error) {
	return one(c.load(ctx, s.config.CacheDir, in))
}

func endHang(ctx context.Context, c contender, _ *stage, _ *hostInput) ([]float64, error) {
	return one(c.hang(ctx, hangDeadline))
}

func idleMemory(ctx context.Context, c contender, _ *stage, in *hostInput) ([]float64, error) {
	bytes, err := c.idle(ctx, idlePlugins, in)
	return one(float64(bytes)/idlePlugins/megabyte, err)
}

func one(figure float64, err error) ([]float64, error) { return []float64{Round(figure, 3)}, err }
