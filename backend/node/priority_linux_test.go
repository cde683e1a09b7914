package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"inos/backend/job"
	"inos/backend/unit"
)

// nices are the nice values of all threads of a process, and how many there are.
func nices(t *testing.T, pid int) map[int]int {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(tasks) == 0 {
		t.Fatalf("process %d has no threads: %v", pid, err)
	}
	found := map[int]int{}
	for _, path := range tasks {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has just ended
		}
		const niceField = 19 - 3 // of stat, behind the name in brackets
		_, rest, _ := strings.Cut(string(text), ") ")
		nice, err := strconv.Atoi(strings.Fields(rest)[niceField])
		if err != nil {
			t.Fatal(err)
		}
		found[nice]++
	}
	return found
}

func TestJobsGiveWayToTheFlockAndTheWindow(t *testing.T) {
	n := start(t, func(o *Options) { o.Watch = true })
	flock, err := n.StartLive(context.Background(), "boids", unit.LiveConfig{
		Params: map[string]any{"count": 500},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	running, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		_, _ = n.Run(ctx, job.Request{Unit: "hostile", Op: "slow_cancel", Progress: func(done, _ uint64) {
			if done > 0 && ctx.Err() == nil {
				select {
				case running <- struct{}{}:
				default:
				}
			}
		}})
	}()
	defer func() { cancel(); <-over }()
	select {
	case <-running: // while the guest computes, all threads are there
	case <-time.After(20 * time.Second):
		t.Fatal("the job does not run")
	}
	own := nices(t, os.Getpid())
	job := nices(t, n.engine.list()[0].PID())
	live := nices(t, flock.Worker().PID())
	if len(job) != 1 || len(live) != 1 {
		t.Fatalf("threads of the job %v, of the flock %v: each should have one nice value", job, live)
	}
	for normal := range live {
		if job[normal+10] < 2 || own[normal] < 2 {
			t.Errorf("the job has %v, the flock %v, the kernel %v", job, live, own)
		}
		if own[normal+10] != 1 {
			t.Errorf("not only the thread that starts jobs yields: %v", own)
		}
	}
}
