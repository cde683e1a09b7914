package host

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// workerFD is where a worker finds its control socket: the first descriptor after stderr.
const workerFD = 3

// Launcher starts processes from one thread that lasts as long as the launcher: the kernel ties
// the death signal of a child to the thread that forked it, not to the process.
type Launcher struct {
	nicer int // how much more the thread yields to others than this process does; children inherit it
	jobs  chan func()
	quit  chan struct{}
	done  chan struct{}
	once  sync.Once
}

var errLauncherClosed = errors.New("the launcher is closed")

// NewLauncher starts the thread.
func NewLauncher() *Launcher { return newLauncher(0) }

// yielding is how much nicer a worker is that must not disturb others: of a processor that both
// want it gets a tenth of what they get, of an idle one all.
const yielding = 10

// NewYieldingLauncher starts processes that give way to this one and to what others launched. That
// is a thread of its own: who has lowered its priority may not raise it again.
func NewYieldingLauncher() *Launcher { return newLauncher(yielding) }

func newLauncher(nicer int) *Launcher {
	l := &Launcher{
		nicer: nicer,
		jobs:  make(chan func()), quit: make(chan struct{}), done: make(chan struct{}),
	}
	go l.run()
	return l
}

func (l *Launcher) run() {
	runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
	if syscall.Gettid() == os.Getpid() {
		// Go parks its main thread for ever instead of ending it: sit on it until another has it.
		go l.run()
		<-l.done
		runtime.UnlockOSThread()
		return
	}
	defer close(l.done)
	l.yield()
	for {
		select {
		case f := <-l.jobs:
			f()
		case <-l.quit:
			return
		}
	}
}

// yield lowers the priority of this thread alone: on Linux each has its own. Go makes no thread from
// one that is locked, so that nothing but children gets it.
func (l *Launcher) yield() {
	const kernelZero, mostNice = 20, 19 // the call answers 20 - nice
	if own, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err == nil && l.nicer > 0 {
		nice := min(kernelZero-own+l.nicer, mostNice)
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, nice) // nobody may be refused to yield
	}
}

// Close ends the thread, and with it every worker that still runs.
func (l *Launcher) Close() {
	l.once.Do(func() { close(l.quit) })
	<-l.done
}

// do runs f on the thread; false: there is none any more.
func (l *Launcher) do(f func()) bool {
	select {
	case l.jobs <- f:
		return true
	case <-l.done:
		return false
	}
}

// process is a running worker program.
type process struct {
	pid    int
	cmd    *exec.Cmd
	stderr *tail
	gone   chan struct{} // closed when it has been reaped
}

func (l *Launcher) launch(path string, socket *os.File) (*process, error) {
	p := &process{gone: make(chan struct{}), stderr: &tail{}}
	p.cmd = &exec.Cmd{
		Path: path, Args: []string{path, strconv.Itoa(workerFD)}, Dir: "/",
		// Preemption signals find no safe point inside compiled wasm: pure cost.
		Env:         []string{"GODEBUG=asyncpreemptoff=1"},
		ExtraFiles:  []*os.File{socket},
		Stderr:      p.stderr,
		SysProcAttr: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true},
		WaitDelay:   exitGrace,
	}
	started := make(chan error, 1)
	if !l.do(func() { started <- p.cmd.Start() }) {
		return nil, errLauncherClosed
	}
	if err := <-started; err != nil {
		return nil, err
	}
	p.pid = p.cmd.Process.Pid
	return p, nil
}

// wait reaps the process.
func (p *process) wait() exitStatus {
	_ = p.cmd.Wait() // what matters is in ProcessState
	close(p.gone)
	x := exitStatus{code: -1}
	x.stderr, x.stderrMissed = p.stderr.text()
	if p.cmd.ProcessState == nil {
		return x
	}
	x.cpu = p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
	if ws, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		x.signal = ws.Signal().String()
		x.killed = ws.Signal() == syscall.SIGKILL
		x.badSyscall = ws.Signal() == syscall.SIGSYS
		return x
	}
	x.code = p.cmd.ProcessState.ExitCode()
	return x
}

func (p *process) kill() { _ = p.cmd.Process.Kill() }

// pause and resume do nothing to a process that has ended, nor to another one of its number.
func (p *process) pause()  { _ = p.cmd.Process.Signal(syscall.SIGSTOP) }
func (p *process) resume() { _ = p.cmd.Process.Signal(syscall.SIGCONT) }
