package bench

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"time"

	"inos/backend/fault"
)

// usage is what a process took, its children included.
type usage struct {
	seconds, cpu float64
	peak         int64 // bytes resident, of the largest process
	together     int64 // bytes of all processes at once, where that was watched
}

// program is a command that is measured as a whole.
type program struct {
	name   string
	argv   []string
	folder string   // HOME
	env    []string // beside PATH and HOME
	// watch looks at the memory of all its processes together, some ten times a second.
	watch bool
}

// measure runs it to its end, on a disk that has nothing else to write.
func (p program) measure(ctx context.Context) (usage, error) {
	flushDisk(p.folder)
	command := exec.CommandContext(ctx, p.argv[0], p.argv[1:]...)
	command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.folder}, p.env...)
	ownGroup(command)
	var said bytes.Buffer
	command.Stderr = &said
	start := time.Now()
	err := command.Start()
	most := make(chan int64, 1)
	done := make(chan struct{})
	if err == nil {
		go func() { most <- p.mostTogether(command.Process.Pid, done) }()
		err = command.Wait()
		close(done)
	}
	took := time.Since(start)
	if ctx.Err() != nil {
		return usage{}, ctx.Err()
	}
	if err != nil {
		return usage{}, fault.Newf("bench", fault.Other, p.name, "%v: %.*s", err, maxReason, lastLine(said.String()))
	}
	state := command.ProcessState
	return usage{took.Seconds(), (state.UserTime() + state.SystemTime()).Seconds(), peakMemory(state), <-most}, nil
}

// mostTogether is the most that the processes had in memory at a look; 0 where it is not watched.
func (p program) mostTogether(pid int, done <-chan struct{}) (most int64) {
	const between = 100 * time.Millisecond
	for p.watch {
		select {
		case <-done:
			return most
		case <-time.After(between):
		}
		members, err := FamilyMemory(pid)
		if err != nil {
			continue
		}
		var sum int64
		for _, bytes := range members {
			sum += bytes
		}
		most = max(most, sum)
	}
	return 0
}
