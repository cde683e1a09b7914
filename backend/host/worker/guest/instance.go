package guest

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"inos/backend/wire"
)

// Host is what the instances of one worker share.
type Host struct {
	// SharedBytes is how much of the window at SharedBase is mapped.
	SharedBytes int64
	Channels    *Channels
	Log         *Logger
	// Progress notes the guest's progress and says whether it shall stop.
	Progress func(done, total uint64) (stop bool)
	// Refused hears about every frame that cannot be published.
	Refused func(index, count int32)
	// OwnBytes hears about every change of an instance's own memory.
	OwnBytes func(delta int64)
}

// Instance is one instance of the module with its memory. Its methods belong to one goroutine at
// a time.
type Instance struct {
	host   *Host
	memory *Memory
	module api.Module
	ctx    context.Context

	params []wire.Value
	job    *Job
	text   string // from `fail`

	call, init, tick, save, load api.Function
	stack                        [4]uint64
}

// Config says how to make an instance.
type Config struct {
	Space       *Space
	Number      int
	MemoryBytes int64
	Host        *Host
	// Map fills the window region before any code of the guest runs.
	Map func(*Memory) error
}

// Instantiate makes an instance. This is where code of the guest runs for the first time.
func (p *Program) Instantiate(ctx context.Context, c Config) (*Instance, error) {
	if p.InitialBytes() > c.MemoryBytes {
		return nil, fmt.Errorf("the memory begins with %d bytes, its limit is %d",
			p.InitialBytes(), c.MemoryBytes)
	}
	memory, err := c.Space.NewMemory(c.Number, c.MemoryBytes, c.Host.OwnBytes)
	if err != nil {
		return nil, err
	}
	i := &Instance{host: c.Host, memory: memory}
	if !memory.resize(p.InitialBytes()) { // wazero panics where it gets no first pages
		return nil, &Trap{wire.Failed{Kind: wire.FailMemoryLimit, Text: fmt.Sprintf(
			"there is no memory for its first %d bytes", p.InitialBytes())}}
	}
	i.ctx = guestContext{experimental.WithMemoryAllocator(ctx, memory), i}
	if c.Map != nil {
		if err := c.Map(memory); err != nil {
			return nil, err
		}
	}
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	if i.module, err = p.runtime.InstantiateModule(i.ctx, p.compiled, config); err != nil {
		return nil, i.trapped(err)
	}
	if err := memory.Open(i.module.Memory()); err != nil {
		return nil, err
	}
	return i, i.prepare(p)
}

// Trap is a failure of guest code while an instance is made.
type Trap struct{ wire.Failed }

func (t *Trap) Error() string { return t.Text }

// trapped tells what guest code did from what is wrong with the module.
func (i *Instance) trapped(err error) error {
	if IsTrap(err) {
		return &Trap{i.Explain(err)}
	}
	return err
}

func (i *Instance) prepare(p *Program) error {
	i.call = i.module.ExportedFunction(exportCall)
	i.init = i.module.ExportedFunction(exportInit)
	i.tick = i.module.ExportedFunction(exportTick)
	i.save = i.module.ExportedFunction(exportSave)
	i.load = i.module.ExportedFunction(exportLoad)
	if p.hasInitialize {
		if err := i.module.ExportedFunction(exportInitialize).CallWithStack(i.ctx, nil); err != nil {
			return i.trapped(err)
		}
	}
	abi, err := i.run(i.module.ExportedFunction(exportABI))
	if err != nil {
		return i.trapped(err)
	}
	if abi != ABI {
		return fmt.Errorf("%s is %d; this host offers %d", exportABI, abi, ABI)
	}
	return nil
}

// Memory is the instance's linear memory.
func (i *Instance) Memory() *Memory { return i.memory }

// SetParams sets what inos_tick and inos_init see. The values are not copied.
func (i *Instance) SetParams(values []wire.Value) { i.params = values }

// Call runs an op for a job and returns the guest's code.
func (i *Instance) Call(op uint16, job *Job) (int32, error) {
	return i.work(job, i.call, uint64(op))
}

// Save runs inos_save, which leaves the live unit's state in output 0 of the job. A module without
// it leaves none.
func (i *Instance) Save(job *Job) (int32, error) {
	if i.save == nil {
		return 0, nil
	}
	return i.work(job, i.save)
}

// Load runs inos_load, which finds a state in input 0 of the job.
func (i *Instance) Load(job *Job) (int32, error) {
	if i.load == nil {
		i.text = "it has no " + exportLoad
		return 1, nil
	}
	return i.work(job, i.load)
}

// work runs a function for a job.
func (i *Instance) work(job *Job, f api.Function, args ...uint64) (int32, error) {
	i.begin()
	i.job = job
	defer func() { i.job = nil }()
	return i.run(f, args...)
}

// Init runs inos_init, if the module has it.
func (i *Instance) Init() (int32, error) {
	i.begin()
	if i.init == nil {
		return 0, nil
	}
	return i.run(i.init)
}

// Tick runs one phase of a tick for one shard. It allocates nothing.
func (i *Instance) Tick(phase, shard, shards int, dtUs uint32) (int32, error) {
	i.begin()
	i.stack = [4]uint64{uint64(phase), uint64(shard), uint64(shards), uint64(dtUs)}
	if err := i.tick.CallWithStack(i.ctx, i.stack[:]); err != nil {
		return 0, err
	}
	return int32(uint32(i.stack[0])), nil
}

// begin forgets what earlier calls left.
func (i *Instance) begin() {
	i.text = ""
	i.memory.refused = 0
}

func (i *Instance) run(f api.Function, args ...uint64) (int32, error) {
	copy(i.stack[:], args)
	if err := f.CallWithStack(i.ctx, i.stack[:]); err != nil {
		return 0, err
	}
	return int32(uint32(i.stack[0])), nil
}

// Text is what the guest said with `fail` during the last call, with the host's reason where it
// refused something.
func (i *Instance) Text() string { return i.text }

// guestContext leads a host function to the instance that called it.
type guestContext struct {
	context.Context
	instance *Instance
}

type instanceKey struct{}

func (c guestContext) Value(key any) any {
	if key == (instanceKey{}) {
		return c.instance
	}
	return c.Context.Value(key)
}
