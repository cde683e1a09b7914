//go:build !linux

package host

import (
	"errors"
	"os"
	"time"
)

// errUnsupported is what every start answers where INOS has no worker sandbox yet.
var errUnsupported = errors.New("plugin workers exist on Linux only so far")

// Launcher starts worker processes.
type Launcher struct{}

// NewLauncher returns one that cannot start anything here.
func NewLauncher() *Launcher { return &Launcher{} }

// NewYieldingLauncher returns one that cannot start anything here.
func NewYieldingLauncher() *Launcher { return &Launcher{} }

// Close does nothing here.
func (l *Launcher) Close() {}

type process struct {
	pid  int
	gone chan struct{}
}

func (l *Launcher) launch(string, *os.File) (*process, error) { return nil, errUnsupported }
func (p *process) wait() exitStatus                           { return exitStatus{} }
func (p *process) kill()                                      {}
func (p *process) pause()                                     {}
func (p *process) resume()                                    {}

func sealedModule([]byte) (int, error) { return -1, errUnsupported }
func closeFD(int)                      {}

func processCPU(int) time.Duration { return 0 }
func processRSS(int) int64         { return 0 }
